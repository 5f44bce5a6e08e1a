/** Every law is seen to fail where something is broken, and only there; and what a failure says. */
import type { BoundedDistributiveLattice } from 'fp-ts/lib/BoundedDistributiveLattice.js'
import type { Monoid } from 'fp-ts/lib/Monoid.js'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Analysis, Semantics, Token } from 'cantok-ts'
import { checkLaws, laws, toCode, token, trace, verdicts, withTimeline } from 'cantok-ts/testing'
import type { CheckOptions, Law, Trace } from 'cantok-ts/testing'
import { evaluated } from './generated.js'

type AnyToken = Token.Token<Token.Input>
type Step = laws.Step

const { all, andThen, any, cancelled, counter, manual, never, timeout } = Token
const lattice = Token.getLattice<Token.Input>()
const semiring = Token.getSemiring<Token.Input>()
const anyM = Token.getMonoidAny<Token.Input>()
const allM = Token.getMonoidAll<Token.Input>()
const andThenM = Token.getMonoidAndThen<Token.Input>()

const fails = (law: Law<AnyToken>, options: CheckOptions = {}): boolean => {
  try {
    checkLaws(law, { parameters: { seed: 1, numRuns: 500 }, ...options })
    return false
  } catch (error) {
    return String(error).includes(law.name)
  }
}

/** The names of those that do not hold. */
const failing = (list: ReadonlyArray<Law<AnyToken>>, options: CheckOptions = {}): ReadonlyArray<string> =>
  list.filter((law) => fails(law, options)).map(({ name }) => name)

const message = (list: Law<AnyToken> | ReadonlyArray<Law<AnyToken>>, options: CheckOptions = {}): string => {
  try {
    checkLaws(list, options)
    return ''
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const latching = { tokens: { momentary: false } } as const

describe('equations', () => {
  /** Leans to the left where both are there. */
  const lopsided: Monoid<AnyToken> = { concat: (a, b) => andThen(a, any(a, b)), empty: never }

  const conditions: CheckOptions = { tokens: { leaves: ['Condition'], maxDepth: 1 } }
  it.each<[string, Law<AnyToken>, CheckOptions?]>([
    ['associativity', laws.associativity({ concat: (a: AnyToken, b: AnyToken) => any(andThen(a, counter(1)), b) })],
    ['commutativity', laws.commutativity(andThenM)],
    ['idempotence', laws.idempotence(andThenM)],
    ['left identity', laws.leftIdentity({ ...anyM, empty: cancelled() })],
    ['right identity', laws.rightIdentity({ ...allM, empty: never })],
    ['right identity without a latch', laws.rightIdentity(andThenM)],
    ['absorbing on the left', laws.absorbingOnTheLeft(anyM, never)],
    ['absorbing on the right', laws.absorbingOnTheRight(allM, cancelled())],
    ['absorption', laws.absorption(anyM, andThenM)],
    ['absorption of a lopsided one', laws.absorption(anyM, lopsided)],
    ['distributivity on the left', laws.distributivityOnTheLeft(anyM, andThenM)],
    ['distributivity on the right', laws.distributivityOnTheRight(allM, andThenM)],
    ['distributivity on the right without a latch', laws.distributivityOnTheRight(andThenM, allM), conditions],
    // what has fired is what the other one waits for
    ['monotone', laws.monotone(lattice, (a) => (Token.Eq.equals(a, manual('a')) ? cancelled() : never))],
    ['equivalent', laws.equivalent('of all and andThen', (a, b) => [all(a, b), andThen(a, b)])],
  ])('are broken by what breaks them: %s', (_, law, options) => {
    expect(fails(law, options)).toBe(true)
  })

  it('hold of what is whole, up to what they hold', () => {
    const M = Token.getMonoidAny<Token.Input>()
    expect(failing([laws.monotone(lattice, (a, c) => any(all(a, c), andThen(c, a)))], latching)).toEqual([])
    expect(failing(laws.boundedSemilattice(M), { equality: 'verdict' })).toEqual([])
    expect(failing(laws.boundedSemilattice(M), { equality: 'reason' })).toEqual(['commutativity'])
    expect(failing(laws.boundedSemilattice(M), { equality: 'structure' })).toEqual(['commutativity'])
    const nothing = { equality: () => ({ equals: () => true }) }
    expect(failing([laws.equivalent('of all', (a, b) => [a, b])], nothing)).toEqual([])
  })
})

describe('groups', () => {
  const broken: ReadonlyArray<[string, Partial<BoundedDistributiveLattice<AnyToken>>]> = [
    ['a meet that is any', { meet: any }],
    ['a join that is all', { join: all }],
    ['a meet that is andThen', { meet: andThen }],
    ['bounds the wrong way round', { zero: cancelled(), one: never }],
    ['a zero that fires in the end', { zero: timeout(5) }],
    ['a one that fires too late', { one: counter(1) }],
  ]
  it.each(broken)('lattice: %s', (_, parts) => {
    expect(failing(laws.lattice({ ...lattice, ...parts }))).not.toEqual([])
  })

  it('lattice: every law of it fails for one of these', () => {
    const more: typeof broken = [
      ...broken,
      ['lopsided', { join: (a, b) => any(andThen(a, counter(1)), b), meet: (a, b) => all(andThen(a, counter(1)), b) }],
      ['in a sequence', { join: andThen, meet: andThen }],
    ]
    const found = new Set(more.flatMap(([, parts]) => failing(laws.lattice({ ...lattice, ...parts }))))
    expect(laws.lattice(lattice).filter(({ name }) => !found.has(name))).toEqual([])
  })

  it('monoid, semigroup and bounded semilattice: with a wrong empty', () => {
    expect(failing(laws.monoid({ ...andThenM, empty: timeout(1) }), latching)).toEqual([
      'left identity',
      'right identity',
    ])
    expect(failing(laws.monoid({ ...anyM, empty: manual('a') }))).toEqual(['left identity', 'right identity'])
    expect(failing(laws.boundedSemilattice(andThenM), latching)).toEqual(['commutativity', 'idempotence'])
    expect(failing(laws.semigroup({ concat: (a: AnyToken, b: AnyToken) => andThen(b, andThen(a, b)) }))).toEqual([
      'associativity',
    ])
  })

  it('semiring: every law of it fails for one of these', () => {
    const whole = laws.idempotentSemiring(semiring)
    expect(failing(whole, latching)).toEqual([])
    expect(failing(whole)).toEqual(['product: right identity'])
    const found = new Set(
      [
        { ...semiring, add: andThen },
        { ...semiring, add: (a: AnyToken, b: AnyToken) => any(andThen(a, counter(1)), b) },
        { ...semiring, mul: (a: AnyToken, b: AnyToken) => any(andThen(a, counter(1)), b) },
        { ...semiring, zero: timeout(5), one: timeout(5) },
      ].flatMap((S) => failing(laws.idempotentSemiring(S), latching)),
    )
    expect(whole.filter(({ name }) => !found.has(name))).toEqual([])
  })
})

describe('invariants', () => {
  /** A semantics in which something goes wrong. */
  const spoilt =
    (spoil: (left: AnyToken, before: AnyToken, event: Semantics.Event) => AnyToken): Step =>
    (event) =>
    (before) => {
      const [verdict, left] = Semantics.step(event)(before)
      return [verdict, spoil(left, before, event)]
    }

  it('monotonicity: fails of what starts anew, of reasons that change, and of conditions without a latch', () => {
    expect(fails(laws.monotonicity(), latching)).toBe(false)
    expect(
      fails(laws.monotonicity(spoilt((left, before) => (left._tag === 'Cancelled' ? before : left))), latching),
    ).toBe(true)
    expect(
      fails(laws.monotonicity(spoilt((left) => (left._tag === 'Cancelled' ? cancelled('other') : left))), latching),
    ).toBe(true)
    expect(fails(laws.monotonicity())).toBe(true)
  })

  it('residual: fails of a semantics that remembers more than the residual says', () => {
    expect(fails(laws.residual())).toBe(false)
    const polls = new WeakMap<object, number>()
    /** Fires on the third poll of one and the same object, whatever its data. */
    const forgetful: Step = (event) => (before) => {
      if (event._tag !== 'Polled' || before._tag !== 'Manual') return Semantics.step(event)(before)
      polls.set(before, (polls.get(before) ?? 0) + 1)
      return (polls.get(before) ?? 0) < 3
        ? [{ _tag: 'None' }, before]
        : [{ _tag: 'Some', value: { _tag: 'Requested', path: [] } }, before]
    }
    expect(fails(laws.residual(forgetful))).toBe(true)
  })

  it('adequacy: fails of a semantics with a wrong residual, verdict or reason', () => {
    expect(fails(laws.adequacy())).toBe(false)
    const few = { tokens: { leaves: ['Idle', 'Budget', 'Counter'], maxDepth: 1 } } as const
    const overspent = spoilt((left, before, event) => (event._tag === 'Spent' ? before : left))
    const unticked = spoilt((left) => (left._tag === 'Counter' ? counter(left.limit) : left))
    const deaf: Step = (event) => Semantics.step(event._tag === 'Beat' ? { ...event, name: 'other' } : event)
    const vague: Step = (event) => (before) => {
      const [verdict, left] = Semantics.step(event)(before)
      return [verdict._tag === 'None' ? verdict : { _tag: 'Some', value: { ...verdict.value, path: [] } }, left]
    }
    expect([overspent, unticked, deaf, vague].map((step) => fails(laws.adequacy(step), few))).toEqual([
      true,
      true,
      true,
      true,
    ])
  })

  it('semantics: both', () => {
    expect(failing(laws.semantics(), latching)).toEqual([])
  })

  it('normal form: each fails of a normal form that is none', () => {
    const dropping = Token.fold<AnyToken>({
      Never: (leaf) => leaf,
      Cancelled: (leaf) => leaf,
      Manual: (leaf) => leaf,
      Timeout: (leaf) => leaf,
      Deadline: (leaf) => leaf,
      Counter: (leaf) => leaf,
      Condition: (leaf) => leaf,
      Budget: (leaf) => leaf,
      Idle: (leaf) => leaf,
      Any: (_, parts) => any(...parts),
      All: (_, parts) => all(...parts),
      AndThen: (_, first, second) => andThen(first, second),
      Labelled: (_, part) => part,
    })
    const outOfOrder = (given: AnyToken): AnyToken => any(given, given)
    const unused = (given: AnyToken): AnyToken => (given._tag === 'Timeout' ? timeout(given.duration) : given)
    expect(failing(laws.normalForm())).toEqual([])
    expect(failing(laws.normalForm((given) => all(given, manual('a'))))).toContain('normal form: verdicts')
    expect(failing(laws.normalForm(dropping))).toEqual(['normal form: labelled reasons', 'normal form: residuals'])
    expect(failing(laws.normalForm(outOfOrder))).toEqual(['normal form: idempotence'])
    const timeouts = { tokens: { maxDepth: 0, leaves: ['Timeout'] } } as const
    expect(failing(laws.normalForm(unused), timeouts)).toEqual(['normal form: residuals'])
    expect(failing(laws.normalForm(Analysis.normalise))).toEqual([])
  })
})

describe('checkLaws', () => {
  const unlatched = laws.rightIdentity(andThenM)

  it('tells the law, the operands and sides as code, the trace, how to repeat it, and a timeline of each side', () => {
    const text = message(unlatched, { tokens: { leaves: ['Condition'] }, parameters: { seed: 3 } })
    expect(text).toMatch(/^The law 'right identity' does not hold up to the verdicts at polls, of\n/)
    expect(text).toMatch(/\n {2}const a = Token\.condition\('[pqr]', \{ latch: false/)
    expect(text).toMatch(/\n {2}const left = Token\.andThen\(Token\.condition\('[pqr]', .*\), Token\.cancelled\(\)\)\n/)
    expect(text).toMatch(/\n {2}const trace: Semantics\.Event\[\] = \[\{ _tag: 'Polled', /)
    expect(text).toMatch(/\nleft:\n +0 ms\nevents (.*\n)*\nright:\n +0 ms\nevents /)
    expect(text).toMatch(/to repeat it, parameters: \{ seed: 3, path: '[\d:]+', endOnFailure: true \}$/)
  })

  it('repeats what it told', () => {
    const options = { tokens: { leaves: ['Condition', 'Counter'] } } as const
    const first = message(unlatched, options)
    const [, seed, path] = /seed: (-?\d+), path: '([\d:]+)'/.exec(first) ?? []
    const again = message(unlatched, {
      ...options,
      parameters: { seed: Number(seed), path: path!, endOnFailure: true },
    })
    const found = (text: string): string => text.slice(0, text.indexOf('Found in run'))
    expect(found(again)).toBe(found(first))
  })

  it('tells all that do not hold, and what they throw', () => {
    const throwing = laws.equivalent('of errors', () => {
      throw new Error('no such luck')
    })
    const text = message([unlatched, laws.leftIdentity(andThenM), throwing, laws.monotonicity()])
    expect(text).toMatch(/^3 of 4 laws do not hold\n/)
    expect(text).toContain("The law 'of errors' threw an error, of")
    expect(text).toContain('\nWhat it threw: Error: no such luck\n')
    expect(text).toMatch(/The law 'monotonicity' does not hold, of\n\n {2}const token = Token\./)
  })

  it('tells three in full and names the others', () => {
    const text = message(laws.lattice({ ...lattice, meet: andThen }), latching)
    expect(text.match(/does not hold up to/g)).toHaveLength(3)
    expect(text).toMatch(/\nNor do these, of which no more is told here: 'meet: \w+/)
  })

  it('takes arbitraries, and as many operands as a law has', () => {
    const seen: Array<number> = []
    const given = { tokens: fc.constant(counter(2)), traces: fc.constant([]), parameters: { numRuns: 3 } }
    const of = (...operands: ReadonlyArray<AnyToken>): readonly [AnyToken, AnyToken] => {
      expect(operands.every((each) => Token.Eq.equals(each, counter(2)))).toBe(true)
      seen.push(operands.length)
      return [never, never]
    }
    checkLaws(
      laws.equivalent('of none', () => of()),
      given,
    )
    checkLaws(
      laws.equivalent('of one', (a) => of(a)),
      given,
    )
    checkLaws(
      laws.equivalent('of five', (a, b, c, d, e) => of(a, b, c, d, e)),
      given,
    )
    // sides are made a few times more, of other operands, to see whether they read some that they do not name
    expect(seen.filter((length) => length > 0)).toEqual([1, 1, 1, 5, 5, 5])
    expect(seen.filter((length) => length === 0).length).toBeGreaterThanOrEqual(3)
  })

  it('checks a derived combinator against the lattice', () => {
    const atLeast = (count: number, tokens: ReadonlyArray<AnyToken>): AnyToken =>
      count === 0
        ? cancelled()
        : any(...tokens.map((first, index) => all(first, atLeast(count - 1, tokens.slice(index + 1)))))
    const L = {
      ...lattice,
      join: (a: AnyToken, b: AnyToken) => atLeast(1, [a, b]),
      meet: (a: AnyToken, b: AnyToken) => atLeast(2, [a, b]),
    }
    expect(message(laws.lattice(L))).toBe('')
    const median = laws.equivalent('two of three', (a, b, c) => [
      atLeast(2, [a, b, c]),
      all(any(a, b), any(b, c), any(a, c)),
    ])
    expect(message(median)).toBe('')
    const wrong = (count: number, tokens: ReadonlyArray<AnyToken>): AnyToken => atLeast(count, tokens.slice(1))
    expect(message(laws.equivalent('two of three', (a, b, c) => [wrong(2, [a, b, c]), atLeast(2, [a, b, c])]))).toMatch(
      /^The law 'two of three' does not hold/,
    )
  })
})

describe('checkLaws, of combinators with names and numbers of their own', () => {
  it.each<[string, Law<AnyToken>, CheckOptions?]>([
    ['an hour', laws.equivalent('x', (a) => [any(a, timeout('1 hour')), a])],
    ['20 ms', laws.equivalent('x', (a) => [any(a, timeout(20)), a])],
    ['a fraction of a ms', laws.equivalent('x', () => [timeout(2.25), timeout(2.75)])],
    ['10 s and 11 s', laws.equivalent('x', () => [timeout('10s'), timeout('11s')])],
    ['a name', laws.equivalent('x', (a) => [any(a, manual('stop-me')), a])],
    ['a predicate', laws.equivalent('x', (a) => [any(a, Token.condition('isDone')), a])],
    ['a budget', laws.equivalent('x', (a) => [any(a, Token.budget('bytes', 1e6)), a])],
    ['an idle', laws.equivalent('x', () => [Token.idle('download', '1 minute'), timeout('1 minute')])],
    ['an instant', laws.equivalent('x', (a) => [any(a, Token.deadline(1.7e12)), a])],
    [
      'an instant, steadily',
      laws.equivalent('x', (a) => [any(a, Token.deadline(500)), a]),
      { traces: { wall: 'steady' } },
    ],
    ['8 polls', laws.equivalent('x', (a) => [any(a, counter(8)), a])],
    ['50 polls', laws.equivalent('x', (a) => [any(a, counter(50)), a])],
    ['50 and 51 polls', laws.equivalent('x', () => [counter(50), counter(51)])],
    ['2 000 polls', laws.equivalent('x', (a) => [any(a, counter(2000)), a])],
    ['polls of two', laws.equivalent('x', () => [andThen(counter(30), counter(20)), counter(51)])],
    [
      'what is made of an operand',
      laws.equivalent('x', (a) => [a._tag === 'Manual' ? any(a, timeout('1 day')) : a, a]),
    ],
    ['operands far out', laws.idempotence(andThenM), { tokens: { leaves: ['Counter'], maxCount: 40, maxDepth: 0 } }],
  ])('finds that it is no law: %s', (_, law, options) => {
    for (const seed of [1, 2, 3]) expect(message(law, { ...options, parameters: { seed } })).toMatch(/^The law '/)
  })

  it('lets constraints win, and takes arbitraries as they are', () => {
    const law = laws.equivalent('x', (a) => [any(a, manual('stop-me')), a])
    expect(message(law, { traces: { names: { manual: ['a'] } } })).toBe('')
    expect(message(law, { traces: trace() })).toBe('')
    const counted = laws.equivalent('x', () => [counter(50), never])
    expect(message(counted, { traces: { polls: [] } })).toBe('')
  })

  it('makes no more of a trace where a law has nothing of its own', () => {
    const longest = { traces: 0 }
    const equality = () => ({ equals: () => true })
    checkLaws(laws.lattice(lattice), {
      equality: (events) => {
        longest.traces = Math.max(longest.traces, events.length)
        return equality()
      },
    })
    expect(longest.traces).toBe(14)
  })

  it('holds where both sides are the same', () => {
    const grace = (a: AnyToken): AnyToken => any(a, andThen(manual('sigterm'), timeout('10s')), counter(100))
    expect(message(laws.equivalent('grace', (a) => [grace(grace(a)), grace(a)]))).toBe('')
  })
})

describe('what checkLaws says', () => {
  it('refuses no laws', () => {
    expect(() => checkLaws([])).toThrow(new RangeError('laws must be at least one, but there were none'))
  })

  it('counts where there are several', () => {
    const wrong = laws.leftIdentity({ ...anyM, empty: cancelled() })
    expect(message([wrong, laws.rightIdentity(anyM)])).toMatch(/^1 of 2 laws does not hold\n\nThe law /)
    expect(message(wrong)).toMatch(/^The law 'left identity' does not hold up to the verdicts at polls, of\n/)
  })

  it('says that a law threw, whatever it was', () => {
    const of = (thrown: unknown): string =>
      message(
        laws.invariant('thrower', () => {
          throw thrown
        }),
      )
    expect(of(new TypeError('no such part'))).toMatch(
      /^The law 'thrower' threw an error, of\n\n {2}const token = [^]*\n\nWhat it threw: TypeError: no such part\n/,
    )
    expect(of('a text')).toContain('\n\nWhat it threw: a text\n')
  })

  it('hints at conditions without a latch, where one plays a part', () => {
    const hint = 'tokens: { momentary: false }'
    expect(message(laws.rightIdentity(andThenM))).toContain(hint)
    expect(message(laws.commutativity(andThenM), latching)).not.toContain(hint)
  })

  it('says that a law is not deterministic', () => {
    let asked = 0
    const moody = laws.invariant('moody', () => ++asked % 3 !== 0)
    expect(message(moody)).toContain('not deterministic')
    expect(message(laws.commutativity(andThenM))).not.toContain('not deterministic')
  })

  it('writes many equal events once', () => {
    const text = message(laws.equivalent('x', () => [counter(50), counter(51)]))
    const [, events] = /const trace: Semantics\.Event\[\] = (.*)/.exec(text) ?? []
    expect(events).toBe("[...Array(51).fill({ _tag: 'Polled', conditions: {}, direct: true })]")
    expect(evaluated(events!)).toHaveLength(51)
  })

  it('prints code that stands for what was found', () => {
    const found: Array<readonly [AnyToken, Trace]> = []
    const law = laws.invariant('no residual', (each, events) => {
      const holds = !toCode(each).includes('reasons:') || verdicts(each, events).length === 0
      if (!holds) found.push([each, events])
      return holds
    })
    const partly = Semantics.run(all(manual('a'), manual('b')), [{ _tag: 'Requested', name: 'a' }])[0]!.residual
    const text = message(law, { tokens: fc.constant(partly) })
    const [, type, code] = /const token(.*?) = (.*)/.exec(text) ?? []
    const [, events] = /const trace: Semantics\.Event\[\] = (.*)/.exec(text) ?? []
    expect(type).toBe(': Token.Token<Token.Input>')
    expect([evaluated(code!), evaluated(events!)]).toEqual(found.at(-1))
  })
})

describe('withTimeline', () => {
  const given = [andThen(manual('a'), timeout(3)), [{ _tag: 'Requested', name: 'a' }]] as const

  it('adds code and timeline to what fails', () => {
    const failure = (predicate: () => boolean | void): string => {
      try {
        withTimeline(predicate)(...given)
        return ''
      } catch (error) {
        return error instanceof Error ? error.message : ''
      }
    }
    const told =
      /\n\n {2}const token = Token\.andThen\(Token\.manual\('a'\), Token\.timeout\(3\)\)\n {2}const trace: Semantics\.Event\[\] = .*\n\ntoken:\n *\d/
    expect(failure(() => false)).toMatch(/^The property does not hold\n/)
    expect(failure(() => false)).toMatch(told)
    expect(failure(() => expect(1).toBe(2))).toMatch(told)
    expect(failure(() => true)).toBe('')
    expect(failure(() => {})).toBe('')
  })

  it('passes values on, and preconditions through', () => {
    let runs = 0
    const positive = withTimeline((_token, _trace, number: number) => {
      fc.pre(number > 0)
      runs++
      return number > 0
    })
    fc.assert(fc.property(token(), trace(), fc.integer(), positive), { numRuns: 50 })
    expect(runs).toBeGreaterThanOrEqual(50)
  })

  it('shows the timeline in the report of fast-check', () => {
    const never = withTimeline((each, events) => !verdicts(each, events).includes(true))
    expect(() => fc.assert(fc.property(token(), trace(), never))).toThrow(/Counterexample: \[Token\.cancelled\(\),/)
  })
})
