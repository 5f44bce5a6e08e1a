/**
 * Costs, counted and not timed: how often the nodes of a token are looked at grows as their number does, operands are shared and not
 * copied, and a scope with 2^30 ways to its ancestors asks each of them once.
 */
import { Analysis, CancelScope, Clock, Semantics, Token } from 'cantok-ts'
import type { Monoid } from 'fp-ts/lib/Monoid.js'
import { concatAll } from 'fp-ts/lib/Monoid.js'
import { describe, expect, it } from 'vitest'
import { counted, countLeaves, leaves, pendingLeaf, shapes } from './nested.js'
import type { AnyToken, Shape } from './nested.js'

/** How often nodes are looked at by an operation on a token of so many leaves. */
const looksOf = (
  shape: Shape,
  leaf: (index: number) => AnyToken,
  count: number,
  prepare: (token: AnyToken) => () => unknown,
): number => {
  const looks = { count: 0 }
  const run = prepare(counted(looks)(shape(leaves(count, leaf))))
  looks.count = 0
  run()
  return looks.count
}

/** Twice the leaves cost about twice the looks: a square would cost four times as many. */
const expectLinear = (
  shape: Shape,
  leaf: (index: number) => AnyToken,
  prepare: (token: AnyToken) => () => unknown,
): void => {
  const [few, many] = [looksOf(shape, leaf, 1_000, prepare), looksOf(shape, leaf, 2_000, prepare)]
  expect(many).toBeLessThanOrEqual(few * 2.5)
}

const conditions = new Proxy<Record<string, () => boolean>>(
  {},
  {
    get: (_, name) => (typeof name === 'string' && name.startsWith('yes') ? () => true : () => false),
    getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true }),
  },
)

const opened = (token: AnyToken, clock: Clock.Clock): CancelScope.CancelScope<Token.Input> =>
  CancelScope.open(token, { clock, conditions })()

const look: Semantics.Event = { _tag: 'Polled', conditions: {}, direct: true }

const questions: ReadonlyArray<readonly [name: string, ask: (token: AnyToken) => unknown]> = [
  ['Show', Token.Show.show],
  ['Eq', (token) => Token.Eq.equals(token, Token.labelled('other')(token))],
  ['normalise', Analysis.normalise],
  ['inputs', Analysis.inputs],
  ['bounds', (token) => Analysis.bounds(token)],
  ['canFire', Analysis.canFire],
  ['explain', Analysis.explain],
  ['step by a poll', Semantics.step(look)],
  ['step by time', Semantics.step({ _tag: 'Elapsed', ms: 1, wall: 1 })],
  ['open', (token) => opened(token, Clock.virtual())],
]

const sceneries: ReadonlyArray<
  readonly [
    name: string,
    scene: (scope: CancelScope.CancelScope<Token.Input>, clock: Clock.VirtualClock) => () => unknown,
  ]
> = [
  ['poll', CancelScope.poll],
  ['peek', CancelScope.peek],
  ['residual', CancelScope.residual],
  ['remaining', CancelScope.remaining],
  ['explain', CancelScope.explain],
  ['cancelInput', (scope) => CancelScope.cancelInput(scope, 'm4')],
]

describe.each(shapes)('a token looks at its nodes a fixed number of times each: %s', (nesting, shape) => {
  it.each(questions)('%s', (_name, ask) => {
    expectLinear(shape, pendingLeaf, (token) => () => ask(token))
  })

  it.each(sceneries)('%s of a scope', (_name, scene) => {
    expectLinear(shape, pendingLeaf, (token) => {
      const clock = Clock.virtual()
      return scene(opened(token, clock), clock)
    })
  })

  it('a second poll, in which nothing happens, looks at no node again but for its predicates', () => {
    const timers = (index: number): AnyToken =>
      index % 2 === 0 ? Token.timeout(1_000 + index) : Token.counter(1_000 + index)
    const looks = looksOf(shape, timers, 1_000, (token) => {
      const scope = opened(token, Clock.virtual())
      CancelScope.poll(scope)()
      return CancelScope.poll(scope)
    })
    expect(looks).toBe(0)
  })

  const kinds: ReadonlyArray<readonly [name: string, leaf: (index: number) => AnyToken]> = [
    ['timeouts, all due', () => Token.timeout(1)],
    ['timeouts, one after the other', (index) => Token.timeout(1 + index)],
    ['counters at zero', () => Token.counter(0)],
    ['conditions that are true', (index) => Token.condition(`yes${index}`)],
    ['conditions without a latch that are true', (index) => Token.condition(`yes${index}`, { latch: false })],
    ['conditions without a latch that are false', (index) => Token.condition(`no${index}`, { latch: false })],
    ['budgets spent', () => Token.budget('b', 0)],
    ['what is cancelled', () => Token.cancelled()],
  ]
  // whether a condition without a latch still matters is found by going up to the root, so in `all`s it costs their depth
  const linear = kinds.filter(([name]) => !(name.includes('without a latch') && nesting.includes('all')))
  it.each(linear)('a poll that fires %s', (_name, leaf) => {
    expectLinear(shape, leaf, (token) => () => {
      const clock = Clock.virtual()
      const scope = opened(token, clock)
      clock.advance(10_000_000)()
      return CancelScope.poll(scope)()
    })
  })

  it('one manual input of all', () => {
    expectLinear(
      shape,
      () => Token.manual('m'),
      (token) => CancelScope.cancelInput(opened(token, Clock.virtual()), 'm'),
    )
  })

  it('one budget of all', () => {
    expectLinear(
      shape,
      () => Token.budget('b', 1),
      (token) => CancelScope.spend(opened(token, Clock.virtual()), 'b', 1),
    )
  })
})

const monoids: ReadonlyArray<readonly [name: string, M: Monoid<AnyToken>]> = [
  ['MonoidAny', Token.getMonoidAny<Token.Input>()],
  ['MonoidAll', Token.getMonoidAll<Token.Input>()],
  ['MonoidAndThen', Token.getMonoidAndThen<Token.Input>()],
]

describe.each(monoids)('folding %s', (_, M) => {
  it('shares its operands and copies nothing of them', () => {
    const [first, second] = [concatAll(M)(leaves(10)), Token.manual('last')]
    const sum = M.concat(first, second)
    const parts =
      sum._tag === 'AndThen' ? [sum.first, sum.second] : sum._tag === 'Any' || sum._tag === 'All' ? sum.tokens : []
    expect(parts.length).toBe(2)
    expect(parts[0]).toBe(first)
    expect(parts[1]).toBe(second)
  })

  it('never looks below the root of an operand', () => {
    const looks = { count: 0 }
    const first = counted(looks)(concatAll(M)(leaves(1_000)))
    looks.count = 0
    M.concat(first, first)
    expect(looks.count).toBeLessThan(50)
  })

  it.each([1_000, 10_000, 100_000])(
    'over %i tokens opens, polls, simplifies, is explained, steps and is taken along',
    (count) => {
      const token = concatAll(M)(leaves(count))
      const scope = CancelScope.open(token, { clock: Clock.virtual(), conditions: { c: () => false } })()
      expect(CancelScope.keepGoing(scope)()).toBe(true)
      expect(countLeaves(Analysis.normalise(token))).toBeGreaterThan(1)
      expect(Analysis.explain(token).status).toBe('pending')
      expect(Semantics.step(look)(token)[0]._tag).toBe('None')
      expect(countLeaves(CancelScope.residual(scope)())).toBeGreaterThan(1)
    },
  )
})

describe('flat and wide', () => {
  const wide = 200_000

  it('a scope of 200,000 parents is read, explained and taken along', () => {
    const parents = Array.from({ length: wide }, () => CancelScope.open(Token.timeout(5), { clock: Clock.virtual() })())
    const scope = CancelScope.link(parents, Token.manual('stop'))()
    expect(CancelScope.keepGoing(scope)()).toBe(true)
    expect(CancelScope.explain(scope)().parts.length).toBe(wide + 1)
    expect(CancelScope.remaining(scope)()).toEqual({ _tag: 'Some', value: 5 })
    expect(Token.Show.show(CancelScope.residual(scope)())).toBe('any(manual("stop"), timeout("5 milliseconds"))')
  })

  it('an all of 200,000 parts, all but one of which have fired, is taken along and opened again', () => {
    const parts = Array.from({ length: wide }, (_, index) => Token.timeout(1 + (index % 2), { left: index % 2 }))
    const token: AnyToken = { _tag: 'All', tokens: [...parts, Token.manual('last')] }
    const clock = Clock.virtual()
    const scope = CancelScope.open(token, { clock, conditions: {} })()
    clock.advance(1)()
    const left = CancelScope.residual(scope)()
    expect(left._tag === 'All' && left.reasons?.length).toBe(wide)
    const again = CancelScope.open(left, { clock, conditions: {} })()
    CancelScope.cancelInput(again, 'last')()
    const fired = CancelScope.poll(again)()
    expect(fired._tag === 'Some' && fired.value._tag === 'AllOf' && fired.value.reasons.length).toBe(wide + 1)
  })

  it('a child of a scope whose token has 200,000 parts is taken along', () => {
    const token: AnyToken = {
      _tag: 'Any',
      tokens: Array.from({ length: wide }, (_, index) => Token.manual(`m${index % 3}`)),
    }
    const parent = CancelScope.open(token, { conditions: {} })()
    expect(countLeaves(CancelScope.residual(CancelScope.child(Token.never)(parent)())())).toBe(3)
  })
})

describe('a lattice of links', () => {
  /** Levels of two scopes, each with both scopes of the level above as its parents: 2^levels ways from the bottom to the top. */
  const lattice = (levels: number) => {
    let asked = 0
    const scope = (parents: ReadonlyArray<CancelScope.ScopeView>) =>
      CancelScope.link(parents, Token.any(Token.counter(5, { direct: false }), Token.condition('c')), {
        conditions: {
          c: () => {
            asked++
            return false
          },
        },
      })()
    const tops = [scope([]), scope([])] as const
    const all: Array<CancelScope.CancelScope<'condition:c'>> = [...tops]
    let level: readonly [CancelScope.ScopeView, CancelScope.ScopeView] = tops
    for (let count = 1; count < levels; count++) {
      const next = [scope(level), scope(level)] as const
      all.push(...next)
      level = next
    }
    return { tops, all, bottom: level[0], asked: () => asked }
  }

  it('asks each scope once and ticks each counter once, though 2^30 ways lead up', () => {
    const { bottom, asked, all } = lattice(31)
    for (let count = 1; count <= 5; count++) {
      expect(CancelScope.keepGoing(bottom)()).toBe(true)
      expect(asked()).toBe(count * (all.length - 1))
    }
    expect(CancelScope.poll(bottom)()).toMatchObject({ _tag: 'Some', value: { _tag: 'CounterExhausted', limit: 5 } })
  })

  it('falls as a whole with either of its tops, whichever way it is read', () => {
    const { bottom, all, tops } = lattice(31)
    CancelScope.cancel(tops[1], 'top')()
    expect(CancelScope.poll(bottom)()).toMatchObject({ _tag: 'Some', value: { detail: 'top' } })
    for (const scope of all.slice(2)) expect(CancelScope.isCancelled(scope)()).toBe(true)
    expect(CancelScope.isCancelled(tops[0])()).toBe(false)
  })

  it('is explained, and taken along as each scope once', () => {
    const { bottom, all } = lattice(31)
    expect(CancelScope.explain(bottom)().parts.length).toBe(all.length - 1)
    expect(Token.Show.show(CancelScope.residual(bottom)())).toBe('any(counter(5, { direct: false }), condition("c"))')
  })
})
