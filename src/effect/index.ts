/**
 * The bridge to Effect, versions 3 and 4: tokens that limit effects, run on the clock of their fiber, and are fed by them.
 *
 * @since 0.1.0
 */
export { clock } from './clock.js'
export { interruptBy, interruptWhen, interruptWhenFail, interruptWhenOption } from './interruptWhen.js'
export { link, open, openUnknown } from './open.js'
export { fromSchedule, whileKeepGoing } from './schedule.js'
export { check, fromEffect, fromFiber, toEffect } from './scopes.js'
export type {
  Condition,
  ConditionsOf,
  EffectWorld,
  EffectWorldArgument,
  FeedsOf,
  ServicesOf,
  SomeConditions,
  SomeFeeds,
} from './world.js'
