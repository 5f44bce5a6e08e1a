/**
 * A clock that reads another every so many reads.
 *
 * Invariants:
 *
 * 1. Of any `every` reads in a row, of either time, one reads the base clock.
 * 2. The strides in between double while the base clock is read more often than every `closest` milliseconds, and shrink to as many reads as took that long when it is read more
 *    seldom: a loop whose turns are slow reads it each turn.
 * 3. Readings come in the order of the base clock's.
 */
import type { Clock, SampledClock, SampledOptions } from '../Clock.js'
import { received } from '../internal/received.js'

/** How many milliseconds apart readings of the base clock may be while strides grow: a thousand times what one costs. */
const closest = 0.05

/** A sampled clock over that base. */
export const sampledOver = (base: Clock, { every = 64 }: SampledOptions = {}): SampledClock => {
  if (typeof base !== 'object' || base === null || typeof base.monotonic !== 'function')
    throw new TypeError(`base must be a clock, but was ${received(base)}`)
  if (!(Number.isSafeInteger(every) && every >= 1))
    throw new RangeError(`every must be a whole number of reads, 1 or more, but was ${received(every)}`)
  const { block } = base
  /** What the base clock said last; NaN is still to be read. */
  let now = -Infinity
  let wall = NaN
  let stride = 1
  let left = 1

  const look = (): void => {
    const before = now
    now = base.monotonic()
    wall = NaN
    const span = now - before
    stride = span <= closest ? Math.min(2 * stride, every) : Math.max(1, Math.floor((stride * closest) / span))
    left = stride
  }

  const renew = (): void => {
    base.renew?.()
    left = 1
  }

  return {
    ...base,
    monotonic: () => {
      if (--left <= 0) look()
      return now
    },
    wall: () => {
      if (--left <= 0) look()
      if (wall !== wall) wall = base.wall()
      return wall
    },
    renew,
    schedule: (delay, run, how) => {
      const exactly = (): void => {
        renew()
        run()
      }
      return base.schedule(delay, exactly, how)
    },
    ...(block === undefined
      ? {}
      : {
          block: (length) => {
            const sleep = block(length)
            return () => {
              sleep()
              renew()
            }
          },
        }),
  }
}
