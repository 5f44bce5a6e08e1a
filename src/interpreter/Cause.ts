import type { Origin, Reason } from '../Reason.js'
import type { Node } from './Node.js'

/**
 * Whose a node's reason is, and where: the way to the root, or to the `all` whose reason will hold it. Linear in the length of that way;
 * made only when something fires.
 */
const originOf = (node: Node): Origin => {
  const upwards: Array<string | number> = []
  for (let at = node; at.parent !== null; at = at.parent) {
    const { token } = at.parent
    if (token._tag === 'Any') upwards.push(at.index, 'any')
    else if (token._tag === 'AndThen') upwards.push(at.index, 'andThen')
    else if (token._tag === 'Labelled') upwards.push(token.label, 'labelled')
    else {
      upwards.push(at.index, 'all')
      break
    }
  }
  const path = upwards.reverse()
  return node.label === undefined ? { path } : { label: node.label, path }
}

/** Why a node fired, told when somebody wants to know: a path takes time, and most causes are never told. */
export class Cause {
  private readonly node: Node | null
  private readonly at: number | undefined
  private readonly detail: string | undefined
  /** Of an `all`: the reasons of its parts. They are told at once, for an `all` in an `all` nests as deep as the token. */
  private readonly reasons: ReadonlyArray<Reason> | null
  private told: Reason | null = null

  constructor(
    node: Node | null,
    at: number | undefined,
    detail?: string,
    reasons: ReadonlyArray<Reason> | null = null,
  ) {
    this.node = node
    this.at = at
    this.detail = detail
    this.reasons = reasons
  }

  /** A reason that is known already. */
  static given(reason: Reason): Cause {
    const cause = new Cause(null, reason.at)
    cause.told = reason
    return cause
  }

  /** All parts of an `all` have fired, or are true, for these causes, one or more; a single one stands for itself. */
  static all(node: Node, parts: ReadonlyArray<Cause>): Cause {
    const [cause, ...more] = parts
    if (cause !== undefined && more.length === 0) return cause
    const reasons = parts.map(({ reason }) => reason)
    return new Cause(node, reasons[reasons.length - 1]?.at, undefined, reasons)
  }

  get reason(): Reason {
    return (this.told ??= this.tell(this.node!))
  }

  private tell(node: Node): Reason {
    const at = this.at === undefined ? {} : { at: this.at }
    if (this.reasons === null) return leafReason(node, at, this.detail)
    return { _tag: 'AllOf', reasons: this.reasons, ...originOf(node), ...at }
  }
}

const leafReason = (leaf: Node, at: { readonly at?: number }, detail: string | undefined): Reason => {
  const { token } = leaf
  switch (token._tag) {
    case 'Manual':
      return {
        _tag: 'Requested',
        name: token.name,
        ...(detail === undefined ? {} : { detail }),
        ...originOf(leaf),
        ...at,
      }
    case 'Timeout':
      return { _tag: 'TimedOut', duration: token.duration, ...originOf(leaf), ...at }
    case 'Deadline':
      return { _tag: 'DeadlinePassed', instant: token.instant, ...originOf(leaf), ...at }
    case 'Counter':
      return { _tag: 'CounterExhausted', limit: token.limit, ...originOf(leaf), ...at }
    case 'Condition':
      return { _tag: 'ConditionMet', name: token.name, ...originOf(leaf), ...at }
    case 'Budget':
      return {
        _tag: 'BudgetSpent',
        name: token.name,
        limit: token.limit,
        spent: token.limit - leaf.due,
        ...originOf(leaf),
        ...at,
      }
    case 'Idle':
      return { _tag: 'Stalled', name: token.name, duration: token.duration, ...originOf(leaf), ...at }
    case 'Cancelled': {
      if (token.reason === undefined) return { _tag: 'Requested', ...originOf(leaf), ...at }
      const { label } = leaf
      return token.reason.label === undefined && label !== undefined ? { ...token.reason, label } : token.reason
    }
    case 'Never':
    case 'Any':
    case 'All':
    case 'AndThen':
    case 'Labelled':
      return { _tag: 'Requested', ...originOf(leaf), ...at }
  }
}
