/**
 * What Effect 3 and 4 call differently, under one name each; all else in this folder uses names that mean the same in both.
 *
 * Each name is looked for when it is needed, so that neither version is asked for what only the other has.
 */
import * as Cause from 'effect/Cause'
import * as EffectClock from 'effect/Clock'
import * as Duration from 'effect/Duration'
import * as Effect from 'effect/Effect'
import type { Exit } from 'effect/Exit'
import * as Fiber from 'effect/Fiber'
import * as Schedule from 'effect/Schedule'

// -------------------------------------------------------------------------------------
// fibers
// -------------------------------------------------------------------------------------

/** The fiber that an effect runs in: what its services and settings are taken from. */
export interface Here {
  readonly context?: unknown
  readonly getRef?: (reference: unknown) => EffectClock.Clock
  readonly getFiberRefs?: () => unknown
}

/** Runs an effect in a fiber of its own, at once, with the services and settings of another fiber. */
export type Run = <A, E>(self: Effect.Effect<A, E, unknown>) => Fiber.Fiber<A, E>

/** An effect that is given the fiber it runs in. */
export const withFiber = <A, E, R>(use: (here: Here) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  (effects.withFiber ?? effects.withFiberRuntime!)(use)

/** An effect that is given the clock of the fiber it runs in, and that fiber. */
export const withClock = <A, E, R>(
  use: (effectClock: EffectClock.Clock, here: Here) => Effect.Effect<A, E, R>,
): Effect.Effect<A, E, R> =>
  withFiber((here) =>
    here.getRef === undefined
      ? EffectClock.clockWith((effectClock) => use(effectClock, here))
      : use(here.getRef(EffectClock.Clock), here),
  )

/** An effect that ends when it is called back, which may be at once; what it answers with cleans up when it is interrupted before. */
export const callback = <A, E, R>(
  register: (resume: (self: Effect.Effect<A, E, R>) => void) => Effect.Effect<void>,
): Effect.Effect<A, E, R> => (effects.callback ?? effects.async!)(register)

/** How to run effects as a fiber would: with the services it has, whatever they are. */
export const runAs = (here: Here): Run => {
  if (effects.runForkWith !== undefined) return effects.runForkWith(here.context)
  const settings = effects.setFiberRefs!(here.getFiberRefs!())
  return (self) => effects.runFork!(Effect.flatMap(settings, () => self))
}

/**
 * Starts an effect in a child of the fiber it runs in, interruptible where that is.
 *
 * In version 4 it has been started by then, unless it is to be later; in version 3 it starts in the next turn of the fibers.
 */
export const fork = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  isLater: boolean,
): Effect.Effect<Fiber.Fiber<A, E>, never, R> =>
  effects.forkChild === undefined
    ? effects.fork!(self)
    : effects.forkChild(self, { startImmediately: !isLater, uninterruptible: 'inherit' })

/** The next turn of the fibers. */
export const nextTurn: Effect.Effect<void> = /*#__PURE__*/ Effect.suspend(() =>
  typeof effects.yieldNow === 'function' ? effects.yieldNow() : effects.yieldNow!,
)

/** How a fiber has ended, if it has. */
export const exitOf = <A, E>(fiber: Fiber.Fiber<A, E>): Exit<A, E> | null => {
  const live = liveOf(fiber)
  return (live.pollUnsafe ?? live.unsafePoll)!.call(live) ?? null
}

/** Ends as a fiber does, whose settings go on here, however that is. */
export const joined = <A, E>(fiber: Fiber.Fiber<A, E>): Effect.Effect<A, E> =>
  effects.setFiberRefs === undefined
    ? Fiber.join(fiber)
    : Effect.flatMap(liveOf(fiber).inheritAll!, () => Fiber.join(fiber))

/**
 * Interrupts a fiber, but after it has gone on with a result that it was given in this turn.
 *
 * In version 4 it has gone on by now; in version 3 it does so in the next turn of the fibers, where an interruption would come first.
 */
export const interrupt = (fiber: Fiber.Fiber<unknown, unknown>): void => {
  const interruption = Fiber.interrupt(fiber)
  Effect.runFork(effects.forkChild === undefined ? Effect.flatMap(nextTurn, () => interruption) : interruption)
}

/** Calls a function when a fiber ends, at once if it has; the answer takes that back. */
export const onEnd = <A, E>(fiber: Fiber.Fiber<A, E>, f: () => void): (() => void) => {
  const live = liveOf(fiber)
  const takeBack = live.addObserver(f)
  return takeBack ?? (() => live.removeObserver!(f))
}

/** Whether a value is a fiber that runs or has run, and no view of others. */
export const isLiveFiber = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'addObserver' in value &&
  ('pollUnsafe' in value || 'unsafePoll' in value)

// -------------------------------------------------------------------------------------
// time
// -------------------------------------------------------------------------------------

/** The readings of a clock: milliseconds of epoch time, and nanoseconds for spans. */
export interface Readings {
  readonly milliseconds: () => number
  readonly nanoseconds: () => bigint
}

/** How to read a clock at once. In version 3 the nanoseconds are those of the epoch. */
export const readingsOf = (effectClock: EffectClock.Clock): Readings => {
  const clock: ClockNames = effectClock
  return {
    milliseconds: () => (clock.currentTimeMillisUnsafe ?? clock.unsafeCurrentTimeMillis)!.call(clock),
    nanoseconds: () => (clock.monotonicTimeNanosUnsafe ?? clock.unsafeCurrentTimeNanos)!.call(clock),
  }
}

/** A clock for fibers of either version, made of one reading and a sleep. */
export const effectClockOf = (
  milliseconds: () => number,
  sleep: (span: number) => Effect.Effect<void>,
): EffectClock.Clock => {
  const nanoseconds = (): bigint => BigInt(Math.floor(milliseconds() * 1e6))
  const clock = {
    [Symbol.for('effect/Clock')]: Symbol.for('effect/Clock'),
    currentTimeMillis: Effect.sync(milliseconds),
    currentTimeNanos: Effect.sync(nanoseconds),
    monotonicTimeNanos: Effect.sync(nanoseconds),
    currentTimeMillisUnsafe: milliseconds,
    currentTimeNanosUnsafe: nanoseconds,
    monotonicTimeNanosUnsafe: nanoseconds,
    unsafeCurrentTimeMillis: milliseconds,
    unsafeCurrentTimeNanos: nanoseconds,
    sleep: (span: Duration.Duration) => sleep(Duration.toMillis(span)),
  }
  return clock as object as EffectClock.Clock // sound: it has what clocks of either version have
}

/** Runs an effect on another clock. */
export const onClock = <A, E, R>(self: Effect.Effect<A, E, R>, clock: EffectClock.Clock): Effect.Effect<A, E, R> =>
  effects.withClock === undefined
    ? effects.provideService!(self, EffectClock.Clock, clock)
    : effects.withClock(self, clock)

// -------------------------------------------------------------------------------------
// causes and schedules
// -------------------------------------------------------------------------------------

/** Whether nothing but interruption is in a cause. */
export const isInterruptedOnly = (cause: Cause.Cause<unknown>): boolean =>
  (causes.hasInterruptsOnly ?? causes.isInterruptedOnly!)(cause)

/** Of a cause that holds an interruption and no failure, the defects beside it, as of finalizers, if there are any; `null` of another cause. */
export const interruptionOf = (cause: Cause.Cause<unknown>): { readonly defects: Cause.Cause<never> | null } | null => {
  if (isInterruptedOnly(cause)) return { defects: null }
  if (causes.fromReasons !== undefined) {
    const { reasons } = cause as object as { readonly reasons: ReadonlyArray<{ readonly _tag: string }> } // sound: so is a cause of version 4
    const [defects, others] = [true, false].map((wanted) => reasons.filter(({ _tag }) => (_tag === 'Die') === wanted))
    return others!.length > 0 && others!.every(({ _tag }) => _tag === 'Interrupt')
      ? { defects: causes.fromReasons(defects!) }
      : null
  }
  const defects = causes.keepDefects!(cause)
  return causes.isInterrupted!(cause) && !causes.isFailure!(cause) && defects._tag === 'Some'
    ? { defects: defects.value }
    : null
}

/** Two causes as one. */
export const both = <E>(cause: Cause.Cause<E>, defects: Cause.Cause<never>): Cause.Cause<E> =>
  (causes.combine ?? causes.sequential!)(cause, defects)

/** A schedule that recurs at once while a predicate holds, and counts. */
export const recurWhile = (holds: () => boolean): Schedule.Schedule<number> =>
  (schedules.while ?? schedules.whileOutput!)(Schedule.forever, holds)

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

interface LiveFiber<A, E> {
  readonly inheritAll?: Effect.Effect<void>
  readonly addObserver: (f: () => void) => (() => void) | undefined
  readonly removeObserver?: (f: () => void) => void
  readonly pollUnsafe?: () => Exit<A, E> | undefined
  readonly unsafePoll?: () => Exit<A, E> | null
}

const liveOf = <A, E>(fiber: Fiber.Fiber<A, E>): LiveFiber<A, E> => fiber as object as LiveFiber<A, E> // sound: every fiber that was started is one

interface ClockNames {
  readonly currentTimeMillisUnsafe?: () => number
  readonly unsafeCurrentTimeMillis?: () => number
  readonly monotonicTimeNanosUnsafe?: () => bigint
  readonly unsafeCurrentTimeNanos?: () => bigint
}

interface EffectNames {
  readonly withFiber: WithFiber
  readonly withFiberRuntime: WithFiber
  readonly callback: Callback
  readonly async: Callback
  readonly runForkWith: (context: unknown) => Run
  readonly runFork: Run
  readonly yieldNow: Effect.Effect<void> | (() => Effect.Effect<void>)
  readonly setFiberRefs: (settings: unknown) => Effect.Effect<void>
  readonly withClock: <A, E, R>(self: Effect.Effect<A, E, R>, clock: EffectClock.Clock) => Effect.Effect<A, E, R>
  readonly provideService: <A, E, R>(
    self: Effect.Effect<A, E, R>,
    tag: unknown,
    service: EffectClock.Clock,
  ) => Effect.Effect<A, E, R>
  readonly fork: Fork
  readonly forkChild: Fork
}

type WithFiber = <A, E, R>(use: (here: Here) => Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

type Callback = <A, E, R>(
  register: (resume: (self: Effect.Effect<A, E, R>) => void) => Effect.Effect<void>,
) => Effect.Effect<A, E, R>

type Fork = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  options?: { readonly startImmediately: boolean; readonly uninterruptible: 'inherit' },
) => Effect.Effect<Fiber.Fiber<A, E>, never, R>

interface CauseNames {
  readonly hasInterruptsOnly: (cause: Cause.Cause<unknown>) => boolean
  readonly isInterruptedOnly: (cause: Cause.Cause<unknown>) => boolean
  readonly fromReasons: (reasons: ReadonlyArray<object>) => Cause.Cause<never>
  readonly combine: <E>(self: Cause.Cause<E>, that: Cause.Cause<E>) => Cause.Cause<E>
  readonly isInterrupted: (cause: Cause.Cause<unknown>) => boolean
  readonly isFailure: (cause: Cause.Cause<unknown>) => boolean
  readonly keepDefects: (cause: Cause.Cause<unknown>) => { _tag: 'None' } | { _tag: 'Some'; value: Cause.Cause<never> }
  readonly sequential: <E>(self: Cause.Cause<E>, that: Cause.Cause<E>) => Cause.Cause<E>
}

type While = (schedule: Schedule.Schedule<number>, holds: () => boolean) => Schedule.Schedule<number>

const effects = Effect as object as Partial<EffectNames> // sound: so either version types what it has of these

const causes = Cause as object as Partial<CauseNames> // sound: so either version types what it has of these

const schedules = Schedule as object as { readonly while?: While; readonly whileOutput?: While } // sound: so either version types what it has
