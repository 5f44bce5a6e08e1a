/**
 * Chains of services: each works for a while, restricts what it was given by a token of its own, and hands on what is left. The last one is never looser
 * than the first: it stops no later than the first one's token says on the whole trace.
 */
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, it } from 'vitest'
import { CancelScope, Clock, Semantics, Token } from 'cantok-ts'
import { defaultNames, token, toCode, trace } from 'cantok-ts/testing'
import type { LeafTag, Trace } from 'cantok-ts/testing'
import { fromHeader, hearing, rebase, toHeader, TokenFromJson } from 'cantok-ts/codec'
import type { Clockwork, Heard } from 'cantok-ts/codec'
import { rebaseWithin } from '../../src/codec/rebase.js'

type AnyToken = Token.Token<Token.Input>

// -------------------------------------------------------------------------------------
// a chain as data
// -------------------------------------------------------------------------------------

interface Hop {
  readonly form: Clockwork
  readonly by: 'header' | 'json'
  /** By how much the wall clock of the receiver is ahead of the first service's; in the absolute form it is as the sender's. */
  readonly skew: number
  /** How long the token is on its way; only time passes meanwhile. */
  readonly transit: number
  /** What the receiver restricts it by. */
  readonly own: AnyToken
  /** What the receiver hears, and so all that it is told of; by default all. */
  readonly heard?: Heard
  /** What happens while the receiver is the last of the chain. */
  readonly events: Trace
}

interface Chain {
  readonly token: AnyToken
  readonly events: Trace
  readonly hops: ReadonlyArray<Hop>
}

const wallStart = 4

/** By a wall clock that runs along with time, and of which each service makes its own; so what it reads in these events is not looked at. */
const events = (maxLength: number): fc.Arbitrary<Trace> => trace({ wall: 'steady', minLength: 1, maxLength })

const hop = (given: {
  readonly form: ReadonlyArray<Clockwork>
  readonly own: fc.Arbitrary<AnyToken>
  readonly maxTransit: number
  readonly heard?: Heard
}): fc.Arbitrary<Hop> =>
  fc.record({
    form: fc.constantFrom(...given.form),
    by: fc.constantFrom('header', 'json'),
    skew: fc.integer({ min: -20, max: 20 }),
    transit: fc.nat({ max: given.maxTransit }),
    own: given.own,
    events: events(5),
    ...(given.heard === undefined ? {} : { heard: fc.constant(given.heard) }),
  })

const chain = (first: fc.Arbitrary<AnyToken>, hops: fc.Arbitrary<Hop>): fc.Arbitrary<Chain> =>
  fc.record({ token: first, events: events(5), hops: fc.array(hops, { minLength: 1, maxLength: 6 }) })

const shown = ({ token: first, events: before, hops }: Chain): string =>
  [
    `first ${toCode(first)} ${JSON.stringify(before)}`,
    ...hops.map(
      ({ own, events: after, ...how }) => `hop ${JSON.stringify(how)} ${toCode(own)} ${JSON.stringify(after)}`,
    ),
  ].join('\n')

// -------------------------------------------------------------------------------------
// services
// -------------------------------------------------------------------------------------

interface Sent {
  readonly token: AnyToken
  /** Whether it is not so large that it may stop sooner. */
  readonly isExact: boolean
}

interface Service {
  readonly hear: (event: Semantics.Event) => void
  readonly poll: (direct: boolean) => boolean
  /** What is left, for another clock and for one who hears this. */
  readonly send: (form: Clockwork, heard?: Heard) => Sent
}

/** The first service opens its token; the others open what they were sent, and work in a child of that. */
const serve = (skew: number, now: number, answers: Map<string, boolean>, given: AnyToken, own?: AnyToken): Service => {
  const clock = Clock.virtual(now + skew)
  const conditions = Object.fromEntries(
    defaultNames.condition.map((name) => [
      name,
      (): boolean => {
        const answer = answers.get(name)
        if (answer === undefined) throw new Error(`${name} failed`)
        return answer
      },
    ]),
  )
  const opened = CancelScope.openUnknown(given, { clock, conditions })()
  if (E.isLeft(opened)) throw new Error('a condition is missing')
  const outer = opened.right
  const scope = own === undefined ? outer : pipe(outer, CancelScope.child(own, { clock, conditions }))()
  const scopes = own === undefined ? [outer] : [outer, scope]
  CancelScope.remaining(scope)() // started now
  return {
    hear: (event) => {
      switch (event._tag) {
        case 'Elapsed':
          clock.advance(event.ms)()
          break
        case 'Requested':
          for (const each of scopes) CancelScope.cancelInput(each, event.name)()
          break
        case 'Spent':
          for (const each of scopes) CancelScope.spend(each, event.name, event.amount)()
          break
        case 'Beat':
          for (const each of scopes) CancelScope.beat(each, event.name)()
          break
        case 'Polled':
      }
    },
    poll: (direct) => (direct ? CancelScope.poll(scope) : CancelScope.peek(scope))()._tag === 'Some',
    send: (form, heard) => {
      const left = CancelScope.residual(scope)()
      const kept: AnyToken = heard === undefined ? left : hearing(heard)(left)
      const sent = rebase(form, clock.wall())(kept)
      return { token: sent, isExact: Token.Eq.equals(sent, rebaseWithin(Infinity)(form, clock.wall())(kept)) }
    },
  }
}

const received = (sent: AnyToken, by: Hop['by']): AnyToken => {
  const header = toHeader(sent)
  const arrived: E.Either<unknown, AnyToken> =
    by === 'header' && E.isRight(header)
      ? fromHeader(header.right)
      : TokenFromJson.decode(JSON.parse(JSON.stringify(TokenFromJson.encode(sent))))
  if (E.isLeft(arrived)) throw new Error('what was sent could not be read')
  return arrived.right
}

interface Look {
  /** Whether the service that works has stopped. */
  readonly stopped: boolean
  /** Whether the first one's token says so, on all that has happened. */
  readonly wanted: boolean
  /** How many hops there were by then. */
  readonly hops: number
  /** Whether the first one's token had said so before the last so many milliseconds: those that were spent on the way. */
  readonly overdue: boolean
  /** Whether the scope of the first service says so, which goes on and hears all. */
  readonly caller: boolean
  /** Whether nothing that was sent by then was so large that it may stop sooner. */
  readonly isExact: boolean
}

/** Looks at the last service, at the first and at the meaning of its token, at every poll until the last service has stopped. */
const looks = ({ token: given, events: before, hops }: Chain): ReadonlyArray<Look> => {
  const found: Array<Look> = []
  const answers = new Map<string, boolean>()
  let left = given
  let now = wallStart
  let onTheWay = 0
  let isExact = true
  let firedAt = Infinity
  const happens = (event: Semantics.Event): boolean => {
    // as a scope does, it reads the time before each event
    const timed: Trace = event._tag === 'Elapsed' ? [event] : [{ _tag: 'Elapsed', ms: 0, wall: now }, event]
    const moments = Semantics.run(left, timed)
    left = moments.at(-1)?.residual ?? left
    const hasFired = moments.at(-1)?.verdict._tag === 'Some'
    if (hasFired) firedAt = Math.min(firedAt, now)
    return hasFired
  }
  const passes = (ms: number): Semantics.Event => ({ _tag: 'Elapsed', ms, wall: (now += ms) })
  /** Whether it stops. */
  const works = (service: Service, during: Trace, hopsByNow: number): boolean => {
    for (const event of during) {
      service.hear(event)
      if (hopsByNow > 0) first.hear(event)
      if (event._tag !== 'Polled') {
        happens(event._tag === 'Elapsed' ? passes(event.ms) : event)
        continue
      }
      answers.clear()
      for (const [name, answer] of Object.entries(event.conditions)) answers.set(name, answer)
      // the polls of those whom it called are for the first service those of children
      const wanted = happens({ ...event, direct: event.direct && hopsByNow === 0 })
      const stopped = service.poll(event.direct)
      const caller = hopsByNow > 0 ? first.poll(false) : stopped
      found.push({ stopped, wanted, hops: hopsByNow, overdue: firedAt + onTheWay <= now, caller, isExact })
      if (stopped) return true
    }
    return false
  }

  let skew = 0
  const first = serve(skew, now, answers, given)
  happens(passes(0))
  if (works(first, before, 0)) return found
  let service = first
  for (const [index, { form, by, skew: ahead, transit, own, heard, events: during }] of hops.entries()) {
    const sent = service.send(form, heard)
    isExact &&= sent.isExact
    onTheWay += transit
    happens(passes(transit))
    first.hear({ _tag: 'Elapsed', ms: transit, wall: now })
    skew = form === 'absolute' ? skew : ahead
    service = serve(skew, now, answers, received(sent.token, by), own)
    if (works(service, during, index + 1)) return found
  }
  return found
}

const neverLooser = (each: Chain): void => {
  const late = looks(each).find(({ stopped, wanted }) => wanted && !stopped)
  if (late !== undefined) throw new Error(`it goes on after ${late.hops} hops\n${shown(each)}`)
}

const looserByTheWay = (each: Chain): void => {
  const late = looks(each).find(({ stopped, overdue }) => overdue && !stopped)
  if (late !== undefined)
    throw new Error(`it goes on after ${late.hops} hops and all the time on the way\n${shown(each)}`)
}

/** Whichever stops first, the last service or the caller: that is the token. */
const eitherIsTheToken = (each: Chain): void => {
  const other = looks(each).find(({ stopped, caller, wanted, isExact }) => isExact && wanted !== (stopped || caller))
  if (other !== undefined)
    throw new Error(`${other.stopped ? 'it' : 'none but the token'} stops after ${other.hops} hops\n${shown(each)}`)
}

const same = (each: Chain): void => {
  const other = looks(each).find(({ stopped, wanted, isExact }) => isExact && wanted !== stopped)
  if (other !== undefined)
    throw new Error(`it ${other.stopped ? 'stops' : 'goes on'} after ${other.hops} hops\n${shown(each)}`)
}

// -------------------------------------------------------------------------------------
// laws
// -------------------------------------------------------------------------------------

const tokens = token({ maxDepth: 3 })
const restrictions = token({
  maxDepth: 2,
  leaves: { Never: 4, Manual: 1, Timeout: 1, Deadline: 1, Counter: 1, Condition: 1, Budget: 1, Idle: 1 },
})
const timeOnly: ReadonlyArray<LeafTag> = ['Never', 'Cancelled', 'Timeout', 'Deadline']
const nothing = fc.constant<AnyToken>(Token.never)

/** Inputs are heard from the beginning, and what follows is mere time: what starts later by the way then hears no less, and fires no later than by that. */
const startedWithTime = fc
  .tuple(
    token({
      maxDepth: 3,
      leaves: [...timeOnly, 'Manual', 'Budget', 'Condition', 'Counter'],
      combinators: { Any: 2, All: 2, Labelled: 1 },
    }),
    token({ maxDepth: 3, leaves: timeOnly }),
    token({ maxDepth: 3, leaves: [...timeOnly, 'Manual', 'Budget'], combinators: { Any: 2, All: 2, Labelled: 1 } }),
    fc.nat({ max: 2 }),
  )
  .map(([first, after, beside, shape]) => {
    const behind = Token.andThen(first, after)
    return [behind, Token.any(beside, behind), Token.all(beside, behind)][shape] ?? behind
  })
const overTheWay = chain(startedWithTime, hop({ form: ['relative'], own: restrictions, maxTransit: 4 }))
const heardInPart = chain(
  token({ maxDepth: 3, reasons: true }),
  hop({ form: ['relative'], own: nothing, maxTransit: 3, heard: { budget: ['x'] } }),
)

const relative = chain(tokens, hop({ form: ['relative'], own: restrictions, maxTransit: 0 }))
const both = chain(tokens, hop({ form: ['relative', 'absolute'], own: restrictions, maxTransit: 0 }))
const absolute = chain(
  token({ maxDepth: 3, leaves: timeOnly }),
  hop({ form: ['absolute'], own: token({ maxDepth: 2, leaves: ['Never', 'Timeout', 'Deadline'] }), maxTransit: 4 }),
)

const holds = (title: string, chains: fc.Arbitrary<Chain>, check: (each: Chain) => void, numRuns = 2000): void => {
  it(title, () => fc.assert(fc.property(chains, check), { numRuns }))
}

describe('laws: a chain of services', () => {
  holds('relative: is never looser than its first token, whatever the wall clocks say', relative, neverLooser)

  holds(
    'relative or absolute at each hop, where wall clocks agree for the absolute: is never looser',
    both,
    neverLooser,
  )

  holds('absolute: is never looser than a token of time, and the time on the way counts', absolute, neverLooser)

  holds(
    'stops for nothing else than its first token where nobody restricts it and no poll decides',
    chain(
      token({ maxDepth: 3, leaves: [...timeOnly, 'Manual', 'Budget', 'Idle'] }),
      hop({ form: ['relative', 'absolute'], own: nothing, maxTransit: 0 }),
    ),
    same,
  )

  holds(
    'relative: over any time on the way it is looser by no more than that, where what is started later misses no input',
    overTheWay,
    looserByTheWay,
    4000,
  )

  holds(
    'where one budget is all that is heard it stops for nothing else, and with the scope of the caller it is the token',
    heardInPart,
    eitherIsTheToken,
    4000,
  )

  it('misses an input that comes while what hears it would have been started but for the time on the way', () => {
    const [request, poll]: Trace = [
      { _tag: 'Requested', name: 'a' },
      { _tag: 'Polled', conditions: {}, direct: true },
    ]
    const during: Trace = [request!, { _tag: 'Elapsed', ms: 1000, wall: 0 }, poll!]
    const on: Hop = { form: 'relative', by: 'header', skew: 0, transit: 3, own: Token.never, events: during }
    const late: Chain = { token: Token.andThen(Token.timeout(3), Token.manual('a')), events: [], hops: [on] }
    expect(looks(late)).toMatchObject([{ wanted: true, stopped: false, caller: true }])
  })

  it('what is generated reaches what matters', () => {
    const sample = fc.sample(relative, { numRuns: 2000, seed: 1 }).map(looks)
    const share = (isSo: (found: ReadonlyArray<Look>) => boolean): number => sample.filter(isSo).length / sample.length
    // after a hop the first token says stop, and had not said so before it
    const decidedLater = share((found) => {
      const at = found.findIndex(({ wanted }) => wanted)
      return at > 0 && found[at]!.hops > 0
    })
    const afterThree = share((found) => found.some(({ hops }) => hops >= 3))
    const restricted = share((found) => found.some(({ stopped, wanted, hops }) => stopped && !wanted && hops > 0))
    expect(decidedLater).toBeGreaterThan(0.08)
    expect(afterThree).toBeGreaterThan(0.15)
    expect(restricted).toBeGreaterThan(0.15)
    const shareOf = (chains: fc.Arbitrary<Chain>, isSo: (each: Look) => boolean): number =>
      fc.sample(chains, { numRuns: 2000, seed: 1 }).filter((each) => looks(each).some(isSo)).length / 2000
    expect(shareOf(overTheWay, ({ overdue, hops }) => overdue && hops > 0)).toBeGreaterThan(0.08)
    expect(shareOf(overTheWay, ({ wanted, stopped }) => wanted && !stopped)).toBeGreaterThan(0.04)
    expect(shareOf(heardInPart, ({ caller, stopped, hops }) => caller && !stopped && hops > 0)).toBeGreaterThan(0.12)
    expect(shareOf(heardInPart, ({ stopped, hops }) => stopped && hops > 0)).toBeGreaterThan(0.08)
  })
})
