/**
 * A live scope: a machine for its own token, and parents whose verdicts are also its own.
 *
 * A read asks the scope itself and then its parents in order, each scope once however many ways lead to it; what it finds is the reason
 * of every scope on the way, for good. Scopes know their parents only: a child that is forgotten leaves nothing behind.
 */
import { system } from '../Clock.js'
import type { Clock } from '../Clock.js'
import type { Reason } from '../Reason.js'
import type { Input, Token } from '../Token.js'
import type { Conditions } from '../World.js'
import { Machine } from './Machine.js'

export class Scope {
  readonly token: Token<Input>
  readonly parents: ReadonlyArray<Scope>
  readonly machine: Machine
  private reading = false
  /** Made on the first read, where there are parents. */
  private shared: Read | null = null
  private lineage: Lineage | null = null

  constructor(token: Token<Input>, parents: ReadonlyArray<Scope>, clock: Clock | undefined, conditions: Conditions) {
    this.token = token
    this.parents = parents
    this.machine = new Machine(token, clock ?? parents[0]?.machine.clock ?? system, conditions)
    if (parents.length > 0) {
      this.machine.recoverable = true
      for (const parent of parents) parent.machine.recoverable = true
    }
  }

  /** What tells a scope from other objects, in any copy of the package. */
  get 'cantok-ts/Scope'(): true {
    return true
  }

  /** Whether it has fired, and why; from within a predicate of this very read, what is known by now. */
  read(direct: boolean): Reason | null {
    const { machine } = this
    if (machine.decided !== null) return machine.decided
    if (this.parents.length > 0) return this.reading ? null : this.readAll(direct)
    if (machine.looking || machine.closed) return null
    const reason = machine.look(direct, machine.readsClock ? machine.clock.monotonic() : NaN)
    machine.checkpoint = null
    return machine.decided ?? reason
  }

  private readAll(direct: boolean): Reason | null {
    const read = (this.shared ??= new Read())
    this.reading = true
    try {
      for (let scope: Scope = this; ; scope = scope.parents[0]!) {
        const reason = scope.ask(direct && scope === this, read)
        if (reason !== null || this.machine.decided !== null) return this.settle(scope, reason)
        if (scope.parents.length === 0) return null
        if (scope.parents.length > 1) return this.settle(scope, scope.askLineage(read, this))
      }
    } catch (error) {
      read.undo()
      throw error
    } finally {
      read.end()
      this.reading = false
    }
  }

  /** Asks this scope alone. */
  private ask(direct: boolean, read: Read): Reason | null {
    const { machine } = this
    if (machine.decided !== null) return machine.decided
    if (machine.looking || machine.closed) return null
    const reason = machine.look(direct, machine.readsClock ? read.now(machine.clock) : NaN)
    if (machine.checkpoint !== null) read.touch(machine)
    return machine.decided ?? reason
  }

  /** Asks all that is above a scope of several parents; what it finds is the reason of those between too. */
  private askLineage(read: Read, reader: Scope): Reason | null {
    this.lineage ??= lineageOf(this)
    const { scopes, below } = this.lineage
    for (let index = 1; index < scopes.length; index++) {
      const reason = scopes[index]!.ask(false, read)
      if (reader.machine.decided !== null) return null
      if (reason === null) continue
      for (let at = below[index]!; at >= 0; at = below[at]!) scopes[at]!.machine.decide(reason)
      return reason
    }
    return null
  }

  /**
   * Fixes the reason for every scope from this one up to, and without, the one that gave it. Where a predicate has cancelled this scope
   * meanwhile, that stands.
   */
  private settle(giver: Scope, reason: Reason | null): Reason | null {
    if (this.machine.decided !== null || reason === null) return this.machine.decided
    for (let scope: Scope = this; scope !== giver; scope = scope.parents[0]!) scope.machine.decide(reason)
    return reason
  }

  /** Ends its own part: its token stands still as it is, and only its parents are asked from now on. */
  [Symbol.dispose](): void {
    this.machine.catchUp()
    this.machine.closed = true
  }

  /** This scope and all above it, in the order of asking, each once. */
  family(): ReadonlyArray<Scope> {
    return lineageOf(this).scopes
  }
}

interface Lineage {
  readonly scopes: ReadonlyArray<Scope>
  /** For each scope the place of the one through which it was reached; -1 for the first. */
  readonly below: ReadonlyArray<number>
}

const lineageOf = (first: Scope): Lineage => {
  const scopes: Array<Scope> = []
  const below: Array<number> = []
  const seen = new Set<Scope>()
  const waiting: Array<readonly [scope: Scope, below: number]> = [[first, -1]]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [scope, through] = next
    if (seen.has(scope)) continue
    seen.add(scope)
    scopes.push(scope)
    below.push(through)
    for (let index = scope.parents.length - 1; index >= 0; index--) waiting.push([scope.parents[index]!, scopes.length - 1])
  }
  return { scopes, below }
}

/** What one read through several scopes shares: one reading per clock, and what to undo should it end in an error. */
class Read {
  private clock: Clock | null = null
  private instant = NaN
  private touched: Array<Machine> | null = null

  now(clock: Clock): number {
    if (this.clock !== clock) {
      this.clock = clock
      this.instant = clock.monotonic()
    }
    return this.instant
  }

  touch(machine: Machine): void {
    if (this.touched === null) this.touched = [machine]
    else this.touched.push(machine)
  }

  undo(): void {
    this.touched?.forEach((machine) => machine.undo())
  }

  end(): void {
    this.clock = null
    this.touched?.forEach((machine) => (machine.checkpoint = null))
    this.touched = null
  }
}
