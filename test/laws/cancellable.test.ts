/**
 * The laws of pipelines on generated programs, each side on a virtual clock of its own with the same things happening outside. Two runs are the same if
 * they end the same way at the same time and have done the same at the same times; which of several limits that fired is named may differ.
 */
import * as E from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Cancellable, Token } from 'cantok-ts'
import * as laws from './cancellable.js'
import { arbitraryCase, depth, meaning, observe, seen, tags, within } from './programs.js'
import type { Case, Observed } from './programs.js'

const numRuns = 800

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

const always = (title: string, holds: (run: Observed, given: Case) => boolean): void => {
  it(title, async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryCase, async (given) =>
        holds(await observe(given, (book) => meaning(book)(given.program)), given),
      ),
      { numRuns },
    )
  })
}

describe('laws: within', () => {
  law('within(never) = identity', laws.withinNever)
  law('within(a) ∘ within(b) = within(any(a, b))', laws.withinTwice)

  it('of a counter of direct polls: checkpoints count in every scope around them', async () => {
    const counted = Token.counter(1)
    const program = { _tag: 'Checkpoint', id: 0 } as const
    const twice = { _tag: 'FlatMap', id: 1, part: program, more: program } as const
    const given: Case = { program: twice, a: counted, b: Token.timeout(5), around: Token.never, happenings: [] }
    for (const side of laws.withinTwice(given)) {
      const { outcome, log } = await observe(given, side)
      expect([outcome, log.length]).toEqual(['reason', 1])
    }
  })
})

describe('laws: shield', () => {
  law('shield ∘ shield = shield', laws.shieldTwice)

  it('a program in a shield does what it does where nobody cancels', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryCase, async ({ program, happenings }) => {
        const shielded = await observe({ around: Token.never, happenings }, (book) =>
          Cancellable.shield(meaning(book)(program)),
        )
        const undisturbed = happenings.filter((each) => typeof each === 'object')
        const alone = await observe({ around: Token.never, happenings: undisturbed }, written(program))
        expect(seen(shielded)).toBe(seen(alone))
      }),
      { numRuns },
    )
  })
})

const written = (program: Case['program']) => (book: Parameters<typeof meaning>[0]) => meaning(book)(program)

describe('laws: guard', () => {
  const results = fc.oneof(fc.integer().map(E.right), fc.string().map(E.left)) as fc.Arbitrary<E.Either<string, number>>

  it.each([true, false])(
    'of a result that is ready is that result, cancelled in its turn: %s',
    async (isFirstInTurn) => {
      await fc.assert(
        fc.asyncProperty(arbitraryCase, results, async (given, result) => {
          const happenings = isFirstInTurn ? (['cancel', ...given.happenings] as const) : given.happenings
          const [first, second] = laws.guardOfReady(result)(given)
          const place = { around: Token.any(Token.timeout(1), Token.manual('unused')), happenings }
          const ended = await observe(place, first, { isFirstInTurn })
          expect(seen(ended)).toBe(seen(await observe(place, second, { isFirstInTurn })))
          expect(ended.outcome).toBe(E.isRight(result) ? `value ${result.right}` : result.left)
        }),
        { numRuns: 300 },
      )
    },
  )
})

describe('laws: bracket', () => {
  always('every release runs exactly once, and before the end', laws.releasesOnce)
  always('the innermost is released first', (run, { program }) => laws.innermostFirst(program)(run))
})

describe('laws: all programs', () => {
  always('do nothing after they have ended', laws.endsLast)
  always('start nothing new in a cancelled scope', laws.startsNothing)
  always('leave no timer and no listener', laws.leavesNothing)
})

describe('the generated programs', () => {
  it('are of every kind, nested deep, end in every way and feel what happens outside', async () => {
    const cases = fc.sample(arbitraryCase, 600)
    const runs = await Promise.all(cases.map((given) => observe(given, written(given.program))))
    const share = (of: (run: Observed, given: Case) => boolean) =>
      runs.filter((run, index) => of(run, cases[index]!)).length / runs.length
    const found = new Set(cases.flatMap(({ program }) => within(program).map(({ _tag }) => _tag)))
    expect([...found].sort()).toEqual([...tags].sort())
    expect(share((_, { program }) => depth(program) >= 3)).toBeGreaterThan(0.3)
    expect(share(({ outcome }) => outcome === 'reason')).toBeGreaterThan(0.1)
    expect(share(({ outcome }) => outcome.startsWith('value'))).toBeGreaterThan(0.1)
    expect(share(({ outcome }) => outcome.startsWith('failure'))).toBeGreaterThan(0.02)
    expect(share(({ outcome }) => outcome.startsWith('defect'))).toBeGreaterThan(0.02)
    expect(share(({ log }) => log.some(({ what }) => what === 'close'))).toBeGreaterThan(0.1)
    expect(share(({ endedAt }) => endedAt > 0)).toBeGreaterThan(0.2)
    expect(share(({ cancelledAt, loggedAtEnd, endedAt }) => endedAt > 0 && cancelledAt < loggedAtEnd)).toBeGreaterThan(
      0.01,
    )
  })
})
