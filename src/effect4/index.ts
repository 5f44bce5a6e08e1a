/**
 * What only version 4 of Effect has a place for: the scope that programs run under as a service, streams, and a Schema of tokens.
 *
 * @since 0.1.0
 */
export { CurrentScope, checkpoint, explain, guard, layer, layerOf, remaining, within } from './CurrentScope.js'
export { ReasonFromJson, TokenFromJson, getReasonFromJson, getTokenFromJson } from './schema.js'
export { haltStreamBy, haltStreamWhen, interruptStreamBy, interruptStreamWhen } from './stream.js'
