/** What codecs give is checked data of unknown inputs: `openUnknown` takes it, `open` does not. */
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
  jsonSchema,
  report,
} from 'cantok-ts/codec'
import type { EventEncoded, EvidenceEncoded, ReasonEncoded, TokenEncoded } from 'cantok-ts/codec'
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
