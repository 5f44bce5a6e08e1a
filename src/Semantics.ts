/**
 * What a token means: a pure function that rewrites it by an event. This is the specification of the live side.
 *
 * The state of a token is a token: after any prefix of events, what is left is a token again, and running the rest of the events on
 * it gives the verdicts the whole trace gives (the residual law). The interpreter agrees with this module on every trace
 * (adequacy) and shares no code with it.
 *
 * A leaf whose time ran out between two looks fired in the past, so many milliseconds *ago*; `andThen` hands that time on to its second
 * part. The earliest to fire gives the reason, ties go to the leftmost. A residual keeps its shape, so that paths stay valid: what
 * fired is `cancelled` in its place.
 *
 * @since 0.1.0
 */
import type { Option } from 'fp-ts/lib/Option.js'
import type { State } from 'fp-ts/lib/State.js'
import { stackSafe } from './internal/recursion.js'
import type { Origin, Path, Reason } from './Reason.js'
import type { Input, Tagged, Token } from './Token.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * Time passed: `ms` on the monotonic clock; the wall clock, which may jump, now reads `wall` (epoch milliseconds).
 *
 * @category model
 * @since 0.1.0
 */
export interface Elapsed {
  readonly _tag: 'Elapsed'
  readonly ms: number
  readonly wall: number
}

/**
 * The holder of the manual input `name` asked to stop.
 *
 * @category model
 * @since 0.1.0
 */
export interface Requested {
  readonly _tag: 'Requested'
  readonly name: string
  readonly detail?: string
}

/**
 * `amount` (0 or more) was spent on the budget `name`.
 *
 * @category model
 * @since 0.1.0
 */
export interface Spent {
  readonly _tag: 'Spent'
  readonly name: string
  readonly amount: number
}

/**
 * A sign of life of `name`.
 *
 * @category model
 * @since 0.1.0
 */
export interface Beat {
  readonly _tag: 'Beat'
  readonly name: string
}

/**
 * One look: what the predicates say, and whether the look is direct or comes through a child scope.
 *
 * A condition whose name is missing counts as a predicate that failed: `fallback` under `onError: 'ignore'`, false under `'throw'`
 * (a live poll would have ended in the error, and there would be no event).
 *
 * @category model
 * @since 0.1.0
 */
export interface Polled {
  readonly _tag: 'Polled'
  readonly conditions: Readonly<Record<string, boolean>>
  readonly direct: boolean
}

/**
 * What can happen to a token.
 *
 * @category model
 * @since 0.1.0
 */
export type Event = Elapsed | Requested | Spent | Beat | Polled

/**
 * The verdict at one event: why the token has fired, if it has, and what is left of it.
 *
 * @category model
 * @since 0.1.0
 */
export interface Moment {
  readonly event: Event
  readonly verdict: Option<Reason>
  readonly residual: Token<Input>
}

/**
 * The moments of a trace, one per event, in order.
 *
 * @category model
 * @since 0.1.0
 */
export type Timeline = ReadonlyArray<Moment>

// -------------------------------------------------------------------------------------
// interpretation
// -------------------------------------------------------------------------------------

/**
 * Rewrites a token by one event: the verdict of that instant, and the residual token.
 *
 * Total and stack-safe; linear in the number of nodes. Once a token without unlatched conditions has fired, every later step
 * gives the same reason. Reasons have no `at`, for the semantics knows no clock.
 *
 * @example
 * ```ts
 * import { Semantics, Token } from 'cantok-ts'
 *
 * const token = Token.andThen(Token.timeout(3), Token.timeout(5))
 * const [verdict, residual] = Semantics.step({ _tag: 'Elapsed', ms: 4, wall: 0 })(token)
 * console.log(verdict) // => { _tag: 'None' }
 * console.log(Token.Eq.equals(residual, Token.timeout(5, { left: 4 }))) // => true
 * ```
 * @category interpretation
 * @since 0.1.0
 */
export const step =
  (event: Event): State<Token<Input>, Option<Reason>> =>
  (token) => {
    let residual = token
    for (const stage of stages(event)) {
      const { firing, left } = rewrite({ token: residual, stage, place: root })
      residual = left
      if (firing === undefined) continue
      const reason = (firing.lasting ?? firing.now).tell()
      return [{ _tag: 'Some', value: reason }, firing.lasting === undefined ? left : { _tag: 'Cancelled', reason }]
    }
    return [{ _tag: 'None' }, residual]
  }

/**
 * Folds `step` over a trace. Linear in events times nodes.
 *
 * @example
 * ```ts
 * import { Semantics, Token } from 'cantok-ts'
 *
 * const poll: Semantics.Event = { _tag: 'Polled', conditions: {}, direct: true }
 * const timeline = Semantics.run(Token.counter(1), [poll, poll])
 * console.log(timeline.map((moment) => moment.verdict._tag)) // => ['None', 'Some']
 * ```
 * @category interpretation
 * @since 0.1.0
 */
export const run = (token: Token<Input>, events: ReadonlyArray<Event>): Timeline => {
  const timeline: Array<Moment> = []
  let residual = token
  for (const event of events) {
    const [verdict, left] = step(event)(residual)
    residual = left
    timeline.push({ event, verdict, residual })
  }
  return timeline
}

// -------------------------------------------------------------------------------------
// private: stages
// -------------------------------------------------------------------------------------

/**
 * What a token goes through at an event. `Started` fires what is due at once. A poll is two stages: first all that needs no
 * predicate, then the predicates.
 */
type Stage =
  | { readonly _tag: 'Started' }
  | Exclude<Event, Polled>
  | { readonly _tag: 'Counted'; readonly direct: boolean }
  | { readonly _tag: 'Asked'; readonly conditions: Readonly<Record<string, boolean>>; readonly direct: boolean }

const stages = (event: Event): ReadonlyArray<Stage> =>
  event._tag === 'Polled'
    ? [{ _tag: 'Started' }, { _tag: 'Counted', direct: event.direct }, { ...event, _tag: 'Asked' }]
    : [{ _tag: 'Started' }, event]

/** What the second part of an `andThen` goes through when the first fired in this stage, so long ago. */
const stagesSince = (stage: Stage, ago: number): ReadonlyArray<Stage> => {
  switch (stage._tag) {
    case 'Started':
    case 'Requested':
    case 'Spent':
    case 'Beat':
      return [{ _tag: 'Started' }]
    case 'Elapsed':
      return [{ _tag: 'Started' }, { ...stage, ms: ago }]
    case 'Counted':
      return [{ _tag: 'Started' }, stage]
    case 'Asked':
      return [{ _tag: 'Started' }, { _tag: 'Counted', direct: stage.direct }, stage]
  }
}

// -------------------------------------------------------------------------------------
// private: firing
// -------------------------------------------------------------------------------------

/** Why, told only where it is asked for; bare is a `cancelled()` without reason or label, which gives way to any other. */
interface Cause {
  readonly tell: () => Reason
  readonly bare: boolean
}

interface Firing {
  /** How many milliseconds before the end of the stage. */
  readonly ago: number
  /** Why it is true in this stage. */
  readonly now: Cause
  /** Why it is so for good; absent where all that makes it true is conditions without a latch. */
  readonly lasting?: Cause
}

/** What is left; of something that has fired for good nothing is, but its cause. */
interface Outcome {
  readonly left: Token<Input>
  readonly firing?: Firing
  /** An `andThen` that keeps a reason to hand on should it end bare, so that one around it need not. */
  readonly keepsReason?: boolean
}

/** Where a part stands: the way up to the root, or to the `all` whose reason will hold the part's. */
interface Place {
  readonly above: Place | undefined
  readonly segments: Path
  readonly label: string | undefined
}

const root: Place = { above: undefined, segments: [], label: undefined }

const inside = (above: Place, segments: Path, label: string | undefined = above.label): Place => ({
  above,
  segments,
  label,
})

const origin = (place: Place): Origin => {
  const upwards: Array<string | number> = []
  for (let at: Place | undefined = place; at !== undefined; at = at.above) upwards.push(...[...at.segments].reverse())
  const path = upwards.reverse()
  return place.label === undefined ? { path } : { label: place.label, path }
}

const waits = (left: Token<Input>): Outcome => ({ left })

/** A leaf fires for good, so long ago. */
const fires = (token: Token<Input>, tell: () => Reason, ago: number = 0, bare: boolean = false): Outcome => {
  const cause: Cause = { tell, bare }
  return { left: token, firing: { ago, now: cause, lasting: cause } }
}

const outcome = (left: Token<Input>, firing: Firing | undefined): Outcome =>
  firing === undefined ? { left } : { left, firing }

const spent = ({ tell, bare }: Cause): Token<Input> =>
  bare ? { _tag: 'Cancelled' } : { _tag: 'Cancelled', reason: tell() }

/** What fired when it was started fired when what started it did. */
const earlier = ({ left, firing }: Outcome, ago: number): Outcome =>
  firing === undefined ? { left } : { left, firing: { ...firing, ago: firing.ago + ago } }

/** How much time the stage covers: as long ago, at the least, fired what had fired before it. */
const span = (stage: Stage): number => (stage._tag === 'Elapsed' ? stage.ms : 0)

// -------------------------------------------------------------------------------------
// private: rewriting
// -------------------------------------------------------------------------------------

interface Rewriting {
  readonly token: Token<Input>
  readonly stage: Stage
  readonly place: Place
}

const rewrite = stackSafe<Rewriting, Outcome>(function* ({ token, stage, place }) {
  switch (token._tag) {
    case 'Never':
      return waits(token)
    case 'Cancelled': {
      const { reason } = token
      if (reason === undefined) return fires(token, () => ({ _tag: 'Requested', ...origin(place) }), span(stage), true)
      const label = reason.label ?? place.label
      return fires(token, () => (label === undefined ? reason : { ...reason, label }), span(stage))
    }
    case 'Manual': {
      if (stage._tag !== 'Requested' || stage.name !== token.name) return waits(token)
      const { name, detail } = stage
      return fires(token, () => ({
        _tag: 'Requested',
        name,
        ...(detail === undefined ? {} : { detail }),
        ...origin(place),
      }))
    }
    case 'Timeout': {
      const { duration } = token
      const left = token.left - span(stage)
      if (left > 0) return waits({ ...token, left })
      return fires(token, () => ({ _tag: 'TimedOut', duration, ...origin(place) }), -left)
    }
    case 'Deadline': {
      const { instant } = token
      if (stage._tag !== 'Elapsed' || stage.wall < instant) return waits(token)
      const ago = Math.min(stage.ms, stage.wall - instant)
      return fires(token, () => ({ _tag: 'DeadlinePassed', instant, ...origin(place) }), ago)
    }
    case 'Counter': {
      const { limit, left } = token
      if (stage._tag !== 'Counted') return waits(token)
      if (left <= 0) return fires(token, () => ({ _tag: 'CounterExhausted', limit, ...origin(place) }))
      return waits(stage.direct || !token.direct ? { ...token, left: left - 1 } : token)
    }
    case 'Condition': {
      const { name } = token
      if (stage._tag !== 'Asked' || !answer(token, stage.conditions)) return waits(token)
      const tell = (): Reason => ({ _tag: 'ConditionMet', name, ...origin(place) })
      return token.latch ? fires(token, tell) : outcome(token, { ago: 0, now: { tell, bare: false } })
    }
    case 'Budget': {
      const { name, limit } = token
      const left = stage._tag === 'Spent' && stage.name === name ? token.left - stage.amount : token.left
      if (left > 0) return waits({ ...token, left })
      return fires(token, () => ({ _tag: 'BudgetSpent', name, limit, spent: limit - left, ...origin(place) }))
    }
    case 'Idle': {
      const { name, duration } = token
      if (stage._tag === 'Beat' && stage.name === name) return waits({ ...token, left: duration })
      const left = token.left - span(stage)
      if (left > 0) return waits({ ...token, left })
      return fires(token, () => ({ _tag: 'Stalled', name, duration, ...origin(place) }), -left)
    }
    case 'Any': {
      const parts: Array<Outcome> = []
      for (const [index, part] of token.tokens.entries()) {
        parts.push(yield { token: part, stage, place: inside(place, ['any', index]) })
      }
      const left: Token<Input> = { ...token, tokens: parts.map((part) => part.left) }
      const fired = earliestFirst(parts)
      const [first] = fired
      if (first === undefined) return waits(left)
      const lasting = fired.find((firing) => firing.lasting !== undefined)?.lasting
      return outcome(left, { ago: first.ago, now: first.now, ...(lasting === undefined ? {} : { lasting }) })
    }
    case 'All': {
      const parts: Array<Outcome> = []
      for (const [index, part] of token.tokens.entries()) {
        parts.push(yield { token: part, stage, place: inside({ ...root, label: place.label }, ['all', index]) })
      }
      const fired = earliestFirst(parts)
      const given = (token.reasons ?? []).map((reason): Cause => ({ tell: () => reason, bare: false }))
      const lasting = [...given, ...fired.flatMap((firing) => firing.lasting ?? [])]
      const firing = fired.length < parts.length ? undefined : firingOfAll(given, fired, stage, place)
      if (firing?.lasting !== undefined) return outcome(token, firing)
      const reasons = lasting.filter(({ bare }) => !bare).map(({ tell }) => tell())
      const left: Token<Input> = {
        _tag: 'All',
        // the reason of a part that has fired for good stands among the reasons of the whole
        tokens: parts.map((part) => (part.firing?.lasting === undefined ? part.left : { _tag: 'Cancelled' })),
        ...(reasons.length === 0 ? {} : { reasons }),
      }
      return outcome(left, firing)
    }
    case 'AndThen': {
      const first: Outcome = yield { token: token.first, stage, place: inside(place, ['andThen', 0]) }
      if (first.firing === undefined) return waits({ ...token, first: first.left })
      const before = first.firing.now
      const wasStarted = token.first._tag === 'Cancelled'
      let second = waits(token.second)
      for (const each of wasStarted ? [stage] : stagesSince(stage, first.firing.ago)) {
        second = yield { token: second.left, stage: each, place: inside(place, ['andThen', 1]) }
        if (!wasStarted && each._tag === 'Started') second = earlier(second, first.firing.ago)
        if (second.firing?.lasting !== undefined) break
      }
      const firing = second.firing && caused(second.firing, (cause) => (cause.bare ? before : cause))
      if (firing?.lasting !== undefined) return outcome(token, firing)
      const keepsReason = second.keepsReason === true
      const done: Token<Input> = keepsReason ? { _tag: 'Cancelled' } : spent(before)
      const left: Token<Input> = { ...token, first: done, second: second.left }
      return { ...outcome(left, firing), keepsReason: keepsReason || !before.bare }
    }
    case 'Labelled': {
      const { label } = token
      const part: Outcome = yield { token: token.token, stage, place: inside(place, ['labelled', label], label) }
      const firing = part.firing && caused(part.firing, ({ tell }) => ({ tell, bare: false }))
      return outcome({ ...token, token: part.left }, firing)
    }
  }
})

const answer = (token: Tagged<'Condition'>, conditions: Readonly<Record<string, boolean>>): boolean => {
  const given: unknown = Object.hasOwn(conditions, token.name) ? conditions[token.name] : undefined
  return typeof given === 'boolean' ? given : token.onError === 'ignore' && token.fallback
}

/** Sorting is stable, so that ties stay in order from left to right. */
const earliestFirst = (parts: ReadonlyArray<Outcome>): ReadonlyArray<Firing> =>
  parts.flatMap(({ firing }) => firing ?? []).sort((x, y) => y.ago - x.ago)

const firingOfAll = (given: ReadonlyArray<Cause>, fired: ReadonlyArray<Firing>, stage: Stage, place: Place): Firing => {
  const last = fired.at(-1)
  const bare: Cause = { tell: last?.now.tell ?? (() => ({ _tag: 'Requested', ...origin(place) })), bare: true }
  const now = together([...given, ...fired.map((firing) => firing.now)], bare, place)
  const lasting = fired.flatMap((firing) => firing.lasting ?? [])
  return {
    ago: last?.ago ?? span(stage),
    now,
    ...(lasting.length < fired.length ? {} : { lasting: together([...given, ...lasting], bare, place) }),
  }
}

/** The cause of an `all` whose parts gave these; a single one stands for itself, and where all are bare it is too. */
const together = (causes: ReadonlyArray<Cause>, bare: Cause, place: Place): Cause => {
  const told = causes.filter((cause) => !cause.bare)
  if (told.length < 2) return told[0] ?? bare
  const reasons = told.map(({ tell }) => tell()) // told now, for an `all` in an `all` nests as deep as the token
  return { tell: () => ({ _tag: 'AllOf', reasons, ...origin(place) }), bare: false }
}

const caused = ({ ago, now, lasting }: Firing, f: (cause: Cause) => Cause): Firing => ({
  ago,
  now: f(now),
  ...(lasting === undefined ? {} : { lasting: f(lasting) }),
})
