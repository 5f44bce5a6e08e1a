/** What holds for all combinators alike: no new work in a cancelled scope, and nothing left behind however they end. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, expect, it, vi } from 'vitest'
import { Cancellable, CancelScope, Token } from 'cantok-ts'
import { boom, byHand, endless, nothing, running, stopped, taking, world } from './running.js'
import type { Place } from './running.js'

type Program<A> = Cancellable.Cancellable<string, A>
type Combinator = (self: Program<number>, place: Place) => Program<unknown>

const {
  bracket,
  checkpoint,
  delay,
  every,
  fromTaskEither,
  guard,
  onCancelled,
  orElseTimedOut,
  race,
  retry,
  run,
  shield,
  timeoutOption,
  traverse,
  tryCatch,
  within,
} = Cancellable

const one: Program<number> = guard(TE.right(1))

const combinators: ReadonlyArray<readonly [string, Combinator]> = [
  ['within', within(Token.timeout('1 hour'))],
  ['within of a condition', within(Token.condition('p'), { conditions: { p: () => false } })],
  [
    'bracket, as acquire',
    (self) =>
      bracket(
        self,
        () => one,
        () => one,
      ),
  ],
  [
    'bracket, as use',
    (self) =>
      bracket(
        one,
        () => self,
        () => one,
      ),
  ],
  ['onCancelled', onCancelled(() => one)],
  [
    'traverse',
    (self) =>
      pipe(
        [1, 2, 3],
        traverse()(() => self),
      ),
  ],
  [
    'traverse, one at a time',
    (self) =>
      pipe(
        [1, 2, 3],
        traverse({ concurrency: 1 })(() => self),
      ),
  ],
  ['race', (self) => race(self, endless)],
  ['race of two', (self) => race(self, self)],
  ['retry', retry(Token.counter(3))],
  ['retry with pauses', retry(Token.timeout('1 hour'), { pause: () => 10 })],
  ['delay', delay(0)],
  ['every', every(20)],
  ['orElseTimedOut', orElseTimedOut(() => one)],
  ['timeoutOption', timeoutOption('1 hour')],
  [
    'flatMap after a checkpoint',
    (self) =>
      pipe(
        checkpoint,
        RTE.flatMap(() => self),
      ),
  ],
]

const sources: ReadonlyArray<readonly [string, (task: TE.TaskEither<string, number>) => Program<number>]> = [
  ['guard', guard],
  ['fromTaskEither', fromTaskEither],
  ['tryCatch', (task) => pipe(tryCatch(task, String), RTE.flatMap(RTE.fromEither))],
]

const all = combinators.flatMap(([name, combinator]) =>
  sources.map(([kind, source]) => [name, kind, combinator, source] as const),
)

/** Work that counts how often it was started. */
const counting = () => {
  const made = { starts: 0 }
  const task: TE.TaskEither<string, number> = async () => E.right(++made.starts)
  return { made, task }
}

describe('a cancelled scope starts no new work', () => {
  it.each(all)('in %s of %s', async (_name, _kind, combinator, source) => {
    const place = world()
    const { made, task } = counting()
    const program = combinator(source(task), place)
    place.stop()
    expect(await program(place.scope)()).toEqual(stopped)
    expect(await run(place.scope)(program)()).toEqual(stopped)
    expect(made.starts).toBe(0)
  })

  it.each(all)(
    'in %s of %s, if it is cancelled while another piece of work runs',
    async (name, _kind, combinator, source) => {
      const place = world()
      const { made, task } = counting()
      const first = fromTaskEither<string, number>(taking(place.clock, 10, () => E.right(0)))
      const program = combinator(
        pipe(
          first,
          RTE.flatMap(() => source(task)),
        ),
        place,
      )
      const { after } = place.start(program)
      await after(5)
      place.stop()
      const ended = await after(100)
      expect(ended).toMatchObject({ left: { detail: 'stop' } })
      expect(made.starts).toBe(name.endsWith('acquire') ? 1 : 0) // what is acquired is acquired whole
    },
  )

  it.each(all)('in %s of %s, but in shield does', async (name, _kind, combinator, source) => {
    const place = world()
    const { made, task } = counting()
    place.stop()
    const ending =
      name === 'every'
        ? pipe(
            source(task),
            RTE.flatMap(() => RTE.left('enough')),
          )
        : source(task)
    void shield(combinator(ending, place))(place.scope)()
    await place.clock.settle(100)()
    expect(made.starts).toBeGreaterThan(0)
  })
})

describe('a cancelled scope is not even handed to a program', () => {
  const looking = [
    'bracket, as acquire',
    'traverse',
    'traverse, one at a time',
    'race',
    'race of two',
    'retry',
    'delay',
    'every',
  ]

  it.each(combinators.filter(([name]) => looking.includes(name)))('in %s', async (_name, combinator) => {
    const place = world()
    const self = vi.fn<Program<number>>(() => TE.right(1))
    place.stop()
    expect(await combinator(self, place)(place.scope)()).toEqual(stopped)
    expect(self).not.toHaveBeenCalled()
  })

  it('in the use of a bracket that was acquired meanwhile', async () => {
    const place = world()
    const use = vi.fn<Program<number>>(() => TE.right(1))
    const acquire = fromTaskEither<string, number>(taking(place.clock, 10, () => E.right(0)))
    const { after } = place.start(
      bracket(
        acquire,
        () => use,
        () => one,
      ),
    )
    await after(5)
    place.stop()
    expect(await after(5)).toMatchObject({ left: { detail: 'stop' } })
    expect(use).not.toHaveBeenCalled()
  })
})

/** Ways in which work ends; `null` of one that is cancelled. */
const ends: ReadonlyArray<readonly [string, (() => E.Either<string, number>) | null]> = [
  ['success', () => E.right(1)],
  ['failure', () => E.left('no')],
  [
    'defect',
    () => {
      throw boom
    },
  ],
  ['cancellation', null],
]

describe.each(ends)('nothing is left behind after a %s', (_end, end) => {
  // what is acquired is waited for, so it is not cancelled
  const cases = combinators.filter(([name]) => end !== null || !name.endsWith('acquire'))

  it.each(cases)('in %s', async (_name, combinator) => {
    const place = world(Token.any(Token.timeout('10 days'), Token.condition('q')), { q: () => false })
    const { task, resolve } = byHand<never, null>()
    const gated = guard<string, number>(async () => (await task(), end === null ? new Promise(() => {}) : end()))
    const { after } = place.start(combinator(gated, place))
    await after(5)
    resolve(E.right(null))
    await after(95)
    place.stop() // what goes on for ever ends too
    expect(await after(0)).not.toEqual(running)
    expect(place.held()).toEqual(nothing)
  })

  it.each(cases)('in %s, of the signals of scopes within', async (_name, combinator) => {
    const place = world()
    const { task, resolve } = byHand<never, null>()
    const promise = async (): Promise<number> => {
      await task()
      if (end === null) return new Promise(() => {})
      const result = end()
      return result._tag === 'Right' ? result.right : Promise.reject(new Error(result.left))
    }
    const inner = pipe(tryCatch(promise, String), within(Token.timeout('10 days')))
    const { after } = place.start(combinator(inner, place))
    await after(5)
    expect(place.held()).not.toEqual(nothing)
    resolve(E.right(null))
    await after(95)
    place.stop()
    expect(await after(0)).not.toEqual(running)
    expect(place.held()).toEqual(nothing)
  })
})

describe('a cancellation at whatever promise step', () => {
  it.each(all)('ends %s of %s, with its value or with the reason', async (name, _kind, combinator, source) => {
    const tags = new Set<string>()
    for (let steps = 0; steps < 80; steps++) {
      const place = world()
      const { after } = place.start(
        combinator(
          pipe(
            source(TE.right(1)),
            RTE.flatMap(() => source(TE.right(2))),
          ),
          place,
        ),
      )
      for (let step = 0; step < steps; step++) await Promise.resolve()
      place.stop()
      const ended = await after(0)
      tags.add(ended._tag)
      expect(ended).toEqual(ended._tag === 'Left' ? stopped : ended)
    }
    expect(tags).toContain('Left')
    expect(tags).not.toContain('Running')
    expect(tags).not.toContain('Defect')
    expect(tags.has('Right')).toBe(name !== 'every' && name !== 'delay') // which take time
  })
})

describe('nothing is left behind', () => {
  it('in a long-lived scope by ten thousand programs, while it lives', async () => {
    const place = world(Token.any(Token.timeout('10 days'), Token.manual('stop')))
    const short = pipe(
      one,
      within(Token.timeout('1 hour')),
      timeoutOption('1 hour'),
      (self) => race(self, endless),
      retry(Token.counter(2)),
    )
    for (let index = 0; index < 10_000; index++) expect((await run(place.scope)(short)())._tag).toBe('Right')
    expect(place.held()).toEqual(nothing)
    expect(CancelScope.isCancelled(place.scope)()).toBe(false)
  })
})
