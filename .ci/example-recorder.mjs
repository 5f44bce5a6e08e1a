/** Collects what an example prints beside a `// => value`, for a comparison once it is over: an error thrown in a callback may be lost. */
import { format, inspect } from 'node:util'

/** Brackets may be written with or without spaces within, and long values over several lines. */
const oneLine = (text) =>
  text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/(?<=[[{(]) | (?=[\]})])/g, '')
    .trim()
const options = { breakLength: Infinity, compact: true, depth: 20, maxArrayLength: 200 }

/** `wanted[i]` is `[line, text]`; `record(i, ...values)` stands where the i-th of them was printed. */
export const recorder = (wanted) => {
  const outcomes = wanted.map(([line]) => `line ${line}: never printed`)
  const wrong = new Set() // printed several times, every time must be right
  const record = (index, ...values) => {
    const [line, want] = wanted[index]
    const shown = oneLine(values.map((value) => inspect(value, options)).join(' '))
    // a text may be written with or without its quotes
    const same = [shown, oneLine(format(...values))].includes(oneLine(want))
    if (!same) wrong.add(index)
    if (!same || !wrong.has(index)) outcomes[index] = `line ${line}: ${same ? oneLine(want) : shown}`
  }
  return { record, outcomes, expected: wanted.map(([line, want]) => `line ${line}: ${oneLine(want)}`) }
}
