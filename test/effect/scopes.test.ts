/** Scopes as effects, effects and fibers as scopes, and schedules. */
import { Cause, Deferred, Effect, Fiber, Schedule } from 'effect'
import { describe, expect, it } from 'vitest'
import { CancelScope, Token } from 'cantok-ts'
import type { Reason } from 'cantok-ts'
import {
  check,
  fromEffect,
  fromFiber,
  fromSchedule,
  interruptBy,
  interruptWhen,
  open,
  toEffect,
  whileKeepGoing,
} from 'cantok-ts/effect'
import { adjust, ending, fork, hasEnded, onClock, shown, test, turn, version, virtualTime } from './support.js'

const { any, cancelled, condition, counter, manual, timeout } = Token

const seen = (scope: CancelScope.ScopeView): string => {
  const fired = CancelScope.peek(scope)()
  if (fired._tag === 'None') return 'open'
  return fired.value._tag === 'Requested' ? `Requested ${fired.value.detail}` : fired.value._tag
}

/** A source that counts who listens. */
const counting = () => {
  const wakers = new Set<() => void>()
  let fired: Reason.Reason | null = null
  const source: CancelScope.Source = {
    read: () => (fired === null ? { _tag: 'None' } : { _tag: 'Some', value: fired }),
    subscribe: (wake) => () => {
      wakers.add(wake)
      return () => wakers.delete(wake)
    },
  }
  const fire = (): void => {
    fired = { _tag: 'Requested', path: [] }
    wakers.forEach((wake) => wake())
  }
  return { scope: CancelScope.fromSource(source)(), listeners: () => wakers.size, fire }
}

describe('check', () => {
  it('polls: fails with the reason once the scope has fired, and counters tick', () => {
    const scope = CancelScope.open(counter(2))()
    const poll = Effect.exit(check(scope))
    const polls = Effect.runSync(Effect.all([poll, poll, poll]))
    expect(polls.map(shown)).toEqual(['value undefined', 'value undefined', 'fail CounterExhausted'])
  })

  it('dies of what a predicate throws', () => {
    const world = {
      conditions: {
        broken: () => {
          throw new Error('no answer')
        },
      },
    }
    const scope = CancelScope.open(condition('broken', { onError: 'throw' }), world)()
    const exit = Effect.runSync(Effect.exit(check(scope)))
    expect(exit._tag === 'Failure' && Cause.squash(exit.cause)).toEqual(new Error('no answer'))
  })
})

describe('toEffect', () => {
  it('answers at once with the reason of a scope that has fired, without a turn', () => {
    const scope = CancelScope.open(cancelled('enough'))()
    expect(Effect.runSync(toEffect(scope))).toMatchObject({ _tag: 'Requested', detail: 'enough' })
  })

  it('waits until the scope has fired', () =>
    test(
      Effect.gen(function* () {
        const scope = yield* open(any(manual('stop'), timeout('1 hour')))
        const fiber = yield* fork(toEffect(scope))
        yield* adjust('59 minutes')
        expect(hasEnded(fiber)).toBe(false)
        yield* adjust('1 minute')
        expect((yield* Fiber.join(fiber))._tag).toBe('TimedOut')
      }),
    ))

  it('may be run by many, and again', () =>
    test(
      Effect.gen(function* () {
        const scope = yield* open(manual('stop'))
        const wait = toEffect(scope)
        const fibers = [yield* fork(wait), yield* fork(wait)]
        yield* turn
        CancelScope.cancelInput(scope, 'stop', 'enough')()
        const reasons = [yield* Fiber.join(fibers[0]!), yield* Fiber.join(fibers[1]!), yield* wait]
        expect(reasons.map(({ _tag }) => _tag)).toEqual(['Requested', 'Requested', 'Requested'])
      }),
    ))

  it('asks conditions at the pace that it is told', () =>
    test(
      Effect.gen(function* () {
        let asked = 0
        const scope = yield* open(condition('drained'), { conditions: { drained: () => (asked++, false) } })
        const fiber = yield* fork(toEffect(scope, { every: '1 second' }))
        yield* turn
        const before = asked
        yield* adjust('10 seconds')
        expect(asked - before).toBe(10)
        yield* Fiber.interrupt(fiber)
      }),
    ))

  it('has its listener removed when it is interrupted, and when it has ended', () =>
    test(
      Effect.gen(function* () {
        const { scope, listeners, fire } = counting()
        const fiber = yield* fork(toEffect(scope))
        const other = yield* fork(toEffect(scope))
        yield* turn
        expect(listeners()).toBe(1)
        yield* Fiber.interrupt(fiber)
        expect(listeners()).toBe(1)
        yield* Fiber.interrupt(other)
        expect(listeners()).toBe(0)
        const last = yield* fork(toEffect(scope))
        yield* turn
        fire()
        yield* Fiber.join(last)
        expect(listeners()).toBe(0)
      }),
    ))

  it('sets no timer that stays', async () => {
    const { clock: time, effectClock } = virtualTime()
    const program = Effect.scoped(
      Effect.flatMap(open(timeout('1 hour')), (scope) => Effect.raceFirst(toEffect(scope), Effect.sleep(5))),
    )
    const end = Effect.runPromise(onClock(program, effectClock))
    await time.settle(5)()
    await end
    expect(time.timers()).toBe(0)
  })
})

describe('interruptBy', () => {
  it.each([
    ['ends', Effect.andThen(turn, Effect.succeed(1)), 'value 1'],
    ['fails', Effect.andThen(turn, Effect.fail('no')), 'fail no'],
    ['is cut short', Effect.never, 'fail Requested'],
  ] as const)('listens while the effect runs, and no longer: it %s', (_, work, expected) =>
    test(
      Effect.gen(function* () {
        const { scope, listeners, fire } = counting()
        const fiber = yield* fork(ending<number, unknown, never>(interruptBy(scope)<number, string, never>(work)))
        yield* turn
        if (expected === 'fail Requested') {
          expect(listeners()).toBe(1)
          fire()
        }
        expect(yield* Fiber.join(fiber)).toBe(expected)
        expect(listeners()).toBe(0)
      }),
    ),
  )

  it('listens no longer where it is interrupted from outside', () =>
    test(
      Effect.gen(function* () {
        const { scope, listeners } = counting()
        const fiber = yield* fork(interruptBy(scope)(Effect.never))
        yield* turn
        expect(listeners()).toBe(1)
        yield* Fiber.interrupt(fiber)
        expect(listeners()).toBe(0)
      }),
    ))

  it('leaves nothing of ten thousand runs, of whatever end', async () => {
    const { clock: time, effectClock } = virtualTime()
    const { scope, listeners } = counting()
    const child = CancelScope.child(manual('stop'), { clock: time })(scope)()
    const limited = interruptWhen(any(timeout('1 hour'), manual('other')))
    const works: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
      Effect.succeed(1),
      Effect.fail('no'),
      Effect.die('bug'),
      yieldThen(Effect.succeed(1)),
      interruptWhen(timeout(1))(Effect.never),
      Effect.raceFirst(yieldThen(Effect.void), Effect.never),
      Effect.raceFirst(yieldThen(Effect.void), interruptWhen(timeout('1 day'))(Effect.never)),
    ]
    const program = Effect.forEach(
      Array.from({ length: 10_000 }, (_, run) => works[run % works.length]!),
      (work) => Effect.exit(Effect.andThen(interruptBy(child)(limited(work)), Effect.void)),
      { concurrency: 100, discard: true },
    )
    const end = Effect.runPromise(onClock(program, effectClock))
    let isOver = false
    void end.then(() => (isOver = true))
    while (!isOver) await time.settle(1)()
    expect([time.timers(), listeners(), isOver]).toEqual([0, 0, true])
  })
})

const yieldThen = <A, E>(self: Effect.Effect<A, E>): Effect.Effect<A, E> => Effect.andThen(Effect.sleep(1), self)

describe('fromEffect', () => {
  it.each([
    ['a text', Effect.succeed('here'), 'Requested here'],
    ['anything else', Effect.succeed(1), 'Requested undefined'],
    ['a failure', Effect.fail('no'), "Requested 'no'"],
    ['an Error', Effect.fail(new Error('broken')), 'Requested broken'],
    ['a defect', Effect.die(new Error('bug')), 'Requested bug'],
    ['interruption', Effect.interrupt, 'Requested interrupted'],
  ] as ReadonlyArray<readonly [string, Effect.Effect<unknown, unknown>, string]>)(
    'fires when the effect ends, with %s as detail',
    (_, end, expected) =>
      test(
        Effect.gen(function* () {
          const scope = yield* fromEffect(Effect.delay(end, '1 minute'))
          yield* turn
          expect(seen(scope)).toBe('open')
          yield* adjust('1 minute')
          expect(seen(scope)).toBe(expected)
        }),
      ),
  )

  it('wakes those who wait', () =>
    test(
      Effect.gen(function* () {
        const ready = yield* Deferred.make<string>()
        const scope = yield* fromEffect(Deferred.await(ready))
        const fiber = yield* fork(toEffect(scope))
        const cut = yield* fork(ending(interruptBy(scope)(Effect.never)))
        yield* turn
        yield* Deferred.succeed(ready, 'ready')
        expect(yield* Fiber.join(fiber)).toMatchObject({ detail: 'ready' })
        expect(yield* Fiber.join(cut)).toBe('fail Requested')
      }),
    ))

  it('interrupts the effect when the Scope closes, and waits for it', () =>
    test(
      Effect.gen(function* () {
        const log: Array<string> = []
        const work = Effect.ensuring(
          Effect.never,
          Effect.sync(() => void log.push('interrupted')),
        )
        yield* Effect.scoped(Effect.andThen(fromEffect(work), turn))
        expect(log).toEqual(['interrupted'])
      }),
    ))
})

describe('fromFiber', () => {
  it('fires when the fiber ends, or has ended', () =>
    test(
      Effect.gen(function* () {
        const fiber = yield* fork(Effect.delay(Effect.succeed('done'), '1 minute'))
        const scope = yield* fromFiber(fiber)
        expect(seen(scope)).toBe('open')
        yield* adjust('1 minute')
        expect(seen(scope)).toBe('Requested done')
        expect(seen(yield* fromFiber(fiber))).toBe('Requested done')
      }),
    ))

  it('fires when it is interrupted', () =>
    test(
      Effect.gen(function* () {
        const fiber = yield* fork(Effect.never)
        const scope = yield* fromFiber(fiber)
        const waiting = yield* fork(toEffect(scope))
        yield* turn
        yield* Fiber.interrupt(fiber)
        expect(yield* Fiber.join(waiting)).toMatchObject({ detail: 'interrupted' })
      }),
    ))

  it('lends its clock to scopes that are derived', () =>
    test(
      Effect.gen(function* () {
        const scope = yield* fromFiber(yield* fork(Effect.never))
        const child = CancelScope.child(timeout('1 hour'))(scope)()
        yield* adjust('59 minutes')
        expect(seen(child)).toBe('open')
        yield* adjust('1 minute')
        expect(seen(child)).toBe('TimedOut')
      }),
    ))

  it.each([null, 1, {}, Effect.void])('refuses what is no fiber: %s', async (value) => {
    const fiber = value as object as Fiber.Fiber<unknown> // sound: it is not, as code without types may pass it
    const exit = await Effect.runPromiseExit(fromFiber(fiber))
    expect(shown(exit)).toMatch(/^die fiber must be a fiber/)
    expect(exit._tag === 'Failure' && Cause.squash(exit.cause)).toBeInstanceOf(TypeError)
  })
})

describe('whileKeepGoing', () => {
  const rounds = (schedule: Schedule.Schedule<unknown>) =>
    Effect.gen(function* () {
      let count = 0
      yield* Effect.repeat(
        Effect.sync(() => void count++),
        schedule,
      )
      return count
    })

  it('recurs at once while the scope has not fired: a counter of 3 lets it recur three times', () =>
    test(
      Effect.gen(function* () {
        expect(yield* rounds(whileKeepGoing(yield* open(counter(3))))).toBe(4)
        expect(yield* rounds(whileKeepGoing(yield* open(counter(0))))).toBe(1)
        expect(yield* rounds(whileKeepGoing(yield* open(cancelled())))).toBe(1)
      }),
    ))

  it('bounds retries, and what a scope says', () =>
    test(
      Effect.gen(function* () {
        const scope = yield* open(manual('stop'))
        let tries = 0
        const failing = Effect.suspend(() => {
          if (++tries === 5) CancelScope.cancelInput(scope, 'stop')()
          return Effect.fail('no')
        })
        expect(yield* ending(Effect.retry(failing, whileKeepGoing(scope)))).toBe('fail no')
        expect(tries).toBe(5)
      }),
    ))
})

describe('fromSchedule', () => {
  it('refuses what is no schedule', () => {
    expect(() => fromSchedule({} as never)).toThrow('schedule must be a Schedule, but was')
  })

  type Each = Schedule.Schedule<unknown>
  interface Names {
    readonly intersect?: (self: Each, that: Each) => Each
    readonly max?: (schedules: ReadonlyArray<Each>) => Each
    readonly union?: (self: Each, that: Each) => Each
    readonly min?: (schedules: ReadonlyArray<Each>) => Each
    readonly recurUpTo?: (span: string) => Each
    readonly during?: (span: string) => Each
    readonly upTo: (self: Each, limit: unknown) => Each
  }
  const names = Schedule as object as Names // sound: so either version has them
  const both = (self: Each, that: Each): Each => names.max?.([self, that]) ?? names.intersect!(self, that)
  const either = (self: Each, that: Each): Each => names.min?.([self, that]) ?? names.union!(self, that)
  const during = (names.during ?? names.recurUpTo)!
  const upTo = (self: Each, span: string): Each => names.upTo(self, version === 3 ? span : { duration: span })
  const named = (schedule: Schedule.Schedule<unknown>): Promise<string> =>
    Effect.runPromise(Effect.map(fromSchedule(schedule), Token.Show.show))

  it.each<readonly [string, Schedule.Schedule<unknown>, string]>([
    ['as often as is tried', Schedule.recurs(1000), 'counter(1000)'],
    ['more often', Schedule.recurs(1001), 'never'],
    ['recurs', Schedule.recurs(3), 'counter(3)'],
    ['recurs never', Schedule.recurs(0), 'counter(0)'],
    ['once', Schedule.recurs(1), 'counter(1)'],
    ['forever', Schedule.forever, 'never'],
    ['spaced', Schedule.spaced('1 second'), 'never'],
    ['exponential', Schedule.exponential('1 second'), 'never'],
    ['during', during('1 minute'), 'timeout("1 minute")'],
    ['recurs within', both(Schedule.recurs(5), Schedule.spaced('1 minute')), 'counter(5)'],
    ['both limits', both(Schedule.recurs(5), during('1 minute')), 'any(counter(5), timeout("1 minute"))'],
    [
      'both limits and delays',
      both(Schedule.exponential(10), both(during('1 hour'), Schedule.recurs(7))),
      'any(counter(7), timeout("1 hour"))',
    ],
    ['delays up to a limit', upTo(Schedule.exponential('1 second'), '1 minute'), 'timeout("1 minute")'],
    ['what both of two allow', either(Schedule.recurs(5), Schedule.recurs(2)), 'counter(5)'],
    ['the lower of two', both(Schedule.recurs(5), Schedule.recurs(2)), 'counter(2)'],
    ['the shorter of two', both(during('1 hour'), during('2 hours')), 'timeout("1 hour")'],
  ])('of a schedule that %s', async (_, schedule, expected) => {
    expect(await named(schedule)).toBe(expected)
  })

  it('takes no time, and no part in the schedule', async () => {
    const { clock: time, effectClock } = virtualTime()
    const end = Effect.runPromise(
      onClock(fromSchedule(both(Schedule.recurs(5), Schedule.spaced('1 day'))), effectClock),
    )
    await time.settle(0)()
    expect(Token.Show.show(await end)).toBe('counter(5)')
    expect(time.timers()).toBe(0)
  })

  it('and back: what it limits recurs as often', () =>
    test(
      Effect.gen(function* () {
        const token = yield* fromSchedule(Schedule.recurs(6))
        const scope = yield* open(token)
        let count = 0
        yield* Effect.repeat(
          Effect.sync(() => void count++),
          whileKeepGoing(scope),
        )
        expect(count).toBe(7)
      }),
    ))
})
