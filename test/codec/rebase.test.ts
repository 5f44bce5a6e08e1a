/** Tokens on their way to another clock fire when they did, on every trace whose wall clock runs along with time. */
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, it } from 'vitest'
import { Analysis, CancelScope, Clock, Semantics, Token } from 'cantok-ts'
import { firstReason, labelledReasons, token, trace, verdicts } from 'cantok-ts/testing'
import type { LeafTag, Trace } from 'cantok-ts/testing'
import { fromHeader, hearing, rebase, toHeader } from 'cantok-ts/codec'
import { rebaseWithin } from '../../src/codec/rebase.js'
import { property } from '../support/property.js'

type AnyToken = Token.Token<Token.Input>

const { all, andThen, any, budget, cancelled, condition, counter, deadline, idle, labelled, manual, never, timeout } =
  Token

// -------------------------------------------------------------------------------------
// what is generated
// -------------------------------------------------------------------------------------

const wall = 4

/** As a scope sees it: it reads the time when it is opened, and before each look and input. */
const live = (events: Trace, start: number): Trace => {
  let now = start
  const seen: Array<Semantics.Event> = [{ _tag: 'Elapsed', ms: 0, wall: now }]
  for (const event of events) {
    if (event._tag === 'Elapsed') now = event.wall
    else seen.push({ _tag: 'Elapsed', ms: 0, wall: now })
    seen.push(event)
  }
  return seen
}

const steady = trace({ wall: 'steady', wallStart: wall, minLength: 3 }).map((events) => live(events, wall))
const tokens = token({
  used: true,
  reasons: true,
  leaves: { Timeout: 4, Deadline: 4, Never: 1, Cancelled: 1, Manual: 2, Counter: 1, Condition: 2, Budget: 1, Idle: 1 },
})
/** Stages of which each has deadlines, and whose start the one before decides: to repeat it for each takes more than is allowed. */
const staged: fc.Arbitrary<AnyToken> = fc
  .tuple(
    token({ maxDepth: 2, reasons: true }),
    fc.array(fc.tuple(token({ maxDepth: 2 }), token({ maxDepth: 2, leaves: { Deadline: 4, Timeout: 1, Manual: 1 } })), {
      minLength: 1,
      maxLength: 5,
    }),
    fc.boolean(),
  )
  .map(([first, stages, toTheLeft]) => {
    const parts = stages.map(([other, late]) => any(late, other, labelled('late')(deadline(9)), deadline(7)))
    return toTheLeft
      ? parts.reduce<AnyToken>((before, part) => andThen(before, part), first)
      : andThen(
          first,
          parts.reduceRight<AnyToken>((after, part) => any(part, andThen(manual('a'), after)), never),
        )
  })
const timeOnly: ReadonlyArray<LeafTag> = ['Never', 'Cancelled', 'Timeout', 'Deadline']
/** What no poll decides by itself. */
const unpolled: ReadonlyArray<LeafTag> = [...timeOnly, 'Manual', 'Budget', 'Idle']

const leavesOf = (each: AnyToken): ReadonlyArray<AnyToken> => {
  const leaf = (found: AnyToken): ReadonlyArray<AnyToken> => [found]
  return Token.fold<ReadonlyArray<AnyToken>>({
    Never: leaf,
    Cancelled: leaf,
    Manual: leaf,
    Timeout: leaf,
    Deadline: leaf,
    Counter: leaf,
    Condition: leaf,
    Budget: leaf,
    Idle: leaf,
    Any: (_, parts) => parts.flat(),
    All: (_, parts) => parts.flat(),
    AndThen: (_, first, second) => [...first, ...second],
    Labelled: (_, part) => part,
  })(each)
}

/** The token without the second parts of `andThen`: what is started from the beginning. */
const started = Token.fold<AnyToken>({
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
  AndThen: (_, first) => first,
  Labelled: (_, part) => part,
})

/** The token as it is once all its deadlines have passed. */
const passed = Token.fold<AnyToken>({
  Never: (leaf) => leaf,
  Cancelled: (leaf) => leaf,
  Manual: (leaf) => leaf,
  Timeout: (leaf) => leaf,
  Deadline: () => timeout(0),
  Counter: (leaf) => leaf,
  Condition: (leaf) => leaf,
  Budget: (leaf) => leaf,
  Idle: (leaf) => leaf,
  Any: (each, tokens) => ({ ...each, tokens }),
  All: (each, tokens) => ({ ...each, tokens }),
  AndThen: (_, first, second) => andThen(first, second),
  Labelled: ({ label }, part) => labelled(label)(part),
})

/** The number of nodes; it stops at so many, for a form that repeats may have more than can be counted. */
const nodes = (each: AnyToken, most = 1e6): number => {
  let count = 0
  const left: Array<AnyToken> = [each]
  for (let next = left.pop(); next !== undefined && count < most; next = left.pop()) {
    count++
    if (next._tag === 'Any' || next._tag === 'All') left.push(...next.tokens)
    if (next._tag === 'AndThen') left.push(next.first, next.second)
    if (next._tag === 'Labelled') left.push(next.token)
  }
  return count
}

const has = (each: AnyToken, tag: Token.Tag): boolean => leavesOf(each).some(({ _tag }) => _tag === tag)

const expectSameVerdicts = (one: AnyToken, other: AnyToken, events: Trace): void =>
  expect(verdicts(one, events)).toEqual(verdicts(other, events))

const relative = rebase('relative', wall)
const absolute = rebase('absolute', wall)
/** Whether all that needs it has been repeated in the relative form. */
const isExact = (each: AnyToken, now = wall): boolean =>
  nodes(rebase('relative', now)(each)) === nodes(rebaseWithin(Infinity)('relative', now)(each))

// -------------------------------------------------------------------------------------
// laws
// -------------------------------------------------------------------------------------

describe('laws: rebase', () => {
  property(
    'the absolute form fires when the token does',
    [tokens, steady],
    (each, events) => expectSameVerdicts(absolute(each), each, events),
    3000,
  )

  property(
    'the relative form fires when the token does, where polls decide nothing by themselves and it is not too large',
    [token({ used: true, reasons: true, leaves: unpolled }), steady],
    (each, events) => {
      fc.pre(isExact(each))
      expectSameVerdicts(relative(each), each, events)
    },
    3000,
  )

  property(
    'the relative form of a token without deadlines behind an `andThen` fires when it does',
    [tokens, steady],
    (each, events) => {
      const plain = started(each)
      expectSameVerdicts(relative(plain), plain, events)
    },
    3000,
  )

  property(
    'the relative form never fires later than the token',
    [tokens, steady],
    (each, events) => {
      const before = verdicts(each, events)
      const after = verdicts(relative(each), events)
      expect(before.filter((fired, poll) => fired && after[poll] === false)).toEqual([])
    },
    5000,
  )

  property(
    'what is left after any part of a trace goes on in another form as the token does',
    [token({ used: true, reasons: true, leaves: unpolled }), steady, fc.nat({ max: 20 })],
    (each, events, at) => {
      const before = events.slice(0, at)
      const after = events.slice(before.length)
      const residual = Semantics.run(each, before).at(-1)?.residual ?? each
      const now = before.reduce((last, event) => (event._tag === 'Elapsed' ? event.wall : last), wall)
      const going: Trace = [{ _tag: 'Elapsed', ms: 0, wall: now }, ...after]
      const whole = verdicts(each, events).slice(verdicts(each, before).length)
      expect(verdicts(rebase('absolute', now)(residual), going)).toEqual(whole)
      fc.pre(isExact(residual, now))
      expect(verdicts(rebase('relative', now)(residual), going)).toEqual(whole)
    },
    3000,
  )

  property(
    'labels stay, but for ties with what is due at once',
    [
      token({
        used: true,
        leaves: ['Manual', 'Timeout', 'Deadline', 'Idle'],
        combinators: { Any: 2, All: 2, Labelled: 2 },
        minInstant: wall + 1,
      }),
      steady,
    ],
    (each, events) => {
      const labels = (of: AnyToken): ReadonlySet<string | undefined> =>
        new Set(labelledReasons(firstReason(of, events)).map(({ label }) => label))
      expect(labels(relative(each))).toEqual(labels(each))
      expect(labels(absolute(each))).toEqual(labels(each))
    },
    3000,
  )

  property(
    'the relative form has at most eight times as many nodes, the absolute form as many',
    [tokens, staged],
    (...all) => {
      for (const each of all) {
        expect(nodes(relative(each))).toBeLessThanOrEqual(8 * nodes(each))
        expect(nodes(absolute(each))).toBe(nodes(each))
      }
    },
  )

  property(
    'what is too large to be repeated fires no later than the token, and no sooner than if its deadlines had passed',
    [staged, steady, fc.integer({ min: -20, max: 20 })],
    (each, events, skew) => {
      const skewed = events.map((event) => (event._tag === 'Elapsed' ? { ...event, wall: event.wall + skew } : event))
      const sent = verdicts(relative(each), skewed)
      expect(verdicts(each, events).filter((fired, poll) => fired && sent[poll] === false)).toEqual([])
      const soonest = verdicts(passed(each), events)
      expect(sent.filter((fired, poll) => fired && soonest[poll] === false)).toEqual([])
      expect(has(relative(each), 'Deadline')).toBe(false)
      expect(relative(relative(each))).toEqual(relative(each))
    },
    3000,
  )

  property('the relative form has no deadline', [tokens], (each) => !has(relative(each), 'Deadline'))

  property(
    'the relative form does not care what the wall clock of the receiver says',
    [tokens, steady, fc.integer({ min: -20, max: 20 })],
    (each, events, skew) => {
      const skewed = events.map((event) => (event._tag === 'Elapsed' ? { ...event, wall: event.wall + skew } : event))
      expect(verdicts(relative(each), skewed)).toEqual(verdicts(relative(each), events))
    },
  )

  property('the absolute form has no started timeout that has time left', [tokens], (each) =>
    leavesOf(started(absolute(each))).every((leaf) => leaf._tag !== 'Timeout' || leaf.left === 0),
  )

  property(
    'the absolute form of what only time decides has no timeout left, and counts the time on the way',
    [token({ used: true, leaves: timeOnly }), fc.nat({ max: 10 }), steady],
    (each, transit, events) => {
      expect(leavesOf(absolute(each)).filter((leaf) => leaf._tag === 'Timeout' && leaf.left > 0)).toEqual([])
      const arrived = wall + transit
      const after = events.map((event) => (event._tag === 'Elapsed' ? { ...event, wall: event.wall + transit } : event))
      expect(verdicts(absolute(each), after)).toEqual(
        verdicts(each, [{ _tag: 'Elapsed', ms: 0, wall }, { _tag: 'Elapsed', ms: transit, wall: arrived }, ...after]),
      )
    },
    3000,
  )

  property('there and back is the same again', [tokens, steady], (each, events) => {
    expectSameVerdicts(absolute(relative(each)), relative(each), events)
    expectSameVerdicts(relative(absolute(started(each))), started(each), events)
  })

  property('twice is once', [tokens], (each) => {
    expect(relative(relative(each))).toEqual(relative(each))
    expect(absolute(absolute(each))).toEqual(absolute(each))
  })

  property(
    'a token without time is untouched',
    [
      token({
        used: true,
        reasons: true,
        leaves: ['Never', 'Cancelled', 'Manual', 'Counter', 'Condition', 'Budget', 'Idle'],
      }),
    ],
    (each) => {
      expect(relative(each)).toEqual(each)
      expect(absolute(each)).toEqual(each)
    },
  )

  property('inputs stay', [tokens], (each) => {
    expect(Analysis.inputs(absolute(each))).toEqual(Analysis.inputs(each))
    const names = (of: AnyToken): unknown =>
      Object.values(Analysis.inputs(of)).map((found: ReadonlyArray<string>) => [...found].sort())
    expect(names(relative(each))).toEqual(names(each))
  })

  it('what is generated reaches what matters', () => {
    const sample = fc.sample(fc.tuple(tokens, steady), { numRuns: 3000, seed: 1 })
    const share = (holds: (each: AnyToken, events: Trace) => boolean): number =>
      sample.filter(([each, events]) => holds(each, events)).length / sample.length
    const firesByTime = (each: AnyToken, events: Trace): boolean => {
      const tag = firstReason(each, events)?._tag
      return (tag === 'TimedOut' || tag === 'DeadlinePassed') && verdicts(each, events)[0] === false
    }
    const repeats = (each: AnyToken): boolean => leavesOf(relative(each)).length > leavesOf(each).length
    expect(share((each) => has(started(each), 'Deadline'))).toBeGreaterThan(0.2)
    expect(share((each) => has(started(each), 'Timeout'))).toBeGreaterThan(0.2)
    expect(share(repeats)).toBeGreaterThan(0.05) // deadlines behind a start that is not known
    expect(share(firesByTime)).toBeGreaterThan(0.03)
    const several = fc.sample(fc.tuple(staged, steady), { numRuns: 3000, seed: 1 })
    const shareOf = (holds: (each: AnyToken, events: Trace) => boolean): number =>
      several.filter(([each, events]) => holds(each, events)).length / several.length
    const sooner = (each: AnyToken, events: Trace): boolean =>
      verdicts(relative(each), events).filter(Boolean).length > verdicts(each, events).filter(Boolean).length + 1
    const tooLarge = (each: AnyToken): boolean => !isExact(each)
    expect(share(tooLarge)).toBeLessThan(0.03)
    expect(shareOf(tooLarge)).toBeGreaterThan(0.2)
    expect(shareOf((each, events) => tooLarge(each) && firesByTime(each, events))).toBeGreaterThan(0.02)
    expect(shareOf((each, events) => tooLarge(each) && sooner(each, events))).toBeGreaterThan(0.002)
  })
})

// -------------------------------------------------------------------------------------
// examples
// -------------------------------------------------------------------------------------

const show = Token.Show.show

describe('rebase', () => {
  it('says what remains of a deadline, and nothing of one that has passed', () => {
    expect(relative(deadline(10))).toEqual(timeout(6))
    expect(relative(deadline(-10))).toEqual(timeout(0))
    expect(absolute(timeout(5, { left: 3 }))).toEqual(deadline(7))
  })

  it('knows when what follows time alone is started', () => {
    expect(show(absolute(andThen(timeout(3), timeout(5))))).toBe('andThen(deadline(7), deadline(12))')
    expect(show(relative(andThen(timeout(3), deadline(9))))).toBe(
      'andThen(timeout("3 milliseconds"), timeout("2 milliseconds"))',
    )
    expect(show(absolute(andThen(any(deadline(9), all(timeout(1), deadline(6))), timeout(5))))).toBe(
      'andThen(any(deadline(9), all(deadline(5), deadline(6))), deadline(11))',
    )
    expect(show(absolute(andThen(cancelled(), timeout(5))))).toBe('andThen(cancelled(), deadline(9))')
    expect(show(absolute(andThen(any(manual('a'), timeout(0)), timeout(5))))).toBe(
      'andThen(any(manual("a"), timeout("0 milliseconds")), deadline(9))',
    )
  })

  it('leaves a timeout that has no start yet, and idle', () => {
    const each = andThen(any(manual('stop'), idle('worker', 9)), timeout(5))
    expect(absolute(each)).toEqual(each)
    expect(relative(each)).toEqual(each)
  })

  it('counts the time on the way only for what has a start', () => {
    const waiting = andThen(any(manual('stop'), timeout(3)), timeout(5))
    const poll: Semantics.Event = { _tag: 'Polled', conditions: {}, direct: true }
    const arrived: Trace = [
      { _tag: 'Elapsed', ms: 0, wall: 14 },
      { _tag: 'Elapsed', ms: 4, wall: 18 },
      poll,
      { _tag: 'Elapsed', ms: 1, wall: 19 },
      poll,
    ]
    expect(show(absolute(waiting))).toBe('andThen(any(manual("stop"), deadline(7)), timeout("5 milliseconds"))')
    expect(verdicts(absolute(waiting), arrived)).toEqual([false, true])
    expect(verdicts(absolute(andThen(timeout(3), timeout(5))), arrived)).toEqual([true, true])
  })

  it('says of a deadline behind an unknown start that both are needed, with its own reason and label', () => {
    const stop = andThen(manual('stop'), labelled('late')(deadline(10)))
    const events = live(
      [
        { _tag: 'Elapsed', ms: 7, wall: 11 },
        { _tag: 'Requested', name: 'stop' },
        { _tag: 'Polled', conditions: {}, direct: true },
      ],
      wall,
    )
    expect(firstReason(relative(stop), events)).toMatchObject({ _tag: 'DeadlinePassed', instant: 10, label: 'late' })
    expect(firstReason(stop, events)).toMatchObject({ _tag: 'DeadlinePassed', instant: 10, label: 'late' })
  })

  it('shows such a deadline a poll sooner where a poll is what starts it', () => {
    const late = andThen(counter(0), deadline(0))
    const poll: Semantics.Event = { _tag: 'Polled', conditions: {}, direct: true }
    const events = live([poll, poll], wall)
    expect(verdicts(late, events)).toEqual([false, true])
    expect(verdicts(relative(late), events)).toEqual([true, true])
  })

  it('latches a condition that does not latch where `andThen` did', () => {
    const momentary = andThen(condition('p', { latch: false }), deadline(6))
    const look = (p: boolean): Semantics.Event => ({ _tag: 'Polled', conditions: { p }, direct: true })
    const events = live([look(true), { _tag: 'Elapsed', ms: 3, wall: 7 }, look(false)], wall)
    expect(verdicts(relative(momentary), events)).toEqual([false, true])
  })

  it('turns what no date reaches into never', () => {
    expect(absolute(timeout(Number.MAX_VALUE))).toEqual(deadline(Number.MAX_VALUE))
    expect(rebase('absolute', Number.MAX_VALUE)(timeout(Number.MAX_VALUE))).toEqual(never)
    expect(rebase('relative', -Number.MAX_VALUE)(deadline(Number.MAX_VALUE))).toEqual(never)
    expect(relative(andThen(never, deadline(9)))).toEqual(andThen(never, never))
  })

  it('keeps the reasons that an all holds already', () => {
    const half: AnyToken = {
      _tag: 'All',
      tokens: [cancelled(), deadline(9), timeout(3)],
      reasons: [{ _tag: 'Requested', name: 'stop', path: ['all', 0] }],
    }
    expect(relative(half)).toEqual({ ...half, tokens: [cancelled(), timeout(5), timeout(3)] })
    expect(absolute(half)).toEqual({ ...half, tokens: [cancelled(), deadline(9), deadline(7)] })
  })

  it('is told the time as a Date or as a number', () => {
    expect(rebase('absolute', new Date(1000))(timeout(5))).toEqual(deadline(1005))
  })

  it('names what it was given instead of a time or a form', () => {
    const message = 'wall must be finite epoch milliseconds or a valid Date, but was '
    expect(() => rebase('relative', NaN)).toThrow(new RangeError(`${message}NaN`))
    expect(() => rebase('absolute', Infinity)).toThrow(new RangeError(`${message}Infinity`))
    expect(() => rebase('absolute', new Date(NaN))).toThrow(new RangeError(`${message}NaN`))
    expect(() => rebase('absolute', JSON.parse('"now"'))).toThrow(new RangeError(`${message}'now'`))
    expect(() => rebase('absolute', JSON.parse('null'))).toThrow(new RangeError(`${message}null`))
    expect(() => rebase(JSON.parse('"local"'), 0)).toThrow(
      new RangeError("to must be 'relative' or 'absolute', but was 'local'"),
    )
  })

  it('suits what is left of a scope', () => {
    const clock = Clock.virtual(1_000_000)
    const scope = pipe(
      CancelScope.open(any(timeout('1 minute'), budget('calls', 3)), { clock })(),
      CancelScope.child(deadline(1_030_000)),
    )()
    clock.advance('10 seconds')()
    const left = CancelScope.residual(scope)()
    expect(show(rebase('relative', clock.wall())(left))).toBe(
      'any(timeout("20 seconds"), timeout("1 minute", { left: 50000 }), budget("calls", 3))',
    )
  })

  it('does not repeat what would take more than eight times its nodes: what follows is then due once it is started', () => {
    const ready = (count: number): AnyToken => all(...Array.from({ length: count }, (_, i) => manual(`part-${i}`)))
    const limits = (count: number): AnyToken => any(...Array.from({ length: count }, (_, i) => deadline(60_000 + i)))
    const large = andThen(ready(10), limits(16))
    expect(relative(large)).toEqual(andThen(ready(10), any(...Array.from({ length: 16 }, () => timeout(0)))))
    for (const count of [1, 16, 1000]) {
      const small = andThen(manual('stop'), limits(count))
      expect(leavesOf(relative(small)).filter((leaf) => leaf._tag === 'Manual')).toHaveLength(count)
      expect(nodes(relative(small))).toBeLessThan(8 * nodes(small))
    }
  })

  it('repeats three stages behind an input, but not four', () => {
    const stages = Array.from({ length: 4 }, (_, i): AnyToken => any(deadline(1000 + i), budget('calls', 9)))
    const toTheLeft = (count: number): AnyToken =>
      stages.slice(0, count).reduce<AnyToken>((x, y) => andThen(x, y), manual('start'))
    const toTheRight = (count: number): AnyToken =>
      andThen(
        manual('start'),
        stages.slice(0, count).reduceRight((y, x) => andThen(x, y)),
      )
    const due = any(timeout(0), budget('calls', 9))
    expect(isExact(toTheLeft(3))).toBe(true)
    expect(isExact(toTheRight(3))).toBe(true)
    expect(relative(toTheLeft(4))).toEqual(andThen(relative(toTheLeft(3)), due))
    expect(relative(toTheRight(4))).toEqual(andThen(manual('start'), andThen(due, andThen(due, andThen(due, due)))))
  })

  it('keeps what is exact in a token of which another part is too large', () => {
    const ready = all(...Array.from({ length: 10 }, (_, i) => manual(`part-${i}`)))
    const limits = any(...Array.from({ length: 16 }, (_, i) => deadline(60_000 + i)))
    const stop = andThen(manual('stop'), deadline(10))
    expect(relative(any(stop, andThen(ready, limits), deadline(9)))).toEqual(
      any(relative(stop), relative(andThen(ready, limits)), timeout(5)),
    )
  })

  // each level waits for the one before, and would repeat it for what does not wait alone and for each deadline
  const hostile = (levels: number, deadlines: number): string => {
    const late = ',["deadline","2030-01-01T00:00:00.000Z"]'.repeat(deadlines)
    let call = '["budget","calls",9]'
    for (let i = 0; i < levels; i++) call = `["andThen",${call},["any",["budget","calls",9]${late}]]`
    return `1${call}`
  }

  it.each([
    [14, 2],
    [33, 2],
    [50, 1],
  ])('is bounded for a header that nests %d starts that are not known, each with %d deadlines', (levels, deadlines) => {
    const clock = Clock.virtual(new Date('2029-12-31T23:59:00Z').getTime())
    const read = fromHeader(hostile(levels, deadlines))
    if (E.isLeft(read)) throw new Error('the header is one')
    for (const given of [read.right, hearing({ budget: ['calls'] })(read.right)]) {
      const opened = CancelScope.openUnknown(given, { clock, conditions: {} })()
      if (E.isLeft(opened)) throw new Error('it needs no condition')
      const left = CancelScope.residual(opened.right)()
      const begun = performance.now()
      const sent = rebase('relative', clock.wall())(left)
      expect(performance.now() - begun).toBeLessThan(500)
      expect(nodes(sent)).toBeLessThanOrEqual(8 * nodes(left))
      expect(has(sent, 'Deadline')).toBe(false)
      const header = toHeader(sent)
      // too long is an answer too
      expect(E.isRight(header) ? fromHeader(header.right) : E.right(sent)).toEqual(E.right(sent))
      CancelScope.spend(opened.right, 'calls', 1)()
      expect(CancelScope.poll(opened.right)()._tag).toBe('None')
    }
  })

  const deep = 100_000
  const folded = (grow: (token: AnyToken) => AnyToken, seed: AnyToken): AnyToken => {
    let grown = seed
    for (let i = 0; i < deep; i++) grown = grow(grown)
    return grown
  }
  it.each<[string, AnyToken]>([
    ['any', folded((part) => any(part, timeout(9)), deadline(9))],
    ['all', folded((part) => all(deadline(9), part), timeout(9))],
    ['andThen on the left', folded((part) => andThen(part, deadline(9)), timeout(9))],
    ['andThen on the right', folded((part) => andThen(timeout(1), part), deadline(9))],
    ['andThen behind an unknown start', folded((part) => andThen(manual('a'), part), deadline(9))],
    ['deadlines behind an unknown start', folded((part) => andThen(manual('a'), any(deadline(9), part)), deadline(9))],
    ['labels', folded(labelled('one'), deadline(9))],
  ])(`is stack-safe: ${deep} levels of %s`, (_, each) => {
    expect(Token.isToken(rebase('relative', wall)(each))).toBe(true)
    expect(Token.isToken(rebase('absolute', wall)(each))).toBe(true)
  })
})
