/** What the compiler knows of a program: its own failures, the reasons beside them, and what limits must be opened with. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Option } from 'fp-ts/lib/Option.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import type { ReaderTaskEither } from 'fp-ts/lib/ReaderTaskEither.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { Cancellable, CancelScope, Token } from 'cantok-ts'
import type { Reason } from 'cantok-ts'
import { describe, expectTypeOf, it } from 'vitest'

type Program<E, A> = Cancellable.Cancellable<E, A>
type Why = Reason.Reason

interface Disk {
  readonly _tag: 'Disk'
}
interface Net {
  readonly _tag: 'Net'
}

declare const read: Program<Disk, string>
declare const fetched: Program<Net, number>
declare const many: ReadonlyArray<Program<Disk, string>>
declare const sure: Program<never, boolean>
declare const task: TaskEither<Disk, string>
declare const scope: CancelScope.ScopeView

const asking = Token.any(Token.condition('drained'), Token.manual('stop'))
const conditions = { drained: () => false }

describe('Cancellable', () => {
  it('is a ReaderTaskEither of a scope, with the reasons beside its own failures', () => {
    expectTypeOf<Program<Disk, string>>().toEqualTypeOf<ReaderTaskEither<CancelScope.ScopeView, Disk | Why, string>>()
    expectTypeOf<Program<never, string>>().toEqualTypeOf<ReaderTaskEither<CancelScope.ScopeView, Why, string>>()
  })

  it('runs in what only looks, and not without', () => {
    expectTypeOf(Cancellable.run(scope)(read)).toEqualTypeOf<TaskEither<Disk | Why, string>>()
    expectTypeOf(Cancellable.run(CancelScope.open(Token.manual('a'))())(sure)).toEqualTypeOf<TaskEither<Why, boolean>>()
    // @ts-expect-error - a token is not open
    Cancellable.run(Token.never)
    // @ts-expect-error - a task is no program
    Cancellable.run(scope)(task)
  })

  it('does not forget its failures, nor the reasons', () => {
    // @ts-expect-error - it may fail for the disk
    expectTypeOf(read).toExtend<Program<Net, string>>()
    // @ts-expect-error - it may end with a reason
    expectTypeOf(sure).toExtend<ReaderTaskEither<CancelScope.ScopeView, never, boolean>>()
    expectTypeOf(sure).toExtend<Program<Disk, boolean>>()
  })
})

describe('work', () => {
  it('has the failures that are made of what it rejects with', () => {
    const disk = (): Disk => ({ _tag: 'Disk' })
    expectTypeOf(Cancellable.tryCatch(async () => 1, disk)).toEqualTypeOf<Program<Disk, number>>()
    expectTypeOf(Cancellable.tryCatch(async ({ aborted }) => aborted, E.toError)).toEqualTypeOf<
      Program<Error, boolean>
    >()
    expectTypeOf(Cancellable.tryCatch<Disk, number>)
      .parameter(0)
      .parameter(0)
      .toEqualTypeOf<AbortSignal>()
    // @ts-expect-error - what it rejects with must become something
    Cancellable.tryCatch(async () => 1)
    // @ts-expect-error - what is no promise cannot be waited for
    Cancellable.tryCatch(() => 1, disk)
    Cancellable.tryCatch(
      async () => 1,
      // @ts-expect-error - what it rejects with is not known
      (error: Error) => error,
    )
  })

  it('has the failures of its task', () => {
    expectTypeOf(Cancellable.guard(task)).toEqualTypeOf<Program<Disk, string>>()
    expectTypeOf(Cancellable.fromTaskEither(task)).toEqualTypeOf<Program<Disk, string>>()
    // @ts-expect-error - a promise has begun already
    Cancellable.guard(task())
    // @ts-expect-error - a task without failures is another type
    Cancellable.guard(async () => 1)
  })

  it('has no failures of its own where there are none', () => {
    expectTypeOf(Cancellable.checkpoint).toEqualTypeOf<Program<never, void>>()
    expectTypeOf(Cancellable.wait(scope)).toEqualTypeOf<Program<never, Why>>()
    expectTypeOf(Cancellable.wait(scope, { every: '10 ms' })).toEqualTypeOf<Program<never, Why>>()
  })
})

describe('within', () => {
  it('changes no type', () => {
    expectTypeOf(pipe(read, Cancellable.within(Token.timeout(1)))).toEqualTypeOf<Program<Disk, string>>()
    expectTypeOf(pipe(sure, Cancellable.within(asking, { conditions }))).toEqualTypeOf<Program<never, boolean>>()
    expectTypeOf(pipe(read, Cancellable.shield, Cancellable.delay('1 second'))).toEqualTypeOf<Program<Disk, string>>()
  })

  it('wants the predicates that its token names', () => {
    Cancellable.within(Token.manual('stop'))
    // @ts-expect-error - no world at all
    Cancellable.within(asking)
    // @ts-expect-error - a world without this condition
    Cancellable.within(asking, { conditions: {} })
    // @ts-expect-error - a misspelled condition
    Cancellable.within(asking, { conditions: { drainde: () => false } })
  })
})

describe('bracket', () => {
  it('has the failures of all three, and the value of its use', () => {
    const program = Cancellable.bracket(
      read,
      (resource) => (expectTypeOf(resource).toEqualTypeOf<string>(), fetched),
      (resource, outcome) => {
        expectTypeOf(resource).toEqualTypeOf<string>()
        expectTypeOf(outcome).toEqualTypeOf<E.Either<Net | Why, number> | Cancellable.Defect>()
        return Cancellable.tryCatch(async () => null, E.toError)
      },
    )
    expectTypeOf(program).toEqualTypeOf<Program<Disk | Net | Error, number>>()
  })

  it('adds no failures where there are none', () => {
    const program = Cancellable.bracket(
      sure,
      () => fetched,
      () => sure,
    )
    expectTypeOf(program).toEqualTypeOf<Program<Net, number>>()
    // @ts-expect-error - a resource must be released
    Cancellable.bracket(sure, () => fetched)
  })
})

describe('traverse', () => {
  it('gives a list that is not to be changed, and hands over items and places', () => {
    const program = pipe(
      ['a', 'b'],
      Cancellable.traverse({ concurrency: 2 })((item, index) => {
        expectTypeOf(item).toEqualTypeOf<string>()
        expectTypeOf(index).toEqualTypeOf<number>()
        return fetched
      }),
    )
    expectTypeOf(program).toEqualTypeOf<Program<Net, ReadonlyArray<number>>>()
    // @ts-expect-error - a misspelled option
    Cancellable.traverse({ concurency: 2 })
    // @ts-expect-error - a number of them is meant
    Cancellable.traverse({ concurrency: '2' })
  })
})

describe('race', () => {
  it('ends as any of the contenders may', () => {
    expectTypeOf(Cancellable.race(read, fetched, sure)).toEqualTypeOf<Program<Disk | Net, string | number | boolean>>()
    expectTypeOf(Cancellable.race(sure)).toEqualTypeOf<Program<never, boolean>>()
    expectTypeOf(Cancellable.race(...many)).toEqualTypeOf<Program<Disk, string>>()
  })

  it('of none never ends by itself', () => {
    expectTypeOf(Cancellable.race()).toEqualTypeOf<Program<never, never>>()
  })

  it('takes programs only', () => {
    // @ts-expect-error - a task is no program
    Cancellable.race(read, task)
  })

  it('knows the failures and values of a program', () => {
    expectTypeOf<Cancellable.FailureOf<typeof read>>().toEqualTypeOf<Disk>()
    expectTypeOf<Cancellable.FailureOf<typeof sure>>().toEqualTypeOf<never>()
    expectTypeOf<Cancellable.ValueOf<typeof read | typeof sure>>().toEqualTypeOf<string | boolean>()
  })
})

describe('retry', () => {
  it('changes no type', () => {
    expectTypeOf(pipe(read, Cancellable.retry(Token.counter(3)))).toEqualTypeOf<Program<Disk, string>>()
    expectTypeOf(pipe(sure, Cancellable.retry(Token.counter(3), { pause: () => '1 s' }))).toEqualTypeOf<
      Program<never, boolean>
    >()
  })

  it('asks its while of the failures and the reasons', () => {
    const options = { while: (failure: Disk | Why) => failure._tag === 'Disk' }
    expectTypeOf(pipe(read, Cancellable.retry(Token.counter(3), options))).toEqualTypeOf<Program<Disk, string>>()
    // @ts-expect-error - it knows only how to judge failures of the disk
    pipe(fetched, Cancellable.retry(Token.counter(3), options))
  })

  it('wants the predicates that its token names', () => {
    Cancellable.retry(asking, { conditions })
    Cancellable.retry(asking, { conditions, pause: (failures) => failures * 10 })
    // @ts-expect-error - no world at all
    Cancellable.retry(asking)
    // @ts-expect-error - options without a predicate
    Cancellable.retry(asking, { pause: () => 10 })
    // @ts-expect-error - options without this predicate
    Cancellable.retry(asking, { conditions: {} })
    Cancellable.retry(Token.never, { pause: 10 })
  })
})

describe('what handles reasons', () => {
  it('is handed those of time, and leaves all in the type', () => {
    const program = pipe(
      read,
      Cancellable.orElseTimedOut((reason) => {
        expectTypeOf(reason).toEqualTypeOf<Reason.TimedOut | Reason.DeadlinePassed | Reason.Stalled>()
        return fetched
      }),
    )
    expectTypeOf(program).toEqualTypeOf<Program<Disk | Net, string | number>>()
  })

  it('is handed any reason once its scope has fired', () => {
    const program = pipe(
      read,
      Cancellable.onCancelled((reason) => (expectTypeOf(reason).toEqualTypeOf<Why>(), fetched)),
    )
    expectTypeOf(program).toEqualTypeOf<Program<Disk | Net, string>>()
  })

  it('makes an Option of a value, and leaves the failures', () => {
    expectTypeOf(pipe(read, Cancellable.timeoutOption('1 s'))).toEqualTypeOf<Program<Disk, Option<string>>>()
  })

  it('has nothing to say where a program does not end by itself', () => {
    expectTypeOf(pipe(read, Cancellable.every('1 s'))).toEqualTypeOf<Program<Disk, never>>()
  })
})

describe('the combinators of ReaderTaskEither', () => {
  it('map and flatMap', () => {
    expectTypeOf(
      pipe(
        read,
        RTE.map((text) => text.length),
      ),
    ).toEqualTypeOf<Program<Disk, number>>()
    expectTypeOf(
      pipe(
        read,
        RTE.flatMap((text) => (expectTypeOf(text).toEqualTypeOf<string>(), fetched)),
      ),
    ).toEqualTypeOf<Program<Disk | Net, number>>()
  })

  it('mapLeft and orElse', () => {
    const program = pipe(
      read,
      RTE.orElse((left) => (expectTypeOf(left).toEqualTypeOf<Disk | Why>(), pipe(fetched, RTE.map(String)))),
    )
    expectTypeOf(
      pipe(
        read,
        RTE.orElseW(() => fetched),
      ),
    ).toEqualTypeOf<Program<Net, string | number>>()
    // what was a Left is handled, and the reasons of the other program remain
    expectTypeOf(program).toEqualTypeOf<Program<Net, string>>()
    expectTypeOf(
      pipe(
        read,
        RTE.mapLeft((left) => left._tag),
      ),
    ).toEqualTypeOf<ReaderTaskEither<CancelScope.ScopeView, Disk['_tag'] | Why['_tag'], string>>()
  })

  it('Do, bind and let', () => {
    const program = pipe(
      RTE.Do,
      RTE.bind('text', () => read),
      RTE.bindW('number', ({ text }) => (expectTypeOf(text).toEqualTypeOf<string>(), fetched)),
      RTE.let('length', ({ text }) => text.length),
      Cancellable.within(Token.timeout('1 s')),
    )
    expectTypeOf(program).toEqualTypeOf<
      Program<Disk | Net, { readonly text: string; readonly number: number; readonly length: number }>
    >()
  })

  it('ask, with ours after it', () => {
    const program = pipe(RTE.ask<CancelScope.ScopeView>(), RTE.flatMap(Cancellable.wait))
    expectTypeOf(program).toEqualTypeOf<Program<never, Why>>()
  })
})
