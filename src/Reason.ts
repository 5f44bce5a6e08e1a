/**
 * Why a token fired: plain JSON data, one tag per kind of leaf, and `AllOf` for what waited for several.
 *
 * A reason names the leaf that decided. `label` is that of the innermost `labelled` around the leaf; `path` is the way from
 * the token's root to the leaf, combinator by combinator: `['any', 1, 'labelled', 'slow', 'all', 0]`. A part of an `AllOf`
 * has a path that starts at that `all`, as the part itself sits inside it. `at` is the wall-clock instant of the firing in epoch milliseconds,
 * present when a live scope told it (the semantics knows no clock).
 *
 * @since 0.1.0
 */
import type { Eq as EqOf } from 'fp-ts/lib/Eq.js'
import type { Show as ShowOf } from 'fp-ts/lib/Show.js'
import {
  BudgetCancellationError,
  CancellationError,
  ConditionCancellationError,
  CounterCancellationError,
  DeadlineCancellationError,
  IdleCancellationError,
  TimeoutCancellationError,
} from './CancellationError.js'
import * as Duration from './Duration.js'
import { showInstant } from './internal/instant.js'
import { reasonText } from './internal/reasonText.js'
import { stackSafe } from './internal/recursion.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * The way from the root of a token to one of its parts: a combinator's name, then the position of the part in it (for
 * `labelled`, the label).
 *
 * @category model
 * @since 0.1.0
 */
export type Path = ReadonlyArray<string | number>

/**
 * What every reason tells beside its own: whose it is, where it was, and when.
 *
 * @category model
 * @since 0.1.0
 */
export interface Origin {
  readonly label?: string
  readonly path: Path
  readonly at?: number
}

/**
 * Its holder asked: a manual input (`name`), a whole scope (no name), or a token that was `cancelled` from the start.
 *
 * @category model
 * @since 0.1.0
 */
export interface Requested extends Origin {
  readonly _tag: 'Requested'
  readonly name?: string
  readonly detail?: string
}

/**
 * A timeout of `duration` milliseconds passed.
 *
 * @category model
 * @since 0.1.0
 */
export interface TimedOut extends Origin {
  readonly _tag: 'TimedOut'
  readonly duration: number
}

/**
 * The wall clock reached `instant`, in epoch milliseconds.
 *
 * @category model
 * @since 0.1.0
 */
export interface DeadlinePassed extends Origin {
  readonly _tag: 'DeadlinePassed'
  readonly instant: number
}

/**
 * `limit` polls had said "keep going".
 *
 * @category model
 * @since 0.1.0
 */
export interface CounterExhausted extends Origin {
  readonly _tag: 'CounterExhausted'
  readonly limit: number
}

/**
 * The predicate called `name` was found true.
 *
 * @category model
 * @since 0.1.0
 */
export interface ConditionMet extends Origin {
  readonly _tag: 'ConditionMet'
  readonly name: string
}

/**
 * What was spent on `name` reached `limit`; `spent` is the whole sum, which may lie beyond it.
 *
 * @category model
 * @since 0.1.0
 */
export interface BudgetSpent extends Origin {
  readonly _tag: 'BudgetSpent'
  readonly name: string
  readonly limit: number
  readonly spent: number
}

/**
 * `duration` milliseconds went by without a beat of `name`.
 *
 * @category model
 * @since 0.1.0
 */
export interface Stalled extends Origin {
  readonly _tag: 'Stalled'
  readonly name: string
  readonly duration: number
}

/**
 * Every part of an `all` fired: `reasons` are theirs, two or more, in the order they fired.
 *
 * @category model
 * @since 0.1.0
 */
export interface AllOf extends Origin {
  readonly _tag: 'AllOf'
  readonly reasons: ReadonlyArray<Reason>
}

/**
 * Why a token fired.
 *
 * @category model
 * @since 0.1.0
 */
export type Reason =
  | Requested
  | TimedOut
  | DeadlinePassed
  | CounterExhausted
  | ConditionMet
  | BudgetSpent
  | Stalled
  | AllOf

// -------------------------------------------------------------------------------------
// refinements
// -------------------------------------------------------------------------------------

/**
 * Whether a value looks like a reason: an object with the tag of one and a path. Looks no deeper.
 *
 * @example
 * ```ts
 * import { Reason } from 'cantok-ts'
 *
 * console.log(Reason.isReason({ _tag: 'TimedOut', duration: 1000, path: [] })) // => true
 * console.log(Reason.isReason(new Error('other'))) // => false
 * ```
 * @category refinements
 * @since 0.1.0
 */
export const isReason = (value: unknown): value is Reason =>
  typeof value === 'object' &&
  value !== null &&
  '_tag' in value &&
  typeof value._tag === 'string' &&
  Object.hasOwn(tags, value._tag) &&
  'path' in value &&
  Array.isArray(value.path)

// -------------------------------------------------------------------------------------
// destructors
// -------------------------------------------------------------------------------------

/**
 * Answers for each kind of reason; total, so a new kind is a compile error until it is answered for.
 *
 * @example
 * ```ts
 * import { Reason } from 'cantok-ts'
 *
 * const isTime = Reason.match({
 *   Requested: () => false,
 *   TimedOut: () => true,
 *   DeadlinePassed: () => true,
 *   CounterExhausted: () => false,
 *   ConditionMet: () => false,
 *   BudgetSpent: () => false,
 *   Stalled: () => true,
 *   AllOf: () => false,
 * })
 * console.log(isTime({ _tag: 'TimedOut', duration: 1000, path: [] })) // => true
 * ```
 * @category destructors
 * @since 0.1.0
 */
export const match =
  <A>(handlers: { readonly [Tag in Reason['_tag']]: (reason: Extract<Reason, { _tag: Tag }>) => A }): ((
    reason: Reason,
  ) => A) =>
  (reason) => {
    switch (reason._tag) {
      case 'Requested':
        return handlers.Requested(reason)
      case 'TimedOut':
        return handlers.TimedOut(reason)
      case 'DeadlinePassed':
        return handlers.DeadlinePassed(reason)
      case 'CounterExhausted':
        return handlers.CounterExhausted(reason)
      case 'ConditionMet':
        return handlers.ConditionMet(reason)
      case 'BudgetSpent':
        return handlers.BudgetSpent(reason)
      case 'Stalled':
        return handlers.Stalled(reason)
      case 'AllOf':
        return handlers.AllOf(reason)
    }
  }

// -------------------------------------------------------------------------------------
// instances
// -------------------------------------------------------------------------------------

/**
 * Structural equality: the same kind with the same data, label, path and instant, parts included. Stack-safe, linear.
 *
 * @example
 * ```ts
 * import { Reason } from 'cantok-ts'
 *
 * const timedOut: Reason.Reason = { _tag: 'TimedOut', duration: 1000, path: ['any', 0] }
 * console.log(Reason.Eq.equals(timedOut, { ...timedOut })) // => true
 * console.log(Reason.Eq.equals(timedOut, { ...timedOut, path: ['any', 1] })) // => false
 * ```
 * @category instances
 * @since 0.1.0
 */
export const Eq: EqOf<Reason> = {
  equals: (first, second) => first === second || reasonText(first) === reasonText(second),
}

/**
 * One line for people: what happened, then the label and the path; the message of `toError`. Stack-safe, linear.
 *
 * @example
 * ```ts
 * import { Reason } from 'cantok-ts'
 *
 * console.log(Reason.Show.show({ _tag: 'TimedOut', duration: 1000, path: ['any', 2], label: 'page' }))
 * // => "timed out after 1 second (label 'page', at any.2)"
 * ```
 * @category instances
 * @since 0.1.0
 */
export const Show: ShowOf<Reason> = {
  show: stackSafe<Reason, string>(function* (reason) {
    if (reason._tag !== 'AllOf') return `${sentence(reason)}${origin(reason)}`
    let parts = ''
    for (const part of reason.reasons) parts += `${parts === '' ? '' : '; '}${yield part}`
    return `all of: ${parts}${origin(reason)}`
  }),
}

// -------------------------------------------------------------------------------------
// conversions
// -------------------------------------------------------------------------------------

/**
 * The reason as an error to throw, of the class that belongs to its kind, with `Show`'s line as its message.
 *
 * @example
 * ```ts
 * import { Reason } from 'cantok-ts'
 *
 * const error = Reason.toError({ _tag: 'TimedOut', duration: 1000, path: [] })
 * console.log(error.name) // => 'TimeoutError'
 * console.log(error.message) // => 'timed out after 1 second'
 * ```
 * @category conversions
 * @since 0.1.0
 */
export const toError = (reason: Reason): CancellationError => {
  const message = Show.show(reason)
  switch (reason._tag) {
    case 'Requested':
    case 'AllOf':
      return new CancellationError(reason, message)
    case 'TimedOut':
      return new TimeoutCancellationError(reason, message)
    case 'DeadlinePassed':
      return new DeadlineCancellationError(reason, message)
    case 'CounterExhausted':
      return new CounterCancellationError(reason, message)
    case 'ConditionMet':
      return new ConditionCancellationError(reason, message)
    case 'BudgetSpent':
      return new BudgetCancellationError(reason, message)
    case 'Stalled':
      return new IdleCancellationError(reason, message)
  }
}

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

const tags: { readonly [Tag in Reason['_tag']]: true } = {
  Requested: true,
  TimedOut: true,
  DeadlinePassed: true,
  CounterExhausted: true,
  ConditionMet: true,
  BudgetSpent: true,
  Stalled: true,
  AllOf: true,
}

const sentence = (reason: Exclude<Reason, AllOf>): string => {
  switch (reason._tag) {
    case 'Requested': {
      const what = reason.name === undefined ? 'cancelled' : `'${reason.name}' requested`
      return reason.detail === undefined ? what : `${what}: ${reason.detail}`
    }
    case 'TimedOut':
      return `timed out after ${words(reason.duration)}`
    case 'DeadlinePassed':
      return `deadline ${showInstant(reason.instant)} passed`
    case 'CounterExhausted':
      return `counter exhausted after ${reason.limit} poll${reason.limit === 1 ? '' : 's'}`
    case 'ConditionMet':
      return `condition '${reason.name}' met`
    case 'BudgetSpent':
      return `budget '${reason.name}' spent: ${reason.spent} of ${reason.limit}`
    case 'Stalled':
      return `no beat of '${reason.name}' for ${words(reason.duration)}`
  }
}

const origin = ({ label, path }: Origin): string => {
  const notes = [
    ...(label === undefined ? [] : [`label '${label}'`]),
    ...(path.length === 0 ? [] : [`at ${path.join('.')}`]),
  ]
  return notes.length === 0 ? '' : ` (${notes.join(', ')})`
}

const words = (milliseconds: number): string => Duration.Show.show(Duration.from(milliseconds))
