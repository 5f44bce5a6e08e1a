import * as assert from 'node:assert/strict'
import { describe, expect, it } from 'vitest'
import { Semantics } from 'cantok-ts'
import type { Token } from 'cantok-ts'
import { TokenFromJson, getTokenFromJson, report } from 'cantok-ts/codec'
import { token, trace } from 'cantok-ts/testing'
import { property } from '../support/property.js'

type AnyToken = Token.Token<Token.Input>

const decoded = (value: unknown): AnyToken => {
  const result = TokenFromJson.decode(value)
  if (result._tag === 'Right') return result.right
  throw new Error(report(result.left).join('\n'))
}

const problems = (token: unknown): ReadonlyArray<string> => {
  const result = TokenFromJson.decode({ version: 1, token })
  return result._tag === 'Left' ? report(result.left) : []
}

const generated = token({ used: true, reasons: true, throwing: true })

describe('TokenFromJson', () => {
  property('gives back what it was given', [generated], (each) => {
    assert.deepStrictEqual(decoded(TokenFromJson.encode(each)), { ...each })
  })

  property('gives back what it was given through text', [generated], (each) => {
    assert.deepStrictEqual(decoded(JSON.parse(JSON.stringify(TokenFromJson.encode(each)))), { ...each })
  })

  property('changes no verdict', [generated, trace()], (each, events) => {
    assert.deepStrictEqual(
      Semantics.run(decoded(TokenFromJson.encode(each)), events),
      Semantics.run({ ...each }, events),
    )
  })

  it('says what is wrong at each place', () => {
    expect(problems({ _tag: 'Any', tokens: [{ _tag: 'Nevr' }, { _tag: 'Counter', limit: -1 }, 7] })).toEqual([
      "token.tokens[0]._tag must be the tag of a token (Never, Cancelled, Manual, Timeout, Deadline, Counter, Condition, Budget, Idle, Any, All, AndThen, Labelled), but was 'Nevr'",
      'token.tokens[1].limit must be an integer from 0 to 2^53 - 1, but was -1',
      'token.tokens[2] must be a token, but was 7',
    ])
  })

  it('reads only the versions it knows', () => {
    const result = TokenFromJson.decode({ version: 2, token: 7 })
    expect(result._tag === 'Left' && report(result.left)).toEqual([
      'version must be one of the versions that are read: 1, but was 2',
    ])
  })

  it('refuses limits that are none', () => {
    expect(() => getTokenFromJson({ depth: -1 })).toThrow(RangeError)
  })
})
