/** A refused value for an error message: itself where it is short, else what kind of thing it is. Works for any value. */
export const received = (value: unknown): string => {
  switch (typeof value) {
    case 'string':
      return `'${value}'`
    case 'function':
      return 'a function'
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? 'an array' : 'an object'
    default:
      return String(value)
  }
}
