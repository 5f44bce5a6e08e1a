/** Schedulers of either version of Effect, that say when fibers are at the start of an operation, and when they go on. */
import type * as Effect from 'effect/Effect'
import { runFork } from 'effect/Effect'
import type { Fiber } from 'effect/Fiber'
import { MixedScheduler } from 'effect/Scheduler'

/** What a scheduler is asked and told. */
export interface Hooks {
  /** A fiber is at the start of an operation: whether it must yield. */
  readonly atOperation: (fiber: Operating) => boolean
  /** A fiber that has yielded, or was started, is about to go on. */
  readonly onTask: () => void
}

/** A fiber that runs, as either version has it. */
export interface Operating extends Omit<Fiber<unknown, unknown>, 'currentOpCount'> {
  currentOpCount: number
  readonly interruptible?: boolean
  readonly currentRuntimeFlags?: number
}

/** Whether an interruption would end what a fiber is at. */
export const isInterruptible = ({ interruptible, currentRuntimeFlags = 0 }: Operating): boolean =>
  interruptible ?? (currentRuntimeFlags & interruption) !== 0

/**
 * Starts an effect in a fiber on a scheduler of its own, which its fibers inherit.
 *
 * Fibers go on in the turn of the event loop in which they have yielded, so that a turn sees all they do.
 */
export const startOn = <A, E>(self: Effect.Effect<A, E>, hooks: Hooks): Fiber<A, E> => {
  const options = { scheduler: schedulerOf(hooks) }
  return runFork(self, options as object) // sound: so are the options of either version
}

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

/** The flag of version 3. */
const interruption = 1

const schedulerOf = ({ atOperation, onTask }: Hooks): object => {
  const inner = mixed()
  const counts = new WeakMap<Operating, number>()
  /** How many operations a fiber has run since it went on. */
  const counted = (fiber: Operating): number => {
    const { currentOpCount: count } = fiber
    const real = count < far ? count : (counts.get(fiber) ?? 0) + count - far
    counts.set(fiber, real)
    return real
  }
  const told =
    (task: () => void): (() => void) =>
    () => {
      onTask()
      task()
    }
  return {
    executionMode: 'async',
    shouldYield: (fiber: Operating): number | boolean => {
      const isHit = atOperation(fiber)
      if (inner.makeDispatcher === undefined) return isHit ? normal : inner.shouldYield(fiber)
      fiber.currentOpCount = counted(fiber)
      const must = inner.shouldYield(fiber)
      fiber.currentOpCount = far
      return isHit || must
    },
    // version 4
    makeDispatcher: (): Dispatcher => {
      const dispatcher = inner.makeDispatcher!()
      return {
        scheduleTask: (task, priority) => dispatcher.scheduleTask(told(task), priority),
        flush: () => dispatcher.flush(),
      }
    },
    // version 3
    scheduleTask: (task: () => void, priority: number, fiber?: unknown) =>
      inner.scheduleTask!(told(task), priority, fiber),
  }
}

/**
 * Version 4 runs several operations in one go, such as those of `map`, but not where their number is a multiple of one power of two: as it may be anywhere, it is made so
 * that it is everywhere.
 */
const far = 2 ** 16 - 1

/** The priority with which fibers of version 3 yield. */
const normal = 0

/** The scheduler that each version has, without timers. */
const mixed = (): Mixed => {
  const Scheduler = MixedScheduler as object as new (...settings: ReadonlyArray<unknown>) => Mixed // sound: either version has what it needs of these
  return 'makeDispatcher' in Scheduler.prototype ? new Scheduler('async', soon) : new Scheduler(Infinity)
}

/** In a microtask; the answer takes that back. */
const soon = (run: () => void): (() => void) => {
  let isCalledOff = false
  queueMicrotask(() => {
    if (!isCalledOff) run()
  })
  return () => {
    isCalledOff = true
  }
}

interface Mixed {
  readonly shouldYield: (fiber: Operating) => number | boolean
  readonly makeDispatcher?: () => Dispatcher
  readonly scheduleTask?: (task: () => void, priority: number, fiber?: unknown) => void
}

interface Dispatcher {
  readonly scheduleTask: (task: () => void, priority: number) => void
  readonly flush: () => void
}
