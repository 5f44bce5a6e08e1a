import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Cancellable, CancelScope, Token } from 'cantok-ts'
import { toAbortSignal } from 'cantok-ts/AbortSignal'
import { expectAbort, expectNothingLeft, rejectionOf, watchResources, ways } from './support.js'

/** Says that it runs, and would go on for a minute. */
const slow = ['-e', 'console.log("running"); setTimeout(() => {}, 60_000)']

const spawned = (signal: AbortSignal, args: ReadonlyArray<string> = slow): ChildProcess => {
  const child = spawn(process.execPath, args, { signal, stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

describe.each(ways)('a process, cancelled by %s', (_, open) => {
  it('is ended', async () => {
    const cancelling = open()
    const resources = watchResources()
    const signal = toAbortSignal(cancelling.scope)()
    const child = spawned(signal)
    await once(child.stdout!, 'data')
    const failing = once(child, 'error')
    const closing = new Promise((resolve) => child.on('close', (...ended) => resolve(ended)))
    cancelling.fire()
    expectAbort((await failing)[0], signal)
    expect(await closing).toEqual([null, 'SIGTERM'])
    expectNothingLeft(signal, cancelling)
    await resources()
  })

  it('is ended, and so is the pipeline that waits for it, with the reason', async () => {
    const cancelling = open()
    const resources = watchResources()
    let running: () => void
    const underWay = new Promise<void>((resolve) => {
      running = resolve
    })
    let closing: Promise<unknown> | undefined
    const program = Cancellable.tryCatch(async (signal) => {
      const child = spawned(signal)
      closing = new Promise((resolve) => child.on('close', (...ended) => resolve(ended)))
      child.stdout!.on('data', running)
      return once(child, 'exit')
    }, String)
    const ending = Cancellable.run(cancelling.scope)(program)()
    await underWay
    cancelling.fire()
    expect(await ending).toMatchObject({ _tag: 'Left', left: cancelling.reason })
    expect(await closing).toEqual([null, 'SIGTERM'])
    expectNothingLeft(toAbortSignal(cancelling.scope)(), cancelling)
    await resources()
  })

  it('run by execFile is ended', async () => {
    const cancelling = open()
    const resources = watchResources()
    const signal = toAbortSignal(cancelling.scope)()
    const running = promisify(execFile)(process.execPath, slow, { signal })
    await once(running.child.stdout!, 'data')
    cancelling.fire()
    expectAbort(await rejectionOf(running), signal)
    expectNothingLeft(signal, cancelling)
    await resources()
  })
})

describe('a process', () => {
  it('that ends by itself leaves no listener and no timer', async () => {
    const scope = CancelScope.open(Token.timeout('1 hour'))()
    const resources = watchResources()
    const signal = toAbortSignal(scope)()
    const child = spawned(signal, ['-e', 'process.exitCode = 3'])
    expect(await once(child, 'close')).toEqual([3, null])
    CancelScope.close(scope)()
    expect(signal.aborted).toBe(false)
    expectNothingLeft(signal, { scope, fire: () => {}, reason: {}, timers: () => 0 })
    await resources()
  })
})
