/** Time before programs and between them. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, expect, it } from 'vitest'
import { Cancellable, Token } from 'cantok-ts'
import { boom, defect, logbook, nothing, running, start, taking, world } from './running.js'

const { delay, every, fromTaskEither, guard, within } = Cancellable

type Program<E, A> = Cancellable.Cancellable<E, A>

const one = guard<never, number>(TE.right(1))
const rejects: Program<never, never> = guard(() => Promise.reject(boom))

describe('delay', () => {
  it('runs the program after so much time on the clock of the scope', async () => {
    const { log, note } = logbook()
    const { after, held } = start(pipe(note('now'), delay('1 hour')))
    await after(3_599_999)
    expect(log).toEqual([])
    expect(await after(1)).toEqual(E.right(undefined))
    expect(log).toEqual(['now'])
    expect(held()).toEqual(nothing)
  })

  it('ends at once when the scope fires, and does not run the program', async () => {
    const { log, note } = logbook()
    const { stop, after, held } = start(pipe(note('now'), delay('1 hour')))
    await after(10)
    stop()
    expect(held()).toEqual(nothing)
    expect(await after('2 hours')).toMatchObject({ left: { detail: 'stop', at: 10 } })
    expect(log).toEqual([])
  })

  it('does not run the program if the scope fires at that very instant', async () => {
    const { log, note } = logbook()
    expect(await start(pipe(note('now'), delay(10), within(Token.timeout(10)))).after(10)).toMatchObject({
      left: { _tag: 'TimedOut' },
    })
    expect(log).toEqual([])
  })

  it('of none runs the program, and of Infinity never', async () => {
    expect(await start(pipe(one, delay(0))).after(0)).toEqual(E.right(1))
    const { stop, after } = start(pipe(one, delay(Infinity)))
    expect(await after('1000 days')).toEqual(running)
    stop()
    expect(await after(0)).toMatchObject({ left: { detail: 'stop' } })
  })

  it.each([-1, NaN])('of %s is refused at once', (span) => {
    expect(() => delay(span)).toThrow(RangeError)
  })
})

describe('every', () => {
  /** A program that notes when it is started, and takes so much time. */
  const beating = (token: Token.Token<Token.Input>, takes: (beat: number) => number) => {
    const place = world(token)
    const { clock } = place
    const at: Array<number> = []
    const work = fromTaskEither(() => {
      at.push(clock.monotonic())
      return taking(clock, takes(at.length - 1), () => E.right(null))()
    })
    return { ...place, at, work }
  }

  it.each([0, 1, 300, 999, 1000])(
    'starts it at once and then on each beat, though it takes %s of 1000',
    async (takes) => {
      const { at, work, start } = beating(Token.never, () => takes)
      const { stop, after } = start(pipe(work, every('1 second')))
      expect(await after(4500)).toEqual(running)
      stop()
      await after(1000)
      expect(at).toEqual([0, 1000, 2000, 3000, 4000])
    },
  )

  it('keeps to its beats however unevenly the program takes its time, and skips those it runs over', async () => {
    const spans = [10, 990, 2500, 1, 3000, 7]
    const { at, work, start } = beating(Token.never, (beat) => spans[beat] ?? 0)
    const { stop, after } = start(pipe(work, every(1000)))
    await after(10_100)
    stop()
    await after(0)
    expect(at).toEqual([0, 1000, 2000, 5000, 6000, 9000, 10_000])
  })

  it('counts beats from when it was run', async () => {
    const { at, work, clock, start } = beating(Token.never, () => 0)
    await clock.settle(350)()
    const { stop, after } = start(pipe(work, every(1000)))
    await after(2500)
    stop()
    await after(0)
    expect(at).toEqual([350, 1350, 2350])
  })

  it('does not drift in a thousand beats, though their times are no whole numbers', async () => {
    const { at, work, start } = beating(Token.counter(1000), () => 0)
    const { after } = start(pipe(work, every(0.1)))
    expect(await after(200)).toMatchObject({ left: { _tag: 'CounterExhausted' } })
    expect(at).toHaveLength(1000)
    expect(at[999]).toBeCloseTo(99.9, 6)
  })

  it('ends with the first failure, or defect', async () => {
    let beats = 0
    const failing = guard(async () => (++beats < 3 ? E.right(null) : E.left('no')))
    const { after, held } = start(pipe(failing, every(10)))
    expect(await after(19)).toEqual(running)
    expect(await after(1)).toEqual(E.left('no'))
    expect(held()).toEqual(nothing)
    expect(await start(pipe(rejects, every(10))).after(0)).toEqual(defect(boom))
  })

  it('ends at once when the scope fires between beats', async () => {
    const { at, work, start } = beating(Token.never, () => 0)
    const { stop, after, held } = start(pipe(work, every(1000)))
    await after(1500)
    stop()
    expect(held()).toEqual(nothing)
    expect(await after(0)).toMatchObject({ left: { detail: 'stop', at: 1500 } })
    await after(5000)
    expect(at).toEqual([0, 1000])
  })

  it('ends when the scope fires while the program runs, once that has ended', async () => {
    const { at, work, start } = beating(Token.never, () => 100)
    const { stop, after } = start(pipe(work, every(1000)))
    await after(1050)
    stop()
    expect(await after(49)).toEqual(running)
    expect(await after(1)).toMatchObject({ left: { detail: 'stop' } })
    expect(at).toEqual([0, 1000])
  })

  it('within a counter of n runs the program n times, whatever guards it holds', async () => {
    const { at, work, start } = beating(Token.counter(3), () => 0)
    const guarded = pipe(
      one,
      RTE.flatMap(() => work),
      RTE.flatMap(() => one),
    )
    expect(await start(pipe(guarded, every(10))).after(100)).toMatchObject({ left: { _tag: 'CounterExhausted' } })
    expect(at).toEqual([0, 10, 20])
  })

  it.each([0, -1, NaN])('refuses a period of %s at once', (period) => {
    expect(() => every(period)).toThrow(RangeError)
  })
})
