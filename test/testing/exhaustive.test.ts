/** Small scopes looked through: the laws hold of all that is small, and what is said to be left out without loss is. */
import { describe, expect, it } from 'vitest'
import { Semantics, Token } from 'cantok-ts'
import {
  checkExhaustively,
  checkLaws,
  laws,
  observationallyEqual,
  smallTokens,
  smallTraces,
  toCode,
  token,
  trace,
} from 'cantok-ts/testing'
import type { SmallScope } from 'cantok-ts/testing'
import { behaviours } from '../../src/testing/behaviours.js'
import { withDefaults } from '../../src/testing/smallScope.js'
import { property } from '../support/property.js'

type AnyToken = Token.Token<Token.Input>

const { all, andThen, any, cancelled, condition, counter, manual, never, timeout } = Token

const algebra = [
  ...laws.lattice(Token.Lattice),
  ...laws.idempotentSemiring(Token.Semiring).filter(({ name }) => name.startsWith('product')),
]

const told = (coverage: object): void => console.log(JSON.stringify(coverage))

const messageOf = (run: () => unknown): string => {
  try {
    run()
    return ''
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

describe('the lattice and the semiring, on all tokens of 4 nodes and all traces of 4 events over two names', () => {
  it('hold of all operands of 4 nodes together, nothing assumed', () => {
    const coverage = checkExhaustively(algebra)
    told(coverage)
    expect(coverage).toMatchObject({ laws: 25, tokens: 2436, traces: 1555, singles: 2436, pairs: 3724, triples: 3430 })
  })

  it('hold of any two classes of such tokens, and of three of 6 nodes together', () => {
    const coverage = checkExhaustively(algebra, { operands: 'classes' })
    told(coverage)
    expect(coverage).toMatchObject({ tokens: 2436, classes: 71, singles: 2436, pairs: 71 ** 2, triples: 9751 })
  })

  it('hold of leaves of every kind, looked at through a child too, with unlatched conditions for the lattice', () => {
    const leaves = [
      never,
      cancelled(),
      manual('a'),
      timeout(1),
      Token.deadline(2),
      counter(1),
      counter(1, { direct: false }),
      condition('p'),
      condition('q', { latch: false }),
      Token.budget('x', 1),
      Token.idle('i', 1),
    ]
    const events: ReadonlyArray<Semantics.Event> = [
      { _tag: 'Requested', name: 'a' },
      { _tag: 'Spent', name: 'x', amount: 1 },
      { _tag: 'Beat', name: 'i' },
      { _tag: 'Elapsed', ms: 1, wall: 1 },
      { _tag: 'Elapsed', ms: 2, wall: 2 },
      { _tag: 'Polled', conditions: { p: true, q: false }, direct: true },
      { _tag: 'Polled', conditions: { p: false, q: true }, direct: false },
      { _tag: 'Polled', conditions: {}, direct: true },
    ]
    const lattice = checkExhaustively(laws.lattice(Token.Lattice), {
      leaves,
      events,
      labels: [],
      maxSize: 3,
      maxLength: 3,
      maxTotal: 4,
    })
    const latching = leaves.filter((leaf) => leaf._tag !== 'Condition' || leaf.latch)
    const semiring = checkExhaustively(laws.semiring(Token.Semiring), {
      leaves: latching,
      events,
      labels: [],
      maxSize: 3,
      maxLength: 3,
      maxTotal: 4,
    })
    told(lattice)
    told(semiring)
    expect([lattice.tokens, lattice.traces, lattice.triples]).toEqual([440, 585, 9317])
    expect([semiring.tokens, semiring.triples]).toEqual([370, 7000])
  })

  it('adequacy, residual and normal forms hold of tokens of 3 nodes and traces of 3 events', () => {
    const list = [laws.adequacy(), ...laws.semantics(), ...laws.normalForm()]
    const coverage = checkExhaustively(list, { maxSize: 3, maxLength: 3, labels: [] })
    told(coverage)
    expect([coverage.tokens, coverage.traces]).toEqual([196, 259])
  })
})

describe('behaviours', () => {
  const tokens = [...smallTokens()]

  it('tell apart exactly what the semantics does, on all traces', () => {
    const { events } = withDefaults({})
    /** The verdicts at all polls of all traces that go on from here, by the semantics alone; once fired for good, there is nothing more to find out. */
    const verdictsFrom = (left: AnyToken, length: number): string => {
      if (length === 0) return ''
      if (left._tag === 'Cancelled') return '!'
      return events
        .map((event) => {
          const [verdict, rest] = Semantics.step(event)(left)
          return `${event._tag === 'Polled' && verdict._tag === 'Some' ? 1 : 0}${verdictsFrom(rest, length - 1)}`
        })
        .join()
    }
    const known = behaviours({})
    const seen = new Map<number, string>()
    const numbers = new Map<string, number>()
    for (const each of tokens) {
      // the first event is one of all: what has fired for good before it polls true whatever comes
      const all = verdictsFrom(Token.all(each), 4)
      const number = known.verdicts(each)
      expect(seen.get(number) ?? all).toBe(all)
      expect(numbers.get(all) ?? number).toBe(number)
      seen.set(number, all)
      numbers.set(all, number)
    }
    console.log(`${tokens.length} tokens, traces of 4 events: ${seen.size} kinds of verdicts`)
    expect(seen.size).toBe(71)
  })

  it('are all that combinators learn of their parts: classes are congruent', () => {
    const known = behaviours({})
    const representatives = new Map<number, AnyToken>()
    for (const each of tokens) {
      const behaviour = known.behaviour(each)
      if (!representatives.has(behaviour)) representatives.set(behaviour, each)
    }
    const others = [never, manual('a'), timeout(1), counter(1), condition('p'), andThen(timeout(1), manual('b'))]
    let checked = 0
    for (const each of tokens) {
      const same = representatives.get(known.behaviour(each))!
      if (same === each) continue
      for (const other of others)
        for (const combined of [any, all, andThen] as ReadonlyArray<(a: AnyToken, b: AnyToken) => AnyToken>) {
          checked += 2
          const isSame =
            known.behaviour(combined(each, other)) === known.behaviour(combined(same, other)) &&
            known.behaviour(combined(other, each)) === known.behaviour(combined(other, same))
          if (!isSame) throw new Error(`${toCode(each)} is not ${toCode(same)} beside ${toCode(other)}`)
        }
    }
    console.log(`${checked} contexts of ${tokens.length} tokens, ${representatives.size} classes`)
    expect([representatives.size, checked]).toEqual([71, 85_140])
  })

  it('are all that combinators learn of their parts, of deadlines and of what hears nothing but that it is started', () => {
    const scope: SmallScope = {
      leaves: [cancelled(), manual('a'), timeout(1), timeout(2), Token.deadline(1), Token.deadline(2), counter(0)],
      labels: [],
      maxSize: 3,
      maxLength: 3,
      events: [
        { _tag: 'Requested', name: 'a' },
        { _tag: 'Elapsed', ms: 2, wall: 2 },
        { _tag: 'Polled', conditions: {}, direct: true },
      ],
    }
    const contexts: ReadonlyArray<(part: AnyToken) => AnyToken> = [
      (part) => andThen(timeout(1), part),
      (part) => andThen(part, timeout(1)),
      (part) => andThen(Token.deadline(1), part),
      (part) => andThen(part, Token.deadline(1)),
      (part) => andThen(andThen(manual('a'), part), manual('a')),
      (part) => all(part, any(timeout(2), manual('a'))),
      (part) => andThen(all(part, timeout(1)), andThen(timeout(1), manual('a'))),
    ]
    const known = behaviours(scope)
    const representatives = new Map<number, AnyToken>()
    for (const each of smallTokens(scope)) {
      const same = representatives.get(known.behaviour(each)) ?? each
      representatives.set(known.behaviour(each), same)
      for (const [index, context] of contexts.entries())
        if (known.behaviour(context(each)) !== known.behaviour(context(same)))
          throw new Error(`${toCode(each)} is not ${toCode(same)} in context ${index}`)
    }
    expect(representatives.size).toBeLessThan([...smallTokens(scope)].length / 2)
  })

  it('tell apart what fires late and what has fired long ago', () => {
    const known = behaviours({})
    const twice = andThen(timeout(1), timeout(1))
    expect(known.behaviour(twice)).toBe(known.behaviour(timeout(2)))
    // both have fired once 2 ms have passed, one of them for 1 ms
    const after = (each: AnyToken): ReadonlyArray<number> =>
      [known.verdicts, known.behaviour].map((number) => number(each))
    const [longAgo, justNow] = [timeout(1), all(timeout(1), any(timeout(2), counter(0)))].map(after)
    expect(longAgo).not.toEqual(justNow)
  })

  it('are the same for tokens that differ in what reasons tell alone', () => {
    const known = behaviours({})
    expect(known.behaviour(Token.labelled('x')(counter(3, { left: 1 })))).toBe(known.behaviour(counter(1)))
    expect(known.behaviour(timeout(1))).not.toBe(known.behaviour(timeout(2)))
    expect(known.behaviour(condition('p'))).not.toBe(known.behaviour(condition('p', { latch: false })))
  })
})

describe('smallTokens and smallTraces', () => {
  it('give each once, the smaller first, none left out', () => {
    const codes = [...smallTokens({ maxSize: 3 })].map(toCode)
    expect(new Set(codes).size).toBe(codes.length)
    expect(codes.slice(0, 8)).toEqual([
      'Token.never',
      'Token.cancelled()',
      "Token.manual('a')",
      "Token.manual('b')",
      'Token.timeout(1)',
      'Token.counter(1)',
      "Token.condition('p')",
      "Token.labelled('one')(Token.never)",
    ])
    expect(codes).toContain("Token.andThen(Token.manual('a'), Token.manual('b'))")
    expect(codes).toContain("Token.all(Token.labelled('one')(Token.timeout(1)))")
    // 7 leaves, 3 · 7 of two nodes, 3 · 21 + 3 · 7 · 7 of three
    expect(codes.length).toBe(7 + 21 + 63 + 147)
    const traces = [...smallTraces({ maxLength: 2 })].map((each) => JSON.stringify(each))
    expect([traces[0], traces.length, new Set(traces).size]).toEqual(['[]', 43, 43])
  })

  it('are lazy', () => {
    const [first] = smallTokens({ maxSize: 1_000_000 })
    expect(first).toEqual(never)
    expect(smallTraces({ maxLength: 1_000_000 }).next().value).toEqual([])
  })
})

describe('checkExhaustively', () => {
  it('finds the smallest operands and the shortest trace', () => {
    expect(messageOf(() => checkExhaustively(laws.lattice({ ...Token.Lattice, meet: any })))).toMatch(
      /^The law 'join: absorption' does not hold .*, of\n\n {2}const a = Token\.never\n {2}const b = Token\.cancelled\(\)\n(.*\n)* {2}const trace: Semantics\.Event\[\] = \[\{ _tag: 'Polled', conditions: \{\}, direct: true \}\]\n\nleft:\n/,
    )
    const repeated = laws.equivalent('twice is once', (a) => [andThen(a, a), a])
    expect(messageOf(() => checkExhaustively(repeated))).toContain("\n  const a = Token.manual('a')\n")
    expect(
      messageOf(() =>
        checkExhaustively(laws.monotonicity(), { leaves: [condition('p', { latch: false })], maxSize: 1 }),
      ),
    ).toMatch(
      /^The law 'monotonicity' does not hold, of\n\n {2}const token = Token\.condition\('p', \{ latch: false \}\)\n/,
    )
  })

  it.each([
    [
      'a name',
      () => laws.equivalent('x', (a) => [any(a, manual('stop-me')), a]),
      "add { _tag: 'Requested', name: 'stop-me' } to events",
    ],
    ['a predicate', () => laws.equivalent('x', (a) => [any(a, condition('q')), a]), 'conditions: { q: true }'],
    [
      'a budget',
      () => laws.equivalent('x', (a) => [any(a, Token.budget('bytes', 3)), a]),
      "{ _tag: 'Spent', name: 'bytes'",
    ],
    ['an idle', () => laws.equivalent('x', (a) => [any(a, Token.idle('io', 1)), a]), "{ _tag: 'Beat', name: 'io' }"],
    [
      'an hour',
      () => laws.equivalent('x', () => [timeout('1 hour'), never]),
      "add { _tag: 'Elapsed', ms: 3600000, wall: 3600000 } to events",
    ],
    ['7 ms', () => laws.equivalent('x', () => [timeout(7), never]), '7 ms: no trace is so long'],
    ['an instant', () => laws.equivalent('x', () => [Token.deadline(3), never]), 'the instant 3'],
    ['4 polls', () => laws.equivalent('x', () => [counter(4), never]), 'give maxLength: 5'],
  ] as const)('refuses what no trace of the scope reaches: %s', (_, law, advice) => {
    const text = messageOf(() => checkExhaustively(law(), { maxSize: 1 }))
    expect(text).toMatch(/^The law 'x' would not be checked: no trace of the scope reaches what its sides hold\n\n {2}/)
    expect(text).toContain(advice)
  })

  it('takes what a trace reaches, and finds it', () => {
    for (const each of [timeout(6), counter(3), Token.deadline(2), all(manual('a'), timeout(4))])
      expect(
        messageOf(() =>
          checkExhaustively(
            laws.equivalent('x', () => [each, never]),
            { maxSize: 1 },
          ),
        ),
      ).toMatch(/^The law 'x' does not hold/)
    const stop: Semantics.Event = { _tag: 'Requested', name: 'stop-me' }
    const events = [...withDefaults({}).events, stop]
    const law = laws.equivalent('x', (a) => [any(a, manual('stop-me')), a])
    expect(messageOf(() => checkExhaustively(law, { maxSize: 1, events }))).toMatch(/^The law 'x' does not hold/)
    // leaves are meant as they are
    const leaves = [manual('elsewhere'), timeout('1 day'), counter(9)]
    expect(checkExhaustively(laws.lattice(Token.Lattice), { maxSize: 2, maxTotal: 3, leaves }).laws).toBe(18)
  })

  it('says that a law threw, that it is not deterministic, and refuses no laws', () => {
    const thrower = laws.equivalent('thrower', () => {
      throw new Error('no such luck')
    })
    expect(messageOf(() => checkExhaustively(thrower))).toMatch(
      /^The law 'thrower' threw an error, of\n\n[^]*\n\nWhat it threw: Error: no such luck$/,
    )
    let asked = 0
    const moody = laws.invariant('moody', () => ++asked !== 5)
    expect(messageOf(() => checkExhaustively(moody))).toContain('not deterministic')
    expect(() => checkExhaustively([])).toThrow(RangeError)
  })

  it.each([
    ['maxSize', [0, -1, 1.5, NaN, Infinity, '4', null], 'a whole number, 1 or more'],
    ['maxLength', [0, -1, 1.5, NaN, Infinity, '4', null], 'a whole number, [01] or more'],
    ['maxTotal', [0, -1, 1.5, NaN, '4', null], 'a whole number, 1 or more'],
    ['leaves', [[], null], 'a list of at least one'],
    ['events', [[], null], 'a list of at least one'],
    ['operands', ['class', null], "'tokens' or 'classes'"],
  ] as ReadonlyArray<[string, ReadonlyArray<unknown>, string]>)(
    'refuses a scope in which nothing is checked: %s',
    (argument, values, allowed) => {
      for (const value of values) {
        const run = (): unknown =>
          checkExhaustively(laws.commutativity(Token.SemigroupAny), { maxSize: 2, maxLength: 1, [argument]: value })
        expect(run).toThrow(RangeError)
        expect(run).toThrow(new RegExp(`^${argument} must be ${allowed}, but was `))
      }
    },
  )

  it('takes what is undefined for left out', () => {
    const left = { maxLength: undefined, maxTotal: undefined, leaves: undefined, labels: undefined, events: undefined }
    // as from JavaScript, where the compiler does not refuse it
    const options = { maxSize: undefined, operands: undefined, ...left } as object
    const law = laws.equivalent('x', (a) => [a, a])
    expect(checkExhaustively(law, options)).toMatchObject({ tokens: 2436, traces: 1555, singles: 2436 })
  })

  it('refuses a law that it would check on no operands, or by no verdict', () => {
    const law = laws.associativity(Token.SemigroupAny)
    expect(() => checkExhaustively(law, { maxSize: 2 })).toThrow(
      /^maxTotal must be 3 or more for the law 'associativity' of so many operands, but was 2 by default$/,
    )
    expect(() => checkExhaustively(law, { maxTotal: 2, operands: 'classes' })).toThrow(/^maxTotal .* but was 2$/)
    const events: ReadonlyArray<Semantics.Event> = [{ _tag: 'Requested', name: 'a' }]
    expect(() => checkExhaustively(law, { events })).toThrow(/^events must have a poll among them/)
  })

  it('refuses a law that reads operands it does not name, as does checkLaws', () => {
    const unnamed: ReadonlyArray<readonly [number, Parameters<typeof laws.equivalent>[1]]> = [
      [0, (...tokens) => [any(...tokens), all(...tokens)]],
      [0, (...[a, b]) => [any(a!, b!), any(b!, a!)]],
      [0, (a = never) => [a, never]],
      [1, (a, ...more) => [any(a!, ...more), a!]],
      [1, (a, b = never) => [any(a!, b), a!]],
    ]
    for (const [arity, sides] of unnamed)
      for (const check of [checkExhaustively, checkLaws])
        expect(() => check(laws.equivalent('unnamed', sides))).toThrow(
          new RegExp(`^The law 'unnamed' must name each of its operands, .* it names ${arity}, .* and reads more$`),
        )
    // an arity that was given by hand is meant
    const given = {
      ...laws.equivalent('given', (...tokens) => [any(...tokens), any(...[...tokens].reverse())]),
      arity: 2,
    }
    expect(checkExhaustively(given, { maxSize: 2 }).pairs).toBe(49)
  })

  describe('by classes', () => {
    const poll: Semantics.Event = { _tag: 'Polled', conditions: {}, direct: true }
    const both = Token.deadline(2)
    const request: Semantics.Event = { _tag: 'Requested', name: 'a' }
    const span = (ms: number): Semantics.Event => ({ _tag: 'Elapsed', ms, wall: ms })

    it.each([
      [
        'what sees a part of a span',
        (_: AnyToken, b: AnyToken) => [andThen(timeout(1), b), andThen(timeout(1), both)] as const,
        { leaves: [both, all(timeout(2), both)] },
      ],
      [
        'how long ago a deadline has passed',
        (_: AnyToken, b: AnyToken) => [andThen(b, timeout(1)), andThen(both, timeout(1))] as const,
        { leaves: [both, Token.deadline(1)], events: [span(2), poll] },
      ],
      [
        'what is due when it is started',
        (_: AnyToken, b: AnyToken) =>
          [andThen(andThen(manual('a'), b), manual('a')), andThen(manual('a'), manual('a'))] as const,
        { leaves: [cancelled(), any(manual('a'), Token.deadline(0), counter(0))], events: [request, span(1), poll] },
      ],
    ] as const)('leaves nothing out that every token finds: %s', (_, sides, scope) => {
      const law = laws.equivalent('x', sides)
      for (const operands of ['tokens', 'classes'] as const) {
        const options = { labels: [], maxSize: 1, maxTotal: 2, ...scope, operands }
        expect(messageOf(() => checkExhaustively(law, options))).toMatch(/^The law 'x' does not hold/)
      }
    })

    it('refuses times that are no whole milliseconds, of which no scope holds all parts', () => {
      const halves = laws.equivalent('halves', (a, b) => [andThen(a, timeout(0.5)), andThen(b, timeout(0.5))])
      const leaves = [timeout(1), timeout(0.5)]
      const scope = { leaves, labels: [], maxSize: 1, maxTotal: 2 }
      expect(messageOf(() => checkExhaustively(halves, scope))).toMatch(/^The law 'halves' does not hold/)
      const commutativity = laws.equivalent('commutativity', (a, b) => [any(a, b), any(b, a)])
      const refused = (options: object, law = commutativity): void =>
        expect(() => checkExhaustively(law, { ...scope, operands: 'classes', ...options })).toThrow(
          /^operands must be 'tokens' where a time is no whole number of milliseconds, .*, and a time was \d\.5$/,
        )
      refused({})
      refused({ leaves: [timeout(1)] }, halves)
      refused({ leaves: [Token.deadline(1.5)] })
      refused({ leaves: [Token.idle('i', 2.5)] })
      refused({ leaves: [timeout(1)], events: [poll, span(1.5)] })
      refused({ leaves: [both], events: [poll, { _tag: 'Elapsed', ms: 1, wall: 1.5 }] })
    })
  })

  it('takes laws of four and of none, and as many nodes together as it is told', () => {
    const four = laws.equivalent('of four', (a, b, c, d) => [any(any(a, b), any(c, d)), any(a, b, c, d)])
    const none = laws.equivalent('of none', () => [any(), never])
    expect(checkExhaustively([four, none], { maxSize: 2, maxTotal: 4, maxLength: 2 })).toMatchObject({
      laws: 2,
      tokens: 28,
      traces: 43,
      triples: 0,
      longer: 7 ** 4,
    })
    const counted = (maxTotal: number): number =>
      checkExhaustively(laws.commutativity(Token.SemigroupAny), { maxSize: 2, maxTotal, maxLength: 1 }).pairs
    expect([2, 3, 4].map(counted)).toEqual([49, 343, 784])
  })
})

describe('observationallyEqual', () => {
  it('finds what differs, with the smallest trace, whatever the numbers and names', () => {
    const different = (first: AnyToken, second: AnyToken): unknown => {
      const found = observationallyEqual(first, second)
      return found._tag === 'Different' ? found.trace : found._tag
    }
    const poll = { _tag: 'Polled', conditions: {}, direct: true }
    expect(different(manual('stop'), never)).toEqual([{ _tag: 'Requested', name: 'stop' }, poll])
    expect(different(timeout('1 hour'), timeout('2 hours'))).toEqual([
      { _tag: 'Elapsed', ms: 3_600_000, wall: 3_600_000 },
      poll,
    ])
    expect(different(Token.deadline(1e12), never)).toEqual([{ _tag: 'Elapsed', ms: 0, wall: 1e12 }, poll])
    expect(different(Token.budget('bytes', 1e6), Token.budget('bytes', 1e6 + 1))).toEqual([
      { _tag: 'Spent', name: 'bytes', amount: 1e6 },
      poll,
    ])
    for (const count of [7, 30, 50, 1000]) {
      expect(different(counter(count), counter(count + 1))).toHaveLength(count + 1)
      expect(different(any(manual('stop'), counter(count)), manual('stop'))).toHaveLength(count + 1)
    }
    expect(different(counter(9000), never)).toHaveLength(9001)
    expect(different(andThen(counter(30), counter(20)), counter(51))).toHaveLength(51)
    expect(different(timeout(Infinity), never)).toBe('Equal')
    expect(different(condition('p'), condition('p', { fallback: true }))).toEqual([poll])
  })

  property(
    'is what the lattice says',
    [token({ maxDepth: 2 }), token({ maxDepth: 2 })],
    (a, b) => {
      expect(observationallyEqual(any(a, b), any(b, a), { numRuns: 20 })).toEqual({ _tag: 'Equal', traces: 20 })
    },
    100,
  )

  it('answers the same each time, and takes traces', () => {
    const compare = (): unknown => observationallyEqual(all(manual('a'), counter(2)), andThen(manual('a'), counter(2)))
    expect(compare()).toEqual(compare())
    expect(observationallyEqual(timeout(3), timeout(4), { traces: { maxElapsed: 0, spans: [] } })._tag).toBe('Equal')
    expect(
      observationallyEqual(timeout(3), timeout(4), { traces: trace({ maxLength: 0 }), seed: 5, numRuns: 3 }),
    ).toEqual({ _tag: 'Equal', traces: 3 })
  })
})
