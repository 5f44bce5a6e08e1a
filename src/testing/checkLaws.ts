import * as fc from 'fast-check'
import type { Eq as EqOf } from 'fp-ts/lib/Eq.js'
import { cancelled, condition, Eq as NormalFormEq, fold, isToken, manual, never } from '../Token.js'
import type { Input, Token } from '../Token.js'
import type { Equation, Law } from './laws/law.js'
import { defaultNames } from './names.js'
import { getReasonEq, getVerdictEq } from './observe.js'
import { equationText, findingText, thrownText } from './report.js'
import { constantsOf, widened } from './suiting.js'
import { token } from './token.js'
import type { TokenConstraints } from './token.js'
import { trace } from './trace.js'
import type { Trace, TraceConstraints } from './trace.js'
import { refuseUnnamed } from './unnamed.js'

/**
 * Up to what two tokens are to be equal on a trace: the verdicts at polls, the first reason too (but for its path), or their normal forms, for which the trace
 * does not matter; or an equality of your own.
 *
 * @category model
 * @since 0.1.0
 */
export type Equality = 'verdict' | 'reason' | 'structure' | ((trace: Trace) => EqOf<Token<Input>>)

/**
 * How laws are checked.
 *
 * @category model
 * @since 0.1.0
 */
export interface CheckOptions {
  /** The tokens, or an arbitrary of them; default those of `token()` up to a depth of 3. */
  readonly tokens?: TokenConstraints | fc.Arbitrary<Token<Input>>
  /**
   * The traces, or an arbitrary of them; default those of `trace()`, and besides the names and numbers that the sides of a law were found to hold, so that a combinator
   * with inputs and limits of its own is felt. Constraints given win.
   */
  readonly traces?: TraceConstraints | fc.Arbitrary<Trace>
  /** Up to what both sides of an equation are to be equal; default `'verdict'`. */
  readonly equality?: Equality
  /** What fast-check is told, such as `seed`, `path` and `numRuns`; the number of runs is 1000 unless given here or by `fc.configureGlobal`. */
  readonly parameters?: Omit<fc.Parameters, 'reporter' | 'asyncReporter' | 'examples' | 'plugins'>
}

/**
 * Checks laws on generated tokens and traces; throws one error that tells all that do not hold.
 *
 * For each of these, or the first three, it gives the law's name, the smallest operands found, as code, the trace, what to repeat it with, and the timeline of both sides. The laws of
 * the lattice hold of all tokens up to the verdict; those of the semiring want `tokens: { momentary: false }`. What names and numbers traces need is found out by making both sides of
 * an equation of a few operands; a side that holds others for others yet may need `traces`, and an invariant always does. Throws a `RangeError` of no laws, and of one that reads operands
 * which its function does not name.
 *
 * @example
 * ```ts
 * import { Token } from 'cantok-ts'
 * import { checkLaws, laws } from 'cantok-ts/testing'
 *
 * const { all, any, cancelled, never } = Token
 * // two of three, by hand, and by the lattice
 * const twoOfThree = laws.equivalent('two of three', (a, b, c) => [
 *   any(all(a, b), all(b, c), all(a, c)),
 *   all(any(a, b), any(b, c), any(a, c)),
 * ])
 * checkLaws([twoOfThree, ...laws.lattice({ join: any, meet: all, zero: never, one: cancelled() })])
 *
 * try {
 *   checkLaws(laws.commutativity(Token.SemigroupAndThen), { parameters: { seed: 1 } })
 * } catch (error) {
 *   console.log(String(error).split('\n')[0]) // => "Error: The law 'commutativity' does not hold up to the verdicts at polls, of"
 * }
 * ```
 * @category laws
 * @since 0.1.0
 */
export const checkLaws = (
  laws: Law<Token<Input>> | ReadonlyArray<Law<Token<Input>>>,
  options: CheckOptions = {},
): void => {
  const list = isList(laws) ? laws : [laws]
  if (list.length === 0) throw new RangeError('laws must be at least one, but there were none')
  for (const law of list) if (law._tag === 'Equation') refuseUnnamed(law)
  const failures = list.flatMap((law) => failure(law, options) ?? [])
  if (failures.length === 0) return
  const verb = failures.length === 1 ? 'does' : 'do'
  const head = list.length === 1 ? [] : [`${failures.length} of ${list.length} laws ${verb} not hold`]
  const told = failures.slice(0, mostTold).map(({ text }) => text)
  const others = failures.slice(mostTold).map(({ name }) => `'${name}'`)
  const rest = others.length === 0 ? [] : [`Nor do these, of which no more is told here: ${others.join(', ')}`]
  throw new Error([...head, ...told, ...rest].join('\n\n'), { cause: failures[0]?.cause })
}

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

/** How many laws that fail are told in full. */
const mostTold = 3

interface Failure {
  readonly name: string
  readonly text: string
  readonly cause: unknown
}

const isList = <A>(value: A | ReadonlyArray<A>): value is ReadonlyArray<A> => Array.isArray(value)

const isArbitrary = <A>(value: object): value is fc.Arbitrary<A> => 'generate' in value && 'shrink' in value

const equalities: { readonly [E in Extract<Equality, string>]: (trace: Trace) => EqOf<Token<Input>> } = {
  verdict: getVerdictEq,
  reason: getReasonEq,
  structure: () => NormalFormEq,
}

const equalityWords: { readonly [E in Extract<Equality, string>]: string } = {
  verdict: 'up to the verdicts at polls',
  reason: 'up to the verdicts at polls and the first reason',
  structure: 'up to normal forms',
}

const failure = (law: Law<Token<Input>>, options: CheckOptions): Failure | undefined => {
  const { tokens = {}, traces = {}, equality = 'verdict', parameters = {} } = options
  const operand = isArbitrary<Token<Input>>(tokens) ? tokens : token({ maxDepth: 3, ...tokens })
  const arity = law._tag === 'Equation' ? law.arity : 1
  const getEq = typeof equality === 'function' ? equality : equalities[equality]
  const eventsFor = (): fc.Arbitrary<Trace> => {
    if (isArbitrary<Trace>(traces)) return traces
    return trace(law._tag === 'Equation' ? widened(constantsOf(sampleSides(law, operand)), traces) : traces)
  }

  const holds = (operands: ReadonlyArray<Token<Input>>, happened: Trace): boolean =>
    law._tag === 'Equation'
      ? law.holds(getEq(happened), ...operands)
      : operands.every((each) => law.holdsOn(each, happened))
  const property = fc.property(
    fc.tuple(...Array.from({ length: arity }, () => operand)),
    law._tag === 'Equation' && equality === 'structure' ? fc.constant([]) : eventsFor(),
    holds,
  )
  const numRuns = fc.readConfigureGlobal()?.numRuns ?? 1000
  const details = fc.check(property, { numRuns, ...parameters })
  if (!details.failed) return undefined

  const words = typeof equality === 'function' ? 'up to the equality given' : equalityWords[equality]
  const does = `does not hold${law._tag === 'Equation' ? ` ${words}` : ''}`
  const cause = details.errorInstance
  if (details.counterexample === null) {
    const text = `The law '${law.name}' ${does}: ${fc.defaultReportMessage(details)}`
    return { name: law.name, text, cause }
  }
  const [operands, happened] = details.counterexample
  const thrown = cause instanceof Error && cause.message.startsWith('Property failed') ? [] : [cause]
  const isSame = isRepeated(() => holds(operands, happened), thrown.length > 0)
  const repeat = `parameters: { seed: ${details.seed}, path: '${details.counterexamplePath}', endOnFailure: true }`
  const text = [
    `The law '${law.name}' ${thrown.length > 0 ? 'threw an error' : does}, of`,
    law._tag === 'Equation' ? equationText(law, operands, happened) : invariantText(operands, happened),
    ...thrown.map((error) => `What it threw: ${thrownText(error)}`),
    ...(isSame ? [] : [`Asked again of the same, it answers otherwise: the law is not deterministic`]),
    ...(thrown.length === 0 && !isArbitrary(tokens) && operands.some(isUnlatched) ? [unlatchedHint] : []),
    `Found in run ${details.numRuns}, made smaller ${details.numShrinks} times; to repeat it, ${repeat}`,
  ]
  return { name: law.name, text: text.join('\n\n'), cause }
}

/** Both sides of a law on a few operands: none that has names or numbers, all one input of its own, and generated ones, always the same. */
const sampleSides = (law: Equation<Token<Input>>, operand: fc.Arbitrary<Token<Input>>): ReadonlyArray<Token<Input>> => {
  const few: ReadonlyArray<Token<Input>> = [
    never,
    cancelled(),
    manual(defaultNames.manual[0]),
    condition(defaultNames.condition[0]),
  ]
  const lists = few.map((each) => Array.from({ length: law.arity }, () => each))
  const generated =
    law.arity === 0
      ? []
      : fc.sample(fc.tuple(...Array.from({ length: law.arity }, () => operand)), { seed: 0, numRuns: 30 })
  return [...lists, ...generated].flatMap((operands) => {
    try {
      return [...law.sides(...operands)].filter(isToken)
    } catch {
      return [] // it is told when the law is checked
    }
  })
}

/** Whether it fails each time it is asked, in the same way. */
const isRepeated = (holds: () => boolean, throws: boolean): boolean =>
  Array.from({ length: 10 }).every(() => {
    try {
      return !holds() && !throws
    } catch {
      return throws
    }
  })

const invariantText = (operands: ReadonlyArray<Token<Input>>, happened: Trace): string => {
  const tokens = operands.map((each) => ['token', each] as const)
  return findingText({ tokens, trace: happened, shown: tokens })
}

const isUnlatched = fold<boolean>({
  Never: () => false,
  Cancelled: () => false,
  Manual: () => false,
  Timeout: () => false,
  Deadline: () => false,
  Counter: () => false,
  Condition: ({ latch }) => !latch,
  Budget: () => false,
  Idle: () => false,
  Any: (_, parts) => parts.includes(true),
  All: (_, parts) => parts.includes(true),
  AndThen: (_, first, second) => first || second,
  Labelled: (_, part) => part,
})

const unlatchedHint =
  'A condition without a latch plays a part in this. Where a law is to hold of conditions that latch, as those of andThen are: tokens: { momentary: false }'
