/** The clock of the fiber as a clock of ours. */
import * as EffectClock from 'effect/Clock'
import * as Duration from 'effect/Duration'
import * as Effect from 'effect/Effect'
import * as Fiber from 'effect/Fiber'
import { system } from '../Clock.js'
import type { Clock } from '../Clock.js'
import { from } from '../Duration.js'
import { readingsOf, runAs, withClock } from './versions.js'
import type { Here } from './versions.js'

/**
 * The clock of the fiber it runs in, as a clock for scopes: what a token opened inside Effect runs on.
 *
 * Effect's own live clock is `Clock.system`. Any other, such as a `TestClock`, gives its times, in milliseconds, and its `sleep` for timers: of a clock that is
 * moved by hand, by `adjust`, both times are its epoch time; of another, `monotonic` counts its nanoseconds from now. It has no `block`.
 *
 * @example
 * ```ts
 * import { Effect } from 'effect'
 * import { CancelScope, Token } from 'cantok-ts'
 * import { clock } from 'cantok-ts/effect'
 *
 * const program = Effect.map(clock, (clock) => CancelScope.open(Token.timeout(0), { clock })())
 * console.log(CancelScope.isCancelled(Effect.runSync(program))()) // => true
 * ```
 * @category clock
 * @since 0.1.0
 */
export const clock: Effect.Effect<Clock> = /*#__PURE__*/ withClock((effectClock, here) =>
  Effect.succeed(clockOf(effectClock, here)),
)

/** The clock of a fiber that has this one. */
export const clockOf = (effectClock: EffectClock.Clock, here: Here): Clock =>
  effectClock === live ? system : over(effectClock, here)

/** What a program runs on that nobody has given another clock. */
const live: EffectClock.Clock = /*#__PURE__*/ Effect.runSync(/*#__PURE__*/ EffectClock.clockWith(Effect.succeed))

const over = (effectClock: EffectClock.Clock, here: Here): Clock => {
  const { milliseconds, nanoseconds } = readingsOf(effectClock)
  const origin = 'adjust' in effectClock ? null : nanoseconds() // fractions of what is moved by hand would not add up
  const monotonic = origin === null ? milliseconds : () => Number(nanoseconds() - origin) / 1e6
  return {
    monotonic,
    wall: milliseconds,
    schedule: (delay, run) => () => {
      const span = typeof delay === 'number' ? Math.max(0, delay) : from(delay, 'delay')
      if (span === Infinity) return nothing
      const due = monotonic() + span
      // what runs by itself may wake too early, for it rounds; what is moved by hand is exact
      const wake: Effect.Effect<void> = Effect.suspend(() =>
        origin !== null && monotonic() < due ? sleep(due - monotonic()) : Effect.sync(run),
      )
      const sleep = (rest: number): Effect.Effect<void> =>
        Effect.flatMap(effectClock.sleep(spanOf(origin === null ? rest : Math.min(rest, longestSleep))), () => wake)
      // never within the call
      const sleeper = runAs(here)(span > 0 ? sleep(span) : Effect.flatMap(afterTheCall, () => wake))
      return () => void Effect.runFork(Fiber.interrupt(sleeper))
    },
  }
}

/** What a clock that sleeps by the platform's timers may sleep at a time. */
const longestSleep = 2 ** 31 - 1

const nothing = (): void => {}

const afterTheCall: Effect.Effect<void> = /*#__PURE__*/ Effect.promise(() => Promise.resolve())

/** Never shorter: fractions of a millisecond are whole nanoseconds to Effect. */
const spanOf = (milliseconds: number): Duration.Duration =>
  Number.isInteger(milliseconds) ? Duration.millis(milliseconds) : Duration.nanos(BigInt(Math.ceil(milliseconds * 1e6)))
