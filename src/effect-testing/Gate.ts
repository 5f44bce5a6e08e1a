/**
 * Holds a cancellation back that comes at the start of an operation, until the fiber which was about to run that has yielded.
 *
 * A fiber is interrupted while it is suspended, or by the very operation it runs; between two operations it is only if it yields there. Told in between without that it would
 * be interrupted after the operation, in a state that no program can come to.
 */
import type { Option } from 'fp-ts/lib/Option.js'
import { fromSource, onCancelled, peek } from '../CancelScope.js'
import type { ScopeView, Source } from '../CancelScope.js'
import type { Clock } from '../Clock.js'

export class Gate {
  private isShut = false
  private held: Array<() => void> = []

  /** Does something at the start of an operation; whether a cancellation is held back, so that the fiber must yield. */
  atOperation(look: () => void): boolean {
    this.isShut = true
    try {
      look()
    } finally {
      this.isShut = false
    }
    if (!this.isHolding) return false
    queueMicrotask(() => this.release()) // a fiber that would go on before is asked again, and yields again
    return true
  }

  get isHolding(): boolean {
    return this.held.length > 0
  }

  /** Lets what was held back come now: no fiber runs. */
  private release(): void {
    for (const tell of this.held.splice(0)) tell()
  }

  /** A scope that fires as another does, but not in between; what predicates of that one throw while somebody waits comes to `onError`. */
  behind(scope: ScopeView, clock: Clock, onError: (error: unknown) => void): ScopeView {
    let isSettling = false // a subscription begins with a look, and the one that follows it is none of the program's
    const read: Source['read'] = () => {
      if (this.isHolding) return none
      const isKnown = isSettling
      isSettling = false
      return isKnown ? none : peek(scope)()
    }
    const subscribe: Source['subscribe'] = (wake) => () => {
      const stop = onCancelled(scope, () => this.pass(wake), { keepAlive: true, onClosed: wake, onError })()
      isSettling = true
      return stop
    }
    return fromSource({ read, subscribe }, { clock })()
  }

  private pass(tell: () => void): void {
    if (this.isShut || this.isHolding) this.held.push(tell)
    else tell()
  }
}

const none: Option<never> = { _tag: 'None' }
