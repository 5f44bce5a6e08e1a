/**
 * Tokens on their way to another clock: deadlines as timeouts of what remains, or the other way round.
 *
 * A timeout goes on wherever a token is opened, whatever the wall clock says there, but time on the way does not count. A deadline counts all time, on the
 * way and in storage, but wants wall clocks that agree. `rebase` turns one into the other; while the wall clock runs along with time, the verdicts stay.
 *
 * @since 0.1.0
 */
import { received } from '../internal/received.js'
import { partsOf } from '../internal/partsOf.js'
import { stackSafe } from '../internal/recursion.js'
import { all, andThen, cancelled, deadline, fold, never, timeout } from '../Token.js'
import type { Input, Token } from '../Token.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * Which clock a token is to run by: `'relative'` is the monotonic clock of whoever opens it, `'absolute'` the wall clock.
 *
 * @category model
 * @since 0.1.0
 */
export type Clockwork = 'relative' | 'absolute'

// -------------------------------------------------------------------------------------
// rewriting
// -------------------------------------------------------------------------------------

/**
 * Rewrites a token for another clock, as of `wall`, what the wall clock reads now: epoch milliseconds or a `Date`.
 *
 * `'relative'` leaves no deadline: each becomes a timeout of what remains of it, 0 if it has passed. `'absolute'` turns every timeout whose start is
 * known, because it has been started or follows what has only time to wait for, into a deadline; one that waits for something else (a manual input, say)
 * has no start yet and stays. `idle`, which beats restart, stays in both. The reason is then that of the new leaf; labels stay.
 *
 * A deadline behind a start that is not known, `andThen(manual('stop'), deadline(t))`, is no span from that start; in the relative form it becomes
 * "once stopped, and once so much time has passed from now", with the deadline's own reason. It may be seen a poll sooner for each such deadline,
 * never later.
 *
 * **Cost.** Linear, stack-safe. The absolute form has as many nodes as the token, the relative form at most eight times as many, whoever sent it. What
 * comes before a deadline behind an unknown start is repeated for each such deadline, which multiplies where such parts are nested. So an `andThen`
 * whose relative form would have more than eight times its nodes is not repeated: once its first part has fired, the deadlines behind it count as passed.
 * It then may fire sooner than the token, never later, and not before that first part. `andThen(manual('stop'), any(…))` of any number of deadlines and
 * inputs is never too large; a first part of many nodes with many deadlines behind it can be, and so can stages in a row, such as four times
 * `any(deadline(t), budget('calls', 9))` behind `manual('start')`.
 *
 * Exact where instants and spans are whole milliseconds.
 *
 * Throws a `RangeError` if `wall` is not finite or `to` neither name.
 *
 * @example
 * ```ts
 * import { pipe } from 'fp-ts/lib/function.js'
 * import { CancelScope, Clock, Token } from 'cantok-ts'
 * import { rebase } from 'cantok-ts/codec'
 *
 * const clock = Clock.virtual(1_893_456_000_000)
 * const scope = CancelScope.open(Token.timeout('5 seconds'), { clock })()
 * clock.advance('2 seconds')()
 *
 * const stored = pipe(CancelScope.residual(scope)(), rebase('absolute', clock.wall()))
 * console.log(stored) // => { _tag: 'Deadline', instant: 1893456005000 }
 *
 * clock.advance('1 second')()
 * console.log(pipe(stored, rebase('relative', clock.wall()))) // => { _tag: 'Timeout', duration: 2000, left: 2000 }
 * ```
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { rebase } from 'cantok-ts/codec'
 *
 * // too large to be repeated: ten inputs to wait for, and behind them sixteen deadlines, of which any will do
 * const { all, andThen, any, deadline, manual } = Token
 * const ready = all(...Array.from({ length: 10 }, (_, i) => manual(`part-${i}`)))
 * const limits = any(...Array.from({ length: 16 }, (_, i) => deadline(60_000 + i)))
 *
 * const sent = rebase('relative', 0)(andThen(ready, limits))
 * const due = Array.from({ length: 16 }, () => Token.timeout(0)) // once all are ready, without waiting for the first deadline
 * console.log(Token.Eq.equals(sent, andThen(ready, any(...due)))) // => true
 * ```
 * @category rewriting
 * @since 0.1.0
 */
export const rebase = (to: Clockwork, wall: number | Date): (<I extends Input>(token: Token<I>) => Token<I>) =>
  rebaseWithin(8)(to, wall)

/** With a bound of one's own on the nodes of the relative form of an `andThen`, in times its own; not part of the public interface. */
export const rebaseWithin =
  (growth: number) =>
  (to: Clockwork, wall: number | Date): (<I extends Input>(token: Token<I>) => Token<I>) => {
    if (to !== 'relative' && to !== 'absolute') {
      throw new RangeError(`to must be 'relative' or 'absolute', but was ${received(to)}`)
    }
    const now = instantOf(wall)
    return <I extends Input>(token: Token<I>): Token<I> => {
      const rewrite = rebased(to, growth, withDeadline(token), sizing())
      return rewrite({ token, start: { _tag: 'At', instant: now } }).token as Token<I> // sound: no input is added
    }
  }

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

const instantOf = (wall: number | Date): number => {
  const instant = typeof wall === 'object' && typeof wall?.getTime === 'function' ? wall.getTime() : wall
  if (typeof instant === 'number' && Number.isFinite(instant)) return instant
  throw new RangeError(`wall must be finite epoch milliseconds or a valid Date, but was ${received(instant)}`)
}

/** When a part is started: at an instant that is known, or once `before` has fired, which itself is started at `origin`. */
type Start =
  | { readonly _tag: 'At'; readonly instant: number }
  | { readonly _tag: 'After'; readonly before: Token<Input>; readonly origin: number }

interface Rebasing {
  readonly token: Token<Input>
  readonly start: Start
}

interface Rebased {
  /** Of a part whose start is not known, `before` included: what stands for `andThen(before, token)`. */
  readonly token: Token<Input>
  /** When it fires, where only time decides; `Infinity` is never. */
  readonly at?: number
}

const rebased = (
  to: Clockwork,
  growth: number,
  hasDeadline: ReadonlySet<Token<Input>>,
  size: (token: Token<Input>) => number,
): ((rebasing: Rebasing) => Rebased) =>
  stackSafe<Rebasing, Rebased>(function* ({ token, start }) {
    if (start._tag === 'After' && !hasDeadline.has(token)) return { token: andThen(start.before, token) }
    switch (token._tag) {
      case 'Never':
        return { token, at: Infinity }
      case 'Cancelled':
        return dueAt(token, start)
      case 'Manual':
      case 'Counter':
      case 'Condition':
        return { token }
      case 'Budget':
      case 'Idle':
        return token.left <= 0 ? dueAt(token, start) : { token }
      case 'Timeout': {
        if (start._tag === 'After') return { token }
        if (token.left <= 0) return dueAt(token, start) // what is due waits for no clock
        const at = start.instant + token.left
        return { token: to === 'absolute' ? deadline(at) : token, at }
      }
      case 'Deadline': {
        const { instant } = token
        if (start._tag === 'After') return { token: onceAlsoPassed(instant, start.before, start.origin) }
        const at = Math.max(start.instant, instant)
        return { token: to === 'relative' ? remaining(at, start.instant) : token, at }
      }
      case 'Any':
      case 'All': {
        const parts: Array<Rebased> = []
        for (const part of token.tokens) parts.push(yield { token: part, start })
        const whole = { ...token, tokens: parts.map((part) => part.token) }
        const at = start._tag === 'After' ? undefined : atOf[token._tag](parts, start.instant)
        return at === undefined ? { token: whole } : { token: whole, at }
      }
      case 'AndThen': {
        const first: Rebased = yield { token: token.first, start }
        if (start._tag === 'After') {
          return yield { token: token.second, start: { ...start, before: first.token } }
        }
        if (first.at !== undefined) {
          const second: Rebased = yield { token: token.second, start: { _tag: 'At', instant: first.at } }
          return { ...second, token: { ...token, first: first.token, second: second.token } }
        }
        if (to === 'absolute' || !hasDeadline.has(token.second)) return { token: { ...token, first: first.token } }
        const exact: Rebased = yield {
          token: token.second,
          start: { _tag: 'After', before: first.token, origin: start.instant },
        }
        // bounded here, where the parts that repeat begin, the whole is bounded too: all else keeps its nodes
        if (size(exact.token) <= growth * size(token)) return exact
        return { token: { ...token, first: first.token, second: dueOnceStarted(token.second) } }
      }
      case 'Labelled': {
        const part: Rebased = yield { token: token.token, start }
        return { ...part, token: { ...token, token: part.token } }
      }
    }
  })

const dueAt = (token: Token<Input>, start: Start): Rebased =>
  start._tag === 'At' ? { token, at: start.instant } : { token }

const remaining = (at: number, start: number): Token => (at === Infinity ? never : timeout(at - start))

/** For `andThen(before, deadline(instant))`: by distributivity what waits for both, and then says that the deadline has passed. */
const onceAlsoPassed = (instant: number, before: Token<Input>, origin: number): Token<Input> => {
  const left = remaining(Math.max(origin, instant), origin)
  // `andThen` with `cancelled` latches what comes before, as the `andThen` did that this one replaces
  const both = all(andThen(before, cancelled()), left)
  return andThen(both, cancelled({ _tag: 'DeadlinePassed', instant, path: [] }))
}

/** Fires no later than the token, whenever it is started, and needs to know no more than that start. */
const dueOnceStarted = fold<Token<Input>>({
  Never: (token) => token,
  Cancelled: (token) => token,
  Manual: (token) => token,
  Timeout: (token) => token,
  Deadline: () => timeout(0),
  Counter: (token) => token,
  Condition: (token) => token,
  Budget: (token) => token,
  Idle: (token) => token,
  Any: (token, tokens) => ({ ...token, tokens }),
  All: (token, tokens) => ({ ...token, tokens }),
  AndThen: (token, first, second) => ({ ...token, first, second }),
  Labelled: (token, part) => ({ ...token, token: part }),
})

/** The number of nodes; of tokens that share parts each part is visited once, though it counts wherever it stands. */
const sizing = (): ((token: Token<Input>) => number) => {
  const sizes = new Map<Token<Input>, number>()
  return stackSafe<Token<Input>, number>(function* (token) {
    let size = sizes.get(token)
    if (size !== undefined) return size
    size = 1
    for (const part of partsOf(token)) size += yield part
    sizes.set(token, size)
    return size
  })
}

/** When an `any` and an `all` fire of whose parts only time decides; parts of which it does not fire at their start or later. */
const atOf = {
  Any: (parts: ReadonlyArray<Rebased>, start: number): number | undefined => {
    const known = knownOf(parts)
    const soonest = known.reduce((least, at) => Math.min(least, at), Infinity)
    return known.length === parts.length || soonest <= start ? soonest : undefined
  },
  All: (parts: ReadonlyArray<Rebased>, start: number): number | undefined => {
    const known = knownOf(parts)
    const last = known.reduce((most, at) => Math.max(most, at), start)
    return known.length === parts.length || last === Infinity ? last : undefined
  },
}

const knownOf = (parts: ReadonlyArray<Rebased>): ReadonlyArray<number> => parts.flatMap(({ at }) => at ?? [])

/** All parts of a token, itself included, that hold a deadline. */
const withDeadline = (token: Token<Input>): ReadonlySet<Token<Input>> => {
  const found = new Set<Token<Input>>()
  const no = (): boolean => false
  const note = (each: Token<Input>, holds: boolean): boolean => {
    if (holds) found.add(each)
    return holds
  }
  fold<boolean>({
    Never: no,
    Cancelled: no,
    Manual: no,
    Timeout: no,
    Deadline: (each) => note(each, true),
    Counter: no,
    Condition: no,
    Budget: no,
    Idle: no,
    Any: (each, parts) => note(each, parts.includes(true)),
    All: (each, parts) => note(each, parts.includes(true)),
    AndThen: (each, first, second) => note(each, first || second),
    Labelled: (each, part) => note(each, part),
  })(token)
  return found
}
