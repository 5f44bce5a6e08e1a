/** A scope at the end of a chain of scopes with one parent each: what a poll of it looks at, and that it misses nothing. */
import { CancelScope, Clock, Token } from 'cantok-ts'
import { describe, expect, it } from 'vitest'
import { scopeOf } from '../../src/interpreter/Handle.js'

const { child } = CancelScope

/** A root, a chain of scopes below it, and the last of them. */
const chainOf = (length: number, token: Token.Token = Token.never) => {
  const root = CancelScope.open(
    Token.any(Token.manual('stop'), Token.andThen(Token.manual('arm'), Token.counter(2, { direct: false }))),
  )()
  const scopes: Array<CancelScope.CancelScope> = []
  let last: CancelScope.ScopeView = root
  for (let level = 0; level < length; level++) scopes.push((last = child(token)(last)()) as CancelScope.CancelScope)
  return { root, scopes, last }
}

/** Counts how often a poll looks whether a scope has fired. */
const countingLooks = (scopes: ReadonlyArray<CancelScope.ScopeView>): (() => number) => {
  let looks = 0
  for (const scope of scopes) {
    const { machine } = scopeOf(scope)
    let { decided } = machine
    Object.defineProperty(machine, 'decided', {
      get: () => {
        looks++
        return decided
      },
      set: (reason) => {
        decided = reason
      },
    })
  }
  return () => looks
}

describe('a poll at the end of a chain', () => {
  it('does not look at scopes that there is nothing to look at, once it has come by', () => {
    const { scopes, last } = chainOf(1000)
    const more = CancelScope.keepGoing(last)
    for (let poll = 0; poll < 3; poll++) expect(more()).toBe(true)
    const looks = countingLooks(scopes.slice(0, -1))
    for (let poll = 0; poll < 100; poll++) expect(more()).toBe(true)
    expect(looks()).toBe(0)
  })

  it('hears of a cancel of any of them, at the next poll', () => {
    for (let level = 0; level < 10; level++) {
      const { scopes, last } = chainOf(10)
      const more = CancelScope.keepGoing(last)
      for (let poll = 0; poll < 5; poll++) expect(more()).toBe(true)
      CancelScope.cancel(scopes[level]!, `level ${level}`)()
      expect(CancelScope.poll(last)()).toMatchObject({ value: { detail: `level ${level}` } })
      for (const [index, scope] of scopes.entries()) expect(CancelScope.isCancelled(scope)()).toBe(index >= level)
    }
  })

  it('looks again at one that an input has given something to count', () => {
    const { root, last } = chainOf(10)
    const more = CancelScope.keepGoing(last)
    for (let poll = 0; poll < 5; poll++) expect(more()).toBe(true)
    CancelScope.cancelInput(root, 'arm')()
    expect([more(), more(), more()]).toEqual([true, true, false])
  })

  it('asks a timeout in the middle, and counters above stretches, each poll', () => {
    const clock = Clock.virtual()
    const root = CancelScope.open(Token.counter(5), { clock })()
    const stretch = CancelScope.narrow(Token.never)(root)()
    const timed = CancelScope.narrow(Token.timeout(1000))(stretch)()
    const last = CancelScope.narrow(Token.never)(timed)()
    const more = CancelScope.keepGoing(last)
    expect([more(), more(), more(), more(), more()]).toEqual([true, true, true, true, true])
    expect(CancelScope.poll(last)()).toMatchObject({ value: { _tag: 'CounterExhausted' } })
    const other = CancelScope.narrow(Token.never)(
      CancelScope.narrow(Token.timeout(1000))(CancelScope.open(Token.never, { clock })())(),
    )()
    const goOn = CancelScope.keepGoing(other)
    expect([goOn(), goOn()]).toEqual([true, true])
    clock.advance(1000)()
    expect(goOn()).toBe(false)
  })

  it('goes on through what a predicate in the middle of the read cancels above', () => {
    const root = CancelScope.open(Token.manual('stop'))()
    let isArmed = false
    const conditions = {
      cancels: () => {
        if (isArmed) CancelScope.cancelInput(root, 'stop', 'in the read')()
        return false
      },
    }
    const middle = child(Token.condition('cancels'), { conditions })(root)()
    const more = CancelScope.keepGoing(child(Token.never)(child(Token.never)(middle)())())
    expect([more(), more(), more()]).toEqual([true, true, true])
    isArmed = true
    expect(more()).toBe(false)
  })

  it('of a link in the chain asks all its parents', () => {
    const [first, second] = [chainOf(3), chainOf(3)]
    const last = child(Token.never)(CancelScope.link([first.last, second.last], Token.never)())()
    const more = CancelScope.keepGoing(last)
    expect([more(), more()]).toEqual([true, true])
    CancelScope.cancelInput(second.root, 'stop')()
    expect(more()).toBe(false)
  })
})

describe('a scope that nobody has asked', () => {
  it('is started as of when it was opened', () => {
    const clock = Clock.virtual()
    const parent = CancelScope.open(Token.timeout(1000), { clock })()
    const scope = child(Token.andThen(Token.timeout(300), Token.timeout(300)))(parent)()
    clock.advance(600)()
    expect(CancelScope.poll(scope)()).toMatchObject({ value: { _tag: 'TimedOut', duration: 300, at: 600 } })
    clock.advance(400)()
    expect(CancelScope.isCancelled(parent)()).toBe(true)
  })

  it('reads the clock once, and only where its token needs time', () => {
    const bare = Clock.virtual()
    let readings = 0
    const clock: Clock.Clock = {
      ...bare,
      monotonic: () => {
        readings++
        return bare.monotonic()
      },
    }
    CancelScope.open(Token.any(Token.manual('stop'), Token.counter(1)), { clock })()
    expect(readings).toBe(0)
    CancelScope.open(Token.andThen(Token.manual('stop'), Token.timeout(1)), { clock })()
    expect(readings).toBe(1)
  })

  it('refuses a number that is none, which would be waited for without end', () => {
    const broken = { _tag: 'Timeout', duration: 5000 } as object as Token.Token // sound: what an untyped caller may give
    expect(() => CancelScope.open(Token.any(Token.manual('stop'), broken))()).toThrow(
      'token must be one that constructors and codecs make, but a Timeout in it has undefined for a number',
    )
    expect(() => CancelScope.openUnknown(broken)()).toThrow('a Timeout in it has undefined')
  })
})
