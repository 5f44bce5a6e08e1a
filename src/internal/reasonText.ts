import type { Reason } from '../Reason.js'
import { stackSafe } from './recursion.js'

/** A reason as JSON text with sorted keys: two reasons share it exactly when they are the same data. Linear, stack-safe. */
export const reasonText: (reason: Reason) => string = stackSafe<Reason, string>(function* (reason) {
  const fields: Array<readonly [string, unknown]> = Object.entries(reason)
  const own = fields.filter(([name, value]) => name !== 'reasons' && value !== undefined)
  const text = JSON.stringify(Object.fromEntries(own.sort(([first], [second]) => (first < second ? -1 : 1))))
  if (reason._tag !== 'AllOf') return text
  // `+=` and not `join`: the engine keeps sums as ropes, so that a deep nest is not copied once per level
  let parts = ''
  for (const part of reason.reasons) parts += `${parts === '' ? '' : ','}${yield part}`
  return `${text.slice(0, -1)},"reasons":[${parts}]}`
})
