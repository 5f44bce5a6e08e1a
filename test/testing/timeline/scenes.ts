/** Tokens and traces that between them show every mark of a timeline. */
import { Token } from 'cantok-ts'
import type { Semantics } from 'cantok-ts'
import { beats, elapsed, events, poll, requests, spends } from './events.js'

const { all, andThen, any, budget, cancelled, condition, counter, deadline, idle, labelled, manual, never, timeout } =
  Token

export interface Scene {
  readonly token: Token.Token<Token.Input>
  readonly trace: ReadonlyArray<Semantics.Event>
}

const drained = poll({ drained: true }, false)
const draining = poll({ drained: false })

export const scenes: Readonly<Record<string, Scene>> = {
  'a shutdown, and limits beside it': {
    token: any(
      labelled('page')(any(timeout('5s'), budget('bytes', 1000))),
      andThen(manual('sigterm'), timeout('2s')),
      all(condition('drained'), counter(3)),
      idle('worker', '3s'),
    ),
    trace: [
      ...events(draining, elapsed(1000), spends('bytes', 300), draining, elapsed(1000), beats('worker')),
      ...events(requests('sigterm'), drained, elapsed(1000), spends('bytes', 300), poll(), elapsed(1500), poll()),
    ],
  },
  'a counter': { token: counter(2), trace: events(poll(), poll({}, false), poll(), poll(), poll()) },
  'a condition without a latch': {
    token: condition('ok', { latch: false }),
    trace: events(poll({ ok: false }), poll({ ok: true }), elapsed(0.1234), poll({ ok: false }), poll({ ok: true })),
  },
  'a condition without a latch, and what fires after it': {
    token: any(condition('ok', { latch: false }), timeout(4)),
    trace: events(poll({ ok: true }), elapsed(2), poll({ ok: false }), elapsed(3), poll({ ok: true })),
  },
  'a tie': { token: any(manual('stop'), timeout(5), timeout(5)), trace: events(elapsed(3), elapsed(4), poll()) },
  'a wall clock that jumps': {
    token: all(deadline(Date.UTC(2030, 0, 1, 0, 1)), timeout('30s')),
    trace: events(elapsed(10_000), elapsed(5000, 60_000), poll(), elapsed(5000, -90_000), elapsed(20_000), poll()),
  },
  'overshoot handed on': {
    token: andThen(timeout(3), andThen(timeout(2), idle('worker', 9))),
    trace: events(elapsed(7), poll(), elapsed(4), beats('worker'), elapsed(6), poll()),
  },
  'an all in an any': {
    token: any(never, labelled('both')(all(budget('tokens', 10), any(condition('full'), manual('stop'))))),
    trace: events(spends('tokens', 4), poll({ full: true }), elapsed(20), spends('tokens', 7.5), poll({ full: false })),
  },
  'cancelled from the start': { token: any(timeout(1), cancelled('maintenance')), trace: events(elapsed(5), poll()) },
  'nothing happens': { token: any(timeout(1), never), trace: [] },
  'names of all kinds': {
    token: all(manual('<&>"\n\u0000]]>'), labelled('日本語😀')(counter(1)), budget('tab\there\u202e', 3)),
    trace: events(poll(), requests('<&>"\n\u0000]]>'), elapsed(9), spends('tab\there\u202e', 3), poll(), poll()),
  },
  'more leaves and events than there is room for': {
    token: any(...Array.from({ length: 60 }, (_, index) => timeout(120 + index))),
    trace: events(...Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? poll() : elapsed(1.5)))),
  },
}
