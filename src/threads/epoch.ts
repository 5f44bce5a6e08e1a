/**
 * What a shared scope has come to, as a fold over a log that all its threads read alike.
 *
 * Time, polls, spending and beats are measures that go on by themselves; the log holds only what makes something fire, together with the measures
 * of that moment. So every thread comes to the same token, and the same first reason, whatever it has seen of the time between. The rewriting
 * is that of `Semantics`.
 */
import { stackSafe } from '../internal/recursion.js'
import type { Path, Reason } from '../Reason.js'
import { step } from '../Semantics.js'
import type { Event, Requested, Spent } from '../Semantics.js'
import type { Input, Tagged, Token } from '../Token.js'
import { eachLive, mapLive, mapReasons, pathsIn } from './walk.js'

/** What leaves are counted against: an instant on the clock that the threads share, polls, what was spent on each budget, the instant of the last beat of each name. */
export interface Measures {
  readonly instant: number
  readonly polls: number
  readonly directPolls: number
  readonly spent: ReadonlyArray<number>
  readonly beats: ReadonlyArray<number>
}

/** What the log tells: an event of the token, a reason from outside it, or that it stands still from now on. */
export type Happening =
  | Elapsed
  | Requested
  | Spent
  | Polled
  | { readonly _tag: 'Decided'; readonly reason: Reason }
  | { readonly _tag: 'Closed' }

/** Time passed; dates that are reached in it are so after the instant `from`, if there is one. */
interface Elapsed {
  readonly _tag: 'Elapsed'
  readonly from?: number
}

/** A look with the answers that matter: of all other conditions it knows nothing. `failed` are predicates that gave no boolean. */
interface Polled {
  readonly _tag: 'Polled'
  readonly direct: boolean
  readonly met: ReadonlyArray<string>
  readonly failed: ReadonlyArray<string>
}

/** `measures` are those of the moment, a poll's own tick included. */
export interface Entry {
  readonly happening: Happening
  readonly wall: number
  readonly measures: Measures
}

/** The names in the token; measures are kept by the place of theirs. */
export interface Names {
  readonly budget: ReadonlyArray<string>
  readonly condition: ReadonlyArray<string>
  readonly idle: ReadonlyArray<string>
  readonly manual: ReadonlyArray<string>
}

/** What is left of the token since these measures; a counter, a budget or an idle that others have used up in a race may have less than nothing left. */
export interface Epoch {
  readonly token: Token<Input>
  readonly since: Measures
  readonly decided: Reason | null
  /** The token has fired, and not something outside it. */
  readonly hasFired: boolean
  readonly closed: boolean
}

/** The next epoch. */
export const follow = (epoch: Epoch, { happening, wall, measures }: Entry, names: Names): Epoch => {
  if (epoch.decided !== null || epoch.closed) return epoch
  if (happening._tag === 'Decided') return { ...epoch, decided: happening.reason }
  const since = latest(epoch.since, measures)
  if (happening._tag === 'Closed') return { ...epoch, token: remeasured(epoch, since, names), since, closed: true }
  let next = isMeasured(epoch.token) ? measured(epoch, happening, since, names) : epoch.token
  // dates are reached between looks: one that is started in a look is not found in it
  const reached = happening._tag === 'Elapsed' ? wall : -Infinity
  const start = epoch.since.instant
  const from = happening._tag === 'Elapsed' ? (happening.from ?? start) : start
  const elapsed: ReadonlyArray<Event> = [
    ...(from > start ? [{ _tag: 'Elapsed', ms: from - start, wall: -Infinity } as const] : []),
    { _tag: 'Elapsed', ms: since.instant - Math.max(start, from), wall: reached },
  ]
  for (const event of isTimed(next) ? [...elapsed, ...eventsOf(happening, names)] : eventsOf(happening, names)) {
    const given = pathsIn(next)
    const [verdict, left] = step(event)(next)
    const stamp = stamping(given, wall)
    if (verdict._tag === 'Some' && left._tag === 'Cancelled') {
      const decided = stamp(verdict.value)
      return { token: { _tag: 'Cancelled', reason: decided }, since, decided, hasFired: true, closed: false }
    }
    next = mapReasons(left, stamp)
  }
  return { ...epoch, token: next, since }
}

/** The token of an epoch as it is by these measures, where nothing has fired since; what has less than nothing left has nothing. */
export const remeasured = (epoch: Epoch, now: Measures, names: Names): Token<Input> =>
  mapLive(epoch.token, (leaf) => {
    const { since } = epoch
    switch (leaf._tag) {
      case 'Timeout':
        return { ...leaf, left: within(leaf.left - (now.instant - since.instant), leaf.left) }
      case 'Idle':
        return { ...leaf, left: within(idleDue(leaf, since, now, names) - now.instant, leaf.duration) }
      case 'Counter':
        return {
          ...leaf,
          left: within(counterDue(leaf, since) - (leaf.direct ? now.directPolls : now.polls), leaf.limit),
        }
      case 'Budget':
        return { ...leaf, left: within(budgetLeft(leaf, since, now, names), leaf.limit) }
      default:
        return leaf
    }
  })

// -------------------------------------------------------------------------------------
// leaves
// -------------------------------------------------------------------------------------

/** The number of polls from which on a counter is exhausted. */
export const counterDue = ({ direct, left }: Tagged<'Counter'>, since: Measures): number =>
  (direct ? since.directPolls : since.polls) + left

export const budgetLeft = ({ name, left }: Tagged<'Budget'>, since: Measures, now: Measures, names: Names): number => {
  const place = names.budget.indexOf(name)
  return left - (now.spent[place]! - since.spent[place]!)
}

/** The instant at which an idle stalls: a beat that was not known of puts it off. */
export const idleDue = (
  { name, duration, left }: Tagged<'Idle'>,
  since: Measures,
  now: Measures,
  names: Names,
): number => {
  const place = names.idle.indexOf(name)
  const due = since.instant + left
  return now.beats[place]! > since.beats[place]! ? Math.max(due, now.beats[place]! + duration) : due
}

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

const someLive = (token: Token<Input>, holds: (leaf: Token<Input>) => boolean): boolean => {
  let found = false
  eachLive(token, (leaf) => {
    found ||= holds(leaf)
  })
  return found
}

/** Some live leaf is counted against something other than time and inputs. */
const isMeasured = (token: Token<Input>): boolean =>
  someLive(token, ({ _tag }) => _tag === 'Counter' || _tag === 'Budget' || _tag === 'Idle')

const isTimed = (token: Token<Input>): boolean =>
  someLive(token, ({ _tag }) => _tag === 'Timeout' || _tag === 'Deadline' || _tag === 'Idle')

/** The token with what is left of its counters and budgets before what happens, and of its idles at the last epoch. */
const measured = (epoch: Epoch, happening: Happening, since: Measures, names: Names): Token<Input> =>
  mapLive(epoch.token, (leaf) => {
    switch (leaf._tag) {
      case 'Counter': {
        // the poll is counted already, and the step counts it again
        const own = happening._tag === 'Polled' && (happening.direct || !leaf.direct) ? 1 : 0
        return { ...leaf, left: counterDue(leaf, epoch.since) - (leaf.direct ? since.directPolls : since.polls) + own }
      }
      case 'Budget': {
        // the amount that is being spent is the step's business
        const isSpent = happening._tag === 'Spent' && happening.name === leaf.name
        return isSpent ? leaf : { ...leaf, left: budgetLeft(leaf, epoch.since, since, names) }
      }
      case 'Idle':
        return { ...leaf, left: idleDue(leaf, epoch.since, since, names) - epoch.since.instant }
      default:
        return leaf
    }
  })

/** Conditions that were not asked are not met, also where they would be if they failed. */
const eventsOf = (
  happening: Exclude<Happening, { _tag: 'Decided' | 'Closed' }>,
  names: Names,
): ReadonlyArray<Event> => {
  if (happening._tag === 'Elapsed') return []
  if (happening._tag !== 'Polled') return [happening]
  const { direct, met, failed } = happening
  const answers = names.condition.filter((name) => !failed.includes(name)).map((name) => [name, met.includes(name)])
  return [{ _tag: 'Polled', direct, conditions: Object.fromEntries(answers) }]
}

/** Measures never go back, in whatever order threads have taken them. */
const latest = (since: Measures, now: Measures): Measures => ({
  instant: Math.max(since.instant, now.instant),
  polls: Math.max(since.polls, now.polls),
  directPolls: Math.max(since.directPolls, now.directPolls),
  spent: now.spent.map((amount, place) => Math.max(amount, since.spent[place]!)),
  beats: now.beats.map((beat, place) => Math.max(beat, since.beats[place]!)),
})

const within = (left: number, most: number): number => Math.max(0, Math.min(left, most))

/** Says when: the semantics knows no clock. Reasons that were there before keep what they have. */
const stamping = (given: ReadonlySet<Path>, at: number): ((reason: Reason) => Reason) =>
  stackSafe<Reason, Reason>(function* (reason) {
    if (given.has(reason.path) || reason.at !== undefined) return reason
    if (reason._tag !== 'AllOf') return { ...reason, at }
    const reasons: Array<Reason> = []
    for (const part of reason.reasons) reasons.push(yield part)
    const last = reasons.at(-1)?.at
    return { ...reason, reasons, ...(last === undefined ? {} : { at: last }) }
  })
