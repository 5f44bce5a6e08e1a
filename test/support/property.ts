import * as fc from 'fast-check'
import { it } from 'vitest'
import { Token } from 'cantok-ts'
import { timeline } from 'cantok-ts/testing'
import type { Trace } from 'cantok-ts/testing'

type Arbitraries<Ts extends ReadonlyArray<unknown>> = { readonly [K in keyof Ts]: fc.Arbitrary<Ts[K]> }

const isTrace = (value: unknown): value is Trace =>
  Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'object' && '_tag' in each)

/** The timelines of the tokens among the values, on the trace among them, if there is one. */
const timelines = (values: ReadonlyArray<unknown>): string => {
  const trace = values.find(isTrace)
  return trace === undefined
    ? ''
    : values.flatMap((value) => (Token.isToken(value) ? [`\n\n${timeline(value, trace)}`] : [])).join('')
}

/** A test that holds for all generated values; the counterexample, its seed and the timelines of its tokens are in the failure. */
export const property = <Ts extends [unknown, ...Array<unknown>]>(
  title: string,
  arbitraries: Arbitraries<Ts>,
  holds: (...values: Ts) => boolean | void,
  numRuns = 1000,
): void => {
  it(title, () => {
    // sound: fast-check's own `tuple` is typed for the arrays it makes of just these arbitraries
    const values = fc.tuple(...arbitraries) as unknown as fc.Arbitrary<Ts>
    const shown = (given: Ts): void => {
      try {
        if (holds(...given) === false) throw new Error('the property does not hold')
      } catch (error) {
        if (error instanceof Error && !fc.PreconditionFailure.isFailure(error)) error.message += timelines(given)
        throw error
      }
    }
    fc.assert(fc.property(values, shown), { numRuns })
  })
}
