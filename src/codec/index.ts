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
export { TokenFromString, getTokenFromString } from './TokenFromString.js'
export type { TokenFromStringC } from './TokenFromString.js'
export { ReasonFromJson, getReasonFromJson } from './ReasonFromJson.js'
export type { ReasonC } from './ReasonFromJson.js'
export { EventFromJson, getEventFromJson } from './EventFromJson.js'
export type { EventC } from './EventFromJson.js'
export { EvidenceFromJson, getEvidenceFromJson } from './EvidenceFromJson.js'
export type { EvidenceC } from './EvidenceFromJson.js'
export { jsonSchema } from './jsonSchema.js'
export type { JsonSchema, SchemaName } from './jsonSchema.js'
export { report } from './report.js'
export { rebase } from './rebase.js'
export type { Clockwork } from './rebase.js'
export { hearing } from './hearing.js'
export type { Heard } from './hearing.js'
export { fromHeader, headerName, toHeader } from './header.js'
export type { HeaderTooLong } from './header.js'
