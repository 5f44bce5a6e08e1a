/** What a timeline is asked to show, refused where it is no token or no trace. */
import { received } from '../../internal/received.js'
import type { Event } from '../../Semantics.js'
import { isToken } from '../../Token.js'
import type { Input, Token } from '../../Token.js'

/** The token, or a `TypeError`. Looks no deeper than `isToken`. */
export const tokenOnly = (token: Token<Input>): Token<Input> => {
  if (isToken(token)) return token
  throw new TypeError(`token must be a token, but was ${received(token)}`)
}

/** The trace, or a `TypeError` that names what in it is wrong. */
export const traceOnly = (trace: ReadonlyArray<Event>): ReadonlyArray<Event> => {
  if (!Array.isArray(trace)) throw new TypeError(`trace must be an array of events, but was ${received(trace)}`)
  const events: ReadonlyArray<unknown> = trace
  // not forEach, which skips holes
  for (const [index, event] of events.entries()) checked(event, `trace[${index}]`)
  return trace
}

const checked = (event: unknown, place: string): void => {
  const isObject = typeof event === 'object' && event !== null && '_tag' in event
  const check = isObject && isTag(event._tag) ? checksOf[event._tag] : undefined
  if (!isObject || check === undefined) {
    const tag = isObject ? ` whose _tag is ${received(event._tag)}` : ''
    throw new TypeError(`${place} must be an event, but was ${received(event)}${tag}`)
  }
  const fields = new Map<string, unknown>(Object.entries(event))
  for (const [field, kind] of check) {
    const value = fields.get(field)
    if (!kinds[kind](value)) throw new TypeError(`${place}.${field} must be ${kind}, but was ${received(value)}`)
  }
}

const kinds = {
  'a finite number of milliseconds, 0 or more': (value: unknown) => Number.isFinite(value) && Number(value) >= 0,
  'a finite number of epoch milliseconds': Number.isFinite,
  'a number, 0 or more': (value: unknown) => typeof value === 'number' && value >= 0,
  'a string': (value: unknown) => typeof value === 'string',
  'a string, if it is there': (value: unknown) => value === undefined || typeof value === 'string',
  'true or false': (value: unknown) => typeof value === 'boolean',
  'an object of answers': (value: unknown) => typeof value === 'object' && value !== null,
} as const

type Checks = ReadonlyArray<readonly [field: string, kind: keyof typeof kinds]>

const checksOf: { readonly [T in Event['_tag']]: Checks } = {
  Elapsed: [
    ['ms', 'a finite number of milliseconds, 0 or more'],
    ['wall', 'a finite number of epoch milliseconds'],
  ],
  Requested: [
    ['name', 'a string'],
    ['detail', 'a string, if it is there'],
  ],
  Spent: [
    ['name', 'a string'],
    ['amount', 'a number, 0 or more'],
  ],
  Beat: [['name', 'a string']],
  Polled: [
    ['conditions', 'an object of answers'],
    ['direct', 'true or false'],
  ],
}

const isTag = (value: unknown): value is Event['_tag'] => typeof value === 'string' && Object.hasOwn(checksOf, value)
