/**
 * The scope that a program runs under, as a service.
 *
 * - `within(a)` of `within(b)` is `within(any(a, b))`, and `within(never)` is `guard`: limits are a monoid whose unit is `guard`
 * - so one `guard` is as good as two, and within a `guard` `within(never)` is the identity
 * - `checkpoint` is one poll of every scope around it, wherever it stands: in `within(never)` as outside of it
 *
 * These hold up to which of several reasons is named, and up to looks: each `guard` and `within` looks when it starts, and a counter that is used up fires at the next
 * look of any kind.
 *
 * @since 0.1.0
 */
import * as Context from 'effect/Context'
import * as Effect from 'effect/Effect'
import * as Layer from 'effect/Layer'
import { none, some } from 'effect/Option'
import type { Option } from 'effect/Option'
import type { Evidence } from '../Analysis.js'
import { close, explain as explainOf, remaining as remainingOf } from '../CancelScope.js'
import type { ScopeView } from '../CancelScope.js'
import { interruptBy } from '../effect/interruptWhen.js'
import { open } from '../effect/open.js'
import { check } from '../effect/scopes.js'
import { openedHere } from '../effect/world.js'
import type { AnyWorld, EffectWorldArgument, ServicesOf, SomeConditions, SomeFeeds } from '../effect/world.js'
import type { Reason } from '../Reason.js'
import { never } from '../Token.js'
import type { Input, Token } from '../Token.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * That there is a scope to ask: what a program needs that does.
 *
 * @category model
 * @since 0.1.0
 */
export interface CurrentScope {
  readonly 'cantok-ts/effect4/CurrentScope': true
}

/**
 * The service whose value is the scope that the program runs under.
 *
 * As an effect it is that scope, to give to whatever takes scopes. Who gets it can look, wait and derive, and not cancel.
 *
 * @example
 * ```ts
 * import { Effect } from 'effect'
 * import { CancelScope, Token } from 'cantok-ts'
 * import { CurrentScope, layer } from 'cantok-ts/effect4'
 *
 * const program = Effect.map(CurrentScope, (scope) => CancelScope.isCancelled(scope)())
 * console.log(Effect.runSync(Effect.provide(program, layer(Token.timeout('5 seconds'))))) // => false
 * ```
 * @category model
 * @since 0.1.0
 */
export const CurrentScope: Context.Service<CurrentScope, ScopeView> = /*#__PURE__*/ Context.Service<
  CurrentScope,
  ScopeView
>('cantok-ts/effect4/CurrentScope')

// -------------------------------------------------------------------------------------
// layers
// -------------------------------------------------------------------------------------

/**
 * Opens a token for as long as the layer is in use, on the clock of the fiber that builds it.
 *
 * It is closed when that ends, be it by success, failure or interruption. A layer says what the scope is, and interrupts nothing: programs ask by
 * `checkpoint`, or are interrupted below `guard` or `within`. One layer in two places of one program is one scope, as with all layers.
 *
 * @example
 * ```ts
 * import { Deferred, Effect } from 'effect'
 * import { Token } from 'cantok-ts'
 * import { guard, layer } from 'cantok-ts/effect4'
 *
 * const program = Effect.gen(function* () {
 *   const stop = yield* Deferred.make<string>()
 *   const limits = layer(Token.any(Token.manual('stop'), Token.timeout('1 hour')), {
 *     inputs: { 'manual:stop': Deferred.await(stop) },
 *   })
 *   yield* Deferred.succeed(stop, 'enough')
 *   return yield* Effect.never.pipe(guard, Effect.provide(limits), Effect.flip)
 * })
 * console.log((await Effect.runPromise(program))._tag) // => Requested
 * ```
 * @category layers
 * @since 0.1.0
 */
export const layer = <I extends Input = never, C extends SomeConditions = {}, F extends SomeFeeds = {}>(
  token: Token<I>,
  ...world: EffectWorldArgument<I, C, F>
): Layer.Layer<CurrentScope, never, ServicesOf<C> | ServicesOf<F>> => Layer.effect(CurrentScope, open(token, ...world))

/**
 * A scope that is open already, as a layer: the owner keeps it, and closes it.
 *
 * To provide it to one effect, `Effect.provideService(CurrentScope, scope)` does the same.
 *
 * @example
 * ```ts
 * import { Effect } from 'effect'
 * import { CancelScope, Token } from 'cantok-ts'
 * import { checkpoint, layerOf } from 'cantok-ts/effect4'
 *
 * const server = CancelScope.open(Token.manual('shutdown'))()
 * const program = Effect.result(Effect.provide(checkpoint, layerOf(server)))
 * console.log(Effect.runSync(program)._tag) // => Success
 * CancelScope.cancelInput(server, 'shutdown')()
 * console.log(Effect.runSync(program)._tag) // => Failure
 * ```
 * @category layers
 * @since 0.1.0
 */
export const layerOf = (scope: ScopeView): Layer.Layer<CurrentScope> => Layer.succeed(CurrentScope, scope)

// -------------------------------------------------------------------------------------
// questions
// -------------------------------------------------------------------------------------

/**
 * Asks the scope around whether to go on: fails with the reason once it has fired.
 *
 * A direct poll: its counters tick, and those of every scope that it is a stretch of. What a predicate under `onError: 'throw'` throws is a defect.
 *
 * @example
 * ```ts
 * import { Effect } from 'effect'
 * import { Token } from 'cantok-ts'
 * import { checkpoint, layer } from 'cantok-ts/effect4'
 *
 * let rounds = 0
 * const round = Effect.andThen(checkpoint, Effect.sync(() => rounds++))
 * const program = Effect.forever(round).pipe(Effect.provide(layer(Token.counter(3))), Effect.flip)
 * console.log(Effect.runSync(program)._tag, rounds) // => CounterExhausted 3
 * ```
 * @category questions
 * @since 0.1.0
 */
export const checkpoint: Effect.Effect<void, Reason, CurrentScope> = /*#__PURE__*/ Effect.flatMap(CurrentScope, check)

/**
 * How many milliseconds the program can go on at most, by time alone: 0 once the scope around has fired, `None` if time sets no bound.
 *
 * @example
 * ```ts
 * import { Effect } from 'effect'
 * import { Clock, Token } from 'cantok-ts'
 * import { layer, remaining, within } from 'cantok-ts/effect4'
 *
 * const clock = Clock.virtual()
 * const program = remaining.pipe(within(Token.timeout('2s'), { clock }), Effect.provide(layer(Token.timeout('5s'), { clock })))
 * console.log(await Effect.runPromise(program)) // => { _id: 'Option', _tag: 'Some', value: 2000 }
 * ```
 * @category questions
 * @since 0.1.0
 */
export const remaining: Effect.Effect<Option<number>, never, CurrentScope> = /*#__PURE__*/ Effect.map(
  CurrentScope,
  (scope) => {
    const left = remainingOf(scope)()
    return left._tag === 'None' ? none() : some(left.value)
  },
)

/**
 * What has fired of the scope around, what is pending and how far; asks nothing but the time.
 *
 * @example
 * ```ts
 * import { Effect } from 'effect'
 * import { Analysis, Token } from 'cantok-ts'
 * import { explain, layer } from 'cantok-ts/effect4'
 *
 * const evidence = Effect.runSync(Effect.provide(explain, layer(Token.counter(3))))
 * console.log(Analysis.ShowEvidence.show(evidence)) // => '! counter of 3 polls: pending'
 * ```
 * @category questions
 * @since 0.1.0
 */
export const explain: Effect.Effect<Evidence, never, CurrentScope> = /*#__PURE__*/ Effect.map(CurrentScope, (scope) =>
  explainOf(scope)(),
)

// -------------------------------------------------------------------------------------
// interruption
// -------------------------------------------------------------------------------------

/**
 * Interrupts an effect when the scope around fires, and fails with the `Reason` then: as `interruptBy` does.
 *
 * Once is enough, next to where the scope is provided: all below is interrupted with it. It is `within(never)`, a limit that adds none.
 *
 * @example
 * ```ts
 * import { Effect } from 'effect'
 * import { Token } from 'cantok-ts'
 * import { guard, layer } from 'cantok-ts/effect4'
 *
 * const program = Effect.never.pipe(guard, Effect.provide(layer(Token.timeout('10 ms'))), Effect.flip)
 * console.log((await Effect.runPromise(program))._tag) // => TimedOut
 * ```
 * @category interruption
 * @since 0.1.0
 */
export const guard = <A, E, R>(
  self: Effect.Effect<A, E, R>,
): Effect.Effect<A, E | Reason, Exclude<R, CurrentScope> | CurrentScope> => under(self, never, {})

/**
 * Runs an effect under a limit of its own beside those around: interrupts it when either fires, and fails with the `Reason` then.
 *
 * The scope for this stretch is what the effect finds as the scope around it. It is opened when the effect starts, on the clock of the fiber, and closed when it
 * ends. Checkpoints within count for the scopes around too. It interrupts as `interruptBy` does: finalizers have run by the time it fails.
 *
 * A layer alone interrupts nothing, so that where there is no `guard` further out, it is here that the scopes around begin to interrupt too.
 *
 * @example
 * ```ts
 * import { Effect } from 'effect'
 * import { Token } from 'cantok-ts'
 * import { layer, within } from 'cantok-ts/effect4'
 *
 * const page = Effect.never.pipe(
 *   within(Token.timeout('10 ms')),
 *   Effect.catchTag('TimedOut', () => Effect.succeed('no page')),
 * )
 * console.log(await Effect.runPromise(Effect.provide(page, layer(Token.timeout('1 minute'))))) // => 'no page'
 * ```
 * @category interruption
 * @since 0.1.0
 */
export const within =
  <I extends Input = never, C extends SomeConditions = {}, F extends SomeFeeds = {}>(
    token: Token<I>,
    ...world: EffectWorldArgument<I, C, F>
  ): (<A, E, R>(
    self: Effect.Effect<A, E, R>,
  ) => Effect.Effect<A, E | Reason, Exclude<R, CurrentScope> | CurrentScope | ServicesOf<C> | ServicesOf<F>>) =>
  (self) =>
    under(self, token, world[0])

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

/** A stretch of its own for each, so that of those around one another the outermost hears first, and what it interrupts does not go on for a while. */
const under = <A, E, R, I extends Input>(
  self: Effect.Effect<A, E, R>,
  token: Token<I>,
  world: AnyWorld = {},
): Effect.Effect<A, E | Reason, Exclude<R, CurrentScope> | CurrentScope> =>
  Effect.flatMap(CurrentScope, (whole) =>
    Effect.acquireUseRelease(
      openedHere(token, world, [], whole),
      ({ scope }) => interruptBy(scope, world)(Effect.provideService(self, CurrentScope, scope)),
      ({ scope, end }) => end ?? Effect.sync(close(scope)),
    ),
  )
