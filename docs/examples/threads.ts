/**
 * A search that keeps every core busy in loops that never yield, and stops in all of them at once.
 *
 * It shows: one scope for all threads, with a timeout, a budget that they spend together, and an input by which the one that finds something stops the others;
 * Ctrl-C, which reaches threads that hear no events; and telling, in each, why it stopped.
 *
 * `npm start docs/examples/threads.ts` looks for a text whose hash begins with five zeros; `-- --zeros 9 --tries 100000` soon gives up.
 */
import { createHash } from 'node:crypto'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { parseArgs } from 'node:util'
import { CancelScope, Reason, Token } from 'cantok-ts'
import { ownShared, share } from 'cantok-ts/threads'
import type { ScopeHandle } from 'cantok-ts/threads'

type Inputs = 'manual:found' | 'manual:ctrl-c' | 'budget:tries'

interface Order {
  readonly thread: number
  readonly zeros: number
  readonly handle: ScopeHandle<Inputs>
}

const batch = 1000

/** In a worker: tries texts until its scope says stop, for whatever reason. */
const search = ({ thread, zeros, handle }: Order): string => {
  const scope = ownShared(handle)()
  const more = CancelScope.keepGoing(scope)
  const spendBatch = CancelScope.spend(scope, 'tries', batch)
  const wanted = '0'.repeat(zeros)
  for (let round = 0; more(); round++) {
    for (let number = round * batch; number < (round + 1) * batch; number++) {
      const text = `${thread}-${number}`
      if (createHash('sha256').update(text).digest('hex').startsWith(wanted))
        CancelScope.cancelInput(scope, 'found', text)()
    }
    spendBatch()
  }
  const reason = CancelScope.poll(scope)()
  return reason._tag === 'Some' ? Reason.Show.show(reason.value) : 'nothing'
}

const main = async (zeros: number, tries: number, count: number): Promise<void> => {
  const token = Token.any(
    Token.manual('found'),
    Token.manual('ctrl-c'),
    Token.budget('tries', tries),
    Token.timeout('1 minute'),
  )
  const scope = CancelScope.open(token)()
  process.once('SIGINT', CancelScope.cancelInput(scope, 'ctrl-c'))
  const handle = share(scope)()
  const workers = Array.from(
    { length: count },
    (_, thread) => new Worker(new URL(import.meta.url), { workerData: { thread, zeros, handle } satisfies Order }),
  )
  console.log(`${count} threads search`)
  const reasons = await Promise.all(
    workers.map((worker) => new Promise<string>((resolve) => worker.once('message', resolve))),
  )
  console.log(reasons.every((reason) => reason === reasons[0]) ? `all stopped: ${reasons[0]}` : reasons.join('\n'))
  CancelScope.close(scope)()
  process.removeAllListeners('SIGINT')
}

if (isMainThread) {
  const { values } = parseArgs({
    allowPositionals: true, // `npm start` passes this file's name
    options: {
      zeros: { type: 'string', default: '5' },
      tries: { type: 'string', default: '1000000000' },
      threads: { type: 'string', default: '4' },
    },
  })
  await main(Number(values.zeros), Number(values.tries), Number(values.threads))
} else parentPort?.postMessage(search(workerData as Order)) // sound: `main` sends it
