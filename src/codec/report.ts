/**
 * Errors of codecs in words.
 *
 * @since 0.1.0
 */
import type * as t from 'io-ts'
import { oneLine, pathText, shown } from './shown.js'

/**
 * Puts errors of io-ts into words: a line each, with the place, what must be there, and what was.
 *
 * Values from outside are shortened and escaped, so that a line stays one. It serves errors of other codecs too, in whose place or part those of
 * tokens stand; `PathReporter` of io-ts gives the same lines for these.
 *
 * @example
 * ```ts
 * import * as t from 'io-ts'
 * import { TokenFromJson, report } from 'cantok-ts/codec'
 *
 * const Job = t.type({ id: t.number, stop: TokenFromJson })
 * const result = Job.decode({ id: 'x', stop: { version: 1, token: { _tag: 'Counter', limit: -1 } } })
 * if (result._tag === 'Left') console.log(report(result.left))
 * // => [
 * //      "id must be number, but was 'x'",
 * //      'stop.token.limit must be an integer from 0 to 2^53 - 1, but was -1'
 * //    ]
 * ```
 * @category errors
 * @since 0.1.0
 */
export const report = (errors: t.Errors): ReadonlyArray<string> =>
  errors.map(({ value, context, message }) =>
    message === undefined
      ? `${pathText(context.map(({ key }) => key))} must be ${oneLine(context.at(-1)?.type.name ?? 'something else')}, but was ${shown(value)}`
      : oneLine(message),
  )
