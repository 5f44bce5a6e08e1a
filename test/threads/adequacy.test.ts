/**
 * A scope that several threads share agrees with the semantics on every trace, whichever of its views acts: verdict, reason and residual.
 */
import * as fc from 'fast-check'
import { expect } from 'vitest'
import { Analysis, CancelScope, Clock, Token } from 'cantok-ts'
import { defaultNames as names, token } from 'cantok-ts/testing'
import { scopeOf, viewOf } from '../../src/interpreter/Handle.js'
import { Scope } from '../../src/interpreter/Scope.js'
import { SharedMachine } from '../../src/threads/SharedMachine.js'
import { newState, State } from '../../src/threads/State.js'
import { ModelScope } from '../adequacy/model.js'
import type { ModelWorld } from '../adequacy/model.js'
import { mostlyConditions } from '../support/mostlyConditions.js'
import { property } from '../support/property.js'

type AnyToken = Token.Token<Token.Input>

type Action =
  | { readonly do: 'poll' | 'peek' | 'residual' | 'cancel' }
  | { readonly do: 'request' | 'beat'; readonly name: string }
  | { readonly do: 'spend'; readonly name: string; readonly amount: number }
  | { readonly do: 'advance' | 'jump'; readonly ms: number }
  | { readonly do: 'answer'; readonly name: string; readonly answer: boolean }

type Step = Action & { readonly view: number }

const view = fc.nat({ max: 2 })

const steps = (jumps: boolean): fc.Arbitrary<ReadonlyArray<Step>> =>
  fc.array(
    fc.oneof(
      { weight: 8, arbitrary: fc.record({ view, do: fc.constantFrom('poll', 'poll', 'poll', 'peek', 'residual') }) },
      { weight: 1, arbitrary: fc.record({ view, do: fc.constant('cancel') }) },
      { weight: 4, arbitrary: fc.record({ view, do: fc.constant('advance'), ms: fc.nat({ max: 4 }) }) },
      {
        weight: jumps ? 1 : 0,
        arbitrary: fc.record({ view, do: fc.constant('jump'), ms: fc.integer({ min: -4, max: 4 }) }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          view,
          do: fc.constant('answer'),
          name: fc.constantFrom(...names.condition),
          answer: fc.boolean(),
        }),
      },
      { weight: 3, arbitrary: fc.record({ view, do: fc.constant('request'), name: fc.constantFrom(...names.manual) }) },
      { weight: 1, arbitrary: fc.record({ view, do: fc.constant('beat'), name: fc.constantFrom(...names.idle) }) },
      {
        weight: 2,
        arbitrary: fc.record({
          view,
          do: fc.constant('spend'),
          name: fc.constantFrom(...names.budget),
          amount: fc.nat({ max: 3 }),
        }),
      },
    ) as fc.Arbitrary<Step>, // sound: the records are the members of the union; inference widens their discriminants
    { maxLength: 40 },
  )

const isPlain = (value: unknown): value is object => typeof value === 'object' && value !== null

/** A reason, or a token that holds some, without the instants that the semantics does not know. */
const timeless = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(timeless)
    : isPlain(value)
      ? Object.fromEntries(
          Object.entries(value).flatMap(([key, part]) => (key === 'at' ? [] : [[key, timeless(part)]])),
        )
      : value

/** The label of the token itself, of nested ones the innermost. */
const labelOf = (opened: AnyToken): { readonly label?: string } => {
  let label = {}
  for (let at = opened; at._tag === 'Labelled'; at = at.token) label = { label: at.label }
  return label
}

const agrees = (opened: AnyToken, taken: ReadonlyArray<Step>, views: number): void => {
  const clock = Clock.virtual(1_000_000)
  const answers: Record<string, boolean> = Object.fromEntries(names.condition.map((name) => [name, false]))
  const conditions = Object.fromEntries(names.condition.map((name) => [name, () => answers[name] === true]))
  const modelWorld: ModelWorld = { now: 0, wall: 1_000_000, conditions: answers }
  const model = new ModelScope(opened, [], modelWorld)

  const machine = new Scope(opened, [], clock, conditions)
  machine.catchUp()
  const token = machine.machine.snapshot(true)
  const state = new State(
    newState(Analysis.inputs(token), { entries: 100, letters: 1000, label: 0, wide: taken.length % 2 === 0 }),
  )
  const since = state.measures(0)
  const scopes = Array.from({ length: views }, () => {
    const scope = new Scope(token, [], clock, conditions)
    const epoch = { token, since, decided: null, hasFired: false, closed: false }
    scope.machine = new SharedMachine(state, epoch, clock, conditions, 0)
    return viewOf(scope) as CancelScope.ScopeView as CancelScope.CancelScope<Token.Input> // sound: it is opened for this token
  })
  if (machine.machine.decided !== null)
    scopes.forEach((scope) => scopeOf(scope).machine.decide(machine.machine.decided!))
  if (machine.machine.decided !== null) return
  // the interpreter goes along, for what the semantics does not know: when
  const alone = viewOf(machine) as CancelScope.ScopeView as CancelScope.CancelScope<Token.Input> // sound: as above

  for (const [index, step] of taken.entries()) {
    const scope = scopes[step.view % views]!
    const where = `step ${index}: ${JSON.stringify(step)}`
    switch (step.do) {
      case 'poll':
      case 'peek': {
        const expected = model.read(step.do === 'poll')
        const local = (step.do === 'poll' ? CancelScope.poll(alone) : CancelScope.peek(alone))()
        // loops do not ask why
        if (step.do === 'poll' && index % 2 === 0) {
          expect({ where, goesOn: CancelScope.keepGoing(scope)() }).toEqual({ where, goesOn: expected === undefined })
          break
        }
        const given = (step.do === 'poll' ? CancelScope.poll(scope) : CancelScope.peek(scope))()
        if (views === 1) expect({ where, given }).toEqual({ where, given: local })
        expect({ where, read: given._tag === 'Some' ? timeless(given.value) : undefined }).toEqual({
          where,
          read: expected,
        })
        break
      }
      case 'residual':
        model.catchUp()
        CancelScope.residual(alone)()
        // reasons that differ in nothing but their instants are one to the semantics
        expect({ where, left: Analysis.normalise(timeless(CancelScope.residual(scope)()) as AnyToken) }).toEqual({
          // sound: it stays a token
          where,
          left: Analysis.normalise(model.decided === undefined ? model.token : Token.cancelled(model.decided)),
        })
        break
      case 'cancel': {
        const expected = model.decided === undefined
        if (expected) model.decided = { _tag: 'Requested', path: [], ...labelOf(opened) }
        const given = CancelScope.cancel(scope)()
        CancelScope.cancel(alone)()
        if (given !== expected) throw new Error(`${where}: ${given}`)
        break
      }
      case 'request':
        CancelScope.cancelInput(scope, step.name)()
        CancelScope.cancelInput(alone, step.name)()
        model.push({ _tag: 'Requested', name: step.name })
        break
      case 'beat':
        CancelScope.beat(scope, step.name)()
        CancelScope.beat(alone, step.name)()
        model.push({ _tag: 'Beat', name: step.name })
        break
      case 'spend':
        CancelScope.spend(scope, step.name, step.amount)()
        CancelScope.spend(alone, step.name, step.amount)()
        model.push({ _tag: 'Spent', name: step.name, amount: step.amount })
        break
      case 'advance':
        clock.advance(step.ms)()
        modelWorld.now += step.ms
        modelWorld.wall += step.ms
        break
      case 'jump':
        modelWorld.wall += step.ms
        clock.setWall(modelWorld.wall)()
        break
      case 'answer':
        answers[step.name] = step.answer
        break
    }
  }
}

const tokens = token({ maxDepth: 3 })

property('one view agrees', [tokens, steps(true)], (opened, taken) => agrees(opened, taken, 1), 3000)
property('three views agree', [tokens, steps(false)], (opened, taken) => agrees(opened, taken, 3), 3000)
property(
  'with many conditions',
  [token({ maxDepth: 3, ...mostlyConditions }), steps(false)],
  (opened, taken) => agrees(opened, taken, 3),
  3000,
)
