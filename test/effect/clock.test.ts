/** Tokens run on the clock of the fiber: under a TestClock in no real time, on a live one, on one that is given. */
import { Effect, Fiber } from 'effect'
import * as effect from 'effect'
import * as EffectClock from 'effect/Clock'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CancelScope, Clock, Semantics, Token } from 'cantok-ts'
import { clock, interruptBy, interruptWhen, link, open, toEffect } from 'cantok-ts/effect'
import { duration, token as arbitraryToken } from 'cantok-ts/testing'
import { effectClockOf } from '../../src/effect/versions.js'
import { adjust, ending, fork, hasEnded, onClock, test, turn, version, virtualTime } from './support.js'

const { andThen, any, condition, deadline, idle, manual, timeout } = Token

type AnyToken = Token.Token<Token.Input>

/** The time at which an effect ends. */
const endOf = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<number, never, R> =>
  Effect.flatMap(Effect.exit(self), () => EffectClock.currentTimeMillis)

/** What `poll` of a scope says, as effects ask. */
const fired = (scope: CancelScope.ScopeView): Effect.Effect<boolean> => Effect.sync(CancelScope.isCancelled(scope))

describe('clock', () => {
  it('is that of the system where nobody gave another', () => {
    expect(Effect.runSync(clock)).toBe(Clock.system)
  })

  it('reads the times of a TestClock, in milliseconds', () =>
    test(
      Effect.gen(function* () {
        const ours = yield* clock
        expect([ours.monotonic(), ours.wall()]).toEqual([0, 0])
        yield* adjust('3 hours')
        expect([ours.monotonic(), ours.wall()]).toEqual([10_800_000, 10_800_000])
      }),
    ))

  it('runs timers when their time has come, never within the call, and calls them off', () =>
    test(
      Effect.gen(function* () {
        const ours = yield* clock
        const log: Array<string> = []
        ours.schedule(0, () => void log.push('0'))()
        ours.schedule(-1, () => void log.push('-1'))()
        ours.schedule('2 hours', () => void log.push(`2 hours at ${ours.monotonic()}`))()
        ours.schedule(Infinity, () => void log.push('never'))()
        const callOff = ours.schedule('1 hour', () => void log.push('called off'))()
        expect(log).toEqual([])
        yield* turn
        expect(log).toEqual(['0', '-1'])
        callOff()
        yield* adjust('119 minutes')
        expect(log).toEqual(['0', '-1'])
        yield* adjust('1 minute')
        expect(log).toEqual(['0', '-1', '2 hours at 7200000'])
        callOff()
        yield* adjust('1 day')
        expect(log).toHaveLength(3)
      }),
    ))

  it('sleeps by what the timers of the platform can hold, where time moves by itself', () => {
    const slept: Array<number> = []
    let now = 0
    const effectClock = effectClockOf(
      () => now,
      (span) =>
        Effect.sync(() => {
          slept.push(span)
          now += span
        }),
    )
    let ran = 0
    const ours = Effect.runSync(onClock(clock, effectClock))
    ours.schedule(2 ** 32, () => (ran = now))()
    expect([slept, ran]).toEqual([[2 ** 31 - 1, 2 ** 31 - 1, 2], 2 ** 32])
    ours.schedule(-5, () => (ran = -1))()
    expect(ran).toBe(2 ** 32) // never within the call
  })

  it('does not call off what it never promised: a timer that has run', () =>
    test(
      Effect.gen(function* () {
        const ours = yield* clock
        let runs = 0
        const callOff = ours.schedule(5, () => void runs++)()
        yield* adjust(5)
        callOff()
        yield* adjust(5)
        expect(runs).toBe(1)
      }),
    ))

  it('is measured in nanoseconds where time moves by itself, and never early', async () => {
    const { clock: time, effectClock } = virtualTime()
    const { adjust: _, ...live } = effectClock as EffectClock.Clock & { readonly adjust: unknown } // sound: `virtualTime` gives it
    time.advance(7)()
    let first = true
    // wakes half a millisecond early, once
    const early = {
      ...live,
      sleep: (span: Parameters<typeof live.sleep>[0]) =>
        first ? ((first = false), slept(time, 2.5)) : live.sleep(span),
    }
    const ours = await Effect.runPromise(onClock(clock, early))
    expect([ours.monotonic(), ours.wall()]).toEqual([0, 7])
    const runs: Array<number> = []
    ours.schedule(3, () => void runs.push(ours.monotonic()))()
    await time.settle(2.9)()
    expect([runs, first]).toEqual([[], false])
    await time.settle(0.2)()
    expect(runs).toEqual([3])
  })
})

const slept = (time: Clock.VirtualClock, span: number): Effect.Effect<void> =>
  Effect.promise(() => new Promise<void>((resolve) => time.schedule(span, resolve)()))

describe('time', () => {
  it('of hours passes under a TestClock in no real time', () =>
    test(
      Effect.gen(function* () {
        const fiber = yield* fork(ending(interruptWhen(timeout('30 hours'))(Effect.never)))
        yield* adjust('29 hours')
        expect(hasEnded(fiber)).toBe(false)
        yield* adjust('1 hour')
        expect(yield* Fiber.join(fiber)).toBe('fail TimedOut')
      }),
    ))

  it('starts when the effect does, not when it is described', () =>
    test(
      Effect.gen(function* () {
        const limited = interruptWhen(timeout('1 hour'))(Effect.never)
        yield* adjust('50 minutes')
        const fiber = yield* fork(endOf(limited))
        yield* adjust('50 minutes')
        expect(hasEnded(fiber)).toBe(false)
        yield* adjust('50 minutes')
        expect(yield* Fiber.join(fiber)).toBe(110 * 60_000)
      }),
    ))

  it('starts anew each time the effect is run', () =>
    test(
      Effect.gen(function* () {
        const limited = Effect.exit(interruptWhen(timeout('1 hour'))(Effect.never))
        const fiber = yield* fork(endOf(Effect.andThen(limited, limited)))
        yield* adjust('3 hours')
        expect(yield* Fiber.join(fiber)).toBe(7_200_000)
      }),
    ))

  it('of a deadline is the epoch time of the clock', () =>
    test(
      Effect.gen(function* () {
        yield* adjust('1 hour')
        const fiber = yield* fork(endOf(interruptWhen(deadline(new Date('1970-01-01T02:00:00Z')))(Effect.never)))
        yield* adjust('59 minutes')
        expect(hasEnded(fiber)).toBe(false)
        yield* adjust('10 minutes')
        expect(yield* Fiber.join(fiber)).toBe(7_200_000)
        expect(yield* ending(interruptWhen(deadline(1))(Effect.succeed(1)))).toBe('fail DeadlinePassed')
      }),
    ))

  it('of an idle counts from the last beat', () =>
    test(
      Effect.gen(function* () {
        const scope = yield* open(idle('upstream', '10 minutes'))
        const fiber = yield* fork(endOf(interruptBy(scope)(Effect.never)))
        for (let beats = 0; beats < 5; beats++) {
          yield* adjust('9 minutes')
          CancelScope.beat(scope, 'upstream')()
        }
        expect(hasEnded(fiber)).toBe(false)
        yield* adjust('1 hour')
        expect(yield* Fiber.join(fiber)).toBe((45 + 10) * 60_000)
      }),
    ))

  it('of the second token in a row begins when the first has fired', () =>
    test(
      Effect.gen(function* () {
        const scope = yield* open(andThen(manual('soft'), timeout('1 minute')))
        const fiber = yield* fork(endOf(interruptBy(scope)(Effect.never)))
        yield* adjust('10 minutes')
        CancelScope.cancelInput(scope, 'soft')()
        yield* adjust('10 minutes')
        expect(yield* Fiber.join(fiber)).toBe(11 * 60_000)
      }),
    ))

  it('of zero fires at once: nothing is started', () =>
    test(
      Effect.gen(function* () {
        let starts = 0
        expect(yield* ending(interruptWhen(timeout(0))(Effect.sync(() => starts++)))).toBe('fail TimedOut')
        expect(starts).toBe(0)
      }),
    ))

  it('of a fraction is never early', () =>
    test(
      Effect.gen(function* () {
        const fiber = yield* fork(endOf(interruptWhen(timeout(2.5))(Effect.never)))
        yield* adjust(2)
        expect(hasEnded(fiber)).toBe(false)
        yield* adjust(0.4)
        expect(hasEnded(fiber)).toBe(false)
        yield* adjust(1)
        expect(yield* Fiber.join(fiber)).toBeGreaterThanOrEqual(2.5)
      }),
    ))

  it('that never comes sets no timer', async () => {
    const { clock: time, effectClock } = virtualTime()
    const fiber = Effect.runFork(
      onClock(interruptWhen(any(timeout(Infinity), manual('never')))(Effect.never), effectClock),
    )
    await time.settle(0)()
    expect(time.timers()).toBe(0)
    await Effect.runPromise(Fiber.interrupt(fiber))
  })

  it('longer than the platform can hold is exact', () =>
    test(
      Effect.gen(function* () {
        const fiber = yield* fork(endOf(interruptWhen(timeout('100 days'))(Effect.never)))
        yield* adjust('99 days')
        expect(hasEnded(fiber)).toBe(false)
        yield* adjust('99 days')
        expect(yield* Fiber.join(fiber)).toBe(100 * 86_400_000)
      }),
    ))

  it('is that of a clock which is given, wherever one is', () =>
    test(
      Effect.gen(function* () {
        const mine = Clock.virtual()
        const scope = yield* open(timeout('1 hour'), { clock: mine })
        const below = yield* link([scope], timeout('3 hours'), { clock: mine })
        const fiber = yield* fork(ending(interruptWhen(timeout('2 hours'), { clock: mine })(Effect.never)))
        yield* adjust('1 day')
        expect([yield* fired(scope), yield* fired(below), hasEnded(fiber)]).toEqual([false, false, false])
        mine.advance('1 hour')()
        expect([yield* fired(scope), yield* fired(below), hasEnded(fiber)]).toEqual([true, true, false])
        mine.advance('1 hour')()
        expect(yield* Fiber.join(fiber)).toBe('fail TimedOut')
      }),
    ))

  it('is that of the fiber which opens, in effects within it as well', () =>
    test(
      Effect.gen(function* () {
        const { clock: time, effectClock } = virtualTime()
        const fiber = yield* fork(ending(onClock(interruptWhen(timeout('1 hour'))(Effect.never), effectClock)))
        yield* adjust('1 day')
        expect(hasEnded(fiber)).toBe(false)
        time.advance('1 hour')()
        expect(yield* Fiber.join(fiber)).toBe('fail TimedOut')
      }),
    ))
})

describe('conditions', () => {
  it('may be predicates, and are asked while somebody waits', () =>
    test(
      Effect.gen(function* () {
        let isDrained = false
        const fiber = yield* fork(
          ending(interruptWhen(condition('drained'), { conditions: { drained: () => isDrained } })(Effect.never)),
        )
        yield* adjust(10)
        expect(hasEnded(fiber)).toBe(false)
        isDrained = true
        yield* adjust(10)
        expect(yield* Fiber.join(fiber)).toBe('fail ConditionMet')
      }),
    ))

  it('may be effects that answer at once: each look asks anew', () =>
    test(
      Effect.gen(function* () {
        let asked = 0
        const drained = Effect.sync(() => ++asked > 2)
        const scope = yield* open(condition('drained'), { conditions: { drained } })
        expect([yield* fired(scope), yield* fired(scope), yield* fired(scope), yield* fired(scope)]).toEqual([
          false,
          false,
          true,
          true,
        ])
        expect(asked).toBe(3)
      }),
    ))

  it('may be effects that take time: a look starts one, a later one has its answer, and no two overlap', () =>
    test(
      Effect.gen(function* () {
        const log: Array<string> = []
        const drained = Effect.gen(function* () {
          log.push('asked')
          yield* Effect.sleep(5)
          log.push('answered')
          return log.length > 2
        })
        const scope = yield* open(condition('drained'), { conditions: { drained } })
        expect([yield* fired(scope), yield* fired(scope)]).toEqual([false, false])
        expect(log).toEqual(['asked'])
        yield* adjust(5)
        expect(log).toEqual(['asked', 'answered'])
        expect(yield* fired(scope)).toBe(false)
        expect(yield* fired(scope)).toBe(false)
        yield* adjust(5)
        expect(yield* fired(scope)).toBe(true)
        expect(log).toEqual(['asked', 'answered', 'asked', 'answered'])
      }),
    ))

  it('keep the answer that they had while the next is under way', () =>
    test(
      Effect.gen(function* () {
        const up = Effect.delay(Effect.succeed(true), 5)
        let isOpen = false
        const token = Token.all(condition('up', { latch: false }), condition('open', { latch: false }))
        const scope = yield* open(token, { conditions: { up, open: () => isOpen } })
        expect(yield* fired(scope)).toBe(false)
        yield* adjust(5)
        expect(yield* fired(scope)).toBe(false)
        // this look starts the next run, and has the answer of the one before
        isOpen = true
        expect(yield* fired(scope)).toBe(true)
      }),
    ))

  it('are interrupted when the scope is closed', () =>
    test(
      Effect.gen(function* () {
        const log: Array<string> = []
        const drained = Effect.onInterrupt(Effect.as(Effect.never, true), () =>
          Effect.sync(() => log.push('interrupted')),
        )
        yield* Effect.scoped(Effect.flatMap(open(condition('drained'), { conditions: { drained } }), fired))
        expect(log).toEqual(['interrupted'])
        const program = interruptWhen(any(condition('drained'), timeout(10)), { conditions: { drained } })
        const fiber = yield* fork(ending(program(Effect.never)))
        yield* adjust(10)
        expect(yield* Fiber.join(fiber)).toBe('fail TimedOut')
        expect(log).toEqual(['interrupted', 'interrupted'])
      }),
    ))

  it('run with the settings of the fiber that opened the token: its clock, its annotations', () =>
    test(
      Effect.gen(function* () {
        const late = Effect.map(EffectClock.currentTimeMillis, (now) => now >= 10)
        const fiber = yield* fork(endOf(interruptWhen(condition('late'), { conditions: { late } })(Effect.never)))
        yield* adjust(9)
        expect(hasEnded(fiber)).toBe(false)
        yield* adjust(1)
        expect(yield* Fiber.join(fiber)).toBe(10)
      }),
    ))

  it.runIf(version === 3)('find FiberRefs as they are set there, however these are joined', () =>
    test(
      Effect.gen(function* () {
        interface FiberRefs {
          readonly unsafeMake: (value: string, options: { readonly join: (a: string) => string }) => unknown
          readonly get: (ref: unknown) => Effect.Effect<string>
          readonly set: (ref: unknown, value: string) => Effect.Effect<void>
        }
        const { FiberRef } = effect as object as { readonly FiberRef: FiberRefs } // sound: version 3 has it
        const ref = FiberRef.unsafeMake('root', { join: (parent) => parent })
        yield* FiberRef.set(ref, 'mine')
        const mine = Effect.map(FiberRef.get(ref), (value) => value === 'mine')
        const scope = yield* open(condition('mine'), { conditions: { mine } })
        expect(yield* fired(scope)).toBe(true)
      }),
    ),
  )

  it.each([true, false])('that die count as their fallback under onError: ignore (%s)', (fallback) =>
    test(
      Effect.gen(function* () {
        const dying = Effect.die(new Error('gone'))
        const scope = yield* open(condition('dying', { onError: 'ignore', fallback }), { conditions: { dying } })
        expect(yield* fired(scope)).toBe(fallback)
        const slow = Effect.delay(dying, 5)
        const later = yield* open(condition('slow', { onError: 'ignore', fallback }), { conditions: { slow } })
        expect(yield* fired(later)).toBe(false)
        yield* adjust(5)
        expect(yield* fired(later)).toBe(fallback)
      }),
    ),
  )

  it('that die are defects of the effect that they limit, under onError: throw; it has been interrupted', () =>
    test(
      Effect.gen(function* () {
        const log: Array<string> = []
        const work = Effect.ensuring(
          Effect.never,
          Effect.sync(() => log.push('cleaned up')),
        )
        const limit = { onError: 'throw' } as const
        const slow = Effect.delay(Effect.die(new Error('gone')), 5)
        const fiber = yield* fork(ending(interruptWhen(condition('slow', limit), { conditions: { slow } })(work)))
        yield* adjust(10)
        expect(yield* Fiber.join(fiber)).toBe('die gone')
        expect(log).toEqual(['cleaned up'])
        const dying = Effect.die(new Error('gone at once'))
        const program = interruptWhen(condition('dying', limit), { conditions: { dying } })(work)
        expect(yield* ending(program)).toBe('die gone at once')
      }),
    ))

  it('that die are defects of a wait', () =>
    test(
      Effect.gen(function* () {
        const slow = Effect.delay(Effect.die(new Error('gone')), 5)
        const scope = yield* open(condition('slow', { onError: 'throw' }), { conditions: { slow } })
        const fiber = yield* fork(ending(toEffect(scope)))
        yield* adjust(10)
        expect(yield* Fiber.join(fiber)).toBe('die gone')
      }),
    ))
})

describe('the virtual clock is never early, and never late', () => {
  /** Tokens of time alone: what they mean depends on nothing else. */
  const timed = arbitraryToken({
    leaves: { Timeout: 6, Deadline: 2, Never: 1, Cancelled: 1 },
    maxDuration: 40,
    maxDepth: 3,
    maxInstant: 60,
  })

  /** The first whole millisecond at which the semantics says that a token has fired. */
  const instant = (token: AnyToken): number => {
    const start: Semantics.Event = { _tag: 'Elapsed', ms: 0, wall: 0 }
    const look: Semantics.Event = { _tag: 'Polled', conditions: {}, direct: false }
    for (let ms = 0; ms <= longest; ms++) {
      const moments = Semantics.run(token, [start, { _tag: 'Elapsed', ms, wall: ms }, look])
      if (moments.some(({ verdict }) => verdict._tag === 'Some')) return ms
    }
    return Infinity
  }
  const longest = 500

  const spans = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 12 })

  it('by steps of any size, on a virtual clock', () =>
    fc.assert(
      fc.asyncProperty(timed, spans, async (token, steps) => {
        const { clock: time, effectClock } = virtualTime()
        const scope = CancelScope.open(token as Token.Token, { clock: time })() // sound: it names no input
        let ends: ReadonlyArray<number> = []
        const work = [
          interruptWhen(token as Token.Token)(Effect.never),
          toEffect(scope),
          interruptBy(scope)(Effect.never),
        ] // sound: it names no input
        for (const each of work)
          void Effect.runPromise(onClock(endOf(each), effectClock)).then((end) => (ends = [...ends, end]))
        await time.settle(0)()
        const expected = instant(token)
        for (const step of steps) {
          await time.settle(step)()
          expect(ends).toEqual(time.monotonic() < expected ? [] : [expected, expected, expected])
        }
        await time.settle(longest)()
        expect(ends).toEqual(expected === Infinity ? [] : [expected, expected, expected])
        expect(time.timers()).toBe(0)
      }),
      { numRuns: 150 },
    ))

  it('by steps of any size, under a TestClock', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 100 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 4 }),
        (span, steps) =>
          test(
            Effect.gen(function* () {
              const fiber = yield* fork(endOf(interruptWhen(timeout(span))(Effect.never)))
              let now = 0
              for (const step of steps) {
                yield* adjust(step)
                now += step
                expect(hasEnded(fiber)).toBe(now >= span)
              }
              yield* adjust(100)
              expect(yield* Fiber.join(fiber)).toBe(span)
            }),
          ),
      ),
      { numRuns: 20 },
    ))

  it('of fractions too', () =>
    fc.assert(
      fc.asyncProperty(duration({ max: 20, fractions: true }), async (span) => {
        const { clock: time, effectClock } = virtualTime()
        const end = Effect.runPromise(onClock(endOf(interruptWhen(timeout(span))(Effect.never)), effectClock))
        await time.settle(30)()
        const late = (await end) - span
        expect(late).toBeGreaterThanOrEqual(0)
        // whole nanoseconds
        expect(late).toBeLessThan(1.1e-6)
      }),
      { numRuns: 150 },
    ))
})
