/** Waiting: what wakes a waiter and when, what is polled and for how long, and that nothing is left of a wait that is over. */
import { describe, expect, it, vi } from 'vitest'
import { CancelScope, Clock, Token } from 'cantok-ts'
import type { Reason, World } from 'cantok-ts'

type AnyToken = Token.Token<Token.Input>
type Owned = CancelScope.CancelScope<Token.Input>

const { all, andThen, any, budget, cancelled, condition, counter, deadline, idle, manual, never, timeout } = Token

/** A virtual clock that notes for how long each timer is set. */
const watched = () => {
  const clock = Clock.virtual()
  const spans: Array<unknown> = []
  const schedule: Clock.Clock['schedule'] = (delay, run, options) => {
    spans.push(delay)
    return clock.schedule(delay, run, options)
  }
  return { ...clock, schedule, spans }
}

const open = (token: AnyToken, clock: Clock.Clock, conditions: World.Conditions = {}): Owned =>
  CancelScope.open(token, { clock, conditions })()

/** The reasons that a wait has come to: none or one. */
const waitOn = (scope: CancelScope.ScopeView, options?: CancelScope.WaitOptions): ReadonlyArray<Reason.Reason> => {
  const log: Array<Reason.Reason> = []
  void CancelScope.wait(scope, options)().then((reason) => log.push(reason))
  return log
}

/** A predicate that counts its calls. */
const counted = (answer: () => boolean = () => false) => {
  const found = { calls: 0, answer }
  const p = (): boolean => {
    found.calls++
    return found.answer()
  }
  return Object.assign(found, { conditions: { p } })
}

const spy = () => vi.fn<(value: unknown) => void>()

const boom = (): never => {
  throw new Error('boom')
}

/** Under faked timers: waits for longer than they can hold. */
const waitsLong = async (): Promise<void> => {
  const long = 2 ** 31 * 3
  const heard = waitOn(CancelScope.open(timeout(long))())
  let bounded = 'waiting'
  void CancelScope.waitFor(CancelScope.background, long + 2)().then(({ _tag }) => (bounded = _tag))
  await vi.advanceTimersByTimeAsync(long - 1)
  expect(heard).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(heard).toMatchObject([{ _tag: 'TimedOut', duration: long }])
  await vi.advanceTimersByTimeAsync(1)
  expect(bounded).toBe('waiting')
  await vi.advanceTimersByTimeAsync(1)
  expect(bounded).toBe('Left')
  expect(vi.getTimerCount()).toBe(0)
}

describe('arguments', () => {
  const scope = CancelScope.open(never)()

  it.each([
    ['wait', () => CancelScope.wait(scope, { every: -1 })],
    ['waitFor', () => CancelScope.waitFor(scope, 5, { every: -1 })],
    ['waitSync', () => CancelScope.waitSync(scope, { every: -1 })],
    ['onCancelled', () => CancelScope.onCancelled(scope, () => {}, { every: -1 })],
  ])('of %s: an every below 0 is refused at once, by name', (_, make) => {
    expect(make).toThrow(new RangeError('every must be 0 milliseconds or more, but was -1'))
  })

  it.each([
    ['wait', () => CancelScope.wait(scope, { every: NaN })],
    ['waitFor', () => CancelScope.waitFor(scope, 5, { every: NaN })],
    ['waitSync', () => CancelScope.waitSync(scope, { every: NaN })],
    ['onCancelled', () => CancelScope.onCancelled(scope, () => {}, { every: NaN })],
  ])('of %s: an every of NaN is refused at once, by name', (_, make) => {
    expect(make).toThrow(new RangeError('every must be 0 milliseconds or more, but was NaN'))
  })

  it.each([
    ['waitFor', () => CancelScope.waitFor(scope, -2)],
    ['waitSync', () => CancelScope.waitSync(scope, { timeout: -2 })],
  ])('of %s: a timeout below 0 is refused at once, by name', (_, make) => {
    expect(make).toThrow(new RangeError('timeout must be 0 milliseconds or more, but was -2'))
  })

  it.each([
    ['waitFor', () => CancelScope.waitFor(scope, 5, { every: '6 ms' })],
    ['waitSync', () => CancelScope.waitSync(scope, { timeout: 5, every: '6 ms' })],
  ])('of %s: an every longer than the timeout is refused at once, both by name', (_, make) => {
    expect(make).toThrow(new RangeError('every must not be longer than the timeout of 5 ms, but was 6 ms'))
  })

  it('may be as long as each other, and an every that is not given is never too long', () => {
    expect(() => CancelScope.waitFor(scope, 5, { every: 5 })).not.toThrow()
    expect(() => CancelScope.waitFor(scope, 0)).not.toThrow()
    expect(() => CancelScope.waitSync(scope, { timeout: 0 })).not.toThrow()
  })

  it('that are no scope, or no text of a duration, are refused at once, by name', () => {
    // @ts-expect-error: a token is no scope
    expect(() => CancelScope.wait(never)).toThrow(/^scope must be a scope/)
    // @ts-expect-error: a token is no scope
    expect(() => CancelScope.waitFor(never, 1)).toThrow(/^scope must be a scope/)
    // @ts-expect-error: a token is no scope
    expect(() => CancelScope.waitSync(never)).toThrow(/^scope must be a scope/)
    // @ts-expect-error: a token is no scope
    expect(() => CancelScope.onCancelled(never, () => {})).toThrow(/^scope must be a scope/)
    expect(() => CancelScope.waitFor(scope, 'soon')).toThrow(/^timeout .*soon/)
  })
})

describe('a waiter', () => {
  it.each<[string, AnyToken, (scope: Owned) => boolean, Partial<Reason.Reason>]>([
    ['a manual input', manual('a'), (scope) => CancelScope.cancelInput(scope, 'a', 'x')(), { detail: 'x', name: 'a' }],
    ['a cancel of the whole', never, (scope) => CancelScope.cancel(scope, 'all')(), { detail: 'all' }],
    ['a spend', budget('b', 2), (scope) => CancelScope.spend(scope, 'b', 2)(), { _tag: 'BudgetSpent' }],
  ])('is woken by %s at once, without a timer', async (_, token, act, reason) => {
    const clock = watched()
    const scope = open(token, clock)
    const heard = waitOn(scope)
    await clock.settle(1000)()
    expect(heard).toEqual([])
    expect(act(scope)).toBe(true)
    await clock.settle(0)()
    expect(heard).toMatchObject([reason])
    expect(clock.spans).toEqual([])
  })

  it('is woken by what a parent far above is told, through a link', async () => {
    const clock = watched()
    const far = open(manual('a'), clock)
    const near = CancelScope.child(never)(far)()
    const linked = CancelScope.link([open(never, clock), near], never)()
    const heard = waitOn(linked)
    CancelScope.cancelInput(far, 'a')()
    await clock.settle(0)()
    expect(heard).toMatchObject([{ _tag: 'Requested', name: 'a' }])
    expect(clock.spans).toEqual([])
  })

  it('of a scope that has fired needs no timer', async () => {
    const clock = watched()
    expect(await CancelScope.wait(open(cancelled('x'), clock))()).toMatchObject({ detail: 'x' })
    expect(await CancelScope.waitFor(open(cancelled('x'), clock), 5)()).toMatchObject({ right: { detail: 'x' } })
    expect(clock.spans).toEqual([])
  })

  it('is woken once for each run of the task', async () => {
    const clock = Clock.virtual()
    const task = CancelScope.wait(open(timeout(3), clock))
    expect(clock.timers()).toBe(0)
    const first = task()
    const second = task()
    await clock.settle(3)()
    expect(await first).toBe(await second)
    expect(await task()).toBe(await first)
  })

  it('that loses a race as a child scope leaves nothing once that is cancelled', async () => {
    const clock = Clock.virtual()
    const { conditions } = counted()
    const job = open(any(timeout('1 hour'), condition('p')), clock, conditions)
    const racer = CancelScope.child(never)(job)()
    const heard = waitOn(racer)
    expect(clock.timers()).toBe(1)
    CancelScope.cancel(racer, 'lost')()
    expect(clock.timers()).toBe(0)
    await clock.settle(0)()
    expect(heard).toMatchObject([{ detail: 'lost' }])
  })
})

describe('time', () => {
  it('takes one timer, set to the next instant that can matter', async () => {
    const clock = watched()
    const heard = waitOn(open(any(timeout('1 hour'), timeout('2 hours'), deadline(5_000_000)), clock))
    expect(clock.spans).toEqual([3_600_000])
    await clock.settle(3_599_999)()
    expect(heard).toEqual([])
    await clock.settle(1)()
    expect(heard).toMatchObject([{ _tag: 'TimedOut', at: 3_600_000 }])
    expect(clock.spans).toEqual([3_600_000])
  })

  it('takes one timer for any number of waiters of a scope and of those derived from it', () => {
    const clock = Clock.virtual()
    const scope = open(timeout('1 hour'), clock)
    const child = CancelScope.child(manual('a'))(scope)()
    for (let i = 0; i < 100; i++) {
      waitOn(scope)
      waitOn(child)
      CancelScope.onCancelled(child, () => {})()
    }
    expect(clock.timers()).toBe(1)
  })

  it('past what is dead is not waited for', () => {
    const clock = watched()
    const scope = open(all(any(timeout(10), manual('a')), timeout(50)), clock)
    waitOn(scope)
    CancelScope.cancelInput(scope, 'a')()
    expect(clock.spans).toEqual([10, 50])
    expect(clock.timers()).toBe(1)
  })

  it('moves with every beat', async () => {
    const clock = Clock.virtual()
    const scope = open(idle('i', 10), clock)
    const heard = waitOn(scope)
    for (let i = 0; i < 5; i++) {
      await clock.settle(9)()
      CancelScope.beat(scope, 'i')()
      expect(clock.timers()).toBe(1)
    }
    await clock.settle(9)()
    expect(heard).toEqual([])
    await clock.settle(1)()
    expect(heard).toMatchObject([{ _tag: 'Stalled', at: 55 }])
  })

  it('begins for what an input starts, and is waited for from then on', async () => {
    const clock = watched()
    const scope = open(andThen(manual('a'), andThen(timeout(7), timeout(5))), clock)
    const heard = waitOn(scope)
    await clock.settle(100)()
    expect(clock.spans).toEqual([])
    CancelScope.cancelInput(scope, 'a')()
    expect(clock.spans).toEqual([7])
    await clock.settle(11)()
    expect(heard).toEqual([])
    await clock.settle(1)()
    expect(heard).toMatchObject([{ _tag: 'TimedOut', duration: 5, at: 112 }])
    expect(clock.spans).toEqual([7, 5])
  })

  it('of a parent that an input starts wakes who waits for the child', async () => {
    const clock = Clock.virtual()
    const parent = open(andThen(manual('a'), timeout(7)), clock)
    const heard = waitOn(CancelScope.child(never)(parent)())
    CancelScope.cancelInput(parent, 'a')()
    await clock.settle(7)()
    expect(heard).toMatchObject([{ _tag: 'TimedOut', at: 7 }])
  })

  it('stands still in a scope that is closed: its timer goes, its parents are still waited for', async () => {
    const clock = Clock.virtual()
    const parent = open(timeout(30), clock)
    const scope = CancelScope.child(timeout(10))(parent)()
    const heard = waitOn(scope)
    expect(clock.timers()).toBe(2)
    CancelScope.close(scope)()
    expect(clock.timers()).toBe(1)
    await clock.settle(29)()
    expect(heard).toEqual([])
    await clock.settle(1)()
    expect(heard).toMatchObject([{ _tag: 'TimedOut', duration: 30 }])
  })

  it('of a deadline that a wall clock going back puts off is waited for anew', async () => {
    const clock = Clock.virtual(1000)
    const heard = waitOn(open(deadline(1010), clock))
    await clock.settle(4)()
    clock.setWall(1000)()
    await clock.settle(9)()
    expect(heard).toEqual([])
    await clock.settle(1)()
    expect(heard).toMatchObject([{ _tag: 'DeadlinePassed', at: 1010 }])
    expect(clock.monotonic()).toBe(14)
  })

  it('of a deadline that the wall clock has jumped past is found by the next look of anybody', async () => {
    const clock = Clock.virtual(1000)
    const scope = open(deadline(1010), clock)
    const heard = waitOn(CancelScope.child(never)(scope)())
    clock.setWall(2000)()
    CancelScope.peek(scope)()
    await clock.settle(0)()
    expect(heard).toMatchObject([{ _tag: 'DeadlinePassed' }])
    expect(clock.timers()).toBe(0)
  })

  it('longer than 2^31 - 1 ms is exact on a virtual clock', async () => {
    const clock = watched()
    const heard = waitOn(open(andThen(timeout(2 ** 31 + 0.5), timeout(2 ** 32)), clock))
    const bounded = CancelScope.waitFor(open(never, clock), 2 ** 33)()
    await clock.settle(2 ** 31 + 2 ** 32)()
    expect(heard).toEqual([])
    await clock.settle(0.5)()
    expect(heard).toMatchObject([{ at: 2 ** 31 + 2 ** 32 + 0.5 }])
    expect(clock.spans).toEqual([2 ** 31 + 0.5, 2 ** 33, 2 ** 32])
    await clock.settle(2 ** 33)()
    expect(await bounded).toMatchObject({ left: { duration: 2 ** 33, at: 2 ** 33 } })
  })

  it('longer than 2^31 - 1 ms is exact on the clock of the system, whatever its timers hold', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 0 })
    const now = vi.spyOn(performance, 'now').mockImplementation(Date.now)
    try {
      await waitsLong()
    } finally {
      now.mockRestore()
      vi.useRealTimers()
    }
  })

  it('is faked with all the timers of the platform', async () => {
    vi.useFakeTimers()
    try {
      await waitsLong()
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('conditions', () => {
  it('are asked when a wait begins and every so many milliseconds until they decide', async () => {
    const clock = Clock.virtual()
    const found = counted()
    const heard = waitOn(open(condition('p'), clock, found.conditions), { every: 5 })
    expect(found.calls).toBe(1)
    await clock.settle(4)()
    expect(found.calls).toBe(1)
    await clock.settle(16)()
    expect(found.calls).toBe(5)
    found.answer = () => true
    await clock.settle(5)()
    expect(heard).toMatchObject([{ _tag: 'ConditionMet', name: 'p', at: 25 }])
    await clock.settle(100)()
    expect(found.calls).toBe(6)
    expect(clock.timers()).toBe(0)
  })

  it.each([undefined, 0, 1])('are asked every millisecond: every %s', async (every) => {
    const clock = Clock.virtual()
    const found = counted()
    waitOn(open(condition('p'), clock, found.conditions), every === undefined ? {} : { every })
    await clock.settle(10)()
    expect(found.calls).toBe(11)
  })

  it('are not asked while nobody waits', async () => {
    const clock = Clock.virtual()
    const found = counted()
    const scope = open(any(condition('p'), timeout(50)), clock, found.conditions)
    await clock.settle(10)()
    expect(found.calls).toBe(0)
    const unsubscribe = CancelScope.onCancelled(scope, () => {})()
    await clock.settle(10)()
    expect(found.calls).toBe(11)
    unsubscribe()
    await clock.settle(10)()
    expect(found.calls).toBe(11)
    expect(clock.timers()).toBe(0)
  })

  it('that have come true are asked no more', async () => {
    const clock = Clock.virtual()
    const found = counted(() => true)
    const scope = open(all(condition('p'), manual('a')), clock, found.conditions)
    const heard = waitOn(scope)
    await clock.settle(100)()
    expect([found.calls, clock.timers()]).toEqual([1, 0])
    CancelScope.cancelInput(scope, 'a')()
    await clock.settle(0)()
    expect(heard).toMatchObject([{ _tag: 'AllOf' }])
  })

  it('beside which another part has decided are asked no more', async () => {
    const clock = Clock.virtual()
    const found = counted()
    const scope = open(all(any(condition('p'), timeout(3)), manual('a')), clock, found.conditions)
    waitOn(scope)
    await clock.settle(100)()
    expect([found.calls, clock.timers()]).toEqual([3, 0])
  })

  it('of the moment are asked only while their truth could fire the whole', async () => {
    const clock = Clock.virtual()
    const found = counted(() => true)
    const scope = open(all(condition('p', { latch: false }), manual('a')), clock, found.conditions)
    const heard = waitOn(scope)
    await clock.settle(100)()
    expect([found.calls, clock.timers()]).toEqual([0, 0])
    CancelScope.cancelInput(scope, 'a')()
    await clock.settle(1)()
    expect(heard).toMatchObject([{ _tag: 'AllOf' }])
    expect(found.calls).toBe(1)
  })

  it('that are not started are not asked, and are from then on', async () => {
    const clock = Clock.virtual()
    const found = counted()
    waitOn(open(andThen(timeout(10), condition('p')), clock, found.conditions))
    await clock.settle(9)()
    expect(found.calls).toBe(0)
    await clock.settle(6)()
    expect(found.calls).toBe(5)
  })

  it('are asked at the least pace of those who wait, here and for scopes derived from this one', async () => {
    const clock = Clock.virtual()
    const found = counted()
    const scope = open(condition('p'), clock, found.conditions)
    const child = CancelScope.child(never)(scope)()
    waitOn(scope, { every: 10 })
    const quick = CancelScope.onCancelled(child, () => {}, { every: 2 })()
    const before = found.calls
    await clock.settle(20)()
    expect(found.calls - before).toBe(10)
    quick()
    await clock.settle(20)()
    expect(found.calls - before).toBe(12)
    expect(clock.timers()).toBe(1)
  })

  it('are asked on time for one who waits at leisure, whoever else comes and goes', async () => {
    const clock = Clock.virtual()
    let truth = false
    const conditions = { p: () => truth }
    const scope = open(condition('p'), clock, conditions)
    const heard = waitOn(scope, { every: 5 })
    const quick = CancelScope.child(condition('p'), { conditions })(scope)()
    waitOn(quick, { every: 2 })
    truth = true
    await clock.settle(5)()
    expect(heard).toMatchObject([{ _tag: 'ConditionMet' }])
  })

  it('are asked once a look, however many wait at one pace', async () => {
    const clock = Clock.virtual()
    const found = counted()
    const scope = open(condition('p'), clock, found.conditions)
    for (let i = 0; i < 10; i++) waitOn(scope)
    found.calls = 0
    await clock.settle(10)()
    expect(found.calls).toBe(10)
  })

  it('of a parent wake who waits for the child', async () => {
    const clock = Clock.virtual()
    const found = counted()
    const heard = waitOn(CancelScope.child(never)(open(condition('p', { latch: false }), clock, found.conditions))())
    await clock.settle(10)()
    found.answer = () => true
    await clock.settle(1)()
    expect(heard).toMatchObject([{ _tag: 'ConditionMet', at: 11 }])
  })
})

describe('counters', () => {
  it('that count every look are ticked at the pace of the wait', async () => {
    const clock = Clock.virtual()
    const heard = waitOn(open(counter(3, { direct: false }), clock), { every: 4 })
    await clock.settle(11)()
    expect(heard).toEqual([])
    await clock.settle(1)()
    expect(heard).toMatchObject([{ _tag: 'CounterExhausted', at: 12 }])
  })

  it('that count direct polls are never ticked by waiting, and take no timer', async () => {
    const clock = watched()
    const scope = open(counter(2), clock)
    const child = CancelScope.child(never)(scope)()
    for (const each of [scope, child]) waitOn(each)
    const bounded = CancelScope.waitFor(child, 50, { every: 1 })()
    await clock.settle(100)()
    expect(await bounded).toMatchObject({ _tag: 'Left' })
    expect(clock.spans).toEqual([50])
    const poll = CancelScope.poll(scope)
    expect([poll()._tag, poll()._tag, poll()._tag]).toEqual(['None', 'None', 'Some'])
  })

  it('that count direct polls are not ticked by looks at a condition beside them', async () => {
    const clock = Clock.virtual()
    const found = counted()
    const scope = open(any(counter(2), condition('p')), clock, found.conditions)
    const heard = waitOn(scope)
    const heardBelow = waitOn(CancelScope.child(never)(scope)())
    await clock.settle(100)()
    expect([heard, heardBelow]).toEqual([[], []])
    expect(found.calls).toBeGreaterThan(100)
    const poll = CancelScope.poll(scope)
    expect([poll()._tag, poll()._tag, poll()._tag]).toEqual(['None', 'None', 'Some'])
  })

  it.each([1, 5])('that a poll brings to zero wake the waiter by the next look, every %s', async (every) => {
    const clock = Clock.virtual()
    const scope = open(counter(2), clock)
    const heard = waitOn(scope, { every })
    const heardBelow = waitOn(CancelScope.child(never)(scope)(), { every })
    CancelScope.poll(scope)()
    await clock.settle(10)()
    expect([heard, clock.timers()]).toEqual([[], 0])
    CancelScope.poll(scope)()
    await clock.settle(every)()
    expect([heard, heardBelow]).toMatchObject([[{ _tag: 'CounterExhausted' }], [{ _tag: 'CounterExhausted' }]])
    expect(clock.timers()).toBe(0)
  })
})

describe('a predicate that throws', () => {
  const throwing = condition('p', { onError: 'throw' })
  const booms = (waiting: Promise<unknown>): Promise<void> => expect(waiting).rejects.toThrow('boom')

  it('in the first look rejects wait and waitFor and leaves nothing', async () => {
    const clock = Clock.virtual()
    const scope = open(any(throwing, timeout(9)), clock, { p: boom })
    await booms(CancelScope.wait(scope)())
    await booms(CancelScope.waitFor(scope, 5)())
    expect(clock.timers()).toBe(0)
  })

  it('in a later look rejects wait and waitFor and leaves nothing, also for a child', async () => {
    const clock = Clock.virtual()
    const found = counted()
    const scope = open(any(throwing, timeout(90)), clock, found.conditions)
    const child = CancelScope.child(timeout(80))(scope)()
    const failed = [
      CancelScope.wait(scope)(),
      CancelScope.waitFor(scope, 50)(),
      CancelScope.wait(child)(),
      CancelScope.waitFor(child, 50)(),
    ].map(booms)
    await clock.settle(10)()
    found.answer = boom
    await clock.settle(1)()
    await Promise.all(failed)
    expect(clock.timers()).toBe(0)
  })

  it('in the last look of a waitFor rejects it', async () => {
    const clock = Clock.virtual()
    const found = counted()
    const failed = booms(CancelScope.waitFor(open(throwing, clock, found.conditions), '1 ms', { every: '1 ms' })())
    found.answer = boom
    await clock.settle(1)()
    await failed
    expect(clock.timers()).toBe(0)
  })

  it('reaches the onError of a listener, which then hears no more', () => {
    const clock = Clock.virtual()
    const found = counted()
    const scope = open(any(throwing, manual('a')), clock, found.conditions)
    const [f, onError] = [spy(), spy()]
    const unsubscribe = CancelScope.onCancelled(scope, f, { onError })()
    found.answer = boom
    clock.advance(5)()
    expect(onError.mock.calls).toMatchObject([[{ message: 'boom' }]])
    expect([unsubscribe(), clock.timers()]).toEqual([false, 0])
    CancelScope.cancelInput(scope, 'a')()
    expect(f).not.toHaveBeenCalled()
  })

  it('reaches the onError of a listener in the first look too', () => {
    const [f, onError] = [spy(), spy()]
    const clock = Clock.virtual()
    const unsubscribe = CancelScope.onCancelled(open(throwing, clock, { p: boom }), f, { onError })()
    expect(onError.mock.calls).toMatchObject([[{ message: 'boom' }]])
    expect([unsubscribe(), clock.timers()]).toEqual([false, 0])
  })

  it('reaches the caller of the timer where no listener takes it, and listening goes on', () => {
    const clock = Clock.virtual()
    const found = counted()
    const f = spy()
    CancelScope.onCancelled(open(throwing, clock, found.conditions), f)()
    found.answer = boom
    expect(clock.advance(5)).toThrow('boom')
    expect([clock.monotonic(), clock.timers()]).toEqual([1, 1])
    found.answer = () => true
    clock.advance(1)()
    expect(f).toHaveBeenCalledOnce()
  })

  it('fails those who can take it and leaves the others listening', async () => {
    const clock = Clock.virtual()
    const found = counted()
    const scope = open(throwing, clock, found.conditions)
    const f = spy()
    CancelScope.onCancelled(scope, f)()
    const failed = booms(CancelScope.wait(scope)())
    found.answer = boom
    await clock.settle(1)()
    await failed
    found.answer = () => true
    await clock.settle(1)()
    expect(f).toHaveBeenCalledOnce()
  })
})

describe('waitFor', () => {
  it('gives up when its time is out, and leaves no timer and no predicate asked', async () => {
    const clock = Clock.virtual(100)
    const found = counted()
    const scope = open(any(condition('p'), timeout('1 hour')), clock, found.conditions)
    const waiting = CancelScope.waitFor(CancelScope.child(idle('i', 99))(scope)(), '5 ms')()
    await clock.settle(4)()
    expect(clock.timers()).toBeGreaterThan(0)
    await clock.settle(1)()
    expect(await waiting).toEqual({ _tag: 'Left', left: { _tag: 'TimedOut', duration: 5, path: [], at: 105 } })
    expect(clock.timers()).toBe(0)
    const { calls } = found
    await clock.settle(10)()
    expect(found.calls).toBe(calls)
  })

  it('leaves no timer when the scope fires first', async () => {
    const clock = Clock.virtual()
    const scope = open(manual('a'), clock)
    const waiting = CancelScope.waitFor(scope, '1 hour')()
    CancelScope.cancelInput(scope, 'a')()
    expect(clock.timers()).toBe(0)
    expect(await waiting).toMatchObject({ _tag: 'Right', right: { name: 'a' } })
  })

  it.each([
    ['a timeout', timeout(5)],
    ['a deadline', deadline(5)],
    ['a condition that is true by then', condition('p')],
    ['a counter', counter(1, { direct: false })],
  ])('is answered by a scope that fires at that very instant: %s', async (_, token) => {
    const clock = Clock.virtual()
    const scope = open(token, clock, { p: () => clock.monotonic() >= 5 })
    // within the family too, whose timers are set after the waiter's own
    const child = CancelScope.child(never)(scope)()
    const waiting = [CancelScope.waitFor(scope, 5, { every: 5 })(), CancelScope.waitFor(child, 5)()]
    await clock.settle(5)()
    expect(await Promise.all(waiting)).toMatchObject([{ _tag: 'Right' }, { _tag: 'Right' }])
  })

  it('of no time looks once', async () => {
    const clock = Clock.virtual()
    const found = counted(() => true)
    expect(await CancelScope.waitFor(open(condition('p'), clock, found.conditions), 0)()).toMatchObject({
      _tag: 'Right',
    })
    const waiting = CancelScope.waitFor(open(manual('a'), clock), 0)()
    await clock.settle(0)()
    expect(await waiting).toMatchObject({ _tag: 'Left', left: { duration: 0 } })
  })

  it('of endless time waits', async () => {
    const clock = Clock.virtual()
    const waiting = CancelScope.waitFor(open(timeout(5), clock), Infinity)()
    expect(clock.timers()).toBe(1)
    await clock.settle(5)()
    expect(await waiting).toMatchObject({ _tag: 'Right' })
  })

  it('leaves others who wait for the same scope waiting', async () => {
    const clock = Clock.virtual()
    const scope = open(timeout(9), clock)
    const heard = waitOn(scope)
    const waiting = CancelScope.waitFor(scope, 5)()
    await clock.settle(5)()
    expect(await waiting).toMatchObject({ _tag: 'Left' })
    await clock.settle(4)()
    expect(heard).toMatchObject([{ duration: 9 }])
  })
})

describe('waitSync', () => {
  it('moves a virtual clock to the instant at which the scope fires, in one leap', () => {
    const clock = Clock.virtual()
    const block = vi.fn<typeof clock.block>(clock.block)
    const scope = open(any(timeout('1 hour'), manual('a')), { ...clock, block })
    expect(CancelScope.waitSync(scope)()).toMatchObject({ value: { _tag: 'TimedOut' } })
    expect([clock.monotonic(), block.mock.calls.length]).toEqual([3_600_000, 1])
  })

  it('looks every millisecond and not more often, whatever it is told', () => {
    const clock = Clock.virtual()
    const found = counted()
    const scope = open(condition('p'), clock, found.conditions)
    CancelScope.waitSync(scope, { every: 0, timeout: 5 })()
    expect(found.calls).toBe(6)
  })

  it('gives up when its time is out', () => {
    const clock = Clock.virtual()
    expect(CancelScope.waitSync(open(timeout(9), clock), { timeout: 5 })()).toEqual({ _tag: 'None' })
    expect(CancelScope.waitSync(open(manual('a'), clock), { timeout: 5 })()).toEqual({ _tag: 'None' })
    expect([clock.monotonic(), clock.timers()]).toEqual([10, 0])
  })

  it('is answered by a scope that fires at that very instant', () => {
    const clock = Clock.virtual()
    const child = CancelScope.child(never)(open(timeout(5), clock))()
    expect(CancelScope.waitSync(child, { timeout: 5 })()).toMatchObject({ value: { duration: 5 } })
  })

  it('of a scope that has fired, or of no time, does not block', () => {
    const clock = { ...Clock.virtual(), block: vi.fn<() => never>(boom) }
    expect(CancelScope.waitSync(open(cancelled(), clock))()._tag).toBe('Some')
    expect(CancelScope.waitSync(open(manual('a'), clock), { timeout: 0 })()._tag).toBe('None')
  })

  it('asks conditions, also those of parents, at its pace', () => {
    const clock = Clock.virtual()
    const found = counted(() => clock.monotonic() >= 17)
    const child = CancelScope.child(timeout(100))(open(condition('p'), clock, found.conditions))()
    expect(CancelScope.waitSync(child, { every: 5 })()).toMatchObject({ value: { _tag: 'ConditionMet', at: 20 } })
    expect(found.calls).toBe(5)
  })

  it('does not tick counters that count direct polls', () => {
    const clock = Clock.virtual()
    const scope = open(any(counter(1), timeout(50)), clock)
    expect(CancelScope.waitSync(scope, { timeout: 20 })()._tag).toBe('None')
    expect(CancelScope.poll(scope)()._tag).toBe('None')
  })

  it('goes on where a predicate it calls has started something', () => {
    const clock = Clock.virtual()
    const scope: Owned = open(any(condition('p'), andThen(manual('a'), timeout(3))), clock, {
      p: () => {
        CancelScope.cancelInput(scope, 'a')()
        return false
      },
    })
    expect(CancelScope.waitSync(scope)()).toMatchObject({ value: { _tag: 'TimedOut' } })
    expect(clock.monotonic()).toBe(3)
  })

  it('wakes those who wait', () => {
    const clock = Clock.virtual()
    const scope = open(timeout(5), clock)
    const f = spy()
    CancelScope.onCancelled(scope, f)()
    CancelScope.waitSync(CancelScope.child(never)(scope)())()
    expect(f).toHaveBeenCalledOnce()
  })

  it('throws what a predicate does', () => {
    expect(CancelScope.waitSync(open(condition('p', { onError: 'throw' }), Clock.virtual(), { p: boom }))).toThrow(
      'boom',
    )
  })

  it('that nothing but an input could end is an error, and not a hang', () => {
    const clock = Clock.virtual()
    const parent = open(manual('a'), clock)
    expect(CancelScope.waitSync(CancelScope.child(budget('b', 1))(parent)())).toThrow(/would never return/)
    expect(CancelScope.waitSync(CancelScope.background)).toThrow(/would never return/)
  })

  it('sleeps on the clock of the system, and does not spin', () => {
    const wait = vi.spyOn(Atomics, 'wait')
    try {
      let otherRan = false
      const other = setTimeout(() => (otherRan = true), 0)
      const scope = CancelScope.open(timeout('40 ms'))()
      expect(CancelScope.waitSync(scope, { timeout: 20 })()._tag).toBe('None')
      expect(CancelScope.waitSync(scope)()).toMatchObject({ value: { _tag: 'TimedOut' } })
      expect(otherRan).toBe(false)
      clearTimeout(other)
      // a sleep may end a little early; spinning would take thousands
      expect(wait.mock.calls.length).toBeGreaterThanOrEqual(2)
      expect(wait.mock.calls.length).toBeLessThan(20)
    } finally {
      wait.mockRestore()
    }
  })

  it('says so where the platform forbids blocking', () => {
    const wait = vi.spyOn(Atomics, 'wait').mockImplementation(() => {
      throw new TypeError('Atomics.wait cannot be called in this context')
    })
    try {
      const scope = CancelScope.open(timeout('1 minute'))()
      expect(CancelScope.waitSync(scope)).toThrow(/^this thread may not block/)
    } finally {
      wait.mockRestore()
    }
  })
})
