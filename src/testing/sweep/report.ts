/** Replays and reports as text for people. */
import type { Show as ShowOf } from 'fp-ts/lib/Show.js'
import { ShowEvidence } from '../../Analysis.js'
import { Eq } from '../../Reason.js'
import { showOutcome } from './judge.js'
import type { Entry, Injection, Replay, Report } from './model.js'
import { samples } from './samples.js'

/**
 * Prints a replay: how to repeat it, what has failed, how it ended, its timeline, and the evidence of its scope.
 *
 * @example
 * ```ts
 * import * as assert from 'node:assert/strict'
 * import { CancelScope } from 'cantok-ts'
 * import { ShowReplay, sweep } from 'cantok-ts/testing'
 *
 * const replay = await sweep.at(0, 'TimedOut')(async (scope) => CancelScope.isCancelled(scope)())()
 * assert.match(ShowReplay.show(replay), /#0 {2}looks\n.* is cancelled: TimedOut/)
 * ```
 * @category instances
 * @since 0.1.0
 */
export const ShowReplay: ShowOf<Replay<unknown>> = {
  show: ({ injection, failures, outcome, log, evidence }) =>
    [
      title(injection),
      ...failures.map(({ invariant, message }) => `  ✗ ${invariant}: ${message}`),
      `  ${showOutcome(outcome)}`,
      ...timeline(log).map((line) => `  ${line}`),
      // of a scope without a limit of its own there is nothing to tell
      ...(evidence.parts.at(-1)?.what === 'never' ? [] : ShowEvidence.show(evidence).split('\n')).map(
        (line) => `  ${line}`,
      ),
    ].join('\n'),
}

/**
 * Prints a report: what was tried, the shortest replay that failed in full, and the others in a line each.
 *
 * @example
 * ```ts
 * import { CancelScope } from 'cantok-ts'
 * import { ShowReport, sweep } from 'cantok-ts/testing'
 *
 * const report = await sweep(async (scope) => CancelScope.check(scope)())()
 * console.log(ShowReport.show(report)) // => 'cancelled at 1 of 1 point, in 2 replays: all passed'
 * ```
 * @category instances
 * @since 0.1.0
 */
export const ShowReport: ShowOf<Report<unknown>> = {
  show: ({ undisturbed, isEndless, points, tried, replays, failed }) => {
    const [shortest, ...others] = failed
    if (shortest === undefined || undisturbed.failures.length === 0) {
      const upTo = isEndless ? ' before it was cut by its limit or horizon' : ''
      const head = `cancelled at ${tried} of ${counted(points, 'point')}${upTo}, in ${counted(replays, 'replay')}`
      if (shortest === undefined) return `${head}: all passed`
      return [`${head}: ${failed.length} failed`, '', ShowReplay.show(shortest), ...also(others)].join('\n')
    }
    return `not cancelled anywhere, for it fails ${ShowReplay.show(shortest)}`
  },
}

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** The other replays, by what they have broken. */
const also = (replays: ReadonlyArray<Replay<unknown>>): ReadonlyArray<string> => {
  const groups = new Map<string, { readonly points: Set<number>; readonly reasons: Set<string>; count: number }>()
  for (const { injection, failures } of replays) {
    if (injection === null) continue
    const broken = [...new Set(failures.map(({ invariant }) => invariant))].join('; ')
    const group = groups.get(broken) ?? { points: new Set(), reasons: new Set(), count: 0 }
    group.points.add(injection.point)
    group.reasons.add(injection.reason._tag)
    group.count++
    groups.set(broken, group)
  }
  const lines = [...groups].map(
    ([broken, { points, reasons, count }]) =>
      `${count} more, at ${ranges([...points])} (${[...reasons].join(', ')}): ${broken}`,
  )
  return lines.length === 0 ? [] : ['', ...lines]
}

/** Numbers in order, those that follow each other as one: `0 to 4, 7`. */
const ranges = (numbers: ReadonlyArray<number>): string => {
  const found: Array<[first: number, last: number]> = []
  for (const number of [...numbers].sort((first, second) => first - second)) {
    const last = found.at(-1)
    if (last !== undefined && last[1] === number - 1) last[1] = number
    else found.push([number, number])
  }
  return found.map(([first, last]) => (first === last ? `${first}` : `${first} to ${last}`)).join(', ')
}

const title = (injection: Injection | null): string => {
  if (injection === null) return 'undisturbed'
  const { point, reason, again } = injection
  const given = Eq.equals(reason, samples[reason._tag]) ? `'${reason._tag}'` : JSON.stringify(reason)
  return `sweep.at(${point}, ${given}${again === undefined ? '' : `, ${again}`})`
}

const timeline = (log: ReadonlyArray<Entry>): ReadonlyArray<string> => {
  const columns = log.map(({ at, point, what }) => ({
    at: `${Math.round(at * 1000) / 1000} ms`,
    point: point === undefined ? '' : `#${point}`,
    what,
  }))
  const width = (cells: ReadonlyArray<string>): number => cells.reduce((most, { length }) => Math.max(most, length), 0)
  const atWidth = width(columns.map(({ at }) => at))
  const pointWidth = width(columns.map(({ point }) => point))
  const lines = columns.map(({ at, point, what }) => `${at.padStart(atWidth)}  ${point.padStart(pointWidth)}  ${what}`)
  if (lines.length <= longest) return lines
  const half = longest / 2
  return [...lines.slice(0, half), `… ${lines.length - longest} more lines …`, ...lines.slice(-half)]
}

/** How many lines a timeline has at the most. */
const longest = 40
