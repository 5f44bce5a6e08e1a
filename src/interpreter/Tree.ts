/**
 * The nodes of one open token, and how starting and firing spread through them.
 *
 * A leaf is live when it was started and nothing above it has fired. Firing goes upwards at once: an `any` fires with its first part, an
 * `all` with its last, an `andThen` starts its second part. What a condition without a latch makes true goes upwards too, marked with
 * the number of the look, and is forgotten with it. When leaves fire is the business of the machine.
 */
import type { Reason } from '../Reason.js'
import type { Node } from './Node.js'
import { Cause } from './Cause.js'

export abstract class Tree {
  protected nodes: ReadonlyArray<Node> = []
  /** Some condition has no latch. */
  protected momentary = false
  /** The number of this look, or of the next. */
  protected looks = 1
  /** Predicates are being called; whatever they ask of this token is answered from what is known. */
  looking = false
  /** What waits to be started: a stack, the leftmost on top. */
  protected readonly starting: Array<Node> = []
  /** The condition whose answer is being acted on. */
  protected answered: Node | null = null
  /** Changes with what a waiter would have to wait for. */
  revision = 0
  /** A condition is live no more. */
  protected askingIsStale = false

  /** Fires the whole. */
  abstract decide(reason: Reason): void
  /** Why a leaf fires now. */
  protected abstract cause(leaf: Node): Cause
  protected abstract startLeaf(leaf: Node, instant: number): void

  // -----------------------------------------------------------------------------------
  // starting and firing
  // -----------------------------------------------------------------------------------

  /** Starts what waits to be started, from left to right, at that instant. */
  protected startAll(instant: number): void {
    for (let node = this.starting.pop(); node !== undefined; node = this.starting.pop()) {
      if (node.state === 'idle' && node.possible) this.start(node, instant)
    }
  }

  private start(node: Node, instant: number): void {
    const { token, parts } = node
    node.state = 'live'
    if (token._tag === 'All') {
      node.pending = parts.length
      node.causes = (token.reasons ?? []).map((reason) => Cause.given(reason))
      if (parts.length === 0) this.fire(node, ...this.together(node, this.cause(node), true))
    }
    if (parts.length === 0) this.startLeaf(node, instant)
    else if (token._tag === 'AndThen') this.starting.push(parts[0]!)
    else for (let index = parts.length - 1; index >= 0; index--) this.starting.push(parts[index]!)
  }

  /** Fires a node for good, and with it all that it decides. */
  protected fire(fired: Node, why: Cause, isBare: boolean): void {
    let node = fired
    let cause = why
    let bare = isBare
    // of what was true in this look before it fired, the first cause stands beside that for good
    let now = why
    this.revision++ // what it decides is not waited for any more
    for (;;) {
      node.state = 'fired'
      node.cause = cause
      node.bare = bare
      node.nowCause = now
      if (node.question !== null) this.askingIsStale = true
      const { parent } = node
      if (parent === null) return this.decide(cause.reason)
      switch (parent.token._tag) {
        case 'All':
          if (!bare) parent.causes.push(cause)
          if (this.isAnswered(parent)) node.firedIn = this.looks
          parent.pending--
          if (parent.partsTrueIn === this.looks && node.trueIn === this.looks) parent.partsTrue--
          if (parent.pending > 0) {
            this.drop(node)
            this.holdIfAllTrue(parent)
            return
          }
          ;[cause, bare] = this.together(parent, cause, bare)
          now = this.momentary && this.looking && !bare ? this.heldTogether(parent) : cause
          break
        case 'AndThen': {
          const [first, second] = parent.parts
          if (node === first) {
            node.cause = now // what started the second part is what was true first
            this.drop(node)
            this.starting.push(second!)
            return
          }
          if (bare) {
            now = cause = first!.cause!
            bare = first!.bare
          }
          break
        }
        case 'Labelled':
          bare = false
          break
        default:
          break
      }
      if (parent.trueIn === this.looks) now = parent.trueCause!
      node = parent
    }
  }

  /** Whether the answer being acted on was given inside this node; if not, the node has just been started by it. */
  private isAnswered({ order, end }: Node): boolean {
    return this.answered !== null && order < this.answered.order && this.answered.order < end
  }

  private together(all: Node, last: Cause, bare: boolean): [cause: Cause, bare: boolean] {
    return all.causes.length === 0 ? [last, bare] : [Cause.all(all, all.causes), false]
  }

  /** Nothing below a node that has fired matters any more. What was cleared before is skipped, so each node is dropped once. */
  private drop(top: Node): void {
    for (let order = top.order + 1; order < top.end;) {
      const node = this.nodes[order]!
      if (node.state === 'dropped' || node.cleared) {
        order = node.end
        continue
      }
      if (node.state !== 'fired') {
        if (node.question !== null && node.state === 'live') this.askingIsStale = true
        node.state = 'dropped'
      }
      order++
    }
    top.cleared = true
  }

  // -----------------------------------------------------------------------------------
  // conditions without a latch: true in this look only
  // -----------------------------------------------------------------------------------

  /** A node is true in this look, and with it all that this makes true. */
  protected hold(held: Node, why: Cause): void {
    let node = held
    let cause = why
    for (;;) {
      node.trueIn = this.looks
      node.trueCause = cause
      const { parent } = node
      if (parent === null) return
      switch (parent.token._tag) {
        case 'Any':
          if (parent.trueIn === this.looks) return
          break
        case 'All': {
          if (parent.partsTrueIn !== this.looks) parent.partsTrue = 0
          parent.partsTrueIn = this.looks
          parent.partsTrue++
          if (parent.partsTrue < parent.pending) return
          cause = this.heldTogether(parent)
          break
        }
        case 'AndThen':
          // what is started stays started
          if (node.index === 0) return this.fire(node, cause, false)
          break
        default:
          break
      }
      node = parent
    }
  }

  /** When a part fires for good, those that are true in this look may be all that was missing. */
  private holdIfAllTrue(all: Node): void {
    if (!this.momentary || all.partsTrueIn !== this.looks || all.partsTrue < all.pending || all.trueIn === this.looks)
      return
    this.hold(all, this.heldTogether(all))
  }

  /** The cause of an `all` whose parts have fired or are true in this look: those from before, then those of this look from left to right. */
  private heldTogether(all: Node): Cause {
    const now = all.parts.filter((part) =>
      part.state === 'fired' ? part.firedIn === this.looks && !part.bare : part.trueIn === this.looks,
    )
    const before = all.causes.length - now.filter(({ state }) => state === 'fired').length
    return Cause.all(all, [
      ...all.causes.slice(0, before),
      ...now.flatMap(({ trueIn, trueCause, nowCause }) => (trueIn === this.looks ? trueCause : nowCause) ?? []),
    ])
  }

  /** Whether a condition's answer can still change anything: with a latch always, without only what this look comes to. */
  protected matters(leaf: Node): boolean {
    if (leaf.condition!.latch) return true
    if (!leaf.belowAll) return leaf.arena.trueIn !== this.looks
    for (let node = leaf; node.parent !== null; node = node.parent) {
      const { parent } = node
      switch (parent.token._tag) {
        case 'Any':
          if (parent.trueIn === this.looks) return false
          break
        case 'All':
          for (const part of parent.parts) if (part !== node && !this.isOpen(part)) return false
          break
        case 'AndThen':
          if (node.index === 0) return true
          break
        default:
          break
      }
    }
    return true
  }

  /** Whether a part is true in this look or could still come true; the parts stand behind it, so it is gone through from the end. */
  private isOpen(top: Node): boolean {
    for (let order = top.end - 1; order >= top.order; order--) {
      const node = this.nodes[order]!
      node.open =
        node.state === 'fired' || node.trueIn === this.looks || (node.state === 'live' && this.couldComeTrue(node))
    }
    return top.open
  }

  private couldComeTrue({ token, parts, question }: Node): boolean {
    switch (token._tag) {
      case 'Condition':
        if (question!.askedIn !== this.looks) return true
        // its name was asked for another leaf, and its own turn may be yet to come
        return question!.answer ?? (token.onError === 'throw' || token.fallback)
      case 'Any':
        return parts.some(({ open }) => open)
      case 'All':
        return parts.every(({ open }) => open)
      case 'AndThen':
        return parts[0]!.state === 'fired' ? parts[1]!.open : parts[0]!.open && parts[1]!.sudden
      case 'Labelled':
        return parts[0]!.open
      default:
        return false
    }
  }
}
