/** Our own combinators, cancelled everywhere, for a reason of each kind, and again while they clean up. */
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AbortSignal, Cancellable, CancelScope, Token } from 'cantok-ts'
import { sweep, sweepOrThrow, sweepProperty } from 'cantok-ts/testing'
import type { Outcome, Program, Replay, ReplayOptions, Run, SweepOptions } from 'cantok-ts/testing'
import { arbitraryCase, meaning } from '../../laws/programs.js'
import type { Case, Program as Described } from '../../laws/programs.js'

const every: SweepOptions<unknown> = { reasons: 'all', again: true }

const guarded = ({ sleep, work }: Run, name: string, span = '1 second') =>
  Cancellable.guard(
    pipe(
      TE.fromIO<void, never>(work(name)),
      TE.flatMap(() => TE.fromTask(sleep(span))),
      TE.map(() => name),
    ),
  )

const saved = ({ sleep }: Run, name: string) =>
  Cancellable.fromTaskEither(
    pipe(
      TE.fromTask(sleep('1 second')),
      TE.map(() => name),
    ),
  )

const fetched = ({ sleep, work }: Run, name: string) =>
  Cancellable.tryCatch(async (signal) => {
    work(name)()
    await sleep('1 second', signal)()
    return name
  }, String)

type Running = Cancellable.Cancellable<unknown, unknown>

const programs: Readonly<Record<string, (run: Run) => Running>> = {
  tryCatch: (run) => fetched(run, 'page'),
  'tryCatch of work that ignores its signal': (run) =>
    Cancellable.tryCatch(
      () =>
        run
          .sleep('1 second')()
          .then(() => 'late'),
      String,
    ),
  fromTaskEither: (run) => saved(run, 'save'),
  guard: (run) => guarded(run, 'work'),
  'a chain of guards': (run) =>
    pipe(
      guarded(run, 'one'),
      RTE.flatMap(() => guarded(run, 'two')),
      RTE.flatMap(() => saved(run, 'three')),
    ),
  checkpoint: (run) =>
    pipe(
      Cancellable.checkpoint,
      RTE.flatMap(() => saved(run, 'one')),
      RTE.flatMap(() => Cancellable.checkpoint),
    ),
  'wait for a scope that fires': ({ world: { clock } }) =>
    Cancellable.wait(CancelScope.open(Token.timeout('1 second'), { clock })()),
  'wait for a scope that never fires': ({ world: { clock } }) =>
    Cancellable.wait(CancelScope.open(Token.manual('never'), { clock })()),
  within: (run) =>
    pipe(
      guarded(run, 'long', '1 minute'),
      Cancellable.within(Token.any(Token.timeout('10 seconds'), Token.counter(3))),
      Cancellable.within(Token.timeout('20 seconds')),
    ),
  shield: (run) => pipe(fetched(run, 'saved'), Cancellable.shield),
  bracket: (run) =>
    Cancellable.bracket(
      saved(run, 'open'),
      () => guarded(run, 'use'),
      () => saved(run, 'close'),
    ),
  'brackets in a bracket': (run) =>
    Cancellable.bracket(
      saved(run, 'outer'),
      () =>
        pipe(
          [1, 2],
          Cancellable.traverse()((n) =>
            Cancellable.bracket(
              saved(run, `inner ${n}`),
              () => fetched(run, `use ${n}`),
              () => saved(run, `inner ${n}`),
            ),
          ),
        ),
      () => saved(run, 'outer'),
    ),
  onCancelled: (run) =>
    pipe(
      guarded(run, 'work'),
      Cancellable.onCancelled(() => saved(run, 'notice')),
    ),
  'traverse, two at a time': (run) =>
    pipe(
      [1, 2, 3, 4],
      Cancellable.traverse({ concurrency: 2 })((n) => guarded(run, `item ${n}`, `${n} seconds`)),
    ),
  'traverse in which one fails': (run) =>
    pipe(
      [1, 2, 3],
      Cancellable.traverse()((n) => (n === 2 ? Cancellable.guard(TE.left('failed')) : guarded(run, `item ${n}`))),
    ),
  race: (run) => Cancellable.race(guarded(run, 'slow', '2 seconds'), fetched(run, 'fast')),
  delay: (run) => pipe(guarded(run, 'later'), Cancellable.delay('10 hours')),
  every: (run) => pipe(guarded(run, 'beat'), Cancellable.every('10 seconds'), Cancellable.within(Token.counter(3))),
  timeoutOption: (run) => pipe(fetched(run, 'long'), Cancellable.timeoutOption('500 milliseconds')),
}

describe('our own combinators stop wherever they are cancelled', () => {
  for (const [title, program] of Object.entries(programs))
    it(
      title,
      sweepOrThrow((scope, run) => Cancellable.run(scope)(program(run)), every),
    )

  it(
    'every, without end',
    sweepOrThrow((scope, run) => pipe(guarded(run, 'beat'), Cancellable.every('1 hour'), Cancellable.run(scope)), {
      ...every,
      horizon: '5 hours',
    }),
  )

  it(
    'orElseTimedOut, which handles no timeout but that of its own',
    sweepOrThrow(
      (scope, run) =>
        pipe(
          guarded(run, 'page', '1 minute'),
          Cancellable.within(Token.timeout('1 second')),
          Cancellable.orElseTimedOut(() => guarded(run, 'cached')),
          Cancellable.run(scope),
        ),
      every,
    ),
  )

  it(
    'retry, whose last failure is its result',
    sweepOrThrow(
      (scope, run) => {
        let attempts = 0
        const flaky = pipe(
          guarded(run, 'attempt'),
          RTE.flatMap(() => (++attempts < 3 ? RTE.left('busy') : RTE.right('done'))),
        )
        return pipe(flaky, Cancellable.retry(Token.counter(5), { pause: '10 seconds' }), Cancellable.run(scope))
      },
      { ...every, isOwn: (outcome) => JSON.stringify(outcome).includes('"left":"busy"') },
    ),
  )
})

describe('waiting and listening stop wherever they are cancelled', () => {
  const scopes: Readonly<Record<string, Program<unknown>>> = {
    wait: (scope) => CancelScope.wait(scope),
    waitFor: (scope) => CancelScope.waitFor(scope, '1 hour'),
    'wait for a child of a link': (scope, { world }) => {
      const other = CancelScope.open(Token.timeout('2 hours'), world)()
      const link = CancelScope.link([other, scope], Token.timeout('3 hours'))()
      return CancelScope.wait(CancelScope.child(Token.never)(link)())
    },
    'a listener that is taken back': async (scope, { sleep }) => {
      const unsubscribe = CancelScope.onCancelled(scope, () => {})()
      await sleep('1 second')()
      unsubscribe()
    },
    'the signal of a scope': async (scope, { sleep }) => {
      try {
        return await sleep('1 second', AbortSignal.toAbortSignal(scope)())()
      } catch (error) {
        return error
      }
    },
    'a loop that polls': async (scope) => {
      const more = CancelScope.keepGoing(CancelScope.child(Token.counter(10))(scope)())
      while (more());
    },
  }
  const isError = (outcome: Outcome<unknown>): boolean => outcome._tag === 'Returned' && outcome.value instanceof Error
  for (const [title, program] of Object.entries(scopes)) it(title, sweepOrThrow(program, { ...every, isOwn: isError }))
})

describe('generated programs', () => {
  /** With releases that succeed: of others what was acquired may be held for good. */
  const releasing = (program: Described): Described =>
    // sound: a node is replaced by a node
    JSON.parse(JSON.stringify(program), (_, each: Described) =>
      each?._tag === 'Bracket'
        ? { ...each, release: { _tag: 'FromTaskEither', span: 1, fails: false, id: each.release.id } }
        : each,
    )

  const book = (run: Run) => ({ log: [], clock: run.world.clock, conditions: run.world.conditions })
  const described =
    ({ program, around }: Case): Program<unknown> =>
    (scope, run) =>
      Cancellable.run(scope)(pipe(meaning(book(run))(releasing(program)), Cancellable.within(around, run.world)))
  const options: ReplayOptions<unknown> = { conditions: { late: [false, false, false, true] }, isOwn: () => true }

  /** One replay, of programs that get as far. */
  const at = async (given: Case, point: number, again?: number): Promise<Replay<unknown>> => {
    try {
      return await sweep.at(point, 'Requested', again)(described(given), options)()
    } catch (error) {
      fc.pre(!(error instanceof RangeError))
      throw error
    }
  }

  it('do the same twice, cancelled at the same point', async () => {
    const property = fc.asyncProperty(arbitraryCase, fc.nat({ max: 20 }), async (given, point) => {
      const [once, twice] = [await at(given, point), await at(given, point)]
      expect([twice.log, twice.failures]).toEqual([once.log, once.failures])
      expect(fc.stringify(twice.outcome)).toBe(fc.stringify(once.outcome))
    })
    await fc.assert(property, { numRuns: 300 })
  })

  it('end as they do, whenever a second cancellation comes', async () => {
    const property = fc.asyncProperty(
      arbitraryCase,
      fc.nat({ max: 12 }),
      fc.nat({ max: 12 }),
      async (given, point, more) => {
        const [once, twice] = [await at(given, point), await at(given, point, point + 1 + more)]
        expect(twice.failures).toEqual(once.failures)
        expect(fc.stringify(twice.outcome)).toBe(fc.stringify(once.outcome))
      },
    )
    await fc.assert(property, { numRuns: 300 })
  })

  it('stop wherever they are cancelled', async () => {
    await fc.assert(sweepProperty(arbitraryCase, described, options), { numRuns: 1500 })
  })
})
