/**
 * The live side, modelled by the semantics alone: scopes whose state is a token. The interpreter must agree with it.
 */
import { Semantics } from 'cantok-ts'
import type { Reason, Token } from 'cantok-ts'
import { defaultNames as names } from 'cantok-ts/testing'

type AnyToken = Token.Token<Token.Input>

/** What the world is at an instant. */
export interface ModelWorld {
  now: number
  wall: number
  conditions: Record<string, boolean>
}

export class ModelScope {
  readonly opened: AnyToken
  token: AnyToken
  decided: Reason.Reason | undefined
  readonly parents: ReadonlyArray<ModelScope>
  private readonly world: ModelWorld
  private seen: number

  constructor(token: AnyToken, parents: ReadonlyArray<ModelScope>, world: ModelWorld) {
    this.opened = token
    this.token = token
    this.parents = parents
    this.world = world
    this.seen = world.now
  }

  /** Own cancel, own token, then parents from left to right, each scope once; what is found stays for all on the way. */
  read(direct: boolean, visited: Set<ModelScope> = new Set()): Reason.Reason | undefined {
    if (this.decided !== undefined) return this.decided
    if (visited.has(this)) return undefined
    visited.add(this)
    this.catchUp()
    const own = this.decided ?? this.apply({ _tag: 'Polled', conditions: { ...this.world.conditions }, direct })
    if (own !== undefined) return own
    for (const parent of this.parents) {
      const found = parent.read(false, visited)
      if (found !== undefined) return (this.decided = found)
    }
    return undefined
  }

  /**
   * A read whose predicates failed at that scope: what time does is done, counters of those asked until then have ticked, and nothing
   * else. Answers whether such a read gets there.
   */
  fail(direct: boolean, at: ModelScope): boolean {
    for (const scope of this.family()) {
      scope.catchUp()
      const unmet = Object.fromEntries(names.condition.map((name) => [name, false]))
      if (scope.decided === undefined)
        scope.apply({ _tag: 'Polled', conditions: unmet, direct: direct && scope === this })
      if (scope.decided !== undefined) return false
      if (scope === at) return true
    }
    return false
  }

  /** Whether a look through a child, now, would find it fired or change what is left of it. */
  isMovedByALook(): boolean {
    this.catchUp()
    if (this.decided !== undefined) return false
    const look: Semantics.Event = { _tag: 'Polled', conditions: { ...this.world.conditions }, direct: false }
    const [verdict, left] = Semantics.step(look)(this.token)
    return verdict._tag === 'Some' || JSON.stringify(left) !== JSON.stringify(this.token)
  }

  catchUp(): void {
    if (this.decided !== undefined) return
    const ms = this.world.now - this.seen
    this.seen = this.world.now
    this.apply({ _tag: 'Elapsed', ms, wall: this.world.wall })
  }

  /** An input: time first, then the event. */
  push(event: Semantics.Event): void {
    this.catchUp()
    if (this.decided === undefined) this.apply(event)
  }

  family(): ReadonlyArray<ModelScope> {
    const found: Array<ModelScope> = []
    const visit = (scope: ModelScope): void => {
      if (found.includes(scope)) return
      found.push(scope)
      scope.parents.forEach(visit)
    }
    visit(this)
    return found
  }

  private apply(event: Semantics.Event): Reason.Reason | undefined {
    const [verdict, residual] = Semantics.step(event)(this.token)
    this.token = residual
    if (verdict._tag === 'None') return undefined
    // a condition without a latch that is true now decides nothing for its own scope
    if (residual._tag === 'Cancelled') this.decided = verdict.value
    return verdict.value
  }
}
