/**
 * Programs of Effect as data, to run the same one twice: a generator of them, what they mean, and what can be observed of a run.
 *
 * No two timers of one program come due at the same instant, except those that stand for the same moment of it: each span is a whole number in units
 * of 2^20 ms, and a bit of its own below. So a law need not say what of two things that happen at once comes first.
 */
import { Effect, Exit } from 'effect'
import * as fc from 'fast-check'
import { Token } from 'cantok-ts'
import type { CancelScope, Clock, Reason } from 'cantok-ts'
import { interruptBy, interruptWhen, link } from 'cantok-ts/effect'
import { onClock, partsOf, virtualTime, yieldNow } from './support.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

export type AnyToken = Token.Token<Token.Input>

/** `id` is the place of a node in its program. */
type Node =
  | { readonly _tag: 'Succeed' | 'Fail' | 'Die' | 'Interrupt' | 'Yield' | 'Never' }
  | { readonly _tag: 'Sleep'; readonly span: number }
  | { readonly _tag: 'Uninterruptible' | 'Interruptible' | 'Exit'; readonly part: Program }
  | { readonly _tag: 'When'; readonly token: AnyToken; readonly part: Program }
  | {
      readonly _tag: 'AndThen' | 'OrElse' | 'Ensuring' | 'OnInterrupt' | 'Race' | 'Both' | 'AcquireUse'
      readonly part: Program
      readonly more: Program
    }

export type Program = Node & { readonly id: number }

export const tags: ReadonlyArray<Node['_tag']> = [
  'AcquireUse',
  'AndThen',
  'Both',
  'Die',
  'Ensuring',
  'Exit',
  'Fail',
  'Interrupt',
  'Interruptible',
  'Never',
  'OnInterrupt',
  'OrElse',
  'Race',
  'Sleep',
  'Succeed',
  'Uninterruptible',
  'When',
  'Yield',
]

// -------------------------------------------------------------------------------------
// generators
// -------------------------------------------------------------------------------------

/** A limit; its spans are small as yet. */
const token: fc.Arbitrary<AnyToken> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 12 }).map((span): AnyToken => Token.timeout(span)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }))
      .chain(([a, b]) =>
        fc.constantFrom<AnyToken>(
          Token.all(Token.timeout(a), Token.timeout(b)),
          Token.any(Token.timeout(a), Token.timeout(b)),
          Token.andThen(Token.timeout(a), Token.timeout(b)),
        ),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<AnyToken>(
      Token.never,
      Token.cancelled(),
      Token.timeout(0),
      Token.manual('unused'),
      Token.counter(0),
      Token.counter(2, { direct: false }),
    ),
  },
)

/** Of time alone: they mean the same wherever they are looked at. */
export const timedToken: fc.Arbitrary<AnyToken> = token.filter((each) => each._tag !== 'Counter')

const leaf: fc.Arbitrary<Node> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.constantFrom<Node>(
      { _tag: 'Succeed' },
      { _tag: 'Fail' },
      { _tag: 'Die' },
      { _tag: 'Interrupt' },
      { _tag: 'Yield' },
      { _tag: 'Never' },
    ),
  },
  { weight: 4, arbitrary: fc.nat({ max: 8 }).map((span): Node => ({ _tag: 'Sleep', span })) },
)

const grown = (depth: number): fc.Arbitrary<Node> => {
  if (depth === 0) return leaf
  // sound: `numbered` gives every node its id before a program leaves this module
  const part = grown(depth - 1) as fc.Arbitrary<Program>
  return fc.oneof(
    { weight: 2, arbitrary: leaf },
    {
      weight: 2,
      arbitrary: fc.record({
        _tag: fc.constantFrom('Uninterruptible' as const, 'Interruptible' as const, 'Exit' as const),
        part,
      }),
    },
    { weight: 2, arbitrary: fc.record({ _tag: fc.constant('When' as const), token, part }) },
    {
      weight: 7,
      arbitrary: fc.record({
        _tag: fc.constantFrom(
          'AndThen' as const,
          'AndThen' as const,
          'OrElse' as const,
          'Ensuring' as const,
          'OnInterrupt' as const,
          'Race' as const,
          'Both' as const,
          'AcquireUse' as const,
        ),
        part,
        more: part,
      }),
    },
  )
}

const children = (program: Node): ReadonlyArray<Program> => {
  if ('more' in program) return [program.part, program.more]
  return 'part' in program ? [program.part] : []
}

export const depth = (program: Node): number => 1 + Math.max(0, ...children(program).map(depth))

export const within = (program: Program): ReadonlyArray<Program> => [program, ...children(program).flatMap(within)]

const unit = 2 ** 20

/** Gives nodes their ids, and spans their bits; a counter, so that programs that are run side by side share none. */
const numbering = () => {
  let nodes = 0
  let spans = 0
  const odd = (span: number): number => (span === 0 ? 0 : span * unit + 2 ** (spans++ % 20))
  const limit = (given: AnyToken): AnyToken => {
    if (given._tag === 'Timeout') return Token.timeout(odd(given.left))
    if (given._tag === 'All') return Token.all(...given.tokens.map(limit))
    if (given._tag === 'Any') return Token.any(...given.tokens.map(limit))
    if (given._tag === 'AndThen') return Token.andThen(limit(given.first), limit(given.second))
    return given
  }
  const numbered = (node: Node): Program => {
    const id = nodes++
    if ('more' in node) return { ...node, id, part: numbered(node.part), more: numbered(node.more) }
    if (node._tag === 'When') return { ...node, id, token: limit(node.token), part: numbered(node.part) }
    if ('part' in node) return { ...node, id, part: numbered(node.part) }
    if (node._tag === 'Sleep') return { ...node, id, span: odd(node.span) }
    return { ...node, id }
  }
  return { limit, numbered }
}

export interface Case {
  readonly program: Program
  /** Limits for a law to put around it. */
  readonly a: AnyToken
  readonly b: AnyToken
  /** When it is interrupted from outside, if nothing else ends it before. */
  readonly interruptedAfter: number
}

const caseOf = (limits: fc.Arbitrary<AnyToken>): fc.Arbitrary<Case> =>
  fc
    .record({ program: grown(3), a: limits, b: limits, cut: fc.integer({ min: 1, max: 20 }) })
    .map(({ program, a, b, cut }) => {
      const { limit, numbered } = numbering()
      return { a: limit(a), b: limit(b), program: numbered(program), interruptedAfter: cut * unit + unit / 2 + 1 / 4 }
    })

export const arbitraryCase: fc.Arbitrary<Case> = caseOf(token)

/** With limits of time alone around the program. */
export const timedCase: fc.Arbitrary<Case> = caseOf(timedToken)

// -------------------------------------------------------------------------------------
// meaning
// -------------------------------------------------------------------------------------

export type Failure = string | Reason.Reason

export type Running = Effect.Effect<number, Failure>

export interface Entry {
  readonly at: number
  readonly what: 'start' | 'end' | 'acquired' | 'released' | 'finalized' | 'interrupted'
  readonly id: number
}

export interface Book {
  readonly log: Array<Entry>
  readonly clock: Clock.VirtualClock
}

// sound: tokens of this module name no condition
const plain = (given: AnyToken): Token.Token => given as Token.Token

export const limited =
  (given: AnyToken) =>
  (self: Running): Running =>
    interruptWhen(plain(given))(self)

/** By a scope that is derived for the run. */
export const limitedByScope =
  (parents: ReadonlyArray<CancelScope.ScopeView>, given: AnyToken) =>
  (self: Running): Running =>
    Effect.scoped(Effect.flatMap(link(parents, plain(given)), (scope) => interruptBy(scope)(self)))

/** The program that a description stands for; it writes down what it does. */
export const meaning =
  ({ log, clock }: Book) =>
  (root: Program): Running => {
    const go = (program: Program): Running => {
      const { id } = program
      const note = (what: Entry['what']): Effect.Effect<void> =>
        Effect.sync(() => void log.push({ at: clock.monotonic(), what, id }))
      const ended = <E>(self: Effect.Effect<unknown, E>): Effect.Effect<number, E> =>
        Effect.as(Effect.andThen(note('start'), Effect.andThen(self, note('end'))), id)
      const finalizer = (part: Program): Effect.Effect<void> =>
        Effect.andThen(
          Effect.flatMap(Effect.exit(go(part)), (exit) =>
            // a finalizer cannot fail, but may die
            Exit.isFailure(exit) && partsOf(exit.cause).defects.length > 0
              ? Effect.die(partsOf(exit.cause).defects[0])
              : Effect.void,
          ),
          note('finalized'),
        )
      switch (program._tag) {
        case 'Succeed':
          return ended(Effect.void)
        case 'Fail':
          return ended(Effect.fail(`failure ${id}`))
        case 'Die':
          return ended(Effect.die(`defect ${id}`))
        case 'Interrupt':
          return ended(Effect.interrupt)
        case 'Yield':
          return ended(yieldNow)
        case 'Never':
          return ended(Effect.never)
        case 'Sleep':
          return ended(Effect.sleep(program.span))
        case 'Uninterruptible':
          return Effect.uninterruptible(go(program.part))
        case 'Interruptible':
          return Effect.interruptible(go(program.part))
        case 'Exit':
          return Effect.map(Effect.exit(go(program.part)), (exit) => (Exit.isSuccess(exit) ? exit.value : -id))
        case 'When':
          return limited(program.token)(go(program.part))
        case 'AndThen':
          return Effect.andThen(go(program.part), go(program.more))
        case 'OrElse':
          return Effect.matchEffect(go(program.part), { onFailure: () => go(program.more), onSuccess: Effect.succeed })
        case 'Ensuring':
          return Effect.ensuring(go(program.part), finalizer(program.more))
        case 'OnInterrupt':
          return Effect.onInterrupt(go(program.part), () =>
            Effect.andThen(note('interrupted'), finalizer(program.more)),
          )
        case 'Race':
          return Effect.raceFirst(go(program.part), go(program.more))
        case 'Both':
          return Effect.map(
            Effect.all([go(program.part), go(program.more)], { concurrency: 'unbounded' }),
            ([first, second]) => first + second,
          )
        case 'AcquireUse':
          return Effect.acquireUseRelease(
            note('acquired'),
            () => go(program.part),
            () => Effect.andThen(finalizer(program.more), note('released')),
          )
      }
    }
    return go(root)
  }

// -------------------------------------------------------------------------------------
// observation
// -------------------------------------------------------------------------------------

export interface Observed {
  readonly outcome: string
  /** When its fiber had. */
  readonly endedAt: number
  readonly log: ReadonlyArray<Entry>
  /** How long the log was when the effect was over. */
  readonly loggedAtEnd: number
  /** Timers that were still there long after. */
  readonly left: number
}

const nameOf = (failure: unknown): string => (typeof failure === 'string' ? failure : 'reason')

/** A value, or what is in the cause; of a reason only that it is one. */
const outcomeOf = (exit: Exit.Exit<number, Failure>): string => {
  if (Exit.isSuccess(exit)) return `value ${exit.value}`
  const { failures, defects, interrupted } = partsOf(exit.cause)
  return [...failures.map(nameOf), ...defects.map(String), ...(interrupted ? ['interrupted'] : [])].join(', ')
}

/** More turns of the event loop than a program takes at one instant. */
const turns = async (): Promise<void> => {
  for (let left = 20; left > 0; left--) await new Promise<void>((resolve) => setImmediate(resolve))
}

/** Lets time pass, and at each instant all that can happen without it. */
const pass = async (clock: Clock.VirtualClock, span: number): Promise<void> => {
  const end = clock.monotonic() + span
  await turns()
  while (clock.monotonic() + clock.untilNext() <= end) {
    clock.step()
    await turns()
  }
  clock.advance(end - clock.monotonic())()
  await turns()
}

/** Runs a program on a clock of its own; it is interrupted after a while, for it may never end by itself. */
export const observe = async (
  { interruptedAfter }: Pick<Case, 'interruptedAfter'>,
  make: (book: Book) => Running,
): Promise<Observed> => {
  const { clock, effectClock } = virtualTime()
  const log: Array<Entry> = []
  let found: Pick<Observed, 'outcome' | 'endedAt'> | null = null
  let loggedAtEnd = Infinity
  const controller = new AbortController()
  const book = { log, clock }
  // when the effect is over; the fiber then waits for its children
  const observed = Effect.onExit(make(book), () => Effect.sync(() => void (loggedAtEnd = log.length)))
  void Effect.runPromiseExit(onClock(observed, effectClock), { signal: controller.signal }).then((exit) => {
    found = { outcome: outcomeOf(exit), endedAt: clock.monotonic() }
  })
  if (interruptedAfter < Infinity) {
    await pass(clock, interruptedAfter)
    if (found === null) controller.abort()
  }
  await pass(clock, 200 * unit)
  // what is uninterruptible may last for ever
  const ended = found ?? { outcome: 'no end', endedAt: Infinity }
  return { ...ended, log, loggedAtEnd: Math.min(loggedAtEnd, log.length), left: found === null ? 0 : clock.timers() }
}

/** Observational equality, up to who is named: the same outcome, and the same effects, at the same times. */
export const seen = ({ outcome, endedAt, log }: Observed): string =>
  [`${outcome} at ${endedAt}`, ...log.map(({ at, what, id }) => `${at}: ${what} ${id}`)].join('\n')
