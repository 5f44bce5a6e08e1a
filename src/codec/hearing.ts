/**
 * What of a token somebody elsewhere can decide: time, and the inputs that are heard there.
 *
 * @since 0.1.0
 */
import { normalise } from '../Analysis.js'
import type { Inputs } from '../Analysis.js'
import { received } from '../internal/received.js'
import { andThen, cancelled, fold, labelled, never } from '../Token.js'
import type { Input, Token } from '../Token.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * The names of the inputs that are heard, by kind, and whether the polls are those that counters count; by default none are.
 *
 * @category model
 * @since 0.1.0
 */
export interface Heard extends Partial<Inputs> {
  readonly counters?: boolean
}

// -------------------------------------------------------------------------------------
// rewriting
// -------------------------------------------------------------------------------------

/**
 * Keeps what can be decided where only these inputs are heard, in normal form: any other input counts as one that never fires.
 *
 * A service that opens the token of its caller does not hear the caller's `manual` inputs, predicates and beats, and its polls are not the caller's. What
 * is left never fires sooner than the token would, so no work stops that the caller still wants; what it leaves out is the caller's to tell, by closing the
 * connection when its own scope fires. Both together are the token: `any(token, hearing(heard)(token)) ≡ token`.
 *
 * The token is one that has been opened nowhere yet, or a residual: of an input left out only what has happened by then counts. Stack-safe, about linear.
 * Throws a `TypeError` for names that are no list.
 *
 * @example
 * ```ts
 * import { pipe } from 'fp-ts/lib/function.js'
 * import { Token } from 'cantok-ts'
 * import { hearing } from 'cantok-ts/codec'
 *
 * const { all, any, budget, condition, manual, timeout } = Token
 * const token = any(manual('stop'), timeout('5s'), budget('calls', 10), all(condition('drained'), timeout('1s')))
 * console.log(Token.Show.show(pipe(token, hearing({ budget: ['calls'] })))) // => 'any(timeout("5 seconds"), budget("calls", 10))'
 * ```
 * @category rewriting
 * @since 0.1.0
 */
export const hearing = (heard: Heard = {}): (<I extends Input>(token: Token<I>) => Token<I>) => {
  const { counters = false } = heard
  const names = {
    manual: namesOf('manual', heard.manual),
    condition: namesOf('condition', heard.condition),
    budget: namesOf('budget', heard.budget),
    idle: namesOf('idle', heard.idle),
  }
  const keep = fold<Token<Input>>({
    Never: (token) => token,
    Cancelled: (token) => token,
    Manual: (token) => (names.manual.has(token.name) ? token : never),
    Timeout: (token) => token,
    Deadline: (token) => token,
    Counter: (token) => (counters ? token : never),
    Condition: (token) => (names.condition.has(token.name) ? token : never),
    Budget: (token) => {
      if (names.budget.has(token.name)) return token
      const { name, limit, left } = token
      // what is used up has fired, whatever is heard
      return left > 0 ? never : cancelled({ _tag: 'BudgetSpent', name, limit, spent: limit - left, path: [] })
    },
    Idle: (token) => {
      if (names.idle.has(token.name)) return token
      const { name, duration, left } = token
      return left > 0 ? never : cancelled({ _tag: 'Stalled', name, duration, path: [] })
    },
    Any: (token, tokens) => ({ ...token, tokens }),
    All: (token, tokens) => ({ ...token, tokens }),
    AndThen: (_, first, second) => andThen(first, second),
    Labelled: ({ label }, part) => labelled(label)(part),
  })
  return <I extends Input>(token: Token<I>): Token<I> => normalise(keep(token)) as Token<I> // sound: no input is added
}

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

const namesOf = (kind: string, names: ReadonlyArray<string> = []): ReadonlySet<string> => {
  if (Array.isArray(names)) return new Set(names)
  throw new TypeError(`${kind} must be an array of names, but was ${received(names)}`)
}
