/** What is decided where not every input is heard is never sooner than the token, and needs nothing else. */
import * as fc from 'fast-check'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, it } from 'vitest'
import { Analysis, CancelScope, Clock, Token } from 'cantok-ts'
import { Semantics } from 'cantok-ts'
import type { Reason } from 'cantok-ts'
import { defaultNames, firstReason, token, trace, verdicts } from 'cantok-ts/testing'
import { TokenFromString, hearing } from 'cantok-ts/codec'
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

/** What the reasons within say of inputs that are not heard. */
const namesTold = (value: unknown, names: Heard): ReadonlyArray<unknown> => {
  if (typeof value !== 'object' || value === null) return []
  const { _tag, name, path } = value as { readonly [key: string]: unknown } // sound: they may be missing
  const known: ReadonlyArray<unknown> =
    (_tag === 'ConditionMet' && names.condition) ||
    (_tag === 'BudgetSpent' && names.budget) ||
    (_tag === 'Stalled' && names.idle) ||
    []
  const tellsName = _tag === 'Requested' || (name !== undefined && !known.includes(name))
  return [
    ...(path !== undefined && tellsName ? [value] : []),
    ...Object.values(value).flatMap((part) => namesTold(part, names)),
  ]
}

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

  property('all that is heard stays, but for what was said with a request', [tokens], (each) => {
    fc.pre(!JSON.stringify(each).includes('"Requested"'))
    expect(Token.Eq.equals(hearing(everything)(each), each)).toBe(true)
  })

  property('where all is heard the verdicts stay', [tokens, trace()], (each, events) => {
    expect(verdicts(hearing(everything)(each), events)).toEqual(verdicts(each, events))
  })

  property(
    'what has happened by then counts, and nobody is told what is not heard',
    [tokens, heard, trace()],
    (each, names, events) => {
      const rest = events.reduce<Token.Token<Token.Input>>((left, event) => Semantics.step(event)(left)[1], each)
      const kept = hearing(names)(rest)
      expect(verdicts(any(rest, kept), events)).toEqual(verdicts(rest, events))
      expect(namesTold(kept, names)).toEqual([])
    },
    3000,
  )

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

  it('keeps what has fired already', () => {
    const poll: Semantics.Event = { _tag: 'Polled', conditions: {}, direct: true }
    const reasonOf = (each: Token.Token<Token.Input>): unknown => firstReason(hearing()(each), [poll])
    expect(reasonOf(budget('calls', 2, { left: 0 }))).toEqual({ _tag: 'Requested', path: [] })
    expect(reasonOf(idle('worker', 2, { left: 0 }))).toEqual({ _tag: 'Requested', path: [] })
    expect(hearing()(cancelled('enough'))).toEqual(cancelled())
  })

  it('does not tell by whom and with what words it was stopped', () => {
    const clock = Clock.virtual(0)
    const given = any(all(manual('admin'), timeout(5)), labelled('ours')(manual('internal')))
    const scope = CancelScope.open(given, { clock })()
    CancelScope.cancelInput(scope, 'admin', 'customer 4711')()
    const before = TokenFromString.encode(hearing()(CancelScope.residual(scope)()))
    expect(before).toBe('{"version":1,"token":{"_tag":"Timeout","duration":5}}')
    CancelScope.cancelInput(scope, 'internal', 'customer 4711')()
    expect(show(hearing()(CancelScope.residual(scope)()))).toBe('labelled("ours")(cancelled())')
    expect(hearing({ manual: ['internal'] })(cancelled('customer 4711'))).toEqual(cancelled())
  })

  it.each<[Reason.Reason, boolean]>([
    [{ _tag: 'Requested', path: [] }, false],
    [{ _tag: 'Requested', name: 'stop', path: [] }, false],
    [{ _tag: 'TimedOut', duration: 5, path: [] }, true],
    [{ _tag: 'DeadlinePassed', instant: 5, path: [] }, true],
    [{ _tag: 'CounterExhausted', limit: 5, path: [] }, true],
    [{ _tag: 'ConditionMet', name: 'drained', path: [] }, true],
    [{ _tag: 'ConditionMet', name: 'calls', path: [] }, false],
    [{ _tag: 'BudgetSpent', name: 'calls', limit: 1, spent: 1, path: [] }, true],
    [{ _tag: 'BudgetSpent', name: 'worker', limit: 1, spent: 1, path: [] }, false],
    [{ _tag: 'Stalled', name: 'worker', duration: 1, path: [] }, true],
    [{ _tag: 'Stalled', name: 'stop', duration: 1, path: [] }, false],
  ])('of the reason %o says whether it is told: %o', (reason, isTold) => {
    const local = hearing({ manual: ['stop'], condition: ['drained'], budget: ['calls'], idle: ['worker'] })
    const time: Reason.Reason = { _tag: 'TimedOut', duration: 7, path: [] }
    const both: Reason.Reason = { _tag: 'AllOf', reasons: [time, reason], path: [] }
    expect(local(cancelled(reason))).toEqual(isTold ? cancelled(reason) : cancelled())
    expect(local(cancelled(both))).toEqual(isTold ? cancelled(both) : cancelled())
    const half: Token.Token = { _tag: 'All', tokens: [timeout(5)], reasons: [time, reason, both] }
    expect(local(half)).toEqual({ ...half, reasons: isTold ? [time, reason, both] : [time] })
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
    const time: Reason.Reason = { _tag: 'TimedOut', duration: 5, path: [] }
    let reason: Reason.Reason = { _tag: 'Requested', path: [] }
    for (let i = 0; i < 100_000; i++) reason = { _tag: 'AllOf', reasons: [time, reason], path: [] }
    expect(hearing()(cancelled(reason))).toEqual(cancelled())
  })
})
