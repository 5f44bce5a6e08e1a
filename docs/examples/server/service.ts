/**
 * The service: reports that are made of parts, within the limits of the request and of the service. It knows nothing of sockets; `http.ts` does.
 */
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

// -------------------------------------------------------------------------------------
// the work, which knows nothing of limits
// -------------------------------------------------------------------------------------

/** Gets a part from the upstream, which takes so many milliseconds for it. */
export type FetchPart = (part: number, delay: number, signal: AbortSignal) => Promise<string>

interface UpstreamFailed {
  readonly _tag: 'UpstreamFailed'
  readonly error: unknown
}

const report = (
  fetchPart: FetchPart,
  { parts, delay }: Asked,
): Cancellable.Cancellable<UpstreamFailed, ReadonlyArray<string>> =>
  pipe(
    Array.from({ length: parts }, (_, part) => part),
    Cancellable.traverse({ concurrency: 4 })((part) =>
      Cancellable.tryCatch(
        (signal) => fetchPart(part, delay, signal),
        (error): UpstreamFailed => ({ _tag: 'UpstreamFailed', error }),
      ),
    ),
  )

// -------------------------------------------------------------------------------------
// requests
// -------------------------------------------------------------------------------------

/** What is asked for, and how many milliseconds the client can wait for it. */
export interface Asked {
  readonly parts: number
  readonly delay: number
  readonly milliseconds: number
}

/** Whoever asks: is answered once, unless it has gone before. */
export interface Client {
  readonly isGone: () => boolean
  /** Calls a function when it has gone, with its answer or without; at once if it has already. */
  readonly onGone: (f: () => void) => void
  readonly answer: (status: number, body: object) => void
}

export interface Service {
  /** Fires when the time of a shutdown is up. */
  readonly scope: CancelScope.ScopeView
  readonly handle: (asked: Asked, client: Client) => Promise<void>
  /** Answers without any work, if the client is still there. */
  readonly answer: (client: Client, status: number, body: object) => void
  /** Takes no more requests, and ends those that run. */
  readonly stop: (signal: 'sigterm' | 'sigint') => void
  readonly isStopping: () => boolean
  readonly running: ReadonlySet<Client>
  /** How many requests have ended how. */
  readonly outcomes: ReadonlyMap<number | 'client gone', number>
}

export const createService = (
  fetchPart: FetchPart,
  around: CancelScope.ScopeView = CancelScope.background,
): Service => {
  const scope = pipe(around, CancelScope.child(shutdown))()
  const running = new Set<Client>()
  const outcomes = new Map<number | 'client gone', number>()
  let isStopping = false

  const answer: Service['answer'] = (client, status, body) => {
    const outcome = client.isGone() ? 'client gone' : status
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    if (!client.isGone()) client.answer(status, body)
  }

  const handle: Service['handle'] = async (asked, client) => {
    // it came by a connection that was open already
    if (isStopping) return answer(client, 503, { error: 'shutting down', limit: 'shutdown' })

    const request = pipe(scope, CancelScope.child(requestLimits(asked.milliseconds)))()
    running.add(client)
    client.onGone(() => {
      running.delete(client)
      CancelScope.cancelInput(request, 'client gone')() // if its answer is out there is nothing to cancel any more
    })

    const result = await pipe(report(fetchPart, asked), Cancellable.run(request))()
    if (result._tag === 'Right') return answer(client, 200, { parts: result.right })
    if (result.left._tag === 'UpstreamFailed') return answer(client, 502, { error: String(result.left.error) })
    return answer(client, statusOf(result.left), { error: Reason.Show.show(result.left), limit: result.left.label })
  }

  return {
    scope,
    handle,
    answer,
    stop: (signal) => {
      isStopping = true
      CancelScope.cancelInput(scope, signal)()
    },
    isStopping: () => isStopping,
    running,
    outcomes,
  }
}

/** Whose limit it was: the request has run out of time, or the service is going down, be it by a signal or by whatever is around it. */
const statusOf = ({ label }: Reason.Reason): number =>
  label === 'client limit' || label === 'server limit' ? 504 : 503
