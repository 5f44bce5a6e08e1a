/** The instances are those of fp-ts, so that its functions take them. */
import type { BoundedDistributiveLattice } from 'fp-ts/lib/BoundedDistributiveLattice.js'
import type { Eq } from 'fp-ts/lib/Eq.js'
import { concatAll } from 'fp-ts/lib/Monoid.js'
import type { Monoid } from 'fp-ts/lib/Monoid.js'
import type { Semigroup } from 'fp-ts/lib/Semigroup.js'
import type { Semiring } from 'fp-ts/lib/Semiring.js'
import type { Show } from 'fp-ts/lib/Show.js'
import { Analysis, Duration, Reason, Token } from 'cantok-ts'
import { describe, expectTypeOf, it } from 'vitest'

type Plain = Token.Token
type Named = Token.Token<'manual:a' | 'manual:b'>
type Anything = Token.Token<Token.Input>

describe('Token', () => {
  it('has Eq and Show for every token', () => {
    expectTypeOf(Token.Eq).toEqualTypeOf<Eq<Anything>>()
    expectTypeOf(Token.Show).toEqualTypeOf<Show<Anything>>()
  })

  it('has the algebra for tokens that name no input', () => {
    expectTypeOf(Token.SemigroupAny).toEqualTypeOf<Semigroup<Plain>>()
    expectTypeOf(Token.SemigroupAll).toEqualTypeOf<Semigroup<Plain>>()
    expectTypeOf(Token.SemigroupAndThen).toEqualTypeOf<Semigroup<Plain>>()
    expectTypeOf(Token.MonoidAny).toEqualTypeOf<Monoid<Plain>>()
    expectTypeOf(Token.MonoidAll).toEqualTypeOf<Monoid<Plain>>()
    expectTypeOf(Token.MonoidAndThen).toEqualTypeOf<Monoid<Plain>>()
    expectTypeOf(Token.Lattice).toEqualTypeOf<BoundedDistributiveLattice<Plain>>()
    expectTypeOf(Token.Semiring).toEqualTypeOf<Semiring<Plain>>()
  })

  it('has the algebra for tokens that name the given inputs', () => {
    expectTypeOf(Token.getSemigroupAny<'manual:a' | 'manual:b'>()).toEqualTypeOf<Semigroup<Named>>()
    expectTypeOf(Token.getSemigroupAll<'manual:a' | 'manual:b'>()).toEqualTypeOf<Semigroup<Named>>()
    expectTypeOf(Token.getSemigroupAndThen<'manual:a' | 'manual:b'>()).toEqualTypeOf<Semigroup<Named>>()
    expectTypeOf(Token.getMonoidAny<'manual:a' | 'manual:b'>()).toEqualTypeOf<Monoid<Named>>()
    expectTypeOf(Token.getMonoidAll<'manual:a' | 'manual:b'>()).toEqualTypeOf<Monoid<Named>>()
    expectTypeOf(Token.getMonoidAndThen<'manual:a' | 'manual:b'>()).toEqualTypeOf<Monoid<Named>>()
    expectTypeOf(Token.getLattice<'manual:a' | 'manual:b'>()).toEqualTypeOf<BoundedDistributiveLattice<Named>>()
    expectTypeOf(Token.getSemiring<'manual:a' | 'manual:b'>()).toEqualTypeOf<Semiring<Named>>()
  })

  it('has the algebra for no inputs where none are given', () => {
    expectTypeOf(Token.getMonoidAny()).toEqualTypeOf<Monoid<Plain>>()
  })

  it('folds with the functions of fp-ts', () => {
    const either = concatAll(Token.getMonoidAny<'manual:a' | 'manual:b'>())
    expectTypeOf(either([Token.manual('a'), Token.manual('b'), Token.timeout(1)])).toEqualTypeOf<Named>()
    // @ts-expect-error - a monoid of tokens that name no input has no place for one that does
    concatAll(Token.MonoidAny)([Token.manual('a')])
  })
})

describe('the others', () => {
  it('have Eq and Show too', () => {
    expectTypeOf(Reason.Eq).toEqualTypeOf<Eq<Reason.Reason>>()
    expectTypeOf(Reason.Show).toEqualTypeOf<Show<Reason.Reason>>()
    expectTypeOf(Duration.Show).toEqualTypeOf<Show<Duration.Duration>>()
    expectTypeOf(Analysis.ShowEvidence).toEqualTypeOf<Show<Analysis.Evidence>>()
  })

  it('match a reason totally', () => {
    const no = (): boolean => false
    const others = {
      Requested: no,
      TimedOut: no,
      DeadlinePassed: no,
      CounterExhausted: no,
      ConditionMet: no,
      Stalled: no,
    }
    expectTypeOf(Reason.match<boolean>({ ...others, BudgetSpent: ({ spent }) => spent > 0, AllOf: no })).toEqualTypeOf<
      (reason: Reason.Reason) => boolean
    >()
    // @ts-expect-error - nobody answers for 'AllOf'
    Reason.match<boolean>({ ...others, BudgetSpent: no })
  })
})
