/** What the compiler knows of programs under a scope, of streams under tokens, and of the Schemas. */
import { Context, Effect, Schema } from 'effect'
import type { Layer, Option, Stream } from 'effect'
import { CancelScope, Token } from 'cantok-ts'
import type { Analysis, Reason } from 'cantok-ts'
import { openUnknown } from 'cantok-ts/effect'
import {
  CurrentScope,
  ReasonFromJson,
  TokenFromJson,
  checkpoint,
  explain,
  guard,
  haltStreamBy,
  haltStreamWhen,
  interruptStreamBy,
  interruptStreamWhen,
  layer,
  layerOf,
  remaining,
  within,
} from 'cantok-ts/effect4'
import type { ReasonEncoded, TokenEncoded } from 'cantok-ts/codec'
import { describe, expectTypeOf, it } from 'vitest'

type Why = Reason.Reason

interface Disk {
  readonly _tag: 'Disk'
}

interface Db {
  readonly _tag: 'Db'
}

interface Net {
  readonly _tag: 'Net'
}

const Database = Context.Service<Db, { readonly idle: boolean }>('test/Database')

declare const read: Effect.Effect<string, Disk, Net>
declare const asking: Effect.Effect<string, Disk | Why, Net | CurrentScope>
declare const rows: Stream.Stream<number, Disk, Net>

const drained = Token.any(Token.condition('drained'), Token.manual('stop'))
const conditions = { drained: () => false }
const idle = Effect.map(Database, (database) => database.idle)

describe('CurrentScope', () => {
  it('is a scope to look at', () => {
    expectTypeOf(Effect.map(CurrentScope, (scope) => scope)).toEqualTypeOf<
      Effect.Effect<CancelScope.ScopeView, never, CurrentScope>
    >()
    Effect.map(CurrentScope, (scope) => CancelScope.poll(scope))
    // @ts-expect-error - who only asks does not cancel
    Effect.map(CurrentScope, (scope) => CancelScope.cancel(scope))
  })

  it('is needed by who asks it', () => {
    expectTypeOf(checkpoint).toEqualTypeOf<Effect.Effect<void, Why, CurrentScope>>()
    expectTypeOf(remaining).toEqualTypeOf<Effect.Effect<Option.Option<number>, never, CurrentScope>>()
    expectTypeOf(explain).toEqualTypeOf<Effect.Effect<Analysis.Evidence, never, CurrentScope>>()
    // @ts-expect-error - nobody has provided a scope
    void Effect.runPromise(checkpoint)
    void Effect.runPromise(Effect.provideService(checkpoint, CurrentScope, CancelScope.background))
    // @ts-expect-error - a token is no scope
    Effect.provideService(checkpoint, CurrentScope, Token.never)
  })

  it('does not forget that it may end with a reason', () => {
    // @ts-expect-error - it may fail with a reason
    expectTypeOf(checkpoint).toExtend<Effect.Effect<void, never, CurrentScope>>()
  })
})

describe('layer', () => {
  it('provides a scope, and needs what its effects need', () => {
    expectTypeOf(layer(Token.timeout(1))).toEqualTypeOf<Layer.Layer<CurrentScope>>()
    expectTypeOf(layer(drained, { conditions })).toEqualTypeOf<Layer.Layer<CurrentScope>>()
    expectTypeOf(layer(drained, { conditions: { drained: idle } })).toEqualTypeOf<
      Layer.Layer<CurrentScope, never, Db>
    >()
    expectTypeOf(layer(drained, { conditions, inputs: { 'manual:stop': read } })).toEqualTypeOf<
      Layer.Layer<CurrentScope, never, Net>
    >()
    expectTypeOf(layerOf(CancelScope.background)).toEqualTypeOf<Layer.Layer<CurrentScope>>()
    expectTypeOf(Effect.provide(checkpoint, layer(Token.never))).toEqualTypeOf<Effect.Effect<void, Why>>()
  })

  it('wants the conditions that the token names, and no input that it does not', () => {
    // @ts-expect-error - the condition is missing
    layer(drained)
    // @ts-expect-error - another one is there
    layer(drained, { conditions: { drian: () => false } })
    // @ts-expect-error - no such input
    layer(drained, { conditions, inputs: { 'manual:stpo': Effect.never } })
    // @ts-expect-error - a layer of what came from outside would not know its conditions
    layer(Token.never as Token.Token<Token.Input>)
  })
})

describe('within and guard', () => {
  it('add the reason, and need a scope around', () => {
    expectTypeOf(guard(read)).toEqualTypeOf<Effect.Effect<string, Disk | Why, Net | CurrentScope>>()
    expectTypeOf(within(Token.timeout(1))(read)).toEqualTypeOf<Effect.Effect<string, Disk | Why, Net | CurrentScope>>()
    expectTypeOf(within(Token.timeout(1))(asking)).toEqualTypeOf<
      Effect.Effect<string, Disk | Why, Net | CurrentScope>
    >()
    expectTypeOf(within(drained, { conditions: { drained: idle } })(read)).toEqualTypeOf<
      Effect.Effect<string, Disk | Why, Net | CurrentScope | Db>
    >()
    expectTypeOf(read.pipe(within(Token.timeout(1)), Effect.provide(layer(Token.never)))).toEqualTypeOf<
      Effect.Effect<string, Disk | Why, Net>
    >()
    // @ts-expect-error - the condition is missing
    within(drained)
    // @ts-expect-error - it is no effect
    within(Token.never)(Token.never)
    // @ts-expect-error - it may end with a reason
    expectTypeOf(guard(read)).toExtend<Effect.Effect<string, Disk, Net | CurrentScope>>()
  })
})

describe('streams', () => {
  it('fail with the reason where they are interrupted, and not where they are halted', () => {
    expectTypeOf(interruptStreamWhen(Token.timeout(1))(rows)).toEqualTypeOf<Stream.Stream<number, Disk | Why, Net>>()
    expectTypeOf(interruptStreamBy(CancelScope.background)(rows)).toEqualTypeOf<
      Stream.Stream<number, Disk | Why, Net>
    >()
    expectTypeOf(haltStreamWhen(Token.timeout(1))(rows)).toEqualTypeOf<Stream.Stream<number, Disk, Net>>()
    expectTypeOf(haltStreamBy(CancelScope.background)(rows)).toEqualTypeOf<Stream.Stream<number, Disk, Net>>()
    expectTypeOf(interruptStreamWhen(drained, { conditions: { drained: idle } })(rows)).toEqualTypeOf<
      Stream.Stream<number, Disk | Why, Net | Db>
    >()
    // @ts-expect-error - the condition is missing
    interruptStreamWhen(drained)
    // @ts-expect-error - an effect is no stream
    interruptStreamWhen(Token.never)(read)
    // @ts-expect-error - a token is no scope
    interruptStreamBy(Token.never)
  })
})

describe('Schemas', () => {
  it('decode what names its inputs in no type, to be opened by openUnknown', () => {
    expectTypeOf(TokenFromJson.Type).toEqualTypeOf<Token.Token<Token.Input>>()
    expectTypeOf(TokenFromJson.Encoded).toEqualTypeOf<TokenEncoded>()
    expectTypeOf(ReasonFromJson.Type).toEqualTypeOf<Why>()
    expectTypeOf(ReasonFromJson.Encoded).toEqualTypeOf<ReasonEncoded>()
    const decode = Schema.decodeUnknownEffect(TokenFromJson)
    expectTypeOf(decode({})).toEqualTypeOf<Effect.Effect<Token.Token<Token.Input>, Schema.SchemaError>>()
    Effect.flatMap(decode({}), (token) => openUnknown(token))
    // @ts-expect-error - its conditions are not known
    Effect.flatMap(decode({}), (token) => within(token)(read))
  })

  it('encode tokens, whatever they name, and nothing else', () => {
    const encode = Schema.encodeSync(TokenFromJson)
    expectTypeOf(encode(drained)).toEqualTypeOf<TokenEncoded>()
    // @ts-expect-error - a scope is no data
    encode(CancelScope.background)
    // @ts-expect-error - a reason is no token
    encode({ _tag: 'Requested', path: [] })
  })
})
