/** What the compiler knows of a scope: what it must be opened with, and what its owner and its observers may do. */
import type { IO } from 'fp-ts/lib/IO.js'
import type { IOEither } from 'fp-ts/lib/IOEither.js'
import type { Option } from 'fp-ts/lib/Option.js'
import { pipe } from 'fp-ts/lib/function.js'
import { CancelScope, Clock, Token } from 'cantok-ts'
import type { Reason, World } from 'cantok-ts'
import { describe, expectTypeOf, it } from 'vitest'

type Owner<I extends Token.Input = never> = CancelScope.CancelScope<I>
type View = CancelScope.ScopeView

const clock = Clock.virtual()
const drained = (): boolean => false
const asking = Token.any(Token.condition('drained'), Token.manual('stop'))
const plain = Token.any(Token.manual('stop'), Token.timeout('1 second'))
const parent: View = CancelScope.background

describe('open', () => {
  it('gives a scope for the inputs that the token names', () => {
    expectTypeOf(CancelScope.open(Token.timeout(1))).toEqualTypeOf<IO<Owner>>()
    expectTypeOf(CancelScope.open(plain)).toEqualTypeOf<IO<Owner<'manual:stop'>>>()
    expectTypeOf(CancelScope.open(asking, { conditions: { drained } })).toEqualTypeOf<
      IO<Owner<'condition:drained' | 'manual:stop'>>
    >()
  })

  it('wants no world where no condition is named, and takes a clock alone', () => {
    expectTypeOf(CancelScope.open(plain, {})).toEqualTypeOf<IO<Owner<'manual:stop'>>>()
    expectTypeOf(CancelScope.open(plain, { clock })).toEqualTypeOf<IO<Owner<'manual:stop'>>>()
  })

  it('takes more conditions than the token names', () => {
    CancelScope.open(plain, { conditions: { drained } })
    const conditions = { drained, empty: drained }
    CancelScope.open(asking, { clock, conditions })
    // @ts-expect-error - but in a literal written for this token, where it is likely a slip
    CancelScope.open(asking, { clock, conditions: { drained, empty: drained } })
  })

  it('refuses a token whose condition has no predicate', () => {
    // @ts-expect-error - no world at all
    CancelScope.open(asking)
    // @ts-expect-error - a world without conditions
    CancelScope.open(asking, { clock })
    // @ts-expect-error - a world without this condition
    CancelScope.open(asking, { conditions: {} })
    // @ts-expect-error - a misspelled condition
    CancelScope.open(asking, { conditions: { drainde: drained } })
    // @ts-expect-error - one of two conditions
    CancelScope.open(Token.all(asking, Token.condition('empty')), { conditions: { drained } })
  })

  it('refuses a clock that is none', () => {
    // @ts-expect-error - a time is no clock
    CancelScope.open(plain, { clock: Date.now() })
  })

  it('takes a token whose names are known only at run time with any conditions', () => {
    const token = Token.condition(['drained'].join(''))
    expectTypeOf(CancelScope.open(token, { conditions: {} })).toEqualTypeOf<IO<Owner<`condition:${string}`>>>()
    // @ts-expect-error - it names some condition all the same
    CancelScope.open(token)
  })

  it('refuses a token from outside without conditions', () => {
    const outside = Token.never as Token.Token<Token.Input>
    // @ts-expect-error - it may name conditions
    CancelScope.open(outside)
  })
})

describe('openUnknown', () => {
  it('gives a scope that takes any input, or what is missing', () => {
    const outside: Token.Token<Token.Input> = asking
    expectTypeOf(CancelScope.openUnknown(outside, { conditions: { drained } })).toEqualTypeOf<
      IOEither<CancelScope.MissingInputs, Owner<Token.Input>>
    >()
  })

  it('refuses a world without conditions', () => {
    // @ts-expect-error - a token from outside may name some
    CancelScope.openUnknown(asking, { clock })
  })
})

describe('child and link', () => {
  it('give a scope for the inputs of their own token only', () => {
    const scope = CancelScope.open(Token.manual('above'))()
    expectTypeOf(pipe(scope, CancelScope.child(plain))).toEqualTypeOf<IO<Owner<'manual:stop'>>>()
    expectTypeOf(CancelScope.link([scope, parent], plain)).toEqualTypeOf<IO<Owner<'manual:stop'>>>()
    expectTypeOf(CancelScope.link([], Token.never)).toEqualTypeOf<IO<Owner>>()
  })

  it('take the conditions that the token names, or a clock alone where it names none', () => {
    expectTypeOf(CancelScope.child(asking, { conditions: { drained } })(parent)).toEqualTypeOf<
      IO<Owner<'condition:drained' | 'manual:stop'>>
    >()
    expectTypeOf(CancelScope.link([parent], asking, { clock, conditions: { drained } })).toEqualTypeOf<
      IO<Owner<'condition:drained' | 'manual:stop'>>
    >()
    CancelScope.child(plain, { clock })(parent)
    CancelScope.link([parent], plain, { clock })
  })

  it('refuse a token whose condition has no predicate', () => {
    // @ts-expect-error - no world at all
    CancelScope.child(asking)
    // @ts-expect-error - a world without conditions
    CancelScope.child(asking, { clock })
    // @ts-expect-error - a misspelled condition
    CancelScope.child(asking, { conditions: { drainde: drained } })
    // @ts-expect-error - no world at all
    CancelScope.link([parent], asking)
    // @ts-expect-error - a world without conditions
    CancelScope.link([parent], asking, { clock })
  })

  it('refuse a parent that is none', () => {
    // @ts-expect-error - a token is not a scope
    CancelScope.child(plain)(plain)
    // @ts-expect-error - parents come as a list
    CancelScope.link(parent, plain)
  })
})

describe('predicates', () => {
  it('answer with a boolean, alone or between hooks', () => {
    CancelScope.open(asking, { conditions: { drained: { test: drained } } })
    CancelScope.open(asking, { conditions: { drained: { test: drained, before: () => {}, after: () => {} } } })
  })

  it('are refused where they answer with anything else', () => {
    // @ts-expect-error - a promise is no boolean
    CancelScope.open(asking, { conditions: { drained: async () => true } })
    // @ts-expect-error - a promise is no boolean
    CancelScope.open(asking, { conditions: { drained: { test: () => Promise.resolve(true) } } })
    // @ts-expect-error - a text is no boolean
    CancelScope.open(asking, { conditions: { drained: () => 'yes' } })
    // @ts-expect-error - a boolean is no predicate
    CancelScope.open(asking, { conditions: { drained: true } })
    // @ts-expect-error - nobody tells a predicate anything
    CancelScope.open(asking, { conditions: { drained: (scope: View) => scope === parent } })
  })

  it('are wanted by a world just where the inputs name conditions', () => {
    expectTypeOf<World.World>().toExtend<{ readonly conditions?: World.Conditions }>()
    expectTypeOf<{ readonly clock: Clock.Clock }>().toExtend<World.World<'manual:a'>>()
    expectTypeOf<{ readonly clock: Clock.Clock }>().not.toExtend<World.World<'manual:a' | 'condition:b'>>()
  })
})

describe('the owner', () => {
  const scope = CancelScope.open(
    Token.any(Token.manual('stop'), Token.manual('abort'), Token.budget('bytes', 1), Token.idle('io', 1)),
  )()

  it('may cancel the whole or one manual input', () => {
    expectTypeOf(CancelScope.cancel(scope)).toEqualTypeOf<IO<boolean>>()
    expectTypeOf(CancelScope.cancel(scope, 'enough')).toEqualTypeOf<IO<boolean>>()
    expectTypeOf(CancelScope.cancelInput(scope, 'stop')).toEqualTypeOf<IO<boolean>>()
    expectTypeOf(CancelScope.cancelInput(scope, 'abort', 'enough')).toEqualTypeOf<IO<boolean>>()
  })

  it('may spend on a budget and beat for an idle', () => {
    expectTypeOf(CancelScope.spend(scope, 'bytes', 1)).toEqualTypeOf<IO<boolean>>()
    expectTypeOf(CancelScope.beat(scope, 'io')).toEqualTypeOf<IO<boolean>>()
  })

  it('is refused a misspelled name', () => {
    // @ts-expect-error - 'stpo' is not 'stop'
    CancelScope.cancelInput(scope, 'stpo')
    // @ts-expect-error - 'byte' is not 'bytes'
    CancelScope.spend(scope, 'byte', 1)
    // @ts-expect-error - 'oi' is not 'io'
    CancelScope.beat(scope, 'oi')
  })

  it('is refused a name of another kind', () => {
    // @ts-expect-error - 'bytes' is a budget
    CancelScope.cancelInput(scope, 'bytes')
    // @ts-expect-error - 'stop' is a manual input
    CancelScope.spend(scope, 'stop', 1)
    // @ts-expect-error - 'bytes' is a budget
    CancelScope.beat(scope, 'bytes')
    // @ts-expect-error - the prefix of the kind is no part of the name
    CancelScope.cancelInput(scope, 'manual:stop')
  })

  it('is refused every name where the token names none of the kind', () => {
    const timed = CancelScope.open(Token.timeout(1))()
    // @ts-expect-error - it has no manual input
    CancelScope.cancelInput(timed, 'stop')
    // @ts-expect-error - it has no budget
    CancelScope.spend(timed, 'bytes', 1)
    // @ts-expect-error - it has no idle
    CancelScope.beat(timed, 'io')
  })

  it('is refused the inputs of a parent', () => {
    const below = CancelScope.child(Token.manual('own'))(scope)()
    // @ts-expect-error - 'stop' is the parent's
    CancelScope.cancelInput(below, 'stop')
  })

  it('may use any name where names are known only at run time', () => {
    const dynamic = CancelScope.open(Token.manual(['a'].join('')))()
    expectTypeOf(CancelScope.cancelInput(dynamic, 'whatever')).toEqualTypeOf<IO<boolean>>()
  })

  it('may close it, by hand or at the end of a block', () => {
    expectTypeOf(CancelScope.close(scope)).toEqualTypeOf<IO<void>>()
    expectTypeOf(scope).toExtend<Disposable>()
  })
})

describe('the observer', () => {
  it('may look and derive', () => {
    expectTypeOf(CancelScope.poll(parent)).toEqualTypeOf<IO<Option<Reason.Reason>>>()
    expectTypeOf(CancelScope.peek(parent)).toEqualTypeOf<IO<Option<Reason.Reason>>>()
    expectTypeOf(CancelScope.check(parent)).toEqualTypeOf<IOEither<Reason.Reason, void>>()
    expectTypeOf(CancelScope.checkOrThrow(parent)).toEqualTypeOf<IO<void>>()
    expectTypeOf(CancelScope.keepGoing(parent)).toEqualTypeOf<IO<boolean>>()
    expectTypeOf(CancelScope.isCancelled(parent)).toEqualTypeOf<IO<boolean>>()
    expectTypeOf(CancelScope.residual(parent)).toEqualTypeOf<IO<Token.Token<Token.Input>>>()
    expectTypeOf(CancelScope.remaining(parent)).toEqualTypeOf<IO<Option<number>>>()
  })

  it('may do nothing that an owner may', () => {
    // @ts-expect-error - background has no owner
    CancelScope.cancel(CancelScope.background)
    // @ts-expect-error - background has no owner
    CancelScope.cancelInput(CancelScope.background, 'stop')
    // @ts-expect-error - background has no owner
    CancelScope.spend(CancelScope.background, 'bytes', 1)
    // @ts-expect-error - background has no owner
    CancelScope.beat(CancelScope.background, 'io')
    // @ts-expect-error - background has no owner
    CancelScope.close(CancelScope.background)
    // @ts-expect-error - an observer's view does not close at the end of a block
    expectTypeOf(parent).toExtend<Disposable>()
  })

  it('cannot become an owner', () => {
    expectTypeOf<View>().not.toExtend<Owner>()
    expectTypeOf<View>().not.toExtend<Owner<'manual:a'>>()
    expectTypeOf<Owner>().toExtend<View>()
    expectTypeOf<Owner<'manual:a'>>().toExtend<View>()
  })
})

describe('assignment', () => {
  it('lets a scope that takes more inputs stand where fewer are fed', () => {
    expectTypeOf<Owner<'manual:a' | 'manual:b'>>().toExtend<Owner<'manual:a'>>()
    expectTypeOf<Owner<'manual:a'>>().toExtend<Owner>()
    expectTypeOf<Owner<Token.Input>>().toExtend<Owner<'manual:a'>>()
  })

  it('never invents an input', () => {
    expectTypeOf<Owner<'manual:a'>>().not.toExtend<Owner<'manual:a' | 'manual:b'>>()
    expectTypeOf<Owner>().not.toExtend<Owner<'manual:a'>>()
    expectTypeOf<Owner<'manual:a'>>().not.toExtend<Owner<Token.Input>>()
  })
})
