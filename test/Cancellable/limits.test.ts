/** Limits around programs, what lifts them, and where programs are run. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, expect, it, vi } from 'vitest'
import { Cancellable, CancelScope, Clock, Token } from 'cantok-ts'
import { boom, defect, endless, logbook, nothing, running, start, stopped, taking, world } from './running.js'

const { checkpoint, delay, guard, run, shield, tryCatch, within } = Cancellable

type Program<E, A> = Cancellable.Cancellable<E, A>

const one = guard<never, number>(TE.right(1))
const fails: Program<string, never> = guard(TE.left('no'))
const rejects: Program<never, never> = guard(() => Promise.reject(boom))

/** The scope that a program runs in. */
const ask: Program<never, CancelScope.ScopeView> = (scope) => TE.right(scope)

const fired = (scope: CancelScope.ScopeView): boolean => CancelScope.isCancelled(scope)()

describe('within', () => {
  it('ends a program with the reason of the limit', async () => {
    const { after, held } = start(pipe(endless, within(Token.labelled('page')(Token.timeout('1 second')))))
    expect(await after(999)).toEqual(running)
    expect(await after(1)).toMatchObject({ left: { _tag: 'TimedOut', label: 'page', at: 1000 } })
    expect(held()).toEqual(nothing)
  })

  it('leaves a program that ends before as it is', async () => {
    const limited = within(Token.timeout(10))
    expect(await start(limited(one)).after(0)).toEqual(E.right(1))
    expect(await start(limited(fails)).after(0)).toEqual(E.left('no'))
    expect(await start(limited(rejects)).after(0)).toEqual(defect(boom))
  })

  it('counts time from the moment it is run, each time anew', async () => {
    const { clock, start } = world()
    const limited = pipe(guard(taking(clock, 10, () => E.right(1))), within(Token.timeout(15)))
    await clock.settle(100)()
    const twice = pipe(
      limited,
      RTE.flatMap(() => limited),
    )
    expect(await start(twice).after(20)).toEqual(E.right(1))
  })

  it('ends with the reason of the scope around once that has fired', async () => {
    const { stop, after } = start(pipe(endless, within(Token.timeout('1 hour'))))
    await after(0)
    stop()
    expect(await after(0)).toMatchObject({ left: { detail: 'stop' } })
  })

  it('does not fire the scope around', async () => {
    const limited = pipe(
      endless,
      within(Token.timeout(10)),
      RTE.orElse(() => one),
    )
    const { after, scope } = start(limited)
    expect(await after(10)).toEqual(E.right(1))
    expect(fired(scope)).toBe(false)
  })

  it('closes its scope when the program has ended', async () => {
    const { after } = start(pipe(ask, within(Token.timeout(10))))
    const ended = await after(0)
    await after(100)
    expect(ended._tag === 'Right' && fired(ended.right)).toBe(false)
  })

  it('closes its scope after a defect too', async () => {
    let inner = CancelScope.background
    const program: Program<never, never> = (scope) => {
      inner = scope
      throw boom
    }
    const { after } = start(pipe(program, within(Token.timeout(10))))
    expect(await after(0)).toEqual(defect(boom))
    await after(100)
    expect(inner).not.toBe(CancelScope.background)
    expect(fired(inner)).toBe(false)
  })

  it('takes predicates, and a clock, from its world', async () => {
    const other = Clock.virtual()
    let isDrained = false
    const conditions = { drained: () => isDrained }
    const { after } = start(pipe(endless, within(Token.condition('drained'), { conditions })))
    expect(await after(10)).toEqual(running)
    isDrained = true
    expect(await after(1)).toMatchObject({ left: { _tag: 'ConditionMet', name: 'drained' } })

    const elsewhere = start(pipe(endless, within(Token.timeout(10), { clock: other })))
    expect(await elsewhere.after('1 hour')).toEqual(running)
    await other.settle(10)()
    expect(elsewhere.ended()).toMatchObject({ left: { _tag: 'TimedOut' } })
  })
})

describe('shield', () => {
  it('runs a program deaf to the cancellation around it', async () => {
    const { clock, stop, start } = world()
    const { after } = start(pipe(guard(taking(clock, 10, () => E.right('saved'))), shield))
    await after(5)
    stop()
    expect(await after(4)).toEqual(running)
    expect(await after(1)).toEqual(E.right('saved'))
  })

  it('runs a program on a scope that has fired', async () => {
    const { scope, stop } = world()
    stop()
    expect(await shield(one)(scope)()).toEqual(E.right(1))
    expect(await pipe(checkpoint, shield)(scope)()).toEqual(E.right(undefined))
    const signal = await pipe(
      tryCatch(async (signal) => signal.aborted, String),
      shield,
    )(scope)()
    expect(signal).toEqual(E.right(false))
  })

  it('keeps to the clock of the scope around', async () => {
    const { clock, after } = start(pipe(ask, shield, delay(10)))
    const ended = await after(10)
    expect(ended._tag === 'Right' && CancelScope.clock(ended.right)).toBe(clock)
    expect(await start(pipe(one, delay('1 hour'), shield)).after('1 hour')).toEqual(E.right(1))
  })

  it('lets limits within it hold', async () => {
    const { stop, after } = start(pipe(endless, within(Token.timeout(10)), shield))
    stop()
    expect(await after(10)).toMatchObject({ left: { _tag: 'TimedOut', at: 10 } })
  })

  it('ends where it ends: what comes after hears of the cancellation', async () => {
    const { log, note } = logbook()
    const { stop, after } = start(
      pipe(
        note('in'),
        delay(10),
        shield,
        RTE.flatMap(() => note('after')),
      ),
    )
    await after(0)
    stop()
    expect(await after(10)).toMatchObject({ left: { detail: 'stop' } })
    expect(log).toEqual(['in'])
  })

  it('has defects come through', async () => {
    expect(await start(shield(rejects)).after(0)).toEqual(defect(boom))
  })
})

describe('run', () => {
  it('does not even hand the scope to a program if it has fired', async () => {
    const { scope, stop } = world()
    stop()
    const program = vi.fn<typeof one>(one)
    expect(await run(scope)(program)()).toEqual(stopped)
    expect(program).not.toHaveBeenCalled()
  })

  it('runs a program anew each time it is called', async () => {
    let runs = 0
    const task = run(CancelScope.background)(guard(async () => E.right(++runs)))
    expect(await task()).toEqual(E.right(1))
    expect(await task()).toEqual(E.right(2))
  })

  it('rejects with a defect', async () => {
    await expect(run(CancelScope.background)(rejects)()).rejects.toBe(boom)
  })
})
