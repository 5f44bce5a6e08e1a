/** What is refused, in which words; that a refusal changes nothing; and that no operand is ever changed. */
import { Analysis, CancelScope, Clock, Semantics, Token } from 'cantok-ts'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as arbitrary from 'cantok-ts/testing'
import { property } from './support/property.js'

type AnyToken = Token.Token<Token.Input>

/** What an untyped caller passes. */
const untyped = (value: unknown): never => value as never // sound: it is refused

const bare: unknown = Object.create(null)

type Refusal = readonly [what: string, call: () => unknown, error: Error | RegExp]

const token = Token.manual('stop')
const range = (message: string): Error => new RangeError(message)
const type = (message: string): Error => new TypeError(message)

const constructors: ReadonlyArray<Refusal> = [
  [
    'manual()',
    () => Token.manual(untyped(undefined)),
    type('name must be a text that is not empty, but was undefined'),
  ],
  ["manual('')", () => Token.manual(''), type("name must be a text that is not empty, but was ''")],
  ['manual(5)', () => Token.manual(untyped(5)), type('name must be a text that is not empty, but was 5')],
  [
    'manual(symbol)',
    () => Token.manual(untyped(Symbol('s'))),
    type('name must be a text that is not empty, but was Symbol(s)'),
  ],
  ['manual of a bare object', () => Token.manual(untyped(bare)), /^name must be a text that is not empty, but was /],
  [
    'timeout()',
    () => Token.timeout(untyped(undefined)),
    /^duration must be a number of milliseconds or a text such as '5 seconds', but was undefined/,
  ],
  ['timeout(-1)', () => Token.timeout(-1), range('duration must be 0 milliseconds or more, but was -1')],
  ['timeout(NaN)', () => Token.timeout(NaN), range('duration must be 0 milliseconds or more, but was NaN')],
  [
    "timeout('soon')",
    () => Token.timeout('soon'),
    range("duration must be numbers with units, such as '5 seconds' or '1h 30m', but was 'soon'"),
  ],
  [
    'timeout(5, { left: 6 })',
    () => Token.timeout(5, { left: 6 }),
    range('left must be at most the duration of 5, but was 6'),
  ],
  [
    'timeout(5, { left: -1 })',
    () => Token.timeout(5, { left: -1 }),
    range('left must be 0 milliseconds or more, but was -1'),
  ],
  [
    'deadline(NaN)',
    () => Token.deadline(NaN),
    range('instant must be a valid Date or a number of epoch milliseconds, but was NaN'),
  ],
  [
    'deadline(-Infinity)',
    () => Token.deadline(-Infinity),
    range('instant must be a valid Date or a number of epoch milliseconds, but was -Infinity'),
  ],
  [
    'deadline(invalid date)',
    () => Token.deadline(new Date(NaN)),
    range('instant must be a valid Date or a number of epoch milliseconds, but was NaN'),
  ],
  [
    "deadline('2030-01-01')",
    () => Token.deadline(untyped('2030-01-01')),
    type("instant must be epoch milliseconds or a Date, but was '2030-01-01'"),
  ],
  [
    'deadline(null)',
    () => Token.deadline(untyped(null)),
    type('instant must be epoch milliseconds or a Date, but was null'),
  ],
  ['deadline({})', () => Token.deadline(untyped({})), /^instant must be epoch milliseconds or a Date, but was /],
  ['counter(-1)', () => Token.counter(-1), range('limit must be an integer from 0 to 2^53 - 1, but was -1')],
  ['counter(1.5)', () => Token.counter(1.5), range('limit must be an integer from 0 to 2^53 - 1, but was 1.5')],
  [
    'counter(2 ** 53)',
    () => Token.counter(2 ** 53),
    range('limit must be an integer from 0 to 2^53 - 1, but was 9007199254740992'),
  ],
  [
    'counter(Infinity)',
    () => Token.counter(Infinity),
    range('limit must be an integer from 0 to 2^53 - 1, but was Infinity'),
  ],
  [
    "counter('3')",
    () => Token.counter(untyped('3')),
    range("limit must be an integer from 0 to 2^53 - 1, but was '3'"),
  ],
  [
    'counter(3, { left: 4 })',
    () => Token.counter(3, { left: 4 }),
    range('left must be at most the limit of 3, but was 4'),
  ],
  [
    'counter(3, { left: -1 })',
    () => Token.counter(3, { left: -1 }),
    range('left must be an integer from 0 to 2^53 - 1, but was -1'),
  ],
  [
    'counter(3, { direct: 1 })',
    () => Token.counter(3, { direct: untyped(1) }),
    type('direct must be true or false, but was 1'),
  ],
  ["condition('')", () => Token.condition(''), type("name must be a text that is not empty, but was ''")],
  [
    "condition('c', { latch: 'no' })",
    () => Token.condition('c', { latch: untyped('no') }),
    type("latch must be true or false, but was 'no'"),
  ],
  [
    "condition('c', { fallback: null })",
    () => Token.condition('c', { fallback: untyped(null) }),
    type('fallback must be true or false, but was null'),
  ],
  [
    "condition('c', { onError: 'skip' })",
    () => Token.condition('c', { onError: untyped('skip') }),
    type("onError must be 'ignore' or 'throw', but was 'skip'"),
  ],
  ["budget('', 1)", () => Token.budget('', 1), type("name must be a text that is not empty, but was ''")],
  ["budget('b', -1)", () => Token.budget('b', -1), range('limit must be a finite number, 0 or more, but was -1')],
  ["budget('b', NaN)", () => Token.budget('b', NaN), range('limit must be a finite number, 0 or more, but was NaN')],
  [
    "budget('b', Infinity)",
    () => Token.budget('b', Infinity),
    range('limit must be a finite number, 0 or more, but was Infinity'),
  ],
  [
    "budget('b', 1, { left: 2 })",
    () => Token.budget('b', 1, { left: 2 }),
    range('left must be at most the limit of 1, but was 2'),
  ],
  ["idle('', 5)", () => Token.idle('', 5), type("name must be a text that is not empty, but was ''")],
  ["idle('', Infinity)", () => Token.idle('', Infinity), type("name must be a text that is not empty, but was ''")],
  ["idle('i', -5)", () => Token.idle('i', -5), range('duration must be 0 milliseconds or more, but was -5')],
  [
    "idle('i', 5, { left: 6 })",
    () => Token.idle('i', 5, { left: 6 }),
    range('left must be at most the duration of 5, but was 6'),
  ],
  ['cancelled(5)', () => Token.cancelled(untyped(5)), type('reason must be a reason or a text, but was 5')],
  ['cancelled(null)', () => Token.cancelled(untyped(null)), type('reason must be a reason or a text, but was null')],
  ['cancelled({})', () => Token.cancelled(untyped({})), type('reason must be a reason or a text, but was an object')],
]

const combinators: ReadonlyArray<Refusal> = [
  ['any(token, 5)', () => Token.any(token, untyped(5)), type('argument 2 of any must be a token, but was 5')],
  ['any([token])', () => Token.any(untyped([token])), /^argument 1 of any must be a token, but was /],
  ['any of a bare object', () => Token.any(untyped(bare)), /^argument 1 of any must be a token, but was /],
  ['all(undefined)', () => Token.all(untyped(undefined)), type('argument 1 of all must be a token, but was undefined')],
  [
    "andThen(token, 'x')",
    () => Token.andThen(token, untyped('x')),
    type("argument 2 of andThen must be a token, but was 'x'"),
  ],
  [
    'andThen(null, token)',
    () => Token.andThen(untyped(null), token),
    type('argument 1 of andThen must be a token, but was null'),
  ],
  [
    "labelled('l')(5)",
    () => Token.labelled('l')(untyped(5)),
    type('argument 1 of labelled must be a token, but was 5'),
  ],
  ["labelled('')", () => Token.labelled('')(token), type("label must be a text that is not empty, but was ''")],
  ['labelled(5)', () => Token.labelled(untyped(5))(token), type('label must be a text that is not empty, but was 5')],
  ['or', () => Token.or(untyped(5))(token), type('argument 2 of any must be a token, but was 5')],
  ['and', () => Token.and(token)(untyped(5)), type('argument 1 of all must be a token, but was 5')],
  ['followedBy', () => Token.followedBy(untyped(5))(token), type('argument 2 of andThen must be a token, but was 5')],
  [
    'MonoidAny.concat',
    () => Token.MonoidAny.concat(untyped(5), Token.never),
    type('argument 1 of any must be a token, but was 5'),
  ],
]

const open = () => CancelScope.open(Token.any(Token.manual('stop'), Token.budget('b', 5)))()

const scopes: ReadonlyArray<Refusal> = [
  ['open(5)', () => CancelScope.open(untyped(5))(), /^token must be a token, but was /],
  [
    'open without the predicates',
    () => CancelScope.open(Token.any(Token.condition('a'), Token.condition('b')) as Token.Token)(),
    type("conditions must have a predicate for 'a', 'b'"),
  ],
  [
    'open with what cannot be called',
    () => CancelScope.open(Token.condition('a'), { conditions: { a: untyped(true) } })(),
    type("conditions must have a predicate for 'a'"),
  ],
  [
    'open with an entry without a test',
    () => CancelScope.open(Token.condition('a'), { conditions: { a: untyped({ before: () => {} }) } })(),
    type("conditions must have a predicate for 'a'"),
  ],
  ['child(5)', () => CancelScope.child(untyped(5))(open())(), /^token must be a token, but was /],
  [
    'child of no scope',
    () => CancelScope.child(Token.never)(untyped(undefined)),
    /^scope must be a scope, as open, child and link give it, but was /,
  ],
  [
    'child of a token',
    () => CancelScope.child(Token.never)(untyped(token)),
    /^scope must be a scope, as open, child and link give it, but was /,
  ],
  [
    'link to no scope',
    () => CancelScope.link([open(), untyped(5)], Token.never),
    /^scope must be a scope, as open, child and link give it, but was /,
  ],
  ['link to one that is no array', () => CancelScope.link(untyped(open()), Token.never), /^parents must be /],
  ...[
    CancelScope.poll,
    CancelScope.peek,
    CancelScope.keepGoing,
    CancelScope.isCancelled,
    CancelScope.check,
    CancelScope.checkOrThrow,
    CancelScope.residual,
    CancelScope.remaining,
    CancelScope.explain,
    CancelScope.cancel,
    CancelScope.close,
  ].map((operation, index): Refusal => [
    `operation ${index} of null`,
    () => operation(untyped(null)),
    /^scope must be a scope, as open, child and link give it, but was /,
  ]),
  [
    'poll of a bare object',
    () => CancelScope.poll(untyped(bare)),
    /^scope must be a scope, as open, child and link give it, but was /,
  ],
  [
    'cancel with a detail that is no text',
    () => CancelScope.cancel(open(), untyped(5)),
    type('detail must be a text, but was 5'),
  ],
  [
    'cancelInput with a detail that is no text',
    () => CancelScope.cancelInput(open(), 'stop', untyped(new Error('why'))),
    type('detail must be a text, but was an object'),
  ],
  [
    'spend of -1',
    () => CancelScope.spend(open(), 'b', -1),
    range('amount must be a finite number, 0 or more, but was -1'),
  ],
  [
    'spend of NaN',
    () => CancelScope.spend(open(), 'b', NaN),
    range('amount must be a finite number, 0 or more, but was NaN'),
  ],
  [
    "spend of '5'",
    () => CancelScope.spend(open(), 'b', untyped('5')),
    range("amount must be a finite number, 0 or more, but was '5'"),
  ],
  [
    'spend of nothing',
    () => CancelScope.spend(open(), 'b', untyped(undefined)),
    range('amount must be a finite number, 0 or more, but was undefined'),
  ],
]

describe.each([
  ['constructors', constructors],
  ['combinators', combinators],
  ['scopes', scopes],
] as const)('%s refuse', (_, refusals) => {
  it.each(refusals)('%s', (_what, call, error) => {
    expect(call).toThrow(error)
    expect(call).toThrow(error instanceof RangeError ? RangeError : TypeError)
  })
})

describe('what is refused', () => {
  it('leaves a scope as it was', () => {
    const clock = Clock.virtual()
    const scope = CancelScope.open(
      Token.all(Token.manual('stop'), Token.budget('b', 5), Token.timeout(9), Token.counter(3), Token.idle('io', 7)),
      { clock },
    )()
    clock.advance(2)()
    const before = JSON.stringify(CancelScope.explain(scope)())
    expect(() => CancelScope.cancel(scope, untyped(5))()).toThrow(TypeError)
    expect(() => CancelScope.cancelInput(scope, 'stop', untyped(5))()).toThrow(TypeError)
    expect(() => CancelScope.spend(scope, 'b', -1)()).toThrow(RangeError)
    expect(() => CancelScope.child(untyped(5))(scope)()).toThrow(TypeError)
    expect(() => CancelScope.link([scope, untyped(5)], Token.never)()).toThrow(TypeError)
    expect(() => CancelScope.child(Token.condition('c') as Token.Token)(scope)()).toThrow(TypeError)
    expect(JSON.stringify(CancelScope.explain(scope)())).toBe(before)
  })

  it('is an input the token does not name, with false and no change', () => {
    const scope = CancelScope.open(Token.any(Token.manual('stop'), Token.budget('b', 5), Token.idle('io', 7)))()
    expect(CancelScope.cancelInput(scope, untyped('stpo'))()).toBe(false)
    expect(CancelScope.cancelInput(scope, untyped('b'))()).toBe(false)
    expect(CancelScope.spend(scope, untyped('io'), 9)()).toBe(false)
    expect(CancelScope.beat(scope, untyped('stop'))()).toBe(false)
    expect(CancelScope.isCancelled(scope)()).toBe(false)
  })

  it('is what a world lacks, with a Left of all of it, each once, in order', () => {
    const { condition } = Token
    const named: AnyToken = Token.all(condition('b'), condition('a'), Token.andThen(condition('b'), condition('c')))
    expect(CancelScope.openUnknown(named, { conditions: { a: () => true } })()).toEqual({
      _tag: 'Left',
      left: { _tag: 'MissingInputs', conditions: ['b', 'c'] },
    })
  })
})

const deepFreeze = <A>(value: A): A => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(deepFreeze)
  }
  return value
}

describe('operands', () => {
  const conditions = { p: () => true, q: () => false, r: { test: () => true } }

  property(
    'are never changed: every function takes frozen ones, and they stay as they were',
    [arbitrary.token(), arbitrary.token({ maxDepth: 3 }), arbitrary.trace(), fc.string({ minLength: 1 })],
    (generated, other, trace, label) => {
      const [first, second, events] = [deepFreeze(generated), deepFreeze(other), deepFreeze(trace)]
      const before = JSON.stringify([first, second, events])

      for (const made of [
        Token.any(first, second),
        Token.all(first, second),
        Token.andThen(first, second),
        Token.labelled(label)(first),
        Token.or(first)(second),
        Analysis.normalise(first),
      ]) {
        Token.Show.show(made)
        Token.Eq.equals(made, first)
      }
      Analysis.inputs(first)
      Analysis.bounds(first, 3)
      Analysis.canFire(first)
      Analysis.ShowEvidence.show(deepFreeze(Analysis.explain(first)))
      for (const moment of Semantics.run(first, events)) deepFreeze(moment)

      const clock = Clock.virtual()
      const scope = CancelScope.open(first, { clock, conditions })()
      const child = CancelScope.child(second, { conditions })(scope)()
      for (let round = 0; round < 3; round++) {
        deepFreeze(CancelScope.poll(child)())
        deepFreeze(CancelScope.poll(scope)())
        deepFreeze(CancelScope.residual(child)())
        deepFreeze(CancelScope.explain(child)())
        CancelScope.remaining(child)()
        CancelScope.cancelInput(scope, 'a')()
        CancelScope.spend(scope, 'x', 1)()
        CancelScope.beat(scope, 'i')()
        clock.advance(2)()
      }
      CancelScope.cancel(scope)()
      CancelScope.close(child)()
      expect(JSON.stringify([first, second, events])).toBe(before)
    },
  )

  property('that are frozen give what others give', [arbitrary.token(), arbitrary.trace()], (generated, trace) => {
    const frozen = deepFreeze(JSON.parse(JSON.stringify(generated)) as AnyToken)
    expect(Semantics.run(frozen, trace)).toEqual(Semantics.run(generated, trace))
  })

  it('that are frozen worlds and lists of parents serve', () => {
    const clock = Object.freeze(Clock.virtual())
    const parents = Object.freeze([CancelScope.background])
    const world = Object.freeze({ clock, conditions: Object.freeze({ c: () => true }) })
    expect(CancelScope.isCancelled(CancelScope.link(parents, Token.condition('c'), world)())()).toBe(true)
  })

  it('may be changed by their owner after the call: a list of parts or parents is not kept', () => {
    const parts = [Token.manual('a'), Token.manual('b')]
    const sum = Token.any(...parts)
    parts.pop()
    expect(Token.Show.show(sum)).toBe('any(manual("a"), manual("b"))')
    const [one, two] = [open(), open()]
    const parents = [one, two]
    const scope = CancelScope.link(parents, Token.never)()
    parents.pop()
    CancelScope.cancel(two)()
    expect(CancelScope.isCancelled(scope)()).toBe(true)
  })
})
