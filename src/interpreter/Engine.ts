import type { Clock } from '../Clock.js'
import type { Reason, Requested } from '../Reason.js'
import type { Input, Token } from '../Token.js'
import type { Conditions } from '../World.js'

/** A read through several scopes; apart from its scope, so that a parent retains no child. */
export interface Visit {
  lasts: boolean
}

/** What the scopes of one chain share, each with one parent: a count of the changes that those below a scope cannot see without asking it. */
export interface Chain {
  changes: number
}

/** What a scope asks about its own token: a machine of this thread, or the part that this thread has in a state that several share. */
export interface Engine {
  readonly clock: Clock
  readonly conditions: Conditions
  /** Why it has fired, for good. */
  readonly decided: Reason | null
  /** Whether the token itself has fired, and not something outside it. */
  readonly hasFired: boolean
  /** Its token has been started, as of when it was opened. */
  readonly begun: boolean
  /** It stands still: it is not looked at and takes no input any more. */
  readonly closed: boolean
  /** A live leaf depends on time, so a look wants the clock read. */
  readonly readsClock: boolean
  /** There is nothing to look at: inputs only can change it. */
  readonly quiet: boolean
  /** Predicates are being called; whatever they ask of this token is answered from what is known. */
  readonly looking: boolean
  /** Something has fired in this read that can still be undone. */
  readonly checkpoint: object | null
  /** A direct counter is at zero: the next look, of whatever kind, fires it. */
  readonly hasRunOut: boolean
  /** Changes with what a waiter would have to wait for. */
  readonly revision: number
  /** A cell that another thread changes, and wakes those who wait on it, when it has done something; `null` where no other thread can. */
  readonly bell: Int32Array<SharedArrayBuffer> | null
  /** The latest read that has come by: while it lasts no other one looks here. */
  visit: Visit
  /** Whether a look may have to be undone: by an error of its own predicates, or of those of another scope in the same read. */
  recoverable: boolean
  /** Counts when it fires, and when there comes to be something to look at, or nothing; `null` while nobody has derived from its scope. */
  chain: Chain | null

  begin(): void
  /** A direct look for those who do not ask why; `null` where it is not to be had so. */
  goesOn(): boolean | null
  /** One look; `now` is the clock's reading where `readsClock` says so, else NaN. The answer holds for good if `decided` is set. */
  look(direct: boolean, now: number): Reason | null
  /** Brings it up to date without a look. */
  catchUp(): void
  undo(): void
  commit(): void

  /** Each answers whether it changed anything. */
  cancel(reason: Requested): boolean
  request(name: string, detail: string | undefined): boolean
  spend(name: string, amount: number): boolean
  beat(name: string): boolean

  /** Fires as a whole, for a reason from outside; the first reason stays. */
  decide(reason: Reason): void
  close(): void

  /** How many milliseconds after `now` time may next change something; `Infinity` if it never will. */
  untilNext(now: number): number
  /** Whether a look that is not direct could decide something that time and inputs do not. */
  wantsLooks(): boolean
  /** What is left of the token; with `collapse` off, how far each part has come. */
  snapshot(collapse: boolean): Token<Input>
}
