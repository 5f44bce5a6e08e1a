/**
 * Events from and to JSON.
 *
 * @since 0.1.0
 */
import type * as t from 'io-ts'
import type { Event } from '../Semantics.js'
import type { EventEncoded } from './encoded.js'
import { fromJson } from './fromJson.js'
import type { Limits } from './limits.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * The codec of events as JSON values.
 *
 * @category model
 * @since 0.1.0
 */
export interface EventC extends t.Type<Event, EventEncoded, unknown> {}

// -------------------------------------------------------------------------------------
// codecs
// -------------------------------------------------------------------------------------

/**
 * `EventFromJson` with other limits; those left out are the default ones.
 *
 * Throws a `RangeError` that names a limit which is no positive integer.
 *
 * @example
 * ```ts
 * import { getEventFromJson, report } from 'cantok-ts/codec'
 *
 * const Small = getEventFromJson({ nodes: 2 })
 * const conditions = { p: true, q: false }
 * const result = Small.decode({ version: 1, event: { _tag: 'Polled', conditions } })
 * if (result._tag === 'Left') console.log(report(result.left))
 * // => [ 'event.conditions is too large: reading stopped here, for more than 2 nodes are not read' ]
 * ```
 * @category codecs
 * @since 0.1.0
 */
export const getEventFromJson = (limits?: Partial<Limits>): EventC => fromJson('EventFromJson', 'event', limits)

/**
 * An event of the semantics from and to a JSON value, `{ version: 1, event: … }`: for traces that are recorded and replayed.
 *
 * `decode(encode(event))` is the event. A condition may have any name, `__proto__` too. Otherwise as `TokenFromJson`.
 *
 * @example
 * ```ts
 * import { EventFromJson } from 'cantok-ts/codec'
 *
 * console.log(EventFromJson.decode({ version: 1, event: { _tag: 'Elapsed', ms: 'PT5S', wall: '2030-01-01T01:00:05+01:00' } }))
 * // => { _tag: 'Right', right: { _tag: 'Elapsed', ms: 5000, wall: 1893456005000 } }
 * ```
 * @category codecs
 * @since 0.1.0
 */
export const EventFromJson: EventC = /*#__PURE__*/ getEventFromJson()
