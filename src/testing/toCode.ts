import { reasonText } from '../internal/reasonText.js'
import { stackSafe } from '../internal/recursion.js'
import type { Reason } from '../Reason.js'
import { fold } from '../Token.js'
import type { All, Any, Input, Token } from '../Token.js'

/**
 * The code that makes a token again, with the namespace in front: what generated tokens print as, to paste into a test.
 *
 * It gives back the same data, residuals included: what is left of a leaf used up in part, and the reasons that an `all` holds. Names of inputs become
 * part of the type again. Stack-safe, linear.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { toCode } from 'cantok-ts/testing'
 *
 * console.log(toCode(Token.any(Token.manual('stop'), Token.counter(5, { left: 2 }))))
 * // => "Token.any(Token.manual('stop'), Token.counter(5, { left: 2 }))"
 * ```
 * @category printing
 * @since 0.1.0
 */
export const toCode = (token: Token<Input>): string => code(token)

const code = fold<string>({
  Never: () => 'Token.never',
  Cancelled: ({ reason }) => (reason === undefined ? 'Token.cancelled()' : `Token.cancelled(${given(reason)})`),
  Manual: ({ name }) => `Token.manual(${literal(name)})`,
  Timeout: ({ duration, left }) =>
    `Token.timeout(${duration}${options({ left: left === duration ? undefined : left })})`,
  Deadline: ({ instant }) => `Token.deadline(${instant})`,
  Counter: ({ limit, left, direct }) =>
    `Token.counter(${limit}${options({ direct: direct ? undefined : false, left: left === limit ? undefined : left })})`,
  Condition: ({ name, latch, onError, fallback }) =>
    `Token.condition(${literal(name)}${options({
      latch: latch ? undefined : false,
      onError: onError === 'ignore' ? undefined : onError,
      fallback: fallback ? true : undefined,
    })})`,
  Budget: ({ name, limit, left }) =>
    `Token.budget(${literal(name)}, ${limit}${options({ left: left === limit ? undefined : left })})`,
  Idle: ({ name, duration, left }) =>
    `Token.idle(${literal(name)}, ${duration}${options({ left: left === duration ? undefined : left })})`,
  Any: (token, parts) => combined(token, 'any', parts),
  All: (token, parts) =>
    token.reasons === undefined
      ? combined(token, 'all', parts)
      : `{ _tag: 'All', tokens: [${listing(parts)}], reasons: ${literal(token.reasons)} }`,
  AndThen: (_, first, second) => `Token.andThen(${first}, ${second})`,
  Labelled: ({ label }, part) => `Token.labelled(${literal(label)})(${part})`,
})

/** A sum and not `join`, since the engine keeps sums as ropes. */
const listing = (parts: ReadonlyArray<string>): string =>
  parts.reduce((list, part) => (list === '' ? part : `${list}, ${part}`), '')

/** Of no parts the constructors make another token. */
const combined = (token: Any | All, name: string, parts: ReadonlyArray<string>): string =>
  parts.length === 0 ? literal({ _tag: token._tag, tokens: [] }) : `Token.${name}(${listing(parts)})`

/** A text is the short form of a reason that has nothing but a detail. */
const given = (reason: Reason): string =>
  reason._tag === 'Requested' &&
  reason.detail !== undefined &&
  reasonText(reason) === reasonText({ _tag: 'Requested', detail: reason.detail, path: [] })
    ? literal(reason.detail)
    : literal(reason)

const options = (fields: Readonly<Record<string, unknown>>): string => {
  const defined = Object.entries(fields).filter(([, value]) => value !== undefined)
  return defined.length === 0 ? '' : `, ${literal(Object.fromEntries(defined))}`
}

/** JSON-like data as code: texts in single quotes, names of fields bare where they can be. Stack-safe, linear. */
export const literal: (value: unknown) => string = stackSafe<unknown, string>(function* (value) {
  if (typeof value === 'string') return quoted(value)
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value)
  const isList = Array.isArray(value)
  let listing = ''
  for (const [name, each] of Object.entries(value)) {
    if (each === undefined && !isList) continue
    // a sum and not `join`, since the engine keeps sums as ropes
    listing += `${listing === '' ? '' : ', '}${isList ? '' : `${key(name)}: `}${yield each}`
  }
  if (isList) return `[${listing}]`
  return listing === '' ? '{}' : `{ ${listing} }`
})

const quoted = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`

const key = (name: string): string => {
  if (name === '__proto__') return `['__proto__']`
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name)
}
