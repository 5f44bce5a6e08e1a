import { once } from 'node:events'
import { PassThrough, Readable, Writable, addAbortSignal } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, expect, it } from 'vitest'
import { Cancellable } from 'cantok-ts'
import { toAbortSignal } from 'cantok-ts/AbortSignal'
import { expectAbort, expectNothingLeft, rejectionOf, watchResources, ways } from './support.js'

/** A pipeline whose source never ends; `flowing` once something has come through. */
const endless = () => {
  let came: () => void
  const flowing = new Promise<void>((resolve) => {
    came = resolve
  })
  const source = new Readable({
    read() {
      setImmediate(() => this.push('chunk'))
    },
  })
  const middle = new PassThrough()
  const sink = new Writable({
    write(_chunk, _encoding, done) {
      came()
      done()
    },
  })
  return { flowing, source, middle, sink, streams: [source, middle, sink] as const }
}

describe.each(ways)('streams, cancelled by %s', (_, open) => {
  it('pipeline rejects, and all streams are destroyed', async () => {
    const cancelling = open()
    const resources = watchResources()
    const signal = toAbortSignal(cancelling.scope)()
    const { flowing, source, middle, sink, streams } = endless()
    const piping = pipeline(source, middle, sink, { signal })
    await flowing
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([false, false, false])
    cancelling.fire()
    expectAbort(await rejectionOf(piping), signal)
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([true, true, true])
    expectNothingLeft(signal, cancelling)
    await resources()
  })

  it('pipeline in a pipeline of ours ends it with the reason, and all streams are destroyed', async () => {
    const cancelling = open()
    const resources = watchResources()
    const { flowing, source, middle, sink, streams } = endless()
    const program = Cancellable.tryCatch((signal) => pipeline(source, middle, sink, { signal }), String)
    const running = Cancellable.run(cancelling.scope)(program)()
    await flowing
    cancelling.fire()
    expect(await running).toMatchObject({ _tag: 'Left', left: cancelling.reason })
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([true, true, true])
    expectNothingLeft(toAbortSignal(cancelling.scope)(), cancelling)
    await resources()
  })

  it('addAbortSignal destroys a stream that waits for more', async () => {
    const cancelling = open()
    const signal = toAbortSignal(cancelling.scope)()
    const stream = addAbortSignal(signal, new Readable({ read() {} }))
    const failing = once(stream, 'error')
    cancelling.fire()
    expectAbort((await failing)[0], signal)
    expect(stream.destroyed).toBe(true)
  })
})
