/**
 * A world in the hands of a test: time, what predicates answer, inputs and chance.
 *
 * It is a `World`, so tokens open in it; its clock stands still until told to move, and `settle` runs timers and the promises that wait for them in order, the
 * same on each run. It knows no test runner, and faked timers do not disturb it. With a scheduler of fast-check that one picks the order of whatever could
 * happen at once.
 *
 * It does not replace the platform's timers: code that calls `setTimeout` or `Date.now` itself is outside it, and so is real input and output.
 *
 * @since 0.1.0
 */
import type { Scheduler } from 'fast-check'
import type { IO } from 'fp-ts/lib/IO.js'
import type { Option } from 'fp-ts/lib/Option.js'
import type { Task } from 'fp-ts/lib/Task.js'
import { beat, cancelInput, peek, poll, remaining, spend } from '../CancelScope.js'
import type { CancelScope } from '../CancelScope.js'
import { turn, virtual } from '../Clock.js'
import type { Activity, VirtualClock } from '../Clock.js'
import * as Duration from '../Duration.js'
import { received } from '../internal/received.js'
import type { Reason } from '../Reason.js'
import type { Elapsed, Event } from '../Semantics.js'
import type { Input } from '../Token.js'
import type { Conditions } from '../World.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * What a predicate does when it is asked: answers, throws an `Error`, or answers with what is no boolean.
 *
 * @category model
 * @since 0.1.0
 */
export type Answer = boolean | 'throws' | 'no boolean'

/**
 * The answers of a predicate: always the same, or one after the other, of which the last stays.
 *
 * @category model
 * @since 0.1.0
 */
export type Script = Answer | readonly [Answer, ...ReadonlyArray<Answer>]

/**
 * How a world begins.
 *
 * - `wallStart` is the wall clock's first reading, in epoch milliseconds; 0 unless given.
 * - `seed` is that of `random`: an integer, of which the lowest 32 bits count; 0 unless given.
 * - `conditions` says by name what the predicates answer.
 * - A `scheduler` of fast-check picks, while `settle` runs, the order of the timers that have come due at one instant, and when promises that were scheduled
 *   with it settle. Its report names each timer by its instant.
 * - `tell` is told what programs do in scopes of this world.
 *
 * @category model
 * @since 0.1.0
 */
export interface VirtualWorldOptions<Name extends string = string> {
  readonly wallStart?: number
  readonly seed?: number
  readonly conditions?: { readonly [N in Name]: Script }
  readonly scheduler?: Scheduler
  readonly tell?: (activity: Activity) => void
}

/**
 * A world in the hands of a test.
 *
 * - `clock` and `conditions` are what tokens are opened with.
 * - `settle(span)` moves time on (not at all unless given) and runs the timers that come due, each at its own instant, and promises before, between and after.
 *   Timers of one instant run in the order in which they were set, or in that of the scheduler; time passes only when nothing is left to do before. It ends
 *   when the span has passed, and rejects with what a timer's function throws, time standing at that instant; the next `settle` goes on. One turn of the
 *   event loop for each timer.
 * - `answer(name, script)` says what a predicate answers from now on; a name that the world does not have is a `TypeError`. `asked` tells which predicates were
 *   asked, in order.
 * - `play(scope)(event)` does to a scope what an event of the semantics says; a poll answers with its verdict, all else with `None`. So the polls of a trace give
 *   the verdicts of `Semantics.run`, but that a live scope can always read the wall clock, and a token only where time passes. Time that passes runs the timers
 *   that come due, the wall clock jumping first; the answers of a poll stay until others are given, and a predicate without one throws. Names that the scope
 *   does not know change nothing. An event out of range is a `RangeError`, and nothing of it happens.
 * - `random` is a number from 0 up to 1, the next of a series that the seed fixes.
 *
 * @category model
 * @since 0.1.0
 */
export interface VirtualWorld<Name extends string = string> {
  readonly clock: VirtualClock
  readonly conditions: Conditions<Name>
  readonly settle: (span?: Duration.DurationInput) => Task<void>
  readonly answer: (name: Name, script: Script) => IO<void>
  readonly asked: IO<ReadonlyArray<Name>>
  readonly play: <I extends Input>(scope: CancelScope<I>) => (event: Event) => IO<Option<Reason>>
  readonly random: IO<number>
}

// -------------------------------------------------------------------------------------
// constructors
// -------------------------------------------------------------------------------------

/**
 * Makes a world whose monotonic time is 0; nothing happens in it that is not told to.
 *
 * Options out of range are a `RangeError` or a `TypeError` that names them.
 *
 * @example
 * ```ts
 * import { CancelScope, Token } from 'cantok-ts'
 * import { virtualWorld } from 'cantok-ts/testing'
 *
 * const world = virtualWorld({ conditions: { drained: [false, false, true] } })
 * const scope = CancelScope.open(Token.any(Token.condition('drained'), Token.timeout('10 hours')), world)()
 * const waiting = CancelScope.wait(scope, { every: '1 hour' })()
 * await world.settle('10 hours')()
 * console.log((await waiting)._tag, world.asked().length) // => ConditionMet 3
 * ```
 *
 * @example
 * ```ts
 * import * as fc from 'fast-check'
 * import { virtualWorld } from 'cantok-ts/testing'
 *
 * const orders = new Set<string>()
 * const property = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
 *   const world = virtualWorld({ scheduler })
 *   let order = ''
 *   for (const name of 'abc') world.clock.schedule('1 hour', () => void (order += name))()
 *   await world.settle('1 hour')()
 *   orders.add(order)
 * })
 * await fc.assert(property, { seed: 1 })
 * console.log([...orders].sort()) // => [ 'abc', 'acb', 'bac', 'bca', 'cab', 'cba' ]
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const virtualWorld = <Name extends string = never>(
  options: VirtualWorldOptions<Name> = {},
): VirtualWorld<Name> => {
  const { wallStart = 0, seed = 0, scheduler, tell } = options
  const bare = virtual(wallStart)
  const random = series(seed)
  const timed = scheduler === undefined ? bare : orderedBy(bare, scheduler)
  const clock = tell === undefined ? timed : { ...timed, tell }
  // sound: an object without names has no script to lack
  const scripts = Object.entries<Script>(options.conditions ?? ({} as { readonly [N in Name]: Script }))
  const answers = new Map<string, IO<Answer>>(scripts.map(([name, script]) => [name, reading(name, script)()]))
  const asked: Array<Name> = []

  const predicate = (name: string) => (): boolean => {
    asked.push(name as Name) // sound: it is one of the names that were given
    const answer = answers.get(name)?.()
    if (answer === 'throws') throw new Error(`the predicate '${name}' was told to throw`)
    return answer as boolean // sound but for 'no boolean', which is there to break the type as code without types may
  }

  const answer: VirtualWorld<Name>['answer'] = (name, script) => {
    if (!answers.has(name)) throw new TypeError(`name must be ${oneOf([...answers.keys()])}, but was ${received(name)}`)
    const start = reading(name, script)
    return () => void answers.set(name, start())
  }

  const play: VirtualWorld<Name>['play'] = (owned) => {
    const scope = owned as CancelScope<Input> // sound: an input that its token does not name changes nothing
    return (event) => {
      switch (event._tag) {
        case 'Elapsed':
          return answeringNone(elapse(clock, scope, event))
        case 'Requested':
          return answeringNone(cancelInput(scope, event.name, event.detail))
        case 'Spent':
          return answeringNone(spend(scope, event.name, event.amount))
        case 'Beat':
          return answeringNone(beat(scope, event.name))
        case 'Polled': {
          const look = (event.direct ? poll : peek)(scope)
          return () => {
            for (const name of answers.keys()) {
              const given = Object.hasOwn(event.conditions, name) ? event.conditions[name] : undefined
              answers.set(name, () => given ?? 'throws')
            }
            return look()
          }
        }
      }
    }
  }

  return {
    clock,
    // sound: an entry for each of the names that were given
    conditions: Object.fromEntries(scripts.map(([name]) => [name, predicate(name)])) as Conditions<Name>,
    settle: (span = 0) => clock.settle(span),
    answer,
    asked: () => [...asked],
    play,
    random,
  }
}

// -------------------------------------------------------------------------------------
// private: predicates
// -------------------------------------------------------------------------------------

/** The answers of a script, each time the next; each run begins it anew. */
const reading = (name: string, script: Script): IO<IO<Answer>> => {
  const given = isList(script) ? [...script] : [script]
  const wrong = given.findIndex((value) => typeof value !== 'boolean' && value !== 'throws' && value !== 'no boolean')
  if (given.length === 0 || wrong >= 0) {
    const found = given.length === 0 ? 'an empty list' : received(given[wrong])
    const place = isList(script) && given.length > 0 ? ` at index ${wrong}` : ''
    throw new TypeError(
      `the script of '${name}' must be true, false, 'throws' or 'no boolean', or a list of at least one of them, but was ${found}${place}`,
    )
  }
  return () => {
    let next = 0
    return () => given[Math.min(next++, given.length - 1)]!
  }
}

const isList = (script: Script): script is Exclude<Script, Answer> => Array.isArray(script)

const oneOf = (names: ReadonlyArray<string>): string =>
  names.length === 0 ? 'a condition, of which this world has none' : `one of the conditions (${names.join(', ')})`

// -------------------------------------------------------------------------------------
// private: events
// -------------------------------------------------------------------------------------

const none: Option<never> = { _tag: 'None' }

const answeringNone =
  (happen: IO<unknown>): IO<Option<never>> =>
  () => {
    happen()
    return none
  }

/** Time passes, the wall clock jumping before; then the scope feels it, for it would not know of a jump that is undone before its next look. */
const elapse = (clock: VirtualClock, scope: CancelScope<Input>, { ms, wall }: Elapsed): IO<void> => {
  if (!(Number.isFinite(ms) && ms >= 0))
    throw new RangeError(`ms must be a finite number of milliseconds, 0 or more, but was ${received(ms)}`)
  if (!Number.isFinite(wall))
    throw new RangeError(`wall must be a finite number of epoch milliseconds, but was ${received(wall)}`)
  const [jump, pass, feel] = [clock.setWall(wall - ms), clock.advance(ms), remaining(scope)]
  return () => {
    jump()
    pass()
    feel()
  }
}

// -------------------------------------------------------------------------------------
// private: order
// -------------------------------------------------------------------------------------

interface Timer {
  readonly name: string
  readonly run: IO<void>
}

/** A clock whose `settle` asks a scheduler which of the timers that have come due at one instant to run next. All else goes in the order of the clock. */
const orderedBy = (bare: VirtualClock, scheduler: Scheduler): VirtualClock => {
  if (typeof scheduler?.waitOne !== 'function')
    throw new TypeError(
      `scheduler must be one that fc.scheduler() gives to a property, or that fc.schedulerFor() makes, but was ${received(scheduler)}`,
    )
  /** Come due while settling, and not picked yet. */
  const due: Array<Timer> = []
  const errors: Array<unknown> = []
  const take = (error: unknown): void => void errors.push(error)
  let isHandingOver = false
  let timers = 0

  /** Whether it was still to run. */
  const callOff = (timer: Timer): boolean => {
    const index = due.indexOf(timer)
    if (index >= 0) due.splice(index, 1)
    return index >= 0
  }
  const runIfDue = (timer: Timer): void => {
    if (callOff(timer)) timer.run()
  }
  const handOver = (timer: Timer): void => {
    due.push(timer)
    void scheduler
      .schedule(Promise.resolve(), `${timer.name}, due at ${bare.monotonic()} ms`)
      .then(() => runIfDue(timer))
      .catch(take)
  }

  /** Hands over the timers of the next instant; whether there are any by then. */
  const comeDue = (end: number): boolean => {
    if (bare.untilNext() > end - bare.monotonic()) return false
    isHandingOver = true
    do bare.step()
    while (bare.untilNext() === 0)
    isHandingOver = false
    return true
  }

  /** Has one task go on; not awaited, for it may take time of this world. */
  const release = async (): Promise<void> => scheduler.waitOne()

  const step = (): boolean => {
    const [next] = due
    if (next === undefined) return bare.step()
    runIfDue(next)
    return true
  }

  const advance: VirtualClock['advance'] = (span) => {
    const pass = bare.advance(span)
    return () => {
      while (due.length > 0) step()
      pass()
    }
  }

  return {
    ...bare,
    schedule: (delay, run) => () => {
      const timer: Timer = { name: `timer ${++timers} set at ${bare.monotonic()} ms`, run }
      const callOffBare = bare.schedule(delay, () => (isHandingOver ? handOver(timer) : run()))()
      return () => {
        callOffBare()
        callOff(timer)
      }
    },
    advance,
    block: advance,
    settle: (span) => {
      bare.settle(span) // which refuses what is no span, and does nothing before it runs
      const length = Duration.from(span, 'span')
      return async () => {
        const end = bare.monotonic() + length
        do {
          await turn()
          while (errors.length === 0 && scheduler.count() > 0) {
            void release().catch(take)
            await turn()
          }
          if (errors.length > 0) throw errors.shift()
        } while (comeDue(end))
        bare.advance(Math.max(0, end - bare.monotonic()))()
      }
    },
    step,
    timers: () => bare.timers() + due.length,
    untilNext: () => (due.length > 0 ? 0 : bare.untilNext()),
  }
}

// -------------------------------------------------------------------------------------
// private: chance
// -------------------------------------------------------------------------------------

/** Numbers from 0 up to 1; the generator is mulberry32, by Tommy Ettinger (public domain). */
const series = (seed: number): IO<number> => {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be a safe integer, but was ${received(seed)}`)
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
