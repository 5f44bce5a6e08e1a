/**
 * Tokens and reasons as Schemas of Effect, of the same JSON as the codecs of `cantok-ts/codec`.
 *
 * @since 0.1.0
 */
import * as Effect from 'effect/Effect'
import * as Schema from 'effect/Schema'
import * as SchemaGetter from 'effect/SchemaGetter'
import * as SchemaIssue from 'effect/SchemaIssue'
import type { ReasonEncoded, TokenEncoded } from '../codec/encoded.js'
import { documentOf } from '../codec/format.js'
import type { Nodes } from '../codec/format.js'
import { jsonSchema } from '../codec/jsonSchema.js'
import { limitsFrom } from '../codec/limits.js'
import type { Limits } from '../codec/limits.js'
import { read } from '../codec/read.js'
import { oneLine, pathText } from '../codec/shown.js'
import { writeDocument } from '../codec/write.js'
import * as Reason from '../Reason.js'
import * as Token from '../Token.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * The Schema of tokens as JSON values.
 *
 * @category model
 * @since 0.1.0
 */
export interface TokenFromJson extends Schema.Codec<Token.Token<Token.Input>, TokenEncoded> {}

/**
 * The Schema of reasons as JSON values.
 *
 * @category model
 * @since 0.1.0
 */
export interface ReasonFromJson extends Schema.Codec<Reason.Reason, ReasonEncoded> {}

// -------------------------------------------------------------------------------------
// schemas
// -------------------------------------------------------------------------------------

/**
 * `TokenFromJson` with other limits; those left out are the default ones.
 *
 * Throws a `RangeError` that names a limit which is no positive integer.
 *
 * @example
 * ```ts
 * import { Schema } from 'effect'
 * import { getTokenFromJson } from 'cantok-ts/effect4'
 *
 * const Small = getTokenFromJson({ depth: 1 })
 * const result = Schema.decodeUnknownResult(Small)({ version: 1, token: { _tag: 'Any', tokens: [{ _tag: 'Never' }] } })
 * if (result._tag === 'Failure') console.log(result.failure.message)
 * // => 'is nested too deep: more than 1 levels are not read\n  at ["token"]["tokens"][0]'
 * ```
 * @category schemas
 * @since 0.1.0
 */
export const getTokenFromJson = (limits?: Partial<Limits>): TokenFromJson =>
  fromJson('token', { equivalence: Token.Eq.equals, show: Token.Show.show, identifier: 'Token' }, limits)

/**
 * A token from and to a JSON value, `{ version: 1, token: … }`: for requests, configuration, or a field of another Schema.
 *
 * It accepts, refuses and writes what `TokenFromJson` of `cantok-ts/codec` does, and needs no io-ts. Each place that is wrong is an issue with its path; of several the
 * first is reported unless `errors: 'all'` is asked for. No more is read than the `defaultLimits` of the codec allow, and a value beyond them is not encoded either. Its
 * JSON Schema is the published one. What is decoded is a `Token<Input>`, for `openUnknown`.
 *
 * @example
 * ```ts
 * import { Schema } from 'effect'
 * import { Token } from 'cantok-ts'
 * import { TokenFromJson } from 'cantok-ts/effect4'
 *
 * const Job = Schema.Struct({ id: Schema.String, stop: TokenFromJson })
 * console.log(Schema.encodeSync(Job)({ id: 'a', stop: Token.timeout('5s') }))
 * // => { id: 'a', stop: { version: 1, token: { _tag: 'Timeout', duration: 5000 } } }
 *
 * const result = Schema.decodeUnknownResult(Job)({ id: 'a', stop: { version: 1, token: { _tag: 'Counter', limit: -1 } } })
 * if (result._tag === 'Failure') console.log(result.failure.message)
 * // => 'must be an integer from 0 to 2^53 - 1, but was -1\n  at ["stop"]["token"]["limit"]'
 * ```
 * @category schemas
 * @since 0.1.0
 */
export const TokenFromJson: TokenFromJson = /*#__PURE__*/ getTokenFromJson()

/**
 * `ReasonFromJson` with other limits; those left out are the default ones.
 *
 * Throws a `RangeError` that names a limit which is no positive integer.
 *
 * @example
 * ```ts
 * import { Schema } from 'effect'
 * import { getReasonFromJson } from 'cantok-ts/effect4'
 *
 * const Small = getReasonFromJson({ text: 3 })
 * const isReason = Schema.is(Small)
 * console.log(isReason({ _tag: 'ConditionMet', name: 'up', path: [] })) // => true
 * console.log(isReason({ _tag: 'ConditionMet', name: 'drained', path: [] })) // => false
 * ```
 * @category schemas
 * @since 0.1.0
 */
export const getReasonFromJson = (limits?: Partial<Limits>): ReasonFromJson =>
  fromJson('reason', { equivalence: Reason.Eq.equals, show: Reason.Show.show, identifier: 'Reason' }, limits)

/**
 * A reason from and to a JSON value, `{ version: 1, reason: … }`: for the errors of a service, where a caller is to learn why it was stopped.
 *
 * Otherwise as `TokenFromJson`.
 *
 * @example
 * ```ts
 * import { Schema } from 'effect'
 * import { ReasonFromJson } from 'cantok-ts/effect4'
 *
 * console.log(Schema.encodeSync(ReasonFromJson)({ _tag: 'TimedOut', duration: 5000, path: ['any', 0] }))
 * // => { version: 1, reason: { _tag: 'TimedOut', duration: 5000, path: [ 'any', 0 ] } }
 * ```
 * @category schemas
 * @since 0.1.0
 */
export const ReasonFromJson: ReasonFromJson = /*#__PURE__*/ getReasonFromJson()

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

type Name = 'token' | 'reason'

interface About<A> {
  readonly identifier: string
  readonly equivalence: (first: A, second: A) => boolean
  readonly show: (value: A) => string
}

const fromJson = <N extends Name, Encoded>(
  name: N,
  { identifier, equivalence, show }: About<Nodes[N]>,
  given: Partial<Limits> | undefined,
): Schema.Codec<Nodes[N], Encoded> => {
  const limits = limitsFrom(given)
  const document = documentOf(name)
  const how = { limits, codec: anyCodec, context: [] }
  // `Any`: what comes is whatever it is, and is looked at once, when it is read
  const wire = Schema.Any.check(
    Schema.makeFilter(() => true, {
      identifier: `${identifier}FromJson`,
      toJsonSchema: () => [{ ...jsonSchema(name, limits), $id: idOf(name, limits) }, true],
    }),
  )
  const codec = {
    decode: SchemaGetter.transformEffect<Nodes[N], unknown>((value, options) => {
      const { errors, value: found } = read(document, value, { ...how, form: 'wire' })
      const issues = errors.map(({ context, message = '' }, index) =>
        issueOf(
          context.map(({ key }) => key),
          message,
          errors[index]?.value,
        ),
      )
      const [first, ...more] = issues
      if (first === undefined) return Effect.succeed((found as { readonly [K in N]: Nodes[K] })[name]) // sound: read without errors
      return Effect.fail(options.errors === 'all' ? new SchemaIssue.Composite(wire.ast, [first, ...more]) : first)
    }),
    encode: SchemaGetter.transform<unknown, Nodes[N]>((value) => writeDocument(name, value)),
  }
  const isNode = (value: unknown): value is Nodes[N] =>
    read(document, { version: 1, [name]: value }, { ...how, form: 'model' }).errors.length === 0
  const node = Schema.declare(isNode, {
    identifier,
    toEquivalence: () => equivalence,
    toFormatter: () => show,
    toCodecJson: () => Schema.link<Nodes[N]>()(wire, codec),
  })
  return wire.pipe(Schema.decodeTo(node, codec)) as Schema.Codec<Nodes[N], Encoded> // sound: the encoded types say what the format says
}

/** What is wrong at a place; the words of the codec without the place, which the path of the issue tells. */
const issueOf = (keys: ReadonlyArray<string>, message: string, actual: unknown): SchemaIssue.Issue => {
  const place = `${pathText(keys)} `
  const said = oneLine(message.startsWith(place) ? message.slice(place.length) : message)
  const issue = new SchemaIssue.InvalidValue({ message: said }, actual)
  const path = keys.map((key) => (/^\d+$/.test(key) ? Number(key) : key)) // no field has a number for its name
  return path.length === 0 ? issue : new SchemaIssue.Pointer(path, issue)
}

/** The published schema has its name, and any other schema another one; a name there must be, for its definitions are looked up under it. */
const idOf = (name: Name, limits: Limits): unknown =>
  jsonSchema(name, limits)['$id'] ?? `urn:cantok-ts:${name}:1:${limits.text}:${limits.path}:${limits.nodes}`

/** The reader wants a codec to name in the errors of io-ts, of which nothing is used here. */
const anyCodec: Parameters<typeof read>[2]['codec'] = {
  name: 'any',
  validate: (value) => ({ _tag: 'Right', right: value }),
  decode: (value) => ({ _tag: 'Right', right: value }),
}
