/**
 * What a sweep is told and what it tells: programs, replays, reports.
 *
 * @since 0.1.0
 */
import type { Eq } from 'fp-ts/lib/Eq.js'
import type { IO } from 'fp-ts/lib/IO.js'
import type { Task } from 'fp-ts/lib/Task.js'
import type { Evidence } from '../../Analysis.js'
import type { ScopeView } from '../../CancelScope.js'
import type { DurationInput } from '../../Duration.js'
import type { Reason } from '../../Reason.js'
import type { Input, Token } from '../../Token.js'
import type { Script, VirtualWorld } from '../VirtualWorld.js'

// -------------------------------------------------------------------------------------
// programs
// -------------------------------------------------------------------------------------

/**
 * A program that can be cancelled everywhere: any function of a scope, be its answer a value, a promise, a `Task` or a `TaskEither`; so every `Cancellable` is
 * one.
 *
 * It is run many times, and must do the same each time: it makes what it works with anew, reads time from `run.world.clock` and chance from
 * `run.world.random`.
 *
 * @category model
 * @since 0.1.0
 */
export type Program<A> = (scope: ScopeView, run: Run) => A | Promise<A> | Task<A>

/**
 * What a program of a sweep is given beside its scope.
 *
 * - `world`: the world the scope lives in.
 * - `above`: a scope from which that of the program derives, as that of a request does from that of its server. Only the second cancellation fires it.
 * - `sleep(span, signal?)` takes that much of its time, as a stand-in for work that takes a while; it rejects with the reason of a signal that is aborted.
 * - `work(title)` says that a piece of new work begins; once the cancellation has been seen none may.
 * - `ensure(title, holds)` adds an invariant of this run, asked when it has ended: it has failed if it answers `false` or throws, as assertions do.
 * - `checkpoint(title)` is one more place at which to cancel, `note(text)` a line of the timeline.
 * - `outside(task)` runs work that is not of this world, such as reading a file: time stands still meanwhile, and of several pieces each begins when the one before
 *   has ended, so that they come in the same order each time.
 *
 * @category model
 * @since 0.1.0
 */
export interface Run {
  readonly world: VirtualWorld
  readonly above: ScopeView
  readonly sleep: (span: DurationInput, signal?: AbortSignal) => Task<void>
  readonly work: (title: string) => IO<void>
  readonly ensure: (title: string, holds: () => boolean | void | Promise<boolean | void>) => IO<void>
  readonly checkpoint: (title: string) => IO<void>
  readonly note: (text: string) => IO<void>
  readonly outside: <A>(task: Task<A>) => Task<A>
}

// -------------------------------------------------------------------------------------
// options
// -------------------------------------------------------------------------------------

/**
 * A kind of reason, of which a sample is made, or a reason itself.
 *
 * @category model
 * @since 0.1.0
 */
export type InjectedReason = Reason['_tag'] | Reason

/**
 * Which points of a program to cancel at: all, every n-th from the first, so many at random (the seed is an integer, 0 unless given), or the last so many.
 *
 * @category model
 * @since 0.1.0
 */
export type Strategy =
  | 'all'
  | { readonly every: number }
  | { readonly random: number; readonly seed?: number }
  | { readonly last: number }

/**
 * How to run one replay.
 *
 * - `token` limits the scope of the program beside the cancellation that is injected; `conditions` is what the predicates of the world answer.
 * - `within` (default 1 minute) is how much of its time a program may take to end once it was cancelled.
 * - `horizon` (default 1 day) and `limit` (default 1,000) bound a program that would not end by itself: it is cancelled after so much time, or so many points.
 * - `invariants`, by title, are asked after each replay; one that answers `false`, or throws, has failed.
 * - `isOwn` says which outcomes are the program's own although the run that nobody disturbed ended otherwise, such as a part of its result; `Eq` compares
 *   values with that of the undisturbed run (by what they print as, unless given).
 *
 * @category model
 * @since 0.1.0
 */
export interface ReplayOptions<A> {
  readonly token?: Token<Input>
  readonly conditions?: Readonly<Record<string, Script>>
  readonly within?: DurationInput
  readonly horizon?: DurationInput
  readonly limit?: number
  readonly invariants?: Readonly<Record<string, (replay: Ended<A>) => boolean | void | Promise<boolean | void>>>
  readonly isOwn?: (outcome: Outcome<A>) => boolean
  readonly Eq?: Eq<A>
}

/**
 * How to sweep: `reasons` to cancel with (default a request and a timeout; `'all'` is one of each kind), which `points`, and whether to cancel `again`: each replay is then repeated with a
 * second cancellation, from above, at each point that it passes after the first (default `false`).
 *
 * @category model
 * @since 0.1.0
 */
export interface SweepOptions<A> extends ReplayOptions<A> {
  readonly reasons?: 'all' | readonly [InjectedReason, ...ReadonlyArray<InjectedReason>]
  readonly points?: Strategy
  readonly again?: boolean
}

// -------------------------------------------------------------------------------------
// replays
// -------------------------------------------------------------------------------------

/**
 * How a program has ended; `Pending` if it has not.
 *
 * @category model
 * @since 0.1.0
 */
export type Outcome<A> =
  | { readonly _tag: 'Returned'; readonly value: A }
  | { readonly _tag: 'Threw'; readonly error: unknown }
  | { readonly _tag: 'Pending' }

/**
 * Something that a program did, `at` so many milliseconds of its time; with the number of the point if one could cancel there.
 *
 * @category model
 * @since 0.1.0
 */
export interface Entry {
  readonly at: number
  readonly what: string
  readonly point?: number
}

/**
 * Where a cancellation was injected: at which point and with what reason, and at which later point once more.
 *
 * @category model
 * @since 0.1.0
 */
export interface Injection {
  readonly point: number
  readonly reason: Reason
  readonly again?: number
}

/**
 * A run that has ended: where it was cancelled (`null` if nowhere), how it ended, and what it did on the way.
 *
 * @category model
 * @since 0.1.0
 */
export interface Ended<A> {
  readonly injection: Injection | null
  readonly outcome: Outcome<A>
  readonly log: ReadonlyArray<Entry>
  readonly evidence: Evidence
}

/**
 * An invariant that did not hold, by its title, and what was found instead.
 *
 * @category model
 * @since 0.1.0
 */
export interface Failure {
  readonly invariant: string
  readonly message: string
}

/**
 * A run with what was found of its invariants: none of them failed if `failures` is empty.
 *
 * @category model
 * @since 0.1.0
 */
export interface Replay<A> extends Ended<A> {
  readonly failures: ReadonlyArray<Failure>
}

/**
 * What a sweep has found: the run that nobody disturbed, how many points it passed, how many of them were tried and by how many replays, and the replays that
 * failed, the shortest first; from the 101st on without their log.
 *
 * If the undisturbed run fails by itself it is the only one. `isEndless` says that it had not ended by its horizon or limit, and was cut there; what it would have done after
 * that has not been tried.
 *
 * @category model
 * @since 0.1.0
 */
export interface Report<A> {
  readonly undisturbed: Replay<A>
  readonly isEndless: boolean
  readonly points: number
  readonly tried: number
  readonly replays: number
  readonly failed: ReadonlyArray<Replay<A>>
}
