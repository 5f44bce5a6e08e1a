/**
 * Tokens in headers: one line of printable ASCII that an HTTP field or gRPC metadata can carry.
 *
 * A token is written as the call that makes it, an array of JSON: `1["any",["timeout",5000,{"left":3000}],["budget","calls",10]]`. In front stands the version;
 * arguments that must be there come in their order, the others in an object at the end. Reading turns this into the JSON of a token, which its codec decodes.
 *
 * @since 0.1.0
 */
import type { Either } from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { jsonText } from '../internal/jsonText.js'
import type { Json } from '../internal/jsonText.js'
import { received } from '../internal/received.js'
import { stackSafe } from '../internal/recursion.js'
import type { Input, Token } from '../Token.js'
import { shapes } from './format.js'
import { defaultLimits } from './limits.js'
import { pathText } from './shown.js'
import { getTokenFromJson, TokenFromJson } from './TokenFromJson.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * A token that takes more bytes as a header than a header may have.
 *
 * @category model
 * @since 0.1.0
 */
export interface HeaderTooLong {
  readonly _tag: 'HeaderTooLong'
  readonly bytes: number
  readonly allowed: number
}

// -------------------------------------------------------------------------------------
// constants
// -------------------------------------------------------------------------------------

/**
 * A name for the header, in lower case as HTTP/2 and gRPC want it.
 *
 * @example
 * ```ts
 * import { headerName } from 'cantok-ts/codec'
 *
 * console.log(headerName) // => 'cantok-token'
 * ```
 * @category constants
 * @since 0.1.0
 */
export const headerName = 'cantok-token'

// -------------------------------------------------------------------------------------
// conversions
// -------------------------------------------------------------------------------------

/**
 * Writes a token as a header of at most 4,096 bytes; a `Left` says how many it would take.
 *
 * What comes out is printable ASCII; any other character of a name, a label or a reason is escaped as JSON does. Nothing is simplified: `fromHeader` gives
 * back the same token. To make it shorter, normalise it, and leave out what the receiver cannot hear anyway with `hearing`. Linear, stack-safe, never throws on a token.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { toHeader } from 'cantok-ts/codec'
 *
 * const { any, budget, labelled, timeout } = Token
 * console.log(toHeader(any(timeout('5s', { left: '3s' }), budget('calls', 10))))
 * // => { _tag: 'Right', right: '1["any",["timeout",5000,{"left":3000}],["budget","calls",10]]' }
 *
 * console.log(toHeader(labelled('x'.repeat(5000))(timeout('5s'))))
 * // => { _tag: 'Left', left: { _tag: 'HeaderTooLong', bytes: 5033, allowed: 4096 } }
 * ```
 * @category conversions
 * @since 0.1.0
 */
export const toHeader = (token: Token<Input>): Either<HeaderTooLong, string> => {
  const { version, token: encoded } = TokenFromJson.encode(token)
  const text = `${version}${escaped(jsonText(asCall(encoded as unknown as Json)))}` // sound: the encoded form is JSON
  return text.length <= longest
    ? { _tag: 'Right', right: text }
    : { _tag: 'Left', left: { _tag: 'HeaderTooLong', bytes: text.length, allowed: longest } }
}

/**
 * Reads a token from a header: whatever a request has under that name, also nothing.
 *
 * Bounded before it is parsed, and never throws: what is no text, longer than 4,096 bytes, not printable ASCII, or joined of several headers by a proxy is a
 * `Left` at once. What is in it is then decoded as any token from outside. It names inputs that mean something to the sender: see `hearing`.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { fromHeader, report } from 'cantok-ts/codec'
 *
 * const read = fromHeader('1["any",["timeout",5000,{"left":3000}],["budget","calls",10]]')
 * console.log(read._tag === 'Right' && Token.Show.show(read.right))
 * // => 'any(timeout("5 seconds", { left: 3000 }), budget("calls", 10))'
 *
 * const refused = fromHeader('1["timeout",5000], 1["timeout",5000]')
 * if (refused._tag === 'Left') console.log(report(refused.left))
 * // => [ 'the header must be one version and one array of JSON, but was not' ]
 * ```
 * @category conversions
 * @since 0.1.0
 */
export const fromHeader = (header: unknown): Either<t.Errors, Token<Input>> => {
  if (typeof header !== 'string') return refused(header, `the header must be a text, but was ${received(header)}`)
  if (header.length > longest)
    return refused('…', `the header must be at most ${longest} bytes, but was ${header.length}`)
  if (!printable.test(header)) return refused('…', 'the header must be printable ASCII, but was not')
  const [, version, json] = /^(\d{1,9})(\[.*)$/.exec(header) ?? []
  if (version === undefined || json === undefined)
    return refused(header, 'the header must begin with its version and an array, such as 1["never"], but did not')
  const call = parsed(json)
  if (call === undefined) return refused(header, 'the header must be one version and one array of JSON, but was not')
  const errors: Array<t.ValidationError> = []
  const token = asToken(errors)({ call, place: { above: undefined, key: 'token' } })
  if (errors.length > 0) return { _tag: 'Left', left: errors }
  return decoder().decode({ version: Number(version), token })
}

// -------------------------------------------------------------------------------------
// private: text
// -------------------------------------------------------------------------------------

const longest = 4096

const printable = /^[\x20-\x7e]*$/

/** As JSON text may be written: with every character that is not printable ASCII by its number. */
const escaped = (json: string): string =>
  json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** More than a header can hold: its length alone limits it. */
const decoder = (): typeof TokenFromJson =>
  getTokenFromJson({ depth: longest, nodes: longest, text: longest, path: longest })

const refused = (value: unknown, message: string): Either<t.Errors, never> => ({
  _tag: 'Left',
  left: [{ value, context: [{ key: '', type: t.string, actual: value }], message }],
})

// -------------------------------------------------------------------------------------
// private: calls
// -------------------------------------------------------------------------------------

/** The function that makes a token: its name, and what it is called with. */
interface Signature {
  readonly tag: string
  readonly name: string
  /** The fields that must be there, in their order, but for parts. */
  readonly required: ReadonlyArray<string>
  /** The field that holds parts, of which there may be any number. */
  readonly parts: string | undefined
  readonly isToken: (field: string) => boolean
}

const signatures: ReadonlyArray<Signature> = /*#__PURE__*/ Object.entries(shapes.token.variants).map(
  ([tag, fields]): Signature => {
    const required = Object.keys(fields).filter((field) => fields[field]?.absence._tag === 'Refused')
    const parts = required.find((field) => fields[field]?.kind._tag === 'Nodes')
    return {
      tag,
      name: `${tag.slice(0, 1).toLowerCase()}${tag.slice(1)}`,
      required: required.filter((field) => field !== parts),
      parts,
      isToken: (field) => fields[field]?.kind._tag === 'Node',
    }
  },
)

const asCall: (node: Json) => Json = stackSafe<Json, Json>(function* (node) {
  const { _tag, ...fields } = node as { readonly [key: string]: Json } // sound: the encoded form of a token is an object
  const found = signatures.find(({ tag }) => tag === _tag)
  if (found === undefined) return node
  const { name, required, parts, isToken } = found
  const call: Array<Json> = [name]
  for (const field of required) call.push(isToken(field) ? yield fields[field] ?? null : (fields[field] ?? null))
  if (parts !== undefined) for (const part of fields[parts] as ReadonlyArray<Json>) call.push(yield part) // sound: parts are a list
  const others = Object.entries(fields).filter(([field]) => !required.includes(field) && field !== parts)
  return others.length === 0 ? call : [...call, Object.fromEntries(others)]
})

/** Where a call stands, up to the root, in the JSON that it is turned into. */
interface Place {
  readonly above: Place | undefined
  readonly key: string
}

interface Reading {
  readonly call: unknown
  readonly place: Place
}

/** The JSON of a token, which means something if there are no errors; after so many nothing more is looked at. */
const asToken = (errors: Array<t.ValidationError>): ((reading: Reading) => unknown) =>
  stackSafe<Reading, unknown>(function* ({ call, place }) {
    if (errors.length > defaultLimits.errors) return undefined
    const wrong = (problem: string): void => {
      const keys = keysOf(place)
      const context = ['', ...keys].map((key) => ({ key, type: TokenFromJson, actual: call }))
      const isLast = errors.length === defaultLimits.errors
      const message = isLast
        ? `reading stopped at ${pathText(keys)}, after ${errors.length} errors`
        : `${pathText(keys)} ${problem}`
      errors.push({ value: call, context, message })
    }
    if (!Array.isArray(call)) return wrong(`must be an array such as ["never"], but was ${received(call)}`)
    const [name, ...given]: ReadonlyArray<unknown> = call
    const found = signatures.find((each) => each.name === name)
    if (found === undefined) {
      const names = signatures.map((each) => each.name).join(', ')
      const what = call.length === 0 ? 'was empty' : `began with ${received(name)}`
      return wrong(`must begin with the name of a token, one of ${names}, but ${what}`)
    }
    const { tag, required, parts, isToken } = found
    const last = given.at(-1)
    const others = isRecord(last) ? last : {}
    const values = isRecord(last) ? given.slice(0, -1) : given
    if (values.length < required.length || (parts === undefined && values.length > required.length)) {
      return wrong(
        `must have the arguments of ${found.name} (${required.join(', ')}), but had ${values.length} of them`,
      )
    }
    const twice = Object.keys(others).find((field) => ['_tag', parts, ...required].includes(field))
    if (twice !== undefined) return wrong(`must have the ${twice} of ${found.name} in its place, but had it by name`)
    const fields: Array<readonly [string, unknown]> = [['_tag', tag], ...Object.entries(others)]
    for (const [index, field] of required.entries()) {
      const value = values[index]
      fields.push([field, isToken(field) ? yield { call: value, place: { above: place, key: field } } : value])
    }
    if (parts !== undefined) {
      const above: Place = { above: place, key: parts }
      const tokens: Array<unknown> = []
      for (const [index, part] of values.slice(required.length).entries())
        tokens.push(yield { call: part, place: { above, key: String(index) } })
      fields.push([parts, tokens])
    }
    return Object.fromEntries(fields)
  })

const keysOf = (place: Place): ReadonlyArray<string> => {
  const upwards: Array<string> = []
  for (let at: Place | undefined = place; at !== undefined; at = at.above) upwards.push(at.key)
  return upwards.reverse()
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
