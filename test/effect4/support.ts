/** What tests of the bridge to Effect 4 share: a TestClock, a log with times, and endings as text. */
import { Cause, Clock, Effect, Exit, Fiber } from 'effect'
import type { Scope } from 'effect'
import { TestClock } from 'effect/testing'

/** Runs an effect under a TestClock of its own, in a scope of its own. */
export const test = <A, E>(self: Effect.Effect<A, E, Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.provide(Effect.scoped(self), TestClock.layer()))

/** Lets everything go on that waits for no time. */
export const turn: Effect.Effect<void> = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

export const adjust = TestClock.adjust

/** Starts an effect in a child of the fiber; it has begun by then. */
export const fork = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<Fiber.Fiber<A, E>, never, R> =>
  Effect.forkChild(self, { startImmediately: true })

const named = (value: unknown): string => {
  if (typeof value === 'object' && value !== null && '_tag' in value) return String(value._tag)
  return value instanceof Error ? value.message : String(value)
}

/** How an effect has ended: `value 1`, `fail TimedOut`, `die of it`, `interrupted`; how often it was interrupted, and before what, is not told. */
export const shown = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(exit)) return `value ${named(exit.value)}`
  const { reasons } = exit.cause
  const others = reasons.flatMap((reason) => {
    if (Cause.isFailReason(reason)) return [`fail ${named(reason.error)}`]
    return Cause.isDieReason(reason) ? [`die ${named(reason.defect)}`] : []
  })
  return [...others, ...(others.length < reasons.length ? ['interrupted'] : [])].join(', ')
}

/** Runs an effect and tells how it has ended, and when. */
export const ending = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<string, never, R> =>
  Effect.flatMap(Effect.exit(self), (exit) => Effect.map(Clock.currentTimeMillis, (now) => `${shown(exit)} at ${now}`))

/** Runs an effect while time passes, step by step, and tells how it has ended, if it has by then. */
export const endingWithin = <A, E, R>(
  span: number,
  self: Effect.Effect<A, E, R>,
  each: (now: number) => Effect.Effect<unknown> = () => Effect.void,
  step = 1,
): Effect.Effect<string, never, R> =>
  Effect.gen(function* () {
    const fiber = yield* fork(ending(self))
    for (let now = 0; now < span && fiber.pollUnsafe() === undefined; now += step) {
      yield* each(now)
      yield* TestClock.adjust(step)
    }
    const exit = fiber.pollUnsafe()
    if (exit !== undefined) return Exit.isSuccess(exit) ? exit.value : shown(exit)
    yield* Fiber.interrupt(fiber)
    return 'no end'
  })
