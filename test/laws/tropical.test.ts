/** What time and data do to a token as a whole: terms of timeouts, time in pieces, and states that travel. */
import * as fc from 'fast-check'
import { describe, expect } from 'vitest'
import { Analysis, CancelScope, Clock, Semantics, Token } from 'cantok-ts'
import { token, trace } from 'cantok-ts/testing'
import type { Trace } from 'cantok-ts/testing'
import { property } from '../support/property.js'

type AnyToken = Token.Token<Token.Input>

const { all, andThen, any, cancelled, labelled, never, timeout } = Token

/** Terms of timeouts, and of the elements that are an infinite and an empty one. */
const { term } = fc.letrec<{ term: AnyToken }>((tie) => {
  const parts = fc.array(tie('term'), { minLength: 1, maxLength: 3 })
  return {
    term: fc.oneof(
      { maxDepth: 4 },
      { weight: 3, arbitrary: fc.nat({ max: 6 }).map((duration): AnyToken => timeout(duration)) },
      fc.constantFrom<AnyToken>(never, cancelled(), labelled('x')(cancelled())),
      parts.map((tokens) => any(...tokens)),
      parts.map((tokens) => all(...tokens)),
      fc.tuple(tie('term'), tie('term')).map(([first, second]) => andThen(first, second)),
    ),
  }
})

const atOnce = (): number => 0

/** When a term fires, in the tropical semiring. */
const value = Token.fold<number>({
  Never: () => Infinity,
  Cancelled: atOnce,
  Manual: atOnce,
  Timeout: ({ duration }) => duration,
  Deadline: atOnce,
  Counter: atOnce,
  Condition: atOnce,
  Budget: atOnce,
  Idle: atOnce,
  Any: (_, parts) => Math.min(...parts),
  All: (_, parts) => Math.max(...parts),
  AndThen: (_, first, second) => first + second,
  Labelled: (_, part) => part,
})

const poll: Semantics.Event = { _tag: 'Polled', conditions: {}, direct: true }

const verdictsAtPolls = (whole: AnyToken, events: Trace): ReadonlyArray<unknown> =>
  Semantics.run(whole, events)
    .filter(({ event }) => event._tag === 'Polled')
    .map(({ verdict }) => verdict)

describe('a term of timeouts fires at its value in the tropical semiring', () => {
  const steps = fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 6 })

  property(
    'in the semantics',
    [term, steps],
    (whole, spans) => {
      let now = 0
      for (const { event, verdict } of Semantics.run(
        whole,
        spans.flatMap((ms): Trace => [{ _tag: 'Elapsed', ms, wall: 0 }, poll]),
      )) {
        if (event._tag === 'Elapsed') now += event.ms
        else expect(verdict._tag).toBe(now >= value(whole) ? 'Some' : 'None')
      }
    },
    3000,
  )

  property(
    'in a scope',
    [term, steps],
    (whole, spans) => {
      const clock = Clock.virtual()
      const more = CancelScope.keepGoing(CancelScope.open(whole, { clock, conditions: {} })())
      for (const span of spans) {
        clock.advance(span)()
        expect(more()).toBe(clock.monotonic() < value(whole))
      }
    },
    3000,
  )

  property('by its bounds', [term], (whole) => {
    expect(Analysis.bounds(whole)).toEqual({ earliest: value(whole), latest: value(whole) })
  })
})

describe('time', () => {
  /** The trace with spans of time in pieces of a length. */
  const cut = (events: Trace, length: number): Trace =>
    events.flatMap((event): Trace => {
      if (event._tag !== 'Elapsed') return [event]
      const pieces: Array<Semantics.Event> = []
      for (let left = event.ms; left > 0; left -= length) {
        const ms = Math.min(left, length)
        pieces.push({ _tag: 'Elapsed', ms, wall: event.wall - left + ms })
      }
      return event.ms === 0 ? [event] : pieces
    })

  property(
    'may be cut anywhere: polls give the same verdicts and reasons',
    [token(), trace({ maxLength: 10, wall: 'steady' }), fc.integer({ min: 1, max: 3 })],
    (whole, events, length) => {
      expect(verdictsAtPolls(whole, cut(events, length))).toEqual(verdictsAtPolls(whole, events))
    },
    3000,
  )
})

describe('the state is the data', () => {
  property(
    'a residual that went through JSON after every event goes on as if it had not',
    [token(), trace({ maxLength: 12 })],
    (whole, events) => {
      let state = whole
      for (const { event, verdict } of Semantics.run(whole, events)) {
        const [found, left] = Semantics.step(event)(state)
        expect(found).toEqual(verdict)
        state = JSON.parse(JSON.stringify(left))
      }
    },
    3000,
  )
})
