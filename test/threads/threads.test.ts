/** Scopes that real threads share. */
import { performance } from 'node:perf_hooks'
import * as O from 'fp-ts/lib/Option.js'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { AbortSignal as Signal, CancelScope, Clock, Token } from 'cantok-ts'
import type { Reason } from 'cantok-ts'
import { openShared, ownShared, share } from 'cantok-ts/threads'
import type { ScopeHandle } from 'cantok-ts/threads'
import { State } from '../../src/threads/State.js'
import { ahead } from '../../src/threads/timeline.js'
import { threads } from './thread.js'

const { all, andThen, any, budget, condition, counter, deadline, idle, labelled, manual, never, timeout } = Token

let start: Awaited<ReturnType<typeof threads>>
beforeAll(async () => {
  start = await threads()
})

const reasonOf = (scope: CancelScope.ScopeView): Reason.Reason | null => O.toNullable(CancelScope.peek(scope)())

describe('a busy loop in another thread', () => {
  it('sees a cancel, whose reason arrives whole', async () => {
    const scope = CancelScope.open(labelled('job')(any(manual('stop'), timeout('1 hour'))))()
    const thread = start('loop', share(scope)())
    await thread.ready
    const detail = `enough ${'𝒳é"\\\n\ud800'.repeat(500)}`
    expect(CancelScope.cancel(scope, detail)()).toBe(true)
    const [rounds, reason] = await thread.answer
    expect(rounds).toBeGreaterThan(0)
    expect(reason).toEqual(reasonOf(scope))
    expect(reason).toMatchObject({ _tag: 'Requested', detail, label: 'job', path: [] })
  })

  it('sees a manual input', async () => {
    const scope = CancelScope.open(any(timeout('1 hour'), labelled('button')(manual('stop'))))()
    const thread = start('loop', share(scope)())
    await thread.ready
    CancelScope.cancelInput(scope, 'stop', 'enough')()
    expect((await thread.answer)[1]).toMatchObject({
      _tag: 'Requested',
      name: 'stop',
      detail: 'enough',
      label: 'button',
      path: ['any', 1, 'labelled', 'button'],
    })
    expect((await thread.answer)[1]).toEqual(reasonOf(scope))
  })

  it('sees time pass', async () => {
    const token = any(timeout('50ms'), deadline(Date.now() + 3_600_000))
    const scope = CancelScope.open(token)()
    const [, reason] = await start('loop', share(scope)()).answer
    expect(reason).toMatchObject({ _tag: 'TimedOut', duration: 50, path: ['any', 0] })
    expect(reasonOf(scope)).toEqual(reason)
  })

  it('sees a deadline', async () => {
    const instant = Date.now() + 50
    const scope = CancelScope.open(deadline(instant))()
    const [, reason] = await start('loop', share(scope)()).answer
    expect(reason).toMatchObject({ _tag: 'DeadlinePassed', instant, path: [] })
    expect(reason?.at).toBeGreaterThanOrEqual(instant)
    expect(reasonOf(scope)).toEqual(reason)
  })

  it('sees what comes after something: the hard stop that follows a soft one', async () => {
    const scope = CancelScope.open(andThen(manual('sigterm'), timeout('20ms')))()
    const thread = start('loop', share(scope)())
    await thread.ready
    CancelScope.cancelInput(scope, 'sigterm')()
    expect((await thread.answer)[1]).toMatchObject({ _tag: 'TimedOut', path: ['andThen', 1] })
  })

  it('sees what happens to parents, shared with it', async () => {
    const root = CancelScope.open(any(manual('stop'), timeout('1 hour')))()
    const left = CancelScope.child(never)(root)()
    const right = CancelScope.child(never)(root)()
    const scope = CancelScope.link([left, right], counter(2 ** 40))()
    const thread = start('loop', share(scope)())
    await thread.ready
    CancelScope.cancelInput(root, 'stop')()
    const [, reason] = await thread.answer
    expect(reason).toMatchObject({ _tag: 'Requested', name: 'stop' })
    expect(reason).toEqual(reasonOf(scope))
  })

  it('sees an AbortSignal of this thread', async () => {
    const controller = new AbortController()
    const scope = CancelScope.child(never)(Signal.fromAbortSignal(controller.signal)())()
    const thread = start('loop', share(scope)())
    await thread.ready
    controller.abort(new Error('gone'))
    expect((await thread.answer)[1]).toEqual(reasonOf(scope))
  })

  it('sees it through a scope that it has derived', async () => {
    const scope = CancelScope.open(never)()
    const thread = start('loopInChild', share(scope)())
    await thread.ready
    CancelScope.cancel(scope, 'enough')()
    expect(await thread.answer).toMatchObject({ detail: 'enough' })
  })

  it('runs on the ticks of a shared clock', async () => {
    using clock = Clock.shared()
    clock.monotonic()
    const scope = CancelScope.open(timeout('50ms'), { clock })()
    expect((await start('loop', share(scope)()).answer)[1]).toMatchObject({ _tag: 'TimedOut' })
  })
})

describe('counting and spending by many threads', () => {
  it.each([
    ['a counter', counter(1_000_000)],
    ['a counter among others', any(counter(1_000_000), all(counter(10), manual('stop')), timeout('1 hour'))],
    ['a counter that takes 64 bits beside another', any(counter(1_000_000), counter(2 ** 40))],
    ['a counter of all looks', counter(1_000_000, { direct: false })],
  ])('loses and doubles no poll of %s', async (_, token) => {
    const scope = CancelScope.open(token as Token.Token)() // sound: nobody asks for its input here
    const handle = share(scope)()
    const found = await Promise.all(Array.from({ length: 8 }, () => start('loop', handle).answer))
    expect(found.reduce((sum, [rounds]) => sum + rounds, 0)).toBe(1_000_000)
    for (const [, reason] of found) expect(reason).toEqual(found[0]![1])
    expect(reasonOf(scope)).toMatchObject({ _tag: 'CounterExhausted', limit: 1_000_000 })
  })

  it('loses and doubles nothing that is spent', async () => {
    const scope = CancelScope.open(budget('calls', 200_000))()
    const handle = share(scope)()
    const found = await Promise.all(Array.from({ length: 8 }, () => start('spendAll', handle).answer))
    const spent = found.reduce((sum, [each]) => sum + each, 0)
    // who spends the last of it is told so, and whoever is on the way then too
    expect(spent).toBeGreaterThanOrEqual(200_000)
    expect(spent).toBeLessThanOrEqual(200_008)
    for (const [, reason] of found) expect(reason).toEqual(found[0]![1])
  })

  it('starts a second counter where the first has ended', async () => {
    const scope = CancelScope.open(andThen(counter(300_000), counter(200_000)))()
    const handle = share(scope)()
    const found = await Promise.all(Array.from({ length: 4 }, () => start('loop', handle).answer))
    const alone = CancelScope.keepGoing(CancelScope.open(andThen(counter(300_000), counter(200_000)))())
    let rounds = 0
    while (alone()) rounds++
    const shared = found.reduce((sum, [each]) => sum + each, 0)
    // polls that are on the way when the second starts may count for neither, or be told to stop when it has ended
    expect(shared).toBeGreaterThanOrEqual(rounds - 4)
    expect(shared).toBeLessThanOrEqual(rounds + 4)
  })
})

describe('another thread', () => {
  it.each(['cancel', 'request'] as const)('may %s, and this one sees it in a busy loop', async (what) => {
    const scope = CancelScope.open(manual('stop'))()
    const detail = 'from elsewhere 𝒳'
    const thread = start(what, { handle: share(scope)(), detail })
    const more = CancelScope.keepGoing(scope)
    while (more());
    expect(await thread.answer).toBe(true)
    expect(reasonOf(scope)).toMatchObject({ _tag: 'Requested', detail })
  })

  it('wakes who waits here', async () => {
    const scope = CancelScope.open(manual('stop'))()
    const child = CancelScope.child(never)(scope)()
    const signal = Signal.toAbortSignal(child)()
    const waiting = CancelScope.wait(child)()
    const thread = start('request', { handle: share(scope)(), detail: 'now' })
    expect(await waiting).toMatchObject({ detail: 'now' })
    expect(signal.aborted).toBe(true)
    expect(await thread.answer).toBe(true)
  })

  it('is woken where it sleeps', async () => {
    const scope = CancelScope.open(manual('stop'))()
    const thread = start('sleep', share(scope)())
    await thread.ready
    CancelScope.cancel(scope, 'wake up')()
    expect(await thread.answer).toMatchObject({ detail: 'wake up' })
  })

  it('is woken where it waits, listens and has an AbortSignal', async () => {
    const scope = CancelScope.open(manual('stop'))()
    const thread = start('wait', share(scope)())
    await thread.ready
    CancelScope.cancel(scope, 'wake up')()
    const [waited, heard, aborted] = await thread.answer
    expect(waited).toMatchObject({ detail: 'wake up' })
    expect(heard).toEqual(waited)
    expect(aborted).toBe(true)
  })

  it('opens a handle twice, and both are one scope', async () => {
    const scope = CancelScope.open(counter(3))()
    const [polls, first, second] = await start('openTwice', share(scope)()).answer
    expect(polls).toEqual([true, true, true, false])
    expect(first).toEqual(second)
    expect(first).toEqual(reasonOf(scope))
  })

  it('gets a handle after the cancel', async () => {
    const scope = CancelScope.open(manual('stop'))()
    CancelScope.cancel(scope, 'before')()
    expect(await start('look', share(scope)()).answer).toEqual(reasonOf(scope))
    const late = CancelScope.open(manual('stop'))()
    const handle = share(late)()
    CancelScope.cancel(late, 'after')()
    expect(await start('look', handle).answer).toEqual(reasonOf(late))
  })

  it('asks the conditions it has, and this one those it has', async () => {
    const asked = vi.fn<() => boolean>(() => false)
    const token = any(condition('done'), condition('never', { fallback: true, onError: 'ignore' }))
    const scope = CancelScope.open(token, { conditions: { done: asked, never: () => false } })()
    const handle = share(scope)()
    expect(CancelScope.keepGoing(scope)()).toBe(true)
    expect(asked).toHaveBeenCalledTimes(1)
    expect(await start('meet', handle).answer).toMatchObject({ _tag: 'ConditionMet', name: 'done' })
    expect(CancelScope.keepGoing(scope)()).toBe(false)
    expect(asked).toHaveBeenCalledTimes(1)
  })

  it('gives signs of life', async () => {
    const scope = CancelScope.open(idle('worker', '1 hour'))()
    const handle = share(scope)()
    const before = Date.now()
    while (Date.now() < before + 20);
    expect(await start('beatFor', { handle, beats: 1000 }).answer).toBe(true)
    const left = CancelScope.residual(scope)()
    // without a beat it would be less by the time before the thread began
    expect(left._tag === 'Idle' && left.left > 3_600_000 - (Date.now() - before) + 10).toBe(true)
  })
})

describe('races', () => {
  it('10,000 cancels by 8 threads that poll: one is first, and all know whose', async () => {
    const scopes = Array.from({ length: 10_000 }, () => CancelScope.open(manual('stop'))())
    const handles = scopes.map((scope) => share(scope, { room: 512 })())
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    const gate = new SharedArrayBuffer(4)
    const running = names.map((name) => start('cancelEach', { handles, name, gate }))
    await Promise.all(running.map(({ ready }) => ready))
    Atomics.store(new Int32Array(gate), 0, 1)
    Atomics.notify(new Int32Array(gate), 0)
    const found = await Promise.all(running.map(({ answer }) => answer))
    scopes.forEach((scope, index) => {
      const reason = reasonOf(scope)
      const firsts = names.filter((_, thread) => found[thread]![index]![0])
      expect(firsts).toHaveLength(1)
      expect(reason).toMatchObject({ detail: `${firsts[0]} ${index}` })
      for (const each of found) expect(each[index]![1]).toEqual(reason)
    })
    const winners = names.filter((_, thread) => found[thread]!.some(([first]) => first))
    expect(winners.length).toBeGreaterThan(1)
  })

  it('a thread that is ended anywhere holds up nobody', async () => {
    const token = any(manual('stop'), budget('calls', 1e15), idle('worker', '1 hour'), counter(2 ** 50))
    const scope = CancelScope.open(token)()
    const handle = share(scope)()
    for (let round = 0; round < 20; round++) {
      const churning = [start('churn', handle), start('churn', handle)]
      await Promise.all(churning.map(({ ready }) => ready))
      for (let polls = 0; polls < 1000 * round; polls++) CancelScope.poll(scope)()
      await Promise.all(churning.map(({ terminate }) => terminate()))
      expect(CancelScope.keepGoing(scope)()).toBe(true)
      expect(CancelScope.spend(scope, 'calls', 1)()).toBe(true)
    }
    const last = start('loop', handle)
    await last.ready
    expect(CancelScope.cancelInput(scope, 'stop')()).toBe(true)
    expect((await last.answer)[1]).toEqual(reasonOf(scope))
  })
})

describe('in one thread', () => {
  const expectNoReading = (view: CancelScope.ScopeView): void => {
    const monotonic = vi.spyOn(performance, 'now')
    const wall = vi.spyOn(Date, 'now')
    for (let polls = 0; polls < 100; polls++) CancelScope.poll(view)()
    expect(monotonic).not.toHaveBeenCalled()
    expect(wall).not.toHaveBeenCalled()
    vi.restoreAllMocks()
  }

  it('the time that threads share is measured from a reading of now, also where a clock keeps its readings', () => {
    let kept = performance.now() - 1_000_000
    const keeping: Clock.Clock = {
      ...Clock.system,
      monotonic: () => kept,
      renew: () => {
        kept = performance.now()
      },
    }
    expect(Math.abs(ahead(keeping) - ahead(Clock.system))).toBeLessThan(500_000)
  })

  it('a poll reads no clock if nothing needs time', () => {
    const scope = CancelScope.open(any(manual('stop'), counter(1000), budget('calls', 5)))()
    const view = openShared(share(scope)())()
    expectNoReading(view)
  })

  it('nor where a thread was ended in the middle of spending', () => {
    const scope = CancelScope.open(any(manual('stop'), budget('calls', 5)))()
    const handle = share(scope)()
    new State(handle.scopes[0]!.state).beginSpending()
    const view = openShared(handle)()
    expectNoReading(view)
  })

  it('what is left, how long, and how far it has come are told as of any scope', () => {
    const scope = CancelScope.open(any(counter(5), budget('calls', 3), timeout('1 hour')))()
    const owned = ownShared(share(scope)())()
    CancelScope.poll(owned)()
    CancelScope.spend(owned, 'calls', 1)()
    const left = CancelScope.residual(scope)()
    expect(left).toMatchObject({
      tokens: [{ _tag: 'Counter', left: 4 }, { _tag: 'Budget', left: 2 }, { _tag: 'Timeout' }],
    })
    expect(O.toNullable(CancelScope.remaining(owned)())).toBeLessThanOrEqual(3_600_000)
    expect(CancelScope.explain(scope)().parts[0]).toMatchObject({ progress: { used: 1, limit: 5 } })
  })

  it('closing ends it for all', () => {
    const scope = CancelScope.open(any(manual('stop'), counter(1)))()
    const owned = ownShared(share(scope)())()
    CancelScope.close(scope)()
    expect(CancelScope.cancelInput(owned, 'stop')()).toBe(false)
    expect(CancelScope.cancel(owned)()).toBe(false)
    for (let polls = 0; polls < 3; polls++) expect(CancelScope.keepGoing(owned)()).toBe(true)
  })

  it('a scope is shared but once, and a handle leads to the same state each time', () => {
    const scope = CancelScope.open(counter(2))()
    const [first, second] = [openShared(share(scope)())(), openShared(share(scope)())()]
    const again = openShared(share(first)())()
    expect([first, second, again].map((view) => CancelScope.keepGoing(view)())).toEqual([true, true, false])
  })

  it('those who listened before it was shared are told by other views', () => {
    const scope = CancelScope.open(manual('stop'))()
    const child = CancelScope.child(never)(scope)()
    const heard = vi.fn<(reason: Reason.Reason) => void>()
    CancelScope.onCancelled(child, heard)()
    const owned = ownShared(share(scope)())()
    CancelScope.cancelInput(owned, 'stop')()
    expect(CancelScope.isCancelled(child)()).toBe(true)
    expect(heard).toHaveBeenCalledTimes(1)
  })

  it('a narrow scope counts the polls of its parent', () => {
    const whole = CancelScope.open(counter(3))()
    const view = openShared(share(CancelScope.narrow(never)(whole)())())()
    expect([1, 2, 3, 4].map(() => CancelScope.keepGoing(view)())).toEqual([true, true, true, false])
  })

  it('time that has passed before sharing has passed', () => {
    const scope = CancelScope.open(timeout(0))()
    expect(reasonOf(openShared(share(scope)())())).toMatchObject({ _tag: 'TimedOut', duration: 0 })
  })
})

describe('what is kept', () => {
  it('the background is nobody’s to share, and stays as it was', () => {
    const child = CancelScope.child(manual('stop'))(CancelScope.background)()
    const view = openShared(share(child)())()
    expect(reasonOf(view)).toBe(null)
    CancelScope.cancelInput(child, 'stop')()
    expect(reasonOf(view)).toMatchObject({ name: 'stop' })
    expect(CancelScope.waitSync(CancelScope.child(manual('other'))(CancelScope.background)())).toThrow('never return')
    expect(reasonOf(openShared(share(CancelScope.background)())())).toBe(null)
  })

  it('an amount beyond all numbers arrives as one', () => {
    const scope = CancelScope.open(budget('calls', Number.MAX_VALUE))()
    CancelScope.spend(scope, 'calls', Number.MAX_VALUE / 2)()
    CancelScope.spend(scope, 'calls', Number.MAX_VALUE)()
    const waits = CancelScope.open(all(budget('calls', Number.MAX_VALUE), manual('stop')))()
    CancelScope.spend(waits, 'calls', Number.MAX_VALUE / 2)()
    CancelScope.spend(waits, 'calls', Number.MAX_VALUE)()
    const views = [scope, waits].map((each) => openShared(structuredClone(share(each)()))())
    CancelScope.cancelInput(waits, 'stop')()
    const [reason, both] = views.map(reasonOf)
    expect(reason?._tag === 'BudgetSpent' && reason.spent).toBe(Infinity)
    expect(both).toEqual(reasonOf(waits))
    expect(both?._tag === 'AllOf' && both.reasons[0]).toMatchObject({ _tag: 'BudgetSpent', spent: Infinity })
  })

  it('a label of any length is, whatever the room', () => {
    const label = 'long '.repeat(400)
    const scope = CancelScope.open(labelled(label)(manual('stop')))()
    const view = openShared(share(scope, { room: 0 })())()
    CancelScope.cancel(scope)()
    expect(reasonOf(view)).toMatchObject({ label })
  })

  it('the tolerance of a shared clock goes along', () => {
    using clock = Clock.shared({ tolerance: 500 })
    const view = openShared(share(CancelScope.open(timeout('1 hour'), { clock })())())()
    expect(CancelScope.clock(view)).toMatchObject({ buffer: clock.buffer, behind: 500 })
  })
})

describe('sleeping', () => {
  it.each([
    ['the clock of the system', undefined],
    ['a shared clock', Clock.shared({ tolerance: 50 })],
  ])('is on the bell that entries ring, on %s', (_, clock) => {
    const scope = CancelScope.open(any(manual('stop'), timeout('1 hour')), clock === undefined ? {} : { clock })()
    const handle = share(scope)()
    const wait = vi.spyOn(Atomics, 'wait')
    const notify = vi.spyOn(Atomics, 'notify')
    expect(CancelScope.waitSync(openShared(handle)(), { timeout: '30ms' })()._tag).toBe('None')
    const bell = handle.scopes[0]!.state.bell
    expect(wait.mock.calls.every(([cells]) => cells.buffer === bell)).toBe(true)
    expect(wait).toHaveBeenCalled()
    CancelScope.cancel(scope)()
    expect(notify.mock.calls.map(([cells]) => cells.buffer)).toContain(bell)
    vi.restoreAllMocks()
    if (clock !== undefined) clock.close()
  })
})

describe('refusals', () => {
  const handle = (): ScopeHandle<'manual:stop'> => share(CancelScope.open(manual('stop'))())()

  it('what is no handle', () => {
    const gone = JSON.parse(JSON.stringify(handle())) as ScopeHandle // sound: it is refused
    for (const open of [openShared, ownShared]) {
      expect(() => open({} as ScopeHandle)).toThrow(
        new TypeError(
          'handle must be what share gives, sent as it is, but was an object; an AbortSignal that is posted arrives as one, a scope is to be shared first',
        ),
      ) // sound: what an AbortSignal arrives as
      expect(() => open(null as unknown as ScopeHandle)).toThrow('handle must be what share gives') // sound: as above
      expect(() => open(gone)).toThrow(/^handle must hold shared memory, .* send the residual there$/)
      expect(() => open({ ...handle(), scopes: [] })).toThrow('handle must hold shared memory')
    }
  })

  it('what is no predicate', () => {
    const conditions = { done: 'yes' } as unknown as Record<string, () => boolean> // sound: an untyped caller
    expect(() => openShared(handle(), { conditions })).toThrow("conditions must be predicates, but 'done' was 'yes'")
  })

  it('a view has no owner', () => {
    const view = openShared(handle())()
    expect(CancelScope.cancel(view as CancelScope.CancelScope)).toThrow('has no owner here') // sound: an untyped caller
    expect(() => ownShared(share(view)() as ScopeHandle)).toThrow('handle must be that of a scope that has an owner') // sound: as above
    expect(reasonOf(view)).toBe(null)
  })

  it('a clock that other threads cannot read', () => {
    const own = { ...Clock.system, monotonic: () => 0 }
    expect(share(CancelScope.open(timeout(5), { clock: own })())).toThrow('must be Clock.system or Clock.shared()')
    const clock = Clock.virtual()
    expect(share(CancelScope.open(timeout(5), { clock })())).toThrow('must be Clock.system or Clock.shared()')
    expect(reasonOf(openShared(share(CancelScope.open(manual('stop'), { clock })())())())).toBe(null)
  })

  it('no cancel, for however long a detail: it is cut to what there is room for', () => {
    const detail = `begins ${'x'.repeat(2000)}`
    for (const whole of [true, false]) {
      const scope = CancelScope.open(manual('stop'))()
      const owned = ownShared(share(scope, { room: 1000 })())()
      const cancel = whole ? CancelScope.cancel(owned, detail) : CancelScope.cancelInput(owned, 'stop', detail)
      expect(cancel()).toBe(true)
      expect(reasonOf(scope)).toEqual(reasonOf(owned))
      expect(reasonOf(scope)).toMatchObject({ detail: expect.stringMatching(/^begins x{400,}…$/) })
    }
  })

  it.each([-1, 1.5, NaN, 2 ** 40])('a room of %d', (room) => {
    expect(() => share(CancelScope.open(never)(), { room })).toThrow(/^room must be an integer from 0 to 16777216/)
  })

  it('sharing from within a predicate of its own poll', () => {
    let attempt: unknown
    const scope: CancelScope.ScopeView = CancelScope.open(condition('done'), {
      conditions: {
        done: () => {
          try {
            share(scope)()
          } catch (error) {
            attempt = error
          }
          return false
        },
      },
    })()
    CancelScope.poll(scope)()
    expect(attempt).toBeInstanceOf(Error)
  })
})
