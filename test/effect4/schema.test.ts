/** The Schemas are the codecs in all they answer: what they accept, refuse, read, write, and the words for it. */
import * as assert from 'node:assert/strict'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { Schema } from 'effect'
import type { SchemaIssue } from 'effect'
import type * as t from 'io-ts'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { Reason, Token } from 'cantok-ts'
import * as codecs from 'cantok-ts/codec'
import { ReasonFromJson, TokenFromJson, getReasonFromJson, getTokenFromJson } from 'cantok-ts/effect4'
import * as corpus from '../codec/corpus.js'
import { chanceFrom, documents, spoiled } from '../codec/mutations.js'
import { pathText } from '../../src/codec/shown.js'
import { property } from '../support/property.js'

/** Where and what, of all that is wrong. */
const places = (issue: SchemaIssue.Issue, above: ReadonlyArray<PropertyKey> = []): ReadonlyArray<string> => {
  switch (issue._tag) {
    case 'Pointer':
      return places(issue.issue, [...above, ...issue.path])
    case 'Encoding':
    case 'Filter':
      return places(issue.issue, above)
    case 'Composite':
      return issue.issues.flatMap((each) => places(each, above))
    case 'InvalidValue':
      return [`${pathText(above.map(String))} ${issue.annotations?.message ?? ''}`]
    default:
      return [`${issue._tag} at ${pathText(above.map(String))}`]
  }
}

/** The lines of the codec, without the place of where it stopped to read, which is told twice. */
const reported = (errors: t.Errors): ReadonlyArray<string> =>
  errors.map((error, index) => {
    const line = codecs.report([error])[0] ?? ''
    return line.startsWith('reading stopped')
      ? `${pathText((errors[index]?.context ?? []).map(({ key }) => key))} ${line}`
      : line
  })

/** That a Schema and a codec say the same of a value. */
const agree = <A, O>(schema: Schema.Codec<A, O>, codec: t.Type<A, O, unknown>, value: unknown): boolean => {
  const ours = Schema.decodeUnknownResult(schema, { errors: 'all' })(value)
  const first = Schema.decodeUnknownResult(schema)(value)
  const theirs = codec.decode(value)
  assert.equal(ours._tag === 'Success', theirs._tag === 'Right')
  if (ours._tag === 'Success') assert.deepStrictEqual(ours.success, theirs._tag === 'Right' && theirs.right)
  else {
    const lines = theirs._tag === 'Left' ? reported(theirs.left) : []
    assert.deepStrictEqual(places(ours.failure.issue), lines)
    assert.deepStrictEqual(first._tag === 'Failure' && places(first.failure.issue), lines.slice(0, 1))
  }
  assert.equal(Schema.is(schema)(value), codec.is(value))
  return ours._tag === 'Success'
}

/** Data without what generators add to the root of a value for reports. */
const plain = <A>(value: A): A => (typeof value === 'object' ? { ...value } : value)

const equality = <A, O>(
  name: 'token' | 'reason',
  schema: Schema.Codec<A, O>,
  codec: t.Type<A, O, unknown>,
  generated: Parameters<typeof property<[A]>>[1][0],
  edges: ReadonlyArray<A>,
): void => {
  const same = (value: A): void => {
    const encoded = Schema.encodeSync(schema)(value)
    assert.deepStrictEqual(encoded, codec.encode(value))
    assert.deepStrictEqual(Schema.decodeUnknownSync(schema)(encoded), plain(value))
    assert.ok(agree(schema, codec, encoded))
    // the value itself is no document, and a document no value
    assert.ok(!agree(schema, codec, value))
    assert.ok(Schema.is(schema)(value) && !Schema.is(schema)(encoded))
  }
  property('writes and reads what the codec does', [generated], same)
  it('at the edges too', () => edges.forEach(same))

  it('agrees with the codec on spoiled documents, in every word', () => {
    const chance = chanceFrom(Number(process.env['FC_SEED'] ?? 1))
    const originals = documents(1_000, 11).filter(([format]) => format === name)
    let accepted = 0
    for (let index = 0; index < 5_000; index++) {
      const [, original] = originals[index % originals.length] ?? [name, undefined]
      if (agree(schema, codec, spoiled(original, chance))) accepted++
    }
    expect(accepted).toBeGreaterThan(250)
    expect(accepted).toBeLessThan(4_750)
  })

  it('agrees with the codec on what is no document at all', () => {
    for (const value of [undefined, null, 0, '', 'x', [], {}, { version: 2, [name]: {} }, { version: 1 }, () => 0])
      expect([value, agree(schema, codec, value)]).toEqual([value, false])
  })

  it('has the published JSON Schema, in a document that stands by itself', () => {
    const { schema: root, definitions } = Schema.toJsonSchemaDocument(Schema.Struct({ first: schema, second: schema }))
    expect(Object.values(definitions)).toEqual([codecs.jsonSchema(name)])
    const fits = new Ajv2020({ strict: true, allowUnionTypes: true }).compile({ ...root, $defs: definitions })
    for (const each of documents(400, 3)
      .filter(([format]) => format === name)
      .map(([, document]) => document))
      expect(fits({ first: each, second: each })).toBe(true)
    const nested = { version: 1, [name]: { _tag: 'Any', tokens: [{ _tag: 'Counter', limit: -1 }], reasons: [] } }
    expect(fits({ first: nested, second: nested })).toBe(false)
  })
}

describe('TokenFromJson', () => {
  equality('token', TokenFromJson, codecs.TokenFromJson, corpus.generatedToken, corpus.tokens)

  it('compares as tokens compare, and shows as they show', () => {
    const same = Schema.toEquivalence(TokenFromJson)
    const [a, b] = [Token.any(Token.manual('a'), Token.never), Token.manual('a')]
    expect(same(a, b)).toBe(true)
    expect(same(a, Token.manual('b'))).toBe(false)
    expect(Schema.toFormatter(TokenFromJson)(a)).toBe(Token.Show.show(a))
  })

  it('gives its type side the same JSON', () => {
    const json = Schema.toCodecJson(Schema.toType(TokenFromJson))
    const token = Token.timeout('5s')
    expect(Schema.encodeSync(json)(token)).toEqual(codecs.TokenFromJson.encode(token))
    expect(Schema.decodeUnknownSync(json)(codecs.TokenFromJson.encode(token))).toEqual(token)
    expect(Schema.encodeSync(Schema.toCodecJson(TokenFromJson))(token)).toEqual(codecs.TokenFromJson.encode(token))
  })

  it('reads text as a part of other Schemas', () => {
    const Job = Schema.fromJsonString(Schema.Struct({ stop: TokenFromJson }))
    const text = Schema.encodeSync(Job)({ stop: Token.counter(3) })
    expect(text).toBe('{"stop":{"version":1,"token":{"_tag":"Counter","limit":3}}}')
    expect(Schema.decodeSync(Job)(text)).toEqual({ stop: Token.counter(3) })
  })

  it('does not encode what is no token', () => {
    const result = Schema.encodeUnknownResult(TokenFromJson)({ _tag: 'Counter', limit: -1 })
    expect(result._tag === 'Failure' && result.failure.message).toBe('Expected Token')
  })

  it('names the place within another Schema', () => {
    const Job = Schema.Struct({ jobs: Schema.Array(Schema.Struct({ stop: TokenFromJson })) })
    const wrong = { version: 1, token: { _tag: 'Any', tokens: [{ _tag: 'Never' }, { _tag: 'Manual', name: '' }] } }
    const result = Schema.decodeUnknownResult(Job)({ jobs: [{ stop: wrong }] })
    expect(result._tag === 'Failure' && result.failure.message).toBe(
      "must be a text that is not empty, of at most 10000 characters, but was ''\n" +
        '  at ["jobs"][0]["stop"]["token"]["tokens"][1]["name"]',
    )
  })
})

describe('ReasonFromJson', () => {
  equality('reason', ReasonFromJson, codecs.ReasonFromJson, corpus.generatedReason, corpus.reasons)

  it('compares as reasons compare', () => {
    const same = Schema.toEquivalence(ReasonFromJson)
    const reason: Reason.Reason = { _tag: 'Requested', path: [] }
    expect(same(reason, { _tag: 'Requested', path: [] })).toBe(true)
    expect(same(reason, { _tag: 'Requested', path: ['any', 0] })).toBe(
      Reason.Eq.equals(reason, { _tag: 'Requested', path: ['any', 0] }),
    )
  })
})

describe('limits', () => {
  const limits = { depth: 2, nodes: 4, text: 3, path: 1, errors: 2 }

  property(
    'agree with those of the codec',
    [corpus.generatedToken, corpus.generatedReason],
    (token, reason) => {
      agree(getTokenFromJson(limits), codecs.getTokenFromJson(limits), codecs.TokenFromJson.encode(token))
      agree(getReasonFromJson(limits), codecs.getReasonFromJson(limits), codecs.ReasonFromJson.encode(reason))
    },
    300,
  )

  it('that are none are refused as there', () => {
    expect(() => getTokenFromJson({ depth: 0 })).toThrow(RangeError)
    expect(() => getReasonFromJson({ text: 0.5 })).toThrow('text must be an integer from 1 to 2^53 - 1, but was 0.5')
  })

  it('of another kind are another JSON Schema, that stands beside the first', () => {
    const both = Schema.toJsonSchemaDocument(
      Schema.Struct({ small: getTokenFromJson({ text: 3 }), all: TokenFromJson }),
    )
    const fits = new Ajv2020({ strict: true, allowUnionTypes: true }).compile({
      ...both.schema,
      $defs: both.definitions,
    })
    const named = (name: string): unknown => ({
      version: 1,
      token: { _tag: 'Any', tokens: [{ _tag: 'Manual', name }] },
    })
    expect(fits({ small: named('abc'), all: named('abcd') })).toBe(true)
    expect(fits({ small: named('abcd'), all: named('abcd') })).toBe(false)
  })
})

describe('loading', () => {
  it('takes nothing but effect: no io-ts, no fp-ts', async () => {
    const { metafile } = await build({
      entryPoints: ['src/effect4/index.ts'],
      bundle: true,
      packages: 'external',
      format: 'esm',
      metafile: true,
      write: false,
      logLevel: 'error',
    })
    const outside = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path))
    expect(outside.length).toBeGreaterThan(0)
    expect(outside.filter((path) => !path.startsWith('effect/'))).toEqual([])
  })
})
