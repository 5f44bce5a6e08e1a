/** Real requests to a local server that takes a minute to answer. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cancellable, CancelScope, Token } from 'cantok-ts'
import { fromAbortSignal, toAbortSignal } from 'cantok-ts/AbortSignal'
import { expectNothingLeft, rejectionOf, watchResources, ways } from './support.js'

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** The connection is gone; whether the answer was complete. */
  readonly closed: Promise<boolean>
}

let server: Server
let url: string
let arrived: (exchange: Exchange) => void

/** The next request that comes to the server. */
const nextRequest = (): Promise<Exchange> =>
  new Promise((resolve) => {
    arrived = resolve
  })

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/quick') return void response.end('quick')
    if (request.url === '/broken') return void request.socket.destroy()
    const timer = setTimeout(() => response.end('slow'), 60_000)
    const closed = new Promise<boolean>((resolve) => {
      response.on('close', () => {
        clearTimeout(timer)
        resolve(response.writableFinished)
      })
    })
    if (request.url === '/stalled') response.write('a part')
    arrived({ request, response, closed })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
  url = `http://127.0.0.1:${address.port}`
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

/** Whatever it was cancelled by, fetch keeps an idle connection for some seconds. */
const closeIdle = (): void => server.closeAllConnections()

const get = (path: string) =>
  Cancellable.tryCatch(async (signal) => (await fetch(url + path, { signal })).text(), String)

describe.each(ways)('fetch, cancelled by %s', (_, open) => {
  it('rejects with the CancellationError, and the server sees the connection closed', async () => {
    const cancelling = open()
    const resources = watchResources(closeIdle)
    const signal = toAbortSignal(cancelling.scope)()
    const coming = nextRequest()
    const fetching = fetch(`${url}/slow`, { signal })
    const { closed } = await coming
    cancelling.fire()
    const error = await rejectionOf(fetching)
    expect(error).toBe(signal.reason)
    expect(error).toMatchObject({ reason: cancelling.reason })
    expect(await closed).toBe(false)
    expectNothingLeft(signal, cancelling)
    await resources()
  })

  it('rejects in the middle of a body, and the server sees the connection closed', async () => {
    const cancelling = open()
    const resources = watchResources(closeIdle)
    const signal = toAbortSignal(cancelling.scope)()
    const coming = nextRequest()
    const response = await fetch(`${url}/stalled`, { signal })
    const { closed } = await coming
    const reader = response.body!.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('a part')
    const reading = reader.read()
    cancelling.fire()
    expect(await rejectionOf(reading)).toBe(signal.reason)
    expect(await closed).toBe(false)
    expectNothingLeft(signal, cancelling)
    await resources()
  })

  it('ends a pipeline with the reason, and the server sees the connection closed', async () => {
    const cancelling = open()
    const resources = watchResources(closeIdle)
    const coming = nextRequest()
    const running = Cancellable.run(cancelling.scope)(get('/slow'))()
    const { closed } = await coming
    cancelling.fire()
    expect(await running).toMatchObject({ _tag: 'Left', left: cancelling.reason })
    expect(await closed).toBe(false)
    expectNothingLeft(toAbortSignal(cancelling.scope)(), cancelling)
    await resources()
  })

  it('ends all of a traverse with the reason, and the server sees every connection closed', async () => {
    const cancelling = open()
    const resources = watchResources(closeIdle)
    const exchanges: Array<Exchange> = []
    const all = new Promise<void>((resolve) => {
      arrived = (exchange) => {
        if (exchanges.push(exchange) === 3) resolve()
      }
    })
    const program = Cancellable.traverse({ concurrency: 3 })(() => get('/slow'))(Array(10).fill(0))
    const running = Cancellable.run(cancelling.scope)(program)()
    await all
    cancelling.fire()
    expect(await running).toMatchObject({ _tag: 'Left', left: cancelling.reason })
    expect(await Promise.all(exchanges.map(({ closed }) => closed))).toEqual([false, false, false])
    expect(exchanges).toHaveLength(3)
    expect(cancelling.timers()).toBe(0)
    await resources()
  })

  it('sends nothing if that was before', async () => {
    const cancelling = open()
    await new Promise<void>((resolve) => {
      CancelScope.onCancelled(cancelling.scope, () => resolve())()
      cancelling.fire()
    })
    let requests = 0
    arrived = () => requests++
    const signal = toAbortSignal(cancelling.scope)()
    expect(await rejectionOf(fetch(`${url}/slow`, { signal }))).toBe(signal.reason)
    expect(await Cancellable.run(cancelling.scope)(get('/slow'))()).toMatchObject({ left: cancelling.reason })
    // whatever was sent before it has come
    expect(await Cancellable.run(CancelScope.background)(get('/quick'))()).toEqual({ _tag: 'Right', right: 'quick' })
    expect(requests).toBe(0)
  })
})

describe('fetch', () => {
  it('that is not cancelled answers, and leaves no listener', async () => {
    const scope = CancelScope.open(Token.manual('stop'))()
    const signal = toAbortSignal(scope)()
    expect(await (await fetch(`${url}/quick`, { signal })).text()).toBe('quick')
    expect(await Cancellable.run(scope)(get('/quick'))()).toEqual({ _tag: 'Right', right: 'quick' })
    expect(signal.aborted).toBe(false)
  })

  it('that fails on its own is a failure and no reason', async () => {
    const scope = CancelScope.open(Token.timeout('1 hour'))()
    const result = await Cancellable.run(scope)(get('/broken'))()
    expect(result).toEqual({ _tag: 'Left', left: 'TypeError: fetch failed' })
    CancelScope.close(scope)()
  })

  it("that a request's own signal cancels ends with the reason of that signal", async () => {
    const controller = new AbortController()
    const job = CancelScope.child(Token.timeout('1 hour'))(fromAbortSignal(controller.signal)())()
    const coming = nextRequest()
    const running = Cancellable.run(job)(Cancellable.within(Token.timeout('1 minute'))(get('/slow')))()
    const { closed } = await coming
    controller.abort(new Error('the client went away'))
    expect(await running).toMatchObject({ left: { _tag: 'Requested', detail: 'the client went away' } })
    expect(await closed).toBe(false)
  })
})
