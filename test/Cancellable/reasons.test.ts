/** Who handles which reason. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, expect, it, vi } from 'vitest'
import { Cancellable, Token } from 'cantok-ts'
import type { Reason } from 'cantok-ts'
import { boom, byHand, defect, endless, logbook, nothing, running, start, stopped, taking, world } from './running.js'

const { delay, fromTaskEither, guard, onCancelled, orElseTimedOut, timeoutOption, within } = Cancellable

type Program<E, A> = Cancellable.Cancellable<E, A>

const one = guard<never, number>(TE.right(1))
const fails: Program<string, never> = guard(TE.left('no'))
const rejects: Program<never, never> = guard(() => Promise.reject(boom))

const other = (_tag: string) => expect.objectContaining({ _tag }) as unknown

describe('orElseTimedOut', () => {
  const cached = (reason: Cancellable.OutOfTime) => guard(TE.right(reason))

  it.each<[string, Token.Token<Token.Input>]>([
    ['TimedOut', Token.timeout(10)],
    ['DeadlinePassed', Token.deadline(10)],
    ['Stalled', Token.idle('beat', 10)],
  ])('goes on where a scope within has fired for %s', async (tag, token) => {
    const limited = pipe(endless, within(token, { conditions: {} }), orElseTimedOut(cached))
    expect(await start(limited).after(10)).toEqual(E.right(other(tag)))
  })

  it.each<[string, Token.Token<Token.Input>]>([
    ['Requested', Token.cancelled({ _tag: 'Requested', path: [] })],
    ['CounterExhausted', Token.counter(0)],
    ['ConditionMet', Token.condition('p')],
    ['BudgetSpent', Token.budget('bytes', 0)],
  ])('lets a %s of a scope within pass through', async (tag, token) => {
    const f = vi.fn<typeof cached>(cached)
    const limited = pipe(endless, within(token, { conditions: { p: () => true } }), orElseTimedOut(f))
    expect(await start(limited).after(10)).toEqual(E.left(other(tag)))
    expect(f).not.toHaveBeenCalled()
  })

  it('lets the timeout of the scope around pass through', async () => {
    const f = vi.fn<typeof cached>(cached)
    const limited = pipe(endless, within(Token.timeout(100)), orElseTimedOut(f))
    expect(await start(limited, Token.timeout(10)).after(10)).toEqual(E.left(other('TimedOut')))
    expect(f).not.toHaveBeenCalled()
  })

  it('leaves that of a scope further out to who stands between them', async () => {
    const limited = pipe(
      endless,
      within(Token.timeout(100)),
      orElseTimedOut(() => guard(TE.right('inner'))),
      within(Token.timeout(10)),
      orElseTimedOut(() => guard(TE.right('outer'))),
    )
    expect(await start(limited).after(10)).toEqual(E.right('outer'))
  })

  it('starts nothing if the scope around has fired meanwhile', async () => {
    const { clock, start } = world()
    const f = vi.fn<typeof cached>(cached)
    const limited = pipe(
      endless,
      within(Token.timeout(10)),
      RTE.orElse((reason) =>
        pipe(
          fromTaskEither(taking(clock, 10, () => E.right(null))),
          RTE.flatMap(() => RTE.left(reason)),
        ),
      ),
      orElseTimedOut(f),
    )
    const { stop, after } = start(limited)
    await after(15)
    stop()
    expect(await after(5)).toEqual({ ...stopped, left: { ...stopped.left, at: 15 } })
    expect(f).not.toHaveBeenCalled()
  })

  it('does not touch failures, values and defects', async () => {
    const f = vi.fn<typeof cached>(cached)
    expect(await start(pipe(one, orElseTimedOut(f))).after(0)).toEqual(E.right(1))
    expect(await start(pipe(fails, orElseTimedOut(f))).after(0)).toEqual(E.left('no'))
    expect(await start(pipe(rejects, orElseTimedOut(f))).after(0)).toEqual(defect(boom))
    expect(f).not.toHaveBeenCalled()
  })

  it.each<[string, unknown]>([
    ['a text', 'TimedOut'],
    ['a tag', { _tag: 'TimedOut' }],
    ['a tag and a path that is none', { _tag: 'TimedOut', path: '/home', duration: 5 }],
    ['a tag of time on an error', Object.assign(new Error('slow'), { _tag: 'DeadlinePassed' })],
    ['nothing at all', null],
  ])('does not touch a failure that is %s', async (_, failure) => {
    const f = vi.fn<typeof cached>(cached)
    expect(await start(pipe(guard(TE.left(failure)), orElseTimedOut(f))).after(0)).toEqual(E.left(failure))
    expect(f).not.toHaveBeenCalled()
  })

  it('ends as the other program does', async () => {
    const limited = pipe(endless, within(Token.timeout(0)))
    expect(
      await start(
        pipe(
          limited,
          orElseTimedOut(() => fails),
        ),
      ).after(0),
    ).toEqual(E.left('no'))
    expect(
      await start(
        pipe(
          limited,
          orElseTimedOut(() => rejects),
        ),
      ).after(0),
    ).toEqual(defect(boom))
    const { stop, after } = start(
      pipe(
        limited,
        orElseTimedOut(() => endless),
      ),
    )
    await after(0)
    stop()
    expect(await after(0)).toEqual(stopped)
  })
})

describe('timeoutOption', () => {
  it('is none once its time is out', async () => {
    const { after, held } = start(pipe(endless, timeoutOption('1 second')))
    expect(await after(999)).toEqual(running)
    expect(await after(1)).toEqual(E.right(O.none))
    expect(held()).toEqual(nothing)
  })

  it('is the value if there is one before', async () => {
    const { clock, start } = world()
    const work = guard(taking(clock, 999, () => E.right(1)))
    expect(await start(pipe(work, timeoutOption('1 second'))).after(999)).toEqual(E.right(O.some(1)))
  })

  it('keeps a value that is ready in the turn in which its time is out', async () => {
    const { task, resolve } = byHand<never, number>()
    const { clock, after } = start(pipe(guard(task), timeoutOption(10)))
    await after(9)
    resolve(E.right(1))
    clock.advance(1)()
    expect(await after(0)).toEqual(E.right(O.some(1)))
  })

  it.each<[string, Token.Token]>([
    ['timeout', Token.timeout(10)],
    ['other limit', Token.all(Token.timeout(10), Token.cancelled())],
  ])('stays a Left for a %s within it', async (_, token) => {
    const limited = pipe(endless, within(token), timeoutOption(100))
    expect(await start(limited).after(10)).toMatchObject({ _tag: 'Left', left: { at: 10 } })
  })

  it('stays a Left for the timeout of the scope around', async () => {
    const { after } = start(pipe(endless, timeoutOption(100)), Token.timeout(10))
    expect(await after(10)).toMatchObject({ left: { _tag: 'TimedOut', duration: 10 } })
  })

  it('stays a Left for failures, also those that look like a timeout, and a defect for defects', async () => {
    const alike = { _tag: 'TimedOut', duration: 10, path: [], at: 10 }
    expect(await start(pipe(fails, timeoutOption(10))).after(0)).toEqual(E.left('no'))
    expect(await start(pipe(guard(TE.left(alike)), timeoutOption(10))).after(0)).toEqual(E.left(alike))
    expect(await start(pipe(rejects, timeoutOption(10))).after(0)).toEqual(defect(boom))
  })

  it.each([-1, NaN])('refuses a time of %s at once', (span) => {
    expect(() => timeoutOption(span)).toThrow(RangeError)
  })
})

describe('onCancelled', () => {
  const telling = () => {
    const { log, note } = logbook()
    return { log, told: onCancelled((reason: Reason.Reason) => pipe(note(reason._tag), delay(10))) }
  }

  it('runs something more after a program that ended for its cancelled scope: uncancelled, and waited for', async () => {
    const { log, told } = telling()
    const { stop, after } = start(told(endless))
    await after(5)
    stop()
    expect(await after(9)).toEqual(running)
    expect(log).toEqual([])
    expect(await after(1)).toMatchObject({ left: { detail: 'stop', at: 5 } })
    expect(log).toEqual(['Requested'])
  })

  it('runs it after what the program has released', async () => {
    const { log, note } = logbook()
    const program = pipe(
      Cancellable.bracket(
        note('open'),
        () => endless,
        () => note('close'),
      ),
      onCancelled(() => note('more')),
    )
    const { stop, after } = start(program)
    await after(0)
    stop()
    await after(0)
    expect(log).toEqual(['open', 'close', 'more'])
  })

  it('runs nothing for a value, a failure or a defect, though the scope has fired', async () => {
    const { log, told } = telling()
    const { task, resolve } = byHand<string, number>()
    const { stop, after } = start(told(guard(task)))
    await after(0)
    stop()
    resolve(E.left('no'))
    expect(await after(10)).toEqual(E.left('no'))
    expect(await start(told(one)).after(10)).toEqual(E.right(1))
    expect(await start(told(rejects)).after(10)).toEqual(defect(boom))
    expect(log).toEqual([])
  })

  it('runs nothing for the reason of a scope within', async () => {
    const { log, told } = telling()
    expect(await start(told(pipe(endless, within(Token.timeout(1))))).after(100)).toMatchObject({
      left: { _tag: 'TimedOut' },
    })
    expect(log).toEqual([])
  })

  it('ends with a failure or defect of what it runs', async () => {
    for (const [more, ended] of [
      [fails, E.left('no')],
      [rejects, defect(boom)],
    ] as const) {
      const { stop, after } = start(
        pipe(
          endless,
          onCancelled(() => more),
        ),
      )
      await after(0)
      stop()
      expect(await after(0)).toEqual(ended)
    }
  })
})
