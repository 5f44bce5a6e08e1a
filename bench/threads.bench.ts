/**
 * Two axes of a scope that threads share: what a poll of it costs, and how long after a cancel on the main thread a loop in a worker has ended.
 *
 * Polls are compared with loops by hand over a cell of shared memory; latency with the same cell, and with `postMessage` to a loop that yields. The
 * cases are interleaved in one process; ratios count, for absolute times depend on the machine. Prints three runs.
 */
import { setImmediate } from 'node:timers/promises'
import { isMainThread, parentPort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { CancelScope, Clock, Token } from 'cantok-ts'
import { openShared, share } from 'cantok-ts/threads'
import type { ViewHandle } from 'cantok-ts/threads'
import { namesOf, nanosecondsPerPoll, quantile, ratio } from './interleaved.js'

const limit = 400_000
const rounds = 21
const cancels = 300
const hour = 3_600_000

const viewOf = (scope: CancelScope.ScopeView): CancelScope.ScopeView => openShared(share(scope)())()

// -------------------------------------------------------------------------------------
// a poll: each runs its loop once and answers with the number of its polls
// -------------------------------------------------------------------------------------

const ticking = Clock.shared()

const loop = (scope: CancelScope.ScopeView): number => {
  const more = CancelScope.keepGoing(scope)
  let polls = 0
  while (polls < limit && more()) polls++
  return polls
}

const polls = {
  'by hand, one atomic load': (): number => {
    const cell = new Int32Array(new SharedArrayBuffer(4))
    let polls = 0
    while (polls < limit && Atomics.load(cell, 0) === 0) polls++
    return polls
  },
  'a shared scope of an input': (): number => loop(viewOf(CancelScope.open(Token.manual('stop'))())),
  'the same, not shared': (): number => loop(CancelScope.open(Token.manual('stop'))()),
  'by hand, one atomic load and the time': (): number => {
    const cell = new Int32Array(new SharedArrayBuffer(4))
    const end = performance.now() + hour
    let polls = 0
    while (polls < limit && Atomics.load(cell, 0) === 0 && performance.now() < end) polls++
    return polls
  },
  'a shared scope of an input and a timeout': (): number =>
    loop(viewOf(CancelScope.open(Token.any(Token.manual('stop'), Token.timeout(hour)))())),
  'the same on Clock.shared()': (): number =>
    loop(viewOf(CancelScope.open(Token.any(Token.manual('stop'), Token.timeout(hour)), { clock: ticking })())),
  'by hand, one atomic addition': (): number => {
    const cell = new Int32Array(new SharedArrayBuffer(4))
    let polls = 0
    while (polls < limit && Atomics.add(cell, 0, 1) < 2 * limit) polls++
    return polls
  },
  'a shared scope of a counter': (): number => loop(viewOf(CancelScope.open(Token.counter(2 * limit))())),
  'a shared scope of a counter beyond 2^30': (): number => loop(viewOf(CancelScope.open(Token.counter(2 ** 31))())),
}

/** What each is compared with. */
const by = {
  'by hand, one atomic load': 'by hand, one atomic load',
  'a shared scope of an input': 'by hand, one atomic load',
  'the same, not shared': 'by hand, one atomic load',
  'by hand, one atomic load and the time': 'by hand, one atomic load and the time',
  'a shared scope of an input and a timeout': 'by hand, one atomic load and the time',
  'the same on Clock.shared()': 'by hand, one atomic load and the time',
  'by hand, one atomic addition': 'by hand, one atomic addition',
  'a shared scope of a counter': 'by hand, one atomic addition',
  'a shared scope of a counter beyond 2^30': 'by hand, one atomic addition',
} satisfies Readonly<Record<keyof typeof polls, keyof typeof polls>>

const pollNames = namesOf(polls)

// -------------------------------------------------------------------------------------
// latency: a worker waits in its way, and writes down when it has ended
// -------------------------------------------------------------------------------------

interface Order {
  readonly way: Way
  readonly handle: ViewHandle
  readonly cell: SharedArrayBuffer
  /** When the loop had ended, in nanoseconds. */
  readonly end: SharedArrayBuffer
}

const ways = {
  'a shared scope, polled': ({ handle }: Order): void => {
    const more = CancelScope.keepGoing(openShared(handle)())
    while (more());
  },
  'a cell by hand, polled': ({ cell }: Order): void => {
    const cells = new Int32Array(cell)
    while (Atomics.load(cells, 0) === 0);
  },
  'postMessage, polled by receiveMessageOnPort': (): void => {
    while (parentPort === null || receiveMessageOnPort(parentPort) === undefined);
  },
  'postMessage, heard by a loop that yields each 1,000 turns': async (): Promise<void> => {
    let isOver = false
    parentPort?.once('message', () => (isOver = true))
    for (let turn = 0; !isOver; turn++) if (turn % 1000 === 0) await setImmediate()
  },
  'a shared scope, waitSync': ({ handle }: Order): void => {
    CancelScope.waitSync(openShared(handle)())()
  },
  'a cell by hand, Atomics.wait': ({ cell }: Order): void => {
    Atomics.wait(new Int32Array(cell), 0, 0)
  },
}

type Way = keyof typeof ways

const wayNames = Object.keys(ways) as ReadonlyArray<Way> // sound: the keys of an object literal

const work = async (port: NonNullable<typeof parentPort>): Promise<void> => {
  for (;;) {
    const order = await new Promise<Order>((resolve) => port.once('message', resolve))
    port.postMessage('begins')
    await ways[order.way](order)
    Atomics.store(new BigInt64Array(order.end), 0, process.hrtime.bigint())
    port.postMessage('ends')
  }
}

const said = (worker: Worker): Promise<unknown> => new Promise((resolve) => worker.once('message', resolve))

/** From the call that cancels to the end of the loop, in microseconds. */
const latency = async (worker: Worker, way: Way): Promise<number> => {
  const scope = CancelScope.open(Token.any(Token.manual('stop'), Token.never))()
  const cell = new SharedArrayBuffer(4)
  const end = new SharedArrayBuffer(8)
  worker.postMessage({ way, handle: share(scope)(), cell, end } satisfies Order)
  await said(worker)
  const settled = performance.now() + 2 // the loop is under way by then
  while (performance.now() < settled);
  const ended = said(worker)
  const start = process.hrtime.bigint()
  if (way.startsWith('a shared scope')) CancelScope.cancelInput(scope, 'stop')()
  else if (way.startsWith('a cell')) {
    Atomics.store(new Int32Array(cell), 0, 1)
    Atomics.notify(new Int32Array(cell), 0)
  } else worker.postMessage('stop')
  await ended
  return Number(Atomics.load(new BigInt64Array(end), 0) - start) / 1000
}

const latencies = async (worker: Worker): Promise<ReadonlyMap<Way, ReadonlyArray<number>>> => {
  const times = new Map(wayNames.map((name) => [name, [] as Array<number>]))
  for (let round = 0; round < cancels; round++)
    for (const name of wayNames) times.get(name)?.push(await latency(worker, name))
  return times
}

if (isMainThread) {
  while (ticking.state() !== 'ticking') ticking.monotonic()
  console.log(
    `node ${process.version}; ${rounds} interleaved rounds of ${limit} polls a run; medians, and ratios to the loop by hand above\n`,
  )
  console.log('| | run 1 | run 2 | run 3 |\n| --- | --- | --- | --- |')
  const runs = [1, 2, 3].map(() => nanosecondsPerPoll(polls, rounds))
  for (const name of pollNames) {
    const cells = runs.map((measured) => ratio(measured.get(name), measured.get(by[name])))
    console.log(`| ${name} | ${cells.join(' | ')} |`)
  }
  ticking.close()
  console.log(`\nfrom cancel on the main thread to the end in a worker, in µs: p50 / p99 of ${cancels} a run\n`)
  console.log('| | run 1 | run 2 | run 3 |\n| --- | --- | --- | --- |')
  const worker = new Worker(new URL(import.meta.url))
  const found: Array<ReadonlyMap<Way, ReadonlyArray<number>>> = []
  for (let run = 0; run < 3; run++) found.push(await latencies(worker))
  for (const name of wayNames) {
    const cells = found.map((times) => {
      const own = times.get(name) ?? []
      return `${quantile(own, 0.5).toFixed(1)} / ${quantile(own, 0.99).toFixed(1)}`
    })
    console.log(`| ${name} | ${cells.join(' | ')} |`)
  }
  await worker.terminate()
} else if (parentPort !== null) await work(parentPort)
