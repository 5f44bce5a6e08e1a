/** What is decided where not every input is heard is never sooner than the token, and needs nothing else. */
import * as fc from 'fast-check'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, it } from 'vitest'
import { Analysis, Token } from 'cantok-ts'
import type { Semantics } from 'cantok-ts'
import { defaultNames, firstReason, token, trace, verdicts } from 'cantok-ts/testing'
import { hearing } from 'cantok-ts/codec'
import type { Heard } from 'cantok-ts/codec'
import { property } from '../support/property.js'

const { all, andThen, any, budget, cancelled, condition, counter, idle, labelled, manual, never, timeout } = Token

const some = (names: ReadonlyArray<string>): fc.Arbitrary<ReadonlyArray<string>> => fc.subarray([...names])

const heard: fc.Arbitrary<Heard> = fc.record({
  manual: some(defaultNames.manual),
  condition: some(defaultNames.condition),
  budget: some(defaultNames.budget),
  idle: some(defaultNames.idle),
  counters: fc.boolean(),
})

const everything: Heard = { ...defaultNames, counters: true }
const tokens = token({ used: true, reasons: true })

describe('laws: hearing', () => {
  property(
    'joined with the token it is the token: it is never sooner',
    [tokens, heard, trace()],
    (each, names, events) => {
      expect(verdicts(any(each, hearing(names)(each)), events)).toEqual(verdicts(each, events))
    },
    3000,
  )

  property('names nothing that is not heard', [tokens, heard], (each, names) => {
    const {
      manual: requests,
      condition: predicates,
      budget: budgets,
      idle: beats,
    } = Analysis.inputs(hearing(names)(each))
    expect(names.manual).toEqual(expect.arrayContaining([...requests]))
    expect(names.condition).toEqual(expect.arrayContaining([...predicates]))
    expect(names.budget).toEqual(expect.arrayContaining([...budgets]))
    expect(names.idle).toEqual(expect.arrayContaining([...beats]))
  })

  property('all that is heard stays', [tokens], (each) => {
    expect(Token.Eq.equals(hearing(everything)(each), each)).toBe(true)
  })

  property('what happens to other inputs changes nothing', [tokens, heard, trace()], (each, names, events) => {
    const isHeard = (event: Semantics.Event): boolean => {
      switch (event._tag) {
        case 'Elapsed':
        case 'Polled':
          return true
        case 'Requested':
          return names.manual?.includes(event.name) === true
        case 'Spent':
          return names.budget?.includes(event.name) === true
        case 'Beat':
          return names.idle?.includes(event.name) === true
      }
    }
    const local = hearing(names)(each)
    expect(verdicts(local, events.filter(isHeard))).toEqual(verdicts(local, events))
  })

  property('twice is once', [tokens, heard], (each, names) => {
    expect(hearing(names)(hearing(names)(each))).toEqual(hearing(names)(each))
  })

  it('what is generated reaches what matters', () => {
    const sample = fc.sample(fc.tuple(tokens, heard, trace()), { numRuns: 2000, seed: 1 })
    const share = (holds: (...of: (typeof sample)[number]) => boolean): number =>
      sample.filter((of) => holds(...of)).length / sample.length
    const differs = share((each, names, events) => {
      const [before, after] = [verdicts(each, events), verdicts(hearing(names)(each), events)]
      return before.some((fired, poll) => fired && after[poll] === false)
    })
    const fires = share((each, names, events) => {
      const after = verdicts(hearing(names)(each), events)
      return after.includes(true) && after[0] === false
    })
    expect(differs).toBeGreaterThan(0.05)
    expect(fires).toBeGreaterThan(0.02)
  })
})

describe('hearing', () => {
  const show = Token.Show.show
  const mixed = any(
    manual('stop'),
    labelled('quick')(timeout(5)),
    budget('calls', 10),
    all(condition('drained'), timeout(1)),
    andThen(idle('worker', 3), timeout(2)),
    counter(7),
  )

  it('keeps time alone where nothing is heard', () => {
    expect(show(pipe(mixed, hearing()))).toBe('labelled("quick")(timeout("5 milliseconds"))')
  })

  it('keeps what is named', () => {
    expect(show(pipe(mixed, hearing({ budget: ['calls'], idle: ['worker'], counters: true })))).toBe(
      'any(labelled("quick")(timeout("5 milliseconds")), budget("calls", 10), andThen(idle("worker", "3 milliseconds"), timeout("2 milliseconds")), counter(7))',
    )
  })

  it('keeps what has fired already, with its reason', () => {
    const poll: Semantics.Event = { _tag: 'Polled', conditions: {}, direct: true }
    const reasonOf = (each: Token.Token<Token.Input>): unknown => firstReason(hearing()(each), [poll])
    expect(reasonOf(budget('calls', 2, { left: 0 }))).toEqual({
      _tag: 'BudgetSpent',
      name: 'calls',
      limit: 2,
      spent: 2,
      path: [],
    })
    expect(reasonOf(idle('worker', 2, { left: 0 }))).toEqual({
      _tag: 'Stalled',
      name: 'worker',
      duration: 2,
      path: [],
    })
    expect(hearing()(cancelled('enough'))).toEqual(cancelled('enough'))
  })

  it('keeps the reasons that an all holds already', () => {
    const half: Token.Token<Token.Input> = {
      _tag: 'All',
      tokens: [cancelled(), timeout(3), timeout(5)],
      reasons: [{ _tag: 'Requested', name: 'stop', path: ['all', 0] }],
    }
    expect(hearing()(half)).toMatchObject({ tokens: [timeout(5)], reasons: half.reasons })
  })

  it('leaves nothing of what needs somebody who is not heard', () => {
    expect(hearing()(all(manual('stop'), timeout(5)))).toEqual(never)
    expect(hearing()(andThen(manual('stop'), timeout(5)))).toEqual(never)
  })

  it('names what it was given instead of names', () => {
    expect(() => hearing({ budget: JSON.parse('"calls"') })).toThrow(
      new TypeError("budget must be an array of names, but was 'calls'"),
    )
  })

  it('is stack-safe', () => {
    let deep: Token.Token<Token.Input> = timeout(1)
    for (let i = 0; i < 100_000; i++) deep = any(all(deep, counter(1)), manual('stop'))
    expect(Token.isToken(hearing()(deep))).toBe(true)
  })
})
