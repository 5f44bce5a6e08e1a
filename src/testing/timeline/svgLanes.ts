/** The lanes of a picture of a timeline. */
import type { Cell, Chart, Row } from './chart.js'
import type { Layout } from './layout.js'
import { pieces } from './svgPieces.js'

export const rowHeight = 28
export const laneHeight = 18
export const margin = 20

/** The middle of a row. */
export const middle = (top: number): number => top + rowHeight / 2

/** Where things are in a picture. */
export interface Frame {
  readonly chart: Chart
  readonly layout: Layout
  /** The left and right edge of the lanes. */
  readonly left: number
  readonly right: number
  /** Where lanes end that ran to the end of the trace. */
  readonly end: number
  /** Where the decision is. */
  readonly decided: number
  readonly top: number
}

/** What a leaf does: what is used up of it as an area, and a bar once it has fired. */
export const lane = (
  { chart, layout, left, decided, end }: Frame,
  { cells, limit }: Row,
  top: number,
): ReadonlyArray<string> => {
  const base = top + (rowHeight + laneHeight) / 2
  const height = (used: number): number => {
    const part = limit === undefined || limit === 0 ? 0 : used / limit
    return base - laneHeight * Math.max(0, Math.min(1, part))
  }
  const { element, round } = pieces
  const points: Array<readonly [x: number, y: number]> = []
  const signs: Array<string> = []
  const drawn: Array<string> = []
  const last = { unstarted: left, fired: left, isFired: false, isUnstarted: false }
  for (const [index, cell] of cells.entries()) {
    const from = left + (layout.edges[index] ?? 0)
    const to = left + (layout.edges[index + 1] ?? 0)
    const at = (instant: number | undefined, otherwise: number): number =>
      instant === undefined ? otherwise : Math.max(from, Math.min(to, left + layout.at(index, instant)))
    const start = at(cell.startedAt, from)
    if (cell.status === 'unstarted' || cell.startedAt !== undefined) {
      last.isUnstarted = true
      last.unstarted = cell.status === 'unstarted' ? at(cell.settledAt, to) : start
    }
    if (isLive(cell)) {
      const stop = at(cell.firedAt ?? cell.settledAt, cell.firedAt === undefined ? to : from)
      points.push([start, height(cell.before)])
      if (!cell.timed) points.push([start, height(cell.used)])
      points.push([stop, height(cell.used)])
    }
    if (cell.firedAt !== undefined) {
      last.isFired = true
      last.fired = at(cell.firedAt, from)
      signs.push(pieces.diamond('mark', last.fired, middle(top)))
    }
    if (cell.status === 'momentary') signs.push(pieces.diamond('momentary', from, middle(top)))
    else if (cell.answer === false)
      signs.push(element('circle', { class: 'no', cx: round(from), cy: round(base - 4), r: 3 }))
  }
  if (last.isUnstarted)
    drawn.push(element('path', { class: 'unstarted', d: `M${left} ${middle(top)}H${round(last.unstarted)}` }))
  const [first] = points
  if (first !== undefined) {
    const line = points.map(([x, y]) => `${round(x)} ${round(y)}`).join('L')
    const stop = points.at(-1)?.[0] ?? first[0]
    drawn.push(
      element('path', {
        class: 'track',
        d: `M${round(first[0])} ${base}V${base - laneHeight}H${round(stop)}V${base}Z`,
      }),
      element('path', { class: 'level', d: `M${round(first[0])} ${base}L${line}V${base}Z` }),
      element('path', { class: 'edge', d: `M${line}` }),
    )
  }
  if (last.isFired) {
    const until = chart.decision === undefined ? end : Math.max(last.fired, decided)
    drawn.push(pieces.bar('fired', last.fired, until, base - laneHeight, laneHeight))
    drawn.push(pieces.bar('after', until, end, base - laneHeight, laneHeight))
  }
  return [...drawn, ...signs]
}

/** Whether a leaf was started in an event or before, and had not fired before. */
const isLive = ({ status, firedAt }: Cell): boolean =>
  status === 'pending' || status === 'momentary' || (status === 'fired' && firedAt !== undefined)

/** What the token does: when it fires, and from which poll on that is seen. */
export const whole = ({ chart, layout, left, end, decided }: Frame, top: number): ReadonlyArray<string> => {
  const { columns, verdicts, decision } = chart
  const y = top + (rowHeight - laneHeight) / 2
  const seen = decision?.poll === undefined ? end : left + (layout.edges[decision.poll] ?? 0)
  const drawn = [pieces.text(margin, middle(top), 'whole', 'strong'), pieces.bar('track', left, decided, y, laneHeight)]
  if (decision !== undefined) {
    drawn.push(pieces.bar('unseen', decided, seen, y, laneHeight), pieces.bar('fired', seen, end, y, laneHeight))
    drawn.push(
      pieces.element('path', { class: 'decided', d: `M${pieces.round(decided)} ${margin + 46}V${top + rowHeight}` }),
    )
    drawn.push(pieces.diamond('mark', decided, middle(top)))
  }
  for (const [index] of columns.entries())
    if (verdicts[index] === 'momentary')
      drawn.push(pieces.diamond('momentary', left + (layout.edges[index] ?? 0), middle(top)))
  return drawn
}
