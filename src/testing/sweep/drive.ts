/** One run of a program: starts it in a world of its own, and moves that on until it has ended. */
import type { IO } from 'fp-ts/lib/IO.js'
import type { Task } from 'fp-ts/lib/Task.js'
import type { Evidence } from '../../Analysis.js'
import { explain } from '../../CancelScope.js'
import type { ScopeView } from '../../CancelScope.js'
import { turn } from '../../Clock.js'
import type { VirtualClock } from '../../Clock.js'
import * as Duration from '../../Duration.js'
import { received } from '../../internal/received.js'
import { never } from '../../Token.js'
import type { Predicate } from '../../World.js'
import { virtualWorld } from '../VirtualWorld.js'
import type { VirtualWorld } from '../VirtualWorld.js'
import type { Ended, Injection, Outcome, Program, ReplayOptions, Run } from './model.js'
import { Recorder } from './Recorder.js'
import type { Opened } from './Recorder.js'
import { takeUncaught } from './uncaught.js'
import type { Uncaught } from './uncaught.js'

/** A run that has ended, or was given up, and all that can be said of it. */
export interface Driven<A> {
  readonly ended: Ended<A>
  /** What it was at, at each point; of a program that was cut, up to there. */
  readonly passed: ReadonlyArray<string>
  /** It had not ended undisturbed by its horizon or limit. */
  readonly isEndless: boolean
  /** Why it was given up. */
  readonly stuck: string | null
  readonly held: number
  readonly timers: number
  readonly waiting: number
  readonly uncaught: ReadonlyArray<unknown>
  /** New work begun after the cancellation had been seen. */
  readonly late: ReadonlyArray<string>
  readonly invariants: ReadonlyArray<Invariant>
  /** Invariants that the program has made and not told. */
  readonly untold: ReadonlyArray<string>
}

/** By its title. */
export type Invariant = readonly [title: string, holds: () => boolean | void | Promise<boolean | void>]

/** Runs a program once, cancelled where the injection says. Rejects only for options out of range. */
export const drive = async <A>(
  program: Program<A>,
  options: ReplayOptions<A>,
  injection: Injection | null,
): Promise<Driven<A>> => {
  const limits = limitsOf(options)
  const place = placeOf(options, injection, limits.points)
  const errors = await takeUncaught()
  try {
    return await driveIn(place, program, limits, injection, errors)
  } finally {
    errors.end()
  }
}

const driveIn = async <A>(
  place: Place,
  program: Program<A>,
  limits: Limits,
  injection: Injection | null,
  errors: Uncaught,
): Promise<Driven<A>> => {
  const { recorder, world, scope, outside, invariants, untold } = place
  const { clock } = world
  const strays: Array<unknown> = []

  let outcome: Outcome<A> | null = null
  void outcomeOf(() => program(scope, running(place))).then((found) => {
    outcome = found
    recorder.note(found._tag === 'Threw' ? 'throws' : 'returns')
  })

  /** Whether what comes now may come before the next look: somebody waits, or cleans up. */
  const isOpen = (): boolean => recorder.isWaitedFor || recorder.wasCancelled
  const next = (): number => clock.monotonic() + clock.untilNext()
  /** Runs the next timer alone; what it throws nobody has caught. Whether all it did was to ask predicates, in vain. */
  const step = (): boolean => {
    const { asked, log } = recorder
    const before = log.length
    try {
      clock.step()
    } catch (error) {
      strays.push(error)
    }
    if (recorder.asked > asked && log.length === before) return true
    if (isOpen()) recorder.point('time passes')
    return false
  }
  const turnEnds = async (): Promise<void> => {
    await turn()
    recorder.turned()
  }

  let stuck: string | null = null
  let idleTurns = 0
  let idleLooks = 0
  let isIdleLook = false // nothing has changed since the turn before, so nothing of it is a point
  await turnEnds()
  while (outcome === null && stuck === null) {
    const isHit = isOpen() && idleTurns === 0 && !isIdleLook && recorder.point('promises have run')
    const first = isHit ? undefined : outside.shift()
    isIdleLook = false
    if (isHit || first !== undefined) {
      idleTurns = 0
      await first?.ended
      first?.letGo()
    } else if (clock.timers() === 0 && idleTurns < patience) idleTurns++
    else {
      idleTurns = 0
      if (recorder.wasCancelled && clock.timers() === 0)
        stuck = 'nothing is left that it could wait for (what is not of its world wants `outside`)'
      else if (next() > recorder.cancelledAt + limits.within)
        stuck = `it was still running ${words(limits.within)} after it was cancelled`
      else if (!recorder.wasCancelled && (next() > limits.horizon || idleLooks >= limits.idleLooks)) recorder.cut()
      // a long span in which nobody would hear of a cancellation is a point too: it may come, and the program must end all the same
      else if (isOpen() || next() <= recorder.lastPoint + limits.within || !recorder.point('hears nothing'))
        isIdleLook = step()
      if (isIdleLook) idleLooks++
    }
    if (!isIdleLook) await turnEnds()
  }

  // work that was left alone may still set timers of its own
  const endedAt = clock.monotonic()
  for (const { ended, letGo } of outside.splice(0)) {
    await ended
    letGo()
    await turnEnds()
  }
  while (recorder.working > 0 && next() <= endedAt + limits.within) {
    step()
    await turnEnds()
  }
  const evidence = evidenceOf(scope)
  const { held, late, waiting, cutAt } = recorder
  const timers = recorder.working > 0 ? 0 : place.timers.size
  await turn()
  recorder.isOver = true
  return {
    ended: { injection, outcome: outcome ?? { _tag: 'Pending' }, log: recorder.log, evidence },
    passed: recorder.log.flatMap(({ what, point = Infinity }) => (point < cutAt ? [what] : [])),
    isEndless: cutAt < Infinity,
    stuck,
    held,
    timers,
    waiting,
    uncaught: [...errors.errors, ...strays],
    late,
    invariants,
    untold: [...untold.values()],
  }
}

/** Runs a function, whatever kind of program it is. */
export const outcomeOf = async <A>(program: () => A | Promise<A> | Task<A>): Promise<Outcome<A>> => {
  try {
    const given = program()
    // sound: a value that is a function is a task, as the type of programs says
    return { _tag: 'Returned', value: await (typeof given === 'function' ? (given as Task<A>)() : given) }
  } catch (error) {
    return { _tag: 'Threw', error }
  }
}

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

/** The evidence without the two scopes above, which stand for the outside. */
const evidenceOf = (scope: ScopeView): Evidence => {
  const evidence = explain(scope)()
  return { ...evidence, parts: evidence.parts.slice(0, -2) }
}

/** How many turns of the event loop to give to what is neither of this world nor said to be outside it. */
const patience = 20

/** Where a program runs, and what it leaves there. */
interface Place extends Opened {
  readonly recorder: Recorder
  readonly world: VirtualWorld
  /** Timers that wait and keep the process alive. */
  readonly timers: ReadonlySet<object>
  readonly outside: Array<Outside>
  readonly invariants: Array<Invariant>
  readonly untold: Map<object, string>
}

/** Work that is not of this world: one piece after the other, in the order of the calls, and its result is held back until it is let go. */
interface Outside {
  readonly ended: Promise<void>
  readonly letGo: () => void
}

const placeOf = <A>(
  { conditions = {}, token = never }: ReplayOptions<A>,
  injection: Injection | null,
  limit: number,
): Place => {
  const bare = virtualWorld<string>({ conditions, tell: (activity) => recorder.told(activity) })
  const recorder: Recorder = new Recorder(bare.clock, injection, limit)
  const timers = new Set<object>()
  const schedule: VirtualClock['schedule'] =
    (delay, run, timer = {}) =>
    () => {
      const kept = {}
      if (timer.keepAlive !== false) timers.add(kept)
      const callOff = bare.clock.schedule(
        delay,
        () => {
          timers.delete(kept)
          run()
        },
        timer,
      )()
      return () => {
        timers.delete(kept)
        callOff()
      }
    }
  const asking =
    (predicate: Predicate): IO<boolean> =>
    () => {
      recorder.asked++
      return typeof predicate === 'function' ? predicate() : predicate.test()
    }
  const predicates = Object.entries(bare.conditions).map(([name, predicate]) => [name, asking(predicate)] as const)
  const world: VirtualWorld = {
    ...bare,
    clock: { ...bare.clock, schedule },
    conditions: Object.fromEntries(predicates),
  }
  const opened = recorder.open(token, world)
  return { ...opened, recorder, world, timers, outside: [], invariants: [], untold: new Map() }
}

const running = ({ recorder, world, above, outside, invariants, untold }: Place): Run => {
  const done = (): void => {}
  let before = Promise.resolve()
  return {
    world,
    above,
    sleep: (span, signal) => sleep(world.clock, span, signal),
    work: (title) => () => recorder.work(title),
    ensure: (title, holds) => {
      const made = {}
      untold.set(made, title)
      return () => {
        untold.delete(made)
        invariants.push([title, holds])
      }
    },
    checkpoint: (title) => () => void recorder.point(title),
    note: (text) => () => recorder.note(text),
    outside: (task) => () =>
      new Promise((resolve, reject) => {
        if (recorder.isOver) return void task().then(resolve, reject)
        const real = before.then(task)
        before = real.then(done, done)
        outside.push({ ended: before, letGo: () => void real.then(resolve, reject) })
      }),
  }
}

const sleep =
  (clock: VirtualClock, span: Duration.DurationInput, signal: AbortSignal | undefined): Task<void> =>
  () =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason)
      const aborted = (): void => {
        callOff()
        reject(signal?.reason)
      }
      const callOff = clock.schedule(span, () => {
        signal?.removeEventListener('abort', aborted)
        resolve()
      })()
      signal?.addEventListener('abort', aborted, { once: true })
    })

/** How many points a program may pass unless its sweep says otherwise. */
export const usualLimit = 1000

interface Limits {
  /** How many looks that find nothing it may take, beside those that are points. */
  readonly idleLooks: number
  readonly within: number
  readonly horizon: number
  readonly points: number
}

const limitsOf = <A>({ within = '1 minute', horizon = '1 day', limit = usualLimit }: ReplayOptions<A>): Limits => {
  if (!(Number.isSafeInteger(limit) && limit > 0))
    throw new RangeError(`limit must be a whole number of points, 1 or more, but was ${received(limit)}`)
  return {
    idleLooks: 1000 * limit,
    within: Duration.from(within, 'within'),
    horizon: Duration.from(horizon, 'horizon'),
    points: limit,
  }
}

const words = (milliseconds: number): string => Duration.Show.show(Duration.from(milliseconds))
