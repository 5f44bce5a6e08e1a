/** Law 7 on states that events have left behind, and the normal form by hand. */
import { describe, expect, it } from 'vitest'
import { Analysis, Semantics, Token } from 'cantok-ts'
import type { Reason } from 'cantok-ts'
import { firstReason, labelledReasons, token, trace, verdicts } from 'cantok-ts/testing'
import type { Trace } from 'cantok-ts/testing'
import { property } from '../support/property.js'

type AnyToken = Token.Token<Token.Input>

const { all, andThen, any, cancelled, condition, counter, labelled, manual, timeout } = Token

const runs = 3000

const a = manual('a')
const b = manual('b')
const momentary = condition('p', { latch: false })

const shown = (given: AnyToken): string => Token.Show.show(given)
const normal = (given: AnyToken): string => shown(Analysis.normalise(given))

const sameAsNormalForm = (given: AnyToken, events: Trace): void => {
  const form = Analysis.normalise(given)
  expect(verdicts(form, events)).toEqual(verdicts(given, events))
  expect(labelledReasons(firstReason(form, events))).toEqual(labelledReasons(firstReason(given, events)))
}

describe('law 7 after any events', () => {
  property(
    'the normal form of a residual gives the same verdicts and the same labelled reasons',
    [token(), trace({ maxLength: 12 })],
    (whole, events) => {
      Semantics.run(whole, events).forEach(({ residual }, index) => {
        sameAsNormalForm(residual, events.slice(index + 1))
      })
    },
    runs,
  )
})

describe('law 7 with a bare cancelled at the end', () => {
  const part = token({ maxDepth: 2 })
  for (const [title, ended] of [
    ['of a token', (first: AnyToken) => andThen(first, cancelled())],
    ['of an andThen', (first: AnyToken, second: AnyToken) => andThen(andThen(first, second), cancelled())],
    ['of an all', (first: AnyToken, second: AnyToken) => andThen(all(first, second), cancelled())],
    ['of an any', (first: AnyToken, second: AnyToken) => andThen(any(first, second), cancelled())],
  ] as const) {
    property(
      title,
      [part, part, trace({ maxLength: 20 })],
      (first, second, events) => sameAsNormalForm(ended(first, second), events),
      runs,
    )
  }
})

describe('the normal form', () => {
  it.each([
    andThen(momentary, cancelled()),
    andThen(all(a, momentary), cancelled()),
    andThen(any(a, momentary), cancelled()),
  ])('keeps a bare cancelled at the end where it latches what does not', (given) => {
    expect(normal(given)).toBe(shown(given))
  })

  it('drops a bare cancelled at the end where the last part latches', () => {
    expect(normal(andThen(andThen(momentary, a), cancelled()))).toBe(shown(andThen(momentary, a)))
    const inner = labelled('x')(andThen(momentary, a))
    expect(normal(andThen(inner, cancelled()))).toBe(shown(inner))
  })

  it.each([any(counter(3), counter(2, { direct: false })), all(counter(3), counter(4, { direct: false }))])(
    'keeps counters apart that different looks tick',
    (given) => {
      expect(normal(given)).toBe(shown(given))
    },
  )

  it('keeps the first of equal parts', () => {
    expect(normal(any(a, b, a))).toBe(shown(any(a, b)))
  })

  it('keeps of an any what is due at once', () => {
    expect(normal(any(a, timeout(0)))).toBe(shown(timeout(0)))
  })

  it('keeps of several that are due at once the first, with its label', () => {
    expect(normal(any(labelled('x')(timeout(0)), labelled('y')(timeout(0))))).toBe(shown(labelled('x')(timeout(0))))
  })

  it('keeps what stands beside a counter of 0, which only a poll fires', () => {
    expect(normal(any(a, counter(0)))).toBe(shown(any(a, counter(0))))
  })

  it('drops what is due at once before another part', () => {
    expect(normal(andThen(labelled('x')(timeout(0)), a))).toBe(shown(a))
  })

  it('keeps what waits for a part that is due at once', () => {
    const before = andThen(all(a, timeout(0)), b)
    expect(normal(before)).toBe(shown(before))
    const after = any(b, andThen(a, timeout(0)))
    expect(normal(after)).toBe(shown(after))
  })
})

describe('the normal form of an all that holds reasons', () => {
  const requested = (name: string): Reason.Reason => ({ _tag: 'Requested', name, path: ['all', 1] })

  it('keeps them and drops the parts they came from', () => {
    const half: AnyToken = { _tag: 'All', tokens: [a, cancelled()], reasons: [requested('b')] }
    expect(Analysis.normalise(half)).toEqual({ _tag: 'All', tokens: [a], reasons: [requested('b')] })
  })

  it('joins them with those of an all inside, each once', () => {
    const inner: AnyToken = { _tag: 'All', tokens: [a, b], reasons: [requested('2'), requested('1')] }
    const outer: AnyToken = { _tag: 'All', tokens: [inner, cancelled()], reasons: [requested('1')] }
    expect(Analysis.normalise(outer)).toEqual({
      _tag: 'All',
      tokens: [a, b],
      reasons: [requested('1'), requested('2')],
    })
  })

  it('is cancelled with the reason where nothing is left to wait for', () => {
    const done: AnyToken = { _tag: 'All', tokens: [cancelled()], reasons: [requested('1')] }
    expect(Analysis.normalise(done)).toEqual(cancelled(requested('1')))
  })
})

describe('Eq', () => {
  it.each([
    [any(a, b), any(b, a)],
    [andThen(a, b), andThen(b, a)],
  ])('tells apart the order of parts', (first, second) => {
    expect(Token.Eq.equals(first, second)).toBe(false)
  })
})
