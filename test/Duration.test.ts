import { Duration } from 'cantok-ts'
import type { Either } from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { property } from './support/property.js'

/** Durations of every size: whole, broken, tiny, huge, and Infinity. */
const duration: fc.Arbitrary<Duration.Duration> = fc
  .oneof(
    fc.nat(),
    fc.maxSafeNat(),
    fc.double({ min: 0, noNaN: true }),
    fc.double({ min: 0, max: 1e-6, noNaN: true }),
    fc.constantFrom(
      0,
      1,
      999,
      1_000,
      59_999,
      60_000,
      3_600_000,
      86_400_000,
      Number.MAX_SAFE_INTEGER + 1,
      1e21,
      Number.MIN_VALUE,
      Infinity,
    ),
  )
  .map((milliseconds) => Duration.from(milliseconds))

/** Of a size at which sums are exact. */
const whole = fc.nat({ max: 2 ** 50 }).map((milliseconds) => Duration.from(milliseconds))

const right = (milliseconds: number): Either<string, Duration.Duration> => ({
  _tag: 'Right',
  right: Duration.from(milliseconds),
})

describe('Duration', () => {
  describe('from', () => {
    it('takes milliseconds as they are', () => {
      for (const milliseconds of [0, 1, 0.25, 1e15, Infinity]) expect(Duration.from(milliseconds)).toBe(milliseconds)
    })

    it('makes 0 of -0', () => {
      expect(Object.is(Duration.from(-0), 0)).toBe(true)
    })

    it('reads texts', () => {
      expect(Duration.from('1.5 seconds')).toBe(1500)
      expect(Duration.from('Infinity')).toBe(Infinity)
    })

    it.each([-1, -Infinity, NaN, -Number.MIN_VALUE])('refuses %d', (milliseconds) => {
      expect(() => Duration.from(milliseconds)).toThrow(
        new RangeError(`duration must be 0 milliseconds or more, but was ${milliseconds}`),
      )
    })

    it('refuses a text that is none', () => {
      expect(() => Duration.from('soon')).toThrow(
        new RangeError("duration must be numbers with units, such as '5 seconds' or '1h 30m', but was 'soon'"),
      )
    })

    it.each([undefined, null, {}, [], true, 5n, Symbol('s'), new Date(0)])(
      'refuses what is neither number nor text, case %#',
      (value) => {
        const input = value as unknown as number // sound: it is refused
        expect(() => Duration.from(input)).toThrow(TypeError)
        expect(() => Duration.from(input)).toThrow(
          /^duration must be a number of milliseconds or a text such as '5 seconds', but was /,
        )
      },
    )

    it('names the argument it is told to', () => {
      expect(() => Duration.from(-1, 'every')).toThrow(
        new RangeError('every must be 0 milliseconds or more, but was -1'),
      )
      expect(() => Duration.from('x', 'every')).toThrow(/^every must be numbers with units/)
    })
  })

  describe('parse', () => {
    it.each([
      ['0ms', 0],
      ['5 seconds', 5_000],
      ['1 second', 1_000],
      ['10 millis', 10],
      ['1 sec', 1_000],
      ['2secs', 2_000],
      ['1 minute 30 seconds', 90_000],
      ['1h30m', 5_400_000],
      ['30m 1h', 5_400_000],
      ['1.5h', 5_400_000],
      ['2 DAYS', 172_800_000],
      ['1d 1h 1m 1s 1ms', 90_061_001],
      ['1 s 1 s', 2_000],
      ['1e3ms', 1_000],
      ['1e-9 milliseconds', 1e-9],
      ['1e+21 milliseconds', 1e21],
      ['  7 ms  ', 7],
      ['\t1 min\n', 60_000],
      ['Infinity', Infinity],
      [' Infinity ', Infinity],
    ])('reads %j', (text, milliseconds) => {
      expect(Duration.parse(text)).toEqual(right(milliseconds))
    })

    it.each([
      '',
      ' ',
      '5',
      'seconds',
      'soon',
      '-5 seconds',
      '5 s seconds',
      '5 weeks',
      '5 months',
      '1,5 s',
      '.5 s',
      '5. s',
      '5 seconds and more',
      'NaN ms',
      'Infinity ms',
      '-Infinity',
      '1 second, 2 ms',
      '0x10 ms',
      '5 mss',
      '5 constructor',
      '٣ s',
    ])('refuses %j and says what it wants', (text) => {
      expect(Duration.parse(text)).toEqual({
        _tag: 'Left',
        left: `must be numbers with units, such as '5 seconds' or '1h 30m', but was '${text}'`,
      })
    })

    it('reads a hundred thousand terms', () => {
      expect(Duration.parse('1s '.repeat(100_000))).toEqual(right(100_000_000))
    })

    property('never throws, and gives 0 or more', [fc.string({ unit: 'grapheme' })], (text) => {
      const parsed = Duration.parse(text)
      expect(parsed._tag === 'Left' || parsed.right >= 0).toBe(true)
    })
  })

  describe('Show', () => {
    it.each([
      [0, '0 milliseconds'],
      [1, '1 millisecond'],
      [0.25, '0.25 milliseconds'],
      [1_000, '1 second'],
      [90_000, '1 minute 30 seconds'],
      [90_061_001, '1 day 1 hour 1 minute 1 second 1 millisecond'],
      [172_800_000, '2 days'],
      [Infinity, 'Infinity'],
    ])('shows %d as %j', (milliseconds, words) => {
      expect(Duration.Show.show(Duration.from(milliseconds))).toBe(words)
    })

    property('is read back: parse(show(d)) is d', [duration], (d) => {
      expect(Duration.parse(Duration.Show.show(d))).toEqual(right(d))
    })

    property('shows different durations differently', [duration, duration], (first, second) => {
      expect(Duration.Show.show(first) === Duration.Show.show(second)).toBe(first === second)
    })
  })

  describe('laws: Ord', () => {
    const { compare, equals } = Duration.Ord

    property('reflexivity', [duration], (x) => compare(x, x) === 0 && equals(x, x))

    property('antisymmetry', [duration, duration], (x, y) => compare(x, y) === -compare(y, x) || compare(x, y) === 0)

    property('transitivity', [duration, duration, duration], (x, y, z) => {
      const [low, middle, high] = [x, y, z].sort(compare)
      expect(compare(low!, middle!) <= 0 && compare(middle!, high!) <= 0 && compare(low!, high!) <= 0).toBe(true)
    })

    property('totality and agreement with equals', [duration, duration], (x, y) => {
      expect([-1, 0, 1]).toContain(compare(x, y))
      expect(compare(x, y) === 0).toBe(equals(x, y))
    })
  })

  describe('laws: MonoidSum', () => {
    const { concat, empty } = Duration.MonoidSum

    it('has zero as its identity', () => {
      expect(empty).toBe(Duration.zero)
    })

    property('associativity, where numbers are exact', [whole, whole, whole], (x, y, z) => {
      expect(concat(concat(x, y), z)).toBe(concat(x, concat(y, z)))
    })

    property('left and right identity', [duration], (x) => {
      expect(concat(empty, x)).toBe(x)
      expect(concat(x, empty)).toBe(x)
    })

    property('commutativity', [duration, duration], (x, y) => {
      expect(concat(x, y)).toBe(concat(y, x))
    })

    property('monotony: a sum is as long as its longer part at least', [duration, duration], (x, y) => {
      expect(concat(x, y)).toBeGreaterThanOrEqual(Math.max(x, y))
    })
  })
})
