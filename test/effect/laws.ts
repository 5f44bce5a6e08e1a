/**
 * The laws of limits on effects as predicates, apart from what runs them: each says which two programs are the same, or what holds of one run.
 */
import { Effect } from 'effect'
import { CancelScope, Token } from 'cantok-ts'
import { interruptBy, open, toEffect } from 'cantok-ts/effect'
import { limited, limitedByScope, meaning, within } from './programs.js'
import type { AnyToken, Book, Case, Observed, Program, Running } from './programs.js'

/** Two programs that must not be told apart. */
export type Law = (given: Case) => readonly [(book: Book) => Running, (book: Book) => Running]

export const whenNever: Law = ({ program }) => [
  (book) => limited(Token.never)(meaning(book)(program)),
  (book) => meaning(book)(program),
]

/** A token that could fire and does not is no different. */
export const whenUnused: Law = ({ program }) => [
  (book) => limited(Token.manual('unused'))(meaning(book)(program)),
  (book) => meaning(book)(program),
]

export const whenTwice: Law = ({ program, a, b }) => [
  (book) => limited(a)(limited(b)(meaning(book)(program))),
  (book) => limited(Token.any(a, b))(meaning(book)(program)),
]

export const whenCancelled: Law = ({ program }) => [
  (book) => limited(Token.cancelled())(meaning(book)(program)),
  (book) => limited(Token.cancelled())(Effect.succeed(book.log.length)),
]

/** A scope opened for the effect is a token of the effect. */
export const byScope: Law = ({ program, a }) => [
  (book) => limitedByScope([], a)(meaning(book)(program)),
  (book) => limited(a)(meaning(book)(program)),
]

/** Under two scopes, one around the other, it is as under a scope that is linked to both. */
export const byLink: Law = ({ program, a, b }) => {
  const under =
    (use: (first: Parents[0], second: Parents[0]) => (self: Running) => Running) =>
    (book: Book): Running =>
      Effect.scoped(
        Effect.flatMap(Effect.all([open(plain(a)), open(plain(b))]), ([first, second]) =>
          use(first, second)(meaning(book)(program)),
        ),
      )
  return [
    under((first, second) => (self) => interruptBy(first)(interruptBy(second)(self))),
    under((first, second) => limitedByScope([first, second], Token.never)),
  ]
}

type Parents = Parameters<typeof limitedByScope>[0]

/** What somebody asks for at an instant is a timeout that runs out then. */
export const pushed =
  (span: number): Law =>
  ({ program }) => [
    (book) =>
      Effect.suspend(() => {
        const scope = CancelScope.open(Token.manual('stop'), { clock: book.clock })()
        const callOff = book.clock.schedule(span, CancelScope.cancelInput(scope, 'stop'))()
        return Effect.ensuring(interruptBy(scope)(meaning(book)(program)), Effect.sync(callOff))
      }),
    (book) => limited(Token.timeout(span))(meaning(book)(program)),
  ]

/** Interruption when the token fires is failing when a wait for it ends. */
export const asRace: Law = ({ program, a }) => [
  (book) => limited(a)(meaning(book)(program)),
  (book) =>
    Effect.scoped(
      Effect.flatMap(open(plain(a)), (scope) =>
        Effect.raceFirst(meaning(book)(program), Effect.flatMap(toEffect(scope), Effect.fail)),
      ),
    ),
]

const plain = (given: AnyToken): Token.Token => given as Token.Token // sound: tokens of these laws name no condition

/** A race has begun by then. */
export const firesAtOnce = (given: AnyToken): boolean => CancelScope.isCancelled(CancelScope.open(plain(given))())()

/** Nothing that a program does comes after it has ended. */
export const endsLast = ({ log, loggedAtEnd }: Observed): boolean => log.length === loggedAtEnd

/** What was acquired is released exactly once, by the time at which the program has ended. */
export const releasesOnce = ({ log, loggedAtEnd, outcome }: Observed): boolean => {
  const open = new Map<number, number>()
  for (const { what, id } of log.slice(0, loggedAtEnd)) {
    if (what === 'acquired') open.set(id, (open.get(id) ?? 0) + 1)
    if (what !== 'released') continue
    if ((open.get(id) ?? 0) === 0) return false
    open.set(id, open.get(id)! - 1)
  }
  return outcome === 'no end' || [...open.values()].every((count) => count === 0)
}

/** Whether releases can die, after which they are not noted. */
export const releasesMayDie = (program: Program): boolean => within(program).some(({ _tag }) => _tag === 'Die')

export const leavesNothing = ({ left }: Observed): boolean => left === 0
