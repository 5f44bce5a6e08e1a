import { CancelScope, Clock, Token } from 'cantok-ts'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { property } from '../support/property.js'

/** A base clock in the hands of a test, which counts its reads. */
const held = () => {
  const base = { now: 1000, wallAhead: 1e12, reads: 0, wallReads: 0, renewals: 0 }
  const clock: Clock.Clock = {
    ...Clock.virtual(),
    monotonic: () => {
      base.reads++
      return base.now
    },
    wall: () => {
      base.wallReads++
      return base.now + base.wallAhead
    },
    renew: () => void base.renewals++,
  }
  return { base, clock }
}

describe('a sampled clock', () => {
  it('reads the base clock first, and then ever more seldom, up to every so many reads', () => {
    const { base, clock } = held()
    const sampled = Clock.sampled(clock, { every: 8 })
    const readings = Array.from({ length: 40 }, () => {
      const before = base.reads
      sampled.monotonic()
      return base.reads - before
    })
    // in a loop without time: after 1, 2, 4, 8 reads, and then each eighth
    const places = readings.flatMap((read, index) => (read === 1 ? [index] : []))
    expect(places).toEqual([0, 1, 3, 7, 15, 23, 31, 39])
  })

  it('of 64 reads in a row reads it once, unless told otherwise', () => {
    const { base, clock } = held()
    const sampled = Clock.sampled(clock)
    for (let read = 0; read < 1000; read++) sampled.monotonic()
    base.reads = 0
    for (let read = 0; read < 64_000; read++) sampled.monotonic()
    expect(base.reads).toBe(1000)
  })

  it('reads it each time where turns are slow', () => {
    const { base, clock } = held()
    const sampled = Clock.sampled(clock)
    for (let turn = 0; turn < 100; turn++) {
      base.now += 1
      expect(sampled.monotonic()).toBe(base.now)
    }
  })

  it('is late once, by no more than so many turns, when a loop suddenly slows down, and exact from then on', () => {
    const { base, clock } = held()
    const sampled = Clock.sampled(clock, { every: 16 })
    const more = CancelScope.keepGoing(CancelScope.open(Token.timeout(100), { clock: sampled })())
    for (let turn = 0; turn < 1000; turn++) {
      base.now += 1e-5
      expect(more()).toBe(true)
    }
    // turns that took 10 ns take 30 ms
    let turns = 0
    for (; more(); turns++) base.now += 30
    expect(turns).toBeLessThanOrEqual(16 + Math.ceil(100 / 30))
    for (let turn = 0; turn < 100; turn++) {
      base.now += 30
      expect(sampled.monotonic()).toBe(base.now)
    }
  })

  it('reads the wall clock with the other, and only where somebody asks it', () => {
    const { base, clock } = held()
    const sampled = Clock.sampled(clock)
    for (let read = 0; read < 1000; read++) sampled.monotonic()
    expect(base.wallReads).toBe(0)
    for (let read = 0; read < 6400; read++) sampled.wall()
    expect(base.wallReads).toBeLessThanOrEqual(101)
  })

  it('is exact after a renewal, which is one of the base clock too, as of opening a scope', () => {
    const { base, clock } = held()
    const sampled = Clock.sampled(clock)
    for (let read = 0; read < 1000; read++) sampled.monotonic()
    base.now += 5
    sampled.renew()
    expect([sampled.monotonic(), base.renewals]).toEqual([base.now, 1])
    for (let read = 0; read < 1000; read++) sampled.monotonic()
    base.now += 5000
    const scope = CancelScope.open(Token.timeout(1000), { clock: sampled })()
    expect(CancelScope.remaining(scope)()).toEqual({ _tag: 'Some', value: 1000 })
  })

  it('is exact in its timers and after a blocking, and keeps what else the base clock can', () => {
    const base = Clock.virtual()
    const told: Array<string> = []
    const sampled = Clock.sampled({ ...base, tell: (activity) => told.push(activity) })
    const seen: Array<number> = []
    for (let read = 0; read < 100; read++) sampled.monotonic()
    sampled.schedule('1 hour', () => seen.push(sampled.monotonic()))()
    base.advance('1 hour')()
    expect(seen).toEqual([3_600_000])
    for (let read = 0; read < 100; read++) sampled.monotonic()
    sampled.block?.('1 hour')()
    expect(sampled.monotonic()).toBe(7_200_000)
    sampled.tell?.('waits')
    expect(told).toEqual(['waits'])
    const { block: _, ...deaf } = base
    expect(Clock.sampled(deaf)).not.toHaveProperty('block')
  })

  it('refuses what is no number of reads, and what is no clock', () => {
    for (const every of [0, -1, 1.5, NaN, Infinity])
      expect(() => Clock.sampled(Clock.system, { every })).toThrow(
        `every must be a whole number of reads, 1 or more, but was ${every}`,
      )
    expect(() => Clock.sampled(null as never)).toThrow('base must be a clock, but was null')
  })

  property(
    'never answers with a time that the base clock had not shown within the last so many reads, nor goes back',
    [
      fc.integer({ min: 1, max: 70 }),
      fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.1, noNaN: true }), fc.nat({ max: 1000 })), {
        maxLength: 300,
      }),
    ],
    (every, spans) => {
      const { base, clock } = held()
      const sampled = Clock.sampled(clock, { every })
      const shown: Array<number> = []
      let last = -Infinity
      for (const span of spans) {
        base.now += span
        shown.push(base.now)
        const reading = sampled.monotonic()
        expect(shown.slice(-every)).toContain(reading)
        expect(reading).toBeGreaterThanOrEqual(last)
        last = reading
      }
    },
  )
})
