import { Reason } from 'cantok-ts'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { property } from './support/property.js'

const origin = fc.record(
  {
    label: fc.constantFrom('one', 'two', 'naïve "✓"'),
    path: fc.array(fc.oneof(fc.constantFrom('any', 'all', 'andThen', 'labelled'), fc.nat({ max: 3 })), {
      maxLength: 4,
    }),
    at: fc.integer({ min: 0, max: 2 }),
  },
  { requiredKeys: ['path'] },
)

const number = fc.nat({ max: 3 })
const name = fc.constantFrom('a', 'b')

const { reason } = fc.letrec<{ reason: Reason.Reason }>((tie) => ({
  reason: fc
    .tuple(
      fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.oneof(
          fc.record({ _tag: fc.constant('Requested' as const), name, detail: name }, { requiredKeys: ['_tag'] }),
          fc.record({ _tag: fc.constant('TimedOut' as const), duration: number }),
          fc.record({ _tag: fc.constant('DeadlinePassed' as const), instant: number }),
          fc.record({ _tag: fc.constant('CounterExhausted' as const), limit: number }),
          fc.record({ _tag: fc.constant('ConditionMet' as const), name }),
          fc.record({ _tag: fc.constant('BudgetSpent' as const), name, limit: number, spent: number }),
          fc.record({ _tag: fc.constant('Stalled' as const), name, duration: number }),
        ),
        fc.record({
          _tag: fc.constant('AllOf' as const),
          reasons: fc.array(tie('reason'), { minLength: 2, maxLength: 3 }),
        }),
      ),
      origin,
    )
    .map(([own, where]): Reason.Reason => ({ ...own, ...where })),
}))

/** The same data in other objects, whose keys stand the other way round. */
const turned = (value: Reason.Reason): Reason.Reason =>
  JSON.parse(JSON.stringify(value), (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).reverse())
      : part,
  )

describe('Reason', () => {
  describe('match', () => {
    const tagOf = Reason.match<string>({
      Requested: ({ _tag }) => _tag,
      TimedOut: ({ _tag }) => _tag,
      DeadlinePassed: ({ _tag }) => _tag,
      CounterExhausted: ({ _tag }) => _tag,
      ConditionMet: ({ _tag }) => _tag,
      BudgetSpent: ({ _tag }) => _tag,
      Stalled: ({ _tag }) => _tag,
      AllOf: ({ _tag }) => _tag,
    })

    property('calls the handler of the kind, with the reason', [reason], (value) => {
      expect(tagOf(value)).toBe(value._tag)
    })
  })

  describe('laws: Eq', () => {
    const { equals } = Reason.Eq

    property(
      'reflexivity, also of copies with other orders of keys',
      [reason],
      (x) => equals(x, x) && equals(x, turned(x)),
    )

    property('symmetry', [reason, reason], (x, y) => equals(x, y) === equals(y, x))

    property('transitivity', [reason, reason, reason], (x, y, z) => !(equals(x, y) && equals(y, z)) || equals(x, z))

    property('is structural: equal exactly when the data is', [reason, reason], (x, y) => {
      const sorted = (value: Reason.Reason): string =>
        JSON.stringify(value, (_, part: unknown) =>
          typeof part === 'object' && part !== null && !Array.isArray(part)
            ? Object.fromEntries(Object.entries(part).sort(([first], [second]) => (first < second ? -1 : 1)))
            : part,
        )
      expect(equals(x, y)).toBe(sorted(x) === sorted(y))
    })

    const timedOut: Reason.Reason = { _tag: 'TimedOut', duration: 5, path: ['any', 1], label: 'l', at: 3 }

    it.each<Reason.Reason>([
      { ...timedOut, duration: 6 },
      { ...timedOut, path: ['any', '1'] },
      { ...timedOut, path: ['any'] },
      { ...timedOut, label: 'm' },
      { ...timedOut, at: 4 },
      { _tag: 'TimedOut', duration: 5, path: ['any', 1], label: 'l' },
      { _tag: 'Stalled', name: '', duration: 5, path: ['any', 1], label: 'l', at: 3 },
    ])('tells %j apart', (other) => {
      expect(equals(timedOut, other)).toBe(false)
    })

    it('tells apart the order of the parts of an AllOf, and how they nest', () => {
      const [a, b, c] = ['a', 'b', 'c'].map((each): Reason.Reason => ({ _tag: 'ConditionMet', name: each, path: [] }))
      const allOf = (...reasons: ReadonlyArray<Reason.Reason>): Reason.Reason => ({ _tag: 'AllOf', reasons, path: [] })
      expect(equals(allOf(a!, b!), allOf(b!, a!))).toBe(false)
      expect(equals(allOf(allOf(a!, b!), c!), allOf(a!, allOf(b!, c!)))).toBe(false)
      expect(equals(allOf(a!, b!, c!), allOf(allOf(a!, b!), c!))).toBe(false)
    })
  })

  describe('Show', () => {
    it.each<readonly [Reason.Reason, string]>([
      [{ _tag: 'Requested', path: [] }, 'cancelled'],
      [{ _tag: 'Requested', detail: 'enough', path: [] }, 'cancelled: enough'],
      [{ _tag: 'Requested', name: 'stop', path: [] }, "'stop' requested"],
      [{ _tag: 'Requested', name: 'stop', detail: 'enough', path: ['any', 0] }, "'stop' requested: enough (at any.0)"],
      [
        { _tag: 'TimedOut', duration: 90_000, path: [], label: 'page' },
        "timed out after 1 minute 30 seconds (label 'page')",
      ],
      [{ _tag: 'DeadlinePassed', instant: 1893456000000, path: [] }, 'deadline 2030-01-01T00:00:00.000Z passed'],
      [{ _tag: 'DeadlinePassed', instant: 1e300, path: [] }, 'deadline 1e+300 ms passed'],
      [{ _tag: 'CounterExhausted', limit: 1, path: [] }, 'counter exhausted after 1 poll'],
      [{ _tag: 'CounterExhausted', limit: 0, path: [] }, 'counter exhausted after 0 polls'],
      [
        { _tag: 'ConditionMet', name: 'c', path: ['any', 0, 'labelled', 'l'], label: 'l' },
        "condition 'c' met (label 'l', at any.0.labelled.l)",
      ],
      [{ _tag: 'BudgetSpent', name: 'b', limit: 10, spent: 12.5, path: [] }, "budget 'b' spent: 12.5 of 10"],
      [{ _tag: 'Stalled', name: 'io', duration: 0, path: [] }, "no beat of 'io' for 0 milliseconds"],
      [
        {
          _tag: 'AllOf',
          reasons: [
            { _tag: 'Requested', path: ['all', 0] },
            { _tag: 'TimedOut', duration: 1, path: ['all', 1], label: 'l' },
          ],
          path: ['any', 2],
        },
        "all of: cancelled (at all.0); timed out after 1 millisecond (label 'l', at all.1) (at any.2)",
      ],
    ])('shows %j', (value, words) => {
      expect(Reason.Show.show(value)).toBe(words)
    })

    property('is one line where names are', [reason], (value) => {
      expect(Reason.Show.show(value)).not.toContain('\n')
    })

    property('of equal reasons is equal', [reason], (value) => {
      expect(Reason.Show.show(turned(value))).toBe(Reason.Show.show(value))
    })
  })

  describe('toError', () => {
    property('keeps the reason, and says it as Show does', [reason], (value) => {
      const error = Reason.toError(value)
      expect(error.reason).toBe(value)
      expect(error.message).toBe(Reason.Show.show(value))
    })

    property('is a TimeoutError exactly where time ran out', [reason], (value) => {
      const time = ['TimedOut', 'DeadlinePassed', 'Stalled'].includes(value._tag)
      expect(Reason.toError(value).name).toBe(time ? 'TimeoutError' : 'AbortError')
    })
  })
})
