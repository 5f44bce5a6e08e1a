/** Tokens opened for as long as a Scope of Effect is open. */
import * as Effect from 'effect/Effect'
import type { Scope } from 'effect/Scope'
import { inputs } from '../Analysis.js'
import { close } from '../CancelScope.js'
import type { CancelScope, MissingInputs, ScopeView } from '../CancelScope.js'
import type { Clock } from '../Clock.js'
import { isToken } from '../Token.js'
import type { Input, Token } from '../Token.js'
import { openedHere, refuseNoWorld } from './world.js'
import type { AnyWorld, EffectWorldArgument, ServicesOf, SomeConditions, SomeFeeds } from './world.js'

/**
 * Opens a token, on the clock of the fiber, and closes its scope when the Scope of Effect closes: on success, failure or interruption.
 *
 * Conditions may be effects, and effects may feed its inputs. Does not compile without the conditions that the token names; an untyped caller who leaves one out
 * gets a defect, a `TypeError` that names it.
 *
 * @example
 * ```ts
 * import { Deferred, Effect } from 'effect'
 * import { Token } from 'cantok-ts'
 * import { open, toEffect } from 'cantok-ts/effect'
 *
 * const program = Effect.gen(function* () {
 *   const stop = yield* Deferred.make<string>()
 *   const scope = yield* open(Token.any(Token.manual('stop'), Token.timeout('1 hour')), {
 *     inputs: { 'manual:stop': Deferred.await(stop) },
 *   })
 *   yield* Deferred.succeed(stop, 'enough')
 *   return yield* toEffect(scope)
 * })
 * const reason = await Effect.runPromise(Effect.scoped(program))
 * console.log(reason._tag === 'Requested' && reason.detail) // => enough
 * ```
 * @category opening
 * @since 0.1.0
 */
export const open = <I extends Input = never, C extends SomeConditions = {}, F extends SomeFeeds = {}>(
  token: Token<I>,
  ...world: EffectWorldArgument<I, C, F>
): Effect.Effect<CancelScope<I>, never, Scope | ServicesOf<C> | ServicesOf<F>> => opened(token, world[0], [])

/**
 * Derives a scope from parents, as `CancelScope.link` does, and closes it with the Scope of Effect: its token runs on the clock of the fiber, its conditions may be effects.
 *
 * @example
 * ```ts
 * import { Effect } from 'effect'
 * import { CancelScope, Token } from 'cantok-ts'
 * import { link, open } from 'cantok-ts/effect'
 *
 * const program = Effect.gen(function* () {
 *   const server = yield* open(Token.manual('shutdown'))
 *   const request = yield* link([server], Token.timeout('5 seconds'))
 *   CancelScope.cancelInput(server, 'shutdown')()
 *   return CancelScope.isCancelled(request)()
 * })
 * console.log(Effect.runSync(Effect.scoped(program))) // => true
 * ```
 * @category opening
 * @since 0.1.0
 */
export const link = <I extends Input = never, C extends SomeConditions = {}, F extends SomeFeeds = {}>(
  parents: ReadonlyArray<ScopeView>,
  token: Token<I>,
  ...world: EffectWorldArgument<I, C, F>
): Effect.Effect<CancelScope<I>, never, Scope | ServicesOf<C> | ServicesOf<F>> => opened(token, world[0], parents)

/**
 * Opens a token that came from outside, such as by a codec: fails with the conditions that the world does not know.
 *
 * What is no token is a defect, a `TypeError`; data from outside goes through a codec first.
 *
 * @example
 * ```ts
 * import { Effect } from 'effect'
 * import { Token } from 'cantok-ts'
 * import { openUnknown } from 'cantok-ts/effect'
 *
 * const token: Token.Token<Token.Input> = Token.condition('drained')
 * const program = Effect.flip(openUnknown(token, { conditions: { idle: Effect.succeed(true) } }))
 * console.log(Effect.runSync(Effect.scoped(program))) // => { _tag: 'MissingInputs', conditions: [ 'drained' ] }
 * ```
 * @category opening
 * @since 0.1.0
 */
export const openUnknown = <C extends SomeConditions = {}, F extends SomeFeeds = {}>(
  token: Token<Input>,
  world: { readonly clock?: Clock; readonly conditions?: C; readonly inputs?: F } = {},
): Effect.Effect<CancelScope<Input>, MissingInputs, Scope | ServicesOf<C> | ServicesOf<F>> =>
  Effect.suspend(() => {
    refuseNoWorld(world)
    const names = isToken(token) ? inputs(token).condition : []
    const conditions = names.filter((name) => !Object.hasOwn(world.conditions ?? {}, name))
    return conditions.length > 0 ? Effect.fail({ _tag: 'MissingInputs', conditions }) : opened(token, world, [])
  })

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

const opened = <I extends Input>(
  token: Token<I>,
  world: AnyWorld | undefined,
  parents: ReadonlyArray<ScopeView>,
): Effect.Effect<CancelScope<I>, never, Scope> =>
  Effect.map(
    Effect.acquireRelease(openedHere(token, world, parents), ({ scope, end }) => end ?? Effect.sync(close(scope))),
    ({ scope }) => scope,
  )
