/** Traces in a few words: time passes with `elapsed`, and the wall clock goes along but for its jumps. */
import type { Semantics } from 'cantok-ts'

type Happening = Semantics.Event | { readonly ms: number; readonly jump: number }

export const elapsed = (ms: number, jump = 0): Happening => ({ ms, jump })
export const poll = (conditions: Readonly<Record<string, boolean>> = {}, direct = true): Semantics.Event => ({
  _tag: 'Polled',
  conditions,
  direct,
})
export const requests = (name: string): Semantics.Event => ({ _tag: 'Requested', name })
export const spends = (name: string, amount: number): Semantics.Event => ({ _tag: 'Spent', name, amount })
export const beats = (name: string): Semantics.Event => ({ _tag: 'Beat', name })

export const events = (...happenings: ReadonlyArray<Happening>): ReadonlyArray<Semantics.Event> => {
  let wall = Date.UTC(2030, 0, 1)
  return happenings.map((each): Semantics.Event => {
    if ('_tag' in each) return each
    wall += each.ms + each.jump
    return { _tag: 'Elapsed', ms: each.ms, wall }
  })
}
