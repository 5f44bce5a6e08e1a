/**
 * How much of what comes from outside is read.
 *
 * @since 0.1.0
 */
import { received } from '../internal/received.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * How much is read: each is looked at before reading goes further, so that what is too large costs no more than what is allowed.
 *
 * Counted as nodes are tokens, reasons, parts of evidence and their progress, the steps of paths and the conditions of polls.
 *
 * @category model
 * @since 0.1.0
 */
export interface Limits {
  /** How many nodes may stand inside one another; default 1 000. */
  readonly depth: number
  /** How many nodes there may be in all; default 10 000. */
  readonly nodes: number
  /** How many characters a text may have: a name, a label, a detail; default 10 000. */
  readonly text: number
  /** How many steps the path of a reason may have; default 2 000, two for each combinator on the way. */
  readonly path: number
  /** How many errors are reported before reading stops; default 20. */
  readonly errors: number
  /** How many UTF-16 code units the JSON of a token may have where it is read from a string; default 1 048 576. */
  readonly length: number
}

// -------------------------------------------------------------------------------------
// constants
// -------------------------------------------------------------------------------------

/**
 * The limits that hold where no others are given.
 *
 * @example
 * ```ts
 * import { defaultLimits } from 'cantok-ts/codec'
 *
 * console.log(defaultLimits)
 * // => { depth: 1000, nodes: 10000, text: 10000, path: 2000, errors: 20, length: 1048576 }
 * ```
 * @category constants
 * @since 0.1.0
 */
export const defaultLimits: Limits = {
  depth: 1_000,
  nodes: 10_000,
  text: 10_000,
  path: 2_000,
  errors: 20,
  length: 1_048_576,
}

/** All limits, those that are not given by default. Throws a `RangeError` for one that is no positive integer, a `TypeError` for what are no limits. */
export const limitsFrom = (given: Partial<Limits> = {}): Limits => {
  if (typeof given !== 'object' || given === null)
    throw new TypeError(`limits must be an object, but was ${received(given)}`)
  const limit = (name: keyof Limits): number => {
    const value = given[name] ?? defaultLimits[name]
    if (Number.isSafeInteger(value) && value > 0) return value
    throw new RangeError(`${name} must be an integer from 1 to 2^53 - 1, but was ${received(value)}`)
  }
  return {
    depth: limit('depth'),
    nodes: limit('nodes'),
    text: limit('text'),
    path: limit('path'),
    errors: limit('errors'),
    length: limit('length'),
  }
}
