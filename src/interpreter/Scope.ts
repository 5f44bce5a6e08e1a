/**
 * A live scope: a machine for its own token, and parents whose verdicts are also its own.
 *
 * A read asks the scope itself and then its parents in order, each scope once however many ways lead to it; what it finds is the reason
 * of every scope on the way, for good. Scopes know their parents only: a child that is forgotten leaves nothing behind. Those who wait are
 * the matter of a watch, which a scope has only while there are any.
 */
import type { Clock } from '../Clock.js'
import type { Reason, Requested } from '../Reason.js'
import type { Input, Token } from '../Token.js'
import type { Conditions } from '../World.js'
import { sleepOn } from './bell.js'
import type { Chain, Engine, Visit } from './Engine.js'
import { Machine } from './Machine.js'
import { callAll, close, subscribe, tell } from './Watch.js'
import type { Listener, Source, Watch } from './Watch.js'

export interface ScopeOptions {
  readonly source?: Source | null
  readonly owned?: boolean
  readonly narrows?: boolean
}

export class Scope {
  readonly token: Token<Input>
  readonly parents: ReadonlyArray<Scope>
  /** Whether it has an owner; the background, of any copy of the package, has none. */
  readonly 'cantok-ts/owned': boolean
  /** It is a stretch of its first parent: a direct poll of it is one of that parent too. */
  readonly narrows: boolean
  /** Another takes its place when the scope is shared with other threads. */
  machine: Engine
  readonly source: Source | null
  watch: Watch | null = null
  /** Room for the one AbortSignal of this scope; a field, so that all scopes share one shape. */
  'cantok-ts/signal': unknown = null
  private readonly reading: Visit = { lasts: false }
  /** What a read through several scopes must undo should it end in an error. */
  private touched: ReadonlyArray<Engine> = untouched
  /** Those of a read through several scopes that are waited for. */
  private watched: Array<Scope> | null = null
  /** The one whose reason such a read has found. */
  private giver: Scope | null = null
  private lineage: Lineage | null = null
  /** What tells that something has changed above, where each scope above has one parent. */
  private chain: Chain | null = null
  /** As of so many changes nothing above had fired, and no more than these were to be looked at; `true` for one that a direct poll looks at directly. */
  private known = -1
  private asked: ReadonlyArray<Scope> = []
  private askedDirectly: ReadonlyArray<boolean> = []

  constructor(
    token: Token<Input>,
    parents: ReadonlyArray<Scope>,
    clock: Clock,
    conditions: Conditions,
    { source = null, owned = source === null, narrows = false }: ScopeOptions = {},
    instant: number | null = null,
  ) {
    this.token = token
    this['cantok-ts/owned'] = owned
    this.source = source
    this.narrows = narrows
    this.parents = parents
    const machine = new Machine(token, clock, conditions, instant)
    this.machine = machine
    if (source !== null) machine.follow(source.read)
    if (parents.length === 0) return
    machine.recoverable = true
    for (const parent of parents) parent.machine.recoverable = true
    if (parents.length === 1) this.chain = parents[0]!.chainBelow()
  }

  /** What a child with this one parent shares with those above; `null` if some of them has several parents. */
  private chainBelow(): Chain | null {
    if (this.parents.length > 0 && this.chain === null) return null
    this.chain ??= { changes: 0 }
    this.machine.chain = this.chain
    return this.chain
  }

  /** Another engine goes on from where this one is. */
  replaceBy(engine: Engine): void {
    engine.chain = this.machine.chain
    this.machine = engine
    if (engine.chain !== null) engine.chain.changes++
  }

  /** Whether it has fired, and why; from within a predicate of this very read, what is known by now. */
  read(direct: boolean): Reason | null {
    const { machine } = this
    if (machine.decided !== null) return machine.decided
    if (this.parents.length > 0) return this.reading.lasts ? this.foundYet() : this.readFamily(direct)
    const reason = this.glance(direct)
    if (this.watch !== null) this.notice(reason)
    return reason
  }

  /** A direct read for those who do not ask why. */
  goesOn(): boolean {
    const { machine } = this
    // where other threads act, that it has fired is known before why; whoever waits here is told why
    if (machine.bell === null || this.parents.length > 0 || this.watch !== null) return this.read(true) === null
    return machine.goesOn() ?? this.read(true) === null
  }

  /** A look at its own token alone. */
  glance(direct: boolean): Reason | null {
    const { machine } = this
    if (machine.quiet || machine.looking || machine.visit.lasts) return machine.decided
    if (!machine.begun) machine.begin()
    const reason = machine.decided ?? machine.look(direct, machine.readsClock ? machine.clock.monotonic() : NaN)
    if (machine.checkpoint !== null) machine.commit()
    return machine.decided ?? reason
  }

  /** A parent may have been decided since this read came by it, or before this read gets there. */
  private foundYet(): Reason | null {
    const lineage = lineageOf(this)
    const index = lineage.scopes.findIndex(({ machine }) => machine.decided !== null)
    const giver = lineage.scopes[index]
    return giver === undefined ? null : this.fix(giver, lineage, index, giver.machine.decided!)
  }

  private readFamily(direct: boolean): Reason | null {
    this.reading.lasts = true
    let reason: Reason | null
    try {
      reason = this.readUpwards(direct)
    } catch (error) {
      this.touched.forEach((machine) => machine.undo())
      this.watched = null
      this.endRead()
      throw error
    }
    this.endRead()
    if (this.watched !== null) this.noticeWatched(this.watched, reason)
    return reason
  }

  private endRead(): void {
    this.reading.lasts = false
    if (this.touched.length === 0) return
    for (const machine of this.touched) machine.commit()
    this.touched = untouched
  }

  /** Takes note of those above that there is something to look at; whether none of them has fired. */
  private knows(chain: Chain): boolean {
    const asked: Array<Scope> = []
    const askedDirectly: Array<boolean> = []
    let isDirect = this.narrows
    for (let scope = this.parents[0]; scope !== undefined; scope = scope.parents[0]) {
      if (scope.machine.decided !== null) return false
      if (!scope.machine.quiet) {
        asked.push(scope)
        askedDirectly.push(isDirect)
      }
      isDirect &&= scope.narrows
    }
    this.asked = asked
    this.askedDirectly = askedDirectly
    this.known = chain.changes
    return true
  }

  /** Looks at itself and at all above it, in the order of asking; as long as nothing in its chain has changed, at those alone that there is something to look at. */
  private readUpwards(direct: boolean): Reason | null {
    const { reading, chain, machine: own } = this
    let isKnown = chain !== null && (chain.changes === this.known || this.knows(chain))
    let place = 0
    let clock: Clock | null = null
    let now = NaN
    let scope: Scope = this
    let lineage: Lineage | null = null
    let index = 0
    let isDirect = direct
    let linkIsDirect = false
    for (;;) {
      const { machine, parents } = scope
      let reason = machine.decided
      if (!machine.quiet && !machine.looking && (machine.visit === reading || !machine.visit.lasts)) {
        machine.visit = reading
        if (!machine.begun) machine.begin()
        // one reading of a clock serves the whole read
        if (machine.readsClock && machine.clock !== clock) {
          clock = machine.clock
          now = clock.monotonic()
        }
        reason = machine.decided ?? machine.look(isDirect, now)
        if (machine.checkpoint !== null) this.touched = [...this.touched, machine]
        // a predicate may have cancelled the scope that is being read
        if (own.decided !== null) {
          if (scope.watch !== null) (this.watched ??= []).push(scope)
          return own.decided
        }
        if (machine.decided !== null) reason = machine.decided
      }
      if (scope.watch !== null) (this.watched ??= []).push(scope)
      if (reason !== null) return this.fix(scope, lineage, index, reason)
      isKnown &&= chain!.changes === this.known
      if (isKnown) {
        const asked: Scope | undefined = this.asked[place]
        if (asked === undefined) return null
        isDirect = direct && this.askedDirectly[place]!
        place++
        scope = asked
        continue
      }
      if (lineage === null) {
        if (parents.length === 0) return null
        if (parents.length === 1) {
          isDirect = isDirect && scope.narrows
          scope = parents[0]!
          continue
        }
        lineage = scope.lineage ??= lineageOf(scope)
        linkIsDirect = isDirect
      }
      const next: Scope | undefined = lineage.scopes[++index]
      if (next === undefined) return null
      isDirect = linkIsDirect && lineage.direct[index]!
      scope = next
    }
  }

  /** Fixes the reason for every scope on the way from this one to the one that gave it, and not for that one, whose own matter it is. */
  private fix(giver: Scope, lineage: Lineage | null, index: number, reason: Reason): Reason {
    if (giver.watch !== null) this.giver = giver
    let last = giver
    if (lineage !== null) {
      last = lineage.scopes[0]!
      for (let at = lineage.below[index]!; at >= 0; at = lineage.below[at]!) lineage.scopes[at]!.machine.decide(reason)
    }
    for (let scope: Scope = this; scope !== last; scope = scope.parents[0]!) scope.machine.decide(reason)
    return reason
  }

  // -----------------------------------------------------------------------------------
  // what its owner does, and who hears of it
  // -----------------------------------------------------------------------------------

  cancel(reason: Requested): boolean {
    return this.noticed(this.machine.cancel(reason))
  }

  request(name: string, detail: string | undefined): boolean {
    return this.noticed(this.machine.request(name, detail))
  }

  spend(name: string, amount: number): boolean {
    return this.noticed(this.machine.spend(name, amount))
  }

  beat(name: string): boolean {
    return this.noticed(this.machine.beat(name))
  }

  /** Brings time up to date without a look. */
  catchUp(): void {
    this.machine.catchUp()
    if (this.watch !== null) this.notice(this.machine.decided)
  }

  /** Ends its own part: its token stands still as it is, and only its parents are asked from now on. */
  close(): void {
    this.machine.close()
    this.notice(this.machine.decided)
    close(this)
  }

  // -----------------------------------------------------------------------------------
  // waiting
  // -----------------------------------------------------------------------------------

  /** Looks, and waits if it has not fired; the answer takes that back, and says whether it was in time. */
  listen(listener: Listener): () => boolean {
    let reason: Reason | null
    try {
      reason = this.read(false)
    } catch (error) {
      const { fail } = listener
      if (fail === null) throw error
      callAll([() => fail(error)])
      return tooLate
    }
    const { closed } = listener
    if (reason !== null) callAll([() => listener.run(reason)])
    else if (this.machine.closed && closed !== null) callAll([closed])
    else return this.subscribed(listener)
    return tooLate
  }

  /** An AbortSignal, which waits until the scope is closed, is nobody who waits: whoever listens to it is not known. */
  private subscribed(listener: Listener): () => boolean {
    const { tell: told } = this.machine.clock
    if (told === undefined || listener.closed !== null) return subscribe(this, listener)
    told('waits')
    const { run, fail } = listener
    const ended =
      <A>(f: (value: A) => void) =>
      (value: A): void => {
        told('waits no more')
        f(value)
      }
    const unsubscribe = subscribe(this, { ...listener, run: ended(run), fail: fail === null ? null : ended(fail) })
    return () => {
      const wasInTime = unsubscribe()
      if (wasInTime) told('waits no more')
      return wasInTime
    }
  }

  /** A parent that is being waited for has fired: decides this one without a poll, for the first reason in the order of asking. */
  learn(parent: Scope, reason: Reason): Reason {
    this.machine.catchUp()
    if (this.machine.decided !== null) return this.machine.decided
    if (this.parents.length === 1) {
      this.machine.decide(reason)
      return reason
    }
    const lineage = (this.lineage ??= lineageOf(this))
    for (let index = 1; index < lineage.scopes.length; index++) {
      const scope = lineage.scopes[index]!
      if (scope === parent) return this.fix(scope, lineage, index, reason)
      scope.machine.catchUp()
      if (scope.machine.decided !== null) return this.fix(scope, lineage, index, scope.machine.decided)
    }
    return reason
  }

  /** How many milliseconds a wait may sleep before the next look; `Infinity` if only others can end it. */
  nap(every: number): number {
    let nap = Infinity
    for (const { machine } of this.family().scopes) {
      if (machine.wantsLooks()) nap = Math.min(nap, Math.max(1, every))
      nap = Math.min(nap, machine.untilNext(machine.clock.monotonic()))
    }
    return nap
  }

  /** Puts the thread to sleep until another thread does something to this scope or one above it, or for so long; `null` where no other thread can. */
  sleeper(): ((span: number) => void) | null {
    const bells = new Set(this.family().scopes.flatMap(({ machine }) => (machine.closed ? [] : (machine.bell ?? []))))
    return bells.size === 0 ? null : sleepOn(bells)
  }

  private noticed(changed: boolean): boolean {
    if (this.watch !== null) this.notice(this.machine.decided)
    return changed
  }

  private notice(reason: Reason | null): void {
    if (reason !== null) tell(this, reason)
    else this.watch?.update()
  }

  /** After a read: the scope it has found, and those it has come by, may have somebody to tell. */
  private noticeWatched(watched: ReadonlyArray<Scope>, reason: Reason | null): void {
    const { giver } = this
    this.watched = null
    this.giver = null
    if (giver !== null) giver.notice(reason)
    for (const scope of watched) scope.notice(scope.machine.decided)
  }

  /** This scope and all above it, in the order of asking, each once. */
  family(): Lineage {
    return lineageOf(this)
  }
}

/** The label of the token itself, of nested ones the innermost. */
export const ownLabel = (token: Token<Input>): string | undefined => {
  let label: string | undefined
  for (let at = token; at._tag === 'Labelled'; at = at.token) label = at.label
  return label
}

const untouched: ReadonlyArray<Engine> = []

const tooLate = (): boolean => false

export interface Lineage {
  readonly scopes: ReadonlyArray<Scope>
  /** For each scope whether a direct poll of the first is one of it. */
  readonly direct: ReadonlyArray<boolean>
  /** For each scope the place of the one through which it was reached; -1 for the first. */
  readonly below: ReadonlyArray<number>
}

const lineageOf = (first: Scope): Lineage => {
  const scopes: Array<Scope> = []
  const below: Array<number> = []
  const direct: Array<boolean> = []
  const seen = new Set<Scope>()
  const waiting: Array<readonly [scope: Scope, below: number]> = [[first, -1]]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [scope, through] = next
    if (seen.has(scope)) continue
    seen.add(scope)
    scopes.push(scope)
    below.push(through)
    const child = scopes[through]
    direct.push(child === undefined || (direct[through]! && child.narrows && child.parents[0] === scope))
    for (let index = scope.parents.length - 1; index >= 0; index--)
      waiting.push([scope.parents[index]!, scopes.length - 1])
  }
  return { scopes, direct, below }
}
