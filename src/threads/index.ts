/**
 * Scopes that several threads share: workers of Node and of browsers look at one, also in a loop that never yields, and may spend, count and cancel.
 *
 * Threads agree on what has happened by a log in shared memory that each of them folds with `Semantics`; none ever waits for another, so that one
 * that is ended at any point holds up nobody. In browsers the page must be cross-origin isolated (COOP and COEP), as for every SharedArrayBuffer.
 *
 * @since 0.1.0
 */
export { openShared, ownShared, share } from './share.js'
export type { ScopeHandle, SharedScope, SharedWorld, ShareOptions, ViewHandle } from './share.js'
