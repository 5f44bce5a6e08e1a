/**
 * A job runner: jobs come as JSON, each with limits of its own, wait in a bounded queue and share a budget; a shutdown lets those that run come to their end, and
 * what is left is JSON again, with what is left of the limits.
 *
 * The same program twice, side by side: `jobs/fp-ts.ts` with fp-ts, `jobs/effect.ts` with Effect. `jobs/model.ts` is what they share: the jobs and their codec,
 * what a runner is, and its books. This is the program around them: files, timers, signals.
 *
 * `npm start docs/examples/jobs.ts` demonstrates both and ends. `npm start docs/examples/jobs.ts -- --with effect --jobs jobs.json` runs the jobs of a file, which
 * holds an array of them; `--left left.json` writes what is left to another, to be run again; `--grace '10 seconds'` is what jobs have after a shutdown. The first SIGTERM or Ctrl-C asks for a shutdown, the second stops at once.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { CancelScope, Clock, Reason, Token } from 'cantok-ts'
import { TokenFromJson } from 'cantok-ts/codec'
import * as withEffect from './jobs/effect.js'
import * as withFpTs from './jobs/fp-ts.js'
import { leftOf, showOutcome } from './jobs/model.js'
import type { Runner, Source } from './jobs/model.js'

const { values } = parseArgs({
  options: {
    with: { type: 'string' },
    jobs: { type: 'string' },
    left: { type: 'string' },
    grace: { type: 'string', default: '300 ms' },
  },
  allowPositionals: true,
})

const runners: Readonly<Record<string, Runner>> = { 'fp-ts': withFpTs.run, effect: withEffect.run }

const signals = ['SIGINT', 'SIGTERM'] as const

/** Runs jobs until they are done or the process is told to stop; answers with those that are left. */
const runAll = async (
  runner: Runner,
  jobs: ReadonlyArray<unknown>,
  onStep: (count: number) => void = () => {},
): Promise<ReadonlyArray<unknown>> => {
  const shutdown = CancelScope.open(Token.manual('shutdown'))()
  const stop = CancelScope.open(Token.manual('stop'))()
  const interrupt = (signal: string): void => {
    if (CancelScope.cancelInput(shutdown, 'shutdown', signal)())
      console.log(`${signal}: takes no more jobs; once more stops those that run`)
    else if (CancelScope.cancelInput(stop, 'stop', signal)()) console.log(`${signal}: stops at once`)
  }
  for (const signal of signals) process.on(signal, interrupt)

  const waiting = [...jobs]
  const source: Source = async () =>
    waiting.length > 0 ? { done: false, value: waiting.shift() } : { done: true, value: null }
  const begun = new Set<string>()
  let steps = 0
  const report = await runner(source, {
    concurrency: 2,
    queue: 2,
    budget: 500,
    grace: values.grace,
    shutdown,
    stop,
    clock: Clock.system,
    work: async ({ name, work }, signal) => {
      if (!begun.has(name)) console.log(`${name}: begins`)
      begun.add(name)
      onStep(++steps)
      await sleep(work.each, null, { signal })
      return work.cost
    },
  })()

  for (const signal of signals) process.off(signal, interrupt)
  for (const outcome of report.outcomes) console.log(showOutcome(outcome))
  if (report.stopped !== null) console.log(`stopped: ${Reason.Show.show(report.stopped)}`)
  const left = [...leftOf(report), ...waiting]
  console.log(`${left.length} left${waiting.length > 0 ? `, ${waiting.length} of which were not looked at` : ''}`)
  return left
}

// -------------------------------------------------------------------------------------
// the demonstration
// -------------------------------------------------------------------------------------

const job = (name: string, limits: Token.Token<Token.Input>, steps: number, cost = 1): unknown => ({
  name,
  limits: TokenFromJson.encode(limits),
  work: { steps, each: 20, cost },
})

const { any, budget, condition, counter, timeout } = Token

const jobs: ReadonlyArray<unknown> = [
  job('quick', timeout('1 minute'), 3),
  job('long', any(timeout('1 minute'), budget('credits', 100)), 50),
  job('slow', timeout('50 ms'), 20),
  job('careful', counter(4), 10),
  job('thrifty', budget('credits', 25), 10, 10),
  {
    name: 'wrong',
    limits: { version: 1, token: { _tag: 'Counter', limit: -1 } },
    work: { steps: 1, each: 1, cost: 'x' },
  },
  job('curious', condition('weekend'), 1),
  job('last', timeout('1 minute'), 5),
  job('dear', timeout('1 minute'), 10, 100),
]

const demonstrate = async (runner: Runner): Promise<void> => {
  const sigterm = (count: number): void => {
    if (count === 15) process.emit('SIGTERM', 'SIGTERM')
  }
  let left = await runAll(runner, jobs, sigterm)
  for (let runs = 0; left.length > 0 && runs < 3; runs++) {
    console.log('\nagain, with what is left')
    left = await runAll(runner, JSON.parse(JSON.stringify(left)))
  }
}

const chosen = values.with === undefined ? Object.keys(runners) : [values.with]
for (const name of chosen) {
  const runner = runners[name]
  if (runner === undefined) throw new Error(`--with must be one of ${Object.keys(runners).join(', ')}, but was ${name}`)
  if (values.jobs === undefined) {
    console.log(`\n=== with ${name} ===`)
    await demonstrate(runner)
    continue
  }
  const jobs: unknown = JSON.parse(await readFile(values.jobs, 'utf8'))
  if (!Array.isArray(jobs)) throw new Error(`${values.jobs} must hold an array of jobs`)
  const left = await runAll(runner, jobs)
  if (values.left === undefined) console.log(JSON.stringify(left))
  else await writeFile(values.left, JSON.stringify(left, null, 2))
  break
}
