/** The sweep itself: which points it finds, what it does at them, and that it notices each thing that can be wrong. */
import { getEventListeners } from 'node:events'
import { readFile } from 'node:fs/promises'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AbortSignal, Cancellable, CancelScope, Semantics, Token } from 'cantok-ts'
import type { Reason } from 'cantok-ts'
import { ShowReplay, ShowReport, sweep, sweepOrThrow, sweepProperty } from 'cantok-ts/testing'
import type { Ended, Entry, Outcome, Program, Replay, ReplayOptions, Run, SweepOptions } from 'cantok-ts/testing'

const done = (log: ReadonlyArray<Entry>): ReadonlyArray<string> =>
  log.map(({ at, what, point }) => `${at}${point === undefined ? '' : ` #${point}`} ${what}`)

/** The invariants that a replay has broken. */
const broken = ({ failures }: Replay<unknown>): ReadonlyArray<string> => failures.map(({ invariant }) => invariant)

const valueOf = (outcome: Outcome<number>): number => (outcome._tag === 'Returned' ? outcome.value : -1)

const hangs = (): Promise<never> => new Promise(() => {})

/** A guard of a second. */
const second = ({ sleep }: Run) =>
  Cancellable.guard(
    pipe(
      TE.fromTask(sleep('1 second')),
      TE.map(() => 'done'),
    ),
  )

/** A loop that asks so many times, unless it is told to stop. */
const loop =
  (rounds: number): Program<number> =>
  async (scope) => {
    const more = CancelScope.keepGoing(scope)
    let round = 0
    while (round < rounds && more()) round++
    return round
  }

describe('points', () => {
  it('are the looks of a loop', async () => {
    const { points, undisturbed } = await sweep(loop(3), { isOwn: () => true })()
    expect(points).toBe(3)
    expect(undisturbed.outcome).toEqual({ _tag: 'Returned', value: 3 })
    expect(done(undisturbed.log)).toEqual(['0 #0 looks', '0 #1 looks', '0 #2 looks', '0 returns'])
  })

  it('are the looks that a counter of all looks counts', async () => {
    const reason: Reason.Reason = { _tag: 'Requested', detail: 'here', path: [] }
    const poll: Semantics.Event = { _tag: 'Polled', conditions: {}, direct: true }
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), fc.nat({ max: 29 }), async (rounds, drawn) => {
        const point = drawn % rounds
        const replay = await sweep.at(point, reason)(loop(rounds), { isOwn: () => true })()
        const counter = Token.andThen(Token.counter(point, { direct: false }), Token.cancelled(reason))
        const looks = Semantics.run(
          counter,
          Array.from({ length: rounds }, () => poll),
        )
        const fired = looks.findIndex(({ verdict }) => verdict._tag === 'Some')
        expect(replay.outcome).toEqual({ _tag: 'Returned', value: fired })
        expect(looks[fired]!.verdict).toEqual({ _tag: 'Some', value: reason })
      }),
    )
  })

  it('are where a guard begins, waits, has been waited for, and ends', async () => {
    const { undisturbed } = await sweep((scope, run) => second(run)(scope))()
    expect(done(undisturbed.log)).toEqual([
      '0 #0 looks',
      '0 waits',
      '0 starts work',
      '0 #1 promises have run',
      '1000 #2 time passes',
      '1000 #3 ends work',
      '1000 #4 waits no more',
      '1000 returns',
    ])
  })

  it('are the edges of a bracket', async () => {
    const program = Cancellable.bracket(
      Cancellable.fromTaskEither(TE.right(1)),
      () => Cancellable.fromTaskEither(TE.right(2)),
      () => Cancellable.fromTaskEither(TE.right(3)),
    )
    const { undisturbed } = await sweep(program)()
    const edges = undisturbed.log.filter(({ what }) => /acquire|release/.test(what))
    expect(edges.map(({ what, point }) => [what, point !== undefined])).toEqual([
      ['acquires', true],
      ['has acquired', true],
      ['releases', true],
      ['has released', true],
    ])
  })

  it('are what the program names, with notes between', async () => {
    const { undisturbed, points } = await sweep(async (_, { checkpoint, note }) => {
      note('half way')()
      checkpoint('on the edge')()
    })()
    expect(points).toBe(1)
    expect(done(undisturbed.log)).toEqual(['0 half way', '0 #0 on the edge', '0 returns'])
  })
})

describe('a cancellation at a point', () => {
  const program: Program<unknown> = (scope, run) => second(run)(scope)
  const endsAt = async (point: number): Promise<unknown> => {
    const { outcome } = await sweep.at(point, 'Stalled')(program)()
    return outcome._tag === 'Returned' ? outcome.value : outcome
  }
  const stalled = { _tag: 'Left', left: { _tag: 'Stalled', name: 'injected', duration: 1000, path: [] } }
  const result = { _tag: 'Right', right: 'done' }

  it('before the work starts, and while it is waited for, gives the reason', async () => {
    expect([await endsAt(0), await endsAt(1)]).toEqual([stalled, stalled])
  })

  it('after the work has settled leaves its result', async () => {
    expect([await endsAt(2), await endsAt(3), await endsAt(4)]).toEqual([result, result, result])
  })

  it('comes with each kind of reason asked for', async () => {
    const own: Reason.Reason = { _tag: 'TimedOut', duration: 7, label: 'mine', path: [] }
    const seen: Array<Reason.Reason> = []
    const program: Program<unknown> = async (scope) => {
      const look = CancelScope.poll(scope)()
      if (look._tag === 'Some') seen.push(look.value)
      return look
    }
    await sweep(program)()
    expect(seen.splice(0).map(({ _tag }) => _tag)).toEqual(['Requested', 'TimedOut'])
    await sweep(program, { reasons: ['AllOf', own] })()
    expect(seen.splice(0)).toMatchObject([{ _tag: 'AllOf' }, own])
    const { replays } = await sweep(program, { reasons: 'all' })()
    expect(replays).toBe(8)
    expect(seen.map(({ _tag }) => _tag)).toEqual([
      'Requested',
      'TimedOut',
      'DeadlinePassed',
      'CounterExhausted',
      'ConditionMet',
      'BudgetSpent',
      'Stalled',
      'AllOf',
    ])
  })

  it('finds the limits of the program beside it', async () => {
    const limited: Program<unknown> = (scope) => CancelScope.wait(scope, { every: '10 minutes' })
    const options: ReplayOptions<unknown> = {
      token: Token.any(Token.timeout('1 hour'), Token.condition('drained')),
      conditions: { drained: false },
    }
    const { undisturbed, evidence } = await sweep(limited, options)().then(async ({ undisturbed }) => ({
      undisturbed,
      evidence: (await sweep.at(1, 'Requested')(limited, options)()).evidence,
    }))
    expect(undisturbed.outcome).toMatchObject({ value: { _tag: 'TimedOut' } })
    expect(JSON.stringify(evidence)).toMatch(/timeout of 1 hour.*condition \\"drained\\"/)
    expect(JSON.stringify(evidence)).not.toMatch(/never/)
  })
})

describe('what must hold', () => {
  /** What the shortest failing replay of a program says. */
  const says = async <A>(program: Program<A>, options: ReplayOptions<A> = {}): Promise<unknown> => {
    const { undisturbed, failed } = await sweep(program, options)()
    expect(undisturbed.failures).toEqual([])
    return failed[0]?.failures.map(({ invariant, message }) => `${invariant}: ${message}`)
  }
  const told = (scope: CancelScope.ScopeView): boolean => CancelScope.isCancelled(scope)()

  it('that it ends: not so if nothing can end it', async () => {
    expect(await says(async (scope) => (told(scope) ? hangs() : null))).toEqual([
      'it ends once it is cancelled: nothing is left that it could wait for (what is not of its world wants `outside`)',
    ])
  })

  it('that it ends within a bound of its time', async () => {
    const deaf: Program<void> = async (scope, { sleep }) => {
      told(scope)
      await sleep('90 seconds')()
    }
    expect(await says(deaf)).toEqual([
      'it ends once it is cancelled: it was still running 1 minute after it was cancelled',
    ])
    expect(await says(deaf, { within: '90 seconds' })).toBeUndefined()
  })

  it('that it leaves no listener, timer or waiting child behind', async () => {
    const later = '1 hour'
    const leaves: ReadonlyArray<readonly [Program<unknown>, string]> = [
      [
        async (scope) => void CancelScope.onCancelled(scope, () => {})(),
        'one waits for its scope, or for one derived from it',
      ],
      [
        async (scope) => void CancelScope.onCancelled(CancelScope.child(Token.never)(scope)(), () => {})(),
        'one waits for its scope, or for one derived from it',
      ],
      [async (_, { world }) => void world.clock.schedule(later, () => {})(), 'a timer is left'],
      [
        async (_, { world }) => {
          world.clock.schedule(later, () => {})()
          world.clock.schedule(later, () => {})()
        },
        '2 timers are left',
      ],
    ]
    for (const [program, message] of leaves) {
      const { undisturbed, failed } = await sweep(program)()
      expect(failed).toEqual([undisturbed])
      expect(undisturbed.failures).toEqual([{ invariant: 'it leaves nothing behind', message }])
    }
  })

  it('that timers end with what they are for: work that is left alone has its own', async () => {
    const alone: Program<unknown> = (scope, run) => Cancellable.run(scope)(second(run))
    expect(await says(alone)).toBeUndefined()
    // the timer of the work is gone when it has ended; another is noticed
    const forgetful: Program<unknown> = (scope, run) => {
      const callOff = run.world.clock.schedule('1 day', () => {})()
      return pipe(
        Cancellable.run(scope)(second(run)),
        TE.tapIO(() => callOff),
      )
    }
    // and what takes longer than there is time for is not
    const long: Program<unknown> = (scope, { sleep }) =>
      Cancellable.run(scope)(Cancellable.guard(TE.fromTask(sleep('10 hours'))))
    expect(await says(long)).toBeUndefined()
    const { log, failures } = await sweep.at(2, 'Requested')(forgetful)()
    expect(done(log)).toContain('1000 #5 ends work')
    expect(failures).toEqual([{ invariant: 'it leaves nothing behind', message: 'a timer is left' }])
  })

  it('that nobody waits: its AbortSignal is let go with the scope', async () => {
    expect(
      await says((scope, run) => Cancellable.tryCatch((signal) => run.sleep(1, signal)(), String)(scope)),
    ).toBeUndefined()
  })

  it('that what is acquired is released, by brackets or by whoever tells the clock', async () => {
    const holds: Program<void> = async (scope, { world: { clock } }) => {
      clock.tell?.('has acquired')
      CancelScope.checkOrThrow(scope)()
      clock.tell?.('has released')
    }
    expect(await says(holds)).toEqual(['what it acquires is released: still held: 1'])
  })

  it('that no error goes unhandled: of a promise, of a timer, of a listener', async () => {
    const lost = new Error('lost')
    expect(await says(async (scope) => void (told(scope) && Promise.reject(lost)))).toEqual([
      'it leaves no error unhandled: Error: lost',
    ])
    expect(
      await says(async (scope, { sleep, world: { clock } }) => {
        const isTold = told(scope)
        clock.schedule(1, () => {
          if (isTold) throw lost
        })()
        await sleep(2)()
      }),
    ).toEqual(['it leaves no error unhandled: Error: lost'])
    expect(
      await says(async (scope, { sleep }) => {
        const unsubscribe = CancelScope.onCancelled(scope, () => {
          throw lost
        })()
        await sleep(1)()
        unsubscribe()
      }),
    ).toEqual([expect.stringMatching(/^it leaves no error unhandled: AggregateError.*\(Error: lost\)$/)])
  })

  it('that it ends with the reason or a result of its own, and with no mixture', async () => {
    const mixed: Program<string> = async (scope) => (told(scope) ? 'half' : 'whole')
    expect(await says(mixed)).toEqual([
      'it ends with the reason or a result of its own: it returned "half"; undisturbed it returned "whole" (if it is a result of its own, say so by `isOwn`)',
    ])
    expect(await says(mixed, { isOwn: (outcome) => outcome._tag === 'Returned' })).toBeUndefined()
    expect(await says(mixed, { Eq: { equals: (a, b) => a.length > 0 && b.length > 0 } })).toBeUndefined()
    expect(
      await says(async (scope) => {
        if (told(scope)) throw new Error('of another kind')
      }),
    ).toEqual([
      expect.stringMatching(/result of its own: it threw Error: of another kind; undisturbed it returned undefined/),
    ])
  })

  it('in which the reason may be a value, a failure, an option, or an error', async () => {
    const ways: ReadonlyArray<Program<unknown>> = [
      async (scope) => CancelScope.poll(scope)(),
      async (scope) => CancelScope.check(scope)(),
      async (scope) => CancelScope.checkOrThrow(scope)(),
      (scope) => () => Promise.resolve(CancelScope.check(scope)()),
      (scope) => CancelScope.waitFor(scope, '1 second'),
      (scope) => CancelScope.check(scope)(),
      (scope) => Cancellable.checkpoint(scope),
    ]
    for (const program of ways) expect(await says(program)).toBeUndefined()
  })

  it('that it begins no new work once it has been told', async () => {
    const goesOn: Program<unknown> = async (scope, { sleep, work }) => {
      work('first')()
      const isTold = told(scope)
      await sleep('1 second')()
      if (isTold) work('second')()
    }
    expect(await says(goesOn)).toEqual(["it starts no new work once it knows: it started 'second'"])
    // not told yet: nobody has looked, and nobody listens
    expect(
      await says(async (scope, { checkpoint, work }) => {
        checkpoint('here')()
        work('first')()
        return CancelScope.check(scope)()
      }),
    ).toBeUndefined()
  })

  it('that a guard which has started may say so a few promises later, in the same turn and not again and again', async () => {
    const work = (run: Run, times: number): Cancellable.Cancellable<never, string> =>
      Cancellable.guard(async () => {
        await Promise.resolve()
        for (let time = 0; time < times; time++) run.work('page')()
        await run.sleep('1 second')()
        return { _tag: 'Right', right: 'page' }
      })
    const together =
      (times: number): Program<unknown> =>
      (scope, run) =>
        Cancellable.traverse()(() => work(run, times))([1, 2])(scope)
    expect(await says(together(1))).toBeUndefined()
    expect((await sweep(together(9))()).failed.flatMap(broken)).toContain('it starts no new work once it knows')
  })

  it('that a branch which has looked may begin, though another is told before it does', async () => {
    const branches: Program<unknown> = async (scope, { work }) => {
      const b = async (): Promise<void> => {
        CancelScope.checkOrThrow(scope)()
        for (let step = 0; step < 3; step++) await Promise.resolve()
        work('b')()
      }
      const a = async (): Promise<void> => CancelScope.checkOrThrow(scope)()
      await Promise.all([b(), a()])
    }
    expect(await says(branches)).toBeUndefined()
  })

  it('that a guard which has not said so by the end of its turn has nothing more to say', async () => {
    const late: Program<unknown> = async (scope, run) => {
      const result = await Cancellable.run(scope)(second(run))()
      if (result._tag === 'Left') run.work('more')()
      return result
    }
    const { failures } = await sweep.at(2, 'Requested')(late, { isOwn: () => true })()
    expect(failures).toEqual([{ invariant: 'it starts no new work once it knows', message: "it started 'more'" }])
  })

  it('that it does the same each time: points and outcome, or nothing is cancelled', async () => {
    let runs = 0
    const strays = await sweep(async (scope, { checkpoint }) => {
      checkpoint('first')()
      if (++runs > 1) checkpoint('new')()
      return CancelScope.check(scope)()
    })()
    expect([strays.replays, strays.undisturbed.failures]).toEqual([
      0,
      [{ invariant: 'it does the same each time', message: "at point 1: once 'looks', once more 'new'" }],
    ])
    let ends = 0
    const differs = await sweep(async (scope) => [CancelScope.isCancelled(scope)(), ++ends])()
    expect(differs.undisturbed.failures).toEqual([
      {
        invariant: 'it does the same each time',
        message: 'once it returned [false,1], once more it returned [false,2]',
      },
    ])
  })

  it('that it does the same up to the cancellation, wherever that is', async () => {
    let runs = 0
    const program: Program<unknown> = async (scope, { checkpoint }) => {
      runs++
      for (let step = 0; step < 3; step++) checkpoint(step === 1 && runs > 2 ? 'other' : `step ${step}`)()
      return CancelScope.check(scope)()
    }
    const { failed } = await sweep(program, { reasons: ['Requested'] })()
    // a run that is cancelled before does not get there
    expect(failed.map(({ injection }) => injection!.point)).toEqual([1, 2, 3])
    expect(failed[0]!.failures[0]!.message).toBe("at point 1: here 'other', undisturbed 'step 1'")
  })

  it('that it can be cancelled: it looks at its scope, or waits for it', async () => {
    const never = await sweep(async (_, { sleep }) => sleep('30 seconds')())()
    expect([never.replays, never.undisturbed.failures]).toEqual([
      0,
      [{ invariant: 'it can be cancelled', message: 'it never looked at its scope, nor waited for it' }],
    ])
  })

  it('that it is not deaf for long', async () => {
    const deaf: ReadonlyArray<Program<unknown>> = [
      async (_, { sleep }) => sleep('10 hours')(),
      async (scope, { sleep }) => {
        const look = CancelScope.poll(scope)()
        if (look._tag === 'Some') return look
        for (let minute = 0; minute < 20; minute++) await sleep('45 seconds')()
        return look
      },
    ]
    for (const program of deaf) {
      const { failed, points } = await sweep(program)()
      expect([points > 0, new Set(failed.flatMap(broken))]).toEqual([true, new Set(['it ends once it is cancelled'])])
      expect((await sweep(program, { within: '10 hours' })()).failed.flatMap(broken)).not.toContain(
        'it ends once it is cancelled',
      )
    }
  })

  it('that it does not throw undisturbed, unless that is its own', async () => {
    const throws: Program<unknown> = async (scope) => {
      CancelScope.checkOrThrow(scope)()
      throw new Error('broken')
    }
    const { undisturbed, replays } = await sweep(throws)()
    expect([replays, undisturbed.failures]).toEqual([
      0,
      [{ invariant: 'it does not throw undisturbed', message: 'it threw Error: broken' }],
    ])
    expect((await sweep(throws, { isOwn: ({ _tag }) => _tag === 'Threw' })()).failed).toEqual([])
  })

  it('that an invariant that was made is told', async () => {
    const { undisturbed } = await sweep(async (scope, { ensure }) => {
      ensure('forgotten', () => false)
      return CancelScope.check(scope)()
    })()
    expect(undisturbed.failures).toEqual([
      {
        invariant: 'it tells its invariants',
        message: "ensure('forgotten', …) was made and not called: it wants one more ()",
      },
    ])
  })

  it('in which an error of the platform that is caused by the reason stands for it', async () => {
    const reads: Program<unknown> = async (scope, { outside }) =>
      outside(() => readFile(import.meta.filename, { signal: AbortSignal.toAbortSignal(scope)(), encoding: 'utf8' }))()
    expect(await says(reads)).toBeUndefined()
    expect(
      await says(async (scope) => {
        try {
          CancelScope.checkOrThrow(scope)()
        } catch (cause) {
          return { _tag: 'Left', left: new Error('could not load', { cause }) }
        }
        return null
      }),
    ).toBeUndefined()
  })

  it('that nothing new is begun in a shield either', async () => {
    const another: Program<unknown> = (scope, run) => async () => {
      const result = await second(run)(scope)()
      if (result._tag === 'Left')
        await Cancellable.shield(Cancellable.fromTaskEither(TE.fromIO(run.work('another try'))))(scope)()
      return result
    }
    expect(await says(another)).toEqual(["it starts no new work once it knows: it started 'another try'"])
  })

  it('that a release which fails is none', async () => {
    const fails: Program<unknown> = (scope) =>
      pipe(
        Cancellable.bracket(
          Cancellable.fromTaskEither(TE.right(1)),
          () => Cancellable.checkpoint,
          () => Cancellable.fromTaskEither(TE.left('no')),
        )(scope),
        TE.orElseW(() => TE.right(null)),
      )
    expect(broken((await sweep(fails)()).undisturbed)).toEqual(['what it acquires is released'])
  })

  it('that signals are nobody who waits, of whichever scope', async () => {
    const signals: Program<unknown> = async (scope, { above, sleep }) => {
      AbortSignal.toAbortSignal(above)()
      AbortSignal.toAbortSignal(CancelScope.child(Token.timeout('1 hour'))(scope)())()
      await sleep('1 second')()
      return CancelScope.check(scope)()
    }
    expect(await says(signals)).toBeUndefined()
  })

  it('that nobody is left who waits for the scope above', async () => {
    const { undisturbed } = await sweep(async (scope, { above }) => {
      CancelScope.onCancelled(above, () => {})()
      return CancelScope.check(scope)()
    })()
    expect(broken(undisturbed)).toEqual(['it leaves nothing behind'])
  })

  it('that invariants of its own hold, be they told before or within', async () => {
    const program: Program<unknown> = async (scope, { ensure }) => {
      const isTold = told(scope)
      ensure('zero', () => expect(isTold).toBe(isTold))()
      ensure('one', () => !isTold)()
      ensure('two', async () => {
        if (isTold) throw new Error('two is wrong')
        return true
      })()
    }
    const options: ReplayOptions<unknown> = {
      invariants: {
        three: ({ injection }) => injection === null,
        four: async ({ outcome }) => outcome._tag === 'Returned',
      },
    }
    expect(await says(program, options)).toEqual([
      'one: it does not hold',
      'two: Error: two is wrong',
      'three: it does not hold',
    ])
  })

  it('that they may look outside, and are no part of the run', async () => {
    const program: Program<unknown> = async (scope, { ensure, outside, world, checkpoint }) => {
      ensure('asked outside', async () => {
        checkpoint('late')()
        await world.settle('1 second')()
        expect(await outside(async () => 'there')()).toBe('there')
      })()
      return CancelScope.check(scope)()
    }
    const { undisturbed, failed } = await sweep(program)()
    expect(failed).toEqual([])
    expect(done(undisturbed.log)).toEqual(['0 #0 looks', '0 returns'])
  })

  it('undisturbed too, or nothing is cancelled', async () => {
    const { failed, replays, points } = await sweep(async (scope, { ensure }) => {
      ensure('never', () => false)()
      CancelScope.poll(scope)()
    })()
    expect([points, replays, failed.length, failed[0]!.injection]).toEqual([1, 0, 1, null])
  })
})

describe('strategies', () => {
  const tried = async (points: Parameters<typeof sweep>[1]): Promise<ReadonlyArray<number>> => {
    const found: Array<number> = []
    await sweep(loop(10), {
      reasons: ['Requested'],
      isOwn: () => true,
      ...points,
      invariants: { noted: ({ injection }) => void found.push(injection?.point ?? -1) },
    })()
    return found.slice(1)
  }

  it('all points', async () => {
    expect(await tried({})).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('every so many', async () => {
    expect(await tried({ points: { every: 3 } })).toEqual([0, 3, 6, 9])
  })

  it('the last', async () => {
    expect(await tried({ points: { last: 2 } })).toEqual([8, 9])
    expect((await tried({ points: { last: 20 } })).length).toBe(10)
  })

  it('some at random, the same for a seed', async () => {
    const drawn = await tried({ points: { random: 4, seed: 5 } })
    expect(new Set(drawn).size).toBe(4)
    expect(drawn).toEqual([...drawn].sort((x, y) => x - y))
    expect(await tried({ points: { random: 4, seed: 5 } })).toEqual(drawn)
    expect(await tried({ points: { random: 4, seed: 6 } })).not.toEqual(drawn)
    expect((await tried({ points: { random: 20 } })).length).toBe(10)
  })
})

describe('a second cancellation', () => {
  /** Cleans up in the scope above, as a request might in that of its server. */
  const cleansUpAbove =
    (isMended: boolean): Program<unknown> =>
    (scope, run) => {
      const release = Cancellable.fromTaskEither(TE.fromTask(run.sleep('1 second')))
      const again = Cancellable.guard(TE.fromTask(run.sleep('1 second')))
      let isOpen = false
      run.ensure('all is cleaned up', () => !isOpen)()
      return pipe(
        Cancellable.bracket(
          Cancellable.fromTaskEither(TE.fromIO(() => void (isOpen = true))),
          () => second(run),
          () =>
            isMended
              ? pipe(
                  release,
                  Cancellable.onCancelled(() => release),
                  (cleanup) => (deaf) =>
                    pipe(
                      cleanup(deaf),
                      TE.tapIO(() => () => void (isOpen = false)),
                    ),
                )
              : () =>
                  pipe(
                    again(run.above),
                    TE.tapIO(() => () => void (isOpen = false)),
                  ),
        ),
        Cancellable.run(scope),
      )
    }

  it('is injected only on request', async () => {
    expect((await sweep(cleansUpAbove(false))()).failed).toEqual([])
  })

  it('comes at each point after the first', async () => {
    const agains = new Map<number, Array<number>>()
    const noted = ({ injection }: Ended<unknown>): boolean => {
      if (injection?.again !== undefined)
        agains.set(injection.point, [...(agains.get(injection.point) ?? []), injection.again])
      return true
    }
    const { points } = await sweep(cleansUpAbove(true), {
      again: true,
      reasons: ['Requested'],
      invariants: { noted },
    })()
    expect(agains.size).toBeGreaterThan(points / 2)
    for (const [point, found] of agains) expect(found).toEqual(found.map((_, index) => point + 1 + index))
    expect(Math.max(...[...agains.values()].map(({ length }) => length))).toBeGreaterThan(5)
  })

  it('hides nothing of the first', async () => {
    const mixed: Program<string> = async (scope) => (CancelScope.isCancelled(scope)() ? 'half' : 'whole')
    const { failed } = await sweep(mixed, { again: true })()
    expect(failed.map(({ injection }) => injection!.again)).toEqual([undefined, undefined])
  })

  it('finds clean-up that does not finish', async () => {
    const { failed, replays, points } = await sweep(cleansUpAbove(false), { again: true })()
    expect(failed.length).toBeGreaterThan(0)
    expect(replays).toBeGreaterThan(points * 2)
    const { injection, failures, log } = failed[0]!
    expect(injection!.again).toBeGreaterThan(injection!.point)
    expect(failures.map(({ invariant }) => invariant)).toContain('all is cleaned up')
    expect(done(log).some((line) => line.endsWith('is cancelled again, from above'))).toBe(true)
    const { point, reason, again } = injection!
    expect(broken(await sweep.at(point, reason, again)(cleansUpAbove(false))())).toEqual(broken(failed[0]!))
  })

  it('leaves alone what is deaf to it', sweepOrThrow(cleansUpAbove(true), { again: true }))
})

describe('a program without end', () => {
  const endless: Program<unknown> = (scope, run) =>
    pipe(second(run), Cancellable.every('1 hour'), Cancellable.run(scope))

  it('is cancelled at its horizon', async () => {
    const { isEndless, points, undisturbed, failed } = await sweep(endless, { horizon: '5 hours' })()
    expect([isEndless, failed.length]).toEqual([true, 0])
    expect(points).toBeGreaterThan(20)
    expect(undisturbed.outcome).toMatchObject({ value: { _tag: 'Left', left: { _tag: 'Requested' } } })
    expect(Math.max(...undisturbed.log.map(({ at }) => at))).toBeLessThanOrEqual(5 * 3_600_000 + 1000)
  })

  it('is cancelled after so many points', async () => {
    const { isEndless, points } = await sweep(endless, { limit: 30 })()
    expect([isEndless, points >= 30 && points < 35]).toEqual([true, true])
  })

  it('is cut in the middle of a turn too', async () => {
    const { isEndless, points, failed } = await sweep(
      async (scope) => {
        const more = CancelScope.keepGoing(scope)
        while (more()) await Promise.resolve()
      },
      { limit: 50, points: { last: 3 } },
    )()
    expect([isEndless, points, failed]).toEqual([true, 50, []])
  })

  it('is not what waits long for a predicate: looks that find nothing are no points', async () => {
    let isLate = false
    const { isEndless, points, failed } = await sweep(
      async (scope, { sleep }) => {
        await sleep('20 seconds', AbortSignal.toAbortSignal(scope)())()
        isLate = true
        return CancelScope.check(scope)()
      },
      { token: Token.condition('drained'), conditions: { drained: false } },
    )()
    expect([isLate, isEndless, failed]).toEqual([true, false, []])
    expect(points).toBeLessThan(10)
  })

  it('may wait for nothing but the cancellation', async () => {
    const { isEndless, failed } = await sweep((scope) => CancelScope.wait(scope))()
    expect([isEndless, failed]).toEqual([true, []])
  })

  it('may wait for a predicate that is never true', async () => {
    const { isEndless, failed } = await sweep((scope) => CancelScope.wait(scope), {
      token: Token.condition('never'),
      conditions: { never: false },
      limit: 10,
    })()
    expect([isEndless, failed]).toEqual([true, []])
  })

  it('must end when it is cancelled there', async () => {
    const { undisturbed } = await sweep(async () => hangs())()
    expect(broken(undisturbed)).toEqual(['it ends once it is cancelled'])
  })
})

describe('work outside', () => {
  it('runs one after the other, and time stands still meanwhile', async () => {
    const order: Array<string> = []
    const real = (name: string, turns: number) => async (): Promise<string> => {
      order.push(`${name} begins`)
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setTimeout(resolve, 1))
      order.push(`${name} ends`)
      return name
    }
    const program: Program<unknown> = async (_, { outside, sleep, world: { clock } }) => {
      void sleep(5)().then(() => order.push(`time passes`))
      const names = await Promise.all([outside(real('slow', 5))(), outside(real('fast', 1))()])
      await sleep(10)()
      return [...names, clock.monotonic()]
    }
    const { undisturbed } = await sweep(program)()
    expect(undisturbed.outcome).toEqual({ _tag: 'Returned', value: ['slow', 'fast', 10] })
    expect(order.slice(0, 5)).toEqual(['slow begins', 'slow ends', 'fast begins', 'fast ends', 'time passes'])
  })

  it('may fail', async () => {
    const { undisturbed } = await sweep(async (_, { outside }) =>
      outside(() => Promise.reject(new Error('no such file')))(),
    )()
    expect(undisturbed.outcome).toEqual({ _tag: 'Threw', error: new Error('no such file') })
  })

  it('need not be told if it takes some turns only', async () => {
    const { isEndless } = await sweep(async (scope) => {
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
      return CancelScope.check(scope)()
    })()
    expect(isEndless).toBe(false)
  })

  it('is not waited for with patience if it is not told: then the program seems to be without end', async () => {
    const { isEndless } = await sweep(async (scope) => {
      await new Promise((resolve) => setTimeout(resolve, 50))
      return CancelScope.check(scope)()
    })()
    expect(isEndless).toBe(true)
  })
})

describe('sleep', () => {
  it('ends when its signal is aborted, and leaves no timer and no listener', async () => {
    const aborted = new AbortController()
    const idle = new AbortController()
    const { undisturbed } = await sweep(async (_, { sleep, world: { clock } }) => {
      const sleeping = sleep('1 second', aborted.signal)()
      aborted.abort('enough')
      const early = await sleeping.catch((error: unknown) => error)
      const atOnce = await sleep('1 second', aborted.signal)().catch((error: unknown) => error)
      await sleep('1 second', idle.signal)()
      return [early, atOnce, clock.timers(), clock.monotonic()]
    })()
    expect(undisturbed.outcome).toEqual({ _tag: 'Returned', value: ['enough', 'enough', 0, 1000] })
    for (const { signal } of [aborted, idle]) expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})

describe('at', () => {
  it('is refused for what is no point, reason or second point', async () => {
    expect(() => sweep.at(-1, 'Requested')).toThrow('point must be a whole number, 0 or more, but was -1')
    expect(() => sweep.at(0.5, 'Requested')).toThrow(RangeError)
    expect(() => sweep.at(3, 'Requested', 3)).toThrow('again must be a whole number, 4 or more, but was 3')
    // @ts-expect-error: it is no reason
    expect(() => sweep.at(0, 'Because')).toThrow(
      /^reason must be a reason, or the tag of one \(Requested, .*, but was 'Because'$/,
    )
    await expect(sweep.at(3, 'Requested')(loop(3))()).rejects.toThrow(
      'point must be less than 3, for so many the program passes, but was 3',
    )
  })
})

describe('options', () => {
  it('out of range are refused', async () => {
    const program = loop(1)
    expect(() => sweep(program, { points: { every: 0 } })).toThrow('every must be a whole number, 1 or more, but was 0')
    expect(() => sweep(program, { points: { last: 1.5 } })).toThrow(RangeError)
    expect(() => sweep(program, { points: { random: -1 } })).toThrow(RangeError)
    // @ts-expect-error: none
    expect(() => sweep(program, { reasons: [] })).toThrow(
      "reasons must be 'all' or a list of at least one, but was an array",
    )
    // @ts-expect-error: no program
    expect(() => sweep(3)).toThrow('program must be a function, but was 3')
    // @ts-expect-error: no strategy
    expect(() => sweep(program, { points: 'some' })).toThrow(
      "points must be 'all', { every }, { random } or { last }, but was 'some'",
    )
    await expect(sweep(program, { limit: 0 })()).rejects.toThrow(
      'limit must be a whole number of points, 1 or more, but was 0',
    )
    await expect(sweep(program, { within: -1 })()).rejects.toThrow('within must be 0 milliseconds or more, but was -1')
    await expect(sweep(program, { token: Token.condition('p') })()).rejects.toThrow(
      "conditions must have a predicate for 'p'",
    )
  })
})

describe('the whole thread', () => {
  it('has several sweeps take turns, each with its own errors', async () => {
    const before = process.listenerCount('unhandledRejection')
    const losing = sweep(async (scope) => {
      if (CancelScope.isCancelled(scope)()) void Promise.reject(new Error('lost'))
    })
    const [first, second, third] = await Promise.all([losing(), sweep(loop(3), { isOwn: () => true })(), losing()])
    expect([first.failed.length, second.failed.length, third.failed.length]).toEqual([2, 0, 2])
    expect(process.listenerCount('unhandledRejection')).toBe(before)
  })

  it('has its handlers of errors back after a sweep', async () => {
    const events = ['unhandledRejection', 'uncaughtException'] as const
    const handlers = () => events.map((event) => process.listeners(event as 'uncaughtException'))
    const mine = (): void => {}
    for (const event of events) process.on(event, mine)
    const before = handlers()
    await sweep(loop(2), { isOwn: () => true })()
    const after = handlers()
    for (const event of events) process.off(event, mine)
    expect(before.every((each) => each.includes(mine))).toBe(true)
    expect(after).toEqual(before)
  })
})

describe('as a property', () => {
  it('shrinks input and point together', async () => {
    // wrong from the fourth round on, if cancelled after the second
    const program =
      (rounds: number): Program<unknown> =>
      async (scope, { ensure }) => {
        const more = CancelScope.keepGoing(scope)
        let round = 0
        while (round < rounds && more()) round++
        ensure('it is right', () => !(rounds >= 4 && round >= 2 && round < rounds))()
      }
    const property = sweepProperty(fc.integer({ min: 1, max: 50 }), program)
    const found = await fc.check(property, { seed: 1, numRuns: 1000 })
    expect(found.failed).toBe(true)
    expect(found.counterexample).toEqual([4, 2, 'Requested'])
    expect(String(found.errorInstance)).toMatch(/sweep\.at\(2, 'Requested'\)\n {2}✗ it is right/)
  })

  it('says so if the point does not matter', async () => {
    const found = await fc.check(sweepProperty(fc.constant(1), () => async () => 1))
    expect(String(found.errorInstance)).toMatch(
      /^Error: whatever the point and the reason, undisturbed\n {2}✗ it can be cancelled/,
    )
  })
})

describe('a report', () => {
  const program: Program<string> = (scope, run) => async () => {
    const stop = CancelScope.onCancelled(scope, () => {})()
    await run.sleep('1.5 seconds')()
    const isTold = CancelScope.isCancelled(scope)()
    if (!isTold) stop()
    return isTold ? 'cut' : 'whole'
  }
  const options: ReplayOptions<string> = { token: Token.any(Token.timeout('1 minute'), Token.manual('stop')) }

  it('tells what was tried, the shortest that failed in full, and the others in short', async () => {
    expect(ShowReport.show(await sweep(program, { ...options, reasons: ['Requested'] })())).toMatchInlineSnapshot(`
      "cancelled at 5 of 5 points, in 5 replays: 4 failed

      sweep.at(0, 'Requested')
        ✗ it ends with the reason or a result of its own: it returned "cut"; undisturbed it returned "whole" (if it is a result of its own, say so by \`isOwn\`)
        it returned "cut"
           0 ms  #0  looks
           0 ms      is cancelled: Requested
           0 ms  #1  promises have run
        1500 ms  #2  time passes
        1500 ms      returns
        scope: fired
        ├─ cancelled: fired, cancelled: injected by a sweep
        └─ any: pending
           ├─ timeout of 1 minute: pending
           └─ manual "stop": pending

      3 more, at 1 to 3 (Requested): it ends with the reason or a result of its own"
    `)
  })

  it('tells that all is well', async () => {
    const loops = await sweep(loop(2), { isOwn: () => true })()
    expect(ShowReport.show(loops)).toBe('cancelled at 2 of 2 points, in 4 replays: all passed')
    const waits = await sweep((scope) => CancelScope.wait(scope), { points: { last: 1 } })()
    expect(ShowReport.show(waits)).toBe(
      'cancelled at 1 of 2 points before it was cut by its limit or horizon, in 2 replays: all passed',
    )
  })

  it('is no success as a test where it was cut for the number of its points, unless that was asked for', async () => {
    const many = async (scope: CancelScope.ScopeView): Promise<void> => {
      const more = CancelScope.keepGoing(scope)
      for (let round = 0; round < 1200 && more(); round++);
    }
    const options: SweepOptions<void> = { points: { last: 1 }, reasons: ['Requested'] }
    await expect(sweepOrThrow(many, options)()).rejects.toThrow(/1000 points .*\n\n.*give a `limit`/)
    await sweepOrThrow(many, { ...options, limit: 1500 })()
    await sweepOrThrow(many, { ...options, limit: 500 })()
  })

  it('keeps of very many the first hundred in full, and tells the others by what they broke', async () => {
    const report = await sweep(loop(150))()
    expect(report.failed.length).toBe(300)
    expect(report.failed.filter(({ log }) => log.length > 0).length).toBe(100)
    expect(ShowReport.show(report)).toMatch(
      /\n\n299 more, at 0 to 149 \(TimedOut, Requested\): it ends with the reason or a result of its own$/,
    )
    const some = await sweep(loop(9), {
      reasons: ['Requested'],
      isOwn: (outcome) => [0, 3].includes(valueOf(outcome)),
    })()
    expect(ShowReport.show(some)).toMatch(/\n6 more, at 2, 4 to 8 \(Requested\): /)
  })

  it('shows long timelines without their middle, and reasons of its own as JSON', async () => {
    const replay = await sweep.at(499, { _tag: 'Requested', detail: 'mine', path: [] })(loop(500))()
    const shown = ShowReplay.show(replay)
    expect(shown).toMatch(/^sweep\.at\(499, \{"_tag":"Requested","detail":"mine","path":\[\]\}\)\n/)
    expect(shown).toContain('… 462 more lines …')
    expect(shown.split('\n').length).toBeLessThan(50)
  })

  it('says that nothing was cancelled if the program fails undisturbed', async () => {
    expect(ShowReport.show(await sweep(async () => {})())).toMatch(
      /^not cancelled anywhere, for it fails undisturbed\n {2}✗ it can be cancelled: /,
    )
  })

  it('is what a test that fails says', async () => {
    await expect(sweepOrThrow(loop(1))()).rejects.toThrow(
      /^cancelled at 1 of 1 point, in 2 replays: 2 failed\n\nsweep\.at/,
    )
  })
})
