/** Generators give what the library takes, laws go with the instances of fp-ts, and tokens of one law are not those of another type. */
import type * as fc from 'fast-check'
import * as N from 'fp-ts/lib/number.js'
import { Token } from 'cantok-ts'
import type { CancelScope, Duration, Reason, Semantics } from 'cantok-ts'
import {
  checkLaws,
  duration,
  event,
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
