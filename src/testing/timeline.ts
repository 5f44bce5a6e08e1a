/**
 * Timelines to look at: what every leaf of a token does over a trace of events, and what decides.
 *
 * @since 0.1.0
 */
import { received } from '../internal/received.js'
import type { Event } from '../Semantics.js'
import type { Input, Token } from '../Token.js'
import { chartOf } from './timeline/chart.js'
import { textOf } from './timeline/text.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * How a timeline is printed: no line is wider than `width` columns (an integer from 40, 100 unless given), `rows` leaves at the most have one (an integer
 * from 1, 40 unless given), and with `ascii` (`false` unless given) there are no other characters than those of ASCII.
 *
 * @category model
 * @since 0.1.0
 */
export interface TimelineOptions {
  readonly width?: number
  readonly rows?: number
  readonly ascii?: boolean
}

// -------------------------------------------------------------------------------------
// printing
// -------------------------------------------------------------------------------------

/**
 * A token over a trace as text for a terminal: a row for every leaf, from left to right, and below them what decided.
 *
 * Time is to scale, and events that take no time get a little room of their own. Pure, stack-safe, and linear in events times nodes. Throws a `RangeError`
 * for options out of range.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { timeline } from 'cantok-ts/testing'
 *
 * const poll = { _tag: 'Polled', conditions: {}, direct: true } as const
 * const text = timeline(Token.counter(2), [poll, poll, poll], { width: 60 })
 * console.log(text.split('\n')[2]) // => 'counter 2  ▄▄▄▄▇▇▇▇◆███  fired at 0 ms ◀'
 * ```
 * @category printing
 * @since 0.1.0
 */
export const timeline = (token: Token<Input>, trace: ReadonlyArray<Event>, options: TimelineOptions = {}): string => {
  const { width = 100, rows = 40, ascii = false } = options
  return textOf(chartOf(token, trace, integer('rows', rows, 1)), integer('width', width, 40), ascii)
}

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

const integer = (argument: string, value: number, least: number): number => {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new RangeError(`${argument} must be an integer from ${least}, but was ${received(value)}`)
}
