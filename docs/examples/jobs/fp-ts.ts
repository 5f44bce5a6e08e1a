/** The job runner with fp-ts: workers are pipelines that run under scopes, and wait for each other by scopes. */
import { pipe } from 'fp-ts/lib/function.js'
import type { IO } from 'fp-ts/lib/IO.js'
import * as O from 'fp-ts/lib/Option.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { AbortSignal, Cancellable, CancelScope, Token } from 'cantok-ts'
import { createBooks, hardStop, sharedBudget, workFailed } from './model.js'
import type { Entry, Runner, WorkFailed } from './model.js'

export const run: Runner =
  (source, { concurrency, queue: capacity, grace, shutdown, stop, work, clock, ...options }) =>
  async () => {
    const books = createBooks()
    const budget = CancelScope.open(sharedBudget(options.budget), { clock })()
    const hard = CancelScope.link([stop], hardStop(grace), { clock })()
    const unsubscribe = CancelScope.onCancelled(shutdown, () => CancelScope.cancelInput(hard, 'shutdown')())()
    const running = CancelScope.link([budget, hard], Token.never, { clock })()
    const taking = CancelScope.link([running, shutdown], Token.never, { clock })()
    const queue = createQueue<Entry>(capacity)

    // -------------------------------------------------------------------------------------
    // a job
    // -------------------------------------------------------------------------------------

    const steps = (
      entry: Entry,
      own: CancelScope.CancelScope<Token.Input>,
    ): Cancellable.Cancellable<WorkFailed, void> =>
      pipe(
        waitedFor((signal) => work(entry.job, signal)),
        RTE.flatMapIO((cost) => () => books.stepDone(entry, own, budget, cost)),
        RTE.flatMap(() => (entry.job.work.steps > 0 ? steps(entry, own) : RTE.of(undefined))),
      )

    const runJob = (entry: Entry): TE.TaskEither<CancelScope.MissingInputs, unknown> =>
      pipe(
        TE.fromIOEither(CancelScope.openUnknown(entry.job.limits, { conditions: {}, clock })),
        TE.flatMapIO((own) => () => ({ own, scope: CancelScope.link([own, running], Token.never)() })),
        TE.flatMapTask(({ own, scope }) => async () => {
          const result = await pipe(steps(entry, own), Cancellable.run(scope))()
          books.ended(entry, own, scope, result._tag === 'Left' ? result.left : null)
          for (const each of [scope, own]) CancelScope.close(each)()
        }),
        TE.tapError((missing) => TE.fromIO(() => books.refuse(entry, missing))),
      )

    // -------------------------------------------------------------------------------------
    // who fills the queue, and who empties it
    // -------------------------------------------------------------------------------------

    const producer: Cancellable.Cancellable<WorkFailed, void> = pipe(
      waitedFor((signal) => books.nextOf(source, signal)),
      RTE.flatMap((entry) =>
        entry === null
          ? RTE.fromIO(queue.end)
          : pipe(
              queue.offer(entry),
              RTE.flatMap(() => producer),
            ),
      ),
    )

    const worker: Cancellable.Cancellable<WorkFailed, void> = pipe(
      queue.take,
      RTE.flatMap(
        O.match(
          () => RTE.of(undefined),
          (entry) =>
            pipe(
              Cancellable.fromTaskEither(TE.fromTask(runJob(entry))), // is not begun after a shutdown, nor cut by one
              RTE.flatMap(() => worker),
            ),
        ),
      ),
    )

    await pipe(
      [producer, ...Array.from({ length: concurrency }, () => worker)],
      Cancellable.traverse()((each) => each),
      Cancellable.run(taking),
    )()
    const stopped = O.toNullable(CancelScope.peek(taking)())
    unsubscribe()
    for (const each of [taking, running, hard, budget]) CancelScope.close(each)()
    return books.report(stopped)
  }

/** Work that gets the signal of its scope, and is waited for even when that has fired: so that nothing of it runs later. */
const waitedFor =
  <A>(f: (signal: globalThis.AbortSignal) => Promise<A>): Cancellable.Cancellable<WorkFailed, A> =>
  (scope) =>
    pipe(
      TE.tryCatch(() => f(AbortSignal.toAbortSignal(scope)()), workFailed),
      Cancellable.fromTaskEither,
      Cancellable.run(scope),
    )

// -------------------------------------------------------------------------------------
// a bounded queue
// -------------------------------------------------------------------------------------

interface Queue<A> {
  /** Waits for room. */
  readonly offer: (item: A) => Cancellable.Cancellable<never, void>
  /** Waits for one; `None` when there are no more. */
  readonly take: Cancellable.Cancellable<never, O.Option<A>>
  readonly end: IO<void>
}

const createQueue = <A>(capacity: number): Queue<A> => {
  const items: Array<A> = []
  let hasEnded = false

  // a scope that fires when something has changed, and is replaced then: whoever waits for it may be cancelled and leaves nothing behind
  let change = CancelScope.open(Token.never)()
  const changed: IO<void> = () => {
    const before = change
    change = CancelScope.open(Token.never)()
    CancelScope.cancel(before)()
  }

  const whenPossible = <B>(attempt: IO<O.Option<B>>): Cancellable.Cancellable<never, B> =>
    pipe(
      Cancellable.fromTaskEither(TE.fromIO(() => ({ result: attempt(), next: change }))),
      RTE.flatMap(({ result, next }) =>
        O.isSome(result)
          ? RTE.of(result.value)
          : pipe(
              Cancellable.wait(next),
              RTE.flatMap(() => whenPossible(attempt)),
            ),
      ),
    )

  const put = (item: A): void => {
    items.push(item)
    changed()
  }
  const get = (): A | undefined => {
    const item = items.shift()
    changed()
    return item
  }
  return {
    offer: (item) => whenPossible(() => (items.length < capacity ? O.some(put(item)) : O.none)),
    take: whenPossible(() => (items.length > 0 ? O.some(O.fromNullable(get())) : hasEnded ? O.some(O.none) : O.none)),
    end: () => {
      hasEnded = true
      changed()
    },
  }
}
