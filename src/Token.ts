/**
 * A token says when to stop: plain immutable JSON-like data, built from leaves by three monoids.
 *
 * A token holds no clock, no function and no flag that flips; `Semantics` says what it means, and `CancelScope` opens it in
 * a world and asks it. Leaves fire by themselves, `any` when one part has, `all` when every part has, and `andThen` starts its
 * second part at the instant the first fires.
 *
 * Laws, for every trace of events up to the verdicts at polls (`≡`):
 *
 * - (`any`, `never`) and (`all`, `cancelled()`) are commutative idempotent monoids; `any(a, cancelled()) ≡ cancelled()`,
 *   `all(a, never) ≡ never`.
 * - Absorption `any(a, all(a, b)) ≡ a` and `all(a, any(a, b)) ≡ a`, distributivity both ways: a bounded distributive lattice.
 * - (`andThen`, `cancelled()`) is a monoid in which `never` absorbs on both sides, and it distributes over `any` and `all` on
 *   both sides: an idempotent semiring. Its right identity wants latching conditions.
 *
 * Which reason is named may differ between equal tokens: the earliest to fire gives it, ties go to the leftmost. Constructors
 * keep what they are given in its place, so that the path of a reason leads through the token as it was written;
 * `Analysis.normalise` simplifies. The system is that of the Python library cantok (MIT), rebuilt on data.
 *
 * @since 0.1.0
 */
import type { BoundedDistributiveLattice } from 'fp-ts/lib/BoundedDistributiveLattice.js'
import type { Eq as EqOf } from 'fp-ts/lib/Eq.js'
import type { Monoid } from 'fp-ts/lib/Monoid.js'
import type { Semigroup } from 'fp-ts/lib/Semigroup.js'
import type { Semiring as SemiringOf } from 'fp-ts/lib/Semiring.js'
import type { Show as ShowOf } from 'fp-ts/lib/Show.js'
import * as Duration from './Duration.js'
import { sameNormalForm } from './internal/normalForm.js'
import { received } from './internal/received.js'
import { reasonText } from './internal/reasonText.js'
import { stackSafe } from './internal/recursion.js'
import { isReason } from './Reason.js'
import type { Reason } from './Reason.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * What a token asks of the world by name, as a string a hover can show: `'manual:stop'`, `'condition:drained'`.
 *
 * @category model
 * @since 0.1.0
 */
export type Input = `manual:${string}` | `condition:${string}` | `budget:${string}` | `idle:${string}`

declare const inputs: unique symbol

/**
 * The inputs a token names, carried in its type only: the member is never there at run time.
 *
 * @category model
 * @since 0.1.0
 */
export interface Naming<I extends Input> {
  readonly [inputs]?: I | undefined
}

/**
 * Never fires.
 *
 * @category model
 * @since 0.1.0
 */
export interface Never<I extends Input = never> extends Naming<I> {
  readonly _tag: 'Never'
}

/**
 * Fires at once, for `reason` if it has one of its own.
 *
 * @category model
 * @since 0.1.0
 */
export interface Cancelled<I extends Input = never> extends Naming<I> {
  readonly _tag: 'Cancelled'
  readonly reason?: Reason
}

/**
 * Fires when its holder asks.
 *
 * @category model
 * @since 0.1.0
 */
export interface Manual<I extends Input = Input> extends Naming<I> {
  readonly _tag: 'Manual'
  readonly name: string
}

/**
 * Fires when `left` of its `duration` milliseconds have passed on the monotonic clock since it was started.
 *
 * @category model
 * @since 0.1.0
 */
export interface Timeout<I extends Input = never> extends Naming<I> {
  readonly _tag: 'Timeout'
  readonly duration: number
  readonly left: number
}

/**
 * Fires when the wall clock reaches `instant`, in epoch milliseconds.
 *
 * @category model
 * @since 0.1.0
 */
export interface Deadline<I extends Input = never> extends Naming<I> {
  readonly _tag: 'Deadline'
  readonly instant: number
}

/**
 * Fires on the poll after `left` (at first `limit`) polls have said "keep going"; with `direct`, polls that come through a
 * child scope do not count.
 *
 * @category model
 * @since 0.1.0
 */
export interface Counter<I extends Input = never> extends Naming<I> {
  readonly _tag: 'Counter'
  readonly limit: number
  readonly left: number
  readonly direct: boolean
}

/**
 * Fires when a poll finds the named predicate true: for good with `latch`, otherwise only while it is.
 *
 * @category model
 * @since 0.1.0
 */
export interface Condition<I extends Input = Input> extends Naming<I> {
  readonly _tag: 'Condition'
  readonly name: string
  readonly latch: boolean
  readonly onError: 'ignore' | 'throw'
  readonly fallback: boolean
}

/**
 * Fires when what is spent on `name` adds up to `left` (at first `limit`) or more.
 *
 * @category model
 * @since 0.1.0
 */
export interface Budget<I extends Input = Input> extends Naming<I> {
  readonly _tag: 'Budget'
  readonly name: string
  readonly limit: number
  readonly left: number
}

/**
 * Fires when `left` milliseconds (after each beat `duration` again) pass without a beat of `name`.
 *
 * @category model
 * @since 0.1.0
 */
export interface Idle<I extends Input = Input> extends Naming<I> {
  readonly _tag: 'Idle'
  readonly name: string
  readonly duration: number
  readonly left: number
}

/**
 * Fires as soon as one part has.
 *
 * @category model
 * @since 0.1.0
 */
export interface Any<I extends Input = Input> extends Naming<I> {
  readonly _tag: 'Any'
  readonly tokens: ReadonlyArray<Token<I>>
}

/**
 * Fires once every part has, not necessarily at the same time; `reasons` are those of parts that have fired already.
 *
 * @category model
 * @since 0.1.0
 */
export interface All<I extends Input = Input> extends Naming<I> {
  readonly _tag: 'All'
  readonly tokens: ReadonlyArray<Token<I>>
  readonly reasons?: ReadonlyArray<Reason>
}

/**
 * Starts `second` at the instant `first` fires, and fires when `second` does.
 *
 * @category model
 * @since 0.1.0
 */
export interface AndThen<I extends Input = Input> extends Naming<I> {
  readonly _tag: 'AndThen'
  readonly first: Token<I>
  readonly second: Token<I>
}

/**
 * Fires as `token` does; the reason carries `label`.
 *
 * @category model
 * @since 0.1.0
 */
export interface Labelled<I extends Input = Input> extends Naming<I> {
  readonly _tag: 'Labelled'
  readonly label: string
  readonly token: Token<I>
}

/**
 * When to stop. `I` is the union of the inputs it names; a token that names none is `Token`, one from outside `Token<Input>`.
 *
 * @category model
 * @since 0.1.0
 */
export type Token<I extends Input = never> =
  | Never<I>
  | Cancelled<I>
  | Manual<I>
  | Timeout<I>
  | Deadline<I>
  | Counter<I>
  | Condition<I>
  | Budget<I>
  | Idle<I>
  | Any<I>
  | All<I>
  | AndThen<I>
  | Labelled<I>

/**
 * The kinds of token.
 *
 * @category model
 * @since 0.1.0
 */
export type Tag = Token['_tag']

/**
 * Tokens of one kind, whatever they name.
 *
 * @category model
 * @since 0.1.0
 */
export type Tagged<T extends Tag> = Extract<Token<Input>, { readonly _tag: T }>

/**
 * The names that inputs of one kind have: `NameOf<'manual', 'manual:stop' | 'idle:io'>` is `'stop'`.
 *
 * @category model
 * @since 0.1.0
 */
export type NameOf<Kind extends string, I extends Input> = I extends `${Kind}:${infer Name}` ? Name : never

// -------------------------------------------------------------------------------------
// constructors
// -------------------------------------------------------------------------------------

/**
 * The token that never fires: the identity of `any`, the zero of the lattice and the semiring.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * console.log(Token.Show.show(Token.never)) // => 'never'
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const never: Token = { _tag: 'Never' }

/**
 * The token that fires at once: the identity of `all` and `andThen`, the one of the lattice and the semiring.
 *
 * Without a reason it adds none where another part has one, so that the identities hold for reasons too; alone it fires as
 * `Requested`. A reason is passed on as it is; a text becomes the `detail` of a `Requested`.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * console.log(Token.cancelled()) // => { _tag: 'Cancelled' }
 * console.log(Token.cancelled('maintenance'))
 * // => { _tag: 'Cancelled', reason: { _tag: 'Requested', detail: 'maintenance', path: [] } }
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const cancelled = (reason?: Reason | string): Token => {
  if (reason === undefined) return { _tag: 'Cancelled' }
  if (typeof reason === 'string') return { _tag: 'Cancelled', reason: { _tag: 'Requested', detail: reason, path: [] } }
  if (isReason(reason)) return { _tag: 'Cancelled', reason }
  throw new TypeError(`reason must be a reason or a text, but was ${received(reason)}`)
}

/**
 * Fires when its holder asks, by `cancelInput(scope, name)`.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * const token: Token.Token<'manual:stop'> = Token.manual('stop')
 * console.log(token) // => { _tag: 'Manual', name: 'stop' }
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const manual = <Name extends string>(name: Name): Token<`manual:${Name}`> => ({
  _tag: 'Manual',
  name: text('name', name),
})

/**
 * Fires when that much monotonic time has passed since it was started.
 *
 * `duration` is in milliseconds or a text such as `'5 seconds'`; 0 fires on the first look, `Infinity` is `never`. `left` is
 * what remains of a timeout used up in part. Throws a `RangeError` for a negative duration, NaN or a text that is none.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * console.log(Token.timeout('5 seconds')) // => { _tag: 'Timeout', duration: 5000, left: 5000 }
 * console.log(Token.timeout(Infinity)) // => { _tag: 'Never' }
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const timeout = (
  duration: Duration.DurationInput,
  options: { readonly left?: Duration.DurationInput } = {},
): Token => {
  const whole = Duration.from(duration)
  const left = remainder(Duration.from(optionsOnly(options).left ?? whole, 'left'), whole, 'duration')
  return whole === Infinity ? never : { _tag: 'Timeout', duration: whole, left }
}

/**
 * Fires when the wall clock reaches the instant, an epoch time in milliseconds or a `Date`.
 *
 * An instant that has passed fires on the first look, `Infinity` is `never`. Throws a `RangeError` for NaN, an invalid date
 * or `-Infinity`, a `TypeError` for anything else.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * console.log(Token.deadline(new Date('2030-01-01'))) // => { _tag: 'Deadline', instant: 1893456000000 }
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const deadline = (instant: number | Date): Token => {
  const epoch = typeof instant === 'object' && typeof instant?.getTime === 'function' ? instant.getTime() : instant
  if (typeof epoch !== 'number') {
    throw new TypeError(`instant must be epoch milliseconds or a Date, but was ${received(instant)}`)
  }
  if (!(epoch > -Infinity)) {
    throw new RangeError(`instant must be a valid Date or a number of epoch milliseconds, but was ${epoch}`)
  }
  return epoch === Infinity ? never : { _tag: 'Deadline', instant: epoch + 0 } // never -0
}

/**
 * Fires on the poll after `limit` polls have said "keep going".
 *
 * `limit` is an integer from 0 (fires on the first poll) to 2^53 − 1. With `direct` (the default) only polls of the scope that
 * holds it count, without it also those that come through a child scope and peeks. `left` is what remains of one used up in part.
 * Throws a `RangeError` for anything else.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * console.log(Token.counter(3)) // => { _tag: 'Counter', limit: 3, left: 3, direct: true }
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const counter = (limit: number, options: { readonly direct?: boolean; readonly left?: number } = {}): Token => ({
  _tag: 'Counter',
  limit: count('limit', limit),
  left: remainder(count('left', optionsOnly(options).left ?? limit), limit, 'limit'),
  direct: flag('direct', options.direct ?? true),
})

/**
 * Fires when a poll finds the predicate called `name` true; the world it is opened in supplies the predicate.
 *
 * With `latch` (the default) a true is for good; without, the condition is true only while the predicate is. A predicate that
 * throws, or returns what is no boolean, counts as `fallback` (default `false`) under `onError: 'ignore'` (the default), and
 * reaches the poller as an error under `'throw'`.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * console.log(Token.condition('drained', { latch: false }))
 * // => { _tag: 'Condition', name: 'drained', latch: false, onError: 'ignore', fallback: false }
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const condition = <Name extends string>(
  name: Name,
  options: { readonly latch?: boolean; readonly onError?: 'ignore' | 'throw'; readonly fallback?: boolean } = {},
): Token<`condition:${Name}`> => {
  const { latch = true, onError = 'ignore', fallback = false } = optionsOnly(options)
  if (onError !== 'ignore' && onError !== 'throw') {
    throw new TypeError(`onError must be 'ignore' or 'throw', but was ${received(onError)}`)
  }
  return {
    _tag: 'Condition',
    name: text('name', name),
    latch: flag('latch', latch),
    onError,
    fallback: flag('fallback', fallback),
  }
}

/**
 * Fires when the amounts spent on `name`, by `spend(scope, name, amount)`, add up to `limit` or more.
 *
 * `limit` is finite and 0 or more, in whatever unit the spender counts; 0 fires on the first look. `left` is what remains of
 * one used up in part. Throws a `RangeError` for anything else.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * console.log(Token.budget('bytes', 1_000_000)) // => { _tag: 'Budget', name: 'bytes', limit: 1000000, left: 1000000 }
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const budget = <Name extends string>(
  name: Name,
  limit: number,
  options: { readonly left?: number } = {},
): Token<`budget:${Name}`> => ({
  _tag: 'Budget',
  name: text('name', name),
  limit: amount('limit', limit),
  left: remainder(amount('left', optionsOnly(options).left ?? limit), limit, 'limit'),
})

/**
 * Fires when that much time passes without a `beat(scope, name)`, counted from its start at first.
 *
 * `duration` is as for `timeout`: 0 fires on the first look, `Infinity` is `never`. `left` is what remains before the next beat
 * is due. Throws a `RangeError` for a negative duration, NaN or a text that is none.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * console.log(Token.idle('worker', '30s')) // => { _tag: 'Idle', name: 'worker', duration: 30000, left: 30000 }
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const idle = <Name extends string>(
  name: Name,
  duration: Duration.DurationInput,
  options: { readonly left?: Duration.DurationInput } = {},
): Token<`idle:${Name}`> => {
  const named = text('name', name)
  const whole = Duration.from(duration)
  const left = remainder(Duration.from(optionsOnly(options).left ?? whole, 'left'), whole, 'duration')
  return whole === Infinity ? never : { _tag: 'Idle', name: named, duration: whole, left }
}

// -------------------------------------------------------------------------------------
// refinements
// -------------------------------------------------------------------------------------

/**
 * Whether a value looks like a token: an object with the tag of one. Looks no deeper; data from outside wants a decoder.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * console.log(Token.isToken(Token.never)) // => true
 * console.log(Token.isToken('never')) // => false
 * ```
 * @category refinements
 * @since 0.1.0
 */
export const isToken = (value: unknown): value is Token<Input> =>
  typeof value === 'object' &&
  value !== null &&
  '_tag' in value &&
  typeof value._tag === 'string' &&
  Object.hasOwn(tags, value._tag)

// -------------------------------------------------------------------------------------
// destructors
// -------------------------------------------------------------------------------------

/**
 * Answers for each kind of token; total, so a new kind is a compile error until it is answered for.
 *
 * Looks at the root only; to go into the parts, however deep they nest, use `fold`.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * const isLeaf = Token.match({
 *   Never: () => true,
 *   Cancelled: () => true,
 *   Manual: () => true,
 *   Timeout: () => true,
 *   Deadline: () => true,
 *   Counter: () => true,
 *   Condition: () => true,
 *   Budget: () => true,
 *   Idle: () => true,
 *   Any: () => false,
 *   All: () => false,
 *   AndThen: () => false,
 *   Labelled: () => false,
 * })
 * console.log(isLeaf(Token.manual('stop'))) // => true
 * ```
 * @category destructors
 * @since 0.1.0
 */
export const match =
  <A>(handlers: { readonly [T in Tag]: (token: Tagged<T>) => A }): ((token: Token<Input>) => A) =>
  (token) => {
    switch (token._tag) {
      case 'Never':
        return handlers.Never(token)
      case 'Cancelled':
        return handlers.Cancelled(token)
      case 'Manual':
        return handlers.Manual(token)
      case 'Timeout':
        return handlers.Timeout(token)
      case 'Deadline':
        return handlers.Deadline(token)
      case 'Counter':
        return handlers.Counter(token)
      case 'Condition':
        return handlers.Condition(token)
      case 'Budget':
        return handlers.Budget(token)
      case 'Idle':
        return handlers.Idle(token)
      case 'Any':
        return handlers.Any(token)
      case 'All':
        return handlers.All(token)
      case 'AndThen':
        return handlers.AndThen(token)
      case 'Labelled':
        return handlers.Labelled(token)
    }
  }

/**
 * What `fold` asks: an answer for each leaf, and for each combinator one made of the answers for its parts.
 *
 * @category destructors
 * @since 0.1.0
 */
export type Algebra<A> = {
  readonly [T in Exclude<Tag, 'Any' | 'All' | 'AndThen' | 'Labelled'>]: (token: Tagged<T>) => A
} & {
  readonly Any: (token: Any, parts: ReadonlyArray<A>) => A
  readonly All: (token: All, parts: ReadonlyArray<A>) => A
  readonly AndThen: (token: AndThen, first: A, second: A) => A
  readonly Labelled: (token: Labelled, part: A) => A
}

/**
 * Replaces every leaf and combinator of a token by an answer, from the leaves up, left to right.
 *
 * Stack-safe at any depth, and linear in the number of nodes if the algebra's answers are constant.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * const one = () => 1
 * const leaves = Token.fold<number>({
 *   Never: one,
 *   Cancelled: one,
 *   Manual: one,
 *   Timeout: one,
 *   Deadline: one,
 *   Counter: one,
 *   Condition: one,
 *   Budget: one,
 *   Idle: one,
 *   Any: (_, parts) => parts.reduce((sum, part) => sum + part, 0),
 *   All: (_, parts) => parts.reduce((sum, part) => sum + part, 0),
 *   AndThen: (_, first, second) => first + second,
 *   Labelled: (_, part) => part,
 * })
 * console.log(leaves(Token.any(Token.manual('stop'), Token.all(Token.counter(3), Token.timeout('1s'))))) // => 3
 * ```
 * @category destructors
 * @since 0.1.0
 */
export const fold = <A>(algebra: Algebra<A>): ((token: Token<Input>) => A) => {
  const leaf = match({ ...algebra, Any: unreachable, All: unreachable, AndThen: unreachable, Labelled: unreachable })
  return stackSafe<Token<Input>, A>(function* (token) {
    switch (token._tag) {
      case 'Any': {
        const parts: Array<A> = []
        for (const part of token.tokens) parts.push(yield part)
        return algebra.Any(token, parts)
      }
      case 'All': {
        const parts: Array<A> = []
        for (const part of token.tokens) parts.push(yield part)
        return algebra.All(token, parts)
      }
      case 'AndThen':
        return algebra.AndThen(token, yield token.first, yield token.second)
      case 'Labelled':
        return algebra.Labelled(token, yield token.token)
      default:
        return leaf(token)
    }
  })
}

// -------------------------------------------------------------------------------------
// combinators
// -------------------------------------------------------------------------------------

/**
 * Fires as soon as one part has; of nothing it is `never`.
 *
 * The reason is that of the part that fired earliest, ties go to the leftmost. Always a new token; nothing is flattened or
 * simplified, so parts keep their place. Throws a `TypeError` for a part that is no token.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * const token: Token.Token<'manual:stop' | 'condition:drained'> = Token.any(
 *   Token.manual('stop'),
 *   Token.condition('drained'),
 *   Token.timeout('1 second'),
 * )
 * console.log(Token.Show.show(token)) // => 'any(manual("stop"), condition("drained"), timeout("1 second"))'
 * ```
 * @category combinators
 * @since 0.1.0
 */
export const any = <Is extends ReadonlyArray<Input>>(
  ...tokens: { readonly [K in keyof Is]: Token<Is[K]> }
): Token<Is[number]> => (tokens.length === 0 ? never : { _tag: 'Any', tokens: tokensOnly<Is[number]>('any', tokens) })

/**
 * Fires once every part has, not necessarily at the same time; of nothing it is `cancelled()`.
 *
 * The reason of several is `AllOf` with theirs in the order they fired. Always a new token; nothing is flattened or simplified.
 * Throws a `TypeError` for a part that is no token.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * console.log(Token.Show.show(Token.all(Token.timeout('1s'), Token.counter(3)))) // => 'all(timeout("1 second"), counter(3))'
 * ```
 * @category combinators
 * @since 0.1.0
 */
export const all = <Is extends ReadonlyArray<Input>>(
  ...tokens: { readonly [K in keyof Is]: Token<Is[K]> }
): Token<Is[number]> =>
  tokens.length === 0 ? { _tag: 'Cancelled' } : { _tag: 'All', tokens: tokensOnly<Is[number]>('all', tokens) }

/**
 * Starts `second` at the instant `first` fires, and fires when `second` does, with its reason.
 *
 * A poll that finds `first` fired goes on to look at `second`; other events reach only what was started before they came.
 * Time that had passed since `first` fired counts for `second`, however seldom one looks. Throws a `TypeError` for a part that is no token.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * // the hard stop that follows the soft one
 * const shutdown = Token.andThen(Token.manual('sigterm'), Token.timeout('10 seconds'))
 * console.log(Token.Show.show(shutdown)) // => 'andThen(manual("sigterm"), timeout("10 seconds"))'
 * ```
 * @category combinators
 * @since 0.1.0
 */
export const andThen = <I extends Input, J extends Input>(first: Token<I>, second: Token<J>): Token<I | J> => {
  tokensOnly<Input>('andThen', [first, second])
  return { _tag: 'AndThen', first, second }
}

/**
 * Gives the reasons of a token a label; of nested labels the innermost is the reason's `label`, its `path` shows all.
 *
 * @example
 * ```ts
 * import { pipe } from 'fp-ts/lib/function.js'
 * import { Token } from 'cantok-ts'
 *
 * const token = pipe(Token.timeout('1 second'), Token.labelled('page'))
 * console.log(Token.Show.show(token)) // => 'labelled("page")(timeout("1 second"))'
 * ```
 * @category combinators
 * @since 0.1.0
 */
export const labelled =
  (label: string): (<I extends Input>(self: Token<I>) => Token<I>) =>
  (self) => {
    tokensOnly('labelled', [self])
    return { _tag: 'Labelled', label: text('label', label), token: self }
  }

/**
 * `any` of two, for `pipe`: `self` on the left.
 *
 * @example
 * ```ts
 * import { pipe } from 'fp-ts/lib/function.js'
 * import { Token } from 'cantok-ts'
 *
 * console.log(Token.Show.show(pipe(Token.manual('stop'), Token.or(Token.counter(3))))) // => 'any(manual("stop"), counter(3))'
 * ```
 * @category combinators
 * @since 0.1.0
 */
export const or =
  <J extends Input>(that: Token<J>): (<I extends Input>(self: Token<I>) => Token<I | J>) =>
  <I extends Input>(self: Token<I>) =>
    any(self, that)

/**
 * `all` of two, for `pipe`: `self` on the left.
 *
 * @example
 * ```ts
 * import { pipe } from 'fp-ts/lib/function.js'
 * import { Token } from 'cantok-ts'
 *
 * console.log(Token.Show.show(pipe(Token.manual('stop'), Token.and(Token.counter(3))))) // => 'all(manual("stop"), counter(3))'
 * ```
 * @category combinators
 * @since 0.1.0
 */
export const and =
  <J extends Input>(that: Token<J>): (<I extends Input>(self: Token<I>) => Token<I | J>) =>
  <I extends Input>(self: Token<I>) =>
    all(self, that)

/**
 * `andThen`, for `pipe`: `self` comes first.
 *
 * @example
 * ```ts
 * import { pipe } from 'fp-ts/lib/function.js'
 * import { Token } from 'cantok-ts'
 *
 * const token = pipe(Token.manual('sigterm'), Token.followedBy(Token.timeout('2s')))
 * console.log(Token.Show.show(token)) // => 'andThen(manual("sigterm"), timeout("2 seconds"))'
 * ```
 * @category combinators
 * @since 0.1.0
 */
export const followedBy =
  <J extends Input>(that: Token<J>): (<I extends Input>(self: Token<I>) => Token<I | J>) =>
  <I extends Input>(self: Token<I>) =>
    andThen(self, that)

// -------------------------------------------------------------------------------------
// instances
// -------------------------------------------------------------------------------------

/**
 * Equality of normal forms: equal tokens mean the same and name the same labels; tokens that mean the same may still differ.
 *
 * Stack-safe; about linear in the number of nodes.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * const { manual, never, timeout, any } = Token
 * console.log(Token.Eq.equals(any(any(manual('a'), never), manual('a')), manual('a'))) // => true
 * console.log(Token.Eq.equals(any(timeout(5), timeout(3)), timeout(3))) // => true
 * console.log(Token.Eq.equals(manual('a'), manual('b'))) // => false
 * ```
 * @category instances
 * @since 0.1.0
 */
export const Eq: EqOf<Token<Input>> = { equals: sameNormalForm }

/**
 * The code for a token; what is left of a leaf used up in part is shown too, and reasons that an `all` holds as parts that would give them. Stack-safe, linear.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * const token = Token.any(Token.condition('drained', { latch: false }), Token.counter(5, { left: 2 }))
 * console.log(Token.Show.show(token)) // => 'any(condition("drained", { latch: false }), counter(5, { left: 2 }))'
 * ```
 * @category instances
 * @since 0.1.0
 */
export const Show: ShowOf<Token<Input>> = {
  show: fold<string>({
    Never: () => 'never',
    Cancelled: ({ reason }) => (reason === undefined ? 'cancelled()' : `cancelled(${reasonText(reason)})`),
    Manual: ({ name }) => `manual(${quoted(name)})`,
    Timeout: ({ duration, left }) =>
      `timeout(${span(duration)}${options({ left: left === duration ? undefined : left })})`,
    Deadline: ({ instant }) => `deadline(${instant})`,
    Counter: ({ limit, left, direct }) =>
      `counter(${limit}${options({ direct: direct ? undefined : false, left: left === limit ? undefined : left })})`,
    Condition: ({ name, latch, onError, fallback }) =>
      `condition(${quoted(name)}${options({
        latch: latch ? undefined : false,
        onError: onError === 'ignore' ? undefined : quoted(onError),
        fallback: fallback ? true : undefined,
      })})`,
    Budget: ({ name, limit, left }) =>
      `budget(${quoted(name)}, ${limit}${options({ left: left === limit ? undefined : left })})`,
    Idle: ({ name, duration, left }) =>
      `idle(${quoted(name)}, ${span(duration)}${options({ left: left === duration ? undefined : left })})`,
    Any: (_, parts) => `any(${listed(parts)})`,
    // reasons of parts that have fired are shown as the parts that would give them
    All: ({ reasons = [] }, parts) =>
      `all(${listed([...reasons.map((reason) => `cancelled(${reasonText(reason)})`), ...parts])})`,
    AndThen: (_, first, second) => `andThen(${first}, ${second})`,
    Labelled: ({ label }, part) => `labelled(${quoted(label)})(${part})`,
  }),
}

/**
 * The semigroup of `any` for tokens that may name inputs.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * const S = Token.getSemigroupAny<'manual:a' | 'manual:b'>()
 * console.log(Token.Show.show(S.concat(Token.manual('a'), Token.manual('b')))) // => 'any(manual("a"), manual("b"))'
 * ```
 * @category instances
 * @since 0.1.0
 */
export const getSemigroupAny = <I extends Input = never>(): Semigroup<Token<I>> => ({
  concat: (first, second) => any(first, second),
})

/**
 * The semigroup of `all` for tokens that may name inputs.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * const S = Token.getSemigroupAll<'manual:a' | 'manual:b'>()
 * console.log(Token.Show.show(S.concat(Token.manual('a'), Token.manual('b')))) // => 'all(manual("a"), manual("b"))'
 * ```
 * @category instances
 * @since 0.1.0
 */
export const getSemigroupAll = <I extends Input = never>(): Semigroup<Token<I>> => ({
  concat: (first, second) => all(first, second),
})

/**
 * The semigroup of `andThen` for tokens that may name inputs.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * const S = Token.getSemigroupAndThen<'manual:a' | 'manual:b'>()
 * console.log(Token.Show.show(S.concat(Token.manual('a'), Token.manual('b')))) // => 'andThen(manual("a"), manual("b"))'
 * ```
 * @category instances
 * @since 0.1.0
 */
export const getSemigroupAndThen = <I extends Input = never>(): Semigroup<Token<I>> => ({ concat: andThen })

/**
 * The monoid of `any`, with `never` as its identity. Folding n tokens is linear.
 *
 * @example
 * ```ts
 * import { concatAll } from 'fp-ts/lib/Monoid.js'
 * import { Token } from 'cantok-ts'
 *
 * const anyOf = concatAll(Token.getMonoidAny<'manual:a' | 'manual:b'>())
 * console.log(Token.Eq.equals(anyOf([Token.manual('a'), Token.manual('b')]), Token.any(Token.manual('a'), Token.manual('b')))) // => true
 * ```
 * @category instances
 * @since 0.1.0
 */
export const getMonoidAny = <I extends Input = never>(): Monoid<Token<I>> => ({ ...getSemigroupAny<I>(), empty: never })

/**
 * The monoid of `all`, with `cancelled()` as its identity. Folding n tokens is linear.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * const M = Token.getMonoidAll<'manual:a'>()
 * console.log(Token.Eq.equals(M.concat(M.empty, Token.manual('a')), Token.manual('a'))) // => true
 * ```
 * @category instances
 * @since 0.1.0
 */
export const getMonoidAll = <I extends Input = never>(): Monoid<Token<I>> => ({
  ...getSemigroupAll<I>(),
  empty: cancelled(),
})

/**
 * The monoid of `andThen`, with `cancelled()` as its identity. Folding n tokens is linear.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * const M = Token.getMonoidAndThen<'manual:a'>()
 * console.log(Token.Eq.equals(M.concat(Token.manual('a'), M.empty), Token.manual('a'))) // => true
 * ```
 * @category instances
 * @since 0.1.0
 */
export const getMonoidAndThen = <I extends Input = never>(): Monoid<Token<I>> => ({
  ...getSemigroupAndThen<I>(),
  empty: cancelled(),
})

/**
 * The bounded distributive lattice: join is `any`, meet is `all`, zero is `never`, one is `cancelled()`.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * const L = Token.getLattice<'manual:a'>()
 * console.log(Token.Eq.equals(L.meet(L.zero, Token.manual('a')), L.zero)) // => true
 * ```
 * @category instances
 * @since 0.1.0
 */
export const getLattice = <I extends Input = never>(): BoundedDistributiveLattice<Token<I>> => ({
  join: getSemigroupAny<I>().concat,
  meet: getSemigroupAll<I>().concat,
  zero: never,
  one: cancelled(),
})

/**
 * The idempotent semiring: sum is `any`, product is `andThen`, zero is `never`, one is `cancelled()`.
 *
 * On pure timeouts it is the tropical semiring: `any` is min and `andThen` is plus.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * const S = Token.getSemiring<'manual:a'>()
 * console.log(Token.Eq.equals(S.mul(S.one, Token.manual('a')), Token.manual('a'))) // => true
 * ```
 * @category instances
 * @since 0.1.0
 */
export const getSemiring = <I extends Input = never>(): SemiringOf<Token<I>> => ({
  add: getSemigroupAny<I>().concat,
  zero: never,
  mul: getSemigroupAndThen<I>().concat,
  one: cancelled(),
})

/**
 * `getSemigroupAny` for tokens that name no input.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * const token = Token.SemigroupAny.concat(Token.counter(3), Token.timeout('1s'))
 * console.log(Token.Show.show(token)) // => 'any(counter(3), timeout("1 second"))'
 * ```
 * @category instances
 * @since 0.1.0
 */
export const SemigroupAny: Semigroup<Token> = /*#__PURE__*/ getSemigroupAny()

/**
 * `getSemigroupAll` for tokens that name no input.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * const token = Token.SemigroupAll.concat(Token.counter(3), Token.timeout('1s'))
 * console.log(Token.Show.show(token)) // => 'all(counter(3), timeout("1 second"))'
 * ```
 * @category instances
 * @since 0.1.0
 */
export const SemigroupAll: Semigroup<Token> = /*#__PURE__*/ getSemigroupAll()

/**
 * `getSemigroupAndThen` for tokens that name no input.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * const token = Token.SemigroupAndThen.concat(Token.counter(3), Token.timeout('1s'))
 * console.log(Token.Show.show(token)) // => 'andThen(counter(3), timeout("1 second"))'
 * ```
 * @category instances
 * @since 0.1.0
 */
export const SemigroupAndThen: Semigroup<Token> = /*#__PURE__*/ getSemigroupAndThen()

/**
 * `getMonoidAny` for tokens that name no input.
 *
 * @example
 * ```ts
 * import { concatAll } from 'fp-ts/lib/Monoid.js'
 * import { Token } from 'cantok-ts'
 *
 * const soonest = concatAll(Token.MonoidAny)([Token.timeout('5s'), Token.timeout('3s')])
 * console.log(Token.Eq.equals(soonest, Token.timeout('3s'))) // => true
 * ```
 * @category instances
 * @since 0.1.0
 */
export const MonoidAny: Monoid<Token> = /*#__PURE__*/ getMonoidAny()

/**
 * `getMonoidAll` for tokens that name no input.
 *
 * @example
 * ```ts
 * import { concatAll } from 'fp-ts/lib/Monoid.js'
 * import { Token } from 'cantok-ts'
 *
 * const latest = concatAll(Token.MonoidAll)([Token.timeout('5s'), Token.timeout('3s')])
 * console.log(Token.Eq.equals(latest, Token.timeout('5s'))) // => true
 * ```
 * @category instances
 * @since 0.1.0
 */
export const MonoidAll: Monoid<Token> = /*#__PURE__*/ getMonoidAll()

/**
 * `getMonoidAndThen` for tokens that name no input.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * const { MonoidAndThen, timeout } = Token
 * console.log(Token.Eq.equals(MonoidAndThen.concat(MonoidAndThen.empty, timeout('3s')), timeout('3s'))) // => true
 * ```
 * @category instances
 * @since 0.1.0
 */
export const MonoidAndThen: Monoid<Token> = /*#__PURE__*/ getMonoidAndThen()

/**
 * `getLattice` for tokens that name no input.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * const { Lattice, timeout } = Token
 * console.log(Token.Eq.equals(Lattice.join(timeout('3s'), Lattice.zero), timeout('3s'))) // => true
 * ```
 * @category instances
 * @since 0.1.0
 */
export const Lattice: BoundedDistributiveLattice<Token> = /*#__PURE__*/ getLattice()

/**
 * `getSemiring` for tokens that name no input.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 *
 * const { Semiring, timeout } = Token
 * console.log(Token.Eq.equals(Semiring.mul(timeout('3s'), Semiring.zero), Semiring.zero)) // => true
 * ```
 * @category instances
 * @since 0.1.0
 */
export const Semiring: SemiringOf<Token> = /*#__PURE__*/ getSemiring()

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

const tags: { readonly [T in Tag]: true } = {
  Never: true,
  Cancelled: true,
  Manual: true,
  Timeout: true,
  Deadline: true,
  Counter: true,
  Condition: true,
  Budget: true,
  Idle: true,
  Any: true,
  All: true,
  AndThen: true,
  Labelled: true,
}

const text = (argument: string, value: string): string => {
  if (typeof value === 'string' && value !== '') return value
  throw new TypeError(`${argument} must be a text that is not empty, but was ${received(value)}`)
}

const flag = (argument: string, value: boolean): boolean => {
  if (typeof value === 'boolean') return value
  throw new TypeError(`${argument} must be true or false, but was ${received(value)}`)
}

const count = (argument: string, value: number): number => {
  if (Number.isSafeInteger(value) && value >= 0) return value + 0 // never -0
  throw new RangeError(`${argument} must be an integer from 0 to 2^53 - 1, but was ${received(value)}`)
}

const amount = (argument: string, value: number): number => {
  if (Number.isFinite(value) && value >= 0) return value + 0 // never -0
  throw new RangeError(`${argument} must be a finite number, 0 or more, but was ${received(value)}`)
}

const remainder = (left: number, whole: number, argument: string): number => {
  if (left <= whole) return left
  throw new RangeError(`left must be at most the ${argument} of ${whole}, but was ${left}`)
}

const optionsOnly = <Options extends object>(options: Options): Options => {
  if (typeof options === 'object' && options !== null) return options
  throw new TypeError(`options must be an object, but was ${received(options)}`)
}

const tokensOnly = <I extends Input>(combinator: string, tokens: ReadonlyArray<Token<I>>): ReadonlyArray<Token<I>> => {
  tokens.forEach((token, index) => {
    if (!isToken(token)) {
      throw new TypeError(`argument ${index + 1} of ${combinator} must be a token, but was ${received(token)}`)
    }
  })
  return tokens
}

/** Hoisted, since instances are made by `fold` above. */
function unreachable(token: Token<Input>): never {
  throw new TypeError(`a ${token._tag} is no leaf`)
}

const quoted = (name: string): string => JSON.stringify(name)

const span = (duration: number): string => quoted(Duration.Show.show(Duration.from(duration)))

const options = (given: Readonly<Record<string, unknown>>): string => {
  const fields = Object.entries(given).filter(([, value]) => value !== undefined)
  return fields.length === 0 ? '' : `, { ${fields.map(([name, value]) => `${name}: ${String(value)}`).join(', ')} }`
}

/** Parts with commas between; sums and not `join`, since the engine keeps sums as ropes and copies no level of a deep nest. */
const listed = (parts: ReadonlyArray<string>): string =>
  parts.reduce((listing, part) => (listing === '' ? part : `${listing}, ${part}`), '')
