/**
 * What tokens do on all traces of a small scope, as numbers: two tokens have the same number exactly when they do the same.
 *
 * The traces are walked as a tree, and its nodes are states: a state is what is left of a token, and what is left of many tokens after many prefixes is the same
 * state, so that each is stepped once an event, by the semantics itself. States are taken for the same if they differ only in what reasons tell (labels, paths,
 * limits already used up in part, reasons of parts that have fired), for on that no verdict depends.
 */
import { step } from '../Semantics.js'
import type { Elapsed, Event } from '../Semantics.js'
import { andThen, timeout } from '../Token.js'
import type { Input, Token } from '../Token.js'
import { withDefaults } from './smallScope.js'
import type { SmallScope } from './smallScope.js'
import { constantsOf } from './suiting.js'

export interface Behaviours {
  /** Which verdicts a token gives at the polls of all traces, as a number. */
  readonly verdicts: (token: Token<Input>) => number
  /**
   * Finer: also at which event it fires, and how long before the end of that event, on the traces of all that a part may be given: the events, and what `partsOf` them says.
   * Of tokens with one number the combinators make tokens with one number, for they learn nothing else of their parts. That wants times in whole milliseconds.
   */
  readonly behaviour: (token: Token<Input>) => number
  readonly counts: () => { readonly states: number; readonly steps: number }
}

interface State {
  readonly token: Token<Input>
  /** By event: what is left, and what could be seen. Filled in when first asked for. */
  readonly next: Array<Transition>
  /** By number of events to go: the numbers given out. */
  readonly verdicts: Array<number>
  readonly behaviours: Array<number>
}

interface Transition {
  readonly to: State
  readonly fired: boolean
  /** How long before the end of the event it fired. Found out when first asked for. */
  ago: number | undefined
}

export const behaviours = (scope: SmallScope): Behaviours => {
  const { events, leaves, maxLength } = withDefaults(scope)
  let all: ReadonlyArray<Event> | undefined
  /** The events that make out a number. */
  const eventsOf = (observed: 'verdict' | 'firing'): ReadonlyArray<Event> =>
    observed === 'verdict' ? events : (all ??= [...events, ...partsOf(events, leaves)])
  const states = new Map<string, State>()
  const numbers = new Map<string, number>()
  let forgotten = 0
  let steps = 0

  const stateOf = (token: Token<Input>): State => {
    const bare = withoutReasons(token)
    const key = textOf(bare)
    let state = states.get(key)
    if (state !== undefined) return state
    if (states.size >= mostStates) {
      forgotten += states.size
      states.clear() // a state met again is stepped again, and gets the same numbers
    }
    state = { token: bare, next: [], verdicts: [], behaviours: [] }
    states.set(key, state)
    return state
  }

  const fires = (event: Event, token: Token<Input>): boolean => {
    steps++
    return step(event)(token)[0]._tag === 'Some'
  }

  /**
   * How many milliseconds before the end of the event it fired: what starts then would have had so much time. Where no deadline is about, the parts of the event tell that too.
   */
  const overshoot = (event: Event, token: Token<Input>): number => {
    let ago = 0
    if (event._tag === 'Elapsed') while (ago < event.ms && fires(event, andThen(token, timeout(ago + 1)))) ago++
    return ago
  }

  const transition = (state: State, event: Event, index: number): Transition => {
    const known = state.next[index]
    if (known !== undefined) return known
    steps++
    const [verdict, left] = step(event)(state.token)
    return (state.next[index] = { to: stateOf(left), fired: verdict._tag === 'Some', ago: undefined })
  }

  const seenIn = (state: State, event: Event, found: Transition, observed: 'verdict' | 'firing'): number => {
    if (!found.fired) return 0
    if (observed === 'verdict') return event._tag === 'Polled' ? 1 : 0
    return 1 + (found.ago ??= overshoot(event, state.token))
  }

  const numbered = (text: string): number => {
    const known = numbers.get(text)
    if (known !== undefined) return known
    numbers.set(text, numbers.size)
    return numbers.size - 1
  }

  const numberOf = (state: State, length: number, observed: 'verdict' | 'firing'): number => {
    const memo = observed === 'verdict' ? state.verdicts : state.behaviours
    const known = memo[length]
    if (known !== undefined) return known
    let text = `${observed} ${length}`
    if (length > 0)
      for (const [index, event] of eventsOf(observed).entries()) {
        const found = transition(state, event, index)
        text += ` ${seenIn(state, event, found, observed)}:${numberOf(found.to, length - 1, observed)}`
      }
    return (memo[length] = numbered(text))
  }

  return {
    verdicts: (token) => numberOf(stateOf(token), maxLength, 'verdict'),
    behaviour: (token) => numberOf(stateOf(token), maxLength, 'firing'),
    counts: () => ({ states: forgotten + states.size, steps }),
  }
}

/**
 * What a part may be given in place of an event, and no event is. The second part of an `andThen` starts when the first fires: of a span it sees what is left, with the
 * wall clock as it is, and of a request, an amount or a beat that it is started and nothing else, which is a span of 0 that reaches no instant.
 */
const partsOf = (events: ReadonlyArray<Event>, leaves: ReadonlyArray<Token<Input>>): ReadonlyArray<Event> => {
  const readsWall = constantsOf(leaves).instants.length > 0
  const keyOf = ({ ms, wall }: Elapsed): string => (readsWall ? `${ms} ${wall}` : `${ms}`)
  const spans = events.filter((event) => event._tag === 'Elapsed')
  const parts = new Map<string, Elapsed>()
  const started: Elapsed = { _tag: 'Elapsed', ms: 0, wall: -Infinity }
  for (const event of [started, ...spans])
    for (let ms = 0; ms <= event.ms; ms++) parts.set(keyOf({ ...event, ms }), { ...event, ms })
  for (const event of spans) parts.delete(keyOf(event))
  return [...parts.values()]
}

/** How many states are kept at once, so that memory has a bound. */
const mostStates = 100_000

/** The token without what only reasons tell. Small tokens are not nested deep. */
const withoutReasons = (token: Token<Input>): Token<Input> => {
  switch (token._tag) {
    case 'Cancelled':
      return { _tag: 'Cancelled' }
    case 'Timeout':
      return { ...token, duration: token.left }
    case 'Counter':
    case 'Budget':
      return { ...token, limit: token.left }
    case 'Any':
    case 'All':
      return { _tag: token._tag, tokens: token.tokens.map(withoutReasons) }
    case 'AndThen':
      return { _tag: 'AndThen', first: withoutReasons(token.first), second: withoutReasons(token.second) }
    case 'Labelled':
      return withoutReasons(token.token)
    default:
      return token
  }
}

const textOf = (token: Token<Input>): string => {
  switch (token._tag) {
    case 'Never':
      return '0'
    case 'Cancelled':
      return '1'
    case 'Timeout':
      return `t${token.left}`
    case 'Counter':
      return `${token.direct ? 'c' : 'C'}${token.left}`
    case 'Manual':
      return `m${JSON.stringify(token.name)}`
    case 'Any':
    case 'All': {
      let text = token._tag === 'Any' ? '|(' : '&('
      for (const part of token.tokens) text += `${textOf(part)},`
      return `${text})`
    }
    case 'AndThen':
      return `;(${textOf(token.first)},${textOf(token.second)})`
    default:
      return JSON.stringify(token)
  }
}
