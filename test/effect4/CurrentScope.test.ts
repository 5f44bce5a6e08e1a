/** The scope around as a service: layers, questions, and the laws of its limits on generated programs. */
import { Context, Deferred, Effect, Exit, Fiber, Layer, Option } from 'effect'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Analysis, CancelScope, Clock, Token } from 'cantok-ts'
import { open } from 'cantok-ts/effect'
import { CurrentScope, checkpoint, explain, guard, layer, layerOf, remaining, within } from 'cantok-ts/effect4'
import { casesOf, limitsOf, meaning, observe } from './programs.js'
import type { Case, Place, Run } from './programs.js'
import { adjust, ending, endingWithin, fork, shown, test, turn } from './support.js'

const { any, condition, counter, idle, manual, never, timeout } = Token

const isClosed = (scope: CancelScope.CancelScope<'manual:stop'>): boolean => !CancelScope.cancelInput(scope, 'stop')()

describe('layer', () => {
  it('opens the token when it is built, on the clock of that fiber', () =>
    test(
      Effect.gen(function* () {
        const limits = layer(timeout(10))
        yield* adjust(100)
        const program = Effect.gen(function* () {
          const before = yield* remaining
          yield* Effect.sleep(4)
          return [before, yield* remaining]
        })
        const fiber = yield* fork(Effect.provide(program, limits))
        yield* adjust(4)
        expect(yield* Fiber.join(fiber)).toEqual([Option.some(10), Option.some(6)])
      }),
    ))

  it('closes it when its use ends: by success, by failure, by interruption', () =>
    test(
      Effect.gen(function* () {
        for (const end of [Effect.void, Effect.fail('own'), Effect.never]) {
          const token = any(manual('stop'), timeout(50))
          let seen: CancelScope.ScopeView | null = null
          const program = Effect.flatMap(CurrentScope, (scope) => {
            seen = scope
            return end
          })
          const fiber = yield* fork(Effect.exit(Effect.provide(program, layer(token))))
          yield* turn
          yield* Fiber.interrupt(fiber)
          yield* adjust(60)
          // one that is closed stands still, whatever the time
          expect(seen !== null && CancelScope.isCancelled(seen)()).toBe(false)
        }
      }),
    ))

  it('ends the effects that feed it, and those it asks, when its use ends', () =>
    test(
      Effect.gen(function* () {
        let ended = 0
        const feed = Effect.onInterrupt(Effect.never, () => Effect.sync(() => ended++))
        const limits = layer(any(manual('stop'), idle('upstream', 50)), {
          inputs: { 'manual:stop': feed, 'idle:upstream': feed },
        })
        yield* Effect.provide(checkpoint, limits)
        expect(ended).toBe(2)
      }),
    ))

  it('gives its effects the services that it needs', () =>
    test(
      Effect.gen(function* () {
        const Drained = Context.Service<'Drained', { readonly now: boolean }>('test/Drained')
        const limits = layer(condition('drained'), {
          conditions: { drained: Effect.map(Drained, ({ now }) => now) },
        })
        const run = (now: boolean): Effect.Effect<string> =>
          ending(Effect.provide(checkpoint, Layer.provide(limits, Layer.succeed(Drained, { now }))))
        expect(yield* run(false)).toBe('value undefined at 0')
        expect(yield* run(true)).toBe('fail ConditionMet at 0')
      }),
    ))

  it('interrupts nothing by itself', () =>
    test(
      Effect.gen(function* () {
        const program = Effect.andThen(Effect.sleep(20), ending(checkpoint))
        expect(yield* endingWithin(50, Effect.provide(program, layer(timeout(10))))).toBe(
          'value fail TimedOut at 20 at 20',
        )
      }),
    ))

  it('is one scope in two places of a program', () =>
    test(
      Effect.gen(function* () {
        const once = layer(counter(3))
        const a = Context.Service<'A', ReadonlyArray<Exit.Exit<void, unknown>>>('test/A')
        const poll = Effect.exit(checkpoint)
        const parts = Layer.effect(a, Effect.all([poll, poll])).pipe(Layer.provideMerge(once))
        const polls = yield* Effect.provide(Effect.all([a, poll, poll]), Layer.merge(parts, once))
        expect(polls.flat().map(Exit.isSuccess)).toEqual([true, true, true, false])
      }),
    ))
})

describe('layerOf', () => {
  it('is a scope that its owner keeps', () =>
    test(
      Effect.gen(function* () {
        const scope = yield* open(manual('stop'))
        const run = ending(Effect.provide(checkpoint, layerOf(scope)))
        expect(yield* run).toBe('value undefined at 0')
        expect(isClosed(scope)).toBe(false)
        expect(yield* run).toBe('fail Requested at 0')
        expect(yield* Effect.provide(CurrentScope, layerOf(scope))).toBe(scope)
      }),
    ))
})

describe('questions', () => {
  it('say what is left and why', () =>
    test(
      Effect.gen(function* () {
        const limits = layer(any(counter(2), timeout(30)))
        const program = Effect.gen(function* () {
          yield* checkpoint
          return [yield* remaining, Analysis.ShowEvidence.show(yield* explain)]
        })
        expect(yield* Effect.provide(program, limits)).toEqual([
          Option.some(30),
          'any: pending\n├─ ! counter of 2 polls: pending, 1 poll used\n└─ ! timeout of 30 milliseconds: pending',
        ])
        expect(yield* Effect.provide(remaining, layer(manual('stop')))).toEqual(Option.none())
      }),
    ))

  it('die of what a predicate throws', () =>
    test(
      Effect.gen(function* () {
        const conditions = {
          broken: (): boolean => {
            throw new Error('broken')
          },
        }
        const limits = layer(condition('broken', { onError: 'throw' }), { conditions })
        expect(yield* ending(Effect.provide(checkpoint, limits))).toBe('die broken at 0')
      }),
    ))
})

describe('guard', () => {
  it('interrupts by the scope around, once finalizers have run', () =>
    test(
      Effect.gen(function* () {
        const work = Effect.onInterrupt(Effect.never, () => Effect.uninterruptible(Effect.sleep(5)))
        expect(yield* endingWithin(50, work.pipe(guard, Effect.provide(layer(timeout(10)))))).toBe(
          'fail TimedOut at 15',
        )
      }),
    ))

  it('stays interrupted where it is interrupted from outside', () =>
    test(
      Effect.gen(function* () {
        const fiber = yield* fork(ending(Effect.never.pipe(guard, Effect.provide(layer(timeout(10))))))
        yield* Fiber.interrupt(fiber)
        expect(shown(fiber.pollUnsafe() ?? Exit.void)).toBe('interrupted')
      }),
    ))
})

describe('within', () => {
  it('interrupts by its own limit, and by those around', () =>
    test(
      Effect.gen(function* () {
        const run = (own: number, around: number): Effect.Effect<string> =>
          endingWithin(90, Effect.never.pipe(within(timeout(own)), Effect.provide(layer(timeout(around)))))
        expect(yield* run(10, 20)).toBe('fail TimedOut at 10')
        expect(yield* run(20, 10)).toBe('fail TimedOut at 20')
      }),
    ))

  it('is what the effect finds as the scope around, closed with its feeds when that ends', () =>
    test(
      Effect.gen(function* () {
        const outer = yield* open(manual('stop'))
        const begun = yield* Deferred.make<CancelScope.ScopeView>()
        let ended = 0
        const feed = Effect.onInterrupt(Effect.never, () => Effect.sync(() => ended++))
        const program = Effect.andThen(
          Effect.flatMap(CurrentScope, (scope) => Deferred.succeed(begun, scope)),
          Effect.sleep(10),
        ).pipe(
          within(any(manual('own'), timeout(20)), { inputs: { 'manual:own': feed } }),
          Effect.provide(layerOf(outer)),
        )
        const fiber = yield* fork(program)
        const inner = yield* Deferred.await(begun)
        expect(inner).not.toBe(outer)
        expect(CancelScope.remaining(inner)()).toEqual({ _tag: 'Some', value: 20 })
        yield* adjust(10)
        yield* Fiber.join(fiber)
        expect(ended).toBe(1)
        yield* adjust(50)
        expect(CancelScope.isCancelled(inner)()).toBe(false)
        CancelScope.cancelInput(outer, 'stop')()
        expect(CancelScope.isCancelled(inner)()).toBe(true)
      }),
    ))

  it('is closed also where it is interrupted from outside', () =>
    test(
      Effect.gen(function* () {
        const begun = yield* Deferred.make<CancelScope.ScopeView>()
        const program = Effect.andThen(
          Effect.flatMap(CurrentScope, (scope) => Deferred.succeed(begun, scope)),
          Effect.never,
        ).pipe(within(timeout(20)), Effect.provide(layer(never)))
        const fiber = yield* fork(program)
        const inner = yield* Deferred.await(begun)
        yield* Fiber.interrupt(fiber)
        yield* adjust(50)
        expect(CancelScope.isCancelled(inner)()).toBe(false)
      }),
    ))

  it('takes a limit that only it gives: reasons of a limit around are not taken for its own', () =>
    test(
      Effect.gen(function* () {
        const page = Effect.never.pipe(
          within(timeout(10)),
          Effect.catchTag('TimedOut', () => Effect.succeed('no page')),
          guard,
        )
        expect(yield* endingWithin(50, Effect.provide(page, layer(manual('stop'))))).toBe('value no page at 10')
      }),
    ))
})

// -------------------------------------------------------------------------------------
// laws
// -------------------------------------------------------------------------------------

type Side = (place: Place, given: Case) => Run

const limits = limitsOf(true)
const cases = fc.oneof(casesOf(limits), casesOf(limitsOf(false)))

const law = (title: string, first: Side, second: Side, given: fc.Arbitrary<Case> = cases): void => {
  it(title, async () => {
    await fc.assert(
      fc.asyncProperty(given, async (given) => {
        const one = await test(observe(given, (place) => first(place, given)))
        const two = await test(observe(given, (place) => second(place, given)))
        expect(one).toEqual(two)
      }),
      { numRuns: 400 },
    )
  })
}

const written: Side = (place, { program }) => meaning(place)(program)

describe('laws: within', () => {
  law(
    'within(a) ∘ within(b) = within(any(a, b))',
    (place, given) => written(place, given).pipe(within(given.b, place.world), within(given.a, place.world)),
    (place, given) => written(place, given).pipe(within(any(given.a, given.b), place.world)),
  )
  law(
    'within(never) = guard',
    (place, given) => within(never)(written(place, given)),
    (place, given) => guard(written(place, given)),
  )
  law(
    'guard ∘ within(a) = within(a)',
    (place, given) => written(place, given).pipe(within(given.a, place.world), guard),
    (place, given) => written(place, given).pipe(within(given.a, place.world)),
  )
  law(
    'within(a) ∘ guard = within(a)',
    (place, given) => written(place, given).pipe(guard, within(given.a, place.world)),
    (place, given) => written(place, given).pipe(within(given.a, place.world)),
  )
  law(
    'guard ∘ guard = guard',
    (place, given) => guard(guard(written(place, given))),
    (place, given) => guard(written(place, given)),
  )
  law(
    'below a guard within(never) is the identity, but for the look with which it starts: where no counters are',
    (place, given) => guard(Effect.andThen(place.say('first'), within(never)(written(place, given)))),
    (place, given) => guard(Effect.andThen(place.say('first'), written(place, given))),
    casesOf(limitsOf(false)),
  )

  it('a counter around counts every checkpoint once, wherever it stands', async () => {
    const depths = fc.array(
      fc.array(
        limits.filter((each) => Analysis.bounds(each, 0).earliest > 0),
        { maxLength: 3 },
      ),
      {
        maxLength: 8,
      },
    )
    await fc.assert(
      fc.asyncProperty(depths, fc.nat(8), async (places, count) => {
        let passed = 0
        const world = { conditions: { p: () => false } }
        const one = Effect.andThen(
          checkpoint,
          Effect.sync(() => passed++),
        )
        const each = places.map((around) => around.reduce<Run>((part, token) => within(token, world)(part), one))
        const alone = places.map((around) => Analysis.normalise(any(...around)))
        await test(
          Effect.provideService(Effect.exit(Effect.all(each)), CurrentScope, CancelScope.open(counter(count))()),
        )
        // until one of them has a counter of its own that lets nothing pass
        const still = { ...world, clock: Clock.virtual() }
        const own = alone.findIndex((token) => CancelScope.check(CancelScope.open(token, still)())()._tag === 'Left')
        expect(passed).toBe(Math.min(count, own < 0 ? places.length : own))
      }),
      { numRuns: 400 },
    )
  })
})

describe('the generated programs', () => {
  it('end in every way', async () => {
    const runs = await Promise.all(
      fc.sample(cases, 300).map((given) => test(observe(given, (place) => guard(written(place, given))))),
    )
    const share = (of: (end: string) => boolean): number => runs.filter((run) => of(run.at(-1) ?? '')).length / 300
    expect(share((end) => end.startsWith('reason'))).toBeGreaterThan(0.2)
    expect(share((end) => end.startsWith('value'))).toBeGreaterThan(0.05)
    expect(share((end) => end.startsWith('fail own'))).toBeGreaterThan(0.02)
    expect(share((end) => end.startsWith('reason') && !end.endsWith('at 0'))).toBeGreaterThan(0.1)
    expect(runs.some((run) => run.some((line) => line.startsWith('caught reason')))).toBe(true)
  })
})
