/**
 * Timelines to look at: what every leaf of a token does over a trace of events, and what decides.
 *
 * @since 0.1.0
 */
import { received } from '../internal/received.js'
import type { Event } from '../Semantics.js'
import type { Input, Token } from '../Token.js'
import { tokenOnly, traceOnly } from './timeline/arguments.js'
import { chartOf } from './timeline/chart.js'
import { svgOf } from './timeline/svg.js'
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

/**
 * How a picture of a timeline is drawn: it is `width` units wide (an integer from 320, 960 unless given) and as tall as it must be, `rows` leaves at the
 * most have a lane (an integer from 1, 40 unless given), and `title` is what it is called where it cannot be seen.
 *
 * @category model
 * @since 0.1.0
 */
export interface TimelineSvgOptions {
  readonly width?: number
  readonly rows?: number
  readonly title?: string
}

// -------------------------------------------------------------------------------------
// printing
// -------------------------------------------------------------------------------------

/**
 * A token over a trace as text for a terminal: a row for every leaf, from left to right, and below them what decided.
 *
 * Time is to scale in what is left by events that take no time: each of them gets room of its own, all together up to two fifths of the line. Pure,
 * stack-safe, and linear in events times nodes. Throws a `TypeError` for what is no token or no trace of events, and a `RangeError` for options out of range.
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
  return textOf(
    chartOf(tokenOnly(token), traceOnly(trace), integer('rows', rows, 1)),
    integer('width', width, 40),
    ascii,
  )
}

/**
 * The same as a picture: a standalone SVG document, well-formed, without scripts or fonts of its own, for light and dark paper.
 *
 * Events tell more when they are pointed at. A description says in words what can be seen. Cost and errors are those of `timeline`.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { timelineSvg } from 'cantok-ts/testing'
 *
 * const svg = timelineSvg(Token.timeout('5 seconds'), [{ _tag: 'Elapsed', ms: 6000, wall: 6000 }])
 * console.log(svg.includes('<title>Timeline: fired at 5 s, seen by no poll</title>')) // => true
 * ```
 * @category printing
 * @since 0.1.0
 */
export const timelineSvg = (
  token: Token<Input>,
  trace: ReadonlyArray<Event>,
  options: TimelineSvgOptions = {},
): string => {
  const { width = 960, rows = 40, title } = options
  return svgOf(
    chartOf(tokenOnly(token), traceOnly(trace), integer('rows', rows, 1)),
    integer('width', width, 320),
    title,
  )
}

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

const integer = (argument: string, value: number, least: number): number => {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new RangeError(`${argument} must be an integer from ${least}, but was ${received(value)}`)
}
