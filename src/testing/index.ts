/**
 * For tests of cancellation: generators and laws, a world in the hands of a test, timelines to look at, and a sweep that cancels a program everywhere.
 *
 * @since 0.1.0
 */
export { virtualWorld } from './VirtualWorld.js'
export type { Answer, Script, VirtualWorld, VirtualWorldOptions } from './VirtualWorld.js'
export { ShowReplay, ShowReport, sweep, sweepOrThrow, sweepProperty } from './sweep.js'
export type * from './sweep.js'
export type { TimelineOptions, TimelineSvgOptions } from './timeline.js'
export { timeline, timelineSvg } from './timeline.js'
