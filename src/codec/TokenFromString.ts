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
      if (value.startsWith('\ufeff')) return refused('must be JSON without a byte order mark, but began with one')
      let parsed: unknown
      try {
        parsed = JSON.parse(value)
      } catch (error) {
        const { message } = Object(error) as { readonly message: unknown } // sound: it may be anything
        return refused(`must be JSON, but was ${shown(spaced(value.slice(0, 200)))}${whyNot(value, String(message))}`)
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
 * before it is parsed. A byte order mark is refused by name. What does not decode comes as io-ts `Errors`, of JSON that is none with line and column where
 * the platform says them; nothing throws.
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

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

/** What the platform says is wrong with JSON: where, by line and column if it says where, and without the text, which is shown. */
const whyNot = (json: string, message: string): string => {
  const [, problem = message, position] = /^(.*?)(?: in JSON)? at position (\d{1,15})/s.exec(message) ?? []
  const why = problem.slice(0, 200).replace(/(?:^|, )"[^]*" is not valid JSON$/, '')
  if (why === '') return ''
  return `: ${oneLine(spaced(why))}${position === undefined ? '' : placeAt(json, Number(position))}`
}

const placeAt = (json: string, position: number): string => {
  const lines = json.slice(0, position).split(/\r\n|[\n\r]/)
  return `, at line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`
}

/** With one space wherever the text has lines and indents. */
const spaced = (text: string): string => text.replace(/[ \t\r\n]+/g, ' ')
