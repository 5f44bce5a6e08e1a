/** One event over the leaves of a token: which were started, which fired, and when. */
import { stackSafe } from '../../internal/recursion.js'
import type { Reason } from '../../Reason.js'
import { step } from '../../Semantics.js'
import type { Event } from '../../Semantics.js'
import type { Input, Token } from '../../Token.js'
import { unmarked } from './outline.js'
import type { Branch, Leaf, Outline } from './outline.js'

type AnyToken = Token<Input>

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/** A leaf after an event: what is left of it, and what happened to it in that event. */
export interface Glimpse {
  readonly token: AnyToken
  readonly status: 'unstarted' | 'pending' | 'momentary' | 'fired' | 'settled'
  readonly startedAt?: number
  readonly firedAt?: number
  readonly settledAt?: number
  readonly answer?: boolean
}

/** An event, from one instant to another; whether it is the first of the trace, and the names of the token's conditions. */
export interface Happening {
  readonly event: Event
  readonly from: number
  readonly to: number
  readonly isFirst: boolean
  readonly conditions: ReadonlyArray<string>
}

/** A token after an event: its leaves, what is left of it, and the reason and the instant if it fired for good. */
export interface Looked {
  readonly glimpses: ReadonlyArray<Glimpse>
  readonly residual: AnyToken
  readonly reason?: Reason
  readonly firedAt?: number
}

/**
 * An event up to one of its stages: the instant at which that ends, and what is left then of a part; nothing where something around the part has fired.
 *
 * What fires in a stage is not there in the next: a poll counts first, and asks only what has not fired by that.
 */
interface Extent {
  readonly event: Event
  readonly now: number
  readonly after: AnyToken | undefined
  /** Whether predicates are asked. */
  readonly asks: boolean
}

interface Visit {
  readonly outline: Outline
  readonly before: AnyToken
  /** Empty for what is not started, or is part of what fired before. */
  readonly extents: ReadonlyArray<Extent>
  readonly over: boolean
  /** The instant at which it, or what it is part of, fires; infinite if it does not in this event. */
  readonly until: number
  readonly depth: number
}

// -------------------------------------------------------------------------------------
// looking
// -------------------------------------------------------------------------------------

/** A leaf before anything happened: started where no first part of an `andThen` has to fire before. */
export const atFirst = ({ token, path }: Leaf): Glimpse => ({
  token,
  status: path.some((name, index) => index % 2 === 0 && name === 'andThen' && path[index + 1] === 1)
    ? 'unstarted'
    : 'pending',
})

/** A leaf after what it is part of has fired: it keeps what it was. */
export const settled = ({ token, status }: Glimpse): Glimpse => ({
  token,
  status: status === 'fired' ? status : 'settled',
})

/** Rewrites a token, marked, by an event from one instant to another, and looks at its leaves. Stack-safe; linear in the number of nodes. */
export const look = (
  outline: Outline | undefined,
  token: AnyToken,
  happening: Happening,
  glimpses: ReadonlyArray<Glimpse>,
): Looked => {
  const { event, from, to } = happening
  const after: Array<Glimpse> = [...glimpses]
  const visit = stackSafe<Visit, void>(function* (given) {
    const { outline: each, before, extents, over, until } = given
    if (each._tag === 'Leaf') {
      const glimpse = after[each.row] ?? atFirst(each)
      after[each.row] = over ? settled(glimpse) : seen(unmarked(before), glimpse, extents, until)
    } else if (over || before._tag !== each.tag)
      for (const [, part] of each.parts) yield { ...given, outline: part, extents: [], over: true }
    else for (const part of visitsOf(each, given)) yield part
  })

  const [verdict, residual] = step(event)(token)
  const extents = [
    ...stagesBefore(happening).map((each) => ({ event: each, now: from, after: step(each)(token)[1], asks: false })),
    { event, now: to, after: residual, asks: event._tag === 'Polled' },
  ]
  const firedAt = verdict._tag === 'Some' && residual._tag === 'Cancelled' ? to - ago(event, token) : undefined
  if (outline !== undefined)
    visit({
      outline,
      before: token,
      extents: untilFired(token, extents),
      over: false,
      until: firedAt ?? Infinity,
      depth: 0,
    })
  if (verdict._tag === 'None' || firedAt === undefined) return { glimpses: after, residual }
  return { glimpses: after, residual, reason: verdict.value, firedAt }
}

/** Changes nothing, but fires what is due at once: the first stage of every event, after which nothing is. */
const starting: Event = { _tag: 'Spent', name: '', amount: 0 }

/** A look in which nothing else happens. */
export const beginning: Happening = { event: starting, from: 0, to: 0, isFirst: false, conditions: [] }

/** The event up to each of its stages but the last, where they may matter. */
const stagesBefore = ({ event, isFirst, conditions }: Happening): ReadonlyArray<Event> => [
  ...(isFirst ? [starting] : []),
  ...(event._tag === 'Polled' && conditions.length > 0
    ? [{ ...event, conditions: Object.fromEntries(conditions.map((name) => [name, false])) }]
    : []),
]

/** What a part goes through: no more than the stage in which it fires, after which it is `cancelled` in its place. */
const untilFired = (before: AnyToken, extents: ReadonlyArray<Extent>): ReadonlyArray<Extent> => {
  if (before._tag === 'Cancelled') return extents
  const fired = extents.findIndex(({ after }) => after?._tag === 'Cancelled')
  return fired < 0 ? extents : extents.slice(0, fired + 1)
}

/** What fired is `cancelled`, without its parts. */
const inside = (
  extents: ReadonlyArray<Extent>,
  tag: Branch['tag'],
  part: (after: AnyToken) => AnyToken | undefined,
): ReadonlyArray<Extent> =>
  extents.map((extent) => ({ ...extent, after: extent.after?._tag === tag ? part(extent.after) : undefined }))

const partOf =
  (position: number) =>
  (token: AnyToken): AnyToken | undefined => {
    switch (token._tag) {
      case 'Any':
      case 'All':
        return token.tokens[position]
      case 'AndThen':
        return position === 0 ? token.first : token.second
      case 'Labelled':
        return token.token
      default:
        return undefined
    }
  }

/** Deeper than that the instant of what fired within a look is not told, for to find it takes a look at all that is below. */
const deepest = 8

const visitsOf = ({ tag, parts }: Branch, { before, extents, until, depth }: Visit): ReadonlyArray<Visit> =>
  parts.flatMap(([position, outline]) => {
    const part = partOf(position)
    const token = part(before)
    if (token === undefined) return []
    const all = inside(extents, tag, part)
    const visit: Visit = { outline, before: token, extents: all, over: false, until, depth: depth + 1 }
    if (before._tag === 'AndThen' && position === 1)
      return [{ ...visit, extents: sinceStarted(before.first, all, extents) }]
    if ((tag !== 'All' && tag !== 'AndThen') || token._tag === 'Cancelled') return [visit]
    const own = untilFired(token, all)
    const last = own.at(-1)
    const firedAt =
      last !== undefined && depth <= deepest && firesIn(last, token) ? last.now - ago(last.event, token) : Infinity
    return [{ ...visit, extents: own, until: Math.min(until, firedAt) }]
  })

/** What the second part of an `andThen` goes through, once the first has fired. */
const sinceStarted = (
  first: AnyToken,
  second: ReadonlyArray<Extent>,
  whole: ReadonlyArray<Extent>,
): ReadonlyArray<Extent> => {
  if (first._tag === 'Cancelled') return second
  return second.flatMap((extent, index) => {
    const { event } = extent
    const left = whole[index]?.after
    const fires = left?._tag === 'AndThen' ? left.first._tag === 'Cancelled' : hasFired(event, first)
    if (!fires) return []
    if (event._tag === 'Polled') return [extent]
    if (event._tag === 'Elapsed') return [{ ...extent, event: { ...event, ms: ago(event, first) } }]
    return [hasFired(starting, first) ? extent : { ...extent, event: starting }]
  })
}

/** Whether a part fires for good; of one in something that fires too no residual is left to tell. */
const firesIn = ({ event, after }: Extent, token: AnyToken): boolean =>
  (after ?? step(event)(token)[1])._tag === 'Cancelled'

const hasFired = (event: Event, token: AnyToken): boolean => step(event)(token)[0]._tag === 'Some'

/** How long before the end of an event a token fired in it: so much a timeout that follows it has lost. */
const ago = (event: Event, token: AnyToken): number => {
  if (event._tag !== 'Elapsed') return 0
  const whole = event.ms === 0 ? 1 : 2 * event.ms
  const [, left] = step(event)({
    _tag: 'AndThen',
    first: token,
    second: { _tag: 'Timeout', duration: whole, left: whole },
  })
  return left._tag === 'AndThen' && left.second._tag === 'Timeout' ? whole - left.second.left : 0
}

/** A leaf after what it goes through, which ends when what it is part of fires. */
const seen = (token: AnyToken, glimpse: Glimpse, extents: ReadonlyArray<Extent>, until: number): Glimpse => {
  const extent = extents.at(-1)
  if (glimpse.status === 'fired') return { token: glimpse.token, status: 'fired' }
  if (extent === undefined)
    return { token: glimpse.token, status: glimpse.status, ...(until === Infinity ? {} : { settledAt: until }) }
  const { event, now, asks } = extent
  const startedAt = event._tag === 'Elapsed' ? now - event.ms : now
  const started = glimpse.status === 'unstarted' ? { startedAt } : {}

  const [verdict, left] = step(event)(token)
  const answered = token._tag === 'Condition' && asks ? { answer: verdict._tag === 'Some' } : {}
  const firedAt = left._tag === 'Cancelled' ? now - ago(event, token) : undefined
  if (firedAt !== undefined && firedAt <= until + inexact)
    return { token: usedUp(token), status: 'fired', ...started, firedAt, ...answered }
  const stopped = until === Infinity ? {} : { settledAt: until }
  if (event._tag !== 'Elapsed' || until >= now - inexact) {
    const status = verdict._tag === 'None' ? 'pending' : 'momentary'
    return { token: left, status, ...started, ...stopped, ...answered }
  }
  if (glimpse.status === 'unstarted' && startedAt > until) return { ...glimpse, ...stopped }
  const rest = now - until
  const [, then] = step({ ...event, ms: Math.max(0, event.ms - rest), wall: event.wall - rest })(token)
  return { token: then._tag === 'Cancelled' ? token : then, status: 'pending', ...started, ...stopped }
}

/** Sums of fractions of milliseconds are not exact. */
export const inexact = 1e-6

const usedUp = (token: AnyToken): AnyToken => ('left' in token ? { ...token, left: 0 } : token)
