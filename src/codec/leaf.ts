/** Values without parts: how each kind is read and written. */
import type { Either } from 'fp-ts/lib/Either.js'
import type { LeafKind } from './format.js'
import type { Limits } from './limits.js'
import { readDuration, readInstant, writeInstant } from './time.js'

/** Whether a value is data from outside, with what may be written in several ways, or is to be what the model has. */
export type Form = 'wire' | 'model'

/** Reads a value; a `Left` says what it must be. */
export const readLeaf = (kind: LeafKind, value: unknown, form: Form, limits: Limits): Either<string, unknown> => {
  switch (kind._tag) {
    case 'Text':
      return isText(value, limits) ? right(value) : left(textRule('a text', limits))
    case 'Name':
      return isText(value, limits) && value !== '' ? right(value) : left(textRule('a text that is not empty', limits))
    case 'Count':
      return isCount(value) ? right(value + 0) : left('must be an integer from 0 to 2^53 - 1')
    case 'Amount':
      return isAmount(value) ? right(value + 0) : left('must be a finite number, 0 or more')
    case 'Total':
      if (value === (form === 'wire' ? 'Infinity' : Infinity)) return right(Infinity)
      return isAmount(value) ? right(value + 0) : left("must be a finite number, 0 or more, or 'Infinity'")
    case 'Duration':
      if (isAmount(value)) return right(value + 0)
      if (typeof value === 'string' && form === 'wire') return readDuration(value)
      return left("must be milliseconds, finite and 0 or more, or an ISO 8601 duration such as 'PT1M30S'")
    case 'Instant':
      if (typeof value === 'number' && Number.isFinite(value)) return right(value + 0)
      if (typeof value === 'string' && form === 'wire') return readInstant(value)
      return left("must be an ISO 8601 instant such as '2030-01-01T00:00:00Z', or finite epoch milliseconds")
    case 'Flag':
      return typeof value === 'boolean' ? right(value) : left('must be true or false')
    case 'Choice':
      return typeof value === 'string' && kind.values.includes(value)
        ? right(value)
        : left(`must be ${kind.values.map((one) => `'${one}'`).join(' or ')}`)
    case 'Version':
      return typeof value === 'number' && kind.versions.includes(value)
        ? right(value)
        : left(`must be one of the versions that are read: ${kind.versions.join(', ')}`)
  }
}

/** A value of the model as JSON. */
export const writeLeaf = (kind: LeafKind, value: unknown): unknown => {
  switch (kind._tag) {
    case 'Total':
      return value === Infinity ? 'Infinity' : value
    case 'Instant':
      return typeof value === 'number' ? writeInstant(value) : value
    default:
      return value
  }
}

/** Whether a value is a text that is short enough; characters are counted as JSON Schema counts them, a pair of surrogates as one. */
export const isText = (value: unknown, { text }: Limits): value is string =>
  typeof value === 'string' && (value.length <= text || (value.length <= 2 * text && Array.from(value).length <= text))

/** What a text must be, for a message. */
export const textRule = (what: string, { text }: Limits): string => `must be ${what}, of at most ${text} characters`

/** Whether a value is an integer from 0 to 2^53 - 1. */
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

const isAmount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0

const right = <A>(value: A): Either<never, A> => ({ _tag: 'Right', right: value })

const left = (problem: string): Either<string, never> => ({ _tag: 'Left', left: problem })
