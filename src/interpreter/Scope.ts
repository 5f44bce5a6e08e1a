/**
 * A live scope: a machine for its own token, and parents whose verdicts are also its own.
 *
 * A read asks the scope itself and then its parents in order, each scope once however many ways lead to it; what it finds is the reason
 * of every scope on the way, for good. Scopes know their parents only: a child that is forgotten leaves nothing behind.
 */
import type { Clock } from '../Clock.js'
import type { Reason } from '../Reason.js'
import { Show } from '../Token.js'
import type { Input, Token } from '../Token.js'
import type { Conditions } from '../World.js'
import { Machine } from './Machine.js'
import type { Visit } from './Machine.js'

export class Scope {
  readonly token: Token<Input>
  readonly parents: ReadonlyArray<Scope>
  /** Whether it has an owner; the background, of any copy of the package, has none. */
  readonly 'cantok-ts/owned': boolean
  readonly machine: Machine
  private readonly reading: Visit = { lasts: false }
  /** What a read through several scopes must undo should it end in an error. */
  private touched: ReadonlyArray<Machine> = untouched
  private lineage: Lineage | null = null

  constructor(
    token: Token<Input>,
    parents: ReadonlyArray<Scope>,
    clock: Clock,
    conditions: Conditions,
    owned: boolean = true,
  ) {
    this.token = token
    this['cantok-ts/owned'] = owned
    this.parents = parents
    this.machine = new Machine(token, clock, conditions)
    if (parents.length > 0) {
      this.machine.recoverable = true
      for (const parent of parents) parent.machine.recoverable = true
    }
  }

  /** What tells a scope from other objects, in any copy of the package. */
  get 'cantok-ts/Scope'(): true {
    return true
  }

  /** For logs: a scope is no data, its residual is. */
  toJSON(): string {
    return `CancelScope(${Show.show(this.token)})`
  }

  /** Whether it has fired, and why; from within a predicate of this very read, what is known by now. */
  read(direct: boolean): Reason | null {
    const { machine } = this
    if (machine.decided !== null) return machine.decided
    if (this.parents.length > 0) return this.reading.lasts ? null : this.readFamily(direct)
    if (machine.quiet || machine.looking || machine.visit.lasts) return null
    if (!machine.begun) machine.begin()
    const reason = machine.decided ?? machine.look(direct, machine.readsClock ? machine.clock.monotonic() : NaN)
    if (machine.checkpoint !== null) machine.commit()
    return machine.decided ?? reason
  }

  private readFamily(direct: boolean): Reason | null {
    this.reading.lasts = true
    let reason: Reason | null
    try {
      reason = this.readUpwards(direct)
    } catch (error) {
      this.touched.forEach((machine) => machine.undo())
      this.endRead()
      throw error
    }
    this.endRead()
    return reason
  }

  private endRead(): void {
    this.reading.lasts = false
    if (this.touched.length === 0) return
    for (const machine of this.touched) machine.commit()
    this.touched = untouched
  }

  private readUpwards(direct: boolean): Reason | null {
    const { reading, machine: own } = this
    let clock: Clock | null = null
    let now = NaN
    let scope: Scope = this
    let lineage: Lineage | null = null
    let index = 0
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
        reason = machine.decided ?? machine.look(direct && machine === own, now)
        if (machine.checkpoint !== null) this.touched = [...this.touched, machine]
        // a predicate may have cancelled the scope that is being read
        if (own.decided !== null) return own.decided
        if (machine.decided !== null) reason = machine.decided
      }
      if (reason !== null) return this.fix(scope, lineage, index, reason)
      if (lineage === null) {
        if (parents.length === 0) return null
        if (parents.length === 1) {
          scope = parents[0]!
          continue
        }
        lineage = scope.lineage ??= lineageOf(scope)
      }
      const next: Scope | undefined = lineage.scopes[++index]
      if (next === undefined) return null
      scope = next
    }
  }

  /** Fixes the reason for every scope on the way from this one to the one that gave it, and not for that one, whose own matter it is. */
  private fix(giver: Scope, lineage: Lineage | null, index: number, reason: Reason): Reason {
    let last = giver
    if (lineage !== null) {
      last = lineage.scopes[0]!
      for (let at = lineage.below[index]!; at >= 0; at = lineage.below[at]!) lineage.scopes[at]!.machine.decide(reason)
    }
    for (let scope: Scope = this; scope !== last; scope = scope.parents[0]!) scope.machine.decide(reason)
    return reason
  }

  /** Ends its own part: its token stands still as it is, and only its parents are asked from now on. */
  [Symbol.dispose](): void {
    this.machine.close()
  }

  /** This scope and all above it, in the order of asking, each once. */
  family(): ReadonlyArray<Scope> {
    return lineageOf(this).scopes
  }
}

const untouched: ReadonlyArray<Machine> = []

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
    for (let index = scope.parents.length - 1; index >= 0; index--)
      waiting.push([scope.parents[index]!, scopes.length - 1])
  }
  return { scopes, below }
}
