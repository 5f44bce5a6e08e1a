import { stackSafe } from './recursion.js'

/** What JSON can hold. */
export type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json | undefined }

/** A value as one line of JSON, with keys in the order they have; those without a value are left out. Linear, and unlike `JSON.stringify` stack-safe. */
export const jsonText: (value: Json) => string = stackSafe<Json, string>(function* (value) {
  if (value === Infinity) return '1e999' // which JSON reads as Infinity; `JSON.stringify` would write null
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  // sums and not `join`: the engine keeps sums as ropes, so that a deep nest is not copied once per level
  let text = ''
  if (isArray(value)) {
    for (const part of value) text += `${text === '' ? '' : ','}${yield part}`
    return `[${text}]`
  }
  for (const [key, part] of Object.entries(value))
    if (part !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${yield part}`
  return `{${text}}`
})

const isArray = (value: Json): value is ReadonlyArray<Json> => Array.isArray(value)
