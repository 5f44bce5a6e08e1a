/**
 * Tokens and reasons as Schemas of Effect, of the same JSON as the codecs of `cantok-ts/codec`.
 *
 * @since 0.1.0
 */
import type * as Schema from 'effect/Schema'
import type { ReasonEncoded, TokenEncoded } from '../codec/encoded.js'
import type { Limits } from '../codec/limits.js'
import * as Reason from '../Reason.js'
import * as Token from '../Token.js'
import { fromJson } from './fromJson.js'

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
