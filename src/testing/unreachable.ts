/** What the sides of a law hold that no trace of a small scope reaches: of that nothing would be checked. */
import type { Event } from '../Semantics.js'
import { cancelled, isToken, never } from '../Token.js'
import type { Input, Token } from '../Token.js'
import type { Equation } from './laws/law.js'
import { withDefaults } from './smallScope.js'
import type { SmallScope } from './smallScope.js'
import { constantsOf } from './suiting.js'
import type { Constants } from './suiting.js'
import { literal } from './toCode.js'

/** Both sides of a law on a few operands, which hold what the law brings in. */
export const sidesOf = (
  law: Equation<Token<Input>>,
  leaves: ReadonlyArray<Token<Input>>,
): ReadonlyArray<Token<Input>> =>
  [...[never, cancelled(), ...leaves].map((each) => Array.from({ length: law.arity }, () => each)), leaves].flatMap(
    (operands) => {
      try {
        return [
          ...law.sides(...Array.from({ length: law.arity }, (_, index) => operands[index % operands.length] ?? never)),
        ].filter(isToken)
      } catch {
        return [] // it is told when the law is checked
      }
    },
  )

/** Throws where there is such a name or number, unless a leaf of the scope has it too, and says what to add. */
export const refuseUnreachable = (law: Equation<Token<Input>>, scope: SmallScope): void => {
  const { leaves } = withDefaults(scope)
  const missing = unreachable(constantsOf(sidesOf(law, leaves)), constantsOf(leaves), scope)
  if (missing.length > 0)
    throw new Error(
      [
        `The law '${law.name}' would not be checked: no trace of the scope reaches what its sides hold`,
        '',
        ...missing.map((each) => `  ${each}`),
      ].join('\n'),
    )
}

/** What no trace reaches, and what to add. A firing is seen only by a poll after it, so the last event is one. */
const unreachable = (found: Constants, own: Constants, scope: SmallScope): ReadonlyArray<string> => {
  const { events, maxLength } = withDefaults(scope)
  const named = (tag: Event['_tag'], name: string): boolean =>
    events.some((event) =>
      event._tag === 'Polled'
        ? tag === 'Polled' && Object.hasOwn(event.conditions, name)
        : event._tag === tag && 'name' in event && event.name === name,
    )
  const highest = (numbers: ReadonlyArray<number>): number => Math.max(0, ...numbers)
  const before = Math.max(0, maxLength - 1)
  const span = before * highest(events.map((event) => (event._tag === 'Elapsed' ? event.ms : 0)))
  const amount = before * highest(events.map((event) => (event._tag === 'Spent' ? event.amount : 0)))
  const instant = Math.max(...events.map((event) => (event._tag === 'Elapsed' ? event.wall : -Infinity)))
  const polls = events.some(({ _tag }) => _tag === 'Polled') ? before : 0
  const nameless = (
    kind: keyof Constants['names'],
    tag: Event['_tag'],
    event: (name: string) => Event,
  ): ReadonlyArray<string> =>
    found.names[kind]
      .filter((name) => !own.names[kind].includes(name) && !named(tag, name))
      .map((name) => `${kind} ${literal(name)}: no event names it; add ${literal(event(name))} to events`)
  const beyond = (
    kind: 'spans' | 'amounts' | 'instants' | 'counts',
    most: number,
    advice: (number: number) => string,
  ): ReadonlyArray<string> =>
    found[kind].filter((each) => each > most && each < Infinity && !own[kind].includes(each)).map(advice)
  return [
    ...nameless('manual', 'Requested', (name) => ({ _tag: 'Requested', name })),
    ...nameless('condition', 'Polled', (name) => ({ _tag: 'Polled', conditions: { [name]: true }, direct: true })),
    ...nameless('budget', 'Spent', (name) => ({ _tag: 'Spent', name, amount: 1 })),
    ...nameless('idle', 'Beat', (name) => ({ _tag: 'Beat', name })),
    ...beyond(
      'spans',
      span,
      (ms) => `${ms} ms: no trace is so long; add ${literal({ _tag: 'Elapsed', ms, wall: ms })} to events`,
    ),
    ...beyond(
      'instants',
      instant,
      (wall) => `the instant ${wall}: no event reads it; add ${literal({ _tag: 'Elapsed', ms: 1, wall })} to events`,
    ),
    ...beyond(
      'amounts',
      amount,
      (limit) => `a budget of ${limit}: no trace spends so much; add an event with amount: ${limit} to events`,
    ),
    ...beyond(
      'counts',
      polls,
      (count) =>
        `a counter of ${count}: no trace has so many polls; give maxLength: ${count + 1}, or check it with a smaller limit`,
    ),
  ]
}
