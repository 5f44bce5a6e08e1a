/**
 * What stays behind of those who wait: on the heap, as timers, as listeners. Runs alone in its process, with `--expose-gc`.
 *
 * At the end it prints the same numbers of what the platform offers for the same purpose.
 */
import { addAbortListener, getEventListeners, once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { afterAll, describe, expect, it } from 'vitest'
import { CancelScope, Cancellable, Clock, Token } from 'cantok-ts'
import { fromAbortSignal, toAbortSignal } from 'cantok-ts/AbortSignal'

const { any, counter, manual, never, timeout } = Token

const kB = 1024

/** Several times, for what is finalised may free more; each in a turn of its own, for finalisers run between turns. */
const collect = async (): Promise<void> => {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc')
  for (let round = 0; round < 6; round++) {
    globalThis.gc()
    await setImmediate()
  }
}

/** The system's clock, which counts the timers that wait on it. */
const counting = (): Required<Clock.Clock> & { readonly timers: () => number } => {
  let timers = 0
  return {
    ...Clock.system,
    schedule: (delay, run, options) => () => {
      let waits = true
      timers++
      const ended = (): void => {
        if (waits) timers--
        waits = false
      }
      const callOff = Clock.system.schedule(
        delay,
        () => {
          ended()
          run()
        },
        options,
      )()
      return () => {
        ended()
        callOff()
      }
    },
    timers: () => timers,
  }
}

interface Row {
  readonly bytes: number
  readonly processTimers: number
}

const rows: Array<Record<string, string | number>> = []

/** Timers that keep the process alive. */
const processTimers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length

/** What is still there after so many runs and a collection, beyond what was there before; a tenth of them warms up. */
const leftBy = async (what: string, count: number, run: (count: number) => Promise<unknown>): Promise<Row> => {
  await run(Math.ceil(count / 10))
  await collect()
  const timersBefore = processTimers()
  const before = process.memoryUsage().heapUsed
  await run(count)
  await collect()
  const bytes = process.memoryUsage().heapUsed - before
  const timers = processTimers() - timersBefore
  const each = Math.max(0, bytes) / count
  rows.push({ what, count, 'bytes left': bytes, 'bytes each': each < 1 ? '< 1' : Math.round(each), timers })
  return { bytes, processTimers: timers }
}

afterAll(() => {
  const columns = ['what', 'count', 'bytes left', 'bytes each', 'timers'] as const
  const line = (cells: ReadonlyArray<string | number>): string => `| ${cells.join(' | ')} |`
  const table = [
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(columns.map((column) => row[column] ?? ''))),
  ]
  console.log(`what is left after a collection, node ${process.version}\n\n${table.join('\n')}`)
})

const batches = async (count: number, size: number, run: (size: number) => unknown): Promise<void> => {
  for (let left = count; left > 0; left -= size) await run(Math.min(size, left))
}

const repeat = (count: number, run: () => unknown): void => {
  for (let done = 0; done < count; done++) run()
}

/** A scope as long-lived as they come: with a source signal above it, a timeout of an hour, and an input. */
const longLived = () => {
  const clock = counting()
  const controller = new AbortController()
  const source = fromAbortSignal(controller.signal)()
  const scope = CancelScope.child(any(manual('stop'), timeout('1 hour')), { clock })(source)()
  return {
    clock,
    scope,
    abort: () => controller.abort(),
    timers: clock.timers,
    listeners: () => getEventListeners(controller.signal, 'abort').length,
  }
}

const expectNothing = ({ bytes, processTimers }: Row, bound: number): void => {
  expect(bytes).toBeLessThan(bound)
  expect(processTimers).toBeLessThanOrEqual(0)
}

const short: TE.TaskEither<never, number> = () => Promise.resolve(TE.right(1)())

describe('a scope that never fires', () => {
  it('keeps nothing of a million guards of short promises', async () => {
    const { scope, timers, listeners } = longLived()
    const guard = Cancellable.run(scope)(Cancellable.guard(short))
    const most = { timers: 0, listeners: 0 }
    const row = await leftBy('guard', 1_000_000, (count) =>
      batches(count, 1_000, async (size) => {
        const running = Array.from({ length: size }, guard)
        await Promise.resolve()
        most.timers = Math.max(most.timers, timers())
        most.listeners = Math.max(most.listeners, listeners())
        const results = await Promise.all(running)
        if (results.some(({ _tag }) => _tag === 'Left')) throw new Error('should have ended well')
      }),
    )
    expectNothing(row, 1024 * kB)
    expect(most).toEqual({ timers: 1, listeners: 1 })
    expect([timers(), listeners()]).toEqual([0, 0])
    expect(CancelScope.isCancelled(scope)()).toBe(false)
  })

  it('keeps nothing of a hundred thousand guards within a limit of their own', async () => {
    const { scope, timers, listeners } = longLived()
    const program = Cancellable.within(timeout('1 minute'))(Cancellable.guard(short))
    const row = await leftBy('guard, within a timeout', 100_000, (count) =>
      batches(count, 1_000, (size) => Promise.all(Array.from({ length: size }, program(scope)))),
    )
    expectNothing(row, 1024 * kB)
    expect([timers(), listeners()]).toEqual([0, 0])
  })

  it('keeps nothing of a hundred thousand pieces of work that got its signal', async () => {
    const { scope, timers, listeners } = longLived()
    const program = Cancellable.tryCatch(async (signal) => signal.aborted, String)
    const row = await leftBy('tryCatch', 100_000, (count) =>
      batches(count, 1_000, (size) => Promise.all(Array.from({ length: size }, program(scope)))),
    )
    expectNothing(row, 1024 * kB)
    expect([timers(), listeners()]).toEqual([0, 0])
  })
})

describe('derived signals', () => {
  it('are gone when they are dropped, their scopes never closed: a hundred thousand', async () => {
    const { scope, timers, listeners } = longLived()
    const most = { timers: 0 }
    const child = CancelScope.child(timeout('1 hour'))(scope)
    const row = await leftBy('signal of a child, dropped', 100_000, (count) =>
      batches(count, 1_000, async (size) => {
        repeat(size, () => toAbortSignal(child())())
        most.timers = Math.max(most.timers, timers())
        await setImmediate()
      }),
    )
    expectNothing(row, 512 * kB)
    // each had one of its own, so that there was something to leave behind
    expect(most.timers).toBeGreaterThanOrEqual(1_001)
    expect([timers(), listeners()]).toEqual([0, 0])
    expect(CancelScope.isCancelled(scope)()).toBe(false)
  })

  it('are gone when they are dropped in one turn', async () => {
    const { scope, timers, listeners } = longLived()
    const child = CancelScope.child(never)(scope)
    const row = await leftBy('signal of a child, dropped in one turn', 20_000, async (count) =>
      repeat(count, () => toAbortSignal(child())()),
    )
    expectNothing(row, 1024 * kB)
    expect([timers(), listeners()]).toEqual([0, 0])
  })

  it('are gone when their listeners were removed before', async () => {
    const { scope, timers, listeners } = longLived()
    const child = CancelScope.child(timeout('1 hour'))(scope)
    const row = await leftBy('signal of a child, no longer listened to, dropped', 20_000, (count) =>
      batches(count, 1_000, async (size) => {
        repeat(size, () => {
          const signal = toAbortSignal(child())()
          const listener = (): void => {}
          signal.addEventListener('abort', listener)
          signal.removeEventListener('abort', listener)
        })
        await setImmediate()
      }),
    )
    expectNothing(row, 512 * kB)
    expect([timers(), listeners()]).toEqual([0, 0])
  })

  it('let go of timers and parents in the turn in which their scopes are closed, listened to or not', () => {
    const { scope, timers, listeners } = longLived()
    const child = CancelScope.child(timeout('1 hour'))(scope)
    repeat(1_000, () => {
      const parts = [child(), child()] as const
      const signals = parts.map((part) => toAbortSignal(part)())
      signals[0]?.addEventListener('abort', () => {})
      expect([timers(), listeners()]).toEqual([3, 1])
      for (const part of parts) CancelScope.close(part)()
      expect([timers(), listeners()]).toEqual([0, 0])
    })
  })

  it('are gone when their scopes are closed and they are dropped: a hundred thousand', async () => {
    const { scope, timers, listeners } = longLived()
    const child = CancelScope.child(timeout('1 hour'))(scope)
    const row = await leftBy('signal of a child, closed and dropped', 100_000, (count) =>
      batches(count, 1_000, async (size) => {
        repeat(size, () => {
          const part = child()
          toAbortSignal(part)()
          CancelScope.close(part)()
        })
        await setImmediate()
      }),
    )
    expectNothing(row, 1024 * kB)
    expect([timers(), listeners()]).toEqual([0, 0])
  })

  it('are gone when they have aborted', async () => {
    const { scope, timers, listeners } = longLived()
    const child = CancelScope.child(manual('stop'))(scope)
    let heard = 0
    const row = await leftBy('signal of a child, aborted', 20_000, (count) =>
      batches(count, 1_000, async (size) => {
        repeat(size, () => {
          const part = child()
          toAbortSignal(part)().addEventListener('abort', () => heard++, { once: true })
          CancelScope.cancelInput(part, 'stop')()
        })
        await setImmediate()
      }),
    )
    expect(heard).toBe(22_000)
    expectNothing(row, 512 * kB)
    expect([timers(), listeners()]).toEqual([0, 0])
  })
})

describe('a hundred thousand scopes', () => {
  it('made from one source signal leave nothing on it', async () => {
    const controller = new AbortController()
    const row = await leftBy('scope from a signal, listened to', 100_000, async (count) =>
      repeat(count, () => {
        const child = CancelScope.child(never)(fromAbortSignal(controller.signal)())()
        CancelScope.onCancelled(child, () => {})()()
      }),
    )
    expectNothing(row, 1024 * kB)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  it('made from a signal each are gone with it', async () => {
    const row = await leftBy('scope from a signal of its own, dropped', 100_000, (count) =>
      batches(count, 1_000, async (size) => {
        repeat(size, () => {
          const scope = fromAbortSignal(new AbortController().signal)()
          CancelScope.onCancelled(CancelScope.child(never)(scope)(), () => {})()
        })
        await setImmediate()
      }),
    )
    expectNothing(row, 512 * kB)
  })
})

describe('a hundred thousand waits that lose', () => {
  const count = 100_000

  it('to their own timeout leave nothing', async () => {
    const clock = Clock.virtual()
    const controller = new AbortController()
    const source = fromAbortSignal(controller.signal)()
    const scope = CancelScope.child(any(manual('stop'), timeout('365 days')), { clock })(source)()
    const waiting = CancelScope.waitFor(scope, '1ms')
    const row = await leftBy('waitFor that gives up', count, (runs) =>
      batches(runs, 100, async (size) => {
        const waits = Array.from({ length: size }, waiting)
        clock.advance('1ms')()
        for (const { _tag } of await Promise.all(waits)) if (_tag === 'Right') throw new Error('should have given up')
        if (clock.timers() > 0) throw new Error('should have left no timer')
      }),
    )
    expectNothing(row, 1024 * kB)
    expect([clock.timers(), getEventListeners(controller.signal, 'abort').length]).toEqual([0, 0])
  })

  it('interest leave nothing', async () => {
    const { scope, timers, listeners } = longLived()
    const listen = CancelScope.onCancelled(scope, () => {}, { keepAlive: true })
    const row = await leftBy('onCancelled, taken back', count, async (runs) =>
      repeat(runs, () => {
        if (!listen()()) throw new Error('should have been in time')
      }),
    )
    expectNothing(row, 1024 * kB)
    expect([timers(), listeners()]).toEqual([0, 0])
  })

  it('interest, all of them at once, leave nothing', async () => {
    const { scope, timers, listeners } = longLived()
    const listen = CancelScope.onCancelled(CancelScope.child(never)(scope)(), () => {})
    const row = await leftBy('onCancelled, all taken back', count, async (runs) => {
      const unsubscribes = Array.from({ length: runs }, listen)
      expect([timers(), listeners()]).toEqual([1, 1])
      for (const unsubscribe of unsubscribes) unsubscribe()
    })
    expectNothing(row, 1024 * kB)
    expect([timers(), listeners()]).toEqual([0, 0])
  })

  it('a race leave nothing, in the scope they waited for and in that they ran in', async () => {
    const awaited = longLived()
    const { scope, timers, listeners } = longLived()
    const race = Cancellable.race(Cancellable.wait(awaited.scope), Cancellable.guard(short))
    const row = await leftBy('race of a wait and a guard', count, (runs) =>
      batches(runs, 1_000, async (size) => {
        for (const result of await Promise.all(Array.from({ length: size }, race(scope))))
          if (result._tag === 'Left' || result.right !== 1) throw new Error('should have lost')
      }),
    )
    expectNothing(row, 1024 * kB)
    expect([timers(), listeners(), awaited.timers(), awaited.listeners()]).toEqual([0, 0, 0, 0])
  })

  it('to a timeout around them leave nothing', async () => {
    const clock = Clock.virtual()
    const awaited = longLived()
    const scope = CancelScope.open(timeout('365 days'), { clock })()
    const program = Cancellable.timeoutOption('1ms')(Cancellable.wait(awaited.scope))
    const row = await leftBy('wait within a timeout', count, (runs) =>
      batches(runs, 100, async (size) => {
        const running = Array.from({ length: size }, program(scope))
        clock.advance('1ms')()
        for (const result of await Promise.all(running))
          if (result._tag === 'Left' || result.right._tag === 'Some') throw new Error('should have been late')
      }),
    )
    expectNothing(row, 1024 * kB)
    expect([clock.timers(), awaited.timers(), awaited.listeners()]).toEqual([0, 0, 0])
  })

  it('to a cancellation of a child leave nothing in the parent', async () => {
    const { scope, timers, listeners } = longLived()
    const row = await leftBy('wait for a child that is cancelled', count, (runs) =>
      batches(runs, 1_000, async (size) => {
        const waits = Array.from({ length: size }, () => {
          const child = CancelScope.child(any(counter(3), timeout('1 minute')))(scope)()
          const waiting = CancelScope.wait(child)()
          CancelScope.cancel(child)()
          return waiting
        })
        await Promise.all(waits)
      }),
    )
    expectNothing(row, 1024 * kB)
    expect([timers(), listeners()]).toEqual([0, 0])
  })
})

describe('a signal that only its listener knows still aborts after a collection', () => {
  /** Ways to hear of a signal that is then forgotten. */
  const ears: ReadonlyArray<readonly [name: string, listen: (signal: AbortSignal, hear: () => void) => void]> = [
    ['a listener', (signal, hear) => signal.addEventListener('abort', hear)],
    ['a listener for once', (signal, hear) => signal.addEventListener('abort', hear, { once: true })],
    [
      'a handler',
      (signal, hear) => {
        signal.onabort = hear
      },
    ],
    ['addAbortListener', (signal, hear) => void addAbortListener(signal, hear)],
    ['a scope made from it', (signal, hear) => void CancelScope.onCancelled(fromAbortSignal(signal)(), hear)()],
    [
      'a signal of a scope made from it',
      (signal, hear) =>
        toAbortSignal(CancelScope.child(never)(fromAbortSignal(signal)())())().addEventListener('abort', hear),
    ],
    ['a promise', (signal, hear) => void once(new EventTarget(), 'never', { signal }).catch(hear)],
  ]

  it.each(ears)('%s, its scope forgotten and a parent cancelled', async (_, listen) => {
    const { scope } = longLived()
    const heard = new Promise<void>((resolve) => listen(toAbortSignal(CancelScope.child(never)(scope)())(), resolve))
    await collect()
    CancelScope.cancelInput(scope, 'stop')()
    await heard
  })

  it.each(ears)('%s, all scopes forgotten and the source signal aborted', async (_, listen) => {
    const { abort, heard } = (() => {
      const { scope, abort } = longLived()
      const heard = new Promise<void>((resolve) => listen(toAbortSignal(CancelScope.child(never)(scope)())(), resolve))
      return { abort, heard }
    })()
    await collect()
    abort()
    await heard
  })

  it.each(ears)('%s, all scopes forgotten and the time of its own come', async (_, listen) => {
    const clock = Clock.virtual()
    let heard = 0
    listen(toAbortSignal(CancelScope.open(timeout('1 hour'), { clock })())(), () => heard++)
    await collect()
    clock.advance('1 hour')()
    await setImmediate()
    expect([heard, clock.timers()]).toEqual([1, 0])
  })

  it.each(ears)('%s, all scopes forgotten and the time of a parent come', async (_, listen) => {
    const clock = Clock.virtual()
    let heard = 0
    const parent = CancelScope.open(timeout('1 hour'), { clock })
    listen(toAbortSignal(CancelScope.child(timeout('2 hours'))(parent())())(), () => heard++)
    await collect()
    clock.advance('1 hour')()
    await setImmediate()
    expect([heard, clock.timers()]).toEqual([1, 0])
  })

  it.each(ears)("%s, all scopes forgotten and the time come on the system's clock", async (_, listen) => {
    const heard = new Promise<void>((resolve) =>
      listen(toAbortSignal(CancelScope.child(never)(CancelScope.open(timeout('50ms'))())())(), resolve),
    )
    await collect()
    await heard
  })

  it('AbortSignal.any of it, its scope still known', async () => {
    const scope = CancelScope.open(manual('stop'))()
    let heard = 0
    const listen = (): void =>
      AbortSignal.any([toAbortSignal(scope)(), new AbortController().signal]).addEventListener('abort', () => heard++)
    listen()
    await collect()
    CancelScope.cancelInput(scope, 'stop')()
    expect(heard).toBe(1)
  })
})

describe('derived signals on which a listener was left', () => {
  const ends: ReadonlyArray<readonly [name: string, end: (scope: CancelScope.CancelScope) => unknown]> = [
    ['closed', (scope) => CancelScope.close(scope)()],
    ['cancelled', (scope) => CancelScope.cancel(scope)()],
  ]

  it.each(ends)('are gone all the same once their scopes are %s', async (name, end) => {
    const { scope } = longLived()
    const child = CancelScope.child(never)(scope)
    const row = await leftBy(`signal of a child, with a listener, ${name}`, 2_000, async (count) =>
      repeat(count, () => {
        const part = child()
        toAbortSignal(part)().addEventListener('abort', () => {})
        end(part)
      }),
    )
    expectNothing(row, 1024 * kB)
  })
})

describe('for comparison', () => {
  const forever = new Promise<never>(() => {})

  it('Promise.race against a long-lived promise', async () => {
    await leftBy('Promise.race against a long-lived promise', 100_000, (count) =>
      batches(count, 1_000, (size) =>
        Promise.all(Array.from({ length: size }, () => Promise.race([Promise.resolve(1), forever]))),
      ),
    )
  })

  it('AbortController, with a listener left on its signal', async () => {
    await leftBy('AbortController, with a listener, dropped', 20_000, async (count) =>
      repeat(count, () => new AbortController().signal.addEventListener('abort', () => {})),
    )
    await leftBy('AbortController, with a listener, aborted', 20_000, async (count) =>
      repeat(count, () => {
        const controller = new AbortController()
        controller.signal.addEventListener('abort', () => {})
        controller.abort()
      }),
    )
  })

  it('a listener of a long-lived signal for each promise, never removed', async () => {
    const { signal } = new AbortController()
    await leftBy('addEventListener on a long-lived signal', 2_000, async (count) =>
      repeat(count, () => signal.addEventListener('abort', () => {})),
    )
    expect(signal.aborted).toBe(false)
  })

  it.each([
    ['dropped', () => {}],
    ['listened to and dropped', (signal: AbortSignal) => signal.addEventListener('abort', () => {})],
  ])('AbortSignal.any of a long-lived signal and AbortSignal.timeout, %s', async (name, use) => {
    const { signal } = new AbortController()
    await leftBy(`AbortSignal.any of a long-lived signal, ${name}`, 2_000, (count) =>
      batches(count, 1_000, async (size) => {
        repeat(size, () => use(AbortSignal.any([signal])))
        await setImmediate()
      }),
    )
    await leftBy(`AbortSignal.timeout of an hour, ${name}`, 2_000, (count) =>
      batches(count, 1_000, async (size) => {
        repeat(size, () => use(AbortSignal.timeout(3_600_000)))
        await setImmediate()
      }),
    )
    await leftBy(`AbortSignal.any with AbortSignal.timeout, ${name}`, 2_000, (count) =>
      batches(count, 1_000, async (size) => {
        repeat(size, () => use(AbortSignal.any([signal, AbortSignal.timeout(3_600_000)])))
        await setImmediate()
      }),
    )
    expect(signal.aborted).toBe(false)
  })
})
