/**
 * The laws of limits on effects on generated programs, each side on a virtual clock of its own. Two runs are the same if they end the same way at the same
 * time and have done the same at the same times; which of several limits that fired is named may differ.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Analysis, Token } from 'cantok-ts'
import * as laws from './laws.js'
import { arbitraryCase, depth, limited, meaning, observe, seen, tags, timedCase, within } from './programs.js'
import type { Case, Observed } from './programs.js'

const numRuns = 200

const law = (title: string, holds: laws.Law, cases: fc.Arbitrary<Case> = arbitraryCase): void => {
  it(title, async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        const [first, second] = holds(given)
        // one after the other: they share nothing but the description
        expect(seen(await observe(given, first))).toBe(seen(await observe(given, second)))
      }),
      { numRuns },
    )
  })
}

describe('laws: interruptWhen', () => {
  law('interruptWhen(never) = identity', laws.whenNever)
  law('interruptWhen(what does not fire) = identity', laws.whenUnused)
  law('interruptWhen(a) ∘ interruptWhen(b) = interruptWhen(any(a, b))', laws.whenTwice, timedCase)
  law('interruptWhen(cancelled) starts nothing', laws.whenCancelled)

  it('interruptWhen(a) = a race with a wait for a, but that what the effect failed of before is kept', async () => {
    // a race has begun by the time a wait sees that; of one that is interrupted from outside as well it tells both
    const cases = timedCase
      .filter(({ a }) => !laws.firesAtOnce(a))
      .map((given) => ({ ...given, interruptedAfter: Infinity }))
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        const [first, second] = laws.asRace(given)
        const [limit, race] = [await observe(given, first), await observe(given, second)]
        const failedBefore =
          race.outcome === 'reason' && limit.outcome !== 'reason' && !limit.outcome.startsWith('value')
        expect(seen({ ...limit, outcome: failedBefore ? race.outcome : limit.outcome })).toBe(seen(race))
      }),
      { numRuns },
    )
  })
})

describe('laws: interruptBy', () => {
  law('of a scope that is opened for the effect = interruptWhen', laws.byScope, timedCase)
  law(
    'of a scope that somebody cancels = interruptWhen(timeout) that runs out then',
    (given) => laws.pushed(given.interruptedAfter / 2)(given),
    timedCase.map((given) => ({ ...given, interruptedAfter: given.interruptedAfter - 1 / 4 })),
  )
  law('interruptBy(a) ∘ interruptBy(b) = interruptBy(link([a, b]))', laws.byLink, timedCase)
})

describe('laws: all programs under a limit', () => {
  const always = (title: string, holds: (run: Observed, given: Case) => boolean): void => {
    it(title, async () => {
      await fc.assert(
        fc.asyncProperty(arbitraryCase, async (given) =>
          holds(await observe(given, (book) => limited(given.a)(meaning(book)(given.program))), given),
        ),
        { numRuns },
      )
    })
  }
  // races of version 3 need not wait for those who lose; under a limit the effect does, for its fiber ends
  always('do nothing after they have ended', (run, { a }) => !Analysis.canFire(a) || laws.endsLast(run))
  always('leave no timer', laws.leavesNothing)
  always(
    'release once what they acquired, before the end',
    (run, { program }) => laws.releasesMayDie(program) || laws.releasesOnce(run),
  )

  it('end as without it where it fires after the end', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryCase, async (given) => {
        const alone = await observe(given, (book) => meaning(book)(given.program))
        fc.pre(alone.endedAt < given.interruptedAfter)
        const late = Token.timeout(alone.endedAt + 1)
        expect(seen(await observe(given, (book) => limited(late)(meaning(book)(given.program))))).toBe(seen(alone))
      }),
      { numRuns },
    )
  })
})

describe('the generated programs', () => {
  it('are of every kind, nested deep, end in every way and are cut short', async () => {
    const cases = fc.sample(arbitraryCase, 600)
    const runs: Array<Observed> = []
    for (const given of cases) runs.push(await observe(given, (book) => limited(given.a)(meaning(book)(given.program))))
    const share = (of: (run: Observed, given: Case) => boolean) =>
      runs.filter((run, index) => of(run, cases[index]!)).length / runs.length
    const found = new Set(cases.flatMap(({ program }) => within(program).map(({ _tag }) => _tag)))
    expect([...found].sort()).toEqual([...tags].sort())
    expect(share((_, { program }) => depth(program) >= 3)).toBeGreaterThan(0.3)
    expect(share(({ outcome }) => outcome === 'reason')).toBeGreaterThan(0.1)
    expect(share(({ outcome }) => outcome.startsWith('value'))).toBeGreaterThan(0.1)
    expect(share(({ outcome }) => outcome.startsWith('failure'))).toBeGreaterThan(0.02)
    expect(share(({ outcome }) => outcome.includes('defect'))).toBeGreaterThan(0.02)
    expect(share(({ outcome }) => outcome.startsWith('interrupted'))).toBeGreaterThan(0.02)
    expect(share(({ endedAt, outcome }) => endedAt > 0 && outcome === 'reason')).toBeGreaterThan(0.05)
    expect(share(({ log }) => log.some(({ what }) => what === 'finalized'))).toBeGreaterThan(0.1)
  })
})
