/** The service over HTTP: what its requests look like, and who their clients are. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Client, Service } from './service.js'

/** Answers requests by a service; `health` is what there is to say of it. */
export const listener =
  (service: Service, health: () => object): RequestListener =>
  (request, response) => {
    const client = clientOf(request, response, service)
    handle(service, health, request, client).catch((defect: unknown) =>
      service.answer(client, 500, { error: String(defect) }),
    )
  }

const handle = async (
  service: Service,
  health: () => object,
  request: IncomingMessage,
  client: Client,
): Promise<void> => {
  const { pathname, searchParams } = new URL(`http://localhost${request.url}`)
  const parts = Number(searchParams.get('parts') ?? 8)
  const delay = Number(searchParams.get('delay') ?? 20)
  const milliseconds = Number(request.headers['x-timeout-ms'] ?? 1000)

  if (pathname === '/health') return client.answer(200, health())
  if (pathname !== '/report') return service.answer(client, 404, { error: 'there is /report and /health' })
  if (!(Number.isInteger(parts) && parts >= 0 && parts <= 100 && delay >= 0 && milliseconds >= 0))
    return service.answer(client, 400, {
      error: 'parts (100 at the most), delay and x-timeout-ms must be numbers, 0 or more',
    })
  return service.handle({ parts, delay, milliseconds }, client)
}

/**
 * Where several requests come by one connection at once, all but the first wait to be answered, and their responses are not told when it is closed. The requests
 * are.
 */
const clientOf = (request: IncomingMessage, response: ServerResponse, { isStopping }: Service): Client => ({
  isGone: () => request.destroyed,
  onGone: (f) => {
    if (request.destroyed) f()
    else request.once('close', f)
  },
  answer: (status, body) => {
    if (isStopping()) response.setHeader('connection', 'close')
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  },
})
