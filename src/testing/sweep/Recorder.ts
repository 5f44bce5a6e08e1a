/**
 * The scope of one run, and what is noted of it: every point at which a cancellation can come is counted, and at one or two of them it does.
 *
 * The scope derives from two that are fired from elsewhere: one by the cancellation that is injected, one by the second. Both are sources, not tokens: a counter
 * that counted every look would make whoever waits look at a pace, and so change the program.
 */
import type { Option } from 'fp-ts/lib/Option.js'
import { fromSource, narrow } from '../../CancelScope.js'
import type { CancelScope, ScopeView, Source } from '../../CancelScope.js'
import type { Clock, Step } from '../../Clock.js'
import type { Reason } from '../../Reason.js'
import type { Input, Token } from '../../Token.js'
import type { Conditions } from '../../World.js'
import type { Happening, Injection } from './model.js'

export class Recorder {
  readonly happenings: Array<Happening> = []
  /** New work begun after the cancellation had been seen. */
  readonly late: Array<string> = []
  /** How many points have been passed. */
  points = 0
  /** Resources that brackets have acquired and not released. */
  held = 0
  /** Pieces of work that have started and not ended. */
  working = 0
  /** When the cancellation came. */
  cancelledAt: number = Infinity
  isOver = false
  /** Whether anybody has been told of it. */
  private seen = false
  /** Pieces of work that have started in this turn and have not said so yet: promises may stand before the place where they do. */
  private starting = 0
  private readonly clock: Clock
  private readonly injection: Injection | null
  private readonly first = new Elsewhere()
  private readonly second = new Elsewhere()

  constructor(clock: Clock, injection: Injection | null) {
    this.clock = clock
    this.injection = injection
  }

  /** The scope to run the program in, and the one above that the second cancellation fires. */
  open(token: Token<Input>, conditions: Conditions): Opened {
    const { clock, first, second } = this
    const read: Source['read'] = () => {
      if (first.reason._tag === 'None' && !first.isSettling()) this.point('looks')
      this.seen ||= first.reason._tag === 'Some'
      return first.reason
    }
    const injected = fromSource({ read, subscribe: first.subscribe }, { clock })()
    const above = fromSource({ read: () => second.reason, subscribe: second.subscribe }, { clock })()
    return { scope: narrow(token, { conditions })(injected, above)(), above }
  }

  /** Whether anybody waits for the scope, or listens to it. */
  get isWaitedFor(): boolean {
    return this.first.isSubscribed || this.second.isSubscribed
  }

  /** A point at which a cancellation can come; whether it does. */
  point(what: string): boolean {
    if (this.isOver) return false
    const point = this.points++
    this.happenings.push({ at: this.clock.monotonic(), what, point })
    if (point === this.injection?.point) this.cancel(this.injection.reason)
    else if (point === this.injection?.again) this.cancelAgain()
    else return false
    return true
  }

  note(what: string): void {
    if (!this.isOver) this.happenings.push({ at: this.clock.monotonic(), what })
  }

  cancel(reason: Reason): void {
    this.cancelledAt = this.clock.monotonic()
    this.note(`is cancelled: ${reason._tag}`)
    this.first.fire(reason)
  }

  /** New work begins. */
  work(title: string): void {
    this.note(`begins '${title}'`)
    if (this.starting > 0) this.starting--
    else if (this.seen) this.late.push(title)
  }

  /** What comes now is no part of the run: its invariants are asked. */
  end(): void {
    this.isOver = true
  }

  /** All promises have run. */
  turned(): void {
    this.starting = 0
  }

  /** What the clock is told. */
  trace(step: Step): void {
    switch (step) {
      case 'waits':
        return this.note(step)
      case 'starts work':
        this.working++
        this.starting++
        return this.note(step)
      case 'ends work':
        this.working--
        break
      case 'has acquired':
        this.held++
        break
      case 'has released':
        this.held--
        break
      default:
        break
    }
    this.point(step)
  }

  private cancelAgain(): void {
    this.note('is cancelled again, from above')
    this.second.fire({ _tag: 'Requested', detail: 'the second cancellation of a sweep', path: [] })
  }
}

export interface Opened {
  readonly scope: CancelScope<Input>
  readonly above: ScopeView
}

const none: Option<never> = { _tag: 'None' }

/** A cancellation that comes from elsewhere, and whoever waits for it. */
class Elsewhere {
  reason: Option<Reason> = none
  private wake: (() => void) | null = null
  private settling = false

  readonly subscribe: Source['subscribe'] = (wake) => () => {
    this.wake = wake
    this.settling = true
    return () => {
      this.wake = null
    }
  }

  get isSubscribed(): boolean {
    return this.wake !== null
  }

  /** Whether this read is the one with which a subscription begins, which is no look of the program's. */
  isSettling(): boolean {
    const { settling } = this
    this.settling = false
    return settling
  }

  fire(reason: Reason): void {
    this.reason = { _tag: 'Some', value: reason }
    this.wake?.()
  }
}
