/** Tokens that are open as long as a Scope of Effect, and what feeds them. */
import { Deferred, Effect, Fiber, PubSub, Queue, Stream } from 'effect'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AbortSignal as Signals, CancelScope, Token } from 'cantok-ts'
import { interruptWhen, link, open, openUnknown, toEffect } from 'cantok-ts/effect'
import { adjust, ending, fork, hasEnded, onClock, shown, test, turn, virtualTime } from './support.js'

const { any, budget, condition, idle, manual, timeout } = Token

const isCancelled = (scope: CancelScope.ScopeView): Effect.Effect<boolean> =>
  Effect.sync(CancelScope.isCancelled(scope))

const reasonOf = (scope: CancelScope.ScopeView) => {
  const fired = CancelScope.peek(scope)()
  return fired._tag === 'Some' ? fired.value : null
}

/** A scope that is closed says nothing more: its inputs change nothing. */
const isClosed = (scope: CancelScope.CancelScope<'manual:stop'>): boolean => !CancelScope.cancelInput(scope, 'stop')()

describe.each([
  ['open', (token: Token.Token<'manual:stop'>) => open(token)],
  ['link', (token: Token.Token<'manual:stop'>) => link([CancelScope.background], token)],
  ['openUnknown', (token: Token.Token<'manual:stop'>) => Effect.orDie(openUnknown(token))],
])('%s', (_, make) => {
  const stop = manual('stop')

  it.each([
    ['success', Effect.succeed(1), 'value 1'],
    ['failure', Effect.fail('no'), 'fail no'],
    ['a defect', Effect.die('bug'), 'die bug'],
    ['interruption', Effect.interrupt, 'interrupted'],
  ] as const)('is closed with the Scope: on %s', (_ending, end, expected) =>
    test(
      Effect.gen(function* () {
        let scope: CancelScope.CancelScope<'manual:stop'> | null = null
        const program = Effect.scoped(
          Effect.flatMap(make(stop), (opened) => {
            scope = opened
            expect(CancelScope.isCancelled(opened)()).toBe(false)
            return end
          }),
        )
        expect(yield* ending<unknown, unknown, never>(program)).toBe(expected)
        expect(isClosed(scope!)).toBe(true)
      }),
    ),
  )

  it('is open until then', () =>
    test(
      Effect.gen(function* () {
        const scope = yield* make(stop)
        expect(isClosed(scope)).toBe(false)
        expect(CancelScope.isCancelled(scope)()).toBe(true)
      }),
    ))

  it('is closed when its fiber is interrupted, and leaves no timer', async () => {
    const { clock: time, effectClock } = virtualTime()
    const program = Effect.scoped(Effect.flatMap(make(any(stop, timeout('1 hour'))), (scope) => toEffect(scope)))
    const fiber = Effect.runFork(onClock(program, effectClock))
    await time.settle(0)()
    expect(time.timers()).toBe(1)
    await Effect.runPromise(Fiber.interrupt(fiber))
    expect(time.timers()).toBe(0)
  })
})

describe('link', () => {
  it('fires as its parents do, and touches none', () =>
    test(
      Effect.gen(function* () {
        const parent = yield* open(manual('shutdown'))
        const child = yield* link([parent], any(timeout('1 hour'), manual('stop')))
        const other = yield* link([parent], timeout('3 hours'))
        yield* adjust('1 hour')
        expect([reasonOf(child)?._tag, reasonOf(other), reasonOf(parent)]).toEqual(['TimedOut', null, null])
        CancelScope.cancelInput(parent, 'shutdown')()
        expect(reasonOf(other)?._tag).toBe('Requested')
      }),
    ))
})

describe('openUnknown', () => {
  it.each([['x'], [null], [{ version: 1, token: { _tag: 'Never' } }]])('refuses what is no token, %o', (given) =>
    test(
      Effect.gen(function* () {
        // sound: what comes from outside may be anything
        const end = yield* ending(Effect.scoped(openUnknown(given as object as Token.Token<Token.Input>)))
        expect(end).toMatch(/^die .*token must be a token, but was/)
      }),
    ),
  )

  it('fails with the conditions that are missing', () =>
    test(
      Effect.gen(function* () {
        const token = any(condition('drained'), condition('empty'), condition('known'))
        const conditions = { known: Effect.succeed(false) }
        expect(yield* Effect.flip(openUnknown(token, { conditions }))).toEqual({
          _tag: 'MissingInputs',
          conditions: ['drained', 'empty'],
        })
        expect((yield* Effect.flip(openUnknown(condition('toString'))))._tag).toBe('MissingInputs')
      }),
    ))

  it('opens with effects as conditions, and feeds', () =>
    test(
      Effect.gen(function* () {
        const token: Token.Token<Token.Input> = any(condition('drained'), manual('stop'))
        const conditions = { drained: Effect.succeed(false) }
        const scope = yield* openUnknown(token, { conditions, inputs: { 'manual:stop': Effect.succeed('enough') } })
        yield* turn
        expect(reasonOf(scope)).toMatchObject({ _tag: 'Requested', detail: 'enough' })
      }),
    ))
})

describe('a caller without types', () => {
  // sound: as code without types may call it
  const untyped = { open, link, interruptWhen } as object as {
    readonly open: (token: unknown, world?: unknown) => Effect.Effect<unknown>
    readonly link: (parents: unknown, token: unknown, world?: unknown) => Effect.Effect<unknown>
    readonly interruptWhen: (
      token: unknown,
      world?: unknown,
    ) => (self: Effect.Effect<unknown>) => Effect.Effect<unknown>
  }

  it('who leaves out a condition gets a defect that names it', () =>
    test(
      Effect.gen(function* () {
        for (const program of [
          untyped.open(condition('drained')),
          untyped.open(condition('drained'), { conditions: {} }),
          untyped.link([], condition('drained')),
          untyped.interruptWhen(condition('drained'))(Effect.never),
        ])
          expect(yield* ending(Effect.scoped(program))).toMatch(/^die .*drained/)
      }),
    ))
})

describe('feeds', () => {
  /** What was logged, by the logger of either version. */
  const logged: Array<string> = []
  beforeEach(() => {
    logged.length = 0
    for (const name of ['log', 'error'] as const)
      vi.spyOn(console, name).mockImplementation((...parts) => void logged.push(parts.join(' ')))
  })
  afterEach(() => void vi.restoreAllMocks())

  it('of a manual input request it when they end; a text is the detail', () =>
    test(
      Effect.gen(function* () {
        const stop = yield* Deferred.make<string>()
        const scope = yield* open(manual('stop'), { inputs: { 'manual:stop': Deferred.await(stop) } })
        yield* turn
        expect(yield* isCancelled(scope)).toBe(false)
        yield* Deferred.succeed(stop, 'enough')
        yield* turn
        expect(reasonOf(scope)).toMatchObject({ _tag: 'Requested', detail: 'enough' })
      }),
    ))

  it('of a manual input request it when they fail or die; what of is the detail', () =>
    test(
      Effect.gen(function* () {
        const ends = [Effect.fail('no'), Effect.fail(new Error('broken')), Effect.succeed(1)]
        const details = ["'no'", 'broken', undefined]
        for (const [index, end] of ends.entries()) {
          const scope = yield* open(manual('stop'), {
            inputs: { 'manual:stop': end as Effect.Effect<number, unknown> },
          }) // sound: each is one
          yield* turn
          const reason = reasonOf(scope)
          expect(reason?._tag === 'Requested' ? [reason.detail] : null).toEqual([details[index]])
        }
      }),
    ))

  it('of a manual input say nothing when they are interrupted', () =>
    test(
      Effect.gen(function* () {
        const scope = yield* open(manual('stop'), { inputs: { 'manual:stop': Effect.interrupt } })
        yield* turn
        expect(yield* isCancelled(scope)).toBe(false)
      }),
    ))

  it('may be the end of a Stream', () =>
    test(
      Effect.gen(function* () {
        const events = Stream.fromEffect(Effect.delay(Effect.succeed(1), '1 hour'))
        const scope = yield* open(manual('ended'), { inputs: { 'manual:ended': Stream.runDrain(events) } })
        yield* adjust('59 minutes')
        expect(yield* isCancelled(scope)).toBe(false)
        yield* adjust('1 minute')
        yield* turn
        expect(yield* isCancelled(scope)).toBe(true)
      }),
    ))

  it('may be an AbortSignal', () =>
    test(
      Effect.gen(function* () {
        const controller = new AbortController()
        const aborted = toEffect(Signals.fromAbortSignal(controller.signal)())
        const scope = yield* open(manual('aborted'), { inputs: { 'manual:aborted': aborted } })
        yield* turn
        expect(yield* isCancelled(scope)).toBe(false)
        controller.abort(new Error('user left'))
        yield* turn
        expect(yield* isCancelled(scope)).toBe(true)
        const reason = yield* toEffect(scope)
        expect(reason._tag === 'Requested' && reason.detail).toBe('user left')
      }),
    ))

  it('of a manual that fail say of what', () =>
    test(
      Effect.gen(function* () {
        const detailAfter = (feed: Effect.Effect<unknown, unknown>) =>
          Effect.gen(function* () {
            const scope = yield* open(manual('stop'), { inputs: { 'manual:stop': feed } })
            const reason = yield* toEffect(scope)
            return reason._tag === 'Requested' ? reason.detail : reason
          })
        expect(yield* detailAfter(Effect.fail(new Error('no connection')))).toBe('no connection')
        expect(yield* detailAfter(Effect.fail({ _tag: 'Refused' }))).toBe('Refused')
        expect(yield* detailAfter(Effect.fail({ _tag: 'Done' }))).toBeUndefined()
        expect(yield* detailAfter(Effect.fail('text'))).toBe("'text'")
      }),
    ))

  it('of a budget spend what they succeed with, again and again', () =>
    test(
      Effect.gen(function* () {
        const sizes = yield* Queue.unbounded<number>()
        const scope = yield* open(budget('bytes', 100), { inputs: { 'budget:bytes': Queue.take(sizes) } })
        yield* Queue.offerAll(sizes, [40, 40, 19])
        yield* turn
        expect(yield* isCancelled(scope)).toBe(false)
        yield* Queue.offer(sizes, 1)
        yield* turn
        expect(reasonOf(scope)?._tag).toBe('BudgetSpent')
      }),
    ))

  it('may be what a PubSub publishes', () =>
    test(
      Effect.gen(function* () {
        const topic = yield* PubSub.unbounded<number>()
        const subscription = yield* PubSub.subscribe(topic)
        // in version 3 a subscription is a queue
        const take = Effect.suspend(
          () =>
            'take' in PubSub ? PubSub.take(subscription) : Queue.take(subscription as object as Queue.Dequeue<number>), // sound: there
        )
        const scope = yield* open(budget('bytes', 3), { inputs: { 'budget:bytes': take } })
        yield* PubSub.publish(topic, 2)
        yield* turn
        expect(yield* isCancelled(scope)).toBe(false)
        yield* PubSub.publish(topic, 1)
        yield* turn
        expect(yield* isCancelled(scope)).toBe(true)
      }),
    ))

  it('of an idle beat whenever they succeed', () =>
    test(
      Effect.gen(function* () {
        const beats = yield* Queue.unbounded<string>()
        const scope = yield* open(idle('upstream', '1 minute'), { inputs: { 'idle:upstream': Queue.take(beats) } })
        for (let minutes = 0; minutes < 3; minutes++) {
          yield* adjust('50 seconds')
          yield* Queue.offer(beats, 'here')
          yield* turn
        }
        expect(yield* isCancelled(scope)).toBe(false)
        yield* adjust('60 seconds')
        expect(reasonOf(scope)?._tag).toBe('Stalled')
      }),
    ))

  it.each([-1, NaN, 'one' as unknown as number])(
    // sound: as code without types may
    'of a budget end with an amount that is none: %s',
    (amount) =>
      test(
        Effect.gen(function* () {
          const sizes = yield* Queue.unbounded<number>()
          const scope = yield* open(budget('bytes', 3), { inputs: { 'budget:bytes': Queue.take(sizes) } })
          yield* Queue.offerAll(sizes, [1, amount, 3])
          yield* turn
          expect(yield* isCancelled(scope)).toBe(false)
          expect(
            logged.filter((line) => line.includes('budget:bytes is fed no more') && line.includes('amount')),
          ).toHaveLength(1)
          // nobody takes them any more
          expect(yield* Queue.size(sizes)).toBe(1)
        }),
      ),
  )

  it('that fail, die or lose their queue feed no more, and end nothing else', () =>
    test(
      Effect.gen(function* () {
        const sizes = yield* Queue.unbounded<number>()
        let beats = 0
        const failing = Effect.suspend(() => (++beats < 3 ? Effect.void : Effect.fail('no more')))
        const scope = yield* open(any(budget('bytes', 3), idle('io', '1 minute'), idle('other', '1 hour')), {
          inputs: { 'budget:bytes': Queue.take(sizes), 'idle:io': failing, 'idle:other': Effect.die('bug') },
        })
        yield* turn
        expect(beats).toBe(3)
        // a failure is no error of the program, a defect is
        expect(logged).toHaveLength(1)
        expect(logged[0]).toMatch(/idle:other is fed no more.*bug/s)
        yield* Queue.shutdown(sizes)
        yield* turn
        expect(yield* isCancelled(scope)).toBe(false)
        yield* adjust('1 minute')
        expect(reasonOf(scope)?._tag).toBe('Stalled')
      }),
    ))

  it('are interrupted when the scope is closed, which waits for them', () =>
    test(
      Effect.gen(function* () {
        const log: Array<string> = []
        const feed = Effect.ensuring(
          Effect.never,
          Effect.andThen(
            Effect.sleep('1 second'),
            Effect.sync(() => void log.push('ended')),
          ),
        )
        const fiber = yield* fork(
          Effect.scoped(Effect.andThen(open(manual('stop'), { inputs: { 'manual:stop': feed } }), turn)),
        )
        yield* Effect.andThen(turn, turn)
        expect([log, hasEnded(fiber)]).toEqual([[], false])
        yield* adjust('1 second')
        yield* Fiber.join(fiber)
        expect(log).toEqual(['ended'])
      }),
    ))

  it('end with the effect that they limit, however it ends', () =>
    test(
      Effect.gen(function* () {
        const log: Array<string> = []
        const feed = Effect.ensuring(
          Effect.never,
          Effect.sync(() => void log.push('ended')),
        )
        const limited = interruptWhen(any(manual('stop'), timeout('1 minute')), { inputs: { 'manual:stop': feed } })
        expect(yield* ending(limited(Effect.andThen(turn, Effect.succeed(1))))).toBe('value 1')
        expect(yield* ending(limited(Effect.andThen(turn, Effect.fail('no'))))).toBe('fail no')
        const cut = yield* fork(ending(limited(Effect.never)))
        yield* adjust('1 minute')
        expect(yield* Fiber.join(cut)).toBe('fail TimedOut')
        const interrupted = yield* fork(limited(Effect.never))
        yield* turn
        yield* Fiber.interrupt(interrupted)
        expect(shown(yield* Fiber.await(interrupted))).toBe('interrupted')
        expect(log).toHaveLength(4)
      }),
    ))

  it('cut the effect that they limit', () =>
    test(
      Effect.gen(function* () {
        const stop = yield* Deferred.make<string>()
        const limited = interruptWhen(manual('stop'), { inputs: { 'manual:stop': Deferred.await(stop) } })
        const fiber = yield* fork(Effect.flip(limited(Effect.never)))
        yield* turn
        yield* Deferred.succeed(stop, 'enough')
        expect(yield* Fiber.join(fiber)).toMatchObject({ _tag: 'Requested', detail: 'enough' })
      }),
    ))

  it('that are undefined feed nothing', () =>
    test(
      Effect.gen(function* () {
        const maybe: { readonly 'manual:stop'?: Effect.Effect<string> } = {}
        const scope = yield* openUnknown(manual('stop'), {
          inputs: maybe as { readonly [input: string]: Effect.Effect<string> }, // sound: none of it is there
        })
        yield* turn
        expect(yield* isCancelled(scope)).toBe(false)
      }),
    ))
})
