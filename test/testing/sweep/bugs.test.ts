/** Bugs that programs really have when they are cancelled: a sweep finds each, and passes what is mended. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cancellable, CancelScope, Token } from 'cantok-ts'
import { ShowReport, sweep, sweepOrThrow } from 'cantok-ts/testing'
import type { Program, Report, Run, SweepOptions } from 'cantok-ts/testing'

type Step<A = void> = Cancellable.Cancellable<never, A>

/** Work of a program that takes no time, and some that does. */
const does = <A>(f: () => A): Step<A> => Cancellable.fromTaskEither(TE.fromIO(f))
const lasts = ({ sleep }: Run, span: string): Step => Cancellable.guard(TE.fromTask(sleep(span)))

/** A sweep of the broken one finds just that, at these points; one of the mended one finds nothing. */
const finds = async <A>(
  broken: Program<A>,
  invariant: string | RegExp,
  options: SweepOptions<A> = {},
): Promise<Report<A>> => {
  const report = await sweep(broken, options)()
  expect(report.undisturbed.failures).toEqual([])
  expect(ShowReport.show(report)).toMatch(/ [1-9][0-9]* failed$/m)
  for (const { failures } of report.failed) expect(failures.map((each) => each.invariant).join()).toMatch(invariant)
  // the shortest is first, and can be repeated alone
  const [shortest] = report.failed
  const { point, reason } = shortest!.injection!
  expect(Math.min(...report.failed.map(({ injection }) => injection!.point))).toBe(point)
  const again = await sweep.at(point, reason)(broken, options)()
  expect(again.failures).toEqual(shortest!.failures)
  return report
}

describe('a semaphore', () => {
  interface Place {
    readonly granted: Promise<void>
    readonly leave: () => void
  }

  /** Its permits go from hand to hand: whoever leaves gives his to the first who waits. */
  const semaphore = (permits: number) => {
    let free = permits
    const waiting: Array<() => void> = []
    const enter = (): Place => {
      let isGranted = false
      let grant = (): void => {}
      const granted = new Promise<void>((resolve) => {
        grant = () => {
          isGranted = true
          resolve()
        }
      })
      if (free > 0) {
        free--
        grant()
      } else waiting.push(grant)
      const leave = (): void => {
        if (!isGranted) return void waiting.splice(waiting.indexOf(grant), 1)
        const next = waiting.shift()
        if (next === undefined) free++
        else next()
      }
      return { granted, leave }
    }
    return { enter, free: () => free }
  }

  const granted = (place: Place): Step => Cancellable.guard(TE.fromTask(() => place.granted))

  const program =
    (job: (enter: Step<Place>, work: Step) => Step): Program<unknown> =>
    (scope, run) => {
      const { enter, free } = semaphore(1)
      run.ensure('every permit is back', () => free() === 1)()
      const jobs = pipe(
        [1, 2, 3],
        Cancellable.traverse()(() => job(does(enter), lasts(run, '1 second'))),
      )
      return Cancellable.run(scope)(jobs)
    }

  it('that leaks a permit if its user is cancelled between take and give back', async () => {
    const broken = program((enter, work) =>
      pipe(
        enter,
        RTE.tap(granted),
        RTE.tap(() => work),
        RTE.map(({ leave }) => leave()),
      ),
    )
    const { failed, points } = await finds(broken, 'every permit is back')
    expect(failed.length).toBeGreaterThan(points)
  })

  it('that leaks a permit only if one who waits is cancelled before he has it', async () => {
    const broken = program((enter, work) =>
      pipe(
        enter,
        RTE.tap(granted),
        RTE.flatMap(({ leave }) =>
          Cancellable.bracket(
            does(() => {}),
            () => work,
            () => does(leave),
          ),
        ),
      ),
    )
    await finds(broken, 'every permit is back')
  })

  it(
    'that takes a place in the queue and gives it back whatever it has become',
    sweepOrThrow(
      program((enter, work) =>
        Cancellable.bracket(
          enter,
          (place) =>
            pipe(
              granted(place),
              RTE.flatMap(() => work),
            ),
          ({ leave }) => does(leave),
        ),
      ),
      { again: true },
    ),
  )
})

describe('a cache', () => {
  type Load = (scope: CancelScope.ScopeView) => Promise<string>

  /** Whoever asks for a key first loads it, all others wait for that. */
  const cache = (load: Load, isMended: boolean) => {
    const entries = new Map<string, Promise<string>>()
    const ready = new Set<string>()
    const get = (key: string, scope: CancelScope.ScopeView): Promise<string> => {
      const known = entries.get(key)
      if (known !== undefined) return known
      const loading = load(scope).then((value) => {
        ready.add(key)
        return value
      })
      entries.set(key, loading)
      if (isMended) loading.catch(() => entries.delete(key))
      return loading
    }
    return { get, pending: () => [...entries.keys()].filter((key) => !ready.has(key)) }
  }

  const program =
    (isMended: boolean): Program<string> =>
    async (scope, { ensure, sleep }) => {
      const { get, pending } = cache(async (inside) => {
        CancelScope.checkOrThrow(inside)()
        await sleep('1 second')()
        CancelScope.checkOrThrow(inside)()
        return 'loaded'
      }, isMended)
      ensure('no entry is pending', () => pending().length === 0)()
      return get('key', scope)
    }

  it('that keeps an entry for which nobody works any more', async () => {
    const { points, failed } = await finds(program(false), 'no entry is pending')
    expect([points, failed.length]).toEqual([2, 4])
  })

  it('that forgets it', sweepOrThrow(program(true)))
})

describe('a file', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sweep-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  /** Two real files are written, one after the other; in the end only what they come to is left. */
  const program =
    (isMended: boolean): Program<unknown> =>
    (scope, { ensure, outside }) => {
      const file = join(folder, 'part')
      ensure('the file is gone', async () => {
        const left = await readdir(folder)
        await rm(file, { force: true })
        return left.length === 0
      })()
      const write = Cancellable.fromTaskEither(TE.fromTask(outside(() => writeFile(file, 'half'))))
      const append = Cancellable.fromTaskEither(TE.fromTask(outside(() => writeFile(file, 'whole'))))
      const remove = Cancellable.fromTaskEither(TE.fromTask(outside(() => rm(file, { force: true }))))
      const steps = isMended
        ? Cancellable.bracket(
            write,
            () => append,
            () => remove,
          )
        : pipe(
            write,
            RTE.flatMap(() => append),
            RTE.tap(() => remove),
          )
      return Cancellable.run(scope)(steps)
    }

  it('left behind', async () => {
    await finds(program(false), 'the file is gone')
  })

  it('that is removed whatever happens', sweepOrThrow(program(true)))
})

describe('a transaction', () => {
  /** A database: each statement takes a while, and a transaction holds it until it is committed or rolled back. */
  const database = ({ sleep, work }: Run) => {
    let isOpen = false
    let balance = 100
    let before = balance
    const statement = (f: () => void, span = '10ms'): TE.TaskEither<never, void> =>
      TE.fromTask(async () => {
        await sleep(span)()
        f()
      })
    return {
      isOpen: () => isOpen,
      balance: () => balance,
      begin: statement(() => {
        isOpen = true
        before = balance
      }),
      add: (amount: number) =>
        pipe(
          TE.fromIO<void, never>(work(`add ${amount}`)),
          TE.flatMap(() =>
            statement(() => {
              balance += amount
            }, '1 second'),
          ),
        ),
      commit: statement(() => {
        isOpen = false
      }),
      rollback: statement(() => {
        balance = before
        isOpen = false
      }),
    }
  }

  const program =
    (transact: (db: ReturnType<typeof database>) => Step): Program<unknown> =>
    (scope, run) => {
      const db = database(run)
      run.ensure('it is committed or rolled back', () => !db.isOpen())()
      run.ensure('all of it is done or nothing', () => db.balance() === 100 || db.balance() === 75)()
      return Cancellable.run(scope)(transact(db))
    }

  it('neither committed nor rolled back', async () => {
    const broken = program(({ begin, add, commit }) =>
      pipe(
        Cancellable.fromTaskEither(begin),
        RTE.flatMap(() => Cancellable.fromTaskEither(add(-50))),
        RTE.flatMap(() => Cancellable.fromTaskEither(add(25))),
        RTE.flatMap(() => Cancellable.fromTaskEither(commit)),
      ),
    )
    await finds(broken, 'it is committed or rolled back')
  })

  it('rolled back while a statement is left alone that still runs', async () => {
    const broken = program(({ begin, add, commit, rollback }) =>
      Cancellable.bracket(
        Cancellable.fromTaskEither(begin),
        () =>
          pipe(
            Cancellable.guard(add(-50)),
            RTE.flatMap(() => Cancellable.guard(add(25))),
          ),
        (_, outcome) => Cancellable.fromTaskEither(outcome._tag === 'Right' ? commit : rollback),
      ),
    )
    await finds(broken, 'all of it is done or nothing')
  })

  it(
    'that ends one way or the other',
    sweepOrThrow(
      program(({ begin, add, commit, rollback }) =>
        Cancellable.bracket(
          Cancellable.fromTaskEither(begin),
          () =>
            pipe(
              Cancellable.fromTaskEither(add(-50)),
              RTE.flatMap(() => Cancellable.fromTaskEither(add(25))),
            ),
          (_, outcome) => Cancellable.fromTaskEither(outcome._tag === 'Right' ? commit : rollback),
        ),
      ),
      { again: true },
    ),
  )
})

describe('a retry', () => {
  /** A service that is busy twice, and then answers. */
  const service = ({ sleep, work }: Run) => {
    let calls = 0
    return async (signal?: AbortSignal): Promise<string> => {
      work('a call')()
      const call = ++calls
      await sleep('1 second', signal)()
      if (call < 3) throw new Error('busy')
      return `answer ${call}`
    }
  }

  it('that takes the cancellation for one more failure of what it tries', async () => {
    const broken: Program<string> = async (scope, run) => {
      const call = service(run)
      for (let attempt = 1; ; attempt++) {
        try {
          CancelScope.checkOrThrow(scope)()
          return await call()
        } catch (error) {
          if (attempt === 5) throw error
          await run.sleep('10 seconds')()
        }
      }
    }
    // checked at the start of every attempt, so it ends like that in the end: with the reason, far too late
    const report = await sweep(broken, { within: '15 seconds' })()
    expect(report.failed.map(({ failures }) => failures[0]!.invariant)).toContain('it ends once it is cancelled')
  })

  it('that goes on although it was told while it paused', async () => {
    const broken: Program<string> = async (scope, run) => {
      const call = service(run)
      for (;;) {
        try {
          return await call()
        } catch {
          // comes back sooner if cancelled, and then goes on
          await CancelScope.waitFor(scope, '10 seconds')()
        }
      }
    }
    await finds(broken, 'it starts no new work once it knows')
  })

  it(
    'that stops',
    sweepOrThrow<string>(async (scope, run) => {
      const call = service(run)
      for (;;) {
        try {
          return await call()
        } catch {
          const fired = await CancelScope.waitFor(scope, '10 seconds')()
          if (fired._tag === 'Right') CancelScope.checkOrThrow(scope)()
        }
      }
    }),
  )

  const ours: Program<E.Either<unknown, string>> = (scope, run) => {
    const call = service(run)
    return pipe(
      Cancellable.tryCatch(call, String),
      Cancellable.retry(Token.counter(5), { pause: '10 seconds' }),
      Cancellable.run(scope),
    )
  }
  /** A failure that comes together with the cancellation is the result, for it is the last there was. */
  const isBusy: NonNullable<SweepOptions<E.Either<unknown, string>>['isOwn']> = (outcome) =>
    outcome._tag === 'Returned' && E.isLeft(outcome.value) && outcome.value.left === 'Error: busy'

  it('of ours', sweepOrThrow(ours, { isOwn: isBusy }))
})
