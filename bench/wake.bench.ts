/**
 * One axis: how long after a cancellation, or after the instant that is due, a waiter runs; against the platform's AbortController and
 * AbortSignal.timeout.
 *
 * The cases are interleaved in one process, so that the machine's moods meet all of them alike. Latency after a cancel is measured one at a
 * time; lateness after a timeout with all timers of a round under way at once. Prints three runs.
 */
import { setImmediate } from 'node:timers/promises'
import { CancelScope, Token } from 'cantok-ts'
import { toAbortSignal } from 'cantok-ts/AbortSignal'

const wakes = 5_000
const timeouts = 1_000
const shortest = 5
const longest = 50

/** Calls `wake` when it is cancelled, or when its time has come. */
type Waiting = (wake: () => void) => void

/** Each begins to wait and answers with the way to cancel. */
const cancels: Readonly<Record<string, (wake: () => void) => () => void>> = {
  onCancelled: (wake) => {
    const scope = CancelScope.open(Token.manual('stop'))()
    CancelScope.onCancelled(scope, wake)()
    return CancelScope.cancelInput(scope, 'stop')
  },
  'onCancelled of a child of a child': (wake) => {
    const scope = CancelScope.open(Token.manual('stop'))()
    const task = CancelScope.child(Token.never)(scope)()
    CancelScope.onCancelled(CancelScope.child(Token.timeout('1 hour'))(task)(), wake)()
    return CancelScope.cancelInput(scope, 'stop')
  },
  toAbortSignal: (wake) => {
    const scope = CancelScope.open(Token.manual('stop'))()
    toAbortSignal(scope)().addEventListener('abort', wake, { once: true })
    return CancelScope.cancelInput(scope, 'stop')
  },
  'AbortController, a listener': (wake) => {
    const controller = new AbortController()
    controller.signal.addEventListener('abort', wake, { once: true })
    return () => controller.abort()
  },
  wait: (wake) => {
    const scope = CancelScope.open(Token.manual('stop'))()
    void CancelScope.wait(scope)().then(wake)
    return CancelScope.cancelInput(scope, 'stop')
  },
  'AbortController, a promise': (wake) => {
    const controller = new AbortController()
    const aborted = new Promise<void>((resolve) =>
      controller.signal.addEventListener('abort', () => resolve(), { once: true }),
    )
    void aborted.then(wake)
    return () => controller.abort()
  },
}

/** A signal may have aborted while it was made: a pause of the machine is longer than the shortest timeouts. */
const whenAborted = (signal: AbortSignal, wake: () => void): void => {
  if (signal.aborted) wake()
  else signal.addEventListener('abort', wake, { once: true })
}

/** Each waits for so many milliseconds to pass. */
const sleeps: Readonly<Record<string, (span: number) => Waiting>> = {
  onCancelled: (span) => (wake) => {
    const scope = CancelScope.open(Token.timeout(span))()
    CancelScope.onCancelled(scope, wake, { keepAlive: true })()
  },
  wait: (span) => (wake) => void CancelScope.wait(CancelScope.open(Token.timeout(span))())().then(wake),
  toAbortSignal: (span) => (wake) => whenAborted(toAbortSignal(CancelScope.open(Token.timeout(span))())(), wake),
  'AbortSignal.timeout': (span) => (wake) => whenAborted(AbortSignal.timeout(span), wake),
  setTimeout: (span) => (wake) => void setTimeout(wake, span),
}

const at = (times: ReadonlyArray<number>, share: number): number =>
  [...times].sort((x, y) => x - y)[Math.floor((times.length - 1) * share)] ?? NaN

const wakeUp = (begin: (wake: () => void) => () => void): Promise<number> =>
  new Promise((resolve) => {
    let start = NaN
    const cancel = begin(() => resolve(performance.now() - start))
    start = performance.now()
    cancel()
  })

const sleep = (begin: (span: number) => Waiting, span: number): Promise<number> =>
  new Promise((resolve) => {
    const due = performance.now() + span
    begin(span)(() => resolve(performance.now() - due))
  })

const table = (head: ReadonlyArray<string>, lines: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

const latencies = async (): Promise<ReadonlyArray<ReadonlyArray<string>>> => {
  const times = new Map(Object.keys(cancels).map((name) => [name, [] as Array<number>]))
  for (let round = 0; round < wakes; round++) {
    for (const [name, begin] of Object.entries(cancels)) times.get(name)?.push((await wakeUp(begin)) * 1000)
    if (round % 50 === 0) await setImmediate() // finalisers run between turns
  }
  return [...times].map(([name, each]) => [name, at(each, 0.5).toFixed(2), at(each, 0.99).toFixed(2)])
}

/** The same spans for all; whole milliseconds, for AbortSignal.timeout takes no others. */
const spans = Array.from({ length: timeouts }, (_, index) => shortest + ((index * 7) % (longest - shortest + 1)))

const lateness = async (): Promise<ReadonlyArray<ReadonlyArray<string>>> => {
  const names = Object.keys(sleeps)
  const times = new Map(names.map((name) => [name, [] as Array<number>]))
  const rounds = 20
  for (let round = 0; round < rounds; round++) {
    const part = spans.filter((_, index) => index % rounds === round)
    const running = part.flatMap((span) =>
      Object.entries(sleeps).map(async ([name, begin]) => times.get(name)?.push(await sleep(begin, span))),
    )
    await Promise.all(running)
  }
  return [...times].map(([name, each]) => [
    name,
    at(each, 0.5).toFixed(2),
    at(each, 0.99).toFixed(2),
    `${each.filter((late) => late < 0).length} of ${each.length}`,
    Math.max(0, -at(each, 0)).toFixed(2),
  ])
}

// something must keep the process alive while only timers that do not are left
const keeper = setInterval(() => {}, 1000)
console.log(`node ${process.version}; ${wakes} interleaved wake-ups and ${timeouts} timeouts of each a run\n`)
await latencies() // warms up
for (let run = 1; run <= 3; run++) {
  console.log(`run ${run}\n`)
  console.log(table(['after a cancel', 'p50, µs', 'p99, µs'], await latencies()))
  console.log()
  console.log(
    table(['after the instant that is due', 'p50, ms', 'p99, ms', 'early', 'earliest by, ms'], await lateness()),
  )
  console.log()
}
clearInterval(keeper)
console.log("The platform's timers round the present down to a millisecond: they may run before the span is over.")
