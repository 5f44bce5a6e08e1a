/** Streams under tokens: what they emit, when and how they end, and that they have let go of everything by then. */
import { Clock, Deferred, Effect, Exit, Fiber, Queue, Stream } from 'effect'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Analysis, CancelScope, Token } from 'cantok-ts'
import { open } from 'cantok-ts/effect'
import { haltStreamBy, haltStreamWhen, interruptStreamBy, interruptStreamWhen } from 'cantok-ts/effect4'
import { token as arbitraryToken } from 'cantok-ts/testing'
import { adjust, ending, endingWithin, fork, shown, test, turn } from './support.js'

const { any, cancelled, condition, counter, manual, never, timeout } = Token

type Log = Array<string>

const say = (log: Log, what: string): Effect.Effect<void> =>
  Effect.map(Clock.currentTimeMillis, (now) => void log.push(`${what} at ${now}`))

/** Emits its elements one by one, each after a while, and says when it is let go of. */
const ticking = (log: Log, delays: ReadonlyArray<number>): Stream.Stream<number> =>
  Stream.fromIterable(delays).pipe(
    Stream.rechunk(1),
    Stream.mapEffect((delay) => Effect.as(Effect.sleep(delay), delay)),
    Stream.ensuring(say(log, 'released')),
  )

const collected =
  (log: Log, busy = 0) =>
  <E, R>(stream: Stream.Stream<number, E, R>): Effect.Effect<void, E, R> =>
    Stream.runForEach(stream, (each) => Effect.andThen(say(log, `got ${each}`), Effect.sleep(busy)))

describe('interruptStreamWhen', () => {
  it('fails with the reason while the stream waits for more; what was emitted stays, and it has been let go of', () =>
    test(
      Effect.gen(function* () {
        const log: Log = []
        const limited = interruptStreamWhen(timeout(25))(ticking(log, [10, 10, 10]))
        expect(yield* endingWithin(100, collected(log)(limited))).toBe('fail TimedOut at 25')
        expect(log).toEqual(['got 10 at 10', 'got 10 at 20', 'released at 25'])
      }),
    ))

  it('leaves a stream that ends before as it is, and its failure too', () =>
    test(
      Effect.gen(function* () {
        const log: Log = []
        const limited = interruptStreamWhen(timeout(25))
        expect(yield* endingWithin(100, collected(log)(limited(ticking(log, [10, 10]))))).toBe('value undefined at 20')
        expect(log).toEqual(['got 10 at 10', 'got 10 at 20', 'released at 20'])
        expect(yield* ending(Stream.runCollect(limited(Stream.fail('own'))))).toBe('fail own at 20')
        expect(yield* ending(Stream.runDrain(limited(Stream.die('bug'))))).toBe('die bug at 20')
        expect(yield* Stream.runCollect(limited(Stream.range(1, 10_000)))).toHaveLength(10_000)
      }),
    ))

  it('does not start a stream under a token that has fired', () =>
    test(
      Effect.gen(function* () {
        const log: Log = []
        const limited = Stream.unwrap(Effect.as(say(log, 'started'), Stream.make(1))).pipe(
          interruptStreamWhen(cancelled()),
        )
        expect(yield* ending(Stream.runDrain(limited))).toBe('fail Requested at 0')
        expect(log).toEqual([])
      }),
    ))

  it('opens the token when the stream starts, once more each time', () =>
    test(
      Effect.gen(function* () {
        const log: Log = []
        const limited = interruptStreamWhen(timeout(15))(ticking(log, [10, 10]))
        yield* adjust(100)
        expect(yield* endingWithin(50, collected(log)(limited))).toBe('fail TimedOut at 115')
        expect(yield* endingWithin(50, collected(log)(limited))).toBe('fail TimedOut at 130')
      }),
    ))

  it('has let go before what comes after it hears of it', () =>
    test(
      Effect.gen(function* () {
        const log: Log = []
        const next = Stream.fromEffect(Effect.as(say(log, 'next'), 0))
        const limited = ticking(log, [10, 10]).pipe(
          interruptStreamWhen(timeout(15)),
          Stream.catchTag('TimedOut', () => next),
        )
        expect(yield* endingWithin(50, collected(log)(limited))).toBe('value undefined at 15')
        expect(log).toEqual(['got 10 at 10', 'released at 15', 'next at 15', 'got 0 at 15'])
      }),
    ))

  it('has let go before what is around it does, also where it ends between two elements', () =>
    test(
      Effect.gen(function* () {
        const token = any(timeout(15), manual('stop'))
        for (const limitWhen of [interruptStreamWhen, haltStreamWhen]) {
          const log: Log = []
          const feed = Effect.onInterrupt(Effect.never, () => say(log, 'feed ended'))
          const limit = limitWhen(token, { inputs: { 'manual:stop': feed } })
          const limited = Stream.ensuring(limit(ticking(log, [10, 10])), say(log, 'around'))
          yield* endingWithin(50, collected(log, 10)(limited))
          expect(log.map((line) => line.replace(/ at .*/, ''))).toEqual(['got 10', 'released', 'feed ended', 'around'])
        }
      }),
    ))

  it('is closed with its feeds when the stream ends, not only when all is over', () =>
    test(
      Effect.gen(function* () {
        const log: Log = []
        const feed = Effect.onInterrupt(Effect.never, () => say(log, 'feed ended'))
        const limited = ticking(log, [10]).pipe(
          interruptStreamWhen(manual('stop'), { inputs: { 'manual:stop': feed } }),
          Stream.concat(ticking(log, [20])),
        )
        expect(yield* endingWithin(50, collected(log)(limited))).toBe('value undefined at 30')
        expect(log).toEqual(['got 10 at 10', 'released at 10', 'feed ended at 10', 'got 20 at 30', 'released at 30'])
      }),
    ))

  it('hears effects that feed it, and asks conditions', () =>
    test(
      Effect.gen(function* () {
        const log: Log = []
        const orders = yield* Queue.unbounded<string>()
        const fed = interruptStreamWhen(manual('stop'), { inputs: { 'manual:stop': Queue.take(orders) } })(Stream.never)
        const fiber = yield* fork(ending(Stream.runDrain(fed)))
        yield* adjust(5)
        yield* Queue.offer(orders, 'enough')
        yield* turn
        expect(yield* Fiber.join(fiber)).toBe('fail Requested at 5')
        let full = false
        const asked = interruptStreamWhen(condition('full'), { conditions: { full: () => full } })(
          ticking(log, [10, 10]),
        )
        const run = collected(log)(Stream.tap(asked, () => Effect.sync(() => (full = true))))
        expect(yield* endingWithin(50, run)).toMatch(/^fail ConditionMet at 1[56]$/)
      }),
    ))

  it('stays interrupted where it is interrupted from outside', () =>
    test(
      Effect.gen(function* () {
        const log: Log = []
        const scope = yield* open(any(timeout(100), manual('stop')))
        const fiber = yield* fork(collected(log)(interruptStreamBy(scope)(ticking(log, [10, 10]))))
        yield* adjust(15)
        yield* Fiber.interrupt(fiber)
        expect(shown(fiber.pollUnsafe() ?? Exit.void)).toBe('interrupted')
        expect(log).toEqual(['got 10 at 10', 'released at 15'])
      }),
    ))

  it('lets what is uninterruptible come to its end', () =>
    test(
      Effect.gen(function* () {
        const log: Log = []
        const limited = Stream.fromEffect(Effect.uninterruptible(Effect.as(Effect.sleep(20), 1))).pipe(
          Stream.concat(Stream.make(2)),
          interruptStreamWhen(timeout(10)),
        )
        expect(yield* endingWithin(50, collected(log)(limited))).toBe('fail TimedOut at 20')
        expect(log).toEqual([])
      }),
    ))

  it('says what finalizers die of beside the reason', () =>
    test(
      Effect.gen(function* () {
        const dying = Stream.fromEffect(Effect.onInterrupt(Effect.never, () => Effect.die('of it')))
        expect(yield* endingWithin(50, Stream.runDrain(interruptStreamWhen(timeout(10))(dying)))).toBe(
          'fail TimedOut, die of it at 10',
        )
      }),
    ))

  it('dies of what a condition throws', () =>
    test(
      Effect.gen(function* () {
        const conditions = {
          broken: (): boolean => {
            throw new Error('broken')
          },
        }
        const limited = interruptStreamWhen(condition('broken', { onError: 'throw' }), { conditions })(Stream.never)
        expect(yield* endingWithin(5, Stream.runDrain(limited))).toBe('die broken at 0')
      }),
    ))
})

describe('interruptStreamBy', () => {
  it('is one scope for several streams, and leaves no listener', () =>
    test(
      Effect.gen(function* () {
        const scope = CancelScope.open(manual('stop'))()
        const both = [1, 2].map(() => fork(ending(Stream.runDrain(interruptStreamBy(scope)(Stream.never)))))
        const fibers = yield* Effect.all(both)
        yield* turn
        CancelScope.cancelInput(scope, 'stop')()
        yield* turn
        for (const fiber of fibers) expect(yield* Fiber.join(fiber)).toBe('fail Requested at 0')
      }),
    ))

  it('looks from outside: direct counters do not tick', () =>
    test(
      Effect.gen(function* () {
        const scope = CancelScope.open(counter(2))()
        const stream = Stream.rechunk(Stream.range(1, 9), 1)
        expect(yield* Stream.runCollect(interruptStreamBy(scope)(stream))).toHaveLength(9)
        expect(yield* Stream.runCollect(haltStreamBy(scope)(stream))).toHaveLength(9)
      }),
    ))
})

describe('haltStreamWhen', () => {
  it('ends a stream, and lets what is on its way come', () =>
    test(
      Effect.gen(function* () {
        const log: Log = []
        const limited = haltStreamWhen(timeout(15))(ticking(log, [10, 10, 10]))
        expect(yield* endingWithin(100, collected(log)(limited))).toBe('value undefined at 20')
        expect(log).toEqual(['got 10 at 10', 'got 10 at 20', 'released at 20'])
      }),
    ))

  it('does not start a stream whose time is over, and leaves failures as they are', () =>
    test(
      Effect.gen(function* () {
        const log: Log = []
        expect(yield* ending(collected(log)(haltStreamWhen(cancelled())(ticking(log, [10]))))).toBe(
          'value undefined at 0',
        )
        expect(log).toEqual([])
        expect(yield* ending(Stream.runDrain(haltStreamWhen(never)(Stream.fail('own'))))).toBe('fail own at 0')
      }),
    ))
})

// -------------------------------------------------------------------------------------
// against a model
// -------------------------------------------------------------------------------------

interface Case {
  readonly token: Token.Token
  readonly delays: ReadonlyArray<number>
  readonly busy: number
}

/** Tokens of time alone, whose spans are even. */
const timed = arbitraryToken({ leaves: ['Never', 'Cancelled', 'Timeout', 'Deadline'], maxDepth: 3, minInstant: 0 }).map(
  Token.fold<Token.Token>({
    Never: () => never,
    Cancelled: () => cancelled(),
    Timeout: ({ duration }) => timeout(duration * 2),
    Deadline: ({ instant }) => Token.deadline(instant * 2),
    Manual: () => never,
    Counter: () => never,
    Condition: () => never,
    Budget: () => never,
    Idle: () => never,
    Any: (_, parts) => any(...parts),
    All: (_, parts) => Token.all(...parts),
    AndThen: (_, first, second) => Token.andThen(first, second),
    Labelled: (_, part) => part,
  }),
)

/** Elements come at odd times, for nothing says which of two things at one time comes first. */
const cases: fc.Arbitrary<Case> = fc.record({
  token: timed,
  delays: fc
    .array(fc.nat(5), { maxLength: 6 })
    .map((delays) => delays.map((delay, index) => delay * 2 + (index === 0 ? 1 : 0))),
  busy: fc.constantFrom(0, 0, 2, 6),
})

/** What a stream is to do under a token that fires at a time. */
const expected = ({ token, delays, busy }: Case, interrupts: boolean): ReadonlyArray<string> => {
  const { earliest: end } = Analysis.bounds(token, 0)
  const log: Log = []
  let now = 0
  for (const delay of [...delays, 0]) {
    if (end <= now) return [...log, interrupts ? `fail at ${now}` : `value at ${now}`]
    if (log.length === delays.length) break
    if (interrupts && end < now + delay) return [...log, `fail at ${end}`]
    now += delay
    log.push(`got ${delay} at ${now}`)
    now += busy
  }
  return [...log, `value at ${now}`]
}

describe.each([true, false])('agrees with a model of streams, interrupting: %s', (interrupts) => {
  it('on what comes, when, and on the end', async () => {
    let cut = 0
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        const log: Log = []
        const stream = ticking(log, given.delays)
        const limited: Stream.Stream<number, unknown> = interrupts
          ? interruptStreamWhen(given.token)(stream)
          : haltStreamWhen(given.token)(stream)
        const end = await test(endingWithin(200, collected(log, given.busy)(limited)))
        const [how, when] = [end.split(' ')[0], end.split(' at ')[1]]
        const elements = log.filter((line) => line.startsWith('got'))
        const model = expected(given, interrupts)
        expect([...elements, `${how} at ${when}`]).toEqual(model)
        if (elements.length > 0 && elements.length < given.delays.length) cut++
        // let go of exactly once, if it ever began, and by the end
        const released = log.filter((line) => line.startsWith('released'))
        expect(released.length).toBe(Analysis.bounds(given.token, 0).earliest > 0 ? 1 : 0)
      }),
      { numRuns: 300 },
    )
    expect(cut).toBeGreaterThan(20)
  })
})

describe('a stream that is cut in the middle of a chunk', () => {
  it('keeps what was ready in the same turn', () =>
    test(
      Effect.gen(function* () {
        const stop = yield* Deferred.make<void>()
        const scope = yield* open(manual('stop'), { inputs: { 'manual:stop': Deferred.await(stop) } })
        const stream = Stream.make(1, 2, 3).pipe(Stream.concat(Stream.never), interruptStreamBy(scope))
        const seen: Array<number> = []
        const run = Stream.runForEach(stream, (each) =>
          Effect.andThen(
            Deferred.succeed(stop, undefined),
            Effect.sync(() => seen.push(each)),
          ),
        )
        expect(yield* ending(run)).toBe('fail Requested at 0')
        expect(seen).toEqual([1, 2, 3])
      }),
    ))
})
