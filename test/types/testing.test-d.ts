/** Generators give what the library takes, laws go with the instances of fp-ts, and tokens of one law are not those of another type. */
import type * as fc from 'fast-check'
import * as N from 'fp-ts/lib/number.js'
import { Token } from 'cantok-ts'
import type { CancelScope, Duration, Reason, Semantics } from 'cantok-ts'
import {
  checkExhaustively,
  checkLaws,
  duration,
  event,
  getVerdictEq,
  laws,
  observationallyEqual,
  reason,
  smallTokens,
  token,
  trace,
  withTimeline,
  world,
} from 'cantok-ts/testing'
import type { Comparison, Equation, Trace, VirtualWorld } from 'cantok-ts/testing'
import { describe, expectTypeOf, it } from 'vitest'

type Anything = Token.Token<Token.Input>

describe('arbitraries', () => {
  it('generate the types of the library', () => {
    expectTypeOf(token()).toEqualTypeOf<fc.Arbitrary<Anything>>()
    expectTypeOf(reason()).toEqualTypeOf<fc.Arbitrary<Reason.Reason>>()
    expectTypeOf(event()).toEqualTypeOf<fc.Arbitrary<Semantics.Event>>()
    expectTypeOf(trace()).toEqualTypeOf<fc.Arbitrary<Trace>>()
    expectTypeOf(world()).toEqualTypeOf<fc.Arbitrary<VirtualWorld>>()
    expectTypeOf(duration()).toEqualTypeOf<fc.Arbitrary<Duration.Duration>>()
    expectTypeOf(smallTokens()).toExtend<Iterable<Anything>>()
    expectTypeOf<Trace>().toEqualTypeOf<ReadonlyArray<Semantics.Event>>()
  })

  it('generate tokens that open in generated worlds', () => {
    expectTypeOf<VirtualWorld>().toExtend<Parameters<typeof CancelScope.open<Token.Input>>[1]>()
  })

  it('take tags or weights, and refuse what is none', () => {
    token({ leaves: ['Timeout', 'Manual'], combinators: { Any: 1 } })
    trace({ events: { Polled: 3, Elapsed: 1 } })
    // @ts-expect-error a combinator is no leaf
    token({ leaves: ['Any'] })
    // @ts-expect-error no such event
    trace({ events: ['Waited'] })
    // @ts-expect-error no such kind of input
    token({ names: { manuals: ['stop'] } })
  })
})

describe('laws', () => {
  it('are of the type of the instance', () => {
    expectTypeOf(laws.associativity(N.SemigroupSum)).toEqualTypeOf<Equation<number>>()
    expectTypeOf(laws.lattice(Token.Lattice)).toEqualTypeOf<ReadonlyArray<Equation<Token.Token>>>()
  })

  it('of a combinator given in place are laws of all tokens', () => {
    checkLaws(laws.commutativity({ concat: Token.any }))
    checkLaws(
      laws.commutativity({
        concat: (a, b) => {
          expectTypeOf(a).toEqualTypeOf<Anything>()
          return Token.any(a, b)
        },
      }),
    )
    checkExhaustively(laws.idempotence({ concat: (a, b) => Token.any(a, b) }), { maxSize: 1 })
    checkLaws(laws.monoid({ concat: (a, b) => Token.any(a, b), empty: Token.never }))
    checkLaws([...laws.monoid({ concat: Token.any, empty: Token.never }), laws.residual()])
    const [join, meet] = [(a: Anything, b: Anything) => Token.any(a, b), (a: Anything, b: Anything) => Token.all(a, b)]
    checkLaws(laws.lattice({ join: (a, b) => join(a, b), meet, zero: Token.never, one: Token.cancelled() }))
  })

  it('of an instance with a part of another type are those of all tokens', () => {
    const mine = (a: Anything, b: Anything): Anything => Token.any(a, b)
    checkLaws(laws.monoid({ ...Token.MonoidAny, concat: mine }))
    checkLaws(laws.lattice({ ...Token.Lattice, join: mine }))
    checkLaws(laws.semiring({ ...Token.Semiring, add: mine }))
    checkLaws(laws.monotone(Token.Lattice, mine))
    // @ts-expect-error numbers have no meet of tokens
    laws.lattice({ ...Token.Lattice, join: (a: number, b: number) => a + b })
    // @ts-expect-error what is joined is a token
    laws.lattice({ ...Token.Lattice, join: (a: Anything) => a._tag })
  })

  it('print counterexamples that compile where they are pasted', () => {
    const a = Token.andThen(Token.manual('a'), Token.condition('p', { latch: false }))
    const left: Token.Token<Token.Input> = {
      _tag: 'All',
      tokens: [a, Token.any({ _tag: 'All', tokens: [a], reasons: [{ _tag: 'Requested', path: [] }] })],
      reasons: [{ _tag: 'Requested', path: [] }],
    }
    const trace: Semantics.Event[] = [
      { _tag: 'Requested', name: 'a' },
      ...Array(5).fill({ _tag: 'Polled', conditions: {}, direct: true }),
    ]
    observationallyEqual(a, left)
    getVerdictEq(trace).equals(a, left)
  })

  it('of tokens that name any inputs are checked together', () => {
    checkLaws([...laws.lattice(Token.Lattice), ...laws.monoid(Token.getMonoidAny<'manual:a'>()), laws.residual()])
    checkLaws(laws.lattice({ join: Token.any, meet: Token.all, zero: Token.never, one: Token.cancelled() }))
    checkLaws(
      laws.equivalent('of three', (a, b, c) => {
        expectTypeOf(b).toEqualTypeOf<Anything>()
        return [Token.any(a, b, c), c]
      }),
    )
    // @ts-expect-error laws of numbers are not checked on tokens
    checkLaws(laws.associativity(N.SemigroupSum))
    // @ts-expect-error both sides are tokens
    checkLaws(laws.equivalent('of a token and a number', (a) => [a, 1]))
    // @ts-expect-error no such equality
    checkLaws(laws.residual(), { equality: 'verdicts' })
  })
})

describe('comparisons', () => {
  it('take tokens of different inputs', () => {
    expectTypeOf(observationallyEqual(Token.manual('a'), Token.condition('p'))).toEqualTypeOf<Comparison>()
  })

  it('pass on what a property takes besides', () => {
    const predicate = withTimeline((given, events, count: number) => {
      expectTypeOf(given).toEqualTypeOf<Anything>()
      expectTypeOf(events).toEqualTypeOf<Trace>()
      return count > 0
    })
    expectTypeOf(predicate).parameters.toEqualTypeOf<[token: Anything, trace: Trace, count: number]>()
  })
})
