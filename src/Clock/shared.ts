/**
 * A clock that keeps what it has read until a cell of shared memory changes.
 *
 * Invariants:
 *
 * 1. The cell is looked at before the real clock is read: a tick that comes between the two is found by the next read.
 * 2. What is kept was read since the last tick that was heard. So where ticks are never further apart than `tolerance`, no reading is further behind.
 * 3. Of any 64 reads in a row one reads the real clock, whether or not anything ticks; if that one finds the last tick longer ago than `tolerance`, so
 *    does every read until the next tick.
 * 4. Readings come in the order of the real clock's: what never goes back there does not here.
 */
import type { SharedClock, SharedOptions, SystemClock, TickerState } from '../Clock.js'
import * as Duration from '../Duration.js'
import { received } from '../internal/received.js'
import { cellsOf, newCells, startTicker, stop, tick, want } from './ticker.js'
import type { Cells } from './ticker.js'

/** The most reads in a row of which one reads the real clock. */
const longestStride = 64

/** A shared clock over that real one. */
export const sharedOver = (real: SystemClock, options: SharedOptions = {}): SharedClock => {
  const { buffer } = options
  const interval = span('interval', options.interval ?? 0.5)
  const tolerance = span('tolerance', options.tolerance ?? Math.max(5, 10 * interval))
  if (tolerance <= interval)
    throw new RangeError(`tolerance must be longer than the interval of ${interval} ms, but was ${tolerance} ms`)
  const cells = buffer === undefined ? ownCells() : givenCells(buffer)

  let state: TickerState = 'idle'
  /** What the cell was when it was last found changed, and when that was. */
  let heard = 0
  let heardAt = -Infinity
  /** What the real clock said then or later; NaN is still to be read. */
  let now = NaN
  let wall = NaN
  /** One read of so many reads the real clock, the next in so many reads. */
  let stride = 1
  let left = 1

  const begin = (): void => {
    state = 'starved'
    heard = Atomics.load(cells, tick)
    if (buffer === undefined) startTicker(cells, interval)
  }

  const look = (): void => {
    if (state === 'idle') begin()
    const found = Atomics.load(cells, tick)
    real.renew()
    now = real.monotonic()
    wall = NaN
    if (state !== 'closed') {
      if (found !== heard) {
        state = 'ticking'
        heard = found
        heardAt = now
        stride = 1
      } else if (state === 'starved' || now - heardAt > tolerance) {
        state = 'starved'
        stride = 1
      } else stride = Math.min(2 * stride, longestStride)
      want(cells)
    }
    left = stride
  }

  const renew = (): void => {
    left = 1
  }

  const monotonic = (): number => {
    if (Atomics.load(cells, tick) !== heard || --left <= 0) look()
    return now
  }

  const close = (): void => {
    state = 'closed'
    stride = left = 1
    if (buffer === undefined) stop(cells)
  }

  return {
    monotonic,
    wall: () => {
      if (Atomics.load(cells, tick) !== heard || --left <= 0) look()
      if (wall !== wall) wall = real.wall()
      return wall
    },
    renew,
    schedule: (delay, run, how) => {
      const exactly = (): void => {
        renew()
        run()
      }
      return real.schedule(delay, exactly, how)
    },
    block: (length) => {
      const sleep = real.block(length)
      return () => {
        sleep()
        renew()
      }
    },
    buffer: cells.buffer,
    behind: tolerance,
    state: () => {
      if (state !== 'idle') look()
      return state
    },
    lag: () => {
      const reading = monotonic()
      return Math.max(0, real.monotonic() - reading)
    },
    close,
    [Symbol.dispose]: close,
  }
}

const span = (option: string, input: Duration.DurationInput): Duration.Duration => {
  const length = Duration.from(input, option)
  if (length > 0 && length < Infinity) return length
  throw new RangeError(`${option} must be longer than 0 ms and finite, but was ${length}`)
}

const ownCells = (): Cells => {
  if (typeof SharedArrayBuffer === 'function') return newCells()
  throw new Error(
    'a shared clock needs SharedArrayBuffer, which a browser has in pages that are cross-origin isolated only',
  )
}

const givenCells = (buffer: SharedArrayBuffer): Cells => {
  const cells = cellsOf(buffer)
  if (cells !== null) return cells
  throw new TypeError(`buffer must be the buffer of a shared clock, but was ${received(buffer)}`)
}
