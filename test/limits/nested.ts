/** Tokens as deep as a monoid folded over a long list makes them, and counts of how often a token's nodes are looked at. */
import { Token } from 'cantok-ts'

export type AnyToken = Token.Token<Token.Input>

/** How deep: far beyond what a call stack holds. */
export const depth = 100_000

/** Long leaves of four kinds, none of which fires by itself while a test runs. */
export const pendingLeaf = (index: number): AnyToken => {
  switch (index % 4) {
    case 0:
      return Token.manual(`m${index % 12}`)
    case 1:
      return Token.timeout(1_000_000 + index)
    case 2:
      return Token.counter(1_000 + index)
    default:
      return Token.condition('c')
  }
}

export const leaves = (count: number, leaf: (index: number) => AnyToken = pendingLeaf): ReadonlyArray<AnyToken> =>
  Array.from({ length: count }, (_, index) => leaf(index))

export type Shape = (tokens: ReadonlyArray<AnyToken>) => AnyToken

const foldLeft =
  (concat: (first: AnyToken, second: AnyToken, index: number) => AnyToken): Shape =>
  (tokens) =>
    tokens.reduce((first, second, index) => concat(first, second, index))

const foldRight =
  (concat: (first: AnyToken, second: AnyToken, index: number) => AnyToken): Shape =>
  (tokens) =>
    tokens.reduceRight((second, first, index) => concat(first, second, index))

const alternating = (first: AnyToken, second: AnyToken, index: number): AnyToken => {
  switch (index % 4) {
    case 0:
      return Token.any(first, second)
    case 1:
      return Token.all(first, second)
    case 2:
      return Token.andThen(first, second)
    default:
      return Token.any(Token.labelled(`l${index % 5}`)(first), second)
  }
}

/** One level of nesting per token, each level holding one of the tokens. */
export const shapes: ReadonlyArray<readonly [name: string, shape: Shape]> = [
  ['any, nested on the left', foldLeft((first, second) => Token.any(first, second))],
  ['any, nested on the right', foldRight((first, second) => Token.any(first, second))],
  ['all, nested on the left', foldLeft((first, second) => Token.all(first, second))],
  ['all, nested on the right', foldRight((first, second) => Token.all(first, second))],
  ['andThen, nested on the left', foldLeft((first, second) => Token.andThen(first, second))],
  ['andThen, nested on the right', foldRight((first, second) => Token.andThen(first, second))],
  ['any, all, andThen and labelled in turn, on the left', foldLeft(alternating)],
  ['any, all, andThen and labelled in turn, on the right', foldRight(alternating)],
]

export const countLeaves: (token: AnyToken) => number = Token.fold<number>({
  Never: () => 1,
  Cancelled: () => 1,
  Manual: () => 1,
  Timeout: () => 1,
  Deadline: () => 1,
  Counter: () => 1,
  Condition: () => 1,
  Budget: () => 1,
  Idle: () => 1,
  Any: (_, parts) => parts.reduce((sum, part) => sum + part, 0),
  All: (_, parts) => parts.reduce((sum, part) => sum + part, 0),
  AndThen: (_, first, second) => first + second,
  Labelled: (_, part) => part,
})

export interface Looks {
  count: number
}

/** The same token, each node of which counts how often its tag is read. */
export const counted = (looks: Looks): ((token: AnyToken) => AnyToken) => {
  const watch = (token: AnyToken): AnyToken => {
    const { _tag: tag, ...rest } = token
    return Object.defineProperty({ ...rest }, '_tag', {
      enumerable: true,
      get: () => {
        looks.count++
        return tag
      },
    }) as AnyToken // sound: the tag is there, behind a getter
  }
  return Token.fold<AnyToken>({
    Never: watch,
    Cancelled: watch,
    Manual: watch,
    Timeout: watch,
    Deadline: watch,
    Counter: watch,
    Condition: watch,
    Budget: watch,
    Idle: watch,
    Any: (token, tokens) => watch({ ...token, tokens }),
    All: (token, tokens) => watch({ ...token, tokens }),
    AndThen: (token, first, second) => watch({ ...token, first, second }),
    Labelled: (token, part) => watch({ ...token, token: part }),
  })
}
