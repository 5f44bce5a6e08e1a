/** A chart as a picture: a standalone SVG document. */
import type { Cell, Chart, Row } from './chart.js'
import { layoutOf } from './layout.js'
import type { Layout } from './layout.js'
import { eventSign, pieces, style } from './svgPieces.js'
import {
  cut,
  eventWords,
  folded,
  leafName,
  outcome,
  plain,
  statusOf,
  structure,
  ticks,
  time,
  widthOf,
} from './words.js'

// -------------------------------------------------------------------------------------
// sizes, in the units of the picture
// -------------------------------------------------------------------------------------

const character = 7.25
const rowHeight = 28
const laneHeight = 18
const margin = 20
const gap = 16
const room = 26

interface Frame {
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

/** A chart as an SVG document so many units wide. */
export const svgOf = (chart: Chart, width: number, title: string | undefined): string => {
  const names = namesOf(chart, Math.floor((width * 0.4) / character))
  const statuses = chart.rows.map((row) => cut(statusOf(row, false, ''), Math.floor((width * 0.22) / character), '…'))
  const longest = (texts: ReadonlyArray<string>): number => Math.max(...texts.map(widthOf)) * character
  const left = Math.round(margin + longest(['events', ...names]) + gap)
  const right = Math.round(width - margin - gap - longest(['0 polls', ...statuses]))
  const layout = layoutOf(chart.columns, right - left, room)
  const end = left + (layout.edges.at(-1) ?? 0)
  const { decision } = chart
  const decided = decision === undefined ? end : left + layout.at(decision.column, decision.at)
  const frame: Frame = { chart, layout, left, right, end, decided, top: margin + 52 }

  const lanesEnd = frame.top + chart.rows.length * rowHeight
  const moreEnd = lanesEnd + (chart.hidden === 0 ? 0 : rowHeight)
  const wholeTop = moreEnd + 6
  const [when, why] = outcome(chart, plain)
  const sentences = [when, ...folded(why, Math.floor((width - 2 * margin) / character), 3, '…')].filter(
    (each) => each !== '',
  )
  const below = wholeTop + rowHeight + 28
  const key = legend(frame, below + sentences.length * 20 + 10, width)
  const height = Math.round(key.bottom + margin - 6)

  const heading = plain(title ?? `Timeline: ${when}`)
  const { element, text } = pieces
  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: 'cantok-timeline',
      role: 'img',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
    },
    [
      element('title', {}, [pieces.escape(heading)]),
      element('desc', {}, [pieces.escape(description(chart, names, when, why))]),
      element('style', {}, [style]),
      element('rect', { class: 'paper', width, height, rx: 8 }),
      ...axis(frame, wholeTop + rowHeight),
      ...header(frame, wholeTop + rowHeight),
      ...chart.rows.flatMap((row, index) => [
        ...label(names[index] ?? '', frame.top + index * rowHeight, decision?.rows.includes(index) === true),
        ...lane(frame, row, frame.top + index * rowHeight),
        text(
          right + gap,
          middle(frame.top + index * rowHeight),
          statuses[index] ?? '',
          decision?.rows.includes(index) === true ? 'strong' : 'quiet',
        ),
      ]),
      ...(chart.hidden === 0 ? [] : [text(margin, middle(lanesEnd), `… and ${chart.hidden} more`, 'quiet')]),
      ...whole(frame, wholeTop),
      ...sentences.map((sentence, index) => text(margin, below + index * 20, sentence, index === 0 ? 'strong' : '')),
      ...key.drawn,
    ],
  )}\n`
}

const middle = (top: number): number => top + rowHeight / 2

const description = (
  { rows, decision, hidden }: Chart,
  names: ReadonlyArray<string>,
  when: string,
  why: string,
): string => {
  const lines = rows.map((row, index) => {
    const gave = decision?.rows.includes(index) === true ? ', gave the reason' : ''
    return `${plain(leafName(row.token)).slice(0, 200)}: ${statusOf(row, false, '')}${gave}`
  })
  return [
    ...lines,
    ...(hidden === 0 || names.length === 0 ? [] : [`and ${hidden} more`]),
    when,
    cut(why, 400, '…'),
  ].join('. ')
}

// -------------------------------------------------------------------------------------
// the left: leaves and structure
// -------------------------------------------------------------------------------------

/** Lines as characters that no name contains once it is plain. */
const joints = {
  first: ' \ue001 ',
  between: ' \ue002 ',
  last: ' \ue003 ',
  beside: ' \ue004 ',
  deeper: '… ',
  ellipsis: '…',
}

const namesOf = ({ outline, rows }: Chart, most: number): ReadonlyArray<string> => {
  if (outline === undefined) return []
  const leaves = rows.map(({ token }) => cut(plain(leafName(token)), most, '…'))
  for (let depth = 8; depth >= 0; depth--) {
    const names = structure(outline, depth, joints, plain).map((lead, index) => `${lead}${leaves[index] ?? ''}`)
    if (names.every((name) => widthOf(name) <= most)) return names
  }
  return leaves
}

const label = (name: string, top: number, isReason: boolean): ReadonlyArray<string> => {
  const drawn: Array<string> = []
  const { element, text } = pieces
  let at = margin
  const runs = name.split(/([\ue001-\ue004])/)
  for (const [index, run] of runs.entries()) {
    const wide = widthOf(run) * character
    if (/^[\ue001-\ue004]$/.test(run)) {
      const [x, y] = [at + character / 2, middle(top)]
      const [up, down] = [run === '\ue001' ? y : top, run === '\ue003' ? y : top + rowHeight]
      const across = run === '\ue004' ? '' : `M${run === '\ue001' ? x - character : x} ${y}H${x + character}`
      drawn.push(element('path', { class: 'joint', d: `M${x} ${up}V${down}${across}` }))
    } else if (run.trim() !== '') {
      const indent = run.length - run.trimStart().length
      const isLeaf = index === runs.length - 1
      drawn.push(text(at + indent * character, middle(top), run.trim(), isLeaf ? (isReason ? 'strong' : '') : 'quiet'))
    }
    at += wide
  }
  return drawn
}

// -------------------------------------------------------------------------------------
// the top: time and events
// -------------------------------------------------------------------------------------

const axis = ({ chart, layout, left, right, top }: Frame, bottom: number): ReadonlyArray<string> => {
  const drawn: Array<string> = []
  let free = 0
  for (const tick of ticks(chart.columns.at(-1)?.to ?? 0, Math.max(2, Math.floor((right - left) / 80)))) {
    const text = time(tick)
    const x = left + layout.ofTime(tick)
    if (x < free) continue
    drawn.push(pieces.element('path', { class: 'grid', d: `M${pieces.round(x)} ${top - 44}V${bottom}` }))
    drawn.push(pieces.text(x + 4, top - 40, text, 'quiet'))
    free = x + widthOf(text) * character + 12
  }
  return drawn
}

const header = ({ chart, layout, left, right, top }: Frame, bottom: number): ReadonlyArray<string> => {
  const y = top - 16
  const polls = chart.columns.filter(({ event }) => event._tag === 'Polled').length
  const drawn = [pieces.text(margin, y, 'events', 'quiet')]
  const dense = chart.columns.length > (right - left) / 16 ? ' faint' : ''
  for (const [index, column] of chart.columns.entries()) {
    const { event, jump } = column
    if (event._tag === 'Elapsed' && jump === 0) continue
    const x = left + (layout.edges[index] ?? 0)
    const children = [pieces.element('title', {}, [pieces.escape(cut(plain(eventWords(column)), 300, '…'))])]
    if (event._tag === 'Polled')
      children.push(
        pieces.element('path', {
          class: `look${event.direct ? '' : ' indirect'}${dense}`,
          d: `M${pieces.round(x)} ${y + 6}V${bottom}`,
        }),
      )
    drawn.push(pieces.element('g', {}, [...children, eventSign(column, x, y)]))
  }
  return [...drawn, pieces.text(right + gap, y, `${polls} poll${polls === 1 ? '' : 's'}`, 'quiet')]
}

// -------------------------------------------------------------------------------------
// the lanes
// -------------------------------------------------------------------------------------

const lane = (
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

const whole = ({ chart, layout, left, end, decided }: Frame, top: number): ReadonlyArray<string> => {
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

// -------------------------------------------------------------------------------------
// the bottom: what the signs mean
// -------------------------------------------------------------------------------------

const legend = (
  { chart }: Frame,
  top: number,
  width: number,
): { readonly drawn: ReadonlyArray<string>; readonly bottom: number } => {
  const drawn: Array<string> = []
  let [x, y] = [margin, top]
  for (const [isThere, sign, words] of pieces.key(chart)) {
    if (!isThere) continue
    const wide = 22 + widthOf(words) * character + 18
    if (x > margin && x + wide > width - margin) [x, y] = [margin, y + 20]
    drawn.push(sign(x + 6, y), pieces.text(x + 20, y, words, 'quiet'))
    x += wide
  }
  return { drawn, bottom: drawn.length === 0 ? top - 16 : y + 12 }
}
