/** Nothing grows the call stack: tokens nested 100,000 deep, 100,000 scopes one below the other, reasons 100,000 deep. */
import { Analysis, CancelScope, Clock, Reason, Semantics, Token } from 'cantok-ts'
import { concatAll } from 'fp-ts/lib/Monoid.js'
import { describe, expect, it } from 'vitest'
import { countLeaves, depth, leaves, shapes } from './nested.js'
import type { AnyToken } from './nested.js'

const world = (clock: Clock.Clock) => ({ clock, conditions: { c: () => false } })

const opened = (token: AnyToken, clock: Clock.Clock = Clock.virtual()): CancelScope.CancelScope<Token.Input> =>
  CancelScope.open(token, world(clock))()

const events: ReadonlyArray<Semantics.Event> = [
  { _tag: 'Elapsed', ms: 10, wall: 10 },
  { _tag: 'Spent', name: 'nobody', amount: 1 },
  { _tag: 'Beat', name: 'nobody' },
  { _tag: 'Polled', conditions: { c: false }, direct: true },
]

describe.each(shapes)('a token nested 100,000 deep: %s', (_, shape) => {
  const token = shape(leaves(depth))
  const other = shape(leaves(depth).map((leaf, index) => (index === depth - 1 ? Token.manual('another') : leaf)))

  it('is folded', () => {
    expect(countLeaves(token)).toBe(depth)
  })

  it('is shown', () => {
    expect(Token.Show.show(token).length).toBeGreaterThan(10 * depth)
  })

  it('equals itself made again, and not another', () => {
    expect(Token.Eq.equals(token, shape(leaves(depth)))).toBe(true)
    expect(Token.Eq.equals(token, other)).toBe(false)
  })

  it('has a normal form, which is its own', () => {
    const normal = Analysis.normalise(token)
    expect(Token.Eq.equals(normal, token)).toBe(true)
    expect(Token.Show.show(Analysis.normalise(normal))).toBe(Token.Show.show(normal))
  })

  it('tells its inputs', () => {
    expect(Analysis.inputs(token)).toEqual({ manual: ['m0', 'm4', 'm8'], condition: ['c'], budget: [], idle: [] })
  })

  it('has bounds and can fire', () => {
    const { earliest, latest } = Analysis.bounds(token)
    expect(earliest).toBeGreaterThanOrEqual(0)
    expect(latest).toBeGreaterThan(earliest)
    expect(Analysis.canFire(token)).toBe(true)
  })

  it('is explained', () => {
    const evidence = Analysis.explain(token)
    expect(evidence.status).toBe('pending')
    expect(Analysis.ShowEvidence.show(evidence).split('\n').length).toBeGreaterThan(50)
  })

  it('goes through every event', () => {
    const timeline = Semantics.run(token, events)
    expect(timeline.map(({ verdict }) => verdict._tag)).toEqual(['None', 'None', 'None', 'None'])
    expect(countLeaves(timeline[3]!.residual)).toBe(depth)
    expect(Semantics.step({ _tag: 'Requested', name: 'nobody' })(token)[0]._tag).toBe('None')
  })

  it('is opened, polled, peeked at and taken along', () => {
    const scope = opened(token)
    expect(CancelScope.keepGoing(scope)()).toBe(true)
    expect(CancelScope.peek(scope)()._tag).toBe('None')
    expect(CancelScope.remaining(scope)()).toMatchObject({
      _tag: Analysis.bounds(token).latest === Infinity ? 'None' : 'Some',
    })
    expect(Analysis.ShowEvidence.show(CancelScope.explain(scope)())).not.toBe('')
    const left = CancelScope.residual(scope)()
    expect(countLeaves(left)).toBeGreaterThan(1)
    expect(CancelScope.keepGoing(opened(left))()).toBe(true)
  })

  it('hears an input that one leaf names, and fires or goes on as its shape wants', () => {
    const scope = opened(other)
    CancelScope.cancelInput(scope, 'another', 'enough')()
    const [verdict] = Semantics.step({ _tag: 'Requested', name: 'another', detail: 'enough' })(other)
    const found = CancelScope.peek(scope)()
    expect(found._tag).toBe(verdict._tag)
    expect(found._tag === 'Some' && found.value.path).toEqual(verdict._tag === 'Some' && verdict.value.path)
  })

  it('is cancelled as a whole', () => {
    const scope = opened(token)
    expect(CancelScope.cancel(scope)()).toBe(true)
    expect(CancelScope.keepGoing(scope)()).toBe(false)
    expect(CancelScope.residual(scope)()._tag).toBe('Cancelled')
  })
})

describe('a token labelled 100,000 times', () => {
  const token = leaves(depth).reduce(
    (inner, _, index) => Token.labelled(`l${index % 3}`)(inner),
    Token.timeout(5) as AnyToken,
  )

  it('is shown, compared, normalised and explained', () => {
    expect(Token.Show.show(token)).toContain('(labelled("l1")(labelled("l0")(timeout("5 milliseconds")))')
    expect(Token.Eq.equals(token, Token.labelled('l0')(token))).toBe(false)
    expect(Token.Eq.equals(Analysis.normalise(token), token)).toBe(true)
    expect(Analysis.bounds(token)).toEqual({ earliest: 5, latest: 5 })
    expect(Analysis.ShowEvidence.show(Analysis.explain(token))).toBe('! timeout of 5 milliseconds (l0): pending')
  })

  it('fires with the innermost label and the whole way as its path', () => {
    const clock = Clock.virtual()
    const scope = opened(token, clock)
    clock.advance(5)()
    const fired = CancelScope.poll(scope)()
    if (fired._tag === 'None') throw new Error('should have fired')
    expect(fired.value.label).toBe('l0')
    expect(fired.value.path.length).toBe(2 * depth)
    expect(fired.value.path.slice(-2)).toEqual(['labelled', 'l0'])
    const [verdict] = Semantics.step({ _tag: 'Elapsed', ms: 5, wall: 5 })(token)
    expect(verdict._tag === 'Some' && verdict.value.path.length).toBe(2 * depth)
    expect(Reason.toError(fired.value).message.length).toBeGreaterThan(depth)
  })
})

describe('100,000 timeouts folded', () => {
  const timeouts = Array.from({ length: depth }, (_, index) => Token.timeout(1 + (index % 7)))

  it('fire as an AllOf of all of them, once all have', () => {
    const clock = Clock.virtual()
    const scope = opened(concatAll(Token.MonoidAll)(timeouts), clock)
    clock.advance(6)()
    expect(CancelScope.keepGoing(scope)()).toBe(true)
    clock.advance(1)()
    const fired = CancelScope.poll(scope)()
    if (fired._tag === 'None') throw new Error('should have fired')
    expect(fired.value._tag).toBe('AllOf')
    expect(Reason.Show.show(fired.value).split('timed out after').length - 1).toBe(depth)
    expect(Reason.toError(fired.value).name).toBe('AbortError')
  })

  it('fire as the shortest of them', () => {
    const clock = Clock.virtual()
    const scope = opened(concatAll(Token.MonoidAny)(timeouts), clock)
    expect(CancelScope.keepGoing(scope)()).toBe(true)
    clock.advance(1)()
    expect(CancelScope.poll(scope)()).toMatchObject({ _tag: 'Some', value: { _tag: 'TimedOut', duration: 1 } })
  })

  it('have their sum as their bound', () => {
    const sum = timeouts.reduce((total, _, index) => total + 1 + (index % 7), 0)
    expect(Analysis.bounds(concatAll(Token.MonoidAndThen)(timeouts))).toEqual({ earliest: sum, latest: sum })
  })
})

describe('100,000 scopes, each the child of the one before', () => {
  const chain = (token: Token.Token = Token.never) => {
    const clock = Clock.virtual()
    const root = CancelScope.open(Token.any(Token.manual('stop'), Token.timeout('1h')), { clock })()
    const scopes: Array<CancelScope.CancelScope> = []
    let parent: CancelScope.ScopeView = root
    for (let count = 0; count < depth; count++) {
      const child = CancelScope.child(token)(parent)()
      scopes.push(child)
      parent = child
    }
    return { clock, root, scopes, last: scopes[depth - 1]! }
  }

  it('are read from the last to the first', () => {
    const { root, scopes, last } = chain()
    expect(CancelScope.keepGoing(last)()).toBe(true)
    expect(CancelScope.isCancelled(last)()).toBe(false)
    CancelScope.cancelInput(root, 'stop', 'all of you')()
    expect(CancelScope.poll(last)()).toMatchObject({ _tag: 'Some', value: { name: 'stop', detail: 'all of you' } })
    expect(CancelScope.isCancelled(scopes[depth / 2]!)()).toBe(true)
  })

  it('tell what is left of them, and until when', () => {
    const { clock, last } = chain(Token.counter(5, { direct: false }))
    clock.advance('10m')()
    expect(CancelScope.remaining(last)()).toEqual({ _tag: 'Some', value: 3_000_000 })
    expect(Analysis.inputs(CancelScope.residual(last)()).manual).toEqual(['stop'])
  })

  it('are explained', () => {
    const { last } = chain()
    const evidence = CancelScope.explain(last)()
    expect(evidence.what).toBe('scope')
    expect(evidence.parts.length).toBe(depth + 1)
    expect(Analysis.ShowEvidence.show(evidence).split('\n').length).toBeGreaterThan(depth)
  })

  it('fall together when one in the middle is cancelled, and only those below it', () => {
    const { root, scopes, last } = chain()
    CancelScope.cancel(scopes[depth / 2]!, 'half')()
    expect(CancelScope.poll(last)()).toMatchObject({ _tag: 'Some', value: { detail: 'half' } })
    expect(CancelScope.isCancelled(scopes[depth / 2 - 1]!)()).toBe(false)
    expect(CancelScope.isCancelled(root)()).toBe(false)
  })
})

describe('a reason nested 100,000 deep', () => {
  const nested = (leaf: Reason.Reason): Reason.Reason => {
    let reason = leaf
    for (let count = 0; count < depth; count++) {
      reason = {
        _tag: 'AllOf',
        reasons: [reason, { _tag: 'CounterExhausted', limit: 1, path: ['all', 1] }],
        path: ['all', 0],
      }
    }
    return reason
  }
  const timedOut: Reason.Reason = { _tag: 'TimedOut', duration: 5, path: [] }

  it('is shown', () => {
    expect(Reason.Show.show(nested(timedOut)).split('all of: ').length - 1).toBe(depth)
  })

  it('equals itself made again, and not another', () => {
    expect(Reason.Eq.equals(nested(timedOut), nested({ ...timedOut }))).toBe(true)
    expect(Reason.Eq.equals(nested(timedOut), nested({ ...timedOut, duration: 6 }))).toBe(false)
  })

  it('becomes an error', () => {
    const reason = nested(timedOut)
    expect(Reason.toError(reason).reason).toBe(reason)
  })

  it('is the reason of a token, which is shown, compared and opened', () => {
    const token = Token.cancelled(nested(timedOut))
    expect(Token.Show.show(token).length).toBeGreaterThan(depth)
    expect(Token.Eq.equals(token, Token.cancelled(nested(timedOut)))).toBe(true)
    expect(CancelScope.keepGoing(CancelScope.open(token)())()).toBe(false)
  })
})
