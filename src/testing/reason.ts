import * as fc from 'fast-check'
import { isReason } from '../Reason.js'
import type { Path, Reason } from '../Reason.js'
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
 * lead anywhere in a given token.
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
  const names = withDefaultNames(constraints.names)
  const origin = {
    ...(labels.length === 0 ? {} : { label: fc.constantFrom(...labels) }),
    path: path(constraints.maxPath ?? 4, labels),
    ...(at ? { at: fc.nat({ max: constraints.maxInstant ?? 14 }) } : {}),
  }
  const made = <A extends Reason>(
    fields: { readonly [K in keyof A]?: fc.Arbitrary<A[K]> },
    optional: ReadonlyArray<string>,
  ) =>
    // sound: the fields are those of the kind of reason; `record` leaves out only what is optional
    fc.record({ ...fields, ...origin } as Record<string, fc.Arbitrary<unknown>>, {
      requiredKeys: [...Object.keys(fields).filter((field) => !optional.includes(field)), 'path'],
      noNullPrototype: true,
    }) as unknown as fc.Arbitrary<Reason>
  const leaf = fc.oneof(...leafFields(constraints, names).map(({ fields, optional }) => made(fields, optional)))
  const grown = (depth: number): fc.Arbitrary<Reason> =>
    depth <= 0
      ? leaf
      : fc.oneof(
          { weight: 7, arbitrary: leaf },
          {
            weight: 2,
            arbitrary: made(
              {
                _tag: fc.constant('AllOf'),
                reasons: fc.array(grown(depth - 1), { minLength: 2, maxLength: Math.max(2, maxParts), size: 'max' }),
              },
              [],
            ),
          },
        )
  return shrinkable(grown(maxDepth), {
    isOne: isReason,
    smaller: (each) => smallerReasons(each, names),
    finished: (each) => printsAs({ ...each }, literal),
  })
}

interface Fields {
  readonly fields: Readonly<Record<string, fc.Arbitrary<unknown>>>
  readonly optional: ReadonlyArray<string>
}

const leafFields = (constraints: ReasonConstraints, names: Required<Names>): ReadonlyArray<Fields> => {
  const { maxDuration = 6, maxInstant = 14, maxCount = 3, maxAmount = 4 } = constraints
  const duration = fc.nat({ max: maxDuration })
  const requested = fc.constant('Requested')
  const detail = fc.constantFrom('given', 'other')
  const named = (list: ReadonlyArray<string>, fields: Fields['fields'], optional: ReadonlyArray<string> = []) =>
    list.length === 0
      ? []
      : [{ fields: { _tag: fields['_tag']!, name: fc.constantFrom(...list), ...fields }, optional }]
  return [
    { fields: { _tag: requested, detail }, optional: ['detail'] },
    ...named(names.manual, { _tag: requested, detail }, ['detail']),
    { fields: { _tag: fc.constant('TimedOut'), duration }, optional: [] },
    { fields: { _tag: fc.constant('DeadlinePassed'), instant: fc.nat({ max: maxInstant }) }, optional: [] },
    { fields: { _tag: fc.constant('CounterExhausted'), limit: fc.nat({ max: maxCount }) }, optional: [] },
    ...named(names.condition, { _tag: fc.constant('ConditionMet') }),
    ...named(names.budget, {
      _tag: fc.constant('BudgetSpent'),
      limit: fc.nat({ max: maxAmount }),
      spent: fc.nat({ max: maxAmount + 3 }),
    }),
    ...named(names.idle, { _tag: fc.constant('Stalled'), duration }),
  ]
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
