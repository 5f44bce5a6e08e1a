import * as fc from 'fast-check'
import type { Eq as EqOf } from 'fp-ts/lib/Eq.js'
import { Eq as NormalFormEq } from '../Token.js'
import type { Input, Token } from '../Token.js'
import type { Equation, Law } from './laws/law.js'
import { getReasonEq, getVerdictEq } from './observe.js'
import { findingText } from './report.js'
import { token } from './token.js'
import type { TokenConstraints } from './token.js'
import { trace } from './trace.js'
import type { Trace, TraceConstraints } from './trace.js'

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
  /** The traces, or an arbitrary of them; default those of `trace()`. */
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
 * the lattice hold of all tokens up to the verdict; those of the semiring want `tokens: { momentary: false }`.
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
 *   console.log(String(error).split('\n')[0]) // => 'Error: 1 of 1 laws does not hold'
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
  const failures = list.flatMap((law) => failure(law, options) ?? [])
  if (failures.length === 0) return
  const verb = failures.length === 1 ? 'does' : 'do'
  const head = `${failures.length} of ${list.length} laws ${verb} not hold`
  const told = failures.slice(0, mostTold).map(({ text }) => text)
  const others = failures.slice(mostTold).map(({ name }) => `'${name}'`)
  const rest = others.length === 0 ? [] : [`Nor do these, of which no more is told here: ${others.join(', ')}`]
  throw new Error([head, ...told, ...rest].join('\n\n'), { cause: failures[0]?.cause })
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
  const events = isArbitrary<Trace>(traces) ? traces : trace(traces)
  const arity = law._tag === 'Equation' ? law.arity : 1
  const getEq = typeof equality === 'function' ? equality : equalities[equality]

  const property = fc.property(
    fc.tuple(...Array.from({ length: arity }, () => operand)),
    law._tag === 'Equation' && equality === 'structure' ? fc.constant([]) : events,
    (operands, happened) =>
      law._tag === 'Equation'
        ? law.holds(getEq(happened), ...operands)
        : operands.every((each) => law.holdsOn(each, happened)),
  )
  const numRuns = fc.readConfigureGlobal()?.numRuns ?? 1000
  const details = fc.check(property, { numRuns, ...parameters })
  if (!details.failed) return undefined

  const words = typeof equality === 'function' ? 'up to the equality given' : equalityWords[equality]
  const title = `The law '${law.name}' does not hold${law._tag === 'Equation' ? ` ${words}` : ''}`
  const cause = details.errorInstance
  if (details.counterexample === null)
    return { name: law.name, text: `${title}: ${fc.defaultReportMessage(details)}`, cause }
  const [operands, happened] = details.counterexample
  const thrown = cause instanceof Error && !cause.message.startsWith('Property failed') ? `\n${cause.message}` : ''
  const repeat = `parameters: { seed: ${details.seed}, path: '${details.counterexamplePath}', endOnFailure: true }`
  return {
    name: law.name,
    text: `${title}, of\n\n${findingOf(law, operands, happened)}${thrown}\n\nFound in run ${details.numRuns}, made smaller ${details.numShrinks} times; to repeat it, ${repeat}`,
    cause,
  }
}

/** The operands by the letters that laws call them, and both sides, as far as they can be made. */
const findingOf = (law: Law<Token<Input>>, operands: ReadonlyArray<Token<Input>>, happened: Trace): string => {
  const tokens = operands.map((each, index) => [letters[index] ?? `operand ${index + 1}`, each] as const)
  if (law._tag === 'Invariant')
    return findingText({
      tokens: tokens.map(([, each]) => ['token', each]),
      trace: happened,
      shown: tokens.map(([, each]) => ['token', each]),
    })
  const sides = sidesOf(law, operands)
  return findingText({ tokens: [...tokens, ...sides], trace: happened, shown: sides })
}

const letters = ['a', 'b', 'c', 'd', 'e', 'f']

const sidesOf = (
  law: Equation<Token<Input>>,
  operands: ReadonlyArray<Token<Input>>,
): ReadonlyArray<readonly [string, Token<Input>]> => {
  try {
    const [left, right] = law.sides(...operands)
    return [
      ['left', left],
      ['right', right],
    ]
  } catch {
    return []
  }
}
