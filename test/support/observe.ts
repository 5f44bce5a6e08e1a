/** What can be observed of tokens, by the semantics: the equalities up to which the laws hold. */
import { Semantics } from 'cantok-ts'
import type { Reason, Token } from 'cantok-ts'
import type { Eq } from 'fp-ts/lib/Eq.js'

type AnyToken = Token.Token<Token.Input>
export type Trace = ReadonlyArray<Semantics.Event>

/** Whether it has fired, at every poll. */
export const verdicts = (token: AnyToken, trace: Trace): ReadonlyArray<boolean> =>
  Semantics.run(token, trace)
    .filter(({ event }) => event._tag === 'Polled')
    .map(({ verdict }) => verdict._tag === 'Some')

/** The first reason that a poll gave. */
export const firstReason = (token: AnyToken, trace: Trace): Reason.Reason | undefined => {
  const found = Semantics.run(token, trace).find(
    ({ event, verdict }) => event._tag === 'Polled' && verdict._tag === 'Some',
  )
  return found?.verdict._tag === 'Some' ? found.verdict.value : undefined
}

/** The leaf reasons that carry a label, as a set: each with its tag and label, whatever their paths. */
export const labelledReasons = (reason: Reason.Reason | undefined): ReadonlySet<string> => {
  const found = new Set<string>()
  const waiting = reason === undefined ? [] : [reason]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next._tag === 'AllOf') waiting.push(...next.reasons)
    else if (next.label !== undefined) found.add(JSON.stringify({ ...next, path: [] }))
  }
  return found
}

const same = (first: unknown, second: unknown): boolean => JSON.stringify(first) === JSON.stringify(second)

/** Observational equality on one trace: the same verdicts at every poll. */
export const verdictEq = (trace: Trace): Eq<AnyToken> => ({
  equals: (first, second) => same(verdicts(first, trace), verdicts(second, trace)),
})

/** Finer: the same verdicts, and the same first reason but for its path. */
export const reasonEq = (trace: Trace): Eq<AnyToken> => ({
  equals: (first, second) =>
    verdictEq(trace).equals(first, second) &&
    same(pathless(firstReason(first, trace)), pathless(firstReason(second, trace))),
})

const pathless = (reason: Reason.Reason | undefined): unknown =>
  reason === undefined
    ? undefined
    : JSON.parse(JSON.stringify(reason), (key: string, value: unknown) => (key === 'path' ? undefined : value))
