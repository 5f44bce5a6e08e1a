/**
 * Cancellation for fp-ts pipelines: a `ReaderTaskEither` that reads the scope it runs in.
 *
 * Being one, every combinator of `ReaderTaskEither` works on it. A `Left` holds a failure of the program's own, `E`, or the reason for which a
 * scope has fired. Reasons and failures never mix: what is rejected because of a cancellation is never a failure, and who handles a reason
 * handles only that of the scope it has made itself.
 *
 * Laws, up to which of several limits is named:
 *
 * - `within(never) = identity`; `within(a) ∘ within(b) = within(any(a, b))`
 * - `shield ∘ shield = shield`
 * - `guard` of a result that is ready is that result
 *
 * A cancelled scope starts no new work; a result that is ready in the turn of the cancellation is kept. Pieces of work look at their scope from
 * outside, as `peek` does; `checkpoint`, `retry` and `every` poll it, so that a counter counts checkpoints, attempts and beats that were made
 * (and one with `direct: false` every look). A task here rejects only if the program does: with what it threw where it should have given a `Left`, a defect.
 *
 * @since 0.1.0
 */
import type { Either } from 'fp-ts/lib/Either.js'
import type { IO } from 'fp-ts/lib/IO.js'
import type { Option } from 'fp-ts/lib/Option.js'
import type { ReaderTaskEither } from 'fp-ts/lib/ReaderTaskEither.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { Task } from 'fp-ts/lib/Task.js'
import { toAbortSignal } from './AbortSignal.js'
import {
  cancel,
  check,
  clock,
  close,
  onCancelled as listen,
  narrow,
  open,
  peek,
  poll,
  wait as waitForScope,
  waitFor,
} from './CancelScope.js'
import type { CancelScope, ScopeView, WaitOptions } from './CancelScope.js'
import * as Duration from './Duration.js'
import { received } from './internal/received.js'
import { isReason } from './Reason.js'
import type { DeadlinePassed, Reason, Stalled, TimedOut } from './Reason.js'
import { never, timeout } from './Token.js'
import type { Input, NameOf, Token } from './Token.js'
import type { World, WorldArgument } from './World.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * A program that runs in a scope, and ends with a value, a failure, or the reason for which a scope has fired.
 *
 * @category model
 * @since 0.1.0
 */
export type Cancellable<E, A> = ReaderTaskEither<ScopeView, E | Reason, A>

/**
 * A program threw, or rejected, where it should have ended with a `Left`.
 *
 * @category model
 * @since 0.1.0
 */
export interface Defect {
  readonly _tag: 'Defect'
  readonly error: unknown
}

/**
 * How the use of a resource has ended.
 *
 * @category model
 * @since 0.1.0
 */
export type Outcome<E, A> = Either<E | Reason, A> | Defect

/**
 * The reasons that say that time ran out.
 *
 * @category model
 * @since 0.1.0
 */
export type OutOfTime = TimedOut | DeadlinePassed | Stalled

/**
 * `pause` is how long to wait before the next attempt, or a function of the number of failures so far that says it; without it attempts follow each other at
 * once. `while` says after which failures to try again, without it after all; annotate its parameter, `(failure: MyError | Reason) => …`.
 *
 * @category model
 * @since 0.1.0
 */
export interface RetryOptions<E> {
  readonly pause?: Duration.DurationInput | ((failures: number) => Duration.DurationInput)
  readonly while?: (failure: E | Reason) => boolean
}

/**
 * `concurrency`: how many run at a time, 1 or more; all at once unless given.
 *
 * @category model
 * @since 0.1.0
 */
export interface TraverseOptions {
  readonly concurrency?: number
}

// -------------------------------------------------------------------------------------
// constructors
// -------------------------------------------------------------------------------------

/**
 * Work that understands AbortSignal: it gets that of the scope, and what it rejects with becomes a failure.
 *
 * Once the scope fires this ends at once with the reason, though the promise may take longer; what comes of it then is ignored, and a rejection
 * because of the abort is never a failure. On a scope that has fired `f` is not called.
 *
 * @example
 * ```ts
 * import * as E from 'fp-ts/lib/Either.js'
 * import { Cancellable, CancelScope } from 'cantok-ts'
 *
 * const page = Cancellable.tryCatch(async (signal) => (signal.aborted ? 'none' : 'page'), E.toError)
 * console.log(await Cancellable.run(CancelScope.background)(page)()) // => { _tag: 'Right', right: 'page' }
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const tryCatch =
  <E, A>(f: (signal: AbortSignal) => Promise<A>, onError: (error: unknown) => E): Cancellable<E, A> =>
  (scope) =>
  () =>
    untilFired<E, A>(scope, async (fired) => {
      const signal = toAbortSignal(scope)()
      const reason = fired() // making the signal was one more look
      return reason === null ? told(scope, () => withSignal(f, signal, fired, onError)) : left(reason)
    })

const withSignal = async <E, A>(
  f: (signal: AbortSignal) => Promise<A>,
  signal: AbortSignal,
  fired: IO<Reason | null>,
  onError: (error: unknown) => E,
): Promise<Either<E | Reason, A>> => {
  try {
    return right(await f(signal))
  } catch (error) {
    const reason = fired()
    return left(reason !== null && isAbort(error, signal.reason) ? reason : onError(error))
  }
}

/**
 * Work that does not know of cancellation and must not be left alone: once started it is waited for, and its result is kept. `guard` leaves it.
 *
 * On a scope that has fired it is not started.
 *
 * @example
 * ```ts
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 * import { Cancellable, CancelScope, Token } from 'cantok-ts'
 *
 * const fired = CancelScope.open(Token.cancelled())()
 * const save = Cancellable.fromTaskEither(TE.right('saved'))
 * console.log(await Cancellable.run(CancelScope.background)(save)()) // => { _tag: 'Right', right: 'saved' }
 * console.log((await Cancellable.run(fired)(save)())._tag) // => 'Left'
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const fromTaskEither =
  <E, A>(task: TaskEither<E, A>): Cancellable<E, A> =>
  (scope) =>
    ifLive(scope, () => told(scope, task))

/**
 * Work that does not know of cancellation and may be left alone: once the scope fires this ends at once with the reason.
 *
 * What becomes of the work then is ignored. On a scope that has fired it is not started.
 *
 * @example
 * ```ts
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 * import { Cancellable, CancelScope, Token } from 'cantok-ts'
 *
 * const scope = CancelScope.open(Token.timeout('1ms'))()
 * const endless: TE.TaskEither<never, string> = () => new Promise(() => {})
 * const result = await Cancellable.run(scope)(Cancellable.guard(endless))()
 * console.log(result._tag === 'Left' && result.left._tag) // => 'TimedOut'
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const guard =
  <E, A>(task: TaskEither<E, A>): Cancellable<E, A> =>
  (scope) =>
  () =>
    untilFired(scope, () => told(scope, task))

/**
 * A poll of the scope, as a step: to put between the steps of a long pipeline.
 *
 * @example
 * ```ts
 * import { Cancellable, CancelScope, Token } from 'cantok-ts'
 *
 * const scope = CancelScope.open(Token.counter(1))()
 * console.log((await Cancellable.checkpoint(scope)())._tag) // => 'Right'
 * console.log((await Cancellable.checkpoint(scope)())._tag) // => 'Left'
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const checkpoint: Cancellable<never, void> = (scope) => {
  const look = check(scope)
  return async () => look()
}

/**
 * Waits for another scope to fire: succeeds with its reason. It leaves nothing behind when its own scope fires first.
 *
 * @example
 * ```ts
 * import { Cancellable, CancelScope, Token } from 'cantok-ts'
 *
 * const drained = CancelScope.open(Token.timeout('1ms'))()
 * const result = await Cancellable.run(CancelScope.background)(Cancellable.wait(drained))()
 * console.log(result._tag === 'Right' && result.right._tag) // => 'TimedOut'
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const wait =
  (other: ScopeView, options: WaitOptions = {}): Cancellable<never, Reason> =>
  (scope) =>
  () => {
    let callOff: IO<unknown> | null = null
    const firing = untilFired<never, Reason>(
      scope,
      () =>
        new Promise((resolve, reject) => {
          callOff = listen(other, (reason) => resolve(right(reason)), {
            ...options,
            keepAlive: true,
            onError: reject,
          })()
        }),
    )
    return firing.finally(() => callOff?.())
  }

// -------------------------------------------------------------------------------------
// combinators
// -------------------------------------------------------------------------------------

/**
 * Runs a program within a limit of its own: in a scope for this stretch, closed when the program has ended.
 *
 * Checkpoints within it count for the scope around too.
 *
 * @example
 * ```ts
 * import { pipe } from 'fp-ts/lib/function.js'
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 * import { Cancellable, CancelScope, Token } from 'cantok-ts'
 *
 * const endless: TE.TaskEither<never, string> = () => new Promise(() => {})
 * const result = await pipe(
 *   Cancellable.guard(endless),
 *   Cancellable.within(Token.timeout('1ms')),
 *   Cancellable.run(CancelScope.background),
 * )()
 * console.log(result._tag === 'Left' && result.left._tag) // => 'TimedOut'
 * ```
 * @category combinators
 * @since 0.1.0
 */
export const within =
  <I extends Input = never>(
    token: Token<I>,
    ...world: WorldArgument<I>
  ): (<E, A>(self: Cancellable<E, A>) => Cancellable<E, A>) =>
  (self) =>
  (scope) =>
  async () =>
    using(narrow(token, ...world)(scope)(), (inner) => self(inner)())

/**
 * Runs a program deaf to the cancellation around it: in a scope that never fires, on the same clock. Limits within it hold.
 *
 * @example
 * ```ts
 * import { pipe } from 'fp-ts/lib/function.js'
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 * import { Cancellable, CancelScope, Token } from 'cantok-ts'
 *
 * const fired = CancelScope.open(Token.cancelled())()
 * const save = Cancellable.guard(TE.right('saved'))
 * console.log(await pipe(save, Cancellable.shield)(fired)()) // => { _tag: 'Right', right: 'saved' }
 * ```
 * @category combinators
 * @since 0.1.0
 */
export const shield =
  <E, A>(self: Cancellable<E, A>): Cancellable<E, A> =>
  (scope) =>
  async () =>
    self(open(never, { clock: clock(scope) })())()

/**
 * Uses a resource, and releases it whatever happens: exactly once, on success, failure, defect and cancellation.
 *
 * Neither `acquire` nor `release` is cancelled, so bound them by limits of their own where they may hang (`within` works there). Nothing is looked
 * at between the end of `acquire` and the moment from which `release` is sure to run; then a scope that has fired meanwhile keeps `use` from starting. Brackets
 * within `use` are released first. A failure of `release` takes the place of the outcome, but for a defect; a defect of both is an `AggregateError`.
 *
 * @example
 * ```ts
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 * import { Cancellable, CancelScope } from 'cantok-ts'
 *
 * const log: Array<string> = []
 * const note = (text: string) => Cancellable.fromTaskEither(TE.fromIO<void, never>(() => void log.push(text)))
 * const program = Cancellable.bracket(
 *   note('open'),
 *   () => note('use'),
 *   (_, outcome) => note(`close after ${outcome._tag}`),
 * )
 * await Cancellable.run(CancelScope.background)(program)()
 * console.log(log) // => [ 'open', 'use', 'close after Right' ]
 * ```
 * @category combinators
 * @since 0.1.0
 */
export const bracket =
  <E1, R, E2, A, E3>(
    acquire: Cancellable<E1, R>,
    use: (resource: R) => Cancellable<E2, A>,
    release: (resource: R, outcome: Outcome<E2, A>) => Cancellable<E3, unknown>,
  ): Cancellable<E1 | E2 | E3, A> =>
  (scope) =>
    ifLive<E1 | E2 | E3, A>(scope, async () => {
      const { tell } = clock(scope)
      tell?.('acquires')
      const acquired = await shield(acquire)(scope)()
      if (acquired._tag === 'Left') return acquired
      tell?.('has acquired')
      const outcome = await outcomeOf(ifLive(scope, () => use(acquired.right)(scope)()))
      tell?.('releases')
      const released = await outcomeOf(shield((deaf) => release(acquired.right, outcome)(deaf))(scope))
      if (released._tag === 'Right') tell?.('has released')
      if (released._tag === 'Defect')
        throw outcome._tag === 'Defect'
          ? new AggregateError([outcome.error, released.error], 'both the use of a resource and its release threw')
          : released.error
      return released._tag === 'Left' && outcome._tag !== 'Defect' ? released : resultOf(outcome)
    })

/**
 * Runs something more when the scope a program runs in has fired and the program has ended for that: uncancelled, and waited for.
 *
 * A failure in it takes the place of the reason.
 *
 * @example
 * ```ts
 * import { pipe } from 'fp-ts/lib/function.js'
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 * import { Cancellable, CancelScope, Token } from 'cantok-ts'
 *
 * const log: Array<string> = []
 * const program = pipe(
 *   Cancellable.checkpoint,
 *   Cancellable.onCancelled(({ _tag }) => Cancellable.fromTaskEither(TE.fromIO(() => log.push(_tag)))),
 * )
 * await program(CancelScope.open(Token.timeout(0))())()
 * console.log(log) // => [ 'TimedOut' ]
 * ```
 * @category combinators
 * @since 0.1.0
 */
export const onCancelled =
  <E2>(f: (reason: Reason) => Cancellable<E2, unknown>) =>
  <E1, A>(self: Cancellable<E1, A>): Cancellable<E1 | E2, A> =>
  (scope) =>
  async () => {
    const result = await self(scope)()
    const reason = result._tag === 'Left' ? reasonOf(scope) : null
    if (result._tag === 'Right' || reason === null || result.left !== reason) return result
    const ended = await shield(f(reason))(scope)()
    return ended._tag === 'Left' ? ended : result
  }

/**
 * Runs a program for every item, so many at a time: for their values, in the order of the items.
 *
 * The first failure in time cancels those that run, keeps the others from starting, and is the result; all that were started are waited for. A defect
 * does the same, and is the result before any failure.
 *
 * @example
 * ```ts
 * import { pipe } from 'fp-ts/lib/function.js'
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 * import { Cancellable, CancelScope } from 'cantok-ts'
 *
 * const squares = pipe(
 *   [1, 2, 3],
 *   Cancellable.traverse({ concurrency: 2 })((n) => Cancellable.guard(TE.right(n * n))),
 * )
 * console.log(await Cancellable.run(CancelScope.background)(squares)()) // => { _tag: 'Right', right: [ 1, 4, 9 ] }
 * ```
 * @category combinators
 * @since 0.1.0
 */
export const traverse = ({ concurrency = Infinity }: TraverseOptions = {}): (<A, E, B>(
  f: (item: A, index: number) => Cancellable<E, B>,
) => (items: ReadonlyArray<A>) => Cancellable<E, ReadonlyArray<B>>) => {
  if (!(concurrency === Infinity || (Number.isInteger(concurrency) && concurrency >= 1)))
    throw new RangeError(`concurrency must be a whole number, 1 or more, or Infinity, but was ${received(concurrency)}`)
  return (f) => (items) => (scope) => () => traverseIn(scope, concurrency, f, items)
}

const traverseIn = <A, E, B>(
  scope: ScopeView,
  concurrency: number,
  f: (item: A, index: number) => Cancellable<E, B>,
  items: ReadonlyArray<A>,
): Promise<Either<E | Reason, ReadonlyArray<B>>> =>
  using(narrow(never)(scope)(), async (group) => {
    const values: Array<B> = new Array(items.length)
    let next = 0
    let failed: Exclude<Outcome<E, never>, { readonly _tag: 'Right' }> | null = null
    const defects: Array<Defect> = []
    const work = async (): Promise<void> => {
      while (failed === null && next < items.length) {
        const index = next++
        const outcome = await outcomeOf(ifLive(group, () => f(items[index]!, index)(group)()))
        if (outcome._tag === 'Right') values[index] = outcome.right
        else {
          failed ??= outcome
          if (outcome._tag === 'Defect') defects.push(outcome)
          cancel(group, 'another of those that run together has failed')()
        }
      }
    }
    await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, work))
    throwAll(defects)
    return failed === null ? right(values) : resultOf(failed)
  })

/**
 * Runs programs side by side: the first to end, whether well or not, is the result. The others are cancelled and waited for, and a defect of any of them comes
 * out.
 *
 * Of none it waits for the scope to fire.
 *
 * @example
 * ```ts
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 * import { Cancellable, CancelScope, Token } from 'cantok-ts'
 *
 * const fast = Cancellable.guard(TE.right('fast'))
 * const slow = Cancellable.wait(CancelScope.open(Token.timeout('1 hour'))())
 * console.log(await Cancellable.run(CancelScope.background)(Cancellable.race(slow, fast))()) // => { _tag: 'Right', right: 'fast' }
 * ```
 * @category combinators
 * @since 0.1.0
 */
export const race =
  <Contenders extends ReadonlyArray<Cancellable<unknown, unknown>>>(
    ...contenders: Contenders
  ): Cancellable<FailureOf<Contenders[number]>, ValueOf<Contenders[number]>> =>
  (scope) =>
  () =>
    raceIn(scope, contenders as ReadonlyArray<Cancellable<FailureOf<Contenders[number]>, ValueOf<Contenders[number]>>>) // sound: each is one of these

/**
 * The failures a program can end with, reasons apart.
 *
 * @category model
 * @since 0.1.0
 */
export type FailureOf<C> = C extends ReaderTaskEither<never, infer L, unknown> ? Exclude<L, Reason> : never

/**
 * The value a program can end with.
 *
 * @category model
 * @since 0.1.0
 */
export type ValueOf<C> = C extends ReaderTaskEither<never, unknown, infer A> ? A : never

const raceIn = <E, A>(scope: ScopeView, contenders: ReadonlyArray<Cancellable<E, A>>): Promise<Either<E | Reason, A>> =>
  using(narrow(never)(scope)(), async (group) => {
    let first: Outcome<E, A> | null = null
    const defects: Array<Defect> = []
    const run = async (contender: Cancellable<E, A>): Promise<void> => {
      const outcome = await outcomeOf(ifLive(group, () => contender(group)()))
      first ??= outcome
      if (outcome._tag === 'Defect') defects.push(outcome)
      cancel(group, 'another of those that race has come first')()
    }
    await Promise.all(contenders.map(run))
    throwAll(defects)
    return first === null ? left(await waitForScope(group)()) : resultOf<E, A>(first)
  })

/**
 * Tries a program again after each failure for as long as a token allows: it is polled after each attempt, and bounds the time they take.
 *
 * `counter(3)` allows three attempts. Once no more are allowed the result is the last failure; an attempt that the token cuts short ends with its
 * reason, as does a token that allows none. Reasons of scopes made within an attempt count as failures of it. Once the scope around has fired there are no
 * more attempts: then the last failure is the result, or the scope's reason if that has cut an attempt or a pause.
 *
 * @example
 * ```ts
 * import { pipe } from 'fp-ts/lib/function.js'
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 * import { Cancellable, CancelScope, Token } from 'cantok-ts'
 *
 * let attempts = 0
 * const flaky = Cancellable.guard(async () => (++attempts < 3 ? await TE.left('busy')() : await TE.right('done')()))
 * const patient = pipe(flaky, Cancellable.retry(Token.counter(5)))
 * console.log(await Cancellable.run(CancelScope.background)(patient)(), attempts) // => { _tag: 'Right', right: 'done' } 3
 * ```
 * @category combinators
 * @since 0.1.0
 */
export const retry =
  <I extends Input = never, F = unknown>(
    token: Token<I>,
    ...options: [NameOf<'condition', I>] extends [never]
      ? readonly [options?: World<I> & RetryOptions<F>]
      : readonly [options: World<I> & RetryOptions<F>]
  ): (<E extends F, A>(self: Cancellable<E, A>) => Cancellable<E, A>) =>
  (self) =>
  (scope) =>
  () => {
    // sound: the options are a world and more, needed just where a world is
    const world = { clock: clock(scope), ...options[0] } as unknown as WorldArgument<I>[0] & World<I>
    return using(open(token, world)(), (bound) =>
      using(narrow(never)(scope, bound)(), (attempt) => retryIn(scope, bound, self, attempt, options[0] ?? {})),
    )
  }

const retryIn = async <F, E extends F, A>(
  scope: ScopeView,
  bound: ScopeView,
  self: Cancellable<E, A>,
  attempt: ScopeView,
  options: RetryOptions<F>,
): Promise<Either<E | Reason, A>> => {
  const before = reasonOf(attempt)
  if (before !== null) return left(before)
  for (let failures = 1; ; failures++) {
    const result = await self(attempt)()
    if (result._tag === 'Right' || result.left === reasonOf(attempt) || options.while?.(result.left) === false)
      return result
    if (reasonOf(scope) !== null || tick(bound) !== null) return result
    const { pause } = options
    if (pause === undefined) continue
    const fired = await waitFor(attempt, typeof pause === 'function' ? pause(failures) : pause)()
    if (fired._tag === 'Right') return fired.right === reasonOf(scope) ? left(fired.right) : result
  }
}

/**
 * Runs a program after so much time on the scope's clock, unless the scope fires before.
 *
 * A delay below 0 or NaN is a `RangeError`, at once.
 *
 * @example
 * ```ts
 * import { pipe } from 'fp-ts/lib/function.js'
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 * import { Cancellable, CancelScope, Clock, Token } from 'cantok-ts'
 *
 * const clock = Clock.virtual()
 * const scope = CancelScope.open(Token.manual('stop'), { clock })()
 * const later = pipe(Cancellable.guard(TE.right('now')), Cancellable.delay('1 hour'), Cancellable.run(scope))()
 * await clock.settle('1 hour')()
 * console.log(await later) // => { _tag: 'Right', right: 'now' }
 * ```
 * @category combinators
 * @since 0.1.0
 */
export const delay = (span: Duration.DurationInput): (<E, A>(self: Cancellable<E, A>) => Cancellable<E, A>) => {
  const length = Duration.from(span, 'span')
  return (self) => (scope) => async () => {
    const fired = await waitFor(scope, length)()
    return fired._tag === 'Right' ? left(fired.right) : self(scope)()
  }
}

/**
 * Runs a program again and again, at once and then on every beat of a metronome, until it fails or the scope fires: so it has no value.
 *
 * Beats keep to the times at which they were to come, however long the program takes; those that come while it still runs are skipped. A poll comes after
 * each run: `counter(3)` allows three. A period that is 0, below or NaN is a `RangeError`, at once.
 *
 * @example
 * ```ts
 * import { pipe } from 'fp-ts/lib/function.js'
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 * import { Cancellable, CancelScope, Clock, Token } from 'cantok-ts'
 *
 * const clock = Clock.virtual()
 * const scope = CancelScope.open(Token.counter(3), { clock })()
 * const beats: Array<number> = []
 * const note = Cancellable.guard(TE.fromIO(() => beats.push(clock.monotonic())))
 * const ended = pipe(note, Cancellable.every('1 second'), Cancellable.run(scope))()
 * await clock.settle('1 minute')()
 * await ended
 * console.log(beats) // => [ 0, 1000, 2000 ]
 * ```
 * @category combinators
 * @since 0.1.0
 */
export const every = (
  period: Duration.DurationInput,
): (<E>(self: Cancellable<E, unknown>) => Cancellable<E, never>) => {
  const length = Duration.from(period, 'period')
  if (length === 0) throw new RangeError('period must be more than 0, but was 0')
  return (self) => (scope) => async () => {
    const { monotonic } = clock(scope)
    const start = monotonic()
    const before = reasonOf(scope)
    if (before !== null) return left(before)
    for (let beat = 0; ;) {
      const result = await self(scope)()
      if (result._tag === 'Left') return result
      const reason = tick(scope)
      if (reason !== null) return left(reason)
      beat = Math.max(beat + 1, Math.ceil((monotonic() - start) / length))
      const fired = await waitFor(scope, Math.max(0, start + beat * length - monotonic()))()
      if (fired._tag === 'Right') return left(fired.right)
    }
  }
}

/**
 * Goes on with another program where one within has run out of time: by a timeout, a deadline or for want of a beat.
 *
 * It handles reasons of scopes made within the program, such as those of `within`, and failures of yours that are such reasons, such as that of
 * `CancelScope.waitFor`. Once the scope around has fired itself, nothing new is started and the reason of that scope is the result.
 *
 * @example
 * ```ts
 * import { pipe } from 'fp-ts/lib/function.js'
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 * import { Cancellable, CancelScope, Token } from 'cantok-ts'
 *
 * const endless: TE.TaskEither<never, string> = () => new Promise(() => {})
 * const page = pipe(
 *   Cancellable.guard(endless),
 *   Cancellable.within(Token.timeout('1ms')),
 *   Cancellable.orElseTimedOut(() => Cancellable.guard(TE.right('cached'))),
 * )
 * console.log(await Cancellable.run(CancelScope.background)(page)()) // => { _tag: 'Right', right: 'cached' }
 * ```
 * @category combinators
 * @since 0.1.0
 */
export const orElseTimedOut =
  <E2, B>(f: (reason: OutOfTime) => Cancellable<E2, B>) =>
  <E1, A>(self: Cancellable<E1, A>): Cancellable<E1 | E2, A | B> =>
  (scope) =>
  async () => {
    const result = await self(scope)()
    if (result._tag === 'Right' || !isOutOfTime(result.left)) return result
    const reason = reasonOf(scope)
    return reason === null ? f(result.left)(scope)() : left(reason)
  }

/**
 * Runs a program for no longer than a time: `None` if that was out. Any other reason, that of the scope around too, stays a `Left`.
 *
 * @example
 * ```ts
 * import { pipe } from 'fp-ts/lib/function.js'
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 * import { Cancellable, CancelScope } from 'cantok-ts'
 *
 * const endless: TE.TaskEither<never, string> = () => new Promise(() => {})
 * const page = pipe(Cancellable.guard(endless), Cancellable.timeoutOption('1ms'))
 * console.log(await Cancellable.run(CancelScope.background)(page)()) // => { _tag: 'Right', right: { _tag: 'None' } }
 * ```
 * @category combinators
 * @since 0.1.0
 */
export const timeoutOption = (
  span: Duration.DurationInput,
): (<E, A>(self: Cancellable<E, A>) => Cancellable<E, Option<A>>) => {
  const token = timeout(span)
  return (self) => (scope) => () =>
    using(narrow(token)(scope)(), async (inner) => {
      const result = await self(inner)()
      if (result._tag === 'Right') return right({ _tag: 'Some', value: result.right })
      const isOwn = result.left === reasonOf(inner) && result.left !== reasonOf(scope)
      return isOwn ? right(none) : result
    })
}

// -------------------------------------------------------------------------------------
// destructors
// -------------------------------------------------------------------------------------

/**
 * Runs a program in a scope: a `TaskEither` that ends when the program has, releases included. On a scope that has fired it does not start.
 *
 * @example
 * ```ts
 * import { pipe } from 'fp-ts/lib/function.js'
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 * import { Cancellable, CancelScope, Token } from 'cantok-ts'
 *
 * const scope = CancelScope.open(Token.timeout('5 seconds'))()
 * console.log(await pipe(Cancellable.guard(TE.right(1)), Cancellable.run(scope))()) // => { _tag: 'Right', right: 1 }
 * ```
 * @category destructors
 * @since 0.1.0
 */
export const run =
  (scope: ScopeView): (<E, A>(self: Cancellable<E, A>) => TaskEither<E | Reason, A>) =>
  (self) =>
    ifLive(scope, () => self(scope)())

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

const none: Option<never> = { _tag: 'None' }
const left = <E>(failure: E): Either<E, never> => ({ _tag: 'Left', left: failure })
const right = <A>(value: A): Either<never, A> => ({ _tag: 'Right', right: value })

/** Why a scope has fired, looked at from outside; `null` if it has not. */
const reasonOf = (scope: ScopeView): Reason | null => {
  const look = peek(scope)()
  return look._tag === 'Some' ? look.value : null
}

/** Counts what has been done, and looks whether that was all: a counter of n allows n, and fires only after the last. */
const tick = (scope: ScopeView): Reason | null => {
  const look = poll(scope)()
  return look._tag === 'Some' ? look.value : reasonOf(scope)
}

/** A cancelled scope starts no new work. */
const ifLive =
  <E, A>(scope: ScopeView, task: TaskEither<E | Reason, A>): TaskEither<E | Reason, A> =>
  async () => {
    const reason = reasonOf(scope)
    return reason === null ? task() : left(reason)
  }

const using = async <S extends CancelScope, A>(scope: S, use: (scope: S) => Promise<A>): Promise<A> => {
  try {
    return await use(scope)
  } finally {
    close(scope)()
  }
}

/** Runs a task until it ends or the scope fires; a result on its way in that turn is kept. */
const untilFired = <E, A>(
  scope: ScopeView,
  work: (fired: IO<Reason | null>) => Promise<Either<E | Reason, A>>,
): Promise<Either<E | Reason, A>> =>
  new Promise((resolve, reject) => {
    let isRunning = false
    let mayRun = true
    let reason: Reason | null = null
    const unsubscribe = listen(
      scope,
      (given) => {
        reason = given
        mayRun = false
        if (isRunning) void turnEnds().then(() => resolve(left(given)))
        else resolve(left(given))
      },
      {
        keepAlive: true,
        onError: (error) => {
          mayRun = false
          reject(error)
        },
      },
    )()
    if (!mayRun) return
    isRunning = true
    void outcomeOf(() => work(() => reason)).then((outcome) => {
      unsubscribe()
      if (outcome._tag === 'Defect') reject(outcome.error)
      else resolve(outcome)
    })
  })

/** Runs a piece of work, and tells the clock of its scope if that wants to know. */
const told = <A>(scope: ScopeView, work: Task<A>): Promise<A> => {
  const { tell } = clock(scope)
  if (tell === undefined) return work()
  tell('starts work')
  return (async () => work())().finally(() => tell('ends work'))
}

/** Lets what is settled in this turn come through the promises that a pipeline puts behind it: some steps each. */
const turnEnds = async (): Promise<void> => {
  for (let step = 0; step < promiseSteps; step++) await Promise.resolve()
}

const promiseSteps = 64

const outcomeOf = async <E, A>(task: Task<Either<E, A>>): Promise<Either<E, A> | Defect> => {
  try {
    return await task()
  } catch (error) {
    return { _tag: 'Defect', error }
  }
}

const resultOf = <E, A>(outcome: Outcome<E, A>): Either<E | Reason, A> => {
  if (outcome._tag === 'Defect') throw outcome.error
  return outcome
}

/** A defect is never lost, not even one of work whose result does not matter any more. */
const throwAll = (defects: ReadonlyArray<Defect>): void => {
  const [first, ...more] = defects.map(({ error }) => error)
  if (more.length > 0) throw new AggregateError([first, ...more], `${defects.length} of those that ran together threw`)
  if (defects.length > 0) throw first
}

/** Whether a promise was rejected because its signal was aborted: with the signal's reason, or as the platform's own are. */
const isAbort = (error: unknown, reason: unknown): boolean =>
  error === reason ||
  (typeof error === 'object' &&
    error !== null &&
    (('name' in error && error.name === 'AbortError') || ('cause' in error && error.cause === reason)))

const isOutOfTime = (value: unknown): value is OutOfTime =>
  isReason(value) && (value._tag === 'TimedOut' || value._tag === 'DeadlinePassed' || value._tag === 'Stalled')
