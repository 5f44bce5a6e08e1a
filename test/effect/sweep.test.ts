import { Deferred, Effect, Exit, Fiber } from 'effect'
import { describe, expect, it } from 'vitest'
import { CancelScope, Token } from 'cantok-ts'
import { fromEffect, interruptBy, interruptWhen, interruptWhenOption, open, toEffect } from 'cantok-ts/effect'
import { effectProgram } from 'cantok-ts/effect-testing'
import { ShowReport, sweep } from 'cantok-ts/testing'
import type { Program, Report, Run, SweepOptions } from 'cantok-ts/testing'
import { fork, version, yieldNow } from './support.js'
import { correct, handsOver, takesTooEarly } from './sweep-semaphores.js'
import type { Permits } from './sweep-semaphores.js'

const swept = (program: Program<unknown>, options: SweepOptions<unknown> = {}): Promise<Report<unknown>> =>
  sweep(program, options)()

const passes = async (program: Program<unknown>, options: SweepOptions<unknown> = {}): Promise<Report<unknown>> => {
  const report = await swept(program, options)
  expect(ShowReport.show(report)).toMatch(/all passed$/)
  return report
}

const invariants = ({ failed }: Report<unknown>): ReadonlyArray<string> => [
  ...new Set(failed.flatMap(({ failures }) => failures.map(({ invariant }) => invariant))),
]

const passed = ({ undisturbed }: Report<unknown>): ReadonlyArray<string> =>
  undisturbed.log.flatMap(({ what, point }) => (point === undefined ? [] : [what]))

/** A resource, and the invariant that it is free in the end. */
const resource = ({
  ensure,
}: Run): { take: Effect.Effect<void>; giveBack: Effect.Effect<void>; isFree: () => boolean } => {
  let isFree = true
  ensure('it is free', () => isFree)()
  return {
    take: Effect.sync(() => void (isFree = false)),
    giveBack: Effect.sync(() => void (isFree = true)),
    isFree: () => isFree,
  }
}

// version 3 has it by another name
const forkDetached = <A, E>(self: Effect.Effect<A, E>): Effect.Effect<unknown> =>
  (version === 4 ? Effect.forkDetach : (Effect as object as { forkDaemon: typeof Effect.forkDetach }).forkDaemon)(self) // sound: version 3 has it

describe('effectProgram', () => {
  it('interrupts at every operation, and passes what takes and releases', async () => {
    const program = effectProgram((_scope, run) => {
      const { take, giveBack } = resource(run)
      return Effect.acquireUseRelease(
        take,
        () => Effect.sleep('10 hours'),
        () => giveBack,
      )
    })
    const report = await passes(program)
    const points = passed(report)
    expect(points.filter((what) => what === 'operation').length).toBeGreaterThan(3)
    expect(points.filter((what) => what === 'operation, uninterruptible').length).toBeGreaterThan(3)
    expect(points.filter((what) => what === 'looks')).toHaveLength(2)
    expect(points).toContain('time passes')
    expect(points).toContain('promises have run')
    expect(report.undisturbed.log.at(-1)).toEqual({ at: 36_000_000, what: 'returns' })
  })

  it('finds what is taken an operation before its release is installed', async () => {
    const program = effectProgram((_scope, run) => {
      const { take, giveBack } = resource(run)
      return Effect.flatMap(take, () => Effect.ensuring(Effect.sleep('10 hours'), giveBack))
    })
    const report = await swept(program)
    expect(invariants(report)).toEqual(['it is free'])
    expect(ShowReport.show(report)).toMatch(/sweep\.at\(\d+, 'Requested'\)\n {2}✗ it is free: it does not hold\n/)
    const [{ injection, log, outcome }] = report.failed as [Report<unknown>['undisturbed']]
    expect(log.find(({ point }) => point === injection?.point)?.what).toBe('operation')
    expect(outcome).toMatchObject({ _tag: 'Returned', value: { _tag: 'Left', left: { _tag: 'Requested' } } })
  })

  it('interrupts before the fiber goes on, also where others are about to', async () => {
    const program = effectProgram((_scope, run) => {
      const { take, giveBack } = resource(run)
      return Effect.flatMap(fork(Effect.void), () =>
        Effect.flatMap(take, () => Effect.ensuring(Effect.sleep('1 second'), giveBack)),
      )
    })
    expect(invariants(await swept(program))).toEqual(['it is free'])
  })

  it('interrupts between operations that are run in one go most of the time', async () => {
    const program = effectProgram((_scope, run) => {
      const { take, giveBack } = resource(run)
      return Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(restore(Effect.map(take, () => 1)), () =>
          Effect.ensuring(restore(Effect.sleep('1 second')), giveBack),
        ),
      )
    })
    expect(invariants(await swept(program))).toEqual(['it is free'])
  })

  it('interrupts nothing between two operations where no fiber yields', async () => {
    await passes(
      effectProgram((_scope, run) => {
        const { take, giveBack } = resource(run)
        return Effect.uninterruptibleMask((restore) => {
          Effect.runSync(take) // in the very operation that makes what follows uninterruptible
          return Effect.ensuring(restore(Effect.sleep('1 second')), giveBack)
        })
      }),
    )
  })

  it('nor where the program listens to its scope itself', async () => {
    await passes(
      effectProgram((scope, run) => {
        const { take, giveBack } = resource(run)
        return interruptBy(scope)(
          Effect.uninterruptibleMask((restore) => {
            Effect.runSync(take)
            return Effect.ensuring(restore(Effect.sleep('1 second')), giveBack)
          }),
        )
      }),
    )
  })

  it('answers with the value, the reason or what it throws', async () => {
    const endings = async (effect: Effect.Effect<unknown, unknown>): Promise<ReadonlyArray<unknown>> => {
      const { undisturbed } = await swept(
        effectProgram(() => effect),
        { reasons: ['TimedOut'] },
      )
      const { outcome } = await sweep.at(2, 'TimedOut')(effectProgram(() => effect))()
      return [undisturbed.outcome, outcome]
    }
    const cut = { _tag: 'Returned', value: { _tag: 'Left', left: { _tag: 'TimedOut', duration: 1000, path: [] } } }
    const refused = new Error('refused')
    expect(await endings(Effect.succeed(1))).toEqual([{ _tag: 'Returned', value: 1 }, cut])
    expect(await endings(Effect.fail(refused))).toEqual([{ _tag: 'Threw', error: refused }, cut])
    expect(await endings(Effect.die(refused))).toEqual([{ _tag: 'Threw', error: refused }, cut])
  })

  it('throws what a finalizer dies of', async () => {
    const report = await swept(
      effectProgram(() =>
        Effect.onExit(Effect.sleep('1 second'), (exit) =>
          Exit.isSuccess(exit) ? Effect.void : Effect.die(new Error('the finalizer is broken')),
        ),
      ),
    )
    expect(invariants(report)).toEqual(['it ends with the reason or a result of its own'])
    expect(ShowReport.show(report)).toContain('it threw Error: the finalizer is broken')
  })

  it('keeps a result that is there', async () => {
    const program = effectProgram(() => Effect.as(Effect.sleep('1 second'), 'done'))
    const { points } = await passes(program)
    const { outcome } = await sweep.at(points - 1, 'Requested')(program)()
    expect(outcome).toEqual({ _tag: 'Returned', value: 'done' })
  })

  it('runs fibers in the order in which they yield, the same each time', async () => {
    const orders: Array<string> = []
    const steps = (order: Array<string>, name: string): Effect.Effect<void> =>
      Effect.gen(function* () {
        for (let step = 0; step < 3; step++) {
          order.push(name)
          yield* yieldNow
        }
      })
    const program = effectProgram(() =>
      Effect.suspend(() => {
        const order: Array<string> = []
        return Effect.gen(function* () {
          const other = yield* fork(steps(order, 'a'))
          yield* steps(order, 'b')
          yield* Fiber.join(other)
          orders.push(order.join(''))
        })
      }),
    )
    const report = await passes(program, { points: { last: 5 } })
    expect(passed(report)).toContain('goes on')
    expect(passed(report)).toContain('operation of fiber 2')
    expect(new Set(orders).size).toBe(1)
    expect(orders[0]).toMatch(/^(ababab|bababa)$/)
  })

  it('interrupts only where fibers go on after a yield, if told so', async () => {
    const effect = Effect.gen(function* () {
      yield* yieldNow
      yield* yieldNow
      yield* Effect.sleep('1 second')
    })
    const all = await passes(effectProgram(() => effect))
    const few = await passes(effectProgram(() => effect, { every: 'yield' }))
    expect(passed(few).filter((what) => what.startsWith('operation'))).toEqual([])
    expect(passed(few).filter((what) => what === 'goes on').length).toBeGreaterThanOrEqual(2)
    expect(few.points).toBeLessThan(all.points)
  })

  it('hands on what a program is given', async () => {
    const report = await passes(
      effectProgram((_scope, { checkpoint, note, outside, work }) =>
        Effect.gen(function* () {
          yield* Effect.sync(work('reads'))
          yield* Effect.sync(checkpoint('half of it'))
          yield* Effect.sync(note('all is well'))
          return yield* Effect.promise(outside(async () => 'read'))
        }),
      ),
      { isOwn: () => false },
    )
    expect(passed(report)).toContain('half of it')
    expect(report.undisturbed.log.map(({ what }) => what)).toEqual(
      expect.arrayContaining(["begins 'reads'", 'all is well']),
    )
    expect(report.undisturbed.outcome).toEqual({ _tag: 'Returned', value: 'read' })
  })

  it('finds new work that begins once it knows', async () => {
    const report = await swept(
      effectProgram((_scope, { work }) =>
        Effect.onExit(Effect.sleep('1 second'), (exit) =>
          Exit.isSuccess(exit) ? Effect.void : Effect.sync(work('reports it')),
        ),
      ),
    )
    expect(invariants(report)).toEqual(['it starts no new work once it knows'])
  })

  it('finds what cannot be interrupted', async () => {
    const report = await swept(
      effectProgram(() => Effect.uninterruptible(Effect.sleep('10 hours'))),
      { within: '1 minute' },
    )
    expect(invariants(report)).toEqual(['it ends once it is cancelled'])
  })

  it('finds a fiber that still runs', async () => {
    const report = await swept(
      effectProgram(() =>
        Effect.flatMap(Deferred.make<void>(), (never) =>
          Effect.onExit(Effect.sleep('1 second'), (exit) =>
            Exit.isSuccess(exit) ? Effect.void : forkDetached(Deferred.await(never)),
          ),
        ),
      ),
    )
    expect(invariants(report)).toEqual(['it leaves no fiber running'])
    expect(ShowReport.show(report)).toContain('✗ it leaves no fiber running: Error: still running: fiber 2\n')
  })

  it('finds one undisturbed', async () => {
    const report = await swept(
      effectProgram(() => Effect.flatMap(Deferred.make<void>(), (never) => forkDetached(Deferred.await(never)))),
      { Eq: { equals: () => true } },
    )
    expect(report.replays).toBe(0)
    expect(invariants(report)).toEqual(['it leaves no fiber running'])
  })

  it('passes no points once the effect has ended', async () => {
    const yielding = Effect.forEach([1, 2, 3, 4, 5], () => yieldNow)
    const report = await passes(
      effectProgram(() => Effect.asVoid(forkDetached(yielding))),
      { points: { last: 1 } },
    )
    expect(passed(report).at(-1)).toBe('waits no more')
  })

  it('ends what yields for ever', async () => {
    const report = await passes(
      effectProgram(() => Effect.forever(yieldNow)),
      { limit: 50 },
    )
    expect(report.isEndless).toBe(true)
  })

  it('takes a second cancellation from above', async () => {
    const program = (bound: boolean): Program<unknown> =>
      effectProgram((_scope, run) => {
        const { take, giveBack } = resource(run)
        const cleaning = Effect.andThen(Effect.sleep('10 seconds'), giveBack)
        return Effect.acquireUseRelease(
          take,
          () => Effect.sleep('1 second'),
          () => (bound ? Effect.ignore(Effect.interruptible(interruptBy(run.above)(cleaning))) : cleaning),
        )
      })
    await passes(program(false), { again: true, reasons: ['Requested'] })
    expect(invariants(await swept(program(true), { again: true, reasons: ['Requested'] }))).toEqual(['it is free'])
  })

  it('does not say that a fiber knows before it is told', async () => {
    await passes(
      effectProgram((_scope, { work }) =>
        Effect.map(fork(Effect.sleep('1 second')), () =>
          work('begins in the operation in which the other has yielded')(),
        ),
      ),
    )
  })

  it('lets no time pass while fibers have only yielded', async () => {
    const times: Array<number> = []
    const program = effectProgram((_scope, { world }) =>
      Effect.gen(function* () {
        const other = yield* fork(Effect.sleep('1 second'))
        for (let count = 0; count < 10; count++) yield* yieldNow
        yield* Effect.sync(() => times.push(world.clock.monotonic()))
        yield* Fiber.join(other)
      }),
    )
    await passes(program, { points: { last: 3 } })
    expect(new Set(times)).toEqual(new Set([0]))
  })

  it('is limited by a token of the sweep, and throws what its predicates do', async () => {
    const program = effectProgram(() => Effect.sleep('1 hour'))
    const report = await passes(program, { token: Token.timeout('1 minute') })
    expect(report.undisturbed.outcome).toMatchObject({ value: { left: { _tag: 'TimedOut', duration: 60_000 } } })
    const thrown = await swept(program, {
      token: Token.condition('broken', { onError: 'throw' }),
      conditions: { broken: [false, false, false, 'throws'] },
    })
    expect(thrown.undisturbed.outcome).toMatchObject({
      _tag: 'Threw',
      error: { message: expect.stringContaining('broken') },
    })
  })

  it('refuses what is neither a function nor an option', () => {
    expect(() => effectProgram(Effect.void as never)).toThrow(/^make must be a function, but was /)
    expect(() => effectProgram(() => Effect.void, { every: 'day' as never })).toThrow(
      /^every must be 'operation' or 'yield', but was 'day'$/,
    )
  })
})

describe('semaphores', () => {
  const alone = (make: (permits: number) => Permits): Program<unknown> =>
    effectProgram((_scope, { ensure }) => {
      const { free, withPermit } = make(1)
      ensure('the permits are back', () => free() === 1)()
      return withPermit(Effect.sleep('1 second'))
    })
  const contended = (make: (permits: number) => Permits): Program<unknown> =>
    effectProgram((_scope, { ensure }) => {
      const { free, withPermit } = make(1)
      ensure('the permits are back', () => free() === 1)()
      const use = withPermit(Effect.sleep('1 second'))
      return Effect.gen(function* () {
        const first = yield* fork(use)
        const second = yield* fork(use)
        yield* use
        yield* Fiber.join(first)
        yield* Fiber.join(second)
      })
    })

  it('finds a permit that is taken before its release is installed', async () => {
    const report = await swept(alone(takesTooEarly))
    expect(invariants(report)).toEqual(['the permits are back'])
    expect(ShowReport.show(report)).toMatch(/\n {2}✗ the permits are back: it does not hold\n/)
    expect(invariants(await swept(contended(takesTooEarly)))).toEqual(['the permits are back'])
  })

  it('finds a permit that is handed to a fiber which is interrupted before it goes on', async () => {
    await passes(alone(handsOver))
    const report = await swept(contended(handsOver))
    expect(invariants(report)).toEqual(['the permits are back'])
  })

  it('passes the one that does neither', async () => {
    await passes(alone(correct))
    await passes(contended(correct))
  })
})

describe('the bridge leaves nothing behind', () => {
  const limits: ReadonlyArray<readonly [title: string, program: Program<unknown>]> = [
    [
      'interruptWhen, in time',
      effectProgram((_scope, run) => {
        const { take, giveBack } = resource(run)
        return Effect.acquireUseRelease(
          take,
          () => interruptWhen(Token.timeout('1 hour'))(Effect.sleep('1 minute')),
          () => giveBack,
        )
      }),
    ],
    [
      'interruptWhen, too late',
      effectProgram((_scope, run) => {
        const { take, giveBack } = resource(run)
        return interruptWhenOption(Token.timeout('1 minute'))(
          Effect.acquireUseRelease(
            take,
            () => Effect.sleep('1 hour'),
            () => giveBack,
          ),
        )
      }),
    ],
    ['interruptBy', effectProgram((scope) => interruptBy(scope)(Effect.sleep('1 hour')))],
    [
      'open, fed by an effect',
      effectProgram(() =>
        Effect.scoped(
          Effect.flatMap(
            open(Token.any(Token.manual('stop'), Token.timeout('1 hour')), {
              inputs: { 'manual:stop': Effect.sleep('1 minute') },
            }),
            (scope) => toEffect(scope),
          ),
        ),
      ),
    ],
    [
      'open, with a condition that takes time',
      effectProgram(() =>
        Effect.scoped(
          Effect.flatMap(
            open(Token.any(Token.condition('drained'), Token.timeout('2 seconds')), {
              conditions: { drained: Effect.as(Effect.sleep('1 second'), true) },
            }),
            (scope) => toEffect(scope, { every: '1 second' }),
          ),
        ),
      ),
    ],
    [
      'fromEffect',
      effectProgram(() =>
        Effect.scoped(
          Effect.flatMap(fromEffect(Effect.sleep('1 minute')), (scope) => Effect.promise(CancelScope.wait(scope))),
        ),
      ),
    ],
    [
      'fork, limited by the scope',
      effectProgram((scope) =>
        Effect.flatMap(fork(interruptBy(scope)(Effect.sleep('1 hour'))), () => Effect.sleep('1 minute')),
      ),
    ],
  ]
  for (const [title, program] of limits)
    it(title, async () => {
      await passes(program)
    })
})
