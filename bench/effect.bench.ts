/**
 * One axis: what a limit costs an effect that stays within it, against Effect's own: `timeout`, `race` and `raceFirst` with an effect that never ends, and none at all.
 *
 * The cases are interleaved in one process, so that the machine's moods meet all of them alike. Each case is a fiber that runs many effects one after the other: such as are
 * done at once, and such as wait for a microtask. Prints three runs, as ratios to the bare effect and to `timeout`.
 */
import * as Effect from 'effect/Effect'
import { CancelScope, Token } from 'cantok-ts'
import { interruptBy, interruptWhen } from 'cantok-ts/effect'
import { quantile } from './interleaved.js'

const effects = 5_000
const rounds = 21

const waits: Effect.Effect<number> = Effect.promise(() => Promise.resolve(1))

const bodies: Readonly<Record<string, Effect.Effect<number>>> = {
  'done at once': Effect.flatMap(
    Effect.sync(() => 1),
    (one) => Effect.succeed(one + 1),
  ),
  'waits for a microtask': waits,
  'waits for ten microtasks': Effect.map(Effect.all(Array.from({ length: 10 }, () => waits)), (all) => all.length),
}

const parent = CancelScope.open(Token.any(Token.manual('stop'), Token.timeout('1 hour')))()

const limits: Readonly<Record<string, (self: Effect.Effect<number>) => Effect.Effect<number, unknown>>> = {
  bare: (self) => self,
  'Effect.timeout': Effect.timeout('1 hour'),
  'Effect.race': Effect.race(Effect.never),
  'Effect.raceFirst': Effect.raceFirst(Effect.never),
  'interruptWhen, a timeout': interruptWhen(Token.timeout('1 hour')),
  'interruptWhen, three limits': interruptWhen(
    Token.any(Token.timeout('1 hour'), Token.manual('stop'), Token.counter(1000)),
  ),
  'interruptWhen, manual': interruptWhen(Token.manual('stop')),
  'interruptWhen, never': interruptWhen(Token.never),
  'interruptBy an open scope': interruptBy(parent),
}

/** One after the other, in one fiber. */
const many = (one: Effect.Effect<number, unknown>): Effect.Effect<void, unknown> =>
  Effect.gen(function* () {
    for (let index = 0; index < effects; index++) yield* one
  })

const run = async (name: string, body: Effect.Effect<number>): Promise<void> => {
  const cases = Object.entries(limits).map(([limit, apply]) => [limit, many(apply(body)), [] as Array<number>] as const)
  for (let round = 0; round < rounds; round++)
    for (const [, program, times] of cases) {
      const start = performance.now()
      await Effect.runPromise(program)
      times.push(((performance.now() - start) * 1e6) / effects)
    }
  const median = new Map(cases.map(([limit, , times]) => [limit, quantile(times, 0.5)]))
  const [bare = NaN, timeout = NaN] = [median.get('bare'), median.get('Effect.timeout')]
  console.log(`\n| ${name} | to bare | to Effect.timeout |\n| --- | --- | --- |`)
  for (const [limit, time] of median)
    console.log(
      `| ${limit} | ${(time / bare).toFixed(2)} × (${time.toFixed(0)} ns) | ${(time / timeout).toFixed(2)} × |`,
    )
}

for (let time = 1; time <= 3; time++) {
  console.log(`\nrun ${time}`)
  for (const [name, body] of Object.entries(bodies)) await run(name, body)
}
