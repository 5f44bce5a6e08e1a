/** The published schemas are those of the codecs, and say yes and no where the codecs do. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { EventFromJson, EvidenceFromJson, ReasonFromJson, TokenFromJson, jsonSchema } from 'cantok-ts/codec'
import type { SchemaName } from 'cantok-ts/codec'
import type * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import { property } from '../support/property.js'
import * as corpus from './corpus.js'
import { chanceFrom, documents, spoiled } from './mutations.js'

const names = ['token', 'reason', 'event', 'evidence'] as const

const decode = (name: SchemaName, document: unknown): t.Validation<unknown> => {
  switch (name) {
    case 'token':
      return TokenFromJson.decode(document)
    case 'reason':
      return ReasonFromJson.decode(document)
    case 'event':
      return EventFromJson.decode(document)
    case 'evidence':
      return EvidenceFromJson.decode(document)
  }
}

const validators = Object.fromEntries(
  names.map((name) => [name, new Ajv2020({ strict: true, allowUnionTypes: true }).compile(jsonSchema(name))]),
)

const fits = (name: SchemaName, document: unknown): boolean => validators[name]?.(document) === true

/** What a schema cannot say, by what the codec says of it: these alone may fit a schema and yet be refused. */
const beyondSchemas =
  /must be at most the (duration|limit) of|is too large: reading stopped|is nested too deep|must be a day that there is|must lie within the calendar|reading stopped at/

const document = (name: SchemaName, node: unknown): unknown => ({ version: 1, [name]: node })

describe('schemas', () => {
  it('are those that are published', () => {
    for (const name of names) {
      const file = `docs/schema/${name}.json`
      if (process.env['CANTOK_WRITE_SCHEMAS'] !== undefined) {
        mkdirSync('docs/schema', { recursive: true })
        writeFileSync(file, JSON.stringify(jsonSchema(name), null, 2))
      }
      const published: unknown = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
      expect(published, `${file} is stale: npm run schemas`).toEqual(jsonSchema(name))
    }
  })

  property('take what is encoded', [corpus.generatedToken, corpus.generatedReason], (token, reason) => {
    expect(fits('token', TokenFromJson.encode(token))).toBe(true)
    expect(fits('reason', ReasonFromJson.encode(reason))).toBe(true)
  })

  property('take what is encoded', [corpus.generatedEvent, corpus.generatedEvidence], (event, evidence) => {
    expect(fits('event', EventFromJson.encode(event))).toBe(true)
    expect(fits('evidence', EvidenceFromJson.encode(evidence))).toBe(true)
  })

  it('take what is written by hand', () => {
    for (const node of [
      { _tag: 'Timeout', duration: 'PT1M30S' },
      { _tag: 'Timeout', duration: 'P1DT2H', left: 'PT0.5S', more: 1 },
      { _tag: 'Deadline', instant: '2030-01-01T00:00:00+02:00' },
      { _tag: 'Deadline', instant: '+012345-01-01T00:00:00.123456Z' },
      { _tag: 'Deadline', instant: -5.5 },
      { _tag: 'Condition', name: 'p', latch: true, onError: 'ignore', fallback: false },
      { _tag: 'All', tokens: [], reasons: [] },
      { _tag: 'Cancelled', reason: { _tag: 'BudgetSpent', name: 'x', limit: 1, spent: 'Infinity', path: [] } },
    ]) {
      expect([node, fits('token', document('token', node))]).toEqual([node, true])
      expect([node, decode('token', document('token', node))._tag]).toEqual([node, 'Right'])
    }
  })

  it('refuse what the codecs refuse', () => {
    for (const node of [
      {},
      null,
      [],
      { _tag: 'Nevr' },
      { _tag: 'Manual' },
      { _tag: 'Manual', name: '' },
      { _tag: 'Manual', name: 'x'.repeat(10_001) },
      { _tag: 'Timeout', duration: -1 },
      { _tag: 'Timeout', duration: '5 seconds' },
      { _tag: 'Timeout', duration: 'P1Y' },
      { _tag: 'Timeout', duration: 'PT' },
      { _tag: 'Timeout', duration: 'PT1.5H1M' },
      { _tag: 'Deadline', instant: '2030-01-01T00:00:00' },
      { _tag: 'Deadline', instant: '-000000-01-01T00:00:00Z' },
      { _tag: 'Deadline', instant: null },
      { _tag: 'Counter', limit: 1.5 },
      { _tag: 'Counter', limit: 2 ** 53 },
      { _tag: 'Counter', limit: 1, direct: 'yes' },
      { _tag: 'Condition', name: 'p', onError: 'never' },
      { _tag: 'Any' },
      { _tag: 'Any', tokens: {} },
      { _tag: 'Any', tokens: [7] },
      { _tag: 'Cancelled', reason: { _tag: 'AllOf', reasons: [], path: [] } },
      { _tag: 'Cancelled', reason: { _tag: 'Requested', path: [-1] } },
      { _tag: 'Cancelled', reason: { _tag: 'Requested', path: new Array<number>(2_001).fill(0) } },
    ]) {
      expect([node, fits('token', document('token', node))]).toEqual([node, false])
      expect([node, decode('token', document('token', node))._tag]).toEqual([node, 'Left'])
    }
    expect(fits('token', { token: { _tag: 'Never' } })).toBe(false)
    expect(fits('token', { version: 2, token: { _tag: 'Never' } })).toBe(false)
    expect(fits('reason', { version: 1, token: { _tag: 'Never' } })).toBe(false)
    expect(fits('event', { version: 1, event: { _tag: 'Polled', conditions: { a: 1 } } })).toBe(false)
    expect(fits('evidence', { version: 1, evidence: { what: 'any', status: 'done' } })).toBe(false)
  })

  it('agree with the codecs on spoiled documents, but for what no schema says', () => {
    const chance = chanceFrom(Number(process.env['FC_SEED'] ?? 1))
    const originals = documents(1_000, 7)
    let both = 0
    for (let index = 0; index < 10_000; index++) {
      const [name, original] = originals[index % originals.length] ?? ['token', undefined]
      // as it comes from a text
      const value: unknown = JSON.parse(JSON.stringify(spoiled(original, chance, false)) ?? 'null')
      const result = decode(name, value)
      const refusals = result._tag === 'Left' ? result.left.map(({ message = '' }) => message) : []
      const sayable = refusals.filter((message) => !beyondSchemas.test(message))
      if (result._tag === 'Right') both++
      const agrees = fits(name, value) === (sayable.length === 0)
      expect(
        agrees || refusals.some((message) => /reading stopped/.test(message)),
        `${JSON.stringify(value)}\n${refusals.join('\n')}`,
      ).toBe(true)
    }
    expect(both).toBeGreaterThan(500)
  })

  it('have names, so that one validator holds them all', () => {
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, schemas: names.map((name) => jsonSchema(name)) })
    for (const name of names) expect(ajv.getSchema(`urn:cantok-ts:${name}:1`)?.schema).toEqual(jsonSchema(name))
    expect(Object.keys(jsonSchema('token', { text: 3 }))).not.toContain('$id')
    expect(jsonSchema('token', { depth: 3, errors: 1, length: 7 })).toEqual(jsonSchema('token'))
  })

  it('say of one wrong field that it is wrong, and of no other tag what it would want', () => {
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true })
    const check = ajv.compile(jsonSchema('token'))
    const problems = (node: unknown): unknown => {
      check(document('token', node))
      return check.errors?.filter(({ keyword }) => keyword !== 'if').map((error) => [error.instancePath, error.message])
    }
    const [limit, tags] = ['/token/tokens/0/limit', '/token/tokens/0/_tag']
    expect(problems({ _tag: 'Any', tokens: [{ _tag: 'Counter', limit: -1 }] })).toEqual([[limit, 'must be >= 0']])
    expect(problems({ _tag: 'Any', tokens: [{ _tag: 'Countr', limit: 1 }] })).toEqual([
      [tags, 'must be equal to one of the allowed values'],
    ])
    expect(problems({ _tag: 'Labelled', label: 'x' })).toEqual([['/token', "must have required property 'token'"]])
  })

  it('can be given other limits', () => {
    const small = new Ajv2020().compile(jsonSchema('token', { text: 3 }))
    expect(small(document('token', { _tag: 'Manual', name: '🦊🦊🦊' }))).toBe(true)
    expect(small(document('token', { _tag: 'Manual', name: 'stop' }))).toBe(false)
    expect(() => jsonSchema('token', { text: -1 })).toThrow(RangeError)
  })
})
