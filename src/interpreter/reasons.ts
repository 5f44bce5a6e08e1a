import type { Origin, Reason } from '../Reason.js'
import type { Node } from './Node.js'

/**
 * Whose a node's reason is, and where: the way to the root, or to the `all` whose reason will hold it. Linear in the length of that way;
 * made only when something fires.
 */
export const originOf = (node: Node): Origin => {
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

/** Why a leaf fired at that instant of the wall clock. */
export const leafReason = (leaf: Node, at: number, detail?: string): Reason => {
  const { token } = leaf
  switch (token._tag) {
    case 'Manual':
      return {
        _tag: 'Requested',
        name: token.name,
        ...(detail === undefined ? {} : { detail }),
        ...originOf(leaf),
        at,
      }
    case 'Timeout':
      return { _tag: 'TimedOut', duration: token.duration, ...originOf(leaf), at }
    case 'Deadline':
      return { _tag: 'DeadlinePassed', instant: token.instant, ...originOf(leaf), at }
    case 'Counter':
      return { _tag: 'CounterExhausted', limit: token.limit, ...originOf(leaf), at }
    case 'Condition':
      return { _tag: 'ConditionMet', name: token.name, ...originOf(leaf), at }
    case 'Budget':
      return {
        _tag: 'BudgetSpent',
        name: token.name,
        limit: token.limit,
        spent: token.limit - leaf.due,
        ...originOf(leaf),
        at,
      }
    case 'Idle':
      return { _tag: 'Stalled', name: token.name, duration: token.duration, ...originOf(leaf), at }
    case 'Cancelled': {
      if (token.reason === undefined) return { _tag: 'Requested', ...originOf(leaf), at }
      const { label } = leaf
      return token.reason.label === undefined && label !== undefined ? { ...token.reason, label } : token.reason
    }
    default:
      return { _tag: 'Requested', ...originOf(leaf), at }
  }
}

/** The reason of an `all` whose parts gave these, one or more, up to the last to fire; a single one stands for itself. */
export const allReason = (node: Node, reasons: ReadonlyArray<Reason>, at: number | undefined): Reason =>
  reasons.length === 1
    ? reasons[0]!
    : { _tag: 'AllOf', reasons, ...originOf(node), ...(at === undefined ? {} : { at }) }
