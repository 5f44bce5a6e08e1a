import * as fc from 'fast-check'
import { isReason } from '../Reason.js'
import type { Origin, Path, Reason } from '../Reason.js'
import { texts, wholes } from './constraint.js'
import { withDefaultNames } from './names.js'
import type { Names } from './names.js'
import { printsAs, shorter, shrinkable, smallerNumbers, withOneSmaller } from './shrinking.js'
import { literal } from './toCode.js'

/**
 * What generated reasons are made of.
 *
 * @category model
 * @since 0.1.0
 */
export interface ReasonConstraints {
  /** How deep `AllOf` may nest, 0 for none; default 2. */
  readonly maxDepth?: number
  /** How many reasons an `AllOf` may have; it has at least two. Default 3. */
  readonly maxParts?: number
  /** How many steps a path may have; default 4. */
  readonly maxPath?: number
  /** The names of inputs; default `defaultNames`. A kind without names is not generated. */
  readonly names?: Names
  /** The labels; default `['one', 'two']`. */
  readonly labels?: ReadonlyArray<string>
  /** The longest span, in milliseconds; default 6. */
  readonly maxDuration?: number
  /** The latest instant, in epoch milliseconds; default 14. */
  readonly maxInstant?: number
  /** The highest limit of a counter; default 3. */
  readonly maxCount?: number
  /** The highest limit of a budget; default 4. */
  readonly maxAmount?: number
  /** Reasons that tell when they came up too, as a live scope does; default false. */
  readonly at?: boolean
}

/**
 * Generates reasons of every kind, with and without labels.
 *
 * They shrink to a bare `Requested`: fewer parts, no label, a short path, small numbers. In reports they print as code. A path is well formed, but need not
 * lead anywhere in a given token. Throws a `RangeError` of a number that is not whole or too low.
 *
 * @example
 * ```ts
 * import * as fc from 'fast-check'
 * import { Reason } from 'cantok-ts'
 * import { reason } from 'cantok-ts/testing'
 *
 * fc.assert(fc.property(reason(), (each) => Reason.toError(each).message === Reason.Show.show(each)))
 * const { counterexample } = fc.check(fc.property(reason(), ({ _tag }) => _tag !== 'Stalled'), { seed: 1 })
 * console.log(fc.stringify(counterexample?.[0])) // => "{ _tag: 'Stalled', name: 'i', duration: 0, path: [] }"
 * ```
 * @category arbitraries
 * @since 0.1.0
 */
export const reason = (constraints: ReasonConstraints = {}): fc.Arbitrary<Reason> => {
  const { maxDepth = 2, maxParts = 3, labels = ['one', 'two'], at = false } = constraints
  wholes(constraints, {
    maxDepth: 0,
    maxParts: 2,
    maxPath: 0,
    maxDuration: 0,
    maxInstant: 0,
    maxCount: 0,
    maxAmount: 0,
  })
  texts('labels', labels)
  const names = withDefaultNames(constraints.names)
  const origin = fc.record(
    {
      ...(labels.length === 0 ? {} : { label: fc.constantFrom(...labels) }),
      path: path(constraints.maxPath ?? 4, labels),
      ...(at ? { at: fc.nat({ max: constraints.maxInstant ?? 14 }) } : {}),
    },
    { requiredKeys: ['path'], noNullPrototype: true },
  )
  const leaves = leafFields(constraints, names)
  const leaf = fc
    .tuple(fc.oneof(...Object.values(leaves).flat()), origin)
    .map(([fields, rest]): Reason => ({ ...fields, ...rest }))
  const grown = (depth: number): fc.Arbitrary<Reason> => {
    if (depth <= 0) return leaf
    const reasons = fc.array(grown(depth - 1), { minLength: 2, maxLength: maxParts, size: 'max' })
    const allOf = fc.tuple(reasons, origin).map(([parts, rest]): Reason => ({ _tag: 'AllOf', reasons: parts, ...rest }))
    return fc.oneof({ weight: 7, arbitrary: leaf }, { weight: 2, arbitrary: allOf })
  }
  return shrinkable(grown(maxDepth), {
    isOne: isReason,
    smaller: (each) => smallerReasons(each, names),
    finished: (each) => printsAs({ ...each }, literal),
  })
}

/** What a kind of reason has besides where it comes from. */
type Own<A> = { readonly [K in keyof A as Exclude<K, keyof Origin>]: A[K] }

type LeafTag = Exclude<Reason['_tag'], 'AllOf'>

/** By kind of reason, so that the compiler names a kind or a field that is missing; a kind without names has none. */
type LeafFields = { readonly [T in LeafTag]: ReadonlyArray<fc.Arbitrary<Own<Extract<Reason, { readonly _tag: T }>>>> }

const leafFields = (constraints: ReasonConstraints, names: Required<Names>): LeafFields => {
  const { maxDuration = 6, maxInstant = 14, maxCount = 3, maxAmount = 4 } = constraints
  const plain = { noNullPrototype: true } as const
  const tagged = <T extends LeafTag>(tag: T): fc.Arbitrary<T> => fc.constant(tag)
  const upTo = (max: number): fc.Arbitrary<number> => fc.nat({ max })
  const detail = fc.constantFrom('given', 'other')
  const requested = tagged('Requested')
  const named = <A>(list: ReadonlyArray<string>, make: (name: fc.Arbitrary<string>) => A): ReadonlyArray<A> =>
    list.length === 0 ? [] : [make(fc.constantFrom(...list))]
  return {
    Requested: [
      fc.record({ _tag: requested, detail }, { requiredKeys: ['_tag'], ...plain }),
      ...named(names.manual, (name) =>
        fc.record({ _tag: requested, name, detail }, { requiredKeys: ['_tag', 'name'], ...plain }),
      ),
    ],
    TimedOut: [fc.record({ _tag: tagged('TimedOut'), duration: upTo(maxDuration) }, plain)],
    DeadlinePassed: [fc.record({ _tag: tagged('DeadlinePassed'), instant: upTo(maxInstant) }, plain)],
    CounterExhausted: [fc.record({ _tag: tagged('CounterExhausted'), limit: upTo(maxCount) }, plain)],
    ConditionMet: named(names.condition, (name) => fc.record({ _tag: tagged('ConditionMet'), name }, plain)),
    BudgetSpent: named(names.budget, (name) =>
      fc.record({ _tag: tagged('BudgetSpent'), name, limit: upTo(maxAmount), spent: upTo(maxAmount + 3) }, plain),
    ),
    Stalled: named(names.idle, (name) =>
      fc.record({ _tag: tagged('Stalled'), name, duration: upTo(maxDuration) }, plain),
    ),
  }
}

const path = (maxLength: number, labels: ReadonlyArray<string>): fc.Arbitrary<Path> =>
  fc
    .array(
      fc.oneof(
        fc.tuple(fc.constantFrom('any', 'all', 'andThen'), fc.nat({ max: 1 })),
        ...(labels.length === 0 ? [] : [fc.tuple(fc.constant('labelled'), fc.constantFrom(...labels))]),
      ),
      { maxLength: Math.floor(maxLength / 2), size: 'max' },
    )
    .map((steps) => steps.flat())

function* smallerReasons(each: Reason, names: Required<Names>): Generator<Reason> {
  const first = (list: ReadonlyArray<string>, name: string): ReadonlyArray<string> =>
    list.slice(0, 1).filter((other) => other !== name)
  if (each._tag === 'AllOf') {
    yield* each.reasons
    for (const reasons of shorter(each.reasons, 2)) yield { ...each, reasons }
  }
  const { label, at, ...bare } = each
  if (each._tag !== 'Requested') {
    yield { _tag: 'Requested', path: [] }
    if (label !== undefined) yield { _tag: 'Requested', label, path: each.path }
    if (at !== undefined) yield { _tag: 'Requested', path: each.path, at }
  }
  if (label !== undefined) yield at === undefined ? bare : { ...bare, at }
  if (at !== undefined) yield label === undefined ? bare : { ...bare, label }
  if (at !== undefined) for (const earlier of smallerNumbers(at)) yield { ...each, at: earlier }
  if (each.path.length > 0) yield { ...each, path: [] }
  if (each.path.length > 2) yield { ...each, path: each.path.slice(2) }
  switch (each._tag) {
    case 'Requested': {
      const { name, detail, ...rest } = each
      if (name !== undefined) yield detail === undefined ? rest : { ...rest, detail }
      if (detail !== undefined) yield name === undefined ? rest : { ...rest, name }
      for (const other of name === undefined ? [] : first(names.manual, name)) yield { ...each, name: other }
      return
    }
    case 'TimedOut':
      for (const duration of smallerNumbers(each.duration)) yield { ...each, duration }
      return
    case 'DeadlinePassed':
      for (const instant of smallerNumbers(each.instant)) yield { ...each, instant }
      return
    case 'CounterExhausted':
      for (const limit of smallerNumbers(each.limit)) yield { ...each, limit }
      return
    case 'ConditionMet':
      for (const name of first(names.condition, each.name)) yield { ...each, name }
      return
    case 'BudgetSpent':
      for (const name of first(names.budget, each.name)) yield { ...each, name }
      for (const limit of smallerNumbers(each.limit)) yield { ...each, limit }
      for (const spent of smallerNumbers(each.spent)) yield { ...each, spent }
      return
    case 'Stalled':
      for (const name of first(names.idle, each.name)) yield { ...each, name }
      for (const duration of smallerNumbers(each.duration)) yield { ...each, duration }
      return
    case 'AllOf':
      for (const reasons of withOneSmaller(each.reasons, (part) => smallerReasons(part, names)))
        yield { ...each, reasons }
  }
}
