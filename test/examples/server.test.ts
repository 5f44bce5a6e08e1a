/** The example server as a process: under load, under signals, and with clients that misbehave. */
import { request } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { example } from './start.js'
import type { Running } from './start.js'

const start = example('server')

type Answer =
  | { readonly _tag: 'Answered'; readonly status: number; readonly body: unknown }
  /** Not a byte of an answer came. */
  | { readonly _tag: 'Refused'; readonly code: string }
  /** An answer began, and did not end. */
  | { readonly _tag: 'Torn' }

/** Asks by a connection of its own. */
const ask = (url: string, path: string, timeout = 10_000): Promise<Answer> =>
  new Promise((resolve) => {
    const asking = request(`${url}${path}`, { agent: false, headers: { 'x-timeout-ms': timeout } }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (more: string) => {
        text += more
      })
      response.on('error', () => resolve({ _tag: 'Torn' }))
      response.on('end', () => resolve({ _tag: 'Answered', status: response.statusCode ?? 0, body: JSON.parse(text) }))
    })
    asking.on('error', (error) =>
      resolve({ _tag: 'Refused', code: 'code' in error ? String(error.code) : error.message }),
    )
    asking.end()
  })

const asks = (url: string, path: string, count: number, timeout?: number): ReadonlyArray<Promise<Answer>> =>
  Array.from({ length: count }, () => ask(url, path, timeout))

const serving = async (): Promise<Running & { readonly url: string }> => {
  const running = start('--port', '0')
  const [, url] = await running.says(/listening on (\S+)/)
  return { ...running, url: url! }
}

interface Health {
  readonly running: number
  readonly fetching: number
}

const healthOf = async (url: string): Promise<Health> => {
  const health = await ask(url, '/health')
  if (health._tag !== 'Answered') throw new Error('the server is gone')
  return health.body as Health // sound: the server says so
}

const until = async (url: string, isIt: (health: Health) => boolean): Promise<void> => {
  while (!isIt(await healthOf(url)));
}

const status = (answer: Answer): number | string => (answer._tag === 'Answered' ? answer.status : answer._tag)

/** So slow that only a limit ends it. */
const endless = '/report?parts=8&delay=1000000'

describe('the server under load', () => {
  it('answers or clearly refuses every request when SIGTERM comes under load, and ends in time', async () => {
    const { url, child, ended, output } = await serving()

    // before: waves of fifty, of which half are too slow for their clients
    for (let wave = 0; wave < 3; wave++) {
      const quick = asks(url, '/report?parts=8&delay=5', 25)
      const late = asks(url, endless, 25, 50)
      expect(new Set((await Promise.all(late)).map(status))).toEqual(new Set([504]))
      expect(new Set((await Promise.all(quick)).map(status))).toEqual(new Set([200]))
    }

    // under load: some that will never end by themselves, and some that need less than the two seconds
    const stuck = asks(url, endless, 25)
    await until(url, ({ running }) => running === 25)
    const short = asks(url, '/report?parts=1&delay=700', 25)
    let shortAnswers = 0
    for (const each of short) void each.then(() => shortAnswers++)
    await until(url, ({ running }) => running > 25 || shortAnswers === 25)
    let stuckAnswers = 0
    for (const each of stuck) void each.then(() => stuckAnswers++)

    child.kill('SIGTERM')
    const killed = performance.now()
    const after = [...asks(url, '/report?parts=8&delay=5', 50)]
    for (let last: Answer | null = null; last?._tag !== 'Refused'; after.push(Promise.resolve(last)))
      last = await ask(url, '/report?parts=8&delay=5')
    expect(stuckAnswers).toBe(0) // no more are taken while those still run

    expect(await Promise.all(stuck)).toEqual(
      Array.from({ length: 25 }, () => ({
        _tag: 'Answered',
        status: 503,
        body: { error: expect.stringMatching(/^timed out after 2 seconds/), limit: 'shutdown' },
      })),
    )
    const shorts = (await Promise.all(short)).map(status)
    expect(shorts).toContain(200)
    for (const each of [...shorts, ...(await Promise.all(after)).map(status)])
      expect([200, 503, 504, 'Refused']).toContain(each)

    expect(await ended).toBe(0)
    expect(performance.now() - killed).toBeLessThan(10_000)
    expect(output()).toMatch(/^stopped: .*\b75 × 504/m)
  })
})

describe.concurrent('the server', () => {
  it('cuts what is running at once when SIGINT comes, even after SIGTERM', async () => {
    const { url, child, ended, says } = await serving()
    const stuck = asks(url, endless, 5)
    await until(url, ({ running }) => running === 5)
    child.kill('SIGTERM')
    await says(/sigterm: .* 5 are running/)
    child.kill('SIGINT')
    for (const answer of await Promise.all(stuck))
      expect(answer).toMatchObject({
        status: 503,
        body: { error: expect.stringMatching(/^'sigint' requested/), limit: 'shutdown' },
      })
    expect(await ended).toBe(0)
  })

  it('ends though a client has sent half a request', async () => {
    const { url, child, ended } = await serving()
    const client = connect(Number(new URL(url).port), '127.0.0.1')
    client.on('error', () => {})
    client.write('GET /report HTTP/1.1\r\nHost:')
    await ask(url, '/health')
    child.kill('SIGTERM')
    const killed = performance.now()
    expect(await ended).toBe(0)
    expect(performance.now() - killed).toBeLessThan(10_000)
  })

  it('ends the work of a client that has gone, and no other', async () => {
    const { url, child, ended, output } = await serving()
    const other = ask(url, endless, 9000)
    let isOver = false
    void other.then(() => {
      isOver = true
    })
    await until(url, ({ fetching }) => fetching === 4)
    const client = connect(Number(new URL(url).port), '127.0.0.1')
    client.write(`GET ${endless} HTTP/1.1\r\nHost: localhost\r\nX-Timeout-Ms: 10000\r\n\r\n`)
    await until(url, ({ fetching }) => fetching === 8)
    client.destroy()
    await until(url, ({ running, fetching }) => running === 1 && fetching === 4)
    expect(isOver).toBe(false)
    child.kill('SIGINT')
    expect(status(await other)).toBe(503)
    expect(await ended).toBe(0)
    expect(output()).toMatch(/^stopped: 1 × client gone, 1 × 503$/m)
  })

  it('ends the work of a client that has asked twice by one connection and has gone', async () => {
    const { url, child, ended, output } = await serving()
    const client = connect(Number(new URL(url).port), '127.0.0.1')
    client.write(`GET ${endless} HTTP/1.1\r\nHost: localhost\r\nX-Timeout-Ms: 10000\r\n\r\n`.repeat(2))
    await until(url, ({ fetching }) => fetching === 8)
    client.destroy()
    await until(url, ({ running, fetching }) => running === 0 && fetching === 0)
    child.kill('SIGINT')
    expect(await ended).toBe(0)
    expect(output()).toMatch(/^stopped: 2 × client gone$/m)
  })

  it('fetches four parts at a time', async () => {
    const { url, ended, child } = await serving()
    const asking = ask(url, endless)
    await until(url, ({ fetching }) => fetching === 4)
    for (let look = 0; look < 20; look++) expect(await healthOf(url)).toEqual({ running: 1, fetching: 4 })
    child.kill('SIGINT')
    await Promise.all([asking, ended])
  })

  it('names the limit that fired, its own where a client waits longer', async () => {
    const { url } = await serving()
    expect(await ask(url, endless, 20)).toMatchObject({ status: 504, body: { limit: 'client limit' } })
    expect(await ask(url, endless, 20_000)).toMatchObject({ status: 504, body: { limit: 'server limit' } })
  })

  it.each(['/report?parts=x', '/report?parts=101', '/report?delay=-1'])('refuses %s', async (path) => {
    const { url } = await serving()
    expect(status(await ask(url, path))).toBe(400)
    expect(status(await ask(url, '/other'))).toBe(404)
  })

  it('demonstrates itself and ends', async () => {
    const { ended, output } = start()
    expect([await ended, output()]).toEqual([0, expect.anything()])
    const lines = [
      /^in time: 200 /m,
      /^late: 504 .*"limit":"client limit"/m,
      /^hangs up: AbortError/m,
      /^ends within two seconds: 200 /m,
      /^is cut after two seconds: 503 .*"limit":"shutdown"/m,
      /^stopped: 2 × 200, 1 × 504, 1 × client gone, 1 × 503$/m,
    ]
    for (const line of lines) expect(output()).toMatch(line)
  })
})
