/** The service of the example, cancelled everywhere: every request gets its one answer or its client is gone, and nothing goes on behind. */
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CancelScope, Token } from 'cantok-ts'
import { ShowReport, sweep, sweepOrThrow } from 'cantok-ts/testing'
import type { Program, SweepOptions } from 'cantok-ts/testing'
import * as example from '../../docs/examples/server/service.js'
import { listener } from '../../docs/examples/server/http.js'
import type { Asked, Client, FetchPart, Service } from '../../docs/examples/server/service.js'
import { altered } from './altered.js'

type Example = Pick<typeof example, 'createService'>

// -------------------------------------------------------------------------------------
// sockets
// -------------------------------------------------------------------------------------

const listen = async (server: Server): Promise<string> => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`
}

const closed = async (server: Server): Promise<void> => {
  const closing = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closing
}

/** Asks by a connection of its own; ends when the request has reached the server, with the status that comes later, or why none does. */
const ask = async (server: Server, url: string): Promise<{ readonly status: Promise<number | string> }> => {
  const isHere = once(server, 'request')
  const asking = request(url, { agent: false }).end()
  const status = once(asking, 'response').then(([response]) => response.resume().statusCode, String)
  await isHere
  return { status }
}

// -------------------------------------------------------------------------------------
// requests
// -------------------------------------------------------------------------------------

interface Request extends Asked {
  /** When it comes. */
  readonly at: number
  /** How long its client stays. */
  readonly stays?: number
  /** The part of which the upstream says that it cannot be had. */
  readonly fails?: number
}

/** It is here for a while, and its client is the one that a sweep lets hang up. */
const steady: Request = { at: 0, parts: 5, delay: 900, milliseconds: 10_000 }

const peaceful: Readonly<Record<string, Request>> = {
  'in time': { at: 0, parts: 6, delay: 20, milliseconds: 1000 },
  'ends within two seconds': steady,
  'comes late': { at: 400, parts: 2, delay: 30, milliseconds: 1000 },
}

/** So many at once: some in time, some not, some whose clients leave, and some that may come when the shutdown has begun. */
const requests: Readonly<Record<string, Request>> = {
  ...peaceful,
  late: { at: 0, parts: 8, delay: 5000, milliseconds: 150 },
  'hangs up': { at: 10, parts: 6, delay: 50, milliseconds: 10_000, stays: 80 },
  fails: { at: 20, parts: 6, delay: 40, milliseconds: 1000, fails: 4 },
  'is too long for anybody': { at: 0, parts: 1, delay: 60_000, milliseconds: 60_000 },
}

/** A client, and what becomes of it. */
interface Asking extends Client {
  readonly request: Request
  readonly answers: ReadonlyArray<Answer>
  readonly leave: () => void
}

interface Answer {
  readonly status: number
  readonly at: number
}

const asking = (request: Request, now: () => number): Asking => {
  const answers: Array<Answer> = []
  const listeners: Array<() => void> = []
  let isGone = false
  const leave = (): void => {
    isGone = true
    for (const listener of listeners.splice(0)) listener()
  }
  return {
    request,
    answers,
    leave,
    isGone: () => isGone,
    onGone: (f) => (isGone ? f() : void listeners.push(f)),
    answer: (status) => {
      answers.push({ status, at: now() })
      void Promise.resolve().then(leave)
    },
  }
}

/** When a request ends if nobody disturbs it, and how. */
const naturalEnd = ({ at, parts, delay, milliseconds, fails }: Request): Answer => {
  const ready = at + Math.ceil(parts / 4) * delay
  if (ready > at + Math.min(milliseconds, 10_000)) return { status: 504, at: at + Math.min(milliseconds, 10_000) }
  return { status: fails === undefined ? 200 : 502, at: ready }
}

// -------------------------------------------------------------------------------------
// the service as a program to sweep
// -------------------------------------------------------------------------------------

interface Serving {
  /** What the cancellation of the sweep is: one of all there is around the service, a signal, or a client that hangs up. */
  readonly by: 'a scope around' | 'sigterm' | 'sigint' | 'a client'
  /** A SIGTERM that comes by itself. */
  readonly sigtermAt?: number
  /** Without those that end early by themselves. */
  readonly isPeaceful?: boolean
  readonly service?: Example
}

const serving =
  ({ by, sigtermAt = Infinity, isPeaceful = false, service: { createService } = example }: Serving): Program<unknown> =>
  async (scope, run) => {
    const now = run.world.clock.monotonic
    const clients = Object.values(isPeaceful ? peaceful : requests).map((request) => asking(request, now))
    const tooLate = new Set<Asking>()
    /** When a shutdown takes effect, as it was asked for, and whether it has. */
    let stopAt = Infinity
    let hasStopped = false
    let hungUp = Infinity
    let late = 0
    const fetching = new Map<Asking, number>()
    const ended = new Map<Asking, number>()
    let unfinished = 0

    const fetchPart: FetchPart = async (part, delay, signal) => {
      // each has a delay of its own
      const client = clients.find(({ request }) => request.delay === delay)!
      if (by === 'a scope around' || by === 'sigint') run.work(`fetches part ${part} in ${delay} ms`)()
      if (hasStopped) late++
      fetching.set(client, (fetching.get(client) ?? 0) + 1)
      try {
        await run.sleep(delay, signal)()
        if (part === client.request.fails) throw new Error('there is no such part')
        return `part ${part}`
      } finally {
        fetching.set(client, fetching.get(client)! - 1)
      }
    }

    const service = createService(
      fetchPart,
      by === 'a scope around' ? scope : CancelScope.open(Token.never, run.world)(),
    )
    const stop = (signal: 'sigterm' | 'sigint'): void => {
      stopAt = Math.min(stopAt, now() + (signal === 'sigterm' ? 2000 : 0))
      service.stop(signal)
    }
    const told = (): void => {
      if (by === 'a scope around') {
        stopAt = Math.min(stopAt, now())
        return
      }
      if (by === 'sigterm' || by === 'sigint') return stop(by)
      hungUp = now()
      clients.find(({ request }) => request === steady)!.leave()
    }
    const listening = [
      CancelScope.onCancelled(service.scope, () => {
        hasStopped = true
      })(),
      CancelScope.onCancelled(scope, told)(),
      CancelScope.onCancelled(run.above, () => stop('sigint'))(),
    ]
    const calledOff = [
      ...clients.flatMap(({ request: { at, stays }, leave }) =>
        stays === undefined ? [] : [run.world.clock.schedule(at + stays, leave)()],
      ),
      ...(sigtermAt < Infinity ? [run.world.clock.schedule(sigtermAt, () => stop('sigterm'))()] : []),
    ]

    await Promise.all(
      clients.map(async (client) => {
        if (client.request.at > 0) await run.sleep(client.request.at)()
        if (service.isStopping()) tooLate.add(client)
        await service.handle(client.request, client)
        ended.set(client, now())
        unfinished += fetching.get(client) ?? 0
      }),
    )
    for (const unsubscribe of listening) unsubscribe()
    for (const callOff of calledOff) callOff()

    run.ensure('every request gets the one answer it is promised', () => {
      for (const client of clients) {
        const { request, answers } = client
        const end = naturalEnd(request)
        const leaves = Math.min(
          request.stays === undefined ? Infinity : request.at + request.stays,
          request === steady ? hungUp : Infinity,
        )
        const refused = tooLate.has(client) ? request.at : Math.max(stopAt, request.at)
        const promised = [
          ...(end.at <= Math.min(refused, leaves) ? [end] : []),
          ...(refused <= Math.min(end.at, leaves) ? [{ status: 503, at: refused }] : []),
        ]
        if (leaves <= Math.min(end.at, refused) && answers.length === 0) {
          expect(ended.get(client)).toBe(Math.max(leaves, request.at))
          continue
        }
        expect(answers.length).toBe(1)
        expect(promised).toContainEqual(answers[0])
      }
      return true
    })()
    run.ensure('nothing is fetched for a request that has ended', () => unfinished === 0)()
    run.ensure('nothing is fetched once the shutdown has taken effect', () => late === 0)()
    run.ensure('no request is left running', () => service.running.size === 0)()
    run.ensure('the outcomes add up', () => {
      const counts = [...service.outcomes.values()].reduce((sum, count) => sum + count, 0)
      expect(counts).toBe(clients.length)
      for (const status of [200, 502, 503, 504])
        expect(clients.filter(({ answers }) => answers[0]?.status === status).length).toBe(
          service.outcomes.get(status) ?? 0,
        )
      return true
    })()
    return clients.map(({ answers }) => answers)
  }

/** The answers are the program's own result, and one of its invariants says which they must be. A signal is the same whatever the reason. */
const optionsFor = ({ by }: Pick<Serving, 'by'>): SweepOptions<unknown> => ({
  reasons: by === 'a scope around' ? ['Requested', 'TimedOut', 'BudgetSpent', 'AllOf'] : ['Requested'],
  isOwn: ({ _tag }) => _tag === 'Returned',
})

describe('the service, cancelled everywhere', () => {
  const shutdowns: Readonly<Record<string, Serving & { readonly within: string }>> = {
    'that of a scope around it': { by: 'a scope around', within: '400 ms' },
    'that of a scope around it while it shuts down': { by: 'a scope around', sigtermAt: 300, within: '400 ms' },
    sigterm: { by: 'sigterm', within: '2 seconds' },
    sigint: { by: 'sigint', within: '400 ms' },
    'sigint after sigterm': { by: 'sigint', sigtermAt: 300, within: '400 ms' },
    'a client that hangs up': { by: 'a client', within: '10 seconds' },
    'a client that hangs up while it shuts down': { by: 'a client', sigtermAt: 300, within: '10 seconds' },
  }
  for (const [title, { within, ...how }] of Object.entries(shutdowns))
    it(`answers every request once: ${title}`, sweepOrThrow(serving(how), { ...optionsFor(how), within }))

  it(
    'answers every request once: sigterm, and sigint at any time after it',
    sweepOrThrow(serving({ by: 'sigterm' }), { ...optionsFor({ by: 'sigterm' }), points: { every: 5 }, again: true }),
  )
})

describe('the service over a real network, cancelled here and there', () => {
  const upstream = createServer(({ url = '/' }, response) => response.end(`part ${url.slice(1)}`))
  let upstreamUrl = ''
  beforeAll(async () => {
    upstreamUrl = await listen(upstream)
  })
  afterAll(() => {
    upstream.close()
    upstream.closeAllConnections()
  })

  const program =
    (by: 'a scope around' | 'sigterm' | 'sigint'): Program<unknown> =>
    async (scope, run) => {
      const handling: Array<Promise<void>> = []
      let tooLate = 0
      const service = example.createService(
        (part, _, signal) => {
          if (by !== 'sigterm') run.work(`fetches part ${part}`)()
          return run.outside(async () => (await fetch(`${upstreamUrl}/${part}`, { signal })).text())()
        },
        by === 'a scope around' ? scope : CancelScope.open(Token.never, run.world)(),
      )
      const unsubscribe = by === 'a scope around' ? () => {} : CancelScope.onCancelled(scope, () => service.stop(by))()
      const handle: Service['handle'] = (asked, client) => {
        if (service.isStopping()) tooLate++
        const handled = service.handle(asked, client)
        handling.push(handled)
        return handled
      }
      const server = createServer(listener({ ...service, handle }, () => ({})))

      // A request is outside this world until it is here, and so is its answer once there is one; what is between is not.
      const url = await run.outside(() => listen(server))()
      const answers = await Promise.all(
        [1, 2, 3].map((parts) => run.outside(() => ask(server, `${url}/report?parts=${2 * parts}`))()),
      )
      await Promise.all(handling)
      const answered = await run.outside(() => Promise.all(answers.map(({ status }) => status)))()
      unsubscribe()
      await run.outside(() => closed(server))()

      run.ensure('every request gets one answer', () => {
        expect(handling.length).toBe(3)
        for (const status of answered) expect([200, 503]).toContain(status)
        // nothing takes any time here, so all that came before a sigterm is ready before that has an effect
        if (by === 'sigterm') expect(service.outcomes.get(503) ?? 0).toBe(tooLate)
        return true
      })()
      run.ensure('no request is left running', () => service.running.size === 0)()
      run.ensure('the outcomes add up', () => {
        for (const status of [200, 503])
          expect(answered.filter((each) => each === status).length).toBe(service.outcomes.get(status) ?? 0)
        return true
      })()
      return answered
    }

  for (const by of ['a scope around', 'sigterm', 'sigint'] as const)
    it(`answers every request once: ${by}`, sweepOrThrow(program(by), { ...optionsFor({ by }), points: { every: 3 } }))
})

describe('what a sweep finds', () => {
  interface Broken {
    readonly replacements: Readonly<Record<string, string>>
    readonly breaks: string
    readonly serving: Serving
  }

  const file = 'docs/examples/server/service.ts'

  const broken: Readonly<Record<string, Broken>> = {
    'a request of which a shutdown is taken for its own timeout': {
      replacements: {
        "label === 'client limit' || label === 'server limit' ? 504 : 503": "label === 'shutdown' ? 503 : 504",
      },
      breaks: 'every request gets the one answer it is promised',
      serving: { by: 'a scope around' },
    },
    'a request that does not end with the service': {
      replacements: {
        'pipe(scope, CancelScope.child(requestLimits(asked.milliseconds)))()':
          'CancelScope.open(requestLimits(asked.milliseconds), { clock: CancelScope.clock(scope) })()',
      },
      breaks: 'nothing is fetched once the shutdown has taken effect',
      serving: { by: 'sigint' },
    },
    'a part that is fetched without the signal': {
      replacements: { 'fetchPart(part, delay, signal)': 'fetchPart(part, delay, new AbortController().signal)' },
      breaks: 'nothing is fetched for a request that has ended',
      serving: { by: 'sigint', isPeaceful: true },
    },
    'work that goes on when its client has gone': {
      replacements: { "CancelScope.cancelInput(request, 'client gone')()": '' },
      breaks: 'every request gets the one answer it is promised',
      serving: { by: 'a client', isPeaceful: true },
    },
    'a request that is taken when the shutdown has begun': {
      replacements: { 'if (isStopping) return': 'if (false) return' },
      breaks: 'every request gets the one answer it is promised',
      serving: { by: 'sigterm' },
    },
  }

  for (const [title, { replacements, breaks, serving: how }] of Object.entries(broken))
    it(title, async () => {
      const service = (await altered(file, replacements)) as unknown as Example // sound: only texts within its functions differ
      const report = await sweep(serving({ ...how, service }), { ...optionsFor(how), reasons: ['Requested'] })()
      const found = report.failed.flatMap(({ failures }) => failures.map(({ invariant }) => invariant))
      expect(report.undisturbed.failures).toEqual([])
      if (!found.includes(breaks)) throw new Error(ShowReport.show(report))
    })
})
