import * as fc from 'fast-check'
import * as Duration from '../Duration.js'

/**
 * What generated durations are.
 *
 * @category model
 * @since 0.1.0
 */
export interface DurationConstraints {
  /** The shortest, in milliseconds; default 0. */
  readonly min?: number
  /** The longest but for `Infinity`, in milliseconds; default 6. */
  readonly max?: number
  /** Fractions of a millisecond too; default false. */
  readonly fractions?: boolean
  /** `Infinity` too; default false. */
  readonly infinity?: boolean
}

/**
 * Generates durations in milliseconds; small whole numbers by default, so that two are often equal.
 *
 * They shrink towards the shortest. Throws a `RangeError` where `min` is no duration or above `max`.
 *
 * @example
 * ```ts
 * import * as fc from 'fast-check'
 * import { Duration } from 'cantok-ts'
 * import { duration } from 'cantok-ts/testing'
 *
 * const { concat } = Duration.MonoidSum
 * fc.assert(fc.property(duration({ max: 1e6 }), duration({ infinity: true }), (a, b) => concat(a, b) === concat(b, a)))
 * console.log(fc.sample(duration({ min: 4, max: 4 }), 2)) // => [ 4, 4 ]
 * ```
 * @category arbitraries
 * @since 0.1.0
 */
export const duration = (constraints: DurationConstraints = {}): fc.Arbitrary<Duration.Duration> => {
  const { min = 0, max = Math.max(6, constraints.min ?? 0), fractions = false, infinity = false } = constraints
  Duration.from(min, 'min')
  if (!(max >= min && max < Infinity))
    throw new RangeError(`max must be finite and at least the min of ${min}, but was ${max}`)
  const [first, last] = [Math.ceil(min), Math.floor(max)]
  if (first > last && !fractions)
    throw new RangeError(
      `min and max must have a whole number between them, or fractions be true, but were ${min} and ${max}`,
    )
  const whole = first > last ? [] : [fc.integer({ min: first, max: last })]
  const finite = fractions ? fc.oneof(...whole, fc.double({ min, max, noNaN: true })) : fc.oneof(...whole)
  const milliseconds = infinity
    ? fc.oneof({ weight: 6, arbitrary: finite }, { weight: 1, arbitrary: fc.constant(Infinity) })
    : finite
  return milliseconds.map((each) => Duration.from(each))
}
