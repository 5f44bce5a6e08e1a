/**
 * Programs as data, to run the same one twice: a generator of them, what they mean, and what can be observed of a run.
 *
 * No two timers of one program come due at the same instant, except those that stand for the same moment of it: each span is a whole number and the
 * fraction of the root of a prime of its own. So a law need not say what of two things that happen at once comes first.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as fc from 'fast-check'
import { Cancellable, CancelScope, Clock, Token } from 'cantok-ts'
import type { Reason, World } from 'cantok-ts'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

export type AnyToken = Token.Token<Token.Input>

/** `id` is the place of a node in its program. */
type Node =
  | { readonly _tag: 'Value' | 'Fail' | 'Throw' | 'Checkpoint' }
  | { readonly _tag: 'Guard' | 'FromTaskEither' | 'TryCatch'; readonly span: number; readonly fails: boolean }
  | { readonly _tag: 'Delay' | 'TimeoutOption'; readonly span: number; readonly part: Program }
  | { readonly _tag: 'Shield'; readonly part: Program }
  | { readonly _tag: 'Within'; readonly token: AnyToken; readonly part: Program }
  | { readonly _tag: 'Retry'; readonly attempts: number; readonly part: Program }
  | {
      readonly _tag: 'FlatMap' | 'OrElse' | 'OrElseTimedOut' | 'OnCancelled'
      readonly part: Program
      readonly more: Program
    }
  | { readonly _tag: 'Bracket'; readonly acquire: Program; readonly use: Program; readonly release: Program }
  | { readonly _tag: 'Traverse'; readonly concurrency: number; readonly parts: ReadonlyArray<Program> }
  | { readonly _tag: 'Race'; readonly parts: ReadonlyArray<Program> }

export type Program = Node & { readonly id: number }

export const tags: ReadonlyArray<Node['_tag']> = [
  'Value',
  'Fail',
  'Throw',
  'Checkpoint',
  'Guard',
  'FromTaskEither',
  'TryCatch',
  'Delay',
  'TimeoutOption',
  'Shield',
  'Within',
  'Retry',
  'FlatMap',
  'OrElse',
  'OrElseTimedOut',
  'OnCancelled',
  'Bracket',
  'Traverse',
  'Race',
]

/** What happens outside: time passes, or somebody cancels the scope or the one above it. */
export type Happening = { readonly advance: number } | 'cancel' | 'cancel above'

// -------------------------------------------------------------------------------------
// generators
// -------------------------------------------------------------------------------------

const primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101]

const wholeSpan = fc.nat({ max: 8 })

/** A limit; its spans are whole as yet. */
const token: fc.Arbitrary<AnyToken> = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 12 }).map((span): AnyToken => Token.timeout(span)) },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.nat({ max: 4 }), fc.boolean()).map(([n, direct]): AnyToken => Token.counter(n, { direct })),
  },
  { weight: 1, arbitrary: fc.constant<AnyToken>(Token.condition('late')) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 6 }), fc.nat({ max: 3 }))
      .map(([span, n]): AnyToken => Token.all(Token.timeout(span), Token.counter(n))),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<AnyToken>(Token.never, Token.cancelled(), Token.timeout(0), Token.manual('unused')),
  },
)

const leaf: fc.Arbitrary<Node> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom<Node>({ _tag: 'Value' }, { _tag: 'Fail' }, { _tag: 'Throw' }) },
  { weight: 2, arbitrary: fc.constant<Node>({ _tag: 'Checkpoint' }) },
  {
    weight: 5,
    arbitrary: fc.record({
      _tag: fc.constantFrom('Guard' as const, 'FromTaskEither' as const, 'TryCatch' as const),
      span: wholeSpan,
      fails: fc.constantFrom(false, false, false, true),
    }),
  },
)

const grown = (depth: number): fc.Arbitrary<Node> => {
  if (depth === 0) return leaf
  // sound: `numbered` gives every node its id before a program leaves this module
  const part = grown(depth - 1) as fc.Arbitrary<Program>
  const parts = fc.array(part, { minLength: 1, maxLength: 3 })
  return fc.oneof(
    { weight: 3, arbitrary: leaf },
    {
      weight: 2,
      arbitrary: fc.record({
        _tag: fc.constantFrom('Delay' as const, 'TimeoutOption' as const),
        span: wholeSpan,
        part,
      }),
    },
    { weight: 1, arbitrary: fc.record({ _tag: fc.constant('Shield' as const), part }) },
    { weight: 3, arbitrary: fc.record({ _tag: fc.constant('Within' as const), token, part }) },
    {
      weight: 1,
      arbitrary: fc.record({ _tag: fc.constant('Retry' as const), attempts: fc.integer({ min: 1, max: 3 }), part }),
    },
    { weight: 4, arbitrary: fc.record({ _tag: fc.constant('FlatMap' as const), part, more: part }) },
    {
      weight: 3,
      arbitrary: fc.record({
        _tag: fc.constantFrom('OrElse' as const, 'OrElseTimedOut' as const, 'OnCancelled' as const),
        part,
        more: part,
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ _tag: fc.constant('Bracket' as const), acquire: part, use: part, release: part }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        _tag: fc.constant('Traverse' as const),
        concurrency: fc.integer({ min: 1, max: 3 }),
        parts,
      }),
    },
    { weight: 1, arbitrary: fc.record({ _tag: fc.constant('Race' as const), parts }) },
  )
}

const children = (program: Node): ReadonlyArray<Program> => {
  if ('parts' in program) return program.parts
  if ('more' in program) return [program.part, program.more]
  if ('part' in program) return [program.part]
  return 'use' in program ? [program.acquire, program.use, program.release] : []
}

export const depth = (program: Node): number => 1 + Math.max(0, ...children(program).map(depth))

export const within = (program: Program): ReadonlyArray<Program> => [program, ...children(program).flatMap(within)]

/** Gives nodes their ids, and spans their fractions; a counter, so that programs that are run side by side share none. */
const numbering = () => {
  let nodes = 0
  let spans = 0
  const odd = (span: number): number => {
    const prime = primes[spans++ % primes.length]! + 101 * Math.floor(spans / primes.length)
    return span === 0 ? 0 : span + (Math.sqrt(prime) % 1)
  }
  const limit = (token: AnyToken): AnyToken => {
    if (token._tag === 'Timeout') return Token.timeout(odd(token.left))
    if (token._tag === 'All') return Token.all(...token.tokens.map(limit))
    return token
  }
  const numbered = (node: Node): Program => {
    const id = nodes++
    switch (node._tag) {
      case 'Guard':
      case 'FromTaskEither':
      case 'TryCatch':
        return { ...node, id, span: odd(node.span) }
      case 'Delay':
      case 'TimeoutOption':
        return { ...node, id, span: odd(node.span), part: numbered(node.part) }
      case 'Within':
        return { ...node, id, token: limit(node.token), part: numbered(node.part) }
      case 'Shield':
      case 'Retry':
        return { ...node, id, part: numbered(node.part) }
      case 'FlatMap':
      case 'OrElse':
      case 'OrElseTimedOut':
      case 'OnCancelled':
        return { ...node, id, part: numbered(node.part), more: numbered(node.more) }
      case 'Bracket':
        return {
          ...node,
          id,
          acquire: numbered(node.acquire),
          use: numbered(node.use),
          release: numbered(node.release),
        }
      case 'Traverse':
      case 'Race':
        return { ...node, id, parts: node.parts.map(numbered) }
      default:
        return { ...node, id }
    }
  }
  return { limit, numbered }
}

export interface Case {
  readonly program: Program
  /** Limits for a law to put around it. */
  readonly a: AnyToken
  readonly b: AnyToken
  /** That of the scope it runs in. */
  readonly around: AnyToken
  readonly happenings: ReadonlyArray<Happening>
}

export const arbitraryCase: fc.Arbitrary<Case> = fc
  .record({
    program: grown(4),
    a: token,
    b: token,
    around: fc.oneof({ weight: 2, arbitrary: fc.constant(Token.never) }, { weight: 1, arbitrary: token }),
    happenings: fc.array(
      fc.oneof(
        { weight: 4, arbitrary: fc.integer({ min: 1, max: 5 }).map((advance): Happening => ({ advance })) },
        { weight: 1, arbitrary: fc.constantFrom<Happening>('cancel', 'cancel above') },
      ),
      { maxLength: 6 },
    ),
  })
  .map(({ program, a, b, around, happenings }) => {
    const { limit, numbered } = numbering()
    return { program: numbered(program), a: limit(a), b: limit(b), around: limit(around), happenings }
  })

// -------------------------------------------------------------------------------------
// meaning
// -------------------------------------------------------------------------------------

type Running = Cancellable.Cancellable<string, number>

export interface Entry {
  readonly at: number
  readonly what: 'start' | 'end' | 'open' | 'close'
  readonly id: number
  /** Whether cancellation around does not reach it, or not yet. */
  readonly deaf: boolean
}

export interface Book {
  readonly log: Array<Entry>
  readonly clock: Clock.Clock
  readonly conditions: World.Conditions
}

/** The program that a description stands for; it writes down what it does. */
export const meaning =
  ({ log, clock, conditions }: Book) =>
  (root: Program): Running => {
    const note = (what: Entry['what'], id: number, deaf: boolean): void =>
      void log.push({ at: clock.monotonic(), what, id, deaf })

    const go = (program: Program, deaf: boolean): Running => {
      const { id } = program
      const noted = (what: Entry['what']): TE.TaskEither<never, number> => TE.fromIO(() => (note(what, id, deaf), id))
      switch (program._tag) {
        case 'Value':
          return RTE.right(id)
        case 'Fail':
          return RTE.left(`failure ${id}`)
        case 'Throw':
          return Cancellable.guard(() => Promise.reject(new Error(`defect ${id}`)))
        case 'Checkpoint':
          return pipe(
            Cancellable.checkpoint,
            RTE.flatMap(() => RTE.fromTaskEither(noted('start'))),
          )
        case 'Guard':
          return Cancellable.guard(
            pipe(
              noted('start'),
              TE.flatMap(() => lasting(clock, program)),
            ),
          )
        case 'FromTaskEither':
          return Cancellable.fromTaskEither(
            pipe(
              noted('start'),
              TE.flatMap(() => lasting(clock, program)),
              TE.chainFirstTaskK(() => noted('end')),
            ),
          )
        case 'TryCatch':
          return Cancellable.tryCatch(async (signal) => {
            note('start', id, deaf)
            const result = await lasting(clock, program, signal)()
            return result._tag === 'Right' ? result.right : Promise.reject(new Error(result.left))
          }, messageOf)
        case 'Delay':
          return pipe(go(program.part, deaf), Cancellable.delay(program.span))
        case 'TimeoutOption':
          return pipe(
            go(program.part, deaf),
            Cancellable.timeoutOption(program.span),
            RTE.map((value) => (value._tag === 'Some' ? value.value : -1)),
          )
        case 'Shield':
          return Cancellable.shield(go(program.part, true))
        case 'Within':
          return pipe(go(program.part, deaf), Cancellable.within(program.token, { conditions }))
        case 'Retry':
          return pipe(go(program.part, deaf), Cancellable.retry(Token.counter(program.attempts)))
        case 'FlatMap':
          return pipe(
            go(program.part, deaf),
            RTE.flatMap(() => go(program.more, deaf)),
          )
        case 'OrElse':
          return pipe(
            go(program.part, deaf),
            RTE.orElse(() => go(program.more, deaf)),
          )
        case 'OrElseTimedOut':
          return pipe(
            go(program.part, deaf),
            Cancellable.orElseTimedOut(() => go(program.more, deaf)),
          )
        case 'OnCancelled':
          return pipe(
            go(program.part, deaf),
            Cancellable.onCancelled(() => go(program.more, true)),
          )
        case 'Bracket':
          return Cancellable.bracket(
            pipe(
              go(program.acquire, true),
              RTE.tapIO(() => () => note('open', id, true)),
            ),
            () => go(program.use, deaf),
            () => {
              note('close', id, true)
              return go(program.release, true)
            },
          )
        case 'Traverse':
          return pipe(
            program.parts,
            Cancellable.traverse({ concurrency: program.concurrency })((part) => go(part, deaf)),
            RTE.map((values) => values.reduce((sum, value) => sum + value, 0)),
          )
        case 'Race':
          return Cancellable.race(...program.parts.map((part) => go(part, deaf)))
      }
    }
    return go(root, false)
  }

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Work that takes a while, and obeys its signal if it has one. */
const lasting =
  (
    clock: Clock.Clock,
    { id, span, fails }: { readonly id: number; readonly span: number; readonly fails: boolean },
    signal?: AbortSignal,
  ): TE.TaskEither<string, number> =>
  () =>
    new Promise((resolve, reject) => {
      const callOff = clock.schedule(span, () => resolve(fails ? E.left(`failure ${id}`) : E.right(id)))()
      signal?.addEventListener('abort', () => {
        callOff()
        reject(signal.reason)
      })
    })

// -------------------------------------------------------------------------------------
// observation
// -------------------------------------------------------------------------------------

export interface Observed {
  /** A value, a failure or a defect; of a reason only that it is one. */
  readonly outcome: string
  readonly endedAt: number
  readonly log: ReadonlyArray<Entry>
  /** How long the log was when somebody cancelled, and when the program had ended. */
  readonly cancelledAt: number
  readonly loggedAtEnd: number
  /** Timers and listeners that were still there long after. */
  readonly left: number
}

const outcomeOf = (result: E.Either<string | Reason.Reason, number>): string => {
  if (result._tag === 'Right') return `value ${result.right}`
  return typeof result.left === 'string' ? result.left : 'reason'
}

/** Runs a program on a clock of its own, while things happen outside: the first of them in the turn in which it starts, or after. */
export const observe = async (
  { around, happenings }: Pick<Case, 'around' | 'happenings'>,
  make: (book: Book) => Running,
  { isFirstInTurn = false }: { readonly isFirstInTurn?: boolean } = {},
): Promise<Observed> => {
  const clock = Clock.virtual()
  const log: Array<Entry> = []
  const conditions = { late: () => clock.monotonic() >= 6 }
  const wakers = new Set<() => void>()
  const source: CancelScope.Source = {
    read: () => ({ _tag: 'None' }),
    subscribe: (wake) => () => {
      wakers.add(wake)
      return () => wakers.delete(wake)
    },
  }
  const above = CancelScope.narrow(Token.never)(CancelScope.fromSource(source, { clock })())()
  const scope = CancelScope.narrow(around, { conditions })(above)()
  let ended: Pick<Observed, 'outcome' | 'endedAt' | 'loggedAtEnd'> | null = null
  let cancelledAt = Infinity
  const end = (outcome: string): void => {
    ended = { outcome, endedAt: clock.monotonic(), loggedAtEnd: log.length }
  }
  void Cancellable.run(scope)(make({ log, clock, conditions }))().then(
    (result) => end(outcomeOf(result)),
    (error) => end(error instanceof AggregateError ? error.errors.map(messageOf).join() : messageOf(error)),
  )
  if (!isFirstInTurn) await clock.settle(0)()
  for (const happening of happenings) {
    if (typeof happening === 'object') await clock.settle(happening.advance)()
    else {
      cancelledAt = Math.min(cancelledAt, log.length)
      CancelScope.cancel(happening === 'cancel' ? scope : above)()
      await clock.settle(0)()
    }
  }
  await clock.settle(1000)()
  CancelScope.close(scope)()
  if (ended === null) throw new Error('every program ends by itself')
  // sound: it is assigned in a callback, which the compiler does not follow
  return { ...(ended as Observed), log, cancelledAt, left: clock.timers() + wakers.size }
}

const rounded = (time: number): number => Math.round(time * 1e6) / 1e6

/** Observational equality, up to who is named: the same outcome, and the same effects, at the same times. */
export const same = (first: Observed, second: Observed): boolean => seen(first) === seen(second)

export const seen = ({ outcome, endedAt, log }: Observed): string =>
  [`${outcome} at ${rounded(endedAt)}`, ...log.map(({ at, what, id }) => `${rounded(at)}: ${what} ${id}`)].join('\n')
