/**
 * What `open` gives: a scope of which little is there until somebody asks anything of it.
 *
 * Many scopes are opened, handed on and dropped without a question. So a handle holds what all scopes of one opening share, and when it was opened; the live
 * scope is made of that when it is first touched, as of that instant, and those above it with it.
 */
import type { Clock } from '../Clock.js'
import { received } from '../internal/received.js'
import { partsOf } from '../internal/partsOf.js'
import { Show } from '../Token.js'
import type { Input, Token } from '../Token.js'
import type { Conditions } from '../World.js'
import { Scope } from './Scope.js'
import type { ScopeOptions } from './Scope.js'

/** What all scopes of one opening have in common. */
export interface Opening extends ScopeOptions {
  readonly token: Token<Input>
  readonly parents: ReadonlyArray<Handle>
  readonly clock: Clock
  readonly conditions: Conditions
}

export class Handle {
  readonly opening: Opening
  /** The instant at which it was opened, NaN where that does not matter; then all that is live. */
  life: number | Scope

  constructor(opening: Opening, life: number | Scope) {
    this.opening = opening
    this.life = life
  }

  /** What tells a scope from other objects, in any copy of the package. */
  get 'cantok-ts/Scope'(): true {
    return true
  }

  /** Whether it has an owner; the background, of any copy of the package, has none. */
  get 'cantok-ts/owned'(): boolean {
    return this.live()['cantok-ts/owned']
  }

  /** Room for the one AbortSignal of this scope. */
  get 'cantok-ts/signal'(): unknown {
    return this.live()['cantok-ts/signal']
  }

  set 'cantok-ts/signal'(signal: unknown) {
    this.live()['cantok-ts/signal'] = signal
  }

  live(): Scope {
    return typeof this.life === 'number' ? enliven(this) : this.life
  }

  /** For logs: a scope is no data, its residual is. */
  toJSON(): string {
    return `CancelScope(${Show.show(this.opening.token)})`
  }

  [Symbol.dispose](): void {
    this.live().close()
  }
}

/** Makes scopes of a handle and of those above it; grows no stack. */
const enliven = (handle: Handle): Scope => {
  const waiting = [handle]
  for (let next = waiting.at(-1); next !== undefined; next = waiting.at(-1)) {
    const { life, opening } = next
    const idle = typeof life === 'number' ? opening.parents.filter((parent) => typeof parent.life === 'number') : []
    if (typeof life === 'number' && idle.length === 0) {
      const { token, parents, clock, conditions } = opening
      next.life = new Scope(token, parents.map(live), clock, conditions, opening, life)
    }
    if (idle.length === 0) waiting.pop()
    else for (const parent of idle) waiting.push(parent)
  }
  return live(handle)
}

const live = (handle: Handle): Scope => handle.live()

/** A handle of a scope that is live already. */
export const viewOf = (scope: Scope): Handle => {
  const { token, source } = scope
  const { clock, conditions } = scope.machine
  return new Handle({ token, parents: [], clock, conditions, source }, scope)
}

/** What is behind a view, of any copy of the package. */
export const handleOf = (view: object): Handle => {
  if (typeof view === 'object' && view !== null && 'cantok-ts/Scope' in view && view['cantok-ts/Scope'] === true)
    return view as Handle // sound: only scopes bear the brand
  throw new TypeError(`scope must be a scope, as open, child and link give it, but was ${received(view)}`)
}

/** The live scope behind a view, of any copy of the package. */
export const scopeOf = (view: object): Scope => handleOf(view).live()

/** What a token wants of the world in which it is opened: a reading of the clock, and predicates for these names, from left to right. */
export interface Wants {
  readonly time: boolean
  readonly conditions: ReadonlyArray<string>
}

/** Linear; grows no stack. Throws for a number that is none. */
export const wantsOf = (token: Token<Input>): Wants => {
  let time = false
  let conditions: Set<string> | null = null
  let waiting: Array<Token<Input>> | null = null
  for (let next: Token<Input> | undefined = token; next !== undefined; next = waiting?.pop()) {
    switch (next._tag) {
      case 'Timeout':
      case 'Idle':
        refuseNaN(next, next.left)
        time = true
        break
      case 'Deadline':
        refuseNaN(next, next.instant)
        time = true
        break
      case 'Counter':
      case 'Budget':
        refuseNaN(next, next.left)
        break
      case 'Condition':
        conditions = (conditions ?? new Set()).add(next.name)
        break
      case 'Any':
      case 'All':
      case 'AndThen':
      case 'Labelled': {
        const parts = partsOf(next)
        waiting ??= []
        for (let index = parts.length - 1; index >= 0; index--) waiting.push(parts[index]!)
        break
      }
      case 'Never':
      case 'Cancelled':
      case 'Manual':
        break
    }
  }
  return conditions === null ? (time ? timeAlone : nothing) : { time, conditions: [...conditions] }
}

/** What is waited for by a number that is none would be looked at without end. */
const refuseNaN = (token: Token<Input>, value: number): void => {
  if (typeof value === 'number' && value === value) return
  throw new TypeError(
    `token must be one that constructors and codecs make, but a ${token._tag} in it has ${received(value)} for a number`,
  )
}

const nothing: Wants = { time: false, conditions: [] }

const timeAlone: Wants = { time: true, conditions: [] }
