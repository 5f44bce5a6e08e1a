/** What must hold of a run that has ended, and what was found instead. */
import { stringify } from 'fast-check'
import { isCancellationError } from '../../CancellationError.js'
import * as Reason from '../../Reason.js'
import { outcomeOf } from './drive.js'
import type { Driven, Invariant } from './drive.js'
import type { Failure, Outcome, ReplayOptions } from './model.js'
import { samples } from './samples.js'

/** The invariants that a run has broken; the undisturbed run is what others are compared with, and is itself compared with nothing. */
export const judge = async <A>(
  driven: Driven<A>,
  undisturbed: Driven<A> | null,
  options: ReplayOptions<A>,
): Promise<ReadonlyArray<Failure>> => {
  const { stuck } = driven
  const failures = [
    ...failing('it ends once it is cancelled', stuck === null ? [] : [stuck]),
    ...failing('it leaves nothing behind', stuck === null ? leftovers(driven) : []),
    ...failing('what it acquires is released', driven.held > 0 ? [`still held: ${driven.held}`] : []),
    ...failing('it leaves no error unhandled', driven.uncaught.map(textOf)),
    ...failing(
      'it starts no new work once it knows',
      driven.late.map((title) => `it started '${title}'`),
    ),
  ]
  if (stuck !== null) return failures
  const off = difference(driven, undisturbed)
  if (off !== null) return [...failures, { invariant: 'it does the same each time', message: off }]
  const { ended, invariants } = driven
  const own = Object.entries(options.invariants ?? {}).map(([title, holds]): Invariant => [title, () => holds(ended)])
  return [
    ...failures,
    ...failing(
      'it ends with the reason or a result of its own',
      isAccepted(driven, undisturbed, options) ? [] : [showOutcome(ended.outcome)],
    ),
    ...(await Promise.all([...invariants, ...own].map(asked))).flat(),
  ]
}

/** An outcome in words. */
export const showOutcome = <A>(outcome: Outcome<A>): string => {
  switch (outcome._tag) {
    case 'Returned':
      return `it returned ${stringify(outcome.value)}`
    case 'Threw':
      return `it threw ${textOf(outcome.error)}`
    case 'Pending':
      return 'it has not ended'
  }
}

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

const failing = (invariant: string, messages: ReadonlyArray<string>): ReadonlyArray<Failure> =>
  messages.map((message) => ({ invariant, message }))

const asked = async ([title, holds]: Invariant): Promise<ReadonlyArray<Failure>> => {
  const answer = await outcomeOf(async () => holds())
  if (answer._tag === 'Threw') return failing(title, [textOf(answer.error)])
  return failing(title, answer._tag === 'Returned' && answer.value === false ? ['it does not hold'] : [])
}

const leftovers = ({ isWaitedFor, timers }: Pick<Driven<unknown>, 'isWaitedFor' | 'timers'>): ReadonlyArray<string> => [
  ...(isWaitedFor ? ['somebody still waits for its scope, or for one derived from it'] : []),
  ...(timers > 0 ? [timers === 1 ? 'a timer is left' : `${timers} timers are left`] : []),
]

/** Where a run has left the way of the undisturbed one before it was cancelled. */
const difference = <A>({ ended, passed }: Driven<A>, undisturbed: Driven<A> | null): string | null => {
  if (undisturbed === null || ended.injection === null) return null
  const until = ended.injection.point + 1
  const point = [...passed.slice(0, until), null].findIndex((what, index) => what !== undisturbed.passed[index])
  if (point === until) return null
  const at = (what: string | undefined): string => (what === undefined ? 'it had ended' : `it ${what}`)
  return `at point ${point} ${at(passed[point])}, and undisturbed ${at(undisturbed.passed[point])}`
}

/** Whether an outcome is the reason that was injected, or what the program would have given undisturbed. */
const isAccepted = <A>(
  { ended: { outcome, injection }, isEndless }: Driven<A>,
  undisturbed: Driven<A> | null,
  options: ReplayOptions<A>,
): boolean => {
  const reason = injection?.reason ?? (isEndless ? samples.Requested : null)
  if (reason === null || tells(outcome, reason) || options.isOwn?.(outcome) === true) return true
  return undisturbed !== null && !undisturbed.isEndless && same(outcome, undisturbed.ended.outcome, options)
}

/** Whether an outcome is a reason: as a value, in an `Either` or an `Option`, or as the error that stands for it. */
const tells = <A>(outcome: Outcome<A>, reason: Reason.Reason): boolean => {
  const is = (value: unknown): boolean => Reason.isReason(value) && Reason.Eq.equals(value, reason)
  if (outcome._tag === 'Threw') return isCancellationError(outcome.error) && is(outcome.error.reason)
  if (outcome._tag === 'Pending') return false
  const value: unknown = outcome.value
  if (typeof value !== 'object' || value === null) return false
  return is(value) || ['left', 'right', 'value'].some((key) => is(Reflect.get(value, key)))
}

const same = <A>(first: Outcome<A>, second: Outcome<A>, { Eq }: ReplayOptions<A>): boolean => {
  if (first._tag === 'Returned' && second._tag === 'Returned')
    return Eq?.equals(first.value, second.value) ?? stringify(first.value) === stringify(second.value)
  return first._tag === 'Threw' && second._tag === 'Threw' && textOf(first.error) === textOf(second.error)
}

const textOf = (error: unknown): string =>
  error instanceof AggregateError ? `${String(error)} (${error.errors.map(textOf).join('; ')})` : String(error)
