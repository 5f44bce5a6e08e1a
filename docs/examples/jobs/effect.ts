/** The job runner with Effect: workers are fibers around a Queue, scopes interrupt them, and all that is opened is closed with the Scope. */
import { Cause, Effect, Queue } from 'effect'
import { AbortSignal, CancelScope, Token } from 'cantok-ts'
import { interruptBy, link, open, openUnknown, toEffect, whileKeepGoing } from 'cantok-ts/effect'
import { createBooks, hardStop, sharedBudget, workFailed } from './model.js'
import type { Entry, Options, Report, Runner, Source, WorkFailed } from './model.js'

export const run: Runner = (source, options) => () => Effect.runPromise(runJobs(source, options))

export const runJobs = (source: Source, { clock, ...options }: Options): Effect.Effect<Report> =>
  Effect.gen(function* () {
    const { concurrency, grace, shutdown, stop, work } = options
    const world = { clock, conditions: {} }
    const books = createBooks()
    const budget = yield* open(sharedBudget(options.budget), world)
    const hard = yield* link([stop], hardStop(grace), { clock, inputs: { 'manual:shutdown': toEffect(shutdown) } })
    const running = yield* link([budget, hard], Token.never, world)
    const taking = yield* link([running, shutdown], Token.never, world)
    const queue = yield* Queue.bounded<Entry, Cause.Done>(options.queue)

    // -------------------------------------------------------------------------------------
    // a job
    // -------------------------------------------------------------------------------------

    const runJob = (entry: Entry) =>
      Effect.gen(function* () {
        const own = yield* openUnknown(entry.job.limits, world)
        const scope = yield* link([own, running], Token.never, world)
        const step = waitedFor(scope, (signal) => work(entry.job, signal)).pipe(
          Effect.map((cost) => books.stepDone(entry, own, budget, cost)),
          Effect.uninterruptible, // what is done is in the books
        )
        const steps = Effect.repeat(step, { schedule: whileKeepGoing(scope), while: () => entry.job.work.steps > 0 })
        const failure = yield* steps.pipe(
          interruptBy(scope),
          Effect.flip,
          Effect.orElseSucceed(() => null),
        )
        books.ended(entry, own, scope, failure)
      }).pipe(
        Effect.scoped,
        Effect.catchTag('MissingInputs', (missing) => Effect.sync(() => books.refuse(entry, missing))),
      )

    // -------------------------------------------------------------------------------------
    // who fills the queue, and who empties it
    // -------------------------------------------------------------------------------------

    const producer = waitedFor(taking, (signal) => books.nextOf(source, signal)).pipe(
      Effect.flatMap((entry) =>
        entry === null ? Effect.andThen(Queue.end(queue), Cause.done()) : Queue.offer(queue, entry),
      ),
      Effect.forever,
      interruptBy(taking),
    )

    const worker = Queue.take(queue).pipe(
      interruptBy(taking),
      Effect.tap(() => interruptBy(taking)(Effect.void)), // none is begun after a shutdown
      Effect.flatMap(runJob), // and none is cut by one
      Effect.forever,
    )

    const workers = Array.from({ length: concurrency }, () => worker)
    yield* Effect.forEach([producer, ...workers], (each) => Effect.ignore(each), {
      concurrency: 'unbounded',
      discard: true,
    })

    const stopped = CancelScope.peek(taking)()
    return books.report(stopped._tag === 'Some' ? stopped.value : null)
  }).pipe(Effect.scoped)

/** Work that gets the signal of a scope, and is waited for even when that has fired: so that nothing of it runs later. */
const waitedFor = <A>(
  scope: CancelScope.ScopeView,
  f: (signal: globalThis.AbortSignal) => Promise<A>,
): Effect.Effect<A, WorkFailed> =>
  Effect.uninterruptible(Effect.tryPromise({ try: () => f(AbortSignal.toAbortSignal(scope)()), catch: workFailed }))
