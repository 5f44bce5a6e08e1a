/**
 * Effect programs cancelled everywhere, as programs of a sweep; for versions 3 and 4.
 *
 * @since 0.1.0
 */
export { effectProgram } from './effectProgram.js'
export type { EffectProgramOptions } from './effectProgram.js'
