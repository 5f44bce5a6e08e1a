import type { IO } from 'fp-ts/lib/IO.js'
import { received } from '../internal/received.js'
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
      if (isPromise(answer)) void answer.then(undefined, () => undefined) // its failure is not the process's
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

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

const kind = (value: unknown): string => (isPromise(value) ? 'a promise' : received(value))
