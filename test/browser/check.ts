/** What a test in a browser uses in place of a test framework. */

/** Tests by title; one fails by throwing. */
export type Tests = Readonly<Record<string, () => void | Promise<void>>>

export const equal = (found: unknown, expected: unknown): void => {
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)]
  if (left !== right) throw new Error(`expected ${right}, found ${left}`)
}

/** What a function throws. */
export const thrown = (f: () => unknown): unknown => {
  try {
    f()
  } catch (error) {
    return error
  }
  throw new Error('expected an error')
}
