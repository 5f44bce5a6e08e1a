/** Where columns stand on a line: time is to scale, and what takes no time takes a little room all the same. */
import type { Column } from './chart.js'

/** The edges of the columns, one more than there are of them, and the place of an instant. */
export interface Layout {
  readonly edges: ReadonlyArray<number>
  readonly at: (column: number, instant: number) => number
  readonly ofTime: (instant: number) => number
}

/** Lays columns out on a width; `room` is what an event takes, if there is so much for all. Linear. */
export const layoutOf = (columns: ReadonlyArray<Column>, width: number, room: number): Layout => {
  const spans = columns.map(({ from, to }) => (to > from ? to - from : 0))
  const longest = Math.max(Number.MIN_VALUE, ...spans)
  const timed = spans.filter((span) => span > 0).length
  const events = spans.length - timed
  const pitch = Math.min(room, (timed === 0 ? width : width * 0.4) / Math.max(1, events))
  const rest = width - events * pitch
  const least = Math.min(room / 2, rest / (2 * Math.max(1, timed)))
  const scale = scaleOf(
    spans.filter((span) => span > 0).map((span) => span / longest),
    rest,
    least,
  )
  const edges = [0]
  for (const span of spans) {
    const wide = span === 0 ? pitch : Math.max(least, (span / longest) * scale)
    edges.push(Math.min(width, (edges.at(-1) ?? 0) + wide))
  }
  const at = (column: number, instant: number): number => {
    const { from, to } = columns[column] ?? { from: 0, to: 0 }
    const [left, right] = [edges[column] ?? 0, edges[column + 1] ?? width]
    return to > from && to < Infinity ? left + ((right - left) * (instant - from)) / (to - from) : left
  }
  const ofTime = (instant: number): number => {
    const column = columns.findIndex(({ to }) => to >= instant)
    return column < 0 ? (edges.at(-1) ?? 0) : at(column, instant)
  }
  return { edges, at, ofTime }
}

/** What a unit takes, so that all take as much as there is, and none less than the least. */
const scaleOf = (spans: ReadonlyArray<number>, rest: number, least: number): number => {
  let scale = 0
  let room = rest
  let long = spans
  for (let isStable = false; !isStable && long.length > 0;) {
    scale = room / long.reduce((sum, span) => sum + span, 0)
    const longer = long.filter((span) => span * scale >= least)
    isStable = longer.length === long.length
    room -= (long.length - longer.length) * least
    long = longer
  }
  return scale
}
