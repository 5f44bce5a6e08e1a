/**
 * Waiting means what constant peeking would: twins of the scopes under test, opened the same way on a clock of their own, get the same events
 * and are peeked every millisecond for those who wait on the other side.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CancelScope, Clock, Token } from 'cantok-ts'
import type { Reason } from 'cantok-ts'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Option } from 'fp-ts/lib/Option.js'
import { defaultNames as names, token } from 'cantok-ts/testing'
import type { TokenConstraints } from 'cantok-ts/testing'
import { mostlyConditions } from '../support/mostlyConditions.js'

type AnyToken = Token.Token<Token.Input>
type Owned = CancelScope.CancelScope<Token.Input>

// -------------------------------------------------------------------------------------
// scopes and what happens to them, as data that shrinks
// -------------------------------------------------------------------------------------

interface Plan {
  readonly token: AnyToken
  /** Which of the scopes before it are its parents, modulo their number. */
  readonly parents: ReadonlyArray<number>
}

/** What both sides are told. */
type Event =
  | { readonly do: 'poll' | 'peek' | 'cancel' | 'close'; readonly scope: number }
  | { readonly do: 'request' | 'beat'; readonly scope: number; readonly name: string }
  | { readonly do: 'spend'; readonly scope: number; readonly name: string; readonly amount: number }

type Action =
  | Event
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'setBack'; readonly by: number }
  | { readonly do: 'answer'; readonly name: string; readonly answer: boolean }
  | { readonly do: 'listen'; readonly scope: number; readonly every: number; readonly keepAlive: boolean }
  | { readonly do: 'unsubscribe'; readonly listener: number }
  | { readonly do: 'waitFor'; readonly scope: number; readonly every: number; readonly more: number }

/** At the most, what one who waits asks for between looks. */
const longestPace = 3

const plans = (tokens: fc.Arbitrary<AnyToken>): fc.Arbitrary<ReadonlyArray<Plan>> =>
  fc.array(fc.record({ token: tokens, parents: fc.array(fc.nat({ max: 3 }), { maxLength: 3 }) }), {
    minLength: 1,
    maxLength: 4,
  })

const scope = fc.nat({ max: 3 })
const every = fc.integer({ min: 1, max: longestPace })

const actions = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('listen'), scope, every, keepAlive: fc.boolean() }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('unsubscribe'), listener: fc.nat({ max: 7 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('waitFor'), scope, every, more: fc.nat({ max: 6 }) }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('advance'), ms: fc.nat({ max: 5 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('setBack'), by: fc.integer({ min: 1, max: 4 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('poll', 'peek'), scope }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('cancel', 'close'), scope }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('request'), scope, name: fc.constantFrom(...names.manual) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('beat'), scope, name: fc.constantFrom(...names.idle) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('spend'),
        scope,
        name: fc.constantFrom(...names.budget),
        amount: fc.nat({ max: 3 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('answer'),
        name: fc.constantFrom(...names.condition),
        answer: fc.boolean(),
      }),
    },
  ) as fc.Arbitrary<Action>, // sound: the records are the members of the union; inference widens their discriminants
  { maxLength: 30, size: 'max' },
)

/** A token with some of its leaves replaced. */
const replacing = (leaf: (leaf: AnyToken) => AnyToken) =>
  Token.fold<AnyToken>({
    Never: leaf,
    Cancelled: leaf,
    Manual: leaf,
    Timeout: leaf,
    Deadline: leaf,
    Counter: leaf,
    Condition: leaf,
    Budget: leaf,
    Idle: leaf,
    Any: (each, tokens) => ({ ...each, tokens }),
    All: (each, tokens) => ({ ...each, tokens }),
    AndThen: (_, first, second) => Token.andThen(first, second),
    Labelled: ({ label }, part) => Token.labelled(label)(part),
  })

const tokens = (constraints: TokenConstraints = {}): fc.Arbitrary<AnyToken> => token({ maxDepth: 3, ...constraints })

/** Tokens that looks do not change: pushed inputs and time alone. */
const unasked = tokens().map(
  replacing((leaf) =>
    leaf._tag === 'Condition'
      ? Token.manual(leaf.name === 'p' ? 'a' : 'b')
      : leaf._tag === 'Counter'
        ? Token.timeout(leaf.limit)
        : leaf,
  ),
)

/** Tokens that looks change, and for which the time of a look, within the pace, makes no difference but that delay. */
const askedAtLeisure = tokens({ momentary: false })
  .map(replacing((leaf) => (leaf._tag === 'Counter' ? Token.counter(leaf.limit) : leaf)))
  .filter((each) => !JSON.stringify(each).includes('AndThen'))

// -------------------------------------------------------------------------------------
// both sides
// -------------------------------------------------------------------------------------

interface Listener {
  readonly scope: number
  readonly unsubscribe: CancelScope.Unsubscribe
  readonly calls: ReadonlyArray<{ readonly reason: Reason.Reason; readonly instant: number }>
  readonly late: boolean
  gone: boolean
}

/** A wait with an end, and a listener that began with it. */
interface Bounded {
  readonly listener: Listener
  readonly end: number
  readonly results: ReadonlyArray<Either<Reason.TimedOut, Reason.Reason>>
}

interface Side {
  readonly clock: Clock.VirtualClock
  readonly scopes: ReadonlyArray<Owned>
}

class Both {
  /** While time goes by the twins of those waited for are peeked so often; each millisecond means after every event too. */
  private readonly peekEvery: number
  readonly live: Side
  readonly twin: Side
  /** For each scope itself and all above it, by index. */
  readonly families: ReadonlyArray<ReadonlySet<number>>
  readonly listeners: Array<Listener> = []
  readonly bounded: Array<Bounded> = []
  /** What is done when a listener is called, or a bounded wait has ended well. */
  onCall: (scope: number, reason: Reason.Reason) => void = () => {}
  private readonly answers = new Map<string, boolean>()
  private asked = 0

  constructor(planned: ReadonlyArray<Plan>, peekEvery: number) {
    this.peekEvery = peekEvery
    const parentsOf = planned.map(({ parents }, index) => (index === 0 ? [] : parents.map((each) => each % index)))
    const families: Array<ReadonlySet<number>> = []
    for (const [index, parents] of parentsOf.entries())
      families.push(new Set([index, ...parents.flatMap((each) => [...families[each]!])]))
    this.families = families
    const open = (onAsk: () => void): Side => {
      const clock = Clock.virtual()
      const predicate = (name: string) => () => {
        onAsk()
        return this.answers.get(name) ?? false
      }
      const world = { clock, conditions: { p: predicate('p'), q: predicate('q'), r: predicate('r') } }
      const scopes: Array<Owned> = []
      planned.forEach((plan, index) => {
        const parents = parentsOf[index]!.map((each) => scopes[each]!)
        scopes.push(CancelScope.link(parents, plan.token, world)())
      })
      return { clock, scopes }
    }
    this.live = open(() => this.asked++)
    this.twin = open(() => {})
  }

  get now(): number {
    return this.live.clock.monotonic()
  }

  /** Those who listen, and have not been called. */
  private get listening(): ReadonlyArray<Listener> {
    return this.listeners.filter(({ gone, calls }) => !gone && calls.length === 0)
  }

  private get pending(): ReadonlyArray<Bounded> {
    return this.bounded.filter(({ results }) => results.length === 0)
  }

  private get waiting(): ReadonlySet<number> {
    return new Set([...this.listening, ...this.pending.map(({ listener }) => listener)].map(({ scope }) => scope))
  }

  peekTwin(scope: number): Option<Reason.Reason> {
    return CancelScope.peek(this.twin.scopes[scope]!)()
  }

  /** For those who wait everything above is looked at too, whether or not it would make a difference to them. */
  private peekTwins(scopes: Iterable<number>): void {
    for (const scope of scopes) for (const each of this.families[scope]!) this.peekTwin(each)
  }

  private listen(scope: number, options: CancelScope.ListenOptions): Listener {
    const calls: Array<{ readonly reason: Reason.Reason; readonly instant: number }> = []
    const run = (reason: Reason.Reason): void => {
      calls.push({ reason, instant: this.now })
      this.onCall(scope, reason)
    }
    const unsubscribe = CancelScope.onCancelled(this.live.scopes[scope]!, run, options)()
    const listener = { scope, unsubscribe, calls, late: calls.length > 0, gone: false }
    this.listeners.push(listener)
    this.peekTwins([scope])
    return listener
  }

  /** Does one thing to both sides. */
  async perform(each: Action): Promise<void> {
    switch (each.do) {
      case 'listen':
        this.listen(each.scope % this.live.scopes.length, each)
        break
      case 'unsubscribe': {
        const listener = this.listeners[each.listener % this.listeners.length]
        if (listener === undefined) return
        expect(listener.unsubscribe()).toBe(!listener.gone && listener.calls.length === 0)
        listener.gone = true
        break
      }
      case 'waitFor': {
        const listener = this.listen(each.scope % this.live.scopes.length, each)
        const length = each.every + each.more
        const results: Array<Either<Reason.TimedOut, Reason.Reason>> = []
        const waiting = CancelScope.waitFor(this.live.scopes[listener.scope]!, length, { every: each.every })()
        void waiting.then((result) => {
          results.push(result)
          if (result._tag === 'Right') this.onCall(listener.scope, result.right)
        })
        this.bounded.push({ listener, end: this.now + length, results })
        break
      }
      case 'advance':
        return this.advance(each.ms)
      case 'answer':
        this.answers.set(each.name, each.answer)
        return this.advance(longestPace)
      case 'setBack':
        for (const { clock } of [this.live, this.twin]) clock.setWall(clock.wall() - each.by)()
        break
      default: {
        const { waiting } = this
        this.feed(this.live, each)
        this.feed(this.twin, each)
        if (this.peekEvery === 1) this.peekTwins(waiting)
      }
    }
    await this.live.clock.settle(0)()
  }

  private feed({ scopes }: Side, each: Event): void {
    const scope = scopes[each.scope % scopes.length]!
    switch (each.do) {
      case 'poll':
        CancelScope.poll(scope)()
        break
      case 'peek':
        CancelScope.peek(scope)()
        break
      case 'cancel':
        CancelScope.cancel(scope)()
        break
      case 'close':
        CancelScope.close(scope)()
        break
      case 'request':
        CancelScope.cancelInput(scope, each.name)()
        break
      case 'beat':
        CancelScope.beat(scope, each.name)()
        break
      case 'spend':
        CancelScope.spend(scope, each.name, each.amount)()
        break
    }
  }

  async advance(ms: number): Promise<void> {
    const { asked, listening, pending, now, peekEvery } = this
    await this.live.clock.settle(ms)()
    if (listening.length + pending.length === 0) expect(this.asked).toBe(asked)
    const end = now + ms
    for (let at = now; at < end;) {
      const step = Math.min(peekEvery, end - at)
      at += step
      const bounded = pending.filter((each) => each.end >= at).map(({ listener }) => listener)
      const waiting = new Set([...listening, ...bounded].map(({ scope }) => scope))
      if (step < peekEvery) waiting.clear()
      for (const scope of waiting) if (this.peekTwin(scope)._tag === 'Some') waiting.delete(scope)
      this.twin.clock.advance(step)()
      this.peekTwins(waiting)
    }
  }

  /** What holds after every step, of whatever tokens. */
  check(): void {
    const { pending } = this
    const watched = new Set<number>()
    for (const scope of this.waiting) for (const each of this.families[scope]!) watched.add(each)
    expect(this.live.clock.timers()).toBeLessThanOrEqual(watched.size + pending.length)
    for (const { calls } of this.listeners) expect(calls.length).toBeLessThanOrEqual(1)
    for (const each of this.bounded) this.checkBounded(each)
  }

  /** A bounded wait comes to what the listener that began with it does, unless its time is out before. */
  private checkBounded({ listener, end, results }: Bounded): void {
    const [result] = results
    const [call] = listener.calls
    if (result === undefined) expect([call, this.now < end]).toEqual([undefined, true])
    else if (result._tag === 'Left') expect(call === undefined || call.instant >= end).toBe(true)
    else if (listener.late || !listener.gone) {
      expect(call?.instant).toBeLessThanOrEqual(end)
      // of a look each that finds something true for the moment, each says what it has found
      if (!listener.late) expect(call?.reason).toEqual(result.right)
    }
  }

  /** Every listener that has not been taken back was called just when its twin was found fired, and with the same reason. */
  checkExactly(): void {
    for (const { scope, calls, gone } of this.listeners) {
      if (gone && calls.length === 0) continue
      const [call] = calls
      expect(this.peekTwin(scope)).toEqual(call === undefined ? { _tag: 'None' } : { _tag: 'Some', value: call.reason })
    }
    for (const { listener, results } of this.bounded)
      for (const result of results)
        if (result._tag === 'Right')
          expect(this.peekTwin(listener.scope)).toEqual({ _tag: 'Some', value: result.right })
  }

  /** Takes back who still listens, and lets the other waits end; then nothing is left. */
  async checkEnd(): Promise<void> {
    for (const { unsubscribe } of this.listeners) unsubscribe()
    await this.live.clock.settle(10)()
    expect(this.pending).toEqual([])
    expect(this.live.clock.timers()).toBe(0)
  }

  /** How many were called by waiting, and not at once. */
  get woken(): number {
    return this.listeners.filter(({ late, calls }) => !late && calls.length > 0).length
  }
}

const always = (
  title: string,
  planned: fc.Arbitrary<ReadonlyArray<Plan>>,
  peekEvery: number,
  holds: (both: Both, happenings: ReadonlyArray<Action>) => Promise<void>,
  numRuns: number,
): void => {
  it(title, async () => {
    let woken = 0
    await fc.assert(
      fc.asyncProperty(planned, actions, async (plan, happenings) => {
        const both = new Both(plan, peekEvery)
        await holds(both, happenings)
        await both.checkEnd()
        woken += both.woken
      }),
      { numRuns },
    )
    // else the property says little
    expect(woken).toBeGreaterThan(numRuns / 4)
  })
}

// -------------------------------------------------------------------------------------
// properties
// -------------------------------------------------------------------------------------

describe('who waits', () => {
  always(
    'for time and inputs is woken just when constant peeking would find the scope fired, and for the same reason',
    plans(unasked),
    1,
    async (both, happenings) => {
      // what else comes due at that very instant may or may not have been found by then: here, as on the other side, it has
      both.onCall = (scope) => {
        for (const each of both.families[scope]!) CancelScope.peek(both.live.scopes[each]!)()
      }
      for (const each of happenings) {
        await both.perform(each)
        both.check()
        both.checkExactly()
      }
    },
    1000,
  )

  always(
    'for conditions is woken within the pace of what a peek would find',
    plans(askedAtLeisure),
    longestPace,
    async (both, happenings) => {
      for (const each of happenings) {
        // what a look would have found in a scope is lost once that is closed, and the sides look at different times
        if (each.do === 'close') continue
        await both.perform(each)
        both.check()
        if (each.do !== 'answer' && !(each.do === 'advance' && each.ms >= longestPace)) continue
        for (const { scope, calls, gone } of both.listeners)
          if (!gone && calls.length === 0) expect(both.peekTwin(scope)).toEqual({ _tag: 'None' })
      }
    },
    1000,
  )

  always(
    'for whatever latches is called when every scope that depends on this one reads as cancelled',
    plans(tokens({ momentary: false })),
    Infinity,
    async (both, happenings) => {
      both.onCall = (scope, reason) => {
        expect(CancelScope.peek(both.live.scopes[scope]!)()).toEqual({ _tag: 'Some', value: reason })
        both.families.forEach((family, index) => {
          if (family.has(scope)) expect(CancelScope.isCancelled(both.live.scopes[index]!)()).toBe(true)
        })
      }
      for (const each of happenings) {
        await both.perform(each)
        both.check()
      }
    },
    1000,
  )

  always(
    'for anything is woken in the end if a peek would find it, and leaves nothing',
    plans(fc.oneof(tokens(), tokens(mostlyConditions))),
    Infinity,
    async (both, happenings) => {
      for (const each of happenings) {
        await both.perform(each)
        both.check()
      }
      for (const name of names.condition) await both.perform({ do: 'answer', name, answer: true })
      // longer than all that these tokens can count, one after the other
      await both.advance(250)
      both.check()
      for (const { scope, calls, gone } of both.listeners)
        if (!gone && calls.length === 0) expect(CancelScope.peek(both.live.scopes[scope]!)()).toEqual({ _tag: 'None' })
    },
    1000,
  )
})
