/** Scopes as effects, and effects as scopes. */
import * as Deferred from 'effect/Deferred'
import * as Effect from 'effect/Effect'
import type * as Exit from 'effect/Exit'
import * as Fiber from 'effect/Fiber'
import type { Scope } from 'effect/Scope'
import type { Option } from 'fp-ts/lib/Option.js'
import { fromSource, onCancelled, peek, poll as pollOf } from '../CancelScope.js'
import type { ScopeView, WaitOptions } from '../CancelScope.js'
import { from } from '../Duration.js'
import { received } from '../internal/received.js'
import type { Reason } from '../Reason.js'
import { clock } from './clock.js'
import { detailOf } from './detail.js'
import { exitOf, isLiveFiber, onEnd, runAs, withFiber } from './versions.js'

/**
 * Waits until a scope has fired, and succeeds with the reason; at once if it has.
 *
 * It waits as `CancelScope.wait` does, `every` being the pace at which conditions are asked, and leaves no timer and no listener when it is interrupted. What a predicate
 * under `onError: 'throw'` throws is a defect. It says nothing of a scope that is closed before: then it waits for ever. A pace below 0
 * or NaN is a `RangeError`, at once.
 *
 * @example
 * ```ts
 * import { Effect } from 'effect'
 * import { CancelScope, Token } from 'cantok-ts'
 * import { toEffect } from 'cantok-ts/effect'
 *
 * const scope = CancelScope.open(Token.manual('stop'))()
 * const waiting = Effect.runPromise(toEffect(scope))
 * CancelScope.cancelInput(scope, 'stop', 'enough')()
 * const reason = await waiting
 * console.log(reason._tag === 'Requested' && reason.detail) // => enough
 * ```
 * @category scopes
 * @since 0.1.0
 */
export const toEffect = (scope: ScopeView, { every = 1 }: WaitOptions = {}): Effect.Effect<Reason> => {
  const pace = from(every, 'every')
  return Effect.suspend(() => {
    const fired = peek(scope)()
    if (fired._tag === 'Some') return Effect.succeed(fired.value)
    return Effect.flatMap(Deferred.make<Reason>(), (ended) => {
      let unsubscribe = (): unknown => null
      const listening = Effect.suspend(() => {
        unsubscribe = onCancelled(scope, (reason) => void Effect.runSync(Deferred.succeed(ended, reason)), {
          every: pace,
          keepAlive: true,
          onError: (error) => void Effect.runSync(Deferred.die(ended, error)),
        })()
        return Deferred.await(ended)
      })
      return Effect.onExit(listening, () => Effect.sync(() => void unsubscribe()))
    })
  })
}

/**
 * Polls a scope: fails with the reason once it has fired.
 *
 * A direct poll, as `CancelScope.check`: counters of the scope tick. What a predicate under `onError: 'throw'` throws is a defect.
 *
 * @example
 * ```ts
 * import { Effect } from 'effect'
 * import { CancelScope, Token } from 'cantok-ts'
 * import { check } from 'cantok-ts/effect'
 *
 * const scope = CancelScope.open(Token.counter(2))()
 * let rounds = 0
 * const round = Effect.andThen(check(scope), Effect.sync(() => rounds++))
 * const reason = Effect.runSync(Effect.flip(Effect.forever(round)))
 * console.log(reason._tag, rounds) // => CounterExhausted 2
 * ```
 * @category scopes
 * @since 0.1.0
 */
export const check = (scope: ScopeView): Effect.Effect<void, Reason> => {
  const poll = pollOf(scope)
  return Effect.suspend(() => {
    const fired = poll()
    return fired._tag === 'None' ? Effect.void : Effect.fail(fired.value)
  })
}

/**
 * Runs an effect in a fiber of its own, for as long as the Scope of Effect is open, and answers with a scope that fires when it ends; for code that only takes scopes.
 *
 * Its reason is `Requested`; `detail` is a text that the effect succeeds with, or says what it failed of, or that it was interrupted. When the Scope closes the effect is interrupted.
 *
 * @example
 * ```ts
 * import { Effect } from 'effect'
 * import { CancelScope } from 'cantok-ts'
 * import { fromEffect } from 'cantok-ts/effect'
 *
 * const program = Effect.gen(function* () {
 *   const scope = yield* fromEffect(Effect.delay(Effect.succeed('the file is there'), '1 millis'))
 *   const before = CancelScope.isCancelled(scope)()
 *   const reason = yield* Effect.promise(CancelScope.wait(scope))
 *   return [before, reason]
 * })
 * console.log(await Effect.runPromise(Effect.scoped(program)))
 * // => [ false, { _tag: 'Requested', detail: 'the file is there', path: [] } ]
 * ```
 * @category scopes
 * @since 0.1.0
 */
export const fromEffect = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<ScopeView, never, R | Scope> =>
  Effect.flatMap(
    Effect.acquireRelease(
      withFiber((here) => Effect.sync(() => runAs(here)(effectOnly(self)))),
      Fiber.interrupt,
    ),
    fromFiber,
  )

/**
 * A scope that fires when a fiber ends, however it does; the reason is that of `fromEffect`.
 *
 * A look asks the fiber; only while somebody waits does it listen to it. The clock, for scopes derived from it, is that of the fiber which asks. A value that is no fiber, or
 * one of version 3 that only stands for others, is a defect, a `TypeError`.
 *
 * @example
 * ```ts
 * import { Effect, Fiber } from 'effect'
 * import { CancelScope } from 'cantok-ts'
 * import { fromFiber } from 'cantok-ts/effect'
 *
 * const program = Effect.gen(function* () {
 *   const fiber = yield* Effect.forkChild(Effect.never)
 *   const scope = yield* fromFiber(fiber)
 *   const before = CancelScope.isCancelled(scope)()
 *   yield* Fiber.interrupt(fiber)
 *   return [before, CancelScope.poll(scope)()]
 * })
 * console.log(await Effect.runPromise(program))
 * // => [ false, { _tag: 'Some', value: { _tag: 'Requested', detail: 'interrupted', path: [] } } ]
 * ```
 * @category scopes
 * @since 0.1.0
 */
export const fromFiber = (fiber: Fiber.Fiber<unknown, unknown>): Effect.Effect<ScopeView> =>
  Effect.map(clock, (clock) => {
    if (!isLiveFiber(fiber)) throw new TypeError(`fiber must be a fiber that was started, but was ${received(fiber)}`)
    const read = (): Option<Reason> => {
      const exit = exitOf(fiber)
      return exit === null ? none : { _tag: 'Some', value: reasonOf(exit) }
    }
    return fromSource({ read, subscribe: (wake) => () => onEnd(fiber, wake) }, { clock })()
  })

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

const effectOnly = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
  if (Effect.isEffect(self)) return self
  throw new TypeError(`effect must be an Effect, but was ${received(self)}`)
}

const none: Option<never> = { _tag: 'None' }

const reasonOf = (exit: Exit.Exit<unknown, unknown>): Reason => {
  const detail = detailOf(exit)
  return { _tag: 'Requested', ...(detail === undefined ? {} : { detail }), path: [] }
}
