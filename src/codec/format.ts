/**
 * The format: what each kind of token, reason, event and evidence has for fields. Reader, writer and schema are three readings of this one description.
 *
 * The compiler names a kind or a field that is missing here.
 */
import type { Evidence, Progress } from '../Analysis.js'
import type { Reason } from '../Reason.js'
import type { Event } from '../Semantics.js'
import type { Input, Token } from '../Token.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/** What a field holds. */
export type Kind =
  /** A text, empty or not. */
  | { readonly _tag: 'Text' }
  /** A text that is not empty. */
  | { readonly _tag: 'Name' }
  /** An integer from 0 to 2^53 - 1. */
  | { readonly _tag: 'Count' }
  /** A finite number, 0 or more. */
  | { readonly _tag: 'Amount' }
  /** An amount that may have grown beyond all numbers. */
  | { readonly _tag: 'Total' }
  /** A span of time in milliseconds. */
  | { readonly _tag: 'Duration' }
  /** An instant of the wall clock in epoch milliseconds. */
  | { readonly _tag: 'Instant' }
  | { readonly _tag: 'Flag' }
  | { readonly _tag: 'Choice'; readonly values: ReadonlyArray<string> }
  /** The versions that are read; the first is written. */
  | { readonly _tag: 'Version'; readonly versions: readonly [number, ...ReadonlyArray<number>] }
  /** The way through a token: texts and positions. */
  | { readonly _tag: 'Path' }
  /** What predicates said, by name. */
  | { readonly _tag: 'Answers' }
  | { readonly _tag: 'Node'; readonly shape: ShapeName }
  | { readonly _tag: 'Nodes'; readonly shape: ShapeName; readonly least: number }

/** A kind that has no parts to go into. */
export type LeafKind = Exclude<Kind, { readonly _tag: 'Node' | 'Nodes' | 'Path' | 'Answers' }>

/** What it means that a field is not there. */
export type Absence =
  /** It must be there. */
  | { readonly _tag: 'Refused' }
  /** It is not there in the model either. */
  | { readonly _tag: 'Kept' }
  | { readonly _tag: 'Default'; readonly value: string | boolean }
  /** As much as that field has, which is also the most it may have. */
  | { readonly _tag: 'Whole'; readonly of: string }
  /** An empty list; in the model it is one too, or is not there. */
  | { readonly _tag: 'Empty'; readonly inModel: 'list' | 'absent' }

/** A field that holds an `A`. */
export interface Field<A> {
  readonly kind: Kind
  readonly absence: Absence
  /** Never there: it carries the type. */
  readonly holds?: A
}

export type Fields = Readonly<Record<string, Field<unknown>>>

/** A node of one of several kinds, told apart by `_tag`. */
export interface TaggedShape {
  readonly _tag: 'Tagged'
  readonly what: string
  readonly variants: Readonly<Record<string, Fields>>
}

/** A node of one kind. */
export interface PlainShape {
  readonly _tag: 'Plain'
  readonly what: string
  readonly fields: Fields
}

export type Shape = TaggedShape | PlainShape

/** The nodes there are, by name. */
export interface Nodes {
  readonly token: Token<Input>
  readonly reason: Reason
  readonly event: Event
  readonly evidence: Evidence
  readonly progress: Progress
}

export type ShapeName = keyof Nodes

/** The documents there are: each holds one node and the version. */
export type DocumentName = Exclude<ShapeName, 'progress'>

type FieldsOf<A> = {
  readonly [K in keyof A as K extends string ? Exclude<K, '_tag'> : never]-?: Field<Exclude<A[K], undefined>>
}

type VariantsOf<A extends { readonly _tag: string }> = {
  readonly [Tag in A['_tag']]: FieldsOf<Extract<A, { readonly _tag: Tag }>>
}

// -------------------------------------------------------------------------------------
// fields
// -------------------------------------------------------------------------------------

const refused: Absence = { _tag: 'Refused' }
const text: Field<string> = { kind: { _tag: 'Text' }, absence: refused }
const name: Field<string> = { kind: { _tag: 'Name' }, absence: refused }
const count: Field<number> = { kind: { _tag: 'Count' }, absence: refused }
const amount: Field<number> = { kind: { _tag: 'Amount' }, absence: refused }
const total: Field<number> = { kind: { _tag: 'Total' }, absence: refused }
const duration: Field<number> = { kind: { _tag: 'Duration' }, absence: refused }
const instant: Field<number> = { kind: { _tag: 'Instant' }, absence: refused }
const path: Field<ReadonlyArray<string | number>> = { kind: { _tag: 'Path' }, absence: refused }
const answers: Field<Readonly<Record<string, boolean>>> = { kind: { _tag: 'Answers' }, absence: refused }

const flag = (value: boolean): Field<boolean> => ({ kind: { _tag: 'Flag' }, absence: { _tag: 'Default', value } })

const choice = <const Values extends ReadonlyArray<string>>(...values: Values): Field<Values[number]> => ({
  kind: { _tag: 'Choice', values },
  absence: refused,
})

const node = <Name extends ShapeName>(shape: Name): Field<Nodes[Name]> => ({
  kind: { _tag: 'Node', shape },
  absence: refused,
})

const nodes = <Name extends ShapeName>(shape: Name, least = 0): Field<ReadonlyArray<Nodes[Name]>> => ({
  kind: { _tag: 'Nodes', shape, least },
  absence: refused,
})

const optional = <A>(field: Field<A>): Field<A> => ({ ...field, absence: { _tag: 'Kept' } })

const byDefault = <A extends string | boolean>(value: A, field: Field<A>): Field<A> => ({
  ...field,
  absence: { _tag: 'Default', value },
})

const leftOf = (of: string, field: Field<number>): Field<number> => ({ ...field, absence: { _tag: 'Whole', of } })

const unlessEmpty = <A>(inModel: 'list' | 'absent', field: Field<ReadonlyArray<A>>): Field<ReadonlyArray<A>> => ({
  ...field,
  absence: { _tag: 'Empty', inModel },
})

// -------------------------------------------------------------------------------------
// nodes
// -------------------------------------------------------------------------------------

const tokens: VariantsOf<Token<Input>> = {
  Never: {},
  Cancelled: { reason: optional(node('reason')) },
  Manual: { name },
  Timeout: { duration, left: leftOf('duration', duration) },
  Deadline: { instant },
  Counter: { limit: count, left: leftOf('limit', count), direct: flag(true) },
  Condition: {
    name,
    latch: flag(true),
    onError: byDefault('ignore', choice('ignore', 'throw')),
    fallback: flag(false),
  },
  Budget: { name, limit: amount, left: leftOf('limit', amount) },
  Idle: { name, duration, left: leftOf('duration', duration) },
  Any: { tokens: nodes('token') },
  All: { tokens: nodes('token'), reasons: unlessEmpty('absent', nodes('reason')) },
  AndThen: { first: node('token'), second: node('token') },
  Labelled: { label: name, token: node('token') },
}

const origin = { label: optional(name), path, at: optional(instant) }

const reasons: VariantsOf<Reason> = {
  Requested: { name: optional(name), detail: optional(text), ...origin },
  TimedOut: { duration, ...origin },
  DeadlinePassed: { instant, ...origin },
  CounterExhausted: { limit: count, ...origin },
  ConditionMet: { name, ...origin },
  BudgetSpent: { name, limit: amount, spent: total, ...origin },
  Stalled: { name, duration, ...origin },
  AllOf: { reasons: nodes('reason', 2), ...origin },
}

const events: VariantsOf<Event> = {
  Elapsed: { ms: duration, wall: instant },
  Requested: { name, detail: optional(text) },
  Spent: { name, amount },
  Beat: { name },
  Polled: { conditions: answers, direct: flag(true) },
}

const evidence: FieldsOf<Evidence> = {
  what: text,
  label: optional(name),
  status: choice('fired', 'pending', 'unstarted', 'impossible'),
  decisive: flag(false),
  progress: optional(node('progress')),
  reason: optional(node('reason')),
  parts: unlessEmpty('list', nodes('evidence')),
}

const progress: FieldsOf<Progress> = {
  used: amount,
  limit: amount,
  unit: choice('milliseconds', 'polls', 'spent'),
}

/** The nodes by name. */
export const shapes: {
  readonly token: TaggedShape
  readonly reason: TaggedShape
  readonly event: TaggedShape
  readonly evidence: PlainShape
  readonly progress: PlainShape
} = {
  token: { _tag: 'Tagged', what: 'a token', variants: tokens },
  reason: { _tag: 'Tagged', what: 'a reason', variants: reasons },
  event: { _tag: 'Tagged', what: 'an event', variants: events },
  evidence: { _tag: 'Plain', what: 'evidence', fields: evidence },
  progress: { _tag: 'Plain', what: 'progress', fields: progress },
}

/** The version, and one node under its name. */
export const documentOf = (shape: DocumentName): PlainShape => ({
  _tag: 'Plain',
  what: `an object with a version and its ${shape}`,
  fields: { version: { kind: { _tag: 'Version', versions: [1] }, absence: refused }, [shape]: node(shape) },
})
