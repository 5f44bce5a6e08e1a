/** Semaphores with faults that were found in Effect's own, and one without. */
import { Deferred, Effect } from 'effect'

/** So many permits, and a way to run an effect with one. */
export interface Permits {
  readonly free: () => number
  readonly withPermit: <A, E>(self: Effect.Effect<A, E>) => Effect.Effect<A, E>
}

type Waiters = Set<Deferred.Deferred<void>>

/** Takes a permit where it can be interrupted, and installs the release an operation later; who waits is woken, and takes it himself. */
export const takesTooEarly = (permits: number): Permits => {
  let free = permits
  const waiters: Waiters = new Set()
  const take: Effect.Effect<void> = Effect.suspend(() => {
    if (free === 0) return Effect.flatMap(waiting(waiters), () => take)
    free--
    return Effect.void
  })
  const release = Effect.suspend(() => {
    free++
    return wakeAll(waiters)
  })
  return {
    free: () => free,
    withPermit: (self) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(restore(take), () => Effect.ensuring(restore(self), release)),
      ),
  }
}

/** Takes a free permit and installs its release in one; one that comes back it hands to the first who waits, who may be interrupted before he goes on. */
export const handsOver = (permits: number): Permits => {
  let free = permits
  const waiters: Waiters = new Set()
  const release = Effect.suspend(() => {
    const [next] = waiters
    if (next === undefined) {
      free++
      return Effect.void
    }
    waiters.delete(next)
    return Effect.asVoid(Deferred.succeed(next, undefined))
  })
  return {
    free: () => free,
    withPermit: (self) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.suspend(() => {
          const held = Effect.ensuring(restore(self), release)
          if (free === 0) return Effect.flatMap(restore(waiting(waiters)), () => held)
          free--
          return held
        }),
      ),
  }
}

/** Takes a permit and installs its release in one, and hands none over: who waits is woken, and tries again. */
export const correct = (permits: number): Permits => {
  let free = permits
  const waiters: Waiters = new Set()
  const release = Effect.suspend(() => {
    free++
    return wakeAll(waiters)
  })
  return {
    free: () => free,
    withPermit: (self) =>
      Effect.uninterruptibleMask((restore) => {
        const held = Effect.ensuring(restore(self), release)
        const attempt: typeof held = Effect.suspend(() => {
          if (free === 0) return Effect.flatMap(restore(waiting(waiters)), () => attempt)
          free--
          return held
        })
        return attempt
      }),
  }
}

const waiting = (waiters: Waiters): Effect.Effect<void> =>
  Effect.flatMap(Deferred.make<void>(), (woken) => {
    waiters.add(woken)
    return Effect.onExit(Deferred.await(woken), () => Effect.sync(() => void waiters.delete(woken)))
  })

const wakeAll = (waiters: Waiters): Effect.Effect<void> =>
  Effect.asVoid(Effect.all([...waiters].map((woken) => Deferred.succeed(woken, undefined))))
