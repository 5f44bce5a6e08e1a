/**
 * An HTTP server with a deadline for each request, and a graceful shutdown.
 *
 * `server/service.ts` shows: one scope for the service and a child of it for each request; limits joined by `any` and told apart by their labels; a deadline
 * handed down to a fan-out of fetches, four at a time; a client that goes away taking its work along; and `andThen` as graceful shutdown. `server/http.ts`
 * puts it on sockets, and this is the program around it.
 *
 * `npm start docs/examples/server.ts` demonstrates all that and ends. `npm start docs/examples/server.ts -- --port 8080` serves until SIGTERM:
 *
 * - `GET /report?parts=8&delay=20` fetches so many parts from a slow upstream, each of which takes so many milliseconds; the header
 *   `x-timeout-ms` says how long the client can wait
 * - `GET /health` says how many requests are running, and how many parts they are fetching
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { CancelScope } from 'cantok-ts'
import { listener } from './server/http.js'
import { createService } from './server/service.js'

// -------------------------------------------------------------------------------------
// the servers
// -------------------------------------------------------------------------------------

let fetching = 0

/** Answers after as many milliseconds as it is asked to. */
const upstream = createServer((request, response) => {
  const { pathname, searchParams } = new URL(`http://localhost${request.url}`)
  const timer = setTimeout(() => response.end(`part ${pathname.slice(1)}`), Number(searchParams.get('delay')))
  fetching++
  response.once('close', () => {
    fetching--
    clearTimeout(timer)
  })
})

const service = createService(async (part, delay, signal) => {
  const answer = await fetch(`${upstreamUrl}/${part}?delay=${delay}`, { signal })
  if (!answer.ok) throw new Error(`the upstream answered ${answer.status}`)
  return answer.text()
})
const { running } = service

const server = createServer(listener(service, () => ({ running: running.size, fetching })))

const listen = async (on: Server, port: number): Promise<string> => {
  await once(on.listen(port, '127.0.0.1'), 'listening')
  const address = on.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`
}

const stop = (signal: 'sigterm' | 'sigint'): void => {
  console.log(`${signal}: no more requests are taken, ${running.size} are running`)
  server.close()
  service.stop(signal)
}
process.on('SIGTERM', () => stop('sigterm'))
process.on('SIGINT', () => stop('sigint'))

// By then every request has its refusal on the way; a client that does not take it, or has sent half a request, holds up nobody.
CancelScope.onCancelled(service.scope, () => void setTimeout(() => server.closeAllConnections(), 250).unref())()

const { port } = parseArgs({ options: { port: { type: 'string' } }, allowPositionals: true }).values
const upstreamUrl = await listen(upstream, 0)
const url = await listen(server, Number(port ?? 0))
console.log(`listening on ${url}`)

const closed = once(server, 'close')
if (port === undefined) await demonstrate()
await closed
upstream.close()
upstream.closeAllConnections() // `fetch` keeps some open for a while
console.log(`stopped: ${[...service.outcomes].map(([outcome, count]) => `${count} × ${outcome}`).join(', ')}`)

// -------------------------------------------------------------------------------------
// the demonstration
// -------------------------------------------------------------------------------------

async function demonstrate(): Promise<void> {
  const get = async (title: string, query: string, timeout: number, signal?: AbortSignal): Promise<void> => {
    const headers = { 'x-timeout-ms': String(timeout) }
    try {
      const response = await fetch(`${url}/report?${query}`, { headers, ...(signal === undefined ? {} : { signal }) })
      console.log(`${title}: ${response.status} ${await response.text()}`)
    } catch (error) {
      console.log(`${title}: ${String(error)}`)
    }
  }

  const runningAre = async (count: number): Promise<void> => {
    while (running.size !== count) await setImmediate()
  }

  await get('in time', 'parts=8&delay=20', 1000)
  await get('late', 'parts=8&delay=5000', 150)

  const client = new AbortController()
  const gone = get('hangs up', 'parts=8&delay=5000', 10_000, client.signal)
  await runningAre(1)
  client.abort()
  await Promise.all([gone, runningAre(0)])

  const ends = get('ends within two seconds', 'parts=8&delay=200', 10_000)
  const cut = get('is cut after two seconds', 'parts=8&delay=5000', 10_000)
  await runningAre(2)
  process.emit('SIGTERM', 'SIGTERM')
  await Promise.all([ends, cut])
}
