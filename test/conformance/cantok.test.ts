/**
 * Replays the traces recorded from the Python library cantok (see README.md) through the public front door, and compares every step.
 *
 * Each token object of a trace is a scope with one leaf, labelled with its name, whose parents are the scopes of the tokens nested in it.
 */
import { readFileSync } from 'node:fs'
import { CancellationError, CancelScope, Clock, Token } from 'cantok-ts'
import type { Analysis, Reason } from 'cantok-ts'
import { describe, expect, it } from 'vitest'

// -------------------------------------------------------------------------------------
// the format
// -------------------------------------------------------------------------------------

interface Common {
  readonly name: string
  readonly cancelled: boolean
  readonly nested: ReadonlyArray<Expr>
}

type Named =
  | ({ readonly kind: 'simple' } & Common)
  | ({ readonly kind: 'timeout'; readonly seconds: number; readonly monotonic: boolean } & Common)
  | ({ readonly kind: 'counter'; readonly limit: number; readonly direct: boolean } & Common)
  | ({
      readonly kind: 'condition'
      readonly var: string
      readonly default: boolean
      readonly suppress: boolean
      readonly caching: boolean
    } & Common)

type Expr =
  | Named
  | { readonly kind: 'default' }
  | { readonly kind: 'sum' | 'plus'; readonly of: ReadonlyArray<Expr> }
  | { readonly kind: 'ref'; readonly name: string }

type Value = boolean | 'raise' | 'nonbool'

type Event =
  | { readonly op: 'advance'; readonly seconds: number }
  | { readonly op: 'set'; readonly var: string; readonly value: Value }
  | { readonly op: 'cancel'; readonly name: string }
  | { readonly op: 'poll'; readonly name?: string }
  | { readonly op: 'peek' }
  | { readonly op: 'check' }

type Cause =
  | 'CancellationError'
  | 'TimeoutCancellationError'
  | 'CounterCancellationError'
  | 'ConditionCancellationError'

interface Raised {
  readonly error: Cause | 'ImpossibleCancelError' | 'PredicateError' | 'TypeError'
  readonly message: string
  readonly token: string | null
}

interface Seen {
  readonly result: boolean | null | Raised
  readonly counters: Readonly<Record<string, number>>
  readonly evals: Readonly<Record<string, number>>
}

interface Step extends Seen {
  readonly op: Event['op']
  /** What this project gives instead, where it departs. */
  readonly here?: Partial<Seen>
}

interface Case {
  readonly id: string
  readonly expr: Expr
  readonly trace: ReadonlyArray<Event>
  readonly steps: ReadonlyArray<Step>
}

const cases: ReadonlyArray<Case> = readFileSync(new URL('cantok-traces.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Case) // sound: the file is a fixed recording in this format, and a case of another shape fails

// -------------------------------------------------------------------------------------
// what is compared
// -------------------------------------------------------------------------------------

type Outcome =
  | { readonly verdict: boolean }
  | { readonly reason: Reason.Reason['_tag']; readonly label?: string }
  | { readonly thrown: 'ImpossibleCancelError' | 'PredicateError' | 'TypeError' }
  | 'nothing'

interface Observation {
  readonly event: string
  readonly outcome: Outcome
  readonly counters: Readonly<Record<string, number>>
  readonly evals: Readonly<Record<string, number>>
}

const tagOf: { readonly [C in Cause]: Reason.Reason['_tag'] } = {
  CancellationError: 'Requested',
  TimeoutCancellationError: 'TimedOut',
  CounterCancellationError: 'CounterExhausted',
  ConditionCancellationError: 'ConditionMet',
}

const named = (event: Event, index: number): string => `${index}: ${JSON.stringify(event)}`

/** What a step must be in this project: the recording, or `here` where that stands. */
const due = (step: Step): Seen => ({ ...step, ...step.here })

const dueOutcome = ({ result }: Seen): Outcome => {
  if (result === null) return 'nothing'
  if (typeof result === 'boolean') return { verdict: result }
  switch (result.error) {
    case 'ImpossibleCancelError':
    case 'PredicateError':
    case 'TypeError':
      return { thrown: result.error }
    case 'CancellationError':
    case 'TimeoutCancellationError':
    case 'CounterCancellationError':
    case 'ConditionCancellationError': {
      const reason = tagOf[result.error]
      // a root without a name is a scope without a label
      return result.token === null || result.token === '' ? { reason } : { reason, label: result.token }
    }
  }
}

const expected = ({ trace, steps }: Case): ReadonlyArray<Observation> =>
  trace.map((event, index) => {
    const step = steps[index]
    if (step === undefined) throw new Error(`no step for event ${index}`)
    const { counters, evals } = due(step)
    return { event: named(event, index), outcome: dueOutcome(due(step)), counters, evals }
  })

// -------------------------------------------------------------------------------------
// the stage: a case's tokens as live scopes
// -------------------------------------------------------------------------------------

type ByName = `condition:${string}`
type Owned = CancelScope.CancelScope<ByName>

class ScriptError extends Error {}

interface Stage {
  readonly clock: Clock.VirtualClock
  /** The root as whoever may cancel it holds it. */
  readonly root: Owned
  readonly scopes: ReadonlyMap<string, Owned>
  readonly counters: ReadonlyArray<string>
  readonly variables: Map<string, Value>
  readonly evals: Map<string, number>
  /** The very error that predicates throw here. */
  readonly fault: ScriptError
}

const leafOf = (expr: Named): Token.Token<ByName> => {
  switch (expr.kind) {
    case 'simple':
      return Token.never
    case 'timeout':
      return Token.timeout(expr.seconds * 1000)
    case 'counter':
      return Token.counter(expr.limit, { direct: expr.direct })
    case 'condition':
      return Token.condition(expr.name, {
        latch: expr.caching,
        onError: expr.suppress ? 'ignore' : 'throw',
        fallback: expr.default,
      })
  }
}

const stageOf = (expression: Expr): Stage => {
  const clock = Clock.virtual()
  const scopes = new Map<string, Owned>()
  const counters: Array<string> = []
  const variables = new Map<string, Value>()
  const evals = new Map<string, number>()
  const fault = new ScriptError('the script said raise')

  const predicate = (name: string, variable: string): (() => boolean) => {
    evals.set(name, 0)
    return () => {
      evals.set(name, (evals.get(name) ?? 0) + 1)
      const value = variables.get(variable) ?? false
      if (value === 'raise') throw fault
      return value as boolean // unsound on purpose: at 'nonbool' it gives the text, as an untyped predicate may
    }
  }

  const known = (name: string): Owned => {
    const scope = scopes.get(name)
    if (scope === undefined) throw new Error(`no token is called '${name}' by now`)
    return scope
  }

  const build = (expr: Expr): Owned => {
    switch (expr.kind) {
      case 'default':
        return CancelScope.background as Owned // unsound on purpose: cancelling it is what an untyped caller may try
      case 'ref':
        return known(expr.name)
      case 'sum':
      case 'plus':
        return CancelScope.link<ByName>(expr.of.map(build), Token.never, { clock, conditions: {} })()
      case 'simple':
      case 'timeout':
      case 'counter':
      case 'condition': {
        const conditions = expr.kind === 'condition' ? { [expr.name]: predicate(expr.name, expr.var) } : {}
        const token = Token.labelled(expr.name)(leafOf(expr))
        const scope = CancelScope.link(expr.nested.map(build), token, { clock, conditions })()
        if (expr.cancelled) CancelScope.cancel(scope)()
        if (expr.kind === 'counter') counters.push(expr.name)
        scopes.set(expr.name, scope)
        return scope
      }
    }
  }

  return { clock, root: build(expression), scopes, counters, variables, evals, fault }
}

const scopeIn = ({ root, scopes }: Stage, name: string): Owned => {
  const scope = name === '' ? root : scopes.get(name)
  if (scope === undefined) throw new Error(`no token is called '${name}'`)
  return scope
}

const act = (stage: Stage, event: Event): Outcome => {
  switch (event.op) {
    case 'advance':
      stage.clock.advance(event.seconds * 1000)()
      return 'nothing'
    case 'set':
      stage.variables.set(event.var, event.value)
      return 'nothing'
    case 'cancel':
      CancelScope.cancel(scopeIn(stage, event.name))()
      return 'nothing'
    case 'poll':
      return { verdict: CancelScope.poll(scopeIn(stage, event.name ?? ''))()._tag === 'Some' }
    case 'peek':
      return { verdict: CancelScope.peek(stage.root)()._tag === 'Some' }
    case 'check': {
      const checked = CancelScope.check(stage.root)()
      if (checked._tag === 'Right') return 'nothing'
      const { _tag: reason, label } = checked.left
      return label === undefined ? { reason } : { reason, label }
    }
  }
}

const apply = (stage: Stage, event: Event): Outcome => {
  try {
    return act(stage, event)
  } catch (error) {
    if (error === stage.fault) return { thrown: 'PredicateError' }
    if (error instanceof CancellationError.ImpossibleCancelError) return { thrown: 'ImpossibleCancelError' }
    if (error instanceof TypeError) return { thrown: 'TypeError' }
    throw error
  }
}

// -------------------------------------------------------------------------------------
// looking at counters
// -------------------------------------------------------------------------------------

const labelledPart = (evidence: Analysis.Evidence, label: string): Analysis.Evidence | undefined =>
  evidence.label === label ? evidence : evidence.parts.find((part) => part.label === label)

/** What is left in the counter of that name; one that has fired shows no progress, for it has none left. */
const leftIn = (stage: Stage, name: string): number => {
  const part = labelledPart(CancelScope.explain(scopeIn(stage, name))(), name)
  if (part?.progress !== undefined) return part.progress.limit - part.progress.used
  if (part?.status === 'fired') return 0
  throw new Error(`no evidence of counter '${name}'`)
}

/**
 * What is left in every counter after the first `count` events.
 *
 * `explain` brings time up to date also in the parents of the scope it is asked of, and a timeout that this fires is no longer there to be
 * cancelled by hand. A look at the counters must not do that, so it is taken on a stage of its own, that ends with it.
 */
const countersAfter = ({ expr, trace }: Case, count: number): Readonly<Record<string, number>> => {
  const stage = stageOf(expr)
  for (const event of trace.slice(0, count)) apply(stage, event)
  return Object.fromEntries(stage.counters.map((name) => [name, leftIn(stage, name)]))
}

const observed = (script: Case): ReadonlyArray<Observation> => {
  const stage = stageOf(script.expr)
  return script.trace.map((event, index) => ({
    event: named(event, index),
    outcome: apply(stage, event),
    counters: countersAfter(script, index + 1),
    evals: Object.fromEntries(stage.evals),
  }))
}

// -------------------------------------------------------------------------------------
// tests
// -------------------------------------------------------------------------------------

describe('cantok', () => {
  describe('every step of a recorded trace is as recorded, or as this project departs from it', () => {
    for (const script of cases) {
      it(`${script.id}`, () => {
        expect(observed(script)).toEqual(expected(script))
      })
    }
  })

  describe('checkOrThrow throws the class and the platform name that belong to the cause', () => {
    const classes: {
      readonly [C in Cause]: readonly [base: typeof CancellationError.CancellationError, name: string]
    } = {
      CancellationError: [CancellationError.CancellationError, 'AbortError'],
      TimeoutCancellationError: [CancellationError.TimeoutCancellationError, 'TimeoutError'],
      CounterCancellationError: [CancellationError.CounterCancellationError, 'AbortError'],
      ConditionCancellationError: [CancellationError.ConditionCancellationError, 'AbortError'],
    }

    /** The first check of a case that must give that cause; -1 if it has none. */
    const checkOf = ({ steps }: Case, cause: Cause): number =>
      steps.findIndex((step) => {
        const { result } = due(step)
        return step.op === 'check' && typeof result === 'object' && result?.error === cause
      })

    const thrownBy = (run: () => void): unknown => {
      try {
        run()
      } catch (error) {
        return error
      }
      return undefined
    }

    for (const cause of [
      'CancellationError',
      'TimeoutCancellationError',
      'CounterCancellationError',
      'ConditionCancellationError',
    ] as const) {
      for (const script of cases.filter((candidate) => checkOf(candidate, cause) >= 0).slice(0, 5)) {
        it(`${cause} in ${script.id}`, () => {
          const at = checkOf(script, cause)
          const stage = stageOf(script.expr)
          for (const event of script.trace.slice(0, at)) apply(stage, event)
          const error = thrownBy(CancelScope.checkOrThrow(stage.root))
          const [thrownClass, name] = classes[cause]
          if (!CancellationError.isCancellationError(error)) throw error
          expect(error.constructor).toBe(thrownClass)
          expect(error.name).toBe(name)
          expect(error.reason._tag).toBe(tagOf[cause])
        })
      }
    }
  })

  it('is replayed from the whole recording: 600 cases, 8065 events, and 248 cases in which this project departs', () => {
    const departs = ({ steps }: Case): boolean => steps.some(({ here }) => here !== undefined)
    const verdictDeparts = ({ steps }: Case): boolean =>
      steps.some(({ op, here }) => (op === 'poll' || op === 'peek') && here?.result !== undefined)
    expect(cases).toHaveLength(600)
    expect(new Set(cases.map(({ id }) => id)).size).toBe(600)
    expect(cases.reduce((sum, { trace }) => sum + trace.length, 0)).toBe(8065)
    expect(cases.filter(({ trace, steps }) => trace.length !== steps.length)).toEqual([])
    expect(cases.filter(departs)).toHaveLength(248)
    expect(cases.filter(verdictDeparts)).toHaveLength(24)
  })
})
