/** Programs on a virtual clock, in a scope under a parent that counts who waits for it. */
import type * as E from 'fp-ts/lib/Either.js'
import type { Option } from 'fp-ts/lib/Option.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { afterEach, expect } from 'vitest'
import { Cancellable, CancelScope, Clock, Token } from 'cantok-ts'
import type { Reason, World } from 'cantok-ts'

type Program<E, A> = Cancellable.Cancellable<E, A>

export interface Going {
  readonly _tag: 'Running'
}

export type Ended<E, A> = Cancellable.Outcome<E, A> | Going

export const running: Going = { _tag: 'Running' }

export interface Place {
  readonly clock: Clock.VirtualClock
  readonly scope: CancelScope.CancelScope<Token.Input>
  /** Cancels the scope. */
  readonly stop: () => void
  /** Cancels the scope above it. */
  readonly stopAbove: () => void
  /** Timers and listeners that somebody still holds. */
  readonly held: () => { readonly timers: number; readonly listeners: number }
  readonly start: <E, A>(program: Program<E, A>) => Running<E, A>
}

export interface Running<E, A> extends Place {
  /** What it has come to by now. */
  readonly ended: () => Ended<E, A>
  /** Lets so much time pass, and all promises run: what it has come to by then. */
  readonly after: (span: string | number) => Promise<Ended<E, A>>
}

export const nothing = { timers: 0, listeners: 0 }

const worlds: Array<Place> = []

afterEach(() => {
  for (const { held, scope } of worlds.splice(0)) {
    CancelScope.close(scope)() // lets go of the AbortSignal of a scope
    expect(held(), 'left behind').toEqual(nothing)
  }
})

export const world = (
  token: Token.Token<Token.Input> = Token.never,
  conditions: World.Conditions = {},
  clock: Clock.VirtualClock = Clock.virtual(),
): Place => {
  const wakers = new Set<() => void>()
  let above: Option<Reason.Reason> = { _tag: 'None' }
  const source: CancelScope.Source = {
    read: () => above,
    subscribe: (wake) => () => {
      wakers.add(wake)
      return () => wakers.delete(wake)
    },
  }
  const parent = CancelScope.fromSource(source, { clock })()
  const scope = CancelScope.narrow(token, { conditions })(parent)()
  const made: Place = {
    clock,
    scope,
    stop: () => void CancelScope.cancel(scope, 'stop')(),
    stopAbove: () => {
      above = { _tag: 'Some', value: { _tag: 'Requested', detail: 'above', path: [] } }
      for (const wake of wakers) wake()
    },
    held: () => ({ timers: clock.timers(), listeners: wakers.size }),
    start: (program) => started(made, program),
  }
  worlds.push(made)
  return made
}

const started = <E, A>(place: Place, program: Program<E, A>): Running<E, A> => {
  let outcome: Ended<E, A> = running
  const ended = (): Ended<E, A> => outcome
  void Cancellable.run(place.scope)(program)().then(
    (result) => (outcome = result),
    (error: unknown) => (outcome = { _tag: 'Defect', error }),
  )
  return {
    ...place,
    ended,
    after: async (span) => {
      await place.clock.settle(span)()
      return outcome
    },
  }
}

export const start = <E, A>(program: Program<E, A>, token?: Token.Token<Token.Input>): Running<E, A> =>
  world(token).start(program)

/** A task that takes so much time of a clock, and then ends with a result. */
export const taking =
  <E, A>(clock: Clock.Clock, span: number, result: () => E.Either<E, A>): TE.TaskEither<E, A> =>
  () =>
    new Promise((resolve) => void clock.schedule(span, () => resolve(result()))())

/** A promise to settle by hand, with the task that waits for it. */
export const byHand = <E, A>() => {
  let resolve!: (result: E.Either<E, A>) => void
  let reject!: (error: unknown) => void
  const promise = new Promise<E.Either<E, A>>((yes, no) => {
    resolve = yes
    reject = no
  })
  const task: TE.TaskEither<E, A> = () => promise
  return { task, resolve, reject, promise }
}

/** Work that never ends by itself. */
export const endless: Program<never, never> = Cancellable.guard(() => new Promise(() => {}))

export const stopped = { _tag: 'Left', left: { _tag: 'Requested', detail: 'stop', path: [], at: 0 } } as const

export const defect = (error: unknown): Cancellable.Defect => ({ _tag: 'Defect', error })

export const boom = new Error('boom')

/** A log, and steps that write to it. */
export const logbook = () => {
  const log: Array<string> = []
  const note = (text: string): Program<never, void> => Cancellable.fromTaskEither(TE.fromIO(() => void log.push(text)))
  return { log, note }
}
