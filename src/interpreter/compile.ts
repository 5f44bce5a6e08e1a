import { partsOf } from '../internal/partsOf.js'
import type { Input, Token } from '../Token.js'
import { Node } from './Node.js'
import type { Question } from './Question.js'

/** A compiled token: its nodes in preorder, and what the machine wants to know of the whole before it starts. */
export interface Program {
  readonly nodes: ReadonlyArray<Node>
  /** Some leaf reads a clock. */
  readonly timed: boolean
  /** Some condition has no latch. */
  readonly momentary: boolean
  /** Some condition's failure reaches the poller. */
  readonly guarded: boolean
}

/** Who asks the conditions of a token, each name by one question. */
export interface Asker {
  readonly questionOf: (name: string) => Question
}

/** Compiles a token. Linear; grows no stack. The world must answer for every condition the token names. */
export const compile = (token: Token<Input>, asker: Asker): Program => {
  const nodes: Array<Node> = []
  let timed = false
  let momentary = false
  let guarded = false

  const waiting: Array<{ readonly token: Token<Input>; readonly parent: Node | null; readonly index: number }> = [
    { token, parent: null, index: 0 },
  ]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const node = new Node(next.token, next.parent, next.index, nodes.length)
    nodes.push(node)
    next.parent?.parts.push(node)
    const parts = partsOf(node.token)
    for (let index = parts.length - 1; index >= 0; index--) waiting.push({ token: parts[index]!, parent: node, index })
    switch (node.token._tag) {
      case 'Timeout':
      case 'Deadline':
      case 'Idle':
        timed = true
        break
      case 'Condition': {
        const { name, latch, onError } = node.token
        if (!latch) momentary = true
        if (onError === 'throw') guarded = true
        node.condition = node.token
        node.question = asker.questionOf(name)
        break
      }
      default:
        break
    }
  }
  for (let order = nodes.length - 1; order >= 0; order--) summarise(nodes[order]!)
  return { nodes, timed, momentary, guarded }
}

/** What a node owes to its parts; they stand behind it, so the array is gone through from the end. */
const summarise = (node: Node): void => {
  const { token, parts } = node
  node.end = parts.length === 0 ? node.order + 1 : parts[parts.length - 1]!.end
  switch (token._tag) {
    case 'Never':
      node.possible = false
      break
    case 'Cancelled':
    case 'Condition':
      node.sudden = true
      break
    case 'Manual':
    case 'Deadline':
      break
    case 'Timeout':
    case 'Idle':
    case 'Budget':
    case 'Counter':
      node.sudden = token.left <= 0
      break
    case 'Any':
      node.possible = parts.some((part) => part.possible)
      node.sudden = parts.some((part) => part.sudden)
      break
    case 'All':
    case 'AndThen':
    case 'Labelled':
      node.possible = parts.every((part) => part.possible)
      node.sudden = parts.every((part) => part.sudden)
      break
  }
}
