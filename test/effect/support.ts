/**
 * What tests of the bridge need and the two versions of Effect call differently. Types are those of version 4; which version runs is seen at run time.
 */
import * as effect from 'effect'
import { Cause, Effect, Exit, Fiber } from 'effect'
import type { Clock as EffectClock, Context, Layer, Queue, Scope } from 'effect'
import { Clock } from 'cantok-ts'
import { effectClockOf, onClock } from '../../src/effect/versions.js'

type Fork = <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<Fiber.Fiber<A, E>, never, R>

interface Version3 {
  readonly fork: Fork
  readonly either: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<unknown, never, R>
  readonly yieldNow: () => Effect.Effect<void>
  readonly failures: (cause: Cause.Cause<unknown>) => Iterable<unknown>
  readonly defects: (cause: Cause.Cause<unknown>) => Iterable<unknown>
  readonly isInterrupted: (cause: Cause.Cause<unknown>) => boolean
}

interface TestClockNames {
  readonly adjust: (span: string | number) => Effect.Effect<void>
  readonly layer: () => Layer.Layer<never>
}

export const version: 3 | 4 = 'forkChild' in Effect ? 4 : 3

const effect3 = { ...Effect, ...Cause } as object as Version3 // sound: asked only where version 3 runs

/** Starts an effect in a child of the fiber, which may or may not have begun by then. */
export const fork: Fork = version === 4 ? (self) => Effect.forkChild(self, { startImmediately: true }) : effect3.fork

/** Lets other fibers go on. */
export const yieldNow: Effect.Effect<void> = Effect.suspend(() =>
  version === 4 ? Effect.yieldNow : effect3.yieldNow(),
)

/** Lets everything go on that waits for no time: some turns of the event loop, for what is repeated for ever takes one each time. */
export const turn: Effect.Effect<void> = Effect.promise(async () => {
  for (let turns = 0; turns < 10; turns++) await new Promise<void>((resolve) => setImmediate(resolve))
})

// -------------------------------------------------------------------------------------
// time
// -------------------------------------------------------------------------------------

const inTesting = 'effect/testing' // not a literal where it is imported, for version 3 has no such module

const testClock: TestClockNames =
  version === 4
    ? ((await import(/* @vite-ignore */ inTesting)) as { readonly TestClock: TestClockNames }).TestClock // sound: so is the module of version 4
    : { ...(effect as object as { readonly TestClock: TestClockNames }).TestClock, layer: () => testContext } // sound: version 3 has it there

// sound: version 3 has it there, and nothing else asks for it
const testContext = (effect as object as { readonly TestContext: { readonly TestContext: Layer.Layer<never> } })
  .TestContext?.TestContext

export const adjust = (span: string | number): Effect.Effect<void> => testClock.adjust(span)

/** The first sleep of a TestClock of version 4 does not last in a finalizer: here it is over. */
const sleptOnce = Effect.flatMap(fork(Effect.sleep(1)), (fiber) => Effect.andThen(turn, Fiber.interrupt(fiber)))

/** Runs an effect under a TestClock of its own, in a scope of its own. */
export const test = <A, E>(self: Effect.Effect<A, E, Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.provide(Effect.andThen(sleptOnce, Effect.scoped(self)), testClock.layer()))

export interface VirtualTime {
  readonly clock: Clock.VirtualClock
  readonly effectClock: EffectClock.Clock
}

/** A clock for fibers over a virtual one of ours: cheap enough for properties, and it says how many timers wait. */
export const virtualTime = (): VirtualTime => {
  const clock = Clock.virtual()
  const sleep = (span: number): Effect.Effect<void> =>
    Effect.flatMap(
      Effect.sync(() => {
        let callOff = (): void => {}
        const done = new Promise<void>((resolve) => (callOff = clock.schedule(span, resolve)()))
        return { done, callOff: () => callOff() }
      }),
      ({ done, callOff }) =>
        Effect.onInterrupt(
          Effect.promise(() => done),
          () => Effect.sync(callOff),
        ),
    )
  // moved by hand, as a TestClock is
  const effectClock = Object.assign(effectClockOf(clock.monotonic, sleep), { adjust: clock.advance })
  return { clock, effectClock }
}

export { onClock }

// -------------------------------------------------------------------------------------
// what has happened
// -------------------------------------------------------------------------------------

/** What is in a cause, in either version. */
export interface Parts {
  readonly failures: ReadonlyArray<unknown>
  readonly defects: ReadonlyArray<unknown>
  readonly interrupted: boolean
}

export const partsOf = (cause: Cause.Cause<unknown>): Parts =>
  version === 4
    ? {
        failures: cause.reasons.flatMap((reason) => (Cause.isFailReason(reason) ? [reason.error] : [])),
        defects: cause.reasons.flatMap((reason) => (Cause.isDieReason(reason) ? [reason.defect] : [])),
        interrupted: cause.reasons.some(Cause.isInterruptReason),
      }
    : {
        failures: [...effect3.failures(cause)],
        defects: [...effect3.defects(cause)],
        interrupted: effect3.isInterrupted(cause),
      }

const named = (value: unknown): string => {
  if (typeof value === 'object' && value !== null && '_tag' in value) return String(value._tag)
  return value instanceof Error ? value.message : String(value)
}

/** How an effect has ended, as a text: `value 1`, `fail TimedOut`, `fail TimedOut, die of it`, `interrupted`. */
export const shown = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(exit)) return `value ${named(exit.value)}`
  const { failures, defects, interrupted } = partsOf(exit.cause)
  return [
    ...failures.map((each) => `fail ${named(each)}`),
    ...defects.map((each) => `die ${named(each)}`),
    ...(interrupted ? ['interrupted'] : []),
  ].join(', ')
}

/** Runs an effect and tells how it has ended. */
export const ending = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<string, never, R> =>
  Effect.map(Effect.exit(self), shown)

/** Whether a fiber has ended, without waiting. */
export const hasEnded = (fiber: Fiber.Fiber<unknown, unknown>): boolean => {
  const live = fiber as object as { readonly pollUnsafe?: () => unknown; readonly unsafePoll?: () => unknown } // sound: one of them is there
  return (live.pollUnsafe?.() ?? live.unsafePoll?.() ?? null) !== null
}

export type { Context, Queue }
