/**
 * Tokens from and to JSON.
 *
 * @since 0.1.0
 */
import type * as t from 'io-ts'
import type { Input, Token } from '../Token.js'
import type { TokenEncoded } from './encoded.js'
import { fromJson } from './fromJson.js'
import type { Limits } from './limits.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * The codec of tokens as JSON values.
 *
 * @category model
 * @since 0.1.0
 */
export interface TokenC extends t.Type<Token<Input>, TokenEncoded, unknown> {}

// -------------------------------------------------------------------------------------
// codecs
// -------------------------------------------------------------------------------------

/**
 * `TokenFromJson` with other limits; those left out are the default ones.
 *
 * Throws a `RangeError` that names a limit which is no positive integer.
 *
 * @example
 * ```ts
 * import { getTokenFromJson, report } from 'cantok-ts/codec'
 *
 * const Small = getTokenFromJson({ depth: 1 })
 * const result = Small.decode({ version: 1, token: { _tag: 'Any', tokens: [{ _tag: 'Never' }] } })
 * if (result._tag === 'Left') console.log(report(result.left))
 * // => [ 'token.tokens[0] is nested too deep: more than 1 levels are not read' ]
 * ```
 * @category codecs
 * @since 0.1.0
 */
export const getTokenFromJson = (limits?: Partial<Limits>): TokenC => fromJson('TokenFromJson', 'token', limits)

/**
 * A token from and to a JSON value, `{ version: 1, token: … }`: for bodies of requests, queues, configuration.
 *
 * What is decoded is a well-formed token, made of plain objects, and `decode(encode(token))` is the token. What is not comes as io-ts `Errors`, one for
 * each place, which `report` puts into words; nothing throws, whatever the input, and no more is read than `defaultLimits` allow.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { TokenFromJson, report } from 'cantok-ts/codec'
 *
 * console.log(TokenFromJson.encode(Token.timeout('5s', { left: '3s' })))
 * // => { version: 1, token: { _tag: 'Timeout', duration: 5000, left: 3000 } }
 * console.log(TokenFromJson.decode({ version: 1, token: { _tag: 'Timeout', duration: 'PT1M30S' } }))
 * // => { _tag: 'Right', right: { _tag: 'Timeout', duration: 90000, left: 90000 } }
 *
 * const result = TokenFromJson.decode({ version: 1, token: { _tag: 'Counter', limit: -1 } })
 * if (result._tag === 'Left') console.log(report(result.left))
 * // => [ 'token.limit must be an integer from 0 to 2^53 - 1, but was -1' ]
 * ```
 * @category codecs
 * @since 0.1.0
 */
export const TokenFromJson: TokenC = /*#__PURE__*/ getTokenFromJson()
