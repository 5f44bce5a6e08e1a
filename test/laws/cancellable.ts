/**
 * The laws of pipelines as predicates, apart from what runs them: each says which two programs are the same, or what holds of one run.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Either } from 'fp-ts/lib/Either.js'
import { Cancellable, Token } from 'cantok-ts'
import { meaning, within as nodesOf } from './programs.js'
import type { AnyToken, Book, Case, Observed, Program } from './programs.js'

type Running = Cancellable.Cancellable<string, number>

/** Two programs that must not be told apart. */
export type Law = (given: Case) => readonly [(book: Book) => Running, (book: Book) => Running]

const limited = ({ conditions }: Book, token: AnyToken) => Cancellable.within(token, { conditions })

export const withinNever: Law = ({ program }) => [
  (book) => pipe(program, meaning(book), Cancellable.within(Token.never)),
  (book) => meaning(book)(program),
]

export const withinTwice: Law = ({ program, a, b }) => [
  (book) => pipe(program, meaning(book), limited(book, b), limited(book, a)),
  (book) => pipe(program, meaning(book), limited(book, Token.any(a, b))),
]

export const shieldTwice: Law = ({ program }) => [
  (book) => pipe(program, meaning(book), Cancellable.shield, Cancellable.shield),
  (book) => pipe(program, meaning(book), Cancellable.shield),
]

export const guardOfReady =
  (result: Either<string, number>): Law =>
  () => [() => Cancellable.guard(TE.fromEither(result)), () => RTE.fromEither(result)]

/** Every bracket that was opened is closed exactly once, after it was opened, by the time at which the program has ended. */
export const releasesOnce = ({ log, loggedAtEnd }: Observed): boolean => {
  const open = new Map<number, number>()
  for (const { what, id } of log.slice(0, loggedAtEnd)) {
    if (what === 'open') open.set(id, (open.get(id) ?? 0) + 1)
    if (what !== 'close') continue
    if ((open.get(id) ?? 0) === 0) return false
    open.set(id, open.get(id)! - 1)
  }
  return [...open.values()].every((count) => count === 0)
}

/** When a bracket is closed, none that was opened within its use is open. */
export const innermostFirst =
  (program: Program) =>
  ({ log }: Observed): boolean => {
    const inside = new Map(
      nodesOf(program).flatMap((node) =>
        node._tag === 'Bracket' ? [[node.id, new Set(nodesOf(node.use).map(({ id }) => id))] as const] : [],
      ),
    )
    const open = new Set<number>()
    for (const { what, id } of log) {
      if (what === 'open') open.add(id)
      if (what !== 'close') continue
      open.delete(id)
      if ([...(inside.get(id) ?? [])].some((each) => open.has(each))) return false
    }
    return true
  }

/** Nothing that a program does comes after it has ended. */
export const endsLast = ({ log, loggedAtEnd }: Observed): boolean => log.length === loggedAtEnd

/** Once cancelled from outside, only what is deaf to that is started. */
export const startsNothing = ({ log, cancelledAt }: Observed): boolean =>
  log.slice(cancelledAt).every(({ what, deaf }) => what !== 'start' || deaf)

export const leavesNothing = ({ left }: Observed): boolean => left === 0
