import * as fc from 'fast-check'
import { it } from 'vitest'

type Arbitraries<Ts extends ReadonlyArray<unknown>> = { readonly [K in keyof Ts]: fc.Arbitrary<Ts[K]> }

/** A test that holds for all generated values; the counterexample and its seed are in the failure. */
export const property = <Ts extends [unknown, ...Array<unknown>]>(
  title: string,
  arbitraries: Arbitraries<Ts>,
  holds: (...values: Ts) => boolean | void,
  parameters: fc.Parameters<Ts> = {},
): void => {
  it(title, () => {
    fc.assert(
      fc.property(fc.tuple(...arbitraries), (values) => holds(...(values as Ts))), // sound: the tuple is generated member by member
      parameters as fc.Parameters<[unknown]>,
    )
  })
}
