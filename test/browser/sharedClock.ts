/** A shared clock in a browser: its ticker is a worker made of a Blob, in a page that is cross-origin isolated. */
import { CancelScope, Clock, Token } from 'cantok-ts'
import { equal, thrown } from './check.js'
import type { Tests } from './check.js'

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Reads until the ticker is heard; a worker starts only while the page yields. */
const hear = async (clock: Clock.SharedClock): Promise<void> => {
  clock.monotonic()
  while (clock.state() !== 'ticking') await pause(1)
}

/** What a worker makes of the buffer that the page posts to it. */
export const listened = async (): Promise<unknown> => {
  const buffer = await new Promise<SharedArrayBuffer>((resolve) => {
    globalThis.addEventListener('message', ({ data }: MessageEvent<SharedArrayBuffer>) => resolve(data))
  })
  const clock = Clock.shared({ buffer })
  clock.monotonic()
  while (clock.state() !== 'ticking'); // the ticker is another thread's
  clock.close()
  return clock.state()
}

export const tests: Tests = {
  'a shared clock is heard, in a loop that does not yield too, and falls back when it is closed': async () => {
    const clock = Clock.shared()
    equal(clock.state(), 'idle')
    await hear(clock)
    const scope = CancelScope.open(Token.timeout('30ms'), { clock })()
    const more = CancelScope.keepGoing(scope)
    const start = performance.now()
    while (more());
    equal([CancelScope.poll(scope)()._tag, performance.now() - start > 20], ['Some', true])
    clock.close()
    equal(clock.state(), 'closed')
    const before = performance.now()
    equal(clock.monotonic() >= before, true)
  },

  'a worker hears the ticker of the page by its buffer': async () => {
    const clock = Clock.shared()
    await hear(clock)
    const worker = new Worker(import.meta.url, { type: 'module', name: 'listened' })
    const answer = new Promise<unknown>((resolve, reject) => {
      worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => resolve(data))
      worker.addEventListener('error', reject)
    })
    worker.postMessage(clock.buffer)
    const keeping = setInterval(clock.monotonic, 100)
    equal(await answer, 'closed')
    clearInterval(keeping)
    worker.terminate()
    clock.close()
  },

  'a policy that forbids the worker leaves the time as it is': async () => {
    const policy = document.createElement('meta')
    policy.httpEquiv = 'Content-Security-Policy'
    policy.content = "worker-src 'none'"
    const frame = document.createElement('iframe')
    document.body.append(frame)
    const inner = frame.contentWindow
    if (inner === null) throw new Error('the frame has no window')
    inner.document.head.append(policy)
    const { Worker: page } = globalThis
    Object.assign(globalThis, { Worker: (inner as Window & typeof globalThis).Worker }) // sound: a window has the globals
    const clock = Clock.shared()
    const before = performance.now()
    equal(clock.monotonic() >= before, true)
    await pause(100)
    Object.assign(globalThis, { Worker: page })
    equal(clock.state(), 'starved')
    frame.remove()
  },

  'a worker may make a clock of its own': async () => {
    const worker = new Worker(import.meta.url, { type: 'module', name: 'owned' })
    const answer = await new Promise<unknown>((resolve, reject) => {
      worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => resolve(data))
      worker.addEventListener('error', reject)
    })
    worker.terminate()
    equal(answer, ['ticking', 'closed'])
  },

  'a page without shared memory is told so': () => {
    const { SharedArrayBuffer: memory } = globalThis
    Object.assign(globalThis, { SharedArrayBuffer: undefined })
    const error = thrown(() => Clock.shared())
    Object.assign(globalThis, { SharedArrayBuffer: memory })
    equal(error instanceof Error && /cross-origin isolated/.test(error.message), true)
  },
}

export const owned = async (): Promise<unknown> => {
  const clock = Clock.shared()
  await hear(clock)
  const state = clock.state()
  clock.close()
  return [state, clock.state()]
}
