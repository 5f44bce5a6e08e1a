import * as fc from 'fast-check'
import { filled, wholes } from './constraint.js'
import { withDefaultNames } from './names.js'
import type { Names } from './names.js'
import { printsAs } from './shrinking.js'
import { literal } from './toCode.js'
import { virtualWorld } from './VirtualWorld.js'
import type { Answer, Script, VirtualWorld, VirtualWorldOptions } from './VirtualWorld.js'

/**
 * What generated worlds are.
 *
 * @category model
 * @since 0.1.0
 */
export interface WorldConstraints {
  /** The names of conditions, each of which has a predicate; default those of `defaultNames`. */
  readonly names?: Pick<Names, 'condition'>
  /** What predicates do; default `[false, true, 'throws', 'no boolean']`. */
  readonly answers?: readonly [Answer, ...ReadonlyArray<Answer>]
  /** How many answers a predicate's script may have, 1 or more; default 3. */
  readonly maxScript?: number
  /** The latest reading of the wall clock at first, in epoch milliseconds; default 10. */
  readonly maxWallStart?: number
}

/**
 * Generates worlds in the hands of a test: each run of a property, and each repetition of it, gets one that nobody has touched.
 *
 * They shrink to a wall clock at 0 and predicates that always give the first answer. In reports they print as code. Throws a `RangeError` of a
 * number that is not whole or too low, and of no answers.
 *
 * @example
 * ```ts
 * import * as fc from 'fast-check'
 * import { CancelScope, Token } from 'cantok-ts'
 * import { world } from 'cantok-ts/testing'
 *
 * const isUnmet = fc.property(world(), (each) => CancelScope.keepGoing(CancelScope.open(Token.condition('p'), each)())())
 * console.log(fc.stringify(fc.check(isUnmet, { seed: 1 }).counterexample?.[0]))
 * // => 'virtualWorld({ conditions: { p: true, q: false, r: false } })'
 * ```
 * @category arbitraries
 * @since 0.1.0
 */
export const world = (constraints: WorldConstraints = {}): fc.Arbitrary<VirtualWorld> => {
  const { answers = [false, true, 'throws', 'no boolean'], maxScript = 3, maxWallStart = 10 } = constraints
  wholes(constraints, { maxScript: 1, maxWallStart: 0 })
  filled('answers', answers)
  const { condition } = withDefaultNames(constraints.names)
  const answer = fc.constantFrom(...answers)
  const script = fc
    .tuple(answer, fc.array(answer, { maxLength: maxScript - 1, size: 'max' }))
    .map(([first, more]): Script => (more.length === 0 ? first : [first, ...more]))
  return fc
    .record(
      {
        wallStart: fc.nat({ max: maxWallStart }),
        seed: fc.nat({ max: 9 }),
        conditions: fc.record(Object.fromEntries(condition.map((name) => [name, script])), { noNullPrototype: true }),
      },
      { noNullPrototype: true },
    )
    .map(fresh)
}

const fresh = (options: Required<Pick<VirtualWorldOptions, 'wallStart' | 'seed' | 'conditions'>>): VirtualWorld => {
  const { wallStart, seed, conditions } = options
  const shown = {
    ...(wallStart === 0 ? {} : { wallStart }),
    ...(seed === 0 ? {} : { seed }),
    conditions,
  }
  const made = printsAs(virtualWorld(options), () => `virtualWorld(${literal(shown)})`)
  return Object.defineProperty(made, fc.cloneMethod, { value: () => fresh(options), configurable: true })
}
