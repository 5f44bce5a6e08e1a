/**
 * The front door: every public module as a namespace.
 *
 * @since 0.1.0
 */
export * as AbortSignal from './AbortSignal.js'
export * as Analysis from './Analysis.js'
export * as Cancellable from './Cancellable.js'
export * as CancellationError from './CancellationError.js'
export * as CancelScope from './CancelScope.js'
export * as Clock from './Clock.js'
export * as Duration from './Duration.js'
export * as Reason from './Reason.js'
export * as Semantics from './Semantics.js'
export * as Token from './Token.js'
export * as World from './World.js'
