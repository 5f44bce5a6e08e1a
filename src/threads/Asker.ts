import { Machine } from '../interpreter/Machine.js'
import type { Clock } from '../Clock.js'
import type { Reason } from '../Reason.js'
import type { Input, Token } from '../Token.js'
import { fold } from '../Token.js'
import type { Conditions, Predicate } from '../World.js'
import { eachLive, mapLive } from './walk.js'

/** What predicates said in one look: `null` for one that gave no boolean. */
export type Answers = ReadonlyMap<string, boolean | null>

/**
 * Calls the predicates that this thread has, as a poll of the token would: in order, while they matter, each once.
 *
 * It is a machine for the conditions alone. What time, polls and inputs fire is found elsewhere, and never by its looks.
 */
export class Asker {
  private readonly machine: Machine
  private readonly answers = new Map<string, boolean | null>()
  /** What the latest look found true for itself only. */
  momentary: Reason | null = null

  private constructor(token: Token<Input>, conditions: Conditions, clock: Clock) {
    this.machine = new Machine(
      onlyConditions(conditions)(mapLive(token, (leaf) => (leaf._tag === 'Counter' ? waiting : leaf))),
      clock,
      Object.fromEntries(Object.entries(conditions).map(([name, predicate]) => [name, this.noting(name, predicate)])),
    )
    this.machine.recoverable = true
    this.machine.begin()
  }

  /** `null` where this thread has no predicate for any live condition. */
  static of(token: Token<Input>, conditions: Conditions, clock: Clock): Asker | null {
    let asks = false
    eachLive(token, (leaf) => {
      if (leaf._tag === 'Condition' && Object.hasOwn(conditions, leaf.name)) asks = true
    })
    return asks ? new Asker(token, conditions, clock) : null
  }

  /** The answers, if they make something fire for good; it is of no more use then. */
  ask(direct: boolean): Answers | null {
    this.answers.clear()
    const reason = this.machine.look(direct, NaN)
    const fires = this.machine.checkpoint !== null
    this.momentary = this.machine.decided === null ? reason : null
    return fires ? this.answers : null
  }

  private noting(name: string, predicate: Predicate): Predicate {
    const test = (): boolean => {
      this.answers.set(name, null)
      const answer: unknown = typeof predicate === 'function' ? predicate() : predicate.test()
      if (typeof answer === 'boolean') this.answers.set(name, answer)
      return answer as boolean // sound: what is none is refused by the machine, as if it had asked itself
    }
    return typeof predicate === 'function' ? test : { ...predicate, test }
  }
}

const waiting: Token<Input> = { _tag: 'Manual', name: 'elsewhere' }

/** The token with something that waits forever in the place of every leaf that is not for a predicate of this thread to decide. */
const onlyConditions = (conditions: Conditions): ((token: Token<Input>) => Token<Input>) => {
  const stand = (): Token<Input> => waiting
  // what is due the moment it is started may let a condition be asked in the same look
  const due = (token: Token<Input> & { readonly left: number }): Token<Input> => (token.left <= 0 ? token : waiting)
  return fold<Token<Input>>({
    Never: (token) => token,
    Cancelled: (token) => token,
    Manual: stand,
    Timeout: due,
    Deadline: stand,
    Counter: due,
    Condition: (token) => (Object.hasOwn(conditions, token.name) ? token : waiting),
    Budget: due,
    Idle: due,
    Any: (token, tokens) => ({ ...token, tokens }),
    All: (token, tokens) => ({ ...token, tokens }),
    AndThen: (_, first, second) => ({ _tag: 'AndThen', first, second }),
    Labelled: (token, part) => ({ ...token, token: part }),
  })
}
