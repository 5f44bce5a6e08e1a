/**
 * Law 9, adequacy: the interpreter and the semantics agree on every trace, on verdict, reason and residual; over several scopes, children
 * and links, in one world whose clock and predicates the test holds.
 */
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { Analysis, CancelScope, Clock, Semantics, Token } from 'cantok-ts'
import type { Reason } from 'cantok-ts'
import { defaultNames as names, token } from 'cantok-ts/testing'
import type { TokenConstraints } from 'cantok-ts/testing'
import { mostlyConditions } from '../support/mostlyConditions.js'
import { property } from '../support/property.js'
import { ModelScope } from './model.js'
import type { ModelWorld } from './model.js'

type AnyToken = Token.Token<Token.Input>
type LiveScope = CancelScope.CancelScope<Token.Input>

// -------------------------------------------------------------------------------------
// scopes and what happens to them, as data that shrinks
// -------------------------------------------------------------------------------------

interface Plan {
  readonly token: AnyToken
  /** Which of the scopes before it are its parents, modulo their number. */
  readonly parents: ReadonlyArray<number>
}

type Answer = boolean | 'throws' | 'promise'

type Action =
  | { readonly do: 'poll' | 'peek' | 'cancel' | 'residual'; readonly scope: number }
  | { readonly do: 'request' | 'beat'; readonly scope: number; readonly name: string }
  | { readonly do: 'spend'; readonly scope: number; readonly name: string; readonly amount: number }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'jump'; readonly by: number }
  | { readonly do: 'answer'; readonly name: string; readonly answer: Answer }

const plans = (
  constraints: TokenConstraints,
  around: (part: fc.Arbitrary<AnyToken>) => fc.Arbitrary<AnyToken> = (part) => part,
): fc.Arbitrary<ReadonlyArray<Plan>> =>
  fc.array(
    fc.record({
      token: around(token({ maxDepth: 3, ...constraints })),
      parents: fc.array(fc.nat({ max: 3 }), { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 4 },
  )

const scope = fc.nat({ max: 3 })

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('poll', 'poll', 'poll', 'peek', 'residual'), scope }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel'), scope }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('advance'), ms: fc.nat({ max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('jump'), by: fc.integer({ min: -4, max: 4 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('answer'),
      name: fc.constantFrom(...names.condition),
      answer: fc.constantFrom<Answer>(true, true, false, 'throws', 'promise'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('request'), scope, name: fc.constantFrom(...names.manual) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('beat'), scope, name: fc.constantFrom(...names.idle) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('spend'),
      scope,
      name: fc.constantFrom(...names.budget),
      amount: fc.nat({ max: 3 }),
    }),
  },
) as fc.Arbitrary<Action> // sound: the records are the members of the union; inference widens their discriminants

const actions = fc.array(action, { maxLength: 30 })

// -------------------------------------------------------------------------------------
// both sides
// -------------------------------------------------------------------------------------

interface Call {
  readonly scope: number
  readonly name: string
}

interface Both {
  readonly live: ReadonlyArray<LiveScope>
  readonly models: ReadonlyArray<ModelScope>
  readonly clock: Clock.VirtualClock
  readonly world: ModelWorld
  readonly answers: Map<string, Answer>
  readonly calls: Array<Call>
}

const build = (planned: ReadonlyArray<Plan>): Both => {
  const clock = Clock.virtual()
  const world: ModelWorld = { now: 0, wall: 0, conditions: { p: false, q: false, r: false } }
  const answers = new Map<string, Answer>()
  const calls: Array<Call> = []
  const predicate = (scope: number, name: string) => (): boolean => {
    calls.push({ scope, name })
    const answer = answers.get(name) ?? false
    if (answer === 'throws') throw new Error(`${name} failed`)
    return answer === 'promise' ? JSON.parse('{"then":1}') : answer
  }
  const live: Array<LiveScope> = []
  const models: Array<ModelScope> = []
  for (const plan of planned) {
    const parents = live.length === 0 ? [] : plan.parents.map((index) => index % live.length)
    const above = parents.map((index) => live[index]!)
    const index = live.length
    const conditions = { p: predicate(index, 'p'), q: predicate(index, 'q'), r: predicate(index, 'r') }
    const options = { clock, conditions }
    // one parent by `child`, any other number by `link`, which for none is `open`
    const opened =
      above.length === 1
        ? CancelScope.child(plan.token, options)(above[0]!)
        : CancelScope.link(above, plan.token, options)
    live.push(opened())
    models.push(
      new ModelScope(
        plan.token,
        parents.map((index) => models[index]!),
        world,
      ),
    )
  }
  return { live, models, clock, world, answers, calls }
}

/** Reasons without their instants: the semantics knows no clock. */
const timeless = <A>(value: A): unknown =>
  JSON.parse(JSON.stringify(value) ?? 'null', (key, each: unknown) => (key === 'at' ? undefined : each))

const withoutInstants = (token: AnyToken): AnyToken =>
  JSON.parse(JSON.stringify(token), (key, each: unknown) => (key === 'at' ? undefined : each))

/** What a parent's token is to its child, as `residual` says: its direct counters do not tick, and a truth of the moment is fixed. */
const throughChild = (parent: AnyToken): AnyToken =>
  Token.andThen(
    Token.fold<AnyToken>({
      Never: (each) => each,
      Cancelled: (each) => each,
      Manual: (each) => each,
      Timeout: (each) => each,
      Deadline: (each) => each,
      Counter: (each) => (each.direct && each.left > 0 ? Token.never : each),
      Condition: (each) => each,
      Budget: (each) => each,
      Idle: (each) => each,
      Any: (each, tokens) => ({ ...each, tokens }),
      All: (each, tokens) => ({ ...each, tokens }),
      AndThen: (_, first, second) => Token.andThen(first, second),
      Labelled: ({ label }, part) => Token.labelled(label)(part),
    })(parent),
    Token.cancelled(),
  )

const modelResidual = (model: ModelScope): AnyToken => {
  const parts: Array<AnyToken> = []
  for (const each of model.family()) {
    each.catchUp()
    if (each.decided !== undefined) return Token.cancelled(each.decided)
    parts.push(each === model ? each.token : throughChild(each.token))
  }
  return Token.any(...parts)
}

const optional = (reason: Reason.Reason | undefined): unknown =>
  reason === undefined ? { _tag: 'None' } : { _tag: 'Some', value: timeless(reason) }

/** Does one thing to both sides and compares what each says. */
const perform = (both: Both, each: Action): void => {
  const { live, models, clock, world, answers } = both
  if (each.do === 'advance') {
    clock.advance(each.ms)()
    world.now += each.ms
    world.wall += each.ms
    return
  }
  if (each.do === 'jump') {
    world.wall += each.by
    clock.setWall(world.wall)()
    return
  }
  if (each.do === 'answer') {
    answers.set(each.name, each.answer)
    if (typeof each.answer === 'boolean') world.conditions[each.name] = each.answer
    else delete world.conditions[each.name]
    return
  }
  const subject = live[each.scope % live.length]!
  const model = models[each.scope % models.length]!
  switch (each.do) {
    case 'poll':
      return expect(timeless(CancelScope.poll(subject)())).toEqual(optional(model.read(true)))
    case 'peek':
      return expect(timeless(CancelScope.peek(subject)())).toEqual(optional(model.read(false)))
    case 'cancel': {
      const changed = CancelScope.cancel(subject)()
      expect(changed).toBe(model.decided === undefined)
      if (!changed) return
      let label: string | undefined
      for (let at = model.opened; at._tag === 'Labelled'; at = at.token) label = at.label
      model.decided = { _tag: 'Requested', ...(label === undefined ? {} : { label }), path: [] }
      return
    }
    case 'request': {
      model.catchUp()
      const before = model.token
      model.push({ _tag: 'Requested', name: each.name })
      const changed = CancelScope.cancelInput(subject, each.name)()
      if (!changed) expect(Token.Eq.equals(before, model.token)).toBe(true)
      return
    }
    case 'beat':
      model.push({ _tag: 'Beat', name: each.name })
      CancelScope.beat(subject, each.name)()
      return
    case 'spend':
      model.push({ _tag: 'Spent', name: each.name, amount: each.amount })
      CancelScope.spend(subject, each.name, each.amount)()
      return
    case 'residual':
      // instants keep reasons apart that are duplicates without them
      return expect(timeless(Analysis.normalise(withoutInstants(CancelScope.residual(subject)())))).toEqual(
        timeless(Analysis.normalise(modelResidual(model))),
      )
  }
}

// -------------------------------------------------------------------------------------
// properties
// -------------------------------------------------------------------------------------

describe('law 9: adequacy', () => {
  property(
    'one scope: verdict, reason and residual are those of the semantics',
    [token({ maxDepth: 4 }), actions],
    (tokens, happenings) => {
      const both = build([{ token: tokens, parents: [] }])
      for (const each of happenings) perform(both, each)
      perform(both, { do: 'residual', scope: 0 })
    },
    6000,
  )

  property(
    'one scope of many conditions: the same',
    [token({ maxDepth: 4, ...mostlyConditions }), actions],
    (tokens, happenings) => {
      const both = build([{ token: tokens, parents: [] }])
      for (const name of names.condition) perform(both, { do: 'answer', name, answer: true })
      for (const each of happenings) perform(both, each)
      perform(both, { do: 'residual', scope: 0 })
    },
    6000,
  )

  property(
    'several scopes, children and links: the same, for each of them',
    [plans({}), actions],
    (planned, happenings) => {
      const both = build(planned)
      for (const each of happenings) perform(both, each)
      planned.forEach((_, index) => perform(both, { do: 'residual', scope: index }))
    },
    6000,
  )
})

describe('law 8, live: the residual of a scope, opened afresh, goes on as the scope does', () => {
  const before = actions
  const after = fc.array(
    action.filter((each) => each.do === 'poll' || each.do === 'advance' || each.do === 'jump' || each.do === 'answer'),
    { maxLength: 20 },
  )
  property(
    'its parents included',
    [plans({}), before, after],
    (planned, happenings, later) => {
      const both = build(planned)
      for (const each of happenings) perform(both, each)
      const scope = both.live.at(-1)!
      const model = both.models.at(-1)!
      const above = model.family().slice(1)
      const { clock, answers } = both
      const answer = (name: string) => (): boolean => {
        const given = answers.get(name) ?? false
        if (typeof given === 'string') throw new Error(`${name} failed`)
        return given
      }
      const again = CancelScope.openUnknown(CancelScope.residual(scope)(), {
        clock,
        conditions: { p: answer('p'), q: answer('q'), r: answer('r') },
      })()
      if (again._tag === 'Left') throw new Error('every condition is there')
      for (const each of later) {
        // a poll of the scope under test, whichever was drawn: other polls would tick its parents' counters
        if (each.do !== 'poll') {
          perform(both, each)
          continue
        }
        const found = CancelScope.poll(scope)()._tag
        expect(CancelScope.poll(again.right)()._tag).toBe(found)
        model.read(true)
        // a scope whose own token is true for the moment asks no parent; of the one token that is left all is looked at
        if (found === 'Some' && model.decided === undefined && above.some((parent) => parent.isMovedByALook())) return
      }
    },
    6000,
  )
})

describe('predicates', () => {
  const all = names.condition
  const assignments = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) =>
    Object.fromEntries(all.map((name, index) => [name, (bits & (1 << index)) !== 0])),
  )
  const outcomeOf =
    (tokens: AnyToken, direct: boolean) =>
    (conditions: Readonly<Record<string, boolean>>): unknown => {
      const [verdict, residual] = Semantics.step({ _tag: 'Polled', conditions, direct })(tokens)
      return [verdict._tag, timeless(Analysis.normalise(residual))]
    }
  const agree = (first: unknown, second: unknown): boolean => JSON.stringify(first) === JSON.stringify(second)

  property(
    'are called at most once each, as long as their answers can matter; and where no name occurs twice, from left to right and no longer',
    [
      fc.oneof(token({ maxDepth: 4 }), token({ maxDepth: 3, ...mostlyConditions })),
      actions,
      fc.boolean(),
      fc.constantFrom(...assignments),
    ],
    (tokens, happenings, direct, conditions) => {
      const both = build([{ token: tokens, parents: [] }])
      for (const each of happenings) if (each.do !== 'answer' || typeof each.answer === 'boolean') perform(both, each)
      for (const name of all) perform(both, { do: 'answer', name, answer: conditions[name] === true })
      both.calls.length = 0
      const state = modelResidual(both.models[0]!)
      const outcome = outcomeOf(state, direct)
      perform(both, { do: direct ? 'poll' : 'peek', scope: 0 })

      const calls = both.calls.map(({ name }) => name)
      expect(new Set(calls).size).toBe(calls.length)
      // what was not called does not matter: with any other answers for those names the outcome is the same
      const known =
        (called: ReadonlyArray<string>) =>
        (other: Readonly<Record<string, boolean>>): boolean =>
          called.every((name) => other[name] === conditions[name])
      for (const other of assignments.filter(known(calls))) expect(outcome(other)).toEqual(outcome(conditions))
      // two occurrences of a name may make another's answer idle in ways that no rule from left to right sees
      const places = all.map((name) => JSON.stringify(tokens).split(`"Condition","name":"${name}"`))
      if (places.some((pieces) => pieces.length > 2)) return
      const place = (name: string): number => JSON.stringify(tokens).indexOf(`"Condition","name":"${name}"`)
      expect(calls).toEqual([...calls].sort((x, y) => place(x) - place(y)))
      // given the answers before it, there are others after it with which its own makes a difference
      calls.forEach((name, index) => {
        const open = assignments.filter(known(calls.slice(0, index)))
        const matters = open.some(
          (other) => !agree(outcome(other), outcome({ ...other, [name]: other[name] !== true })),
        )
        expect(matters, `${name} was called for nothing`).toBe(true)
      })
    },
    6000,
  )

  /** Whether a scope's own token asks for `name` with this `onError`. */
  const asks = (tokens: AnyToken, name: string, onError: 'ignore' | 'throw'): boolean =>
    Token.fold<boolean>({
      Never: () => false,
      Cancelled: () => false,
      Manual: () => false,
      Timeout: () => false,
      Deadline: () => false,
      Counter: () => false,
      Condition: (each) => each.name === name && each.onError === onError,
      Budget: () => false,
      Idle: () => false,
      Any: (_, parts) => parts.includes(true),
      All: (_, parts) => parts.includes(true),
      AndThen: (_, first, second) => first || second,
      Labelled: (_, part) => part,
    })(tokens)

  /** What a condition fires, and starts, before another one fails: here, or in a scope that is asked later. */
  const undone = (part: fc.Arbitrary<AnyToken>): fc.Arbitrary<AnyToken> =>
    fc
      .tuple(
        fc.constantFrom(...all),
        part,
        part,
        fc.constantFrom(...all),
        fc.constantFrom('ignore' as const, 'throw' as const),
      )
      .map(([met, started, beside, failing, onError]) =>
        Token.all(Token.andThen(Token.condition(met), started), beside, Token.condition(failing, { onError })),
      )

  property(
    'that fail under "throw" leave every scope as it was, save what time has done and counters already ticked',
    [
      fc.oneof(plans({ throwing: true }), plans({ ...mostlyConditions, throwing: true }), plans({}, undone)),
      actions,
      fc.tuple(...names.condition.map(() => fc.constantFrom<Answer>(true, false, 'throws'))),
      actions,
      fc.boolean(),
    ],
    (planned, before, given, after, atOnce) => {
      const both = build(planned)
      const answered = names.condition.map((name, at): Action => ({ do: 'answer', name, answer: given[at]! }))
      const { live, models, answers, calls } = both
      for (const each of [...before, ...answered, ...after]) {
        if (each.do !== 'poll' && each.do !== 'peek') {
          perform(both, each)
          continue
        }
        const index = each.scope % live.length
        const direct = each.do === 'poll'
        calls.length = 0
        const read = E.tryCatch((direct ? CancelScope.poll : CancelScope.peek)(live[index]!), E.toError)
        const failed = calls.filter(({ name }) => typeof (answers.get(name) ?? false) === 'string')
        if (read._tag === 'Right') {
          expect(timeless(read.right)).toEqual(optional(models[index]!.read(direct)))
          // an error is only swallowed where a condition says so
          for (const { scope, name } of failed) expect(asks(planned[scope]!.token, name, 'ignore')).toBe(true)
          continue
        }
        // whose predicate was called last, its read has failed: those asked before it and it have ticked, and no others
        const last = calls.at(-1)!.scope
        const why = failed.filter(({ scope, name }) => scope === last && asks(planned[scope]!.token, name, 'throw'))
        const fits = ({ name }: Call): boolean =>
          answers.get(name) === 'throws'
            ? read.left.message === `${name} failed`
            : read.left instanceof TypeError && read.left.message.includes(`'${name}'`)
        expect(why.some(fits), `nothing says why a read failed with ${read.left.message}`).toBe(true)
        expect(models[index]!.fail(direct, models[last]!), 'a read that could not fail has failed').toBe(true)
        // to look at a residual brings time up to date; what was undone must go on as well where nobody does
        if (atOnce) planned.forEach((_, scope) => perform(both, { do: 'residual', scope }))
      }
      planned.forEach((_, scope) => perform(both, { do: 'residual', scope }))
    },
    4000,
  )
})

describe('the instant of a reason', () => {
  it('is that of the firing on the wall clock, however late one looks', () => {
    const clock = Clock.virtual(1000)
    const scope = CancelScope.open(Token.andThen(Token.timeout(3), Token.timeout(5)), { clock })()
    clock.advance(20)()
    expect(CancelScope.poll(scope)()).toEqual({
      _tag: 'Some',
      value: { _tag: 'TimedOut', duration: 5, path: ['andThen', 1], at: 1008 },
    })
  })
})
