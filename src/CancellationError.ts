/**
 * Reasons as things to throw: one class per kind of reason, for code that speaks exceptions.
 *
 * `Reason.toError` makes them. Each carries the whole reason as `reason`; `name` is what the platform's own errors are
 * called (`'TimeoutError'` where time ran out, `'AbortError'` otherwise), so that code written for AbortSignal
 * understands them. Recognise them with `isCancellationError`, which works across copies of this package and realms where
 * `instanceof` does not.
 *
 * @since 0.1.0
 */
import type { Reason } from './Reason.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * A cancellation, thrown: the base of the classes below, and itself what a request or an `AllOf` becomes.
 *
 * `name` is `'AbortError'`.
 *
 * @example
 * ```ts
 * import { CancellationError } from 'cantok-ts'
 *
 * const error = new CancellationError.CancellationError({ _tag: 'Requested', name: 'stop', path: [] }, 'stopped')
 * console.log(error.name) // => 'AbortError'
 * console.log(error.reason._tag) // => 'Requested'
 * ```
 * @category model
 * @since 0.1.0
 */
export class CancellationError extends Error {
  override readonly name: string = 'AbortError'
  readonly reason: Reason
  constructor(reason: Reason, message: string) {
    super(message)
    this.reason = reason
  }
  /** What `isCancellationError` looks for, in any copy of the package. */
  get 'cantok-ts/CancellationError'(): true {
    return true
  }
}

/**
 * A condition came true.
 *
 * @example
 * ```ts
 * import { CancellationError, Reason } from 'cantok-ts'
 *
 * const error = Reason.toError({ _tag: 'ConditionMet', name: 'drained', path: [] })
 * console.log(error instanceof CancellationError.ConditionCancellationError) // => true
 * ```
 * @category model
 * @since 0.1.0
 */
export class ConditionCancellationError extends CancellationError {}

/**
 * A counter of polls ran out.
 *
 * @example
 * ```ts
 * import { CancellationError, Reason } from 'cantok-ts'
 *
 * const error = Reason.toError({ _tag: 'CounterExhausted', limit: 3, path: [] })
 * console.log(error instanceof CancellationError.CounterCancellationError) // => true
 * ```
 * @category model
 * @since 0.1.0
 */
export class CounterCancellationError extends CancellationError {}

/**
 * A budget was spent.
 *
 * @example
 * ```ts
 * import { CancellationError, Reason } from 'cantok-ts'
 *
 * const error = Reason.toError({ _tag: 'BudgetSpent', name: 'bytes', limit: 10, spent: 12, path: [] })
 * console.log(error instanceof CancellationError.BudgetCancellationError) // => true
 * ```
 * @category model
 * @since 0.1.0
 */
export class BudgetCancellationError extends CancellationError {}

/**
 * A timeout passed; `name` is `'TimeoutError'`.
 *
 * @example
 * ```ts
 * import { Reason } from 'cantok-ts'
 *
 * console.log(Reason.toError({ _tag: 'TimedOut', duration: 1000, path: [] }).name) // => 'TimeoutError'
 * ```
 * @category model
 * @since 0.1.0
 */
export class TimeoutCancellationError extends CancellationError {
  override readonly name: string = 'TimeoutError'
}

/**
 * The wall clock reached a deadline; `name` is `'TimeoutError'`.
 *
 * @example
 * ```ts
 * import { Reason } from 'cantok-ts'
 *
 * console.log(Reason.toError({ _tag: 'DeadlinePassed', instant: 0, path: [] }).name) // => 'TimeoutError'
 * ```
 * @category model
 * @since 0.1.0
 */
export class DeadlineCancellationError extends CancellationError {
  override readonly name: string = 'TimeoutError'
}

/**
 * No beat came for too long; `name` is `'TimeoutError'`.
 *
 * @example
 * ```ts
 * import { Reason } from 'cantok-ts'
 *
 * console.log(Reason.toError({ _tag: 'Stalled', name: 'worker', duration: 50, path: [] }).name) // => 'TimeoutError'
 * ```
 * @category model
 * @since 0.1.0
 */
export class IdleCancellationError extends CancellationError {
  override readonly name: string = 'TimeoutError'
}

/**
 * Somebody tried to cancel what cannot be cancelled; `reason` is the request that was refused.
 *
 * @example
 * ```ts
 * import * as assert from 'node:assert/strict'
 * import { CancelScope } from 'cantok-ts'
 *
 * // the type system refuses this too: an observer's view has no owner's operations
 * const untyped: Parameters<typeof CancelScope.cancel>[0] = JSON.parse('0') || CancelScope.background
 * assert.throws(() => CancelScope.cancel(untyped)(), /background/)
 * ```
 * @category model
 * @since 0.1.0
 */
export class ImpossibleCancelError extends CancellationError {}

// -------------------------------------------------------------------------------------
// refinements
// -------------------------------------------------------------------------------------

/**
 * Whether a caught value is a `CancellationError`, of this or any other copy of the package.
 *
 * @example
 * ```ts
 * import { CancellationError, Reason } from 'cantok-ts'
 *
 * console.log(CancellationError.isCancellationError(Reason.toError({ _tag: 'TimedOut', duration: 1, path: [] }))) // => true
 * console.log(CancellationError.isCancellationError(new Error('other'))) // => false
 * ```
 * @category refinements
 * @since 0.1.0
 */
export const isCancellationError = (value: unknown): value is CancellationError =>
  typeof value === 'object' && value !== null && 'cantok-ts/CancellationError' in value
