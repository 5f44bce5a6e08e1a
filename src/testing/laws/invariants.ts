/** What is to hold of each token on each trace. */
import * as Analysis from '../../Analysis.js'
import * as CancelScope from '../../CancelScope.js'
import { reasonText } from '../../internal/reasonText.js'
import { Eq as ReasonEq } from '../../Reason.js'
import type { Reason } from '../../Reason.js'
import * as Semantics from '../../Semantics.js'
import type { Input, Token } from '../../Token.js'
import { firstReason, getVerdictEq, labelledReasons } from '../observe.js'
import type { Trace } from '../trace.js'
import { virtualWorld } from '../VirtualWorld.js'
import { invariant, named } from './law.js'
import type { Invariant } from './law.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * What a semantics is: a token rewritten by an event, as `Semantics.step` does it.
 *
 * @category model
 * @since 0.1.0
 */
export type Step = typeof Semantics.step

// -------------------------------------------------------------------------------------
// invariants
// -------------------------------------------------------------------------------------

/**
 * What has fired stays fired, and its first reason never changes; of tokens whose conditions latch.
 *
 * @example
 * ```ts
 * import { checkLaws, laws } from 'cantok-ts/testing'
 *
 * checkLaws(laws.monotonicity(), { tokens: { momentary: false }, parameters: { numRuns: 50 } })
 * console.log(laws.monotonicity().name) // => 'monotonicity'
 * ```
 * @category invariants
 * @since 0.1.0
 */
export const monotonicity = (step: Step = Semantics.step): Invariant =>
  invariant('monotonicity', (token, trace) => {
    let first: Reason | undefined
    for (const { verdict } of runBy(step, token, trace)) {
      if (first !== undefined && (verdict._tag === 'None' || !ReasonEq.equals(verdict.value, first))) return false
      if (verdict._tag === 'Some') first = verdict.value
    }
    return true
  })

/**
 * The residual goes on as the whole would have, at every split of a trace: the same verdicts, for the same reasons.
 *
 * @example
 * ```ts
 * import { checkLaws, laws } from 'cantok-ts/testing'
 *
 * checkLaws(laws.residual(), { parameters: { numRuns: 50 } })
 * console.log(laws.residual().name) // => 'residual'
 * ```
 * @category invariants
 * @since 0.1.0
 */
export const residual = (step: Step = Semantics.step): Invariant =>
  invariant('residual', (token, trace) => {
    const whole = runBy(step, token, trace)
    // once more from the token's data alone: a residual that leaned on anything else would go another way
    return whole.every(({ residual: left }, index) => {
      const copy: Token<Input> = JSON.parse(JSON.stringify(left))
      const rest = runBy(step, copy, trace.slice(index + 1))
      return rest.every(({ verdict }, at) => {
        const expected = whole[index + 1 + at]!.verdict
        return verdict._tag === 'None' || expected._tag === 'None'
          ? verdict._tag === expected._tag
          : ReasonEq.equals(verdict.value, expected.value)
      })
    })
  })

/**
 * A scope, opened in a `virtualWorld`, agrees with the semantics: on verdict and reason at every poll, and on what is left in the end.
 *
 * Reasons are compared without `at`, which the semantics does not know, and residuals by their normal forms. As a scope reads the wall
 * clock whenever something happens, the semantics is told its reading before every event. A poll that throws what a predicate threw, as it may under
 * `onError: 'throw'`, ends the comparison; whatever else is thrown comes out. Tokens are copied as JSON, so those nested some thousands deep are too deep for it, as for `residual`.
 *
 * @example
 * ```ts
 * import { checkLaws, laws } from 'cantok-ts/testing'
 *
 * checkLaws(laws.adequacy(), { parameters: { numRuns: 50 } })
 * console.log(laws.adequacy().name) // => 'adequacy'
 * ```
 * @category invariants
 * @since 0.1.0
 */
export const adequacy = (step: Step = Semantics.step): Invariant =>
  invariant('adequacy', (token, trace) => {
    const names = Analysis.inputs(token).condition
    const world = virtualWorld({ conditions: Object.fromEntries(names.map((name) => [name, false] as const)) })
    const scope = CancelScope.open(token, world)()
    let left = withoutInstants(token)
    const look = (event: Semantics.Event): ReturnType<ReturnType<Step>>[0] => {
      const [verdict, rest] = step(event)(left)
      left = rest
      return verdict
    }
    const readClock = (): void => void look({ _tag: 'Elapsed', ms: 0, wall: world.clock.wall() })
    for (const event of trace) {
      if (event._tag !== 'Elapsed') readClock()
      let given: ReturnType<typeof look>
      try {
        given = world.play(scope)(event)()
      } catch (error) {
        if (mayThrow(token) && isOfWorld(error)) return true
        throw error
      }
      const expected = look(event)
      if (event._tag === 'Polled' && optional(given) !== optional(expected)) return false
    }
    readClock()
    const [live, meant] = [withoutInstants(CancelScope.residual(scope)()), withoutInstants(left)]
    return same(Analysis.normalise(live), Analysis.normalise(meant))
  })

// -------------------------------------------------------------------------------------
// groups
// -------------------------------------------------------------------------------------

/**
 * What `Semantics` owes: monotonicity and residual. The first of them needs conditions that latch.
 *
 * @example
 * ```ts
 * import { checkLaws, laws } from 'cantok-ts/testing'
 *
 * checkLaws(laws.semantics(), { tokens: { momentary: false }, parameters: { numRuns: 50 } })
 * console.log(laws.semantics().map(({ name }) => name)) // => [ 'monotonicity', 'residual' ]
 * ```
 * @category groups
 * @since 0.1.0
 */
export const semantics = (step: Step = Semantics.step): ReadonlyArray<Invariant> => [monotonicity(step), residual(step)]

/**
 * What a normal form owes: it gives the same verdicts and the same labelled reasons, it is its own normal form, and so it is for whatever events leave behind.
 *
 * @example
 * ```ts
 * import { checkLaws, laws } from 'cantok-ts/testing'
 *
 * checkLaws(laws.normalForm(), { parameters: { numRuns: 50 } })
 * console.log(laws.normalForm().length) // => 4
 * ```
 * @category groups
 * @since 0.1.0
 */
export const normalForm = (
  normalise: (token: Token<Input>) => Token<Input> = Analysis.normalise,
): ReadonlyArray<Invariant> => {
  const sameLabels = (first: Token<Input>, second: Token<Input>, trace: Trace): boolean =>
    labels(first, trace) === labels(second, trace)
  return named('normal form', [
    invariant('verdicts', (token, trace) => getVerdictEq(trace).equals(normalise(token), token)),
    invariant('labelled reasons', (token, trace) => sameLabels(normalise(token), token, trace)),
    invariant('idempotence', (token) => same(normalise(normalise(token)), normalise(token))),
    invariant('residuals', (token, trace) =>
      Semantics.run(token, trace).every(({ residual: left }, index) => {
        const rest = trace.slice(index + 1)
        return getVerdictEq(rest).equals(normalise(left), left) && sameLabels(normalise(left), left, rest)
      }),
    ),
  ])
}

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

/** Whether a poll may end in what a predicate throws. */
const mayThrow = (token: Token<Input>): boolean => JSON.stringify(token).includes('"onError":"throw"')

const isOfWorld = (error: unknown): boolean => error instanceof Error && error.message.endsWith('was told to throw')

const runBy = (step: Step, token: Token<Input>, trace: Trace): Semantics.Timeline => {
  let left = token
  return trace.map((event) => {
    const [verdict, rest] = step(event)(left)
    left = rest
    return { event, verdict, residual: rest }
  })
}

const labels = (token: Token<Input>, trace: Trace): string =>
  labelledReasons(firstReason(token, trace)).map(reasonText).join('\n')

/** The same data, whatever the order of its fields. */
const same = (first: unknown, second: unknown): boolean => sorted(first) === sorted(second)

const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([first], [second]) => (first < second ? -1 : 1)))
      : each,
  )

const optional = (verdict: ReturnType<ReturnType<Step>>[0]): string =>
  verdict._tag === 'None' ? '' : sorted(withoutInstants(verdict.value))

/** Reasons without `at`, wherever they are. */
const withoutInstants = <A>(value: A): A =>
  JSON.parse(JSON.stringify(value), (name, each: unknown) => (name === 'at' ? undefined : each))
