import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Semantics } from 'cantok-ts'
import type { Token } from 'cantok-ts'
import { token, trace } from '../support/arbitrary.js'

type AnyToken = Token.Token<Token.Input>

/** How deep each tag is found in a token; the root is at depth 1. */
const depths = (tokens: AnyToken): ReadonlyMap<Token.Tag, number> => {
  const deepest = new Map<Token.Tag, number>()
  const visit = (each: AnyToken, depth: number): void => {
    deepest.set(each._tag, Math.max(depth, deepest.get(each._tag) ?? 0))
    switch (each._tag) {
      case 'Any':
      case 'All':
        return each.tokens.forEach((part) => visit(part, depth + 1))
      case 'AndThen':
        visit(each.first, depth + 1)
        return visit(each.second, depth + 1)
      case 'Labelled':
        return visit(each.token, depth + 1)
      default:
        return
    }
  }
  visit(tokens, 1)
  return deepest
}

describe('generators', () => {
  it('reach every tag at depth 3 and more, each in at least 1 of 100 tokens', () => {
    const sample = fc.sample(token({ maxDepth: 3 }), 4000).map(depths)
    const tags = [...new Set(sample.flatMap((found) => [...found.keys()]))].sort()
    const share = (tag: Token.Tag): number =>
      sample.filter((found) => (found.get(tag) ?? 0) >= 3).length / sample.length
    const told = tags.map((tag) => `${tag} ${(share(tag) * 100).toFixed(1)} %`).join(', ')
    console.log(`share of tokens with a tag at depth 3 or more: ${told}`)
    expect(tags.length).toBe(13)
    expect(tags.filter((tag) => share(tag) < 0.01)).toEqual([])
  })

  it('fire neither always nor hardly ever, and by every kind of reason', () => {
    const tags = new Set<string>()
    let fired = 0
    const sample = fc.sample(fc.tuple(token(), trace()), 4000)
    for (const [tokens, events] of sample) {
      const last = Semantics.run(tokens, events).at(-1)
      if (last?.verdict._tag !== 'Some') continue
      fired++
      tags.add(last.verdict.value._tag)
    }
    console.log(
      `${((fired / sample.length) * 100).toFixed(1)} % of generated tokens fire on their trace, by ${[...tags].sort().join(', ')}`,
    )
    expect(fired / sample.length).toBeGreaterThan(0.2)
    expect(fired / sample.length).toBeLessThan(0.9)
    expect(tags.size).toBe(8)
  })
})
