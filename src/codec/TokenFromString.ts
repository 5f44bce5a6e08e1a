/**
 * Tokens from and to text.
 *
 * @since 0.1.0
 */
import * as t from 'io-ts'
import { jsonText } from '../internal/jsonText.js'
import type { Json } from '../internal/jsonText.js'
import type { Input, Token } from '../Token.js'
import { limitsFrom } from './limits.js'
import type { Limits } from './limits.js'
import { oneLine, pathText, shown } from './shown.js'
import { getTokenFromJson } from './TokenFromJson.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * The codec of tokens as text.
 *
 * @category model
 * @since 0.1.0
 */
export interface TokenFromStringC extends t.Type<Token<Input>, string, unknown> {}

// -------------------------------------------------------------------------------------
// codecs
// -------------------------------------------------------------------------------------

/**
 * `TokenFromString` with other limits; those left out are the default ones.
 *
 * Throws a `RangeError` that names a limit which is no positive integer.
 *
 * @example
 * ```ts
 * import { getTokenFromString, report } from 'cantok-ts/codec'
 *
 * const result = getTokenFromString({ length: 10 }).decode('{"version":1,"token":{"_tag":"Never"}}')
 * if (result._tag === 'Left') console.log(report(result.left))
 * // => [ 'the value must be at most 10 characters long, but was 38' ]
 * ```
 * @category codecs
 * @since 0.1.0
 */
export const getTokenFromString = (limits?: Partial<Limits>): TokenFromStringC => {
  const { length } = limitsFrom(limits)
  const json = getTokenFromJson(limits)
  return new t.Type(
    'TokenFromString',
    json.is,
    (value, context) => {
      const refused = (problem: string): t.Validation<Token<Input>> => ({
        _tag: 'Left',
        left: [{ value, context, message: `${pathText(context.map(({ key }) => key))} ${problem}` }],
      })
      if (typeof value !== 'string') return refused(`must be a text that holds JSON, but was ${shown(value)}`)
      if (value.length > length) return refused(`must be at most ${length} characters long, but was ${value.length}`)
      let parsed: unknown
      try {
        parsed = JSON.parse(value)
      } catch (error) {
        const { message } = Object(error) as { readonly message: unknown } // sound: it may be anything
        return refused(`must be JSON, but was ${shown(value)}: ${oneLine(String(message).slice(0, 200))}`)
      }
      return json.validate(parsed, context)
    },
    (token) => jsonText(json.encode(token) as unknown as Json), // sound: the encoded form is JSON
  )
}

/**
 * A token from and to one line of JSON: for environment variables, command lines, cookies, columns of a database.
 *
 * The text is that of `TokenFromJson`, `{"version":1,"token":…}`. It is written and read at any depth that the limits allow, and its length is looked at
 * before it is parsed. What does not decode comes as io-ts `Errors`; nothing throws.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { TokenFromString } from 'cantok-ts/codec'
 *
 * console.log(TokenFromString.encode(Token.any(Token.manual('stop'), Token.timeout('5s'))))
 * // => '{"version":1,"token":{"_tag":"Any","tokens":[{"_tag":"Manual","name":"stop"},{"_tag":"Timeout","duration":5000}]}}'
 * console.log(TokenFromString.decode('{"version":1,"token":{"_tag":"Never"}}')) // => { _tag: 'Right', right: { _tag: 'Never' } }
 * ```
 * @category codecs
 * @since 0.1.0
 */
export const TokenFromString: TokenFromStringC = /*#__PURE__*/ getTokenFromString()
