/**
 * What a platform says of errors that nobody handles, taken in while something runs: by one at a time in a thread, others wait for their turn.
 *
 * In Node nobody else hears of them; in a browser whoever listened before does.
 */

/** Errors so far, and the way to stop taking them in. */
export interface Uncaught {
  readonly errors: ReadonlyArray<unknown>
  readonly end: () => void
}

/** Takes in promises rejected without a handler, and errors thrown where nobody can catch them; once those who came before have ended. */
export const takeUncaught = async (): Promise<Uncaught> => {
  // sound: what is there is asked for before it is used, and nobody else knows the queue
  const platform = globalThis as object as Platform
  let free = (): void => {}
  const mine = new Promise<void>((resolve) => {
    free = resolve
  })
  // on the platform, for every copy of the package must stand in the same queue
  const before = platform[queue] ?? Promise.resolve()
  platform[queue] = before.then(() => mine)
  await before
  const errors: Array<unknown> = []
  const stop = listen(platform, (error) => errors.push(error))
  return {
    errors,
    end: () => {
      stop()
      free()
    },
  }
}

const queue: unique symbol = /*#__PURE__*/ Symbol.for('cantok-ts/sweeps')

const listen = (platform: Platform, take: (error: unknown) => void): (() => void) => {
  const { process, addEventListener, removeEventListener } = platform
  if (typeof process?.removeAllListeners === 'function') {
    const ends = ['unhandledRejection', 'uncaughtException'].map((event) => {
      const others = process.rawListeners(event)
      process.removeAllListeners(event)
      process.on(event, take)
      return () => {
        process.off(event, take)
        for (const other of others) process.on(event, other)
      }
    })
    return () => ends.forEach((end) => end())
  }
  const events = ['unhandledrejection', 'error']
  const takeEvent = (event: PlatformEvent): void => {
    event.preventDefault()
    take(event.reason ?? event.error)
  }
  for (const type of events) addEventListener?.(type, takeEvent)
  return () => {
    for (const type of events) removeEventListener?.(type, takeEvent)
  }
}

interface Platform {
  [queue]?: Promise<void>
  readonly process?: {
    readonly rawListeners: (event: string) => ReadonlyArray<(error: unknown) => void>
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
