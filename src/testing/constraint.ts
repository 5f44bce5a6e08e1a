/** Refusals of constraints that leave nothing to draw or to look at: they name the argument, what is allowed, and what was given. */
import { received } from '../internal/received.js'

/** The number, if it is whole and at least so much. */
export const whole = (argument: string, value: number, least: number): number => {
  if (Number.isSafeInteger(value) && value >= least) return value
  const bound = least === -Infinity ? '' : `, ${least} or more`
  throw new RangeError(`${argument} must be a whole number${bound}, but was ${received(value)}`)
}

/** Checks all whole numbers of some constraints, by the least that each may be; those left out have defaults. */
export const wholes = <K extends string>(
  constraints: { readonly [A in NoInfer<K>]?: number | undefined },
  least: { readonly [A in K]: number },
): void => {
  for (const argument in least) {
    const value = constraints[argument]
    if (value !== undefined) whole(argument, value, least[argument])
  }
}

/** The number, if it is finite and at least so much. */
export const finite = (argument: string, value: number, least: number = -Infinity): number => {
  if (Number.isFinite(value) && value >= least) return value
  const bound = least === -Infinity ? '' : `, ${least} or more`
  throw new RangeError(`${argument} must be a finite number${bound}, but was ${received(value)}`)
}

/** The list, if it is one of texts. It may be empty. */
export const texts = (argument: string, list: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (!Array.isArray(list)) throw new TypeError(`${argument} must be a list of strings, but was ${received(list)}`)
  const other = list.findIndex((each) => typeof each !== 'string')
  if (other < 0) return list
  throw new TypeError(`${argument} must be a list of strings, but its item ${other} was ${received(list[other])}`)
}

/** The list, if there is anything in it. */
export const filled = <A>(argument: string, list: ReadonlyArray<A>): ReadonlyArray<A> => {
  if (Array.isArray(list) && list.length > 0) return list
  throw new RangeError(
    `${argument} must be a list of at least one, but was ${Array.isArray(list) ? 'empty' : received(list)}`,
  )
}
