import type { Eq } from 'fp-ts/lib/Eq.js'
import { received } from '../internal/received.js'
import type { Input, Token } from '../Token.js'
import { behaviours } from './behaviours.js'
import type { Behaviours } from './behaviours.js'
import { whole } from './constraint.js'
import type { Equation, Invariant, Law } from './laws/law.js'
import { getVerdictEq } from './observe.js'
import { equationText, findingText, thrownText } from './report.js'
import { sizedTokens, smallTraces, withDefaults } from './smallScope.js'
import type { Sized, SmallScope } from './smallScope.js'
import { constantsOf } from './suiting.js'
import { literal } from './toCode.js'
import { trace as traces } from './trace.js'
import type { Trace } from './trace.js'
import { refuseUnnamed } from './unnamed.js'
import { refuseUnreachable, sidesOf } from './unreachable.js'

/**
 * How much is looked at.
 *
 * @category model
 * @since 0.1.0
 */
export interface ExhaustiveOptions extends SmallScope {
  /**
   * What the operands of a law of two or more are. `'tokens'` (the default): every token of the scope; nothing is assumed. `'classes'`: of tokens that do the same on all
   * traces one that has the fewest nodes. That leaves nothing out where both sides are terms of `any`, `all`, `andThen` and `labelled`, for these learn nothing
   * of a part but at which events it fires and how long before their ends; it may where a side looks at the data of its operands. Those traces are of the events and of what a
   * part may be given in their place: the shorter spans, and that it is started. So times are to be whole milliseconds, and spans short.
   */
  readonly operands?: 'tokens' | 'classes'
  /**
   * How many nodes the operands of a law of two or more may have together, as many as it has operands or more; default `maxSize` for tokens. For classes, by default, any two may meet, and of three or more
   * the sum is at most `maxSize + 2`.
   */
  readonly maxTotal?: number
}

/**
 * What was looked at: tokens and traces of the scope, classes of tokens that do the same, if operands are these, and how many lists of operands of each length laws were
 * checked on, each on all traces, `longer` being of four and more; `states` were stepped, an event at a time, `steps` times in all.
 *
 * @category model
 * @since 0.1.0
 */
export interface Coverage {
  readonly laws: number
  readonly tokens: number
  readonly traces: number
  readonly classes: number
  readonly singles: number
  readonly pairs: number
  readonly triples: number
  readonly longer: number
  readonly states: number
  readonly steps: number
}

/**
 * Checks laws on all tokens and all traces of a small scope; answers with what was looked at, throws at the first operands on which one does not hold.
 *
 * Equations hold up to the verdicts at polls. A law of one operand is checked on every token; one of more as `operands` says. An invariant is checked on every
 * token and every trace, one by one, which takes long in any but the smallest scopes.
 *
 * Where the sides of an equation bring in a name that no event has, or a number that no trace of the scope reaches, so that nothing would be checked of it, it throws an error that
 * says what to add. It adds nothing by itself: each event makes many times the traces, and what was looked at would no longer be what was asked for. What the leaves of
 * the scope hold is taken as meant. Throws a `RangeError` where nothing would be checked: of no laws, no leaves, no events or none that is a poll, traces of no events, a law that has more
 * operands than nodes are allowed together or reads some that its function does not name; and of classes where a time is no whole number of milliseconds.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { checkExhaustively, laws } from 'cantok-ts/testing'
 *
 * const { tokens, traces, pairs } = checkExhaustively(laws.lattice(Token.Lattice), { maxSize: 3, maxLength: 3 })
 * console.log(tokens, traces, pairs) // => 238 259 343
 *
 * try {
 *   checkExhaustively(laws.commutativity(Token.SemigroupAndThen))
 * } catch (error) {
 *   console.log(String(error).split('\n')[2]) // => "  const a = Token.manual('a')"
 * }
 * ```
 * @category laws
 * @since 0.1.0
 */
export const checkExhaustively = (
  laws: Law<Token<Input>> | ReadonlyArray<Law<Token<Input>>>,
  options: ExhaustiveOptions = {},
): Coverage => {
  const list = isList(laws) ? laws : [laws]
  if (list.length === 0) throw new RangeError('laws must be at least one, but there were none')
  const { operands = 'tokens', maxTotal } = options
  const { maxSize, maxLength } = withDefaults(options)
  whole('maxLength', maxLength, 1)
  if (maxTotal !== undefined && maxTotal !== Infinity) whole('maxTotal', maxTotal, 1)
  if (!['tokens', 'classes'].includes(operands))
    throw new RangeError(`operands must be 'tokens' or 'classes', but was ${received(operands)}`)
  const totalOf = (arity: number): number => {
    if (arity < 2) return Infinity
    if (maxTotal !== undefined) return maxTotal
    if (operands === 'tokens') return maxSize
    return arity === 2 ? Infinity : maxSize + 2
  }
  for (const law of list) if (law._tag === 'Equation') refuseUnchecked(law, totalOf(law.arity), options)
  if (operands === 'classes') refuseFractions(list, options)

  const known = behaviours(options)
  const tokens = [...sizedTokens(options)]
  const representatives = operands === 'classes' ? classesOf(tokens, known) : []
  const others = operands === 'classes' ? representatives : tokens
  const checked = new Map<number, number>()
  const E: Eq<Token<Input>> = { equals: (first, second) => known.verdicts(first) === known.verdicts(second) }
  for (const law of list) {
    let count = 0
    if (law._tag === 'Equation')
      for (const given of listsOf(law.arity === 1 ? tokens : others, law.arity, totalOf(law.arity))) {
        count++
        const outcome = outcomeOf(() => law.holds(E, ...given))
        if (outcome._tag !== 'Held') throw equationError(law, given, outcome, options)
      }
    else
      for (const { token } of tokens) {
        count++
        for (const trace of smallTraces(options)) {
          const outcome = outcomeOf(() => law.holdsOn(token, trace))
          if (outcome._tag !== 'Held') throw invariantError(law, token, trace, outcome)
        }
      }
    const arity = law._tag === 'Equation' ? law.arity : 1
    checked.set(arity, Math.max(count, checked.get(arity) ?? 0))
  }
  return {
    laws: list.length,
    tokens: tokens.length,
    traces: countTraces(options),
    classes: representatives.length,
    singles: checked.get(1) ?? 0,
    pairs: checked.get(2) ?? 0,
    triples: checked.get(3) ?? 0,
    longer: [...checked].reduce((sum, [arity, count]) => (arity > 3 ? sum + count : sum), 0),
    ...known.counts(),
  }
}

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

const isList = <A>(value: A | ReadonlyArray<A>): value is ReadonlyArray<A> => Array.isArray(value)

/** Throws where a law would be checked on no operands, or on no trace that tells its sides apart. */
const refuseUnchecked = (law: Equation<Token<Input>>, total: number, options: ExhaustiveOptions): void => {
  refuseUnnamed(law)
  if (law.arity > total)
    throw new RangeError(
      `maxTotal must be ${law.arity} or more for the law ${literal(law.name)} of so many operands, but was ${total}${options.maxTotal === undefined ? ' by default' : ''}`,
    )
  if (!withDefaults(options).events.some(({ _tag }) => _tag === 'Polled'))
    throw new RangeError(`events must have a poll among them, for equations are of verdicts at polls, but had none`)
  refuseUnreachable(law, options)
}

/** Throws where the times of the scope or of what laws bring in are no whole milliseconds: the parts of spans would be without end. */
const refuseFractions = (list: ReadonlyArray<Law<Token<Input>>>, scope: SmallScope): void => {
  const { leaves, events } = withDefaults(scope)
  const sides = list.flatMap((law) => (law._tag === 'Equation' ? sidesOf(law, leaves) : []))
  const { spans, instants } = constantsOf([...leaves, ...sides])
  const ofEvents = events.flatMap((event) =>
    event._tag === 'Elapsed' ? [event.ms, ...(instants.length > 0 ? [event.wall] : [])] : [],
  )
  const fraction = [...spans, ...instants, ...ofEvents].find((time) => !Number.isSafeInteger(time))
  if (fraction !== undefined)
    throw new RangeError(
      `operands must be 'tokens' where a time is no whole number of milliseconds, for classes are told apart by all parts of spans, but were 'classes', and a time was ${fraction}`,
    )
}

/** One of each class, of those with the fewest nodes the first. */
const classesOf = (tokens: ReadonlyArray<Sized>, known: Behaviours): ReadonlyArray<Sized> => {
  const classes = new Map<number, Sized>()
  for (const sized of tokens) {
    const behaviour = known.behaviour(sized.token)
    if (!classes.has(behaviour)) classes.set(behaviour, sized)
  }
  return [...classes.values()]
}

/** All lists of so many operands whose nodes together are at most so many. */
function* listsOf(
  tokens: ReadonlyArray<Sized>,
  length: number,
  total: number,
): Generator<ReadonlyArray<Token<Input>>, void> {
  if (length === 0) {
    yield []
    return
  }
  for (const { token, size } of tokens) {
    if (size + length - 1 > total) return // the smaller come first, and the others have at least a node each
    for (const others of listsOf(tokens, length - 1, total - size)) yield [token, ...others]
  }
}

/** 1 + e + e² + … for e events. */
const countTraces = (scope: SmallScope): number => {
  const { events, maxLength } = withDefaults(scope)
  let count = 0
  for (let length = 0; length <= maxLength; length++) count += events.length ** length
  return count
}

type Outcome =
  | { readonly _tag: 'Held' }
  | { readonly _tag: 'Failed' }
  | { readonly _tag: 'Threw'; readonly error: unknown }

const outcomeOf = (holds: () => boolean): Outcome => {
  try {
    return { _tag: holds() ? 'Held' : 'Failed' }
  } catch (error) {
    return { _tag: 'Threw', error }
  }
}

const equationError = (
  law: Equation<Token<Input>>,
  given: ReadonlyArray<Token<Input>>,
  outcome: Outcome,
  scope: SmallScope,
): Error => {
  if (outcome._tag === 'Threw') return thrownError(law.name, equationText(law, given, []), outcome.error)
  const differs = (trace: Trace): boolean => !law.holds(getVerdictEq(trace), ...given)
  for (const trace of smallTraces(scope))
    if (differs(trace)) {
      const text = equationText(law, given, simplest(trace, differs))
      return new Error(`The law '${law.name}' does not hold up to the verdicts at polls, of\n\n${text}`)
    }
  const text = equationText(law, given, [])
  return new Error(
    `The law '${law.name}' is not deterministic: it did not hold, and held when asked again, of\n\n${text}`,
  )
}

const invariantError = (law: Invariant, token: Token<Input>, trace: Trace, outcome: Outcome): Error => {
  const textOf = (of: Trace): string =>
    findingText({ tokens: [['token', token]], trace: of, shown: [['token', token]] })
  if (outcome._tag === 'Threw') return thrownError(law.name, textOf(trace), outcome.error)
  const fails = (of: Trace): boolean => outcomeOf(() => law.holdsOn(token, of))._tag === 'Failed'
  if (!fails(trace))
    return new Error(
      `The law '${law.name}' is not deterministic: it did not hold, and held when asked again, of\n\n${textOf(trace)}`,
    )
  return new Error(`The law '${law.name}' does not hold, of\n\n${textOf(simplest(trace, fails))}`)
}

const thrownError = (name: string, finding: string, error: unknown): Error =>
  new Error(`The law '${name}' threw an error, of\n\n${finding}\n\nWhat it threw: ${thrownText(error)}`, {
    cause: error,
  })

/** Without what plays no part: events, answers, jumps of the wall clock. */
const simplest = (trace: Trace, fails: (trace: Trace) => boolean): Trace => {
  for (const { value } of traces().shrink(trace, undefined)) if (fails(value)) return simplest(value, fails)
  return trace
}
