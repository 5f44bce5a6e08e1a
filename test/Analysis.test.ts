/** Questions to tokens: by hand, and against what the semantics does. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Analysis, Semantics, Token } from 'cantok-ts'
import { token, trace } from 'cantok-ts/testing'
import type { Trace } from 'cantok-ts/testing'
import { property } from './support/property.js'

type AnyToken = Token.Token<Token.Input>

const { all, andThen, any, budget, deadline, idle, labelled, manual, never, timeout } = Token

const runs = 3000
const a = manual('a')
const b = manual('b')

describe('bounds', () => {
  /** The trace with a wall clock that starts at 0 and does not jump, read once before anything happens. */
  const steady = (events: Trace): Trace => {
    const opening: Semantics.Event = { _tag: 'Elapsed', ms: 0, wall: 0 }
    let wall = 0
    return [opening, ...events].map((event) =>
      event._tag === 'Elapsed' ? { ...event, wall: (wall += event.ms) } : event,
    )
  }

  property(
    'nothing fires before the earliest, everything has by the latest',
    [token({ maxDepth: 3 }), trace().map(steady)],
    (whole, events) => {
      const { earliest, latest } = Analysis.bounds(whole, 0)
      let now = 0
      for (const { event, verdict } of Semantics.run(whole, events)) {
        if (event._tag === 'Elapsed') now += event.ms
        if (verdict._tag === 'Some') {
          expect(now).toBeGreaterThanOrEqual(earliest)
          return
        }
        expect(now).toBeLessThan(latest)
      }
    },
    runs,
  )

  const between = (earliest: number, latest: number = earliest): Analysis.Bounds => ({ earliest, latest })

  it('of an any are the least of its parts', () => {
    expect(Analysis.bounds(any(timeout(3), timeout(5)))).toEqual(between(3))
    expect(Analysis.bounds(any(a, timeout(5)))).toEqual(between(0, 5))
  })

  it('of an all are the greatest of its parts', () => {
    expect(Analysis.bounds(all(timeout(3), a))).toEqual(between(3, Infinity))
  })

  it('of timeouts one after the other are the sum', () => {
    expect(Analysis.bounds(andThen(timeout(3), timeout(4)))).toEqual(between(7))
  })

  it('of an idle have no end, for it may be beaten', () => {
    expect(Analysis.bounds(idle('i', 4))).toEqual(between(4, Infinity))
  })

  it('of what is used up are now', () => {
    expect(Analysis.bounds(idle('i', 0))).toEqual(between(0))
    expect(Analysis.bounds(budget('x', 0))).toEqual(between(0))
  })

  it('of a deadline are its distance, and now if it has passed', () => {
    expect(Analysis.bounds(deadline(15), 10)).toEqual(between(5))
    expect(Analysis.bounds(deadline(5), 10)).toEqual(between(0))
  })

  it('of a deadline are open where the wall clock is not told', () => {
    expect(Analysis.bounds(deadline(5))).toEqual(between(0, Infinity))
  })

  it('of a deadline that passes before it is started are its start', () => {
    expect(Analysis.bounds(andThen(timeout(5), deadline(3)), 0)).toEqual(between(5))
  })

  it('of a deadline that is started before it passes are the deadline', () => {
    expect(Analysis.bounds(andThen(timeout(5), deadline(8)), 0)).toEqual(between(8))
  })
})

describe('canFire', () => {
  property(
    'is false just where the normal form is never',
    [token()],
    (whole) => {
      expect(Analysis.canFire(whole)).toBe(Analysis.normalise(whole)._tag !== 'Never')
    },
    runs,
  )
})

describe('inputs', () => {
  const named = (whole: AnyToken, tag: Token.Tag): ReadonlyArray<string> => {
    const leaves = JSON.stringify(whole).matchAll(new RegExp(`"_tag":"${tag}","name":"(\\w+)"`, 'g'))
    return [...new Set([...leaves].map(([, name = '']) => name))]
  }

  property(
    'are the names in the data, each once, from left to right',
    [token()],
    (whole) => {
      expect(Analysis.inputs(whole)).toEqual({
        manual: named(whole, 'Manual'),
        condition: named(whole, 'Condition'),
        budget: named(whole, 'Budget'),
        idle: named(whole, 'Idle'),
      })
    },
    runs,
  )
})

describe('explain', () => {
  const lines = (whole: AnyToken): ReadonlyArray<string> =>
    Analysis.ShowEvidence.show(Analysis.explain(whole)).split('\n')

  it('calls unstarted what waits for the part before it', () => {
    expect(lines(andThen(a, timeout(5)))).toEqual([
      'andThen: pending',
      '├─ manual "a": pending',
      '└─ timeout of 5 milliseconds: unstarted',
    ])
  })

  it('calls never impossible, started or not', () => {
    expect(lines(andThen(a, any(never, b)))).toEqual([
      'andThen: pending',
      '├─ manual "a": pending',
      '└─ any: unstarted',
      '   ├─ never: impossible',
      '   └─ manual "b": unstarted',
    ])
  })

  it('calls impossible what needs an impossible part', () => {
    expect(lines(all(a, never))[0]).toBe('all: impossible')
    expect(lines(andThen(a, never))[0]).toBe('andThen: impossible')
  })

  it('names the innermost label', () => {
    expect(lines(labelled('out')(labelled('in')(a)))).toEqual(['! manual "a" (in): pending'])
  })

  it('gives the reason of a part of an all that has fired, and marks the last that waits', () => {
    const [, half] = Semantics.step({ _tag: 'Requested', name: 'b' })(all(a, b))
    expect(lines(half)).toEqual([
      'all: pending',
      '├─ ! manual "a": pending',
      "└─ cancelled: fired, 'b' requested (at all.1)",
    ])
  })

  it('tells how much is used', () => {
    expect(lines(timeout(5, { left: 2 }))).toEqual(['! timeout of 5 milliseconds: pending, 3 milliseconds used'])
  })

  it('marks of an any what would decide it alone', () => {
    expect(lines(any(a, andThen(b, manual('c'))))).toEqual([
      'any: pending',
      '├─ ! manual "a": pending',
      '└─ andThen: pending',
      '   ├─ manual "b": pending',
      '   └─ manual "c": unstarted',
    ])
  })

  it('leaves out the parts of what stands deep', () => {
    let deep: AnyToken = a
    for (let level = 0; level < 60; level++) deep = any(deep)
    expect(Analysis.ShowEvidence.show(Analysis.explain(deep))).toMatch(/any: pending \(its parts are left out\)$/)
  })
})

describe('decisive', () => {
  // the first part of an andThen is never marked, so no second part here is due at once
  const { shape } = fc.letrec<{ shape: AnyToken }>((tie) => {
    const parts = fc.array(tie('shape'), { minLength: 1, maxLength: 3 })
    return {
      shape: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom<AnyToken>(a, never),
        parts.map((tokens) => any(...tokens)),
        parts.map((tokens) => all(...tokens)),
        fc.tuple(tie('shape'), tie('shape')).map(([first, second]) => andThen(first, second)),
      ),
    }
  })

  /** The same token, each of whose manual inputs has a name of its own. */
  const numbered = (whole: AnyToken): AnyToken => {
    let count = 0
    return JSON.parse(JSON.stringify(whole), (key, value: unknown) => (key === 'name' ? `m${count++}` : value))
  }

  const leaves = (evidence: Analysis.Evidence): ReadonlyArray<Analysis.Evidence> =>
    evidence.parts.length === 0 ? [evidence] : evidence.parts.flatMap(leaves)

  const fires = (name: string, whole: AnyToken): boolean =>
    Semantics.step({ _tag: 'Requested', name })(whole)[0]._tag === 'Some'

  property(
    'are just the leaves whose firing alone fires the whole',
    [
      shape.map(numbered),
      fc.array(
        fc.nat({ max: 5 }).map((index) => `m${index}`),
        { maxLength: 4 },
      ),
    ],
    (whole, requested) => {
      let state = whole
      for (const name of requested) {
        if (fires(name, state)) return
        state = Semantics.step({ _tag: 'Requested', name })(state)[1]
      }
      for (const { what, status, decisive } of leaves(Analysis.explain(state))) {
        const name = /^manual "(m\d+)"$/.exec(what)?.[1]
        if (name !== undefined && status !== 'fired') expect([name, decisive]).toEqual([name, fires(name, state)])
      }
    },
    runs,
  )
})
