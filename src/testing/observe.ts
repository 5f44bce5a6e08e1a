/** What can be observed of a token on a trace, and the equalities up to that. */
import type { Eq as EqOf } from 'fp-ts/lib/Eq.js'
import { stackSafe } from '../internal/recursion.js'
import { Eq as ReasonEq } from '../Reason.js'
import type { Reason } from '../Reason.js'
import { run } from '../Semantics.js'
import type { Input, Token } from '../Token.js'
import type { Trace } from './trace.js'

/**
 * Whether a token has fired, at each poll of a trace: all that equal tokens have in common.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { verdicts } from 'cantok-ts/testing'
 *
 * const poll = { _tag: 'Polled', conditions: {}, direct: true } as const
 * console.log(verdicts(Token.counter(1), [poll, { _tag: 'Elapsed', ms: 1, wall: 1 }, poll, poll])) // => [ false, true, true ]
 * ```
 * @category observation
 * @since 0.1.0
 */
export const verdicts = (token: Token<Input>, trace: Trace): ReadonlyArray<boolean> =>
  run(token, trace)
    .filter(({ event }) => event._tag === 'Polled')
    .map(({ verdict }) => verdict._tag === 'Some')

/**
 * The first reason that a poll of a trace gives, if one does.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { firstReason } from 'cantok-ts/testing'
 *
 * const poll = { _tag: 'Polled', conditions: {}, direct: true } as const
 * console.log(firstReason(Token.counter(1), [poll, poll])) // => { _tag: 'CounterExhausted', limit: 1, path: [] }
 * ```
 * @category observation
 * @since 0.1.0
 */
export const firstReason = (token: Token<Input>, trace: Trace): Reason | undefined => {
  for (const { event, verdict } of run(token, trace))
    if (event._tag === 'Polled' && verdict._tag === 'Some') return verdict.value
  return undefined
}

/**
 * The reasons of leaves that carry a label, inside `AllOf` too, each once and without its path; this a normal form keeps.
 *
 * @example
 * ```ts
 * import { labelledReasons } from 'cantok-ts/testing'
 *
 * const timedOut = { _tag: 'TimedOut', duration: 3, path: ['all', 0] } as const
 * const requested = { _tag: 'Requested', label: 'stop', path: ['all', 1, 'labelled', 'stop'] } as const
 * console.log(labelledReasons({ _tag: 'AllOf', reasons: [timedOut, requested], path: [] }))
 * // => [ { _tag: 'Requested', label: 'stop', path: [] } ]
 * ```
 * @category observation
 * @since 0.1.0
 */
export const labelledReasons = (reason: Reason | undefined): ReadonlyArray<Reason> => {
  const found = new Map<string, Reason>()
  const waiting = reason === undefined ? [] : [reason]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next._tag === 'AllOf') for (const part of next.reasons) waiting.push(part)
    else if (next.label !== undefined) {
      const pathless = { ...next, path: [] }
      found.set(
        JSON.stringify(Object.entries(pathless).sort(([first], [second]) => (first < second ? -1 : 1))),
        pathless,
      )
    }
  }
  return [...found].sort(([first], [second]) => (first < second ? -1 : 1)).map(([, each]) => each)
}

/**
 * Observational equality on one trace: the same verdicts at every poll. Which reason is named may differ.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { getVerdictEq } from 'cantok-ts/testing'
 *
 * const poll = { _tag: 'Polled', conditions: {}, direct: true } as const
 * const Eq = getVerdictEq([{ _tag: 'Elapsed', ms: 3, wall: 3 }, poll])
 * console.log(Eq.equals(Token.timeout(3), Token.cancelled()), Eq.equals(Token.timeout(4), Token.cancelled())) // => true false
 * ```
 * @category instances
 * @since 0.1.0
 */
export const getVerdictEq = (trace: Trace): EqOf<Token<Input>> => ({
  equals: (first, second) => {
    const others = verdicts(second, trace)
    return verdicts(first, trace).every((verdict, index) => verdict === others[index])
  },
})

/**
 * Finer: the same verdicts at every poll, and the same first reason, but for its path and the paths of its parts.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { getReasonEq } from 'cantok-ts/testing'
 *
 * const { any, cancelled, manual, timeout } = Token
 * const Eq = getReasonEq([{ _tag: 'Polled', conditions: {}, direct: true }])
 * console.log(Eq.equals(any(manual('a'), timeout(0)), timeout(0)), Eq.equals(timeout(0), cancelled())) // => true false
 * ```
 * @category instances
 * @since 0.1.0
 */
export const getReasonEq = (trace: Trace): EqOf<Token<Input>> => ({
  equals: (first, second) => {
    if (!getVerdictEq(trace).equals(first, second)) return false
    const [one, other] = [firstReason(first, trace), firstReason(second, trace)]
    return one === undefined || other === undefined ? one === other : ReasonEq.equals(pathless(one), pathless(other))
  },
})

const pathless: (reason: Reason) => Reason = stackSafe<Reason, Reason>(function* (reason) {
  if (reason._tag !== 'AllOf') return { ...reason, path: [] }
  const reasons: Array<Reason> = []
  for (const part of reason.reasons) reasons.push(yield part)
  return { ...reason, path: [], reasons }
})
