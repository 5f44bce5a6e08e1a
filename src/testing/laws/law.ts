/** What a law is, as data. */
import type { Eq } from 'fp-ts/lib/Eq.js'
import type { Input, Token } from '../../Token.js'
import type { Trace } from '../trace.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * Two expressions over `arity` operands that are to be equal: `sides` makes both, `holds` compares them.
 *
 * @category model
 * @since 0.1.0
 */
export interface Equation<A> {
  readonly _tag: 'Equation'
  readonly name: string
  readonly arity: number
  // methods, whose parameters the compiler lets vary: a law of tokens that name some inputs is one of all tokens, for names are in the type alone
  sides(...operands: ReadonlyArray<A>): readonly [left: A, right: A]
  holds(E: Eq<A>, ...operands: ReadonlyArray<A>): boolean
}

/**
 * What is to hold of each token on each trace.
 *
 * @category model
 * @since 0.1.0
 */
export interface Invariant {
  readonly _tag: 'Invariant'
  readonly name: string
  // another name than that of an equation: the compiler would look for the `A` of a law in this one's parameters too
  readonly holdsOn: (token: Token<Input>, trace: Trace) => boolean
}

/**
 * A law, as data.
 *
 * @category model
 * @since 0.1.0
 */
export type Law<A> = Equation<A> | Invariant

// -------------------------------------------------------------------------------------
// constructors
// -------------------------------------------------------------------------------------

/**
 * The law that two expressions are equal, over as many operands as the function has parameters.
 *
 * @example
 * ```ts
 * import * as N from 'fp-ts/lib/number.js'
 * import { laws } from 'cantok-ts/testing'
 *
 * const square = laws.equation('square of a sum', (a: number, b: number) => [(a + b) ** 2, a ** 2 + 2 * a * b + b ** 2])
 * console.log(square.arity, square.holds(N.Eq, 3, 4)) // => 2 true
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const equation = <A>(name: string, sides: Equation<A>['sides']): Equation<A> => ({
  _tag: 'Equation',
  name,
  arity: sides.length,
  sides,
  holds: (E, ...operands) => {
    const [left, right] = sides(...operands)
    return E.equals(left, right)
  },
})

/**
 * `equation` for tokens: two expressions over any tokens are equal. Parameters need no types.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { checkLaws, laws } from 'cantok-ts/testing'
 *
 * const { any, all } = Token
 * const modular = laws.equivalent('modularity', (a, b, c) => [any(a, all(b, any(a, c))), all(any(a, b), any(a, c))])
 * checkLaws(modular)
 * console.log(modular.arity) // => 3
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const equivalent = (name: string, sides: Equation<Token<Input>>['sides']): Equation<Token<Input>> =>
  equation(name, sides)

/**
 * The law that something holds of each token on each trace.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { laws } from 'cantok-ts/testing'
 *
 * const isReadable = laws.invariant('has a Show', (token) => Token.Show.show(token) !== '')
 * console.log(isReadable.holdsOn(Token.never, [])) // => true
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const invariant = (name: string, holdsOn: Invariant['holdsOn']): Invariant => ({
  _tag: 'Invariant',
  name,
  holdsOn,
})

/**
 * The same laws under longer names: `named('meet', laws)`.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { laws } from 'cantok-ts/testing'
 *
 * console.log(laws.named('any', laws.semigroup(Token.SemigroupAny)).map(({ name }) => name)) // => [ 'any: associativity' ]
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const named = <L extends { readonly name: string }>(prefix: string, list: ReadonlyArray<L>): ReadonlyArray<L> =>
  list.map((law) => ({ ...law, name: `${prefix}: ${law.name}` }))
