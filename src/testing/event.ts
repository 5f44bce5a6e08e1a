import type * as fc from 'fast-check'
import type { Event } from '../Semantics.js'
import { fromTrace, happening, refuseEvents, smallerHappenings, toTrace } from './happening.js'
import type { Names } from './names.js'
import { printsAs, shrinkable } from './shrinking.js'
import { literal } from './toCode.js'

/**
 * What generated events are.
 *
 * @category model
 * @since 0.1.0
 */
export interface EventConstraints {
  /** The kinds of event, or their weights; default all: `Polled` 4, `Elapsed` 3, `Requested` 2, `Spent` 1, `Beat` 1. */
  readonly events?: ReadonlyArray<Event['_tag']> | { readonly [T in Event['_tag']]?: number }
  /** The names of inputs; default `defaultNames`. A kind without names gives no event; conditions are those that polls answer. */
  readonly names?: Names
  /** Texts that a request may carry; default none. */
  readonly details?: ReadonlyArray<string>
  /** Whether the wall clock goes along with time, or leaps now and then, by 3 ms either way; default `'jumping'`. */
  readonly wall?: 'steady' | 'jumping'
  /** Where the wall clock stands at first, in epoch milliseconds; default 0. */
  readonly wallStart?: number
  /** The longest span of time, in milliseconds; default 4. */
  readonly maxElapsed?: number
  /** Spans of time to draw as often as the short ones; default none. */
  readonly spans?: ReadonlyArray<number>
  /** Readings to which the wall clock leaps now and then, in epoch milliseconds, unless it is steady; default none. */
  readonly instants?: ReadonlyArray<number>
  /** The highest amount spent at once; default 3. */
  readonly maxAmount?: number
  /** Amounts to draw as often as the low ones; default none. */
  readonly amounts?: ReadonlyArray<number>
  /** Polls that lack answers too, as of predicates that fail; default true. */
  readonly missing?: boolean
  /** Polls that come through a child scope too; default true. */
  readonly indirect?: boolean
}

/**
 * Generates events of every kind.
 *
 * They shrink to a direct poll that finds nothing, or within their kind to small numbers and first names. In reports they print as code. Throws a `RangeError` of a number
 * out of range, and where no kind of event is left.
 *
 * @example
 * ```ts
 * import * as fc from 'fast-check'
 * import { Semantics, Token } from 'cantok-ts'
 * import { event } from 'cantok-ts/testing'
 *
 * const isDeaf = (each: Semantics.Event) => Semantics.step(each)(Token.manual('b'))[0]._tag === 'None'
 * const { counterexample } = fc.check(fc.property(event(), isDeaf), { seed: 1 })
 * console.log(fc.stringify(counterexample?.[0])) // => "{ _tag: 'Requested', name: 'b' }"
 * ```
 * @category arbitraries
 * @since 0.1.0
 */
export const event = (constraints: EventConstraints = {}): fc.Arbitrary<Event> => {
  const { wallStart = 0 } = constraints
  refuseEvents(constraints)
  const smaller = smallerHappenings(constraints)
  const withWall = (each: Parameters<typeof smaller>[0]): Event => toTrace([each], wallStart)[0]!
  return shrinkable(happening(constraints).map(withWall), {
    isOne: (value): value is Event => typeof value === 'object' && value !== null && '_tag' in value,
    smaller: function* (each) {
      for (const simpler of smaller(fromTrace([each], wallStart)[0]!)) yield withWall(simpler)
    },
    finished: (each) => printsAs({ ...each }, literal),
  })
}
