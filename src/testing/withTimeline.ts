import * as fc from 'fast-check'
import type { Input, Token } from '../Token.js'
import { findingText } from './report.js'
import type { Trace } from './trace.js'

/**
 * A predicate over a token and a trace that, where it fails, says so with both as code and the timeline: for your own properties.
 *
 * It answers false or throws where the predicate does, and then throws an error whose message ends with them; the predicate's own error is its cause, and what
 * `fc.pre` throws passes through. Values after the trace are passed on.
 *
 * @example
 * ```ts
 * import * as fc from 'fast-check'
 * import { Analysis, Token } from 'cantok-ts'
 * import { token, trace, verdicts, withTimeline } from 'cantok-ts/testing'
 *
 * const keepsItsVerdicts = withTimeline((given, events) => {
 *   const normal = verdicts(Analysis.normalise(given), events)
 *   return verdicts(given, events).every((verdict, index) => verdict === normal[index])
 * })
 * fc.assert(fc.property(token(), trace(), keepsItsVerdicts))
 *
 * const neverFires = withTimeline((given, events) => !verdicts(given, events).includes(true))
 * try {
 *   neverFires(Token.cancelled(), [{ _tag: 'Polled', conditions: {}, direct: true }])
 * } catch (error) {
 *   console.log(String(error).split('\n')[2]) // => '  const token = Token.cancelled()'
 * }
 * ```
 * @category laws
 * @since 0.1.0
 */
export const withTimeline =
  <Rest extends ReadonlyArray<unknown>>(
    predicate: (token: Token<Input>, trace: Trace, ...rest: Rest) => boolean | void,
  ): ((token: Token<Input>, trace: Trace, ...rest: Rest) => void) =>
  (token, trace, ...rest) => {
    const fail = (message: string, cause?: unknown): never => {
      const finding = findingText({ tokens: [['token', token]], trace, shown: [['token', token]] })
      throw new Error(`${message}\n\n${finding}`, { cause })
    }
    let holds: boolean | void
    try {
      holds = predicate(token, trace, ...rest)
    } catch (error) {
      if (fc.PreconditionFailure.isFailure(error)) throw error
      return fail(error instanceof Error ? error.message : String(error), error)
    }
    if (holds === false) fail('The property does not hold')
  }
