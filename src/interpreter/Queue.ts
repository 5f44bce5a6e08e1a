import type { Node } from './Node.js'

/**
 * Leaves that wait for a measure (time, polls) to reach their key: a binary heap, by key and then from left to right.
 *
 * A leaf that is no longer live, or whose due moved later, is found out when it comes up; nothing is removed from the middle.
 */
export class Queue {
  private readonly heap: Array<Node> = []

  /** The least key, `Infinity` where nothing waits. */
  get nextKey(): number {
    return this.heap.length === 0 ? Infinity : this.heap[0]!.key
  }

  get next(): Node | undefined {
    return this.heap[0]
  }

  push(leaf: Node): void {
    const { heap } = this
    let hole = heap.length
    heap.push(leaf)
    while (hole > 0) {
      const above = (hole - 1) >> 1
      if (!before(leaf, heap[above]!)) break
      heap[hole] = heap[above]!
      hole = above
    }
    heap[hole] = leaf
  }

  pop(): Node | undefined {
    const { heap } = this
    const top = heap[0]
    const leaf = heap.pop()
    if (top === undefined || leaf === undefined || heap.length === 0) return top
    let hole = 0
    for (;;) {
      let below = 2 * hole + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && before(heap[below + 1]!, heap[below]!)) below++
      if (!before(heap[below]!, leaf)) break
      heap[hole] = heap[below]!
      hole = below
    }
    heap[hole] = leaf
    return top
  }
}

const before = (first: Node, second: Node): boolean =>
  first.key < second.key || (first.key === second.key && first.order < second.order)
