/**
 * Waiting for other threads: a bell is a cell that they change, and wake those who wait on it, when they have done something.
 *
 * A thread may be ended between what it does and its ringing, so nobody trusts a bell for longer than `patience`.
 */

import { letGo } from '../internal/letGo.js'

type Bell = Int32Array<SharedArrayBuffer>

/** How many milliseconds a silent bell is believed. */
const patience = 100

/** Puts the thread to sleep until one of the bells has rung since this call, or for so long; may wake early. */
export const sleepOn = (bells: ReadonlySet<Bell>): ((span: number) => void) => {
  const heard = [...bells].map((bell) => ({ bell, count: Atomics.load(bell, 0) }))
  // one can sleep on a single cell; where there are more, in turns that are short
  const longest = heard.length === 1 ? patience : 1
  return (span) => {
    for (const { bell, count } of heard) {
      try {
        if (Atomics.wait(bell, 0, count, Math.min(span, longest)) !== 'timed-out') return
      } catch (error) {
        throw new Error('this thread may not block: a browser allows it in workers only', { cause: error })
      }
    }
  }
}

/** Calls `wake` soon after each time the bell has rung, and when it was silent for long, until that is taken back; keeps no process alive. */
export const hear = (bell: Bell, wake: () => void): (() => void) => {
  let wanted = true
  let count = Atomics.load(bell, 0)
  const listen = (): void => {
    const next = waiting(bell, count)
    void next.then(() => {
      if (!wanted) return
      count = Atomics.load(bell, 0)
      listen() // first, for what it wakes may throw
      wake()
    })
  }
  listen()
  return () => {
    wanted = false
  }
}

/** Settles when the cell has changed, or the patience is at its end. */
const waiting = (bell: Bell, count: number): Promise<unknown> => {
  const { waitAsync } = Atomics as { readonly waitAsync?: WaitAsync } // sound: what older engines do not have, and the types do not know
  if (waitAsync === undefined) return new Promise((resolve) => letGo(setTimeout(resolve, 1)))
  const { value } = waitAsync(bell, 0, count, patience)
  return Promise.resolve(value)
}

type WaitAsync = (bell: Bell, index: number, value: number, timeout: number) => { readonly value: unknown }
