/** Scopes as schedules, and schedules as tokens. */
import * as Effect from 'effect/Effect'
import { isSchedule } from 'effect/Schedule'
import type { Schedule } from 'effect/Schedule'
import { normalise } from '../Analysis.js'
import { keepGoing } from '../CancelScope.js'
import type { ScopeView } from '../CancelScope.js'
import { received } from '../internal/received.js'
import { any, counter, never, timeout } from '../Token.js'
import type { Token } from '../Token.js'
import { effectClockOf, onClock, recurWhile } from './versions.js'

/**
 * A schedule that recurs at once while a scope has not fired, and counts its recurrences: to combine with one that has delays.
 *
 * Each step is a direct poll of the scope: a counter of 3 lets it recur three times. A delay that another schedule adds is not cut short; `interruptBy` around the whole does that, and
 * then interrupts the last of these, for a counter that is used up fires at the next look. What combines two schedules is `Schedule.max` in version 4, `Schedule.intersect` in version 3.
 *
 * @example
 * ```ts
 * import { Effect } from 'effect'
 * import { CancelScope, Token } from 'cantok-ts'
 * import { whileKeepGoing } from 'cantok-ts/effect'
 *
 * let rounds = 0
 * const scope = CancelScope.open(Token.counter(3))()
 * await Effect.runPromise(Effect.repeat(Effect.sync(() => rounds++), whileKeepGoing(scope)))
 * console.log(rounds) // => 4
 * ```
 * @category schedules
 * @since 0.1.0
 */
export const whileKeepGoing = (scope: ScopeView): Schedule<number> => recurWhile(keepGoing(scope))

/**
 * The limits of a schedule as a token: `counter(n)` where it recurs no more than n times, `timeout(d)` where it recurs no later than d after its start, or both.
 *
 * So `recurs(3)` is `counter(3)`, `during('1 minute')` is `timeout('1 minute')`, a schedule that wants two of them is their `any`, and one without a limit is `never`.
 *
 * They are found by trial: it is run on a clock of its own, with inputs that are `undefined` and no time for work, for 1,000 recurrences at most, and some fifty times for two.
 * What is lost: its delays, and so when it recurs; its outputs; limits that depend on inputs or on chance; of one that recurs while either of two limits allows it, all
 * but what holds for both. What is no schedule is a `TypeError`, at once. More than 1,000 recurrences count as no limit, and so do 10,000 years.
 *
 * @example
 * ```ts
 * import { Effect, Schedule } from 'effect'
 * import { Token } from 'cantok-ts'
 * import { fromSchedule } from 'cantok-ts/effect'
 *
 * const policy = Schedule.exponential('100 millis').pipe(Schedule.upTo({ times: 5, duration: '1 minute' }))
 * console.log(Token.Show.show(await Effect.runPromise(fromSchedule(policy)))) // => 'any(counter(5), timeout("1 minute"))'
 * ```
 * @category schedules
 * @since 0.1.0
 */
export const fromSchedule = (schedule: Schedule<unknown, never>): Effect.Effect<Token> => {
  if (!isSchedule(schedule)) throw new TypeError(`schedule must be a Schedule, but was ${received(schedule)}`)
  const trial = schedule as Schedule<unknown> // sound: it is given inputs that are undefined, as documented
  return Effect.flatMap(
    recurrences(trial, () => 0, most + 1),
    (count) => {
      const counted = count <= most ? counter(count) : never
      // the time that counts begins with the first recurrence
      if (count < 2) return Effect.succeed(counted)
      return Effect.map(latest(trial), (span) => normalise(any(counted, span < longest ? timeout(span) : never)))
    },
  )
}

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

const most = 1000

const longest = 10_000 * 365 * 86_400_000

/** How often a schedule recurs, up to a bound; `time` says what the clock shows once it has recurred so often. */
const recurrences = (
  schedule: Schedule<unknown>,
  time: (count: number) => number,
  bound: number,
): Effect.Effect<number> =>
  Effect.suspend(() => {
    let count = -1
    const work = Effect.suspend(() => (++count < bound ? Effect.void : Effect.fail('enough')))
    const clock = effectClockOf(
      () => time(Math.max(0, count)),
      () => Effect.void,
    )
    return Effect.map(onClock(Effect.exit(Effect.repeat(work, schedule)), clock), () => count)
  })

/** The whole milliseconds after which it recurs no more; in between, for whether it does at the very instant is a matter of taste. */
const latest = (schedule: Schedule<unknown>): Effect.Effect<number> => {
  const recursAt = (span: number): Effect.Effect<boolean> =>
    Effect.map(
      recurrences(schedule, (count) => (count === 0 ? 0 : span), 3),
      (count) => count > 1,
    )
  const between = (low: number, high: number): Effect.Effect<number> => {
    if (high - low <= 1) return Effect.succeed(low)
    const middle = Math.floor((low + high) / 2)
    return Effect.flatMap(recursAt(middle - 0.5), (recurs) => (recurs ? between(middle, high) : between(low, middle)))
  }
  return Effect.flatMap(recursAt(longest), (recurs) => (recurs ? Effect.succeed(longest) : between(0, longest)))
}
