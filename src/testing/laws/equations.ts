/** Equations of instances, and their groups. */
import type { Monoid } from 'fp-ts/lib/Monoid.js'
import type { Semigroup } from 'fp-ts/lib/Semigroup.js'
import { equation, named } from './law.js'
import type { Equation } from './law.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * The bounded distributive lattice of fp-ts, with methods: the compiler lets their parameters vary, so that `{ ...Token.Lattice, join: mine }` is one of all
 * tokens, whatever inputs `mine` names.
 *
 * @category model
 * @since 0.1.0
 */
export interface Lattice<A> {
  join(x: A, y: A): A
  meet(x: A, y: A): A
  readonly zero: A
  readonly one: A
}

/**
 * The semiring of fp-ts, with methods: see `Lattice`.
 *
 * @category model
 * @since 0.1.0
 */
export interface Semiring<A> {
  add(x: A, y: A): A
  mul(x: A, y: A): A
  readonly zero: A
  readonly one: A
}

// -------------------------------------------------------------------------------------
// equations
// -------------------------------------------------------------------------------------

/**
 * `(a b) c = a (b c)`.
 *
 * @example
 * ```ts
 * import * as N from 'fp-ts/lib/number.js'
 * import { laws } from 'cantok-ts/testing'
 *
 * console.log(laws.associativity(N.SemigroupSum).holds(N.Eq, 1, 2, 3)) // => true
 * console.log(laws.associativity({ concat: (a: number, b: number) => a - b }).holds(N.Eq, 1, 2, 3)) // => false
 * ```
 * @category equations
 * @since 0.1.0
 */
export const associativity = <A>(S: Semigroup<A>): Equation<A> =>
  equation('associativity', (a: A, b: A, c: A) => [S.concat(S.concat(a, b), c), S.concat(a, S.concat(b, c))])

/**
 * `a b = b a`.
 *
 * @example
 * ```ts
 * import * as N from 'fp-ts/lib/number.js'
 * import { laws } from 'cantok-ts/testing'
 *
 * console.log(laws.commutativity(N.SemigroupSum).holds(N.Eq, 1, 2)) // => true
 * ```
 * @category equations
 * @since 0.1.0
 */
export const commutativity = <A>(S: Semigroup<A>): Equation<A> =>
  equation('commutativity', (a: A, b: A) => [S.concat(a, b), S.concat(b, a)])

/**
 * `a a = a`.
 *
 * @example
 * ```ts
 * import * as N from 'fp-ts/lib/number.js'
 * import { laws } from 'cantok-ts/testing'
 *
 * console.log(laws.idempotence(N.SemigroupSum).holds(N.Eq, 1)) // => false
 * ```
 * @category equations
 * @since 0.1.0
 */
export const idempotence = <A>(S: Semigroup<A>): Equation<A> => equation('idempotence', (a: A) => [S.concat(a, a), a])

/**
 * `1 a = a`.
 *
 * @example
 * ```ts
 * import * as N from 'fp-ts/lib/number.js'
 * import { laws } from 'cantok-ts/testing'
 *
 * console.log(laws.leftIdentity({ ...N.MonoidSum, empty: 1 }).holds(N.Eq, 7)) // => false
 * ```
 * @category equations
 * @since 0.1.0
 */
export const leftIdentity = <A>(M: Monoid<A>): Equation<A> =>
  equation('left identity', (a: A) => [M.concat(M.empty, a), a])

/**
 * `a 1 = a`.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { getVerdictEq, laws } from 'cantok-ts/testing'
 *
 * // a condition without a latch is true only while its predicate is, and `andThen` keeps that it was
 * const unlatched = Token.condition('p', { latch: false })
 * const poll = (p: boolean) => ({ _tag: 'Polled', conditions: { p }, direct: true }) as const
 * const law = laws.rightIdentity(Token.getMonoidAndThen<Token.Input>())
 * console.log(law.holds(getVerdictEq([poll(true)]), unlatched)) // => true
 * console.log(law.holds(getVerdictEq([poll(true), poll(false)]), unlatched)) // => false
 * ```
 * @category equations
 * @since 0.1.0
 */
export const rightIdentity = <A>(M: Monoid<A>): Equation<A> =>
  equation('right identity', (a: A) => [M.concat(a, M.empty), a])

/**
 * `0 a = 0`.
 *
 * @example
 * ```ts
 * import * as N from 'fp-ts/lib/number.js'
 * import { laws } from 'cantok-ts/testing'
 *
 * console.log(laws.absorbingOnTheLeft(N.SemigroupProduct, 0).holds(N.Eq, 7)) // => true
 * ```
 * @category equations
 * @since 0.1.0
 */
export const absorbingOnTheLeft = <A>(S: Semigroup<A>, zero: A): Equation<A> =>
  equation('absorbing element on the left', (a: A) => [S.concat(zero, a), zero])

/**
 * `a 0 = 0`.
 *
 * @example
 * ```ts
 * import * as N from 'fp-ts/lib/number.js'
 * import { laws } from 'cantok-ts/testing'
 *
 * console.log(laws.absorbingOnTheRight(N.SemigroupProduct, 0).holds(N.Eq, 7)) // => true
 * ```
 * @category equations
 * @since 0.1.0
 */
export const absorbingOnTheRight = <A>(S: Semigroup<A>, zero: A): Equation<A> =>
  equation('absorbing element on the right', (a: A) => [S.concat(a, zero), zero])

/**
 * `a + (a b) = a`: the first operation absorbs the second.
 *
 * @example
 * ```ts
 * import * as B from 'fp-ts/lib/boolean.js'
 * import { laws } from 'cantok-ts/testing'
 *
 * console.log(laws.absorption(B.SemigroupAny, B.SemigroupAll).holds(B.Eq, true, false)) // => true
 * ```
 * @category equations
 * @since 0.1.0
 */
export const absorption = <A>(plus: Semigroup<A>, times: Semigroup<A>): Equation<A> =>
  equation('absorption', (a: A, b: A) => [plus.concat(a, times.concat(a, b)), a])

/**
 * `a (b + c) = a b + a c`.
 *
 * @example
 * ```ts
 * import * as N from 'fp-ts/lib/number.js'
 * import { laws } from 'cantok-ts/testing'
 *
 * console.log(laws.distributivityOnTheLeft(N.SemigroupProduct, N.SemigroupSum).holds(N.Eq, 2, 3, 4)) // => true
 * ```
 * @category equations
 * @since 0.1.0
 */
export const distributivityOnTheLeft = <A>(times: Semigroup<A>, plus: Semigroup<A>): Equation<A> =>
  equation('distributivity on the left', (a: A, b: A, c: A) => [
    times.concat(a, plus.concat(b, c)),
    plus.concat(times.concat(a, b), times.concat(a, c)),
  ])

/**
 * `(a + b) c = a c + b c`.
 *
 * @example
 * ```ts
 * import * as N from 'fp-ts/lib/number.js'
 * import { laws } from 'cantok-ts/testing'
 *
 * console.log(laws.distributivityOnTheRight(N.SemigroupProduct, N.SemigroupSum).holds(N.Eq, 2, 3, 4)) // => true
 * ```
 * @category equations
 * @since 0.1.0
 */
export const distributivityOnTheRight = <A>(times: Semigroup<A>, plus: Semigroup<A>): Equation<A> =>
  equation('distributivity on the right', (a: A, b: A, c: A) => [
    times.concat(plus.concat(a, b), c),
    plus.concat(times.concat(a, c), times.concat(b, c)),
  ])

/**
 * `f(a) ≤ f(a ∨ b)`: what waits for more fires no earlier. With a second parameter, in the first of the two.
 *
 * @example
 * ```ts
 * import * as B from 'fp-ts/lib/boolean.js'
 * import type { BoundedDistributiveLattice } from 'fp-ts/lib/BoundedDistributiveLattice.js'
 * import { laws } from 'cantok-ts/testing'
 *
 * const L: BoundedDistributiveLattice<boolean> = { join: (a, b) => a || b, meet: (a, b) => a && b, zero: false, one: true }
 * console.log(laws.monotone(L, (a, c) => a && c).holds(B.Eq, false, true, true)) // => true
 * console.log(laws.monotone(L, (a) => !a).holds(B.Eq, false, true)) // => false
 * ```
 * @category equations
 * @since 0.1.0
 */
export const monotone = <A>(L: Lattice<A>, f: (a: A, other: A) => A): Equation<A> => {
  const ordered = (below: A, above: A): readonly [A, A] => [L.join(below, above), above]
  return f.length < 2
    ? equation('monotone', (a: A, b: A) => ordered(f(a, a), f(L.join(a, b), a)))
    : equation('monotone', (a: A, b: A, c: A) => ordered(f(a, c), f(L.join(a, b), c)))
}

// -------------------------------------------------------------------------------------
// groups
// -------------------------------------------------------------------------------------

/**
 * A semigroup: associativity.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { checkLaws, laws } from 'cantok-ts/testing'
 *
 * checkLaws(laws.semigroup(Token.SemigroupAny), { equality: 'reason', parameters: { numRuns: 50 } })
 * console.log(laws.semigroup(Token.SemigroupAny).length) // => 1
 * ```
 * @category groups
 * @since 0.1.0
 */
export const semigroup = <A>(S: Semigroup<A>): ReadonlyArray<Equation<A>> => [associativity(S)]

/**
 * A monoid: associativity and both identities.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { checkLaws, laws } from 'cantok-ts/testing'
 *
 * checkLaws(laws.monoid(Token.MonoidAndThen), { tokens: { momentary: false }, parameters: { numRuns: 50 } })
 * console.log(laws.monoid(Token.MonoidAndThen).map(({ name }) => name)) // => [ 'associativity', 'left identity', 'right identity' ]
 * ```
 * @category groups
 * @since 0.1.0
 */
export const monoid = <A>(M: Monoid<A>): ReadonlyArray<Equation<A>> => [
  ...semigroup(M),
  leftIdentity(M),
  rightIdentity(M),
]

/**
 * A bounded semilattice: a monoid that is commutative and idempotent.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { checkLaws, laws } from 'cantok-ts/testing'
 *
 * checkLaws(laws.boundedSemilattice(Token.MonoidAll), { parameters: { numRuns: 50 } })
 * console.log(laws.boundedSemilattice(Token.MonoidAll).length) // => 5
 * ```
 * @category groups
 * @since 0.1.0
 */
export const boundedSemilattice = <A>(M: Monoid<A>): ReadonlyArray<Equation<A>> => [
  ...monoid(M),
  commutativity(M),
  idempotence(M),
]

/**
 * A bounded distributive lattice: join and meet are bounded semilattices, absorb each other, distribute over each other, and end at the bounds.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { checkLaws, laws } from 'cantok-ts/testing'
 *
 * checkLaws(laws.lattice(Token.Lattice), { parameters: { numRuns: 50 } })
 * console.log(laws.lattice(Token.Lattice).length) // => 18
 * ```
 * @category groups
 * @since 0.1.0
 */
export const lattice = <A>(L: Lattice<A>): ReadonlyArray<Equation<A>> => {
  const join: Monoid<A> = { concat: (a, b) => L.join(a, b), empty: L.zero }
  const meet: Monoid<A> = { concat: (a, b) => L.meet(a, b), empty: L.one }
  const half = (M: Monoid<A>, other: Monoid<A>): ReadonlyArray<Equation<A>> => [
    ...boundedSemilattice(M),
    absorption(M, other),
    absorbingOnTheLeft(M, other.empty),
    absorbingOnTheRight(M, other.empty),
    distributivityOnTheLeft(M, other),
  ]
  return [...named('join', half(join, meet)), ...named('meet', half(meet, join))]
}

/**
 * A semiring: a commutative monoid and a monoid that distributes over it on both sides, in which zero annihilates.
 *
 * That of tokens needs conditions that latch.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { checkLaws, laws } from 'cantok-ts/testing'
 *
 * checkLaws(laws.semiring(Token.Semiring), { tokens: { momentary: false }, parameters: { numRuns: 50 } })
 * console.log(laws.semiring(Token.Semiring).length) // => 11
 * ```
 * @category groups
 * @since 0.1.0
 */
export const semiring = <A>(S: Semiring<A>): ReadonlyArray<Equation<A>> => {
  const plus: Monoid<A> = { concat: (a, b) => S.add(a, b), empty: S.zero }
  const times: Monoid<A> = { concat: (a, b) => S.mul(a, b), empty: S.one }
  return [
    ...named('sum', [...monoid(plus), commutativity(plus)]),
    ...named('product', [
      ...monoid(times),
      absorbingOnTheLeft(times, S.zero),
      absorbingOnTheRight(times, S.zero),
      distributivityOnTheLeft(times, plus),
      distributivityOnTheRight(times, plus),
    ]),
  ]
}

/**
 * An idempotent semiring: a semiring whose sum is idempotent.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { checkLaws, laws } from 'cantok-ts/testing'
 *
 * checkLaws(laws.idempotentSemiring(Token.Semiring), { tokens: { momentary: false }, parameters: { numRuns: 50 } })
 * console.log(laws.idempotentSemiring(Token.Semiring).length) // => 12
 * ```
 * @category groups
 * @since 0.1.0
 */
export const idempotentSemiring = <A>(S: Semiring<A>): ReadonlyArray<Equation<A>> => [
  ...semiring(S),
  ...named('sum', [idempotence<A>({ concat: (a, b) => S.add(a, b) })]),
]
