/** Resources: released once whatever happens, the innermost first, deaf to cancellation. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, expect, it } from 'vitest'
import { Cancellable, CancelScope, Token } from 'cantok-ts'
import { boom, byHand, defect, endless, logbook, nothing, running, start, stopped, world } from './running.js'

const { bracket, checkpoint, delay, fromTaskEither, guard, race, timeoutOption, traverse, within } = Cancellable

type Program<E, A> = Cancellable.Cancellable<E, A>

const throws = (): never => {
  throw boom
}
const rejects: Program<never, never> = fromTaskEither(() => Promise.reject(boom))
const fails: Program<string, never> = fromTaskEither(TE.left('no'))

/** How an outcome is called in a log. */
const named = (outcome: Cancellable.Outcome<unknown, unknown>): string =>
  outcome._tag === 'Left' && outcome.left !== 'no' ? 'reason' : outcome._tag

/** A bracket that notes what happens to its resource. */
const noting =
  ({ note }: ReturnType<typeof logbook>, name: string) =>
  <E, A>(use: Program<E, A>): Program<E, A> =>
    bracket(
      note(`open ${name}`),
      () => use,
      (_, outcome) => note(`close ${name} after ${named(outcome)}`),
    )

describe('the release of a bracket runs exactly once', () => {
  it.each<[string, Program<string, number>, string, unknown]>([
    ['a success', guard(TE.right(1)), 'Right', E.right(1)],
    ['a failure', fails, 'Left', E.left('no')],
    ['a program that throws when it is run', () => throws, 'Defect', defect(boom)],
    ['a program that throws when it is given its scope', throws, 'Defect', defect(boom)],
    ['a program that rejects', rejects, 'Defect', defect(boom)],
  ])('after %s', async (_, use, tag, ended) => {
    const book = logbook()
    expect(await start(noting(book, 'file')(use)).after(0)).toEqual(ended)
    expect(book.log).toEqual(['open file', `close file after ${tag}`])
  })

  it('after a use that throws before there is a program', async () => {
    const { log, note } = logbook()
    const program = bracket(note('open'), throws, (_, outcome) => note(`close after ${named(outcome)}`))
    expect(await start(program).after(0)).toEqual(defect(boom))
    expect(log).toEqual(['open', 'close after Defect'])
  })

  it('after a cancellation during use', async () => {
    const book = logbook()
    const { stop, after } = start(noting(book, 'file')(endless))
    await after('1 hour')
    expect(book.log).toEqual(['open file'])
    stop()
    expect(await after(0)).toMatchObject({ left: { detail: 'stop' } })
    expect(book.log).toEqual(['open file', 'close file after reason'])
  })

  it('after a cancellation during acquire, which keeps use from starting', async () => {
    const { log, note } = logbook()
    const program = bracket(
      pipe(note('open'), delay(1000)),
      () => note('use'),
      (_, outcome) => note(`close after ${named(outcome)}`),
    )
    const { stop, after } = start(program)
    await after(500)
    stop()
    expect(await after(499)).toEqual(running)
    expect(await after(1)).toMatchObject({ left: { detail: 'stop' } })
    expect(log).toEqual(['open', 'close after reason'])
  })

  it('though the cancellation comes during release', async () => {
    const { log, note } = logbook()
    const program = bracket(
      note('open'),
      () => guard(TE.right(1)),
      () => pipe(note('close'), delay(1000)),
    )
    const { stop, after } = start(program)
    await after(500)
    stop()
    expect(await after(499)).toEqual(running)
    expect(await after(1)).toEqual(E.right(1))
    expect(log).toEqual(['open', 'close'])
  })

  it('at whatever promise step the cancellation comes', async () => {
    let uses = 0
    for (let steps = 0; steps < 60; steps++) {
      const { log, note } = logbook()
      const use = pipe(guard(TE.right(1)), RTE.chainFirst(note.bind(null, 'use')), RTE.flatMap(RTE.of))
      const { stop, after } = start(bracket(note('open'), () => use, note.bind(null, 'close')))
      for (let step = 0; step < steps; step++) await Promise.resolve()
      stop()
      await after(0)
      if (log.includes('use')) uses++
      expect(log.filter((text) => text !== 'use')).toEqual(['open', 'close'])
    }
    expect(uses).toBeGreaterThan(10)
    expect(uses).toBeLessThan(60)
  })

  it('with the resource, which use was given too', async () => {
    const given: Array<unknown> = []
    const resource = { name: 'file' }
    const noteIt = (each: typeof resource) => fromTaskEither(TE.fromIO(() => void given.push(each)))
    await start(bracket(guard(TE.right(resource)), noteIt, noteIt)).after(0)
    expect(given).toEqual([resource, resource])
    expect(given[0]).toBe(given[1])
  })
})

describe('nothing is acquired', () => {
  it('on a scope that has fired', async () => {
    const { scope, stop } = world()
    stop()
    const book = logbook()
    expect(await noting(book, 'file')(endless)(scope)()).toEqual(stopped)
    expect(book.log).toEqual([])
  })

  it.each<[string, Program<string, never>, unknown]>([
    ['fails', fails, E.left('no')],
    ['rejects', rejects, defect(boom)],
    ['throws', throws, defect(boom)],
    ['runs into a limit of its own', pipe(endless, within(Token.timeout(0))), { left: { _tag: 'TimedOut' } }],
  ])('and nothing released if acquire %s', async (_, acquire, ended) => {
    const { log, note } = logbook()
    const program = bracket(
      acquire,
      () => note('use'),
      () => note('close'),
    )
    expect(await start(program).after(0)).toMatchObject(ended as object)
    expect(log).toEqual([])
  })
})

describe('brackets within each other', () => {
  const nested = (book: ReturnType<typeof logbook>, use: Program<string, number>) =>
    pipe(use, noting(book, 'c'), noting(book, 'b'), noting(book, 'a'))
  const opened = ['open a', 'open b', 'open c']

  it.each<[string, Program<string, number>]>([
    ['Right', guard(TE.right(1))],
    ['Left', fails],
    ['Defect', rejects],
  ])('are released the innermost first, after a %s', async (tag, use) => {
    const book = logbook()
    await start(nested(book, use)).after(0)
    expect(book.log).toEqual([...opened, `close c after ${tag}`, `close b after ${tag}`, `close a after ${tag}`])
  })

  it('are released the innermost first, after a cancellation', async () => {
    const book = logbook()
    const { stop, after } = start(nested(book, endless))
    await after(0)
    stop()
    await after(0)
    const closed = ['close c after reason', 'close b after reason', 'close a after reason']
    expect(book.log).toEqual([...opened, ...closed])
  })

  it('wait for each other', async () => {
    const { log, note } = logbook()
    const slow = (name: string) => pipe(note(name), delay(1000))
    const inner = bracket(
      note('open'),
      () => endless,
      () => slow('inner'),
    )
    const outer = bracket(
      note('open'),
      () => inner,
      () => slow('outer'),
    )
    const { stop, after } = start(outer)
    await after(0)
    stop()
    await after(1000)
    expect(log).toEqual(['open', 'open', 'inner'])
    expect(await after(999)).toEqual(running)
    expect(await after(1)).toMatchObject({ left: { detail: 'stop' } })
    expect(log).toEqual(['open', 'open', 'inner', 'outer'])
  })

  it('in programs that run together are all released before those around them', async () => {
    const book = logbook()
    const together = pipe(
      ['x', 'y'],
      traverse()((name) => noting(book, name)(endless)),
      noting(book, 'group'),
    )
    const { stop, after } = start(together)
    await after(0)
    stop()
    await after(0)
    expect(book.log.slice(0, 3)).toEqual(['open group', 'open x', 'open y'])
    expect(book.log.slice(3, 5).sort()).toEqual(['close x after reason', 'close y after reason'])
    expect(book.log.slice(5)).toEqual(['close group after reason'])
  })
})

describe('acquire and release', () => {
  it('are not cancelled, and feel limits of their own', async () => {
    const { log, note } = logbook()
    const limited = (name: string) => pipe(note(name), delay(500), timeoutOption(1000))
    const program = bracket(
      limited('open'),
      () => endless,
      () =>
        pipe(
          limited('close'),
          RTE.flatMap(() => pipe(endless, within(Token.timeout(300)))),
        ),
    )
    const { stop, after, held } = start(program)
    stop()
    await after(500)
    expect(log).toEqual(['open'])
    await after(500)
    expect(log).toEqual(['open', 'close'])
    expect(await after(299)).toEqual(running)
    expect(await after(1)).toMatchObject({ left: { _tag: 'TimedOut', duration: 300, at: 1300 } })
    expect(held()).toEqual(nothing)
  })

  it('do not tick the counters of the scope', async () => {
    const { scope } = world(Token.counter(1))
    const many = pipe(
      checkpoint,
      RTE.flatMap(() => checkpoint),
      RTE.flatMap(() => checkpoint),
    )
    const program = bracket(
      many,
      () => checkpoint,
      () => many,
    )
    expect(await program(scope)()).toEqual(E.right(undefined))
  })
})

describe('between acquire and the registration of release nothing is looked at', () => {
  /** A bracket in the scope of a predicate that may do something in each of its looks. */
  const looking = async (inLook: (look: number, stop: () => void) => boolean) => {
    const { log, note } = logbook()
    let looks = 0
    const asked: Array<string> = []
    const { start, stop, scope, clock } = world(Token.condition('p', { onError: 'throw' }), {
      p: () => {
        asked.push(log.at(-1) ?? 'nothing')
        return inLook(looks++, () => void CancelScope.cancel(scope, 'stop')())
      },
    })
    const acquire = pipe(
      note('opening'),
      delay(2),
      RTE.flatMap(() => note('open')),
    )
    const use = pipe(
      note('use'),
      RTE.flatMap(() => guard(TE.right(1))),
    )
    const running = start(
      bracket(
        acquire,
        () => use,
        () => note('close'),
      ),
    )
    await running.after(10)
    const ended = running.ended()
    stop()
    await clock.settle(10)()
    return { log, looks, asked, ended }
  }

  it('while it acquires there are no looks, and the first then finds release registered', async () => {
    const { log, asked, ended } = await looking(() => false)
    expect(ended).toEqual(E.right(1))
    expect(log).toEqual(['opening', 'open', 'use', 'close'])
    expect(asked).not.toContain('opening')
    expect(asked[0]).toBe('nothing')
    expect(asked).toContain('open')
  })

  it.each<[string, (stop: () => void) => boolean]>([
    ['a look that throws', throws],
    ['a look that finds the scope to have fired', () => true],
    ['a look that cancels', (stop) => (stop(), false)],
  ])('so that %s, whichever it is, costs no release', async (_, what) => {
    const { looks } = await looking(() => false)
    expect(looks).toBeGreaterThan(3)
    let acquired = 0
    for (let at = 0; at < looks; at++) {
      const { log, ended } = await looking((look, stop) => look === at && what(stop))
      expect(ended).not.toEqual(running)
      const count = (text: string) => log.filter((each) => each === text).length
      expect(count('close')).toBe(count('open'))
      acquired += count('open')
    }
    expect(acquired).toBeGreaterThan(1)
    expect(acquired).toBeLessThan(looks)
  })
})

describe('a release that does not succeed', () => {
  const releasing = <E>(use: Program<string, number>, release: () => Program<E, unknown>) =>
    bracket(guard(TE.right(null)), () => use, release)
  const succeeds = guard<string, number>(TE.right(1))

  it.each<[string, Program<string, number>]>([
    ['success', succeeds],
    ['failure', fails],
  ])('takes the place of a %s with its failure', async (_, use) => {
    expect(await start(releasing(use, () => guard(TE.left('stuck')))).after(0)).toEqual(E.left('stuck'))
  })

  it('takes the place of a reason with its failure', async () => {
    const { stop, after } = start(releasing(endless, () => guard(TE.left('stuck'))))
    await after(0)
    stop()
    expect(await after(0)).toEqual(E.left('stuck'))
  })

  it.each<[string, () => Program<never, unknown>]>([
    ['throws', throws],
    ['is a program that throws', () => throws],
    ['rejects', () => rejects],
  ])('and %s ends it all as a defect', async (_, release) => {
    expect(await start(releasing(succeeds, release)).after(0)).toEqual(defect(boom))
    expect(await start(releasing(fails, release)).after(0)).toEqual(defect(boom))
  })

  it('and throws as the use did is reported together with it', async () => {
    const late = new Error('late')
    const program = releasing(rejects, () => fromTaskEither(() => Promise.reject(late)))
    const ended = await start(program).after(0)
    expect(ended).toMatchObject({ _tag: 'Defect', error: { errors: [boom, late] } })
    expect(ended._tag === 'Defect' && ended.error).toBeInstanceOf(AggregateError)
  })

  it('keeps none around it from being released', async () => {
    const { log, note } = logbook()
    const inner = releasing(succeeds, throws)
    const outer = bracket(
      note('open'),
      () => inner,
      () => note('close'),
    )
    expect(await start(outer).after(0)).toEqual(defect(boom))
    expect(log).toEqual(['open', 'close'])
  })

  it('and a failure of its release do not hide a defect of its use', async () => {
    const program = bracket(
      guard(TE.right(1)),
      () => rejects,
      () => fails,
    )
    expect(await start(program).after(0)).toEqual(defect(boom))
  })
})

describe('run', () => {
  it('resolves only after the last release has ended', async () => {
    const { log, note } = logbook()
    const { task, resolve } = byHand<never, null>()
    const slow = bracket(
      note('open'),
      () => endless,
      () =>
        pipe(
          fromTaskEither(task),
          RTE.flatMap(() => note('closed')),
        ),
    )
    const { stop, after, ended } = start(race(slow, endless))
    await after(0)
    stop()
    await after('1 hour')
    expect(ended()).toEqual(running)
    resolve(E.right(null))
    expect(await after(0)).toMatchObject({ left: { detail: 'stop' } })
    expect(log).toEqual(['open', 'closed'])
  })
})
