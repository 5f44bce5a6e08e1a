/** Real threads for tests: the functions of workers.ts, each called by name in a worker of its own. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import type * as workers from './workers.js'

type Workers = typeof workers
export type Name = keyof Workers

export interface Thread<A> {
  /** When the function says so, by `ready`. */
  readonly ready: Promise<void>
  readonly answer: Promise<A>
  readonly terminate: () => Promise<unknown>
}

/** Builds workers.ts; the answer starts threads. */
export const threads = async (): Promise<
  <N extends Name>(name: N, argument: Parameters<Workers[N]>[0]) => Thread<Awaited<ReturnType<Workers[N]>>>
> => {
  const outfile = join(mkdtempSync(join(tmpdir(), 'cantok-')), 'workers.mjs')
  const src = new URL('../../src/', import.meta.url).pathname
  await build({
    stdin: {
      contents: `
        import { parentPort, workerData } from 'node:worker_threads'
        import * as workers from './workers.ts'
        parentPort.postMessage({ answer: await workers[workerData.name](workerData.argument) })
      `,
      resolveDir: import.meta.dirname,
    },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    alias: { 'cantok-ts': `${src}index.ts`, 'cantok-ts/threads': `${src}threads/index.ts` },
    logLevel: 'warning',
  })
  return (name, argument) => {
    const worker = new Worker(outfile, { workerData: { name, argument } })
    let isReady = (): void => {}
    const ready = new Promise<void>((resolve) => (isReady = resolve))
    type Answer = Awaited<ReturnType<Workers[typeof name]>>
    const answer = new Promise<Answer>((resolve, reject) => {
      worker.on('message', (message: 'ready' | { readonly answer: Answer }) => {
        if (message === 'ready') isReady()
        else resolve(message.answer)
      })
      worker.on('error', reject)
    })
    return { ready, answer, terminate: () => worker.terminate() }
  }
}
