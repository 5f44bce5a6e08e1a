/** Trying again, for as long as a token allows. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, expect, it } from 'vitest'
import { Cancellable, Token } from 'cantok-ts'
import type { Reason } from 'cantok-ts'
import { boom, defect, endless, nothing, running, start, stopped, taking, world } from './running.js'

const { checkpoint, delay, fromTaskEither, guard, orElseTimedOut, retry, within } = Cancellable

type Program<E, A> = Cancellable.Cancellable<E, A>

/** A program that fails so many times before it succeeds, with the number of its attempts. */
const flaky = (failures: number, piece: typeof guard = guard) => {
  const made = { attempts: 0 }
  const program = piece<string, number>(async () =>
    ++made.attempts > failures ? E.right(made.attempts) : E.left(`failure ${made.attempts}`),
  )
  return { made, program }
}

describe('retry', () => {
  it('ends with the first success', async () => {
    const { made, program } = flaky(2)
    expect(await start(pipe(program, retry(Token.counter(5)))).after(0)).toEqual(E.right(3))
    expect(made.attempts).toBe(3)
  })

  it.each([1, 2, 3, 10])('within a counter of %s makes as many attempts, and ends with the last failure', async (n) => {
    const { made, program } = flaky(Infinity)
    expect(await start(pipe(program, retry(Token.counter(n)))).after(0)).toEqual(E.left(`failure ${n}`))
    expect(made.attempts).toBe(n)
  })

  it.each<[string, <E, A>(self: Program<E, A>) => Program<E, A>]>([
    [
      'guards',
      (self) =>
        pipe(
          guard(TE.right(1)),
          RTE.flatMap(() => self),
          RTE.chainFirst(() => guard(TE.right(1))),
        ),
    ],
    [
      'checkpoints',
      (self) =>
        pipe(
          checkpoint,
          RTE.flatMap(() => checkpoint),
          RTE.flatMap(() => self),
        ),
    ],
    ['scopes', (self) => pipe(self, within(Token.counter(1)), within(Token.timeout(10)))],
    ['delays', (self) => pipe(self, delay(1))],
  ])('counts attempts, whatever %s they hold', async (_, holding) => {
    const { made, program } = flaky(Infinity)
    expect(await start(pipe(holding(program), retry(Token.counter(3)))).after(10)).toEqual(E.left('failure 3'))
    expect(made.attempts).toBe(3)
  })

  it('makes an attempt that is the last in full', async () => {
    const { made, program } = flaky(2)
    const full = pipe(
      guard(TE.right(1)),
      RTE.flatMap(() => program),
      RTE.chainFirst(() => guard(TE.right(1))),
    )
    expect(await start(pipe(full, retry(Token.counter(3)))).after(0)).toEqual(E.right(3))
    expect(made.attempts).toBe(3)
  })

  it('within a token that allows none makes none, and ends with its reason', async () => {
    const { made, program } = flaky(0)
    expect(await start(pipe(program, retry(Token.counter(0)))).after(0)).toMatchObject({
      left: { _tag: 'CounterExhausted', limit: 0 },
    })
    expect(await start(pipe(program, retry(Token.timeout(0)))).after(0)).toMatchObject({ left: { _tag: 'TimedOut' } })
    expect(made.attempts).toBe(0)
  })

  it('starts afresh each time it is run', async () => {
    const { made, program } = flaky(Infinity)
    const patient = pipe(program, retry(Token.counter(2)))
    await start(patient).after(0)
    expect(await start(patient).after(0)).toEqual(E.left('failure 4'))
    expect(made.attempts).toBe(4)
  })

  it('ends an attempt that the token cuts short with the reason of the token', async () => {
    const { after, held } = start(pipe(endless, retry(Token.timeout('1 second'))))
    expect(await after(999)).toEqual(running)
    expect(await after(1)).toMatchObject({ left: { _tag: 'TimedOut', duration: 1000, at: 1000 } })
    expect(held()).toEqual(nothing)
  })

  it('ends with the last failure if time is out after an attempt', async () => {
    const { clock, start } = world()
    let attempts = 0
    const kept = fromTaskEither(taking(clock, 30, () => E.left(`failure ${++attempts}`)))
    expect(await start(pipe(kept, retry(Token.timeout(50)))).after(100)).toEqual(E.left('failure 2'))
  })

  it('bounds the time of all attempts together, from the moment it is run', async () => {
    const { made, program } = flaky(Infinity)
    const patient = pipe(program, delay(30), retry(Token.timeout(100)), delay(1000))
    const { after } = start(patient)
    expect(await after(1099)).toEqual(running)
    expect(await after(1)).toMatchObject({ left: { _tag: 'TimedOut', at: 1100 } })
    expect(made.attempts).toBe(3)
  })

  it('ends with a defect at once', async () => {
    let attempts = 0
    const broken = guard(() => (attempts++, Promise.reject(boom)))
    expect(await start(pipe(broken, retry(Token.counter(5)))).after(0)).toEqual(defect(boom))
    expect(attempts).toBe(1)
  })

  it('takes its predicates from its options', async () => {
    const { made, program } = flaky(Infinity)
    const patient = pipe(program, retry(Token.condition('tired'), { conditions: { tired: () => made.attempts >= 4 } }))
    expect(await start(patient).after(0)).toEqual(E.left('failure 4'))
  })

  it('makes 100,000 attempts', async () => {
    const { made, program } = flaky(99_999)
    expect(await pipe(program, retry(Token.never))(world().scope)()).toEqual(E.right(100_000))
    expect(made.attempts).toBe(100_000)
  })
})

describe('the pause of retry', () => {
  it('is taken between attempts, as long as it says for the number of failures', async () => {
    const { clock, start } = world()
    const at: Array<number> = []
    const program = guard(async () => (at.push(clock.monotonic()), E.left('no')))
    const patient = pipe(program, retry(Token.counter(4), { pause: (failures) => 100 * 2 ** failures }))
    expect(await start(patient).after(10_000)).toEqual(E.left('no'))
    expect(at).toEqual([0, 200, 600, 1400])
  })

  it('is not taken after the last attempt', async () => {
    const { program } = flaky(Infinity)
    const { after } = start(pipe(program, retry(Token.counter(1), { pause: () => '1 hour' })))
    expect(await after(0)).toEqual(E.left('failure 1'))
  })

  it('that outlasts the token ends with it, and with the last failure', async () => {
    const { made, program } = flaky(Infinity)
    const { after, held } = start(pipe(program, retry(Token.timeout(150), { pause: () => 100 })))
    expect(await after(149)).toEqual(running)
    expect(await after(1)).toEqual(E.left('failure 2'))
    expect(made.attempts).toBe(2)
    expect(held()).toEqual(nothing)
  })

  it('ends at once with the reason of the scope around', async () => {
    const { made, program } = flaky(Infinity)
    const { stop, after, held } = start(pipe(program, retry(Token.never, { pause: () => '1 hour' })))
    await after(10)
    expect(held()).toEqual({ timers: 1, listeners: 1 })
    stop()
    expect(held()).toEqual(nothing)
    expect(await after(0)).toMatchObject({ left: { detail: 'stop', at: 10 } })
    expect(made.attempts).toBe(1)
  })

  it('that is no duration is a defect', async () => {
    const { after } = start(pipe(flaky(1).program, retry(Token.counter(3), { pause: () => -1 })))
    expect(await after(0)).toMatchObject({ _tag: 'Defect', error: { name: 'RangeError' } })
  })
})

describe('the while of retry', () => {
  it('ends it with the failure for which it says no', async () => {
    const asked: Array<string | Reason.Reason> = []
    const { made, program } = flaky(Infinity)
    const options = {
      while: (failure: string | Reason.Reason) => (asked.push(failure), failure !== 'failure 3'),
      pause: () => 10,
    }
    const { after } = start(pipe(program, retry(Token.counter(10), options)))
    expect(await after(20)).toEqual(E.left('failure 3'))
    expect(asked).toEqual(['failure 1', 'failure 2', 'failure 3'])
    expect(made.attempts).toBe(3)
  })

  it('is not asked of the reason for which the token cut an attempt short', async () => {
    const asked: Array<unknown> = []
    const options = { while: (failure: unknown) => (asked.push(failure), true) }
    const { after } = start(pipe(endless, retry(Token.timeout(10), options)))
    expect(await after(10)).toMatchObject({ left: { _tag: 'TimedOut' } })
    expect(asked).toEqual([])
  })

  it('is asked of the reasons of scopes within an attempt', async () => {
    const asked: Array<unknown> = []
    const options = { while: (failure: unknown) => (asked.push(failure), false) }
    const limited = pipe(endless, within(Token.timeout(10)))
    expect(await start(pipe(limited, retry(Token.counter(10), options))).after(10)).toMatchObject({
      left: { _tag: 'TimedOut' },
    })
    expect(asked).toMatchObject([{ _tag: 'TimedOut', duration: 10 }])
  })
})

describe('retry and reasons', () => {
  it('takes those of scopes within an attempt for failures', async () => {
    let attempts = 0
    const { clock, start } = world()
    const slow = guard(async () => E.right(++attempts))
    const limited = pipe(
      slow,
      RTE.flatMap((n) => guard(taking(clock, n < 3 ? 100 : 5, () => E.right(n)))),
      within(Token.timeout(10)),
      retry(Token.counter(5)),
    )
    const { after, ended } = start(limited)
    await after(25)
    expect(ended()).toEqual(E.right(3))
    await after(100) // the work that was left alone
  })

  it('ends with the last of them when no more attempts are allowed', async () => {
    const limited = pipe(endless, within(Token.timeout(10)), retry(Token.counter(3)))
    expect(await start(limited).after(30)).toMatchObject({ left: { _tag: 'TimedOut', duration: 10, at: 30 } })
  })

  it('ends with that of the scope around, without another attempt', async () => {
    let attempts = 0
    const { clock, start } = world()
    const program = guard(() => (attempts++, taking(clock, 10, () => E.left('no'))()))
    const { stop, after } = start(pipe(program, retry(Token.never)))
    await after(15)
    stop()
    expect(await after(0)).toMatchObject({ left: { detail: 'stop', at: 15 } })
    expect(await after(100)).toMatchObject({ left: { detail: 'stop' } })
    expect(attempts).toBe(2)
  })

  it('makes no other attempt after a failure that came as the scope around fired', async () => {
    let attempts = 0
    const { clock, start } = world()
    const kept = fromTaskEither(() => (attempts++, taking(clock, 10, () => E.left('no'))()))
    const { stop, after } = start(pipe(kept, retry(Token.never)))
    await after(5)
    stop()
    expect(await after(5)).toEqual(E.left('no'))
    expect(attempts).toBe(1)
  })

  it('makes no other attempt of a program that does not look itself', async () => {
    const { start, stop } = world()
    let attempts = 0
    const blind: Program<string, never> = () => async () => (attempts++, stop(), E.left('no'))
    expect(await start(pipe(blind, retry(Token.counter(10)))).after(0)).toEqual(E.left('no'))
    expect(attempts).toBe(1)
  })

  it('keeps the limits apart when one retry is in another', async () => {
    const { made, program } = flaky(Infinity)
    const twice = pipe(program, retry(Token.counter(3)), retry(Token.counter(4)))
    expect(await start(twice).after(0)).toEqual(E.left('failure 12'))
    expect(made.attempts).toBe(12)
  })

  it('is handled around it where it ran out of time', async () => {
    const patient = pipe(
      endless,
      retry(Token.timeout(10)),
      orElseTimedOut(({ _tag }) => guard(TE.right(_tag))),
    )
    expect(await start(patient).after(10)).toEqual(E.right('TimedOut'))
  })

  it('on a scope that has fired is that of the scope', async () => {
    const { scope, stop } = world()
    stop()
    const { made, program } = flaky(0)
    expect(await pipe(program, retry(Token.counter(3)))(scope)()).toEqual(stopped)
    expect(made.attempts).toBe(0)
  })
})
