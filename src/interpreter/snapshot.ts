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
    const closed = node.state === 'fired' && (collapse || node.parts.length === 0)
    tokens[order] =
      node.state === 'idle' ? node.token : closed ? fired(node) : rebuilt(node, tokens, measures, collapse)
  }
  return tokens[0]!
}

const fired = ({ reason, bare }: Node): Token<Input> =>
  bare || reason === null ? { _tag: 'Cancelled' } : { _tag: 'Cancelled', reason }

const rebuilt = (
  node: Node,
  tokens: ReadonlyArray<Token<Input>>,
  measures: Measures,
  collapse: boolean,
): Token<Input> => {
  const { token } = node
  const part = (index: number): Token<Input> => tokens[node.parts[index]!.order]!
  switch (token._tag) {
    case 'Timeout':
    case 'Idle':
      return { ...token, left: Math.max(0, node.due - measures.now) }
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
      return { _tag: 'All', tokens: parts, ...(node.reasons.length === 0 ? {} : { reasons: [...node.reasons] }) }
    }
    case 'AndThen':
      return { ...token, first: part(0), second: part(1) }
    case 'Labelled':
      return { ...token, token: part(0) }
    default:
      return token
  }
}
