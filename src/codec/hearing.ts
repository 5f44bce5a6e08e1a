/**
 * What of a token somebody elsewhere can decide: time, and the inputs that are heard there.
 *
 * @since 0.1.0
 */
import { normalise } from '../Analysis.js'
import { received } from '../internal/received.js'
import { stackSafe } from '../internal/recursion.js'
import type { Reason } from '../Reason.js'
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
export interface Heard<
  Manual extends string = string,
  Condition extends string = string,
  Budget extends string = string,
  Idle extends string = string,
> {
  readonly manual?: ReadonlyArray<Manual>
  readonly condition?: ReadonlyArray<Condition>
  readonly budget?: ReadonlyArray<Budget>
  readonly idle?: ReadonlyArray<Idle>
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
 * The type says what is left: with `{ budget: ['calls'] }` a `Token<'budget:calls'>`, which `CancelScope.open` takes, as no condition is heard.
 *
 * What has fired stays fired, and its reason stays if it tells nothing of inputs that are not heard: a request (by whom, and with what detail), a condition,
 * a budget or beats of another name become `cancelled()`, without a reason. Labels stay, and so do paths, which are made of them: a label is for everybody.
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
 * const kept: Token.Token<'budget:calls'> = pipe(token, hearing({ budget: ['calls'] }))
 * console.log(Token.Show.show(kept)) // => 'any(timeout("5 seconds"), budget("calls", 10))'
 * ```
 * @category rewriting
 * @since 0.1.0
 */
export const hearing = <
  Manual extends string = never,
  Condition extends string = never,
  Budget extends string = never,
  Idle extends string = never,
>(
  heard: Heard<Manual, Condition, Budget, Idle> = {},
): (<I extends Input>(
  token: Token<I>,
) => Token<I & (`manual:${Manual}` | `condition:${Condition}` | `budget:${Budget}` | `idle:${Idle}`)>) => {
  const { counters = false } = heard
  const names: Names = {
    manual: namesOf('manual', heard.manual),
    condition: namesOf('condition', heard.condition),
    budget: namesOf('budget', heard.budget),
    idle: namesOf('idle', heard.idle),
  }
  const isTold = tells(names)
  const keep = fold<Token<Input>>({
    Never: (token) => token,
    Cancelled: (token) => (token.reason === undefined || isTold(token.reason) ? token : fired(token.reason)),
    Manual: (token) => (names.manual.has(token.name) ? token : never),
    Timeout: (token) => token,
    Deadline: (token) => token,
    Counter: (token) => (counters ? token : never),
    Condition: (token) => (names.condition.has(token.name) ? token : never),
    // what is used up has fired, whatever is heard
    Budget: (token) => (names.budget.has(token.name) ? token : token.left > 0 ? never : cancelled()),
    Idle: (token) => (names.idle.has(token.name) ? token : token.left > 0 ? never : cancelled()),
    Any: (token, tokens) => ({ ...token, tokens }),
    All: ({ reasons, ...token }, tokens) =>
      reasons === undefined ? { ...token, tokens } : { ...token, tokens, reasons: reasons.filter(isTold) },
    AndThen: (_, first, second) => andThen(first, second),
    Labelled: ({ label }, part) => labelled(label)(part),
  })
  return (token) => normalise(keep(token)) as Token<never> // sound: no input is left but those that are heard
}

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

interface Names {
  readonly manual: ReadonlySet<string>
  readonly condition: ReadonlySet<string>
  readonly budget: ReadonlySet<string>
  readonly idle: ReadonlySet<string>
}

/** What has fired for a reason that is not told: its label is. */
const fired = ({ label }: Reason): Token => (label === undefined ? cancelled() : labelled(label)(cancelled()))

/** Whether a reason tells nothing but time, polls and what happens to inputs that are heard. */
const tells = (names: Names): ((reason: Reason) => boolean) =>
  stackSafe<Reason, boolean>(function* (reason) {
    switch (reason._tag) {
      case 'Requested':
        return false // its detail is for those who hear the request itself
      case 'TimedOut':
      case 'DeadlinePassed':
      case 'CounterExhausted':
        return true
      case 'ConditionMet':
        return names.condition.has(reason.name)
      case 'BudgetSpent':
        return names.budget.has(reason.name)
      case 'Stalled':
        return names.idle.has(reason.name)
      case 'AllOf':
        for (const part of reason.reasons) if (!(yield part)) return false
        return true
    }
  })

const namesOf = (kind: string, names: ReadonlyArray<string> = []): ReadonlySet<string> => {
  if (Array.isArray(names)) return new Set(names)
  throw new TypeError(`${kind} must be an array of names, but was ${received(names)}`)
}
