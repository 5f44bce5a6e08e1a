/** Reads within reads: predicates that look at, feed and cancel scopes which the read that called them has visited. */
import { describe, expect, it, vi } from 'vitest'
import { AbortSignal, CancelScope, CancellationError, Clock, Token } from 'cantok-ts'

const boom = (): never => {
  throw new Error('boom')
}

const thrown = (run: () => void): unknown => {
  try {
    return run()
  } catch (error) {
    return error
  }
}

const ask = (scope: CancelScope.ScopeView): string => {
  const found = CancelScope.poll(scope)()
  return found._tag === 'Some' ? found.value._tag : 'going'
}

/** A scope whose parent's predicate does something in the middle of every read that comes through. */
const family = (during: (child: CancelScope.ScopeView) => boolean) => {
  let calls = 0
  let child: CancelScope.ScopeView = CancelScope.background
  const parent = CancelScope.open(Token.condition('during', { onError: 'throw' }), {
    conditions: { during: () => during(child) },
  })()
  const owner = CancelScope.child(
    Token.all(Token.condition('met'), Token.counter(5, { direct: false }), Token.manual('m')),
    {
      conditions: {
        met: () => {
          calls++
          return true
        },
      },
    },
  )(parent)()
  child = owner
  return { owner, grandchild: CancelScope.child(Token.never)(owner)(), calls: () => calls }
}

describe('a read from within a predicate of another read', () => {
  it('does not look again at a scope that the other has visited', () => {
    const { owner, calls } = family((child) => {
      CancelScope.peek(CancelScope.child(Token.never)(child)())()
      return false
    })
    expect(ask(owner)).toBe('going')
    expect(calls()).toBe(1)
    const counter = CancelScope.explain(owner)().parts[0]?.parts[1]
    expect(counter?.progress?.used).toBe(1)
  })

  it('leaves it to the other to undo what it has found, should that fail', () => {
    const { owner } = family((child) => {
      CancelScope.peek(CancelScope.child(Token.never)(child)())()
      return boom()
    })
    expect(() => ask(owner)).toThrow('boom')
    expect(CancelScope.explain(owner)().parts[0]?.parts.map(({ status }) => status)).toEqual([
      'pending',
      'pending',
      'pending',
    ])
  })

  it('undoes nothing of the other when it fails itself', () => {
    const failing = CancelScope.open(Token.condition('c', { onError: 'throw' }), { conditions: { c: boom } })()
    const { owner } = family((child) => {
      expect(() => ask(CancelScope.link([child, failing], Token.never)())).toThrow('boom')
      return false
    })
    expect(ask(owner)).toBe('going')
    expect(CancelScope.explain(owner)().parts[0]?.parts[0]?.status).toBe('fired')
  })
})

describe('an input from within a predicate that then throws', () => {
  it('stays, and what it started is asked as what it is', () => {
    const answers = { a: true, c: false }
    let child: CancelScope.CancelScope<'manual:m'> | undefined
    const parent = CancelScope.open(Token.condition('b', { onError: 'throw' }), {
      conditions: {
        b: () => {
          if (child !== undefined) CancelScope.cancelInput(child, 'm')()
          return boom()
        },
      },
    })()
    child = CancelScope.child(Token.all(Token.condition('a'), Token.andThen(Token.manual('m'), Token.condition('c'))), {
      conditions: { a: () => answers.a, c: () => answers.c },
    })(parent)()
    expect(() => ask(CancelScope.link([child!], Token.never)())).toThrow('boom')
    Object.assign(answers, { a: false, c: true })
    expect(() => ask(child!)).toThrow('boom')
    expect(Token.Show.show(CancelScope.residual(child)())).toContain('condition("a")')
  })
})

describe('explain', () => {
  it('names the reason that was first, whatever a parent has come to since', () => {
    const clock = Clock.virtual()
    const parent = CancelScope.open(Token.timeout(5), { clock })()
    const child = CancelScope.child(Token.never)(parent)()
    CancelScope.cancel(child, 'why')()
    clock.advance(10)()
    expect(CancelScope.explain(child)().parts[0]).toMatchObject({ status: 'fired', reason: { detail: 'why' } })
  })
})

describe('two copies of the package', () => {
  it('refuse to cancel the background of each other, and read the scopes of each other', async () => {
    vi.resetModules()
    const other = await import('../../src/index.js')
    expect(other.CancelScope.background).not.toBe(CancelScope.background)
    const untyped: CancelScope.CancelScope = Object.assign(CancelScope.background)
    expect(() => other.CancelScope.cancel(untyped)()).toThrow(/background/)
    expect(() => other.CancelScope.close(untyped)()).toThrow(/background/)
    const scope = other.CancelScope.open(other.Token.timeout(0))()
    const error = thrown(CancelScope.checkOrThrow(scope))
    expect(other.CancellationError.isCancellationError(error)).toBe(true)
    expect(CancellationError.isCancellationError(error)).toBe(true)
  })
})

describe('waiting that is overtaken by what it does itself', () => {
  const { manual, never, timeout } = Token

  /** A link of what comes from elsewhere, of a parent whose predicate does something in every read, and of an hour. */
  const linked = (first: CancelScope.ScopeView, during: () => void) => {
    const clock = Clock.virtual()
    const asked = CancelScope.open(Token.condition('during'), {
      clock,
      conditions: {
        during: () => {
          during()
          return false
        },
      },
    })()
    const hour = CancelScope.open(timeout('1 hour'), { clock })()
    return { clock, link: CancelScope.link([first, asked, hour], never, { clock })() }
  }

  it('hears of a signal that a predicate of the same read aborts', () => {
    const controller = new AbortController()
    let isDue = false
    const { clock, link } = linked(AbortSignal.fromAbortSignal(controller.signal)(), () => isDue && controller.abort())
    const listener = vi.fn<() => void>()
    CancelScope.onCancelled(link, listener)()
    isDue = true
    CancelScope.poll(link)()
    expect([listener.mock.calls.length, clock.timers()]).toEqual([1, 0])
  })

  it('hears of a signal that the read with which it begins aborts', () => {
    const controller = new AbortController()
    const { clock, link } = linked(AbortSignal.fromAbortSignal(controller.signal)(), () => controller.abort())
    const listener = vi.fn<() => void>()
    CancelScope.onCancelled(link, listener)()
    expect([listener.mock.calls.length, clock.timers()]).toEqual([1, 0])
  })

  it('takes no timer for other parents when the read with which it begins cancels one', () => {
    const parent = CancelScope.open(manual('stop'))()
    const { clock, link } = linked(parent, CancelScope.cancel(parent))
    const listener = vi.fn<() => void>()
    CancelScope.onCancelled(link, listener)()
    expect([listener.mock.calls.length, clock.timers()]).toEqual([1, 0])
  })

  it('takes no timer for other parents when a source calls while it is subscribed to', () => {
    let hasCome = false
    const source = CancelScope.fromSource({
      read: () => (hasCome ? { _tag: 'Some', value: { _tag: 'Requested', path: [] } } : { _tag: 'None' }),
      subscribe: (wake) => () => {
        hasCome = true
        wake()
        return () => {}
      },
    })()
    const { clock, link } = linked(source, () => {})
    const listener = vi.fn<() => void>()
    CancelScope.onCancelled(link, listener)()
    expect([listener.mock.calls.length, clock.timers()]).toEqual([1, 0])
  })
})
