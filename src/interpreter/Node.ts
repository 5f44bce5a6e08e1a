import type { Input, Tagged, Token } from '../Token.js'
import type { Question } from './Question.js'
import type { Cause } from './Cause.js'

/** A node has not been started, is live, has fired, or does not matter any more since something above it has fired. */
export type State = 'idle' | 'live' | 'fired' | 'dropped'

/**
 * One node of a compiled token, with all its mutable state; leaves and combinators share one shape so that access stays fast.
 *
 * Nodes stand in an array in preorder: `order` is the place, and the parts below are those from `order + 1` up to `end`.
 */
export class Node {
  readonly token: Token<Input>
  readonly parent: Node | null
  /** Which part of its parent it is; for `andThen` 0 or 1. */
  readonly index: number
  readonly order: number
  /** That of the innermost `labelled` around it. */
  readonly label: string | undefined
  /** Where what is true below it is used: the root, or the first part of an `andThen`; and whether an `all` stands between. */
  readonly arena: Node
  readonly belowAll: boolean
  end = 0
  parts: Array<Node> = []

  /** Whether any trace makes it fire; what cannot is never started. */
  possible = true
  /** Whether it may fire in the same look in which it is started. */
  sudden = false

  state: State = 'idle'
  /** Fired, and all below it that had not has been dropped. */
  cleared = false
  /** Why it fired, and whether that gives way to any other reason; both also hold the first cause for a pending `andThen`. */
  cause: Cause | null = null
  /** Why it was first true in the look in which it fired. */
  nowCause: Cause | null = null
  bare = false

  /** Its place in a queue: an instant, or a number of polls. */
  key = 0
  /** When it fires: an instant, a number of polls, or for a budget what is left. A beat moves it past `key`. */
  due = 0
  /** When it was started; a deadline cannot fire before. */
  since = 0

  /** Of an `all`: how many parts have not fired for good, and the causes of those that have. */
  pending = 0
  causes: Array<Cause> = []

  /** Of a condition: itself, and what it asks the world. */
  condition: Tagged<'Condition'> | null = null
  question: Question | null = null
  /** The look in which an answer inside its `all` made it fire; and that in which it is true without having fired, and why. */
  firedIn = 0
  trueIn = 0
  trueCause: Cause | null = null
  /** Of an `all`: the look in which parts are true without having fired, and how many. */
  partsTrueIn = 0
  partsTrue = 0
  /** Scratch: whether it could still come true in this look. */
  open = false

  constructor(token: Token<Input>, parent: Node | null, index: number, order: number) {
    this.token = token
    this.parent = parent
    this.index = index
    this.order = order
    const isArena = parent === null || (parent.token._tag === 'AndThen' && index === 0)
    this.arena = isArena ? this : parent.arena
    this.belowAll = !isArena && (parent.token._tag === 'All' || parent.belowAll)
    this.label = parent === null ? undefined : parent.token._tag === 'Labelled' ? parent.token.label : parent.label
  }
}
