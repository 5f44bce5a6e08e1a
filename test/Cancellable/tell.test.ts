/** What a clock that wants to know is told of programs, in which order; and that one that does not costs nothing. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, expect, it } from 'vitest'
import { AbortSignal as Bridge, Cancellable, CancelScope, Clock, Token } from 'cantok-ts'
import { boom } from './running.js'

const { bracket, fromTaskEither, guard, tryCatch, wait, within } = Cancellable

/** A scope on a clock that is told of steps, and what it was told, with what the program itself notes. */
const traced = () => {
  const log: Array<string> = []
  const clock: Clock.VirtualClock = { ...Clock.virtual(), tell: (activity) => void log.push(activity) }
  const scope = CancelScope.open(Token.manual('stop'), { clock })()
  return {
    clock,
    scope,
    log,
    stop: () => void CancelScope.cancel(scope)(),
    note: (text: string) => fromTaskEither(TE.fromIO(() => void log.push(text))),
    sleep: (ms: number) => async () => {
      await new Promise<void>((resolve) => {
        clock.schedule(ms, resolve)()
      })
      return TE.right('slept')()
    },
  }
}

describe('tell', () => {
  it('is told of work that is left alone when the scope fires: it ends late', async () => {
    const { clock, scope, log, stop, sleep } = traced()
    const ended = guard(sleep(10))(scope)()
    expect(log).toEqual(['waits', 'starts work'])
    await clock.settle(5)()
    stop()
    expect(await ended).toMatchObject({ left: { _tag: 'Requested' } })
    expect(log).toEqual(['waits', 'starts work', 'waits no more'])
    await clock.settle(5)()
    expect(log).toEqual(['waits', 'starts work', 'waits no more', 'ends work'])
  })

  it('is told of work that ends before the scope fires, and that nobody waits any more', async () => {
    const { clock, scope, log, sleep } = traced()
    const ended = guard(sleep(10))(scope)()
    await clock.settle(10)()
    expect(await ended).toEqual({ _tag: 'Right', right: 'slept' })
    expect(log).toEqual(['waits', 'starts work', 'ends work', 'waits no more'])
  })

  it('is told of work with a signal, and not of the signal', async () => {
    const { scope, log } = traced()
    await tryCatch(async () => log.push('works'), String)(scope)()
    expect(log).toEqual(['waits', 'starts work', 'works', 'ends work', 'waits no more'])
  })

  it('is told of work that is waited for', async () => {
    const { clock, scope, log, stop, sleep } = traced()
    const ended = fromTaskEither(sleep(10))(scope)()
    await clock.settle(5)()
    stop()
    await clock.settle(5)()
    expect(await ended).toEqual({ _tag: 'Right', right: 'slept' })
    expect(log).toEqual(['starts work', 'ends work'])
  })

  it.each([
    [
      'throws',
      () =>
        fromTaskEither(() => {
          throw boom
        }),
    ],
    ['rejects', () => fromTaskEither(() => Promise.reject(boom))],
  ])('is told of the end of work that %s', async (_, work) => {
    const { scope, log } = traced()
    await expect(work()(scope)()).rejects.toBe(boom)
    expect(log).toEqual(['starts work', 'ends work'])
  })

  it('is told nothing of work that a fired scope does not start', async () => {
    const { scope, log, stop, note } = traced()
    stop()
    await guard(TE.right(1))(scope)()
    await tryCatch(async () => 1, String)(scope)()
    await fromTaskEither(TE.right(1))(scope)()
    await bracket(
      note('open'),
      () => note('use'),
      () => note('close'),
    )(scope)()
    expect(log).toEqual([])
  })

  it('is told of both edges of acquiring and of releasing', async () => {
    const { scope, log, note } = traced()
    await bracket(
      note('open'),
      () => note('use'),
      () => note('close'),
    )(scope)()
    const work = (title: string) => ['starts work', title, 'ends work']
    expect(log).toEqual([
      'acquires',
      ...work('open'),
      'has acquired',
      ...work('use'),
      'releases',
      ...work('close'),
      'has released',
    ])
  })

  it('is told of no release where that fails, and nothing more of an acquisition that does', async () => {
    const { scope, log } = traced()
    const fails = () => Promise.reject(boom)
    await expect(
      bracket(
        () => TE.right(1),
        () => () => TE.right(2),
        () => () => fails,
      )(scope)(),
    ).rejects.toBe(boom)
    expect(log).toEqual(['acquires', 'has acquired', 'releases'])
    log.length = 0
    await bracket(
      () => TE.left('no'),
      () => () => TE.right(2),
      () => () => TE.right(3),
    )(scope)()
    expect(log).toEqual(['acquires'])
  })

  it('is told of releases from the inside out', async () => {
    const { scope, log, note } = traced()
    const using = (name: string, use: () => Cancellable.Cancellable<never, void>) =>
      bracket(note(`open ${name}`), use, () => note(`close ${name}`))
    await using('a', () => using('b', () => note('use')))(scope)()
    const kept = log.filter((entry) => !entry.endsWith('work'))
    expect(kept).toEqual([
      'acquires',
      'open a',
      'has acquired',
      'acquires',
      'open b',
      'has acquired',
      'use',
      'releases',
      'close b',
      'has released',
      'releases',
      'close a',
      'has released',
    ])
  })

  it('is told of who waits for the scope, until it has fired', async () => {
    const { scope, log, stop } = traced()
    const waiting = CancelScope.wait(scope)()
    stop()
    await waiting
    expect(log).toEqual(['waits', 'waits no more'])
  })

  it('is told of a wait that time ends', async () => {
    const { clock, scope, log } = traced()
    const waiting = CancelScope.waitFor(scope, 5)()
    await clock.settle(5)()
    await waiting
    expect(log).toEqual(['waits', 'waits no more'])
  })

  it('is told of a program that waits for another scope, until its own fires', async () => {
    const { clock, scope, log, stop } = traced()
    const other = CancelScope.open(Token.manual('other'), { clock })()
    const ended = wait(other)(scope)()
    expect(log).toEqual(['waits', 'waits'])
    stop()
    await ended
    // the listener on its own scope has been told, the one on the other is taken back
    expect(log).toEqual(['waits', 'waits', 'waits no more', 'waits no more'])
  })

  it('is told of listeners, and once of each that is taken back or told', () => {
    const { scope, log, stop } = traced()
    const first = CancelScope.onCancelled(scope, () => log.push('told'))()
    const second = CancelScope.onCancelled(scope, () => log.push('told'))()
    expect(log).toEqual(['waits', 'waits'])
    first()
    first()
    expect(log).toEqual(['waits', 'waits', 'waits no more'])
    stop()
    second()
    expect(log).toEqual(['waits', 'waits', 'waits no more', 'waits no more', 'told'])
    CancelScope.onCancelled(scope, () => log.push('told at once'))()
    expect(log.slice(5)).toEqual(['told at once'])
  })

  it('is not told of the signal of a scope: who listens to that is not known', () => {
    const { scope, log } = traced()
    const signal = Bridge.toAbortSignal(scope)()
    signal.addEventListener('abort', () => {})
    expect(log).toEqual([])
  })

  it('is that of the scope around, for programs within limits of their own', async () => {
    const { clock, scope, log, sleep } = traced()
    const ended = pipe(guard(sleep(10)), within(Token.timeout(5)))(scope)()
    await clock.settle(10)()
    expect(await ended).toMatchObject({ left: { _tag: 'TimedOut' } })
    expect(log).toEqual(['waits', 'starts work', 'waits no more', 'ends work'])
  })
})

describe('a clock without tell', () => {
  /** A clock that counts what it is asked, and a program that does a bit of everything on it. */
  const counted = async (more: Partial<Clock.Clock>) => {
    const virtual = Clock.virtual()
    const calls: Record<string, number> = {}
    const counting =
      <A extends ReadonlyArray<unknown>, B>(name: string, f: (...given: A) => B) =>
      (...given: A): B => {
        calls[name] = (calls[name] ?? 0) + 1
        return f(...given)
      }
    const clock: Clock.Clock = {
      monotonic: counting('monotonic', virtual.monotonic),
      wall: counting('wall', virtual.wall),
      schedule: counting('schedule', virtual.schedule),
      ...more,
    }
    const scope = CancelScope.open(Token.timeout('1 hour'), { clock })()
    const step = guard(TE.right(1))
    const program = bracket(
      step,
      () =>
        pipe(
          tryCatch(async () => 1, String),
          Cancellable.delay('1 minute'),
        ),
      () => fromTaskEither(TE.right(1)),
    )
    const ended = Cancellable.run(scope)(program)()
    await virtual.settle('2 minutes')()
    expect(await ended).toEqual({ _tag: 'Right', right: 1 })
    return { calls, timers: virtual.timers() }
  }

  /** How many steps of promises a piece of work takes. */
  const steps = async (more: Partial<Clock.Clock>, make: (scope: CancelScope.ScopeView) => Promise<unknown>) => {
    const scope = CancelScope.open(Token.manual('stop'), { clock: { ...Clock.virtual(), ...more } })()
    let ended = false
    let count = 0
    void make(scope).then(() => (ended = true))
    for (; !ended; count++) await Promise.resolve()
    return count
  }

  it('is asked no more than one with it', async () => {
    expect(await counted({})).toEqual(await counted({ tell: () => {} }))
  })

  it.each([
    ['guard', (scope: CancelScope.ScopeView) => guard(TE.right(1))(scope)()],
    ['fromTaskEither', (scope: CancelScope.ScopeView) => fromTaskEither(TE.right(1))(scope)()],
    ['tryCatch', (scope: CancelScope.ScopeView) => tryCatch(async () => 1, String)(scope)()],
  ])('puts no promise behind the work of %s', async (_, make) => {
    const without = await steps({}, make)
    expect(await steps({ tell: () => {} }, make)).toBeGreaterThan(without)
  })
})
