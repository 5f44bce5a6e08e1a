/**
 * Tokens, reasons, events and evidence from and to JSON, as io-ts codecs.
 *
 * @since 0.1.0
 */
export { defaultLimits } from './limits.js'
export type { Limits } from './limits.js'
export type * from './encoded.js'
export { TokenFromJson, getTokenFromJson } from './TokenFromJson.js'
export type { TokenC } from './TokenFromJson.js'
export { report } from './report.js'
