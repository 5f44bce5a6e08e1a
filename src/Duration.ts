/**
 * A span of time in milliseconds, as a branded number: 0 or more, fractions and `Infinity` allowed, never NaN.
 *
 * Durations add up (`MonoidSum`) and are ordered (`Ord`). The module reads what people write (`'5 seconds'`) and prints
 * it back: `parse(Show.show(d))` is `d`. It knows no calendar: a day is 24 hours, and there are no months.
 * These words are for code; on the wire `cantok-ts/codec` writes milliseconds, and the text that it reads is ISO 8601 (`'PT5S'`), which is not read here.
 *
 * @since 0.1.0
 */
import type { Either } from 'fp-ts/lib/Either.js'
import type { Monoid } from 'fp-ts/lib/Monoid.js'
import type { Ord as OrdOf } from 'fp-ts/lib/Ord.js'
import type { Show as ShowOf } from 'fp-ts/lib/Show.js'
import { received } from './internal/received.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

declare const duration: unique symbol

/**
 * A span of time in milliseconds; a number that has passed `from` or `parse`.
 *
 * @category model
 * @since 0.1.0
 */
export type Duration = number & { readonly [duration]: 'Duration' }

/**
 * What is read as a duration: a `Duration`, a number of milliseconds, or a text such as `'1 minute 30 seconds'`.
 *
 * @category model
 * @since 0.1.0
 */
export type DurationInput = Duration | number | string

// -------------------------------------------------------------------------------------
// constructors
// -------------------------------------------------------------------------------------

/**
 * Reads a duration, or throws.
 *
 * A number is milliseconds. A text is what `parse` reads. Throws a `RangeError` for a negative number, NaN or a text that
 * is no duration, and a `TypeError` for anything else; the message names `argument`, the value and what is allowed.
 *
 * @example
 * ```ts
 * import { Duration } from 'cantok-ts'
 *
 * console.log(Duration.from('1.5 seconds')) // => 1500
 * console.log(Duration.from(250)) // => 250
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const from = (input: DurationInput, argument: string = 'duration'): Duration => {
  if (typeof input === 'number') {
    if (input >= 0) return input === 0 ? zero : brand(input)
    throw new RangeError(`${argument} must be 0 milliseconds or more, but was ${input}`)
  }
  if (typeof input === 'string') {
    const parsed = parse(input)
    if (parsed._tag === 'Right') return parsed.right
    throw new RangeError(`${argument} ${parsed.left}`)
  }
  throw new TypeError(
    `${argument} must be a number of milliseconds or a text such as '5 seconds', but was ${received(input)}`,
  )
}

/**
 * Reads a text as a duration: numbers with units, added up.
 *
 * Units are `ms`, `s`, `m`, `h`, `d` and their long forms (`milli`, `millisecond`, `sec`, `second`, `min`, `minute`, `hour`, `day`,
 * plurals too), in any order and case; `Infinity` stands alone. Never throws: a `Left` says what is wrong with the text.
 *
 * @example
 * ```ts
 * import { Duration } from 'cantok-ts'
 *
 * console.log(Duration.parse('1 minute 30 seconds')) // => { _tag: 'Right', right: 90000 }
 * console.log(Duration.parse('soon')._tag) // => 'Left'
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const parse = (text: string): Either<string, Duration> => {
  const trimmed = text.trim()
  if (trimmed === 'Infinity') return { _tag: 'Right', right: brand(Infinity) }
  let total = 0
  let rest = trimmed
  do {
    const term = /^(\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*([a-z]+)\s*/i.exec(rest)
    const factor = millisecondsIn(term?.[2] ?? '')
    if (term === null || factor === undefined) {
      return { _tag: 'Left', left: `must be numbers with units, such as '5 seconds' or '1h 30m', but was '${text}'` }
    }
    total += Number(term[1]) * factor
    rest = rest.slice(term[0].length)
  } while (rest !== '')
  return { _tag: 'Right', right: brand(total) }
}

/**
 * No time at all.
 *
 * @example
 * ```ts
 * import { Duration } from 'cantok-ts'
 *
 * console.log(Duration.zero) // => 0
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const zero: Duration = /*#__PURE__*/ brand(0)

// -------------------------------------------------------------------------------------
// instances
// -------------------------------------------------------------------------------------

/**
 * Order by length; equal when equally long.
 *
 * @example
 * ```ts
 * import { Duration } from 'cantok-ts'
 *
 * console.log(Duration.Ord.compare(Duration.from('1s'), Duration.from('1m'))) // => -1
 * ```
 * @category instances
 * @since 0.1.0
 */
export const Ord: OrdOf<Duration> = {
  equals: (first, second) => first === second,
  compare: (first, second) => (first < second ? -1 : first > second ? 1 : 0),
}

/**
 * Addition of durations; `zero` is its identity.
 *
 * @example
 * ```ts
 * import { Duration } from 'cantok-ts'
 *
 * console.log(Duration.MonoidSum.concat(Duration.from('1m'), Duration.from('30s'))) // => 90000
 * ```
 * @category instances
 * @since 0.1.0
 */
export const MonoidSum: Monoid<Duration> = { empty: zero, concat: (first, second) => brand(first + second) }

/**
 * Words for a duration, from the largest unit down; `parse` reads them back.
 *
 * @example
 * ```ts
 * import { Duration } from 'cantok-ts'
 *
 * console.log(Duration.Show.show(Duration.from(90_000))) // => '1 minute 30 seconds'
 * console.log(Duration.Show.show(Duration.from(0.25))) // => '0.25 milliseconds'
 * ```
 * @category instances
 * @since 0.1.0
 */
export const Show: ShowOf<Duration> = {
  show: (self) => {
    if (!Number.isSafeInteger(self)) return self === Infinity ? 'Infinity' : `${self} milliseconds`
    const words: Array<string> = []
    let rest: number = self
    for (const [size, unit] of units) {
      const count = Math.floor(rest / size)
      rest -= count * size
      if (count > 0 || (unit === 'millisecond' && words.length === 0))
        words.push(`${count} ${unit}${count === 1 ? '' : 's'}`)
    }
    return words.join(' ')
  },
}

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

/** The one place where a number becomes a `Duration`: callers have seen to it that it is 0 or more. */
function brand(milliseconds: number): Duration {
  return milliseconds as Duration // sound: a brand is a phantom, the run-time value is the number itself
}

/** From the largest down: its milliseconds, its name, and the short forms that are read too. */
const units: ReadonlyArray<readonly [milliseconds: number, name: string, ...short: ReadonlyArray<string>]> = [
  [86_400_000, 'day', 'd'],
  [3_600_000, 'hour', 'h'],
  [60_000, 'minute', 'min', 'm'],
  [1_000, 'second', 'sec', 's'],
  [1, 'millisecond', 'ms', 'milli'],
]

const millisecondsIn = (unit: string): number | undefined => {
  const word = unit.toLowerCase()
  return units.find(([, ...names]) =>
    names.some((name) => word === name || (name.length > 2 && word === `${name}s`)),
  )?.[0]
}
