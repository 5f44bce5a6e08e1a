/**
 * Recursion that lives on the heap: a recursive function is written as a generator that yields its recursive calls.
 *
 * Tokens and reasons may be nested deeper than the call stack is tall (a monoid folded over a long list nests once per
 * element), so every pure function that descends into them is run by `stackSafe`.
 */

/** A recursive function from `A` to `B`: it yields the arguments of its recursive calls and receives their results. */
export type Recursive<A, B> = (argument: A) => Generator<A, B, B>

/** Runs a recursive function without growing the call stack; one generator per call, so linear in their number. */
export const stackSafe =
  <A, B>(f: Recursive<A, B>): ((argument: A) => B) =>
  (argument) => {
    const callers: Array<Generator<A, B, B>> = []
    let running = f(argument)
    let state = running.next()
    for (;;) {
      if (state.done !== true) {
        callers.push(running)
        running = f(state.value)
        state = running.next()
      } else {
        const caller = callers.pop()
        if (caller === undefined) return state.value
        running = caller
        state = running.next(state.value)
      }
    }
  }
