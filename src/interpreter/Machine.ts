/**
 * One open token, asked: time, polls, predicates and inputs make the leaves of its tree fire.
 *
 * Invariants:
 *
 * 1. Only live leaves change anything, and what they fire has spread through the tree before anything else is looked at.
 * 2. Time and polls are thresholds: live timeouts and counters wait in queues, and a look compares four numbers. A look in which
 *    nothing fires allocates nothing.
 * 3. Within an instant leaves fire from left to right, across instants in order of time, and the first that decides the root is the reason
 *    for good.
 * 4. A look that ends in an error leaves everything as it was, save counters it has ticked: what fired in it is undone from
 *    a checkpoint, which is a token.
 * 5. Whatever may move the next instant, date or poll of interest raises `revision`, for whoever waits instead of asking.
 */
import type { Clock } from '../Clock.js'
import { later } from '../internal/later.js'
import type { Reason } from '../Reason.js'
import type { Input, Token } from '../Token.js'
import type { Conditions } from '../World.js'
import { compile } from './compile.js'
import type { Chain, Engine, Visit } from './Engine.js'
import type { Node } from './Node.js'
import { Question } from './Question.js'
import { Queue } from './Queue.js'
import { Cause } from './Cause.js'
import { snapshot } from './snapshot.js'
import { Tree } from './Tree.js'

export class Machine extends Tree implements Engine {
  readonly clock: Clock
  readonly conditions: Conditions
  readonly bell: null = null
  private questions: Map<string, Question> | null = null

  /** Why it has fired, for good. */
  decided: Reason | null = null
  /** Its token has been started, as of when it was opened. */
  begun = false
  /** A live leaf depends on time, so a look wants the clock read. */
  readsClock = false
  /** There is nothing to look at: inputs only can change it. */
  quiet = true
  /** The latest read that has come by: while it lasts no other one looks here. */
  visit: Visit = noVisit
  /** It stands still: it is not looked at and takes no input any more. */
  closed = false
  /** Whether a look may have to be undone: by an error of its own predicates, or of those of another scope in the same read. */
  recoverable = false
  chain: Chain | null = null
  /** What to go back to if this read ends in an error; set when something has fired in it. */
  checkpoint: { readonly token: Token<Input>; readonly instant: number } | null = null
  private inputs: ReadonlyArray<() => void> = []

  /** What fires it beside its token: a cancellation that comes from elsewhere, asked for in every look. */
  private source: (() => Reason | null) | null = null
  private timed = false

  /** The least instant, date and numbers of polls that live leaves wait for; a source is asked at once. */
  private nextInstant = Infinity
  private nextDate = Infinity
  private nextPoll = Infinity
  private nextDirectPoll = Infinity
  private instants: Queue | null = null
  private dates: Queue | null = null
  private counts: Queue | null = null
  private directCounts: Queue | null = null

  private polls = 0
  private directPolls = 0
  private lookIsDirect = false
  /** When the clock was last read, and how far behind it is what is being fired. */
  private seen = 0
  private behind = 0

  /** Live conditions from left to right; replaced, never changed, so that a look notices. */
  private asking: ReadonlyArray<Node> = nobody
  private readonly fresh: Array<Node> = []
  private named: Map<string, ReadonlyArray<Node>> | null = null

  constructor(token: Token<Input>, clock: Clock, conditions: Conditions, instant: number | null = null) {
    super()
    this.clock = clock
    this.conditions = conditions
    this.load(token, instant)
  }

  // -----------------------------------------------------------------------------------
  // looks
  // -----------------------------------------------------------------------------------

  /** One look; `now` is the clock's reading where `readsClock` says so, else NaN. The answer holds for good if `decided` is set. */
  look(direct: boolean, now: number): Reason | null {
    if (this.readsClock && (now >= this.nextInstant || this.nextDate !== Infinity)) {
      this.elapse(now)
      if (this.decided !== null) return this.decided
    }
    if (this.polls >= this.nextPoll || this.directPolls >= this.nextDirectPoll) {
      this.runOut(this.instant(now))
      if (this.decided !== null) return this.decided
    }
    this.polls++
    if (direct) this.directPolls++
    if (this.askingIsStale) this.refreshAsking()
    return this.asking.length === 0 ? null : this.ask(direct, now)
  }

  goesOn(): null {
    return null
  }

  /** Brings time up to date without a look. */
  catchUp(): void {
    if (this.closed) return
    this.begin()
    if (this.readsClock) this.elapse(this.clock.monotonic())
  }

  /** Asks a source in every look from now on. */
  follow(source: () => Reason | null): void {
    this.source = source
    this.rearm()
  }

  // -----------------------------------------------------------------------------------
  // what to wait for
  // -----------------------------------------------------------------------------------

  /** How many milliseconds after `now` time may next change something; `Infinity` if it never will. */
  untilNext(now: number): number {
    this.begin()
    if (!this.readsClock) return Infinity
    this.prune()
    const span = this.nextInstant - now
    const wallSpan = this.nextDate === Infinity ? Infinity : this.nextDate - this.clock.wall()
    return Math.max(0, Math.min(span, wallSpan))
  }

  /** Whether a look that is not direct could decide something that time and inputs do not. */
  wantsLooks(): boolean {
    this.begin()
    if (this.decided !== null || this.closed) return false
    this.prune()
    if (this.counts !== null && this.counts.nextKey !== Infinity) return true
    if (this.hasRunOut) return true
    if (this.askingIsStale && !this.looking) this.refreshAsking()
    return this.asking.some((leaf) => leaf.state === 'live' && (!this.momentary || this.matters(leaf)))
  }

  /** A direct counter is at zero: the next look, of whatever kind, fires it. */
  get hasRunOut(): boolean {
    return this.directPolls >= this.nextDirectPoll
  }

  /** Leaves that are live no more, or not due yet, leave the head of their queue: nothing is waited for in vain. */
  private prune(): void {
    for (const queue of [this.instants, this.dates, this.counts, this.directCounts]) {
      for (let leaf = queue?.next; leaf !== undefined; leaf = queue?.next) {
        if (leaf.state === 'live' && (queue !== this.instants || leaf.due <= leaf.key)) break
        queue?.pop()
        if (leaf.state !== 'live') continue
        leaf.key = leaf.due
        queue?.push(leaf)
      }
    }
    this.rearm()
  }

  private ask(direct: boolean, now: number): Reason | null {
    this.looking = true
    this.lookIsDirect = direct
    let reason: Reason | null
    try {
      reason = this.askInOrder(now)
    } catch (error) {
      this.endLook()
      this.undo()
      throw error
    }
    this.endLook()
    return reason
  }

  private askInOrder(now: number): Reason | null {
    let { asking } = this
    for (let index = 0; index < asking.length; index++) {
      const leaf = asking[index]!
      if (leaf.state !== 'live' || (this.momentary && !this.matters(leaf))) continue
      const met = this.answer(leaf)
      // a predicate may have changed this very machine
      if (met && leaf.state === 'live' && this.decided === null && !this.closed) this.meet(leaf, this.instant(now))
      if (asking === this.asking) continue
      if (this.decided !== null) return this.decided
      asking = this.asking
      const next = asking.findIndex(({ order }) => order > leaf.order)
      if (next < 0) break
      index = next - 1
    }
    const root = this.nodes[0]!
    return this.momentary && root.trueIn === this.looks && root.trueCause !== null ? root.trueCause.reason : null
  }

  /** What was true in this look is so no more. */
  private endLook(): void {
    this.looking = false
    this.looks++
  }

  private answer(leaf: Node): boolean {
    const { condition } = leaf
    const question = leaf.question!
    const ignores = condition!.onError === 'ignore'
    const answer = question.askedIn === this.looks ? question.answer : question.ask(this.looks, ignores)
    if (answer !== undefined) return answer
    if (ignores) return condition!.fallback
    throw question.fault
  }

  private meet(leaf: Node, now: number): void {
    const cause = this.cause(leaf)
    // what is true for this look only changes nothing that lasts, unless it starts something
    if (leaf.condition!.latch || leaf.arena !== this.nodes[0]) this.keepCheckpoint(now)
    this.answered = leaf
    if (leaf.condition!.latch) this.fire(leaf, cause, false)
    else this.hold(leaf, cause)
    this.settle(now)
    if (this.decided === null) this.runOut(now)
    this.answered = null
  }

  // -----------------------------------------------------------------------------------
  // pushed inputs: each answers whether it changed anything
  // -----------------------------------------------------------------------------------

  request(name: string, detail: string | undefined): boolean {
    const leaves = this.push('Manual', name, () => this.request(name, detail))
    for (const leaf of leaves) {
      if (leaf.state !== 'live' || this.decided !== null) continue
      this.fire(leaf, this.cause(leaf, detail), false)
      this.settle(this.seen)
    }
    return leaves.length > 0
  }

  spend(name: string, amount: number): boolean {
    const leaves = this.push('Budget', name, () => this.spend(name, amount))
    for (const leaf of leaves) {
      if (leaf.state !== 'live' || this.decided !== null) continue
      leaf.due -= amount
      if (leaf.due > 0) continue
      this.fire(leaf, this.cause(leaf), false)
      this.settle(this.seen)
    }
    return amount > 0 && leaves.length > 0
  }

  beat(name: string): boolean {
    const leaves = this.push('Idle', name, () => this.beat(name))
    for (const leaf of leaves) if (leaf.token._tag === 'Idle') leaf.due = later(this.seen, leaf.token.duration)
    return leaves.length > 0
  }

  /** The live leaves that an input reaches: those started before it came, with time brought up to date. */
  private push(tag: 'Manual' | 'Budget' | 'Idle', name: string, again: () => void): ReadonlyArray<Node> {
    if (this.decided !== null || this.closed) return nobody
    if (this.checkpoint !== null) this.inputs = [...this.inputs, again]
    this.begin()
    if (this.timed && this.decided === null) this.elapse(this.clock.monotonic())
    if (this.named === null) {
      const named = new Map<string, Array<Node>>()
      for (const node of this.nodes) {
        const { token } = node
        if (token._tag !== 'Manual' && token._tag !== 'Budget' && token._tag !== 'Idle') continue
        const key = `${token._tag}:${token.name}`
        const leaves = named.get(key)
        if (leaves === undefined) named.set(key, [node])
        else leaves.push(node)
      }
      this.named = named
    }
    return this.decided !== null
      ? nobody
      : (this.named.get(`${tag}:${name}`) ?? nobody).filter(({ state }) => state === 'live')
  }

  // -----------------------------------------------------------------------------------
  // the whole
  // -----------------------------------------------------------------------------------

  cancel(reason: Reason): boolean {
    if (this.decided !== null || this.closed) return false
    this.decide(reason)
    return true
  }

  /** Fires as a whole, for a reason of the token's or from outside; the first reason stays. */
  decide(reason: Reason): void {
    if (this.decided !== null) return
    if (this.timed && !this.closed) this.seen = Math.max(this.seen, this.clock.monotonic())
    this.decided = reason
    this.asking = nobody
    this.starting.length = 0
    this.rearm()
  }

  /** Stands still from now on. */
  close(): void {
    this.catchUp()
    this.closed = true
    this.asking = nobody
    this.rearm()
  }

  /** What is left of the token; with `collapse` off, how far each part has come. */
  snapshot(collapse: boolean): Token<Input> {
    return snapshot(this.nodes, { now: this.seen, polls: this.polls, directPolls: this.directPolls }, collapse)
  }

  /** Whether the token itself has fired, and not something outside it. */
  get hasFired(): boolean {
    return this.nodes[0]!.state === 'fired'
  }

  /** Goes back to the checkpoint, if something has fired since; inputs that came meanwhile stay. */
  undo(): void {
    const { checkpoint, inputs } = this
    this.commit()
    if (checkpoint === null || this.decided !== null) return
    this.load(checkpoint.token, checkpoint.instant)
    for (const input of inputs) input()
  }

  /** What has happened in this read stands. */
  commit(): void {
    this.checkpoint = null
    this.inputs = []
  }

  private keepCheckpoint(now: number): void {
    if (!this.recoverable || this.checkpoint !== null) return
    this.seen = now
    this.checkpoint = { token: this.snapshot(true), instant: now }
  }

  /** What a condition asks the world; one question for all of its name. */
  questionOf(name: string): Question {
    this.questions ??= new Map()
    let question = this.questions.get(name)
    if (question === undefined) this.questions.set(name, (question = new Question(name, this.conditions[name]!)))
    return question
  }

  /** Opens a token: now, or as of an instant that has passed. */
  private load(token: Token<Input>, instant: number | null): void {
    const { nodes, timed, momentary, guarded } = compile(token, this)
    this.nodes = nodes
    this.timed = timed
    this.momentary = momentary
    this.recoverable ||= guarded
    this.instants = this.dates = this.counts = this.directCounts = null
    this.named = null
    this.asking = nobody
    // nodes of the tree before, some of which an input may have started
    this.fresh.length = 0
    this.starting.length = 0
    if (timed) this.seen = instant ?? this.clock.monotonic()
    this.begun = false
    this.quiet = false
  }

  /** What the token does the moment it is opened is found when it is first touched, so that a cancel of the whole may come before. */
  begin(): void {
    if (this.begun || this.decided !== null) return
    this.begun = true
    this.starting.push(this.nodes[0]!)
    this.behind = this.timed ? this.clock.monotonic() - this.seen : 0
    this.settle(this.seen)
    this.behind = 0
  }

  // -----------------------------------------------------------------------------------
  // time and polls
  // -----------------------------------------------------------------------------------

  protected cause(leaf: Node, detail?: string): Cause {
    return new Cause(leaf, this.clock.wall() - this.behind, detail)
  }

  /** The instant of this look: as read, or read now if starting a timed leaf may want it. */
  private instant(now: number): number {
    return now === now ? now : this.timed ? this.clock.monotonic() : 0
  }

  /** Time has come to `now`: fires what came due on the way, in order. */
  private elapse(now: number): void {
    let wall = NaN
    for (;;) {
      if (this.dates !== null && this.dates.nextKey < Infinity) {
        if (wall !== wall) wall = this.clock.wall()
        // a date has no place on the monotonic clock: it was reached as long ago as the wall clock says, but after the last look
        while (this.dates.nextKey <= wall) {
          const leaf = this.dates.pop()!
          leaf.due = now - Math.min(now - Math.max(leaf.since, this.seen), wall - leaf.key)
          leaf.key = leaf.due
          this.instants = enqueue(this.instants, leaf)
        }
      }
      if (this.instants === null || this.instants.nextKey > now) break
      const leaf = this.instants.pop()!
      if (leaf.state !== 'live') continue
      if (leaf.due > leaf.key) {
        leaf.key = leaf.due // a beat came meanwhile
        this.instants.push(leaf)
        continue
      }
      this.behind = now - leaf.due
      this.fire(leaf, this.cause(leaf), false)
      this.settle(leaf.due)
      this.behind = 0
      if (this.decided !== null) return
    }
    this.seen = now
    this.rearm()
  }

  /** Fires the counters that are at zero in this look, from left to right. */
  private runOut(now: number): void {
    const given = this.source === null ? null : this.source()
    if (given !== null) return this.decide(given)
    // once predicates are being called this look has ticked already; what they start is counted as of before
    const polls = this.polls - (this.looking ? 1 : 0)
    const directPolls = this.directPolls - (this.looking && this.lookIsDirect ? 1 : 0)
    while (this.decided === null) {
      const any = this.counts !== null && this.counts.nextKey <= polls ? this.counts.next : undefined
      const direct =
        this.directCounts !== null && this.directCounts.nextKey <= directPolls ? this.directCounts.next : undefined
      const queue =
        any === undefined || (direct !== undefined && direct.order < any.order) ? this.directCounts : this.counts
      if (any === undefined && direct === undefined) break
      const leaf = queue!.pop()!
      if (leaf.state !== 'live') continue
      this.fire(leaf, this.cause(leaf), false)
      this.settle(now)
    }
    this.rearm()
  }

  private rearm(): void {
    const { nextInstant, nextDate, nextPoll, nextDirectPoll } = this
    this.nextInstant = this.instants === null ? Infinity : this.instants.nextKey
    this.nextDate = this.dates === null ? Infinity : this.dates.nextKey
    this.nextPoll = this.source !== null ? -Infinity : this.counts === null ? Infinity : this.counts.nextKey
    this.nextDirectPoll = this.directCounts === null ? Infinity : this.directCounts.nextKey
    if (
      this.askingIsStale ||
      nextInstant !== this.nextInstant ||
      nextDate !== this.nextDate ||
      nextPoll !== this.nextPoll ||
      nextDirectPoll !== this.nextDirectPoll
    )
      this.revision++
    const open = this.decided === null && !this.closed
    this.readsClock = open && (this.nextInstant !== Infinity || this.nextDate !== Infinity)
    const quiet =
      !open ||
      (!this.readsClock &&
        !this.askingIsStale &&
        this.asking.length === 0 &&
        this.nextPoll === Infinity &&
        this.nextDirectPoll === Infinity)
    if (this.chain !== null && (quiet !== this.quiet || !open)) this.chain.changes++
    this.quiet = quiet
  }

  /** Starts what waits to be started at that instant, and takes note of what there is to look at then. */
  private settle(instant: number): void {
    this.startAll(instant)
    if (this.looking && this.fresh.length > 0) this.refreshAsking() // they are asked in this very look
    this.rearm()
  }

  private refreshAsking(): void {
    const live = [...this.asking, ...this.fresh].filter(({ state }) => state === 'live')
    if (this.fresh.length > 0) live.sort((x, y) => x.order - y.order)
    this.asking = this.decided === null && !this.closed ? live : nobody
    this.fresh.length = 0
    this.askingIsStale = false
    this.revision++
  }

  protected startLeaf(leaf: Node, instant: number): void {
    const { token } = leaf
    switch (token._tag) {
      case 'Cancelled':
        this.fire(leaf, this.cause(leaf), token.reason === undefined)
        break
      case 'Timeout':
      case 'Idle':
        leaf.due = leaf.key = later(instant, token.left)
        if (token.left <= 0) this.fire(leaf, this.cause(leaf), false)
        else this.instants = enqueue(this.instants, leaf)
        break
      case 'Deadline':
        leaf.since = instant
        leaf.key = token.instant
        this.dates = enqueue(this.dates, leaf)
        break
      case 'Counter': {
        const inLook = this.looking && (!token.direct || this.lookIsDirect) ? 1 : 0
        leaf.due = leaf.key = token.left - inLook + (token.direct ? this.directPolls : this.polls)
        if (token.direct) this.directCounts = enqueue(this.directCounts, leaf)
        else this.counts = enqueue(this.counts, leaf)
        break
      }
      case 'Condition':
        this.fresh.push(leaf)
        this.askingIsStale = true
        break
      case 'Budget':
        leaf.due = token.left
        if (token.left <= 0) this.fire(leaf, this.cause(leaf), false)
        break
      case 'Never':
      case 'Manual':
      case 'Any':
      case 'All':
      case 'AndThen':
      case 'Labelled':
        break
    }
  }
}

const nobody: ReadonlyArray<Node> = []

const noVisit: Visit = { lasts: false }

const enqueue = (queue: Queue | null, leaf: Node): Queue => {
  const waiting = queue ?? new Queue()
  waiting.push(leaf)
  return waiting
}
