/** Operands that a law reads and does not name: it would be checked without them. */
import { isToken, manual } from '../Token.js'
import type { Input, Token } from '../Token.js'
import type { Equation } from './laws/law.js'
import { literal, toCode } from './toCode.js'

/** Throws where the sides of a law read more operands than its function names, as by a rest parameter or one with a default; an arity given by hand is taken as meant. */
export const refuseUnnamed = (law: Equation<Token<Input>>): void => {
  if (law.arity !== law.sides.length) return
  const textOf = (count: number): string => {
    try {
      const sides = law.sides(...Array.from({ length: count }, (_, index) => manual(`operand ${index}`)))
      return sides.map((side) => (isToken(side) ? toCode(side) : '')).join()
    } catch {
      return 'threw' // it is told when the law is checked
    }
  }
  const text = textOf(law.arity)
  if (text === textOf(law.arity + unnamed) || text !== textOf(law.arity)) return
  throw new RangeError(
    `The law ${literal(law.name)} must name each of its operands, without rest and defaults: it names ${law.arity}, would be checked on so many, and reads more`,
  )
}

const unnamed = 8
