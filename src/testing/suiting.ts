/** Traces that suit tokens: with their names, and the numbers at which something changes. */
import * as Analysis from '../Analysis.js'
import { fold } from '../Token.js'
import type { Input, Token } from '../Token.js'
import { defaultNames } from './names.js'
import type { TraceConstraints } from './trace.js'

/** What is named and counted in tokens. */
export interface Constants {
  readonly names: Analysis.Inputs
  readonly spans: ReadonlyArray<number>
  readonly amounts: ReadonlyArray<number>
  readonly instants: ReadonlyArray<number>
  readonly counts: ReadonlyArray<number>
}

/** The names and numbers of some tokens, each once. */
export const constantsOf = (tokens: ReadonlyArray<Token<Input>>): Constants => {
  const found = tokens.map(Analysis.inputs)
  const names = (kind: keyof Analysis.Inputs): ReadonlyArray<string> => [
    ...new Set(found.flatMap((each) => each[kind])),
  ]
  const spans = new Set<number>()
  const amounts = new Set<number>()
  const instants = new Set<number>()
  const counts = new Set<number>()
  const none = (): void => {}
  const collect = fold<void>({
    Never: none,
    Cancelled: none,
    Manual: none,
    Timeout: ({ left }) => void spans.add(left),
    Deadline: ({ instant }) => void instants.add(instant),
    Counter: ({ left }) => void counts.add(left),
    Condition: none,
    Budget: ({ left }) => void amounts.add(left),
    Idle: ({ left, duration }) => void spans.add(left).add(duration),
    Any: none,
    All: none,
    AndThen: none,
    Labelled: none,
  })
  for (const each of tokens) collect(each)
  return {
    names: { manual: names('manual'), condition: names('condition'), budget: names('budget'), idle: names('idle') },
    spans: [...spans],
    amounts: [...amounts],
    instants: [...instants],
    counts: [...counts],
  }
}

/** Traces of what the constants can feel. */
export const suiting = (constants: Constants): TraceConstraints => {
  const { names, spans, amounts, instants, counts } = constants
  return {
    names,
    maxLength: 20,
    spans: around(spans).filter(notNegative),
    amounts: around(amounts).filter(notNegative),
    instants: around(instants),
    polls: pollsFor(counts),
  }
}

/** The default traces, and besides what the constants can feel and those would not give; constraints given win. */
export const widened = (constants: Constants, given: TraceConstraints): TraceConstraints => {
  const { names, spans, amounts, instants, counts } = constants
  const withDefault = (kind: keyof Analysis.Inputs): ReadonlyArray<string> => [
    ...new Set([...defaultNames[kind], ...names[kind]]),
  ]
  const beyond =
    (highest: number, lowest = 0) =>
    (each: number): boolean =>
      each > highest || each < lowest || !Number.isInteger(each)
  const far = instants.filter(beyond(14, -2))
  // a clock that neither jumps nor leaps comes there only by waiting
  const waits = given.wall === 'steady' ? far.map((each) => each - (given.wallStart ?? 0)) : []
  return {
    spans: around([...spans.filter(beyond(6)), ...waits]).filter(notNegative),
    amounts: around(amounts.filter(beyond(4))).filter(notNegative),
    instants: around(far),
    polls: pollsFor(counts.filter(beyond(3))),
    ...given,
    names: {
      manual: withDefault('manual'),
      condition: withDefault('condition'),
      budget: withDefault('budget'),
      idle: withDefault('idle'),
      ...given.names,
    },
  }
}

/** How many polls a trace holds at most, for counters. */
export const mostPolls = 10_000

const notNegative = (each: number): boolean => each >= 0

/** The numbers, and those right below, right above and half way. */
const around = (numbers: ReadonlyArray<number>): ReadonlyArray<number> =>
  [...new Set(numbers.flatMap((each) => [each, each - 1, each + 1, Math.trunc(each / 2)]))].filter(Number.isFinite)

/** As many polls as let a counter fire, one less, and as many as a few counters need one after the other. */
const pollsFor = (counts: ReadonlyArray<number>): ReadonlyArray<number> => {
  const sum = counts.length > 4 ? 0 : counts.reduce((total, each) => total + each + 1, 0)
  return [...new Set([...counts.flatMap((each) => [each, each + 1]), sum])].filter(
    (each) => each > 0 && each <= mostPolls,
  )
}
