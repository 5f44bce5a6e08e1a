/** Effects that tokens and scopes cut short: when, with what answer, and with what done by then. */
import { Cause, Deferred, Effect, Fiber, Option } from 'effect'
import * as effect from 'effect'
import { describe, expect, it } from 'vitest'
import { CancelScope, Token } from 'cantok-ts'
import { interruptBy, interruptWhen, interruptWhenFail, interruptWhenOption, open } from 'cantok-ts/effect'
import { adjust, ending, fork, hasEnded, onClock, shown, test, turn, version, virtualTime } from './support.js'

const { any, cancelled, condition, manual, never, timeout } = Token

const logged = () => {
  const log: Array<string> = []
  const note = (what: string): Effect.Effect<void> => Effect.sync(() => void log.push(what))
  return { log, note }
}

/** Starts it, lets an hour pass, and tells how it has ended. */
const anHourOf = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* fork(ending(self))
    yield* adjust('1 hour')
    return hasEnded(fiber) ? yield* Fiber.join(fiber) : 'still runs'
  })

const limited = interruptWhen(timeout('1 minute'))

describe('an effect under a token', () => {
  it('that ends by itself is as without it', () =>
    test(
      Effect.gen(function* () {
        expect(yield* ending(limited(Effect.succeed(1)))).toBe('value 1')
        expect(yield* ending(limited(Effect.fail('no')))).toBe('fail no')
        expect(yield* ending(limited(Effect.die('bug')))).toBe('die bug')
        expect(yield* ending(limited(Effect.interrupt))).toBe('interrupted')
        expect(yield* anHourOf(limited(Effect.delay(Effect.succeed(2), '59 seconds')))).toBe('value 2')
        expect(yield* anHourOf(limited(Effect.delay(Effect.fail('later'), '59 seconds')))).toBe('fail later')
        expect(yield* anHourOf(limited(Effect.delay(Effect.die('late bug'), '59 seconds')))).toBe('die late bug')
        expect(yield* anHourOf(limited(Effect.delay(Effect.interrupt, '59 seconds')))).toBe('interrupted')
      }),
    ))

  it('has run its finalizers, innermost first, when it is over; what comes next comes next', () =>
    test(
      Effect.gen(function* () {
        const { log, note } = logged()
        const inner = Effect.ensuring(Effect.never, Effect.andThen(Effect.sleep('2 minutes'), note('inner')))
        const outer = Effect.onInterrupt(inner, () => note('outer'))
        const program = Effect.catchTag(limited(outer), 'TimedOut', () => note('next'))
        const fiber = yield* fork(program)
        yield* adjust('61 seconds')
        expect([log, hasEnded(fiber)]).toEqual([[], false])
        yield* adjust('2 minutes')
        expect(log).toEqual(['inner', 'outer', 'next'])
      }),
    ))

  it('gives back its resources before it is over', () =>
    test(
      Effect.gen(function* () {
        const { log, note } = logged()
        const held = Effect.acquireRelease(Effect.as(note('acquired'), 1), () => note('released'))
        const use = Effect.scoped(Effect.andThen(held, Effect.never))
        expect(yield* anHourOf(Effect.ensuring(limited(use), note('over')))).toBe('fail TimedOut')
        expect(log).toEqual(['acquired', 'released', 'over'])
      }),
    ))

  it('keeps the resources of a scope around it until that closes', () =>
    test(
      Effect.gen(function* () {
        const { log, note } = logged()
        const held = Effect.acquireRelease(Effect.as(note('acquired'), 1), () => note('released'))
        yield* Effect.scoped(
          Effect.gen(function* () {
            expect(yield* anHourOf(limited(Effect.andThen(held, Effect.never)))).toBe('fail TimedOut')
            yield* note('over')
          }),
        )
        expect(log).toEqual(['acquired', 'over', 'released'])
      }),
    ))

  it('waits for an acquisition, which is uninterruptible, and gives back what that got', () =>
    test(
      Effect.gen(function* () {
        const { log, note } = logged()
        const slow = Effect.andThen(Effect.sleep('2 minutes'), note('acquired'))
        const use = Effect.acquireUseRelease(
          slow,
          () => note('used'),
          () => note('released'),
        )
        expect(yield* anHourOf(limited(use))).toBe('fail TimedOut')
        expect(log).toEqual(['acquired', 'released'])
      }),
    ))

  it('is not started under one that has fired, not even where it is uninterruptible', () =>
    test(
      Effect.gen(function* () {
        const { log, note } = logged()
        for (const token of [cancelled('no'), timeout(0), any(never, cancelled())]) {
          const answer = yield* ending(interruptWhen(token)(note('started')))
          expect(answer).toMatch(/^fail (Requested|TimedOut)$/)
          yield* Effect.exit(Effect.uninterruptible(interruptWhen(token)(note('started'))))
        }
        const scope = yield* open(manual('stop'))
        CancelScope.cancelInput(scope, 'stop')()
        expect(yield* ending(interruptBy(scope)(note('started')))).toBe('fail Requested')
        expect(log).toEqual([])
      }),
    ))

  it('is itself under one that cannot fire', () => {
    const self = Effect.succeed(1)
    expect(interruptWhen(never)(self)).toBe(self)
  })

  it('may be run again, each run with a token of its own', () =>
    test(
      Effect.gen(function* () {
        const both = Effect.all([Effect.flip(limited(Effect.never)), Effect.flip(limited(Effect.never))], {
          concurrency: 'unbounded',
        })
        expect(yield* anHourOf(Effect.repeat(both, { times: 2 }))).toMatch(/^value/)
      }),
    ))
})

describe('the answer', () => {
  it('is the reason beside the errors of the effect', () =>
    test(
      Effect.gen(function* () {
        const error = yield* Effect.flip(interruptWhen(Token.labelled('slow')(cancelled('enough')))(Effect.never))
        expect(error).toMatchObject({ _tag: 'Requested', detail: 'enough', label: 'slow' })
      }),
    ))

  it('is the reason as it is, where an error of the effect has the same tag', () =>
    test(
      Effect.gen(function* () {
        const mine = { _tag: 'TimedOut', mine: true } as const
        const own = yield* Effect.flip(limited(Effect.fail(mine)))
        expect(own).toBe(mine)
        const failing = Effect.delay(Effect.fail(mine), '2 minutes')
        const fiber = yield* fork(Effect.flip(limited(failing)))
        yield* adjust('1 hour')
        expect(yield* Fiber.join(fiber)).toMatchObject({ _tag: 'TimedOut', duration: 60_000 })
      }),
    ))

  it('is an Option, of what the effect answers alone', () =>
    test(
      Effect.gen(function* () {
        const optional = interruptWhenOption(timeout('1 minute'))
        expect(yield* optional(Effect.succeed(1))).toEqual(Option.some(1))
        expect(yield* ending(optional(Effect.fail('no')))).toBe('fail no')
        const fiber = yield* fork(optional(Effect.never))
        yield* adjust('1 minute')
        expect(Option.isNone(yield* Fiber.join(fiber))).toBe(true)
        expect(Option.isNone(yield* interruptWhenOption(cancelled())(Effect.succeed(1)))).toBe(true)
        expect(yield* interruptWhenOption(never)(Effect.succeed(1))).toEqual(Option.some(1))
      }),
    ))

  it('is what a function makes of the reason, and what it throws is a defect', () =>
    test(
      Effect.gen(function* () {
        const failing = interruptWhenFail(cancelled('enough'), (reason) => `because of ${reason._tag}`)
        expect(yield* Effect.flip(failing(Effect.never))).toBe('because of Requested')
        const throwing = (): string => {
          throw new Error('thrown')
        }
        expect(yield* ending(interruptWhenFail(cancelled(), throwing)(Effect.never))).toBe('die thrown')
        expect(yield* anHourOf(interruptWhenFail(timeout('1 minute'), throwing)(Effect.never))).toBe('die thrown')
      }),
    ))

  it('has the defects of finalizers beside it', () =>
    test(
      Effect.gen(function* () {
        const dying = Effect.ensuring(Effect.never, Effect.die('bug'))
        expect(yield* anHourOf(limited(dying))).toBe('fail TimedOut, die bug')
        const twice = Effect.ensuring(dying, Effect.die('second'))
        expect(yield* anHourOf(limited(twice))).toBe('fail TimedOut, die bug, die second')
        expect(yield* anHourOf(interruptWhenOption(timeout(1))(dying))).toBe('die bug')
      }),
    ))

  it('is the failure of an effect that failed on its way out', () =>
    test(
      Effect.gen(function* () {
        const region = Effect.uninterruptible(Effect.as(Effect.sleep('2 minutes'), 'done'))
        // the region ends first; then the interruption takes hold
        expect(yield* anHourOf(limited(region))).toBe('fail TimedOut')
        const failing = Effect.uninterruptible(Effect.andThen(Effect.sleep('2 minutes'), Effect.fail('no')))
        expect(yield* anHourOf(limited(failing))).toBe('fail no, interrupted')
      }),
    ))
})

describe('what starts at once', () => {
  it('is waited for where it has its own fiber interrupted from outside while it starts', () =>
    test(
      Effect.gen(function* () {
        const { log, note } = logged()
        const outer = yield* open(manual('stop'))
        const self = Effect.ensuring(
          Effect.flatMap(Effect.sync(CancelScope.cancelInput(outer, 'stop')), () => Effect.never),
          Effect.andThen(Effect.sleep('1 second'), note('self')),
        )
        const held = Effect.acquireUseRelease(
          Effect.void,
          () => Effect.andThen(Effect.sleep('1 second'), interruptWhen(manual('other'))(self)),
          () => note('held'),
        )
        const fiber = yield* fork(ending(interruptBy(outer)(held)))
        yield* adjust('1 second')
        yield* adjust('1 second')
        expect(yield* Fiber.join(fiber)).toBe('fail Requested')
        expect(log).toEqual(['self', 'held'])
      }),
    ))

  it.runIf(version === 4)('ends at once too, within runSync', () => {
    expect(Effect.runSync(interruptWhen(any(manual('stop'), timeout(5)))(Effect.succeed(1)))).toBe(1)
  })

  it('nests without end', () =>
    test(
      Effect.gen(function* () {
        const deep = <A>(self: Effect.Effect<A>): Effect.Effect<A, unknown> => {
          let whole: Effect.Effect<A, unknown> = self
          for (let level = 0; level < 3000; level++) whole = interruptWhen(manual('stop'))(whole)
          return whole
        }
        expect(yield* deep(Effect.succeed('at once'))).toBe('at once')
        expect(
          yield* deep(
            Effect.as(
              Effect.promise(() => Promise.resolve()),
              'later',
            ),
          ),
        ).toBe('later')
      }),
    ))

  it('is cut however deep it is nested', () =>
    test(
      Effect.gen(function* () {
        const scope = yield* open(manual('stop'))
        let whole: Effect.Effect<unknown, unknown> = Effect.never
        // causes that are trees make version 3 slow
        for (let level = 0; level < (version === 3 ? 30 : 1000); level++) whole = interruptBy(scope)(whole)
        const fiber = yield* fork(ending(whole))
        yield* turn
        CancelScope.cancelInput(scope, 'stop')()
        expect(yield* Fiber.join(fiber)).toBe('fail Requested')
      }),
    ))
})

describe('what an effect came to before it was cut', () => {
  it('a failure is kept, and a defect stands beside the reason', () =>
    test(
      Effect.gen(function* () {
        const slow = Effect.interruptible(Effect.sleep('2 minutes'))
        expect(yield* anHourOf(limited(Effect.ensuring(Effect.fail('no'), slow)))).toBe('fail no, interrupted')
        expect(yield* anHourOf(limited(Effect.ensuring(Effect.die('bug'), slow)))).toMatch(/fail TimedOut, die bug/)
      }),
    ))

  it('one that dies as the token fires has died', () =>
    test(
      Effect.gen(function* () {
        const scope = yield* open(manual('stop'))
        const ready = yield* Deferred.make<string>()
        const fiber = yield* fork(ending(interruptBy(scope)(Effect.andThen(Deferred.await(ready), Effect.die('bug')))))
        yield* turn
        Effect.runSync(Deferred.succeed(ready, 'ready'))
        CancelScope.cancelInput(scope, 'stop')()
        expect(yield* Fiber.join(fiber)).toBe('die bug')
      }),
    ))
})

describe('what is refused', () => {
  // sound: what an untyped caller may give
  const untyped = interruptWhen as object as (
    token: unknown,
    world?: unknown,
  ) => (self: Effect.Effect<string>) => Effect.Effect<string>
  const dies = async (limit: () => (self: Effect.Effect<string>) => Effect.Effect<string>): Promise<unknown> =>
    test(Effect.exit(Effect.suspend(() => limit()(Effect.succeed('ran'))))).then((exit) =>
      exit._tag === 'Failure' ? Cause.squash(exit.cause) : exit,
    )

  it.each([['20 millis'], [20], [{}], [undefined], [CancelScope.background]])('as a token, %o', async (token) => {
    expect(await dies(() => untyped(token))).toMatchObject({
      name: 'TypeError',
      message: expect.stringMatching(/^token must be a token, but was /) as unknown,
    })
  })

  it('a world that is none', async () => {
    expect(await dies(() => untyped(manual('stop'), null))).toEqual(
      new TypeError('world must be an object, but was null'),
    )
  })

  it('an input that the token does not name, and a feed that is no effect', async () => {
    const token = any(manual('stop'), Token.budget('bytes', 1))
    expect(await dies(() => untyped(token, { inputs: { 'budget:byte': Effect.never } }))).toEqual(
      new TypeError(
        "inputs must be of the token, which names 'manual:stop', 'budget:bytes', but one was 'budget:byte'",
      ),
    )
    expect(await dies(() => untyped(token, { inputs: { 'budget:bytes': 5 } }))).toEqual(
      new TypeError("inputs must be fed by effects, but 'budget:bytes' was 5"),
    )
  })

  it('a function that is none', () => {
    expect(() => interruptWhenFail(manual('stop'), 5 as never)).toThrow('onFired must be a function, but was 5')
  })
})

describe('the pace at which conditions are asked', () => {
  const asksInTenSeconds = (
    limit: (conditions: {
      readonly late: () => boolean
    }) => (self: Effect.Effect<never>) => Effect.Effect<unknown, unknown>,
  ) =>
    test(
      Effect.gen(function* () {
        let asked = 0
        const late = (): boolean => {
          asked++
          return false
        }
        const fiber = yield* fork(limit({ late })(Effect.never))
        yield* turn
        yield* adjust('10 seconds')
        yield* Fiber.interrupt(fiber)
        return asked
      }),
    )

  it('is the one of the world', async () => {
    expect(
      await asksInTenSeconds((conditions) => interruptWhen(condition('late'), { conditions, every: '1 second' })),
    ).toBeLessThan(15)
  })

  it('is the one given to interruptBy', async () => {
    expect(
      await asksInTenSeconds(
        (conditions) => (self) =>
          Effect.scoped(
            Effect.flatMap(open(condition('late'), { conditions }), (scope) =>
              interruptBy(scope, { every: '1 second' })(self),
            ),
          ),
      ),
    ).toBeLessThan(15)
  })

  it('is refused where it is none', () => {
    expect(() => interruptWhen(manual('stop'), { every: -1 })).toThrow(
      'every must be 0 milliseconds or more, but was -1',
    )
    expect(() => interruptBy(CancelScope.background, { every: NaN })).toThrow('every')
  })
})

describe('a result that is ready in the same turn', () => {
  const started = <A>(scope: CancelScope.ScopeView, work: Effect.Effect<A>) => fork(ending(interruptBy(scope)(work)))

  it('is kept: the effect completes, then the token fires', () =>
    test(
      Effect.gen(function* () {
        const scope = yield* open(manual('stop'))
        const ready = yield* Deferred.make<string>()
        const fiber = yield* started(scope, Deferred.await(ready))
        yield* turn
        // within one turn of the event loop
        Effect.runSync(Deferred.succeed(ready, 'ready'))
        CancelScope.cancelInput(scope, 'stop')()
        expect(yield* Fiber.join(fiber)).toBe('value ready')
      }),
    ))

  it('is not there yet where the effect itself has the token fire, midway', () =>
    test(
      Effect.gen(function* () {
        const scope = yield* open(manual('stop'))
        const ready = yield* Deferred.make<string>()
        const work = Effect.tap(Deferred.await(ready), () => Effect.void)
        const last = Effect.map(work, (value) => {
          CancelScope.cancelInput(scope, 'stop')()
          return value
        })
        const fiber = yield* started(scope, last)
        yield* turn
        yield* Deferred.succeed(ready, 'ready')
        // version 4 interrupts it at its next operation, version 3 in the next turn, by when it has ended
        expect(yield* Fiber.join(fiber)).toBe(version === 4 ? 'fail Requested' : 'value ready')
      }),
    ))

  it('is lost where the token fires first', () =>
    test(
      Effect.gen(function* () {
        const scope = yield* open(manual('stop'))
        const ready = yield* Deferred.make<string>()
        const fiber = yield* started(scope, Deferred.await(ready))
        yield* turn
        CancelScope.cancelInput(scope, 'stop')()
        yield* turn
        Effect.runSync(Deferred.succeed(ready, 'ready'))
        expect(yield* Fiber.join(fiber)).toBe('fail Requested')
      }),
    ))

  it('at one instant of a virtual clock, what was set first comes first', async () => {
    const endOfBoth = async (order: 'result' | 'token'): Promise<string> => {
      const { clock: time, effectClock } = virtualTime()
      const scope = CancelScope.open(manual('stop'), { clock: time })()
      const ready = Effect.runSync(Deferred.make<string>())
      const end = Effect.runPromise(onClock(ending(interruptBy(scope)(Deferred.await(ready))), effectClock))
      const result = () => Effect.runSync(Deferred.succeed(ready, 'ready'))
      const token = () => CancelScope.cancelInput(scope, 'stop')()
      await time.settle(0)()
      time.schedule(5, order === 'result' ? result : token)()
      time.schedule(5, order === 'result' ? token : result)()
      await time.settle(5)()
      return end
    }
    expect(await endOfBoth('result')).toBe('value ready')
    expect(await endOfBoth('token')).toBe('fail Requested')
  })

  it('is kept where the token fires after the end', () =>
    test(
      Effect.gen(function* () {
        const scope = yield* open(manual('stop'))
        const fiber = yield* started(scope, Effect.succeed('ready'))
        const answer = yield* Fiber.join(fiber)
        CancelScope.cancelInput(scope, 'stop')()
        expect(answer).toBe('value ready')
      }),
    ))
})

describe('interruption from outside', () => {
  it('stays interruption, and the finalizers have run', () =>
    test(
      Effect.gen(function* () {
        const { log, note } = logged()
        const work = Effect.ensuring(Effect.never, Effect.andThen(Effect.sleep('1 second'), note('cleaned up')))
        const fiber = yield* fork(limited(work))
        yield* turn
        const interrupting = yield* fork(Fiber.interrupt(fiber))
        yield* turn
        expect([log, hasEnded(interrupting)]).toEqual([[], false])
        yield* adjust('1 second')
        yield* Fiber.join(interrupting)
        expect(log).toEqual(['cleaned up'])
        expect(shown(yield* Fiber.await(fiber))).toBe('interrupted')
      }),
    ))

  it('while the token has it interrupted already waits for the same finalizers', () =>
    test(
      Effect.gen(function* () {
        const { log, note } = logged()
        const work = Effect.ensuring(Effect.never, Effect.andThen(Effect.sleep('2 minutes'), note('cleaned up')))
        const fiber = yield* fork(limited(work))
        yield* adjust('90 seconds')
        const interrupting = yield* fork(Fiber.interrupt(fiber))
        yield* adjust('1 second')
        expect([log, hasEnded(interrupting)]).toEqual([[], false])
        yield* adjust('2 minutes')
        yield* Fiber.join(interrupting)
        expect(log).toEqual(['cleaned up'])
        expect(shown(yield* Fiber.await(fiber))).toBe('interrupted')
      }),
    ))

  it('keeps defects of finalizers beside it', () =>
    test(
      Effect.gen(function* () {
        const fiber = yield* fork(limited(Effect.ensuring(Effect.never, Effect.die('bug'))))
        yield* turn
        yield* Fiber.interrupt(fiber)
        expect(shown(yield* Fiber.await(fiber))).toBe('die bug, interrupted')
      }),
    ))

  it('before it has begun leaves nothing behind', () =>
    test(
      Effect.gen(function* () {
        const { log, note } = logged()
        const scope = yield* open(manual('stop'))
        const fiber = yield* fork(interruptBy(scope)(Effect.onInterrupt(Effect.never, () => note('interrupted'))))
        yield* Fiber.interrupt(fiber)
        CancelScope.cancelInput(scope, 'stop')()
        yield* turn
        expect(shown(yield* Fiber.await(fiber))).toBe('interrupted')
        expect(log.length).toBeLessThanOrEqual(1)
      }),
    ))
})

describe('uninterruptible regions', () => {
  it('within end first', () =>
    test(
      Effect.gen(function* () {
        const { log, note } = logged()
        const region = Effect.uninterruptible(Effect.andThen(Effect.sleep('2 minutes'), note('region')))
        expect(yield* anHourOf(limited(Effect.andThen(region, note('after'))))).toBe('fail TimedOut')
        expect(log).toEqual(['region'])
      }),
    ))

  it('around keep it whole, but for what is interruptible within', () =>
    test(
      Effect.gen(function* () {
        const { log, note } = logged()
        const slow = Effect.andThen(Effect.sleep('2 minutes'), note('whole'))
        expect(yield* anHourOf(Effect.uninterruptible(limited(slow)))).toMatch(/^value/)
        expect(log).toEqual(['whole'])
        const part = Effect.uninterruptible(limited(Effect.interruptible(slow)))
        expect(yield* anHourOf(part)).toBe('fail TimedOut')
        expect(log).toEqual(['whole'])
      }),
    ))
})

describe('several limits', () => {
  it('one around the other: the first to fire is named, the outer one has its say', () =>
    test(
      Effect.gen(function* () {
        const { log, note } = logged()
        const work = Effect.ensuring(Effect.never, note('cleaned up'))
        const inner = interruptWhen(any(timeout('1 minute'), never))
        const outer = interruptWhen(timeout('2 minutes'))
        expect(yield* anHourOf(outer(inner(work)))).toBe('fail TimedOut')
        const first = yield* fork(Effect.flip(outer(inner(work))))
        yield* adjust('1 hour')
        expect(yield* Fiber.join(first)).toMatchObject({ duration: 60_000 })
        const second = yield* fork(Effect.flip(inner(outer(work))))
        yield* adjust('1 hour')
        expect(yield* Fiber.join(second)).toMatchObject({ duration: 60_000 })
        expect(log).toEqual(['cleaned up', 'cleaned up', 'cleaned up'])
      }),
    ))

  it('handled within lets the outer limit go on', () =>
    test(
      Effect.gen(function* () {
        const slow = Effect.catchTag(limited(Effect.never), 'TimedOut', () => Effect.never)
        const fiber = yield* fork(Effect.flip(interruptWhen(timeout('3 minutes'))(slow)))
        yield* adjust('1 hour')
        expect(yield* Fiber.join(fiber)).toMatchObject({ duration: 180_000 })
      }),
    ))

  it('are one scope for several effects: all are cut at once, each in its place', () =>
    test(
      Effect.gen(function* () {
        const { log, note } = logged()
        const scope = yield* open(any(manual('stop'), timeout('1 hour')))
        const work = (name: string) => Effect.ensuring(Effect.never, note(name))
        const fibers = []
        for (const name of ['a', 'b', 'c']) fibers.push(yield* fork(ending(interruptBy(scope)(work(name)))))
        const done = yield* fork(ending(interruptBy(scope)(Effect.succeed('done'))))
        yield* turn
        CancelScope.cancelInput(scope, 'stop', 'enough')()
        for (const fiber of fibers) expect(yield* Fiber.join(fiber)).toBe('fail Requested')
        expect(yield* Fiber.join(done)).toBe('value done')
        expect(log).toEqual(['a', 'b', 'c'])
      }),
    ))

  it('by a scope: its direct counter does not tick', () =>
    test(
      Effect.gen(function* () {
        const scope = yield* open(Token.counter(1))
        for (let runs = 0; runs < 5; runs++)
          expect(yield* ending(interruptBy(scope)(Effect.succeed(runs)))).toBe(`value ${runs}`)
        expect(CancelScope.keepGoing(scope)()).toBe(true)
        expect(yield* ending(interruptBy(scope)(Effect.never))).toBe('fail CounterExhausted')
      }),
    ))
})

describe('a condition that throws', () => {
  it.each(['at once', 'later'])('interrupts the effect and is its defect, %s', (when) =>
    test(
      Effect.gen(function* () {
        const { log, note } = logged()
        let throws = when === 'at once'
        const broken = (): boolean => {
          if (throws) throw new Error('broken')
          return false
        }
        const program = interruptWhen(condition('broken', { onError: 'throw' }), { conditions: { broken } })
        const fiber = yield* fork(ending(program(Effect.ensuring(Effect.never, note('cleaned up')))))
        yield* adjust(5)
        throws = true
        yield* adjust(5)
        expect(yield* Fiber.join(fiber)).toBe('die broken')
        expect(log.length).toBe(when === 'at once' ? 0 : 1)
      }),
    ),
  )
})

describe('within', () => {
  interface Settings {
    readonly name: string
  }
  const key = 'test/Settings'
  // a class of either version makes the tag: its name is the same, what it is called on is not
  interface Tags {
    readonly Service?: (key: string) => effect.Context.Key<Settings, Settings>
    readonly GenericTag?: (key: string) => effect.Context.Key<Settings, Settings>
  }
  const tags = effect.Context as object as Tags // sound: one of them is there
  const Settings = (tags.GenericTag ?? tags.Service)!(key)
  // sound: a tag is an effect in both versions
  const settings = Settings as object as Effect.Effect<Settings, never, Settings>

  it('services, clock and annotations are those around it', () =>
    test(
      Effect.gen(function* () {
        const program = limited(
          Effect.gen(function* () {
            const { name } = yield* settings
            return name
          }),
        )
        expect(yield* Effect.provideService(program, Settings, { name: 'mine' })).toBe('mine')
      }),
    ))

  it('conditions and feeds have the services of the effect around', () =>
    test(
      Effect.gen(function* () {
        const named = Effect.map(settings, ({ name }) => name === 'mine')
        const program = interruptWhen(condition('named'), { conditions: { named } })(Effect.never)
        const fiber = yield* fork(ending(Effect.provideService(program, Settings, { name: 'mine' })))
        yield* adjust(5)
        expect(yield* Fiber.join(fiber)).toBe('fail ConditionMet')
      }),
    ))

  it.runIf(version === 3)('what is set in a FiberRef is set after', () =>
    test(
      Effect.gen(function* () {
        interface FiberRefs {
          readonly unsafeMake: (value: number) => unknown
          readonly set: (ref: unknown, value: number) => Effect.Effect<void>
          readonly get: (ref: unknown) => Effect.Effect<number>
        }
        // sound: version 3 has it
        const { FiberRef } = effect as object as { readonly FiberRef: FiberRefs }
        const ref = FiberRef.unsafeMake(0)
        yield* limited(FiberRef.set(ref, 1))
        expect(yield* FiberRef.get(ref)).toBe(1)
        // of an effect that fails too, as without a limit
        yield* Effect.exit(limited(Effect.andThen(FiberRef.set(ref, 2), Effect.fail('no'))))
        expect(yield* FiberRef.get(ref)).toBe(2)
      }),
    ),
  )

  it('fibers that are forked end with it', () =>
    test(
      Effect.gen(function* () {
        const { log, note } = logged()
        const child = Effect.onInterrupt(Effect.never, () => note('child'))
        expect(yield* anHourOf(limited(Effect.andThen(fork(child), Effect.never)))).toBe('fail TimedOut')
        yield* turn
        expect(log).toEqual(['child'])
      }),
    ))
})
