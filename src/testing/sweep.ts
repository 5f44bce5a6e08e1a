/**
 * Cancels a program everywhere: runs it undisturbed to count the points at which a cancellation can come, then again from the start for each, and checks that it
 * stops as it should.
 *
 * A point is every look at the scope; every moment in which something of a wait has been decided: promises have run, time has passed, work has ended; every
 * edge of a `bracket`; the start of a long time in which nobody would hear; and every checkpoint that the program names. Programs run on a virtual clock, so hours take no time.
 *
 * What must hold after each replay, beside the invariants of the program's own: it ends within a bound of its time; nothing that a `bracket` has acquired is still
 * held; no timer is left, and nobody who waits for its scope or listens; no error goes unhandled; it ends with the reason it was given or with a result
 * of its own; it begins no new work once it has been told; and up to the cancellation it does what it does undisturbed.
 *
 * It cannot interrupt a synchronous loop that goes on although it was told to stop. Sweeps take turns in a thread, for errors that nobody handles are the
 * whole thread's; one within a program of another would wait for ever.
 *
 * @since 0.1.0
 */
import { asyncProperty, constantFrom, nat, oneof, sample, shuffledSubarray } from 'fast-check'
import type { Arbitrary, IAsyncProperty } from 'fast-check'
import type { Task } from 'fp-ts/lib/Task.js'
import { received } from '../internal/received.js'
import { isReason } from '../Reason.js'
import type { Reason } from '../Reason.js'
import { whole } from './constraint.js'
import { drive, usualLimit } from './sweep/drive.js'
import type { Driven } from './sweep/drive.js'
import { judge, judgeUndisturbed } from './sweep/judge.js'
import type {
  InjectedReason,
  Injection,
  Program,
  Replay,
  ReplayOptions,
  Report,
  Strategy,
  SweepOptions,
} from './sweep/model.js'
import { ShowReplay, ShowReport } from './sweep/report.js'
import { samples } from './sweep/samples.js'

export type * from './sweep/model.js'
export { ShowReplay, ShowReport } from './sweep/report.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * A sweep of a whole program, and `at`: one replay of it, cancelled at a point for a reason, and at a later point again.
 *
 * @category model
 * @since 0.1.0
 */
export interface Sweep {
  <A>(program: Program<A>, options?: SweepOptions<A>): Task<Report<A>>
  readonly at: (
    point: number,
    reason: InjectedReason,
    again?: number,
  ) => <A>(program: Program<A>, options?: ReplayOptions<A>) => Task<Replay<A>>
}

// -------------------------------------------------------------------------------------
// sweeping
// -------------------------------------------------------------------------------------

/**
 * Cancels a program at every point, by each reason, and reports which replays broke an invariant.
 *
 * Runs the program twice undisturbed, and if that holds once for each point and reason: linear in their number (with `again` quadratic in that of points) times
 * the length of a run. The task rejects only for options out of range, with a `RangeError` that names them.
 *
 * @example
 * ```ts
 * import { pipe } from 'fp-ts/lib/function.js'
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 * import { Cancellable } from 'cantok-ts'
 * import { sweep } from 'cantok-ts/testing'
 *
 * const report = await sweep((scope, { ensure, sleep }) => {
 *   let free = 1
 *   ensure('the permit is back', () => free === 1)()
 *   const work = Cancellable.guard(TE.fromTask(sleep('1 second')))
 *   const take = Cancellable.fromTaskEither(TE.fromIO(() => void free--))
 *   const giveBack = Cancellable.fromTaskEither(TE.fromIO(() => void free++))
 *   return pipe(Cancellable.bracket(take, () => work, () => giveBack), Cancellable.run(scope))
 * })()
 * console.log(report.failed.length, report.points > 10) // => 0 true
 * ```
 * @category sweeping
 * @since 0.1.0
 */
export const sweep: Sweep = /*#__PURE__*/ Object.assign(
  <A>(program: Program<A>, options: SweepOptions<A> = {}): Task<Report<A>> => {
    const { points = 'all', again = false } = options
    const given = reasonsOf(options).map(reasonOf)
    const pick = picking(points)
    programOnly(program)
    return async () => {
      const { reference, undisturbed } = await undisturbedOf(program, options)
      const { isEndless } = reference
      const count = reference.passed.length
      const nothing = { undisturbed, isEndless, points: count, tried: 0, replays: 0 }
      if (undisturbed.failures.length > 0) return { ...nothing, failed: [undisturbed] }
      const failed: Array<Replay<A>> = []
      let replays = 0
      const attempt = async (injection: Injection): Promise<number> => {
        const driven = await drive(program, options, injection)
        const replay = { ...driven.ended, failures: await judge(driven, reference, options) }
        replays++
        if (replay.failures.length > 0) failed.push(failed.length < kept ? replay : { ...replay, log: [] })
        return driven.passed.length
      }
      const tried = pick(count)
      for (const point of tried)
        for (const reason of given) {
          const passed = await attempt({ point, reason })
          for (let second = point + 1; again && second < passed; second++)
            await attempt({ point, reason, again: second })
        }
      return { ...nothing, tried: tried.length, replays, failed }
    }
  },
  {
    at: (point: number, reason: InjectedReason, again?: number) => {
      const injection: Injection = {
        point: whole('point', point, 0),
        reason: reasonOf(reason),
        ...(again === undefined ? {} : { again: whole('again', again, point + 1) }),
      }
      return <A>(program: Program<A>, options: ReplayOptions<A> = {}): Task<Replay<A>> => {
        programOnly(program)
        return async () => {
          const reference = await drive(program, options, null)
          const count = reference.passed.length
          if (point >= count)
            throw new RangeError(`point must be less than ${count}, for so many the program passes, but was ${point}`)
          const driven = await drive(program, options, injection)
          return { ...driven.ended, failures: await judge(driven, reference, options) }
        }
      }
    },
  },
)

/**
 * A sweep as the body of a test of any runner: rejects with the report if a replay has failed, or if the program was cut after 1,000 points and no `limit` is given.
 *
 * @example
 * ```ts
 * import * as assert from 'node:assert/strict'
 * import { CancelScope } from 'cantok-ts'
 * import { sweepOrThrow } from 'cantok-ts/testing'
 *
 * // it('stops when it is told to', sweepOrThrow(program))
 * const deaf = sweepOrThrow(async (scope) => {
 *   CancelScope.onCancelled(scope, () => {})()
 * })
 * await assert.rejects(deaf, /it leaves nothing behind/)
 * ```
 * @category sweeping
 * @since 0.1.0
 */
export const sweepOrThrow = <A>(program: Program<A>, options: SweepOptions<A> = {}): Task<void> => {
  const run = sweep(program, options)
  return async () => {
    const report = await run()
    if (report.failed.length > 0) throw new Error(ShowReport.show(report))
    if (report.isEndless && options.limit === undefined && report.points >= usualLimit)
      throw new Error(
        `${ShowReport.show(report)}\n\nWhat comes after the cut was not swept: give a \`limit\` of points that it ends within, or that is enough.`,
      )
  }
}

/**
 * A sweep as a property of fast-check: for inputs, points and reasons that it generates, and shrinks together when a replay fails.
 *
 * Small points are tried more often; one beyond those that the program passes with its input stands for the last. The failure says which it was, and how
 * to repeat it.
 *
 * @example
 * ```ts
 * import * as fc from 'fast-check'
 * import { CancelScope } from 'cantok-ts'
 * import { sweepProperty } from 'cantok-ts/testing'
 *
 * const counting = sweepProperty(fc.integer({ min: 1, max: 20 }), (limit) => async (scope) => {
 *   const more = CancelScope.keepGoing(scope)
 *   let rounds = 0
 *   while (rounds < limit && more()) rounds++
 *   return rounds
 * }, { isOwn: () => true })
 * await fc.assert(counting)
 * ```
 * @category sweeping
 * @since 0.1.0
 */
export const sweepProperty = <X, A>(
  inputs: Arbitrary<X>,
  program: (input: X) => Program<A>,
  options: Omit<SweepOptions<A>, 'points' | 'again'> = {},
): IAsyncProperty<[input: X, point: number, reason: InjectedReason]> =>
  asyncProperty(inputs, anyPoint(), constantFrom(...reasonsOf(options)), async (input, wanted, reason) => {
    const given = program(input)
    programOnly(given)
    const { reference, undisturbed } = await undisturbedOf(given, options)
    if (undisturbed.failures.length > 0)
      throw new Error(`whatever the point and the reason, ${ShowReplay.show(undisturbed)}`)
    const point = Math.min(wanted, reference.passed.length - 1)
    const driven = await drive(given, options, { point, reason: reasonOf(reason) })
    const failures = await judge(driven, reference, options)
    if (failures.length > 0) throw new Error(ShowReplay.show({ ...driven.ended, failures }))
  })

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

const anyPoint = (): Arbitrary<number> => oneof(...[7, 31, 127, 999].map((max) => nat({ max })))

/** How many of the failed replays are kept in full: each is as long as the program. */
const kept = 100

interface Undisturbed<A> {
  readonly reference: Driven<A>
  readonly undisturbed: Replay<A>
}

/** The run that others are compared with: twice, for a program that does not do the same each time cannot be swept. */
const undisturbedOf = async <A>(program: Program<A>, options: ReplayOptions<A>): Promise<Undisturbed<A>> => {
  const reference = await drive(program, options, null)
  const again = await drive(program, options, null)
  const failures = await judgeUndisturbed(reference, again, options)
  return { reference, undisturbed: { ...reference.ended, failures } }
}

const programOnly = (program: unknown): void => {
  if (typeof program !== 'function') throw new TypeError(`program must be a function, but was ${received(program)}`)
}

const reasonsOf = <A>({
  reasons = ['Requested', 'TimedOut'],
}: Pick<SweepOptions<A>, 'reasons'>): ReadonlyArray<InjectedReason> => {
  if (reasons === 'all') return Object.values(samples).map(({ _tag }) => _tag)
  if (Array.isArray(reasons) && reasons.length > 0) return reasons
  throw new TypeError(`reasons must be 'all' or a list of at least one, but was ${received(reasons)}`)
}

const reasonOf = (given: InjectedReason): Reason => {
  if (typeof given === 'string' && Object.hasOwn(samples, given)) return samples[given]
  if (isReason(given)) return given
  throw new TypeError(
    `reason must be a reason, or the tag of one (${Object.keys(samples).join(', ')}), but was ${received(given)}`,
  )
}

/** The points of a program that passes so many, in order. */
const picking = (strategy: Strategy): ((count: number) => ReadonlyArray<number>) => {
  const all = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, point) => point)
  if (strategy === 'all') return all
  if (typeof strategy !== 'object' || strategy === null)
    throw new TypeError(`points must be 'all', { every }, { random } or { last }, but was ${received(strategy)}`)
  if ('every' in strategy) {
    const every = whole('every', strategy.every, 1)
    return (count) => all(count).filter((point) => point % every === 0)
  }
  if ('last' in strategy) {
    const last = whole('last', strategy.last, 1)
    return (count) => all(count).slice(-last)
  }
  const random = whole('random', strategy.random, 1)
  const { seed = 0 } = strategy
  return (count) => {
    const length = Math.min(random, count)
    const subset = shuffledSubarray([...all(count)], { minLength: length, maxLength: length })
    return sample(subset, { seed, numRuns: 1 })
      .flat()
      .sort((first, second) => first - second)
  }
}
