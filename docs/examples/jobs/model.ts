/**
 * What the two job runners share: jobs as JSON, what a runner is, and the books in which each job it has taken is found exactly once.
 */
import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import type { Task } from 'fp-ts/lib/Task.js'
import * as t from 'io-ts'
import { CancelScope, Reason, Token } from 'cantok-ts'
import type { Clock, Duration } from 'cantok-ts'
import { TokenFromJson, report } from 'cantok-ts/codec'

// -------------------------------------------------------------------------------------
// jobs
// -------------------------------------------------------------------------------------

const numbers = (name: string, is: (value: number) => boolean): t.Type<number> => {
  const isOne = (value: unknown): value is number => typeof value === 'number' && is(value)
  return new t.Type(name, isOne, (value, at) => (isOne(value) ? t.success(value) : t.failure(value, at)), t.identity)
}

const Amount = numbers('a number, 0 or more', (value) => value >= 0 && value < Infinity)
const Count = numbers('a whole number, 1 or more', (value) => Number.isSafeInteger(value) && value >= 1)

/**
 * A job: steps that are still to be done, each of which takes so many milliseconds and costs so many credits, within limits of its own.
 *
 * Its limits may count its steps by `counter`, its credits by `budget('credits', …)`, and ask for progress by `idle('progress', …)`.
 */
export const Job = t.readonly(
  t.type({
    name: t.string,
    limits: TokenFromJson,
    work: t.readonly(t.type({ steps: Count, each: Amount, cost: Amount })),
  }),
)
export type Job = t.TypeOf<typeof Job>

// -------------------------------------------------------------------------------------
// runners
// -------------------------------------------------------------------------------------

/**
 * Gives the next job, as JSON that nobody has read yet. It is asked for one when the one before has found room in the queue. If it rejects when
 * its signal is aborted, it has given nothing.
 */
export type Source = (signal: AbortSignal) => Promise<IteratorResult<unknown, unknown>>

/** Does the next step of a job and answers with what it has cost. When its signal is aborted it ends soon, whether the step is done or not. */
export type Work = (job: Job, signal: AbortSignal) => Promise<number>

export interface Options {
  /** How many jobs run at a time. */
  readonly concurrency: number
  /** How many wait at most; one more may be in the hands of who fills the queue. */
  readonly queue: number
  /** How many credits all jobs have together. */
  readonly budget: number
  /** How long jobs that run may go on after a shutdown. */
  readonly grace: Duration.DurationInput
  /** Fires when no more jobs are to be taken. */
  readonly shutdown: CancelScope.ScopeView
  /** Fires when all is to stop at once. */
  readonly stop: CancelScope.ScopeView
  readonly work: Work
  readonly clock: Clock.Clock
}

export type Runner = (source: Source, options: Options) => Task<Report>

/** What stops all jobs once they have spent it, and says whose it was. */
export const sharedBudget = (credits: number): Token.Token<'budget:credits'> =>
  Token.labelled('shared')(Token.budget('credits', credits))

/** The hard stop, which follows the soft one. */
export const hardStop = (grace: Duration.DurationInput): Token.Token<'manual:shutdown'> =>
  Token.labelled('grace period')(Token.andThen(Token.manual('shutdown'), Token.timeout(grace)))

/** The work of a job has rejected. */
export interface WorkFailed {
  readonly _tag: 'WorkFailed'
  readonly error: unknown
}

export const workFailed = (error: unknown): WorkFailed => ({ _tag: 'WorkFailed', error })

// -------------------------------------------------------------------------------------
// reports
// -------------------------------------------------------------------------------------

export type Outcome =
  | { readonly _tag: 'Done'; readonly name: string }
  /** One of its own limits has run out. */
  | { readonly _tag: 'Stopped'; readonly name: string; readonly reason: Reason.Reason }
  | { readonly _tag: 'Failed'; readonly name: string; readonly error: string }
  /** It is no job, or one that nobody here can run. */
  | { readonly _tag: 'Refused'; readonly errors: ReadonlyArray<string> }
  /** It can be run again: the job with what is left of it, and why it was stopped, unless it was still waiting. */
  | { readonly _tag: 'Left'; readonly job: Job; readonly reason: Reason.Reason | null }

/** One outcome for each job that was taken, in that order, and why no more were if there may have been more. */
export interface Report {
  readonly outcomes: ReadonlyArray<Outcome>
  readonly stopped: Reason.Reason | null
}

/** What is left, as JSON to run again. */
export const leftOf = ({ outcomes }: Report): ReadonlyArray<unknown> =>
  outcomes.flatMap((outcome) => (outcome._tag === 'Left' ? [Job.encode(outcome.job)] : []))

export const showOutcome = (outcome: Outcome): string => {
  switch (outcome._tag) {
    case 'Done':
      return `${outcome.name}: done`
    case 'Stopped':
      return `${outcome.name}: stopped, ${Reason.Show.show(outcome.reason)}`
    case 'Failed':
      return `${outcome.name}: failed, ${outcome.error}`
    case 'Refused':
      return `refused: ${outcome.errors.join('; ')}`
    case 'Left': {
      const { job, reason } = outcome
      const why = reason === null ? 'was still waiting' : Reason.Show.show(reason)
      return `${job.name}: left, ${why}; ${job.work.steps} steps to do within ${Token.Show.show(job.limits)}`
    }
  }
}

// -------------------------------------------------------------------------------------
// the books
// -------------------------------------------------------------------------------------

/** A job in the books. */
export interface Entry {
  readonly job: Job
  readonly outcome: Outcome
}

type Own = CancelScope.CancelScope<Token.Input>

export interface Books {
  /** Enters what a source gives, up to the next job; `null` if there is none, or the signal is aborted. */
  readonly nextOf: (source: Source, signal: AbortSignal) => Promise<Entry | null>
  /** A step was done: its own limits count it, and what it has cost is taken from them and from the shared budget. */
  readonly stepDone: (entry: Entry, own: Own, budget: CancelScope.CancelScope<'budget:credits'>, cost: number) => void
  /** A job runs no more, as the limits say that it ran under, its own and all of them; or its work has rejected. */
  readonly ended: (
    entry: Entry,
    own: Own,
    scope: CancelScope.ScopeView,
    failure: WorkFailed | Reason.Reason | null,
  ) => void
  readonly refuse: (entry: Entry, missing: CancelScope.MissingInputs) => void
  readonly report: (stopped: Reason.Reason | null) => Report
}

/** From the moment it is entered a job is left, until it is known to have ended in another way: so none is lost. */
export const createBooks = (): Books => {
  const entries: Array<Pick<Entry, 'outcome'>> = []
  const set = (entry: Entry, outcome: Outcome): void => void Object.assign(entry, { outcome })
  const left = (job: Job, reason: Reason.Reason | null = null): Outcome => ({ _tag: 'Left', job, reason })

  const refused = (errors: ReadonlyArray<string>): void => void entries.push({ outcome: { _tag: 'Refused', errors } })
  const entered = (job: Job): Entry => {
    const entry = { job, outcome: left(job) }
    entries.push(entry)
    return entry
  }

  return {
    nextOf: async (source, signal) => {
      while (!signal.aborted) {
        let next: IteratorResult<unknown, unknown>
        try {
          next = await source(signal)
        } catch (error) {
          if (!signal.aborted) refused([`the source of the jobs failed: ${String(error)}`])
          return null
        }
        if (next.done === true) return null
        const decoded = Job.decode(next.value)
        if (E.isLeft(decoded)) refused(report(decoded.left))
        else return entered(decoded.right)
      }
      return null
    },

    stepDone: (entry, own, budget, cost) => {
      const { job } = entry
      const work = { ...job.work, steps: job.work.steps - 1 }
      Object.assign(entry, { job: { ...job, work } })
      CancelScope.poll(own)()
      CancelScope.spend(own, 'credits', cost)()
      CancelScope.beat(own, 'progress')()
      CancelScope.spend(budget, 'credits', cost)()
    },

    ended: (entry, own, scope, failure) => {
      const { job } = entry
      const { name } = job
      const [ownReason, reason] = [own, scope].map((each) => O.toNullable(CancelScope.peek(each)()))
      if (job.work.steps === 0) set(entry, { _tag: 'Done', name })
      else if (ownReason) set(entry, { _tag: 'Stopped', name, reason: ownReason })
      else if (!reason && failure?._tag === 'WorkFailed')
        set(entry, { _tag: 'Failed', name, error: String(failure.error) })
      else set(entry, left({ ...job, limits: CancelScope.residual(own)() }, reason))
    },

    refuse: (entry, { conditions }) => {
      const errors = conditions.map((name) => `${entry.job.name} asks for ${name}, which nobody here can tell`)
      set(entry, { _tag: 'Refused', errors })
    },

    report: (stopped) => ({ outcomes: entries.map(({ outcome }) => outcome), stopped }),
  }
}
