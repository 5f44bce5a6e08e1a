/** Listening: who is called, in which order and how often, what reads as cancelled by then, and what keeps a process alive. */
import { spawn } from 'node:child_process'
import { build } from 'esbuild'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { CancelScope, Clock, Token } from 'cantok-ts'
import type { Reason, World } from 'cantok-ts'

type AnyToken = Token.Token<Token.Input>
type Owned = CancelScope.CancelScope<Token.Input>

const { any, cancelled, condition, counter, manual, never, timeout } = Token

const open = (token: AnyToken, clock: Clock.Clock = Clock.virtual(), conditions: World.Conditions = {}): Owned =>
  CancelScope.open(token, { clock, conditions })()

const child = (parent: CancelScope.ScopeView, token: AnyToken = never, conditions: World.Conditions = {}): Owned =>
  CancelScope.child(token, { conditions })(parent)()

const listen = (
  scope: CancelScope.ScopeView,
  f: (reason: Reason.Reason) => void,
  options?: CancelScope.ListenOptions,
): CancelScope.Unsubscribe => CancelScope.onCancelled(scope, f, options)()

const isCancelled = (scope: CancelScope.ScopeView): boolean => CancelScope.isCancelled(scope)()

const spy = () => vi.fn<(value: unknown) => void>()

const boom = (text: string) => (): never => {
  throw new Error(text)
}

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('a listener', () => {
  it('is called once, with the reason, in the turn in which the scope fires', () => {
    const scope = open(manual('a'))
    const f = spy()
    listen(scope, f)
    expect(f).not.toHaveBeenCalled()
    CancelScope.cancelInput(scope, 'a', 'enough')()
    expect(f.mock.calls).toMatchObject([[{ _tag: 'Requested', name: 'a', detail: 'enough' }]])
    CancelScope.cancel(scope)()
    CancelScope.poll(scope)()
    expect(f).toHaveBeenCalledOnce()
  })

  it('is called by whatever look finds the scope fired', () => {
    const looks = [
      CancelScope.poll,
      CancelScope.peek,
      CancelScope.keepGoing,
      CancelScope.isCancelled,
      CancelScope.check,
    ]
    for (const look of [...looks, CancelScope.residual, CancelScope.explain, CancelScope.remaining]) {
      let now = 0
      // a clock whose timers never come
      const clock = { monotonic: () => now, wall: () => now, schedule: () => () => () => {} }
      const scope = open(timeout(5), clock)
      const f = spy()
      listen(scope, f)
      now = 5
      look(scope)()
      expect(f).toHaveBeenCalledOnce()
    }
  })

  it('is called for the look that finds a condition of the moment true', () => {
    const clock = Clock.virtual()
    let truth = false
    const scope = open(condition('p', { latch: false }), clock, { p: () => truth })
    const below = child(scope)
    const [f, g, again] = [spy(), spy(), spy()]
    listen(scope, f)
    listen(below, g)
    truth = true
    CancelScope.poll(scope)()
    truth = false
    expect(f.mock.calls).toMatchObject([[{ _tag: 'ConditionMet' }]])
    expect(g.mock.calls).toMatchObject([[{ _tag: 'ConditionMet' }]])
    expect([isCancelled(scope), isCancelled(below), clock.timers()]).toEqual([false, true, 0])
    listen(scope, again)
    expect(again).not.toHaveBeenCalled()
    truth = true
    clock.advance(1)()
    expect(again).toHaveBeenCalledOnce()
    expect(f).toHaveBeenCalledOnce()
  })

  it('that comes late is called at once, and cannot be taken back', () => {
    const scope = open(cancelled('x'))
    const f = spy()
    const unsubscribe = listen(scope, f)
    expect(f.mock.calls).toMatchObject([[{ detail: 'x' }]])
    expect([unsubscribe(), unsubscribe()]).toEqual([false, false])
  })

  it('that finds time overdue is called at once', () => {
    const clock = Clock.virtual()
    const scope = open(any(timeout(5), manual('a')), clock)
    clock.advance(5)()
    const f = spy()
    listen(scope, f)
    expect(f.mock.calls).toMatchObject([[{ _tag: 'TimedOut', at: 5 }]])
    expect(clock.timers()).toBe(0)
  })

  it('is called as often as it is given', () => {
    const scope = open(manual('a'))
    const f = spy()
    listen(scope, f)
    const unsubscribe = listen(scope, f)
    listen(scope, f)
    expect(unsubscribe()).toBe(true)
    CancelScope.cancel(scope)()
    expect(f).toHaveBeenCalledTimes(2)
  })

  it('must be a function', () => {
    // @ts-expect-error: no function
    expect(() => CancelScope.onCancelled(open(never), 1)).toThrow(new TypeError('f must be a function, but was 1'))
  })
})

describe('unsubscribing', () => {
  it('is final, and says whether it was in time', () => {
    const clock = Clock.virtual()
    const scope = open(timeout(5), clock)
    const [f, g] = [spy(), spy()]
    const [early, late] = [listen(scope, f), listen(scope, g)]
    expect([early(), early(), clock.timers()]).toEqual([true, false, 1])
    clock.advance(5)()
    expect([f.mock.calls.length, g.mock.calls.length]).toEqual([0, 1])
    expect([early(), late(), clock.timers()]).toEqual([false, false, 0])
  })

  it('leaves no timer, here and in parents, once the last has gone', () => {
    const clock = Clock.virtual()
    const top = open(any(timeout(5), condition('p')), clock, { p: () => false })
    const scope = CancelScope.link([top, child(top, timeout(6))], timeout(7))()
    const unsubscribes = [scope, top, scope].map((each, i) =>
      listen(each, () => {}, { every: i + 1, keepAlive: i > 0 }),
    )
    expect(clock.timers()).toBe(3)
    expect([unsubscribes[2]!(), unsubscribes[0]!(), clock.timers()]).toEqual([true, true, 1])
    expect([unsubscribes[1]!(), clock.timers()]).toEqual([true, 0])
  })

  it('another one during the run is in time if that has not been called', () => {
    const scope = open(manual('a'))
    const below = child(scope)
    const log: Array<unknown> = []
    const first = listen(scope, () => log.push('first'))
    listen(scope, () => log.push(first(), second(), third(), self()))
    const self = listen(scope, () => {})
    const second = listen(scope, () => log.push('second'))
    const third = listen(below, () => log.push('third'))
    CancelScope.cancel(scope)()
    expect(log).toEqual(['first', false, true, true, true])
    expect([second(), third()]).toEqual([false, false])
  })

  it('oneself during the run is too late', () => {
    const scope = open(manual('a'))
    const log: Array<boolean> = []
    const unsubscribe: CancelScope.Unsubscribe = listen(scope, () => log.push(unsubscribe()))
    CancelScope.cancel(scope)()
    expect(log).toEqual([false])
  })

  it('after a condition of the moment leaves alone who has listened since', () => {
    const clock = Clock.virtual()
    let truth = false
    const scope = open(condition('p', { latch: false }), clock, { p: () => truth })
    const old = listen(scope, () => {})
    truth = true
    CancelScope.peek(scope)()
    truth = false
    const f = spy()
    listen(scope, f)
    expect([old(), clock.timers()]).toEqual([false, 1])
    truth = true
    clock.advance(1)()
    expect(f).toHaveBeenCalledOnce()
  })
})

describe('listeners', () => {
  it('are called first in, first out, those of a scope before those of scopes derived from it', () => {
    const scope = open(manual('a'))
    const below = child(scope)
    const log: Array<number> = []
    listen(below, () => log.push(4))
    for (const each of [1, 2, 3]) listen(scope, () => log.push(each))
    listen(below, () => log.push(5))
    CancelScope.cancel(scope)()
    expect(log).toEqual([1, 2, 3, 4, 5])
  })

  it('may cancel, feed and close the scope again, which changes nothing', () => {
    const scope = open(manual('a'))
    const log: Array<unknown> = []
    listen(scope, () => {
      log.push(CancelScope.cancel(scope)(), CancelScope.cancelInput(scope, 'a')())
      CancelScope.close(scope)()
    })
    listen(scope, (reason) => log.push(reason.path, isCancelled(scope)))
    CancelScope.cancelInput(scope, 'a')()
    expect(log).toEqual([false, false, [], true])
  })

  it('may cancel another scope, whose listeners run within', () => {
    const [first, second] = [open(manual('a')), open(manual('b'))]
    const log: Array<string> = []
    listen(first, () => {
      CancelScope.cancel(second)()
      log.push('first')
    })
    listen(second, () => log.push('second'))
    listen(second, () => {
      CancelScope.cancel(first)()
      log.push('second again')
    })
    CancelScope.cancel(first)()
    expect(log).toEqual(['second', 'second again', 'first'])
  })

  it('may cancel a scope that is about to be told: it keeps its reason, and its listeners are called once', () => {
    const scope = open(manual('a'))
    const below = child(scope)
    const f = spy()
    listen(scope, () => CancelScope.cancel(below, 'by itself')())
    listen(below, f)
    CancelScope.cancel(scope, 'above')()
    expect(f.mock.calls).toMatchObject([[{ detail: 'above' }]])
  })

  it('that listen within a listener are called at once', () => {
    const scope = open(manual('a'))
    const below = child(scope)
    const log: Array<string> = []
    listen(scope, () => {
      listen(scope, () => log.push('within'))
      listen(below, () => log.push('below'))
      listen(child(scope), () => log.push('new'))
    })
    listen(scope, () => log.push('next'))
    CancelScope.cancel(scope)()
    expect(log).toEqual(['within', 'below', 'new', 'next'])
  })

  it('that are added within a predicate hear of what that very look finds', () => {
    let truth = false
    const f = spy()
    const scope: Owned = open(condition('p'), Clock.virtual(), {
      p: () => {
        if (truth) listen(scope, f)
        return truth
      },
    })
    expect(isCancelled(scope)).toBe(false)
    truth = true
    expect(isCancelled(scope)).toBe(true)
    expect(f).toHaveBeenCalledOnce()
  })

  it('that are added within a predicate of a parent hear of what that very look finds', () => {
    let truth = false
    const f = spy()
    const scope = open(condition('p'), Clock.virtual(), {
      p: () => {
        if (truth) listen(below, f)
        return truth
      },
    })
    const below = child(scope)
    expect(isCancelled(below)).toBe(false)
    truth = true
    expect(isCancelled(below)).toBe(true)
    expect(f).toHaveBeenCalledOnce()
  })

  it('are called when a predicate cancels the scope that is being looked at', () => {
    const f = spy()
    const clock = Clock.virtual()
    let stops = false
    const scope: Owned = open(condition('p'), clock, {
      p: () => stops && CancelScope.cancel(scope, 'inside')() && false,
    })
    listen(scope, f)
    stops = true
    clock.advance(1)()
    expect(f.mock.calls).toMatchObject([[{ detail: 'inside' }]])
    expect(clock.timers()).toBe(0)
  })

  it('are called when a predicate feeds the scope that is being looked at', () => {
    const f = spy()
    const clock = Clock.virtual()
    let stops = false
    const scope: Owned = open(any(condition('p'), manual('a')), clock, {
      p: () => stops && CancelScope.cancelInput(scope, 'a')() && false,
    })
    listen(child(scope), f)
    stops = true
    clock.advance(1)()
    expect(f.mock.calls).toMatchObject([[{ name: 'a' }]])
  })

  it('of a scope that is closed are called when a parent fires, unless they listen until then only', () => {
    const clock = Clock.virtual()
    const scope = open(manual('a'), clock)
    const below = child(scope, any(timeout(5), condition('p')), { p: () => false })
    const [f, g] = [spy(), spy()]
    listen(below, f)
    const unsubscribe = listen(below, g, { onClosed: () => undefined })
    CancelScope.close(below)()
    expect([clock.timers(), unsubscribe()]).toEqual([0, false])
    CancelScope.cancel(scope)()
    expect([f.mock.calls.length, g.mock.calls.length]).toEqual([1, 0])
  })

  it('that listen until closed are called by a close that finds the scope fired', () => {
    const clock = Clock.virtual()
    let now = 0
    const scope = open(timeout(5), { ...clock, monotonic: () => now })
    const f = spy()
    listen(scope, f, { onClosed: () => undefined })
    now = 5
    CancelScope.close(scope)()
    expect(f).toHaveBeenCalledOnce()
  })
})

describe('when the first listener runs', () => {
  it('every child and link reads as cancelled, whether waited for or not', () => {
    const scope = open(manual('a'))
    const waited = child(scope)
    const idle = child(scope)
    const linked = CancelScope.link([open(never), waited], never)()
    const all = [scope, waited, idle, linked, child(linked), child(idle)]
    const log: Array<ReadonlyArray<boolean>> = []
    for (const each of [scope, waited, linked]) listen(each, () => log.push(all.map(isCancelled)))
    CancelScope.cancelInput(scope, 'a')()
    expect(log).toEqual([all, all, all].map((each) => each.map(() => true)))
  })

  it('of one that fires by its timer, too', () => {
    const clock = Clock.virtual()
    const scope = open(timeout(5), clock)
    const below = child(child(scope))
    const log: Array<boolean> = []
    listen(scope, () => log.push(isCancelled(below)))
    listen(below, () => log.push(isCancelled(scope)))
    clock.advance(5)()
    expect(log).toEqual([true, true])
  })

  it('of one that fires by a condition of the moment, all that are waited for', () => {
    const clock = Clock.virtual()
    let truth = false
    const scope = open(condition('p', { latch: false }), clock, { p: () => truth })
    const middle = child(scope)
    const below = child(middle)
    const log: Array<boolean> = []
    listen(scope, () => {
      truth = false
      log.push(isCancelled(middle), isCancelled(below))
    })
    listen(below, () => {})
    truth = true
    clock.advance(1)()
    expect(log).toEqual([true, true])
  })

  it('a chain of 100,000 scopes reads as cancelled at its end', () => {
    const clock = Clock.virtual()
    const scope = open(any(manual('a'), timeout('1 hour')), clock)
    let last: Owned = scope
    for (let i = 0; i < 100_000; i++) last = child(last)
    const log: Array<unknown> = []
    listen(scope, () => log.push('first', isCancelled(last)))
    listen(last, () => log.push('last'))
    const [waiting, again] = [listen(last, () => {}), listen(last, () => {})]
    expect([waiting(), again(), clock.timers()]).toEqual([true, true, 1])
    CancelScope.cancelInput(scope, 'a')()
    expect(log).toEqual(['first', true, 'last'])
    expect(clock.timers()).toBe(0)
  })

  it('so do 100,000 children', () => {
    const clock = Clock.virtual()
    const scope = open(any(manual('a'), timeout('1 hour')), clock)
    const children = Array.from({ length: 100_000 }, () => child(scope))
    let calls = 0
    listen(scope, () => expect(children.every(isCancelled)).toBe(true))
    for (const each of children) listen(each, () => calls++)
    expect(clock.timers()).toBe(1)
    CancelScope.cancelInput(scope, 'a')()
    expect([calls, clock.timers()]).toEqual([100_000, 0])
  })
})

describe('the reason that a derived scope is told', () => {
  it('is its own where both fire at one instant, and else that of the first parent in order', () => {
    const clock = Clock.virtual()
    const [first, second] = [open(timeout(5), clock), open(timeout(5), clock)]
    const log: Array<unknown> = []
    listen(second, () => {})
    listen(CancelScope.link([first, second], Token.labelled('own')(timeout(5)))(), ({ label }) => log.push(label))
    listen(CancelScope.link([first, second], manual('a'))(), (reason) =>
      log.push(CancelScope.peek(first)(), reason === (CancelScope.peek(first)() as { value?: unknown }).value),
    )
    clock.advance(5)()
    expect(log).toMatchObject(['own', { _tag: 'Some' }, true])
  })

  it('does not tick its counters', () => {
    const scope = open(manual('a'))
    const f = spy()
    listen(child(scope, counter(2, { direct: false })), f)
    CancelScope.cancel(scope, 'above')()
    expect(f.mock.calls).toMatchObject([[{ detail: 'above' }]])
  })
})

describe('listeners that throw', () => {
  it('stop no other, and all they threw is reported together', () => {
    const reportError = spy()
    vi.stubGlobal('reportError', reportError)
    const scope = open(manual('a'))
    const below = child(scope)
    const f = spy()
    listen(scope, boom('one'))
    listen(scope, f)
    listen(below, boom('two'))
    listen(below, f)
    expect(CancelScope.cancel(scope)()).toBe(true)
    expect(f).toHaveBeenCalledTimes(2)
    expect(reportError).toHaveBeenCalledOnce()
    const error: unknown = reportError.mock.calls[0]?.[0]
    expect(error).toBeInstanceOf(AggregateError)
    expect(error).toMatchObject({
      message: '2 of the listeners of a cancelled scope threw',
      errors: [{ message: 'one' }, { message: 'two' }],
    })
  })

  it.each([
    ['onClosed', () => {}],
    ['onError', boom('predicate')],
  ] as const)('in their %s keep no other from being told', (option, fault) => {
    const reportError = spy()
    vi.stubGlobal('reportError', reportError)
    const clock = Clock.virtual()
    let isAsked = false
    const p = (): boolean => (isAsked && fault(), false)
    const scope = open(condition('p', { onError: 'throw' }), clock, { p })
    const told = spy()
    listen(scope, () => {}, { [option]: boom('one') })
    listen(scope, () => {}, { [option]: () => told(option) })
    isAsked = true
    clock.advance(1)()
    CancelScope.close(scope)()
    expect(told.mock.calls).toEqual([[option]])
    expect(reportError.mock.calls).toMatchObject([[{ errors: [{ message: 'one' }] }]])
  })

  it('late are reported the same', () => {
    const reportError = spy()
    vi.stubGlobal('reportError', reportError)
    const unsubscribe = listen(open(cancelled()), boom('late'))
    expect(unsubscribe()).toBe(false)
    expect(reportError.mock.calls).toMatchObject([
      [{ message: '1 of the listeners of a cancelled scope threw', errors: [{ message: 'late' }] }],
    ])
  })

  it.each([
    ['that has no text', Object.create(null)],
    ['whose text throws', { toString: boom('text') }],
  ])('stop no other with a value %s either', (_, value: unknown) => {
    const reportError = spy()
    vi.stubGlobal('reportError', reportError)
    const scope = open(manual('a'))
    const f = spy()
    listen(scope, () => {
      throw value
    })
    listen(scope, f)
    expect(CancelScope.cancel(scope)()).toBe(true)
    expect(f).toHaveBeenCalledOnce()
    expect(reportError.mock.calls).toMatchObject([[{ errors: [value] }]])
  })
})

describe('a process', () => {
  interface Ended {
    readonly status: number | null
    readonly lines: ReadonlyArray<string>
  }

  /** Runs a program against the library; one that does not end by itself is killed, and has no status. */
  const run = async (program: string): Promise<Ended> => {
    const contents = `
      import { CancelScope, Token } from './src/index.ts'
      const { condition, manual, never, timeout } = Token
      const { cancel, child, onCancelled, open, wait, waitFor } = CancelScope
      process.on('exit', () => console.log('end'))
      ${program}`
    const stdin = { contents, resolveDir: process.cwd() }
    const built = await build({ stdin, bundle: true, write: false, format: 'esm', platform: 'node' })
    return new Promise((resolve) => {
      const started = spawn(process.execPath, ['--input-type=module', '-'], { timeout: 60_000 })
      let output = ''
      started.stdout.on('data', (chunk: unknown) => (output += String(chunk)))
      started.on('close', (status) => resolve({ status, lines: output.split('\n').slice(0, -1) }))
      started.stdin.end(built.outputFiles[0]?.text)
    })
  }

  it('with a listener alone ends, however long its timer', async () => {
    const program = `onCancelled(open(timeout('1 hour'))(), () => console.log('called'))()`
    expect(await run(program)).toEqual({ status: 0, lines: ['end'] })
  })

  it('with a listener that polls a condition alone ends', async () => {
    const program = `onCancelled(open(condition('p'), { conditions: { p: () => false } })(), () => console.log('called'))()`
    expect(await run(program)).toEqual({ status: 0, lines: ['end'] })
  })

  it('with a waiter stays until that is through, also if the time is that of a parent', async () => {
    const program = `
      const parent = open(timeout(50))()
      onCancelled(parent, () => console.log('called'))()
      console.log((await wait(child(never)(parent)())())._tag)`
    expect(await run(program)).toEqual({ status: 0, lines: ['called', 'TimedOut', 'end'] })
  })

  it('with a waiter that polls a condition stays until that is true', async () => {
    const program = `
      let asked = 0
      const scope = open(condition('p'), { conditions: { p: () => ++asked === 10 } })()
      console.log((await wait(scope)())._tag)`
    expect(await run(program)).toEqual({ status: 0, lines: ['ConditionMet', 'end'] })
  })

  it('with a waiter that gives up is free to end, though a listener goes on with the same timer', async () => {
    const program = `
      const scope = open(timeout('1 hour'))()
      onCancelled(scope, () => console.log('called'))()
      console.log((await waitFor(scope, 20)())._tag, process.getActiveResourcesInfo().includes('Timeout'))`
    expect(await run(program)).toEqual({ status: 0, lines: ['Left false', 'end'] })
  })

  it('with a waiter added to a listener stays for the timer they share', async () => {
    const program = `
      const scope = open(timeout(50))()
      onCancelled(scope, () => console.log('called'))()
      wait(scope)().then(({ _tag }) => console.log(_tag))`
    expect(await run(program)).toEqual({ status: 0, lines: ['called', 'TimedOut', 'end'] })
  })

  it('with a listener asked to keep it alive stays', async () => {
    const program = `onCancelled(open(timeout(50))(), () => console.log('called'), { keepAlive: true })()`
    expect(await run(program)).toEqual({ status: 0, lines: ['called', 'end'] })
  })

  it('without a reportError hears of listeners that threw as of any error that nobody catches, all together', async () => {
    const program = `
      process.on('uncaughtException', ({ name, errors }) => console.log(name ?? '', errors.map(String).join()))
      const scope = open(manual('a'))()
      for (const each of ['one', 'two']) onCancelled(scope, () => { throw new Error(each) })()
      console.log(cancel(scope)())`
    expect(await run(program)).toEqual({ status: 0, lines: ['true', 'AggregateError Error: one,Error: two', 'end'] })
  })

  it('in which nobody catches it fails', async () => {
    const program = `
      const scope = open(manual('a'))()
      onCancelled(scope, () => { throw new Error('one') })()
      cancel(scope)()`
    expect((await run(program)).status).toBe(1)
  })
})
