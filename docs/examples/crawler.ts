/**
 * A crawler that can be stopped at any time, by its limits or by Ctrl-C, and goes on from there when it is run again.
 *
 * It shows: limits as data, stored as JSON with what is left of them and opened again; a bounded fan-out; work that is let come to
 * its end (`shield`); and telling why it stopped.
 *
 * `npm start docs/examples/crawler.ts` generates a site of 2,000 pages, crawls it run after run, and ends.
 * `npm start docs/examples/crawler.ts -- --state crawl.json` is one run, which goes on where the one before stopped; `--site http://…` crawls
 * another site, from `/0`.
 */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { IO } from 'fp-ts/lib/IO.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import { Cancellable, CancelScope, Reason, Token } from 'cantok-ts'

type Limits = Token.Token<Token.Input>

const allowance: Limits = Token.any(
  Token.timeout('1 minute'),
  Token.budget('bytes', 1_000_000),
  Token.counter(700), // pages
  Token.manual('ctrl-c'),
)

/** All there is to know to go on; what is known and not in the frontier has been fetched. */
interface State {
  readonly frontier: ReadonlyArray<string>
  readonly known: ReadonlyArray<string>
  readonly limits: Limits
}

const beginning: State = { frontier: ['/0'], known: ['/0'], limits: allowance }

// -------------------------------------------------------------------------------------
// a page
// -------------------------------------------------------------------------------------

interface PageFailed {
  readonly _tag: 'PageFailed'
  readonly url: string
  readonly error: string
}

const failed = (url: string, error: string): PageFailed => ({ _tag: 'PageFailed', url, error })

/** A page that was asked for is waited for, whatever stops the crawl, so that none is asked for twice. Only its own limit holds. */
const fetchPage = (url: string): Cancellable.Cancellable<PageFailed, string> =>
  pipe(
    Cancellable.tryCatch(
      async (signal) => {
        const answer = await fetch(url, { signal })
        if (!answer.ok) throw new Error(`status ${answer.status}`)
        return answer.text()
      },
      (error) => failed(url, String(error)),
    ),
    Cancellable.within(Token.timeout('10 seconds')),
    Cancellable.orElseTimedOut((reason) => RTE.left(failed(url, Reason.Show.show(reason)))),
    Cancellable.shield,
  )

const linksIn = (html: string): ReadonlyArray<string> =>
  Array.from(html.matchAll(/href="([^"]+)"/g), ([, link]) => link!)

// -------------------------------------------------------------------------------------
// a run
// -------------------------------------------------------------------------------------

interface Run {
  readonly state: State
  readonly result: E.Either<PageFailed | Reason.Reason, unknown>
}

const crawl = async (site: string, from: State, onPage: (pages: number) => void): Promise<Run> => {
  const opened = CancelScope.openUnknown(from.limits)()
  if (E.isLeft(opened)) throw new Error(`the stored limits ask for ${opened.left.conditions.join(', ')}`)
  const scope = opened.right
  const frontier = new Set(from.frontier)
  const known = new Set(from.known)

  // Nothing is left of a scope that has fired, so what is left is asked for as long as it has not.
  let left = from.limits
  const remember = (): void => {
    const residual = CancelScope.residual(scope)()
    if (residual._tag !== 'Cancelled') left = residual
  }

  const take =
    (path: string, html: string): IO<void> =>
    () => {
      frontier.delete(path)
      for (const link of linksIn(html)) {
        if (!known.has(link)) frontier.add(link)
        known.add(link)
      }
      // a crawl that has stopped gets the pages that were on their way for nothing
      CancelScope.spend(scope, 'bytes', Buffer.byteLength(html))()
      remember()
      onPage(known.size - frontier.size)
    }

  const visit = (path: string): Cancellable.Cancellable<PageFailed, void> =>
    pipe(
      Cancellable.checkpoint, // which the counter counts
      RTE.flatMap(() => fetchPage(`${site}${path}`)),
      RTE.flatMapIO((html) => take(path, html)),
    )

  const interrupt = (): void => {
    console.log('ctrl-c: stops when the pages on their way are here')
    remember()
    CancelScope.cancelInput(scope, 'ctrl-c')()
  }
  process.once('SIGINT', interrupt)
  let result: Run['result'] = E.right(null)
  while (E.isRight(result) && frontier.size > 0)
    result = await pipe([...frontier], Cancellable.traverse({ concurrency: 8 })(visit), Cancellable.run(scope))()
  process.off('SIGINT', interrupt)

  return { state: { frontier: [...frontier], known: [...known], limits: left }, result }
}

/** One run, from a file and back into it. */
const runFrom = async (site: string, file: string, onPage: (pages: number) => void = () => {}): Promise<State> => {
  // sound: nobody else writes it
  const from: State = existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : beginning
  console.log(`goes on from ${fetched(from)} pages within ${Token.Show.show(from.limits)}`)
  const { state, result } = await crawl(site, from, (pages) => {
    if (pages % 100 === 0) console.log(`${pages} pages`)
    onPage(pages)
  })

  console.log(`stopped at ${fetched(state)} pages, ${state.frontier.length} more are known: ${why(result)}`)
  console.log(`left: ${Token.Show.show(state.limits)}\n`)
  await writeFile(file, JSON.stringify({ ...state, limits: forNext(state.limits, result) }))
  if (E.isLeft(result) && result.left._tag === 'PageFailed') process.exitCode = 1
  return state
}

const fetched = ({ known, frontier }: State): number => known.length - frontier.length

const why = (result: Run['result']): string => {
  if (E.isRight(result)) return 'that is all'
  return result.left._tag === 'PageFailed'
    ? `${result.left.url} failed, ${result.left.error}`
    : Reason.Show.show(result.left)
}

/** What the next run is given: what this one has left. Only a limit that has run out starts anew, or the next run would end at once. */
const forNext = (left: Limits, result: Run['result']): Limits => {
  if (E.isRight(result) || left._tag !== 'Any') return left
  const ranOut = result.left._tag
  return Token.any(
    ...left.tokens.map((part): Limits => {
      if (part._tag === 'Timeout' && ranOut === 'TimedOut') return Token.timeout(part.duration)
      if (part._tag === 'Budget' && ranOut === 'BudgetSpent') return Token.budget(part.name, part.limit)
      if (part._tag === 'Counter' && ranOut === 'CounterExhausted') return Token.counter(part.limit)
      return part
    }),
  )
}

// -------------------------------------------------------------------------------------
// a site, and the demonstration
// -------------------------------------------------------------------------------------

const pages = 2000

const generated = (page: number): string => {
  const links = [2 * page + 1, 2 * page + 2, (7 * page + 3) % pages].filter((to) => to < pages)
  return `<h1>${page}</h1>${links.map((to) => `<a href="/${to}">${to}</a>`).join('')}<p>${'.'.repeat(page)}</p>`
}

const asked: Array<string> = []

const site = createServer(({ url = '/' }, response) => {
  asked.push(url)
  response.end(generated(Number(url.slice(1))))
})

const serveSite = async (): Promise<string> => {
  await once(site.listen(0, '127.0.0.1'), 'listening')
  const address = site.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`
}

const demonstrate = async (url: string): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'crawl-'))
  const file = join(folder, 'crawl.json')
  const ctrlC = (count: number): void => {
    if (count === 300) process.emit('SIGINT', 'SIGINT')
  }
  let state = await runFrom(url, file, ctrlC)
  while (state.frontier.length > 0 && process.exitCode === undefined) state = await runFrom(url, file)
  await rm(folder, { recursive: true })
  console.log(`the site was asked ${asked.length} times for ${new Set(asked).size} pages`)
}

const { values } = parseArgs({
  options: { site: { type: 'string' }, state: { type: 'string' } },
  allowPositionals: true,
})
const url = values.site ?? (await serveSite())
if (values.state === undefined) await demonstrate(url)
else await runFrom(url, values.state)
site.close()
