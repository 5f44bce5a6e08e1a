/** What must hold of a run that has ended, and what was found instead. */
import { stringify } from 'fast-check'
import { isCancellationError } from '../../CancellationError.js'
import * as Reason from '../../Reason.js'
import { outcomeOf } from './drive.js'
import type { Driven, Invariant } from './drive.js'
import type { Ended, Failure, Outcome, ReplayOptions } from './model.js'

/** What is wrong with a program before it is cancelled anywhere: it was run twice, and compared with itself. */
export const judgeUndisturbed = async <A>(
  driven: Driven<A>,
  again: Driven<A>,
  options: ReplayOptions<A>,
): Promise<ReadonlyArray<Failure>> => {
  const { ended, passed, stuck } = driven
  const off = differenceOf(passed, again.passed, 'once', 'once more') ?? differentEnds(ended, again.ended, options)
  if (stuck === null && off !== null) return failing(sameEachTime, [off])
  const failures = await judge(driven, null, options)
  if (failures.length > 0) return failures
  if (ended.outcome._tag === 'Threw' && options.isOwn?.(ended.outcome) !== true)
    return failing('it does not throw undisturbed', [showOutcome(ended.outcome)])
  return passed.length > 0 ? [] : failing('it can be cancelled', ['it never looked at its scope, nor waited for it'])
}

/** The invariants that a run has broken; one that was cancelled is compared with the undisturbed one. */
export const judge = async <A>(
  driven: Driven<A>,
  undisturbed: Driven<A> | null,
  options: ReplayOptions<A>,
): Promise<ReadonlyArray<Failure>> => {
  const { ended, stuck, invariants } = driven
  const failures = [
    ...failing('it ends once it is cancelled', stuck === null ? [] : [stuck]),
    ...failing('it leaves nothing behind', stuck === null ? leftovers(driven) : []),
    ...failing('what it acquires is released', driven.held > 0 ? [`still held: ${driven.held}`] : []),
    ...failing('it leaves no error unhandled', driven.uncaught.map(textOf)),
    ...failing(
      'it starts no new work once it knows',
      driven.late.map((title) => `it started '${title}'`),
    ),
    ...failing(
      'it tells its invariants',
      driven.untold.map((title) => `ensure('${title}', …) was made and not called: it wants one more ()`),
    ),
  ]
  if (stuck !== null) return failures
  const off =
    undisturbed === null || ended.injection === null
      ? null
      : differenceOf(driven.passed, undisturbed.passed, 'here', 'undisturbed', ended.injection.point)
  if (off !== null) return [...failures, ...failing(sameEachTime, [off])]
  const own = Object.entries(options.invariants ?? {}).map(([title, holds]): Invariant => [title, () => holds(ended)])
  return [
    ...failures,
    ...failing(
      'it ends with the reason or a result of its own',
      isAccepted(driven, undisturbed, options) ? [] : [otherwise(ended.outcome, undisturbed)],
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

const sameEachTime = 'it does the same each time'

const leftovers = ({ waiting, timers }: Pick<Driven<unknown>, 'waiting' | 'timers'>): ReadonlyArray<string> => [
  ...(waiting > 0
    ? [`${waiting === 1 ? 'one waits' : `${waiting} wait`} for its scope, or for one derived from it`]
    : []),
  ...(timers > 0 ? [timers === 1 ? 'a timer is left' : `${timers} timers are left`] : []),
]

/** Where two runs part, up to a point. */
const differenceOf = (
  passed: ReadonlyArray<string>,
  other: ReadonlyArray<string>,
  name: string,
  otherName: string,
  until: number = Math.max(passed.length, other.length) - 1,
): string | null => {
  for (let point = 0; point <= until; point++) {
    const [one, two] = [passed[point] ?? 'it had ended', other[point] ?? 'it had ended']
    if (one !== two) return `at point ${point}: ${name} '${one}', ${otherName} '${two}'`
  }
  return null
}

const differentEnds = <A>(ended: Ended<A>, again: Ended<A>, options: ReplayOptions<A>): string | null =>
  same(ended.outcome, again.outcome, options)
    ? null
    : `once ${showOutcome(ended.outcome)}, once more ${showOutcome(again.outcome)}`

const otherwise = <A>(outcome: Outcome<A>, undisturbed: Driven<A> | null): string =>
  undisturbed === null
    ? showOutcome(outcome)
    : `${showOutcome(outcome)}; undisturbed ${showOutcome(undisturbed.ended.outcome)} (if it is a result of its own, say so by \`isOwn\`)`

/** Whether an outcome is the reason that was injected, or what the program gives undisturbed, or once it is cut for want of an end. */
const isAccepted = <A>(
  { ended: { outcome, injection } }: Driven<A>,
  undisturbed: Driven<A> | null,
  options: ReplayOptions<A>,
): boolean =>
  undisturbed === null ||
  injection === null ||
  tells(outcome, injection.reason) ||
  options.isOwn?.(outcome) === true ||
  same(outcome, undisturbed.ended.outcome, options)

/** Whether an outcome is a reason: as a value, in an `Either` or an `Option`, or as an error that stands for it or is caused by one that does. */
const tells = <A>(outcome: Outcome<A>, reason: Reason.Reason): boolean => {
  if (outcome._tag === 'Threw') return stands(outcome.error, reason)
  if (outcome._tag === 'Pending') return false
  const value: unknown = outcome.value
  if (typeof value !== 'object' || value === null) return false
  return stands(value, reason) || ['left', 'right', 'value'].some((key) => stands(Reflect.get(value, key), reason))
}

/** Platforms reject what was aborted with an error of their own, whose cause is the reason of the signal. */
const stands = (value: unknown, reason: Reason.Reason): boolean => {
  const seen = new Set<unknown>()
  for (
    let each = value;
    typeof each === 'object' && each !== null && !seen.has(each);
    each = Reflect.get(each, 'cause')
  ) {
    const told: unknown = isCancellationError(each) ? each.reason : each
    if (Reason.isReason(told) && Reason.Eq.equals(told, reason)) return true
    seen.add(each)
  }
  return false
}

const same = <A>(first: Outcome<A>, second: Outcome<A>, { Eq }: ReplayOptions<A>): boolean => {
  if (first._tag === 'Returned' && second._tag === 'Returned')
    return Eq?.equals(first.value, second.value) ?? stringify(first.value) === stringify(second.value)
  if (first._tag === 'Threw' && second._tag === 'Threw') return textOf(first.error) === textOf(second.error)
  return first._tag === second._tag
}

const textOf = (error: unknown): string =>
  error instanceof AggregateError ? `${String(error)} (${error.errors.map(textOf).join('; ')})` : String(error)
