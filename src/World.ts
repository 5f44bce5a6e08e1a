/**
 * What a token is opened in: a clock, and the predicates its conditions name.
 *
 * @since 0.1.0
 */
import type { IO } from 'fp-ts/lib/IO.js'
import type { Clock } from './Clock.js'
import type { Input, NameOf } from './Token.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * A predicate, alone or with hooks that run right before and right after it.
 *
 * It is called in the poller's turn and must answer with a boolean at once; a promise is none. Under a condition's `onError: 'ignore'` what
 * any of the three throws is swallowed and the others run all the same; under `'throw'` an error of `before` keeps the predicate from
 * running, and `after` runs whatever the predicate did.
 *
 * @category model
 * @since 0.1.0
 */
export type Predicate =
  | IO<boolean>
  | {
      readonly test: IO<boolean>
      readonly before?: IO<void>
      readonly after?: IO<void>
    }

/**
 * Predicates by the name that conditions call them.
 *
 * @category model
 * @since 0.1.0
 */
export type Conditions<Name extends string = string> = { readonly [N in Name]: Predicate }

/**
 * A clock (the system's unless given) and a predicate for every condition that a token with the inputs `I` names.
 *
 * @category model
 * @since 0.1.0
 */
export type World<I extends Input = never> = { readonly clock?: Clock } & ([NameOf<'condition', I>] extends [never]
  ? { readonly conditions?: Conditions }
  : { readonly conditions: Conditions<NameOf<'condition', I>> })

/**
 * The world as a last argument, which may be left out where the token names no condition.
 *
 * @category model
 * @since 0.1.0
 */
export type WorldArgument<I extends Input> = [NameOf<'condition', I>] extends [never]
  ? readonly [world?: World<I>]
  : readonly [world: World<I>]
