import { EventEmitter, getEventListeners, on, once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { Cancellable, CancelScope, Token } from 'cantok-ts'
import { toAbortSignal } from 'cantok-ts/AbortSignal'
import { expectAbort, expectNothingLeft, rejectionOf, watchResources, ways } from './support.js'

describe.each(ways)('events, cancelled by %s', (_, open) => {
  it('once rejects, and listens to the emitter no more', async () => {
    const cancelling = open()
    const resources = watchResources()
    const signal = toAbortSignal(cancelling.scope)()
    const emitter = new EventEmitter()
    const waiting = once(emitter, 'never', { signal })
    cancelling.fire()
    expectAbort(await rejectionOf(waiting), signal)
    expect(emitter.eventNames()).toEqual([])
    expectNothingLeft(signal, cancelling)
    await resources()
  })

  it('once in a pipeline ends it with the reason', async () => {
    const cancelling = open()
    const resources = watchResources()
    const emitter = new EventEmitter()
    const program = Cancellable.tryCatch((signal) => once(emitter, 'never', { signal }), String)
    const running = Cancellable.run(cancelling.scope)(program)()
    cancelling.fire()
    expect(await running).toMatchObject({ _tag: 'Left', left: cancelling.reason })
    expect(emitter.eventNames()).toEqual([])
    expectNothingLeft(toAbortSignal(cancelling.scope)(), cancelling)
    await resources()
  })

  it('on ends its loop after what had come, and listens to the emitter no more', async () => {
    const cancelling = open()
    const resources = watchResources()
    const signal = toAbortSignal(cancelling.scope)()
    const emitter = new EventEmitter()
    const seen: Array<unknown> = []
    const looping = (async () => {
      for await (const [value] of on(emitter, 'value', { signal })) {
        seen.push(value)
        if (value === 2) cancelling.fire()
      }
    })()
    emitter.emit('value', 1)
    emitter.emit('value', 2)
    expectAbort(await rejectionOf(looping), signal)
    expect(seen).toEqual([1, 2])
    expect(emitter.eventNames()).toEqual([])
    expectNothingLeft(signal, cancelling)
    await resources()
  })

  it('an EventTarget that was told to listen by signal does so no more', async () => {
    const cancelling = open()
    const signal = toAbortSignal(cancelling.scope)()
    const target = new EventTarget()
    let heard = 0
    target.addEventListener('ping', () => heard++, { signal })
    target.dispatchEvent(new Event('ping'))
    const fired = once(signal, 'abort')
    cancelling.fire()
    await fired
    target.dispatchEvent(new Event('ping'))
    expect(heard).toBe(1)
    expect(getEventListeners(target, 'ping')).toEqual([])
  })
})

describe('events', () => {
  it('that come in time leave no listener on the signal', async () => {
    const scope = CancelScope.open(Token.manual('stop'))()
    const signal = toAbortSignal(scope)()
    const emitter = new EventEmitter()
    const waiting = once(emitter, 'value', { signal })
    emitter.emit('value', 1)
    expect(await waiting).toEqual([1])
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
