/** Tokens, reasons, events and evidence at the edges, made by hand, and generators that reach what the kit's own do not. */
import * as fc from 'fast-check'
import { Analysis, Semantics, Token } from 'cantok-ts'
import type { Reason } from 'cantok-ts'
import { event, reason, token, trace } from 'cantok-ts/testing'

export type AnyToken = Token.Token<Token.Input>

/** Names that are also members of objects, or no well-formed text. */
export const names = [
  '__proto__',
  'constructor',
  'toString',
  '0',
  ' ',
  'a\nb',
  '\ud800',
  '\udc00x',
  '🦊',
  'é\u0301',
  '\u0000',
  '"\\',
]

/** Instants with and without a text of their own. */
export const instants = [
  0,
  1,
  -1,
  -0.5,
  0.5,
  1893456000000,
  1893456000000.25,
  1893456000000.0002,
  1700000000123.4568,
  -62198755200000.5,
  -1e13,
  8.64e15,
  -8.64e15,
  8.64e15 + 2,
  -8.64e15 - 2,
  1e300,
  -1e300,
  1e-7,
  5e-324,
  Number.MAX_VALUE,
  Number.MAX_SAFE_INTEGER,
]

const spans = [0, 1, 0.1, 1e-7, 5e-324, 2 ** 31, 2 ** 53 - 1, 1e21, Number.MAX_VALUE]

export const reasons: ReadonlyArray<Reason.Reason> = [
  { _tag: 'Requested', path: [] },
  { _tag: 'Requested', detail: '', path: [] },
  ...names.flatMap((name): ReadonlyArray<Reason.Reason> => [
    { _tag: 'Requested', name, detail: name, label: name, path: ['labelled', name, 'any', 0], at: 0 },
    { _tag: 'ConditionMet', name, path: ['', 0, 2 ** 53 - 1] },
    { _tag: 'Stalled', name, duration: 0.5, path: [] },
  ]),
  ...instants.flatMap((instant): ReadonlyArray<Reason.Reason> => [
    { _tag: 'DeadlinePassed', instant, path: [], at: instant },
  ]),
  ...spans.map((duration): Reason.Reason => ({ _tag: 'TimedOut', duration, path: [] })),
  { _tag: 'CounterExhausted', limit: 2 ** 53 - 1, path: [] },
  { _tag: 'BudgetSpent', name: 'x', limit: Number.MAX_VALUE, spent: Infinity, path: [] },
  { _tag: 'BudgetSpent', name: 'x', limit: 0, spent: 0, path: [] },
  {
    _tag: 'AllOf',
    reasons: [
      { _tag: 'Requested', path: ['all', 0] },
      {
        _tag: 'AllOf',
        reasons: [
          { _tag: 'Requested', path: [] },
          { _tag: 'Requested', path: [] },
        ],
        path: ['all', 1],
      },
    ],
    path: ['any', 1],
  },
]

export const tokens: ReadonlyArray<AnyToken> = [
  Token.never,
  Token.cancelled(),
  ...reasons.map((each) => Token.cancelled(each)),
  ...names.flatMap((name): ReadonlyArray<AnyToken> => [
    Token.manual(name),
    Token.budget(name, 0.1),
    Token.idle(name, 1e-7, { left: 0 }),
    Token.labelled(name)(Token.condition(name, { latch: false, onError: 'throw', fallback: true })),
  ]),
  ...instants.map((instant) => Token.deadline(instant)),
  ...spans.flatMap((span): ReadonlyArray<AnyToken> => [
    Token.timeout(span),
    Token.timeout(span, { left: 0 }),
    Token.budget('x', span, { left: span / 2 }),
  ]),
  Token.counter(2 ** 53 - 1),
  Token.counter(0, { direct: false }),
  Token.counter(2 ** 53 - 1, { left: 2 ** 53 - 2 }),
  { _tag: 'Any', tokens: [] },
  { _tag: 'All', tokens: [] },
  { _tag: 'All', tokens: [], reasons: reasons.slice(0, 3) },
]

const answers = Object.fromEntries(names.map((name, index) => [name, index % 2 === 0]))

export const events: ReadonlyArray<Semantics.Event> = [
  ...instants.map((wall): Semantics.Event => ({ _tag: 'Elapsed', ms: Math.abs(wall), wall })),
  ...names.flatMap((name): ReadonlyArray<Semantics.Event> => [
    { _tag: 'Requested', name },
    { _tag: 'Requested', name, detail: '' },
    { _tag: 'Spent', name, amount: Number.MAX_VALUE },
    { _tag: 'Beat', name },
  ]),
  { _tag: 'Polled', conditions: answers, direct: true },
  { _tag: 'Polled', conditions: {}, direct: false },
]

/** Names, instants and numbers that the kit does not draw by itself. */
const wide = { manual: names, condition: names, budget: names, idle: names }

export const generatedToken: fc.Arbitrary<AnyToken> = fc.oneof(
  token({ used: true, reasons: true, throwing: true }),
  token({
    used: true,
    reasons: true,
    throwing: true,
    names: wide,
    labels: names,
    minInstant: -1e13,
    maxInstant: 1e13,
    maxDuration: 2 ** 31 - 1,
    maxCount: 2 ** 31 - 1,
    maxAmount: 2 ** 31 - 1,
  }),
  // what a trace leaves of a token: reasons of an `all` among it
  fc
    .tuple(token({ reasons: true }), trace())
    .map(([each, happened]) => Semantics.run(each, happened).at(-1)?.residual ?? each),
  fc.constantFrom(...tokens),
)

export const generatedReason: fc.Arbitrary<Reason.Reason> = fc.oneof(
  reason({ at: true }),
  reason({ at: true, names: wide, labels: names, maxInstant: 2 ** 31 - 1, maxDuration: 2 ** 31 - 1 }),
  fc
    .tuple(reason(), fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e16, max: 1e16 }))
    .map(([each, at]) => ({ ...each, at: at + 0 })),
  fc.constantFrom(...reasons),
)

export const generatedEvent: fc.Arbitrary<Semantics.Event> = fc.oneof(
  event({ details: ['given'] }),
  event({ names: wide, details: names }),
  fc.constantFrom(...events),
)

export const generatedEvidence: fc.Arbitrary<Analysis.Evidence> = generatedToken.map((each) => Analysis.explain(each))
