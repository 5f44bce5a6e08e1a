/**
 * Streams that a token or a scope cuts short.
 *
 * @since 0.1.0
 */
import * as Cause from 'effect/Cause'
import * as Channel from 'effect/Channel'
import * as Effect from 'effect/Effect'
import type * as Pull from 'effect/Pull'
import * as Scope from 'effect/Scope'
import * as Stream from 'effect/Stream'
import { peek } from '../CancelScope.js'
import type { ScopeView } from '../CancelScope.js'
import { interruptBy } from '../effect/interruptWhen.js'
import { open } from '../effect/open.js'
import type { EffectWorldArgument, ServicesOf, SomeConditions, SomeFeeds } from '../effect/world.js'
import type { Reason } from '../Reason.js'
import type { Input, Token } from '../Token.js'

// -------------------------------------------------------------------------------------
// interruption
// -------------------------------------------------------------------------------------

/**
 * Fails a stream with the `Reason` when a token fires, also while it waits for its next elements; its finalizers have run by that time.
 *
 * The token is opened when the stream starts, on the clock of the fiber, and closed when it ends. What has been emitted stays, and so does what was ready in the
 * same turn; what comes after the stream is not disturbed, and is told when it asks for more. A stream that ends before is left as it is, and interruption from
 * outside stays interruption.
 *
 * As with `Stream.timeout`, elements are pulled in a child of the fiber, and what is forked while they are ends with that pull unless it is forked in a scope.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from 'effect'
 * import { Token } from 'cantok-ts'
 * import { interruptStreamWhen } from 'cantok-ts/effect4'
 *
 * const seen: Array<number> = []
 * const program = Stream.make(1, 2).pipe(
 *   Stream.concat(Stream.never),
 *   interruptStreamWhen(Token.timeout('10 ms')),
 *   Stream.runForEach((each) => Effect.sync(() => seen.push(each))),
 *   Effect.flip,
 * )
 * console.log((await Effect.runPromise(program))._tag, seen) // => TimedOut [ 1, 2 ]
 * ```
 * @category streams
 * @since 0.1.0
 */
export const interruptStreamWhen =
  <I extends Input = never, C extends SomeConditions = {}, F extends SomeFeeds = {}>(
    token: Token<I>,
    ...world: EffectWorldArgument<I, C, F>
  ): (<A, E, R>(self: Stream.Stream<A, E, R>) => Stream.Stream<A, E | Reason, R | ServicesOf<C> | ServicesOf<F>>) =>
  (self) =>
    limited(self, open(token, ...world), (scope) => interruptBy(scope, world[0]))

/**
 * Fails a stream with the `Reason` when a scope that is open already fires: otherwise as `interruptStreamWhen`.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from 'effect'
 * import { CancelScope, Token } from 'cantok-ts'
 * import { interruptStreamBy } from 'cantok-ts/effect4'
 *
 * const server = CancelScope.open(Token.manual('shutdown'))()
 * const ended = Effect.runPromise(Effect.flip(Stream.runDrain(interruptStreamBy(server)(Stream.never))))
 * CancelScope.cancelInput(server, 'shutdown')()
 * console.log((await ended)._tag) // => Requested
 * ```
 * @category streams
 * @since 0.1.0
 */
export const interruptStreamBy =
  (scope: ScopeView): (<A, E, R>(self: Stream.Stream<A, E, R>) => Stream.Stream<A, E | Reason, R>) =>
  (self) =>
    limited(self, Effect.succeed(scope), interruptBy)

// -------------------------------------------------------------------------------------
// halting
// -------------------------------------------------------------------------------------

/**
 * Ends a stream when a token has fired, as if it had no more: elements on their way still come.
 *
 * The counterpart of `Stream.haltWhen`: it looks at the token before it asks for elements, and interrupts nothing. It looks from outside: direct counters do not tick.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from 'effect'
 * import { Token } from 'cantok-ts'
 * import { haltStreamWhen } from 'cantok-ts/effect4'
 *
 * let full = false
 * const program = Stream.iterate(1, (last) => last + 1).pipe(
 *   Stream.rechunk(1),
 *   Stream.tap((each) => Effect.sync(() => (full = each === 3))),
 *   haltStreamWhen(Token.condition('full'), { conditions: { full: () => full } }),
 * )
 * console.log(await Effect.runPromise(Stream.runCollect(program))) // => [ 1, 2, 3 ]
 * ```
 * @category streams
 * @since 0.1.0
 */
export const haltStreamWhen =
  <I extends Input = never, C extends SomeConditions = {}, F extends SomeFeeds = {}>(
    token: Token<I>,
    ...world: EffectWorldArgument<I, C, F>
  ): (<A, E, R>(self: Stream.Stream<A, E, R>) => Stream.Stream<A, E, R | ServicesOf<C> | ServicesOf<F>>) =>
  (self) =>
    limited(self, open(token, ...world), haltBy)

/**
 * Ends a stream when a scope that is open already has fired: otherwise as `haltStreamWhen`.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from 'effect'
 * import { CancelScope, Token } from 'cantok-ts'
 * import { haltStreamBy } from 'cantok-ts/effect4'
 *
 * const scope = CancelScope.open(Token.manual('stop'))()
 * const stream = Stream.make(1, 2, 3).pipe(
 *   Stream.rechunk(1),
 *   Stream.tap((each) => Effect.sync(() => each === 2 && CancelScope.cancelInput(scope, 'stop')())),
 *   haltStreamBy(scope),
 * )
 * console.log(await Effect.runPromise(Stream.runCollect(stream))) // => [ 1, 2 ]
 * ```
 * @category streams
 * @since 0.1.0
 */
export const haltStreamBy =
  (scope: ScopeView): (<A, E, R>(self: Stream.Stream<A, E, R>) => Stream.Stream<A, E, R>) =>
  (self) =>
    limited(self, Effect.succeed(scope), haltBy)

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

/** What a scope makes of each pull of a stream. */
type Limit<E2> = (scope: ScopeView) => <A, E, R>(pull: Effect.Effect<A, E, R>) => Effect.Effect<A, E | E2, R>

const haltBy: Limit<Cause.Done> = (scope) => {
  const look = peek(scope)
  return <A, E, R>(pull: Effect.Effect<A, E, R>) =>
    Effect.suspend((): Effect.Effect<A, E | Cause.Done, R> => (look()._tag === 'Some' ? Cause.done() : pull))
}

/** Runs a stream in a scope of its own, which ends before whatever comes after the stream hears of its end. */
const limited = <A, E, R, R2, E2>(
  self: Stream.Stream<A, E, R>,
  opened: Effect.Effect<ScopeView, never, R2>,
  limit: Limit<E2>,
): Stream.Stream<A, Pull.ExcludeDone<E | E2>, R | Exclude<R2, Scope.Scope>> => {
  const transform = Channel.toTransform(Stream.toChannel(self))
  return Stream.fromChannel(
    Channel.fromTransformBracket((upstream, _, mine) =>
      Effect.map(Scope.provide(opened, mine), (scope) => {
        let pull: Pull.Pull<readonly [A, ...ReadonlyArray<A>], E, void, R> = Effect.flatMap(
          transform(upstream, mine),
          (made) => (pull = made),
        )
        return limit(scope)(Effect.suspend(() => pull))
      }),
    ),
  )
}
