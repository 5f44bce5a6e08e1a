/** The generators: what they reach, that they shrink, that they print as code, and that their values are plain data. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CancelScope, Duration, Reason, Semantics, Token } from 'cantok-ts'
import { duration, event, reason, toCode, token, trace, world } from 'cantok-ts/testing'
import type { Trace, TraceConstraints, VirtualWorld } from 'cantok-ts/testing'
import { property } from '../support/property.js'
import { captured, depthOf, evaluated, simplest, tagsByDepth, tagsOf } from './generated.js'

type AnyToken = Token.Token<Token.Input>

const everything = { used: true, reasons: true, throwing: true } as const

describe('generators', () => {
  it('reach every kind of token at depth 3 and more, each in at least 1 of 100 tokens', () => {
    const shares = captured(token({ maxDepth: 3 }), (each) => tagsByDepth(each, 3), 4000)
    expect([...shares.keys()].sort()).toEqual(tagsOf.token)
    expect([...shares].filter(([, share]) => share < 0.01)).toEqual([])
  })

  it('reach every kind of event and of reason', () => {
    const events = captured(trace(), (each) => [...new Set(each.map(({ _tag }) => _tag))], 2000)
    expect([...events.keys()].sort()).toEqual(['Beat', 'Elapsed', 'Polled', 'Requested', 'Spent'])
    expect([...events.values()].filter((share) => share < 0.1)).toEqual([])
    expect([...captured(event(), ({ _tag }) => [_tag], 2000).keys()].sort()).toEqual([...events.keys()].sort())
    expect([...captured(reason(), ({ _tag }) => [_tag], 2000).keys()].sort()).toEqual(tagsOf.reason)
    const given = token({ leaves: ['Cancelled'], combinators: [], reasons: true })
    const held = captured(given, (each) => (each._tag === 'Cancelled' && each.reason ? [each.reason._tag] : []), 4000)
    expect([...held.keys()].sort()).toEqual(tagsOf.reason)
  })

  it('make tokens that fire neither always nor hardly ever, and for every kind of reason', () => {
    const tags = new Set<string>()
    let fired = 0
    const sample = fc.sample(fc.tuple(token(), trace()), 4000)
    for (const [tokens, events] of sample) {
      const last = Semantics.run(tokens, events).at(-1)
      if (last?.verdict._tag !== 'Some') continue
      fired++
      tags.add(last.verdict.value._tag)
    }
    expect(fired / sample.length).toBeGreaterThan(0.2)
    expect(fired / sample.length).toBeLessThan(0.9)
    expect([...tags].sort()).toEqual(tagsOf.reason)
  })

  it.each([
    ['token', token(everything)],
    ['reason', reason({ at: true })],
    ['event', event({ details: ['now'] })],
    ['trace', trace({ instants: [100], spans: [50], amounts: [9] })],
    ['duration', duration({ fractions: true, infinity: true, max: 1000 })],
  ] as ReadonlyArray<[string, fc.Arbitrary<unknown>]>)(
    '%s: gives the same for the same seed, and shrinks the same way',
    (_, arbitrary) => {
      const sample = (): unknown => JSON.stringify(fc.sample(arbitrary, { seed: 7, numRuns: 200 }))
      expect(sample()).toBe(sample())
      const shrunk = (): unknown =>
        fc.check(
          fc.property(arbitrary, (each) => JSON.stringify(each).length < 20),
          { seed: 7 },
        ).counterexamplePath
      expect(shrunk()).toBe(shrunk())
    },
  )
})

describe('generated values', () => {
  property('are what constructors make: tokens', [token(everything)], (each) => {
    expect(evaluated(fc.stringify(each))).toEqual(each)
    expect(Token.isToken(each) && depthOf(each) <= 5).toBe(true)
  })

  property(
    'are what was asked for: tokens',
    [
      token({
        leaves: { Manual: 1, Budget: 3 },
        combinators: ['AndThen'],
        names: { manual: ['stop'], budget: ['bytes'] },
        maxDepth: 2,
        maxAmount: 1,
      }),
    ],
    (each) => {
      expect(JSON.stringify(each)).not.toMatch(/Any|All|Labelled|Never|Timeout|"a"|"x"|"limit":[^01]/)
      expect(depthOf(each)).toBeLessThanOrEqual(2)
    },
  )

  it('leave out the kinds of input that have no names', () => {
    const nameless = { manual: [], condition: [], budget: [], idle: [] }
    for (const each of fc.sample(token({ names: nameless }), 300))
      expect(JSON.stringify(each)).not.toMatch(/Manual|Condition|Budget|Idle/)
    for (const each of fc.sample(trace({ names: nameless }), 300))
      expect(JSON.stringify(each)).not.toMatch(/"name"|{"[pqr]/)
    for (const each of fc.sample(reason({ names: nameless }), 300)) expect(JSON.stringify(each)).not.toMatch(/"name"/)
    expect(() => token({ leaves: ['Manual'], names: nameless })).toThrow(RangeError)
    expect(() => trace({ events: ['Beat'], names: nameless })).toThrow(RangeError)
  })

  property(
    'are what was asked for: traces',
    [
      trace({
        wall: 'steady',
        wallStart: 5,
        minLength: 2,
        maxLength: 4,
        events: ['Elapsed', 'Polled'],
        missing: false,
        indirect: false,
      }),
    ],
    (events) => {
      let wall = 5
      expect(events.length >= 2 && events.length <= 4).toBe(true)
      for (const each of events) {
        if (each._tag === 'Elapsed') expect(each.wall).toBe((wall += each.ms))
        else
          expect(each).toMatchObject({
            _tag: 'Polled',
            direct: true,
            conditions: { p: expect.any(Boolean), r: expect.any(Boolean) },
          })
      }
    },
  )

  it('hold so many polls in a row in a few traces, where that is asked for', () => {
    const longest = (constraints: TraceConstraints): ReadonlyArray<number> =>
      fc.sample(trace(constraints), { seed: 1, numRuns: 1000 }).map((events) => {
        const runs = events.map((each) => (each._tag === 'Polled' ? JSON.stringify(each) : '-')).join('\n')
        return Math.max(0, ...[...runs.matchAll(/^(.*polled.*)(\n\1)*$/gim)].map(([run]) => run.split('\n').length))
      })
    const long = longest({ polls: [40] }).filter((each) => each >= 40).length
    expect(long).toBeGreaterThan(50)
    expect(long).toBeLessThan(200)
    expect(longest({ polls: [5000] }).filter((each) => each >= 5000).length).toBeGreaterThan(5)
    expect(Math.max(...longest({ polls: [40], events: ['Elapsed'] }), ...longest({ polls: [40], maxLength: 0 }))).toBe(
      0,
    )
    expect(Math.max(...longest({}))).toBeLessThan(15)
  })

  it('durations keep to a range without a whole number, or refuse it', () => {
    const between = fc.sample(duration({ min: 0.2, max: 0.3, fractions: true }), 200)
    expect(between.filter((each) => each < 0.2 || each > 0.3)).toEqual([])
    expect(() => duration({ min: 0.2, max: 0.3 })).toThrow('min and max must have a whole number between them')
  })

  property('are what was asked for: durations', [duration({ min: 2, max: 9, infinity: true })], (each) => {
    expect(Duration.from(each) === each && each >= 2 && (each <= 9 || each === Infinity)).toBe(true)
  })

  property('are what was asked for: reasons', [reason({ at: true })], (each) => {
    expect(Reason.isReason(each) && Reason.Show.show(each) !== '').toBe(true)
    if (each._tag === 'AllOf') expect(each.reasons.length).toBeGreaterThan(1)
  })

  property(
    'print as code that gives them back',
    [token(everything), reason({ at: true }), trace(), event()],
    (...all) => {
      for (const each of all) expect(evaluated(fc.stringify(each))).toEqual(each)
      expect(evaluated(fc.stringify(all))).toEqual(all)
    },
  )

  it('print states that events have left behind, and odd names, as code too', () => {
    const odd = ['__proto__', "it's", 'a "b" \\ c', 'new\nline', 'ü', 'constructor']
    const names = { manual: odd, condition: odd, budget: odd, idle: odd }
    fc.assert(
      fc.property(token({ ...everything, names, labels: odd }), trace({ names, details: odd }), (given, events) => {
        expect(evaluated(fc.stringify(events))).toEqual(events)
        for (const { residual } of Semantics.run(given, events)) expect(evaluated(toCode(residual))).toEqual(residual)
      }),
      { numRuns: 100 },
    )
  })

  property('are plain data: nothing sees how they print', [token(everything), reason(), trace(), event()], (...all) => {
    for (const each of all) {
      expect(structuredClone(each)).toEqual(each)
      expect(JSON.parse(JSON.stringify(each))).toEqual(each)
      expect(Object.getOwnPropertySymbols(Object.assign({}, each))).toEqual([])
      expect(Object.getOwnPropertyNames(each)).toEqual(Object.getOwnPropertyNames(structuredClone(each)))
      expect(each).toStrictEqual(structuredClone(each))
    }
  })

  it('print however deep they nest', () => {
    const depth = 100_000
    let reasons: Reason.Reason = { _tag: 'Requested', path: [] }
    let deep: AnyToken = Token.manual('a')
    for (let level = 0; level < depth; level++) {
      reasons = { _tag: 'AllOf', reasons: [reasons, { _tag: 'Requested', path: [] }], path: [] }
      deep = Token.labelled('x')(deep)
    }
    expect(toCode(Token.all(deep, Token.cancelled(reasons))).length).toBeGreaterThan(50 * depth)
  })

  it('are new values: no constant of the library prints otherwise', () => {
    fc.sample(token({ maxDepth: 0 }), 200)
    expect(Object.getOwnPropertySymbols(Token.never)).toEqual([])
  })
})

describe('constraints', () => {
  const most = [-1, 1.5, NaN, Infinity, '3', null]
  const none = [0, ...most]

  it.each([
    [
      'token',
      token,
      {
        maxDepth: most,
        maxParts: none,
        maxDuration: most,
        maxCount: most,
        maxAmount: most,
        minInstant: [0.5, NaN, null],
        maxInstant: [0.5, NaN, null],
        leaves: [[]],
        labels: ['one', [1]],
      },
    ],
    [
      'trace',
      trace,
      {
        minLength: most,
        maxLength: most,
        maxElapsed: most,
        maxAmount: most,
        wallStart: [NaN, Infinity],
        polls: [[-1], [1.5], [NaN]],
        spans: [[-1], [NaN]],
        amounts: [[-1], [NaN]],
        instants: [[NaN]],
        events: [[]],
      },
    ],
    ['event', event, { maxElapsed: most, maxAmount: most, wallStart: [NaN], spans: [[-1]], events: [[]] }],
    [
      'reason',
      reason,
      {
        maxDepth: most,
        maxParts: [1, ...none],
        maxPath: most,
        maxDuration: most,
        maxInstant: most,
        maxCount: most,
        maxAmount: most,
        labels: ['one', [1]],
      },
    ],
    ['world', world, { maxScript: none, maxWallStart: most, answers: [[]] }],
  ] as ReadonlyArray<[string, (given: object) => unknown, Readonly<Record<string, ReadonlyArray<unknown>>>]>)(
    '%s: refuses each that is out of range by its name',
    (_, make, refused) => {
      for (const [argument, values] of Object.entries(refused))
        for (const value of values)
          expect(() => make({ [argument]: value }), `${argument}: ${String(value)}`).toThrow(
            new RegExp(`^${argument}(\\[0\\])? must `),
          )
      // as from JavaScript, where the compiler does not refuse it
      for (const argument of Object.keys(refused)) expect(() => make({ [argument]: undefined })).not.toThrow()
    },
  )

  it('refuse what is in range and does not go together', () => {
    expect(() => trace({ minLength: 5, maxLength: 2 })).toThrow(
      /^maxLength must be a whole number, 5 or more, but was 2$/,
    )
    expect(() => token({ minInstant: 5, maxInstant: 2 })).toThrow(
      /^maxInstant must be a whole number, 5 or more, but was 2$/,
    )
    const instants = (given: object): ReadonlyArray<unknown> =>
      fc.sample(token({ leaves: ['Deadline'], maxDepth: 0, ...given }), 20).map((each) => Object.values(each)[1])
    expect(new Set(instants({ minInstant: 90 }))).toEqual(new Set([90]))
    expect(new Set(instants({ maxInstant: -90 }))).toEqual(new Set([-90]))
  })

  it('go on to reasons that tokens hold, as far as they are of reasons', () => {
    for (const given of [{ maxParts: 1 }, { maxInstant: -9 }])
      expect(fc.sample(token({ reasons: true, leaves: ['Cancelled'], ...given }), 20)).toHaveLength(20)
  })

  it('take names that are undefined for left out, and refuse what is no list of strings', () => {
    const drawn = (names: object): ReadonlyArray<string> =>
      fc.sample(token({ names, leaves: ['Manual'], maxDepth: 0 }), 50).map(toCode)
    expect(new Set(drawn({ manual: undefined }))).toEqual(new Set(["Token.manual('a')", "Token.manual('b')"]))
    for (const make of [token, trace, event, reason, world] as ReadonlyArray<(given: object) => unknown>) {
      expect(() => make({ names: { condition: undefined } })).not.toThrow()
      expect(() => make({ names: { condition: 'p' } })).toThrow(
        /^names\.condition must be a list of strings, but was 'p'$/,
      )
      expect(() => make({ names: { condition: ['p', 1] } })).toThrow(
        /^names\.condition must be a list of strings, but its item 1 was 1$/,
      )
    }
  })
})

describe('shrinking', () => {
  const fires = (each: AnyToken): boolean =>
    Semantics.run(each, [{ _tag: 'Polled', conditions: {}, direct: true }])[0]?.verdict._tag === 'Some'
  const has =
    (tag: Token.Tag) =>
    (each: AnyToken): boolean =>
      JSON.stringify(each).includes(`"_tag":"${tag}"`)

  it.each([
    ['what fires at once', fires, 'Token.cancelled()'],
    ['anything', () => true, 'Token.never'],
    ['a counter', has('Counter'), 'Token.counter(0)'],
    ['a deadline', has('Deadline'), 'Token.deadline(0)'],
    ['a label', has('Labelled'), "Token.labelled('one')(Token.never)"],
    ['a long timeout', (each) => each._tag === 'Timeout' && each.duration >= 4, 'Token.timeout(4)'],
    ['two parts', (each) => each._tag === 'All' && each.tokens.length > 1, 'Token.all(Token.never, Token.never)'],
    [
      'a condition without a latch',
      (each) => JSON.stringify(each).includes('"latch":false'),
      "Token.condition('p', { latch: false })",
    ],
    [
      'a sequence that ends in a manual input',
      (each) => each._tag === 'AndThen' && has('Manual')(each.second),
      "Token.andThen(Token.never, Token.manual('a'))",
    ],
  ] as ReadonlyArray<[string, (each: AnyToken) => boolean, string]>)(
    'finds the smallest token: %s',
    (_, wanted, code) => {
      for (const seed of [1, 2, 3, 4, 5]) expect(simplest(token(everything), wanted, seed)).toBe(code)
    },
  )

  it.each([
    ['anything', () => true, '[]'],
    ['a beat', (each) => each._tag === 'Beat', "[{ _tag: 'Beat', name: 'i' }]"],
    [
      'a wall clock that goes back',
      (each) => each._tag === 'Elapsed' && each.wall < 0,
      "[{ _tag: 'Elapsed', ms: 0, wall: -1 }]",
    ],
    ['time', (each) => each._tag === 'Elapsed' && each.ms > 2, "[{ _tag: 'Elapsed', ms: 3, wall: 3 }]"],
    [
      'a true answer',
      (each) => each._tag === 'Polled' && each.conditions['q'] === true,
      "[{ _tag: 'Polled', conditions: { q: true }, direct: true }]",
    ],
  ] as ReadonlyArray<[string, (each: Semantics.Event) => boolean, string]>)(
    'finds the smallest trace: %s',
    (_, wanted, code) => {
      for (const seed of [1, 2, 3, 4, 5])
        expect(simplest(trace(), (events) => code === '[]' || events.some(wanted), seed)).toBe(code)
    },
  )

  it.each([
    ['anything', () => true, "{ _tag: 'Requested', path: [] }"],
    [
      'a time out inside',
      (each) => JSON.stringify(each).includes('TimedOut'),
      "{ _tag: 'TimedOut', duration: 0, path: [] }",
    ],
    [
      'all of',
      (each) => each._tag === 'AllOf',
      "{ _tag: 'AllOf', reasons: [{ _tag: 'Requested', path: [] }, { _tag: 'Requested', path: [] }], path: [] }",
    ],
    ['an instant', (each) => each.at !== undefined && each.at > 2, "{ _tag: 'Requested', path: [], at: 3 }"],
  ] as ReadonlyArray<[string, (each: Reason.Reason) => boolean, string]>)(
    'finds the smallest reason: %s',
    (_, wanted, code) => {
      for (const seed of [1, 2, 3, 4, 5])
        expect(evaluated(simplest(reason({ at: true }), wanted, seed))).toEqual(evaluated(code))
    },
  )

  it('starts from examples too', () => {
    const given = Token.all(Token.timeout(500), Token.labelled('mine')(Token.manual('stop')))
    const details = fc.check(
      fc.property(token(), (each) => !has('Timeout')(each)),
      { examples: [[given]], numRuns: 1 },
    )
    expect(fc.stringify(details.counterexample?.[0])).toBe('Token.timeout(0)')
  })

  /** One measure for all: nodes, then kinds of leaf, then what is in them. */
  property(
    'goes down, step by step',
    [token(everything)],
    (each) => {
      const weight = (value: AnyToken): number => {
        const nodes = JSON.stringify(value).split('_tag').length
        const order = ['Never', 'Cancelled', 'Manual', 'Timeout', 'Counter', 'Condition', 'Budget', 'Idle', 'Deadline']
        const kind = (leaf: AnyToken): number => order.indexOf(leaf._tag) * 100 + numbers(leaf)
        const sum = (_: AnyToken, parts: ReadonlyArray<number>): number => parts.reduce((all, part) => all + part, 0)
        const kinds = Token.fold<number>({
          Never: kind,
          Cancelled: kind,
          Manual: kind,
          Timeout: kind,
          Counter: kind,
          Condition: kind,
          Budget: kind,
          Idle: kind,
          Deadline: kind,
          Any: sum,
          All: sum,
          AndThen: (_, first, second) => first + second,
          Labelled: ({ label }, part) => part + (label === 'one' ? 0 : 1),
        })
        return nodes * 1e6 + kinds(value)
      }
      const numbers = (leaf: AnyToken): number => {
        switch (leaf._tag) {
          case 'Manual':
            return leaf.name === 'a' ? 0 : 1
          case 'Timeout':
            return 2 * leaf.duration + (leaf.left < leaf.duration ? 1 : 0)
          case 'Counter':
            return 3 * leaf.limit + (leaf.left < leaf.limit ? 1 : 0) + (leaf.direct ? 0 : 1)
          case 'Condition':
            return [leaf.name === 'p', leaf.latch, leaf.onError === 'ignore', !leaf.fallback].filter((is) => !is).length
          case 'Budget':
            return 2 * leaf.limit + (leaf.left < leaf.limit ? 1 : 0) + (leaf.name === 'x' ? 0 : 1)
          case 'Idle':
            return 2 * leaf.duration + (leaf.left < leaf.duration ? 1 : 0) + (leaf.name === 'i' ? 0 : 1)
          case 'Deadline':
            return 2 * Math.abs(leaf.instant)
          default:
            return 0
        }
      }
      const arbitrary = token(everything)
      for (const smaller of arbitrary.shrink(each, undefined)) expect(weight(smaller.value)).toBeLessThan(weight(each))
    },
    300,
  )

  /** What comes first in the measure counts more than all that follows. */
  const isBelow = (first: ReadonlyArray<number>, second: ReadonlyArray<number>): boolean => {
    const index = first.findIndex((each, at) => each !== second[at])
    return index >= 0 && first[index]! < second[index]!
  }
  const sum = <A>(list: ReadonlyArray<A>, of: (each: A) => number): number =>
    list.reduce((total, each) => total + of(each), 0)

  property(
    'goes down, step by step: traces',
    [trace({ details: ['now'], instants: [100], spans: [50], polls: [30, 40] })],
    (events) => {
      const measure = (each: Trace): ReadonlyArray<number> => {
        let wall = 0
        const jumps = each.map((event) => {
          if (event._tag !== 'Elapsed') return 0
          const jump = event.wall - wall - event.ms
          wall = event.wall
          return Math.abs(jump)
        })
        const answers = each.flatMap((event) => (event._tag === 'Polled' ? Object.values(event.conditions) : []))
        return [
          each.length,
          sum(each, ({ _tag }) => (_tag === 'Polled' ? 0 : 1)),
          sum(each, (event) => (event._tag === 'Elapsed' ? event.ms : event._tag === 'Spent' ? event.amount : 0)),
          sum(jumps, (jump) => jump),
          sum(each, (event) => ('detail' in event ? 1 : 0) + ('name' in event && 'byj'.includes(event.name) ? 1 : 0)),
          sum(each, (event) => (event._tag === 'Polled' && !event.direct ? 1 : 0)),
          answers.length,
          answers.filter((answer) => answer).length,
        ]
      }
      for (const { value } of trace().shrink(events, undefined))
        expect(isBelow(measure(value), measure(events))).toBe(true)
    },
    300,
  )

  property('goes down, step by step: reasons', [reason({ at: true })], (given) => {
    const measure = (root: Reason.Reason): ReadonlyArray<number> => {
      const all = [root]
      for (const each of all) if (each._tag === 'AllOf') all.push(...each.reasons)
      const numbers = (each: Reason.Reason): number =>
        sum(Object.values(each), (value: unknown) => (typeof value === 'number' ? value : 0))
      return [
        all.length,
        sum(all, ({ _tag }) => (_tag === 'Requested' ? 0 : 1)),
        sum(all, (each) => Object.keys(each).length),
        sum(all, ({ path }) => path.length),
        sum(all, numbers),
        sum(all, (each) => ('name' in each && 'bqryj'.includes(each.name ?? ' ') ? 1 : 0)),
      ]
    }
    for (const { value } of reason({ at: true }).shrink(given, undefined))
      expect(isBelow(measure(value), measure(given))).toBe(true)
  })
})

describe('worlds', () => {
  const open = (each: VirtualWorld) => CancelScope.open(Token.condition('p', { latch: false }), each)()

  it('are untouched in every run and every repetition', () => {
    let runs = 0
    const details = fc.check(
      fc.property(world(), fc.nat(), (each, number) => {
        runs++
        expect([each.clock.monotonic(), each.asked()]).toEqual([0, []])
        each.clock.advance(number + 1)()
        CancelScope.poll(open(each))()
        return runs < 5
      }),
      { seed: 1 },
    )
    expect(details.failed && details.errorInstance).toMatchObject({ message: 'Property failed by returning false' })
    expect(details.numShrinks).toBeGreaterThan(0)
  })

  it('print as code, and shrink to the simplest', () => {
    const isUnmet = fc.property(world(), (each) => CancelScope.poll(open(each))()._tag === 'None')
    for (const seed of [1, 2, 3]) {
      const [found] = fc.check(isUnmet, { seed }).counterexample ?? []
      expect(fc.stringify(found)).toBe('virtualWorld({ conditions: { p: true, q: false, r: false } })')
    }
  })

  it('are those that the code makes', () => {
    for (const each of fc.sample(world(), 100)) {
      const again = evaluated(fc.stringify(each)) as VirtualWorld // sound: the code calls it
      const told = (one: VirtualWorld): unknown => {
        const scope = open(one)
        return [one.clock.wall(), [1, 2, 3, 4].map(() => CancelScope.poll(scope)()), [one.random(), one.random()]]
      }
      expect(told(again)).toEqual(told(each))
    }
  })

  it('have predicates by the names and answers asked for', () => {
    const wanted = world({ names: { condition: ['drained'] }, answers: [true], maxWallStart: 0, maxScript: 1 })
    for (const each of fc.sample(wanted, 20)) {
      expect(Object.keys(each.conditions)).toEqual(['drained'])
      expect(each.clock.wall()).toBe(0)
      expect(CancelScope.poll(CancelScope.open(Token.condition('drained'), each)())()._tag).toBe('Some')
    }
  })
})
