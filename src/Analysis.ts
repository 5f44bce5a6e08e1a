/**
 * Questions to a token that need no world: its normal form, the inputs it names, when it can fire, and how far it has come.
 *
 * `normalise(a) ≡ a`: the normal form gives the same verdicts on every trace, with the same labels and the reasons of labelled
 * parts. All functions are pure, stack-safe and about linear in the number of nodes.
 *
 * @since 0.1.0
 */
import type { Show } from 'fp-ts/lib/Show.js'
import * as Duration from './Duration.js'
import { showInstant } from './internal/instant.js'
import { normalForm } from './internal/normalForm.js'
import { partsOf } from './internal/partsOf.js'
import { stackSafe } from './internal/recursion.js'
import * as Reason from './Reason.js'
import { fold } from './Token.js'
import type { Input, Tagged, Token } from './Token.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * The inputs a token names, by kind: each name once, in order of appearance.
 *
 * @category model
 * @since 0.1.0
 */
export interface Inputs {
  readonly manual: ReadonlyArray<string>
  readonly condition: ReadonlyArray<string>
  readonly budget: ReadonlyArray<string>
  readonly idle: ReadonlyArray<string>
}

/**
 * When a token can fire, in milliseconds from now: not before `earliest`, and not after `latest`, where `Infinity` is "maybe never".
 *
 * @category model
 * @since 0.1.0
 */
export interface Bounds {
  readonly earliest: number
  readonly latest: number
}

/**
 * How far a token or a scope has come, part by part.
 *
 * `status` is `'unstarted'` for the second part of an `andThen` whose first has not fired, `'impossible'` for what can never fire.
 * `decisive` marks the pending leaves each of which, by firing alone, would decide the whole; the first part of an `andThen` never does,
 * whatever comes second.
 *
 * @category model
 * @since 0.1.0
 */
export interface Evidence {
  readonly what: string
  readonly label?: string
  readonly status: 'fired' | 'pending' | 'unstarted' | 'impossible'
  readonly decisive: boolean
  readonly progress?: Progress
  readonly reason?: Reason.Reason
  readonly parts: ReadonlyArray<Evidence>
}

/**
 * What of a leaf's measure is used up: milliseconds, polls, or whatever a budget counts.
 *
 * @category model
 * @since 0.1.0
 */
export interface Progress {
  readonly used: number
  readonly limit: number
  readonly unit: 'milliseconds' | 'polls' | 'spent'
}

// -------------------------------------------------------------------------------------
// questions
// -------------------------------------------------------------------------------------

/**
 * The simplest token with the same meaning: flat, without identities, duplicates, dominated timeouts and counters.
 *
 * Operands keep their order, for it settles ties; nothing labelled is merged or dropped that a reason could name.
 *
 * @example
 * ```ts
 * import { Analysis, Token } from 'cantok-ts'
 *
 * const { all, any, cancelled, manual, never, timeout } = Token
 * const token = any(any(manual('stop'), never), all(timeout(5), cancelled()), timeout(3))
 * console.log(Token.Show.show(Analysis.normalise(token))) // => 'any(manual("stop"), timeout("3 milliseconds"))'
 * ```
 * @category questions
 * @since 0.1.0
 */
export const normalise = <I extends Input>(token: Token<I>): Token<I> => normalForm(token) as Token<I> // sound: a normal form names no input its token does not

/**
 * The inputs a token names, that its world and its holder must know.
 *
 * @example
 * ```ts
 * import { Analysis, Token } from 'cantok-ts'
 *
 * const { manual, condition, budget } = Analysis.inputs(Token.any(Token.manual('stop'), Token.condition('drained')))
 * console.log(manual, condition, budget) // => [ 'stop' ] [ 'drained' ] []
 * ```
 * @category questions
 * @since 0.1.0
 */
export const inputs = (token: Token<Input>): Inputs => {
  const found: Partial<Record<keyof Inputs, Set<string>>> = {}
  const waiting: Array<Token<Input>> = [token]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    switch (next._tag) {
      case 'Manual':
        ;(found.manual ??= new Set()).add(next.name)
        break
      case 'Condition':
        ;(found.condition ??= new Set()).add(next.name)
        break
      case 'Budget':
        ;(found.budget ??= new Set()).add(next.name)
        break
      case 'Idle':
        ;(found.idle ??= new Set()).add(next.name)
        break
      case 'Any':
      case 'All':
      case 'AndThen':
      case 'Labelled': {
        const parts = partsOf(next)
        for (let index = parts.length - 1; index >= 0; index--) waiting.push(parts[index]!)
        break
      }
      case 'Never':
      case 'Cancelled':
      case 'Timeout':
      case 'Deadline':
      case 'Counter':
        break
    }
  }
  const { manual = [], condition = [], budget = [], idle = [] } = found
  return { manual: [...manual], condition: [...condition], budget: [...budget], idle: [...idle] }
}

/**
 * When a token, started now, can fire: the earliest and the latest time in milliseconds.
 *
 * What waits for people, predicates, polls or spending may fire at once or never. A `deadline` is an instant of the wall clock:
 * give its reading as `wall` (epoch milliseconds), without it a deadline may come at any time.
 *
 * @example
 * ```ts
 * import { Analysis, Token } from 'cantok-ts'
 *
 * const { andThen, any, manual, timeout } = Token
 * console.log(Analysis.bounds(any(manual('stop'), timeout('5s')))) // => { earliest: 0, latest: 5000 }
 * console.log(Analysis.bounds(andThen(timeout('5s'), manual('stop')))) // => { earliest: 5000, latest: Infinity }
 * ```
 * @category questions
 * @since 0.1.0
 */
export const bounds = (token: Token<Input>, wall?: number): Bounds =>
  stackSafe<Starting, Bounds>(function* ({ token: each, start }) {
    const { earliest, latest } = start
    const after = (span: number): Bounds => ({ earliest: earliest + span, latest: latest + span })
    const sometime: Bounds = { earliest, latest: Infinity }
    switch (each._tag) {
      case 'Never':
        return after(Infinity)
      case 'Cancelled':
        return start
      case 'Manual':
      case 'Counter':
      case 'Condition':
        return sometime
      case 'Timeout':
        return after(each.left)
      case 'Deadline': {
        if (wall === undefined) return sometime
        // an instant, wherever it stands: not so much after the start, but not before it either
        const away = each.instant - wall
        return { earliest: Math.max(earliest, away), latest: Math.max(latest, away) }
      }
      case 'Budget':
        return each.left <= 0 ? start : sometime
      case 'Idle':
        return each.left <= 0 ? start : { earliest: earliest + each.left, latest: Infinity }
      case 'Any':
      case 'All': {
        const parts: Array<Bounds> = []
        for (const part of each.tokens) parts.push(yield { token: part, start })
        const [pick, none] = each._tag === 'Any' ? [Math.min, after(Infinity)] : [Math.max, start]
        return parts.reduce(
          (found, part) => ({
            earliest: pick(found.earliest, part.earliest),
            latest: pick(found.latest, part.latest),
          }),
          none,
        )
      }
      case 'AndThen':
        return yield { token: each.second, start: yield { token: each.first, start } }
      case 'Labelled':
        return yield { token: each.token, start }
    }
  })({ token, start: { earliest: 0, latest: 0 } })

/**
 * Whether there is any trace of events on which a token fires: false for `never` and for what waits for it.
 *
 * @example
 * ```ts
 * import { Analysis, Token } from 'cantok-ts'
 *
 * console.log(Analysis.canFire(Token.any(Token.never, Token.manual('stop')))) // => true
 * console.log(Analysis.canFire(Token.all(Token.never, Token.manual('stop')))) // => false
 * ```
 * @category questions
 * @since 0.1.0
 */
export const canFire = (token: Token<Input>): boolean => {
  const yes = (): boolean => true
  return fold<boolean>({
    Never: () => false,
    Cancelled: yes,
    Manual: yes,
    Timeout: yes,
    Deadline: yes,
    Counter: yes,
    Condition: yes,
    Budget: yes,
    Idle: yes,
    Any: (_, parts) => parts.includes(true),
    All: (_, parts) => !parts.includes(false),
    AndThen: (_, first, second) => first && second,
    Labelled: (_, part) => part,
  })(token)
}

/**
 * What has fired, what is pending and how far it is, and what would decide next.
 *
 * @example
 * ```ts
 * import { Analysis, Token } from 'cantok-ts'
 *
 * const token = Token.all(Token.manual('stop'), Token.any(Token.counter(5, { left: 2 }), Token.never))
 * console.log(Analysis.ShowEvidence.show(Analysis.explain(token)))
 * // => 'all: pending\n├─ manual "stop": pending\n└─ any: pending\n   ├─ counter of 5 polls: pending, 3 polls used\n   └─ never: impossible'
 * ```
 * @category questions
 * @since 0.1.0
 */
export const explain = (token: Token<Input>): Evidence =>
  decisive({ evidence: survey({ token, started: true }), deciding: true })

// -------------------------------------------------------------------------------------
// instances
// -------------------------------------------------------------------------------------

/**
 * Evidence as a tree for a terminal: a line a part, with its label, status, progress and reason; `!` marks what is decisive.
 *
 * Parts more than 50 levels deep are left out, and the line above them says so.
 *
 * @example
 * ```ts
 * import { Analysis, Token } from 'cantok-ts'
 *
 * const evidence = Analysis.explain(Token.labelled('hard stop')(Token.timeout('5s', { left: '2s' })))
 * console.log(Analysis.ShowEvidence.show(evidence)) // => '! timeout of 5 seconds (hard stop): pending, 3 seconds used'
 * ```
 * @category instances
 * @since 0.1.0
 */
export const ShowEvidence: Show<Evidence> = {
  show: (evidence) => {
    const lines: Array<string> = []
    const waiting: Array<Line> = [{ evidence, lead: '', hang: '', depth: 0 }]
    for (let line = waiting.pop(); line !== undefined; line = waiting.pop()) {
      const { lead, hang, depth } = line
      const { parts } = line.evidence
      if (depth === deepest && parts.length > 0)
        lines.push(`${lead}${sentence(line.evidence)} (its parts are left out)`)
      else {
        lines.push(`${lead}${sentence(line.evidence)}`)
        for (let index = parts.length - 1; index >= 0; index--) {
          const last = index === parts.length - 1
          const part = parts[index]
          if (part === undefined) continue
          waiting.push({
            evidence: part,
            lead: `${hang}${last ? '└─ ' : '├─ '}`,
            hang: `${hang}${last ? '   ' : '│  '}`,
            depth: depth + 1,
          })
        }
      }
    }
    return lines.join('\n')
  },
}

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

const deepest = 50

interface Line {
  readonly evidence: Evidence
  readonly lead: string
  readonly hang: string
  readonly depth: number
}

const sentence = ({ what, label, status, decisive: mark, progress, reason }: Evidence): string => {
  const head = `${mark ? '! ' : ''}${what}${label === undefined ? '' : ` (${label})`}: ${status}`
  if (status === 'fired') return reason === undefined ? head : `${head}, ${Reason.Show.show(reason)}`
  return progress === undefined || progress.used === 0 ? head : `${head}, ${used(progress)} used`
}

const used = (progress: Progress): string => {
  switch (progress.unit) {
    case 'milliseconds':
      return words(Math.round(progress.used * 1000) / 1000)
    case 'polls':
      return polls(progress.used)
    case 'spent':
      return String(progress.used)
  }
}

const words = (milliseconds: number): string => Duration.Show.show(Duration.from(milliseconds))

const polls = (count: number): string => `${count} poll${count === 1 ? '' : 's'}`

const describe = (token: Exclude<Token<Input>, Tagged<'Labelled'>>): Pick<Evidence, 'what' | 'progress'> => {
  switch (token._tag) {
    case 'Never':
      return { what: 'never' }
    case 'Cancelled':
      return { what: token.reason === undefined ? 'cancelled' : whatFired(token.reason) }
    case 'Manual':
      return { what: what.manual(token.name) }
    case 'Timeout':
      return { what: what.timeout(token.duration), progress: progress(token.duration, token.left, 'milliseconds') }
    case 'Deadline':
      return { what: what.deadline(token.instant) }
    case 'Counter':
      return { what: what.counter(token.limit), progress: progress(token.limit, token.left, 'polls') }
    case 'Condition':
      return { what: what.condition(token.name) }
    case 'Budget':
      return { what: what.budget(token.name, token.limit), progress: progress(token.limit, token.left, 'spent') }
    case 'Idle':
      return {
        what: what.idle(token.name, token.duration),
        progress: progress(token.duration, token.left, 'milliseconds'),
      }
    case 'Any':
      return { what: 'any' }
    case 'All':
      return { what: 'all' }
    case 'AndThen':
      return { what: 'andThen' }
  }
}

/** A leaf in words: pending or, once it has fired and only its reason is left, told from that. */
const what = {
  manual: (name: string) => `manual "${name}"`,
  timeout: (duration: number) => `timeout of ${words(duration)}`,
  deadline: (instant: number) => `deadline ${showInstant(instant)}`,
  counter: (limit: number) => `counter of ${polls(limit)}`,
  condition: (name: string) => `condition "${name}"`,
  budget: (name: string, limit: number) => `budget "${name}" of ${limit}`,
  idle: (name: string, duration: number) => `idle "${name}" for ${words(duration)}`,
}

const whatFired = Reason.match<string>({
  Requested: ({ name }) => (name === undefined ? 'cancelled' : what.manual(name)),
  TimedOut: ({ duration }) => what.timeout(duration),
  DeadlinePassed: ({ instant }) => what.deadline(instant),
  CounterExhausted: ({ limit }) => what.counter(limit),
  ConditionMet: ({ name }) => what.condition(name),
  BudgetSpent: ({ name, limit }) => what.budget(name, limit),
  Stalled: ({ name, duration }) => what.idle(name, duration),
  AllOf: () => 'all',
})

const progress = (limit: number, left: number, unit: Progress['unit']): Progress => ({
  used: limit - left,
  limit,
  unit,
})

interface Starting {
  readonly token: Token<Input>
  /** When it is started. */
  readonly start: Bounds
}

interface Survey {
  readonly token: Token<Input>
  readonly started: boolean
}

/** The evidence from the leaves up, nothing yet marked as decisive. */
const survey = stackSafe<Survey, Evidence>(function* ({ token, started }) {
  const evidence = (status: Evidence['status'], parts: ReadonlyArray<Evidence> = []): Evidence => ({
    ...describe(token as Exclude<typeof token, Tagged<'Labelled'>>), // sound: the case of a label does not come here
    status: started || status === 'impossible' ? status : 'unstarted',
    decisive: false,
    parts,
  })
  const has = (parts: ReadonlyArray<Evidence>, status: Evidence['status']): boolean =>
    parts.some((part) => part.status === status)
  switch (token._tag) {
    case 'Never':
      return evidence('impossible')
    case 'Cancelled':
      return { ...evidence('fired'), ...(token.reason === undefined ? {} : { reason: token.reason }) }
    case 'Any': {
      const parts: Array<Evidence> = []
      for (const part of token.tokens) parts.push(yield { token: part, started })
      return evidence(
        has(parts, 'fired') ? 'fired' : parts.every((part) => part.status === 'impossible') ? 'impossible' : 'pending',
        parts,
      )
    }
    case 'All': {
      const given = new Map(token.reasons?.map((reason) => [reason.path[1], reason]))
      const parts: Array<Evidence> = []
      for (const [index, part] of token.tokens.entries()) {
        const reason = given.get(index)
        const found: Evidence = yield { token: part, started }
        parts.push(
          found.parts.length === 0 && found.status === 'fired' && found.reason === undefined && reason !== undefined
            ? { ...found, reason }
            : found,
        )
      }
      return evidence(
        has(parts, 'impossible') ? 'impossible' : parts.every((part) => part.status === 'fired') ? 'fired' : 'pending',
        parts,
      )
    }
    case 'AndThen': {
      const first: Evidence = yield { token: token.first, started }
      const second: Evidence = yield { token: token.second, started: started && first.status === 'fired' }
      const parts = [first, second]
      return evidence(has(parts, 'impossible') ? 'impossible' : second.status === 'fired' ? 'fired' : 'pending', parts)
    }
    case 'Labelled': {
      const part: Evidence = yield { token: token.token, started }
      return part.label === undefined ? { ...part, label: token.label } : part
    }
    default:
      return evidence('pending')
  }
})

interface Marking {
  readonly evidence: Evidence
  readonly deciding: boolean
}

/** Marks the pending leaves that would decide the whole alone, from the root down. */
const decisive = stackSafe<Marking, Evidence>(function* ({ evidence, deciding }) {
  const open = deciding && evidence.status === 'pending'
  if (evidence.parts.length === 0) return open ? { ...evidence, decisive: true } : evidence
  const waiting = evidence.parts.filter(({ status }) => status !== 'fired').length
  const parts: Array<Evidence> = []
  for (const part of evidence.parts) {
    parts.push(yield { evidence: part, deciding: open && (evidence.what === 'any' || waiting === 1) })
  }
  return { ...evidence, parts }
})
