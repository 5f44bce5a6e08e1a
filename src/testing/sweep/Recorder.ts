/**
 * The scope of one run, and what is noted of it: every point at which a cancellation can come is counted, and at one or two of them it does.
 *
 * The scope derives from two that are fired from elsewhere: one by the cancellation that is injected, one by the second. Both are sources, not tokens: a counter
 * that counted every look would make whoever waits look at a pace, and so change the program.
 */
import type { Option } from 'fp-ts/lib/Option.js'
import { fromSource, narrow } from '../../CancelScope.js'
import type { CancelScope, ScopeView, Source } from '../../CancelScope.js'
import type { Activity, Clock } from '../../Clock.js'
import type { Reason } from '../../Reason.js'
import type { Input, Token } from '../../Token.js'
import type { Conditions } from '../../World.js'
import type { Entry, Injection } from './model.js'
import { samples } from './samples.js'

export class Recorder {
  readonly log: Array<Entry> = []
  /** New work begun after the cancellation had been seen. */
  readonly late: Array<string> = []
  /** How many points have been passed, and when the last was. */
  points = 0
  lastPoint = 0
  /** How many points had been passed when the run was cut, for it did not end. */
  cutAt: number = Infinity
  /** Resources that brackets have acquired and not released. */
  held = 0
  /** Pieces of work that have started and not ended. */
  working = 0
  /** How many wait for a scope of this world, or listen to one. */
  waiting = 0
  /** How often a predicate has been asked. */
  asked = 0
  /** When the cancellation came. */
  cancelledAt: number = Infinity
  /** What comes now is no part of the run: its invariants are asked. */
  isOver = false
  /** Whether anybody has been told of the cancellation. */
  private seen = false
  /** Looks of this turn that found nothing: whoever looked may begin something, though another branch is told before it does. */
  private granted = 0
  /** Pieces of work that have started in this turn and have not said so yet: promises may stand before the place where they do. */
  private starting = 0
  private readonly clock: Clock
  private readonly injection: Injection | null
  private readonly limit: number
  private readonly first = new Elsewhere()
  private readonly second = new Elsewhere()

  constructor(clock: Clock, injection: Injection | null, limit: number) {
    this.clock = clock
    this.injection = injection
    this.limit = limit
  }

  /** The scope to run the program in, and the one above that the second cancellation fires. */
  open(token: Token<Input>, { clock, conditions }: Surroundings): Opened {
    const { first, second } = this
    const read: Source['read'] = () => {
      if (first.reason._tag === 'None' && !first.isSettling() && !this.point('looks')) this.granted++
      this.seen ||= first.reason._tag === 'Some'
      return first.reason
    }
    const injected = fromSource({ read, subscribe: first.subscribe }, { clock })()
    const above = fromSource({ read: () => second.reason, subscribe: second.subscribe }, { clock })()
    return { scope: narrow(token, { conditions })(injected, above)(), above }
  }

  /** Whether a cancellation that comes now would be heard of before the next look. */
  get isWaitedFor(): boolean {
    return this.first.isSubscribed
  }

  get wasCancelled(): boolean {
    return this.cancelledAt < Infinity
  }

  /** A point at which a cancellation can come; whether it does. */
  point(what: string): boolean {
    if (this.isOver) return false
    if (this.points >= this.limit && !this.wasCancelled) {
      this.cut()
      return true
    }
    const point = this.points++
    this.lastPoint = this.clock.monotonic()
    this.log.push({ at: this.lastPoint, what, point })
    if (point === this.injection?.point) this.cancel(this.injection.reason)
    else if (point === this.injection?.again) this.cancelAgain()
    else return false
    return true
  }

  note(what: string): void {
    if (!this.isOver) this.log.push({ at: this.clock.monotonic(), what })
  }

  /** Cancels a run that does not end by itself. */
  cut(): void {
    this.cutAt = this.points
    this.cancel(samples.Requested)
  }

  /** New work begins. */
  work(title: string): void {
    this.note(`begins '${title}'`)
    if (this.starting > 0) this.starting--
    else if (!this.mayBegin()) this.late.push(title)
  }

  /** All promises have run. */
  turned(): void {
    this.granted = 0
    this.starting = 0
  }

  /** What the clock is told. */
  told(activity: Activity): void {
    switch (activity) {
      case 'waits':
        this.waiting++
        return this.note(activity)
      case 'waits no more':
        this.waiting--
        break
      case 'starts work':
        this.working++
        if (this.mayBegin()) this.starting++
        return this.note(activity)
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
    this.point(activity)
  }

  private mayBegin(): boolean {
    const may = !this.seen || this.granted > 0
    this.granted = Math.max(0, this.granted - 1)
    return may
  }

  private cancel(reason: Reason): void {
    this.cancelledAt = this.clock.monotonic()
    this.note(`is cancelled: ${reason._tag}`)
    this.first.fire(reason)
  }

  private cancelAgain(): void {
    this.note('is cancelled again, from above')
    this.second.fire({ _tag: 'Requested', detail: 'the second cancellation of a sweep', path: [] })
  }
}

interface Surroundings {
  readonly clock: Clock
  readonly conditions: Conditions
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
