/**
 * Three HTTP services, each of which calls the next, and one limit for the whole: a gateway calls a catalogue, which calls a storage.
 *
 * What is left of the gateway's time and of its budget of calls goes along in a header. Each service decodes what it was sent, keeps what it can decide
 * itself, restricts it by limits of its own and hands on what is left then. So the storage stops in time by itself, and says whose limit it was. What only a
 * caller can know, that somebody has asked it to stop, it tells by hanging up.
 *
 * `npm start docs/examples/services.ts` shows all that and ends.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { CancelScope, Token } from 'cantok-ts'
import type { Reason } from 'cantok-ts'
import { fromHeader, headerName, hearing, rebase, report, toHeader } from 'cantok-ts/codec'

const { any, budget, labelled, manual, never, timeout } = Token

// -------------------------------------------------------------------------------------
// a call and its limits
// -------------------------------------------------------------------------------------

interface Answer {
  readonly status: number
  readonly text: string
}

/** Who works, and in what: limits of its own within those of its caller. */
interface Work {
  readonly name: string
  readonly scope: CancelScope.ScopeView
  /** Counts a call on the budget of the caller. */
  readonly spend: () => void
}

/** Every service counts its calls; no other input of its caller means anything to it. */
const here = hearing({ budget: ['calls'] })

/** How long somebody whose time is up waits for those it called: they stop by themselves and say why. */
const grace = 5000

const stopped = (name: string, { label = 'caller', _tag }: Reason.Reason): Answer => ({
  status: 504,
  text: `the ${name} stopped for the ${label}: ${_tag}`,
})

/** Calls another service within what is left here. */
const call = async (url: string, { name, scope, spend }: Work): Promise<Answer> => {
  spend() // the call that spends the last of it is not made
  const checked = CancelScope.check(scope)()
  if (E.isLeft(checked)) return stopped(name, checked.left)
  const left = pipe(CancelScope.residual(scope)(), here, rebase('relative', CancelScope.clock(scope).wall()))
  const header = toHeader(left)
  if (E.isLeft(header))
    return { status: 500, text: `limits of ${header.left.bytes} bytes, of at most ${header.left.allowed}` }

  const hangUp = new AbortController()
  const unsubscribe = CancelScope.onCancelled(scope, ({ _tag }) => {
    if (_tag === 'Requested') hangUp.abort()
    else setTimeout(() => hangUp.abort(), grace).unref()
  })()
  try {
    const response = await fetch(url, { headers: { [headerName]: header.right }, signal: hangUp.signal })
    return { status: response.status, text: await response.text() }
  } catch {
    return { status: 502, text: 'no answer' }
  } finally {
    unsubscribe()
  }
}

/** A service that works within what it is sent, if anything is, and what it allows itself. */
const serve = (
  name: string,
  own: Token.Token,
  work: (query: URLSearchParams, within: Work) => Promise<Answer>,
  onHangUp: () => void = () => {},
): Server =>
  createServer(({ url, headers }, response) => {
    const answer = ({ status, text }: Answer): void => void response.writeHead(status).end(text)
    const sent = headers[headerName]
    const read = sent === undefined ? E.right(never) : fromHeader(sent)
    if (E.isLeft(read)) return answer({ status: 400, text: report(read.left).join('; ') })

    const caller = CancelScope.open(here(read.right))()
    const scope = pipe(caller, CancelScope.child(labelled(name)(own)))()
    response.once('close', () => {
      if (!response.writableFinished && CancelScope.cancel(scope, 'the caller hung up')()) onHangUp()
    })
    const spend = (): void => void CancelScope.spend(caller, 'calls', 1)()
    void work(new URLSearchParams(url?.split('?')[1]), { name, scope, spend }).then(answer)
  })

const listen = async (on: Server): Promise<string> => {
  await once(on.listen(0, '127.0.0.1'), 'listening')
  const address = on.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`
}

// -------------------------------------------------------------------------------------
// the services
// -------------------------------------------------------------------------------------

let isWorking = (): void => {}
let isHungUp = (): void => {}

/** Reads as many records as it is asked for, each of which takes a while. */
const storage = serve(
  'storage',
  timeout('1 minute'),
  async (query, { name, scope }) => {
    isWorking()
    const more = CancelScope.keepGoing(scope)
    let records = 0
    while (records < Number(query.get('records')) && more()) {
      await sleep(5)
      records++
    }
    const checked = CancelScope.check(scope)()
    return E.isLeft(checked) ? stopped(name, checked.left) : { status: 200, text: `records: ${records}` }
  },
  () => isHungUp(),
)
const storageUrl = await listen(storage)

/** Asks the storage for so many pages, one after the other. */
const catalogue = serve('catalogue', timeout('3 seconds'), async (query, within) => {
  let pages = 0
  for (; pages < Number(query.get('pages')); pages++) {
    const page = await call(`${storageUrl}?records=${query.get('records')}`, within)
    if (page.status !== 200) return { ...page, text: `${page.text}, pages: ${pages}` }
  }
  return { status: 200, text: `pages: ${pages}` }
})
const catalogueUrl = await listen(catalogue)

/** The gateway has a caller that is no service; its limits are its own. */
const gateway = (
  query: string,
  limits: Token.Token<'budget:calls'>,
): { readonly answer: Promise<Answer>; readonly stop: () => void } => {
  const scope = CancelScope.open(any(manual('stop'), labelled('gateway')(limits)))()
  const spend = (): void => void CancelScope.spend(scope, 'calls', 1)()
  return {
    answer: call(`${catalogueUrl}?${query}`, { name: 'gateway', scope, spend }),
    stop: () => void CancelScope.cancelInput(scope, 'stop')(),
  }
}

// -------------------------------------------------------------------------------------
// the demonstration
// -------------------------------------------------------------------------------------

const show = async (title: string, answer: Promise<Answer>): Promise<void> => {
  const { status, text } = await answer
  console.log(`${title}: ${status} ${text}`)
}

const ask = (query: string, limits: Token.Token<'budget:calls'>): Promise<Answer> => gateway(query, limits).answer

const plenty = any(timeout('1 minute'), budget('calls', 100))

await show('in time', ask('pages=3&records=2', plenty))
await show('the tenth call', ask('pages=20&records=2', any(timeout('1 minute'), budget('calls', 10))))
await show(
  'the gateway has two seconds',
  ask('pages=1&records=1000000', any(timeout('2 seconds'), budget('calls', 10))),
)
await show('the catalogue has three seconds', ask('pages=1&records=1000000', plenty))

const working = new Promise<void>((resolve) => (isWorking = resolve))
const hungUp = new Promise<void>((resolve) => (isHungUp = resolve))
const running = gateway('pages=1&records=1000000', plenty)
await working
running.stop()
await hungUp
await show('the gateway is asked to stop', running.answer)
console.log('the storage has been hung up on')

const foreign = async (header: string): Promise<Answer> => {
  const response = await fetch(`${storageUrl}?records=1`, { headers: { [headerName]: header } })
  return { status: response.status, text: await response.text() }
}
await show('a header that is none', foreign('1["timeout",-5]'))
await show('a header that is doubled', foreign('1["never"], 1["never"]'))
await show('an input of somebody else', foreign('1["any",["manual","stop"],["condition","drained"],["timeout",5000]]'))

for (const each of [catalogue, storage]) {
  each.close()
  each.closeAllConnections()
}
