import * as Token from '../Token.js'
import type { Event } from '../Semantics.js'
import { filled, whole } from './constraint.js'
import type { Trace } from './trace.js'

type AnyToken = Token.Token<Token.Input>

/**
 * A scope small enough to look at everything in it: which tokens, and which traces.
 *
 * The defaults name two manual inputs and a condition; they give 2 436 tokens and 1 555 traces.
 *
 * @category model
 * @since 0.1.0
 */
export interface SmallScope {
  /** How many nodes a token may have, leaves and combinators alike, 1 or more; default 4. */
  readonly maxSize?: number
  /** How many events a trace may have; default 4. */
  readonly maxLength?: number
  /** One or more; default `never`, `cancelled()`, `manual('a')`, `manual('b')`, `timeout(1)`, `counter(1)` and `condition('p')`. */
  readonly leaves?: ReadonlyArray<AnyToken>
  /** Default `['one']`. */
  readonly labels?: ReadonlyArray<string>
  /** One or more; default requests of `a` and `b`, spans of 1 ms and of 2 ms, and direct polls that find `p` true and false. */
  readonly events?: ReadonlyArray<Event>
}

/**
 * All tokens of a small scope, each once, lazily, those with fewer nodes first.
 *
 * They are all that `any` and `all` of one or more parts, `andThen` and `labelled` make of the leaves. Their number grows like a power: see `SmallScope`.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { smallTokens, toCode } from 'cantok-ts/testing'
 *
 * const tokens = [...smallTokens({ maxSize: 2, leaves: [Token.never], labels: [] })]
 * console.log(tokens.map(toCode)) // => ['Token.never', 'Token.any(Token.never)', 'Token.all(Token.never)']
 * ```
 * @category enumeration
 * @since 0.1.0
 */
export function* smallTokens(scope: SmallScope = {}): Generator<AnyToken, void> {
  for (const { token } of sizedTokens(scope)) yield token
}

/**
 * All traces of a small scope, each once, lazily, the shorter first; that of no events is the first.
 *
 * @example
 * ```ts
 * import { smallTraces } from 'cantok-ts/testing'
 *
 * console.log([...smallTraces({ maxLength: 4 })].length) // => 1555
 * ```
 * @category enumeration
 * @since 0.1.0
 */
export function* smallTraces(scope: SmallScope = {}): Generator<Trace, void> {
  const { maxLength, events } = withDefaults(scope)
  function* ofLength(length: number): Generator<Trace, void> {
    if (length === 0) yield []
    else for (const before of ofLength(length - 1)) for (const event of events) yield [...before, event]
  }
  for (let length = 0; length <= maxLength; length++) yield* ofLength(length)
}

/** A token with the number of its nodes. */
export interface Sized {
  readonly token: AnyToken
  readonly size: number
}

/** The tokens of a small scope with their sizes, the smaller first. */
export function* sizedTokens(scope: SmallScope): Generator<Sized, void> {
  const { maxSize, leaves, labels } = withDefaults(scope)
  const bySize: Array<ReadonlyArray<AnyToken>> = [[]]
  /** All lists of tokens with so many nodes together. */
  function* lists(size: number): Generator<ReadonlyArray<AnyToken>, void> {
    if (size === 0) yield []
    for (let first = 1; first <= size; first++)
      for (const token of bySize[first] ?? []) for (const rest of lists(size - first)) yield [token, ...rest]
  }
  function* ofSize(size: number): Generator<AnyToken, void> {
    if (size === 1) yield* leaves
    if (size === 1) return
    for (const label of labels) for (const token of bySize[size - 1] ?? []) yield Token.labelled(label)(token)
    for (const tokens of lists(size - 1)) yield Token.any(...tokens)
    for (const tokens of lists(size - 1)) yield Token.all(...tokens)
    for (const [first, second, ...more] of lists(size - 1))
      if (first !== undefined && second !== undefined && more.length === 0) yield Token.andThen(first, second)
  }
  for (let size = 1; size <= maxSize; size++) {
    const found: Array<AnyToken> = []
    for (const token of ofSize(size)) {
      if (size < maxSize) found.push(token)
      yield { token, size }
    }
    bySize.push(found)
  }
}

/** A small scope with nothing left open, and something in it. */
export const withDefaults = ({
  maxSize = 4,
  maxLength = 4,
  leaves = defaultLeaves(),
  labels = ['one'],
  events = defaultEvents,
}: SmallScope): Required<SmallScope> => ({
  maxSize: whole('maxSize', maxSize, 1),
  maxLength: whole('maxLength', maxLength, 0),
  leaves: filled('leaves', leaves),
  labels,
  events: filled('events', events),
})

const defaultLeaves = (): ReadonlyArray<AnyToken> => [
  Token.never,
  Token.cancelled(),
  Token.manual('a'),
  Token.manual('b'),
  Token.timeout(1),
  Token.counter(1),
  Token.condition('p'),
]

const defaultEvents: ReadonlyArray<Event> = [
  { _tag: 'Requested', name: 'a' },
  { _tag: 'Requested', name: 'b' },
  { _tag: 'Elapsed', ms: 1, wall: 1 },
  { _tag: 'Elapsed', ms: 2, wall: 2 },
  { _tag: 'Polled', conditions: { p: true }, direct: true },
  { _tag: 'Polled', conditions: { p: false }, direct: true },
]
