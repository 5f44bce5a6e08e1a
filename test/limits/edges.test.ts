/** The edges of every leaf and of every read: extreme numbers, clocks that jump, predicates that misbehave, names that bite. */
import { Analysis, CancelScope, Clock, Semantics, Token } from 'cantok-ts'
import type { Reason, World } from 'cantok-ts'
import { describe, expect, it } from 'vitest'

type AnyToken = Token.Token<Token.Input>
type Owned = CancelScope.CancelScope<Token.Input>

/** What a direct poll says: the tag of the reason, or that one may go on. */
const ask = (scope: CancelScope.ScopeView): Reason.Reason['_tag'] | 'going' => {
  const fired = CancelScope.poll(scope)()
  return fired._tag === 'Some' ? fired.value._tag : 'going'
}

const reasonOf = (scope: CancelScope.ScopeView): Reason.Reason => {
  const fired = CancelScope.peek(scope)()
  if (fired._tag === 'None') throw new Error('should have fired')
  return fired.value
}

const shown = (scope: CancelScope.ScopeView): string => Token.Show.show(CancelScope.residual(scope)())

const open = (token: AnyToken, conditions: World.Conditions = {}, clock: Clock.Clock = Clock.virtual()): Owned =>
  CancelScope.open(token, { clock, conditions })()

/** A predicate with a list of its calls; what it answers may change. */
const predicate = (answer: () => boolean = () => false) => {
  const self = {
    calls: 0,
    answer,
    test: (): boolean => {
      self.calls++
      return self.answer()
    },
  }
  return self
}

/** For what only an untyped caller does. */
const untyped = (value: unknown): boolean => value as boolean // sound: never used as a boolean but by the code under test

const boom = (): never => {
  throw new Error('boom')
}

describe('timeouts', () => {
  it('of 0 fire on the first look, at the instant of the opening', () => {
    const scope = open(Token.timeout(0))
    expect(CancelScope.remaining(scope)()).toEqual({ _tag: 'Some', value: 0 })
    expect(ask(scope)).toBe('TimedOut')
  })

  it.each([1e-9, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 1e15])(
    'of %d ms fire when just that has passed, and not half of it',
    (ms) => {
      const clock = Clock.virtual()
      const scope = open(Token.timeout(ms), {}, clock)
      expect(ask(scope)).toBe('going')
      clock.advance(ms / 2)()
      expect(ask(scope)).toBe('going')
      expect(CancelScope.remaining(scope)()).toEqual({ _tag: 'Some', value: ms / 2 })
      clock.advance(ms / 2)()
      expect(ask(scope)).toBe('TimedOut')
      expect(reasonOf(scope)).toMatchObject({ duration: ms })
    },
  )

  it('of Infinity never fire', () => {
    const clock = Clock.virtual()
    const scope = open(Token.timeout(Infinity), {}, clock)
    clock.advance(1e15)()
    expect(ask(scope)).toBe('going')
    expect(CancelScope.remaining(scope)()).toEqual({ _tag: 'None' })
  })

  it('of 1e-9 ms have not fired at an instant at which they were started, however late that is', () => {
    const clock = Clock.virtual()
    clock.advance(1e12)()
    const scope = open(Token.timeout(1e-9), {}, clock)
    expect(ask(scope)).toBe('going')
    clock.advance(1)()
    expect(ask(scope)).toBe('TimedOut')
  })

  it('one after the other fire at the sum, however seldom one looks', () => {
    const clock = Clock.virtual(1_000)
    const scope = open(Token.andThen(Token.timeout(3), Token.andThen(Token.timeout(0), Token.timeout(5))), {}, clock)
    clock.advance(1e9)()
    expect(ask(scope)).toBe('TimedOut')
    expect(reasonOf(scope).at).toBe(1_008)
  })
})

describe('clocks that jump', () => {
  const handMade = (): Clock.Clock & { now: number; epoch: number } => {
    const clock = {
      now: 1_000,
      epoch: 0,
      monotonic: () => clock.now,
      wall: () => clock.epoch,
      schedule: () => () => () => {},
    }
    return clock
  }

  it('back delay a timeout and un-fire nothing', () => {
    const clock = handMade()
    const scope = open(
      Token.any(Token.timeout(50), Token.andThen(Token.timeout(10), Token.manual('second'))),
      {},
      clock,
    )
    clock.now = 1_010
    expect(ask(scope)).toBe('going')
    clock.now = 500
    expect(ask(scope)).toBe('going')
    expect(CancelScope.cancelInput(scope, 'second')()).toBe(true)
    expect(ask(scope)).toBe('Requested')
    clock.now = 2_000
    expect(ask(scope)).toBe('Requested')
  })

  it('back and forth again fire a timeout when its instant comes', () => {
    const clock = handMade()
    const scope = open(Token.timeout(50), {}, clock)
    clock.now = 900
    expect(ask(scope)).toBe('going')
    clock.now = 1_049
    expect(ask(scope)).toBe('going')
    clock.now = 1_050
    expect(ask(scope)).toBe('TimedOut')
  })

  it('back to before the opening leave no more of a timeout than there was', () => {
    const clock = handMade()
    const scope = open(Token.any(Token.timeout(50), Token.idle('io', 70)), {}, clock)
    clock.now = 900
    expect(shown(scope)).toBe('any(timeout("50 milliseconds"), idle("io", "70 milliseconds"))')
  })

  it('back to before the opening can be explained', () => {
    const clock = handMade()
    const scope = open(Token.timeout(50), {}, clock)
    clock.now = 900
    expect(Analysis.ShowEvidence.show(CancelScope.explain(scope)())).toBe('! timeout of 50 milliseconds: pending')
  })

  it('by far on the wall fire a deadline at the next look, and not a timeout', () => {
    const clock = Clock.virtual(0)
    const scope = open(Token.all(Token.deadline(1_000), Token.timeout(10)), {}, clock)
    clock.setWall(5_000)()
    expect(ask(scope)).toBe('going')
    clock.advance(10)()
    expect(ask(scope)).toBe('AllOf')
  })

  it('back on the wall delay a deadline, and un-fire nothing', () => {
    const clock = Clock.virtual(0)
    const scope = open(Token.deadline(1_000), {}, clock)
    clock.advance(999)()
    clock.setWall(0)()
    clock.advance(999)()
    expect(ask(scope)).toBe('going')
    clock.advance(1)()
    expect(ask(scope)).toBe('DeadlinePassed')
    clock.setWall(0)()
    expect(ask(scope)).toBe('DeadlinePassed')
  })

  it('forward and back on the wall, unseen, fire nothing', () => {
    const clock = Clock.virtual(0)
    const scope = open(Token.deadline(1_000), {}, clock)
    clock.setWall(5_000)()
    clock.setWall(0)()
    expect(ask(scope)).toBe('going')
  })

  it('on the wall do not reach back before the last look: what follows a deadline starts no earlier', () => {
    const clock = Clock.virtual(0)
    const scope = open(Token.andThen(Token.deadline(1_000), Token.timeout(100)), {}, clock)
    clock.advance(10)()
    expect(ask(scope)).toBe('going')
    clock.advance(5)()
    clock.setWall(1e6)()
    expect(ask(scope)).toBe('going')
    expect(CancelScope.remaining(scope)()).toEqual({ _tag: 'Some', value: 95 })
  })
})

describe('deadlines', () => {
  it('in the past fire on the first look', () => {
    expect(ask(open(Token.deadline(-1), {}, Clock.virtual(0)))).toBe('DeadlinePassed')
    expect(ask(open(Token.deadline(0), {}, Clock.virtual(0)))).toBe('DeadlinePassed')
    expect(ask(open(Token.deadline(new Date(0)), {}, Clock.virtual(1)))).toBe('DeadlinePassed')
  })

  it('may lie before 1970, and beyond what a date can hold', () => {
    expect(ask(open(Token.deadline(-1e15), {}, Clock.virtual(-1e15 - 1)))).toBe('going')
    const far = open(Token.deadline(1e300), {}, Clock.virtual(0))
    expect(ask(far)).toBe('going')
    expect(CancelScope.explain(far)().what).toBe('deadline 1e+300 ms')
    expect(Token.Show.show(Token.deadline(1e300))).toBe('deadline(1e+300)')
  })

  it('of Infinity are never', () => {
    expect(Token.deadline(Infinity)).toEqual(Token.never)
  })

  it('of -0 are of 0', () => {
    expect(Token.deadline(-0)).toEqual(Token.deadline(0))
  })

  it.each([NaN, -Infinity])('of %d are refused', (instant) => {
    expect(() => Token.deadline(instant)).toThrow(RangeError)
  })

  it('of an invalid date are refused', () => {
    expect(() => Token.deadline(new Date('no date'))).toThrow(RangeError)
  })
})

describe('budgets', () => {
  it('of 0 fire on the first look', () => {
    const scope = open(Token.budget('b', 0))
    expect(ask(scope)).toBe('BudgetSpent')
    expect(reasonOf(scope)).toMatchObject({ limit: 0, spent: 0 })
  })

  it('do not change by a spend of 0, which says so', () => {
    const scope = open(Token.budget('b', 1))
    expect(CancelScope.spend(scope, 'b', 0)()).toBe(false)
    expect(CancelScope.spend(scope, 'b', -0)()).toBe(false)
    expect(shown(scope)).toBe('budget("b", 1)')
  })

  it('add up what is tiny', () => {
    const scope = open(Token.budget('b', 2 ** -20))
    for (let count = 1; count < 2 ** 10; count++) CancelScope.spend(scope, 'b', 2 ** -30)()
    expect(ask(scope)).toBe('going')
    CancelScope.spend(scope, 'b', 2 ** -30)()
    expect(ask(scope)).toBe('BudgetSpent')
  })

  it('hold what is huge, and tell the whole sum', () => {
    const scope = open(Token.budget('b', Number.MAX_VALUE))
    expect(CancelScope.spend(scope, 'b', Number.MAX_VALUE / 2)()).toBe(true)
    expect(ask(scope)).toBe('going')
    CancelScope.spend(scope, 'b', Number.MAX_VALUE)()
    expect(ask(scope)).toBe('BudgetSpent')
    const over = open(Token.budget('b', 10))
    CancelScope.spend(over, 'b', 1e300)()
    expect(reasonOf(over)).toMatchObject({ limit: 10, spent: 1e300 })
  })

  it.each([NaN, Infinity, -1, -Number.MIN_VALUE])('refuse a spend of %d and stay as they were', (amount) => {
    const scope = open(Token.budget('b', 10))
    expect(() => CancelScope.spend(scope, 'b', amount)).toThrow(
      new RangeError(`amount must be a finite number, 0 or more, but was ${amount}`),
    )
    expect(shown(scope)).toBe('budget("b", 10)')
  })

  it('of one name are spent together, and of another not at all', () => {
    const scope = open(Token.all(Token.budget('a', 2), Token.budget('a', 3), Token.budget('b', 1)))
    CancelScope.spend(scope, 'a', 2)()
    expect(CancelScope.explain(scope)().parts.map(({ status }) => status)).toEqual(['fired', 'pending', 'pending'])
    expect(CancelScope.spend(scope, 'c', 1)()).toBe(false)
  })
})

describe('counters', () => {
  it('of 0 fire on the first poll, also on a peek', () => {
    expect(ask(open(Token.counter(0)))).toBe('CounterExhausted')
    expect(CancelScope.isCancelled(open(Token.counter(0)))()).toBe(true)
  })

  it('of 2^53 - 1 count down exactly', () => {
    const scope = open(Token.counter(Number.MAX_SAFE_INTEGER))
    for (let count = 0; count < 3; count++) expect(ask(scope)).toBe('going')
    expect(shown(scope)).toBe(`counter(${Number.MAX_SAFE_INTEGER}, { left: ${Number.MAX_SAFE_INTEGER - 3} })`)
  })

  it('do not tick by a peek or through a child, unless they are indirect', () => {
    const scope = open(Token.all(Token.counter(2), Token.counter(5, { direct: false })))
    const child = CancelScope.child(Token.never)(scope)()
    CancelScope.peek(scope)()
    CancelScope.isCancelled(scope)()
    CancelScope.poll(child)()
    expect(shown(scope)).toBe('all(counter(2), counter(5, { direct: false, left: 2 }))')
  })

  it('do not tick by a question', () => {
    const scope = open(Token.counter(2, { direct: false }))
    CancelScope.residual(scope)()
    CancelScope.remaining(scope)()
    CancelScope.explain(scope)()
    expect(shown(scope)).toBe('counter(2, { direct: false })')
  })
})

describe('predicates that misbehave', () => {
  const answers: ReadonlyArray<readonly [what: string, test: () => boolean, message: string]> = [
    ['throws', boom, 'boom'],
    [
      'returns a promise',
      () => untyped(Promise.resolve(true)),
      "condition 'c' must answer with true or false, but gave a promise",
    ],
    ['returns a number', () => untyped(1), "condition 'c' must answer with true or false, but gave 1"],
    ['returns a text', () => untyped('true'), "condition 'c' must answer with true or false, but gave 'true'"],
    ['returns nothing', () => untyped(undefined), "condition 'c' must answer with true or false, but gave undefined"],
    ['returns null', () => untyped(null), "condition 'c' must answer with true or false, but gave null"],
    ['returns an object', () => untyped({}), "condition 'c' must answer with true or false, but gave an object"],
    [
      'returns a Boolean object',
      () => untyped(new Boolean(true)),
      "condition 'c' must answer with true or false, but gave an object",
    ],
  ]

  describe.each(answers)('one that %s', (_, test, message) => {
    it("counts as false under 'ignore'", () => {
      expect(ask(open(Token.condition('c'), { c: test }))).toBe('going')
      expect(ask(open(Token.condition('c', { fallback: false }), { c: { test } }))).toBe('going')
    })

    it("counts as true under 'ignore' with a fallback of true", () => {
      expect(ask(open(Token.condition('c', { fallback: true }), { c: test }))).toBe('ConditionMet')
      expect(ask(open(Token.condition('c', { fallback: true, latch: false }), { c: test }))).toBe('ConditionMet')
    })

    it("reaches the poller under 'throw', whatever the fallback, at every read", () => {
      for (const fallback of [true, false]) {
        const scope = open(Token.condition('c', { onError: 'throw', fallback }), { c: test })
        expect(() => CancelScope.poll(scope)()).toThrow(message)
        expect(() => CancelScope.peek(scope)()).toThrow(message)
        expect(() => CancelScope.keepGoing(scope)()).toThrow(message)
        expect(() => CancelScope.isCancelled(scope)()).toThrow(message)
        expect(() => CancelScope.check(scope)()).toThrow(message)
        expect(() => CancelScope.checkOrThrow(scope)()).toThrow(message)
      }
    })

    it('does not keep the scope from being asked questions, which call no predicate', () => {
      const scope = open(Token.any(Token.condition('c', { onError: 'throw' }), Token.timeout(5)), { c: test })
      expect(shown(scope)).toBe('any(condition("c", { onError: "throw" }), timeout("5 milliseconds"))')
      expect(CancelScope.explain(scope)().status).toBe('pending')
      expect(CancelScope.remaining(scope)()).toEqual({ _tag: 'Some', value: 5 })
    })
  })

  it("that give what is no boolean are a TypeError under 'throw'; what they throw comes as it is", () => {
    expect(() => ask(open(Token.condition('c', { onError: 'throw' }), { c: () => untyped(1) }))).toThrow(TypeError)
    const thrown = Object.freeze({ not: 'an error' })
    const scope = open(Token.condition('c', { onError: 'throw' }), {
      c: () => {
        throw thrown
      },
    })
    let caught: unknown
    try {
      CancelScope.poll(scope)()
    } catch (error) {
      caught = error
    }
    expect(caught).toBe(thrown)
  })

  it('and recover are heard again', () => {
    const p = predicate(boom)
    const scope = open(Token.condition('p', { onError: 'throw' }), { p: p.test })
    expect(() => ask(scope)).toThrow('boom')
    p.answer = () => true
    expect(ask(scope)).toBe('ConditionMet')
  })

  it('and throw under one condition and not under another of the same name are called once, for both', () => {
    const p = predicate(boom)
    const scope = open(Token.any(Token.condition('p'), Token.condition('p', { onError: 'throw' })), { p: p.test })
    expect(() => ask(scope)).toThrow('boom')
    expect(p.calls).toBe(1)
    const first = open(
      Token.any(Token.condition('p', { fallback: true }), Token.condition('p', { onError: 'throw' })),
      { p: p.test },
    )
    expect(ask(first)).toBe('ConditionMet')
  })
})

describe('predicates that touch the scope that asks them', () => {
  const parts = Token.any(
    Token.condition('c'),
    Token.counter(3, { direct: false }),
    Token.manual('stop'),
    Token.budget('b', 5),
    Token.idle('io', 100),
  )

  /** A scope of `parts` whose predicate does something with it on its first call. */
  const touching = (touch: (scope: Owned) => void, answer = false) => {
    const clock = Clock.virtual()
    let calls = 0
    const scope: Owned = open(
      parts,
      {
        c: () => {
          if (calls++ === 0) touch(scope)
          return answer
        },
      },
      clock,
    )
    return { scope, clock, calls: () => calls }
  }

  it('by reading it get what is known by then, and it is not asked again nor ticked twice', () => {
    const seen: Array<unknown> = []
    const { scope, calls } = touching((self) => {
      seen.push(
        CancelScope.poll(self)()._tag,
        CancelScope.peek(self)()._tag,
        CancelScope.keepGoing(self)(),
        CancelScope.isCancelled(self)(),
        CancelScope.check(self)()._tag,
      )
    })
    expect(ask(scope)).toBe('going')
    expect(seen).toEqual(['None', 'None', true, false, 'Right'])
    expect(calls()).toBe(1)
    expect(shown(scope)).toContain('counter(3, { direct: false, left: 2 })')
  })

  it('by asking it questions get answers, and change nothing', () => {
    const seen: Array<unknown> = []
    const { scope } = touching((self) => {
      seen.push(CancelScope.explain(self)().status, CancelScope.remaining(self)()._tag, shown(self))
    })
    expect(ask(scope)).toBe('going')
    expect(seen.slice(0, 2)).toEqual(['pending', 'None'])
    expect(seen[2]).toContain('manual("stop")')
    expect(shown(scope)).toContain('counter(3, { direct: false, left: 2 })')
  })

  it('by cancelling it end the read with that, whatever they answer', () => {
    for (const answer of [true, false]) {
      const { scope } = touching((self) => expect(CancelScope.cancel(self, 'from inside')()).toBe(true), answer)
      expect(CancelScope.poll(scope)()).toMatchObject({
        _tag: 'Some',
        value: { _tag: 'Requested', detail: 'from inside' },
      })
      expect(ask(scope)).toBe('Requested')
    }
  })

  it('by a manual input end the read with that, whatever they answer', () => {
    for (const answer of [true, false]) {
      const { scope } = touching((self) => expect(CancelScope.cancelInput(self, 'stop')()).toBe(true), answer)
      expect(ask(scope)).toBe('Requested')
    }
  })

  it('by spending a budget up end the read with that', () => {
    const { scope } = touching((self) => {
      expect(CancelScope.spend(self, 'b', 2)()).toBe(true)
      expect(CancelScope.isCancelled(self)()).toBe(false)
      expect(CancelScope.spend(self, 'b', 3)()).toBe(true)
      expect(CancelScope.isCancelled(self)()).toBe(true)
    })
    expect(ask(scope)).toBe('BudgetSpent')
  })

  it('by a beat keep it alive', () => {
    const { scope, clock } = touching((self) => expect(CancelScope.beat(self, 'io')()).toBe(true))
    clock.advance(99)()
    expect(ask(scope)).toBe('going')
    clock.advance(99)()
    expect(ask(scope)).toBe('going')
    clock.advance(1)()
    expect(ask(scope)).toBe('Stalled')
  })

  it('by letting time pass have it seen by the next read at the latest', () => {
    const clock = Clock.virtual()
    const scope = open(
      Token.any(Token.timeout(10), Token.condition('c')),
      {
        c: () => {
          clock.advance(20)()
          return false
        },
      },
      clock,
    )
    CancelScope.poll(scope)()
    expect(ask(scope)).toBe('TimedOut')
  })

  it('by closing it end its own part at once: what they answer, and the predicates after them, do not matter any more', () => {
    const after = predicate(() => true)
    const scope: Owned = open(Token.any(Token.condition('closing'), Token.condition('after')), {
      closing: () => {
        CancelScope.close(scope)()
        return false
      },
      after: after.test,
    })
    expect(ask(scope)).toBe('going')
    expect(after.calls).toBe(0)
    expect(ask(scope)).toBe('going')
  })

  it('by closing it and answering with true fire it no more', () => {
    const { scope } = touching((self) => CancelScope.close(self)(), true)
    expect(ask(scope)).toBe('going')
    expect(ask(scope)).toBe('going')
  })

  it('by opening children of it and reading those get what is known by then', () => {
    const seen: Array<boolean> = []
    const { scope, calls } = touching((self) => {
      const child = CancelScope.child(Token.never)(self)()
      seen.push(CancelScope.keepGoing(child)())
      CancelScope.cancel(self)()
      seen.push(CancelScope.keepGoing(child)())
    })
    expect(ask(scope)).toBe('Requested')
    expect(seen).toEqual([true, false])
    expect(calls()).toBe(1)
  })

  it('and throw leave their inputs in force', () => {
    const scope: Owned = open(Token.any(Token.condition('c', { onError: 'throw' }), Token.manual('stop')), {
      c: () => {
        CancelScope.cancelInput(scope, 'stop')()
        return boom()
      },
    })
    expect(() => ask(scope)).toThrow('boom')
    expect(ask(scope)).toBe('Requested')
  })

  it('and throw leave a cancel in force', () => {
    const scope: Owned = open(Token.condition('c', { onError: 'throw' }), {
      c: () => {
        CancelScope.cancel(scope, 'first')()
        return boom()
      },
    })
    expect(() => ask(scope)).toThrow('boom')
    expect(reasonOf(scope)).toMatchObject({ detail: 'first' })
  })
})

describe('predicates that touch a parent or a child', () => {
  it('of a child, by cancelling a parent, end the read with the parent', () => {
    const parent = open(Token.never)
    const child = CancelScope.child(Token.condition('c'), {
      conditions: {
        c: () => {
          CancelScope.cancel(parent, 'from below')()
          return false
        },
      },
    })(parent)()
    expect(CancelScope.poll(child)()).toMatchObject({ _tag: 'Some', value: { detail: 'from below' } })
  })

  it('of a child, by cancelling a parent and answering with true, fire the child by itself, asked first', () => {
    const parent = open(Token.never)
    const child = CancelScope.child(Token.condition('c'), {
      conditions: { c: () => CancelScope.cancel(parent)() },
    })(parent)()
    expect(ask(child)).toBe('ConditionMet')
    expect(ask(parent)).toBe('Requested')
  })

  it('of a parent, by cancelling the child that is read, end the read with that, and the parent goes on', () => {
    let child: Owned | undefined
    const after = predicate(() => true)
    const parent = open(Token.condition('c'), {
      c: () => {
        if (child !== undefined) CancelScope.cancel(child, 'above')()
        return false
      },
    })
    const other = open(Token.condition('after'), { after: after.test })
    child = CancelScope.link([parent, other], Token.never)() as Owned
    expect(CancelScope.poll(child)()).toMatchObject({ _tag: 'Some', value: { detail: 'above' } })
    expect(after.calls).toBe(0)
    expect(ask(parent)).toBe('going')
  })

  it('of a parent, by reading the child, get what is known by then', () => {
    let child: CancelScope.ScopeView | undefined
    const seen: Array<boolean> = []
    const parent = open(Token.condition('c'), {
      c: () => {
        if (child !== undefined) seen.push(CancelScope.keepGoing(child)())
        return false
      },
    })
    child = CancelScope.child(Token.counter(3))(parent)()
    expect(ask(child)).toBe('going')
    expect(seen).toEqual([true])
    expect(shown(child)).toContain('counter(3, { left: 2 })')
  })

  it('of two children of one parent, reading each other, end', () => {
    const parent = open(Token.counter(100, { direct: false }))
    const scopes: Array<CancelScope.ScopeView> = []
    const sibling = (other: number) =>
      CancelScope.child(Token.condition('c'), {
        conditions: { c: () => CancelScope.isCancelled(scopes[other]!)() },
      })(parent)()
    scopes.push(sibling(1), sibling(0))
    expect(ask(scopes[0]!)).toBe('going')
    CancelScope.cancel(parent)()
    expect(ask(scopes[0]!)).not.toBe('going')
  })
})

describe('hooks', () => {
  const logged = (fail: ReadonlyArray<string> = [], answer = false) => {
    const log: Array<string> = []
    const step = (name: string) => (): void => {
      log.push(name)
      if (fail.includes(name)) throw new Error(name)
    }
    const entry = {
      before: step('before'),
      test: () => {
        step('test')()
        return answer
      },
      after: step('after'),
    }
    return { log, entry }
  }

  it('run right before and right after the predicate, once a read', () => {
    const { log, entry } = logged()
    const scope = open(Token.any(Token.condition('c'), Token.condition('c', { latch: false })), { c: entry })
    ask(scope)
    expect(log).toEqual(['before', 'test', 'after'])
    ask(scope)
    expect(log.length).toBe(6)
  })

  it("that throw are swallowed under 'ignore', and the answer counts", () => {
    const { log, entry } = logged(['before', 'after'], true)
    expect(ask(open(Token.condition('c'), { c: entry }))).toBe('ConditionMet')
    expect(log).toEqual(['before', 'test', 'after'])
  })

  it("run after a predicate that throws, under 'ignore'", () => {
    const { log, entry } = logged(['test', 'after'])
    expect(ask(open(Token.condition('c', { fallback: true }), { c: entry }))).toBe('ConditionMet')
    expect(log).toEqual(['before', 'test', 'after'])
  })

  it("under 'throw': an error of before keeps the predicate from running", () => {
    const { log, entry } = logged(['before'], true)
    expect(() => ask(open(Token.condition('c', { onError: 'throw' }), { c: entry }))).toThrow('before')
    expect(log).not.toContain('test')
  })

  it("under 'throw': after runs when the predicate has thrown, whose error is given", () => {
    const { log, entry } = logged(['test'])
    expect(() => ask(open(Token.condition('c', { onError: 'throw' }), { c: entry }))).toThrow('test')
    expect(log).toEqual(['before', 'test', 'after'])
  })

  it("under 'throw': an error of after reaches the poller, and the answer does not count", () => {
    const { entry } = logged(['after'], true)
    const scope = open(Token.condition('c', { onError: 'throw' }), { c: entry })
    expect(() => ask(scope)).toThrow('after')
    expect(CancelScope.explain(scope)().status).toBe('pending')
  })

  it('are called as members of their entry', () => {
    const entry = {
      seen: [] as Array<string>,
      before() {
        this.seen.push('before')
      },
      test() {
        this.seen.push('test')
        return true
      },
      after() {
        this.seen.push('after')
      },
    }
    expect(ask(open(Token.condition('c'), { c: entry }))).toBe('ConditionMet')
    expect(entry.seen).toEqual(['before', 'test', 'after'])
  })

  it('do not run for a predicate that is not asked', () => {
    const { log, entry } = logged()
    const scope = open(Token.any(Token.timeout(0), Token.condition('c')), { c: entry })
    expect(ask(scope)).toBe('TimedOut')
    expect(log).toEqual([])
  })
})

describe('names', () => {
  const names = [
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'then',
    ' ',
    '\u0000',
    '"quoted"',
    "it's",
    'naïve ✓ 名前 👩‍👩‍👧',
    '\ud800',
    'manual:stop',
    'x'.repeat(100_000),
  ]

  describe.each(names.map((name) => [name.slice(0, 40), name] as const))('such as %j', (_, name) => {
    const own = (test: () => boolean): World.Conditions => Object.fromEntries([[name, test]])

    it('serve for conditions, live and in the semantics', () => {
      expect(
        ask(
          open(
            Token.condition(name),
            own(() => true),
          ),
        ),
      ).toBe('ConditionMet')
      expect(
        ask(
          open(
            Token.condition(name),
            own(() => false),
          ),
        ),
      ).toBe('going')
      const step = (answer: boolean) =>
        Semantics.step({ _tag: 'Polled', conditions: Object.fromEntries([[name, answer]]), direct: true })(
          Token.condition(name),
        )[0]
      expect(step(true)._tag).toBe('Some')
      expect(step(false)._tag).toBe('None')
    })

    it('are missed where the world does not have them as its own', () => {
      const token: AnyToken = Token.condition(name)
      expect(CancelScope.openUnknown(token, { conditions: {} })()).toEqual({
        _tag: 'Left',
        left: { _tag: 'MissingInputs', conditions: [name] },
      })
      expect(() => open(token)).toThrow(new TypeError(`conditions must have a predicate for '${name}'`))
      const [verdict] = Semantics.step({ _tag: 'Polled', conditions: {}, direct: true })(
        Token.condition(name, { fallback: true }),
      )
      expect(verdict._tag).toBe('Some')
    })

    it('serve for manual inputs, budgets and idles, each their own', () => {
      const token: AnyToken = Token.all(Token.manual(name), Token.budget(name, 1), Token.idle(name, 5))
      expect(Analysis.inputs(token)).toEqual({ manual: [name], condition: [], budget: [name], idle: [name] })
      const clock = Clock.virtual()
      const scope = open(token, {}, clock)
      expect(CancelScope.cancelInput(scope, name)()).toBe(true)
      expect(CancelScope.spend(scope, name, 1)()).toBe(true)
      expect(CancelScope.beat(scope, name)()).toBe(true)
      clock.advance(5)()
      expect(ask(scope)).toBe('AllOf')
    })

    it('serve for labels, are compared and read back', () => {
      const token = Token.labelled(name)(Token.manual(name))
      const copy: AnyToken = JSON.parse(JSON.stringify(token))
      expect(Token.Eq.equals(token, copy)).toBe(true)
      expect(Token.Eq.equals(token, Token.labelled(`${name}.`)(Token.manual(name)))).toBe(false)
      expect(Token.Show.show(token)).toBe(`labelled(${JSON.stringify(name)})(manual(${JSON.stringify(name)}))`)
      const scope = open(token)
      CancelScope.cancelInput(scope, name)()
      expect(reasonOf(scope)).toMatchObject({ name, label: name, path: ['labelled', name] })
    })
  })

  it('are looked up in a world without a prototype too', () => {
    const conditions: Record<string, () => boolean> = Object.create(null)
    conditions['c'] = () => true
    expect(ask(open(Token.condition('c'), conditions))).toBe('ConditionMet')
    expect(() => open(Token.condition('d'), conditions)).toThrow("conditions must have a predicate for 'd'")
    const answers: Record<string, boolean> = Object.create(null)
    answers['c'] = true
    expect(Semantics.step({ _tag: 'Polled', conditions: answers, direct: true })(Token.condition('c'))[0]._tag).toBe(
      'Some',
    )
  })
})

describe('reads that end in an error', () => {
  const throwing = Token.condition('throwing', { onError: 'throw' })

  it('undo the conditions that they latched', () => {
    const first = predicate(() => true)
    const scope = open(Token.all(Token.condition('first'), throwing), { first: first.test, throwing: boom })
    expect(() => ask(scope)).toThrow('boom')
    expect(shown(scope)).toBe('all(condition("first"), condition("throwing", { onError: "throw" }))')
    expect(() => ask(scope)).toThrow('boom')
    expect(first.calls).toBe(2)
  })

  it('keep the ticks of counters', () => {
    const scope = open(Token.any(Token.counter(2), throwing), { throwing: boom })
    expect(() => ask(scope)).toThrow('boom')
    expect(() => ask(scope)).toThrow('boom')
    expect(ask(scope)).toBe('CounterExhausted')
  })

  it('keep the ticks of counters also where something is undone', () => {
    const scope = open(
      Token.all(Token.counter(2), Token.counter(3, { direct: false }), Token.condition('met'), throwing),
      { met: () => true, throwing: boom },
    )
    expect(() => ask(scope)).toThrow('boom')
    expect(() => CancelScope.peek(scope)()).toThrow('boom')
    expect(shown(scope)).toBe(
      'all(counter(2, { left: 1 }), counter(3, { direct: false, left: 1 }), condition("met"), condition("throwing", { onError: "throw" }))',
    )
  })

  it('undo what was started', () => {
    const clock = Clock.virtual()
    const scope = open(
      Token.all(Token.andThen(Token.condition('met'), Token.timeout(10)), throwing),
      { met: () => true, throwing: boom },
      clock,
    )
    expect(() => ask(scope)).toThrow('boom')
    clock.advance(20)()
    expect(() => ask(scope)).toThrow('boom')
    expect(shown(scope)).toContain('andThen(condition("met"), timeout("10 milliseconds"))')
  })

  it('keep what time has done', () => {
    const clock = Clock.virtual()
    const scope = open(
      Token.all(Token.timeout(10), Token.idle('io', 20), Token.condition('met'), throwing),
      { met: () => true, throwing: boom },
      clock,
    )
    clock.advance(12)()
    expect(() => ask(scope)).toThrow('boom')
    expect(shown(scope)).toContain('idle("io", "20 milliseconds", { left: 8 })')
    expect(CancelScope.explain(scope)().parts[0]?.status).toBe('fired')
  })

  it('lose no time that goes by while they run', () => {
    const clock = Clock.virtual()
    const scope = open(
      Token.any(Token.timeout(10), Token.all(Token.condition('met'), throwing)),
      {
        met: () => true,
        throwing: () => {
          clock.advance(5)()
          return boom()
        },
      },
      clock,
    )
    clock.advance(2)()
    expect(() => ask(scope)).toThrow('boom')
    expect(CancelScope.remaining(scope)()).toEqual({ _tag: 'Some', value: 3 })
    clock.advance(3)()
    expect(ask(scope)).toBe('TimedOut')
  })

  it('undo what they latched also where a predicate has fed an input before it threw, which stays', () => {
    const scope: Owned = open(Token.all(Token.condition('met'), throwing, Token.manual('stop')), {
      met: () => true,
      throwing: () => {
        CancelScope.cancelInput(scope, 'stop')()
        return boom()
      },
    })
    expect(() => ask(scope)).toThrow('boom')
    expect(CancelScope.explain(scope)().parts.map(({ status }) => status)).toEqual(['pending', 'pending', 'fired'])
  })

  describe('somewhere above', () => {
    const family = () => {
      const met = predicate(() => true)
      const bad = predicate(boom)
      const first = open(Token.all(Token.condition('met'), Token.counter(5, { direct: false }), Token.manual('last')), {
        met: met.test,
      })
      const second = open(throwing, { throwing: bad.test })
      const own = predicate(() => true)
      const child = CancelScope.link(
        [first, second],
        Token.all(Token.condition('own'), Token.counter(9), Token.manual('m')),
        {
          conditions: { own: own.test },
        },
      )()
      return { met, bad, own, first, second, child }
    }

    it('undo what the scope itself and its first parent have latched, and keep their ticks', () => {
      const { first, child, met, own } = family()
      expect(() => ask(child)).toThrow('boom')
      expect(shown(first)).toBe('all(condition("met"), counter(5, { direct: false, left: 4 }), manual("last"))')
      expect(CancelScope.explain(child)().parts[0]?.parts.map(({ status }) => status)).toEqual([
        'pending',
        'pending',
        'pending',
      ])
      expect(() => ask(child)).toThrow('boom')
      expect([met.calls, own.calls]).toEqual([2, 2])
    })

    it('keep what they have latched once a read goes well', () => {
      const { first, child, met, bad } = family()
      expect(() => ask(child)).toThrow('boom')
      bad.answer = () => false
      expect(ask(child)).toBe('going')
      bad.answer = boom
      expect(() => ask(child)).toThrow('boom')
      expect(met.calls).toBe(2)
      expect(CancelScope.explain(first)().parts[0]?.status).toBe('fired')
    })

    it('lose no time in the parents that went before', () => {
      const clock = Clock.virtual()
      const first = open(
        Token.any(Token.timeout(10), Token.all(Token.condition('met'), Token.manual('m'))),
        { met: () => true },
        clock,
      )
      const second = open(
        throwing,
        {
          throwing: () => {
            clock.advance(5)()
            return boom()
          },
        },
        clock,
      )
      const child = CancelScope.link([first, second], Token.never)()
      expect(() => ask(child)).toThrow('boom')
      clock.advance(5)()
      expect(ask(first)).toBe('TimedOut')
    })
  })
})

describe('which predicates a read calls', () => {
  it('one call a read for two occurrences of one name, which share the answer', () => {
    const p = predicate()
    const answers = [true]
    p.answer = () => answers.shift() ?? boom()
    const scope = open(
      Token.all(Token.condition('p'), Token.labelled('again')(Token.condition('p')), Token.manual('m')),
      { p: p.test },
    )
    expect(ask(scope)).toBe('going')
    expect(p.calls).toBe(1)
    expect(CancelScope.explain(scope)().parts.map(({ status }) => status)).toEqual(['fired', 'fired', 'pending'])
  })

  it('none once the scope has fired', () => {
    const p = predicate(() => true)
    const scope = open(Token.condition('p'), { p: p.test })
    for (let count = 0; count < 3; count++) expect(ask(scope)).toBe('ConditionMet')
    expect(p.calls).toBe(1)
  })

  it('none of what stands after one that decides', () => {
    const [p, q] = [predicate(() => true), predicate(() => true)]
    expect(ask(open(Token.any(Token.condition('p'), Token.condition('q')), { p: p.test, q: q.test }))).toBe(
      'ConditionMet',
    )
    expect([p.calls, q.calls]).toEqual([1, 0])
  })

  it('none where time, an input or a counter has decided', () => {
    const p = predicate(() => true)
    const decided: ReadonlyArray<AnyToken> = [
      Token.timeout(0),
      Token.counter(0),
      Token.budget('b', 0),
      Token.deadline(0),
      Token.cancelled(),
    ]
    for (const other of decided)
      expect(ask(open(Token.any(Token.condition('p'), other), { p: p.test }))).not.toBe('ConditionMet')
    expect(p.calls).toBe(0)
  })

  it('a latching one that is true is not asked again, whatever it would say', () => {
    const [p, q] = [predicate(() => true), predicate()]
    const scope = open(Token.all(Token.condition('p'), Token.condition('q')), { p: p.test, q: q.test })
    expect(ask(scope)).toBe('going')
    p.answer = boom
    q.answer = () => true
    expect(ask(scope)).toBe('AllOf')
    expect([p.calls, q.calls]).toEqual([1, 2])
  })

  it('latching ones in an all are asked although one before them is false, for they may latch', () => {
    const [p, q] = [predicate(), predicate(() => true)]
    const scope = open(Token.all(Token.condition('p'), Token.condition('q')), { p: p.test, q: q.test })
    expect(ask(scope)).toBe('going')
    expect(q.calls).toBe(1)
    q.answer = () => false
    p.answer = () => true
    expect(ask(scope)).toBe('AllOf')
  })

  it('ones without a latch in an all are asked only while they matter', () => {
    const [p, q] = [predicate(), predicate(() => true)]
    const token = Token.all(Token.condition('p', { latch: false }), Token.condition('q', { latch: false }))
    const scope = open(token, { p: p.test, q: q.test })
    expect(ask(scope)).toBe('going')
    expect([p.calls, q.calls]).toEqual([1, 0])
    p.answer = () => true
    expect(ask(scope)).toBe('AllOf')
    expect([p.calls, q.calls]).toEqual([2, 1])
  })

  it('one without a latch is not asked while what it waits for with it is pending', () => {
    const p = predicate(() => true)
    const scope = open(Token.all(Token.condition('p', { latch: false }), Token.manual('m')), { p: p.test })
    expect(ask(scope)).toBe('going')
    expect(p.calls).toBe(0)
    CancelScope.cancelInput(scope, 'm')()
    expect(ask(scope)).toBe('AllOf')
    expect(p.calls).toBe(1)
  })

  it('one without a latch beside a true one in an any is not asked', () => {
    const [p, q] = [predicate(() => true), predicate(() => true)]
    const token = Token.any(Token.condition('p', { latch: false }), Token.condition('q', { latch: false }))
    expect(ask(open(token, { p: p.test, q: q.test }))).toBe('ConditionMet')
    expect([p.calls, q.calls]).toEqual([1, 0])
  })

  it('one without a latch is true only while its predicate is, alone; a child that saw it keeps the reason', () => {
    const p = predicate(() => true)
    const scope = open(Token.condition('p', { latch: false }), { p: p.test })
    const child = CancelScope.child(Token.never)(scope)()
    expect(ask(scope)).toBe('ConditionMet')
    expect(ask(child)).toBe('ConditionMet')
    p.answer = () => false
    expect(ask(scope)).toBe('going')
    expect(ask(child)).toBe('ConditionMet')
  })

  it('none of what has not been started, and in the read that starts it, at once', () => {
    const [p, q] = [predicate(), predicate(() => true)]
    const scope = open(Token.andThen(Token.condition('p'), Token.condition('q')), { p: p.test, q: q.test })
    expect(ask(scope)).toBe('going')
    expect(q.calls).toBe(0)
    p.answer = () => true
    expect(ask(scope)).toBe('ConditionMet')
    expect(reasonOf(scope)).toMatchObject({ name: 'q' })
  })

  it("none of a closed scope's, and those of its parents as before", () => {
    const [own, above] = [predicate(() => true), predicate()]
    const parent = open(Token.condition('above'), { above: above.test })
    const scope = CancelScope.child(Token.condition('own'), { conditions: { own: own.test } })(parent)()
    CancelScope.close(scope)()
    expect(ask(scope)).toBe('going')
    above.answer = () => true
    expect(ask(scope)).toBe('ConditionMet')
    expect([own.calls, above.calls]).toEqual([0, 2])
  })
})

describe('the first reason', () => {
  it('stays, whatever comes later', () => {
    const clock = Clock.virtual()
    const scope = open(Token.any(Token.manual('stop'), Token.timeout(5)), {}, clock)
    CancelScope.cancelInput(scope, 'stop', 'first')()
    const first = reasonOf(scope)
    clock.advance(10)()
    expect(CancelScope.cancel(scope, 'later')()).toBe(false)
    expect(CancelScope.cancelInput(scope, 'stop', 'later')()).toBe(false)
    expect(reasonOf(scope)).toBe(first)
  })

  it('is what had fired in time before an input came', () => {
    const clock = Clock.virtual()
    const scope = open(Token.any(Token.manual('stop'), Token.timeout(5)), {}, clock)
    clock.advance(5)()
    expect(CancelScope.cancelInput(scope, 'stop')()).toBe(false)
    expect(ask(scope)).toBe('TimedOut')
  })
})
