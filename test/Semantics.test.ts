/** What single tokens mean, by hand; the laws are in test/laws. */
import { describe, expect, it } from 'vitest'
import { Semantics, Token } from 'cantok-ts'

type AnyToken = Token.Token<Token.Input>

const { all, andThen, any, budget, cancelled, condition, counter, manual, timeout } = Token

const poll = (conditions: Readonly<Record<string, boolean>> = {}, direct: boolean = true): Semantics.Event => ({
  _tag: 'Polled',
  conditions,
  direct,
})
const elapsed = (ms: number): Semantics.Event => ({ _tag: 'Elapsed', ms, wall: ms })
const request = (name: string): Semantics.Event => ({ _tag: 'Requested', name })

/** At every event the reason, or that it goes on. */
const said = (token: AnyToken, ...events: ReadonlyArray<Semantics.Event>): ReadonlyArray<unknown> =>
  Semantics.run(token, events).map(({ verdict }) => (verdict._tag === 'Some' ? verdict.value : 'going'))

const after = (event: Semantics.Event, token: AnyToken): AnyToken => Semantics.step(event)(token)[1]

describe('a condition without an answer', () => {
  it('is what its fallback says where errors are ignored', () => {
    expect(said(condition('p', { fallback: true }), poll())).toMatchObject([{ _tag: 'ConditionMet' }])
  })

  it('is false where errors are thrown, whatever its fallback', () => {
    expect(said(condition('p', { onError: 'throw', fallback: true }), poll())).toEqual(['going'])
  })
})

describe('a budget', () => {
  it('tells the whole sum, beyond its limit', () => {
    expect(said(budget('x', 10), { _tag: 'Spent', name: 'x', amount: 15 })).toMatchObject([{ spent: 15, limit: 10 }])
  })
})

describe('an any', () => {
  const token = any(condition('p', { latch: false }), condition('q'))

  it('gives the reason that lasts before the momentary one on its left', () => {
    expect(said(token, poll({ p: true, q: true }))).toMatchObject([{ name: 'q' }])
  })

  it('stays fired by the reason that lasts', () => {
    expect(said(token, poll({ p: true, q: true }), poll())).toMatchObject([{ name: 'q' }, { name: 'q' }])
  })

  it('before another part gives the leftmost reason, momentary or not', () => {
    expect(said(andThen(token, cancelled()), poll({ p: true, q: true }))).toMatchObject([{ name: 'p' }])
  })

  it('takes what was cancelled from the start as earlier than the time that passed', () => {
    expect(said(any(timeout(3), all(cancelled(), cancelled())), elapsed(10))).toMatchObject([{ _tag: 'Requested' }])
  })
})

describe('a poll that fires the first part of an andThen', () => {
  it('fires a counter of 0 after it', () => {
    expect(said(andThen(condition('p'), counter(0)), poll({ p: true }))).toMatchObject([{ _tag: 'CounterExhausted' }])
  })

  it('ticks a counter after it', () => {
    expect(said(andThen(condition('p'), counter(1)), poll({ p: true }), poll())).toMatchObject([
      'going',
      { _tag: 'CounterExhausted' },
    ])
  })

  it('does not tick a direct counter if it comes through a child', () => {
    expect(said(andThen(condition('p'), counter(1)), poll({ p: true }, false), poll(), poll())).toMatchObject([
      'going',
      'going',
      { _tag: 'CounterExhausted' },
    ])
  })

  it('asks a condition after it', () => {
    expect(said(andThen(condition('p'), condition('q')), poll({ p: true, q: true }))).toMatchObject([{ name: 'q' }])
    expect(said(andThen(counter(0), condition('p')), poll({ p: true }))).toMatchObject([{ name: 'p' }])
  })
})

describe('a poll', () => {
  it('looks at counters before it asks predicates', () => {
    expect(said(any(condition('p'), counter(0)), poll({ p: true }))).toMatchObject([{ _tag: 'CounterExhausted' }])
  })
})

describe('what is due when it is started', () => {
  it('fired when the part before it did', () => {
    expect(said(any(timeout(5), andThen(timeout(3), timeout(0))), elapsed(10))).toMatchObject([{ duration: 0 }])
    expect(said(all(timeout(5), andThen(timeout(3), timeout(0))), elapsed(10))).toMatchObject([
      { reasons: [{ duration: 0 }, { duration: 5 }] },
    ])
  })

  it('gives the reason before it if it is bare', () => {
    expect(said(any(timeout(5), andThen(timeout(3), cancelled())), elapsed(10))).toMatchObject([{ duration: 3 }])
  })
})

describe('what has fired for good is one cancelled in its place', () => {
  const either = any(manual('a'), manual('b'))

  it('in an all', () => {
    expect(after(request('a'), all(either, manual('c')))).toMatchObject({
      _tag: 'All',
      tokens: [{ _tag: 'Cancelled' }, manual('c')],
    })
  })

  it('before another part, with its reason', () => {
    expect(after(request('a'), andThen(either, manual('c')))).toMatchObject({
      _tag: 'AndThen',
      first: { _tag: 'Cancelled', reason: { name: 'a' } },
    })
  })

  it('as a whole, with its reason', () => {
    expect(after(request('a'), either)).toMatchObject({ _tag: 'Cancelled', reason: { name: 'a' } })
  })
})
