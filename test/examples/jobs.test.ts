/** The job runners of the example, one with fp-ts and one with Effect: what each does, that both do the same, and the program around them as a process. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { Effect, Scheduler } from 'effect'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CancelScope, Clock, Token } from 'cantok-ts'
import { TokenFromJson } from 'cantok-ts/codec'
import { runJobs } from '../../docs/examples/jobs/effect.js'
import { run } from '../../docs/examples/jobs/fp-ts.js'
import { leftOf } from '../../docs/examples/jobs/model.js'
import type { Options, Outcome, Report, Runner, Source } from '../../docs/examples/jobs/model.js'
import { example } from './start.js'

/** Its fibers go on with promises, as all does that a virtual clock waits for. */
const runWithEffect: Runner = (source, options) => () =>
  Effect.runPromise(runJobs(source, options), { scheduler: new Scheduler.MixedScheduler('sync') })

const runners: ReadonlyArray<readonly [string, Runner]> = [
  ['fp-ts', run],
  ['Effect', runWithEffect],
]

// -------------------------------------------------------------------------------------
// jobs in a world of their own
// -------------------------------------------------------------------------------------

const { all, andThen, any, budget, condition, counter, idle, manual, never, timeout } = Token

const job = (name: string, steps: number, limits: Token.Token<Token.Input> = never, each = 100, cost = 1): unknown => ({
  name,
  limits: TokenFromJson.encode(limits),
  work: { steps, each, cost },
})

const sleep = (clock: Clock.Clock, span: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const aborted = (): void => {
      callOff()
      reject(signal.reason)
    }
    const callOff = clock.schedule(span, () => {
      signal.removeEventListener('abort', aborted)
      resolve()
    })()
    signal.addEventListener('abort', aborted)
  })

type Given = Partial<Pick<Options, 'concurrency' | 'queue' | 'budget' | 'grace' | 'work'>>

interface Started {
  readonly clock: Clock.VirtualClock
  /** What happened, in its order, and when. */
  readonly log: ReadonlyArray<string>
  readonly times: ReadonlyArray<number>
  readonly shutdown: () => void
  readonly stop: () => void
  /** Lets time pass until it has ended. */
  readonly report: () => Promise<Report>
  readonly hasEnded: () => boolean
  /** What the source has not given. */
  readonly rest: ReadonlyArray<unknown>
}

const start = (runner: Runner, jobs: ReadonlyArray<unknown>, given: Given = {}): Started => {
  const clock = Clock.virtual()
  const log: Array<string> = []
  const times: Array<number> = []
  const tell = (what: string): void => {
    log.push(what)
    times.push(clock.monotonic())
  }
  const rest = [...jobs]
  const shutdown = CancelScope.open(manual('shutdown'), { clock })()
  const stop = CancelScope.open(manual('stop'), { clock })()
  const source: Source = async () => {
    if (rest.length === 0) return { done: true, value: null }
    tell('gives')
    return { done: false, value: rest.shift() }
  }
  let hasEnded = false
  const report = runner(source, {
    concurrency: 2,
    queue: 2,
    budget: 1000,
    grace: '1 second',
    work: async ({ name, work }, signal) => {
      tell(`${name} begins`)
      await sleep(clock, work.each, signal)
      tell(`${name} ends`)
      return work.cost
    },
    ...given,
    shutdown,
    stop,
    clock,
  })().finally(() => {
    hasEnded = true
  })
  return {
    clock,
    log,
    times,
    rest,
    shutdown: () => void CancelScope.cancelInput(shutdown, 'shutdown')(),
    stop: () => void CancelScope.cancelInput(stop, 'stop')(),
    hasEnded: () => hasEnded,
    report: async () => {
      await clock.settle('1000 days')()
      expect(hasEnded).toBe(true)
      // and leaves nothing behind
      expect(clock.timers()).toBe(0)
      return report
    },
  }
}

const runAll = (runner: Runner, jobs: ReadonlyArray<unknown>, given: Given = {}): Promise<Report> =>
  start(runner, jobs, given).report()

const tags = ({ outcomes }: Report): ReadonlyArray<Outcome['_tag']> => outcomes.map(({ _tag }) => _tag)

const stored = (report: Report): ReadonlyArray<unknown> => JSON.parse(JSON.stringify(leftOf(report)))

describe.each(runners)('the jobs with %s', (_, runner) => {
  describe('limits', () => {
    it('lets all jobs be done', async () => {
      const jobs = Array.from({ length: 9 }, (__, index) => job(`job ${index}`, 1 + (index % 3), timeout('1 minute')))
      const { outcomes, stopped } = await runAll(runner, jobs)
      expect(outcomes).toEqual(jobs.map((__, index) => ({ _tag: 'Done', name: `job ${index}` })))
      expect(stopped).toBeNull()
    })

    it('ends when there are no jobs', async () => {
      expect(await runAll(runner, [])).toEqual({ outcomes: [], stopped: null })
    })

    it('runs as many at a time as it may', async () => {
      const { report, log, clock } = start(runner, [job('a', 1), job('b', 1), job('c', 1), job('d', 1)], {
        concurrency: 3,
      })
      await clock.settle(50)()
      expect(log.filter((each) => each.endsWith('begins'))).toEqual(['a begins', 'b begins', 'c begins'])
      await report()
    })

    it('stops a job by its own timeout, and no other', async () => {
      const { outcomes } = await runAll(runner, [job('a', 9, timeout(250)), job('b', 9, timeout('1 minute'))])
      expect(outcomes).toEqual([
        { _tag: 'Stopped', name: 'a', reason: expect.objectContaining({ _tag: 'TimedOut', duration: 250, at: 250 }) },
        { _tag: 'Done', name: 'b' },
      ])
    })

    it('lets go of the time of a job when it has ended', async () => {
      const { clock, report, hasEnded } = start(runner, [job('a', 1, timeout('1 hour')), job('b', 9)])
      await clock.settle(150)()
      expect(hasEnded()).toBe(false)
      // that of the step on which b is
      expect(clock.timers()).toBe(1)
      await report()
    })

    it('begins the time of a job when it begins', async () => {
      const jobs = [job('a', 5), job('b', 5), job('c', 5, timeout(600)), job('d', 5, timeout(400))]
      expect(tags(await runAll(runner, jobs))).toEqual(['Done', 'Done', 'Done', 'Stopped'])
    })

    it('lets a job do as many steps as its counter says', async () => {
      const { report, log } = start(runner, [job('a', 9, counter(4)), job('b', 4, counter(4)), job('c', 1, counter(0))])
      expect(tags(await report())).toEqual(['Stopped', 'Done', 'Stopped'])
      expect(log.filter((each) => each === 'a ends').length).toBe(4)
      expect(log).not.toContain('c begins')
    })

    it('stops a job by the budget of its own, and when it makes no progress', async () => {
      const { outcomes } = await runAll(runner, [
        job('a', 9, budget('credits', 25), 100, 10),
        job('b', 9, idle('progress', 150)),
        job('c', 9, idle('progress', 99)),
      ])
      expect(outcomes).toEqual([
        { _tag: 'Stopped', name: 'a', reason: expect.objectContaining({ _tag: 'BudgetSpent', spent: 30, limit: 25 }) },
        { _tag: 'Done', name: 'b' },
        { _tag: 'Stopped', name: 'c', reason: expect.objectContaining({ _tag: 'Stalled' }) },
      ])
    })

    it('stops all when the shared budget is spent, and says so', async () => {
      const jobs = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name, index) => job(name, 9, never, 100 + index, 10))
      const { report, log, rest } = start(runner, jobs, { budget: 45 })
      const { outcomes, stopped } = await report()
      const reason = expect.objectContaining({ _tag: 'BudgetSpent', label: 'shared', limit: 45, spent: 50 })
      expect(stopped).toEqual(reason)
      expect(outcomes).toMatchObject([
        { _tag: 'Left', job: { work: { steps: 6 } }, reason },
        { _tag: 'Left', job: { work: { steps: 7 } }, reason },
        { _tag: 'Left', job: { work: { steps: 9 } }, reason: null },
        { _tag: 'Left', job: { work: { steps: 9 } }, reason: null },
        { _tag: 'Left', job: { work: { steps: 9 } }, reason: null },
      ])
      expect(rest.length).toBe(2)
      expect(log.filter((each) => each.endsWith('ends')).length).toBe(5)
    })

    it('keeps what was done when the step that does it spends the rest', async () => {
      const jobs = [job('a', 1, budget('credits', 1)), job('b', 9, never, 150)]
      const { outcomes } = await runAll(runner, jobs, { budget: 1 })
      expect(outcomes).toMatchObject([{ _tag: 'Done' }, { _tag: 'Left', reason: { label: 'shared' } }])
    })

    it('says what a job has failed of, and goes on', async () => {
      const work: Options['work'] = async ({ name }) => {
        if (name === 'b') throw new Error('no such file')
        return 1
      }
      const { outcomes } = await runAll(runner, [job('a', 2), job('b', 2), job('c', 2)], { work })
      expect(outcomes).toEqual([
        { _tag: 'Done', name: 'a' },
        { _tag: 'Failed', name: 'b', error: 'Error: no such file' },
        { _tag: 'Done', name: 'c' },
      ])
    })
  })

  describe('the queue', () => {
    it.each([1, 2, 5])('lets no more than %i wait, and one in the hands of who fills it', async (capacity) => {
      const jobs = Array.from({ length: 20 }, (__, index) => job(`job ${index}`, 1 + (index % 2)))
      const { clock, log, report } = start(runner, jobs, { queue: capacity })
      await clock.settle(50)()
      const count = (what: string): number => log.filter((each) => each === what).length
      // two run
      expect(count('gives')).toBe(2 + capacity + 1)
      await report()

      let waiting = 0
      let most = 0
      const begun = new Set<string>()
      for (const each of log) {
        if (each === 'gives') waiting++
        else if (each.endsWith('begins') && !begun.has(each)) {
          begun.add(each)
          waiting--
        }
        most = Math.max(most, waiting)
      }
      expect(waiting).toBe(0)
      // those that are about to begin have left it
      expect(most).toBeLessThanOrEqual(capacity + 1 + 2)
    })

    it('runs jobs in the order in which they come', async () => {
      const jobs = Array.from({ length: 9 }, (__, index) => job(`job ${index}`, 1))
      const { log, report } = start(runner, jobs, { concurrency: 1 })
      await report()
      expect(log.filter((each) => each.endsWith('begins'))).toEqual(jobs.map((__, index) => `job ${index} begins`))
    })
  })

  describe('jobs that are none', () => {
    it('refuses them in words, and loses no other', async () => {
      const { outcomes } = await runAll(runner, [
        job('a', 1),
        { name: 'b', limits: { version: 1, token: { _tag: 'Counter', limit: -1 } }, work: { steps: 1, each: 'x' } },
        job('c', 1),
        'nonsense',
        job('d', 0),
        job('e', 1, any(condition('weekend'), timeout('1 minute'))),
        job('f', 1),
      ])
      expect(outcomes).toEqual([
        { _tag: 'Done', name: 'a' },
        {
          _tag: 'Refused',
          errors: [
            'limits.token.limit must be an integer from 0 to 2^53 - 1, but was -1',
            "work.each must be a number, 0 or more, but was 'x'",
            'work.cost must be a number, 0 or more, but was missing',
          ],
        },
        { _tag: 'Done', name: 'c' },
        { _tag: 'Refused', errors: [expect.stringContaining("but was 'nonsense'")] },
        { _tag: 'Refused', errors: ['work.steps must be a whole number, 1 or more, but was 0'] },
        { _tag: 'Refused', errors: ['e asks for weekend, which nobody here can tell'] },
        { _tag: 'Done', name: 'f' },
      ])
    })

    it('says that the source has failed, and runs what it has given', async () => {
      const clock = Clock.virtual()
      const jobs = [job('a', 1), job('b', 1)]
      const source: Source = async () => {
        if (jobs.length === 0) throw new Error('connection lost')
        return { done: false, value: jobs.shift() }
      }
      const report = runner(source, {
        concurrency: 1,
        queue: 1,
        budget: 10,
        grace: 0,
        shutdown: CancelScope.background,
        stop: CancelScope.background,
        work: async () => 1,
        clock,
      })()
      expect((await report).outcomes).toEqual([
        { _tag: 'Done', name: 'a' },
        { _tag: 'Done', name: 'b' },
        { _tag: 'Refused', errors: ['the source of the jobs failed: Error: connection lost'] },
      ])
    })
  })

  describe('shutdown', () => {
    const jobs = [
      job('short', 5, any(timeout('1 minute'), counter(7))),
      job('long', 50, any(timeout('10 seconds'), budget('credits', 100), counter(60))),
      ...['c', 'd', 'e', 'f', 'g'].map((name) => job(name, 3, timeout('1 minute'))),
    ]

    it('takes no more jobs, lets those that run come to their end, and stops the rest after the grace period', async () => {
      const { clock, shutdown, report, log, hasEnded, rest } = start(runner, jobs)
      await clock.settle(250)()
      const before = log.length
      shutdown()
      await clock.settle(999)()
      expect(hasEnded()).toBe(false)
      await clock.settle(1)()
      expect(hasEnded()).toBe(true)
      const { outcomes, stopped } = await report()

      expect(log.slice(before)).not.toContain('gives')
      expect(new Set(log.slice(before))).toEqual(new Set(['short begins', 'short ends', 'long begins', 'long ends']))
      expect(stopped).toMatchObject({ _tag: 'Requested', name: 'shutdown' })
      const waiting = { _tag: 'Left', reason: null, job: { work: { steps: 3 }, limits: timeout('1 minute') } }
      expect(outcomes).toMatchObject([
        { _tag: 'Done', name: 'short' },
        {
          _tag: 'Left',
          job: {
            name: 'long',
            work: { steps: 38 },
            // 1,250 ms, twelve steps
            limits: any(
              timeout('10 seconds', { left: 8750 }),
              budget('credits', 100, { left: 88 }),
              counter(60, { left: 48 }),
            ),
          },
          reason: { _tag: 'TimedOut', label: 'grace period', at: 1250 },
        },
        waiting,
        waiting,
        waiting,
      ])
      expect(rest.length).toBe(2)
    })

    it('stops at once when it is told to, in the grace period and before', async () => {
      for (const isGraceful of [true, false]) {
        const { clock, shutdown, stop, report, hasEnded } = start(runner, jobs)
        await clock.settle(250)()
        if (isGraceful) shutdown()
        await clock.settle(70)()
        stop()
        await clock.settle(0)()
        expect(hasEnded()).toBe(true)
        const reason = { _tag: 'Requested', name: 'stop' }
        const { outcomes } = await report()
        expect(outcomes.slice(0, 2)).toMatchObject([
          { _tag: 'Left', job: { name: 'short', work: { steps: 2 } }, reason },
          { _tag: 'Left', job: { name: 'long', work: { steps: 47 } }, reason },
        ])
        expect(new Set(outcomes.slice(2).map(({ _tag }) => _tag))).toEqual(new Set(['Left']))
      }
    })

    it('runs nothing when it has been told before', async () => {
      for (const kind of ['shutdown', 'stop'] as const) {
        const started = start(
          (source, options) => async () => {
            await Promise.resolve()
            return runner(source, options)()
          },
          jobs,
        )
        started[kind]()
        expect(await started.report()).toMatchObject({ outcomes: [], stopped: { _tag: 'Requested', name: kind } })
        expect(started.rest.length).toBe(jobs.length)
      }
    })

    it('leaves JSON that is read again, and comes to its end when it is run again', async () => {
      const { clock, shutdown, report, rest } = start(runner, jobs)
      await clock.settle(250)()
      shutdown()
      const first = await report()
      const again = await runAll(runner, [...stored(first), ...rest])
      expect(again.outcomes).toEqual(['long', 'c', 'd', 'e', 'f', 'g'].map((name) => ({ _tag: 'Done', name })))
    })

    it('goes on with what is left of the limits, and no more', async () => {
      const limited = [job('slow', 100, timeout('2 seconds')), job('dear', 100, budget('credits', 15))]
      const { clock, stop, report } = start(runner, limited)
      await clock.settle(1050)()
      stop()
      const { outcomes } = await runAll(runner, stored(await report()))
      expect(outcomes).toMatchObject([
        { _tag: 'Stopped', name: 'slow', reason: { _tag: 'TimedOut', duration: 2000, at: 950 } },
        { _tag: 'Stopped', name: 'dear', reason: { _tag: 'BudgetSpent', limit: 15, spent: 15, at: 500 } },
      ])
    })

    it('waits for work that takes a while to end, and counts it if it is done', async () => {
      const { clock, stop, report, hasEnded } = start(runner, [job('a', 3), job('b', 3)], {
        work: async ({ name }, signal) => {
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
          await sleep(clock, 400, new AbortController().signal)
          if (name === 'b') throw new Error('cut')
          return 1
        },
      })
      await clock.settle(100)()
      stop()
      await clock.settle(399)()
      expect(hasEnded()).toBe(false)
      expect((await report()).outcomes).toMatchObject([
        { _tag: 'Left', job: { name: 'a', work: { steps: 2 } } },
        { _tag: 'Left', job: { name: 'b', work: { steps: 3 } } },
      ])
    })
  })
})

// -------------------------------------------------------------------------------------
// both
// -------------------------------------------------------------------------------------

/**
 * Spans that never add up to the same: a day or more, and some milliseconds of which each job, and each thing that happens, has a digit of its own in base 8. For what
 * happens at the very same instant comes in no order that a runner promises.
 */
const days = (digit: number, times: number, max: number): fc.Arbitrary<number> =>
  fc.integer({ min: 1, max }).map((whole) => whole * 86_400_000 + times * 8 ** digit)

const jobsAtMost = 6

/** A job does three steps at most, so that its digit does not overflow. */
const generatedLimits = (digit: number): fc.Arbitrary<Token.Token<Token.Input>> => {
  const leaves = fc.oneof(
    fc.constant(never),
    days(digit, 4, 8).map((span) => timeout(span)),
    days(digit, 4, 8).map((span) => idle('progress', span)),
    fc.nat({ max: 4 }).map((limit) => counter(limit)),
    fc.nat({ max: 6 }).map((limit) => budget('credits', limit)),
  )
  const pairs = fc.tuple(leaves, leaves)
  return fc.oneof(
    leaves,
    pairs.map((pair) => any(...pair)),
    pairs.map((pair) => all(...pair)),
    pairs.map(([first, second]) => andThen(first, second)),
  )
}

const generatedJob = (digit: number): fc.Arbitrary<unknown> =>
  fc
    .record({
      steps: fc.integer({ min: 1, max: 3 }),
      limits: generatedLimits(digit),
      each: days(digit, 1, 4),
      cost: fc.nat({ max: 3 }),
      isOne: fc.integer({ min: 0, max: 9 }).map((chance) => chance > 0),
    })
    .map(({ steps, limits, each, cost, isOne }) =>
      isOne ? job(`job ${digit}`, steps, limits, each, cost) : { name: `job ${digit}` },
    )

const generatedJobs = fc
  .nat({ max: jobsAtMost })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, digit) => generatedJob(digit))))

interface Generated {
  readonly jobs: ReadonlyArray<unknown>
  readonly given: Given
  readonly shutdownAt: number | null
  readonly stopAfter: number | null
}

const generatedRun: fc.Arbitrary<Generated> = fc.record({
  jobs: generatedJobs,
  given: fc.record({
    concurrency: fc.integer({ min: 1, max: 3 }),
    queue: fc.integer({ min: 1, max: 3 }),
    budget: fc.integer({ min: 1, max: 30 }),
    grace: days(jobsAtMost, 1, 8),
  }),
  shutdownAt: fc.option(days(jobsAtMost, 2, 8)),
  stopAfter: fc.option(days(jobsAtMost, 4, 8)),
})

interface Ran {
  readonly report: Report
  readonly rest: ReadonlyArray<unknown>
  /** What and when, in no order where that was at the same instant. */
  readonly happened: ReadonlyArray<string>
}

const ranBy = async (
  runner: Runner,
  { jobs, given, shutdownAt, stopAfter }: typeof generatedRun extends fc.Arbitrary<infer T> ? T : never,
): Promise<Ran> => {
  const { clock, log, times, rest, shutdown, stop, report } = start(runner, jobs, given)
  if (shutdownAt !== null) {
    await clock.settle(shutdownAt)()
    shutdown()
  }
  if (stopAfter !== null) {
    await clock.settle(stopAfter)()
    stop()
  }
  const told = { report: await report(), rest }
  return { ...told, happened: log.map((what, index) => `${times[index]} ${what}`).sort() }
}

describe('both job runners', () => {
  it('do the same with the same jobs', async () => {
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(generatedRun, async (generated) => {
        const [first, second] = [await ranBy(run, generated), await ranBy(runWithEffect, generated)]
        expect(second).toEqual(first)
        // none is lost, and none is reported twice
        expect(first.report.outcomes.length + first.rest.length).toBe(generated.jobs.length)
        for (const outcome of first.report.outcomes) {
          const reason = 'reason' in outcome ? `, ${outcome.reason?.label} ${outcome.reason?._tag}` : ''
          seen.add(`${outcome._tag}${reason}`)
        }
      }),
      { numRuns: 300 },
    )
    expect([...seen]).toEqual(expect.arrayContaining(['Done', 'Refused', 'Left, undefined undefined']))
  })

  it('leave jobs that the other can go on with, until none is left', async () => {
    await fc.assert(
      fc.asyncProperty(generatedRun, async (generated) => {
        let next = generated
        for (let runs = 0; runs < 40 && next.jobs.length > 0; runs++) {
          const { report, rest } = await ranBy(runs % 2 === 0 ? run : runWithEffect, next)
          next = {
            ...next,
            jobs: [...stored(report), ...rest],
            ...(runs > 1 ? { shutdownAt: null, stopAfter: null } : {}),
          }
        }
        expect(next.jobs).toEqual([])
      }),
      { numRuns: 100 },
    )
  })
})

// -------------------------------------------------------------------------------------
// the process
// -------------------------------------------------------------------------------------

const process = example('jobs')

const fileOf = async (jobs: ReadonlyArray<unknown>): Promise<readonly [jobs: string, left: string]> => {
  const folder = await mkdtemp(join(tmpdir(), 'jobs-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'jobs.json'), JSON.stringify(jobs))
  return [join(folder, 'jobs.json'), join(folder, 'left.json')]
}

describe.each(['fp-ts', 'effect'])('the process with %s', (name) => {
  it('is stopped by SIGTERM midway, and comes to its end when it is run again with what is left', async () => {
    // 80 steps of 20 ms take longer than the grace period on any machine
    const jobs = [
      job('long', 80, any(timeout('1 hour'), counter(100)), 20),
      job('short', 1, never, 1),
      job('c', 80, counter(90), 20),
      ...['d', 'e', 'f', 'g', 'h'].map((each) => job(each, 3, counter(5), 20)),
    ]
    const [file, left] = await fileOf(jobs)
    const first = process('--with', name, '--jobs', file, '--left', left)
    await first.says(/^c: begins$/m)
    first.child.kill('SIGTERM')
    await first.says(/^SIGTERM: takes no more jobs/m)
    expect([await first.ended, first.output()]).toEqual([0, expect.anything()])
    expect(first.output()).toMatch(/^short: done$/m)
    for (const each of ['long', 'c'])
      expect(first.output()).toMatch(
        new RegExp(
          `^${each}: left, timed out after 300 milliseconds \\(label 'grace period'.* steps to do within`,
          'm',
        ),
      )
    expect(first.output()).toMatch(/^stopped: 'shutdown' requested: SIGTERM/m)
    expect(first.output()).toMatch(/^7 left/m)

    const second = process('--with', name, '--jobs', left)
    expect([await second.ended, second.output()]).toEqual([0, expect.anything()])
    for (const each of ['long', 'c', 'd', 'e', 'f', 'g', 'h'])
      expect(second.output()).toMatch(new RegExp(`^${each}: done$`, 'm'))
    expect(second.output()).toMatch(/^0 left\n\[\]$/m)
  })

  it('stops at once at the second signal', async () => {
    const [file] = await fileOf([job('endless', 1, never, 100_000_000)])
    const { child, says, ended, output } = process('--with', name, '--jobs', file, '--grace', '1 hour')
    await says(/^endless: begins$/m)
    child.kill('SIGINT')
    await says(/^SIGINT: takes no more jobs/m)
    child.kill('SIGTERM')
    expect([await ended, output()]).toEqual([0, expect.anything()])
    expect(output()).toMatch(/^endless: left, 'stop' requested: SIGTERM; 1 steps to do within never$/m)
    const [line] = output()
      .split('\n')
      .filter((each) => each.startsWith('['))
    expect(JSON.parse(line!)).toEqual([job('endless', 1, never, 100_000_000)])
  })

  it('tells what is wrong with a job and runs the others', async () => {
    const [file] = await fileOf([{ name: 'a' }, job('b', 1, never, 1)])
    const { ended, output } = process('--with', name, '--jobs', file)
    expect([await ended, output()]).toEqual([0, expect.anything()])
    expect(output()).toMatch(
      /^refused: limits must be an object with a version and its token, but was missing; work must/m,
    )
    expect(output()).toMatch(/^b: done$/m)
  })
})

describe('the process', () => {
  it('demonstrates both and ends', async () => {
    const { ended, output } = process()
    expect([await ended, output()]).toEqual([0, expect.anything()])
    const [, withFpTs, withEffect] = output().split(/^=== with .* ===$/m)
    for (const each of [withFpTs, withEffect]) {
      const lines = [
        /^quick: done$/m,
        /^long: left, timed out after 300 milliseconds \(label 'grace period'/m,
        /^slow: stopped, timed out after 50 milliseconds$/m,
        /^careful: stopped, counter exhausted after 4 polls$/m,
        /^thrifty: stopped, budget 'credits' spent: 30 of 25$/m,
        /^refused: limits\.token\.limit must be/m,
        /^refused: curious asks for weekend/m,
        /^stopped: budget 'credits' spent: .* of 500 \(label 'shared'/m,
        /^long: done$/m,
        /^0 left$/m,
      ]
      for (const line of lines) expect(each).toMatch(line)
    }
  })
})
