/** The process may end before the timer does. Timers of browsers are numbers, and keep nothing alive. */
export const letGo = (timer: unknown): void => {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref()
}
