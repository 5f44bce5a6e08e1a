/**
 * Reasons from and to JSON.
 *
 * @since 0.1.0
 */
import type * as t from 'io-ts'
import type { Reason } from '../Reason.js'
import type { ReasonEncoded } from './encoded.js'
import { fromJson } from './fromJson.js'
import type { Limits } from './limits.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * The codec of reasons as JSON values.
 *
 * @category model
 * @since 0.1.0
 */
export interface ReasonC extends t.Type<Reason, ReasonEncoded, unknown> {}

// -------------------------------------------------------------------------------------
// codecs
// -------------------------------------------------------------------------------------

/**
 * `ReasonFromJson` with other limits; those left out are the default ones.
 *
 * Throws a `RangeError` that names a limit which is no positive integer.
 *
 * @example
 * ```ts
 * import { getReasonFromJson, report } from 'cantok-ts/codec'
 *
 * const Small = getReasonFromJson({ text: 3 })
 * const result = Small.decode({ version: 1, reason: { _tag: 'ConditionMet', name: 'drained', path: [] } })
 * if (result._tag === 'Left') console.log(report(result.left))
 * // => [ "reason.name must be a text that is not empty, of at most 3 characters, but was 'drained'" ]
 * ```
 * @category codecs
 * @since 0.1.0
 */
export const getReasonFromJson = (limits?: Partial<Limits>): ReasonC => fromJson('ReasonFromJson', 'reason', limits)

/**
 * A reason from and to a JSON value, `{ version: 1, reason: … }`: for logs, and for telling a caller why its work was stopped.
 *
 * `decode(encode(reason))` is the reason. An `AllOf` must have two reasons or more, as in the model. Otherwise as `TokenFromJson`.
 *
 * @example
 * ```ts
 * import { ReasonFromJson } from 'cantok-ts/codec'
 *
 * console.log(ReasonFromJson.encode({ _tag: 'TimedOut', duration: 5000, path: ['any', 0], at: 1893456000000.5 }))
 * // => { version: 1, reason: { _tag: 'TimedOut', duration: 5000, path: [ 'any', 0 ], at: '2030-01-01T00:00:00.0005Z' } }
 * ```
 * @category codecs
 * @since 0.1.0
 */
export const ReasonFromJson: ReasonC = /*#__PURE__*/ getReasonFromJson()
