/** The names that generators draw from: few, so that events hit leaves and ties happen. */
import { texts } from './constraint.js'

/**
 * Names by the kind of input; a kind left out has the default ones, a kind without names is not generated.
 *
 * @category model
 * @since 0.1.0
 */
export interface Names {
  /** Default `['a', 'b']`. */
  readonly manual?: ReadonlyArray<string>
  /** Default `['p', 'q', 'r']`. */
  readonly condition?: ReadonlyArray<string>
  /** Default `['x', 'y']`. */
  readonly budget?: ReadonlyArray<string>
  /** Default `['i', 'j']`. */
  readonly idle?: ReadonlyArray<string>
}

/**
 * The names that generators draw from unless told otherwise.
 *
 * @example
 * ```ts
 * import { defaultNames } from 'cantok-ts/testing'
 *
 * console.log(defaultNames.condition) // => [ 'p', 'q', 'r' ]
 * ```
 * @category constants
 * @since 0.1.0
 */
export const defaultNames: {
  readonly manual: readonly ['a', 'b']
  readonly condition: readonly ['p', 'q', 'r']
  readonly budget: readonly ['x', 'y']
  readonly idle: readonly ['i', 'j']
} = { manual: ['a', 'b'], condition: ['p', 'q', 'r'], budget: ['x', 'y'], idle: ['i', 'j'] }

/** The names to draw from, the default ones where none are given. */
export const withDefaultNames = (names: Names = {}): Required<Names> => {
  const {
    manual = defaultNames.manual,
    condition = defaultNames.condition,
    budget = defaultNames.budget,
    idle = defaultNames.idle,
  } = names
  return {
    manual: texts('names.manual', manual),
    condition: texts('names.condition', condition),
    budget: texts('names.budget', budget),
    idle: texts('names.idle', idle),
  }
}

/** Tags with weights, from a list of tags or from weights; what is not named has none. */
export type Weights<Tag extends string> = ReadonlyArray<Tag> | { readonly [T in Tag]?: number }

/** The weight of each tag that has one; `defaults` where nothing is given. A list gives each the weight it has there, or 1. */
export const weighted = <Tag extends string>(
  given: Weights<Tag> | undefined,
  defaults: { readonly [T in Tag]: number },
): ReadonlyMap<Tag, number> => {
  const isList = (weights: Weights<Tag>): weights is ReadonlyArray<Tag> => Array.isArray(weights)
  const order = Object.keys(defaults).filter((tag): tag is Tag => Object.hasOwn(defaults, tag))
  const weightOf = (tag: Tag): number => {
    if (given === undefined) return defaults[tag]
    return isList(given) ? (given.includes(tag) ? defaults[tag] : 0) : (given[tag] ?? 0)
  }
  return new Map(order.map((tag) => [tag, weightOf(tag)] as const).filter(([, weight]) => weight > 0))
}
