/**
 * What tokens, reasons, events and evidence are as JSON.
 *
 * @since 0.1.0
 */

// -------------------------------------------------------------------------------------
// documents
// -------------------------------------------------------------------------------------

/**
 * A token as JSON: `{ version: 1, token: { _tag: 'Timeout', duration: 5000 } }`.
 *
 * @category model
 * @since 0.1.0
 */
export interface TokenEncoded {
  readonly version: 1
  readonly token: TokenNode
}

/**
 * A reason as JSON: `{ version: 1, reason: { _tag: 'TimedOut', duration: 5000, path: [] } }`.
 *
 * @category model
 * @since 0.1.0
 */
export interface ReasonEncoded {
  readonly version: 1
  readonly reason: ReasonNode
}

/**
 * An event as JSON: `{ version: 1, event: { _tag: 'Beat', name: 'worker' } }`.
 *
 * @category model
 * @since 0.1.0
 */
export interface EventEncoded {
  readonly version: 1
  readonly event: EventNode
}

/**
 * Evidence as JSON: `{ version: 1, evidence: { what: 'never', status: 'impossible' } }`.
 *
 * @category model
 * @since 0.1.0
 */
export interface EvidenceEncoded {
  readonly version: 1
  readonly evidence: EvidenceNode
}

// -------------------------------------------------------------------------------------
// parts
// -------------------------------------------------------------------------------------

/**
 * An instant: ISO 8601 in UTC, with as many digits as it needs, or epoch milliseconds where no such text gives the same number.
 *
 * @category model
 * @since 0.1.0
 */
export type InstantEncoded = string | number

/**
 * A token, or a part of one, within a document; fields that have their default are left out.
 *
 * @category model
 * @since 0.1.0
 */
export type TokenNode =
  | { readonly _tag: 'Never' }
  | { readonly _tag: 'Cancelled'; readonly reason?: ReasonNode }
  | { readonly _tag: 'Manual'; readonly name: string }
  | { readonly _tag: 'Timeout'; readonly duration: number; readonly left?: number }
  | { readonly _tag: 'Deadline'; readonly instant: InstantEncoded }
  | { readonly _tag: 'Counter'; readonly limit: number; readonly left?: number; readonly direct?: false }
  | {
      readonly _tag: 'Condition'
      readonly name: string
      readonly latch?: false
      readonly onError?: 'throw'
      readonly fallback?: true
    }
  | { readonly _tag: 'Budget'; readonly name: string; readonly limit: number; readonly left?: number }
  | { readonly _tag: 'Idle'; readonly name: string; readonly duration: number; readonly left?: number }
  | { readonly _tag: 'Any'; readonly tokens: ReadonlyArray<TokenNode> }
  | { readonly _tag: 'All'; readonly tokens: ReadonlyArray<TokenNode>; readonly reasons?: ReadonlyArray<ReasonNode> }
  | { readonly _tag: 'AndThen'; readonly first: TokenNode; readonly second: TokenNode }
  | { readonly _tag: 'Labelled'; readonly label: string; readonly token: TokenNode }

/**
 * What every reason has within a document.
 *
 * @category model
 * @since 0.1.0
 */
export interface OriginNode {
  readonly label?: string
  readonly path: ReadonlyArray<string | number>
  readonly at?: InstantEncoded
}

/**
 * A reason, or a part of one, within a document.
 *
 * @category model
 * @since 0.1.0
 */
export type ReasonNode = OriginNode &
  (
    | { readonly _tag: 'Requested'; readonly name?: string; readonly detail?: string }
    | { readonly _tag: 'TimedOut'; readonly duration: number }
    | { readonly _tag: 'DeadlinePassed'; readonly instant: InstantEncoded }
    | { readonly _tag: 'CounterExhausted'; readonly limit: number }
    | { readonly _tag: 'ConditionMet'; readonly name: string }
    | {
        readonly _tag: 'BudgetSpent'
        readonly name: string
        readonly limit: number
        readonly spent: number | 'Infinity'
      }
    | { readonly _tag: 'Stalled'; readonly name: string; readonly duration: number }
    | { readonly _tag: 'AllOf'; readonly reasons: ReadonlyArray<ReasonNode> }
  )

/**
 * An event within a document.
 *
 * @category model
 * @since 0.1.0
 */
export type EventNode =
  | { readonly _tag: 'Elapsed'; readonly ms: number; readonly wall: InstantEncoded }
  | { readonly _tag: 'Requested'; readonly name: string; readonly detail?: string }
  | { readonly _tag: 'Spent'; readonly name: string; readonly amount: number }
  | { readonly _tag: 'Beat'; readonly name: string }
  | { readonly _tag: 'Polled'; readonly conditions: Readonly<Record<string, boolean>>; readonly direct?: false }

/**
 * Evidence, or a part of it, within a document; fields that have their default are left out.
 *
 * @category model
 * @since 0.1.0
 */
export interface EvidenceNode {
  readonly what: string
  readonly label?: string
  readonly status: 'fired' | 'pending' | 'unstarted' | 'impossible'
  readonly decisive?: true
  readonly progress?: {
    readonly used: number
    readonly limit: number
    readonly unit: 'milliseconds' | 'polls' | 'spent'
  }
  readonly reason?: ReasonNode
  readonly parts?: ReadonlyArray<EvidenceNode>
}
