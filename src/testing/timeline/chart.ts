/**
 * A token and a trace as rows and columns: what a timeline shows, before it is drawn.
 *
 * All that is told here is read off `Semantics`: from residuals, which keep their shape, and from what single leaves do at the same events.
 */
import { explain, inputs } from '../../Analysis.js'
import type { Progress } from '../../Analysis.js'
import type { Path, Reason } from '../../Reason.js'
import { run } from '../../Semantics.js'
import type { Event } from '../../Semantics.js'
import type { Input, Token } from '../../Token.js'
import { atFirst, beginning, inexact, look, settled } from './look.js'
import type { Glimpse } from './look.js'
import { leavesOf, marked, markedRow, outlineOf } from './outline.js'
import type { Leaf, Outline } from './outline.js'

type AnyToken = Token<Input>

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/** An event: when it began and ended, in milliseconds since the start, and how far the wall clock jumped in it. */
export interface Column {
  readonly event: Event
  readonly from: number
  readonly to: number
  readonly jump: number
}

/**
 * A leaf at the end of an event.
 *
 * - `status`: `'unstarted'` is the second part of an `andThen` whose first has not fired; `'momentary'` is true for this one look; `'settled'` has not
 *   fired, and no longer can: what it is part of has.
 * - `before` and `used`: what was used up of the leaf's measure at the start and at the end of the event, bit by bit if `timed`, at once if not.
 * - `startedAt`, `firedAt`, `settledAt`: the instant, in milliseconds since the start of the trace, if it was in this event; `settledAt` is there only if the event takes time.
 * - `answer`: what a condition was found to be, if it was read.
 */
export interface Cell {
  readonly status: 'unstarted' | 'pending' | 'momentary' | 'fired' | 'settled'
  readonly before: number
  readonly used: number
  readonly timed: boolean
  readonly startedAt?: number
  readonly firedAt?: number
  readonly settledAt?: number
  readonly answer?: boolean
}

/** A leaf: where it is, what it is, and a cell for every column. `limit` is its measure, if it has one, `progress` how far it had come at the end. */
export interface Row {
  readonly path: Path
  readonly what: string
  readonly token: AnyToken
  readonly limit?: number
  readonly cells: ReadonlyArray<Cell>
  readonly status: Exclude<Cell['status'], 'settled'>
  readonly progress?: Progress
  readonly firedAt?: number
  /** Whether it fires as soon as anything looks, which nothing has. */
  readonly isDue: boolean
}

/**
 * The firing for good.
 *
 * `column` is the event that made it fire, `at` the instant, which may lie before the end of that event, `poll` the first poll that saw it, if any
 * did. `rows` are those whose leaves gave the reason, in order of firing; a leaf that is left out is not among them.
 */
export interface Decision {
  readonly column: number
  readonly at: number
  readonly reason: Reason
  readonly poll?: number
  readonly rows: ReadonlyArray<number>
}

/**
 * A token over a trace.
 *
 * `verdicts` tells for each column whether the token had fired: `'momentary'` while nothing but conditions without a latch made it so. `hidden` counts
 * the leaves beyond the first rows. `isDue` is whether it fires as soon as anything looks, where the trace is empty.
 */
export interface Chart {
  readonly outline: Outline | undefined
  readonly columns: ReadonlyArray<Column>
  readonly rows: ReadonlyArray<Row>
  readonly hidden: number
  readonly verdicts: ReadonlyArray<'pending' | 'momentary' | 'fired'>
  readonly isDue: boolean
  readonly decision?: Decision
}

// -------------------------------------------------------------------------------------
// making
// -------------------------------------------------------------------------------------

/** The chart of a token over a trace, with `limit` rows at the most. Pure and stack-safe; linear in events times nodes. */
export const chartOf = (token: AnyToken, trace: ReadonlyArray<Event>, limit: number): Chart => {
  const columns = columnsOf(trace)
  const [outline, hidden] = outlineOf(token, limit)
  const leaves = outline === undefined ? [] : leavesOf(outline)
  const timeline = run(token, trace)
  const end = timeline.findIndex(({ verdict, residual }) => verdict._tag === 'Some' && residual._tag === 'Cancelled')

  const conditions = inputs(token).condition
  let residual = marked(token, limit)
  let glimpses: ReadonlyArray<Glimpse> = leaves.map(atFirst)
  const cells: ReadonlyArray<Array<Cell>> = leaves.map(() => [])
  let decision: Decision | undefined
  for (const [index, column] of columns.entries()) {
    const before = glimpses
    if (decision === undefined) {
      const after = look(outline, residual, { ...column, isFirst: index === 0, conditions }, glimpses)
      glimpses = after.glimpses
      const moment = timeline[index]
      if (index === end && moment?.verdict._tag === 'Some') {
        const poll = columns.findIndex(({ event }, at) => at >= index && event._tag === 'Polled')
        const reason = moment.verdict.value
        decision = {
          column: index,
          at: after.firedAt ?? column.to,
          reason,
          ...(poll < 0 ? {} : { poll }),
          rows: rowsOf(after.reason ?? reason, leaves, glimpses),
        }
      }
      residual = after.residual
    } else glimpses = glimpses.map(settled)
    for (const [row, glimpse] of glimpses.entries()) cells[row]?.push(cellOf(before[row], glimpse, column.event))
  }

  const start = columns.length > 0 ? undefined : look(outline, residual, beginning, glimpses)
  return {
    outline,
    columns,
    hidden,
    rows: leaves.map(({ path, token: leaf, row }) =>
      rowOf(path, leaf, glimpses[row], cells[row] ?? [], start?.glimpses[row]?.status === 'fired'),
    ),
    verdicts: timeline.map(({ verdict }, index) =>
      verdict._tag === 'None' ? 'pending' : end < 0 || index < end ? 'momentary' : 'fired',
    ),
    isDue: start?.reason !== undefined,
    ...(decision === undefined ? {} : { decision }),
  }
}

const columnsOf = (trace: ReadonlyArray<Event>): ReadonlyArray<Column> => {
  let now = 0
  let wall: number | undefined
  return trace.map((event) => {
    const from = now
    if (event._tag !== 'Elapsed') return { event, from, to: from, jump: 0 }
    now += event.ms
    const jump = wall === undefined ? 0 : event.wall - (wall + event.ms)
    wall = event.wall
    return { event, from, to: now, jump: Math.abs(jump) < inexact ? 0 : jump }
  })
}

const cellOf = (before: Glimpse | undefined, { token, settledAt, ...cell }: Glimpse, event: Event): Cell => ({
  ...cell,
  timed: event._tag === 'Elapsed',
  before: before === undefined ? 0 : usedOf(before.token),
  used: usedOf(token),
  ...(settledAt === undefined || event._tag !== 'Elapsed' ? {} : { settledAt }),
})

const usedOf = (token: AnyToken): number => explain(token).progress?.used ?? 0

const rowOf = (
  path: Path,
  token: AnyToken,
  last: Glimpse | undefined,
  cells: ReadonlyArray<Cell>,
  isDue: boolean,
): Row => {
  const { progress } = explain(last?.token ?? token)
  const firedAt = cells.find((cell) => cell.firedAt !== undefined && cell.status === 'fired')?.firedAt
  return {
    path,
    what: explain(token).what,
    token,
    ...(progress === undefined ? {} : { limit: progress.limit }),
    cells,
    status: lastStatus(last, cells),
    ...(progress === undefined ? {} : { progress }),
    ...(firedAt === undefined ? {} : { firedAt }),
    isDue,
  }
}

const lastStatus = (last: Glimpse | undefined, cells: ReadonlyArray<Cell>): Row['status'] => {
  for (const { status } of [...cells].reverse()) if (status !== 'settled') return status
  return last === undefined || last.status === 'settled' ? 'pending' : last.status
}

/** The rows that a reason of the marked token names; a bare `cancelled()`, which has no mark, is found by the end of its path. */
const rowsOf = (
  whole: Reason,
  leaves: ReadonlyArray<Leaf>,
  glimpses: ReadonlyArray<Glimpse>,
): ReadonlyArray<number> => {
  const rows: Array<number> = []
  const waiting = [whole]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next._tag === 'AllOf') for (const reason of [...next.reasons].reverse()) waiting.push(reason)
    else {
      const { label, path } = next
      const isIt = ({ token, row, path: way }: Leaf): boolean =>
        token._tag === 'Cancelled' && glimpses[row]?.status === 'fired' && endsWith(way, path)
      const row = markedRow(label) ?? leaves.findIndex(isIt)
      if (row >= 0) rows.push(row)
    }
  }
  return rows
}

const endsWith = (path: Path, end: Path): boolean =>
  end.length <= path.length && end.every((name, index) => name === path[path.length - end.length + index])
