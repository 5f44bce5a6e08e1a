/**
 * Walks of a token that is under way: through its live leaves, those that have been started and have not fired, and through the reasons it holds.
 *
 * The second part of an `andThen` is live once the first is `cancelled` in its place. All grow no stack.
 */
import { stackSafe } from '../internal/recursion.js'
import type { Path, Reason } from '../Reason.js'
import type { Input, Token } from '../Token.js'

/** Goes through the live leaves of a token from left to right, and says whether the whole fires with each. */
export const eachLive = (root: Token<Input>, visit: (leaf: Token<Input>, decides: boolean) => void): void => {
  const waiting: Array<readonly [token: Token<Input>, decides: boolean]> = [[root, true]]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [token, decides] = next
    switch (token._tag) {
      case 'Any':
        for (let index = token.tokens.length; index-- > 0;) waiting.push([token.tokens[index]!, decides])
        break
      case 'All':
        for (let index = token.tokens.length; index-- > 0;) waiting.push([token.tokens[index]!, false])
        break
      case 'AndThen':
        if (token.first._tag === 'Cancelled') waiting.push([token.second, decides])
        else waiting.push([token.first, false])
        break
      case 'Labelled':
        waiting.push([token.token, decides])
        break
      default:
        visit(token, decides)
    }
  }
}

/** Rewrites live leaves; the rest keeps its shape. */
export const mapLive = (root: Token<Input>, f: (leaf: Token<Input>) => Token<Input>): Token<Input> =>
  stackSafe<Token<Input>, Token<Input>>(function* (token) {
    switch (token._tag) {
      case 'Any':
      case 'All': {
        const tokens: Array<Token<Input>> = []
        for (const part of token.tokens) tokens.push(yield part)
        return { ...token, tokens }
      }
      case 'AndThen':
        return token.first._tag === 'Cancelled'
          ? { ...token, second: yield token.second }
          : { ...token, first: yield token.first }
      case 'Labelled':
        return { ...token, token: yield token.token }
      default:
        return f(token)
    }
  })(root)

/** The paths of the reasons that a token holds: by them, as objects, they are told from those it will come to hold, also where those take a label. */
export const pathsIn = (root: Token<Input>): ReadonlySet<Path> => {
  const found = new Set<Path>()
  const waiting = [root]
  for (let token = waiting.pop(); token !== undefined; token = waiting.pop()) {
    if (token._tag === 'Any' || token._tag === 'All') for (const part of token.tokens) waiting.push(part)
    if (token._tag === 'All') token.reasons?.forEach(({ path }) => found.add(path))
    if (token._tag === 'AndThen') waiting.push(token.first, token.second)
    if (token._tag === 'Labelled') waiting.push(token.token)
    if (token._tag === 'Cancelled' && token.reason !== undefined) found.add(token.reason.path)
  }
  return found
}

/** Rewrites the reasons that a token holds. */
export const mapReasons = (root: Token<Input>, f: (reason: Reason) => Reason): Token<Input> =>
  stackSafe<Token<Input>, Token<Input>>(function* (token) {
    switch (token._tag) {
      case 'Cancelled':
        return token.reason === undefined ? token : { ...token, reason: f(token.reason) }
      case 'Any':
      case 'All': {
        const tokens: Array<Token<Input>> = []
        for (const part of token.tokens) tokens.push(yield part)
        if (token._tag === 'Any' || token.reasons === undefined) return { ...token, tokens }
        return { ...token, tokens, reasons: token.reasons.map(f) }
      }
      case 'AndThen':
        return { ...token, first: yield token.first, second: yield token.second }
      case 'Labelled':
        return { ...token, token: yield token.token }
      default:
        return token
    }
  })(root)
