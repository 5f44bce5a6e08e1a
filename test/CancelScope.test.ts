/** Live scopes, by hand; that they mean what the semantics says is in test/adequacy. */
import { describe, expect, it } from 'vitest'
import { Analysis, CancelScope, Clock, Token } from 'cantok-ts'
import type { Reason, World } from 'cantok-ts'

type AnyToken = Token.Token<Token.Input>
type Owned = CancelScope.CancelScope<Token.Input>

const { all, andThen, any, budget, cancelled, condition, counter, deadline, idle, labelled, manual, never, timeout } =
  Token

/** A condition that is true for a look only. */
const momentary = (name: string): AnyToken => condition(name, { latch: false })

const open = (token: AnyToken, conditions: World.Conditions = {}, clock: Clock.Clock = Clock.virtual()): Owned =>
  CancelScope.open(token, { clock, conditions })()

type Answers = Record<string, boolean>

/** Predicates that answer what `answers` says by then; a name that is not there is true. */
const answering = (answers: Answers = {}, asked: Array<string> = []): World.Conditions =>
  Object.fromEntries(
    ['p', 'q', 'r', 's', 't', 'u'].map((name) => [
      name,
      () => {
        asked.push(name)
        return answers[name] ?? true
      },
    ]),
  )

const said = (fired: ReturnType<ReturnType<typeof CancelScope.poll>>): Reason.Reason | 'going' =>
  fired._tag === 'Some' ? fired.value : 'going'

const ask = (scope: CancelScope.ScopeView): Reason.Reason | 'going' => said(CancelScope.poll(scope)())
const peek = (scope: CancelScope.ScopeView): Reason.Reason | 'going' => said(CancelScope.peek(scope)())

const explained = (scope: CancelScope.ScopeView): string => Analysis.ShowEvidence.show(CancelScope.explain(scope)())

const boom = (): never => {
  throw new Error('boom')
}

describe('a counter that a predicate starts', () => {
  it('fires in the same look if it is 0', () => {
    expect(ask(open(andThen(condition('p'), counter(0)), answering()))).toMatchObject({ _tag: 'CounterExhausted' })
  })

  it('ticks in the same look', () => {
    const scope = open(andThen(condition('p'), counter(1)), answering())
    expect([ask(scope), ask(scope)]).toMatchObject(['going', { _tag: 'CounterExhausted' }])
  })

  it('does not tick in a peek if it is direct', () => {
    const scope = open(andThen(condition('p'), counter(1)), answering())
    expect([peek(scope), ask(scope), ask(scope)]).toMatchObject(['going', 'going', { _tag: 'CounterExhausted' }])
  })

  it('ticks in a peek if it is not direct', () => {
    const scope = open(andThen(condition('p'), counter(1, { direct: false })), answering())
    expect([peek(scope), ask(scope)]).toMatchObject(['going', { _tag: 'CounterExhausted' }])
  })

  it.each([true, false])('leaves another, that has ticked in this look, as it is: direct %s', (direct) => {
    const scope = open(any(andThen(condition('p'), manual('a')), counter(1, { direct })), answering())
    expect([ask(scope), ask(scope)]).toMatchObject(['going', { _tag: 'CounterExhausted', limit: 1 }])
  })
})

describe('counters', () => {
  it.each([true, false])('run out from left to right, the first of them direct: %s', (direct) => {
    const scope = open(all(counter(1, { direct }), counter(1, { direct: !direct }), labelled('x')(counter(0))))
    expect(ask(scope)).toBe('going')
    expect(ask(scope)).toMatchObject({ reasons: [{ label: 'x' }, { path: ['all', 0] }, { path: ['all', 1] }] })
  })
})

describe('predicates', () => {
  it('that start late are asked in their place', () => {
    const asked: Array<string> = []
    const scope = open(
      all(andThen(manual('a'), condition('p')), condition('q')),
      answering({ p: false, q: false }, asked),
    )
    ask(scope)
    CancelScope.cancelInput(scope, 'a')()
    ask(scope)
    expect(asked).toEqual(['q', 'p', 'q'])
  })

  it('are not asked after one of them has cancelled the scope', () => {
    const asked: Array<string> = []
    const p = (): boolean => CancelScope.cancel(scope, 'inside')()
    const scope = open(all(condition('p'), condition('q')), { ...answering({}, asked), p })
    expect(ask(scope)).toMatchObject({ detail: 'inside' })
    expect(asked).toEqual([])
  })

  it('that throw leave what fired in a look before', () => {
    let q = (): boolean => false
    const scope = open(all(condition('p'), condition('q', { onError: 'throw' })), { p: () => true, q: () => q() })
    expect(ask(scope)).toBe('going')
    q = boom
    expect(() => ask(scope)).toThrow('boom')
    expect(explained(scope)).toContain('condition "p": fired')
  })

  it('that cancel the scope and then throw leave what fired in this look', () => {
    const q = (): never => {
      CancelScope.cancel(scope)()
      return boom()
    }
    const scope = open(all(condition('p'), condition('q', { onError: 'throw' }), manual('a')), { p: () => true, q })
    expect(() => ask(scope)).toThrow('boom')
    expect(ask(scope)).toMatchObject({ _tag: 'Requested' })
    expect(explained(scope)).toContain('condition "p": fired')
  })
})

describe('conditions of the moment', () => {
  it('fire an all in a look that finds all of them true', () => {
    const answers: Answers = { p: true, q: false }
    const scope = open(all(momentary('p'), momentary('q')), answering(answers))
    expect([ask(scope), ask(scope)]).toEqual(['going', 'going'])
    Object.assign(answers, { p: false, q: true })
    expect(ask(scope)).toBe('going')
    Object.assign(answers, { p: true })
    expect(ask(scope)).toMatchObject({ reasons: [{ name: 'p' }, { name: 'q' }] })
  })

  it('count once in an all where they are parts of one any', () => {
    expect(ask(open(all(any(momentary('p'), momentary('q')), momentary('r')), answering({ r: false })))).toBe('going')
    expect(ask(open(all(any(momentary('p'), momentary('p')), momentary('q')), answering({ q: false })))).toBe('going')
  })

  it('count once in an all together with one that latches', () => {
    expect(ask(open(all(any(momentary('p'), condition('q')), momentary('r')), answering({ r: false })))).toBe('going')
    const nested = all(all(momentary('r'), any(momentary('s'), condition('t'))), momentary('u'))
    expect(ask(open(nested, answering({ u: false })))).toBe('going')
  })

  it('come after what fired before, in the same look from left to right', () => {
    const scope = open(all(momentary('p'), condition('q'), manual('a')), answering())
    CancelScope.cancelInput(scope, 'a')()
    expect(ask(scope)).toMatchObject({ reasons: [{ name: 'a' }, { name: 'p' }, { name: 'q' }] })
    expect(ask(scope)).toMatchObject({ reasons: [{ name: 'a' }, { name: 'q' }, { name: 'p' }] })
  })

  it('come before one that latches on their right, also through a bare cancelled', () => {
    const scope = open(all(momentary('p'), andThen(condition('q'), cancelled())), answering())
    expect(ask(scope)).toMatchObject({ reasons: [{ name: 'p' }, { name: 'q' }] })
  })

  it('alone give the reason where the other part is bare', () => {
    const scope = open(andThen(condition('p'), all(momentary('q'), cancelled())), answering())
    expect(ask(scope)).toMatchObject({ _tag: 'ConditionMet', name: 'q' })
  })

  it.each<readonly [string, AnyToken]>([
    ['a condition', momentary('q')],
    ['a counter', counter(0)],
  ])('fire an all in the first look together with %s that another starts in it', (_, started) => {
    expect(ask(open(all(momentary('r'), andThen(momentary('p'), started)), answering()))).toMatchObject({
      _tag: 'AllOf',
    })
  })

  it('come after a counter that is started in the same look', () => {
    const scope = open(andThen(condition('p'), all(momentary('q'), counter(0))), answering())
    expect(ask(scope)).toMatchObject({
      _tag: 'AllOf',
      reasons: [{ _tag: 'CounterExhausted' }, { _tag: 'ConditionMet', name: 'q' }],
    })
  })
})

describe('one input', () => {
  it('that decides gives the leftmost part it decides by', () => {
    const scope = open(any(all(manual('a'), manual('b')), manual('a'), andThen(manual('a'), manual('a'))))
    expect(CancelScope.cancelInput(scope, 'a')()).toBe(true)
    expect(ask(scope)).toMatchObject({ path: ['any', 1] })
  })

  it('that two parts of an any name counts once in the all around them', () => {
    const scope = open(all(any(manual('a'), manual('a')), manual('b')))
    CancelScope.cancelInput(scope, 'a')()
    expect(ask(scope)).toBe('going')
    CancelScope.cancelInput(scope, 'b')()
    expect(ask(scope)).toMatchObject({ _tag: 'AllOf', reasons: [{ path: ['all', 0, 'any', 0] }, { name: 'b' }] })
  })

  it('that two budgets name counts once in the all around them', () => {
    const scope = open(all(any(budget('x', 1), budget('x', 1)), manual('b')))
    CancelScope.spend(scope, 'x', 1)()
    expect(Token.Show.show(CancelScope.residual(scope)())).toContain('manual("b")')
    CancelScope.cancelInput(scope, 'b')()
    expect(ask(scope)).toMatchObject({ reasons: [{ _tag: 'BudgetSpent' }, { name: 'b' }] })
  })
})

describe('an all', () => {
  it('without parts, as data may have it, fires', () => {
    expect(ask(open({ _tag: 'All', tokens: [] }))).not.toBe('going')
  })
})

describe('clocks', () => {
  it('a deadline fires when it is started, if it has passed by then', () => {
    const clock = Clock.virtual()
    const scope = open(andThen(andThen(timeout(8), deadline(3)), timeout(5)), {}, clock)
    clock.advance(12)()
    expect(ask(scope)).toBe('going')
    clock.advance(1)()
    expect(ask(scope)).toMatchObject({ _tag: 'TimedOut', duration: 5, at: 13 })
  })

  it('a child has the clock of its parent', () => {
    const clock = Clock.virtual()
    const child = CancelScope.child(timeout(5))(open(never, {}, clock))()
    clock.advance(5)()
    expect(ask(child)).toMatchObject({ _tag: 'TimedOut' })
  })

  it('a read of a child sees the time of its parent on the clock of the parent', () => {
    const clock = Clock.virtual()
    const child = CancelScope.child(timeout(100), { clock: Clock.virtual() })(open(timeout(10), {}, clock))()
    clock.advance(10)()
    expect(ask(child)).toMatchObject({ duration: 10 })
  })

  it('time on the clock of a child does not pass for its parent', () => {
    const clock = Clock.virtual()
    const child = CancelScope.child(timeout(100), { clock })(open(timeout(10)))()
    clock.advance(50)()
    expect(ask(child)).toBe('going')
  })
})

describe('closing', () => {
  it('leaves fired what time had overtaken unseen', () => {
    const clock = Clock.virtual()
    const scope = open(any(timeout(5), manual('a')), {}, clock)
    clock.advance(6)()
    CancelScope.close(scope)()
    expect(ask(scope)).toMatchObject({ _tag: 'TimedOut' })
  })

  it('ends all input', () => {
    const scope = open(any(manual('a'), budget('x', 1), idle('i', 5)))
    CancelScope.close(scope)()
    expect(CancelScope.cancelInput(scope, 'a')()).toBe(false)
    expect(CancelScope.spend(scope, 'x', 2)()).toBe(false)
    expect(CancelScope.beat(scope, 'i')()).toBe(false)
    expect(CancelScope.cancel(scope)()).toBe(false)
    expect(ask(scope)).toBe('going')
  })
})

describe('cancelling', () => {
  it('a child first, and then its parent, leaves the child its own reason', () => {
    const parent = open(never)
    const child = CancelScope.child(never)(parent)()
    CancelScope.cancel(child, 'own')()
    CancelScope.cancel(parent, 'parent')()
    expect(ask(child)).toMatchObject({ detail: 'own' })
  })

  it('gives the innermost label of the token', () => {
    const scope = open(labelled('out')(labelled('in')(never)))
    CancelScope.cancel(scope)()
    expect(ask(scope)).toMatchObject({ label: 'in' })
  })
})

describe('remaining', () => {
  it('is the most that time leaves, though an input may end it before', () => {
    expect(CancelScope.remaining(open(any(timeout(5), manual('a'))))()).toEqual({ _tag: 'Some', value: 5 })
    expect(CancelScope.remaining(open(all(timeout(5), manual('a'))))()).toEqual({ _tag: 'None' })
  })

  it('counts a deadline on the wall clock', () => {
    const clock = Clock.virtual(100)
    const scope = open(deadline(150), {}, clock)
    clock.advance(10)()
    expect(CancelScope.remaining(scope)()).toEqual({ _tag: 'Some', value: 40 })
  })

  it('counts a deadline that passes before it is started from its start', () => {
    const scope = open(andThen(timeout(5), deadline(3)))
    expect(CancelScope.remaining(scope)()).toEqual({ _tag: 'Some', value: 5 })
  })
})

describe('residual', () => {
  it('of a child keeps the labels of an all of its parent that is half fired', () => {
    const parent = open(all(labelled('x')(manual('a')), labelled('y')(manual('b'))))
    const child = CancelScope.child(never)(parent)()
    CancelScope.cancelInput(parent, 'a')()
    const again = open(CancelScope.residual(child)())
    CancelScope.cancelInput(again, 'b')()
    expect(ask(again)).toMatchObject({ _tag: 'AllOf', reasons: [{ label: 'x' }, { label: 'y' }] })
  })
})

describe('explain', () => {
  it('tells how much time is used', () => {
    const clock = Clock.virtual()
    const scope = open(timeout(5), {}, clock)
    clock.advance(2)()
    expect(explained(scope)).toBe('! timeout of 5 milliseconds: pending, 2 milliseconds used')
  })

  it('puts a cancel of the whole before the token', () => {
    const scope = open(any(manual('a'), manual('b')))
    CancelScope.cancel(scope)()
    const { what, parts } = CancelScope.explain(scope)()
    expect(what).toBe('scope')
    expect(parts.map((part) => [part.what, part.status])).toEqual([
      ['cancelled', 'fired'],
      ['any', 'pending'],
    ])
  })

  it('is of the token alone where that has fired', () => {
    const scope = open(any(manual('a'), manual('b')))
    CancelScope.cancelInput(scope, 'a')()
    expect(CancelScope.explain(scope)()).toMatchObject({ what: 'any', status: 'fired' })
  })

  it('tells the whole sum of a budget, beyond its limit', () => {
    const scope = open(all(budget('x', 2), manual('a')))
    CancelScope.spend(scope, 'x', 5)()
    expect(CancelScope.explain(scope)().parts[0]).toMatchObject({ status: 'fired', reason: { spent: 5 } })
  })
})
