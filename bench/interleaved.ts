/** What benches of polls have in common: cases that are loops, interleaved in rounds and compared by the median of each, so that the machine's moods meet all alike. */

/** Each runs its loop once and answers with the number of its polls. */
export type Cases<Name extends string> = Readonly<Record<Name, () => number>>

export const namesOf = <Name extends string>(cases: Cases<Name>): ReadonlyArray<Name> =>
  Object.keys(cases) as ReadonlyArray<string> as ReadonlyArray<Name> // sound: the keys of an object literal

/** The value that such a part of them does not go beyond. */
export const quantile = (values: ReadonlyArray<number>, part: number): number =>
  [...values].sort((x, y) => x - y)[Math.ceil(part * values.length) - 1] ?? NaN

export const nanosecondsPerPoll = <Name extends string>(
  cases: Cases<Name>,
  rounds: number,
): ReadonlyMap<Name, number> => {
  const names = namesOf(cases)
  const times = new Map(names.map((name) => [name, [] as Array<number>]))
  for (let round = 0; round < rounds; round++)
    for (const name of names) {
      const start = performance.now()
      const polls = cases[name]()
      times.get(name)?.push(((performance.now() - start) * 1e6) / polls)
    }
  return new Map(names.map((name) => [name, quantile(times.get(name) ?? [], 0.5)]))
}

/** A time as a ratio to another, for a table. */
export const ratio = (time: number = NaN, base: number = NaN): string =>
  `${(time / base).toFixed(2)} × (${time.toFixed(1)} ns)`
