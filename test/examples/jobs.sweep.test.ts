/** The job runners of the example, cancelled everywhere: each job is reported once, nothing runs afterwards, and what is left is exact and comes to its end. */
import { Effect, Scheduler } from 'effect'
import { describe, expect, it } from 'vitest'
import { CancelScope, Token } from 'cantok-ts'
import { TokenFromJson } from 'cantok-ts/codec'
import { sweepOrThrow } from 'cantok-ts/testing'
import type { Program, SweepOptions } from 'cantok-ts/testing'
import { runJobs } from '../../docs/examples/jobs/effect.js'
import { run as runWithFpTs } from '../../docs/examples/jobs/fp-ts.js'
import { leftOf } from '../../docs/examples/jobs/model.js'
import type { Options, Report, Runner, Source } from '../../docs/examples/jobs/model.js'

/** Its fibers go on with promises, so that time stands still until they have. */
const runWithEffect: Runner = (source, options) => () =>
  Effect.runPromise(runJobs(source, options), { scheduler: new Scheduler.MixedScheduler('sync') })

const { any, budget, counter, never, timeout } = Token

// -------------------------------------------------------------------------------------
// jobs
// -------------------------------------------------------------------------------------

interface Given {
  readonly name: string
  readonly steps: number
  readonly each: number
  readonly cost?: number
  readonly limits?: Token.Token<Token.Input>
}

const plenty = any(timeout('1 hour'), counter(1000), budget('credits', 1000))

const some: ReadonlyArray<Given> = [
  { name: 'a', steps: 3, each: 110 },
  { name: 'late', steps: 9, each: 70, limits: timeout(185) },
  { name: 'b', steps: 2, each: 130 },
  { name: 'counted', steps: 5, each: 41, limits: counter(2) },
  { name: 'fails', steps: 2, each: 37 },
  { name: 'c', steps: 1, each: 250 },
]

const jsonOf = ({ name, steps, each, cost = 1, limits = plenty }: Given): unknown => ({
  name,
  limits: TokenFromJson.encode(limits),
  work: { steps, each, cost },
})

// -------------------------------------------------------------------------------------
// a runner as a program to sweep
// -------------------------------------------------------------------------------------

interface Running {
  readonly runner: Runner
  /** What the sweep cancels: the scope that asks for a shutdown, or the one that stops at once. A second cancellation stops at once. */
  readonly by: 'shutdown' | 'stop'
  readonly jobs?: ReadonlyArray<Given>
  readonly budget?: number
}

const running =
  ({ runner, by, jobs = some, budget: credits = 1000 }: Running): Program<Report> =>
  async (scope, run) => {
    const { clock } = run.world
    const done = new Map<string, number>()
    const begun = new Map<string, number>()
    let atWork = 0
    let isOver = false
    let afterwards = 0

    const sourceOf = (rest: Array<unknown>): Source => {
      return async (signal) => {
        if (!isOver) run.work('asks for a job')()
        else afterwards++
        await run.sleep(30, signal)()
        return rest.length > 0 ? { done: false, value: rest.shift() } : { done: true, value: null }
      }
    }
    const work: Options['work'] = async ({ name, work: { each, cost } }, signal) => {
      if (isOver) afterwards++
      // jobs that have begun go on after a shutdown
      if (by === 'stop') run.work(`does a step of ${name}`)()
      else if (!begun.has(name)) run.work(`begins ${name}`)()
      if (!begun.has(name)) begun.set(name, clock.monotonic())
      run.checkpoint(`at work on ${name}`)()
      atWork++
      try {
        await run.sleep(each, signal)()
        if (name === 'fails') throw new Error('no such file')
      } finally {
        atWork--
      }
      done.set(name, (done.get(name) ?? 0) + 1)
      return cost
    }

    const rest = jobs.map(jsonOf)
    const other = CancelScope.open(never, run.world)()
    const options: Options = {
      concurrency: 2,
      queue: 1,
      budget: credits,
      grace: 100,
      work,
      clock,
      shutdown: by === 'shutdown' ? scope : other,
      stop: by === 'shutdown' ? run.above : scope,
    }
    const report = await runner(sourceOf(rest), options)()
    isOver = true
    const endedAt = clock.monotonic()
    const stillAtWork = atWork
    const { outcomes } = report
    const left = outcomes.flatMap((outcome) => (outcome._tag === 'Left' ? [outcome] : []))
    const doneThen = new Map(done)

    run.ensure('every job is reported once, or was not taken', () => {
      const names = outcomes.map((outcome) =>
        'job' in outcome ? outcome.job.name : 'name' in outcome ? outcome.name : '',
      )
      // sound: so they were made
      const others = rest.map((each) => (each as Given).name)
      expect([...names, ...others]).toEqual(jobs.map(({ name }) => name))
      return true
    })()

    run.ensure('nothing runs afterwards', async () => {
      expect(stillAtWork).toBe(0)
      await run.world.settle('1 minute')()
      expect(afterwards).toBe(0)
      return true
    })()

    run.ensure('all is as its limits say, and as it is undisturbed', () => {
      const seen = outcomes.map((outcome) => outcome._tag)
      const whole = jobs.map(({ name, limits, steps, cost = 1 }) => {
        if (name === 'fails') return 'Failed'
        return limits === undefined && steps * cost < credits ? 'Done' : 'Stopped'
      })
      for (const [index, tag] of seen.entries()) if (tag !== 'Left') expect(tag).toBe(whole[index])
      if (report.stopped === null) expect(seen).toEqual(whole)
      return true
    })()

    run.ensure('what is left is exact', () => {
      for (const { job, reason } of left) {
        const { steps, cost = 1, limits = plenty } = jobs.find(({ name }) => name === job.name)!
        const made = doneThen.get(job.name) ?? 0
        const began = begun.get(job.name)
        expect(job.work.steps).toBe(steps - made)
        if (reason === null) expect(began).toBe(undefined)
        const timeLeft = began === undefined ? 0 : endedAt - began
        if (limits === plenty)
          expect(job.limits).toEqual(
            any(
              timeout('1 hour', { left: 3_600_000 - timeLeft }),
              counter(1000, { left: 1000 - made }),
              budget('credits', 1000, { left: 1000 - made * cost }),
            ),
          )
      }
      return true
    })()

    run.ensure('what is left comes to its end when it is run again', async () => {
      isOver = false
      const next = [...JSON.parse(JSON.stringify(leftOf(report))), ...rest]
      const again = runner(
        async () => (next.length > 0 ? { done: false, value: next.shift() } : { done: true, value: null }),
        {
          ...options,
          budget: 1000,
          shutdown: other,
          stop: other,
          work: async ({ name, work: { each, cost } }, signal) => {
            await run.sleep(each, signal)()
            if (name === 'fails') throw new Error('no such file')
            done.set(name, (done.get(name) ?? 0) + 1)
            return cost
          },
        },
      )()
      await run.world.settle('1 minute')()
      expect(leftOf(await again)).toEqual([])
      for (const { name, steps, limits } of jobs)
        if (limits === undefined && name !== 'fails') expect([name, done.get(name)]).toEqual([name, steps])
      return true
    })()
    return report
  }

const options: SweepOptions<Report> = { isOwn: ({ _tag }) => _tag === 'Returned' }

describe.each([
  ['fp-ts', runWithFpTs],
  ['Effect', runWithEffect],
] as const)('the job runner with %s, cancelled everywhere', (_, runner) => {
  it('by what asks for a shutdown', sweepOrThrow(running({ runner, by: 'shutdown' }), { ...options, within: 100 }))

  it('by what stops at once', sweepOrThrow(running({ runner, by: 'stop' }), { ...options, within: 0 }))

  it(
    'by a shutdown and then by what stops at once',
    sweepOrThrow(running({ runner, by: 'shutdown' }), {
      ...options,
      within: 100,
      reasons: ['Requested'],
      points: { every: 6 },
      again: true,
    }),
  )

  it(
    'where the shared budget is spent on the way',
    sweepOrThrow(running({ runner, by: 'shutdown', budget: 5, jobs: [...some].reverse() }), {
      ...options,
      within: 100,
    }),
  )
})
