/** An instant in epoch milliseconds for people: ISO 8601 where a date can hold it, the number itself elsewhere. */
export const showInstant = (epochMilliseconds: number): string =>
  Math.abs(epochMilliseconds) <= 8.64e15 ? new Date(epochMilliseconds).toISOString() : `${epochMilliseconds} ms`
