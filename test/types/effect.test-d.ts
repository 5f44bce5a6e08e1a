/** What the compiler knows of limits on effects: what a token must be opened in, what may feed it, what fails of what and needs what. */
import { Context, Effect, Schedule } from 'effect'
import type { Fiber, Option, Queue, Scope } from 'effect'
import { CancelScope, Clock, Token } from 'cantok-ts'
import type { Reason } from 'cantok-ts'
import {
  clock,
  fromEffect,
  fromFiber,
  fromSchedule,
  interruptBy,
  interruptWhen,
  interruptWhenFail,
  interruptWhenOption,
  link,
  open,
  openUnknown,
  toEffect,
  whileKeepGoing,
} from 'cantok-ts/effect'
import { describe, expectTypeOf, it } from 'vitest'

class Database extends Context.Service<Database, { readonly drained: Effect.Effect<boolean> }>()('Database') {}
class Meter extends Context.Service<Meter, { readonly sizes: Queue.Dequeue<number> }>()('Meter') {}

interface Broken {
  readonly _tag: 'Broken'
}

type Owner<I extends Token.Input = never> = CancelScope.CancelScope<I>

const work = Effect.succeed(1) as Effect.Effect<number, Broken, Meter> // sound: what succeeds alone may do more
const asking = Token.any(Token.condition('drained'), Token.manual('stop'))
const plain = Token.any(Token.manual('stop'), Token.budget('bytes', 1), Token.idle('io', 1), Token.timeout(1))
const yes = Effect.succeed(true)
const ofDatabase = Effect.flatMap(Database, ({ drained }) => drained)
const ofMeter = Effect.flatMap(Meter, () => Effect.succeed(1))

describe('interruptWhen', () => {
  it('has the reason beside the errors of the effect, and all else as it is', () => {
    expectTypeOf(interruptWhen(Token.timeout(1))(work)).toEqualTypeOf<
      Effect.Effect<number, Broken | Reason.Reason, Meter>
    >()
    expectTypeOf(work.pipe(interruptWhen(Token.timeout(1)))).toEqualTypeOf<
      Effect.Effect<number, Broken | Reason.Reason, Meter>
    >()
    expectTypeOf(Effect.succeed('a').pipe(interruptWhen(plain))).toEqualTypeOf<Effect.Effect<string, Reason.Reason>>()
  })

  it('lets each reason be caught by its tag, and is without it then', () => {
    const caught = work.pipe(
      interruptWhen(Token.timeout(1)),
      Effect.catchTag('TimedOut', ({ duration }) => Effect.succeed(duration)),
    )
    expectTypeOf<Effect.Error<typeof caught>>().toEqualTypeOf<
      Broken | Exclude<Reason.Reason, { readonly _tag: 'TimedOut' }>
    >()
    const limited = work.pipe(interruptWhen(Token.timeout(1)))
    // @ts-expect-error - no reason has this tag
    Effect.catchTag(limited, 'TimeOut', () => Effect.void)
  })

  it('needs the services of conditions and of feeds', () => {
    const limited = interruptWhen(asking, {
      conditions: { drained: ofDatabase },
      inputs: { 'manual:stop': Effect.asVoid(ofMeter) },
    })
    expectTypeOf(limited(Effect.void)).toEqualTypeOf<Effect.Effect<void, Reason.Reason, Database | Meter>>()
    expectTypeOf(interruptWhen(asking, { conditions: { drained: () => true } })(Effect.void)).toEqualTypeOf<
      Effect.Effect<void, Reason.Reason>
    >()
  })

  it('takes neither a condition that fails nor one that answers with no boolean', () => {
    // @ts-expect-error - it may fail
    interruptWhen(asking, { conditions: { drained: Effect.fail('no') as Effect.Effect<boolean, string> } })
    // @ts-expect-error - a number is no boolean
    interruptWhen(asking, { conditions: { drained: Effect.succeed(1) } })
    // @ts-expect-error - a promise is no boolean
    interruptWhen(asking, { conditions: { drained: async () => true } })
  })

  it('refuses a token whose condition has no predicate', () => {
    // @ts-expect-error - no world at all
    interruptWhen(asking)
    // @ts-expect-error - a world without conditions
    interruptWhen(asking, { clock: Clock.system })
    // @ts-expect-error - a world without this condition
    interruptWhen(asking, { conditions: {} })
    // @ts-expect-error - a misspelled condition
    interruptWhen(asking, { conditions: { drainde: yes } })
    // @ts-expect-error - one of two
    interruptWhen(Token.all(asking, Token.condition('empty')), { conditions: { drained: yes } })
  })

  it('refuses what is no token, and a token from outside without conditions', () => {
    // @ts-expect-error - a duration is no token
    interruptWhen('1 second')
    const outside: Token.Token<Token.Input> = asking
    // @ts-expect-error - it may name conditions
    interruptWhen(outside)
  })
})

describe('its variants', () => {
  it('answer with an Option, and add no error', () => {
    expectTypeOf(work.pipe(interruptWhenOption(plain))).toEqualTypeOf<
      Effect.Effect<Option.Option<number>, Broken, Meter>
    >()
    const limited = interruptWhenOption(asking, { conditions: { drained: ofDatabase } })
    expectTypeOf(limited(Effect.void)).toEqualTypeOf<Effect.Effect<Option.Option<void>, never, Database>>()
    // @ts-expect-error - no world at all
    interruptWhenOption(asking)
  })

  it('fail with what a function makes of the reason', () => {
    expectTypeOf(work.pipe(interruptWhenFail(plain, (reason) => reason._tag.length))).toEqualTypeOf<
      Effect.Effect<number, Broken | number, Meter>
    >()
    const limited = interruptWhenFail(asking, () => new Error(), { conditions: { drained: ofDatabase } })
    expectTypeOf(limited(Effect.void)).toEqualTypeOf<Effect.Effect<void, Error, Database>>()
    // @ts-expect-error - no world at all
    interruptWhenFail(asking, () => 1)
  })

  it('take a scope that is open', () => {
    expectTypeOf(work.pipe(interruptBy(CancelScope.background))).toEqualTypeOf<
      Effect.Effect<number, Broken | Reason.Reason, Meter>
    >()
    // @ts-expect-error - a token is no scope
    interruptBy(plain)
  })
})

describe('feeds', () => {
  it('are named as the type of the token names inputs', () => {
    interruptWhen(plain, {
      inputs: { 'manual:stop': Effect.never, 'budget:bytes': Effect.succeed(1), 'idle:io': Effect.fail('no') },
    })
    // @ts-expect-error - 'stpo' is not 'stop'
    interruptWhen(plain, { inputs: { 'manual:stpo': Effect.never } })
    // @ts-expect-error - the kind is part of the name
    interruptWhen(plain, { inputs: { stop: Effect.never } })
    // @ts-expect-error - 'bytes' is a budget
    interruptWhen(plain, { inputs: { 'manual:bytes': Effect.never } })
    // @ts-expect-error - the token has no input
    interruptWhen(Token.timeout(1), { inputs: { 'manual:stop': Effect.never } })
    // @ts-expect-error - conditions are asked, not fed
    interruptWhen(asking, { conditions: { drained: yes }, inputs: { 'condition:drained': Effect.succeed(true) } })
    // @ts-expect-error - nor in another place
    open(plain, { inputs: { 'manual:stpo': Effect.never } })
    // @ts-expect-error - nor in another place
    link([], plain, { inputs: { 'manual:stpo': Effect.never } })
  })

  it('of a budget succeed with a number', () => {
    // @ts-expect-error - a text is no amount
    interruptWhen(plain, { inputs: { 'budget:bytes': Effect.succeed('1') } })
    // @ts-expect-error - nothing is no amount
    open(plain, { inputs: { 'budget:bytes': Effect.void } })
    // @ts-expect-error - a number is no effect
    open(plain, { inputs: { 'budget:bytes': 1 } })
  })
})

describe('open and link', () => {
  it('give a scope for the inputs that the token names, for as long as the Scope is open', () => {
    expectTypeOf(open(Token.timeout(1))).toEqualTypeOf<Effect.Effect<Owner, never, Scope.Scope>>()
    expectTypeOf(open(Token.manual('stop'))).toEqualTypeOf<Effect.Effect<Owner<'manual:stop'>, never, Scope.Scope>>()
    expectTypeOf(link([CancelScope.background], Token.manual('stop'))).toEqualTypeOf<
      Effect.Effect<Owner<'manual:stop'>, never, Scope.Scope>
    >()
    expectTypeOf(open(Token.manual('stop'), { clock: Clock.system })).toEqualTypeOf<
      Effect.Effect<Owner<'manual:stop'>, never, Scope.Scope>
    >()
  })

  it('need the services of conditions and of feeds', () => {
    expectTypeOf(
      open(Token.any(asking, Token.budget('bytes', 1)), {
        conditions: { drained: ofDatabase },
        inputs: { 'budget:bytes': ofMeter },
      }),
    ).toEqualTypeOf<
      Effect.Effect<Owner<'condition:drained' | 'manual:stop' | 'budget:bytes'>, never, Scope.Scope | Database | Meter>
    >()
  })

  it('refuse a token whose condition has no predicate', () => {
    // @ts-expect-error - no world at all
    open(asking)
    // @ts-expect-error - a misspelled condition
    open(asking, { conditions: { drainde: yes } })
    // @ts-expect-error - no world at all
    link([CancelScope.background], asking)
    // @ts-expect-error - parents come as a list
    link(CancelScope.background, plain)
  })

  it('are refused the scope without a Scope', () => {
    // @ts-expect-error - nobody would close it
    void Effect.runPromise(open(plain))
    void Effect.runPromise(Effect.scoped(open(plain)))
  })

  it('give of a token from outside a scope that takes any input, or what is missing', () => {
    const outside: Token.Token<Token.Input> = asking
    expectTypeOf(openUnknown(outside, { conditions: { drained: ofDatabase } })).toEqualTypeOf<
      Effect.Effect<Owner<Token.Input>, CancelScope.MissingInputs, Scope.Scope | Database>
    >()
    expectTypeOf(openUnknown(outside)).toEqualTypeOf<
      Effect.Effect<Owner<Token.Input>, CancelScope.MissingInputs, Scope.Scope>
    >()
  })
})

describe('scopes, effects, fibers and schedules', () => {
  it('become each other', () => {
    expectTypeOf(clock).toEqualTypeOf<Effect.Effect<Clock.Clock>>()
    expectTypeOf(toEffect(CancelScope.background)).toEqualTypeOf<Effect.Effect<Reason.Reason>>()
    expectTypeOf(fromEffect(work)).toEqualTypeOf<Effect.Effect<CancelScope.ScopeView, never, Meter | Scope.Scope>>()
    expectTypeOf(fromFiber).toBeCallableWith({} as Fiber.Fiber<number, Broken>) // sound: never run
    expectTypeOf(whileKeepGoing(CancelScope.background)).toEqualTypeOf<Schedule.Schedule<number>>()
    expectTypeOf(fromSchedule(Schedule.recurs(3))).toEqualTypeOf<Effect.Effect<Token.Token>>()
  })

  it('give no owner', () => {
    const program = Effect.gen(function* () {
      const scope = yield* fromEffect(work)
      // @ts-expect-error - it fires when the effect ends, and no sooner
      CancelScope.cancel(scope)
    })
    void program
    // @ts-expect-error - an effect is no fiber
    fromFiber(work)
    // @ts-expect-error - a schedule that needs services cannot be tried without them
    fromSchedule(Schedule.tap(Schedule.forever, () => Effect.asVoid(Database)))
  })
})
