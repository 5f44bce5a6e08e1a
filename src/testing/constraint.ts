/** Refusals of constraints that leave nothing to draw or to look at: they name the argument, what is allowed, and what was given. */
import { received } from '../internal/received.js'

/** The number, if it is whole and at least so much. */
export const whole = (argument: string, value: number, least: number): number => {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new RangeError(`${argument} must be a whole number, ${least} or more, but was ${received(value)}`)
}

/** The list, if there is anything in it. */
export const filled = <A>(argument: string, list: ReadonlyArray<A>): ReadonlyArray<A> => {
  if (Array.isArray(list) && list.length > 0) return list
  throw new RangeError(
    `${argument} must be a list of at least one, but was ${Array.isArray(list) ? 'empty' : received(list)}`,
  )
}
