/** The live side in a browser: what it may do on the main thread and in a worker, and the platform's own cancellation. */
import { AbortSignal, Cancellable, CancelScope, Token } from 'cantok-ts'
import type { Either } from 'fp-ts/lib/Either.js'
import { equal, thrown } from './check.js'
import type { Tests } from './check.js'

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Runs a function of this bundle in a worker; it is given by the name it has there. */
const inWorker = (name: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(import.meta.url, { type: 'module', name })
    worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      worker.terminate()
      resolve(data)
    })
    worker.addEventListener('error', reject)
  })

export const worked = (): unknown => {
  const scope = CancelScope.open(Token.timeout('20ms'))()
  const early = CancelScope.waitSync(scope, { timeout: '1ms' })()
  const late = CancelScope.waitSync(scope)()
  return [early._tag, late._tag]
}

export const tests: Tests = {
  'waitSync refuses to block the main thread, and says why': () => {
    const error = thrown(CancelScope.waitSync(CancelScope.open(Token.timeout('1 hour'))(), { timeout: '1 second' }))
    equal(/block/.test(messageOf(error)) && /browser/.test(messageOf(error)), true)
  },

  'waitSync of a scope that has fired needs no blocking': () => {
    equal(CancelScope.waitSync(CancelScope.open(Token.timeout(0))())()._tag, 'Some')
  },

  'waitSync blocks a worker': async () => equal(await inWorker('worked'), ['None', 'Some']),

  'wait is woken by a timer and by an input': async () => {
    equal((await CancelScope.wait(CancelScope.open(Token.timeout('5ms'))())())._tag, 'TimedOut')
    const scope = CancelScope.open(Token.manual('stop'))()
    const waiting = CancelScope.wait(scope)()
    CancelScope.cancelInput(scope, 'stop')()
    equal((await waiting)._tag, 'Requested')
  },

  'what listeners throw is reported as one error': async () => {
    const scope = CancelScope.open(Token.never)()
    for (const text of ['one', 'two'])
      CancelScope.onCancelled(scope, () => {
        throw new Error(text)
      })()
    const reported = new Promise<unknown>((resolve) => {
      globalThis.addEventListener('error', (event) => {
        event.preventDefault()
        resolve(event.error)
      })
    })
    CancelScope.cancel(scope)()
    const error = await reported
    equal(error instanceof AggregateError && error.errors.map(messageOf), ['one', 'two'])
  },

  'a fetch ends when its scope does': async () => {
    const request = Cancellable.tryCatch(async (signal) => (await fetch('/never', { signal })).status, messageOf)
    const scope = CancelScope.open(Token.timeout('20ms'))()
    const result: Either<unknown, unknown> = await Cancellable.run(scope)(request)()
    equal(result._tag === 'Left' && typeof result.left === 'object', true)
  },

  'a scope of a signal fires with it': () => {
    const controller = new AbortController()
    const scope = AbortSignal.fromAbortSignal(controller.signal)()
    equal(CancelScope.isCancelled(scope)(), false)
    controller.abort()
    equal(CancelScope.isCancelled(scope)(), true)
  },
}
