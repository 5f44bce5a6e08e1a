/**
 * An HTTP server with a deadline for each request, and a graceful shutdown.
 *
 * It shows: one scope for the service and a child of it for each request; limits joined by `any` and told apart by their labels; a deadline
 * handed down to a fan-out of fetches, four at a time; a client that goes away taking its work along; and `andThen` as graceful shutdown.
 *
 * `npm start docs/examples/server.ts` demonstrates all that and ends. `npm start docs/examples/server.ts -- --port 8080` serves until SIGTERM:
 *
 * - `GET /report?parts=8&delay=20` fetches so many parts from a slow upstream, each of which takes so many milliseconds; the header
 *   `x-timeout-ms` says how long the client can wait
 * - `GET /health` says how many requests are running, and how many parts they are fetching
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { pipe } from 'fp-ts/lib/function.js'
import { Cancellable, CancelScope, Reason, Token } from 'cantok-ts'

/** SIGTERM leaves what is running two seconds, SIGINT nothing. */
const shutdown = Token.labelled('shutdown')(
  Token.any(Token.andThen(Token.manual('sigterm'), Token.timeout('2 seconds')), Token.manual('sigint')),
)

/** The time a request has: what its client can wait, and never more than ten seconds. */
const requestLimits = (milliseconds: number) =>
  Token.any(
    Token.manual('client gone'),
    Token.labelled('client limit')(Token.timeout(milliseconds)),
    Token.labelled('server limit')(Token.timeout('10 seconds')),
  )

const service = CancelScope.open(shutdown)()

// -------------------------------------------------------------------------------------
// the work, which knows nothing of limits
// -------------------------------------------------------------------------------------

interface UpstreamFailed {
  readonly _tag: 'UpstreamFailed'
  readonly error: unknown
}

const fetchPart = (url: string): Cancellable.Cancellable<UpstreamFailed, string> =>
  Cancellable.tryCatch(
    async (signal) => {
      const answer = await fetch(url, { signal })
      if (!answer.ok) throw new Error(`the upstream answered ${answer.status}`)
      return answer.text()
    },
    (error) => ({ _tag: 'UpstreamFailed', error }),
  )

const report = (parts: number, delay: number): Cancellable.Cancellable<UpstreamFailed, ReadonlyArray<string>> =>
  pipe(
    Array.from({ length: parts }, (_, part) => `${upstreamUrl}/${part}?delay=${delay}`),
    Cancellable.traverse({ concurrency: 4 })(fetchPart),
  )

// -------------------------------------------------------------------------------------
// requests
// -------------------------------------------------------------------------------------

const running = new Set<ServerResponse>()
const outcomes = new Map<number | 'client gone', number>()

const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { pathname, searchParams } = new URL(`http://localhost${request.url}`)
  const parts = Number(searchParams.get('parts') ?? 8)
  const delay = Number(searchParams.get('delay') ?? 20)
  const milliseconds = Number(request.headers['x-timeout-ms'] ?? 1000)

  if (pathname === '/health') return send(response, 200, { running: running.size, fetching })
  if (pathname !== '/report') return answer(response, 404, { error: 'there is /report and /health' })
  if (!(Number.isInteger(parts) && parts >= 0 && parts <= 100 && delay >= 0 && milliseconds >= 0))
    return answer(response, 400, {
      error: 'parts (100 at the most), delay and x-timeout-ms must be numbers, 0 or more',
    })
  // it came by a connection that was open already
  if (!server.listening) return answer(response, 503, { error: 'shutting down', limit: 'shutdown' })

  const scope = pipe(service, CancelScope.child(requestLimits(milliseconds)))()
  running.add(response)
  response.once('close', () => {
    running.delete(response)
    CancelScope.cancelInput(scope, 'client gone')() // if its answer is out there is nothing to cancel any more
  })

  const result = await pipe(report(parts, delay), Cancellable.run(scope))()
  if (result._tag === 'Right') return answer(response, 200, { parts: result.right })
  if (result.left._tag === 'UpstreamFailed') return answer(response, 502, { error: String(result.left.error) })
  return answer(response, statusOf(result.left), { error: Reason.Show.show(result.left), limit: result.left.label })
}

/** Whose limit it was: the service is going down, or the request has run out of time. */
const statusOf = ({ label }: Reason.Reason): number => (label === 'shutdown' ? 503 : 504)

const answer = (response: ServerResponse, status: number, body: object): void => {
  const outcome = response.destroyed ? 'client gone' : status
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  if (!response.destroyed) send(response, status, body)
}

const send = (response: ServerResponse, status: number, body: object): void => {
  if (!server.listening) response.setHeader('connection', 'close')
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

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

const server = createServer((request, response) => {
  handle(request, response).catch((defect: unknown) => answer(response, 500, { error: String(defect) }))
})

const listen = async (on: Server, port: number): Promise<string> => {
  await once(on.listen(port, '127.0.0.1'), 'listening')
  const address = on.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`
}

const stop = (signal: 'sigterm' | 'sigint'): void => {
  console.log(`${signal}: no more requests are taken, ${running.size} are running`)
  server.close()
  CancelScope.cancelInput(service, signal)()
}
process.on('SIGTERM', () => stop('sigterm'))
process.on('SIGINT', () => stop('sigint'))

// By then every request has its refusal on the way; a client that does not take it, or has sent half a request, holds up nobody.
CancelScope.onCancelled(service, () => void setTimeout(() => server.closeAllConnections(), 250).unref())()

const { port } = parseArgs({ options: { port: { type: 'string' } }, allowPositionals: true }).values
const upstreamUrl = await listen(upstream, 0)
const url = await listen(server, Number(port ?? 0))
console.log(`listening on ${url}`)

const closed = once(server, 'close')
if (port === undefined) await demonstrate()
await closed
upstream.close()
upstream.closeAllConnections() // `fetch` keeps some open for a while
console.log(`stopped: ${[...outcomes].map(([outcome, count]) => `${count} × ${outcome}`).join(', ')}`)

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
