/** What a law that does not hold prints. */
import type { Input, Token } from '../Token.js'
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

/** Tokens and trace as code, and the timelines. */
export const findingText = ({ tokens, trace, shown }: Finding): string =>
  [
    ...tokens.map(([name, token]) => `  ${name} = ${toCode(token)}`),
    `  trace = ${literal(trace)}`,
    ...shown.flatMap(([name, token]) => ['', `${name}:`, timeline(token, trace)]),
  ].join('\n')
