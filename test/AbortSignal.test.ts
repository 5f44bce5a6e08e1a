/** The bridge to AbortSignal, both ways; what it does with the platform's own functions is in test/platform. */
import { getEventListeners, setMaxListeners } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { createContext, runInContext } from 'node:vm'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { CancellationError, CancelScope, Cancellable, Clock, Token } from 'cantok-ts'
import type { Reason, World } from 'cantok-ts'
import { fromAbortSignal, toAbortSignal } from 'cantok-ts/AbortSignal'
import type { AbortSignalLike } from 'cantok-ts/AbortSignal'

type AnyToken = Token.Token<Token.Input>
type Owned = CancelScope.CancelScope<Token.Input>

const { all, any, budget, cancelled, condition, counter, deadline, idle, labelled, manual, never, timeout } = Token

const open = (token: AnyToken, clock: Clock.Clock = Clock.virtual(), conditions: World.Conditions = {}): Owned =>
  CancelScope.open(token, { clock, conditions })()

const childOf = (parent: CancelScope.ScopeView, token: AnyToken = never): Owned =>
  CancelScope.child(token, { conditions: {} })(parent)()

const signalOf = (scope: CancelScope.ScopeView): AbortSignal => toAbortSignal(scope)()
const scopeOf = (signal: AbortSignalLike): CancelScope.ScopeView => fromAbortSignal(signal)()
const stop = (scope: Owned, detail?: string): boolean => CancelScope.cancelInput(scope, 'stop', detail)()
const isCancelled = (scope: CancelScope.ScopeView): boolean => CancelScope.isCancelled(scope)()

const said = (scope: CancelScope.ScopeView): Reason.Reason | 'going' => {
  const fired = CancelScope.peek(scope)()
  return fired._tag === 'Some' ? fired.value : 'going'
}

/** The reason that an aborted signal carries. */
const carried = (signal: AbortSignal): unknown =>
  CancellationError.isCancellationError(signal.reason) ? signal.reason.reason : signal.reason

const listeners = (signal: EventTarget): number => getEventListeners(signal, 'abort').length

const times = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, index) => index)

/** Every kind of reason: a token, and what makes it fire. */
const kinds: ReadonlyArray<
  readonly [
    tag: Reason.Reason['_tag'],
    error: string,
    token: AnyToken,
    fire: (scope: Owned, clock: Clock.VirtualClock) => void,
  ]
> = [
  ['Requested', 'AbortError', labelled('job')(manual('stop')), (scope) => stop(scope, 'enough')],
  ['TimedOut', 'TimeoutError', any(never, timeout('5 seconds')), (_, clock) => clock.advance('5 seconds')()],
  ['DeadlinePassed', 'TimeoutError', deadline(1000), (_, clock) => clock.advance('1 second')()],
  ['CounterExhausted', 'AbortError', counter(0), () => {}],
  ['ConditionMet', 'AbortError', condition('met'), (_, clock) => clock.advance('1ms')()],
  ['BudgetSpent', 'AbortError', budget('bytes', 10), (scope) => CancelScope.spend(scope, 'bytes', 12)()],
  ['Stalled', 'TimeoutError', idle('worker', '1 minute'), (_, clock) => clock.advance('1 minute')()],
  [
    'AllOf',
    'AbortError',
    all(manual('stop'), timeout('1ms')),
    (scope, clock) => {
      stop(scope)
      clock.advance('1ms')()
    },
  ],
]

describe('toAbortSignal', () => {
  describe('gives a signal that', () => {
    it("is the platform's own, and not aborted while the scope has not fired", () => {
      const signal = signalOf(open(manual('stop')))
      expect(signal).toBeInstanceOf(AbortSignal)
      expect([signal.aborted, signal.reason]).toEqual([false, undefined])
    })

    it('is the same however often the scope is asked for it, before and after it has fired', () => {
      const scope = open(manual('stop'))
      const get = toAbortSignal(scope)
      const signal = get()
      expect(get()).toBe(signal)
      expect(signalOf(scope)).toBe(signal)
      stop(scope)
      expect(signalOf(scope)).toBe(signal)
      expect(signal.aborted).toBe(true)
    })

    it('is the same when it was first asked for after the scope had fired', () => {
      const scope = open(cancelled())
      const signal = signalOf(scope)
      expect(signal.aborted).toBe(true)
      expect(signalOf(scope)).toBe(signal)
    })

    it('is another for another scope, a child with nothing of its own too', () => {
      const parent = open(manual('stop'))
      expect(signalOf(childOf(parent))).not.toBe(signalOf(parent))
    })
  })

  describe.each(kinds)('of a scope that fires for %s', (tag, error, token, fire) => {
    it('has its CancellationError as reason, before and after', () => {
      const clock = Clock.virtual()
      let met = false
      const scope = open(token, clock, { met: () => met })
      const early = tag === 'CounterExhausted' ? undefined : signalOf(scope)
      expect(early?.aborted).not.toBe(true)
      met = true
      fire(scope, clock)
      const signal = early ?? signalOf(scope)
      expect(signal.aborted).toBe(true)
      expect(signal.reason).toBeInstanceOf(CancellationError.CancellationError)
      expect(signal.reason).toMatchObject({ name: error, reason: { _tag: tag } })
      expect(carried(signal)).toBe(said(scope))
    })

    it('comes back as that very reason', () => {
      const clock = Clock.virtual()
      const scope = open(token, clock, { met: () => true })
      const signal = signalOf(scope)
      fire(scope, clock)
      const reason = said(scope)
      expect(reason).toMatchObject({ _tag: tag })
      const back = scopeOf(signal)
      expect(said(back)).toBe(reason)
      expect(carried(signalOf(childOf(back)))).toBe(reason)
    })
  })

  describe('aborts', () => {
    it('in the turn of an input, a spend and a cancel of the whole', () => {
      const token = any(manual('stop'), budget('bytes', 1))
      const scopes = times(3).map(() => open(token))
      const signals = scopes.map(signalOf)
      const [first, second, third] = scopes
      stop(first!)
      CancelScope.spend(second!, 'bytes', 1)()
      expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, false])
      CancelScope.cancel(third!, 'enough')()
      expect(signals.map((signal) => carried(signal))).toMatchObject([
        { _tag: 'Requested', name: 'stop' },
        { _tag: 'BudgetSpent' },
        { _tag: 'Requested', detail: 'enough' },
      ])
    })

    it('in the turn in which a parent of a parent fires', () => {
      const root = open(manual('stop'))
      const signal = signalOf(childOf(childOf(root)))
      stop(root)
      expect(carried(signal)).toBe(said(root))
    })

    it('in the turn in which any of several parents fires', () => {
      const parents = [open(manual('stop')), open(manual('stop'))] as const
      const signal = signalOf(CancelScope.link(parents, never)())
      stop(parents[1])
      expect(carried(signal)).toBe(said(parents[1]))
    })

    it('at the very instant that is due, of its own token or of a parent, with nobody looking', () => {
      const clock = Clock.virtual()
      const parent = open(timeout('2 hours'), clock)
      const own = signalOf(childOf(parent, timeout('1 hour')))
      const inherited = signalOf(childOf(parent))
      const at: Array<number> = []
      for (const signal of [own, inherited]) signal.addEventListener('abort', () => at.push(clock.monotonic()))
      clock.advance('3 hours')()
      expect(at).toEqual([3_600_000, 7_200_000])
    })

    it('within a millisecond of a condition', () => {
      const clock = Clock.virtual()
      let met = false
      const signal = signalOf(open(condition('met'), clock, { met: () => met }))
      clock.advance('1 second')()
      met = true
      expect(signal.aborted).toBe(false)
      clock.advance('1ms')()
      expect(signal.aborted).toBe(true)
    })

    it('once, in one event', () => {
      const scope = open(manual('stop'))
      const signal = signalOf(scope)
      const types: Array<string> = []
      signal.addEventListener('abort', ({ type }) => types.push(type))
      signal.onabort = ({ type }) => types.push(`on${type}`)
      stop(scope)
      CancelScope.cancel(scope)()
      expect(types).toEqual(['abort', 'onabort'])
    })

    it('when the scope and all that depends on it read as cancelled already', () => {
      const root = open(manual('stop'))
      const scope = childOf(root)
      const below = childOf(scope)
      const others = [below, root, scope]
      let seen: ReadonlyArray<boolean> = []
      for (const each of others) signalOf(each)
      signalOf(root).addEventListener('abort', () => {
        seen = others.map(isCancelled)
      })
      stop(root)
      expect(seen).toEqual([true, true, true])
    })

    it('so that throwIfAborted throws the CancellationError', () => {
      const scope = open(manual('stop'))
      const signal = signalOf(scope)
      stop(scope, 'enough')
      expect(() => signal.throwIfAborted()).toThrow(CancellationError.CancellationError)
    })

    it('with what AbortSignal.any makes of it', () => {
      const scope = open(manual('stop'))
      const signal = AbortSignal.any([new AbortController().signal, signalOf(scope)])
      stop(scope)
      expect(carried(signal)).toBe(said(scope))
    })
  })

  describe('looks from outside', () => {
    it('and ticks no direct counter', () => {
      const clock = Clock.virtual()
      const scope = open(counter(2), clock)
      const signal = signalOf(scope)
      clock.advance('1 minute')()
      expect(signal.aborted).toBe(false)
      const poll = CancelScope.poll(scope)
      expect([poll()._tag, poll()._tag, signal.aborted]).toEqual(['None', 'None', false])
      expect([poll()._tag, signal.aborted]).toEqual(['Some', true])
    })
  })

  describe('lets go', () => {
    it('of the timer of its own and of those of its parents when the scope is closed', () => {
      const clock = Clock.virtual()
      const scope = childOf(open(timeout('2 hours'), clock), timeout('1 hour'))
      signalOf(scope)
      expect(clock.timers()).toBe(2)
      CancelScope.close(scope)()
      expect(clock.timers()).toBe(0)
    })

    it('of the signal it derives from when the scope is closed', () => {
      const { signal: source } = new AbortController()
      const scope = childOf(scopeOf(source))
      signalOf(scope)
      expect(listeners(source)).toBe(1)
      CancelScope.close(scope)()
      expect(listeners(source)).toBe(0)
    })

    it('so that nothing aborts the signal of a closed scope', () => {
      const clock = Clock.virtual()
      const controller = new AbortController()
      const parent = childOf(scopeOf(controller.signal), manual('stop'))
      const scope = CancelScope.child(any(manual('stop'), timeout('1 second')), { clock })(parent)()
      const signal = signalOf(scope)
      CancelScope.close(scope)()
      CancelScope.cancelInput(scope, 'stop')()
      clock.advance('2 seconds')()
      stop(parent)
      controller.abort()
      expect(isCancelled(parent)).toBe(true)
      expect([signal.aborted, signalOf(scope)]).toEqual([false, signal])
    })

    it('from the start when the scope was closed before it was asked for a signal', () => {
      const clock = Clock.virtual()
      const controller = new AbortController()
      const parent = CancelScope.child(timeout('1 hour'), { clock })(scopeOf(controller.signal))()
      const scope = childOf(parent)
      CancelScope.close(scope)()
      const signal = signalOf(scope)
      expect([clock.timers(), listeners(controller.signal)]).toEqual([0, 0])
      controller.abort()
      expect(signal.aborted).toBe(false)
    })

    it('at the end of the block that declares the scope', () => {
      const clock = Clock.virtual()
      const parent = open(manual('stop'), clock)
      {
        using scope = CancelScope.child(timeout('1 hour'))(parent)()
        signalOf(scope)
        expect(clock.timers()).toBe(1)
      }
      expect(clock.timers()).toBe(0)
    })

    it('of all timers when the scope has fired', () => {
      const clock = Clock.virtual()
      const scope = childOf(open(timeout('2 hours'), clock), any(manual('stop'), timeout('1 hour')))
      signalOf(scope)
      stop(scope)
      expect(clock.timers()).toBe(0)
    })

    it('of its own only: the signals of parent and sibling abort as before', () => {
      const clock = Clock.virtual()
      const parent = open(timeout('1 hour'), clock)
      const closed = childOf(parent)
      const signals = [closed, childOf(parent), parent].map(signalOf)
      CancelScope.close(closed)()
      clock.advance('1 hour')()
      expect(signals.map(({ aborted }) => aborted)).toEqual([false, true, true])
    })

    it('and leaves those who wait for the scope with what they wait for', () => {
      const parent = open(manual('stop'))
      const scope = childOf(parent)
      const signal = signalOf(scope)
      let told = 0
      CancelScope.onCancelled(scope, () => told++)()
      CancelScope.close(scope)()
      stop(parent)
      expect([told, signal.aborted]).toEqual([1, false])
    })
  })

  it('does not keep the process alive', () => {
    const alive = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
    const before = alive()
    const scope = CancelScope.open(timeout('1 hour'))()
    onTestFinished(CancelScope.close(scope))
    signalOf(scope)
    expect(alive()).toBe(before)
    const unsubscribe = CancelScope.onCancelled(scope, () => {}, { keepAlive: true })()
    expect(alive()).toBe(before + 1)
    unsubscribe()
    expect(alive()).toBe(before)
  })

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    ['stop', "'stop'"],
    [new AbortController().signal, 'an object'],
    [manual('stop'), 'an object'],
  ])('refuses what is no scope, at once: %o', (value, described) => {
    // as an untyped caller would
    const scope = value as unknown as CancelScope.ScopeView
    expect(() => toAbortSignal(scope)).toThrow(
      new TypeError(`scope must be a scope, as open, child and link give it, but was ${described}`),
    )
  })
})

/** A signal as a polyfill makes it: nothing of the platform's in it. */
class PolyfilledSignal implements AbortSignalLike {
  aborted = false
  reason: unknown = undefined
  readonly listeners: Set<() => void> = new Set()
  addEventListener(_: 'abort', listener: () => void): void {
    this.listeners.add(listener)
  }
  removeEventListener(_: 'abort', listener: () => void): void {
    this.listeners.delete(listener)
  }
}

interface Made {
  readonly signal: AbortSignalLike
  readonly abort: (reason?: unknown) => void
  readonly listeners: () => number
}

const makers: ReadonlyArray<readonly [name: string, make: () => Made]> = [
  [
    "the platform's own",
    () => {
      const controller = new AbortController()
      return {
        signal: controller.signal,
        abort: (reason) => controller.abort(reason),
        listeners: () => listeners(controller.signal),
      }
    },
  ],
  [
    "the platform's own, sealed",
    () => {
      const controller = new AbortController()
      Object.seal(controller.signal)
      return {
        signal: controller.signal,
        abort: (reason) => controller.abort(reason),
        listeners: () => listeners(controller.signal),
      }
    },
  ],
  [
    'a polyfill',
    () => {
      const signal = new PolyfilledSignal()
      return {
        signal,
        abort: (reason) => {
          signal.aborted = true
          signal.reason = reason
          for (const listener of signal.listeners) listener()
        },
        listeners: () => signal.listeners.size,
      }
    },
  ],
  [
    'an EventTarget',
    () => {
      const target = Object.assign(new EventTarget(), { aborted: false, reason: undefined as unknown })
      return {
        signal: target,
        abort: (reason) => {
          Object.assign(target, { aborted: true, reason })
          target.dispatchEvent(new Event('abort'))
        },
        listeners: () => listeners(target),
      }
    },
  ],
  [
    'a frozen object',
    () => {
      const inner = new AbortController()
      const signal: AbortSignalLike = Object.freeze({
        get aborted() {
          return inner.signal.aborted
        },
        get reason(): unknown {
          return inner.signal.reason
        },
        addEventListener: (type: 'abort', listener: () => void) => inner.signal.addEventListener(type, listener),
        removeEventListener: (type: 'abort', listener: () => void) => inner.signal.removeEventListener(type, listener),
      })
      return { signal, abort: (reason) => inner.abort(reason), listeners: () => listeners(inner.signal) }
    },
  ],
  [
    'of another realm',
    () => {
      const code = `(() => {
        const listeners = new Set()
        const signal = {
          aborted: false,
          reason: undefined,
          addEventListener: (type, listener) => void listeners.add(listener),
          removeEventListener: (type, listener) => void listeners.delete(listener),
        }
        const abort = (reason) => {
          Object.assign(signal, { aborted: true, reason })
          for (const listener of listeners) listener()
        }
        return { signal, abort, listeners: () => listeners.size }
      })()`
      return runInContext(code, createContext()) as Made // sound: the code above makes just that
    },
  ],
]

describe('fromAbortSignal', () => {
  describe.each(makers)('of a signal that is %s', (_, make) => {
    it('reads as the signal does, with nobody waiting', () => {
      const { signal, abort, listeners } = make()
      const scope = scopeOf(signal)
      const child = childOf(scope)
      expect([isCancelled(scope), isCancelled(child)]).toEqual([false, false])
      expect(listeners()).toBe(0)
      abort('gone')
      expect([said(child), said(scope)]).toEqual([
        { _tag: 'Requested', detail: 'gone', path: [] },
        { _tag: 'Requested', detail: 'gone', path: [] },
      ])
    })

    it('tells those who wait, in the turn in which it aborts', async () => {
      const { signal, abort, listeners } = make()
      const scope = scopeOf(signal)
      const log: Array<string> = []
      CancelScope.onCancelled(scope, ({ _tag }) => log.push(`scope ${_tag}`))()
      CancelScope.onCancelled(childOf(scope), ({ _tag }) => log.push(`child ${_tag}`))()
      const waiting = CancelScope.wait(childOf(scope))()
      abort('gone')
      expect(log).toEqual(['scope Requested', 'child Requested'])
      expect(listeners()).toBe(0)
      expect(await waiting).toEqual({ _tag: 'Requested', detail: 'gone', path: [] })
    })

    it('fires from the start if it has aborted, and never listens', () => {
      const { signal, abort, listeners } = make()
      abort('gone')
      let told = 0
      CancelScope.onCancelled(scopeOf(signal), () => told++)()
      expect([told, listeners()]).toEqual([1, 0])
    })

    it('listens anew for those who wait anew', () => {
      const { signal, abort, listeners } = make()
      const scope = scopeOf(signal)
      CancelScope.onCancelled(scope, () => {})()()
      expect(listeners()).toBe(0)
      let told = 0
      CancelScope.onCancelled(scope, () => told++)()
      expect(listeners()).toBe(1)
      abort()
      expect([told, listeners()]).toEqual([1, 0])
    })
  })

  it('gives one scope for one signal', () => {
    const { signal } = new AbortController()
    expect(scopeOf(signal)).toBe(scopeOf(signal))
    expect(scopeOf(new AbortController().signal)).not.toBe(scopeOf(signal))
  })

  it('adds nothing to a signal that can be enumerated', () => {
    const signal = new PolyfilledSignal()
    const before = Object.keys(signal)
    scopeOf(signal)
    expect(Object.keys(signal)).toEqual(before)
  })

  it('understands a signal that calls its listener as soon as it is added', () => {
    const signal = new PolyfilledSignal()
    signal.addEventListener = (_, listener) => {
      signal.aborted = true
      signal.listeners.add(listener)
      listener()
    }
    let told = 0
    CancelScope.onCancelled(childOf(scopeOf(signal)), () => told++)()
    expect([told, signal.listeners.size]).toEqual([1, 0])
  })

  it('waits on through an event of a signal that has not aborted', () => {
    const signal = Object.assign(new EventTarget(), { aborted: false })
    let told = 0
    CancelScope.onCancelled(scopeOf(signal), () => told++)()
    signal.dispatchEvent(new Event('abort'))
    expect(told).toBe(0)
    signal.aborted = true
    signal.dispatchEvent(new Event('abort'))
    expect(told).toBe(1)
  })

  describe('has as reason', () => {
    it.each<readonly [name: string, given: unknown, detail: string | undefined]>([
      ['a text', 'gone', 'gone'],
      ['an error', new RangeError('out of it'), 'out of it'],
      ['an error of another realm', runInContext('new Error("far away")', createContext()), 'far away'],
      ['a number', 42, '42'],
      ['null', null, 'null'],
      ['an object without a message', {}, undefined],
      ['an object whose message is no text', { message: 1 }, undefined],
    ])('a request with its text as detail, given %s', (_, given, detail) => {
      const reason = said(scopeOf(AbortSignal.abort(given)))
      expect(reason).toStrictEqual({ _tag: 'Requested', ...(detail === undefined ? {} : { detail }), path: [] })
    })

    it("a request with the platform's own words if none was given", () => {
      const signal = AbortSignal.abort()
      expect(said(scopeOf(signal))).toEqual({ _tag: 'Requested', detail: signal.reason.message, path: [] })
      expect(signal.reason.message).not.toBe('')
    })

    it('a request without detail for a signal that knows no reason', () => {
      const signal: AbortSignalLike = { aborted: true, addEventListener: () => {}, removeEventListener: () => {} }
      expect(said(scopeOf(signal))).toStrictEqual({ _tag: 'Requested', path: [] })
    })

    it('the first that it had, whatever the signal says later', () => {
      const signal = new PolyfilledSignal()
      const scope = scopeOf(signal)
      Object.assign(signal, { aborted: true, reason: 'first' })
      expect(said(scope)).toMatchObject({ detail: 'first' })
      Object.assign(signal, { aborted: false, reason: 'second' })
      expect(said(scope)).toMatchObject({ detail: 'first' })
    })

    it('that of a scope of another copy of the package', async () => {
      vi.resetModules()
      const copy = await import('cantok-ts')
      expect(copy.CancelScope).not.toBe(CancelScope)
      const scope = copy.CancelScope.open(copy.Token.budget('bytes', 1))()
      const signal = copy.AbortSignal.toAbortSignal(scope)()
      copy.CancelScope.spend(scope, 'bytes', 2)()
      expect(said(scopeOf(signal))).toMatchObject({ _tag: 'BudgetSpent', name: 'bytes', limit: 1, spent: 2, path: [] })
    })

    it('that of the scope, however many bridges lie between', () => {
      const first = open(manual('stop'))
      let last: CancelScope.ScopeView = first
      for (let hop = 0; hop < 100; hop++) last = childOf(scopeOf(signalOf(last)))
      let told: Reason.Reason | undefined
      CancelScope.onCancelled(last, (reason) => (told = reason))()
      stop(first, 'enough')
      expect(told).toBeDefined()
      expect(told).toBe(said(first))
    })
  })

  describe('keeps one listener', () => {
    /** A signal for which a second listener is one too many, and the warnings that there were. */
    const strict = () => {
      const controller = new AbortController()
      setMaxListeners(1, controller.signal)
      const warnings: Array<Error> = []
      const note = (warning: Error): void => void warnings.push(warning)
      process.on('warning', note)
      onTestFinished(() => void process.off('warning', note))
      return { controller, signal: controller.signal, warnings }
    }

    const many = times(10_000)

    it('a signal strained like this warns of a second one', async () => {
      const { signal, warnings } = strict()
      for (let count = 0; count < 2; count++) signal.addEventListener('abort', () => {})
      await setImmediate()
      expect(warnings.map(({ name }) => name)).toEqual(['MaxListenersExceededWarning'])
    })

    it('for 10,000 scopes that derive from it and listen, told first in, first out', async () => {
      const { controller, signal, warnings } = strict()
      const told: Array<number> = []
      const most = { listeners: 0 }
      for (const index of many) {
        CancelScope.onCancelled(childOf(scopeOf(signal)), () => told.push(index))()
        most.listeners = Math.max(most.listeners, listeners(signal))
      }
      expect(most.listeners).toBe(1)
      controller.abort()
      expect(told).toEqual(many)
      expect(listeners(signal)).toBe(0)
      await setImmediate()
      expect(warnings).toEqual([])
    })

    it('for 10,000 signals of scopes that derive from it', async () => {
      const { controller, signal, warnings } = strict()
      const signals = many.map(() => signalOf(childOf(scopeOf(signal))))
      expect(listeners(signal)).toBe(1)
      controller.abort()
      expect(signals.every(({ aborted }) => aborted)).toBe(true)
      expect(listeners(signal)).toBe(0)
      await setImmediate()
      expect(warnings).toEqual([])
    })

    it('for 10,000 generations, each a child of the one before', () => {
      const { controller, signal } = strict()
      let last = scopeOf(signal)
      for (let count = 0; count < 10_000; count++) last = childOf(last)
      const derived = signalOf(last)
      expect(listeners(signal)).toBe(1)
      controller.abort('gone')
      expect(carried(derived)).toMatchObject({ detail: 'gone' })
    })

    it('for a scope that is reached in many ways', () => {
      const { controller, signal } = strict()
      const scope = scopeOf(signal)
      const derived = signalOf(CancelScope.link([childOf(scope), scope, childOf(scope)], never)())
      expect(listeners(signal)).toBe(1)
      controller.abort()
      expect([derived.aborted, listeners(signal)]).toEqual([true, 0])
    })

    it('until the last of those who wait has gone, in whatever order they go', () => {
      const { signal } = strict()
      const unsubscribes = many.map(() => CancelScope.onCancelled(childOf(scopeOf(signal)), () => {})())
      const last = unsubscribes.splice(5_000, 1)
      for (const unsubscribe of unsubscribes) expect(unsubscribe()).toBe(true)
      expect(listeners(signal)).toBe(1)
      for (const unsubscribe of last) unsubscribe()
      expect(listeners(signal)).toBe(0)
    })

    it('until all scopes whose signals it serves are closed', () => {
      const { signal } = strict()
      const scopes = times(100).map(() => childOf(scopeOf(signal)))
      for (const scope of scopes) signalOf(scope)
      for (const scope of scopes) {
        expect(listeners(signal)).toBe(1)
        CancelScope.close(scope)()
      }
      expect(listeners(signal)).toBe(0)
    })

    it('until a wait has given up', async () => {
      const { signal } = strict()
      const clock = Clock.virtual()
      const scope = CancelScope.child(never, { clock })(scopeOf(signal))()
      const waiting = CancelScope.waitFor(scope, '1 second')()
      expect(listeners(signal)).toBe(1)
      clock.advance('1 second')()
      expect([listeners(signal), clock.timers()]).toEqual([0, 0])
      expect((await waiting)._tag).toBe('Left')
    })

    it('until a derived scope fires for a reason of its own', () => {
      const { signal } = strict()
      const scope = childOf(scopeOf(signal), manual('stop'))
      CancelScope.onCancelled(scope, () => {})()
      stop(scope)
      expect(listeners(signal)).toBe(0)
    })

    it('while a pipeline runs, and none after, however it ends', async () => {
      const { signal } = strict()
      const seen: Array<number> = []
      const work = (result: Promise<number>) =>
        Cancellable.tryCatch(async () => {
          seen.push(listeners(signal))
          return result
        }, String)
      const pipeline = Cancellable.race(
        Cancellable.within(timeout('1 hour'))(work(Promise.resolve(1))),
        work(new Promise(() => {})),
      )
      expect(await Cancellable.run(scopeOf(signal))(pipeline)()).toEqual({ _tag: 'Right', right: 1 })
      expect(seen).toEqual([1, 1])
      expect(listeners(signal)).toBe(0)
    })
  })

  describe('has no owner', () => {
    const { signal } = new AbortController()
    // as an untyped caller would
    const untyped = scopeOf(signal) as unknown as Owned

    it.each([
      ['cancel', CancelScope.cancel(untyped)],
      ['cancelInput', CancelScope.cancelInput(untyped, 'stop')],
      ['close', CancelScope.close(untyped)],
    ])('and refuses %s, which says so', (_, attempt) => {
      expect(attempt).toThrow('a scope made from elsewhere has no owner here and cannot be cancelled')
      expect(isCancelled(untyped)).toBe(false)
    })
  })

  it('has never as residual until it is seen to have fired, and runs on the clock of the system', () => {
    const controller = new AbortController()
    const scope = scopeOf(controller.signal)
    const residual = () => Token.Show.show(CancelScope.residual(childOf(scope, counter(3)))())
    expect(residual()).toBe('counter(3)')
    controller.abort('gone')
    expect(isCancelled(scope)).toBe(true)
    expect(residual()).toContain('gone')
    expect(CancelScope.clock(scope)).toBe(Clock.system)
  })

  const nothing = (): void => {}

  it.each<readonly [name: string, value: unknown, described: string]>([
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a text', 'abort', "'abort'"],
    ['a function', nothing, 'a function'],
    ['an array', [], 'an array'],
    ['a controller', new AbortController(), 'an object'],
    ['a scope', open(never), 'an object'],
    ['an EventTarget', new EventTarget(), 'an object'],
    ['without addEventListener', { aborted: false, removeEventListener: nothing }, 'an object'],
    ['without removeEventListener', { aborted: false, addEventListener: nothing }, 'an object'],
    [
      'whose aborted is no boolean',
      { aborted: 0, addEventListener: nothing, removeEventListener: nothing },
      'an object',
    ],
    ['whose functions are none', { aborted: false, addEventListener: true, removeEventListener: nothing }, 'an object'],
  ])('refuses what is no signal, at once: %s', (_, value, described) => {
    // as an untyped caller would
    const signal = value as AbortSignalLike
    expect(() => fromAbortSignal(signal)).toThrow(new TypeError(`signal must be an AbortSignal, but was ${described}`))
  })
})
