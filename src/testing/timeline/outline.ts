/** The leaves of a token that a timeline shows, and the combinators above them. */
import { stackSafe } from '../../internal/recursion.js'
import type { Path } from '../../Reason.js'
import { fold } from '../../Token.js'
import type { Input, Tag, Token } from '../../Token.js'

type AnyToken = Token<Input>

/** A leaf that has a row. */
export interface Leaf {
  readonly _tag: 'Leaf'
  readonly row: number
  readonly token: AnyToken
  readonly path: Path
}

/** A combinator above leaves that have rows; of its parts only those are here, each with its position. */
export interface Branch {
  readonly _tag: 'Branch'
  readonly tag: Tag
  readonly label?: string
  readonly parts: ReadonlyArray<readonly [position: number, part: Outline]>
  /** How many leaves with a row are below it. */
  readonly rows: number
}

/** What a timeline shows of a token. */
export type Outline = Leaf | Branch

interface Visit {
  readonly token: AnyToken
  readonly place: Place | undefined
}

/** The way up to the root. */
interface Place {
  readonly above: Place | undefined
  readonly step: readonly [string, string | number]
}

/** The first leaves of a token, `limit` at the most, and how many more there are. Stack-safe, linear. */
export const outlineOf = (token: AnyToken, limit: number): readonly [outline: Outline | undefined, hidden: number] => {
  let leaves = 0
  const outline = stackSafe<Visit, Outline | undefined>(function* ({ token: each, place }) {
    const parts: Array<readonly [number, Outline]> = []
    const visit = (part: AnyToken, ...step: Place['step']): Visit => ({ token: part, place: { above: place, step } })
    const add = (position: number, part: Outline | undefined): void => {
      if (part !== undefined) parts.push([position, part])
    }
    switch (each._tag) {
      case 'Any':
      case 'All':
        for (const [index, part] of each.tokens.entries())
          add(index, yield visit(part, each._tag === 'Any' ? 'any' : 'all', index))
        break
      case 'AndThen':
        add(0, yield visit(each.first, 'andThen', 0))
        add(1, yield visit(each.second, 'andThen', 1))
        break
      case 'Labelled':
        add(0, yield visit(each.token, 'labelled', each.label))
        break
      default:
        leaves++
        return leaves > limit ? undefined : { _tag: 'Leaf', row: leaves - 1, token: each, path: pathOf(place) }
    }
    if (parts.length === 0) return undefined
    const rows = parts.reduce((sum, [, part]) => sum + (part._tag === 'Leaf' ? 1 : part.rows), 0)
    return { _tag: 'Branch', tag: each._tag, parts, rows, ...(each._tag === 'Labelled' ? { label: each.label } : {}) }
  })({ token, place: undefined })
  return [outline, Math.max(0, leaves - limit)]
}

const pathOf = (place: Place | undefined): Path => {
  const upwards: Array<string | number> = []
  for (let at = place; at !== undefined; at = at.above) upwards.push(at.step[1], at.step[0])
  return upwards.reverse()
}

/** The leaves with a row, in order. Stack-safe, linear. */
export const leavesOf = (outline: Outline): ReadonlyArray<Leaf> => {
  const found: Array<Leaf> = []
  const waiting: Array<Outline> = [outline]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next._tag === 'Leaf') found.push(next)
    else for (const [, part] of [...next.parts].reverse()) waiting.push(part)
  }
  return found
}

// -------------------------------------------------------------------------------------
// marks
// -------------------------------------------------------------------------------------

const mark = '\u0000row '

/**
 * The token with each of its first `limit` leaves labelled by its row: of nested labels a reason tells the innermost, so that it tells the row.
 *
 * A `cancelled()` without a reason stays bare, for it gives way to other reasons, and with a label it would not.
 */
export const marked = (token: AnyToken, limit: number): AnyToken => {
  let row = 0
  const leaf = (each: AnyToken): AnyToken => {
    const label = `${mark}${row++}`
    if (row > limit) return each
    if (each._tag !== 'Cancelled') return { _tag: 'Labelled', label, token: each }
    return each.reason === undefined ? each : { ...each, reason: { ...each.reason, label } }
  }
  return fold<AnyToken>({
    Never: leaf,
    Cancelled: leaf,
    Manual: leaf,
    Timeout: leaf,
    Deadline: leaf,
    Counter: leaf,
    Condition: leaf,
    Budget: leaf,
    Idle: leaf,
    Any: (each, tokens) => ({ ...each, tokens }),
    All: (each, tokens) => ({ ...each, tokens }),
    AndThen: (each, first, second) => ({ ...each, first, second }),
    Labelled: (each, part) => ({ ...each, token: part }),
  })(token)
}

/** The row that a label marks. */
export const markedRow = (label: string | undefined): number | undefined =>
  label?.startsWith(mark) === true ? Number(label.slice(mark.length)) : undefined

/** A marked leaf without its mark. */
export const unmarked = (token: AnyToken): AnyToken =>
  token._tag === 'Labelled' && markedRow(token.label) !== undefined ? token.token : token
