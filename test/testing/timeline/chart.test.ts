/** What a timeline shows, as data: read against residuals, and against the same trace cut short. */
import { describe, expect, it } from 'vitest'
import { Analysis, Semantics, Token } from 'cantok-ts'
import type { Reason } from 'cantok-ts'
import { chartOf } from 'cantok-ts/testing/timeline/chart'
import type { Row } from 'cantok-ts/testing/timeline/chart'
import { token, trace } from 'cantok-ts/testing'
import type { LeafTag } from 'cantok-ts/testing'
import { property } from '../../support/property.js'
import { beats, elapsed, events, poll, requests, spends } from './events.js'

type AnyToken = Token.Token<Token.Input>

const { all, andThen, any, budget, cancelled, condition, counter, deadline, idle, labelled, manual, never, timeout } =
  Token

const chart = (given: AnyToken, given2: ReadonlyArray<Semantics.Event>) => chartOf(given, given2, 40)

/** The statuses of a row, in short. */
const short = ({ cells }: Row): string => cells.map(({ status }) => status.slice(0, 1)).join('')

/** Where the leaf of a row stands in a residual: nothing once something around it has fired, which is `cancelled` in its place. */
const placeIn = (residual: AnyToken, { path, token: leaf }: Row): { token: AnyToken; started: boolean } | undefined => {
  let at = residual
  let started = true
  for (let index = 0; index < path.length; index += 2) {
    if (at._tag === 'Cancelled') return undefined
    const position = Number(path[index + 1])
    if (at._tag === 'AndThen') {
      if (position === 1 && at.first._tag !== 'Cancelled') started = false
      at = position === 0 ? at.first : at.second
    } else if (at._tag === 'Any' || at._tag === 'All') at = at.tokens[position] ?? never
    else if (at._tag === 'Labelled') at = at.token
  }
  return at._tag === 'Cancelled' && leaf._tag !== 'Cancelled' ? undefined : { token: at, started }
}

const used = (given: AnyToken): number => Analysis.explain(given).progress?.used ?? 0

const leavesOf = Token.fold<number>({
  Never: () => 1,
  Cancelled: () => 1,
  Manual: () => 1,
  Timeout: () => 1,
  Deadline: () => 1,
  Counter: () => 1,
  Condition: () => 1,
  Budget: () => 1,
  Idle: () => 1,
  Any: (_, parts) => parts.reduce((sum, part) => sum + part, 0),
  All: (_, parts) => parts.reduce((sum, part) => sum + part, 0),
  AndThen: (_, first, second) => first + second,
  Labelled: (_, part) => part,
})

/** So that within one look some fire after others. */
const mostlyTimed: { readonly [T in LeafTag]: number } = {
  Timeout: 6,
  Deadline: 2,
  Idle: 2,
  Never: 1,
  Cancelled: 1,
  Manual: 1,
  Counter: 1,
  Condition: 1,
  Budget: 1,
}

describe('chart', () => {
  describe('leaves', () => {
    it('have a row each, from left to right, with the path of their reasons', () => {
      const { rows } = chart(any(labelled('x')(timeout(1)), all(manual('a'), andThen(never, counter(1)))), [])
      expect(rows.map(({ path }) => path.join('.'))).toEqual([
        'any.0.labelled.x',
        'any.1.all.0',
        'any.1.all.1.andThen.0',
        'any.1.all.1.andThen.1',
      ])
    })

    it('beyond the limit are counted', () => {
      const { rows, hidden } = chartOf(any(...Array.from({ length: 100 }, () => timeout(5))), [], 40)
      expect([rows.length, hidden]).toEqual([40, 60])
    })

    it('progress with what uses them up, and a beat sets one back', () => {
      const given = any(timeout(10), counter(9), budget('x', 9), idle('i', 9))
      const { rows } = chart(given, events(elapsed(4), poll(), spends('x', 5), beats('i'), elapsed(1)))
      expect(rows.map(({ cells }) => cells.map((cell) => cell.used))).toEqual([
        [4, 4, 4, 4, 5],
        [0, 1, 1, 1, 1],
        [0, 0, 5, 5, 5],
        [4, 4, 4, 0, 1],
      ])
    })

    it('of a second part are started at the instant the first fires, and told when', () => {
      const { rows, decision } = chart(andThen(timeout(3), timeout(5)), events(elapsed(4), elapsed(5), poll()))
      expect(rows[1]?.cells.map(({ startedAt, firedAt }) => startedAt ?? firedAt)).toEqual([3, 8, undefined])
      expect([decision?.at, decision?.column, decision?.poll]).toEqual([8, 1, 2])
    })

    it('that fired in a part that is done, or that no longer can, are told apart', () => {
      const { rows } = chart(all(any(manual('a'), timeout(9)), manual('b')), events(requests('a'), elapsed(9), poll()))
      expect(rows.map(short)).toEqual(['fff', 'pss', 'ppp'])
    })

    it('that fire within one look, later than what decides, are left as they were then', () => {
      const { rows } = chart(any(timeout(3), timeout(5), timeout(9)), events(elapsed(7), poll()))
      expect(rows.map(({ status, firedAt, progress }) => [status, firedAt, progress?.used])).toEqual([
        ['fired', 3, 3],
        ['pending', undefined, 3],
        ['pending', undefined, 3],
      ])
    })

    it.each([
      ['an andThen', andThen(any(timeout(6), timeout(5)), timeout(1))],
      ['an all', all(any(timeout(6), timeout(5)), timeout(6))],
    ])('that fire later than the part of %s they are in are left as they were then, if that fires too', (_, given) => {
      const { rows, decision } = chart(given, events(elapsed(3), elapsed(3)))
      expect(rows.map(({ status, firedAt, progress }) => [status, firedAt, progress?.used])).toEqual([
        ['pending', undefined, 5],
        ['fired', 5, 5],
        ['fired', 6, rows[2]?.limit],
      ])
      expect(decision?.at).toBe(6)
    })

    it('are not asked in a poll that is decided before', () => {
      const { rows } = chart(any(counter(1), condition('p')), events(poll({ p: false }), poll({ p: true })))
      expect(rows.map(short)).toEqual(['pf', 'pp'])
      expect(rows[1]?.cells.map(({ answer }) => answer)).toEqual([false, undefined])
    })

    it('without a latch are true for a look', () => {
      const given = any(condition('p', { latch: false }), never)
      const { rows, verdicts, decision } = chart(given, events(poll({ p: true }), elapsed(1), poll({ p: false })))
      expect(rows.map(short)).toEqual(['mpp', 'ppp'])
      expect(verdicts).toEqual(['momentary', 'pending', 'pending'])
      expect(decision).toBeUndefined()
    })

    it('that are due at once fire at the start of the event', () => {
      const { rows, decision } = chart(any(timeout(0), manual('a')), events(elapsed(5)))
      expect([rows[0]?.firedAt, decision?.at]).toEqual([0, 0])
    })
  })

  describe('decision', () => {
    it('of a tie is the leftmost', () => {
      const { rows, decision } = chart(any(manual('a'), timeout(3), timeout(3)), events(elapsed(3), poll()))
      expect(decision?.rows).toEqual([1])
      expect(rows.map(({ firedAt }) => firedAt)).toEqual([undefined, 3, 3])
    })

    it('of an all names the rows in the order they fired', () => {
      const given = any(all(timeout(5), labelled('x')(manual('a'))), never)
      expect(chart(given, events(elapsed(1), requests('a'), elapsed(9), poll())).decision?.rows).toEqual([1, 0])
    })

    it('of a bare cancelled, and of one with a reason, names its row', () => {
      expect(chart(any(never, cancelled()), events(poll())).decision?.rows).toEqual([1])
      expect(chart(any(never, cancelled('why')), events(poll())).decision?.rows).toEqual([1])
      expect(chart(all(cancelled(), manual('a')), events(requests('a'))).decision?.rows).toEqual([1])
    })

    it('may come from a leaf that is left out', () => {
      expect(chartOf(any(never, timeout(1)), events(elapsed(2)), 1).decision?.rows).toEqual([])
    })

    it('is there on no event of an empty trace', () => {
      const { columns, decision, verdicts } = chart(cancelled(), [])
      expect([columns, decision, verdicts]).toEqual([[], undefined, []])
    })
  })

  it('tells how far the wall clock jumped', () => {
    const steps = events(elapsed(5), elapsed(5, 100), elapsed(5, -30), elapsed(0.1), elapsed(0.2))
    expect(chart(deadline(1e9), steps).columns.map(({ jump }) => jump)).toEqual([0, 100, -30, 0, 0])
  })

  describe('properties', () => {
    property('every leaf has a row, and a cell for every event', [token(), trace()], (given, steps) => {
      const { rows, columns, hidden } = chartOf(given, steps, 1000)
      expect([rows.length, hidden, columns.length]).toEqual([leavesOf(given), 0, steps.length])
      for (const { cells } of rows) expect(cells.length).toBe(steps.length)
      const few = chartOf(given, steps, 2)
      expect(few.rows.length + few.hidden).toBe(leavesOf(given))
      expect(few.rows.map(({ cells }) => cells)).toEqual(rows.slice(0, 2).map(({ cells }) => cells))
    })

    property(
      'leaves are as they are in the residual, for as long as they are there',
      [token(), trace()],
      (given, steps) => {
        const { rows, decision } = chartOf(given, steps, 1000)
        for (const [index, { residual }] of Semantics.run(given, steps).entries()) {
          if (decision !== undefined && index >= decision.column) return
          for (const row of rows) {
            const cell = row.cells[index]
            const place = placeIn(residual, row)
            if (place === undefined) continue
            if (row.token._tag !== 'Cancelled') {
              expect(cell?.used).toBe(used(place.token))
              expect(cell?.status === 'unstarted').toBe(!place.started)
              expect(['pending', 'unstarted', 'momentary']).toContain(cell?.status)
            }
          }
        }
      },
    )

    property('the decision is that of Semantics.run', [token(), trace()], (given, steps) => {
      const { decision, verdicts } = chartOf(given, steps, 1000)
      const timeline = Semantics.run(given, steps)
      const column = timeline.findIndex(
        ({ verdict, residual }) => verdict._tag === 'Some' && residual._tag === 'Cancelled',
      )
      expect(decision?.column ?? -1).toBe(column)
      const verdict = timeline[column]?.verdict
      expect(decision?.reason).toEqual(verdict?._tag === 'Some' ? verdict.value : undefined)
      expect(verdicts.map((each) => each !== 'pending')).toEqual(timeline.map((each) => each.verdict._tag === 'Some'))
      if (decision?.poll !== undefined) {
        expect(decision.poll).toBeGreaterThanOrEqual(decision.column)
        expect(steps[decision.poll]?._tag).toBe('Polled')
      }
    })

    property('the decision is at its instant: no later, and no sooner', [token(), trace()], (given, steps) => {
      const { columns, decision } = chartOf(given, steps, 1000)
      const column = columns[decision?.column ?? -1]
      if (decision === undefined || column?.event._tag !== 'Elapsed') return
      const { event, from } = column
      const fires = (ms: number): boolean => {
        const cut = [...steps.slice(0, decision.column), { ...event, ms, wall: event.wall - event.ms + ms }]
        return Semantics.run(given, cut).at(-1)?.verdict._tag === 'Some'
      }
      expect(fires(decision.at - from)).toBe(true)
      if (decision.at - from >= 0.5) expect(fires(decision.at - from - 0.5)).toBe(false)
    })

    property('rows stop at the instant of the decision', [token(), trace()], (given, steps) => {
      const { columns, decision, rows } = chartOf(given, steps, 1000)
      const column = columns[decision?.column ?? -1]
      if (decision === undefined || column?.event._tag !== 'Elapsed' || decision.at === column.from) return
      const { event, from } = column
      const ms = decision.at - from - 0.5
      const cut = [...steps.slice(0, decision.column), { ...event, ms, wall: event.wall - event.ms + ms }]
      const before = Semantics.run(given, cut).at(-1)?.residual ?? given
      for (const row of rows) {
        const place = placeIn(before, row)
        const isTimed = row.token._tag === 'Timeout' || row.token._tag === 'Idle'
        if (place?.started !== true || !isTimed || row.status === 'fired') continue
        expect(row.cells[decision.column]?.used).toBe(used(place.token) + 0.5)
      }
    })

    property(
      'the rows of the decision are those the reason names',
      [token({ maxDepth: 4 }), trace()],
      (given, steps) => {
        const { decision, rows } = chartOf(given, steps, 1000)
        if (decision === undefined) return
        const reasons = leafReasons(decision.reason)
        expect(decision.rows.length).toBe(reasons.length)
        for (const [index, row] of decision.rows.entries()) {
          const { path, token: leaf, firedAt, status } = rows[row] ?? {}
          const reason = reasons[index]
          if (leaf?._tag === 'Cancelled' && leaf.reason !== undefined) expect(reason?._tag).toBe(leaf.reason._tag)
          else expect(path?.join('.').endsWith(reason?.path.join('.') ?? '?')).toBe(true)
          expect(kinds[leaf?._tag ?? 'Never']).toBe(reason?._tag)
          if (status === 'fired') expect(firedAt).toBeLessThanOrEqual(decision.at)
        }
      },
    )

    property(
      'cutting a span of a steady wall clock into 1 ms events changes no outcome and instant of a row',
      [token({ leaves: mostlyTimed }), trace({ wall: 'steady', maxElapsed: 9, maxLength: 6 })],
      (given, steps) => {
        const whole = chartOf(given, steps, 1000)
        const cut = chartOf(given, steps.flatMap(millisecondByMillisecond), 1000)
        expect(whole.rows.map(fate)).toEqual(cut.rows.map(fate))
        expect(whole.decision?.at).toBe(cut.decision?.at)
      },
    )

    property('statuses go one way', [token(), trace()], (given, steps) => {
      for (const row of chartOf(given, steps, 1000).rows) {
        expect(short(row)).toMatch(/^u*[pm]*(f*|s*)$|^u*s*$/)
        expect(row.cells.filter(({ firedAt }) => firedAt !== undefined).length).toBe(row.status === 'fired' ? 1 : 0)
        for (const { startedAt, firedAt } of row.cells)
          if (startedAt !== undefined && firedAt !== undefined) expect(firedAt).toBeGreaterThanOrEqual(startedAt)
      }
    })
  })
})

const millisecondByMillisecond = (event: Semantics.Event): ReadonlyArray<Semantics.Event> =>
  event._tag !== 'Elapsed' || event.ms === 0
    ? [event]
    : Array.from({ length: event.ms }, (_, index) => ({ ...event, ms: 1, wall: event.wall - event.ms + index + 1 }))

/** How a row ends, and at which instants it was started and fired. */
const fate = ({ status, progress, firedAt, cells }: Row) => ({
  status,
  progress,
  firedAt,
  startedAt: cells.find(({ startedAt }) => startedAt !== undefined)?.startedAt,
})

const leafReasons = (reason: Reason.Reason): ReadonlyArray<Reason.Reason> =>
  reason._tag === 'AllOf' ? reason.reasons.flatMap(leafReasons) : [reason]

const kinds: { readonly [T in Token.Tag]?: Reason.Reason['_tag'] } = {
  Cancelled: 'Requested',
  Manual: 'Requested',
  Timeout: 'TimedOut',
  Deadline: 'DeadlinePassed',
  Counter: 'CounterExhausted',
  Condition: 'ConditionMet',
  Budget: 'BudgetSpent',
  Idle: 'Stalled',
}
