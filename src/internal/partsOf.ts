import type { Input, Token } from '../Token.js'

/** What stands directly below a token, from left to right. */
export const partsOf = (token: Token<Input>): ReadonlyArray<Token<Input>> => {
  switch (token._tag) {
    case 'Any':
    case 'All':
      return token.tokens
    case 'AndThen':
      return [token.first, token.second]
    case 'Labelled':
      return [token.token]
    case 'Never':
    case 'Cancelled':
    case 'Manual':
    case 'Timeout':
    case 'Deadline':
    case 'Counter':
    case 'Condition':
    case 'Budget':
    case 'Idle':
      return []
  }
}
