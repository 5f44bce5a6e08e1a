/**
 * One axis: what scopes cost that are opened and dropped: limits in time, links of long-lived scopes, and chains; against the platform's timers and signals, and code by hand.
 *
 * The cases of a table are interleaved in one process and compared by the median of their rounds, as ratios to the first. Prints three runs.
 */
import { CancelScope, Token } from 'cantok-ts'
import { quantile } from './interleaved.js'

/** Does a piece of work and answers with how many times it did it. */
type Case = () => number

interface Table {
  readonly title: string
  readonly rounds: number
  readonly cases: Readonly<Record<string, Case>>
}

const many =
  (count: number, once: (index: number) => unknown): Case =>
  () => {
    for (let index = 0; index < count; index++) once(index)
    return count
  }

const opened = CancelScope.open(Token.timeout('30 seconds'))

const timeouts: Table = {
  title: 'a timeout of 30 s, made and dropped',
  rounds: 15,
  cases: {
    'setTimeout, clearTimeout': many(20_000, () => clearTimeout(setTimeout(() => {}, 30_000))),
    'AbortSignal.timeout': many(2_000, () => AbortSignal.timeout(30_000)),
    'by hand, an instant': many(20_000, () => ({ end: performance.now() + 30_000 })),
    'a scope': many(20_000, () => opened()),
    'a scope, polled once': many(20_000, () => CancelScope.keepGoing(opened())()),
  },
}

const links = (count: number): Table => {
  const scopes = Array.from({ length: count }, () => CancelScope.open(Token.manual('stop'))())
  const signals = Array.from({ length: count }, () => new AbortController().signal)
  const flags = Array.from({ length: count }, () => ({ stopped: false }))
  return {
    title: `any of ${count} long-lived ones, built and dropped`,
    rounds: 15,
    cases: {
      'AbortSignal.any': many(Math.ceil(10_000 / count), () => AbortSignal.any(signals)),
      'by hand, a list': many(Math.ceil(100_000 / count), () => [...flags]),
      'a link': many(Math.ceil(100_000 / count), () => CancelScope.link(scopes, Token.never)()),
      'a link, polled once': many(Math.ceil(20_000 / count), () =>
        CancelScope.keepGoing(CancelScope.link(scopes, Token.never)())(),
      ),
    },
  }
}

const chains = (depth: number): Table => {
  const build = (): CancelScope.ScopeView => {
    let last: CancelScope.ScopeView = CancelScope.open(Token.manual('stop'))()
    for (let level = 0; level < depth; level++) last = CancelScope.child(Token.never)(last)()
    return last
  }
  const more = CancelScope.keepGoing(build())
  const flag = { stopped: false }
  return {
    title: `a chain of ${depth}: built, a level; and a poll at its end`,
    rounds: 15,
    cases: {
      'poll by hand, of the root': many(100_000, () => !flag.stopped),
      poll: many(100_000, () => more()),
      build: () => (build(), depth),
    },
  }
}

const show = ({ title, rounds, cases }: Table): void => {
  const times = new Map(Object.keys(cases).map((name) => [name, [] as Array<number>]))
  for (let round = 0; round < rounds; round++)
    for (const [name, run] of Object.entries(cases)) {
      const start = performance.now()
      const count = run()
      times.get(name)?.push(((performance.now() - start) * 1e6) / count)
    }
  const medians = [...times].map(([name, found]) => [name, quantile(found, 0.5)] as const)
  const base = medians[0]?.[1] ?? NaN
  console.log(`\n| ${title} | |\n| --- | --- |`)
  for (const [name, time] of medians) console.log(`| ${name} | ${(time / base).toFixed(3)} × (${time.toFixed(1)} ns) |`)
}

for (let run = 1; run <= 3; run++) {
  console.log(`\nrun ${run}, node ${process.version}`)
  for (const table of [
    timeouts,
    links(2),
    links(10),
    links(100),
    links(1000),
    chains(10),
    chains(1000),
    chains(100_000),
  ])
    show(table)
}
