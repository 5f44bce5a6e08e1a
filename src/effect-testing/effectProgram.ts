/** Effects as programs of a sweep. */
import * as Cause from 'effect/Cause'
import type * as EffectClock from 'effect/Clock'
import * as Effect from 'effect/Effect'
import * as Exit from 'effect/Exit'
import * as Fiber from 'effect/Fiber'
import type { Left } from 'fp-ts/lib/Either.js'
import { onCancelled } from '../CancelScope.js'
import type { ScopeView } from '../CancelScope.js'
import type { Clock } from '../Clock.js'
import { effectClockOf, exitOf, interruptionOf, onClock, onEnd } from '../effect/versions.js'
import { received } from '../internal/received.js'
import type { Reason } from '../Reason.js'
import type { Program, Run } from '../testing/index.js'
import { Gate } from './Gate.js'
import { isInterruptible, startOn } from './scheduler.js'
import type { Operating } from './scheduler.js'

/**
 * Where an Effect program can be cancelled: at every operation of its fibers (the default), or only where they go on after a yield.
 *
 * Either way it can be where a sweep is told of something: while something is waited for, when time passes, at looks at the scope and at checkpoints.
 *
 * @category model
 * @since 0.1.0
 */
export interface EffectProgramOptions {
  readonly every?: 'operation' | 'yield'
}

/**
 * An effect as a program of a sweep, which interrupts it at every operation: once at each, every time from the start.
 *
 * The effect runs on the clock of the sweep, so hours take no time. A cancellation interrupts its fiber, as `interruptBy` would. The scope and what a program
 * is given beside it are handed on, for effects that use them: `Effect.sync(work('reads'))`, `Effect.promise(outside(task))`.
 *
 * The program answers with what the effect succeeds with, or where it was cut short with the reason as a `Left`. A failure, a defect, and a defect of finalizers beside
 * the interruption it throws. When it has ended none of its fibers may still run.
 *
 * An operation at which a fiber may yield is where it asks its scheduler. A fiber that is cancelled there yields, and is interrupted before it goes on; in an uninterruptible region it then
 * goes on. Other fibers are interrupted as theirs are. Fibers go on in the same turn of the event loop, where version 4 takes the next.
 *
 * @example
 * ```ts
 * import { Effect } from 'effect'
 * import { effectProgram } from 'cantok-ts/effect-testing'
 * import { sweep } from 'cantok-ts/testing'
 *
 * const program = effectProgram((_scope, { ensure }) => {
 *   let free = 1
 *   ensure('the permit is back', () => free === 1)()
 *   const take = Effect.sync(() => free--)
 *   const giveBack = Effect.sync(() => free++)
 *   return Effect.acquireUseRelease(take, () => Effect.sleep('1 hour'), () => giveBack)
 * })
 * const report = await sweep(program)()
 * console.log(report.failed.length, report.points > 10) // => 0 true
 * ```
 * @category sweeping
 * @since 0.1.0
 */
export const effectProgram = <A, E>(
  make: (scope: ScopeView, run: Run) => Effect.Effect<A, E>,
  { every = 'operation' }: EffectProgramOptions = {},
): Program<A | Left<Reason>> => {
  if (typeof make !== 'function') throw new TypeError(`make must be a function, but was ${received(make)}`)
  if (every !== 'operation' && every !== 'yield')
    throw new TypeError(`every must be 'operation' or 'yield', but was ${received(every)}`)
  return (scope, run) => running(make, every, scope, run)
}

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

const running = async <A, E>(
  make: (scope: ScopeView, run: Run) => Effect.Effect<A, E>,
  every: 'operation' | 'yield',
  scope: ScopeView,
  run: Run,
): Promise<A | Left<Reason>> => {
  const { clock } = run.world
  const gate = new Gate()
  const errors: Array<unknown> = []
  const onError = (error: unknown): void => {
    errors.push(error)
    interrupt()
  }
  const mine = gate.behind(scope, clock, onError)
  const given: Run = {
    ...run,
    above: gate.behind(run.above, clock, onError),
    // it does not know yet of what is held back
    work: (title) => () => (gate.isHolding ? run.note(`begins '${title}'`) : run.work(title))(),
  }

  let isUnderWay = false
  const fibers = new Map<Operating, number>()
  const whole = Effect.flatMap(untilWatched, () =>
    Effect.suspend(() => {
      isUnderWay = true
      return make(mine, given)
    }),
  )
  const fiber = startOn(onClock(whole, effectClockOver(clock)), {
    atOperation: (each) => {
      const number = fibers.get(each) ?? fibers.size + 1
      fibers.set(each, number)
      if (!isUnderWay || every === 'yield') return false
      return gate.atOperation(run.checkpoint(titleOf(each, number)))
    },
    onTask: () => {
      if (isUnderWay) run.checkpoint('goes on')()
    },
  })
  run.ensure('it leaves no fiber running', () => noneLeft(fibers))()

  let told: Reason | null = null
  const interrupt = (): void => void Effect.runFork(Fiber.interrupt(fiber))
  const stopListening = onCancelled(
    mine,
    (reason) => {
      told = reason
      interrupt()
    },
    { keepAlive: true, onError },
  )()
  await new Promise<void>((resolve) => {
    onEnd(fiber, () => {
      isUnderWay = false
      stopListening()
      resolve()
    })
  })
  if (errors.length > 0) throw errors[0]
  return answerOf(exitOf(fiber)!, told)
}

/** So that whoever is to interrupt the fiber has it before it begins. */
const untilWatched: Effect.Effect<void> = /*#__PURE__*/ Effect.promise(() => Promise.resolve())

/** Sleeps take back their timers whatever happens: what a program of version 3 has registered is not taken back if it is interrupted in the next operation. */
const effectClockOver = (clock: Clock): EffectClock.Clock =>
  effectClockOf(clock.wall, (span) =>
    Effect.suspend(() => {
      let callOff = (): void => {}
      const sleeping = Effect.promise(
        () =>
          new Promise<void>((resolve) => {
            callOff = clock.schedule(span, resolve)()
          }),
      )
      return Effect.onExit(sleeping, () => Effect.sync(callOff))
    }),
  )

const titleOf = (fiber: Operating, number: number): string =>
  `operation${number === 1 ? '' : ` of fiber ${number}`}${isInterruptible(fiber) ? '' : ', uninterruptible'}`

const noneLeft = (fibers: ReadonlyMap<Operating, number>): void => {
  const left = [...fibers].flatMap(([fiber, number]) => (exitOf(fiber) === null ? [`fiber ${number}`] : []))
  if (left.length > 0) throw new Error(`still running: ${left.join(', ')}`)
}

const answerOf = <A, E>(exit: Exit.Exit<A, E>, told: Reason | null): A | Left<Reason> => {
  if (Exit.isSuccess(exit)) return exit.value
  const interruption = told === null ? null : interruptionOf(exit.cause)
  if (told === null || interruption === null) throw Cause.squash(exit.cause)
  if (interruption.defects !== null) throw Cause.squash(interruption.defects)
  return { _tag: 'Left', left: told }
}
