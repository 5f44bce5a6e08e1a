/**
 * A world in the hands of a test: time, what predicates answer, inputs and chance.
 *
 * It is a `World`, so tokens open in it; its clock stands still until told to move, and `settle` runs timers and the promises that wait for them in order. It
 * knows no test runner. With a scheduler of fast-check that one picks the order of whatever could happen at once.
 *
 * @since 0.1.0
 */
import type { Scheduler } from 'fast-check'
import type { IO } from 'fp-ts/lib/IO.js'
import type { Option } from 'fp-ts/lib/Option.js'
import type { Task } from 'fp-ts/lib/Task.js'
import { beat, cancelInput, peek, poll, spend } from '../CancelScope.js'
import type { CancelScope } from '../CancelScope.js'
import { turn, virtual } from '../Clock.js'
import type { Step, VirtualClock } from '../Clock.js'
import * as Duration from '../Duration.js'
import { received } from '../internal/received.js'
import type { Reason } from '../Reason.js'
import type { Event } from '../Semantics.js'
import type { Input } from '../Token.js'
import type { Conditions } from '../World.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * What a predicate does when it is asked: answers, throws, or answers with what is no boolean.
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
 * How a world begins: `wallStart` is the wall clock's reading (epoch milliseconds, 0 unless given), `seed` that of `random` (an integer, 0 unless given),
 * `conditions` what the predicates answer, by name. A `scheduler` of fast-check picks the order of timers that come due at the same instant, and when
 * promises that were scheduled with it settle. `trace` is told the steps that programs take in scopes of this world.
 *
 * @category model
 * @since 0.1.0
 */
export interface VirtualWorldOptions<Name extends string = string> {
  readonly wallStart?: number
  readonly seed?: number
  readonly conditions?: { readonly [N in Name]: Script }
  readonly scheduler?: Scheduler
  readonly trace?: (step: Step) => void
}

/**
 * A world in the hands of a test.
 *
 * - `clock` and `conditions` are what tokens are opened with.
 * - `settle(span)` moves time on (not at all unless given) and runs the timers that come due in order, each at its own instant, and promises before, between
 *   and after. Real input and output is not waited for.
 * - `answer(name, script)` says what a predicate answers from now on; `asked` tells which were asked, in order.
 * - `play(scope)(event)` does to a scope what an event of the semantics says: time passes, an input comes, or the scope is polled, with these answers; a poll
 *   answers with its verdict, all else with `None`. Names that the scope does not know change nothing.
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
 * @category constructors
 * @since 0.1.0
 */
export const virtualWorld = <Name extends string = never>(
  options: VirtualWorldOptions<Name> = {},
): VirtualWorld<Name> => {
  const { wallStart = 0, seed = 0, scheduler, trace } = options
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be an integer, but was ${received(seed)}`)
  // sound: an object without names has no script to lack
  const scripts = Object.entries<Script>(options.conditions ?? ({} as { readonly [N in Name]: Script }))
  const answers = new Map<string, () => Answer>(scripts.map(([name, script]) => [name, reading(name, script)]))
  const asked: Array<Name> = []
  const bare = virtual(wallStart)
  const ordered = scheduler === undefined ? null : orderedBy(bare, scheduler)
  const clock = { ...(ordered?.clock ?? bare), ...(trace === undefined ? {} : { trace }) }

  const predicate = (name: string) => (): boolean => {
    asked.push(name as Name) // sound: it is one of the names that were given
    const answer = answers.get(name)?.() ?? false
    if (answer === 'throws') throw new Error(`the predicate '${name}' was told to throw`)
    return answer === 'no boolean' ? JSON.parse('"no boolean"') : answer
  }

  const answer: VirtualWorld<Name>['answer'] = (name, script) => {
    if (!answers.has(name))
      throw new TypeError(`name must be one of the conditions (${[...answers.keys()].join(', ')}), but was '${name}'`)
    const next = reading(name, script)
    return () => void answers.set(name, next)
  }

  const play: VirtualWorld<Name>['play'] = (owned) => {
    const scope = owned as CancelScope<Input> // sound: an input that its token does not name changes nothing
    return (event) => () => {
      switch (event._tag) {
        case 'Elapsed':
          // the wall clock jumps first, and then goes along
          clock.setWall(event.wall - event.ms)()
          clock.advance(event.ms)()
          return none
        case 'Requested':
          cancelInput(scope, event.name, event.detail)()
          return none
        case 'Spent':
          spend(scope, event.name, event.amount)()
          return none
        case 'Beat':
          beat(scope, event.name)()
          return none
        case 'Polled':
          for (const name of answers.keys()) {
            const given = Object.hasOwn(event.conditions, name) ? event.conditions[name] : undefined
            answers.set(name, () => given ?? 'throws')
          }
          return (event.direct ? poll : peek)(scope)()
      }
    }
  }

  return {
    clock,
    // sound: an entry for each of the names that were given
    conditions: Object.fromEntries(scripts.map(([name]) => [name, predicate(name)])) as Conditions<Name>,
    settle: (span = 0) => (ordered?.settle ?? bare.settle)(span),
    answer,
    asked: () => [...asked],
    play,
    random: series(seed),
  }
}

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

const none: Option<never> = { _tag: 'None' }

/** The answers of a script, each time the next. */
const reading = (name: string, script: Script): (() => Answer) => {
  const given: ReadonlyArray<Answer> = typeof script === 'object' ? script : [script]
  const isAnswer = (value: unknown): boolean =>
    typeof value === 'boolean' || value === 'throws' || value === 'no boolean'
  if (given.length === 0 || !given.every(isAnswer))
    throw new TypeError(
      `the script of '${name}' must be true, false, 'throws' or 'no boolean', or a list of at least one of them, but was ${received(script)}`,
    )
  let next = 0
  return () => given[Math.min(next++, given.length - 1)]!
}

/** A clock whose timers, once due, are tasks of a scheduler: it says in which order those of one instant run. */
const orderedBy = (bare: VirtualClock, scheduler: Scheduler): Pick<VirtualWorld, 'clock' | 'settle'> => {
  let failure: { readonly error: unknown } | null = null
  const schedule: VirtualClock['schedule'] = (delay, run) => () => {
    let isCalledOff = false
    const callOff = bare.schedule(delay, () => {
      void scheduler
        .schedule(Promise.resolve(), `timer at ${bare.monotonic()} ms`)
        .then(() => (isCalledOff ? undefined : run()))
        .catch((error: unknown) => {
          failure ??= { error }
        })
    })()
    return () => {
      isCalledOff = true
      callOff()
    }
  }
  const settle = (span: Duration.DurationInput = 0): Task<void> => {
    const length = Duration.from(span, 'span')
    return async () => {
      const end = bare.monotonic() + length
      for (;;) {
        await turn()
        if (failure !== null) {
          const { error } = failure
          failure = null
          throw error
        }
        if (scheduler.count() > 0) await scheduler.waitOne()
        else if (bare.monotonic() + bare.untilNext() <= end) bare.advance(bare.untilNext())()
        else break
      }
      bare.advance(end - bare.monotonic())()
    }
  }
  return { clock: { ...bare, schedule, settle }, settle }
}

/** Numbers from 0 up to 1; the generator is mulberry32, by Tommy Ettinger (public domain). */
const series = (seed: number): IO<number> => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
