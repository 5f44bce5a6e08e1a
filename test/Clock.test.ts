import { Clock } from 'cantok-ts'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { property } from './support/property.js'

describe('Clock', () => {
  describe('virtual', () => {
    const logged = () => {
      const clock = Clock.virtual(1_000)
      const log: Array<string> = []
      const at = (delay: number, name: string, more: () => void = () => {}) =>
        clock.schedule(delay, () => {
          log.push(`${name} ${clock.monotonic()}`)
          more()
        })()
      return { clock, log, at }
    }

    it('starts at 0 and at the wall time given, and stands still', () => {
      const clock = Clock.virtual(5)
      expect([clock.monotonic(), clock.wall(), clock.timers()]).toEqual([0, 5, 0])
      expect(Clock.virtual().wall()).toBe(0)
    })

    it('moves both times', () => {
      const clock = Clock.virtual(1_000)
      clock.advance('2 seconds')()
      clock.advance(0.5)()
      expect([clock.monotonic(), clock.wall()]).toEqual([2_000.5, 3_000.5])
    })

    it('moves at each run of the IO', () => {
      const clock = Clock.virtual()
      const second = clock.advance(1_000)
      expect(clock.monotonic()).toBe(0)
      second()
      second()
      expect(clock.monotonic()).toBe(2_000)
    })

    it('lets the wall jump and the monotonic time be', () => {
      const clock = Clock.virtual(1_000)
      clock.advance(10)()
      clock.setWall(50)()
      expect([clock.monotonic(), clock.wall()]).toEqual([10, 50])
      clock.advance(10)()
      expect([clock.monotonic(), clock.wall()]).toEqual([20, 60])
    })

    it('runs timers in order of time, those of one instant in order of scheduling, each at its instant', () => {
      const { clock, log, at } = logged()
      at(20, 'b')
      at(10, 'a')
      at(20, 'c')
      at(0, 'now')
      at(30, 'later')
      expect(log).toEqual([])
      expect(clock.timers()).toBe(5)
      clock.advance(25)()
      expect(log).toEqual(['now 0', 'a 10', 'b 20', 'c 20'])
      expect(clock.monotonic()).toBe(25)
      expect(clock.timers()).toBe(1)
    })

    it('runs what timers schedule within the span, and not beyond it', () => {
      const { clock, log, at } = logged()
      at(10, 'a', () => {
        at(0, 'at once')
        at(5, 'soon')
        at(50, 'later')
      })
      at(12, 'b')
      clock.advance(20)()
      expect(log).toEqual(['a 10', 'at once 10', 'b 12', 'soon 15'])
      clock.advance(40)()
      expect(log.at(-1)).toBe('later 60')
    })

    it('runs a timer that comes again and again once for each time', () => {
      const { clock, log, at } = logged()
      const again = (): void => void at(10, 'tick', again)
      again()
      clock.advance(35)()
      expect(log).toEqual(['tick 10', 'tick 20', 'tick 30'])
    })

    it('runs nothing that was called off, also by a timer before it; calling off twice, or late, does nothing', () => {
      const { clock, log, at } = logged()
      const off = at(10, 'never')
      const late = at(5, 'first')
      const second: { off: () => void } = { off: () => {} }
      at(5, 'second', () => second.off())
      second.off = at(6, 'called off by second')
      off()
      off()
      clock.advance(20)()
      late()
      expect(log).toEqual(['first 5', 'second 5'])
      expect(clock.timers()).toBe(0)
    })

    it('takes a delay below 0 as 0, and never comes to Infinity or NaN', () => {
      const { clock, log, at } = logged()
      at(-5, 'past')
      at(Infinity, 'never')()
      at(NaN, 'never')()
      expect(clock.timers()).toBe(1)
      clock.advance(1e15)()
      expect(log).toEqual(['past 0'])
    })

    it('schedules at each run of the IO', () => {
      const clock = Clock.virtual()
      let runs = 0
      const io = clock.schedule(5, () => void runs++)
      expect(clock.timers()).toBe(0)
      const off = io()
      io()
      off()
      clock.advance(5)()
      expect(runs).toBe(1)
    })

    it.each([-1, NaN, -Infinity])('refuses a span of %d and stands still', (span) => {
      const clock = Clock.virtual()
      const error = new RangeError(`span must be 0 milliseconds or more, but was ${span}`)
      expect(() => clock.advance(span)).toThrow(error)
      expect(() => clock.settle(span)).toThrow(error)
      expect(clock.monotonic()).toBe(0)
    })

    it('lets an error of a timer out, stands at its instant, and can go on', () => {
      const { clock, log, at } = logged()
      at(10, 'bad', () => {
        throw new Error('bad')
      })
      at(15, 'good')
      expect(() => clock.advance(20)()).toThrow('bad')
      expect(clock.monotonic()).toBe(10)
      clock.advance(10)()
      expect(log).toEqual(['bad 10', 'good 15'])
    })

    it('moves forward only, also where a timer moves it on', () => {
      const { clock, at } = logged()
      at(1, 'far', () => clock.advance(10)())
      clock.advance(5)()
      expect(clock.monotonic()).toBeGreaterThanOrEqual(11)
    })

    describe('step and untilNext', () => {
      it('move to the next timer and run that one alone, and say whether there was one', () => {
        const { clock, log, at } = logged()
        at(20, 'c')
        at(10, 'a', () => at(0, 'again'))
        at(10, 'b')
        expect(clock.untilNext()).toBe(10)
        expect([clock.step(), log]).toEqual([true, ['a 10']])
        expect(clock.untilNext()).toBe(0)
        expect([clock.step(), clock.step(), log]).toEqual([true, true, ['a 10', 'b 10', 'again 10']])
        expect([clock.untilNext(), clock.monotonic(), clock.wall()]).toEqual([10, 10, 1_010])
        expect([clock.step(), clock.step(), clock.step(), log.at(-1)]).toEqual([true, false, false, 'c 20'])
        expect([clock.untilNext(), clock.monotonic(), clock.timers()]).toEqual([Infinity, 20, 0])
      })

      it('know nothing of timers that were called off, or never come', () => {
        const { clock, log, at } = logged()
        at(Infinity, 'never')
        at(5, 'off')()
        at(7, 'on')
        expect(clock.untilNext()).toBe(7)
        expect([clock.step(), clock.step(), log]).toEqual([true, false, ['on 7']])
      })

      it('count from now, and know a timer that is overdue', () => {
        const { clock, at } = logged()
        at(10, 'a', () => {
          clock.advance(5)()
          throw new Error('a')
        })
        at(12, 'b', () => {
          throw new Error('b')
        })
        at(13, 'c')
        clock.advance(4)()
        expect(clock.untilNext()).toBe(6)
        expect(clock.step).toThrow('b')
        expect([clock.monotonic(), clock.untilNext()]).toEqual([12, 1])
      })

      it('let an error of the timer out, stand at its instant, and can go on', () => {
        const { clock, log, at } = logged()
        at(10, 'bad', () => {
          throw new Error('bad')
        })
        at(15, 'good')
        expect(clock.step).toThrow('bad')
        expect([clock.monotonic(), clock.timers(), clock.untilNext()]).toEqual([10, 1, 5])
        expect([clock.step(), log]).toEqual([true, ['bad 10', 'good 15']])
      })

      it('work within a timer', () => {
        const { clock, log, at } = logged()
        at(1, 'outer', () => expect(clock.step()).toBe(true))
        at(5, 'inner')
        clock.advance(3)()
        expect([log, clock.monotonic(), clock.step()]).toEqual([['outer 1', 'inner 5'], 5, false])
      })
    })

    describe('settle', () => {
      it('lets promises run before, between and after timers', async () => {
        const { clock, log, at } = logged()
        const promised = (name: string): void => {
          void Promise.resolve()
            .then(() => undefined)
            .then(() => log.push(`${name} ${clock.monotonic()}`))
        }
        promised('before')
        at(10, 'a', () => promised('after a'))
        at(20, 'b', () => promised('after b'))
        await clock.settle(20)()
        expect(log).toEqual(['before 0', 'a 10', 'after a 10', 'b 20', 'after b 20'])
      })

      it('runs what promises schedule within the span', async () => {
        const { clock, log, at } = logged()
        at(10, 'a', () => void Promise.resolve().then(() => at(5, 'from a promise')))
        await clock.settle(20)()
        expect(log).toEqual(['a 10', 'from a promise 15'])
        expect(clock.monotonic()).toBe(20)
      })

      it('of 0 lets promises run, and time stand still', async () => {
        const { clock, log, at } = logged()
        at(0, 'now')
        let settled = false
        void Promise.resolve().then(() => (settled = true))
        await clock.settle(0)()
        expect(settled).toBe(true)
        expect(log).toEqual(['now 0'])
      })

      it('rejects with the error of a timer, and stands at its instant', async () => {
        const { clock, at } = logged()
        at(10, 'bad', () => {
          throw new Error('bad')
        })
        await expect(clock.settle(20)()).rejects.toThrow('bad')
        expect(clock.monotonic()).toBe(10)
      })

      it('does not take time back that went by meanwhile', async () => {
        const clock = Clock.virtual()
        const settled = clock.settle(10)()
        clock.advance(20)()
        await settled
        expect(clock.monotonic()).toBeGreaterThanOrEqual(20)
      })

      it('does not take time back when a longer one runs beside it', async () => {
        const clock = Clock.virtual()
        await Promise.all([clock.settle(10)(), clock.settle(3)()])
        expect(clock.monotonic()).toBeGreaterThanOrEqual(10)
      })

      it('works under faked timers', async () => {
        vi.useFakeTimers()
        try {
          const { clock, log, at } = logged()
          at(10, 'a')
          await clock.settle(10)()
          expect(log).toEqual(['a 10'])
        } finally {
          vi.useRealTimers()
        }
      })
    })

    property(
      'runs every timer that is due once, in order, at its own instant',
      [fc.array(fc.nat({ max: 50 }), { maxLength: 30 }), fc.array(fc.nat({ max: 30 }), { maxLength: 4 })],
      (delays, spans) => {
        const clock = Clock.virtual()
        const ran: Array<readonly [index: number, at: number]> = []
        delays.forEach((delay, index) => clock.schedule(delay, () => void ran.push([index, clock.monotonic()]))())
        for (const span of spans) clock.advance(span)()
        const end = spans.reduce((sum, span) => sum + span, 0)
        const due = delays
          .map((delay, index) => [index, delay] as const)
          .filter(([, delay]) => delay <= end && spans.length > 0)
          .sort(([, first], [, second]) => first - second)
        expect(ran).toEqual(due)
        expect(clock.timers()).toBe(delays.length - due.length)
      },
    )

    property(
      'steps through timers as it would advance through them, and untilNext says how far each is',
      [fc.array(fc.nat({ max: 50 }), { maxLength: 30 })],
      (delays) => {
        const set = (): readonly [Clock.VirtualClock, Array<readonly [index: number, at: number]>] => {
          const clock = Clock.virtual()
          const ran: Array<readonly [index: number, at: number]> = []
          delays.forEach((delay, index) => clock.schedule(delay, () => void ran.push([index, clock.monotonic()]))())
          return [clock, ran]
        }
        const [whole, ran] = set()
        whole.advance(50)()
        const [clock, stepped] = set()
        for (let next = clock.untilNext(), before = 0; next < Infinity; next = clock.untilNext()) {
          expect(clock.step()).toBe(true)
          expect(clock.monotonic()).toBe(before + next)
          before = clock.monotonic()
        }
        expect(clock.step()).toBe(false)
        expect(stepped).toEqual(ran)
      },
    )
  })

  describe('turn', () => {
    it('ends when every promise that could go on has', async () => {
      const done: Array<string> = []
      const chain = async (name: string): Promise<void> => {
        for (let step = 0; step < 1_000; step++) await Promise.resolve()
        done.push(name)
      }
      void chain('first')
      void Promise.resolve().then(() => queueMicrotask(() => void chain('second')))
      await Clock.turn()
      expect(done).toEqual(['first', 'second'])
    })

    it('does not begin before it runs, and may run again', async () => {
      const log: Array<string> = []
      const note = (name: string) => async (): Promise<void> => {
        await Clock.turn()
        log.push(name)
      }
      await Promise.all([note('a')(), note('b')(), note('c')()])
      await note('d')()
      expect(log).toEqual(['a', 'b', 'c', 'd'])
    })

    it.each([
      ['as they are faked unless said otherwise', undefined],
      ['those of promises too', ['queueMicrotask', 'setTimeout', 'setImmediate', 'setInterval'] as const],
    ])('is not stopped by faked timers: %s', async (_, toFake) => {
      vi.useFakeTimers(toFake === undefined ? {} : { toFake: [...toFake] })
      try {
        let ran = false
        void Promise.resolve().then(() => (ran = true))
        await Clock.turn()
        expect([ran, vi.getTimerCount()]).toEqual([true, 0])
      } finally {
        vi.useRealTimers()
      }
    })
  })

  describe('system', () => {
    it("reads the platform's clocks", () => {
      const first = Clock.system.monotonic()
      expect(Clock.system.monotonic()).toBeGreaterThanOrEqual(first)
      const [before, wall, after] = [Date.now(), Clock.system.wall(), Date.now()]
      expect(wall).toBeGreaterThanOrEqual(before)
      expect(wall).toBeLessThanOrEqual(after)
    })

    describe('schedule', () => {
      let now = 0

      beforeEach(() => {
        vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
        now = 1_000.25
        vi.spyOn(performance, 'now').mockImplementation(() => now)
      })

      afterEach(() => {
        vi.restoreAllMocks()
        vi.useRealTimers()
      })

      /** Time goes by on the timers and, give or take, on the clock. */
      const pass = (ms: number, onTheClock: number = ms): void => {
        now += onTheClock
        vi.advanceTimersByTime(ms)
      }

      it('runs once, after the delay and not within the call', () => {
        let runs = 0
        Clock.system.schedule(0, () => void runs++)()
        expect(runs).toBe(0)
        pass(1)
        expect(runs).toBe(1)
        pass(1_000)
        expect(runs).toBe(1)
        expect(vi.getTimerCount()).toBe(0)
      })

      it('sets nothing before the IO runs', () => {
        Clock.system.schedule(5, () => {})
        expect(vi.getTimerCount()).toBe(0)
      })

      it("never runs early, though the platform's timers do", () => {
        let runs = 0
        Clock.system.schedule(10, () => void runs++)()
        pass(10, 9.5)
        expect(runs).toBe(0)
        pass(1, 0.25)
        expect(runs).toBe(0)
        pass(1, 0.25)
        expect(runs).toBe(1)
      })

      it.each([2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32, 2 ** 33 + 5])(
        'does not run a delay of %d at once, but when it is due',
        (delay) => {
          let runs = 0
          Clock.system.schedule(delay, () => void runs++)()
          pass(1)
          expect(runs).toBe(0)
          const step = 2 ** 30
          for (let passed = 1 + step; passed < delay; passed += step) {
            pass(step)
            expect(runs).toBe(0)
          }
          pass(step)
          expect(runs).toBe(1)
          expect(vi.getTimerCount()).toBe(0)
        },
      )

      it.each([5, 2 ** 31 - 1, 2 ** 31, 2 ** 33 + 5, 1e15])(
        'asks the platform for no more than it can hold, as often as needed: a delay of %d',
        (delay) => {
          const set = vi.spyOn(globalThis, 'setTimeout')
          const off = Clock.system.schedule(delay, () => {})()
          const longest = 2 ** 31 - 1
          for (let count = 1; count <= 3; count++) pass(longest)
          off()
          expect(set.mock.calls.every(([, ms]) => ms !== undefined && ms >= 0 && ms <= longest)).toBe(true)
          expect(set.mock.calls.length).toBe(Math.min(4, Math.ceil(delay / longest)))
        },
      )

      it.each([1, 2 ** 31 + 5, 1e15])('keeps no timer once a delay of %d is called off', (delay) => {
        let runs = 0
        const off = Clock.system.schedule(delay, () => void runs++)()
        expect(vi.getTimerCount()).toBe(1)
        off()
        off()
        expect(vi.getTimerCount()).toBe(0)
        pass(10)
        expect(runs).toBe(0)
      })

      it('is called off too after it has been set anew on the way', () => {
        let runs = 0
        const off = Clock.system.schedule(2 ** 31 + 5, () => void runs++)()
        pass(2 ** 31 - 1)
        expect(vi.getTimerCount()).toBe(1)
        off()
        expect(vi.getTimerCount()).toBe(0)
        pass(10)
        expect(runs).toBe(0)
      })

      it('sets no timer for Infinity', () => {
        const off = Clock.system.schedule(Infinity, () => expect.unreachable())()
        expect(vi.getTimerCount()).toBe(0)
        off()
      })

      it('takes a delay below 0 as none', () => {
        let runs = 0
        Clock.system.schedule(-5, () => void runs++)()
        expect(runs).toBe(0)
        pass(1)
        expect(runs).toBe(1)
      })
    })

    it('does not run a delay beyond 2^31 - 1 ms at once on real timers', async () => {
      let runs = 0
      const off = Clock.system.schedule(2 ** 31 + 10, () => void runs++)()
      await new Promise<void>((resolve) => {
        Clock.system.schedule(1, resolve)()
      })
      off()
      expect(runs).toBe(0)
    })
  })
})
