/** Ways to cancel a scope, and what must be as before once the work in it has ended. */
import { getEventListeners } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { expect } from 'vitest'
import { CancelScope, Clock, Token } from 'cantok-ts'
import type { Reason } from 'cantok-ts'

export interface Cancelling {
  readonly scope: CancelScope.ScopeView
  /** Makes it fire: at once, or a moment later. */
  readonly fire: () => void
  /** What its reason says. */
  readonly reason: Partial<Reason.Reason>
  /** Timers that are left on the clock it runs on; a real one does not tell. */
  readonly timers: () => number
}

const { andThen, manual, never, timeout } = Token

const noTimers = (): number => 0

/** Each opens a scope anew. */
export const ways: ReadonlyArray<readonly [name: string, open: () => Cancelling]> = [
  [
    'an input',
    () => {
      const scope = CancelScope.open(manual('stop'))()
      return {
        scope,
        fire: CancelScope.cancelInput(scope, 'stop', 'enough'),
        reason: { _tag: 'Requested', name: 'stop', detail: 'enough' },
        timers: noTimers,
      }
    },
  ],
  [
    'a timeout',
    () => {
      const clock = Clock.virtual()
      return {
        scope: CancelScope.open(timeout('5 seconds'), { clock })(),
        fire: clock.advance('5 seconds'),
        reason: { _tag: 'TimedOut', duration: 5000 },
        timers: clock.timers,
      }
    },
  ],
  [
    "a timeout on the system's clock",
    () => {
      // the time starts to run when the work is under way
      const scope = CancelScope.open(andThen(manual('under way'), timeout('10ms')))()
      return {
        scope,
        fire: CancelScope.cancelInput(scope, 'under way'),
        reason: { _tag: 'TimedOut', duration: 10 },
        timers: noTimers,
      }
    },
  ],
  [
    'a parent of a parent',
    () => {
      const clock = Clock.virtual()
      const root = CancelScope.open(manual('stop'), { clock })()
      const scope = CancelScope.child(timeout('1 hour'))(CancelScope.child(never)(root)())()
      return {
        scope,
        fire: CancelScope.cancel(root, 'closing'),
        reason: { _tag: 'Requested', detail: 'closing' },
        timers: clock.timers,
      }
    },
  ],
]

/** How many things of each kind keep the process alive. */
const resources = (): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return counts
}

/**
 * Notes what keeps the process alive now, and answers with a check that nothing more does once the event loop has come to rest; `nudge` is
 * called at each turn until then.
 */
export const watchResources = (nudge: () => void = () => {}): (() => Promise<void>) => {
  const before = resources()
  const added = (): ReadonlyArray<readonly [string, number]> =>
    [...resources()].filter(([kind, count]) => kind !== 'Immediate' && count > (before.get(kind) ?? 0))
  return async () => {
    // generous: what is sought lives a minute and more
    for (const end = performance.now() + 10_000; added().length > 0 && performance.now() < end;) {
      nudge()
      await setImmediate()
    }
    expect(added()).toEqual([])
  }
}

/** That work in a scope has ended and left nothing behind: no listener on its signal, no timer on its clock. */
export const expectNothingLeft = (signal: AbortSignal, { timers }: Cancelling): void => {
  expect(getEventListeners(signal, 'abort')).toEqual([])
  expect(timers()).toBe(0)
}

/** What a promise is rejected with; a failed test if it is not. */
export const rejectionOf = async (promise: Promise<unknown>): Promise<unknown> => {
  const result = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  if ('error' in result) return result.error
  throw new Error('was not rejected')
}

/** How the platform's own functions say that a signal was aborted: an AbortError that has its reason as cause. */
export const expectAbort = (error: unknown, signal: AbortSignal): void => {
  expect(signal.aborted).toBe(true)
  expect(error).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR' })
  expect(error).toHaveProperty('cause', signal.reason)
}
