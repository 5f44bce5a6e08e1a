/** Replays and reports as text for people. */
import type { Show as ShowOf } from 'fp-ts/lib/Show.js'
import { ShowEvidence } from '../../Analysis.js'
import { Eq } from '../../Reason.js'
import { showOutcome } from './judge.js'
import type { Happening, Injection, Replay, Report } from './model.js'
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
  show: ({ injection, failures, outcome, happenings, evidence }) =>
    [
      title(injection),
      ...failures.map(({ invariant, message }) => `  ✗ ${invariant}: ${message}`),
      `  ${showOutcome(outcome)}`,
      ...timeline(happenings).map((line) => `  ${line}`),
      ...(injection === null ? [] : ShowEvidence.show(evidence).split('\n')).map((line) => `  ${line}`),
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
  show: ({ isEndless, points, tried, replays, failed }) => {
    const without = isEndless ? ' of a program without end' : ''
    const head = `cancelled at ${tried} of ${counted(points, 'point')}${without}, in ${counted(replays, 'replay')}`
    const [shortest, ...others] = failed
    if (shortest === undefined) return `${head}: all passed`
    const more = others.slice(0, listed).map(({ injection, failures }) => {
      const broken = [...new Set(failures.map(({ invariant }) => invariant))].join('; ')
      return `${title(injection)}: ${broken}`
    })
    const rest = others.length > listed ? [`and ${others.length - listed} more`] : []
    return [`${head}: ${failed.length} failed`, '', ShowReplay.show(shortest), ...gap(more), ...more, ...rest].join(
      '\n',
    )
  },
}

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

/** How many replays a report lists beside the shortest. */
const listed = 20

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

const gap = (lines: ReadonlyArray<string>): ReadonlyArray<string> => (lines.length === 0 ? [] : [''])

const title = (injection: Injection | null): string => {
  if (injection === null) return 'undisturbed'
  const { point, reason, again } = injection
  const given = Eq.equals(reason, samples[reason._tag]) ? `'${reason._tag}'` : JSON.stringify(reason)
  return `sweep.at(${point}, ${given}${again === undefined ? '' : `, ${again}`})`
}

const timeline = (happenings: ReadonlyArray<Happening>): ReadonlyArray<string> => {
  const columns = happenings.map(({ at, point, what }) => ({
    at: `${Math.round(at * 1000) / 1000} ms`,
    point: point === undefined ? '' : `#${point}`,
    what,
  }))
  const width = (cells: ReadonlyArray<string>): number => Math.max(0, ...cells.map(({ length }) => length))
  const atWidth = width(columns.map(({ at }) => at))
  const pointWidth = width(columns.map(({ point }) => point))
  const lines = columns.map(({ at, point, what }) => `${at.padStart(atWidth)}  ${point.padStart(pointWidth)}  ${what}`)
  if (lines.length <= longest) return lines
  const half = longest / 2
  return [...lines.slice(0, half), `… ${lines.length - longest} more lines …`, ...lines.slice(-half)]
}

/** How many lines a timeline has at the most. */
const longest = 120
