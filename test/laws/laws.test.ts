/**
 * The laws of the algebra, on generated tokens and traces. The title of a law says up to what it holds: the
 * verdicts at polls, the reason too, or normal forms; and whether it needs conditions that latch. Commutativity of the reason fails by design: a tie goes to the leftmost.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Analysis, Semantics, Token } from 'cantok-ts'
import type { Reason } from 'cantok-ts'
import type { Eq } from 'fp-ts/lib/Eq.js'
import { token, trace } from '../support/arbitrary.js'
import { firstReason, labelledReasons, reasonEq, verdictEq, verdicts } from '../support/observe.js'
import type { Trace } from '../support/observe.js'
import { property } from '../support/property.js'
import * as laws from './laws.js'

type AnyToken = Token.Token<Token.Input>

const runs = 3000

const any = Token.getMonoidAny<Token.Input>()
const all = Token.getMonoidAll<Token.Input>()
const andThen = Token.getMonoidAndThen<Token.Input>()
const lattice = Token.getLattice<Token.Input>()
const semiring = Token.getSemiring<Token.Input>()

const every = token({ maxDepth: 3 })
const latching = token({ maxDepth: 3, momentary: false })

type Equality = (trace: Trace) => Eq<AnyToken>

const titled = (title: string, equality: Equality): string =>
  equality === verdictEq ? `${title}, of the verdict only` : title

const law1 = (
  title: string,
  arbitrary: fc.Arbitrary<AnyToken>,
  law: (E: Eq<AnyToken>, a: AnyToken) => boolean,
  equality: Equality = verdictEq,
): void => property(titled(title, equality), [arbitrary, trace()], (a, events) => law(equality(events), a), runs)

const law2 = (
  title: string,
  arbitrary: fc.Arbitrary<AnyToken>,
  law: (E: Eq<AnyToken>, a: AnyToken, b: AnyToken) => boolean,
  equality: Equality = verdictEq,
): void =>
  property(
    titled(title, equality),
    [arbitrary, arbitrary, trace()],
    (a, b, events) => law(equality(events), a, b),
    runs,
  )

const law3 = (
  title: string,
  arbitrary: fc.Arbitrary<AnyToken>,
  law: (E: Eq<AnyToken>, a: AnyToken, b: AnyToken, c: AnyToken) => boolean,
  equality: Equality = verdictEq,
): void =>
  property(
    titled(title, equality),
    [arbitrary, arbitrary, arbitrary, trace()],
    (a, b, c, events) => law(equality(events), a, b, c),
    runs,
  )

const structurally = (): Eq<AnyToken> => Token.Eq

describe('laws 1: any and all are commutative idempotent monoids', () => {
  for (const [name, M, zero] of [
    ['any', any, lattice.one],
    ['all', all, lattice.zero],
  ] as const) {
    law3(`${name}: associativity`, every, laws.associativity(M))
    law3(`${name}: associativity of normal forms`, every, laws.associativity(M), structurally)
    law2(`${name}: commutativity`, every, laws.commutativity(M))
    law1(`${name}: idempotence`, every, laws.idempotence(M))
    law1(`${name}: idempotence of normal forms`, every, laws.idempotence(M), structurally)
    law1(`${name}: left identity, of the reason too`, every, laws.leftIdentity(M), reasonEq)
    law1(`${name}: left identity of normal forms`, every, laws.leftIdentity(M), structurally)
    law1(`${name}: right identity, of the reason too`, every, laws.rightIdentity(M), reasonEq)
    law1(`${name}: right identity of normal forms`, every, laws.rightIdentity(M), structurally)
    law1(`${name}: the absorbing element on the left`, every, laws.absorbingOnTheLeft(M, zero))
    law1(`${name}: the absorbing element on the right`, every, laws.absorbingOnTheRight(M, zero))
  }
  law3('any: associativity, of the reason too', every, laws.associativity(any), reasonEq)
  law1('any: idempotence, of the reason too', every, laws.idempotence(any), reasonEq)
})

describe('laws 2: tokens are a bounded distributive lattice', () => {
  law2('join absorbs meet', every, laws.joinAbsorbsMeet(lattice))
  law2('meet absorbs join', every, laws.meetAbsorbsJoin(lattice))
  law3('join distributes over meet', every, laws.joinDistributesOverMeet(lattice))
  law3('meet distributes over join', every, laws.meetDistributesOverJoin(lattice))
  law1('zero and one are the bounds', every, laws.bounds(lattice))
})

describe('laws 3: andThen is a monoid that never absorbs', () => {
  law3('associativity, of the reason too', every, laws.associativity(andThen), reasonEq)
  law3('associativity of normal forms', every, laws.associativity(andThen), structurally)
  law1('left identity, of the reason too', every, laws.leftIdentity(andThen), reasonEq)
  law1('left identity of normal forms', every, laws.leftIdentity(andThen), structurally)
  law1('right identity, of the reason too, with latching conditions', latching, laws.rightIdentity(andThen), reasonEq)
  law1('right identity of normal forms, with latching conditions', latching, laws.rightIdentity(andThen), structurally)
  law1('never absorbs on the left', every, laws.absorbingOnTheLeft(andThen, Token.never))
  law1('never absorbs on the right', every, laws.absorbingOnTheRight(andThen, Token.never))

  it('has no right identity where a condition does not latch', () => {
    const unlatched = Token.condition('p', { latch: false })
    const events: Trace = [true, false].map((p) => ({ _tag: 'Polled', conditions: { p }, direct: true }))
    expect(laws.rightIdentity(andThen)(verdictEq(events), unlatched)).toBe(false)
  })
})

describe('laws 4: andThen distributes over any and all', () => {
  law3('over any on the left', every, laws.distributesOnTheLeft(andThen, any))
  law3('over any on the right, with latching conditions', latching, laws.distributesOnTheRight(andThen, any))
  law3('over all on the left', every, laws.distributesOnTheLeft(andThen, all))
  law3('over all on the right, with latching conditions', latching, laws.distributesOnTheRight(andThen, all))
  law1('zero of the semiring annihilates', every, laws.annihilation(semiring))

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

describe('law 6: monotony', () => {
  property(
    'what has fired stays fired, and its first reason never changes, with latching conditions',
    [token({ momentary: false }), trace(20)],
    (tokens, events) => {
      let first: Reason.Reason | undefined
      for (const { verdict } of Semantics.run(tokens, events)) {
        if (first !== undefined) expect(verdict).toEqual({ _tag: 'Some', value: first })
        if (verdict._tag === 'Some') first = verdict.value
      }
    },
    runs,
  )
})

describe('law 7: the normal form', () => {
  property(
    'gives the same verdicts and the same labelled reasons',
    [token(), trace(20)],
    (tokens, events) => {
      const normal = Analysis.normalise(tokens)
      expect(verdicts(normal, events)).toEqual(verdicts(tokens, events))
      expect(labelledReasons(firstReason(normal, events))).toEqual(labelledReasons(firstReason(tokens, events)))
    },
    runs,
  )
  property('is its own normal form', [token()], (tokens) => {
    const normal = Analysis.normalise(tokens)
    expect(Analysis.normalise(normal)).toEqual(normal)
  })
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
  property(
    'goes on as the whole would have, at every split of a trace',
    [token(), trace(12)],
    (tokens, events) => {
      const whole = Semantics.run(tokens, events)
      whole.forEach(({ residual }, index) => {
        const rest = Semantics.run(residual, events.slice(index + 1))
        expect(rest.map(({ verdict }) => verdict)).toEqual(whole.slice(index + 1).map(({ verdict }) => verdict))
      })
    },
    runs,
  )
  property(
    'may be normalised at every split of a trace',
    [token(), trace(12)],
    (tokens, events) => {
      const whole = Semantics.run(tokens, events)
      whole.forEach(({ residual }, index) => {
        const rest = events.slice(index + 1)
        expect(verdicts(Analysis.normalise(residual), rest)).toEqual(verdicts(residual, rest))
      })
    },
    runs,
  )
})
