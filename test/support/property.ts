import * as fc from 'fast-check'
import { it } from 'vitest'

type Arbitraries<Ts extends ReadonlyArray<unknown>> = { readonly [K in keyof Ts]: fc.Arbitrary<Ts[K]> }

/** A test that holds for all generated values; the counterexample and its seed are in the failure. */
export const property = <Ts extends [unknown, ...Array<unknown>]>(
  title: string,
  arbitraries: Arbitraries<Ts>,
  holds: (...values: Ts) => boolean | void,
  numRuns = 1000,
): void => {
  it(title, () => {
    // sound: fast-check's own `tuple` is typed for the arrays it makes of just these arbitraries
    const values = fc.tuple(...arbitraries) as unknown as fc.Arbitrary<Ts>
    fc.assert(
      fc.property(values, (given) => holds(...given)),
      { numRuns },
    )
  })
}
