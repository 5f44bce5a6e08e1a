import * as fc from 'fast-check'
import type { Event } from '../Semantics.js'
import { whole } from './constraint.js'
import type { EventConstraints } from './event.js'
import {
  fromTrace,
  happening,
  refuseEvents,
  runsOf,
  shorterRuns,
  smallerHappenings,
  smallerRun,
  toTrace,
  withBursts,
} from './happening.js'
import { printsAs, shorter, shrinkable, withOneSmaller } from './shrinking.js'
import { literal } from './toCode.js'

/**
 * What happens to a token, in order.
 *
 * @category model
 * @since 0.1.0
 */
export type Trace = ReadonlyArray<Event>

/**
 * What generated traces are made of.
 *
 * @category model
 * @since 0.1.0
 */
export interface TraceConstraints extends EventConstraints {
  /** The fewest events; default 0. */
  readonly minLength?: number
  /** The most events; default 14. Polls in a row, as `polls` wants them, count as one. */
  readonly maxLength?: number
  /** How many polls, all alike, to put in place of an event in a few of the traces, so that high counters fire; default none. The more they are, the fewer are the traces. */
  readonly polls?: ReadonlyArray<number>
}

/**
 * Generates traces of events, through which one wall clock goes: steady, or with jumps.
 *
 * They shrink to few events and simple ones, a wall clock without jumps first; so do traces given as examples. In reports they print as code. Throws a `RangeError` of a
 * number out of range, such as a `maxLength` below `minLength`, and where no kind of event is left.
 *
 * @example
 * ```ts
 * import * as fc from 'fast-check'
 * import { Semantics, Token } from 'cantok-ts'
 * import { trace } from 'cantok-ts/testing'
 *
 * const isPending = (events: Semantics.Timeline) => events.every(({ verdict }) => verdict._tag === 'None')
 * const property = fc.property(trace(), (events) => isPending(Semantics.run(Token.budget('x', 3), events)))
 * console.log(fc.stringify(fc.check(property, { seed: 1 }).counterexample?.[0]))
 * // => "[{ _tag: 'Spent', name: 'x', amount: 3 }]"
 * ```
 * @category arbitraries
 * @since 0.1.0
 */
export const trace = (constraints: TraceConstraints = {}): fc.Arbitrary<Trace> => {
  const { minLength = 0, maxLength = Math.max(14, minLength), wallStart = 0, polls = [] } = constraints
  whole('minLength', minLength, 0)
  whole('maxLength', maxLength, minLength)
  refuseEvents(constraints)
  for (const [index, count] of polls.entries()) whole(`polls[${index}]`, count, 0)
  const smaller = smallerHappenings(constraints)
  const drawn = withBursts(fc.array(happening(constraints), { minLength, maxLength, size: 'max' }), constraints)
  return shrinkable<Trace>(
    drawn.map((happenings) => toTrace(happenings, wallStart)),
    {
      isOne: (value): value is Trace => Array.isArray(value),
      smaller: function* (events) {
        const happenings = fromTrace(events, wallStart)
        if (minLength === 0 && events.length > 1) yield []
        const runs = runsOf(happenings)
        const isLong = happenings.length >= 2 * runs.length + 8
        for (const fewer of isLong ? shorterRuns(runs, minLength) : shorter(happenings, minLength))
          yield toTrace(fewer, wallStart)
        if (isLong)
          for (const simpler of withOneSmaller(runs, smallerRun(smaller))) yield toTrace(simpler.flat(), wallStart)
        for (const simpler of withOneSmaller(happenings, smaller)) yield toTrace(simpler, wallStart)
      },
      finished: (events) => printsAs([...events], literal),
    },
  )
}
