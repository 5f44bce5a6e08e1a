import { spawn } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import { CancelScope, Clock, Token } from 'cantok-ts'
import { sharedOver } from 'cantok-ts/Clock/shared'
import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { property } from '../support/property.js'

/** A shared clock in the hands of a test: over a real clock that it moves, hearing a cell that it ticks. */
const held = (options: Clock.SharedOptions = {}) => {
  const real = { now: 1_000, reads: 0, wallReads: 0, wallAhead: 1e12, renewals: 0 }
  const system: Clock.SystemClock = {
    ...Clock.system,
    renew: () => void real.renewals++,
    monotonic: () => {
      real.reads++
      return real.now
    },
    wall: () => {
      real.wallReads++
      return real.now + real.wallAhead
    },
  }
  const { buffer } = Clock.shared()
  const cell = new Int32Array(buffer)
  return {
    real,
    clock: sharedOver(system, { ...options, buffer }),
    tick: () => void Atomics.add(cell, 0, 1),
    pass: (ms: number) => void (real.now += ms),
  }
}

/** Held, and its ticker heard just now. */
const ticking = (options?: Clock.SharedOptions) => {
  const all = held(options)
  all.clock.monotonic()
  all.tick()
  all.clock.monotonic()
  all.real.reads = 0
  return all
}

const times = (count: number, f: () => unknown): void => {
  for (let index = 0; index < count; index++) f()
}

/** An assertion that costs little. */
const must = (holds: boolean, failure: string): void => {
  if (!holds) throw new Error(failure)
}

/** Waits for what a thread of its own brings about. */
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1))
}

describe('shared clocks: reading', () => {
  it('reads the real clock each time until a tick is heard', () => {
    const { clock, real, pass } = held()
    times(100, () => {
      pass(0.01)
      expect(clock.monotonic()).toBe(real.now)
    })
    expect([real.reads, clock.state()]).toEqual([100, 'starved'])
  })

  it('takes a cell that nobody ticks any more for what it is, whatever it holds', () => {
    const { clock, tick } = held()
    times(1_000, tick)
    times(10, clock.monotonic)
    expect(clock.state()).toBe('starved')
  })

  it('keeps what it has read until the next tick, then reads anew', () => {
    const { clock, real, tick, pass } = ticking()
    times(100, clock.monotonic)
    const kept = clock.monotonic()
    pass(0.4)
    expect(clock.monotonic()).toBe(kept)
    tick()
    expect(clock.monotonic()).toBe(real.now)
  })

  it('reads the real clock less and less often between two ticks, and at every 64th read at the least', () => {
    const { clock, real } = ticking()
    const exact: Array<number> = []
    for (let read = 1; read <= 400; read++) {
      const before = real.reads
      clock.monotonic()
      if (real.reads > before) exact.push(read)
    }
    expect(exact).toEqual([1, 3, 7, 15, 31, 63, 127, 191, 255, 319, 383])
  })

  it('asks a tick and not the platform for all other reads: one load each', () => {
    const { clock, real } = ticking()
    times(100, clock.monotonic)
    const [load, renewals, reads] = [vi.spyOn(Atomics, 'load'), real.renewals, real.reads]
    times(20, clock.monotonic)
    const loads = load.mock.calls.length
    load.mockRestore()
    expect([loads, real.renewals - renewals, real.reads - reads]).toEqual([20, 0, 0])
  })

  it('hears a tick that comes while it reads the real clock', () => {
    const { buffer } = Clock.shared()
    const cell = new Int32Array(buffer)
    let now = 0
    let reads = 0
    let tickIn = 1
    const monotonic = (): number => {
      reads++
      if (--tickIn === 0) Atomics.add(cell, 0, 1)
      return now
    }
    const clock = sharedOver({ ...Clock.system, monotonic }, { buffer })
    times(640, clock.monotonic)
    expect(reads).toBeLessThan(20)
    tickIn = 1
    const before = reads
    while (reads === before) clock.monotonic()
    now++
    expect(clock.monotonic()).toBe(now)
  })

  it('looks anew after each tick, so that one that reads seldom is exact', () => {
    const { clock, real, tick, pass } = ticking()
    times(100, () => {
      pass(0.5)
      tick()
      expect(clock.monotonic()).toBe(real.now)
    })
  })

  it('is exact for who reads once per tick, and remains so when the ticks end', () => {
    const { clock, real, tick, pass } = ticking()
    times(10, () => {
      pass(10)
      tick()
      clock.monotonic()
    })
    times(10, () => {
      pass(10)
      expect(clock.monotonic()).toBe(real.now)
    })
  })

  it('notices within 64 reads that the ticks have ended, and is exact until they go on', () => {
    const { clock, real, tick, pass } = ticking({ tolerance: 5 })
    times(1_000, clock.monotonic)
    pass(5.1)
    let reads = 0
    while (clock.monotonic() !== real.now) reads++
    expect(reads).toBeLessThan(64)
    expect(clock.state()).toBe('starved')
    times(100, () => {
      pass(0.001)
      expect(clock.monotonic()).toBe(real.now)
    })
    tick()
    clock.monotonic()
    expect(clock.state()).toBe('ticking')
    real.reads = 0
    times(640, clock.monotonic)
    expect(real.reads).toBeLessThan(20)
  })

  it('takes no ticker for starved that is as late as it may be, and remains starved should time go back', () => {
    const { clock, real, pass } = ticking({ tolerance: 5 })
    pass(5)
    expect(clock.state()).toBe('ticking')
    pass(0.1)
    expect(clock.state()).toBe('starved')
    pass(-1)
    times(100, () => {
      pass(0.01)
      expect(clock.monotonic()).toBe(real.now)
    })
  })

  it('hears a tick of any number, also where they begin anew', () => {
    const { clock, real, pass } = ticking()
    const cell = new Int32Array(clock.buffer)
    for (const value of [2 ** 31 - 1, -(2 ** 31), -1, 0, 1]) {
      Atomics.store(cell, 0, value)
      times(40, clock.monotonic)
      pass(1)
      Atomics.add(cell, 0, 1)
      expect(clock.monotonic()).toBe(real.now)
    }
  })

  it('reads the wall clock when that is asked for, once for what is kept', () => {
    const { clock, real, tick, pass } = ticking()
    times(100, clock.monotonic)
    expect(real.wallReads).toBe(0)
    times(20, () => expect(clock.wall()).toBe(real.now + real.wallAhead))
    expect(real.wallReads).toBe(1)
    real.wallAhead -= 5_000
    pass(0.5)
    tick()
    expect(clock.wall()).toBe(real.now + real.wallAhead)
  })

  it('counts reads of either time', () => {
    const { clock, real, pass } = ticking()
    times(1_000, clock.monotonic)
    pass(1)
    let reads = 0
    while (clock.wall() !== real.now + real.wallAhead) reads++
    expect(reads).toBeLessThan(64)
  })

  it('says how far behind a reading is', () => {
    const { clock, tick, pass } = ticking()
    times(100, clock.monotonic)
    pass(0.3)
    expect(clock.lag()).toBeCloseTo(0.3)
    tick()
    expect(clock.lag()).toBe(0)
  })

  it('is exact after renew', () => {
    const { clock, real, pass } = ticking()
    times(100, clock.monotonic)
    pass(0.3)
    clock.renew()
    expect([clock.monotonic(), clock.lag()]).toEqual([real.now, 0])
  })

  it('is exact in its timers and after a blocking', async () => {
    const { clock, real, pass } = ticking()
    times(100, clock.monotonic)
    pass(0.3)
    expect(await new Promise((resolve) => clock.schedule(1, () => resolve(clock.monotonic()))())).toBe(real.now)
    times(100, clock.monotonic)
    pass(0.3)
    clock.block(1)()
    expect(clock.monotonic()).toBe(real.now)
  })

  it('takes its timers back, and hands on what keeps the process alive', () => {
    const schedule = vi.fn<Clock.Clock['schedule']>(Clock.system.schedule)
    const clock = sharedOver({ ...Clock.system, schedule }, { buffer: Clock.shared().buffer })
    const options = { keepAlive: false }
    const off = clock.schedule(10_000, () => expect.unreachable(), options)()
    expect(schedule).toHaveBeenCalledWith(10_000, expect.any(Function), options)
    off()
  })

  it('follows a time line that replaces the platform’s, as faked timers do', () => {
    const clock = Clock.shared({ buffer: Clock.shared().buffer })
    clock.monotonic()
    vi.useFakeTimers()
    try {
      expect(clock.monotonic()).toBe(performance.now())
      vi.advanceTimersByTime(1_000)
      expect(clock.monotonic()).toBe(performance.now())
    } finally {
      vi.useRealTimers()
      Clock.system.renew()
    }
    expect(clock.monotonic()).toBeGreaterThan(0)
  })

  /** Spans that add up without rounding. */
  const span = fc.nat({ max: 40 }).map((eighths) => eighths / 8)

  const step = fc.oneof(
    fc.record({ pass: span }),
    fc.constantFrom('tick' as const, 'monotonic' as const, 'wall' as const, 'renew' as const, 'state' as const),
    fc.record({ reads: fc.nat({ max: 200 }) }),
  )

  property(
    'never goes back, reads the real clock in 64 reads, keeps nothing over a tick, and once starved is exact',
    [fc.array(step, { maxLength: 60, size: 'max' })],
    (steps) => {
      const { clock, real, tick, pass } = held({ tolerance: 5 })
      let last = -Infinity
      let kept = 0 // reads since the real clock was read
      let isTickNew = false
      let heardAt = -Infinity
      let isStarved = true
      const read = (time: 'monotonic' | 'wall'): void => {
        const before = real.reads
        const reading = clock[time]() - (time === 'wall' ? real.wallAhead : 0)
        const isExact = real.reads > before
        kept = isExact ? 0 : kept + 1
        if (time === 'monotonic') {
          must(reading >= last, 'it goes back')
          last = reading
        }
        if (isExact) must(reading === real.now, 'it is not what the real clock says')
        must(isExact || !isTickNew, 'it is kept over a tick')
        must(isExact || !isStarved, 'it is kept without a ticker')
        must(kept < 64, 'it is kept for too many reads')
        if (isTickNew) heardAt = real.now
        if (isExact) isStarved = heardAt === -Infinity || real.now - heardAt > 5
        isTickNew = false
      }
      clock.monotonic()
      last = real.now
      for (const each of steps) {
        if (each === 'tick') {
          tick()
          isTickNew = true
        } else if (each === 'renew') clock.renew()
        else if (each === 'state') {
          read('monotonic')
          expect(clock.state()).toBe(real.now - heardAt > 5 ? 'starved' : 'ticking')
          isStarved = real.now - heardAt > 5
          kept = 0
        } else if (typeof each === 'string') read(each)
        else if ('pass' in each) pass(each.pass)
        else times(each.reads, () => read('monotonic'))
      }
    },
  )

  property(
    'is behind by no more than it says while ticks are no further apart than that',
    [fc.array(fc.tuple(span, fc.nat({ max: 100 })), { minLength: 1, maxLength: 30, size: 'max' })],
    (turns) => {
      const { clock, real, tick, pass } = ticking({ tolerance: 5 })
      let sinceTick = 0
      for (const [ms, reads] of turns) {
        if (sinceTick + ms > 5) {
          tick()
          sinceTick = 0
        }
        pass(ms)
        sinceTick += ms
        times(reads, () => must(real.now - clock.monotonic() <= clock.behind, 'it is further behind'))
      }
    },
  )
})

describe('shared clocks: a scope on one', () => {
  it('fires when time has come, with its children', () => {
    const { clock, tick, pass } = ticking()
    const parent = CancelScope.open(Token.timeout(100), { clock })()
    const child = CancelScope.child(Token.manual('stop'))(parent)()
    times(1_000, () => expect(CancelScope.isCancelled(child)()).toBe(false))
    pass(100)
    tick()
    expect(CancelScope.poll(child)()).toMatchObject({ _tag: 'Some', value: { _tag: 'TimedOut' } })
    expect(CancelScope.isCancelled(parent)()).toBe(true)
  })

  it('meets a deadline', () => {
    const { clock, real, tick, pass } = ticking()
    const scope = CancelScope.open(Token.deadline(real.now + real.wallAhead + 50), { clock })()
    times(100, () => expect(CancelScope.isCancelled(scope)()).toBe(false))
    pass(50)
    tick()
    expect(CancelScope.isCancelled(scope)()).toBe(true)
  })

  it('wakes who waits, and blocks until then', async () => {
    const clock = Clock.shared()
    const scope = CancelScope.open(Token.timeout(20), { clock })()
    expect((await CancelScope.wait(scope)())._tag).toBe('TimedOut')
    const other = CancelScope.open(Token.timeout(20), { clock })()
    expect(CancelScope.waitSync(other)()._tag).toBe('Some')
    clock.close()
  })
})

describe('shared clocks: what is refused', () => {
  it.each([
    [{ interval: 0 }, 'interval must be longer than 0 ms and finite, but was 0'],
    [{ interval: Infinity }, 'interval must be longer than 0 ms and finite, but was Infinity'],
    [{ interval: -1 }, 'interval must be 0 milliseconds or more, but was -1'],
    [{ tolerance: NaN }, 'tolerance must be 0 milliseconds or more, but was NaN'],
    [{ interval: 2, tolerance: 2 }, 'tolerance must be longer than the interval of 2 ms, but was 2 ms'],
  ])('%o', (options, message) => {
    expect(() => Clock.shared(options)).toThrow(new RangeError(message))
  })

  const more = new SharedArrayBuffer(32)
  new Uint8Array(more).set(new Uint8Array(Clock.shared().buffer))

  it.each([
    [new SharedArrayBuffer(16), 'an object'],
    [new SharedArrayBuffer(0), 'an object'],
    [new SharedArrayBuffer(15), 'an object'],
    [more, 'an object'],
    [new ArrayBuffer(16), 'an object'],
    [null, 'null'],
    ['ticks', "'ticks'"],
  ])('a buffer that is not one of a shared clock: %o', (buffer, shown) => {
    // sound: what an untyped caller may do
    expect(() => Clock.shared({ buffer: buffer as SharedArrayBuffer })).toThrow(
      new TypeError(`buffer must be the buffer of a shared clock, but was ${shown}`),
    )
  })

  it('a platform without shared memory', () => {
    vi.stubGlobal('SharedArrayBuffer', undefined)
    try {
      expect(() => Clock.shared()).toThrow(/needs SharedArrayBuffer/)
    } finally {
      vi.unstubAllGlobals()
    }
  })

  it('reads spans as words; a long interval has a longer tolerance', () => {
    expect(Clock.shared({ interval: '2 seconds' }).behind).toBe(20_000)
    expect(Clock.shared({ tolerance: '1 second' }).behind).toBe(1_000)
    expect(Clock.shared().behind).toBe(5)
  })
})

describe('shared clocks: the ticker', () => {
  const ticksOf = (clock: Clock.SharedClock): number => Atomics.load(new Int32Array(clock.buffer), 0)
  const heard = (clock: Clock.SharedClock) =>
    until(() => {
      clock.monotonic()
      return clock.state() === 'ticking'
    })

  /** The workers that a call starts. */
  const workersOf = (call: () => unknown): ReadonlyArray<Worker> => {
    const workers: Array<Worker> = []
    class Noted extends Worker {
      constructor(...given: ConstructorParameters<typeof Worker>) {
        super(...given)
        workers.push(this)
      }
    }
    const found = vi.spyOn(process, 'getBuiltinModule')
    // sound: stands in for the one export that is used
    found.mockReturnValue({ Worker: Noted } as unknown as ReturnType<typeof process.getBuiltinModule>)
    call()
    found.mockRestore()
    return workers
  }

  it('starts with the first read and not before, and ends with close', async () => {
    const clock = Clock.shared()
    expect([clock.state(), ticksOf(clock)]).toEqual(['idle', 0])
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect([clock.state(), ticksOf(clock)]).toEqual(['idle', 0])
    const before = performance.now()
    expect(clock.monotonic()).toBeGreaterThanOrEqual(before)
    await heard(clock)
    const first = ticksOf(clock)
    await until(() => {
      clock.monotonic()
      return ticksOf(clock) !== first
    })
    clock.close()
    clock.close()
    expect(clock.state()).toBe('closed')
    const end = performance.now()
    expect(clock.monotonic()).toBeGreaterThanOrEqual(end)
  })

  it('is heard in a loop that never yields', () => {
    const clock = Clock.shared()
    clock.monotonic()
    const end = performance.now() + 60_000
    while (clock.state() !== 'ticking') if (performance.now() > end) throw new Error('no tick within a minute')
    clock.close()
  })

  it.each([
    ['while it ticks', 0],
    ['while it rests', 1_500],
  ])('ends on close: %s', async (_, rest) => {
    const clock = Clock.shared()
    const workers = workersOf(clock.monotonic)
    await heard(clock)
    await new Promise((resolve) => setTimeout(resolve, rest))
    expect(workers.length).toBe(1)
    const ended = new Promise((resolve) => workers[0]?.on('exit', resolve))
    clock.close()
    expect(await ended).toBe(0)
  })

  it('rests when nobody reads, and goes on with the next read, which is exact', async () => {
    const clock = Clock.shared()
    await heard(clock)
    times(10_000, clock.monotonic)
    let last = NaN
    await until(() => {
      const now = ticksOf(clock)
      const rests = now === last
      last = now
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
      return rests
    })
    const before = performance.now()
    expect(clock.monotonic()).toBeGreaterThanOrEqual(before)
    await until(() => ticksOf(clock) !== last)
    clock.close()
  })

  it('does not start for a clock that was closed before it was read, nor where a buffer is given, nor twice', () => {
    const closed = Clock.shared()
    closed.close()
    const given = Clock.shared({ buffer: Clock.shared().buffer })
    const own = Clock.shared()
    const counts = [closed, given, own].map(
      ({ monotonic, wall, lag }) => workersOf(() => [monotonic, wall, lag].forEach((read) => times(3, read))).length,
    )
    own.close()
    expect(counts).toEqual([0, 0, 1])
  })

  it('can be disposed of, whereupon each read is exact', () => {
    const { clock, real, tick, pass } = ticking()
    times(100, clock.monotonic)
    clock[Symbol.dispose]()
    times(10, () => {
      pass(0.1)
      expect(clock.monotonic()).toBe(real.now)
      tick()
    })
    expect(clock.state()).toBe('closed')
  })

  it('is heard by a clock of another thread, which starts none and ends none', async () => {
    const clock = Clock.shared()
    await heard(clock)
    const { outputFiles } = await build({
      stdin: {
        contents: `
          import { parentPort, workerData } from 'node:worker_threads'
          import { shared } from './src/Clock.ts'
          const clock = shared({ buffer: workerData })
          const idle = clock.state()
          clock.monotonic()
          let state = clock.state()
          while (state !== 'ticking') state = clock.state()
          clock.close()
          parentPort.postMessage([idle, state, clock.state()])
        `,
        resolveDir: process.cwd(),
      },
      bundle: true,
      write: false,
      format: 'cjs',
      platform: 'node',
    })
    const worker = new Worker(outputFiles[0]?.text ?? '', { eval: true, workerData: clock.buffer })
    const states = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
    expect(states).toEqual(['idle', 'ticking', 'closed'])
    const now = ticksOf(clock)
    await until(() => {
      clock.monotonic()
      return ticksOf(clock) !== now
    })
    clock.close()
  })

  it('tells the time where no worker can be started', () => {
    vi.stubGlobal('process', undefined)
    vi.stubGlobal('Worker', undefined)
    try {
      const clock = Clock.shared()
      const before = performance.now()
      expect(clock.monotonic()).toBeGreaterThanOrEqual(before)
      expect(clock.state()).toBe('starved')
    } finally {
      vi.unstubAllGlobals()
    }
  })

  it('tells the time where the worker fails', () => {
    const failing: Array<EventEmitter> = []
    class Failing extends EventEmitter {
      readonly unref = (): void => void failing.push(this)
    }
    const found = vi.spyOn(process, 'getBuiltinModule')
    // sound: stands in for the one export that is used
    found.mockReturnValue({ Worker: Failing } as unknown as ReturnType<typeof process.getBuiltinModule>)
    const clock = Clock.shared()
    const before = performance.now()
    expect(clock.monotonic()).toBeGreaterThanOrEqual(before)
    found.mockRestore()
    expect(failing.map((worker) => worker.emit('error', new Error('out of memory')))).toEqual([true])
    expect(clock.state()).toBe('starved')
  })

  it.each([
    ['while it ticks', 0],
    ['while it rests', 1_500],
  ])('keeps no process alive: %s', async (_, rest) => {
    const { outputFiles } = await build({
      stdin: {
        contents: `
          import { shared } from './src/Clock.ts'
          const clock = shared()
          clock.monotonic()
          while (clock.state() !== 'ticking');
          setTimeout(() => console.log(clock.buffer.byteLength), ${rest})
        `,
        resolveDir: process.cwd(),
      },
      bundle: true,
      write: false,
      format: 'cjs',
      platform: 'node',
    })
    // what the process loads first, by either way, is not for the ticker
    const folder = mkdtempSync(join(tmpdir(), 'cantok-ts-'))
    const say = (word: string): string => {
      const file = join(folder, `${word}.cjs`)
      writeFileSync(file, `require('node:fs').writeSync(1, '${word} ')`)
      return `--require=${file}`
    }
    const child = spawn(process.execPath, [say('flag'), '-e', outputFiles[0]?.text ?? ''], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: say('option') },
    })
    let output = ''
    child.stdout.on('data', (data) => (output += String(data)))
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0)
    rmSync(folder, { recursive: true })
    expect(output.trim()).toBe('option flag 16')
  })
})
