/** What programs of a sweep are, and what their reports say of their types. */
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Task } from 'fp-ts/lib/Task.js'
import { describe, expectTypeOf, it } from 'vitest'
import { Cancellable, CancelScope } from 'cantok-ts'
import type { Clock, Reason } from 'cantok-ts'
import * as fc from 'fast-check'
import { sweep, sweepOrThrow, sweepProperty, virtualWorld } from 'cantok-ts/testing'
import type { Report, VirtualWorld } from 'cantok-ts/testing'

describe('a program', () => {
  it('is any function of a scope, and its report knows what it gives', () => {
    expectTypeOf(sweep(async () => 1)).toEqualTypeOf<Task<Report<number>>>()
    expectTypeOf(sweep(() => 1)).toEqualTypeOf<Task<Report<number>>>()
    expectTypeOf(sweep((scope) => CancelScope.wait(scope))).toEqualTypeOf<Task<Report<Reason.Reason>>>()
    expectTypeOf(sweep(Cancellable.guard(TE.right<string, number>(1)))).toEqualTypeOf<
      Task<Report<Either<string | Reason.Reason, number>>>
    >()
    expectTypeOf(sweep(Cancellable.checkpoint)).toEqualTypeOf<Task<Report<Either<Reason.Reason, void>>>>()
  })

  it('may be the body of a test', () => {
    expectTypeOf(sweepOrThrow(Cancellable.checkpoint)).toEqualTypeOf<Task<void>>()
  })

  it('is given a scope to look at, not to cancel', () => {
    void sweep(async (scope) => {
      // @ts-expect-error: a view has no owner's operations
      CancelScope.cancel(scope)
    })
  })

  it('of a property takes what is generated', () => {
    void sweepProperty(fc.nat(), (input) => {
      expectTypeOf(input).toEqualTypeOf<number>()
      return async () => input
    })
    // @ts-expect-error: a number is generated
    void sweepProperty(fc.nat(), (input: string) => async () => input)
  })

  it('has options that know what it gives', () => {
    void sweep(async () => 1, {
      isOwn: (outcome) => outcome._tag === 'Returned' && outcome.value > 0,
      invariants: { positive: ({ outcome }) => outcome._tag !== 'Returned' || outcome.value > 0 },
    })
    // @ts-expect-error: no kind of reason
    void sweep(async () => 1, { reasons: ['Because'] })
    // @ts-expect-error: at least one
    void sweep(async () => 1, { reasons: [] })
    // @ts-expect-error: no strategy
    void sweep(async () => 1, { points: { first: 3 } })
  })
})

describe('a virtual world', () => {
  it('knows the names of its predicates', () => {
    const world = virtualWorld({ conditions: { drained: false, late: [true, 'throws'] } })
    expectTypeOf(world).toEqualTypeOf<VirtualWorld<'drained' | 'late'>>()
    expectTypeOf(world.clock).toEqualTypeOf<Clock.VirtualClock>()
    world.answer('late', true)
    // @ts-expect-error: no such predicate
    world.answer('lat', true)
    // @ts-expect-error: a script has at least one answer
    virtualWorld({ conditions: { late: [] } })
  })
})
