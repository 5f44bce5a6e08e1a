import type { Input, Token } from '../Token.js'
import type { Node } from './Node.js'

/** The measures that leaves are counted against. */
export interface Measures {
  readonly now: number
  readonly polls: number
  readonly directPolls: number
}

/**
 * The token that says what a compiled token has come to.
 *
 * With `collapse` whatever has fired is one `cancelled` in its place: the residual. Without, only leaves are: the evidence, which
 * shows how far the others were. Linear; parts stand behind their parent, so the array is gone through from the end.
 */
export const snapshot = (nodes: ReadonlyArray<Node>, measures: Measures, collapse: boolean): Token<Input> => {
  const tokens: Array<Token<Input>> = new Array(nodes.length)
  for (let order = nodes.length - 1; order >= 0; order--) {
    const node = nodes[order]!
    // what has fired as one is told where it is held, if at all: most of it lies below something that has fired itself
    if (!isClosed(node, collapse))
      tokens[order] = node.state === 'idle' ? node.token : rebuilt(node, tokens, measures, collapse)
  }
  return isClosed(nodes[0]!, collapse) ? fired(nodes[0]!) : tokens[0]!
}

const isClosed = (node: Node, collapse: boolean): boolean =>
  node.state === 'fired' && (collapse || node.parts.length === 0)

const fired = ({ cause, bare }: Node): Token<Input> =>
  bare || cause === null ? { _tag: 'Cancelled' } : { _tag: 'Cancelled', reason: cause.reason }

/** A clock that went back leaves no more than there was. */
const between = (least: number, value: number, most: number): number => Math.max(least, Math.min(value, most))

const rebuilt = (
  node: Node,
  tokens: ReadonlyArray<Token<Input>>,
  measures: Measures,
  collapse: boolean,
): Token<Input> => {
  const { token } = node
  const part = (index: number): Token<Input> => {
    const each = node.parts[index]!
    return isClosed(each, collapse) ? fired(each) : tokens[each.order]!
  }
  switch (token._tag) {
    case 'Timeout':
      return { ...token, left: between(0, node.due - measures.now, token.left) }
    case 'Idle':
      return { ...token, left: between(0, node.due - measures.now, token.duration) }
    case 'Counter':
      return { ...token, left: Math.max(0, node.due - (token.direct ? measures.directPolls : measures.polls)) }
    case 'Budget':
      return { ...token, left: Math.max(0, node.due) }
    case 'Any':
      return { ...token, tokens: token.tokens.map((_, index) => part(index)) }
    case 'All': {
      // the reason of a part that has fired stands among the reasons of the whole
      const parts = token.tokens.map((_, index) =>
        collapse && node.parts[index]!.state === 'fired' ? ({ _tag: 'Cancelled' } as const) : part(index),
      )
      return {
        _tag: 'All',
        tokens: parts,
        ...(node.causes.length === 0 ? {} : { reasons: node.causes.map(({ reason }) => reason) }),
      }
    }
    case 'AndThen':
      return { ...token, first: collapse && isOutdated(node) ? { _tag: 'Cancelled' } : part(0), second: part(1) }
    case 'Labelled':
      return { ...token, token: part(0) }
    case 'Never':
    case 'Cancelled':
    case 'Manual':
    case 'Deadline':
    case 'Condition':
      return token
  }
}

/** Whether the reason of the first part cannot be handed on any more: the second is an `andThen` that has one of its own. */
const isOutdated = ({ parts }: Node): boolean => {
  const [first, second] = parts
  const next = second!.token._tag === 'AndThen' ? second!.parts[0]! : null
  return first!.state === 'fired' && next !== null && next.state === 'fired' && !next.bare
}
