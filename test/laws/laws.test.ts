/**
 * The laws of the algebra, on generated tokens and traces. The title of a law says up to what it holds: the
 * verdicts at polls, the reason too, or normal forms; and whether it needs conditions that latch. Commutativity of the reason fails by design: a tie goes to the leftmost.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Analysis, Token } from 'cantok-ts'
import type { Semantics } from 'cantok-ts'
import { checkLaws, getVerdictEq, laws, token, trace, verdicts } from 'cantok-ts/testing'
import type { CheckOptions, Law, Trace } from 'cantok-ts/testing'
import { property } from '../support/property.js'

type AnyToken = Token.Token<Token.Input>

const parameters = { numRuns: 3000 }

const any = Token.getMonoidAny<Token.Input>()
const all = Token.getMonoidAll<Token.Input>()
const andThen = Token.getMonoidAndThen<Token.Input>()
const lattice = Token.getLattice<Token.Input>()
const semiring = Token.getSemiring<Token.Input>()

const latching = { maxDepth: 3, momentary: false } as const

/** A test for each law; its title says up to what it holds. */
const hold = (list: Law<AnyToken> | ReadonlyArray<Law<AnyToken>>, options: CheckOptions = {}): void => {
  const { equality = 'verdict', tokens } = options
  const upTo = {
    verdict: ', of the verdict only',
    reason: ', of the reason too',
    structure: ' of normal forms',
  } as const
  for (const law of [list].flat() as ReadonlyArray<Law<AnyToken>>) {
    const ending = law._tag === 'Equation' && typeof equality === 'string' ? upTo[equality] : ''
    const needs = tokens === latching ? ', with latching conditions' : ''
    it(`${law.name}${ending}${needs}`, () => checkLaws(law, { parameters, ...options }))
  }
}

const reason = { equality: 'reason' } as const
const structure = { equality: 'structure' } as const

describe('laws 1: any and all are commutative idempotent monoids', () => {
  for (const [name, M, zero] of [
    ['any', any, lattice.one],
    ['all', all, lattice.zero],
  ] as const) {
    const identities = [laws.leftIdentity(M), laws.rightIdentity(M)]
    describe(name, () => {
      hold(laws.boundedSemilattice(M))
      hold([laws.absorbingOnTheLeft(M, zero), laws.absorbingOnTheRight(M, zero)])
      hold([laws.associativity(M), laws.idempotence(M), ...identities], structure)
      hold(identities, reason)
    })
  }
  hold(laws.named('any', [laws.associativity(any), laws.idempotence(any)]), reason)
})

describe('laws 2: tokens are a bounded distributive lattice', () => {
  const [join, meet] = [any, all]
  hold(laws.named('any', [laws.absorption(join, meet), laws.distributivityOnTheLeft(join, meet)]))
  hold(laws.named('all', [laws.absorption(meet, join), laws.distributivityOnTheLeft(meet, join)]))

  it('these and those of the two monoids are the laws of the group', () => {
    const names = laws.lattice(lattice).map(({ name }) => name)
    expect(names.filter((name) => name.startsWith('join'))).toHaveLength(9)
    expect(names.filter((name) => name.startsWith('meet'))).toHaveLength(9)
  })
})

describe('laws 3: andThen is a monoid that never absorbs', () => {
  hold(laws.semigroup(andThen), reason)
  hold(laws.semigroup(andThen), structure)
  hold(laws.leftIdentity(andThen), reason)
  hold(laws.leftIdentity(andThen), structure)
  hold(laws.rightIdentity(andThen), { ...reason, tokens: latching })
  hold(laws.rightIdentity(andThen), { ...structure, tokens: latching })
  hold([laws.absorbingOnTheLeft(andThen, Token.never), laws.absorbingOnTheRight(andThen, Token.never)])

  it('has no right identity where a condition does not latch', () => {
    const unlatched = Token.condition('p', { latch: false })
    const events: Trace = [true, false].map((p) => ({ _tag: 'Polled', conditions: { p }, direct: true }))
    expect(laws.rightIdentity(andThen).holds(getVerdictEq(events), unlatched)).toBe(false)
  })
})

describe('laws 4: andThen distributes over any and all', () => {
  describe('any', () => {
    hold([laws.distributivityOnTheLeft(andThen, any), laws.distributivityOnTheRight(andThen, any)])
  })
  describe('all', () => {
    hold(laws.distributivityOnTheLeft(andThen, all))
    hold(laws.distributivityOnTheRight(andThen, all), { tokens: latching })

    it('not on the right where a condition does not latch', () => {
      const poll = (p: boolean): Semantics.Event => ({ _tag: 'Polled', conditions: { p }, direct: true })
      const events: Trace = [poll(true), { _tag: 'Requested', name: 'a' }, poll(false)]
      const law = laws.distributivityOnTheRight(andThen, all)
      const unlatched = Token.condition('p', { latch: false })
      expect(law.holds(getVerdictEq(events), Token.manual('a'), unlatched, Token.cancelled())).toBe(false)
    })
  })
  hold(
    laws.idempotentSemiring(semiring).filter(({ name }) => /annihil|absorbing|identity/.test(name)),
    { tokens: latching },
  )

  const timeouts = fc.nat({ max: 1000 })
  property(
    'on pure timeouts it is the tropical semiring: min, plus, and max for all',
    [timeouts, timeouts, fc.nat({ max: 2500 })],
    (first, second, ms) => {
      const firedAfter = (tokens: AnyToken): boolean =>
        verdicts(tokens, [{ _tag: 'Elapsed', ms, wall: ms }, poll])[0] === true
      const a = Token.timeout(first)
      const b = Token.timeout(second)
      expect(firedAfter(semiring.add(a, b))).toBe(ms >= Math.min(first, second))
      expect(firedAfter(lattice.meet(a, b))).toBe(ms >= Math.max(first, second))
      expect(firedAfter(semiring.mul(a, b))).toBe(ms >= first + second)
    },
  )
})

const poll: Semantics.Event = { _tag: 'Polled', conditions: {}, direct: true }

/** Leaves used up in part, and given reasons, as residuals have them. */
const worn = { maxDepth: 5, used: true, reasons: true } as const
const long = { maxLength: 20 } as const

describe('law 6: monotonicity', () => {
  hold(laws.monotonicity(), { tokens: { maxDepth: 5, momentary: false }, traces: long })
  hold(laws.named('of what is used up in part', [laws.monotonicity()]), { tokens: { ...worn, momentary: false } })
})

describe('law 7: the normal form', () => {
  hold(laws.normalForm(), { tokens: { maxDepth: 5 }, traces: long })
  hold(laws.named('of what is used up in part', laws.normalForm()), { tokens: worn })
  property(
    'is what Eq compares',
    [token({ maxDepth: 2 }), token({ maxDepth: 2 })],
    (a, b) => {
      expect(Token.Eq.equals(a, Analysis.normalise(a))).toBe(true)
      expect(Token.Eq.equals(a, b)).toBe(
        JSON.stringify(sorted(Analysis.normalise(a))) === JSON.stringify(sorted(Analysis.normalise(b))),
      )
    },
    5000,
  )
})

const sorted = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([x], [y]) => (x < y ? -1 : 1)))
      : each,
  )

describe('law 8: the residual', () => {
  hold(laws.residual(), { tokens: { maxDepth: 5 }, traces: { maxLength: 12 } })
  hold(laws.named('of what is used up in part', [laws.residual()]), { tokens: worn, traces: { maxLength: 12 } })
})

describe('law 9: adequacy, of one scope in a virtual world', () => {
  hold(laws.adequacy(), { tokens: { maxDepth: 4 }, traces: trace(long) })
  hold(laws.named('of what is used up in part', [laws.adequacy()]), { tokens: { ...worn, throwing: true } })
})
