/** One event over the leaves of a token: which were started, which fired, and when. */
import { inputs } from '../../Analysis.js'
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
  readonly answer?: boolean
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
  status: status === 'fired' || status === 'unstarted' ? status : 'settled',
})

/** Rewrites a token, marked, by an event from one instant to another, and looks at its leaves. Stack-safe; linear in the number of nodes. */
export const look = (
  outline: Outline | undefined,
  token: AnyToken,
  { event, from, to }: { readonly event: Event; readonly from: number; readonly to: number },
  glimpses: ReadonlyArray<Glimpse>,
): Looked => {
  const after: Array<Glimpse> = [...glimpses]
  const visit = stackSafe<Visit, void>(function* ({ outline: each, before, extents, over }) {
    if (each._tag === 'Leaf') {
      const glimpse = after[each.row] ?? atFirst(each)
      after[each.row] = over ? settled(glimpse) : seen(unmarked(before), glimpse, extents)
    } else if (over || before._tag !== each.tag)
      for (const [, part] of each.parts) yield { outline: part, before, extents: [], over: true }
    else for (const part of visitsOf(each, before, extents)) yield part
  })

  const [verdict, residual] = step(event)(token)
  const extents = [
    ...stagesBefore(token, event).map((each) => ({ event: each, now: from, after: step(each)(token)[1], asks: false })),
    { event, now: to, after: residual, asks: event._tag === 'Polled' },
  ]
  if (outline !== undefined)
    visit({ outline, before: token, extents: untilFired({ before: token, extents }), over: false })
  if (verdict._tag === 'None' || residual._tag !== 'Cancelled') return { glimpses: after, residual }
  return { glimpses: after, residual, reason: verdict.value, firedAt: to - ago(event, token) }
}

/** Changes nothing, but starts what is due at once: the first stage of every event. */
const starting: Event = { _tag: 'Spent', name: '', amount: 0 }

/** The event up to each of its stages but the last. */
const stagesBefore = (token: AnyToken, event: Event): ReadonlyArray<Event> => {
  if (event._tag !== 'Polled') return [starting]
  const conditions = Object.fromEntries(inputs(token).condition.map((name) => [name, false]))
  return [starting, { ...event, conditions }]
}

/** What a part goes through: no more than the stage in which it fires, after which it is `cancelled` in its place. */
const untilFired = ({ before, extents }: Pick<Visit, 'before' | 'extents'>): ReadonlyArray<Extent> => {
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

const visitsOf = ({ tag, parts }: Branch, before: AnyToken, extents: ReadonlyArray<Extent>): ReadonlyArray<Visit> =>
  parts.flatMap(([position, outline]) => {
    const part = partOf(position)
    const token = part(before)
    if (token === undefined) return []
    const whole = { before: token, extents: inside(extents, tag, part) }
    if (before._tag === 'AndThen' && position === 1)
      return [{ outline, before: token, extents: sinceStarted(before.first, whole.extents, extents), over: false }]
    const firesAlone = tag === 'All' || tag === 'AndThen'
    return [{ outline, before: token, extents: firesAlone ? untilFired(whole) : whole.extents, over: false }]
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

/** A leaf after what it goes through. */
const seen = (token: AnyToken, glimpse: Glimpse, extents: ReadonlyArray<Extent>): Glimpse => {
  const extent = extents.at(-1)
  if (glimpse.status === 'fired') return { token: glimpse.token, status: 'fired' }
  if (extent === undefined) return { token: glimpse.token, status: glimpse.status }
  const { event, now, asks } = extent
  const [verdict, left] = step(event)(token)
  const started = glimpse.status === 'unstarted' ? { startedAt: event._tag === 'Elapsed' ? now - event.ms : now } : {}
  const answered = token._tag === 'Condition' && asks ? { answer: verdict._tag === 'Some' } : {}
  if (verdict._tag === 'None') return { token: left, status: 'pending', ...started, ...answered }
  if (left._tag !== 'Cancelled') return { token: left, status: 'momentary', ...started, ...answered }
  return { token: usedUp(token), status: 'fired', ...started, firedAt: now - ago(event, token), ...answered }
}

const usedUp = (token: AnyToken): AnyToken => ('left' in token ? { ...token, left: 0 } : token)
