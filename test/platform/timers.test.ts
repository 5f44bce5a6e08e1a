import { setInterval, setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Cancellable } from 'cantok-ts'
import { toAbortSignal } from 'cantok-ts/AbortSignal'
import { expectAbort, expectNothingLeft, rejectionOf, watchResources, ways } from './support.js'

const minute = 60_000

describe.each(ways)('timers of node:timers/promises, cancelled by %s', (_, open) => {
  it('setTimeout rejects, and its timer is gone', async () => {
    const cancelling = open()
    const resources = watchResources()
    const signal = toAbortSignal(cancelling.scope)()
    const sleeping = setTimeout(minute, 'slept', { signal })
    cancelling.fire()
    expectAbort(await rejectionOf(sleeping), signal)
    expectNothingLeft(signal, cancelling)
    await resources()
  })

  it('setTimeout in a pipeline ends it with the reason', async () => {
    const cancelling = open()
    const resources = watchResources()
    const sleep = Cancellable.tryCatch((signal) => setTimeout(minute, 'slept', { signal }), String)
    const running = Cancellable.run(cancelling.scope)(sleep)()
    cancelling.fire()
    expect(await running).toMatchObject({ _tag: 'Left', left: cancelling.reason })
    expectNothingLeft(toAbortSignal(cancelling.scope)(), cancelling)
    await resources()
  })

  it('setInterval ends its loop, and its timer is gone', async () => {
    const cancelling = open()
    const resources = watchResources()
    const signal = toAbortSignal(cancelling.scope)()
    let beats = 0
    const looping = (async () => {
      for await (const _beat of setInterval(1, undefined, { signal })) {
        beats++
        if (beats === 3) cancelling.fire()
      }
    })()
    expectAbort(await rejectionOf(looping), signal)
    expect(beats).toBeGreaterThanOrEqual(3)
    expectNothingLeft(signal, cancelling)
    await resources()
  })
})
