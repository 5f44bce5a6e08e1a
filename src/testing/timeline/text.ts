/** A chart as text for a terminal. */
import type { Event } from '../../Semantics.js'
import type { Chart, Row } from './chart.js'
import { layoutOf } from './layout.js'
import type { Layout } from './layout.js'
import {
  asciiOnly,
  folded,
  isUnseen,
  namesOf,
  outcome,
  padded,
  plain,
  statusOf,
  ticks,
  time,
  waited,
  widthOf,
} from './words.js'
import type { Lines } from './words.js'

interface Marks {
  readonly levels: string
  readonly used: string
  readonly direct: string
  readonly indirect: string
  readonly requested: string
  readonly spent: string
  readonly beat: string
  readonly ahead: string
  readonly back: string
  readonly fired: string
  readonly momentary: string
  readonly no: string
  readonly full: string
  readonly unseen: string
  readonly unstarted: string
  readonly reason: string
  readonly ellipsis: string
  readonly lines: Lines
  readonly name: (text: string) => string
}

const blocks: Marks = {
  levels: '▁▂▃▄▅▆▇',
  used: '▁▄▇',
  direct: '▼',
  indirect: '▽',
  requested: '!',
  spent: '+',
  beat: '*',
  ahead: '»',
  back: '«',
  fired: '◆',
  momentary: '◇',
  no: '○',
  full: '█',
  unseen: '▒',
  unstarted: '·',
  reason: '◀',
  ellipsis: '…',
  lines: { first: ' ┬ ', between: ' ├ ', last: ' └ ', beside: ' │ ', deeper: '… ', ellipsis: '…' },
  name: plain,
}

const ascii: Marks = {
  levels: '0123456789',
  used: '0-9',
  direct: 'P',
  indirect: 'p',
  requested: '!',
  spent: '+',
  beat: '*',
  ahead: '>',
  back: '<',
  fired: 'X',
  momentary: 'x',
  no: 'o',
  full: '#',
  unseen: '=',
  unstarted: '.',
  reason: '<-',
  ellipsis: '...',
  lines: { first: ' +- ', between: ' |- ', last: ' `- ', beside: ' |  ', deeper: '... ', ellipsis: '...' },
  name: asciiOnly,
}

/** A chart as lines of text, none wider than `width`. */
export const textOf = (chart: Chart, width: number, isAscii: boolean): string => {
  const marks = isAscii ? ascii : blocks
  const names = namesOf(chart, Math.floor(width * 0.45), marks.lines, marks.name)
  const left = Math.max(...[...names, 'events'].map(widthOf))
  // short names leave room for longer words at the end, and half of the line for what is drawn
  const room = Math.max(Math.floor(width * 0.25), Math.floor(width * 0.5) - left - 4)
  const statuses = chart.rows.map((row, index) =>
    statusOf(row, chart.decision?.rows.includes(index) === true ? marks.reason : '', room, marks.ellipsis),
  )
  const polls = chart.columns.filter(({ event }) => event._tag === 'Polled').length
  const right = Math.max(...[...statuses, counted(polls)].map(widthOf))
  const layout = layoutOf(chart.columns, width - left - right - 4, 4)
  const middle = Math.ceil(layout.edges.at(-1) ?? 0)
  const line = (name: string, drawn: string, status: string): string =>
    `${padded(name, left)}  ${padded(drawn, middle)}  ${status}`.trimEnd()

  const more = chart.hidden === 0 ? [] : [`${marks.ellipsis} and ${chart.hidden} more`]
  const [when, why] = outcome(chart, marks.name)
  const lines = [
    line('', axis(chart, layout, middle), ''),
    line('events', events(chart, layout, middle, marks), counted(polls)),
    ...chart.rows.map((row, index) =>
      line(names[index] ?? '', lane(row, layout, middle, marks), statuses[index] ?? ''),
    ),
    ...more,
    line('whole', whole(chart, layout, middle, marks), ''),
    '',
    ...folded(when, width, 4, marks.ellipsis),
    ...(why === '' ? [] : folded(why, width, 4, marks.ellipsis)),
    ...legend(chart, marks, width),
  ]
  return lines.join('\n')
}

const counted = (polls: number): string => `${polls} poll${polls === 1 ? '' : 's'}`

// -------------------------------------------------------------------------------------
// rows
// -------------------------------------------------------------------------------------

/** Characters on a line; what is put later covers what was there. */
const canvas = (
  width: number,
): {
  put: (at: number, text: string) => void
  fill: (from: number, to: number, f: (at: number) => string) => void
  text: () => string
} => {
  const characters: Array<string> = Array.from({ length: width }, () => ' ')
  const put = (at: number, text: string): void => {
    const start = Math.max(0, Math.min(Math.floor(at), width - text.length))
    for (let index = 0; index < text.length; index++) characters[start + index] = text.charAt(index)
  }
  const fill = (from: number, to: number, f: (at: number) => string): void => {
    for (let at = Math.floor(from); at < Math.floor(to) && at < width; at++) characters[at] = f(at)
  }
  return { put, fill, text: () => characters.join('') }
}

const axis = ({ columns }: Chart, layout: Layout, width: number): string => {
  const line = canvas(width)
  let free = 0
  for (const tick of ticks(columns.at(-1)?.to ?? 0, Math.max(3, Math.floor(width / 9)))) {
    const text = time(tick)
    const at = Math.floor(layout.ofTime(tick))
    if (at < free || at + text.length > width) continue
    line.put(at, text)
    free = at + text.length + 1
  }
  return line.text()
}

const events = ({ columns }: Chart, layout: Layout, width: number, marks: Marks): string => {
  const line = canvas(width)
  const taken: Array<number> = Array.from({ length: width }, () => 0)
  for (const [index, { event, jump }] of columns.entries()) {
    const mark =
      event._tag === 'Elapsed' ? (jump === 0 ? ' ' : jump > 0 ? marks.ahead : marks.back) : markOf(event, marks)
    const rank = event._tag === 'Polled' ? 3 : event._tag === 'Elapsed' ? 1 : 2
    const at = Math.min(width - 1, Math.floor(layout.edges[index] ?? 0))
    if (mark === ' ' || rank <= (taken[at] ?? 0)) continue
    taken[at] = rank
    line.put(at, mark)
  }
  return line.text()
}

const markOf = (event: Exclude<Event, { readonly _tag: 'Elapsed' }>, marks: Marks): string => {
  switch (event._tag) {
    case 'Polled':
      return event.direct ? marks.direct : marks.indirect
    case 'Requested':
      return marks.requested
    case 'Spent':
      return marks.spent
    case 'Beat':
      return marks.beat
  }
}

const lane = ({ cells, limit }: Row, layout: Layout, width: number, marks: Marks): string => {
  const line = canvas(width)
  const level = (used: number): string => {
    const part = limit === undefined || limit === 0 ? 0 : used / limit
    const index = Math.floor(part * marks.levels.length)
    return marks.levels[Math.max(0, Math.min(marks.levels.length - 1, index))] ?? ' '
  }
  const points: Array<readonly [at: number, mark: string]> = []
  let startedAt = 0
  for (const [index, cell] of cells.entries()) {
    const [from, to] = [layout.edges[index] ?? 0, layout.edges[index + 1] ?? 0]
    const at = (instant: number): number => Math.max(from, Math.min(to - 1, layout.at(index, instant)))
    if (cell.startedAt !== undefined) {
      startedAt = at(cell.startedAt)
      line.fill(from, startedAt, () => marks.unstarted)
    } else startedAt = from
    const firedAt = cell.firedAt === undefined ? to : at(cell.firedAt)
    if (cell.status === 'fired') {
      const end = cell.firedAt === undefined ? from : firedAt
      line.fill(startedAt, end, (x) =>
        level(between(cell.before, cell.used, (x + 0.5 - startedAt) / (end - startedAt))),
      )
      line.fill(end, to, () => marks.full)
      if (cell.firedAt !== undefined) points.push([end, marks.fired])
    } else if (cell.status !== 'settled') {
      const end = cell.settledAt === undefined ? to : at(cell.settledAt)
      if (cell.status === 'unstarted') line.fill(from, end, () => marks.unstarted)
      else
        line.fill(startedAt, end, (x) =>
          level(cell.timed ? between(cell.before, cell.used, (x + 0.5 - startedAt) / (end - startedAt)) : cell.used),
        )
    }
    if (cell.status === 'momentary') points.push([from, marks.momentary])
    else if (cell.answer === false) points.unshift([from, marks.no])
  }
  for (const [at, mark] of points) line.put(at, mark)
  return line.text()
}

const between = (from: number, to: number, part: number): number => from + (to - from) * Math.max(0, Math.min(1, part))

const whole = ({ columns, verdicts, decision }: Chart, layout: Layout, width: number, marks: Marks): string => {
  const line = canvas(width)
  const end = layout.edges.at(-1) ?? 0
  const fired =
    decision === undefined
      ? end
      : Math.min(layout.at(decision.column, decision.at), (layout.edges[decision.column + 1] ?? 0) - 1)
  const seen = decision?.poll === undefined ? end : (layout.edges[decision.poll] ?? 0)
  line.fill(0, fired, () => marks.levels[0] ?? ' ')
  line.fill(fired, seen, () => marks.unseen)
  line.fill(seen, end, () => marks.full)
  for (const [index] of columns.entries())
    if (verdicts[index] === 'momentary') line.put(layout.edges[index] ?? 0, marks.momentary)
  if (decision !== undefined) line.put(fired, marks.fired)
  return line.text()
}

// -------------------------------------------------------------------------------------
// words below
// -------------------------------------------------------------------------------------

/** The marks that are there, and what they mean. */
const legend = (chart: Chart, marks: Marks, width: number): ReadonlyArray<string> => {
  const has = (tag: Event['_tag'], direct?: boolean): boolean =>
    chart.columns.some(({ event }) => event._tag === tag && (event._tag !== 'Polled' || event.direct === direct))
  const cells = chart.rows.flatMap((row) => row.cells)
  const entries: ReadonlyArray<readonly [boolean, string]> = [
    [has('Polled', true), `${marks.direct} poll`],
    [has('Polled', false), `${marks.indirect} indirect poll`],
    [has('Requested'), `${marks.requested} request`],
    [has('Spent'), `${marks.spent} spend`],
    [has('Beat'), `${marks.beat} beat`],
    [chart.columns.some(({ jump }) => jump > 0), `${marks.ahead} wall clock jumps ahead`],
    [chart.columns.some(({ jump }) => jump < 0), `${marks.back} wall clock jumps back`],
    [cells.some(({ answer }) => answer === false), `${marks.no} asked, false`],
    [cells.some(({ status }) => status === 'momentary'), `${marks.momentary} true for this look`],
    [cells.some(({ firedAt }) => firedAt !== undefined), `${marks.fired} fires`],
    [chart.rows.some(({ limit }) => limit !== undefined), `${marks.used} used up`],
    [waited(chart), `${marks.unstarted} not started`],
    [isUnseen(chart), `${marks.unseen} fired, not yet seen`],
    [(chart.decision?.rows.length ?? 0) > 0, `${marks.reason} gave the reason`],
  ]
  const shown = entries.filter(([isThere]) => isThere).map(([, text]) => text)
  const lines: Array<string> = []
  for (const entry of shown) {
    const last = lines.at(-1)
    const longer = last === undefined ? entry : `${last}   ${entry}`
    if (last !== undefined && widthOf(longer) <= width) lines[lines.length - 1] = longer
    else lines.push(entry)
  }
  return lines.length === 0 ? [] : ['', ...lines]
}
