/**
 * A crawler that can be stopped at any time, by its limits or by Ctrl-C, and goes on from there when it is run again.
 *
 * It shows: limits as data, stored as JSON with what is left of them and opened again; a bounded fan-out; work that is let come to
 * its end (`shield`); and telling why it stopped. The crawl itself is in `crawler/crawl.ts`, this is the program around it: a file, a network, Ctrl-C.
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
import { CancelScope, Reason, Token } from 'cantok-ts'
import { crawl, forNext } from './crawler/crawl.js'
import type { Download, Limits, Run, State } from './crawler/crawl.js'

const allowance: Limits = Token.any(
  Token.timeout('1 minute'),
  Token.budget('bytes', 1_000_000),
  Token.counter(700), // pages
)

const beginning: State = { frontier: ['/0'], known: ['/0'], limits: allowance }

const download =
  (site: string): Download =>
  async (path, signal) => {
    const answer = await fetch(`${site}${path}`, { signal })
    if (!answer.ok) throw new Error(`status ${answer.status}`)
    return answer.text()
  }

/** One run, from a file and back into it. */
const runFrom = async (site: string, file: string, onPage: (pages: number) => void = () => {}): Promise<State> => {
  // sound: nobody else writes it
  const from: State = existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : beginning
  console.log(`goes on from ${fetched(from)} pages within ${Token.Show.show(from.limits)}`)

  const stop = CancelScope.open(Token.manual('ctrl-c'))()
  const interrupt = (): void => {
    console.log('ctrl-c: stops when the pages on their way are here')
    CancelScope.cancelInput(stop, 'ctrl-c')()
  }
  process.once('SIGINT', interrupt)
  const run = await crawl(download(site), from, stop, (pages) => {
    if (pages % 100 === 0) console.log(`${pages} pages`)
    onPage(pages)
  })
  process.off('SIGINT', interrupt)

  const { state, result } = run
  console.log(`stopped at ${fetched(state)} pages, ${state.frontier.length} more are known: ${why(result)}`)
  console.log(`left: ${Token.Show.show(state.limits)}\n`)
  await writeFile(file, JSON.stringify(forNext(run)))
  if (E.isLeft(result) && result.left._tag === 'PageFailed') process.exitCode = 1
  return state
}

const fetched = ({ known, frontier }: State): number => known.length - frontier.length

const why = (result: Run['result']): string => {
  if (E.isRight(result)) return 'that is all'
  return result.left._tag === 'PageFailed'
    ? `${result.left.path} failed, ${result.left.error}`
    : Reason.Show.show(result.left)
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
