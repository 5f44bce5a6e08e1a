/** Effects that a scope cuts short. */
import type * as Cause from 'effect/Cause'
import * as Effect from 'effect/Effect'
import * as Exit from 'effect/Exit'
import * as Fiber from 'effect/Fiber'
import { none } from 'effect/Option'
import type { Option } from 'effect/Option'
import { canFire } from '../Analysis.js'
import { onCancelled, open as openIn, peek } from '../CancelScope.js'
import type { ScopeView, WaitOptions } from '../CancelScope.js'
import { from } from '../Duration.js'
import type { Duration } from '../Duration.js'
import { received } from '../internal/received.js'
import type { Reason } from '../Reason.js'
import { fold, isToken } from '../Token.js'
import type { Input, Token } from '../Token.js'
import { clockOf } from './clock.js'
import {
  both,
  callback,
  exitOf,
  fork,
  interrupt,
  interruptionOf,
  joined,
  nextTurn,
  onEnd,
  withClock,
} from './versions.js'
import { hasEffects, openedHere, openingOf, refuseNoWorld } from './world.js'
import type { AnyWorld, EffectWorldArgument, ServicesOf, SomeConditions, SomeFeeds } from './world.js'

// -------------------------------------------------------------------------------------
// by a token
// -------------------------------------------------------------------------------------

/**
 * Interrupts an effect when a token fires, and fails with the `Reason` then; its finalizers have run by that time.
 *
 * The token is opened when the effect starts, on the clock of the fiber. It answers with the reason only where the effect was cut short: a result that was ready in the same
 * turn, or a failure of its own, is kept, and what it or its finalizers die of stands beside the reason in the cause. Under a token that has fired at once the effect is
 * not started. Interruption from outside stays interruption, and has waited for the finalizers too.
 *
 * Uninterruptible regions within the effect end first. One around it is not cut at all: to bound a part of that, write `Effect.interruptible` within. As with
 * `Effect.timeout`, the effect runs in a child of the fiber, and fibers forked in it end with it; under a token that cannot fire it is the effect itself.
 *
 * It costs a child fiber, and while the effect waits a listener and one timer; conditions are asked every millisecond of the clock, or at the pace `every` of the world. Limits nest without end.
 *
 * A condition with `onError: 'throw'` that throws interrupts the effect, and is a defect. A counter that polls in the effect have used up fires at the next look of any kind, which is
 * the one that this takes when it begins to listen, or waits: it interrupts what the last poll still allowed.
 *
 * @example
 * ```ts
 * import { Effect } from 'effect'
 * import { Token } from 'cantok-ts'
 * import { interruptWhen } from 'cantok-ts/effect'
 *
 * const log: Array<string> = []
 * const program = Effect.never.pipe(
 *   Effect.ensuring(Effect.sync(() => log.push('cleaned up'))),
 *   interruptWhen(Token.timeout('10 millis')),
 *   Effect.catchTag('TimedOut', ({ duration }) => Effect.succeed(`no answer within ${duration} ms`)),
 * )
 * console.log(await Effect.runPromise(program), log) // => no answer within 10 ms [ 'cleaned up' ]
 * ```
 * @category interruption
 * @since 0.1.0
 */
export const interruptWhen = <I extends Input = never, C extends SomeConditions = {}, F extends SomeFeeds = {}>(
  token: Token<I>,
  ...world: EffectWorldArgument<I, C, F>
): (<A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E | Reason, R | ServicesOf<C> | ServicesOf<F>>) => {
  const limited = limitedBy(token, world[0])
  return (self) => limited(self, Exit.fail)
}

/**
 * As `interruptWhen`, but answers with an Option: `None` where the effect was cut short.
 *
 * @example
 * ```ts
 * import { Effect } from 'effect'
 * import { Token } from 'cantok-ts'
 * import { interruptWhenOption } from 'cantok-ts/effect'
 *
 * const limited = interruptWhenOption(Token.timeout('10 millis'))
 * console.log((await Effect.runPromise(limited(Effect.succeed(1))))._tag) // => Some
 * console.log((await Effect.runPromise(limited(Effect.never)))._tag) // => None
 * ```
 * @category interruption
 * @since 0.1.0
 */
export const interruptWhenOption = <I extends Input = never, C extends SomeConditions = {}, F extends SomeFeeds = {}>(
  token: Token<I>,
  ...world: EffectWorldArgument<I, C, F>
): (<A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<Option<A>, E, R | ServicesOf<C> | ServicesOf<F>>) => {
  const limited = limitedBy(token, world[0])
  return (self) => limited(Effect.asSome(self), () => Exit.succeed(none()))
}

/**
 * As `interruptWhen`, but fails with what a function makes of the reason.
 *
 * @example
 * ```ts
 * import { Effect } from 'effect'
 * import { Reason, Token } from 'cantok-ts'
 * import { interruptWhenFail } from 'cantok-ts/effect'
 *
 * const limited = interruptWhenFail(Token.timeout('10 millis'), (reason) => new Error(Reason.Show.show(reason)))
 * const error = await Effect.runPromise(Effect.flip(limited(Effect.never)))
 * console.log(error.message) // => 'timed out after 10 milliseconds'
 * ```
 * @category interruption
 * @since 0.1.0
 */
export const interruptWhenFail = <E2, I extends Input = never, C extends SomeConditions = {}, F extends SomeFeeds = {}>(
  token: Token<I>,
  onFired: (reason: Reason) => E2,
  ...world: EffectWorldArgument<I, C, F>
): (<A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E | E2, R | ServicesOf<C> | ServicesOf<F>>) => {
  if (typeof onFired !== 'function') throw new TypeError(`onFired must be a function, but was ${received(onFired)}`)
  const limited = limitedBy(token, world[0])
  return (self) => limited(self, (reason) => Exit.fail(onFired(reason)))
}

// -------------------------------------------------------------------------------------
// by a scope
// -------------------------------------------------------------------------------------

/**
 * Interrupts an effect when a scope that is open already fires: otherwise as `interruptWhen`.
 *
 * Several effects may be under one scope; a scope that was closed never fires. It listens to the scope while the effect runs, and looks at it from outside: direct counters do not tick. `every` is the
 * pace at which it looks where it must, at conditions: a millisecond of the scope's clock unless given; below 0 or NaN it is a `RangeError`, at once.
 *
 * @example
 * ```ts
 * import { Effect } from 'effect'
 * import { CancelScope, Token } from 'cantok-ts'
 * import { interruptBy } from 'cantok-ts/effect'
 *
 * const server = CancelScope.open(Token.manual('shutdown'))()
 * const request = Effect.runPromise(Effect.flip(interruptBy(server)(Effect.never)))
 * CancelScope.cancelInput(server, 'shutdown')()
 * console.log((await request)._tag) // => Requested
 * ```
 * @category interruption
 * @since 0.1.0
 */
export const interruptBy = (
  scope: ScopeView,
  { every = 1 }: WaitOptions = {},
): (<A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E | Reason, R>) => {
  const pace = from(every, 'every')
  return (self) => Effect.suspend(() => cut(self, scope, Exit.fail, pace))
}

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

/** What stands for an effect that was cut short. */
type OnCut<A, E> = (reason: Reason) => Exit.Exit<A, E>

/** Runs effects under a token, each under a scope of its own. */
const limitedBy = <I extends Input>(
  token: Token<I>,
  world: AnyWorld = {},
): (<A, E, R, A2, E2>(self: Effect.Effect<A, E, R>, onCut: OnCut<A2, E2>) => Effect.Effect<A | A2, E | E2, R>) => {
  refuseNoWorld(world)
  const every = from(world.every ?? 1, 'every')
  if (isToken(token) && !canFire(token)) return (self) => self
  if (hasEffects(world)) {
    const opened = openedHere(token, world)
    return (self, onCut) =>
      Effect.acquireUseRelease(
        opened,
        ({ scope }) => Effect.suspend(() => cut(self, scope, onCut, every)),
        ({ end }) => end ?? Effect.void,
      )
  }
  const open = openingOf(token, world, (plain) => openIn<Input>(token, plain))
  // a scope that cannot have fired yet is not looked at: nothing is made live for an effect that is done at once
  const run = isToken(token) && !mayFireAtOnce(token) ? started : cut
  return (self, onCut) =>
    withClock((effectClock, here) =>
      run(self, open(world.clock ?? clockOf(effectClock, here), here).scope, onCut, every),
    )
}

/** Runs an effect until it ends, or the scope fires and it has been interrupted; looks at the scope when called. */
const cut = <A, E, R, A2, E2>(
  self: Effect.Effect<A, E, R>,
  scope: ScopeView,
  onCut: OnCut<A2, E2>,
  every: Duration,
): Effect.Effect<A | A2, E | E2, R> => {
  const fired = peek(scope)()
  return fired._tag === 'Some' ? onCut(fired.value) : started(self, scope, onCut, every)
}

const started = <A, E, R, A2, E2>(
  self: Effect.Effect<A, E, R>,
  scope: ScopeView,
  onCut: OnCut<A2, E2>,
  every: Duration,
): Effect.Effect<A | A2, E | E2, R> =>
  // an interruption from outside finds the child waited for, also if it comes while that starts
  Effect.uninterruptibleMask((restore) => {
    const isDeep = starting.depth >= deepest
    starting.depth++
    return Effect.flatMap(fork(restore(self), isDeep), (fiber): Effect.Effect<A | A2, E | E2> => {
      starting.depth--
      const exit = exitOf(fiber)
      if (exit !== null) return exit
      const watch: Watch = { isDeep, hasBegun: false }
      return Effect.onInterrupt(restore(watched(fiber, scope, onCut, every, watch)), () =>
        watch.hasBegun ? Effect.void : interrupted(fiber),
      )
    })
  })

/** Whether it may fire in the look in which it is opened, without an input. */
const mayFireAtOnce = fold<boolean>({
  Never: () => false,
  Cancelled: () => true,
  Manual: () => false,
  Timeout: ({ left }) => left <= 0,
  Deadline: () => true,
  Counter: ({ left }) => left <= 0,
  Condition: () => true,
  Budget: ({ left }) => left <= 0,
  Idle: ({ left }) => left <= 0,
  Any: (_, parts) => parts.includes(true),
  All: (_, parts) => !parts.includes(false),
  AndThen: (_, first, second) => first && second,
  Labelled: (_, part) => part,
})

interface Watch {
  /** It goes on in a turn of its own. */
  readonly isDeep: boolean
  /** From then on it sees to an interruption itself. */
  hasBegun: boolean
}

/** How many effects are being started within one another on the stack: a fiber that starts another at once, or ends and lets another go on, does so on it. */
const starting = { depth: 0 }

/** Of so many, one starts and goes on in a turn of its own. */
const deepest = 200

/** Waits for a fiber, which it interrupts when the scope fires or the wait is interrupted; listens no longer than that. */
const watched = <A, E, A2, E2>(
  fiber: Fiber.Fiber<A, E>,
  scope: ScopeView,
  onCut: OnCut<A2, E2>,
  every: Duration,
  watch: Watch,
): Effect.Effect<A | A2, E | E2> =>
  callback<A | A2, E | E2, never>((resume) => {
    watch.hasBegun = true
    let why: (() => Exit.Exit<A2, E2>) | null = null
    const cutFor = (found: () => Exit.Exit<A2, E2>): void => {
      why = found // asked only when the fiber has ended: what it throws must not keep that from being interrupted
      interrupt(fiber)
    }
    const unsubscribe = onCancelled(scope, (reason) => cutFor(() => onCut(reason)), {
      every,
      keepAlive: true,
      onError: (error) => cutFor(() => Exit.die(error)),
    })()
    const forget = onEnd(fiber, () => {
      unsubscribe()
      const end = why === null ? joined(fiber) : ended(fiber, why)
      resume(watch.isDeep ? Effect.flatMap(nextTurn, () => end) : end)
    })
    return Effect.suspend(() => {
      unsubscribe()
      forget()
      return interrupted(fiber)
    })
  })

/** What a fiber has ended with, though it was to be interrupted; or why that was, with what its finalizers died of. */
const ended = <A, E, A2, E2>(fiber: Fiber.Fiber<A, E>, found: () => Exit.Exit<A2, E2>): Effect.Effect<A | A2, E | E2> =>
  Effect.suspend((): Effect.Effect<A | A2, E | E2> => {
    const exit = exitOf(fiber)
    const interruption = exit !== null && Exit.isFailure(exit) ? interruptionOf(exit.cause) : null
    if (interruption === null) return joined(fiber)
    const { defects } = interruption
    const why = found()
    if (defects === null) return why
    return Effect.failCause(Exit.isFailure(why) ? both(why.cause, defects) : defects)
  })

/** Interrupts a fiber, waits until it has ended, and fails of what it failed of before, and of what its finalizers died of. */
const interrupted = (fiber: Fiber.Fiber<unknown, unknown>): Effect.Effect<void> =>
  Effect.flatMap(Fiber.interrupt(fiber), () => {
    const exit = exitOf(fiber)
    if (exit === null || Exit.isSuccess(exit)) return Effect.void
    const interruption = interruptionOf(exit.cause)
    // sound: a failure of a finalizer stands beside the interruption, and it is one that the effect around has in its type
    const cause = interruption === null ? (exit.cause as Cause.Cause<never>) : interruption.defects
    return cause === null ? Effect.void : Effect.failCause(cause)
  })
