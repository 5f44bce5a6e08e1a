/**
 * What stays behind on the heap. Runs alone in its process, with `--expose-gc`.
 *
 * Two measures: what is still there after a collection (retained), and how far the heap grows while no collection runs (allocated).
 */
import { CancelScope, Clock, Token } from 'cantok-ts'
import { describe, expect, it } from 'vitest'

const kB = 1024

const collect = (): void => {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc')
  globalThis.gc()
  globalThis.gc()
}

/** Bytes that are still there after it has run, beyond those before it; a first round warms up. */
const retainedBy = (run: () => void): number => {
  run()
  collect()
  const before = process.memoryUsage().heapUsed
  run()
  collect()
  return process.memoryUsage().heapUsed - before
}

/**
 * Bytes by which the heap grows in so many runs, with no collection in between. The engine, and the test runner in the same process, allocate when
 * they like: the least of a few rounds counts, after a million runs to warm up, and the first below the bound will do.
 */
const allocatedBy = (runs: number, run: () => unknown, bound: number = 0): number => {
  for (let count = 0; count < 1_000_000; count++) run()
  let least = Infinity
  for (let round = 0; round < 20 && least > bound; round++) {
    collect()
    const before = process.memoryUsage().heapUsed
    for (let count = 0; count < runs; count++) run()
    least = Math.min(least, Math.abs(process.memoryUsage().heapUsed - before))
  }
  return least
}

/** The token of the quick start, long enough not to fire. */
const quickStart = Token.any(Token.condition('drained'), Token.counter(1e9), Token.timeout('1 day'))

const open = (clock: Clock.Clock) => CancelScope.open(quickStart, { clock, conditions: { drained: () => false } })()

/** A clock that stands later at each reading; whole numbers, for those the engine keeps without the heap. */
const ticking = (): Clock.Clock => {
  let now = 0
  return { ...Clock.virtual(), monotonic: () => now++ }
}

const scopes: ReadonlyArray<readonly [name: string, make: (clock: () => Clock.Clock) => CancelScope.ScopeView]> = [
  ['of a scope', (clock) => open(clock())],
  ['of a child', (clock) => CancelScope.child(quickStart, { conditions: { drained: () => false } })(open(clock()))()],
  [
    'of a child of a child',
    (clock) => {
      const world = { conditions: { drained: () => false } }
      return CancelScope.child(quickStart, world)(CancelScope.child(quickStart, world)(open(clock()))())()
    },
  ],
  ['of a link of two', (clock) => CancelScope.link([open(clock()), open(clock())], Token.counter(1e9))()],
]

describe.each(scopes)('polls %s', (_, make) => {
  it('go on', () => {
    expect(CancelScope.keepGoing(make(Clock.virtual))()).toBe(true)
  })

  it('allocate nothing: the heap grows by less than 64 kB in a million', () => {
    const more = CancelScope.keepGoing(make(Clock.virtual))
    expect(allocatedBy(1_000_000, more, 64 * kB)).toBeLessThan(64 * kB)
  })

  it('allocate nothing while time goes by: the heap grows by less than 64 kB in a million', () => {
    const more = CancelScope.keepGoing(make(ticking))
    expect(allocatedBy(1_000_000, more, 64 * kB)).toBeLessThan(64 * kB)
  })

  it("allocate no more on the system's clock than its reading does: by less than a byte a poll, in twenty thousand", () => {
    const runs = 20_000
    const reading = allocatedBy(runs, Clock.system.monotonic)
    expect(allocatedBy(runs, CancelScope.keepGoing(make(() => Clock.system)))).toBeLessThan(reading + runs)
  })
})

describe('scopes that are forgotten', () => {
  it('leave nothing in their parent: a million children, polled and never closed, retain under 64 kB', () => {
    const parent = open(Clock.virtual())
    const token = Token.any(Token.counter(3), Token.timeout('1s'), Token.manual('stop'))
    const retained = retainedBy(() => {
      for (let count = 0; count < 1_000_000; count++) {
        if (!CancelScope.keepGoing(CancelScope.child(token)(parent)())()) throw new Error('should go on')
      }
    })
    expect(retained).toBeLessThan(64 * kB)
    expect(CancelScope.keepGoing(parent)()).toBe(true)
  })

  it('leave nothing in their parents: a link of a thousand, opened a thousand times, retains under 64 kB', () => {
    const parents = Array.from({ length: 1_000 }, () => open(Clock.virtual()))
    const retained = retainedBy(() => {
      for (let count = 0; count < 1_000; count++) {
        if (!CancelScope.keepGoing(CancelScope.link(parents, Token.never)())()) throw new Error('should go on')
      }
    })
    expect(retained).toBeLessThan(64 * kB)
  })

  it('leave nothing when they have fired: a hundred thousand cancelled children retain under 64 kB', () => {
    const parent = open(Clock.virtual())
    const retained = retainedBy(() => {
      for (let count = 0; count < 100_000; count++) {
        const child = CancelScope.child(Token.timeout('1h'))(parent)()
        CancelScope.cancel(child, 'enough')()
        if (CancelScope.keepGoing(child)()) throw new Error('should have fired')
      }
    })
    expect(retained).toBeLessThan(64 * kB)
  })

  it('schedule no timer: a clock has none after a thousand scopes with timeouts', () => {
    const clock = Clock.virtual()
    for (let count = 0; count < 1_000; count++) CancelScope.poll(open(clock))()
    expect(clock.timers()).toBe(0)
  })
})

describe('reads that end in an error', () => {
  it('keep nothing of what they undid: a hundred thousand of them retain under 64 kB', () => {
    const conditions = {
      met: () => true,
      failing: () => {
        throw failure
      },
    }
    const failure = new Error('the same every time')
    const token = Token.all(
      Token.condition('met'),
      Token.condition('failing', { onError: 'throw' }),
      Token.timeout('1h'),
    )
    const scope = CancelScope.open(token, { clock: Clock.virtual(), conditions })()
    const retained = retainedBy(() => {
      for (let count = 0; count < 100_000; count++) {
        try {
          CancelScope.poll(scope)()
        } catch (error) {
          if (error !== failure) throw error
          continue
        }
        throw new Error('should have failed')
      }
    })
    expect(retained).toBeLessThan(64 * kB)
  })
})

describe('a scope that nobody has asked', () => {
  it('takes no more than 64 bytes', () => {
    const opened = CancelScope.open(Token.timeout('30 seconds'))
    const count = 100_000
    const scopes = new Array<unknown>(count).fill(null)
    const fill = (): void => {
      for (let index = 0; index < count; index++) scopes[index] = opened()
    }
    fill()
    scopes.fill(null)
    collect()
    const before = process.memoryUsage().heapUsed
    fill()
    collect()
    expect((process.memoryUsage().heapUsed - before) / count).toBeLessThanOrEqual(64)
    expect(scopes).toHaveLength(count)
  })
})
