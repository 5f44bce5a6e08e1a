import type { Predicate } from '../World.js'

/** A named predicate of the world, with the answer it gave in the latest look: it is called at most once in each. */
export class Question {
  readonly name: string
  private readonly test: () => unknown
  private readonly before: (() => void) | undefined
  private readonly after: (() => void) | undefined

  /** The look that `answer` and `fault` belong to. */
  askedIn = 0
  /** `undefined` where the predicate failed to give a boolean; `fault` then says how. */
  answer: boolean | undefined = undefined
  fault: unknown = undefined

  constructor(name: string, predicate: Predicate) {
    this.name = name
    if (typeof predicate === 'function') {
      this.test = predicate
      this.before = undefined
      this.after = undefined
    } else {
      this.test = () => predicate.test()
      this.before = predicate.before && (() => predicate.before?.())
      this.after = predicate.after && (() => predicate.after?.())
    }
  }

  /** Calls the predicate, between its hooks. What is thrown is kept as the fault, never thrown; with `swallow` hooks cannot fail. */
  ask(look: number, swallow: boolean): boolean | undefined {
    this.askedIn = look
    this.answer = undefined
    try {
      if (this.before !== undefined) this.hook(this.before, swallow)
      const { test } = this
      let answer: unknown
      try {
        answer = test()
      } finally {
        if (this.after !== undefined) this.hook(this.after, swallow)
      }
      if (typeof answer === 'boolean') this.answer = answer
      else this.fault = new TypeError(`condition '${this.name}' must answer with true or false, but gave ${kind(answer)}`)
    } catch (error) {
      this.fault = error
    }
    return this.answer
  }

  private hook(run: () => void, swallow: boolean): void {
    if (!swallow) return run()
    try {
      run()
    } catch {
      // the condition's `onError: 'ignore'` covers its hooks
    }
  }
}

const kind = (value: unknown): string =>
  value === null ? 'null' : typeof value !== 'object' ? typeof value : 'then' in value ? 'a promise' : 'an object'
