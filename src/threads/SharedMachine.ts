/**
 * One open token that several threads ask: what each of them has instead of a machine of its own.
 *
 * Invariants:
 *
 * 1. Everything that fires is an entry of the log. A thread that finds out that something is due proposes an entry for what it knows; where another was
 *    faster, it follows that one first and looks again. So the first reason is the same everywhere, as long as the log has room: for each leaf, and for
 *    64 threads that are ended in the middle of an entry.
 * 2. A look in which nothing fires is one atomic load, and what the token needs beside that: a reading of the clock for time, one atomic
 *    addition for counters, one more load for budgets, calls of the predicates that this thread has.
 * 3. No step waits for another thread, so one that is ended anywhere holds up nobody. What it has counted or spent has happened: where it was ended
 *    before it could log what that fires, the next look of any thread does.
 */
import type { Clock } from '../Clock.js'
import type { Chain, Engine, Visit } from '../interpreter/Engine.js'
import type { Reason, Requested } from '../Reason.js'
import type { Input, Token } from '../Token.js'
import type { Conditions } from '../World.js'
import { Asker } from './Asker.js'
import type { Answers } from './Asker.js'
import { budgetLeft, follow, idleDue, remeasured } from './epoch.js'
import type { Entry, Epoch, Happening, Measures } from './epoch.js'
import { liveIn } from './live.js'
import type { Live } from './live.js'
import { logStart } from './State.js'
import type { State, StateHandle } from './State.js'

export class SharedMachine implements Engine {
  readonly clock: Clock
  readonly bell: Int32Array<SharedArrayBuffer>
  readonly begun = true
  readonly checkpoint: null = null
  visit: Visit = noVisit
  recoverable = false
  chain: Chain | null = null
  revision = 0
  looking = false

  decided: Reason | null = null
  quiet = false
  readsClock = false

  private readonly state: State
  private readonly words: Int32Array<SharedArrayBuffer>
  readonly conditions: Conditions
  /** What other threads open it from. */
  readonly origin: { readonly state: StateHandle; readonly epoch: Epoch }
  /** How far the clock that threads share is ahead of this one. */
  private readonly ahead: number
  private readonly source: (() => Reason | null) | null
  private epoch: Epoch
  /** Where the next entry will be linked. */
  private end = logStart
  private live: Live
  /** When time may next change something, on this thread's clock. */
  private nextInstant = Infinity
  /** The instant of the latest look in this thread. */
  private seen = -Infinity
  /** The numbers of polls at which counters are exhausted. */
  private pollsDue = Infinity
  private directPollsDue = Infinity
  private countsPolls = false
  /** A look needs more than the log. */
  private demanding = false
  private asker: Asker | null = null

  constructor(
    state: State,
    epoch: Epoch,
    clock: Clock,
    conditions: Conditions,
    ahead: number,
    source: (() => Reason | null) | null = null,
  ) {
    this.state = state
    this.words = state.words
    this.bell = state.bell
    this.clock = clock
    this.conditions = conditions
    this.source = source
    this.ahead = ahead
    this.origin = { state: state.handle, epoch }
    this.epoch = epoch
    this.live = liveIn(epoch)
    this.enter(epoch)
    this.listen()
  }

  get hasFired(): boolean {
    return this.epoch.hasFired
  }

  get closed(): boolean {
    return this.epoch.closed
  }

  get hasRunOut(): boolean {
    return this.directPollsDue !== Infinity && this.state.polls(true) >= this.directPollsDue
  }

  goesOn(): boolean | null {
    if (this.decided !== null) return false
    if (this.looking || this.visit.lasts) return null
    const next = Atomics.load(this.words, this.end)
    if (next !== 0) {
      if (this.state.decides(next)) return false // why, is found out by whoever asks
      this.listen()
    }
    return this.demanding ? this.lookAround(true, NaN) === null : this.decided === null
  }

  // it had begun when it was shared, and what the log tells stands
  begin(): void {}
  undo(): void {}
  commit(): void {}

  // -----------------------------------------------------------------------------------
  // looks
  // -----------------------------------------------------------------------------------

  look(direct: boolean, now: number): Reason | null {
    if (Atomics.load(this.words, this.end) !== 0) this.listen()
    if (!this.demanding) return this.decided
    return this.lookAround(direct, now)
  }

  private lookAround(direct: boolean, now: number): Reason | null {
    const given = this.source === null ? null : this.source()
    if (given !== null) this.decide(given)
    this.settleSpending()
    if (this.readsClock) this.elapse(now === now ? now : this.clock.monotonic())
    if (this.countsPolls) this.count(direct)
    return this.decided ?? (this.asker === null ? null : this.ask(this.asker, direct))
  }

  catchUp(): void {
    this.listen()
    this.settleSpending()
    if (this.readsClock) this.elapse(this.clock.monotonic())
  }

  /** Proposes entries for what came due by now, each as of its own instant. */
  private elapse(now: number): void {
    const { live } = this
    if (now >= this.nextInstant || (live.date !== Infinity && this.clock.wall() >= live.date))
      while (this.propose((epoch) => this.due(epoch, now)));
    this.seen = now + this.ahead
  }

  private due({ since }: Epoch, now: number): Entry | null {
    const { instant: end, idles, date } = this.live
    const instant = now + this.ahead
    const wall = this.clock.wall()
    const measures = this.state.measures(instant)
    let next = end
    for (const leaf of idles) next = Math.min(next, idleDue(leaf, since, measures, this.state.handle.names))
    this.nextInstant = next - this.ahead // a beat may have put it off
    // a date has no place on the monotonic clock: it was reached as long ago as the wall clock says, but after the last look
    const reached =
      wall >= date ? Math.min(instant, Math.max(since.instant, this.seen, instant - (wall - date))) : Infinity
    const at = Math.min(next, reached)
    if (at > instant) return null
    const isDate = reached === at
    return {
      happening: isDate
        ? { _tag: 'Elapsed', from: Math.min(at, Math.max(since.instant, this.seen)) }
        : { _tag: 'Elapsed' },
      wall: Math.max(isDate ? date : -Infinity, wall - (instant - at)),
      measures: { ...measures, instant: at },
    }
  }

  /** Counts this poll, and fires the counters that are at zero. */
  private count(direct: boolean): void {
    const { state, pollsDue, directPollsDue } = this
    const own = pollsDue === Infinity ? NaN : state.count(false)
    let ownDirect = NaN
    if (direct && directPollsDue !== Infinity) {
      ownDirect = state.count(true)
      if (ownDirect === directPollsDue - 1) state.ring() // who waits looks from now on
    }
    if (own >= pollsDue || (direct ? ownDirect >= directPollsDue : this.hasRunOut)) this.runOut(direct, own, ownDirect)
  }

  /** Counters are at zero, or were when this poll was counted as these; NaN where none of a kind was live. */
  private runOut(direct: boolean, polls: number, directPolls: number): void {
    let own = polls
    let ownDirect = directPolls
    this.propose(() => {
      // another thread may have started counters that this poll is to be counted for
      if (this.pollsDue !== Infinity && own !== own) own = this.state.count(false)
      if (direct && this.directPollsDue !== Infinity && ownDirect !== ownDirect) ownDirect = this.state.count(true)
      if (!(own >= this.pollsDue || (direct ? ownDirect >= this.directPollsDue : this.hasRunOut))) return null
      const measures = this.measures()
      return {
        happening: { _tag: 'Polled', direct, met: [], failed: [] },
        wall: this.clock.wall(),
        measures: {
          ...measures,
          polls: own === own ? own + 1 : measures.polls,
          directPolls: ownDirect === ownDirect ? ownDirect + 1 : measures.directPolls,
        },
      }
    })
  }

  private ask(asker: Asker, direct: boolean): Reason | null {
    this.looking = true
    let answers: Answers | null
    try {
      answers = asker.ask(direct)
    } finally {
      this.looking = false
    }
    const names = [...(answers ?? [])]
    const met = names.filter(([, answer]) => answer === true).map(([name]) => name)
    const failed = names.filter(([, answer]) => answer === null).map(([name]) => name)
    // another thread may have been faster with the same
    if (answers !== null)
      this.propose(() =>
        [...met, ...failed].some((name) => this.live.conditions.has(name))
          ? this.now({ _tag: 'Polled', direct, met, failed })
          : null,
      )
    return this.decided ?? asker.momentary
  }

  // -----------------------------------------------------------------------------------
  // inputs
  // -----------------------------------------------------------------------------------

  request(name: string, detail: string | undefined): boolean {
    this.catchUp()
    return this.propose(() =>
      this.live.manual.has(name)
        ? this.now({ _tag: 'Requested', name, ...(detail === undefined ? {} : { detail }) })
        : null,
    )
  }

  spend(name: string, amount: number): boolean {
    this.catchUp()
    const { names } = this.state.handle
    const place = names.budget.indexOf(name)
    if (this.decided !== null || this.closed || !this.live.budgets.some((leaf) => leaf.name === name)) return false
    this.state.beginSpending()
    const total = this.state.spend(place, amount)
    this.propose(({ since }) => {
      const measures = this.measures()
      const spent = measures.spent.map((amount, at) => (at === place ? Math.max(total, since.spent[place]!) : amount))
      return this.overspent(name, since, { ...measures, spent })
    })
    this.state.endSpending()
    return amount > 0
  }

  /** Fires what was spent by a thread that has not said so, and may have been ended. */
  private settleSpending(): void {
    if (this.live.budgets.length === 0 || !this.state.isSpending) return
    const { since } = this.epoch
    const { names } = this.state.handle
    for (const { name, left } of this.live.budgets) {
      const place = names.budget.indexOf(name)
      if (left - (this.state.spent(place) - since.spent[place]!) <= 0)
        this.propose((epoch) => this.overspent(name, epoch.since, this.measures()))
    }
  }

  /** What fires the budgets of that name, if they are at their end. */
  private overspent(name: string, since: Measures, measures: Measures): Entry | null {
    const { names } = this.state.handle
    const place = names.budget.indexOf(name)
    const isOut = this.live.budgets.some((leaf) => leaf.name === name && budgetLeft(leaf, since, measures, names) <= 0)
    if (!isOut) return null
    const amount = measures.spent[place]! - since.spent[place]!
    return { happening: { _tag: 'Spent', name, amount }, wall: this.clock.wall(), measures }
  }

  beat(name: string): boolean {
    this.catchUp()
    if (this.decided !== null || this.closed || !this.live.idles.some((leaf) => leaf.name === name)) return false
    this.state.beat(this.state.handle.names.idle.indexOf(name), this.instant())
    return true
  }

  cancel(reason: Requested): boolean {
    return this.propose(() => this.now({ _tag: 'Decided', reason }))
  }

  decide(reason: Reason): void {
    // the reason of a parent is found there by the others, that of a source is heard here only
    this.propose(() => this.now({ _tag: 'Decided', reason }), this.source === null)
  }

  close(): void {
    this.catchUp()
    this.propose(() => this.now({ _tag: 'Closed' }))
  }

  // -----------------------------------------------------------------------------------
  // what to wait for, and what is left
  // -----------------------------------------------------------------------------------

  untilNext(now: number): number {
    this.listen()
    if (!this.readsClock) return Infinity
    const span = this.nextInstant - now
    const wallSpan = this.live.date === Infinity ? Infinity : this.live.date - this.clock.wall()
    return Math.max(0, Math.min(span, wallSpan))
  }

  wantsLooks(): boolean {
    this.listen()
    return !this.quiet && (this.pollsDue !== Infinity || this.asker !== null || this.hasRunOut)
  }

  snapshot(): Token<Input> {
    if (this.decided !== null) return { _tag: 'Cancelled', reason: this.decided }
    if (this.closed) return this.epoch.token
    return remeasured(this.epoch, this.measures(), this.state.handle.names)
  }

  // -----------------------------------------------------------------------------------
  // the log
  // -----------------------------------------------------------------------------------

  /** Follows what the log tells. */
  private listen(): void {
    for (;;) {
      const at = Atomics.load(this.words, this.end)
      if (at === 0) return
      this.end = at
      this.enter(follow(this.epoch, this.state.entry(at), this.state.handle.names))
    }
  }

  /**
   * Proposes an entry for the latest epoch until it stands, or there is none to propose; whether it stands.
   *
   * A text for which there is no room is cut, unless others come to the same by a way of their own, if not in the same words.
   */
  private propose(make: (epoch: Epoch) => Entry | null, mayDiffer: boolean = false): boolean {
    let letters = Infinity
    for (let attempts = 1; ; attempts++) {
      this.listen()
      if (this.decided !== null || this.closed) return false
      const made = make(this.epoch)
      if (made === null) return false
      const entry = shortened(made, letters)
      if (Atomics.load(this.words, this.end) !== 0) continue
      const stands = this.state.append(this.end, entry, this.decides(entry))
      if (stands === null) {
        const isUsual = this.state.isUsual(entry)
        // there is room for it, but others may be in the middle of theirs
        if (isUsual && attempts < patience) continue
        if (!isUsual && letters > 0 && !mayDiffer) {
          letters = Math.floor(Math.min(letters, detailOf(made).length) / 2)
          continue
        }
        this.enter(follow(this.epoch, entry, this.state.handle.names))
        return true
      }
      this.listen()
      if (stands) return true
    }
  }

  /** Whether an entry decides the whole, so far as can be said without following it. */
  private decides({ happening }: Entry): boolean {
    return happening._tag === 'Decided' || (happening._tag === 'Requested' && this.live.deciding.has(happening.name))
  }

  private enter(epoch: Epoch): void {
    this.epoch = epoch
    this.revision++
    this.decided = epoch.decided
    this.quiet = epoch.decided !== null || epoch.closed
    const live = liveIn(epoch)
    this.live = live
    this.asker = live.conditions.size === 0 ? null : Asker.of(epoch.token, this.conditions, this.clock)
    this.readsClock = live.instant !== Infinity || live.idles.length > 0 || live.date !== Infinity
    this.nextInstant = live.idles.length > 0 ? -Infinity : live.instant - this.ahead
    this.pollsDue = live.polls
    this.directPollsDue = live.directPolls
    this.countsPolls = live.polls !== Infinity || live.directPolls !== Infinity
    this.demanding =
      !this.quiet &&
      (this.readsClock || this.countsPolls || this.asker !== null || this.source !== null || live.budgets.length > 0)
  }

  private now(happening: Happening): Entry {
    return { happening, wall: this.clock.wall(), measures: this.measures() }
  }

  private measures(): Measures {
    return this.state.measures(this.instant())
  }

  private instant(): number {
    return this.clock.monotonic() + this.ahead
  }
}

const detailOf = ({ happening }: Entry): string => {
  const told = happening._tag === 'Decided' ? happening.reason : happening
  return 'detail' in told ? (told.detail ?? '') : ''
}

/** An entry whose text of somebody's own has at most so many letters, so that there is room for it; a reason of parts, or with a label that is longer than all, gives way to one without. */
const shortened = (entry: Entry, letters: number): Entry => {
  const { happening } = entry
  if (letters === Infinity) return entry
  const text = detailOf(entry)
  const detail = text === '' ? {} : { detail: text.length <= letters ? text : `${text.slice(0, letters)}…` }
  if (happening._tag === 'Requested') return { ...entry, happening: { ...happening, ...detail } }
  if (happening._tag !== 'Decided') return entry
  const { reason } = happening
  if (reason._tag === 'Requested' && letters > 0)
    return { ...entry, happening: { ...happening, reason: { ...reason, ...detail } } }
  const at = reason.at === undefined ? {} : { at: reason.at }
  return { ...entry, happening: { ...happening, reason: { _tag: 'Requested', ...detail, path: [], ...at } } }
}

/** How often to look whether others have made room. */
const patience = 1000

const noVisit: Visit = { lasts: false }
