import * as fc from 'fast-check'
import * as Token from '../Token.js'
import { texts, wholes } from './constraint.js'
import { weighted, withDefaultNames } from './names.js'
import type { Names } from './names.js'
import { reason } from './reason.js'
import { printsAs, shorter, shrinkable, smallerNumbers, withOneSmaller } from './shrinking.js'
import { toCode } from './toCode.js'

/**
 * The kinds of token that have parts.
 *
 * @category model
 * @since 0.1.0
 */
export type CombinatorTag = 'Any' | 'All' | 'AndThen' | 'Labelled'

/**
 * The kinds of token that have no parts.
 *
 * @category model
 * @since 0.1.0
 */
export type LeafTag = Exclude<Token.Tag, CombinatorTag>

/**
 * What generated tokens are made of.
 *
 * @category model
 * @since 0.1.0
 */
export interface TokenConstraints {
  /** How deep combinators may nest, 0 for leaves alone; default 5. */
  readonly maxDepth?: number
  /** How many parts an `any` and an `all` may have; they have at least one. Default 3. */
  readonly maxParts?: number
  /** The kinds of leaf, or their weights; default all, equally often. */
  readonly leaves?: ReadonlyArray<LeafTag> | { readonly [T in LeafTag]?: number }
  /** The kinds of combinator, or their weights beside leaves, which weigh 2; default all, `Labelled` 1 and the others 2. */
  readonly combinators?: ReadonlyArray<CombinatorTag> | { readonly [T in CombinatorTag]?: number }
  /** The names of inputs; default `defaultNames`. A kind without names is not generated. */
  readonly names?: Names
  /** The labels; default `['one', 'two']`. */
  readonly labels?: ReadonlyArray<string>
  /** Conditions without a latch too; default true. */
  readonly momentary?: boolean
  /** Conditions whose failure reaches the poller too; default false. */
  readonly throwing?: boolean
  /** Leaves used up in part too; default false. */
  readonly used?: boolean
  /** `cancelled` with reasons of every kind, and not with a text alone; default false. */
  readonly reasons?: boolean
  /** The longest span of a timeout or an idle, in milliseconds; default 6. */
  readonly maxDuration?: number
  /** The earliest instant of a deadline, in epoch milliseconds; default -2, or `maxInstant` where that is earlier. */
  readonly minInstant?: number
  /** The latest instant of a deadline, in epoch milliseconds; default 14, or `minInstant` where that is later. */
  readonly maxInstant?: number
  /** The highest limit of a counter; default 3. */
  readonly maxCount?: number
  /** The highest limit of a budget; default 4. */
  readonly maxAmount?: number
}

type AnyToken = Token.Token<Token.Input>

/**
 * Generates tokens: of every kind, names and small numbers, so that events hit leaves and ties happen.
 *
 * They shrink to few nodes, then to simple leaves (`never`, `cancelled()`, a manual input …), then to small numbers and first names; so do tokens given as
 * examples. In reports they print as the code that makes them; the values themselves are plain data. Throws a `RangeError` of a number that is not whole or too
 * low, and where no kind of leaf is left.
 *
 * @example
 * ```ts
 * import * as fc from 'fast-check'
 * import { Token } from 'cantok-ts'
 * import { toCode, token } from 'cantok-ts/testing'
 *
 * const simple = token({ maxDepth: 2, leaves: ['Manual', 'Timeout'], names: { manual: ['stop'] } })
 * const isPlain = (each: Token.Token<Token.Input>) => !toCode(each).includes('andThen')
 * const { counterexample } = fc.check(fc.property(simple, isPlain), { seed: 1 })
 * console.log(fc.stringify(counterexample?.[0]))
 * // => "Token.andThen(Token.manual('stop'), Token.manual('stop'))"
 * ```
 * @category arbitraries
 * @since 0.1.0
 */
export const token = (constraints: TokenConstraints = {}): fc.Arbitrary<AnyToken> => {
  const { maxDepth = 5, maxParts = 3, labels = ['one', 'two'], combinators } = constraints
  wholes(constraints, { maxDepth: 0, maxParts: 1, maxDuration: 0, maxCount: 0, maxAmount: 0 })
  wholes(constraints, { minInstant: -Infinity, maxInstant: constraints.minInstant ?? -Infinity })
  texts('labels', labels)
  const leaves = leafArbitraries(constraints)
  const leaf = fc.oneof(...leaves.values())
  const weights = weighted<CombinatorTag>(combinators, {
    Any: 2,
    All: 2,
    AndThen: 2,
    Labelled: labels.length === 0 ? 0 : 1,
  })

  const grown = (depth: number): fc.Arbitrary<AnyToken> => {
    if (depth <= 0 || weights.size === 0) return leaf
    const part = grown(depth - 1)
    const parts = fc.array(part, { minLength: 1, maxLength: maxParts, size: 'max' })
    const made: { readonly [T in CombinatorTag]: fc.Arbitrary<AnyToken> } = {
      Any: parts.map((tokens): AnyToken => Token.any(...tokens)),
      All: parts.map((tokens): AnyToken => Token.all(...tokens)),
      AndThen: fc.tuple(part, part).map(([first, second]): AnyToken => Token.andThen(first, second)),
      Labelled: fc.tuple(from(labels), part).map(([label, each]) => Token.labelled(label)(each)),
    }
    return fc.oneof(
      { weight: 2, arbitrary: leaf },
      ...[...weights].map(([tag, weight]) => ({ weight, arbitrary: made[tag] })),
    )
  }

  return shrinkable(grown(maxDepth), {
    isOne: Token.isToken,
    smaller: smallerTokens({ tags: [...leaves.keys()], names: withDefaultNames(constraints.names), labels }),
    finished: (each) => printsAs({ ...each }, toCode),
  })
}

/** A leaf of each kind that is wanted and has a name to draw. */
const leafArbitraries = (
  constraints: TokenConstraints,
): ReadonlyMap<LeafTag, { readonly weight: number; readonly arbitrary: fc.Arbitrary<AnyToken> }> => {
  const { momentary = true, throwing = false, used = false, reasons = false } = constraints
  const { maxParts = 3, maxDuration = 6, maxCount = 3, maxAmount = 4 } = constraints
  const { maxInstant = Math.max(14, constraints.minInstant ?? 14) } = constraints
  const { minInstant = Math.min(-2, maxInstant) } = constraints
  const names = withDefaultNames(constraints.names)
  const { Never, Cancelled, Manual, Timeout, Deadline, Counter, Condition, Budget, Idle } = defaultLeaves
  const weights = weighted<LeafTag>(constraints.leaves, {
    Never,
    Cancelled,
    Manual: names.manual.length === 0 ? 0 : Manual,
    Timeout,
    Counter,
    Condition: names.condition.length === 0 ? 0 : Condition,
    Budget: names.budget.length === 0 ? 0 : Budget,
    Idle: names.idle.length === 0 ? 0 : Idle,
    Deadline,
  })
  const upTo = (max: number): fc.Arbitrary<number> => fc.nat({ max })
  const limit = (max: number): fc.Arbitrary<readonly [whole: number, left: number]> =>
    used
      ? upTo(max).chain((whole) => upTo(whole).map((left) => [whole, left] as const))
      : upTo(max).map((whole) => [whole, whole] as const)
  const given = reasons
    ? reason({ ...constraints, maxDepth: 1, maxParts: Math.max(2, maxParts), maxInstant: Math.max(0, maxInstant) })
    : fc.constant('given')
  const made: { readonly [T in LeafTag]: () => fc.Arbitrary<AnyToken> } = {
    Never: () => fc.constant(Token.never),
    Cancelled: () =>
      fc.oneof(
        { weight: 2, arbitrary: fc.constant(Token.cancelled()) },
        { weight: 1, arbitrary: given.map((why) => Token.cancelled(why)) },
      ),
    Manual: () => from(names.manual).map((name) => Token.manual(name)),
    Timeout: () => limit(maxDuration).map(([duration, left]) => Token.timeout(duration, { left })),
    Deadline: () => fc.integer({ min: minInstant, max: maxInstant }).map((instant) => Token.deadline(instant)),
    Counter: () =>
      fc.tuple(limit(maxCount), fc.boolean()).map(([[count, left], direct]) => Token.counter(count, { direct, left })),
    Condition: () =>
      fc
        .record({
          name: from(names.condition),
          latch: momentary ? fc.boolean() : fc.constant(true),
          onError: throwing ? fc.constantFrom('ignore' as const, 'throw' as const) : fc.constant('ignore' as const),
          fallback: fc.boolean(),
        })
        .map(({ name, ...options }) => Token.condition(name, options)),
    Budget: () =>
      fc
        .tuple(from(names.budget), limit(maxAmount))
        .map(([name, [whole, left]]) => Token.budget(name, whole, { left })),
    Idle: () =>
      fc.tuple(from(names.idle), limit(maxDuration)).map(([name, [whole, left]]) => Token.idle(name, whole, { left })),
  }
  if (weights.size === 0) throw new RangeError('leaves must leave at least one kind of leaf that has a name to draw')
  return new Map([...weights].map(([tag, weight]) => [tag, { weight, arbitrary: made[tag]() }]))
}

/** One of a list; the kinds that draw from an empty list are left out before they draw. */
const from = (list: ReadonlyArray<string>): fc.Arbitrary<string> =>
  fc.constantFrom(...(list.length === 0 ? [''] : list))

/** In the order of simplicity: shrinking goes towards the first. */
const defaultLeaves: { readonly [T in LeafTag]: number } = {
  Never: 1,
  Cancelled: 1,
  Manual: 1,
  Timeout: 1,
  Counter: 1,
  Condition: 1,
  Budget: 1,
  Idle: 1,
  Deadline: 1,
}

// -------------------------------------------------------------------------------------
// shrinking
// -------------------------------------------------------------------------------------

interface Vocabulary {
  /** The kinds of leaf, the simplest first. */
  readonly tags: ReadonlyArray<LeafTag>
  readonly names: Required<Names>
  readonly labels: ReadonlyArray<string>
}

const smallerTokens = ({ tags, names, labels }: Vocabulary): ((token: AnyToken) => Iterable<AnyToken>) => {
  const first = (list: ReadonlyArray<string>, name: string): ReadonlyArray<string> =>
    list.slice(0, 1).filter((other) => other !== name)
  const simplest: { readonly [T in LeafTag]: () => ReadonlyArray<AnyToken> } = {
    Never: () => [Token.never],
    Cancelled: () => [Token.cancelled()],
    Manual: () => names.manual.slice(0, 1).map(Token.manual),
    Timeout: () => [Token.timeout(0)],
    Counter: () => [Token.counter(0)],
    Condition: () => names.condition.slice(0, 1).map((name) => Token.condition(name)),
    Budget: () => names.budget.slice(0, 1).map((name) => Token.budget(name, 0)),
    Idle: () => names.idle.slice(0, 1).map((name) => Token.idle(name, 0)),
    Deadline: () => [Token.deadline(0)],
  }

  function* limits<A extends { readonly left: number }>(
    each: A,
    whole: number,
    make: (whole: number) => A,
  ): Generator<A> {
    if (each.left !== whole) yield make(whole)
    for (const number of smallerNumbers(whole)) yield { ...make(number), left: Math.min(each.left, number) }
  }

  function* smallerLeaf(leaf: Exclude<AnyToken, Token.Tagged<CombinatorTag>>): Generator<AnyToken> {
    for (const tag of tags.slice(0, Math.max(0, tags.indexOf(leaf._tag)))) yield* simplest[tag]()
    switch (leaf._tag) {
      case 'Never':
        return
      case 'Cancelled':
        if (leaf.reason !== undefined) yield Token.cancelled()
        return
      case 'Manual':
        yield* first(names.manual, leaf.name).map(Token.manual)
        return
      case 'Timeout':
        yield* limits(leaf, leaf.duration, (duration) => ({ ...leaf, duration, left: duration }))
        return
      case 'Deadline':
        for (const instant of smallerNumbers(leaf.instant)) yield { ...leaf, instant }
        return
      case 'Counter':
        if (!leaf.direct) yield { ...leaf, direct: true }
        yield* limits(leaf, leaf.limit, (limit) => ({ ...leaf, limit, left: limit }))
        return
      case 'Condition':
        for (const name of first(names.condition, leaf.name)) yield { ...leaf, name }
        if (!leaf.latch) yield { ...leaf, latch: true }
        if (leaf.onError !== 'ignore') yield { ...leaf, onError: 'ignore' }
        if (leaf.fallback) yield { ...leaf, fallback: false }
        return
      case 'Budget':
        for (const name of first(names.budget, leaf.name)) yield { ...leaf, name }
        yield* limits(leaf, leaf.limit, (limit) => ({ ...leaf, limit, left: limit }))
        return
      case 'Idle':
        for (const name of first(names.idle, leaf.name)) yield { ...leaf, name }
        yield* limits(leaf, leaf.duration, (duration) => ({ ...leaf, duration, left: duration }))
        return
    }
  }

  function* smaller(each: AnyToken): Generator<AnyToken> {
    switch (each._tag) {
      case 'Any':
      case 'All':
        yield* each.tokens
        if (each._tag === 'All' && each.reasons !== undefined) yield { _tag: 'All', tokens: each.tokens }
        for (const tokens of shorter(each.tokens, 1)) yield { ...each, tokens }
        for (const tokens of withOneSmaller(each.tokens, smaller)) yield { ...each, tokens }
        return
      case 'AndThen':
        yield* [each.first, each.second]
        for (const part of smaller(each.first)) yield { ...each, first: part }
        for (const part of smaller(each.second)) yield { ...each, second: part }
        return
      case 'Labelled':
        yield each.token
        for (const label of first(labels, each.label)) yield { ...each, label }
        for (const part of smaller(each.token)) yield { ...each, token: part }
        return
      default:
        yield* smallerLeaf(each)
    }
  }

  return smaller
}
