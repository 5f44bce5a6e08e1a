/** Work of all kinds in a scope: how it starts, how it ends, and what wins when it ends in the turn of the cancellation. */
import { setTimeout as sleep } from 'node:timers/promises'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, expect, it, vi } from 'vitest'
import { AbortSignal as Bridge, Cancellable, CancelScope, Reason, Token } from 'cantok-ts'
import { virtualWorld } from 'cantok-ts/testing'
import { boom, byHand, defect, endless, nothing, running, start, stopped, taking, world } from './running.js'

const { checkpoint, fromTaskEither, guard, tryCatch, wait, within } = Cancellable

const failed = (error: unknown) => ({ failed: error })

describe('tryCatch', () => {
  it('does not start its work if the scope fires in the look with which its signal is made', async () => {
    const { clock, conditions } = virtualWorld({ conditions: { p: [false, true] } })
    const scope = CancelScope.open(Token.condition('p'), { clock, conditions })()
    const f = vi.fn<() => Promise<string>>(async () => 'page')
    expect(await tryCatch(f, failed)(scope)()).toMatchObject({ left: { _tag: 'ConditionMet' } })
    expect(f).not.toHaveBeenCalled()
  })

  it('ends with the value of the promise', async () => {
    expect(await start(tryCatch(async () => 'page', failed)).after(0)).toEqual(E.right('page'))
  })

  it('ends with a failure made of what the promise rejects with', async () => {
    expect(await start(tryCatch(() => Promise.reject(boom), failed)).after(0)).toEqual(E.left({ failed: boom }))
  })

  it('takes what the function itself throws for a rejection', async () => {
    const program = tryCatch((): Promise<never> => {
      throw boom
    }, failed)
    expect(await start(program).after(0)).toEqual(E.left({ failed: boom }))
  })

  it('hands over the one signal of its scope', async () => {
    const { scope, start } = world()
    const { after } = start(tryCatch(async (signal) => signal === Bridge.toAbortSignal(scope)(), failed))
    expect(await after(0)).toEqual(E.right(true))
  })

  it('ends at once with the reason, though the promise goes on for ever', async () => {
    let signal: AbortSignal | undefined
    const { stop, after } = start(tryCatch((given) => new Promise<never>(() => (signal = given)), failed))
    expect(await after('1 hour')).toEqual(running)
    stop()
    expect(await after(0)).toMatchObject({ _tag: 'Left', left: { detail: 'stop' } })
    expect(signal?.reason).toMatchObject({ name: 'AbortError', reason: { detail: 'stop' } })
  })

  it('does not call the function on a scope that has fired', async () => {
    const { scope, stop } = world()
    stop()
    const f = vi.fn<() => Promise<string>>(async () => 'page')
    expect(await tryCatch(f, failed)(scope)()).toEqual(stopped)
    expect(f).not.toHaveBeenCalled()
  })

  it.each<[string, (signal: AbortSignal) => unknown]>([
    ['the reason of the signal', (signal) => signal.reason],
    ['an AbortError of the platform', () => new DOMException('gone', 'AbortError')],
    ['an error caused by the reason of the signal', (signal) => new Error('wrapped', { cause: signal.reason })],
  ])('never makes a failure of a rejection with %s', async (_, rejection) => {
    const onError = vi.fn<typeof failed>(failed)
    const obedient = (signal: AbortSignal) =>
      new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(rejection(signal))))
    const { stop, after } = start(tryCatch(obedient, onError))
    await after(0)
    stop()
    expect(await after(0)).toEqual(stopped)
    expect(onError).not.toHaveBeenCalled()
  })

  it('never makes a failure of what the platform rejects with for its signal', async () => {
    const onError = vi.fn<typeof failed>(failed)
    const { stop, after } = start(tryCatch((signal) => sleep(3_600_000, 'late', { signal }), onError))
    await after(0)
    stop()
    expect(await after(0)).toEqual(stopped)
    expect(onError).not.toHaveBeenCalled()
  })

  it('makes a failure of an AbortError that comes without a cancellation', async () => {
    const abort = new DOMException('its own', 'AbortError')
    expect(await start(tryCatch(() => Promise.reject(abort), failed)).after(0)).toEqual(E.left({ failed: abort }))
  })

  it('makes a failure of the reason for which another scope has fired', async () => {
    const other = Reason.toError({ _tag: 'Requested', path: [] })
    expect(await start(tryCatch(() => Promise.reject(other), failed)).after(0)).toEqual(E.left({ failed: other }))
  })

  it.each(['before', 'after'])('keeps a genuine failure that comes %s the cancellation in its turn', async (order) => {
    const { promise, reject } = byHand<never, never>()
    const { stop, after } = start(tryCatch(() => promise, failed))
    await after(0)
    if (order === 'before') reject(boom)
    stop()
    if (order === 'after') reject(boom)
    expect(await after(0)).toEqual(E.left({ failed: boom }))
  })

  it('ignores what comes of the promise in a later turn', async () => {
    const { promise, reject } = byHand<never, never>()
    const { stop, after, ended } = start(tryCatch(() => promise, failed))
    await after(0)
    stop()
    expect(await after(0)).toEqual(stopped)
    reject(boom) // an unhandled rejection would fail the run
    await after(0)
    expect(ended()).toEqual(stopped)
  })

  it('ends as a defect if what makes the failure throws', async () => {
    const program = tryCatch(
      () => Promise.reject(new Error('disk')),
      () => {
        throw boom
      },
    )
    expect(await start(program).after(0)).toEqual(defect(boom))
  })

  it('is told of the reason of a scope further out', async () => {
    const obedient = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    const { stopAbove, after } = start(pipe(tryCatch(obedient, failed), within(Token.timeout('1 hour'))))
    await after(0)
    stopAbove()
    expect(await after(0)).toMatchObject({ left: { _tag: 'Requested', detail: 'above' } })
  })
})

describe('fromTaskEither', () => {
  it('ends as its task does', async () => {
    expect(await start(fromTaskEither(TE.right(1))).after(0)).toEqual(E.right(1))
    expect(await start(fromTaskEither(TE.left('no'))).after(0)).toEqual(E.left('no'))
    expect(await start(fromTaskEither(() => Promise.reject(boom))).after(0)).toEqual(defect(boom))
  })

  it('is not started on a scope that has fired', async () => {
    const { scope, stop } = world()
    stop()
    const task = vi.fn<TE.TaskEither<never, number>>(TE.right(1))
    expect(await fromTaskEither(task)(scope)()).toEqual(stopped)
    expect(task).not.toHaveBeenCalled()
  })

  it('is waited for once started, and its result is kept', async () => {
    const { clock, stop, start } = world()
    const { after } = start(fromTaskEither(taking(clock, 1000, () => E.right('saved'))))
    await after(10)
    stop()
    expect(await after(980)).toEqual(running)
    expect(await after(10)).toEqual(E.right('saved'))
  })
})

describe('guard', () => {
  it('ends as its task does', async () => {
    expect(await start(guard(TE.right(1))).after(0)).toEqual(E.right(1))
    expect(await start(guard(TE.left('no'))).after(0)).toEqual(E.left('no'))
  })

  it('ends as a defect if its task rejects or throws', async () => {
    const throws = (): never => {
      throw boom
    }
    expect(await start(guard(() => Promise.reject(boom))).after(0)).toEqual(defect(boom))
    expect(await start(guard(throws)).after(0)).toEqual(defect(boom))
  })

  it('ends at once with the reason, and leaves its task alone', async () => {
    const { task, reject } = byHand<never, never>()
    const { stop, after, held } = start(guard(task))
    expect(await after('1 hour')).toEqual(running)
    stop()
    expect(await after(0)).toMatchObject({ left: { detail: 'stop' } })
    expect(held()).toEqual(nothing)
    reject(boom) // an unhandled rejection would fail the run
    expect(await after(0)).toMatchObject({ left: { detail: 'stop' } })
  })

  it('ends at the very instant at which time is out', async () => {
    const { after } = start(guard(endless(CancelScope.background)), Token.timeout(1000))
    expect(await after(999)).toEqual(running)
    expect(await after(1)).toMatchObject({ left: { _tag: 'TimedOut', at: 1000 } })
  })

  it('is not started on a scope that has fired', async () => {
    const { scope, stop } = world()
    stop()
    const task = vi.fn<TE.TaskEither<never, number>>(TE.right(1))
    expect(await guard(task)(scope)()).toEqual(stopped)
    expect(task).not.toHaveBeenCalled()
  })

  it('lets go of its scope as soon as its task has ended', async () => {
    const { after, held } = start(guard(TE.right(1)), Token.timeout('1 hour'))
    expect(held()).toEqual({ timers: 1, listeners: 1 })
    await after(0)
    expect(held()).toEqual(nothing)
  })

  it('hands on what a predicate throws while it runs', async () => {
    let fails = false
    const { start } = world(Token.condition('p', { onError: 'throw' }), {
      p: () => {
        if (fails) throw boom
        return false
      },
    })
    const { after } = start(endless)
    expect(await after(10)).toEqual(running)
    fails = true
    expect(await after(10)).toEqual(defect(boom))
  })
})

type Layer = (task: TE.TaskEither<string, number>) => TE.TaskEither<string, number>

const layers: ReadonlyArray<[string, Layer]> = [
  ['nothing', (task) => task],
  ['map', TE.map((n) => n)],
  ['map of map', (task) => pipe(task, TE.map(String), TE.map(Number))],
  ['flatMap', TE.flatMap((n) => TE.right(n))],
  ['flatMap of flatMap', (task) => pipe(task, TE.flatMap(TE.of), TE.flatMap(TE.of))],
  [
    'tryCatch',
    (task) =>
      pipe(
        TE.tryCatch(task, String),
        TE.flatMap((result) => TE.fromEither(result)),
      ),
  ],
  ['an async function', (task) => async () => await task()],
  ['map of flatMap of tryCatch', (task) => pipe(TE.tryCatch(task, String), TE.flatMap(TE.fromEither), TE.map(Number))],
  ['orElse', TE.orElse((error) => TE.left(error))],
  [
    'delay of none',
    (task) =>
      pipe(
        T.of(null),
        T.flatMap(() => task),
      ),
  ],
]

describe.each(layers)('a result that is ready in the turn of the cancellation, behind %s', (_, layer) => {
  const results = [
    ['a value', E.right(1)],
    ['a failure', E.left('no')],
  ] as const
  const kinds = [
    ['guard', guard],
    ['tryCatch', (task: TE.TaskEither<string, number>) => pipe(tryCatch(task, String), RTE.flatMap(RTE.fromEither))],
  ] as const

  it.each(results.flatMap(([name, result]) => kinds.map(([kind, program]) => [name, kind, result, program] as const)))(
    'is kept: %s of %s, before the cancellation',
    async (_name, _kind, result, program) => {
      const { task, resolve } = byHand<string, number>()
      const { stop, after } = start(program(layer(task)))
      await after(0)
      resolve(result)
      stop()
      expect(await after(0)).toEqual(result)
    },
  )

  it.each(results.flatMap(([name, result]) => kinds.map(([kind, program]) => [name, kind, result, program] as const)))(
    'is kept: %s of %s, after the cancellation',
    async (_name, _kind, result, program) => {
      const { task, resolve } = byHand<string, number>()
      const { stop, after } = start(program(layer(task)))
      await after(0)
      stop()
      resolve(result)
      expect(await after(0)).toEqual(result)
    },
  )

  it('is kept if it was there from the start', async () => {
    const { stop, after } = start(guard(layer(TE.right(1))))
    stop()
    expect(await after(0)).toEqual(E.right(1))
  })

  it('is kept through scopes between', async () => {
    const { task, resolve } = byHand<string, number>()
    const { stop, after } = start(pipe(guard(layer(task)), within(Token.timeout('1 s')), within(Token.never)))
    await after(0)
    stop()
    resolve(E.right(1))
    expect(await after(0)).toEqual(E.right(1))
  })
})

describe('a result that is ready in the turn of the cancellation', () => {
  it.each([1, 3, 10])('is kept behind %s steps of flatMap', async (steps) => {
    const { task, resolve } = byHand<never, number>()
    let pipeline = task
    for (let step = 0; step < steps; step++) pipeline = TE.flatMap((n: number) => TE.right(n))(pipeline)
    const { stop, after } = start(guard(pipeline))
    await after(0)
    resolve(E.right(1))
    stop()
    expect(await after(0)).toEqual(E.right(1))
  })
})

describe('checkpoint', () => {
  it('succeeds while its scope is live, and ends with the reason once it is not', async () => {
    const { scope, stop } = world()
    expect(await checkpoint(scope)()).toEqual(E.right(undefined))
    stop()
    expect(await checkpoint(scope)()).toEqual(stopped)
  })

  it('is counted by a counter of polls, which pieces of work are not', async () => {
    const { scope } = world(Token.counter(2))
    const work = guard(TE.right(1))
    expect(await work(scope)()).toEqual(E.right(1))
    expect(await checkpoint(scope)()).toEqual(E.right(undefined))
    expect(await work(scope)()).toEqual(E.right(1))
    expect(await checkpoint(scope)()).toEqual(E.right(undefined))
    expect(await checkpoint(scope)()).toMatchObject({ left: { _tag: 'CounterExhausted', limit: 2 } })
  })

  it('is counted around the scopes between', async () => {
    const { scope } = world(Token.counter(1))
    const nested = pipe(checkpoint, within(Token.never), within(Token.never))
    expect(await nested(scope)()).toEqual(E.right(undefined))
    expect(await nested(scope)()).toMatchObject({ left: { _tag: 'CounterExhausted' } })
  })

  it('throws what a predicate does, as a defect', async () => {
    const { scope } = world(Token.condition('p', { onError: 'throw' }), {
      p: () => {
        throw boom
      },
    })
    await expect(checkpoint(scope)()).rejects.toBe(boom)
  })
})

describe('wait', () => {
  it('succeeds with the reason of the other scope', async () => {
    const other = world()
    const { after } = start(wait(other.scope))
    expect(await after('1 hour')).toEqual(running)
    other.stop()
    expect(await after(0)).toMatchObject({ _tag: 'Right', right: { detail: 'stop' } })
  })

  it('succeeds at once if the other has fired', async () => {
    const other = world()
    other.stop()
    expect(await start(wait(other.scope)).after(0)).toEqual(E.right(stopped.left))
  })

  it('leaves nothing behind in the other if its own scope fires first', async () => {
    const other = world(Token.timeout('1 hour'))
    const { stop, after } = start(wait(other.scope))
    await after(0)
    expect(other.held()).toEqual({ timers: 1, listeners: 1 })
    stop()
    expect(await after(0)).toEqual(stopped)
    expect(other.held()).toEqual(nothing)
  })

  it('does not wait on a scope that has fired', async () => {
    const other = world(Token.timeout('1 hour'))
    const { scope, stop } = world()
    stop()
    expect(await wait(other.scope)(scope)()).toEqual(stopped)
    expect(other.held()).toEqual(nothing)
  })

  it('looks at the conditions of the other at the pace it is given', async () => {
    const looks: Array<number> = []
    const { clock, start } = world()
    const other = world(Token.condition('p'), { p: () => looks.push(clock.monotonic()) > 3 }, clock)
    const { after } = start(wait(other.scope, { every: '10 ms' }))
    expect(await after(25)).toEqual(running)
    expect(await after(5)).toMatchObject({ _tag: 'Right', right: { _tag: 'ConditionMet' } })
    expect(looks).toEqual([0, 10, 20, 30])
  })

  it('hands on what a predicate of the other throws', async () => {
    let fails = false
    const p = () => {
      if (fails) throw boom
      return false
    }
    const { clock, start } = world()
    const other = world(Token.condition('p', { onError: 'throw' }), { p }, clock)
    const { after } = start(wait(other.scope))
    await after(5)
    fails = true
    expect(await after(5)).toEqual(defect(boom))
  })
})
