/** What stays behind of effects that were limited: on the heap, as timers, as listeners, as fibers. Runs alone in its process, with `--expose-gc`. */
import { setImmediate } from 'node:timers/promises'
import { Effect, Fiber } from 'effect'
import { describe, expect, it } from 'vitest'
import { CancelScope, Clock, Token } from 'cantok-ts'
import { interruptBy, interruptWhen, open, toEffect } from 'cantok-ts/effect'

const { any, condition, manual, timeout } = Token

const kB = 1024

/** Several times, each in a turn of its own, for finalisers run between turns. */
const collect = async (): Promise<void> => {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc')
  for (let round = 0; round < 6; round++) {
    globalThis.gc()
    await setImmediate()
  }
}

/** The system's clock, which counts the timers that wait on it. */
const counting = () => {
  let timers = 0
  const clock: Clock.Clock = {
    ...Clock.system,
    schedule: (delay, run, options) => () => {
      let waits = 1
      timers++
      const ended = (): void => {
        timers -= waits
        waits = 0
      }
      const timed = (): void => {
        ended()
        run()
      }
      const callOff = Clock.system.schedule(delay, timed, options)()
      return () => {
        ended()
        callOff()
      }
    },
  }
  return { clock, timers: () => timers }
}

/** A scope as long-lived as they come; it counts who listens to what is above it. */
const longLived = () => {
  const wakers = new Set<() => void>()
  const source: CancelScope.Source = {
    read: () => ({ _tag: 'None' }),
    subscribe: (wake) => () => {
      wakers.add(wake)
      return () => wakers.delete(wake)
    },
  }
  const { clock, timers } = counting()
  const above = CancelScope.fromSource(source, { clock })()
  const scope = CancelScope.child(any(manual('stop'), timeout('1 hour')), { clock })(above)()
  return { clock, scope, timers, listeners: () => wakers.size }
}

const processTimers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length

/** Runs it so many times and tells what is still there after a collection; the least of a few rounds counts, for the engine's own tables grow when they like. */
const expectNothingLeft = async (count: number, run: Effect.Effect<unknown, unknown>): Promise<void> => {
  const bound = 512 * kB
  const runs = (size: number): Promise<void> =>
    Effect.runPromise(
      Effect.forEach(Array.from({ length: size }), () => Effect.exit(run), { concurrency: 100, discard: true }),
    )
  await runs(Math.ceil(count / 10))
  let [bytes, timers] = [Infinity, 0]
  for (let round = 0; round < 4 && bytes >= bound; round++) {
    await collect()
    const [timersBefore, before] = [processTimers(), process.memoryUsage().heapUsed]
    await runs(count)
    await collect()
    bytes = Math.min(bytes, process.memoryUsage().heapUsed - before)
    timers = processTimers() - timersBefore
  }
  expect(bytes).toBeLessThan(bound)
  // the test runner has a few of its own, now and then
  expect(timers).toBeLessThan(10)
}

const turn = Effect.promise(() => setImmediate())

describe('a hundred thousand effects', () => {
  const count = 100_000

  const works: ReadonlyArray<readonly [string, Effect.Effect<unknown, unknown>]> = [
    ['that are ready', Effect.succeed(1)],
    ['that take a turn', Effect.andThen(turn, Effect.succeed(1))],
    ['that fail', Effect.andThen(turn, Effect.fail('no'))],
    ['that die', Effect.andThen(turn, Effect.die('bug'))],
  ]

  it.each(works)('%s leave nothing under a token of their own', async (_, work) => {
    const { clock, timers } = counting()
    await expectNothingLeft(count, interruptWhen(any(timeout('1 hour'), manual('stop')), { clock })(work))
    expect(timers()).toBe(0)
  })

  it.each(works)('%s leave nothing under a long-lived scope', async (_, work) => {
    const { scope, timers, listeners } = longLived()
    await expectNothingLeft(count, interruptBy(scope)(work))
    expect([timers(), listeners()]).toEqual([0, 0])
    expect(CancelScope.isCancelled(scope)()).toBe(false)
  })

  it('that are interrupted from outside leave nothing', async () => {
    const { scope, clock, timers, listeners } = longLived()
    const limited = interruptBy(scope)(interruptWhen(timeout('1 hour'), { clock })(Effect.never))
    const most = { timers: 0, listeners: 0 }
    const noted = Effect.sync(() => {
      most.timers = Math.max(most.timers, timers())
      most.listeners = Math.max(most.listeners, listeners())
    })
    await expectNothingLeft(count, Effect.raceFirst(Effect.andThen(turn, noted), limited))
    expect([timers(), listeners()]).toEqual([0, 0])
    // each had some, so that there was something to leave behind
    expect(most.timers).toBeGreaterThan(50)
    expect(most.listeners).toBe(1)
  })

  it('that are cut short leave nothing', async () => {
    const { scope, clock, timers, listeners } = longLived()
    let now = 0
    // all timers come in the next turn, and time passes when they do
    const soon: Clock.Clock = {
      ...clock,
      monotonic: () => now,
      schedule: (_, run, options) =>
        clock.schedule(
          0,
          () => {
            now++
            run()
          },
          options,
        ),
    }
    let [started, cut] = [0, 0]
    const work = Effect.andThen(
      Effect.sync(() => started++),
      Effect.never,
    )
    const limited = interruptBy(scope)(interruptWhen(timeout(1), { clock: soon })(work))
    const counted = Effect.tapError(limited, () => Effect.sync(() => cut++))
    await expectNothingLeft(count, counted)
    expect(cut).toBeGreaterThanOrEqual(count)
    expect(started).toBe(cut)
    expect([timers(), listeners()]).toEqual([0, 0])
  })

  it('that wait for a scope and lose leave nothing', async () => {
    const { scope, timers, listeners } = longLived()
    await expectNothingLeft(count, Effect.raceFirst(turn, toEffect(scope)))
    expect([timers(), listeners()]).toEqual([0, 0])
  })
})

describe('twenty thousand effects', () => {
  const count = 20_000

  it('whose tokens are fed and ask effects leave no fiber', async () => {
    const { clock, timers } = counting()
    let running = 0
    const counted = <A>(self: Effect.Effect<A>): Effect.Effect<A> =>
      Effect.andThen(
        Effect.sync(() => void running++),
        Effect.ensuring(
          self,
          Effect.sync(() => void running--),
        ),
      )
    const limited = interruptWhen(any(condition('drained'), manual('stop')), {
      clock,
      conditions: { drained: counted(Effect.as(Effect.never, true)) },
      inputs: { 'manual:stop': counted(Effect.never) },
    })
    await expectNothingLeft(count, limited(Effect.andThen(turn, Effect.succeed(1))))
    expect([running, timers()]).toEqual([0, 0])
  })

  it('that open tokens leave nothing', async () => {
    const { clock, timers } = counting()
    const program = Effect.scoped(
      Effect.flatMap(open(timeout('1 hour'), { clock }), (scope) => interruptBy(scope)(turn)),
    )
    await expectNothingLeft(count, program)
    expect(timers()).toBe(0)
  })

  it('under one scope that fires are all over, and nothing is left', async () => {
    const { clock, timers } = counting()
    const scope = CancelScope.open(manual('stop'), { clock })()
    const fibers = Array.from({ length: count }, () => Effect.runFork(interruptBy(scope)(Effect.never)))
    await setImmediate()
    CancelScope.cancelInput(scope, 'stop')()
    const exits = await Effect.runPromise(Effect.forEach(fibers, Fiber.await))
    expect(exits.every(({ _tag }) => _tag === 'Failure')).toBe(true)
    expect(timers()).toBe(0)
  })
})
