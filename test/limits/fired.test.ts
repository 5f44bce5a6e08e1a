/** What has fired costs no more than what is pending: 100,000 leaves that fire in one event, whatever their nesting. */
import { Analysis, CancelScope, Clock, Reason, Semantics, Token } from 'cantok-ts'
import { describe, expect, it } from 'vitest'
import { countLeaves, depth, leaves, shapes } from './nested.js'

describe.each(shapes)('100,000 leaves that fire together: %s', (_, shape) => {
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
