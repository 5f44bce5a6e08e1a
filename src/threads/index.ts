/**
 * Scopes that several threads share: workers of Node and of browsers look at one, also in a loop that never yields, and may spend, count and cancel.
 *
 * @since 0.1.0
 */
export { openShared, ownShared, share } from './share.js'
export type { ScopeHandle, SharedScope, SharedWorld, ShareOptions, ViewHandle } from './share.js'
