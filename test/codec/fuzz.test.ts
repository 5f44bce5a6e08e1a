/** Spoiled documents: each is read or refused, and what is read is what a codec would write. CANTOK_FUZZ says how many, tens of thousands by default. */
import * as assert from 'node:assert/strict'
import type * as t from 'io-ts'
import {
  EventFromJson,
  EvidenceFromJson,
  ReasonFromJson,
  TokenFromJson,
  TokenFromString,
  report,
} from 'cantok-ts/codec'
import { describe, it } from 'vitest'
import { chanceFrom, documents, spoiled, spoiledText } from './mutations.js'
import type { Format } from './mutations.js'

const runs = Number(process.env['CANTOK_FUZZ'] ?? 40_000)
const seed = Number(process.env['FC_SEED'] ?? 1)

/** Whether it is read; throws where the codec does, or breaks a promise. */
const isRead = <A, O>(codec: t.Type<A, O, unknown>, value: unknown): boolean => {
  const result = codec.decode(value)
  if (result._tag === 'Left') {
    const lines = report(result.left)
    assert.ok(lines.length > 0 && lines.length <= 21)
    for (const line of lines) assert.ok(line.length < 1_000 && !line.includes('\n'), line)
    return false
  }
  assert.ok(codec.is(result.right))
  const again = codec.decode(codec.encode(result.right))
  assert.deepStrictEqual(again, result)
  return true
}

const isReadAs: { readonly [F in Format]: (value: unknown) => boolean } = {
  token: (value) => isRead(TokenFromJson, value),
  reason: (value) => isRead(ReasonFromJson, value),
  event: (value) => isRead(EventFromJson, value),
  evidence: (value) => isRead(EvidenceFromJson, value),
}

const fuzz = (count: number, one: (index: number) => boolean): void => {
  let read = 0
  for (let index = 0; index < count; index++) if (one(index)) read++
  if (process.env['CANTOK_FUZZ'] !== undefined) console.log(`${count} documents: ${read} read, ${count - read} refused`)
  // chance spoils neither all nor nothing
  assert.ok(read > count / 50 && read < (count * 49) / 50, `${read} of ${count} read`)
}

describe('spoiled documents', () => {
  const chance = chanceFrom(seed)
  const originals = documents(2_000, seed)
  const texts = originals.flatMap(([format, document]) => (format === 'token' ? [JSON.stringify(document)] : []))

  it('in their structure are read or refused', () => {
    fuzz(Math.ceil(runs / 2), (index) => {
      const [format, document] = originals[index % originals.length] ?? ['token', undefined]
      return isReadAs[format](spoiled(document, chance))
    })
  }, 3_600_000)

  it('letter by letter are read or refused', () => {
    fuzz(Math.floor(runs / 2), (index) =>
      isRead(TokenFromString, spoiledText(texts[index % texts.length] ?? '', chance)),
    )
  }, 3_600_000)
})
