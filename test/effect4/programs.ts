/** Programs under scopes, generated: what they mean as effects, and what of a run can be seen from outside. */
import { Clock, Effect } from 'effect'
import type { Scope } from 'effect'
import * as fc from 'fast-check'
import { CancelScope, Token } from 'cantok-ts'
import { open } from 'cantok-ts/effect'
import { CurrentScope, checkpoint, guard, within } from 'cantok-ts/effect4'
import { token } from 'cantok-ts/testing'
import { endingWithin } from './support.js'

export type AnyToken = Token.Token<'condition:p'>

export type Program =
  | { readonly _tag: 'Work'; readonly span: number }
  | { readonly _tag: 'Checkpoint' }
  | { readonly _tag: 'Fail' }
  | { readonly _tag: 'Then'; readonly first: Program; readonly second: Program }
  | { readonly _tag: 'Within'; readonly token: AnyToken; readonly part: Program }
  | { readonly _tag: 'Guard'; readonly part: Program }
  | { readonly _tag: 'Caught'; readonly part: Program }
  | { readonly _tag: 'Ensured'; readonly part: Program }

/** A program, two limits, the limit around, when that is cancelled and from when on the condition holds. */
export interface Case {
  readonly program: Program
  readonly a: AnyToken
  readonly b: AnyToken
  readonly around: AnyToken
  readonly cancelAt: number | null
  readonly holdsFrom: number
}

export type Run = Effect.Effect<unknown, unknown, CurrentScope>

/** What a run is given: a log, and the world in which limits are opened. */
export interface Place {
  readonly say: (what: string) => Effect.Effect<void>
  readonly world: { readonly conditions: { readonly p: () => boolean } }
}

// -------------------------------------------------------------------------------------
// generators
// -------------------------------------------------------------------------------------

/**
 * Limits that end at whole tenths of a second, or by direct polls; without what makes looks from outside (`andThen`, conditions) where there is what feels them (counters that are used up).
 *
 * Nothing else happens at a tenth of a second after the start of a limit, for nothing says which of two things at one time comes first: work takes some milliseconds more,
 * and not whole ones, as looks at conditions do.
 */
export const limitsOf = (hasCounters: boolean): fc.Arbitrary<AnyToken> =>
  token({
    leaves: {
      Never: 1,
      Cancelled: 1,
      Timeout: 9,
      Deadline: 2,
      Counter: hasCounters ? 4 : 0,
      Condition: hasCounters ? 0 : 2,
    },
    names: { condition: ['p'] },
    combinators: hasCounters ? ['Any', 'All'] : ['Any', 'All', 'AndThen'],
    momentary: false,
    maxDepth: 2,
    minInstant: 0,
    maxDuration: 9,
  }).map(
    Token.fold<AnyToken>({
      Never: () => Token.never,
      Cancelled: () => Token.cancelled(),
      Timeout: ({ duration }) => Token.timeout(duration * 100),
      Deadline: ({ instant }) => Token.deadline(instant * 100),
      Counter: ({ limit }) => Token.counter(limit),
      Condition: () => Token.condition('p'),
      Manual: () => Token.never,
      Budget: () => Token.never,
      Idle: () => Token.never,
      Any: (_, parts) => Token.any(...parts),
      All: (_, parts) => Token.all(...parts),
      AndThen: (_, first, second) => Token.andThen(first, second),
      Labelled: (_, part) => part,
    }),
  )

const programsOf = (limits: fc.Arbitrary<AnyToken>): fc.Arbitrary<Program> => {
  const leaf = fc.oneof(
    { weight: 4, arbitrary: fc.nat(5).map((tenths): Program => ({ _tag: 'Work', span: tenths * 100 + 3 + 1 / 32 })) },
    { weight: 4, arbitrary: fc.constant<Program>({ _tag: 'Checkpoint' }) },
    { weight: 1, arbitrary: fc.constant<Program>({ _tag: 'Fail' }) },
  )
  const grown = (depth: number): fc.Arbitrary<Program> => {
    if (depth <= 0) return leaf
    const part = grown(depth - 1)
    const tagged = <T extends string>(_tag: T): fc.Arbitrary<{ readonly _tag: T; readonly part: Program }> =>
      fc.record({ _tag: fc.constant(_tag), part })
    return fc.oneof(
      { weight: 1, arbitrary: leaf },
      { weight: 5, arbitrary: fc.record({ _tag: fc.constant('Then' as const), first: part, second: part }) },
      { weight: 3, arbitrary: fc.record({ _tag: fc.constant('Within' as const), token: limits, part }) },
      { weight: 1, arbitrary: tagged('Guard') },
      { weight: 3, arbitrary: tagged('Caught') },
      { weight: 1, arbitrary: tagged('Ensured') },
    )
  }
  return grown(4)
}

export const casesOf = (limits: fc.Arbitrary<AnyToken>): fc.Arbitrary<Case> =>
  fc.record({
    program: programsOf(limits),
    a: limits,
    b: limits,
    around: limits,
    cancelAt: fc.option(fc.nat(9).map((tenths) => tenths * 100 + 25)),
    holdsFrom: fc.nat(9).map((tenths) => tenths * 100 + 50),
  })

// -------------------------------------------------------------------------------------
// meaning
// -------------------------------------------------------------------------------------

export const meaning =
  (place: Place) =>
  (program: Program): Run => {
    const of = meaning(place)
    const { say, world } = place
    switch (program._tag) {
      case 'Work':
        return Effect.andThen(say('start'), Effect.andThen(Effect.sleep(program.span), say('done')))
      case 'Checkpoint':
        return Effect.andThen(checkpoint, say('checked'))
      case 'Fail':
        return Effect.fail('own')
      case 'Then':
        return Effect.andThen(of(program.first), of(program.second))
      case 'Within':
        return within(program.token, world)(of(program.part))
      case 'Guard':
        return guard(of(program.part))
      case 'Caught':
        return Effect.catch(of(program.part), (error) => say(error === 'own' ? 'caught own' : 'caught reason'))
      case 'Ensured':
        return Effect.ensuring(of(program.part), say('ensured'))
    }
  }

/** All that is seen of a run: what it did and when, and how and when it ended; which of several reasons it was may differ. */
export const observe = (
  { around, cancelAt, holdsFrom }: Omit<Case, 'program' | 'a' | 'b'>,
  side: (place: Place) => Run,
): Effect.Effect<ReadonlyArray<string>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const log: Array<string> = []
    const clock = yield* Clock.Clock
    const world = { conditions: { p: () => clock.currentTimeMillisUnsafe() >= holdsFrom } }
    const say = (what: string): Effect.Effect<void> =>
      Effect.map(Clock.currentTimeMillis, (at) => void log.push(`${what} at ${at}`))
    const scope = yield* open(around, world)
    const end = yield* endingWithin(
      10_000,
      Effect.provideService(side({ say, world }), CurrentScope, scope),
      (at) => Effect.sync(() => at === cancelAt && CancelScope.cancel(scope)()),
      25,
    )
    return [...log, end.replace(/^fail [A-Z]\w*/, 'reason')]
  })
