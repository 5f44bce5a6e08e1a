/** The example crawler as a process: stopped midway, and run again from its file until it is done. */
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Token } from 'cantok-ts'
import { describe, expect, it, onTestFinished } from 'vitest'
import { all, example } from './start.js'

const start = example('crawler')

interface Site {
  readonly url: string
  /** How often each page was asked for. */
  readonly asked: ReadonlyMap<string, number>
  /** Waits until it holds so many answers back: it does from the given number of requests on, until it is let go. */
  readonly holds: (count: number) => Promise<void>
  readonly letGo: () => void
}

/** A site of numbered pages, each of which links to the two below it in a tree, and to one anywhere. */
const serve = async (
  pages: number,
  holdFrom = Infinity,
  isBroken: (page: number) => boolean = () => false,
): Promise<Site> => {
  const asked = new Map<string, number>()
  const held: Array<() => void> = []
  let requests = 0
  let isHolding = true
  let heldOne: () => void = () => {}
  const answer = (page: number, response: ServerResponse): void => {
    const links = [2 * page + 1, 2 * page + 2, (31 * page + 7) % pages].filter((to) => to < pages)
    response.statusCode = isBroken(page) ? 500 : 200
    response.end(links.map((to) => `<a href="/${to}">next</a>`).join(''))
  }
  const server = createServer(({ url = '' }, response) => {
    asked.set(url, (asked.get(url) ?? 0) + 1)
    const go = (): void => answer(Number(url.slice(1)), response)
    if (++requests < holdFrom || !isHolding) return go()
    held.push(go)
    heldOne()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    asked,
    holds: async (count) => {
      while (held.length < count)
        await new Promise<void>((resolve) => {
          heldOne = resolve
        })
    },
    letGo: () => {
      isHolding = false
      for (const go of held) go()
    },
  }
}

const stateFile = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'crawl-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return join(folder, 'crawl.json')
}

/** Runs it again and again until it says that that is all; what all runs printed. */
const untilDone = async (file: string, url: string): Promise<string> => {
  let printed = ''
  for (let run = 0; run < 20 && !printed.includes('that is all'); run++) {
    const { ended, output } = start('--state', file, '--site', url)
    expect([await ended, output()]).toEqual([0, expect.anything()])
    printed += output()
  }
  return printed
}

const within = /^goes on from \d+ pages within (.*)$/gm
const left = /^left: (.*)$/gm

describe('the crawler', () => {
  it('is stopped by SIGINT and goes on from its file, and fetches each of 2,000 pages once', async () => {
    const { url, asked, holds, letGo } = await serve(2000, 300)
    const file = await stateFile()

    const first = start('--state', file, '--site', url)
    await first.says(/^200 pages$/m)
    await holds(8)
    first.child.kill('SIGINT')
    await first.says(/^ctrl-c/m)
    letGo()
    expect([await first.ended, first.output()]).toEqual([0, expect.anything()])
    // the eight on their way are taken, and no more
    expect(first.output()).toMatch(/^stopped at 307 pages.* 'ctrl-c' requested/m)
    expect(asked.size).toBe(307)

    const others = await untilDone(file, url)
    expect(others).toMatch(/^goes on from 307 pages/m)
    expect(all(others, within)[0]).toBe(all(first.output(), left)[0])
    expect(others).toMatch(/^stopped at 2000 pages, 0 more are known: that is all$/m)
    expect(asked.size).toBe(2000)
    expect([...asked].filter(([, times]) => times !== 1)).toEqual([])
  })

  it('counts no more pages than its counter allows, over two runs', async () => {
    const { url, asked, holds, letGo } = await serve(1000, 300)
    const file = await stateFile()
    const first = start('--state', file, '--site', url)
    await holds(8)
    first.child.kill('SIGINT')
    await first.says(/^ctrl-c/m)
    letGo()
    await first.ended
    const second = start('--state', file, '--site', url)
    await second.ended
    expect(second.output()).toMatch(/^stopped at 700 pages.* counter exhausted after 700 polls/m)
    expect(asked.size).toBe(700)
  })

  it('stops at once where a stored limit has nothing left, and gives the next run that limit anew', async () => {
    const { url, asked } = await serve(10)
    const file = await stateFile()
    const limits = Token.any(
      Token.timeout('1 minute', { left: 0 }),
      Token.counter(700, { left: 5 }),
      Token.manual('ctrl-c'),
    )
    await writeFile(file, JSON.stringify({ frontier: ['/0'], known: ['/0'], limits }))

    const first = start('--state', file, '--site', url)
    expect([await first.ended, first.output()]).toEqual([
      0,
      expect.stringMatching(/stopped at 0 pages.* timed out after 1 minute/),
    ])
    expect(asked.size).toBe(0)

    const others = await untilDone(file, url)
    expect(all(others, within)[0]).toBe('any(timeout("1 minute"), counter(700, { left: 5 }), manual("ctrl-c"))')
    expect(others).toMatch(/stopped at 5 pages.* counter exhausted after 700 polls/)
    expect([...asked.values()]).toEqual(Array.from({ length: 10 }, () => 1))
  })

  it('says which page failed, and tries it again in the next run', async () => {
    let isBroken = true
    const { url, asked } = await serve(50, Infinity, (page) => isBroken && page === 20)
    const file = await stateFile()
    const first = start('--state', file, '--site', url)
    expect([await first.ended, first.output()]).toEqual([1, expect.stringMatching(/\/20 failed, Error: status 500/)])
    isBroken = false
    await untilDone(file, url)
    expect([...asked].filter(([, times]) => times !== 1)).toEqual([['/20', 2]])
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ frontier: [] })
  })

  it('demonstrates itself and ends', async () => {
    const { ended, output } = start()
    expect([await ended, output()]).toEqual([0, expect.anything()])
    const [afterCtrlC] = all(output(), left)
    expect(all(output(), within)[1]).toBe(afterCtrlC)
    const reasons = [/'ctrl-c' requested/, /counter exhausted after 700 polls/, /budget 'bytes' spent/, /that is all/]
    for (const reason of reasons) expect(output()).toMatch(new RegExp(`^stopped at .*${reason.source}`, 'm'))
    expect(output()).toMatch(/^the site was asked 2000 times for 2000 pages$/m)
  })
})
