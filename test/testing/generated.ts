/** What the tests of generators look at. */
import * as vm from 'node:vm'
import * as fc from 'fast-check'
import { Token } from 'cantok-ts'
import { virtualWorld } from 'cantok-ts/testing'

type AnyToken = Token.Token<Token.Input>

export const tagsOf = {
  token: [
    'All',
    'AndThen',
    'Any',
    'Budget',
    'Cancelled',
    'Condition',
    'Counter',
    'Deadline',
    'Idle',
    'Labelled',
    'Manual',
    'Never',
    'Timeout',
  ],
  reason: [
    'AllOf',
    'BudgetSpent',
    'ConditionMet',
    'CounterExhausted',
    'DeadlinePassed',
    'Requested',
    'Stalled',
    'TimedOut',
  ],
} as const

/** The share of values in each class, as `fc.statistics` tells it: caught from its logger. */
export const captured = <A>(
  arbitrary: fc.Arbitrary<A>,
  classes: (value: A) => ReadonlyArray<string>,
  numRuns: number,
): ReadonlyMap<string, number> => {
  const lines: Array<string> = []
  // of values in no class `statistics` makes a line without a name
  fc.statistics(arbitrary, (value) => [...classes(value)], { numRuns, logger: (line) => void lines.push(line) })
  console.log(lines.join('\n'))
  return new Map(
    lines.flatMap((line) => {
      const [, name, share] = /^(\S+?)\.+([\d.]+)%$/.exec(line) ?? []
      return name === undefined ? [] : [[name, Number(share) / 100] as const]
    }),
  )
}

/** The kinds that are found so deep or deeper; the root is at depth 1. */
export const tagsByDepth = (root: AnyToken, atLeast: number): ReadonlyArray<string> => {
  const found = new Set<string>()
  const visit = (each: AnyToken, depth: number): void => {
    if (depth >= atLeast) found.add(each._tag)
    for (const part of partsOf(each)) visit(part, depth + 1)
  }
  visit(root, 1)
  return [...found]
}

const partsOf = (token: AnyToken): ReadonlyArray<AnyToken> => {
  switch (token._tag) {
    case 'Any':
    case 'All':
      return token.tokens
    case 'AndThen':
      return [token.first, token.second]
    case 'Labelled':
      return [token.token]
    default:
      return []
  }
}

/** How deep combinators nest; that of a leaf is 0. */
export const depthOf = (token: AnyToken): number => {
  const parts = partsOf(token)
  return parts.length === 0 ? 0 : 1 + Math.max(...parts.map(depthOf))
}

/** What code stands for. */
export const evaluated = (code: string): unknown =>
  vm.runInNewContext(`(${code})`, { Token, virtualWorld, __proto__: null }) as unknown

/** The code of the smallest value found that is wanted. */
export const simplest = <A>(arbitrary: fc.Arbitrary<A>, wanted: (value: A) => boolean, seed: number): string => {
  const details = fc.check(
    fc.property(arbitrary, (value) => !wanted(value)),
    { seed, numRuns: 2000 },
  )
  return fc.stringify(details.counterexample?.[0])
}
