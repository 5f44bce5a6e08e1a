/**
 * The normal form of tokens, behind `Analysis.normalise` and `Token.Eq`.
 *
 * Nodes of a normal form are interned in a table that lives as long as one question: nodes that are the same data share a
 * number, so that duplicates are found, and two tokens compared, without walking trees again.
 */
import type { Reason } from '../Reason.js'
import type { Input, Tagged, Token } from '../Token.js'
import { reasonText } from './reasonText.js'
import { stackSafe } from './recursion.js'

/** The token that is left when all that cannot be observed is dropped. */
export const normalForm = (token: Token<Input>): Token<Input> => normaliser()({ token, isLabelled: false }).token

/** Whether two tokens have the same normal form. */
export const sameNormalForm = (first: Token<Input>, second: Token<Input>): boolean => {
  if (first === second) return true
  const normalise = normaliser()
  return normalise({ token: first, isLabelled: false }).id === normalise({ token: second, isLabelled: false }).id
}

interface Normal {
  readonly token: Token<Input>
  /** Equal for equal data, within one table. */
  readonly id: number
  /** The parts of an `any`, an `all` or a sequence of `andThen`; a leaf and a label have none. */
  readonly parts: ReadonlyArray<Normal>
  /** Fires the moment it is started. */
  readonly due: boolean
  /** Once true stays true: no condition without a latch can take its verdict back. */
  readonly latching: boolean
}

type Rules = Pick<Normal, 'due' | 'latching'>

interface Normalising {
  readonly token: Token<Input>
  /** Within a label: then every reason carries it, and none may go. */
  readonly isLabelled: boolean
}

const normaliser = (): ((normalising: Normalising) => Normal) => {
  const ids = new Map<string, number>()
  const intern = (key: string, token: Token<Input>, parts: ReadonlyArray<Normal>, rules: Rules): Normal => {
    const id = ids.get(key) ?? ids.size
    ids.set(key, id)
    return { token, id, parts, ...rules }
  }
  const compound = (key: string, token: Token<Input>, parts: ReadonlyArray<Normal>, rules: Rules): Normal =>
    intern(`${key} ${parts.map(({ id }) => id).join()}`, token, parts, rules)
  const leaf = (token: Token<Input>, due: boolean, latching: boolean = true): Normal =>
    intern(JSON.stringify(Object.entries(token).sort(([x], [y]) => (x < y ? -1 : 1))), token, [], { due, latching })

  const never = leaf({ _tag: 'Never' }, false)
  const bare = leaf({ _tag: 'Cancelled' }, true)
  const cancelled = (reason: Reason): Normal =>
    intern(`Cancelled ${reasonText(reason)}`, { _tag: 'Cancelled', reason }, [], { due: true, latching: true })

  const any = (parts: ReadonlyArray<Normal>): Normal => {
    const flat = parts.flatMap((part) => (part.token._tag === 'Any' ? part.parts : [part]))
    const due = flat.find((part) => part.due)
    if (due !== undefined) return due
    const left = undominated(
      distinctBy(
        flat.filter(({ id }) => id !== never.id),
        identity,
      ),
      (first, second) => first < second,
    )
    if (left.length < 2) return left[0] ?? never
    const latching = left.every((part) => part.latching)
    return compound('Any', { _tag: 'Any', tokens: left.map(({ token }) => token) }, left, { due: false, latching })
  }

  const all = (parts: ReadonlyArray<Normal>, fired: ReadonlyArray<Reason>, isLabelled: boolean): Normal => {
    const flat = parts.flatMap((part) => (part.token._tag === 'All' ? part.parts : [part]))
    if (flat.some(({ id }) => id === never.id)) return never
    const reasons = distinctBy(
      fired.concat(parts.flatMap(({ token }) => (token._tag === 'All' ? (token.reasons ?? []) : []))),
      reasonText,
    )
    const waiting = distinctBy(
      flat.filter(({ id }) => id !== bare.id),
      identity,
    )
    const left = isLabelled ? waiting : undominated(waiting, (first, second) => first > second)
    const [only, ...others] = left
    if (only === undefined) {
      const [reason, ...more] = reasons
      if (reason === undefined) return bare
      return cancelled(more.length === 0 ? reason : { _tag: 'AllOf', reasons, path: [] })
    }
    if (others.length === 0 && reasons.length === 0) return only
    const tokens = left.map(({ token }) => token)
    return compound(
      `All ${reasons.map(reasonText).join()}`,
      reasons.length === 0 ? { _tag: 'All', tokens } : { _tag: 'All', tokens, reasons },
      left,
      { due: left.every((part) => part.due), latching: left.every((part) => part.latching) },
    )
  }

  const andThen = (parts: ReadonlyArray<Normal>): Normal => {
    const sequence = parts.flatMap((part) => (part.token._tag === 'AndThen' ? part.parts : [part]))
    if (sequence.some(({ id }) => id === never.id)) return never
    // a bare `cancelled` at the end hands on the reason before it, so it may go; it stays where it latches what does not
    while (sequence.length > 1 && sequence.at(-1)?.id === bare.id && sequence.at(-2)?.latching === true) sequence.pop()
    const left = sequence.filter((part, index) => !part.due || index === sequence.length - 1)
    const last = left.at(-1)
    if (last === undefined || left.length === 1) return last ?? bare
    const token = left
      .slice(0, -1)
      .reduceRight<Token<Input>>((second, { token: first }) => ({ _tag: 'AndThen', first, second }), last.token)
    return compound('AndThen', token, left, { due: false, latching: last.latching })
  }

  return stackSafe<Normalising, Normal>(function* ({ token, isLabelled }) {
    switch (token._tag) {
      case 'Never':
        return never
      case 'Cancelled':
        return token.reason === undefined ? bare : cancelled(token.reason)
      case 'Manual':
      case 'Deadline':
      case 'Counter':
        return leaf(token, false)
      case 'Timeout':
      case 'Budget':
      case 'Idle':
        return leaf(token, token.left <= 0)
      case 'Condition':
        return leaf(token, false, token.latch)
      case 'Any': {
        const parts: Array<Normal> = []
        for (const part of nested(token)) parts.push(yield { token: part, isLabelled })
        return any(parts)
      }
      case 'All': {
        const parts: Array<Normal> = []
        for (const part of nested(token)) parts.push(yield { token: part, isLabelled })
        return all(parts, firedIn(token), isLabelled)
      }
      case 'AndThen': {
        const parts: Array<Normal> = []
        for (const part of nested(token)) parts.push(yield { token: part, isLabelled })
        return andThen(parts)
      }
      case 'Labelled': {
        const part = yield { token: token.token, isLabelled: true }
        if (part.id === never.id) return never
        const { due, latching } = part
        const labelled: Token<Input> = { _tag: 'Labelled', label: token.label, token: part.token }
        return compound(`Labelled ${JSON.stringify(token.label)}`, labelled, [part], { due, latching })
      }
    }
  })
}

type Combined = Tagged<'Any'> | Tagged<'All'> | Tagged<'AndThen'>

/** What a combinator holds once those of its own kind inside it are flattened, left to right; a fold nests them deep. */
const nested = (root: Combined): ReadonlyArray<Token<Input>> => {
  const found: Array<Token<Input>> = []
  walk(root, (token) => token._tag !== root._tag && found.push(token))
  return found
}

/** The reasons of an `all` and those of the `all`s flattened into it, from left to right. */
const firedIn = (root: Tagged<'All'>): ReadonlyArray<Reason> => {
  const found: Array<Reason> = []
  walk(root, (token) => token._tag === 'All' && token.reasons?.forEach((reason) => found.push(reason)))
  return found
}

/** Visits a combinator and all that is nested in it through its own kind, parents first, left to right. */
const walk = (root: Combined, visit: (token: Token<Input>) => unknown): void => {
  const waiting: Array<Token<Input>> = [root]
  for (let token = waiting.pop(); token !== undefined; token = waiting.pop()) {
    visit(token)
    if (token._tag !== root._tag) continue
    if (token._tag === 'AndThen') waiting.push(token.second, token.first)
    else if (token._tag === 'Any' || token._tag === 'All')
      for (let i = token.tokens.length; i-- > 0;) waiting.push(token.tokens[i]!)
  }
}

const identity = ({ id }: Normal): number => id

/** Of values with one key the leftmost stays. */
const distinctBy = <A>(values: ReadonlyArray<A>, key: (value: A) => unknown): ReadonlyArray<A> => {
  const seen = new Set<unknown>()
  return values.filter((value) => !seen.has(key(value)) && seen.add(key(value)))
}

/** Drops timeouts, and counters of one mode, beside one whose remainder is better; of equals the leftmost stays. */
const undominated = (
  parts: ReadonlyArray<Normal>,
  better: (first: number, second: number) => boolean,
): ReadonlyArray<Normal> => {
  const best = new Map<string, Tagged<'Timeout'> | Tagged<'Counter'>>()
  for (const { token } of parts) {
    if (token._tag !== 'Timeout' && token._tag !== 'Counter') continue
    const rival = best.get(contest(token))
    if (rival === undefined || better(token.left, rival.left)) best.set(contest(token), token)
  }
  return parts.filter(
    ({ token }) => (token._tag !== 'Timeout' && token._tag !== 'Counter') || best.get(contest(token)) === token,
  )
}

const contest = (token: Tagged<'Timeout'> | Tagged<'Counter'>): string =>
  token._tag === 'Counter' && token.direct ? 'Counter direct' : token._tag
