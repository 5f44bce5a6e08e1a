/** What codecs give is checked data of unknown inputs: `openUnknown` takes it, `open` does not. */
import { pipe } from 'fp-ts/lib/function.js'
import type { Either } from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { CancelScope, Token } from 'cantok-ts'
import type { Analysis, Reason, Semantics } from 'cantok-ts'
import {
  EventFromJson,
  EvidenceFromJson,
  ReasonFromJson,
  TokenFromJson,
  TokenFromString,
  getTokenFromJson,
  hearing,
  jsonSchema,
  report,
} from 'cantok-ts/codec'
import type { EventEncoded, EvidenceEncoded, Heard, ReasonEncoded, TokenEncoded } from 'cantok-ts/codec'
import { describe, expectTypeOf, it } from 'vitest'

type Anything = Token.Token<Token.Input>

declare const input: unknown

describe('codecs', () => {
  it('give what was read, or the errors of io-ts', () => {
    expectTypeOf(TokenFromJson.decode(input)).toEqualTypeOf<Either<t.Errors, Anything>>()
    expectTypeOf(TokenFromString.decode(input)).toEqualTypeOf<Either<t.Errors, Anything>>()
    expectTypeOf(ReasonFromJson.decode(input)).toEqualTypeOf<Either<t.Errors, Reason.Reason>>()
    expectTypeOf(EventFromJson.decode(input)).toEqualTypeOf<Either<t.Errors, Semantics.Event>>()
    expectTypeOf(EvidenceFromJson.decode(input)).toEqualTypeOf<Either<t.Errors, Analysis.Evidence>>()
    expectTypeOf(report).parameter(0).toEqualTypeOf<t.Errors>()
  })

  it('write what their encoded types say', () => {
    expectTypeOf(TokenFromJson.encode(Token.manual('stop'))).toEqualTypeOf<TokenEncoded>()
    expectTypeOf(TokenFromString.encode(Token.never)).toEqualTypeOf<string>()
    expectTypeOf<t.OutputOf<typeof ReasonFromJson>>().toEqualTypeOf<ReasonEncoded>()
    expectTypeOf<t.OutputOf<typeof EventFromJson>>().toEqualTypeOf<EventEncoded>()
    expectTypeOf<t.OutputOf<typeof EvidenceFromJson>>().toEqualTypeOf<EvidenceEncoded>()
    // @ts-expect-error: a version that is not written
    expectTypeOf<TokenEncoded>({ version: 2, token: { _tag: 'Never' } })
    // @ts-expect-error: what is left is a number
    expectTypeOf<TokenEncoded>({ version: 1, token: { _tag: 'Timeout', duration: 5, left: '3' } })
  })

  it('are guards', () => {
    if (TokenFromJson.is(input)) expectTypeOf(input).toEqualTypeOf<Anything>()
  })

  it('go into codecs of io-ts', () => {
    const Job = t.type({ id: t.string, stop: TokenFromJson })
    expectTypeOf<t.TypeOf<typeof Job>['stop']>().toEqualTypeOf<Anything>()
    expectTypeOf<t.OutputOf<typeof Job>['stop']>().toEqualTypeOf<TokenEncoded>()
  })

  it('take some limits, by name', () => {
    expectTypeOf(getTokenFromJson({ depth: 5 })).toEqualTypeOf<typeof TokenFromJson>()
    // @ts-expect-error: there is no such limit
    getTokenFromJson({ height: 5 })
    // @ts-expect-error: there is no such document
    jsonSchema('progress')
  })
})

describe('a token that was decoded', () => {
  it('is opened where its inputs are looked at', () => {
    const result = TokenFromJson.decode(input)
    if (result._tag === 'Left') return
    CancelScope.openUnknown(result.right, { conditions: {} })
    // @ts-expect-error: nobody knows which conditions it names
    CancelScope.open(result.right)
    // @ts-expect-error: it may name inputs
    expectTypeOf<Token.Token>(result.right)
  })
})

describe('a token of which some is heard', () => {
  it('names no more than that', () => {
    const result = TokenFromJson.decode(input)
    if (result._tag === 'Left') return
    const here = hearing({ budget: ['calls'] })
    expectTypeOf(here(result.right)).toEqualTypeOf<Token.Token<'budget:calls'>>()
    expectTypeOf(pipe(result.right, hearing())).toEqualTypeOf<Token.Token>()
    expectTypeOf(pipe(result.right, hearing({ counters: true }))).toEqualTypeOf<Token.Token>()
    expectTypeOf(pipe(result.right, hearing({ manual: ['stop', 'quit'], idle: ['worker'], budget: [] }))).toEqualTypeOf<
      Token.Token<'manual:stop' | 'manual:quit' | 'idle:worker'>
    >()
    const scope = CancelScope.open(here(result.right))()
    CancelScope.spend(scope, 'calls', 1)
    // @ts-expect-error: no such budget is heard
    CancelScope.spend(scope, 'callz', 1)
  })

  it('names no more than it did', () => {
    const here = hearing({ budget: ['calls'], condition: ['drained'] })
    expectTypeOf(here(Token.manual('stop'))).toEqualTypeOf<Token.Token>()
    expectTypeOf(here(Token.any(Token.manual('stop'), Token.budget('calls', 1)))).toEqualTypeOf<
      Token.Token<'budget:calls'>
    >()
    // @ts-expect-error: the world must have the condition that is heard
    CancelScope.open(here(Token.condition('drained')))
  })

  it('names anything where nobody knows what is heard', () => {
    const heard: Heard = {}
    expectTypeOf(hearing(heard)(Token.manual('stop'))).toEqualTypeOf<Token.Token<'manual:stop'>>()
    const budget: ReadonlyArray<string> = []
    expectTypeOf(hearing({ budget })(Token.budget('calls', 1))).toEqualTypeOf<Token.Token<'budget:calls'>>()
  })

  it('is heard by names of kinds that there are', () => {
    // @ts-expect-error: there is no such kind
    hearing({ budgets: ['calls'] })
    // @ts-expect-error: one name is no list
    hearing({ budget: 'calls' })
  })
})
