import type { IO } from 'fp-ts/lib/IO.js'
import type { Predicate } from '../World.js'

/** A named predicate of the world, with the answer it gave in the latest look: it is called at most once in each. */
export class Question {
  readonly name: string
  private readonly predicate: Predicate

  /** The look that `answer` and `fault` belong to. */
  askedIn = 0
  /** `undefined` where the predicate failed to give a boolean; `fault` then says how. */
  answer: boolean | undefined = undefined
  fault: unknown = undefined

  constructor(name: string, predicate: Predicate) {
    this.name = name
    this.predicate = predicate
  }

  /** Calls the predicate, between its hooks. What is thrown is kept as the fault; with `swallow` a hook that throws is none. */
  ask(look: number, swallow: boolean): boolean | undefined {
    this.askedIn = look
    const { predicate } = this
    try {
      const answer: unknown = typeof predicate === 'function' ? predicate() : askBetweenHooks(predicate, swallow)
      if (typeof answer === 'boolean') return (this.answer = answer)
      this.fault = new TypeError(`condition '${this.name}' must answer with true or false, but gave ${kind(answer)}`)
    } catch (error) {
      this.fault = error
    }
    return (this.answer = undefined)
  }
}

type Hooked = Exclude<Predicate, IO<boolean>>

const askBetweenHooks = (predicate: Hooked, swallow: boolean): unknown => {
  run(predicate, 'before', swallow)
  try {
    return predicate.test()
  } finally {
    run(predicate, 'after', swallow)
  }
}

/** The condition's `onError: 'ignore'` covers its hooks. */
const run = (predicate: Hooked, hook: 'before' | 'after', swallow: boolean): void => {
  try {
    predicate[hook]?.()
  } catch (error) {
    if (!swallow) throw error
  }
}

const kind = (value: unknown): string =>
  value === null ? 'null' : typeof value !== 'object' ? typeof value : 'then' in value ? 'a promise' : 'an object'
