/**
 * Evidence from and to JSON.
 *
 * @since 0.1.0
 */
import type * as t from 'io-ts'
import type { Evidence } from '../Analysis.js'
import type { EvidenceEncoded } from './encoded.js'
import { fromJson } from './fromJson.js'
import type { Limits } from './limits.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * The codec of evidence as JSON values.
 *
 * @category model
 * @since 0.1.0
 */
export interface EvidenceC extends t.Type<Evidence, EvidenceEncoded, unknown> {}

// -------------------------------------------------------------------------------------
// codecs
// -------------------------------------------------------------------------------------

/**
 * `EvidenceFromJson` with other limits; those left out are the default ones.
 *
 * Throws a `RangeError` that names a limit which is no positive integer.
 *
 * @example
 * ```ts
 * import { getEvidenceFromJson, report } from 'cantok-ts/codec'
 *
 * const Small = getEvidenceFromJson({ depth: 1 })
 * const never = { what: 'never', status: 'impossible' }
 * const result = Small.decode({ version: 1, evidence: { what: 'any', status: 'impossible', parts: [never] } })
 * if (result._tag === 'Left') console.log(report(result.left))
 * // => [ 'evidence.parts[0] is nested too deep: more than 1 levels are not read' ]
 * ```
 * @category codecs
 * @since 0.1.0
 */
export const getEvidenceFromJson = (limits?: Partial<Limits>): EvidenceC =>
  fromJson('EvidenceFromJson', 'evidence', limits)

/**
 * Evidence from and to a JSON value, `{ version: 1, evidence: … }`: for dashboards that show how far a token has come.
 *
 * `decode(encode(evidence))` is the evidence. Otherwise as `TokenFromJson`.
 *
 * @example
 * ```ts
 * import { Analysis, Token } from 'cantok-ts'
 * import { EvidenceFromJson } from 'cantok-ts/codec'
 *
 * console.log(EvidenceFromJson.encode(Analysis.explain(Token.manual('stop'))))
 * // => { version: 1, evidence: { what: 'manual "stop"', status: 'pending', decisive: true } }
 * ```
 * @category codecs
 * @since 0.1.0
 */
export const EvidenceFromJson: EvidenceC = /*#__PURE__*/ getEvidenceFromJson()
