/**
 * Thousands of leaves that fire in one event, whatever their nesting: what comes of them, and that what is left of them grows as they do.
 */
import { Analysis, CancelScope, Clock, Reason, Semantics, Token } from 'cantok-ts'
import { describe, expect, it } from 'vitest'
import { countLeaves, leaves, shapes } from './nested.js'
import type { AnyToken } from './nested.js'

const depth = 20_000

describe.each(shapes)('5,000 leaves that fire together: %s', (_, shape) => {
  it('timeouts, in the semantics', () => {
    const token = shape(leaves(depth, () => Token.timeout(1)))
    const [verdict, residual] = Semantics.step({ _tag: 'Elapsed', ms: depth, wall: depth })(token)
    expect(verdict._tag).toBe('Some')
    expect(countLeaves(residual)).toBe(1)
  })

  it('timeouts, in a scope', () => {
    const clock = Clock.virtual()
    const scope = CancelScope.open(shape(leaves(depth, () => Token.timeout(1))), {
      clock,
      conditions: {},
    })()
    clock.advance(depth)()
    expect(CancelScope.keepGoing(scope)()).toBe(false)
    expect(CancelScope.residual(scope)()._tag).toBe('Cancelled')
  })

  it('conditions, in a scope', () => {
    const conditions = Object.fromEntries(leaves(depth).map((_, index) => [`c${index}`, () => true]))
    const token = shape(leaves(depth, (index) => Token.condition(`c${index}`)))
    const scope = CancelScope.open(token, { conditions })()
    expect(CancelScope.keepGoing(scope)()).toBe(false)
  })

  it('conditions without a latch, in a scope', () => {
    const conditions = Object.fromEntries(leaves(depth).map((_, index) => [`c${index}`, () => true]))
    const token = shape(leaves(depth, (index) => Token.condition(`c${index}`, { latch: false })))
    const scope = CancelScope.open(token, { conditions })()
    expect(CancelScope.keepGoing(scope)()).toBe(false)
  })

  it('what is cancelled from the start', () => {
    const token = shape(leaves(depth, () => Token.cancelled()))
    expect(Semantics.step({ _tag: 'Polled', conditions: {}, direct: true })(token)[0]._tag).toBe('Some')
    expect(CancelScope.keepGoing(CancelScope.open(token, { conditions: {} })())()).toBe(false)
    expect(Analysis.bounds(token)).toEqual({ earliest: 0, latest: 0 })
  })

  it('a reason for each, told in the end', () => {
    const token = shape(leaves(depth, (index) => Token.cancelled(`r${index}`)))
    const scope = CancelScope.open(token, { conditions: {} })()
    const fired = CancelScope.poll(scope)()
    expect(fired._tag === 'Some' && Reason.Show.show(fired.value)).toContain('cancelled: r')
    expect(Analysis.ShowEvidence.show(CancelScope.explain(scope)())).toContain('fired')
  })
})

describe('what is left of a chain of andThens, all but the last of which have fired', () => {
  /** The lengths of all the paths in a token's reasons, added up. */
  const paths = Token.fold<number>({
    Never: () => 0,
    Cancelled: ({ reason }) => reason?.path.length ?? 0,
    Manual: () => 0,
    Timeout: () => 0,
    Deadline: () => 0,
    Counter: () => 0,
    Condition: () => 0,
    Budget: () => 0,
    Idle: () => 0,
    Any: (_, parts) => parts.reduce((sum, part) => sum + part, 0),
    All: (_, parts) => parts.reduce((sum, part) => sum + part, 0),
    AndThen: (_, first, second) => first + second,
    Labelled: (_, part) => part,
  })

  const chain = (count: number): AnyToken =>
    leaves(count, () => Token.timeout(1)).reduceRight(
      (second, first) => Token.andThen(first, second),
      Token.manual('last') as AnyToken,
    )

  const sizes = (size: (count: number) => number): void => {
    const [few, many] = [size(500), size(1_000)]
    expect(many).toBeLessThanOrEqual(few * 2.5)
  }

  it('grows as the chain does, in the semantics', () => {
    sizes((count) => paths(Semantics.step({ _tag: 'Elapsed', ms: count, wall: count })(chain(count))[1]))
  })

  it('grows as the chain does, in a scope', () => {
    sizes((count) => {
      const clock = Clock.virtual()
      const scope = CancelScope.open(chain(count), { clock, conditions: {} })()
      clock.advance(count)()
      expect(CancelScope.keepGoing(scope)()).toBe(true)
      return paths(CancelScope.residual(scope)())
    })
  })
})
