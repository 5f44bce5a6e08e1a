/**
 * A cell of shared memory that changes as long as somebody reads it: a heartbeat, not a time.
 *
 * The ticker is a worker that sleeps for an interval, changes the cell, and sleeps again. Readers say that they read; when none has for `patience`
 * milliseconds the ticker rests until one does, so that an idle process is not woken, and a clock that is forgotten costs a sleeping thread. It
 * goes to rest many ticks after the last of them has looked: to whoever comes back the cell has changed.
 */

/** `[tick, stopped, wanted, mark]`. */
export type Cells = Int32Array<SharedArrayBuffer>

export const tick = 0
const stopped = 1
const wanted = 2

/** Tells the memory of a ticker from other memory. */
const mark = 0x7_1c_4e

const size = 4 * Int32Array.BYTES_PER_ELEMENT

/** For how many milliseconds a ticker goes on that nobody reads. */
const patience = 1000

export const newCells = (): Cells => {
  const cells = new Int32Array(new SharedArrayBuffer(size))
  cells[3] = mark
  return cells
}

/** The cells in memory that `newCells` has made, in this thread or another. */
export const cellsOf = (buffer: unknown): Cells | null => {
  if (!isShared(buffer) || buffer.byteLength !== size) return null
  const cells = new Int32Array(buffer)
  return cells[3] === mark ? cells : null
}

/** Of whatever realm. */
const isShared = (value: unknown): value is SharedArrayBuffer =>
  Object.prototype.toString.call(value) === '[object SharedArrayBuffer]'

/** Says that somebody reads; wakes a ticker that rests. */
export const want = (cells: Cells): void => {
  if (Atomics.load(cells, wanted) === 0 && Atomics.exchange(cells, wanted, 1) === 0) Atomics.notify(cells, wanted)
}

/** Ends the ticker, for good and for every thread. */
export const stop = (cells: Cells): void => {
  Atomics.store(cells, stopped, 1)
  Atomics.notify(cells, stopped)
  Atomics.store(cells, wanted, 1)
  Atomics.notify(cells, wanted)
}

/** The loop of the ticker, as text: a worker has none of the code of the thread that starts it. */
const loop = `({ buffer, interval, patience }) => {
  const cells = new Int32Array(buffer)
  let unread = 0
  while (Atomics.load(cells, ${stopped}) === 0) {
    Atomics.wait(cells, ${stopped}, 0, interval)
    Atomics.add(cells, ${tick}, 1)
    unread = Atomics.exchange(cells, ${wanted}, 0) === 0 ? unread + interval : 0
    if (unread < patience) continue
    Atomics.wait(cells, ${wanted}, 0)
    unread = 0
  }
}`

/** Starts a ticker that keeps no process alive; where the platform has no worker to give, the cell stands still. */
export const startTicker = ({ buffer }: Cells, interval: number): void => {
  const task = { buffer, interval, patience }
  try {
    const threads = nodeThreads()
    if (threads === undefined) startInBrowser(task)
    else startInNode(threads, task)
  } catch {
    // readers notice that nothing ticks, whatever the cause
  }
}

interface Task {
  readonly buffer: SharedArrayBuffer
  readonly interval: number
  readonly patience: number
}

const startInNode = ({ Worker }: Threads, workerData: Task): void => {
  const code = `(${loop})(require('node:worker_threads').workerData)`
  // without the flags and variables of this process, which may load all sorts of things into each of its threads
  const worker = new Worker(code, { eval: true, workerData, execArgv: [], env: {} })
  worker.on('error', () => {})
  worker.unref()
}

const startInBrowser = (task: Task): void => {
  const code = `onmessage = ({ data }) => { (${loop})(data); close() }`
  const worker = new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })))
  worker.addEventListener('error', (event) => event.preventDefault())
  worker.postMessage(task)
}

/** Node's threads, asked for at run time, so that what is bundled for browsers holds no import of them. */
const nodeThreads = (): Threads | undefined =>
  (globalThis as Platform).process?.getBuiltinModule?.('node:worker_threads') as Threads | undefined // sound: the module of that name, or nothing

interface Platform {
  readonly process?: { readonly getBuiltinModule?: (name: string) => unknown }
}

interface Threads {
  readonly Worker: new (
    code: string,
    options: {
      readonly eval: true
      readonly workerData: Task
      readonly execArgv: ReadonlyArray<string>
      readonly env: Readonly<Record<string, string>>
    },
  ) => { readonly on: (event: 'error', listener: () => void) => unknown; readonly unref: () => void }
}
