/** What happens, apart from where the wall clock stands: what traces are made of while they are drawn and shrunk. */
import * as fc from 'fast-check'
import type { Event } from '../Semantics.js'
import type { EventConstraints } from './event.js'
import { finite, wholes } from './constraint.js'
import { weighted, withDefaultNames } from './names.js'
import { smallerNumbers } from './shrinking.js'

/** An event; where time passes, `jump` is by how much the wall clock leaps besides, or `to` what it then reads. */
export type Happening =
  | Exclude<Event, { readonly _tag: 'Elapsed' }>
  | { readonly _tag: 'Elapsed'; readonly ms: number; readonly jump: number }
  | { readonly _tag: 'Elapsed'; readonly ms: number; readonly to: number }

/** The kinds of event that are wanted and have a name to draw, with their weights. */
const eventWeights = (constraints: EventConstraints): ReadonlyMap<Event['_tag'], number> => {
  const names = withDefaultNames(constraints.names)
  const wanted = weighted<Event['_tag']>(constraints.events, { Polled: 4, Elapsed: 3, Requested: 2, Spent: 1, Beat: 1 })
  const nameless = { Requested: names.manual, Spent: names.budget, Beat: names.idle } as const
  const isLeft = (tag: Event['_tag']): boolean => tag === 'Polled' || tag === 'Elapsed' || nameless[tag].length > 0
  const weights = new Map([...wanted].filter(([tag]) => isLeft(tag)))
  if (weights.size === 0) throw new RangeError('events must leave at least one kind of event that has a name to draw')
  return weights
}

/** Throws of numbers that no event may have. */
export const refuseEvents = (constraints: EventConstraints): void => {
  const { wallStart = 0, spans = [], instants = [], amounts = [] } = constraints
  wholes(constraints, { maxElapsed: 0, maxAmount: 0 })
  finite('wallStart', wallStart)
  for (const [index, span] of spans.entries()) finite(`spans[${index}]`, span, 0)
  for (const [index, instant] of instants.entries()) finite(`instants[${index}]`, instant)
  for (const [index, amount] of amounts.entries()) finite(`amounts[${index}]`, amount, 0)
}

export const happening = (constraints: EventConstraints): fc.Arbitrary<Happening> => {
  const { wall = 'jumping', maxElapsed = 4, maxAmount = 3, missing = true, indirect = true, details = [] } = constraints
  const { spans = [], instants = [], amounts = [] } = constraints
  const names = withDefaultNames(constraints.names)
  const data = { noNullPrototype: true } as const
  const answers = fc.record(Object.fromEntries(names.condition.map((name) => [name, fc.boolean()])), {
    ...data,
    ...(missing ? { requiredKeys: [] } : {}),
  }) as fc.Arbitrary<Readonly<Record<string, boolean>>> // sound: a key is left out, not undefined
  const tagged = <T extends string>(tag: T): fc.Arbitrary<T> => fc.constant(tag)
  const from = (list: ReadonlyArray<string>): fc.Arbitrary<string> => fc.constantFrom(...list)
  const made: { readonly [T in Event['_tag']]: () => fc.Arbitrary<Happening> } = {
    Polled: () =>
      fc.record(
        { _tag: tagged('Polled'), conditions: answers, direct: indirect ? fc.boolean() : fc.constant(true) },
        data,
      ),
    Elapsed: () => {
      const _tag = tagged('Elapsed')
      const ms = upToOrOneOf(maxElapsed, spans)
      const jump = wall === 'steady' ? fc.constant(0) : fc.constantFrom(0, 0, 0, 0, 3, -3)
      const along = fc.record({ _tag, ms, jump }, data)
      if (wall === 'steady' || instants.length === 0) return along
      const leaping = fc.record({ _tag, ms, to: fc.constantFrom(...instants) }, data)
      return fc.oneof({ weight: 2, arbitrary: along }, { weight: 1, arbitrary: leaping })
    },
    Requested: () =>
      fc
        .tuple(
          from(names.manual),
          details.length === 0 ? fc.constant(undefined) : fc.constantFrom(undefined, ...details),
        )
        .map(([name, detail]) => ({ _tag: 'Requested', name, ...(detail === undefined ? {} : { detail }) })),
    Spent: () =>
      fc.record({ _tag: tagged('Spent'), name: from(names.budget), amount: upToOrOneOf(maxAmount, amounts) }, data),
    Beat: () => fc.record({ _tag: tagged('Beat'), name: from(names.idle) }, data),
  }
  return fc.oneof(...[...eventWeights(constraints)].map(([tag, weight]) => ({ weight, arbitrary: made[tag]() })))
}

type Happenings = ReadonlyArray<Happening>

/** A few of the lists with polls in a row: one or two of their events replaced by so many. */
export const withBursts = (
  drawn: fc.Arbitrary<Happenings>,
  constraints: EventConstraints & { readonly polls?: ReadonlyArray<number> },
): fc.Arbitrary<Happenings> => {
  const polls = (constraints.polls ?? []).filter((count) => count > 0)
  if (polls.length === 0 || !eventWeights(constraints).has('Polled')) return drawn
  const burst = fc
    .tuple(fc.nat(), fc.constantFrom(...polls), happening({ ...constraints, events: ['Polled'] }))
    .map(([at, count, poll]) => ({ at, polls: Array.from({ length: count }, () => poll) }))
  const bursting = fc
    .tuple(drawn, fc.array(burst, { minLength: 1, maxLength: 2, size: 'max' }))
    .map(([list, bursts]) =>
      list.flatMap((each, index) => bursts.find(({ at }) => at % list.length === index)?.polls ?? [each]),
    )
  // a trace that is a hundred times as long is drawn a hundred times as seldom, but not so seldom that a thousand runs would miss it
  const longest = Math.max(...polls)
  const weight = Math.max(2, Math.min(12, Math.round(2000 / longest)))
  return fc.oneof({ weight: 100 - weight, arbitrary: drawn }, { weight, arbitrary: bursting })
}

/** Equal events side by side. */
export const runsOf = (happenings: Happenings): ReadonlyArray<Happenings> => {
  const runs: Array<Array<Happening>> = []
  let last = ''
  for (const each of happenings) {
    const text = JSON.stringify(each)
    if (runs.length > 0 && text === last) runs.at(-1)?.push(each)
    else runs.push([each])
    last = text
  }
  return runs
}

/** Without a run, without a part of one: a half, a quarter … one. All of equal events are worth the same, so few lists are tried. */
export function* shorterRuns(runs: ReadonlyArray<Happenings>, minLength: number): Generator<Happenings> {
  const length = runs.reduce((sum, run) => sum + run.length, 0)
  for (const [index, run] of runs.entries())
    for (const left of smallerNumbers(run.length))
      if (length - run.length + left >= minLength)
        yield runs.flatMap((other, at) => (at === index ? other.slice(0, left) : other))
}

/** All of a run made smaller alike. */
export const smallerRun = (smaller: (each: Happening) => Iterable<Happening>) =>
  function* (run: Happenings): Generator<Happenings> {
    const [first] = run
    if (first !== undefined && run.length > 1) for (const each of smaller(first)) yield run.map(() => each)
  }

const upToOrOneOf = (max: number, others: ReadonlyArray<number>): fc.Arbitrary<number> =>
  others.length === 0 ? fc.nat({ max }) : fc.oneof(fc.nat({ max }), fc.constantFrom(...others))

/** Simpler ones: a poll that finds nothing, small numbers, first names, no jumps. */
export const smallerHappenings = (constraints: EventConstraints): ((each: Happening) => Iterable<Happening>) => {
  const names = withDefaultNames(constraints.names)
  const { missing = true } = constraints
  const first = (list: ReadonlyArray<string>, name: string): ReadonlyArray<string> =>
    list.slice(0, 1).filter((other) => other !== name)
  const isPolling = eventWeights(constraints).has('Polled')
  const nothing = missing ? {} : Object.fromEntries(names.condition.map((name) => [name, false]))
  return function* (each) {
    if (isPolling && each._tag !== 'Polled') yield { _tag: 'Polled', conditions: nothing, direct: true }
    switch (each._tag) {
      case 'Polled': {
        if (!each.direct) yield { ...each, direct: true }
        const answers = Object.entries(each.conditions)
        const withOthers = (others: ReadonlyArray<readonly [string, boolean]>): Happening => ({
          ...each,
          conditions: Object.fromEntries(others),
        })
        for (const answer of answers) {
          if (missing) yield withOthers(answers.filter((other) => other !== answer))
          if (answer[1]) yield withOthers(answers.map((other) => (other === answer ? [other[0], false] : other)))
        }
        return
      }
      case 'Elapsed':
        if ('to' in each) yield { _tag: 'Elapsed', ms: each.ms, jump: 0 }
        else for (const jump of smallerNumbers(each.jump)) yield { ...each, jump }
        for (const ms of smallerNumbers(each.ms)) {
          yield { ...each, ms }
          // the wall clock may matter where the span does not
          if ('jump' in each && each.jump !== 0) yield { ...each, ms, jump: each.jump + each.ms - ms }
        }
        return
      case 'Requested':
        if (each.detail !== undefined) yield { _tag: 'Requested', name: each.name }
        for (const name of first(names.manual, each.name)) yield { ...each, name }
        return
      case 'Spent':
        for (const name of first(names.budget, each.name)) yield { ...each, name }
        for (const amount of smallerNumbers(each.amount)) yield { ...each, amount }
        return
      case 'Beat':
        for (const name of first(names.idle, each.name)) yield { ...each, name }
    }
  }
}

/** Puts the wall clock in: it goes along from where it starts, and jumps. */
export const toTrace = (happenings: ReadonlyArray<Happening>, wallStart: number): ReadonlyArray<Event> => {
  let wall = wallStart
  return happenings.map((each) => {
    if (each._tag !== 'Elapsed') return each
    wall = 'to' in each ? each.to : wall + each.ms + each.jump
    return { _tag: 'Elapsed', ms: each.ms, wall }
  })
}

/** Takes the wall clock out again. */
export const fromTrace = (trace: ReadonlyArray<Event>, wallStart: number): ReadonlyArray<Happening> => {
  let wall = wallStart
  return trace.map((each) => {
    if (each._tag !== 'Elapsed') return each
    const jump = each.wall - wall - each.ms
    wall = each.wall
    return { _tag: 'Elapsed', ms: each.ms, jump }
  })
}
