/** What a platform says of errors that nobody handles: taken in while something runs. In Node nobody else hears of them; in a browser whoever listened before does. */

/** Errors so far, and the way to stop taking them in. */
export interface Uncaught {
  readonly errors: ReadonlyArray<unknown>
  readonly end: () => void
}

/** Takes in promises rejected without a handler, and errors thrown where nobody can catch them. One at a time in a thread. */
export const takeUncaught = (): Uncaught => {
  const errors: Array<unknown> = []
  const take = (error: unknown): void => void errors.push(error)
  // sound: what is there is asked for before it is used
  const { process, addEventListener, removeEventListener } = globalThis as Platform
  if (typeof process?.removeAllListeners === 'function') {
    const ends = ['unhandledRejection', 'uncaughtException'].map((event) => {
      const others = process.listeners(event)
      process.removeAllListeners(event)
      process.on(event, take)
      return () => {
        process.off(event, take)
        for (const other of others) process.on(event, other)
      }
    })
    return { errors, end: () => ends.forEach((end) => end()) }
  }
  const takeEvent = (event: PlatformEvent): void => {
    event.preventDefault()
    take(event.reason ?? event.error)
  }
  for (const type of ['unhandledrejection', 'error']) addEventListener?.(type, takeEvent)
  return {
    errors,
    end: () => {
      for (const type of ['unhandledrejection', 'error']) removeEventListener?.(type, takeEvent)
    },
  }
}

interface Platform {
  readonly process?: {
    readonly listeners: (event: string) => ReadonlyArray<(error: unknown) => void>
    readonly removeAllListeners: (event: string) => unknown
    readonly on: (event: string, listener: (error: unknown) => void) => unknown
    readonly off: (event: string, listener: (error: unknown) => void) => unknown
  }
  readonly addEventListener?: (type: string, listener: (event: PlatformEvent) => void) => void
  readonly removeEventListener?: (type: string, listener: (event: PlatformEvent) => void) => void
}

interface PlatformEvent {
  readonly preventDefault: () => void
  readonly reason?: unknown
  readonly error?: unknown
}
