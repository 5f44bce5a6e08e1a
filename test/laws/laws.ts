/**
 * The laws of the algebra as pure predicates, apart from what runs them: each takes the instance and the equality it holds up to.
 */
import type { BoundedDistributiveLattice } from 'fp-ts/lib/BoundedDistributiveLattice.js'
import type { Eq } from 'fp-ts/lib/Eq.js'
import type { Monoid } from 'fp-ts/lib/Monoid.js'
import type { Semigroup } from 'fp-ts/lib/Semigroup.js'
import type { Semiring } from 'fp-ts/lib/Semiring.js'

export const associativity =
  <A>(S: Semigroup<A>) =>
  (E: Eq<A>, a: A, b: A, c: A): boolean =>
    E.equals(S.concat(S.concat(a, b), c), S.concat(a, S.concat(b, c)))

export const commutativity =
  <A>(S: Semigroup<A>) =>
  (E: Eq<A>, a: A, b: A): boolean =>
    E.equals(S.concat(a, b), S.concat(b, a))

export const idempotence =
  <A>(S: Semigroup<A>) =>
  (E: Eq<A>, a: A): boolean =>
    E.equals(S.concat(a, a), a)

export const leftIdentity =
  <A>(M: Monoid<A>) =>
  (E: Eq<A>, a: A): boolean =>
    E.equals(M.concat(M.empty, a), a)

export const rightIdentity =
  <A>(M: Monoid<A>) =>
  (E: Eq<A>, a: A): boolean =>
    E.equals(M.concat(a, M.empty), a)

export const absorbingOnTheLeft =
  <A>(S: Semigroup<A>, zero: A) =>
  (E: Eq<A>, a: A): boolean =>
    E.equals(S.concat(zero, a), zero)

export const absorbingOnTheRight =
  <A>(S: Semigroup<A>, zero: A) =>
  (E: Eq<A>, a: A): boolean =>
    E.equals(S.concat(a, zero), zero)

export const joinAbsorbsMeet =
  <A>(L: BoundedDistributiveLattice<A>) =>
  (E: Eq<A>, a: A, b: A): boolean =>
    E.equals(L.join(a, L.meet(a, b)), a)

export const meetAbsorbsJoin =
  <A>(L: BoundedDistributiveLattice<A>) =>
  (E: Eq<A>, a: A, b: A): boolean =>
    E.equals(L.meet(a, L.join(a, b)), a)

export const joinDistributesOverMeet =
  <A>(L: BoundedDistributiveLattice<A>) =>
  (E: Eq<A>, a: A, b: A, c: A): boolean =>
    E.equals(L.join(a, L.meet(b, c)), L.meet(L.join(a, b), L.join(a, c)))

export const meetDistributesOverJoin =
  <A>(L: BoundedDistributiveLattice<A>) =>
  (E: Eq<A>, a: A, b: A, c: A): boolean =>
    E.equals(L.meet(a, L.join(b, c)), L.join(L.meet(a, b), L.meet(a, c)))

export const bounds =
  <A>(L: BoundedDistributiveLattice<A>) =>
  (E: Eq<A>, a: A): boolean =>
    E.equals(L.join(a, L.zero), a) &&
    E.equals(L.meet(a, L.one), a) &&
    E.equals(L.join(a, L.one), L.one) &&
    E.equals(L.meet(a, L.zero), L.zero)

/** `times` is the semiring's product, or any product that is to distribute over `plus`. */
export const distributesOnTheLeft =
  <A>(times: Semigroup<A>, plus: Semigroup<A>) =>
  (E: Eq<A>, a: A, b: A, c: A): boolean =>
    E.equals(times.concat(a, plus.concat(b, c)), plus.concat(times.concat(a, b), times.concat(a, c)))

export const distributesOnTheRight =
  <A>(times: Semigroup<A>, plus: Semigroup<A>) =>
  (E: Eq<A>, a: A, b: A, c: A): boolean =>
    E.equals(times.concat(plus.concat(a, b), c), plus.concat(times.concat(a, c), times.concat(b, c)))

export const annihilation =
  <A>(S: Semiring<A>) =>
  (E: Eq<A>, a: A): boolean =>
    E.equals(S.mul(S.zero, a), S.zero) && E.equals(S.mul(a, S.zero), S.zero)
