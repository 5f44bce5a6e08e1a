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
const counting = (): Required<Omit<Clock.Clock, 'tell'>> & { readonly timers: () => number } => {
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

/**
 * What is still there after so many runs and a collection, beyond what was there before; a tenth of them warms up. The engine's own tables grow
 * when they like: the least of a few rounds counts, and the first below the bound will do. What leaks does so in every round.
 */
const leftBy = async (
  what: string,
  count: number,
  run: (count: number) => Promise<unknown>,
  bound: number = Infinity,
): Promise<Row> => {
  await run(Math.ceil(count / 10))
  let least: Row = { bytes: Infinity, processTimers: 0 }
  for (let round = 0; round < 4 && !(least.bytes < bound); round++) {
    await collect()
    const timersBefore = processTimers()
    const before = process.memoryUsage().heapUsed
    await run(count)
    await collect()
    const bytes = process.memoryUsage().heapUsed - before
    if (bytes < least.bytes) least = { bytes, processTimers: processTimers() - timersBefore }
  }
  const each = Math.max(0, least.bytes) / count
  rows.push({
    what,
    count,
    'bytes left': least.bytes,
    'bytes each': each < 1 ? '< 1' : Math.round(each),
    timers: least.processTimers,
  })
  return least
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

/** That so many runs leave nothing: neither on the heap nor as timers that keep the process alive. */
const expectNothingLeft = async (
  what: string,
  count: number,
  run: (count: number) => Promise<unknown>,
): Promise<void> => {
  const bound = 512 * kB
  const { bytes, processTimers } = await leftBy(what, count, run, bound)
  expect(bytes).toBeLessThan(bound)
  // the test runner has a few of its own, now and then
  expect(processTimers).toBeLessThan(10)
}

const short: TE.TaskEither<never, number> = () => Promise.resolve(TE.right(1)())

describe('a scope that never fires', () => {
  it('keeps nothing of a million guards of short promises', async () => {
    const { scope, timers, listeners } = longLived()
    const guard = Cancellable.run(scope)(Cancellable.guard(short))
    const most = { timers: 0, listeners: 0 }
    await expectNothingLeft('guard', 1_000_000, (count) =>
      batches(count, 1_000, async (size) => {
        const running = Array.from({ length: size }, guard)
        await Promise.resolve()
        most.timers = Math.max(most.timers, timers())
        most.listeners = Math.max(most.listeners, listeners())
        const results = await Promise.all(running)
        if (results.some(({ _tag }) => _tag === 'Left')) throw new Error('should have ended well')
      }),
    )
    expect(most).toEqual({ timers: 1, listeners: 1 })
    expect([timers(), listeners()]).toEqual([0, 0])
    expect(CancelScope.isCancelled(scope)()).toBe(false)
  })

  it('keeps nothing of a hundred thousand guards within a limit of their own', async () => {
    const { scope, timers, listeners } = longLived()
    const program = Cancellable.within(timeout('1 minute'))(Cancellable.guard(short))
    await expectNothingLeft('guard, within a timeout', 100_000, (count) =>
      batches(count, 1_000, (size) => Promise.all(Array.from({ length: size }, program(scope)))),
    )
    expect([timers(), listeners()]).toEqual([0, 0])
  })

  it('keeps nothing of a hundred thousand pieces of work that got its signal', async () => {
    const { scope, timers, listeners } = longLived()
    const program = Cancellable.tryCatch(async (signal) => signal.aborted, String)
    await expectNothingLeft('tryCatch', 100_000, (count) =>
      batches(count, 1_000, (size) => Promise.all(Array.from({ length: size }, program(scope)))),
    )
    expect([timers(), listeners()]).toEqual([0, 0])
  })
})

describe('derived signals', () => {
  it('are gone when they are dropped, their scopes never closed: a hundred thousand', async () => {
    const { scope, timers, listeners } = longLived()
    const most = { timers: 0 }
    const child = CancelScope.child(timeout('1 hour'))(scope)
    await expectNothingLeft('signal of a child, dropped', 100_000, (count) =>
      batches(count, 1_000, async (size) => {
        repeat(size, () => toAbortSignal(child())())
        most.timers = Math.max(most.timers, timers())
        await setImmediate()
      }),
    )
    // each had one of its own, so that there was something to leave behind
    expect(most.timers).toBeGreaterThanOrEqual(1_001)
    expect([timers(), listeners()]).toEqual([0, 0])
    expect(CancelScope.isCancelled(scope)()).toBe(false)
  })

  it('are gone when they are dropped in one turn', async () => {
    const { scope, timers, listeners } = longLived()
    const child = CancelScope.child(never)(scope)
    await expectNothingLeft('signal of a child, dropped in one turn', 20_000, async (count) =>
      repeat(count, () => toAbortSignal(child())()),
    )
    expect([timers(), listeners()]).toEqual([0, 0])
  })

  it('are gone when their listeners were removed before', async () => {
    const { scope, timers, listeners } = longLived()
    const child = CancelScope.child(timeout('1 hour'))(scope)
    await expectNothingLeft('signal of a child, no longer listened to, dropped', 20_000, (count) =>
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
    await expectNothingLeft('signal of a child, closed and dropped', 100_000, (count) =>
      batches(count, 1_000, async (size) => {
        repeat(size, () => {
          const part = child()
          toAbortSignal(part)()
          CancelScope.close(part)()
        })
        await setImmediate()
      }),
    )
    expect([timers(), listeners()]).toEqual([0, 0])
  })

  it('are gone when they have aborted', async () => {
    const { scope, timers, listeners } = longLived()
    const child = CancelScope.child(manual('stop'))(scope)
    await expectNothingLeft('signal of a child, aborted', 20_000, (count) =>
      batches(count, 1_000, async (size) => {
        let heard = 0
        repeat(size, () => {
          const part = child()
          toAbortSignal(part)().addEventListener('abort', () => heard++, { once: true })
          CancelScope.cancelInput(part, 'stop')()
        })
        if (heard !== size) throw new Error('should have been heard')
        await setImmediate()
      }),
    )
    expect([timers(), listeners()]).toEqual([0, 0])
  })
})

describe('a hundred thousand scopes', () => {
  it('made from one source signal leave nothing on it', async () => {
    const controller = new AbortController()
    await expectNothingLeft('scope from a signal, listened to', 100_000, async (count) =>
      repeat(count, () => {
        const child = CancelScope.child(never)(fromAbortSignal(controller.signal)())()
        CancelScope.onCancelled(child, () => {})()()
      }),
    )
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  it('made from a signal each are gone with it', async () => {
    await expectNothingLeft('scope from a signal of its own, dropped', 100_000, (count) =>
      batches(count, 1_000, async (size) => {
        repeat(size, () => {
          const scope = fromAbortSignal(new AbortController().signal)()
          CancelScope.onCancelled(CancelScope.child(never)(scope)(), () => {})()
        })
        await setImmediate()
      }),
    )
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
    await expectNothingLeft('waitFor that gives up', count, (runs) =>
      batches(runs, 100, async (size) => {
        const waits = Array.from({ length: size }, waiting)
        clock.advance('1ms')()
        for (const { _tag } of await Promise.all(waits)) if (_tag === 'Right') throw new Error('should have given up')
        if (clock.timers() > 0) throw new Error('should have left no timer')
      }),
    )
    expect([clock.timers(), getEventListeners(controller.signal, 'abort').length]).toEqual([0, 0])
  })

  it('interest leave nothing', async () => {
    const { scope, timers, listeners } = longLived()
    const listen = CancelScope.onCancelled(scope, () => {}, { keepAlive: true })
    await expectNothingLeft('onCancelled, taken back', count, async (runs) =>
      repeat(runs, () => {
        if (!listen()()) throw new Error('should have been in time')
      }),
    )
    expect([timers(), listeners()]).toEqual([0, 0])
  })

  it('interest, all of them at once, leave nothing', async () => {
    const { scope, timers, listeners } = longLived()
    const listen = CancelScope.onCancelled(CancelScope.child(never)(scope)(), () => {})
    await expectNothingLeft('onCancelled, all taken back', count, async (runs) => {
      const unsubscribes = Array.from({ length: runs }, listen)
      expect([timers(), listeners()]).toEqual([1, 1])
      for (const unsubscribe of unsubscribes) unsubscribe()
    })
    expect([timers(), listeners()]).toEqual([0, 0])
  })

  it('a race leave nothing, in the scope they waited for and in that they ran in', async () => {
    const awaited = longLived()
    const { scope, timers, listeners } = longLived()
    const race = Cancellable.race(Cancellable.wait(awaited.scope), Cancellable.guard(short))
    await expectNothingLeft('race of a wait and a guard', count, (runs) =>
      batches(runs, 1_000, async (size) => {
        for (const result of await Promise.all(Array.from({ length: size }, race(scope))))
          if (result._tag === 'Left' || result.right !== 1) throw new Error('should have lost')
      }),
    )
    expect([timers(), listeners(), awaited.timers(), awaited.listeners()]).toEqual([0, 0, 0, 0])
  })

  it('to a timeout around them leave nothing', async () => {
    const clock = Clock.virtual()
    const awaited = longLived()
    const scope = CancelScope.open(timeout('365 days'), { clock })()
    const program = Cancellable.timeoutOption('1ms')(Cancellable.wait(awaited.scope))
    await expectNothingLeft('wait within a timeout', count, (runs) =>
      batches(runs, 100, async (size) => {
        const running = Array.from({ length: size }, program(scope))
        clock.advance('1ms')()
        for (const result of await Promise.all(running))
          if (result._tag === 'Left' || result.right._tag === 'Some') throw new Error('should have been late')
      }),
    )
    expect([clock.timers(), awaited.timers(), awaited.listeners()]).toEqual([0, 0, 0])
  })

  it('to a cancellation of a child leave nothing in the parent', async () => {
    const { scope, timers, listeners } = longLived()
    await expectNothingLeft('wait for a child that is cancelled', count, (runs) =>
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
    expect([timers(), listeners()]).toEqual([0, 0])
  })
})

describe('a scope that somebody waits for all the time keeps nothing of', () => {
  const count = 100_000

  const uses: ReadonlyArray<
    readonly [name: string, count: number, use: (scope: CancelScope.ScopeView) => (size: number) => Promise<unknown>]
  > = [
    [
      'children that were listened to',
      count,
      (scope) => async (size) =>
        repeat(size, () => CancelScope.onCancelled(CancelScope.child(timeout('1 hour'))(scope)(), () => {})()()),
    ],
    [
      'children that have fired while listened to',
      count,
      (scope) => async (size) =>
        repeat(size, () => {
          const child = CancelScope.child(never)(scope)()
          CancelScope.onCancelled(child, () => {})()
          CancelScope.cancel(child)()
        }),
    ],
    [
      'signals of children, closed',
      20_000,
      (scope) => async (size) => {
        repeat(size, () => {
          const child = CancelScope.child(timeout('1 hour'))(scope)()
          toAbortSignal(child)()
          CancelScope.close(child)()
        })
        await setImmediate()
      },
    ],
    [
      'signals of children, dropped',
      20_000,
      (scope) => async (size) => {
        repeat(size, () => toAbortSignal(CancelScope.child(timeout('1 hour'))(scope)())())
        await setImmediate()
      },
    ],
    [
      'guards within limits',
      count,
      (scope) => (size) =>
        Promise.all(
          Array.from({ length: size }, Cancellable.within(timeout('1 minute'))(Cancellable.guard(short))(scope)),
        ),
    ],
  ]

  it.each(uses)('%s', async (name, runs, use) => {
    const { scope, timers, listeners } = longLived()
    const unsubscribe = CancelScope.onCancelled(scope, () => {})()
    await expectNothingLeft(`waited for: ${name}`, runs, (size) => batches(size, 1_000, use(scope)))
    expect([timers(), listeners()]).toEqual([1, 1])
    unsubscribe()
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
    const heard = new Promise<void>((resolve) => {
      const signal = toAbortSignal(CancelScope.child(never)(CancelScope.open(timeout('50ms'))())())()
      // on a slow machine it may have come by now
      if (signal.aborted) resolve()
      else listen(signal, resolve)
    })
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
    await expectNothingLeft(`signal of a child, with a listener, ${name}`, 10_000, async (count) =>
      repeat(count, () => {
        const part = child()
        toAbortSignal(part)().addEventListener('abort', () => {})
        end(part)
      }),
    )
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
