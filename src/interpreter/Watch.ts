/**
 * Those who wait for a scope to fire instead of asking it: listeners, and scopes derived from it that are waited for themselves.
 *
 * Invariants:
 *
 * 1. A scope has a watch exactly while somebody waits for it or for a scope derived from it; each parent of a watched scope is watched, and
 *    knows it as a dependent. Whoever is not waited for is known to nobody.
 * 2. A watch cares for its own scope's token: one timer, set to the next instant that can matter, and looks at a pace while
 *    something wants looks. What parents come to, their watches tell.
 * 3. Once a scope fires, all that depend on it are decided before the first listener runs; then its watch, and theirs, are gone.
 */
import type { Reason } from '../Reason.js'
import { hear } from './bell.js'
import type { Scope } from './Scope.js'

/** Somebody who waits. */
export interface Listener {
  readonly run: (reason: Reason) => void
  /** Takes what a predicate throws while it is asked for this listener, which then waits no more; `null` to go on waiting. */
  readonly fail: ((error: unknown) => void) | null
  /** Milliseconds between looks, where looks are wanted. */
  readonly every: number
  /** Whether to keep the process alive. */
  readonly keepAlive: boolean
  /** Told when the scope is closed, which then ends the wait; `null` to wait on. */
  readonly closed: (() => void) | null
}

/** A cancellation that comes from elsewhere: asked in every look, and subscribed to while somebody waits. */
export interface Source {
  readonly read: () => Reason | null
  readonly subscribe: (wake: () => void) => () => void
}

export class Watch {
  private readonly scope: Scope
  /** First in, first out. */
  readonly listeners: Set<Listener> = new Set()
  readonly dependents: Set<Scope> = new Set()
  /** The paces that are wanted here, and by how many listeners and dependents. */
  readonly paces: Map<number, number> = new Map()
  /** How many listeners and dependents want the process kept alive. */
  keepers = 0

  private revision = -1
  private wakeAt = Infinity
  private lastLook = 0
  private nextLook = Infinity
  private pace = Infinity
  private kept = false
  private callOff: (() => void) | null = null
  private unsubscribe: (() => void) | null = null
  private unhear: (() => void) | null = null
  private vigil: (() => void) | null = null

  constructor(scope: Scope) {
    this.scope = scope
  }

  /** After an operation on the scope: whether there is something else to wait for now. */
  update(): void {
    const { machine } = this.scope
    if (this.revision !== machine.revision || (machine.hasRunOut && this.nextLook === Infinity)) this.arm()
  }

  /** Waits for what there is to wait for. */
  arm(): void {
    if (this.scope.watch !== this) return // what was armed before it has ended the wait
    const { machine, source } = this.scope
    if (source !== null) return this.follow(source)
    const kept = this.keepers > 0
    if (machine.bell !== null) {
      this.unhear ??= hear(machine.bell, () => this.heed())
      this.keepUp(kept)
    }
    const now = machine.clock.monotonic()
    const pace = machine.wantsLooks() ? Math.max(1, Math.min(...this.paces.keys())) : Infinity
    if (pace !== this.pace) {
      if (this.pace === Infinity) this.lastLook = now
      // from the last look on: whoever comes or goes must not put the next one off
      this.nextLook = Math.max(now, this.lastLook + pace)
    }
    this.pace = pace
    const wakeAt = Math.min(now + machine.untilNext(now), this.nextLook)
    this.revision = machine.revision
    if (machine.decided !== null) return this.wake() // time had come to its end unseen
    if (wakeAt === this.wakeAt && kept === this.kept && this.callOff !== null) return
    this.disarm()
    this.wakeAt = wakeAt
    this.kept = kept
    if (wakeAt === Infinity) return
    this.callOff = machine.clock.schedule(
      wakeAt - now,
      () => {
        this.callOff = null
        this.wake()
      },
      { keepAlive: kept },
    )()
  }

  /** Another thread may end the wait at any time, so the process is kept alive for it without a timer that is due. */
  private keepUp(wanted: boolean): void {
    if (!wanted) {
      this.vigil?.()
      this.vigil = null
    }
    if (wanted)
      this.vigil ??= this.scope.machine.clock.schedule(day, () => {
        this.vigil = null
        this.arm()
      })()
  }

  /** Waits for nothing any more. */
  end(): void {
    this.disarm()
    this.keepUp(false)
    this.unhear?.()
    this.unhear = null
  }

  private disarm(): void {
    this.callOff?.()
    this.callOff = null
    this.unsubscribe?.()
    this.unsubscribe = null
  }

  private follow(source: Source): void {
    if (this.unsubscribe !== null) return
    this.unsubscribe = source.subscribe(() => this.wake())
    // it may have called within the call, or have come between the look and the call
    if (this.scope.watch !== this) this.end()
    else if (source.read() !== null) this.wake()
  }

  /** Another thread may have done something. */
  private heed(): void {
    const { scope } = this
    const { machine } = scope
    machine.catchUp()
    if (machine.decided !== null) return tell(scope, machine.decided)
    if (machine.closed) close(scope)
    this.update()
  }

  /** Time has come, or a source has called. */
  private wake(): void {
    const { scope } = this
    const { clock } = scope.machine
    // what comes from elsewhere comes at once, also in the middle of a read
    const given = scope.source?.read() ?? null
    if (given !== null) {
      scope.machine.decide(given)
      return tell(scope, scope.machine.decided ?? given)
    }
    const looks = clock.monotonic() >= this.nextLook
    let reason: Reason | null
    try {
      if (looks) reason = scope.glance(false)
      else {
        scope.machine.catchUp()
        reason = scope.machine.decided
      }
    } catch (error) {
      this.resume(looks)
      return fail(scope, error)
    }
    if (reason !== null) tell(scope, reason)
    else this.resume(looks)
  }

  private resume(looked: boolean): void {
    if (this.scope.watch !== this) return
    if (looked) {
      this.lastLook = this.scope.machine.clock.monotonic()
      this.nextLook = this.lastLook + this.pace
    }
    this.wakeAt = Infinity
    this.arm()
  }
}

const day = 86_400_000

/** Waits for a scope that has not fired; the answer takes that back, and says whether it was in time. */
export const subscribe = (scope: Scope, listener: Listener): (() => boolean) => {
  const touched = want(scope, listener.every, listener.keepAlive)
  const watch = scope.watch!
  watch.listeners.add(listener)
  for (const each of touched) each.arm()
  return () => {
    if (!watch.listeners.delete(listener)) return false
    if (scope.watch === watch) wantNoMore(scope, listener.every, listener.keepAlive)
    return true
  }
}

/** The scope was closed: lets go of those who wait until then only. */
export const close = (scope: Scope): void => {
  const { watch } = scope
  if (watch === null) return
  const told = takeOut(scope, watch, ({ closed }) => closed !== null).flatMap(({ closed }) => closed ?? [])
  scope.watch?.arm()
  callAll(told)
}

/** Takes out some of those who wait, who then do so no more. */
const takeOut = (scope: Scope, watch: Watch, which: (listener: Listener) => boolean): ReadonlyArray<Listener> => {
  const taken = [...watch.listeners].filter(which)
  for (const listener of taken) {
    watch.listeners.delete(listener)
    wantNoMore(scope, listener.every, listener.keepAlive)
  }
  return taken
}

/** Tells all who wait for a scope why it has fired, and all who wait for those derived from it. */
export const tell = (fired: Scope, reason: Reason): void => {
  const told: Array<readonly [Watch, Reason]> = []
  const pending: Array<readonly [Scope, Reason]> = [[fired, reason]]
  for (const [scope, why] of pending) {
    const { watch } = scope
    if (watch === null) continue
    forget(scope, watch)
    told.push([watch, why])
    for (const dependent of watch.dependents) pending.push([dependent, dependent.learn(scope, why)])
  }
  callAll(calls(told))
}

/** One after the other, so that those who are taken out meanwhile are left out. */
function* calls(told: ReadonlyArray<readonly [Watch, Reason]>): Generator<() => void> {
  for (const [{ listeners }, why] of told)
    for (const listener of listeners) {
      listeners.delete(listener)
      yield () => listener.run(why)
    }
}

/** Calls all; one that throws stops no other, and what they threw is reported together. */
export const callAll = (all: Iterable<() => void>): void => {
  const errors: Array<unknown> = []
  for (const call of all) {
    try {
      call()
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 0) report(errors)
}

/** As the platform reports what nobody catches. */
const report = (errors: ReadonlyArray<unknown>): void => {
  const error = new AggregateError(errors, `${errors.length} of the listeners of a cancelled scope threw`)
  // sound: what browsers have there takes any value
  const { reportError } = globalThis as { readonly reportError?: (error: unknown) => void }
  if (reportError !== undefined) reportError(error)
  else
    queueMicrotask(() => {
      throw error
    })
}

/** Hands what a predicate threw to those who asked for it by waiting, here or further down; where nobody takes it, to the timer's caller. */
const fail = (scope: Scope, error: unknown): void => {
  const takers: Array<(error: unknown) => void> = []
  const pending = [scope]
  const seen = new Set(pending)
  for (const each of pending) {
    const { watch } = each
    if (watch === null) continue
    const { dependents } = watch
    takers.push(...takeOut(each, watch, ({ fail }) => fail !== null).flatMap(({ fail }) => fail ?? []))
    for (const dependent of dependents) {
      if (seen.has(dependent)) continue
      seen.add(dependent)
      pending.push(dependent)
    }
  }
  if (takers.length === 0) throw error
  callAll(takers.map((take) => () => take(error)))
}

// -------------------------------------------------------------------------------------
// who wants what: a listener is counted at its scope, and a watched scope at its parents, once for each pace
// -------------------------------------------------------------------------------------

const want = (first: Scope, pace: number, keepAlive: boolean): ReadonlyArray<Watch> => {
  const pending: Array<Want> = [{ scope: first, dependent: null, pace, keepAlive }]
  const touched: Array<Watch> = []
  for (const { scope, dependent, pace, keepAlive } of pending) {
    const isNew = scope.watch === null
    const watch = (scope.watch ??= new Watch(scope))
    if (dependent !== null) watch.dependents.add(dependent)
    const newPace = pace !== null && count(watch.paces, pace, 1) === 1
    if (keepAlive) watch.keepers++
    const newKeeper = keepAlive && watch.keepers === 1
    if (!isNew && !newPace && !newKeeper) continue
    touched.push(watch)
    for (const parent of scope.parents)
      pending.push({ scope: parent, dependent: scope, pace: newPace ? pace : null, keepAlive: newKeeper })
  }
  return touched
}

const wantNoMore = (first: Scope, pace: number, keepAlive: boolean): void => {
  const pending: Array<Want> = [{ scope: first, dependent: null, pace, keepAlive }]
  for (const { scope, dependent, pace, keepAlive } of pending) {
    const { watch } = scope
    if (watch === null) continue
    const lastPace = pace !== null && count(watch.paces, pace, -1) === 0
    if (keepAlive) watch.keepers--
    const lastKeeper = keepAlive && watch.keepers === 0
    if (dependent !== null && dependent.watch === null) watch.dependents.delete(dependent)
    const isIdle = watch.paces.size === 0
    if (isIdle) {
      watch.end()
      scope.watch = null
    }
    if (!lastPace && !lastKeeper) continue
    if (!isIdle) watch.arm()
    for (const parent of scope.parents)
      pending.push({ scope: parent, dependent: scope, pace: lastPace ? pace : null, keepAlive: lastKeeper })
  }
}

interface Want {
  readonly scope: Scope
  readonly dependent: Scope | null
  readonly pace: number | null
  readonly keepAlive: boolean
}

/** Takes a scope's watch away; its parents count it no more. */
const forget = (scope: Scope, watch: Watch): void => {
  watch.end()
  scope.watch = null
  const keepAlive = watch.keepers > 0
  let first = true
  for (const pace of watch.paces.keys()) {
    for (const parent of scope.parents) leave(parent, scope, pace, first && keepAlive)
    first = false
  }
}

const leave = (parent: Scope, dependent: Scope, pace: number, keepAlive: boolean): void => {
  parent.watch?.dependents.delete(dependent)
  wantNoMore(parent, pace, keepAlive)
}

const count = (counts: Map<number, number>, key: number, step: 1 | -1): number => {
  const sum = (counts.get(key) ?? 0) + step
  if (sum === 0) counts.delete(key)
  else counts.set(key, sum)
  return sum
}
