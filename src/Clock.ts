/**
 * A source of time and timers: the system's, one for loops that poll without end, or one in the hands of a test.
 *
 * A clock reads two times, both in milliseconds: `monotonic`, which only moves forward and on which spans are measured, and
 * `wall`, the epoch time, which may jump and which deadlines are compared with.
 *
 * @since 0.1.0
 */
import type { IO } from 'fp-ts/lib/IO.js'
import type { Task } from 'fp-ts/lib/Task.js'
import { sampledOver } from './Clock/sampled.js'
import { sharedOver } from './Clock/shared.js'
import * as Duration from './Duration.js'
import { letGo } from './internal/letGo.js'
import { received } from './internal/received.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * A source of time and timers; any object of this shape serves.
 *
 * `schedule(delay, run)` runs `run` once, never before `delay` of monotonic time has passed and never within the call, and
 * answers with the way to call it off. A delay may be longer than the platform's timers can hold; `Infinity` never comes. While it
 * waits it keeps the process alive, unless `keepAlive` is false; a clock whose timers cannot tell may ignore that.
 *
 * `block(span)`, where a clock has it, lets that much time pass while nothing else runs in the thread; it may return early.
 *
 * `renew`, which clocks of the platform have, makes the next reading exact; opening a scope calls it, so that no timeout starts in the past.
 *
 * `tell(activity)`, where a clock has it, is told what programs do in scopes that run on it, in the moment in which they do it. It must not throw.
 *
 * @category model
 * @since 0.1.0
 */
export interface Clock {
  readonly monotonic: IO<number>
  readonly wall: IO<number>
  readonly schedule: (delay: Duration.DurationInput, run: IO<void>, options?: TimerOptions) => IO<IO<void>>
  readonly block?: (span: Duration.DurationInput) => IO<void>
  readonly renew?: IO<void>
  readonly tell?: (activity: Activity) => void
}

/**
 * What a program does in a scope, for test kits and tracers: it waits for the scope or listens to it, and does so no more, for that was taken back or the scope has
 * fired; work of `guard`, `tryCatch` and `fromTaskEither` starts and ends, late where it was left alone; a `bracket` acquires, has acquired, releases and,
 * unless that failed, has released. AbortSignals made of a scope are not told of.
 *
 * Code that waits, works or holds resources in ways of its own may tell its clock the same.
 *
 * @category model
 * @since 0.1.0
 */
export type Activity =
  | 'waits'
  | 'waits no more'
  | 'starts work'
  | 'ends work'
  | 'acquires'
  | 'has acquired'
  | 'releases'
  | 'has released'

/**
 * Whether a timer keeps the process alive while it waits: `true` unless said otherwise.
 *
 * @category model
 * @since 0.1.0
 */
export interface TimerOptions {
  readonly keepAlive?: boolean
}

/**
 * The platform's clock.
 *
 * `renew` looks up the platform's timeline anew, for tests replace it by one of theirs; opening a scope and setting a timer do so.
 *
 * @category model
 * @since 0.1.0
 */
export interface SystemClock extends Required<Omit<Clock, 'tell'>> {
  readonly renew: IO<void>
}

/**
 * A clock that moves only when told to.
 *
 * `advance(ms)` moves both times forward and runs the timers that come due, in order, each at its own instant; what they schedule within
 * the span runs too. `settle(ms)` does the same and lets pending promises run before, between and after. `step` moves to the next timer and runs that one
 * alone; its answer says whether there was one. `setWall(epoch)` makes the
 * wall clock jump. `timers` counts the timers that wait, `untilNext` says how long until the next (`Infinity` if there is none). A span that is negative, NaN or infinite is a `RangeError`; an error that a timer's
 * function throws comes out of the call, with the clock at that timer's instant. `block` advances.
 *
 * @category model
 * @since 0.1.0
 */
export interface VirtualClock extends Clock {
  readonly block: (span: Duration.DurationInput) => IO<void>
  readonly advance: (span: Duration.DurationInput) => IO<void>
  readonly settle: (span: Duration.DurationInput) => Task<void>
  readonly step: IO<boolean>
  readonly setWall: (epochMilliseconds: number) => IO<void>
  readonly timers: IO<number>
  readonly untilNext: IO<number>
}

/**
 * A clock for polls in hot loops: a helper thread changes a cell of shared memory every so often, and a read takes the time from the platform's
 * clock only when the cell has changed.
 *
 * Both times are on the platform's own time lines; a reading is one of `Clock.system`, possibly an earlier one. How much earlier:
 *
 * - While the ticker is heard, which is to say that no two of its ticks are further apart than `behind` milliseconds, a reading is at most that far
 *   behind; as a rule it is behind by less than the interval.
 * - Of any 64 reads in a row, of either time, one is exact, whatever becomes of the ticker. If that one finds the last tick more than `behind`
 *   milliseconds ago, all are exact from then on until the next tick. How closely a reader looks adapts: one that reads seldom is always exact.
 * - The first read after `renew`, after a blocking and in a timer of this clock is exact.
 *
 * Monotonic time does not go back. A span between two readings may be off by `behind` either way; opening a scope reads anew, and timers are the platform's, so that neither is early.
 *
 * `state` says how it stands: `idle` before the first read, `ticking` while the ticker is heard, `starved` while it is not and each read asks the
 * platform's clock, `closed`. `lag` says how many milliseconds behind a reading is now; to ask is to read. `close` ends the ticker and may be
 * repeated: readings are the platform's from then on. `buffer` can be posted to other threads, whose clocks hear the same ticker.
 *
 * @category model
 * @since 0.1.0
 */
export interface SharedClock extends SystemClock {
  readonly buffer: SharedArrayBuffer
  readonly behind: Duration.Duration
  readonly state: IO<TickerState>
  readonly lag: IO<number>
  readonly close: IO<void>
  readonly [Symbol.dispose]: IO<void>
}

/**
 * How the ticker of a shared clock stands.
 *
 * @category model
 * @since 0.1.0
 */
export type TickerState = 'idle' | 'ticking' | 'starved' | 'closed'

/**
 * How often the ticker of a shared clock ticks, 0.5 ms unless given; how far apart its ticks may be before it counts as starved, 5 ms or 10 intervals
 * unless given, whichever is more; and the memory of another clock, to hear its ticker instead of one of one's own, at the interval which that one has.
 *
 * @category model
 * @since 0.1.0
 */
export interface SharedOptions {
  readonly interval?: Duration.DurationInput
  readonly tolerance?: Duration.DurationInput
  readonly buffer?: SharedArrayBuffer
}

/**
 * A clock that reads another every so many reads, and late by at most as many: see `sampled`.
 *
 * `renew` makes the next reading exact.
 *
 * @category model
 * @since 0.1.0
 */
export interface SampledClock extends Clock {
  readonly renew: IO<void>
}

/**
 * How many reads in a row may go by with one of the base clock: 64 unless given.
 *
 * @category model
 * @since 0.1.0
 */
export interface SampledOptions {
  readonly every?: number
}

// -------------------------------------------------------------------------------------
// constructors
// -------------------------------------------------------------------------------------

/**
 * The platform's clock: `performance.now()`, `Date.now()` and `setTimeout`.
 *
 * Timers never run early, though the platform's do, and may be longer than its 2^31 − 1 milliseconds. `block` puts the thread to sleep
 * without spinning; on the main thread of a browser, and wherever else the platform forbids that, it throws an `Error` that says so.
 *
 * @example
 * ```ts
 * import * as assert from 'node:assert/strict'
 * import { Clock } from 'cantok-ts'
 *
 * const before = Clock.system.monotonic()
 * assert.ok(Clock.system.monotonic() >= before)
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const system: SystemClock = /*#__PURE__*/ (() => {
  let timeline = performance // looking up the global costs a part of a poll
  const renew = (): void => {
    timeline = performance
  }
  const clock: SystemClock = {
    renew,
    monotonic: () => timeline.now(),
    wall: () => Date.now(),
    schedule:
      (delay, run, { keepAlive = true } = {}) =>
      () => {
        renew()
        const due = timeline.now() + span(delay)
        let timer: ReturnType<typeof setTimeout> | undefined
        const arm = (): void => {
          timer = setTimeout(wake, Math.min(Math.max(0, Math.ceil(due - timeline.now())), longestTimer))
          if (!keepAlive) letGo(timer)
        }
        const wake = (): void => (timeline.now() >= due ? run() : arm())
        if (due < Infinity) arm()
        return () => clearTimeout(timer)
      },
    block: (length) => () => {
      try {
        // a cell that nobody else knows, so that only time ends the sleep
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, span(length))
      } catch (error) {
        throw new Error('this thread may not block: a browser allows it in workers of isolated pages only', {
          cause: error,
        })
      }
    },
  }
  // what tells it, in any copy of the package, from clocks made of it: a copy by spread is another clock
  return Object.defineProperty(clock, 'cantok-ts/system', { value: true })
})()

/**
 * A clock for tests: monotonic time starts at 0, the wall clock at `wallStart` (0 unless given), and both stand still until told to move.
 *
 * @example
 * ```ts
 * import { Clock } from 'cantok-ts'
 *
 * const clock = Clock.virtual()
 * const seen: Array<number> = []
 * clock.schedule(2000, () => seen.push(clock.monotonic()))()
 * clock.schedule(1000, () => seen.push(clock.monotonic()))()
 * clock.advance('10 hours')()
 * console.log(seen) // => [ 1000, 2000 ]
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const virtual = (wallStart: number = 0): VirtualClock => {
  let now = 0
  let wallAhead = epoch('wallStart', wallStart)
  const waiting: Array<Timer> = []

  /** Moves to the next timer due by then and runs it; whether there was one. */
  const stepBy = (end: number): boolean => {
    const next = waiting[0]
    if (next === undefined || next.due > end) return false
    waiting.shift()
    now = Math.max(now, next.due)
    next.run()
    return true
  }

  /** The same, or moves to the end. */
  const stepTo = (end: number): boolean => {
    if (stepBy(end)) return true
    now = Math.max(now, end)
    return false
  }

  const advance: VirtualClock['advance'] = (span) => {
    const length = finite(span)
    return () => {
      const end = now + length
      while (stepTo(end));
    }
  }

  return {
    monotonic: () => now,
    wall: () => now + wallAhead,
    block: advance,
    schedule: (delay, run) => () => {
      const timer: Timer = { due: now + span(delay), run }
      const later = waiting.findIndex(({ due }) => due > timer.due)
      if (timer.due < Infinity) waiting.splice(later < 0 ? waiting.length : later, 0, timer)
      return () => {
        const index = waiting.indexOf(timer)
        if (index >= 0) waiting.splice(index, 1)
      }
    },
    advance,
    settle: (span) => {
      const length = finite(span)
      return async () => {
        const end = now + length
        do await turn()
        while (stepTo(end))
      }
    },
    step: () => stepBy(Infinity),
    setWall: (epochMilliseconds) => {
      const wall = epoch('epochMilliseconds', epochMilliseconds)
      return () => {
        wallAhead = wall - now
      }
    },
    timers: () => waiting.length,
    untilNext: () => (waiting[0] === undefined ? Infinity : Math.max(0, waiting[0].due - now)),
  }
}

/**
 * A clock for polls in hot loops, which reads the platform's only when a helper thread says that time has passed.
 *
 * When to use: in synchronous loops that poll every few nanoseconds to microseconds, where reading the time is most of what a poll costs. Elsewhere
 * `Clock.system` is as good and exact. How far behind a reading can be is said at `SharedClock`.
 *
 * It starts nothing: the ticker starts with the first read, as a thread that keeps no process alive, and until it is heard each read asks the platform's
 * clock. It rests while nobody reads for a second, and ends when the clock is closed or the thread that made it ends. Where no worker can be started,
 * as under a content security policy that forbids it, the clock remains `starved`. In a browser a worker starts only once the thread that wants
 * it has yielded: read the clock once before the loop.
 *
 * A clock given the `buffer` of another never starts a ticker; `close` then ends no more than its own listening.
 *
 * Throws an `Error` where the platform has no SharedArrayBuffer, as a page that is not cross-origin isolated; a `RangeError` for an interval or
 * a tolerance that is not above 0 and finite, or a tolerance that is not longer than the interval; a `TypeError` for a buffer that is not one of a shared clock.
 *
 * @example
 * ```ts
 * import { CancelScope, Clock, Token } from 'cantok-ts'
 *
 * const clock = Clock.shared()
 * console.log(clock.state(), clock.behind) // => idle 5
 *
 * const more = CancelScope.keepGoing(CancelScope.open(Token.timeout('20 ms'), { clock })())
 * let turns = 0
 * while (more()) turns++
 * console.log(turns > 0) // => true
 *
 * clock.close()
 * console.log(clock.state()) // => closed
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const shared = (options?: SharedOptions): SharedClock => sharedOver(system, options)

/**
 * A clock over another, for polls in hot loops: it reads the base clock at most every `every` reads, and answers in between with what that said.
 *
 * When to use: in loops whose turns take nanoseconds to microseconds, where reading the time is most of what a poll costs, and where no thread can tick for a
 * `shared` clock. The price is that a timeout is seen late, by at most `every` reads: as a rule, that many turns of the loop.
 *
 * The stride adapts: it doubles while the base clock is read more often than every 50 µs, and shrinks when it is read more seldom, so a loop whose turns take 50 µs or more reads it
 * each turn. A loop that suddenly slows down is late once, by no more than `every` of its slow turns; so is the first read after a pause. The first read after `renew`, in a
 * timer of this clock and after a blocking is exact; opening a scope renews. All else is the base clock's.
 *
 * Throws a `RangeError` for an `every` that is no whole number above 0, and a `TypeError` for a base that is no clock.
 *
 * @example
 * ```ts
 * import { CancelScope, Clock, Token } from 'cantok-ts'
 *
 * const clock = Clock.sampled(Clock.system, { every: 16 })
 * const more = CancelScope.keepGoing(CancelScope.open(Token.timeout('20 ms'), { clock })())
 * let turns = 0
 * while (more()) turns++
 * console.log(turns > 0) // => true
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const sampled = (base: Clock, options?: SampledOptions): SampledClock => sampledOver(base, options)

/**
 * A turn of the event loop, after which every promise that could go on has. Faked timers do not stop it.
 *
 * @example
 * ```ts
 * import { Clock } from 'cantok-ts'
 *
 * const log: Array<string> = []
 * void Promise.resolve()
 *   .then(() => log.push('first'))
 *   .then(() => log.push('second'))
 * await Clock.turn()
 * console.log(log) // => [ 'first', 'second' ]
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const turn: Task<void> = () =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(undefined)
  })

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

const longestTimer = 2 ** 31 - 1

/** A delay below 0 is none. */
const span = (delay: Duration.DurationInput): number =>
  typeof delay === 'number' ? Math.max(0, delay) : Duration.from(delay, 'delay')

const finite = (span: Duration.DurationInput): Duration.Duration => {
  const length = Duration.from(span, 'span')
  if (length < Infinity) return length
  throw new RangeError('span must be finite, but was Infinity')
}

const epoch = (argument: string, value: number): number => {
  if (Number.isFinite(value)) return value
  throw new RangeError(`${argument} must be a finite number of epoch milliseconds, but was ${received(value)}`)
}

interface Timer {
  readonly due: number
  readonly run: IO<void>
}
