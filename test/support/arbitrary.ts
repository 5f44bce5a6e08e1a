/**
 * Generators of tokens and traces for our own tests: few names and small numbers, so that events hit leaves and ties happen.
 */
import * as fc from 'fast-check'
import { Token } from 'cantok-ts'
import type { Semantics } from 'cantok-ts'

type AnyToken = Token.Token<Token.Input>

export const names = {
  manual: ['a', 'b'],
  condition: ['p', 'q', 'r'],
  budget: ['x', 'y'],
  idle: ['i', 'j'],
} as const

export interface TokenConstraints {
  /** Conditions without a latch too; default true. */
  readonly momentary?: boolean
  /** Conditions whose failure reaches the poller too; default false. */
  readonly throwing?: boolean
  /** Mostly conditions, and little else that fires; default false. */
  readonly mostlyConditions?: boolean
  /** Depth at the most; default 5. */
  readonly maxDepth?: number
}

const milliseconds = fc.nat({ max: 6 })

const leaf = ({
  momentary = true,
  throwing = false,
  mostlyConditions = false,
}: TokenConstraints): fc.Arbitrary<AnyToken> => {
  const condition = fc
    .record({
      name: fc.constantFrom(...names.condition),
      latch: momentary ? fc.boolean() : fc.constant(true),
      onError: throwing ? fc.constantFrom('ignore' as const, 'throw' as const) : fc.constant('ignore' as const),
      fallback: fc.boolean(),
    })
    .map(({ name, ...options }): AnyToken => Token.condition(name, options))
  if (mostlyConditions) {
    return fc.oneof(
      { weight: 6, arbitrary: condition },
      { weight: 1, arbitrary: fc.constantFrom(...names.manual).map((name): AnyToken => Token.manual(name)) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(fc.nat({ max: 2 }), fc.boolean())
          .map(([limit, direct]): AnyToken => Token.counter(limit, { direct })),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom<AnyToken>(Token.never, Token.cancelled(), Token.timeout(0), Token.timeout(2)),
      },
    )
  }
  return fc.oneof(
    fc.constant<AnyToken>(Token.never),
    fc.constantFrom<AnyToken>(Token.cancelled(), Token.cancelled(), Token.cancelled('given')),
    fc.constantFrom(...names.manual).map((name): AnyToken => Token.manual(name)),
    milliseconds.map((duration): AnyToken => Token.timeout(duration)),
    fc.integer({ min: -2, max: 14 }).map((instant): AnyToken => Token.deadline(instant)),
    fc.tuple(fc.nat({ max: 3 }), fc.boolean()).map(([limit, direct]): AnyToken => Token.counter(limit, { direct })),
    condition,
    fc
      .tuple(fc.constantFrom(...names.budget), fc.nat({ max: 4 }))
      .map(([name, limit]): AnyToken => Token.budget(name, limit)),
    fc
      .tuple(fc.constantFrom(...names.idle), milliseconds)
      .map(([name, duration]): AnyToken => Token.idle(name, duration)),
  )
}

/** Tokens of every tag; a fixed share of combinators down to the depth bound, so that depth 3 and more is common. */
export const token = (constraints: TokenConstraints = {}): fc.Arbitrary<AnyToken> => {
  const leaves = leaf(constraints)
  const grow = (depth: number): fc.Arbitrary<AnyToken> => {
    if (depth === 0) return leaves
    const part = grow(depth - 1)
    const parts = fc.array(part, { minLength: 1, maxLength: 3 })
    return fc.oneof(
      { arbitrary: leaves, weight: 2 },
      { arbitrary: parts.map((tokens): AnyToken => Token.any(...tokens)), weight: 2 },
      { arbitrary: parts.map((tokens): AnyToken => Token.all(...tokens)), weight: 2 },
      { arbitrary: fc.tuple(part, part).map(([first, second]): AnyToken => Token.andThen(first, second)), weight: 2 },
      {
        arbitrary: fc
          .tuple(fc.constantFrom('one', 'two'), part)
          .map(([label, inner]): AnyToken => Token.labelled(label)(inner)),
        weight: 1,
      },
    )
  }
  return grow(constraints.maxDepth ?? 5)
}

/** What the predicates answer: a missing name is a predicate that fails. */
export const answers: fc.Arbitrary<Readonly<Record<string, boolean>>> = fc.record(
  { p: fc.boolean(), q: fc.boolean(), r: fc.boolean() },
  { requiredKeys: [] },
)

type Happening =
  | Exclude<Semantics.Event, Semantics.Elapsed>
  | { readonly _tag: 'Elapsed'; readonly ms: number; readonly jump: number }

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ _tag: fc.constant('Polled' as const), conditions: answers, direct: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      _tag: fc.constant('Elapsed' as const),
      ms: fc.nat({ max: 4 }),
      jump: fc.constantFrom(0, 0, 0, 0, 3, -3),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ _tag: fc.constant('Requested' as const), name: fc.constantFrom(...names.manual) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      _tag: fc.constant('Spent' as const),
      name: fc.constantFrom(...names.budget),
      amount: fc.nat({ max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ _tag: fc.constant('Beat' as const), name: fc.constantFrom(...names.idle) }) },
)

/** A trace of events; the wall clock starts at 0, goes along, and jumps now and then. */
export const trace = (maxLength: number = 14): fc.Arbitrary<ReadonlyArray<Semantics.Event>> =>
  fc.array(happening, { maxLength }).map((happenings) => {
    let wall = 0
    return happenings.map((each): Semantics.Event => {
      if (each._tag !== 'Elapsed') return each
      wall += each.ms + each.jump
      return { _tag: 'Elapsed', ms: each.ms, wall }
    })
  })
