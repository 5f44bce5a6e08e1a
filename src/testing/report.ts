/** What a law that does not hold prints. */
import { isToken } from '../Token.js'
import type { Input, Token } from '../Token.js'
import type { Equation } from './laws/law.js'
import { timeline } from './timeline.js'
import { literal, toCode } from './toCode.js'
import type { Trace } from './trace.js'

/** A counterexample: what was checked on which trace, with names for the tokens. */
export interface Finding {
  readonly tokens: ReadonlyArray<readonly [name: string, token: Token<Input>]>
  readonly trace: Trace
  /** Those of which a timeline is shown. */
  readonly shown: ReadonlyArray<readonly [name: string, token: Token<Input>]>
}

/** Tokens and trace as code that compiles where it is pasted, and the timelines. */
export const findingText = ({ tokens, trace, shown }: Finding): string =>
  [
    ...tokens.map(([name, token]) => `  const ${name}${typeOf(toCode(token))} = ${toCode(token)}`),
    `  const trace: Semantics.Event[] = ${traceText(trace)}`,
    ...shown.flatMap(([name, token]) => ['', `${name}:`, timeline(token, trace)]),
  ].join('\n')

/** Many equal events in a row are written once. */
const traceText = (trace: Trace): string => {
  const texts = trace.map(literal)
  const parts: Array<string> = []
  for (let start = 0, end = 0; start < texts.length; start = end) {
    while (end < texts.length && texts[end] === texts[start]) end++
    const many = `...Array(${end - start}).fill(${texts[start] ?? ''})`
    parts.push(...(end - start > 4 ? [many] : texts.slice(start, end)))
  }
  return `[${parts.join(', ')}]`
}

/** What constructors make has a type; a token that only its data makes needs one, lest its tag be any text. */
const typeOf = (code: string): string => (code.startsWith('{') ? ': Token.Token<Token.Input>' : '')

/** The operands of an equation by the letters that laws call them, and both sides, as far as they can be made. */
export const equationText = (
  law: Equation<Token<Input>>,
  operands: ReadonlyArray<Token<Input>>,
  trace: Trace,
): string => {
  const tokens = operands.map((each, index) => [letters[index] ?? `operand${index + 1}`, each] as const)
  const sides = sidesOf(law, operands)
  return findingText({ tokens: [...tokens, ...sides], trace, shown: sides })
}

const letters = ['a', 'b', 'c', 'd', 'e', 'f']

const sidesOf = (
  law: Equation<Token<Input>>,
  operands: ReadonlyArray<Token<Input>>,
): ReadonlyArray<readonly [string, Token<Input>]> => {
  try {
    const [left, right] = law.sides(...operands)
    return isToken(left) && isToken(right)
      ? [
          ['left', left],
          ['right', right],
        ]
      : []
  } catch {
    return []
  }
}

/** What was thrown, after a colon. */
export const thrownText = (error: unknown): string => {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  } catch {
    return 'something that has no text'
  }
}
