/** The laws of the codecs: what is written reads back as the same data, and means the same. */
import * as assert from 'node:assert/strict'
import * as fc from 'fast-check'
import type * as t from 'io-ts'
import { CancelScope, Reason, Semantics, Token } from 'cantok-ts'
import {
  EventFromJson,
  EvidenceFromJson,
  ReasonFromJson,
  TokenFromJson,
  TokenFromString,
  getTokenFromJson,
  getTokenFromString,
  report,
} from 'cantok-ts/codec'
import { token, trace, virtualWorld } from 'cantok-ts/testing'
import { describe, expect, it } from 'vitest'
import { property } from '../support/property.js'
import * as corpus from './corpus.js'

const decoded = <A, O>(codec: t.Type<A, O, unknown>, value: unknown): A => {
  const result = codec.decode(value)
  if (result._tag === 'Right') return result.right
  throw new Error(report(result.left).join('\n'))
}

/** Data without what generators add to the root of a value for reports. */
const plain = <A>(value: A): A => (typeof value === 'object' ? { ...value } : value)

const laws = <A, O>(codec: t.Type<A, O, unknown>, generated: fc.Arbitrary<A>, edges: ReadonlyArray<A>): void => {
  const survives = (value: A): void => {
    const encoded = codec.encode(value)
    const read = decoded(codec, encoded)
    assert.deepStrictEqual(read, plain(value))
    assert.ok(codec.is(value) && codec.is(read))
    // as text too, and canonical JSON is written again letter by letter
    const text = JSON.stringify(encoded)
    const again = decoded(codec, typeof encoded === 'string' ? encoded : JSON.parse(text))
    assert.deepStrictEqual(again, plain(value))
    assert.equal(JSON.stringify(codec.encode(again)), text)
  }
  property('decoding is the inverse of encoding, and the other way round', [generated], survives)
  it('at the edges too', () => edges.forEach(survives))
}

describe('laws: TokenFromJson', () => {
  laws(TokenFromJson, corpus.generatedToken, corpus.tokens)

  property('verdicts and residuals stay', [corpus.generatedToken, trace()], (each, events) => {
    assert.deepStrictEqual(
      Semantics.run(decoded(TokenFromJson, TokenFromJson.encode(each)), events),
      Semantics.run(plain(each), events),
    )
  })

  it('an empty list of reasons is none', () => {
    const token: corpus.AnyToken = { _tag: 'All', tokens: [Token.manual('a')], reasons: [] }
    const read = decoded(TokenFromJson, TokenFromJson.encode(token))
    assert.deepStrictEqual(read, Token.all(Token.manual('a')))
    expect(Token.Eq.equals(read, token)).toBe(true)
  })
})

describe('laws: TokenFromString', () => {
  laws(TokenFromString, corpus.generatedToken, corpus.tokens)

  property('is one line, that of the JSON value', [corpus.generatedToken], (each) => {
    const text = TokenFromString.encode(each)
    expect(text).toBe(JSON.stringify(TokenFromJson.encode(each)))
    expect(text.includes('\n')).toBe(false)
  })
})

describe('laws: ReasonFromJson', () => {
  laws(ReasonFromJson, corpus.generatedReason, corpus.reasons)
})

describe('laws: EventFromJson', () => {
  laws(EventFromJson, corpus.generatedEvent, corpus.events)
})

describe('laws: EvidenceFromJson', () => {
  laws(EvidenceFromJson, corpus.generatedEvidence, [])
})

describe('what live scopes tell', () => {
  const world = { momentary: false, throwing: false } as const
  property(
    'reads back: residuals, reasons with their instants, evidence',
    [token({ ...world, used: true, reasons: true }), trace(), fc.double({ min: 1e12, max: 2e12, noNaN: true })],
    (each, events, wallStart) => {
      const live = virtualWorld<string>({ wallStart, conditions: { p: false, q: true, r: false } })
      const scope = CancelScope.open(each, live)()
      for (const event of events) {
        live.play(scope)(event)()
        const residual = CancelScope.residual(scope)()
        assert.deepStrictEqual(decoded(TokenFromJson, TokenFromJson.encode(residual)), residual)
        const evidence = CancelScope.explain(scope)()
        assert.deepStrictEqual(decoded(EvidenceFromJson, EvidenceFromJson.encode(evidence)), evidence)
        const verdict = CancelScope.peek(scope)()
        if (verdict._tag === 'None') continue
        const reason = verdict.value
        assert.deepStrictEqual(decoded(ReasonFromJson, ReasonFromJson.encode(reason)), reason)
      }
    },
    300,
  )
})

describe('a budget spent beyond all numbers', () => {
  it('keeps its sum', () => {
    const spent: Semantics.Event = { _tag: 'Spent', name: 'x', amount: Number.MAX_VALUE }
    const token = Token.budget('x', Number.MAX_VALUE, { left: 1 })
    const [verdict] = Semantics.step(spent)(token)
    const reason = verdict._tag === 'Some' ? verdict.value : undefined
    assert.ok(reason?._tag === 'BudgetSpent' && reason.spent === Infinity)
    expect(ReasonFromJson.encode(reason)).toMatchObject({ reason: { spent: 'Infinity' } })
    assert.ok(Reason.Eq.equals(decoded(ReasonFromJson, ReasonFromJson.encode(reason)), reason))
  })
})

describe('fields that are left out', () => {
  it('are what the constructors say', () => {
    const written: ReadonlyArray<readonly [token: corpus.AnyToken, node: object]> = [
      [Token.cancelled(), { _tag: 'Cancelled' }],
      [Token.timeout('5s'), { _tag: 'Timeout', duration: 5000 }],
      [Token.timeout('5s', { left: 0 }), { _tag: 'Timeout', duration: 5000, left: 0 }],
      [Token.counter(3), { _tag: 'Counter', limit: 3 }],
      [Token.counter(3, { direct: false, left: 1 }), { _tag: 'Counter', limit: 3, left: 1, direct: false }],
      [Token.condition('p'), { _tag: 'Condition', name: 'p' }],
      [
        Token.condition('p', { latch: false, onError: 'throw', fallback: true }),
        { _tag: 'Condition', name: 'p', latch: false, onError: 'throw', fallback: true },
      ],
      [Token.budget('x', 5), { _tag: 'Budget', name: 'x', limit: 5 }],
      [Token.idle('i', 5), { _tag: 'Idle', name: 'i', duration: 5 }],
      [Token.all(Token.never), { _tag: 'All', tokens: [{ _tag: 'Never' }] }],
    ]
    for (const [token, node] of written) {
      expect(JSON.stringify(TokenFromJson.encode(token))).toBe(JSON.stringify({ version: 1, token: node }))
      assert.deepStrictEqual(decoded(TokenFromJson, { version: 1, token: node }), token)
    }
  })

  it('are those of a direct poll, and of evidence that has no parts and decides nothing', () => {
    assert.deepStrictEqual(decoded(EventFromJson, { version: 1, event: { _tag: 'Polled', conditions: {} } }), {
      _tag: 'Polled',
      conditions: {},
      direct: true,
    })
    assert.deepStrictEqual(
      decoded(EvidenceFromJson, { version: 1, evidence: { what: 'never', status: 'impossible' } }),
      {
        what: 'never',
        status: 'impossible',
        decisive: false,
        parts: [],
      },
    )
  })
})

describe('depth', () => {
  const deep = (): corpus.AnyToken => {
    let token: corpus.AnyToken = Token.never
    for (let depth = 1; depth < 100_000; depth++) token = { _tag: 'Labelled', label: 'x', token }
    return token
  }

  it('is no matter where the limits allow it', () => {
    const limits = { depth: 100_000, nodes: 100_000, length: 10_000_000 }
    const token = deep()
    const text = getTokenFromString(limits).encode(token)
    expect(getTokenFromString(limits).encode(decoded(getTokenFromString(limits), text))).toBe(text)
    expect(getTokenFromJson(limits).is(token)).toBe(true)
    expect(TokenFromJson.is(token)).toBe(false)
  })
})

describe('is', () => {
  const badly: ReadonlyArray<unknown> = [
    null,
    undefined,
    7,
    'Never',
    [],
    {},
    { _tag: 'Nevr' },
    { _tag: '__proto__' },
    { _tag: 'Manual', name: '' },
    { _tag: 'Manual', name: 7 },
    { _tag: 'Timeout', duration: 5 },
    { _tag: 'Timeout', duration: 5, left: 6 },
    { _tag: 'Timeout', duration: 'PT5S', left: 5 },
    { _tag: 'Timeout', duration: Infinity, left: 5 },
    { _tag: 'Deadline', instant: '2030-01-01T00:00:00Z' },
    { _tag: 'Deadline', instant: Number.NaN },
    { _tag: 'Counter', limit: 1, left: 1 },
    { _tag: 'Counter', limit: 1.5, left: 1, direct: true },
    { _tag: 'Condition', name: 'p', latch: true, onError: 'never', fallback: false },
    { _tag: 'Any' },
    { _tag: 'Any', tokens: [{ _tag: 'Never' }, undefined] },
    { _tag: 'All', tokens: [], reasons: [{ _tag: 'TimedOut' }] },
    { _tag: 'AndThen', first: { _tag: 'Never' } },
    { _tag: 'Cancelled', reason: { _tag: 'AllOf', reasons: [], path: [] } },
    { version: 1, token: { _tag: 'Never' } },
  ]

  it('tells tokens from what is none', () => {
    for (const value of badly) expect([value, TokenFromJson.is(value)]).toEqual([value, false])
    for (const value of corpus.tokens) expect([value, TokenFromJson.is(value)]).toEqual([value, true])
    expect(TokenFromJson.is({ ...Token.manual('a'), more: 1 })).toBe(true)
    expect(TokenFromString.is(Token.never)).toBe(true)
  })

  it('tells reasons, events and evidence from what are none', () => {
    expect(ReasonFromJson.is({ _tag: 'Requested', path: [] })).toBe(true)
    expect(ReasonFromJson.is({ _tag: 'Requested', path: [-1] })).toBe(false)
    expect(ReasonFromJson.is({ _tag: 'BudgetSpent', name: 'x', limit: 1, spent: 'Infinity', path: [] })).toBe(false)
    expect(EventFromJson.is({ _tag: 'Polled', conditions: {}, direct: true })).toBe(true)
    expect(EventFromJson.is({ _tag: 'Polled', conditions: { a: 1 }, direct: true })).toBe(false)
    expect(EvidenceFromJson.is({ what: 'any', status: 'pending', decisive: false, parts: [] })).toBe(true)
    expect(EvidenceFromJson.is({ what: 'any', status: 'pending', decisive: false })).toBe(false)
  })
})
