/** Encodings spoiled by chance: in their structure, and letter by letter. */
import * as fc from 'fast-check'
import { Analysis } from 'cantok-ts'
import { EventFromJson, EvidenceFromJson, ReasonFromJson, TokenFromJson } from 'cantok-ts/codec'
import { generatedEvent, generatedReason, generatedToken } from './corpus.js'

/** A source of chance: a whole number below `n`. */
export type Chance = (n: number) => number

/** A fast source, for runs too long for fast-check: xorshift32. */
export const chanceFrom = (seed: number): Chance => {
  let state = seed | 0 || 1
  return (n) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % n
  }
}

export type Format = 'token' | 'reason' | 'event' | 'evidence'

/** Documents of every format, as the codecs write them. */
export const documents = (count: number, seed: number): ReadonlyArray<readonly [Format, unknown]> => {
  const options = { numRuns: Math.ceil(count / 4), seed }
  return [
    ...fc.sample(generatedToken, options).map((each) => ['token', TokenFromJson.encode(each)] as const),
    ...fc.sample(generatedReason, options).map((each) => ['reason', ReasonFromJson.encode(each)] as const),
    ...fc.sample(generatedEvent, options).map((each) => ['event', EventFromJson.encode(each)] as const),
    ...fc
      .sample(generatedToken, options)
      .map((each) => ['evidence', EvidenceFromJson.encode(Analysis.explain(each))] as const),
  ]
}

/** What stands in the place of something else; functions, so that none is shared. */
const strangers: ReadonlyArray<() => unknown> = [
  () => null,
  () => undefined,
  () => true,
  () => false,
  () => 0,
  () => -0,
  () => -1,
  () => 1.5,
  () => Number.NaN,
  () => Infinity,
  () => -Infinity,
  () => 1e308,
  () => 5e-324,
  () => 2 ** 53,
  () => '',
  () => 'x',
  () => 'Infinity',
  () => 'PT1.5S',
  () => 'P1Y',
  () => '2030-01-01T00:00:00Z',
  () => '2030-01-01T00:00:00',
  () => '2030-02-30T00:00:00Z',
  () => '\ud800',
  () => 'x'.repeat(10_001),
  () => [],
  () => ({}),
  () => [[]],
  () => new Array<unknown>(100_000),
  () => new Array<unknown>(3).fill({ _tag: 'Never' }),
  () => new Array<unknown>(2_001).fill(0),
  () => ({ _tag: 'Never' }),
  () => ({ _tag: 'Requested', path: [] }),
  () => ({ _tag: 'Any', tokens: [] }),
  () => ({ _tag: '__proto__' }),
  () => JSON.parse('{"__proto__":{"_tag":"Never"}}') as unknown, // sound: it is not looked at
]

/** And what no JSON holds. */
const aliens: ReadonlyArray<() => unknown> = [
  () => new Date(0),
  () => new Map([['_tag', 'Never']]),
  () => 7n,
  () => Symbol('x'),
  () => () => 'Never',
]

const keys = [
  '_tag',
  'version',
  'token',
  'tokens',
  'reason',
  'reasons',
  'name',
  'left',
  'limit',
  'duration',
  'instant',
  'path',
  'at',
  'label',
  'first',
  'conditions',
  'parts',
  'progress',
  '__proto__',
  'constructor',
  'more',
]

const tags = [
  'Never',
  'Timeout',
  'Counter',
  'Cancelled',
  'Any',
  'All',
  'AndThen',
  'AllOf',
  'Requested',
  'Polled',
  'Elapsed',
]

type Holder = Record<string, unknown>

const isHolder = (value: unknown): value is Holder => typeof value === 'object' && value !== null

const holdersIn = (root: unknown): ReadonlyArray<Holder> => {
  const found: Array<Holder> = []
  const waiting = [root]
  for (let next = waiting.pop(); waiting.length > 0 || next !== undefined; next = waiting.pop()) {
    if (!isHolder(next) || found.includes(next) || found.length > 200) continue
    found.push(next)
    if (!Array.isArray(next) || next.length < 1_000) waiting.push(...Object.values(next))
  }
  return found
}

const pick = <A>(chance: Chance, list: ReadonlyArray<A>): A | undefined => list[chance(list.length)]

/** Spoils a copy of a document in one to three places; unless strange, with what goes through text. */
export const spoiled = (document: unknown, chance: Chance, strange: boolean = true): unknown => {
  const root: Holder = { root: structuredClone(document) }
  for (let times = 1 + chance(3); times > 0; times--) {
    const holder = pick(chance, holdersIn(root)) ?? root
    const own = Object.keys(holder)
    const key = pick(chance, own) ?? 'root'
    const put = (name: string, value: unknown): void => {
      if (Array.isArray(holder) && chance(4) === 0) holder.splice(chance(holder.length + 1), chance(2), value)
      else Object.defineProperty(holder, name, { value, writable: true, enumerable: true, configurable: true })
    }
    const stranger = pick(chance, strange ? [...strangers, ...aliens] : strangers)?.()
    switch (chance(8)) {
      case 0:
        if (Array.isArray(holder)) holder.pop()
        else delete holder[key]
        break
      case 1:
      case 2:
        put(key, stranger)
        break
      case 3:
        if (!Array.isArray(holder)) put(pick(chance, keys) ?? 'more', stranger)
        break
      case 4:
        put(key, strange && chance(20) === 0 ? root['root'] : structuredClone(deepEnough(holder[key])))
        break
      case 5:
        put(key, { _tag: 'Any', tokens: [holder[key]] })
        break
      case 6:
        put('_tag', pick(chance, tags))
        break
      case 7:
        put(
          key,
          pick(
            chance,
            own.map((other) => holder[other]),
          ),
        )
    }
  }
  return root['root']
}

/** What a structured clone can hold. */
const deepEnough = (value: unknown): unknown =>
  isHolder(value) || typeof value === 'function' || typeof value === 'symbol' ? null : value

const letters = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '0',
  '-',
  'e9',
  '\\',
  '\\u',
  'null',
  'x',
  '\u0000',
  '__proto__',
  '🦊',
]

const mild = Array.from('0123456789abcxyzTZ.- ')

/** Spoils a text in one to three places. */
export const spoiledText = (text: string, chance: Chance): string => {
  let spoilt = text
  for (let times = 1 + chance(2); times > 0; times--) {
    const at = chance(spoilt.length + 1)
    if (chance(2) === 0) {
      // one letter for another that may well be allowed there
      spoilt = `${spoilt.slice(0, at)}${pick(chance, mild) ?? ''}${spoilt.slice(at + 1)}`
      continue
    }
    const end = Math.min(spoilt.length, at + chance(chance(4) === 0 ? 40 : 3))
    const piece = chance(2) === 0 ? (pick(chance, letters) ?? '') : spoilt.slice(chance(at + 1), at).slice(0, 40)
    spoilt = spoilt.slice(0, at) + piece + spoilt.slice(end)
  }
  return spoilt
}
