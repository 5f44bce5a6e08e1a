/** Programs that run together: traverse and race. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Cancellable, Token } from 'cantok-ts'
import { boom, defect, endless, logbook, nothing, running, start, stopped, taking, world } from './running.js'

const { bracket, checkpoint, delay, fromTaskEither, guard, onCancelled, race, run, traverse, within } = Cancellable

type Program<E, A> = Cancellable.Cancellable<E, A>

const fails: Program<string, never> = guard(TE.left('no'))
const rejects: Program<never, never> = guard(() => Promise.reject(boom))
const throws = (): never => {
  throw boom
}

/** A program that notes when it starts and when it has ended, whatever happens to it. */
const noting = (
  { note }: ReturnType<typeof logbook>,
  name: string | number,
  use: Program<string, number>,
  closing: string | number = 0,
) =>
  bracket(
    note(`+${name}`),
    () => use,
    () => pipe(note(`-${name}`), delay(closing)),
  )

const items = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, index) => index)

describe('traverse', () => {
  it('gives the values in the order of the items, whichever is first', async () => {
    const { clock, start } = world()
    const program = pipe(
      [30, 10, 20],
      traverse()((span, index) => guard(taking(clock, span, () => E.right(`${index}: ${span}`)))),
    )
    expect(await start(program).after(30)).toEqual(E.right(['0: 30', '1: 10', '2: 20']))
  })

  it('of no items is an empty list', async () => {
    expect(
      await start(
        pipe(
          [],
          traverse()(() => endless),
        ),
      ).after(0),
    ).toEqual(E.right([]))
    expect(
      await start(
        pipe(
          [],
          traverse({ concurrency: 3 })(() => endless),
        ),
      ).after(0),
    ).toEqual(E.right([]))
  })

  it.each([1, 2, 3, 7, 10, 11, Infinity])('runs as many at a time as it may: %s of 10', async (concurrency) => {
    let running = 0
    let most = 0
    const { clock, start } = world()
    const counted = (n: number) =>
      fromTaskEither(async () => {
        most = Math.max(most, ++running)
        const result = await taking(clock, 10 + (n % 3), () => E.right(n))()
        running--
        return result
      })
    const { after } = start(pipe(items(10), traverse({ concurrency })(counted)))
    expect(await after(1000)).toEqual(E.right(items(10)))
    expect(most).toBe(Math.min(concurrency, 10))
  })

  it('starts the next as soon as one has ended', async () => {
    const book = logbook()
    const { clock, start } = world()
    const spans = [30, 10, 10, 10]
    const program = pipe(
      spans,
      traverse({ concurrency: 2 })((span, n) => noting(book, n, guard(taking(clock, span, () => E.right(n))))),
    )
    await start(program).after(100)
    expect(book.log).toEqual(['+0', '+1', '-1', '+2', '-2', '+3', '-0', '-3'])
  })

  it.each([0, -1, 1.5, NaN])('refuses a concurrency of %s at once', (concurrency) => {
    expect(() => traverse({ concurrency })).toThrow(
      new RangeError(`concurrency must be a whole number, 1 or more, or Infinity, but was ${concurrency}`),
    )
  })

  it('ends with the first failure in time, not in the order of the items', async () => {
    const { clock, start } = world()
    const late = (span: number) => fromTaskEither(taking(clock, span, () => E.left(`after ${span}`)))
    expect(await start(pipe([30, 10, 20], traverse()(late))).after(30)).toEqual(E.left('after 10'))
  })

  it.each<[string, Program<string, never>, unknown]>([
    ['failure', fails, E.left('no')],
    ['rejection', rejects, defect(boom)],
    ['program that throws', throws, defect(boom)],
    ['reason of a scope within', pipe(endless, within(Token.timeout(0))), { left: { _tag: 'TimedOut' } }],
  ])('after the first %s starts no other, cancels what runs, and waits for it', async (_, failing, ended) => {
    const book = logbook()
    const failingAt2 = (n: number) => noting(book, n, n === 2 ? pipe(failing, delay(50)) : endless, n === 0 ? 100 : 0)
    const { after, held } = start(pipe(items(10), traverse({ concurrency: 3 })(failingAt2)))
    expect(await after(50)).toEqual(running)
    expect(book.log).toEqual(['+0', '+1', '+2', '-2', '-1'])
    expect(await after(99)).toEqual(running)
    expect(await after(1)).toMatchObject(ended as object)
    expect(book.log).toEqual(['+0', '+1', '+2', '-2', '-1', '-0'])
    expect(held()).toEqual(nothing)
  })

  it('takes a function that throws for a defect of that item', async () => {
    const book = logbook()
    const f = (n: number) => (n === 1 ? throws() : noting(book, n, endless))
    expect(await start(pipe(items(5), traverse({ concurrency: 2 })(f))).after(0)).toEqual(defect(boom))
    expect(book.log).toEqual(['+0', '-0'])
  })

  it('ends with the reason once the scope around has fired, and starts no other', async () => {
    const book = logbook()
    const program = pipe(
      items(10),
      traverse({ concurrency: 2 })((n) => noting(book, n, endless, 100)),
    )
    const { stop, after } = start(program)
    await after(10)
    stop()
    expect(await after(99)).toEqual(running)
    expect(await after(1)).toEqual({ ...stopped, left: { ...stopped.left, at: 10 } })
    expect(book.log).toEqual(['+0', '+1', '-0', '-1'])
  })

  it('cancels those that run with a reason of its own, which is not the result', async () => {
    const seen: Array<unknown> = []
    const told = pipe(
      endless,
      onCancelled((reason) => fromTaskEither(TE.fromIO(() => void seen.push(reason)))),
    )
    const program = pipe(
      [pipe(fails, delay(10)), told],
      traverse()((each) => each),
    )
    expect(await start(program).after(10)).toEqual(E.left('no'))
    expect(seen).toMatchObject([{ _tag: 'Requested', detail: 'another of those that run together has failed' }])
  })

  it('polls for checkpoints in all of them together', async () => {
    const { start } = world(Token.counter(3))
    const program = pipe(
      items(5),
      traverse({ concurrency: 1 })(() => checkpoint),
    )
    expect(await start(program).after(0)).toMatchObject({ left: { _tag: 'CounterExhausted' } })
    const enough = world(Token.counter(5)).start(program)
    expect(await enough.after(0)).toEqual(E.right(items(5).map(() => undefined)))
  })

  it.each([1, 10, Infinity])('takes 100,000 items, %s at a time', async (concurrency) => {
    const many = items(100_000)
    const { scope } = world(Token.timeout('1 hour'))
    const program = pipe(
      many,
      traverse({ concurrency })((n) => guard(TE.right(n))),
    )
    const result = await run(scope)(program)()
    expect(result._tag === 'Right' && result.right.length).toBe(100_000)
    expect(result._tag === 'Right' && result.right.every((n, index) => n === index)).toBe(true)
  })

  it('cancels 100,000 that run', async () => {
    const { stop, after } = start(
      pipe(
        items(100_000),
        traverse()(() => endless),
      ),
    )
    await after(0)
    stop()
    expect(await after(0)).toMatchObject({ left: { detail: 'stop' } })
  })

  it('keeps its promises in whatever order the items end', async () => {
    const results = fc.array(fc.constantFrom('Right' as const, 'Right' as const, 'Right' as const, 'Left' as const), {
      maxLength: 8,
    })
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), results, fc.integer({ min: 1, max: 4 }), async (s, tags, concurrency) => {
        const { scope } = world()
        let running = 0
        let most = 0
        const ends: Array<number> = []
        const starts: Array<number> = []
        let startedAfterFailure = false
        const item = (tag: 'Left' | 'Right', index: number) =>
          fromTaskEither(async (): Promise<E.Either<number, number>> => {
            starts.push(index)
            startedAfterFailure ||= ends.some((ended) => tags[ended] === 'Left')
            most = Math.max(most, ++running)
            await s.schedule(Promise.resolve(), `item ${index}`)
            running--
            ends.push(index)
            return tag === 'Left' ? E.left(index) : E.right(index)
          })
        const program = run(scope)(pipe(tags, traverse({ concurrency })(item)))
        const result = await s.waitFor(program())
        const firstFailed = ends.find((index) => tags[index] === 'Left')
        expect(most).toBeLessThanOrEqual(concurrency)
        expect(running).toBe(0)
        expect(starts).toEqual(items(starts.length))
        expect(startedAfterFailure).toBe(false)
        const expected = firstFailed === undefined ? E.right(items(tags.length)) : E.left(firstFailed)
        expect(result).toEqual(expected)
      }),
      { numRuns: 300 },
    )
  })
})

describe('race', () => {
  it('ends with the first value', async () => {
    const { clock, start } = world()
    const after = (span: number) => guard(taking(clock, span, () => E.right(span)))
    expect(await start(race(after(30), after(10), after(20))).after(30)).toEqual(E.right(10))
  })

  it('of one is that one', async () => {
    expect(await start(race(guard(TE.right(1)))).after(0)).toEqual(E.right(1))
    expect(await start(race(fails)).after(0)).toEqual(E.left('no'))
  })

  it.each<[string, Program<string, never>, unknown]>([
    ['fails', fails, E.left('no')],
    ['rejects', rejects, defect(boom)],
    ['throws', throws, defect(boom)],
    ['runs out of time', pipe(endless, within(Token.timeout(0))), { left: { _tag: 'TimedOut' } }],
  ])('ends with what comes first also if that %s', async (_, failing, ended) => {
    const { after, held } = start(race(endless, failing, pipe(guard(TE.right(1)), delay(10))))
    expect(await after(0)).toMatchObject(ended as object)
    expect(held()).toEqual(nothing)
  })

  it('cancels the others, waits for them, and ignores how they end', async () => {
    const book = logbook()
    const { after } = start(
      race(
        noting(book, 'loser', endless, 100),
        noting(
          book,
          'failing',
          pipe(
            endless,
            RTE.orElse(() => fails),
          ),
        ),
        pipe(guard(TE.right(1)), delay(10)),
      ),
    )
    expect(await after(10)).toEqual(running)
    expect(book.log).toEqual(['+loser', '+failing', '-failing'])
    expect(await after(99)).toEqual(running)
    expect(await after(1)).toEqual(E.right(1))
    expect(book.log).toEqual(['+loser', '+failing', '-failing', '-loser'])
  })

  it('waits for a loser that is not to be left alone', async () => {
    const { clock, start } = world()
    const kept = fromTaskEither(taking(clock, 100, () => E.right('kept')))
    const { after } = start(race(kept, guard(TE.right('first'))))
    expect(await after(99)).toEqual(running)
    expect(await after(1)).toEqual(E.right('first'))
  })

  it('cancels the losers with a reason of its own, which is not the result', async () => {
    const seen: Array<unknown> = []
    const told = pipe(
      endless,
      onCancelled((reason) => fromTaskEither(TE.fromIO(() => void seen.push(reason)))),
    )
    expect(await start(race(told, guard(TE.right(1)))).after(0)).toEqual(E.right(1))
    expect(seen).toMatchObject([{ _tag: 'Requested', detail: 'another of those that race has come first' }])
  })

  it('of none waits for the scope to fire', async () => {
    const { stop, after } = start(race())
    expect(await after('1 hour')).toEqual(running)
    stop()
    expect(await after(0)).toMatchObject({ left: { detail: 'stop' } })
  })

  it('ends with the reason once the scope around has fired, when all have ended', async () => {
    const book = logbook()
    const { stop, after } = start(race(noting(book, 'a', endless, 10), noting(book, 'b', endless, 20)))
    await after(0)
    stop()
    expect(await after(19)).toEqual(running)
    expect(await after(1)).toEqual(stopped)
    expect(book.log).toEqual(['+a', '+b', '-a', '-b'])
  })

  it('has one winner in whatever order they end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }), async (s, succeed) => {
        const { scope } = world()
        const ends: Array<number> = []
        const contenders = succeed.map((succeeds, index) =>
          fromTaskEither(async (): Promise<E.Either<number, number>> => {
            await s.schedule(Promise.resolve(), `contender ${index}`)
            ends.push(index)
            return succeeds ? E.right(index) : E.left(index)
          }),
        )
        const result = await s.waitFor(run(scope)(race(...contenders))())
        expect(ends).toHaveLength(succeed.length)
        expect(result).toEqual(succeed[ends[0]!]! ? E.right(ends[0]) : E.left(ends[0]))
      }),
      { numRuns: 300 },
    )
  })
})
