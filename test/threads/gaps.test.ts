/** What races and threads that are ended leave behind: other threads are played by views of this one that act, or stop, between two steps of a view. */
import * as fc from 'fast-check'
import * as O from 'fp-ts/lib/Option.js'
import { describe, expect, it, vi } from 'vitest'
import { AbortSignal as Signal, Analysis, CancelScope, Clock, Token } from 'cantok-ts'
import type { Reason } from 'cantok-ts'
import { openShared, ownShared, share } from 'cantok-ts/threads'
import type { ViewHandle } from 'cantok-ts/threads'
import { defaultNames as names, token } from 'cantok-ts/testing'
import { scopeOf, viewOf } from '../../src/interpreter/Handle.js'
import { Scope } from '../../src/interpreter/Scope.js'
import type { Entry } from '../../src/threads/epoch.js'
import { SharedMachine } from '../../src/threads/SharedMachine.js'
import { newState, State } from '../../src/threads/State.js'
import type { StateHandle } from '../../src/threads/State.js'
import { mostlyConditions } from '../support/mostlyConditions.js'
import { property } from '../support/property.js'
import { threads } from './thread.js'

const { all, andThen, any, budget, condition, counter, deadline, manual, never, timeout } = Token

type AnyScope = CancelScope.CancelScope<Token.Input>

const reasonOf = (scope: CancelScope.ScopeView): Reason.Reason | null => O.toNullable(CancelScope.peek(scope)())

const nothing = (): void => {}

/** One that lets others act at a step of its own, once. */
class Interrupted extends State {
  beforeAppend: () => void = nothing
  afterCount: () => void = nothing

  override append(last: number, entry: Entry, decides: boolean): boolean | null {
    const act = this.beforeAppend
    this.beforeAppend = nothing
    act()
    return super.append(last, entry, decides)
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
  const handle = newState(Analysis.inputs(token), {
    entries: 20,
    letters: options.letters ?? 1000,
    label: 0,
    wide: false,
  })
  const since = new State(handle).measures(0)
  const open: Shared['open'] = (state = new State(handle), conditions = {}) => {
    const scope = new Scope(token, [], clock, conditions)
    const epoch = { token, since, decided: null, hasFired: false, closed: false }
    scope.machine = new SharedMachine(state, epoch, clock, conditions, 0)
    return viewOf(scope) as CancelScope.ScopeView as AnyScope // sound: it is opened for this token
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
    const { origin } = scopeOf(scope).machine as SharedMachine // sound: it has been shared
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
    expect(reasonOf(view)).toMatchObject({ _tag: 'Requested', detail: expect.stringMatching(/^gone x+…$/) })
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

describe('races', () => {
  it('who is late follows who was first, and looks again', () => {
    const { handle, open } = shared(any(manual('a'), manual('b')))
    const late = new Interrupted(handle)
    const [slow, fast] = [open(late), open()]
    late.beforeAppend = () => CancelScope.cancelInput(fast, 'b', 'first')()
    expect(CancelScope.cancelInput(slow, 'a', 'second')()).toBe(false)
    for (const scope of [slow, fast, open()]) expect(reasonOf(scope)).toMatchObject({ name: 'b', detail: 'first' })
  })

  it.each([
    ['takes room', ['b']],
    ['links its entry', [null, 'b']],
    ['gives its room back', [null, 'b', 'c']],
  ])('another thread may come just when one %s', (_, acts) => {
    const { open } = shared(all(manual('a'), manual('b'), manual('c'), manual('d'), manual('e')))
    const [slow, fast] = [open(), open()]
    const { compareExchange } = Atomics
    const left = [...acts]
    const meanwhile: Array<string> = []
    const spy = vi.spyOn(Atomics, 'compareExchange')
    spy.mockImplementation(((...given: Parameters<typeof compareExchange>) => {
      const name = left.shift() ?? null
      if (name !== null) {
        spy.mockImplementation(compareExchange as never) // sound: its own overloads
        CancelScope.cancelInput(fast, name)()
        spy.mockImplementation(interrupted)
        meanwhile.push(name)
      }
      return compareExchange(...given)
    }) as never) // sound: as above
    const interrupted = spy.getMockImplementation()!
    expect(CancelScope.cancelInput(slow, 'a')()).toBe(true)
    vi.restoreAllMocks()
    expect(left).toEqual([])
    const order = [...meanwhile, 'a', ...['b', 'c', 'd', 'e'].filter((name) => !meanwhile.includes(name))]
    for (const name of order.slice(meanwhile.length + 1)) expect(CancelScope.cancelInput(fast, name)()).toBe(true)
    const reason = reasonOf(slow)
    expect(reason).toMatchObject({ reasons: order.map((name) => ({ name })) })
    for (const scope of [fast, open()]) expect(reasonOf(scope)).toEqual(reason)
  })

  it('who finds no room while others are about to log looks again', () => {
    const { handle, open } = shared(manual('stop'))
    class Crowded extends State {
      private attempts = 0
      override append(last: number, entry: Entry, decides: boolean): boolean | null {
        return this.attempts++ < 10 ? null : super.append(last, entry, decides)
      }
    }
    expect(CancelScope.cancelInput(open(new Crowded(handle)), 'stop')()).toBe(true)
    expect(reasonOf(open())).toMatchObject({ name: 'stop' })
  })

  it.each([true, false])(
    'a poll counts for a counter that another thread has started meanwhile (direct: %s)',
    (direct) => {
      const first = counter(1, { direct })
      const second = counter(1, { direct: !direct })
      const { handle, open } = shared(any(all(first, manual('never')), andThen(manual('go'), second)))
      const late = new Interrupted(handle)
      const [slow, fast] = [open(late), open()]
      expect(poll(slow)).toBe(true)
      late.afterCount = () => CancelScope.cancelInput(fast, 'go')()
      expect([poll(slow), poll(slow)]).toEqual([true, false])
      expect(reasonOf(fast)).toEqual(reasonOf(slow))
    },
  )

  it('what another thread has found true is not logged again', () => {
    const { handle, open } = shared(all(condition('done'), manual('stop')))
    const slow = new Interrupted(handle)
    const append = vi.spyOn(slow, 'append')
    const fast = open(new State(handle), { done: () => true })
    const scope = open(slow, { done: () => poll(fast) })
    expect([poll(scope), poll(scope)]).toEqual([true, true])
    expect(append).not.toHaveBeenCalled()
    CancelScope.cancelInput(fast, 'stop')()
    expect(reasonOf(scope)).toMatchObject({ _tag: 'AllOf' })
  })
})

describe('measures', () => {
  it('amounts of all threads count once for each budget of that name, over what fires meanwhile', () => {
    const { open } = shared(all(budget('calls', 10), budget('calls', 4), manual('go')))
    const [one, other] = [open(), open()]
    const spend = (scope: AnyScope, amount: number): boolean => CancelScope.spend(scope, 'calls', amount)()
    expect([spend(one, 3), spend(other, 2), poll(one)]).toEqual([true, true, true])
    expect([spend(one, 1), CancelScope.cancelInput(other, 'go')()]).toEqual([true, true])
    expect([spend(one, 3), poll(one), spend(other, 1), poll(one)]).toEqual([true, true, true, false])
    expect(reasonOf(one)).toMatchObject({
      reasons: [{ limit: 4, spent: 5 }, { name: 'go' }, { limit: 10, spent: 10 }],
    })
    expect(reasonOf(other)).toEqual(reasonOf(one))
  })

  it('amounts are never more than all', () => {
    const { open } = shared(budget('calls', Number.MAX_VALUE))
    const [one, other] = [open(), open()]
    CancelScope.spend(one, 'calls', 0.9 * Number.MAX_VALUE)()
    CancelScope.spend(one, 'calls', 0.9 * Number.MAX_VALUE)()
    expect(reasonOf(other)).toMatchObject({ _tag: 'BudgetSpent', spent: Number.MAX_VALUE })
  })

  it('a look after the spending of others needs no clock', () => {
    const { clock, open } = shared(any(budget('calls', 10), manual('stop')))
    const [one, other] = [open(), open()]
    CancelScope.spend(one, 'calls', 3)()
    const [monotonic, wall] = [vi.spyOn(clock, 'monotonic'), vi.spyOn(clock, 'wall')]
    expect([poll(one), poll(other)]).toEqual([true, true])
    expect(monotonic).not.toHaveBeenCalled()
    expect(wall).not.toHaveBeenCalled()
  })

  it('a beat puts the end off for all', () => {
    const { clock, open } = shared(Token.idle('worker', 10))
    const [one, other] = [open(), open()]
    clock.advance(6)()
    expect(CancelScope.beat(one, 'worker')()).toBe(true)
    clock.advance(9)()
    expect([poll(other), poll(one)]).toEqual([true, true])
    clock.advance(1)()
    expect([poll(other), poll(one)]).toEqual([false, false])
    expect(reasonOf(other)).toMatchObject({ _tag: 'Stalled', at: 1_000_016 })
  })

  it('the latest beat stands, in whatever order they come', () => {
    const { handle } = shared(Token.idle('worker', 10))
    const state = new State(handle)
    state.beat(0, 5)
    state.beat(0, 3)
    expect(state.measures(6).beats).toEqual([5])
  })

  it('polls are counted in 64 bits where there may be so many', () => {
    const state = new State(newState(Analysis.inputs(never), { entries: 1, letters: 0, label: 0, wide: true }))
    new Int32Array(state.handle.memory).fill(-1, 32, 33)
    expect([state.count(false), state.count(false), state.polls(false)]).toEqual([2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1])
  })

  it('each reason keeps the instant of its own', () => {
    const { clock, open } = shared(all(manual('a'), manual('b')))
    const [one, other] = [open(), open()]
    CancelScope.cancelInput(one, 'a')()
    clock.advance(5)()
    CancelScope.cancelInput(other, 'b')()
    expect(reasonOf(one)).toMatchObject({ at: 1_000_005, reasons: [{ at: 1_000_000 }, { at: 1_000_005 }] })
  })

  it('a date that the wall clock jumps over is reached after the last look', () => {
    const { clock, open } = shared(andThen(any(deadline(1_000_010), deadline(2_000_000)), timeout(3)))
    const scope = open()
    clock.advance(4)()
    expect(poll(scope)).toBe(true)
    clock.setWall(1_000_020)()
    expect(poll(scope)).toBe(true)
    clock.advance(3)()
    expect(poll(scope)).toBe(false)
  })

  it('what is closed stands still as it was', () => {
    const { open } = shared(any(counter(5), budget('calls', 3)))
    const [one, other] = [open(), open()]
    poll(one)
    CancelScope.spend(one, 'calls', 1)()
    CancelScope.close(other)()
    const left = {
      tokens: [
        { _tag: 'Counter', left: 4 },
        { _tag: 'Budget', left: 2 },
      ],
    }
    const whole = (scope: AnyScope): unknown => scopeOf(scope).machine.snapshot(false)
    expect(poll(one)).toBe(true)
    expect([whole(one), whole(other)]).toMatchObject([left, left])
  })
})

describe('predicates', () => {
  it('one that gives no boolean falls back in all threads', () => {
    const { open } = shared(condition('done', { fallback: true, onError: 'ignore' }))
    const broken = open(undefined, { done: () => 'yes' as unknown as boolean }) // sound: an untyped caller
    const other = open()
    expect([poll(other), poll(broken), poll(other)]).toEqual([true, false, false])
  })

  it('those of other threads are not answered for', () => {
    const { open } = shared(any(condition('mine'), condition('theirs', { fallback: true, onError: 'ignore' })))
    let isMine = false
    const scope = open(undefined, { mine: () => isMine })
    expect([poll(scope), poll(scope)]).toEqual([true, true])
    isMine = true
    expect(poll(scope)).toBe(false)
    expect(reasonOf(open())).toMatchObject({ name: 'mine' })
  })

  it('one that asks its own scope is not asked again', () => {
    const { open } = shared(condition('done'))
    const done = vi.fn<() => boolean>(() => !poll(scope))
    const scope: AnyScope = open(undefined, { done })
    expect(poll(scope)).toBe(true)
    expect(done).toHaveBeenCalledTimes(1)
  })

  it('what one starts that is due at once may have the next asked in the same look', () => {
    const { open } = shared(andThen(condition('first'), andThen(counter(0), condition('second'))))
    const other = open()
    expect(poll(open(undefined, { first: () => true, second: () => true }))).toBe(false)
    expect(reasonOf(other)).toMatchObject({ name: 'second' })
  })

  it('those of a handle are for its scope, and not for those above', () => {
    const done = vi.fn<() => boolean>(() => true)
    const parent = CancelScope.open(condition('done'), { conditions: { done: () => false } })()
    const child = CancelScope.child(condition('done'), { conditions: { done: () => false } })(parent)()
    CancelScope.close(child)()
    const view = openShared(share(child)(), { conditions: { done } })()
    expect(CancelScope.keepGoing(view)()).toBe(true)
    expect(done).not.toHaveBeenCalled()
  })
})

describe('handles', () => {
  it('there is room for each leaf to fire, whatever details take', () => {
    const names = Array.from({ length: 200 }, (_, place) => `input ${place}`)
    const scope = CancelScope.open(all(...names.map((name) => manual(name))))()
    const owned = ownShared(share(scope, { room: 0 })())()
    for (const name of names) {
      expect(CancelScope.cancelInput(owned, name, 'x'.repeat(20_000))()).toBe(true)
      expect(CancelScope.cancelInput(owned, name)()).toBe(false)
    }
    const reason = reasonOf(scope)
    const parts = reason?._tag === 'AllOf' ? reason.reasons : []
    expect(parts).toHaveLength(200)
    for (const part of parts) expect(part).toMatchObject({ detail: expect.stringMatching(/^x+…$/) })
  })

  it('a reason that it has fired for fits, however deep', () => {
    let reason: Reason.Reason = { _tag: 'Requested', path: [] }
    for (let depth = 0; depth < 30_000; depth++)
      reason = { _tag: 'AllOf', reasons: [reason, { _tag: 'Requested', path: [] }], path: [] }
    const view = openShared(share(CancelScope.open(Token.cancelled(reason))(), { room: 0 })())()
    expect(reasonOf(view)?._tag).toBe('AllOf')
  })

  it('what was closed before is closed for all', () => {
    const scope = CancelScope.open(manual('stop'))()
    CancelScope.close(scope)()
    expect(CancelScope.cancel(ownShared(share(scope)())())()).toBe(false)
  })

  it('parents are asked in their order, and all ring one bell', () => {
    const [left, right] = [CancelScope.open(manual('left'))(), CancelScope.open(manual('right'))()]
    const handle = share(CancelScope.link([left, right], never)())()
    const view = openShared(handle)()
    CancelScope.cancel(right, 'right')()
    CancelScope.cancel(left, 'left')()
    expect(reasonOf(view)).toMatchObject({ detail: 'left' })
    expect(new Set(handle.scopes.map((each) => each?.state.bell)).size).toBe(1)
  })

  it('a scope runs on the ticks that it has run on', () => {
    using clock = Clock.shared()
    const handle = share(CancelScope.open(timeout('1 hour'), { clock })())()
    const opened = scopeOf(openShared(handle)())
    expect(handle.scopes[0]?.clock).toEqual({ buffer: clock.buffer, tolerance: clock.behind })
    expect('buffer' in opened.machine.clock && opened.machine.clock.buffer).toBe(clock.buffer)
  })

  it('time that has passed before sharing has passed', () => {
    const scope = CancelScope.open(timeout('5ms'))()
    const end = performance.now() + 6
    while (performance.now() < end);
    expect(CancelScope.isCancelled(openShared(share(scope)())())()).toBe(true)
  })

  it('a source is asked in each look, also one that does not call', () => {
    const signal = { aborted: false, addEventListener: nothing, removeEventListener: nothing }
    const scope = Signal.fromAbortSignal(signal)()
    const view = openShared(share(scope)())()
    signal.aborted = true
    expect([poll(scope as AnyScope), CancelScope.keepGoing(view)()]).toEqual([false, false]) // sound: polled only
  })
})

describe('those who wait', () => {
  interface Waitable {
    readonly waitAsync: (cells: Int32Array, index: number, value: number) => { readonly value: unknown }
  }

  /** Settles when somebody wakes those who sleep on the bell. */
  const rung = async (bell: Int32Array): Promise<void> => {
    await (Atomics as unknown as Waitable).waitAsync(bell, 0, Atomics.load(bell, 0)).value // sound: Node has it
    await new Promise((resolve) => setImmediate(resolve))
  }

  const bellOf = (handle: ViewHandle): Int32Array => new Int32Array(handle.scopes[0]!.state.bell)

  it('are woken by each entry, and by a direct counter that comes to zero', async () => {
    const scope = CancelScope.open(any(counter(1), manual('stop')))()
    const handle = share(scope)()
    const bell = bellOf(handle)
    const before = Atomics.load(bell, 0)
    CancelScope.poll(scope)()
    expect(Atomics.load(bell, 0)).not.toBe(before)
    const heard = rung(bell)
    CancelScope.cancel(scope)()
    await heard
  })

  it('wait on where an entry does not end it', async () => {
    const scope = CancelScope.open(all(manual('a'), manual('b')))()
    const handle = share(scope)()
    const other = ownShared(handle)()
    const waiting = CancelScope.wait(scope)()
    const heard = rung(bellOf(handle))
    CancelScope.cancelInput(other, 'a')()
    await heard
    CancelScope.cancelInput(other, 'b')()
    expect(await waiting).toMatchObject({ _tag: 'AllOf' })
  })

  it('wait for time that another thread has started', async () => {
    const scope = CancelScope.open(andThen(manual('go'), timeout('5ms')))()
    const waiting = CancelScope.wait(scope)()
    CancelScope.cancelInput(ownShared(share(scope)())(), 'go')()
    expect(await waiting).toMatchObject({ _tag: 'TimedOut' })
  })

  it('look for a counter that another thread has brought to zero', async () => {
    const scope = CancelScope.open(counter(1))()
    const waiting = CancelScope.wait(scope)()
    CancelScope.poll(openShared(share(scope)())())()
    expect(await waiting).toMatchObject({ _tag: 'CounterExhausted' })
  })

  it('ask predicates of this thread', async () => {
    let isDone = false
    const scope = CancelScope.open(condition('done'), { conditions: { done: () => isDone } })()
    const view = openShared(share(scope)())()
    const waiting = CancelScope.wait(scope, { every: 1 })()
    expect(CancelScope.keepGoing(view)()).toBe(true)
    isDone = true
    expect(await waiting).toMatchObject({ _tag: 'ConditionMet' })
    expect(CancelScope.keepGoing(view)()).toBe(false)
  })

  it('and do so no more leave nothing that listens', async () => {
    const waitAsync = vi.spyOn(Atomics as unknown as Waitable, 'waitAsync') // sound: as above
    const scope = CancelScope.open(all(manual('a'), manual('b')))()
    const handle = share(scope)()
    const unsubscribe = CancelScope.onCancelled(scope, nothing)()
    const heard = rung(bellOf(handle))
    expect(unsubscribe()).toBe(true)
    const calls = waitAsync.mock.calls.length
    CancelScope.cancelInput(scope, 'a')()
    await heard
    expect(waitAsync).toHaveBeenCalledTimes(calls)
    vi.restoreAllMocks()
  })

  it('and sleep are told where a close in another thread leaves nothing to wait for', async () => {
    const start = await threads()
    const scope = CancelScope.open(manual('stop'))()
    const thread = start('sleep', share(scope)())
    await thread.ready
    CancelScope.close(scope)()
    await expect(thread.answer).rejects.toThrow('waitSync would never return')
  })

  it('until it is closed are told of a close in another thread', async () => {
    const scope = CancelScope.open(manual('stop'))()
    const other = ownShared(share(scope)())()
    const closed = new Promise<void>((onClosed) => CancelScope.onCancelled(scope, nothing, { onClosed })())
    CancelScope.close(other)()
    await closed
  })
})

describe('the log', () => {
  class Counting extends Interrupted {
    entries = 0
    override append(last: number, entry: Entry, decides: boolean): boolean | null {
      const stands = super.append(last, entry, decides)
      if (stands === true) this.entries++
      return stands
    }
  }

  const leavesOf = (token: Token.Token<Token.Input>): number => {
    switch (token._tag) {
      case 'Any':
      case 'All':
        return token.tokens.reduce((leaves, part) => leaves + leavesOf(part), 0)
      case 'AndThen':
        return leavesOf(token.first) + leavesOf(token.second)
      case 'Labelled':
        return leavesOf(token.token)
      default:
        return 1
    }
  }

  const act = fc.record({
    view: fc.nat({ max: 3 }),
    what: fc.constantFrom('poll', 'poll', 'poll', 'peek', 'request', 'spend', 'beat', 'advance', 'jump', 'answer'),
    which: fc.nat({ max: 9 }),
    amount: fc.nat({ max: 4 }),
    /** The next act is done in the middle of this one, where it can. */
    meanwhile: fc.constantFrom('no', 'no', 'beforeAppend', 'afterCount'),
  })

  /** Some of the names are predicates of each view. */
  const known = fc.array(fc.subarray([...names.condition]), { minLength: 4, maxLength: 4 })

  for (const [title, tokens] of [
    ['of conditions', token({ maxDepth: 4, ...mostlyConditions })],
    ['of all', token({ maxDepth: 4 })],
  ] as const)
    property(
      `holds no entry that fires nothing, and all views come to the same: ${title}`,
      [tokens, known, fc.array(act, { maxLength: 60 })],
      (opened, asked, acts) => {
        const { handle, clock, open } = shared(opened)
        const answers = new Map<string, boolean>()
        const states = asked.map(() => new Counting(handle))
        const views = states.map((state, view) =>
          open(state, Object.fromEntries(asked[view]!.map((name) => [name, () => answers.get(name) === true]))),
        )
        const pick = (kind: keyof typeof names, which: number): string => names[kind][which % names[kind].length]!
        let at = 0
        const next = (): void => {
          const each = acts[at++]
          if (each === undefined) return
          const { view, what, which, amount, meanwhile } = each
          const scope = views[view]!
          const state = states[view]!
          if (meanwhile !== 'no')
            state[meanwhile] = () => {
              if (acts[at]?.view !== view) next()
            }
          if (what === 'poll') CancelScope.poll(scope)()
          else if (what === 'peek') CancelScope.peek(scope)()
          else if (what === 'request') CancelScope.cancelInput(scope, pick('manual', which))()
          else if (what === 'spend') CancelScope.spend(scope, pick('budget', which), amount)()
          else if (what === 'beat') CancelScope.beat(scope, pick('idle', which))()
          else if (what === 'advance') clock.advance(amount)()
          else if (what === 'jump') clock.setWall(1_000_000 + which - amount)()
          else answers.set(pick('condition', which), amount > 1)
          state.beforeAppend = state.afterCount = nothing
        }
        while (at < acts.length) next()
        expect(states.reduce((sum, { entries }) => sum + entries, 0)).toBeLessThanOrEqual(leavesOf(opened))
        const machines = [...views, open()].map((view) => scopeOf(view).machine)
        for (const machine of machines) machine.catchUp()
        for (const { decided } of machines) expect(decided).toEqual(machines[0]!.decided)
      },
      2000,
    )
})
