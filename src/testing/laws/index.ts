/**
 * The laws of the algebra as data: each has a name, and is a pure predicate that takes the equality it holds up to.
 *
 * `Equation`s are about instances (a monoid, a lattice, a semiring): two expressions over some operands are equal. `Invariant`s are about a token on a trace.
 * Groups such as `lattice(L)` are lists. `checkLaws` runs them on generated tokens, `checkExhaustively` on all small ones. The names and the equations are those
 * of fp-ts and of any textbook of algebra; only up to what equality a law of tokens holds, and whether it needs conditions that latch, is particular to
 * tokens: see `Token`.
 *
 * @since 0.1.0
 */
export {
  absorbingOnTheLeft,
  absorbingOnTheRight,
  absorption,
  associativity,
  boundedSemilattice,
  commutativity,
  distributivityOnTheLeft,
  distributivityOnTheRight,
  idempotence,
  idempotentSemiring,
  lattice,
  leftIdentity,
  monoid,
  monotone,
  rightIdentity,
  semigroup,
  semiring,
} from './equations.js'
export type { Lattice, Semiring } from './equations.js'
export { adequacy, monotonicity, normalForm, residual, semantics } from './invariants.js'
export type { Step } from './invariants.js'
export { equation, equivalent, invariant, named } from './law.js'
export type { Equation, Invariant, Law } from './law.js'
