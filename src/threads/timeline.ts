import type { Clock } from '../Clock.js'

/** How far ahead of this thread's monotonic clock is the one that threads share: a process has one, and the contexts of a page agree on the origin of theirs. */
export const ahead = ({ monotonic, renew }: Clock): number => {
  // the origins that Node's threads tell are apart by up to milliseconds, but they read one clock
  const { process } = globalThis as { readonly process?: { readonly hrtime?: { readonly bigint?: () => bigint } } } // sound: asked for before use
  const bigint = process?.hrtime?.bigint
  // a clock that keeps a reading would tell how far ahead it was then
  const now = (): number => {
    renew?.()
    return monotonic()
  }
  if (bigint === undefined) return performance.timeOrigin + performance.now() - now()
  // a thread that is held up between the readings would be early for good
  let lead = 0
  let shortest = Infinity
  for (let attempts = 0; attempts < 10 && shortest > precise; attempts++) {
    const before = now()
    const shared = Number(bigint()) / 1e6
    const after = now()
    if (after - before >= shortest) continue
    shortest = after - before
    lead = shared - (before + after) / 2
  }
  return lead
}

/** Milliseconds between two readings with nothing but another in between. */
const precise = 0.01
