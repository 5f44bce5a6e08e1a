import * as fc from 'fast-check'
import type { Input, Token } from '../Token.js'
import { getVerdictEq } from './observe.js'
import { constantsOf, suiting } from './suiting.js'
import { trace } from './trace.js'
import type { Trace, TraceConstraints } from './trace.js'

/**
 * How two tokens are compared.
 *
 * @category model
 * @since 0.1.0
 */
export interface ComparisonOptions {
  /**
   * The traces, or an arbitrary of them; default those that suit the two tokens: with their names, spans up to the longest, amounts up to the highest, now and then as many
   * polls as a counter needs, up to 10 000.
   */
  readonly traces?: TraceConstraints | fc.Arbitrary<Trace>
  /** How many traces; default 1000. */
  readonly numRuns?: number
  /** Default 0, so that the answer is always the same. */
  readonly seed?: number
}

/**
 * Whether two tokens were found to differ: the number of traces on which they did not, or the smallest trace found on which they do.
 *
 * @category model
 * @since 0.1.0
 */
export type Comparison =
  | { readonly _tag: 'Equal'; readonly traces: number }
  | { readonly _tag: 'Different'; readonly trace: Trace }

/**
 * Compares what two tokens do: whether they give the same verdicts at every poll of generated traces.
 *
 * `Different` is certain, `Equal` is only as good as the traces; `checkExhaustively` leaves no small ones out. The answer is the same each time, unless a seed
 * is given.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { observationallyEqual } from 'cantok-ts/testing'
 *
 * const { andThen, any, manual, timeout } = Token
 * const before = any(andThen(manual('stop'), timeout('2s')), andThen(manual('stop'), timeout('5s')))
 * console.log(observationallyEqual(before, andThen(manual('stop'), timeout('2s')))) // => { _tag: 'Equal', traces: 1000 }
 *
 * console.log(observationallyEqual(timeout('5s'), timeout('5.001s')))
 * // => { _tag: 'Different', trace: [ { _tag: 'Elapsed', ms: 5000, wall: 5000 }, { _tag: 'Polled', conditions: {}, direct: true } ] }
 * ```
 * @category laws
 * @since 0.1.0
 */
export const observationallyEqual = <I extends Input, J extends Input>(
  first: Token<I>,
  second: Token<J>,
  options: ComparisonOptions = {},
): Comparison => {
  const { traces, numRuns = 1000, seed = 0 } = options
  const isArbitrary = (given: object): given is fc.Arbitrary<Trace> => 'generate' in given
  const events =
    traces !== undefined && isArbitrary(traces)
      ? traces
      : trace({ ...suiting(constantsOf([first, second])), ...traces })
  const agree = (happened: Trace): boolean => getVerdictEq(happened).equals(first, second)
  const { counterexample } = fc.check(fc.property(events, agree), { numRuns, seed })
  return counterexample === null ? { _tag: 'Equal', traces: numRuns } : { _tag: 'Different', trace: counterexample[0] }
}
