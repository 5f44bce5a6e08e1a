/** One run of a program: starts it in a world of its own, and moves that on until it has ended. */
import type { Task } from 'fp-ts/lib/Task.js'
import type { Evidence } from '../../Analysis.js'
import { close, explain } from '../../CancelScope.js'
import type { ScopeView } from '../../CancelScope.js'
import { turn } from '../../Clock.js'
import type { VirtualClock } from '../../Clock.js'
import * as Duration from '../../Duration.js'
import { received } from '../../internal/received.js'
import { never } from '../../Token.js'
import { virtualWorld } from '../VirtualWorld.js'
import type { VirtualWorld } from '../VirtualWorld.js'
import type { Ended, Injection, Outcome, Program, ReplayOptions, Run } from './model.js'
import { Recorder } from './Recorder.js'
import type { Opened } from './Recorder.js'
import { samples } from './samples.js'
import { takeUncaught } from './uncaught.js'

/** A run that has ended, or was given up, and all that can be said of it. */
export interface Driven<A> {
  readonly ended: Ended<A>
  /** What it was at, at each point; of a program without end up to where it was cancelled for that. */
  readonly passed: ReadonlyArray<string>
  /** It would not have ended undisturbed. */
  readonly isEndless: boolean
  /** Why it was given up. */
  readonly stuck: string | null
  readonly held: number
  readonly timers: number
  readonly isWaitedFor: boolean
  readonly uncaught: ReadonlyArray<unknown>
  /** New work begun after the cancellation had been seen. */
  readonly late: ReadonlyArray<string>
  readonly invariants: ReadonlyArray<Invariant>
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
  const { recorder, world, scope, above } = place(options, injection)
  const { clock } = world
  const outside: Array<Outside> = []
  const invariants: Array<Invariant> = []
  const errors = takeUncaught()
  const strays: Array<unknown> = []

  let outcome: Outcome<A> | null = null
  void outcomeOf(() => program(scope, running(world, above, recorder, outside, invariants))).then((found) => {
    outcome = found
    recorder.note(found._tag === 'Threw' ? 'throws' : 'returns')
  })

  const wasCancelled = (): boolean => recorder.cancelledAt < Infinity
  /** Whether what comes now may come before the next look: somebody waits, or cleans up. */
  const isOpen = (): boolean => recorder.isWaitedFor || wasCancelled()
  const next = (): number => clock.monotonic() + clock.untilNext()
  /** Runs the next timer alone; what it throws nobody has caught. */
  const step = (): void => {
    try {
      clock.step()
    } catch (error) {
      strays.push(error)
    }
    if (isOpen()) recorder.point('time passes')
  }

  let pointsUndisturbed = Infinity
  let stuck: string | null = null
  let idleTurns = 0
  const turnEnds = async (): Promise<void> => {
    await turn()
    recorder.turned()
  }
  await turnEnds()
  while (outcome === null && stuck === null) {
    const isHit = isOpen() && idleTurns === 0 && recorder.point('promises have run')
    const first = isHit ? undefined : outside.shift()
    if (isHit || first !== undefined) {
      idleTurns = 0
      await first?.ended
      first?.letGo()
    } else if (clock.timers() === 0 && idleTurns < patience) idleTurns++
    else if (wasCancelled()) {
      idleTurns = 0
      if (clock.timers() === 0) stuck = 'nothing is left that it could wait for'
      else if (next() > recorder.cancelledAt + limits.within)
        stuck = `it was still running ${words(limits.within)} after it was cancelled`
      else step()
    } else if (next() > limits.horizon || recorder.points >= limits.points) {
      pointsUndisturbed = recorder.points
      recorder.cancel(samples.Requested)
    } else {
      idleTurns = 0
      step()
    }
    await turnEnds()
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
  close(scope)() // which lets go of its AbortSignal, and of nobody who waits
  const { held, late, isWaitedFor } = recorder
  const timers = recorder.working > 0 ? 0 : clock.timers()
  await turn()
  errors.end()
  recorder.end()
  return {
    ended: {
      injection,
      outcome: outcome ?? { _tag: 'Pending' },
      happenings: recorder.happenings,
      evidence,
    },
    passed: recorder.happenings.flatMap(({ what, point = Infinity }) => (point < pointsUndisturbed ? [what] : [])),
    isEndless: pointsUndisturbed < Infinity,
    stuck,
    held,
    timers,
    isWaitedFor,
    uncaught: [...errors.errors, ...strays],
    late,
    invariants,
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

interface Place extends Opened {
  readonly recorder: Recorder
  readonly world: VirtualWorld
}

const place = <A>({ conditions = {}, token = never }: ReplayOptions<A>, injection: Injection | null): Place => {
  const world = virtualWorld<string>({ conditions, trace: (step) => recorder.trace(step) })
  const recorder: Recorder = new Recorder(world.clock, injection)
  return { recorder, world, ...recorder.open(token, world.conditions) }
}

/** Work that is not of this world: one piece after the other, in the order of the calls, and its result is held back until it is let go. */
interface Outside {
  readonly ended: Promise<void>
  readonly letGo: () => void
}

const running = (
  world: VirtualWorld,
  above: ScopeView,
  recorder: Recorder,
  outside: Array<Outside>,
  invariants: Array<Invariant>,
): Run => {
  const done = (): void => {}
  let before = Promise.resolve()
  return {
    world,
    above,
    sleep: (span, signal) => sleep(world.clock, span, signal),
    work: (title) => () => recorder.work(title),
    ensure: (title, holds) => () => void invariants.push([title, holds]),
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

interface Limits {
  readonly within: number
  readonly horizon: number
  readonly points: number
}

const limitsOf = <A>({ within = '1 minute', horizon = '1 day', limit = 1000 }: ReplayOptions<A>): Limits => {
  if (!(Number.isSafeInteger(limit) && limit > 0))
    throw new RangeError(`limit must be a whole number of points, 1 or more, but was ${received(limit)}`)
  return { within: Duration.from(within, 'within'), horizon: Duration.from(horizon, 'horizon'), points: limit }
}

const words = (milliseconds: number): string => Duration.Show.show(Duration.from(milliseconds))
