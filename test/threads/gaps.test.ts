/** What races and threads that are ended leave behind: other threads are played by views of this one that act, or stop, between two steps of a view. */
import * as O from 'fp-ts/lib/Option.js'
import { describe, expect, it } from 'vitest'
import { AbortSignal as Signal, Analysis, CancelScope, Clock, Token } from 'cantok-ts'
import type { Reason } from 'cantok-ts'
import { openShared, share } from 'cantok-ts/threads'
import { Scope } from '../../src/interpreter/Scope.js'
import type { Entry } from '../../src/threads/epoch.js'
import { SharedMachine } from '../../src/threads/SharedMachine.js'
import { newState, State } from '../../src/threads/State.js'
import type { StateHandle } from '../../src/threads/State.js'

const { andThen, any, budget, counter, manual, never, timeout } = Token

type AnyScope = CancelScope.CancelScope<Token.Input>

const reasonOf = (scope: CancelScope.ScopeView): Reason.Reason | null => O.toNullable(CancelScope.peek(scope)())

const nothing = (): void => {}

/** One that lets others act at a step of its own, once. */
class Interrupted extends State {
  beforeAppend: () => void = nothing
  afterCount: () => void = nothing

  override append(last: number, entry: Entry): boolean | null {
    const act = this.beforeAppend
    this.beforeAppend = nothing
    act()
    return super.append(last, entry)
  }

  override count(direct: boolean): number {
    const polls = super.count(direct)
    const act = this.afterCount
    this.afterCount = nothing
    act()
    return polls
  }
}

class Ended extends Error {}

/** That of a thread which is ended before it logs anything. */
class Mute extends State {
  override append(): never {
    throw new Ended()
  }
}

/** That of a thread which is ended before it rings. */
class Silent extends State {
  override ring(): never {
    throw new Ended()
  }
}

const ends = (f: () => unknown): void => expect(f).toThrow(Ended)

interface Shared {
  readonly handle: StateHandle
  readonly clock: Clock.VirtualClock
  readonly open: (state?: State, conditions?: Record<string, () => boolean>) => AnyScope
}

const shared = (token: Token.Token<Token.Input>, options: { readonly letters?: number } = {}): Shared => {
  const clock = Clock.virtual(1_000_000)
  const handle = newState(Analysis.inputs(token), { entries: 20, letters: options.letters ?? 1000, wide: false })
  const since = new State(handle).measures(0)
  const open: Shared['open'] = (state = new State(handle), conditions = {}) => {
    const scope = new Scope(token, [], clock, conditions)
    const epoch = { token, since, decided: null, hasFired: false, closed: false }
    scope.machine = new SharedMachine(state, epoch, clock, conditions, 0)
    return scope as CancelScope.ScopeView as AnyScope // sound: it is opened for this token
  }
  return { handle, clock, open }
}

const poll = (scope: AnyScope): boolean => CancelScope.keepGoing(scope)()

describe('a thread that is ended', () => {
  it('between spending and logging: the next look of any thread fires what it has spent', () => {
    const { handle, open } = shared(any(budget('calls', 10), manual('stop')))
    const [dead, other, third] = [open(new Mute(handle)), open(), open()]
    expect(poll(other)).toBe(true)
    ends(CancelScope.spend(dead, 'calls', 12))
    expect(reasonOf(other)).toMatchObject({ _tag: 'BudgetSpent', spent: 12, path: ['any', 0] })
    expect(reasonOf(third)).toEqual(reasonOf(other))
  })

  it('between spending and logging: so does an input, and what follows it starts', () => {
    const { handle, clock, open } = shared(any(andThen(budget('calls', 10), timeout(5)), manual('stop')))
    const [dead, other] = [open(new Mute(handle)), open()]
    ends(CancelScope.spend(dead, 'calls', 12))
    expect(CancelScope.spend(other, 'calls', 1)()).toBe(false)
    clock.advance(5)()
    expect(CancelScope.cancelInput(other, 'stop')()).toBe(false)
    expect(reasonOf(other)).toMatchObject({ _tag: 'TimedOut' })
  })

  it('between a poll and logging: the next poll fires the counter', () => {
    for (const direct of [true, false]) {
      const { handle, open } = shared(counter(2, { direct }))
      const [dead, other] = [open(new Mute(handle)), open()]
      expect([poll(dead), poll(dead)]).toEqual([true, true])
      ends(() => poll(dead))
      expect(reasonOf(other)).toMatchObject({ _tag: 'CounterExhausted', limit: 2 })
    }
  })

  it('between logging and ringing: those who wait are told all the same', async () => {
    const scope = CancelScope.open(manual('stop'))()
    const handle = share(scope)()
    const signal = Signal.toAbortSignal(scope)()
    const waiting = CancelScope.wait(scope)()
    const { origin } = (scope as unknown as Scope).machine as SharedMachine // sound: it has been shared
    const dead = new SharedMachine(new Silent(handle.scopes[0]!.state), origin.epoch, Clock.system, {}, 0)
    ends(() => dead.request('stop', 'unheard'))
    expect(await waiting).toMatchObject({ detail: 'unheard' })
    expect(signal.aborted).toBe(true)
  })
})

describe('what comes from elsewhere', () => {
  it('reaches other threads though there is too little room for its reason', () => {
    const controller = new AbortController()
    const scope = Signal.fromAbortSignal(controller.signal)()
    const view = openShared(share(scope, { room: 0 })())()
    controller.abort(new Error(`gone ${'x'.repeat(10_000)}`))
    CancelScope.poll(scope)()
    expect(reasonOf(view)).toMatchObject({ _tag: 'Requested', detail: 'gone xxxxxxxxxxxxxxxxxxx…' })
    expect(reasonOf(scope)).toEqual(reasonOf(view))
  })
})

describe('room', () => {
  it('is given back by all who were late, so that any number of threads may race for each step', () => {
    const { handle, open } = shared(andThen(manual('a'), andThen(manual('b'), manual('c'))))
    for (const name of ['a', 'b', 'c']) {
      const states = Array.from({ length: 300 }, () => new Interrupted(handle))
      const requests = states.map((state) => CancelScope.cancelInput(open(state), name))
      // each is about to log when the next one comes, and the last is first
      states.forEach((state, place) => {
        state.beforeAppend = () => requests[place + 1]?.()
      })
      requests[0]!()
    }
    const [one, other] = [open(), open()]
    expect(reasonOf(one)).toMatchObject({ name: 'c', path: ['andThen', 1, 'andThen', 1] })
    expect(reasonOf(other)).toEqual(reasonOf(one))
  })

  it('is kept from others: a longer entry of a thread that was late before stands beside those it was late for', () => {
    const { handle, open } = shared(andThen(manual('a'), andThen(manual('b'), manual('c'))), { letters: 10_000 })
    const late = new Interrupted(handle)
    const [slow, fast] = [open(late), open()]
    late.beforeAppend = () => CancelScope.cancelInput(fast, 'a')()
    expect(CancelScope.cancelInput(slow, 'a', 'x'.repeat(600))()).toBe(false)
    late.beforeAppend = () => CancelScope.cancelInput(fast, 'b')()
    expect(CancelScope.cancelInput(slow, 'b')()).toBe(false)
    expect(CancelScope.cancelInput(slow, 'c', 'y'.repeat(800))()).toBe(true)
    for (const scope of [slow, fast, open()])
      expect(reasonOf(scope)).toMatchObject({ name: 'c', detail: 'y'.repeat(800) })
  })

  it('that is too little for the reason of a parent costs no search for more', () => {
    let reason: Reason.Reason = { _tag: 'Requested', path: [] }
    for (let depth = 0; depth < 30_000; depth++)
      reason = { _tag: 'AllOf', reasons: [reason, { _tag: 'Requested', path: [] }], path: [] }
    const parent = CancelScope.open(Token.cancelled(reason))()
    const child = CancelScope.child(never)(parent)()
    const view = openShared(share(child)())()
    expect([CancelScope.isCancelled(view)(), CancelScope.isCancelled(child)()]).toEqual([true, true])
  })
})
