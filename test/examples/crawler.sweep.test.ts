/** The crawl of the example, cancelled everywhere: a run that was and the runs after it get every page once, and stay within the limits. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import * as O from 'fp-ts/lib/Option.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CancelScope, Token } from 'cantok-ts'
import { ShowReport, sweep, sweepOrThrow } from 'cantok-ts/testing'
import type { Program, Run as Running, SweepOptions } from 'cantok-ts/testing'
import * as example from '../../docs/examples/crawler/crawl.js'
import type { Download, Limits, Run, State } from '../../docs/examples/crawler/crawl.js'
import { altered } from './altered.js'

type Crawler = Pick<typeof example, 'crawl' | 'forNext'>
type Result = Run['result']

// -------------------------------------------------------------------------------------
// a site
// -------------------------------------------------------------------------------------

const pages = 12
const paths = Array.from({ length: pages }, (_, page) => `/${page}`)

/** Each page links to the two below it in a tree, and to one anywhere. */
const htmlOf = (path: string): string => {
  const page = Number(path.slice(1))
  const links = [2 * page + 1, 2 * page + 2, (5 * page + 3) % pages].filter((to) => to < pages)
  return `${links.map((to) => `<a href="/${to}">${to}</a>`).join('')}${'.'.repeat(page)}`
}

/** A page takes a tenth of a second or more, so that they come in another order than they were asked for; one that hangs does not come. */
const lasting = (path: string): number => 100 + ((Number(path.slice(1)) * 7) % 5) * 30

interface Taken {
  readonly path: string
  readonly at: number
}

interface Site {
  readonly download: Download
  readonly asked: ReadonlyArray<string>
  readonly taken: ReadonlyArray<Taken>
  readonly onTheirWay: () => number
}

/** Keeps the books of a site. */
const siteOf = (get: Download, now: () => number): Site => {
  const asked: Array<string> = []
  const taken: Array<Taken> = []
  let onTheirWay = 0
  const download: Download = async (path, signal) => {
    asked.push(path)
    onTheirWay++
    try {
      const html = await get(path, signal)
      taken.push({ path, at: now() })
      return html
    } finally {
      onTheirWay--
    }
  }
  return { download, asked, taken, onTheirWay: () => onTheirWay }
}

// -------------------------------------------------------------------------------------
// limits
// -------------------------------------------------------------------------------------

const { any, budget, counter, timeout } = Token

const plenty = any(timeout('1 hour'), budget('bytes', 1_000_000), counter(700))

/** What is used up of each limit there is: milliseconds, bytes, pages. */
const usedOf = (limits: Limits): Readonly<Record<string, number>> => {
  const parts = limits._tag === 'Any' ? limits.tokens : [limits]
  const used = parts.map((part): readonly [string, number] => {
    if (part._tag === 'Timeout') return ['TimedOut', part.duration - part.left]
    if (part._tag === 'Budget') return ['BudgetSpent', part.limit - part.left]
    if (part._tag === 'Counter') return ['CounterExhausted', part.limit - part.left]
    throw new Error(`there is no ${part._tag} in these limits`)
  })
  return Object.fromEntries(used)
}

// -------------------------------------------------------------------------------------
// the crawl as a program to sweep
// -------------------------------------------------------------------------------------

interface Crawling {
  readonly limits?: Limits
  /** A page that does not come the first time. */
  readonly hanging?: string
  readonly crawler?: Crawler
  /** Gets pages for the run that is cancelled, and for those after it. */
  readonly get?: (run: Running, path: string, signal: AbortSignal, isFirstRun: boolean) => Promise<string>
  /** Runs that come after the one that is cancelled. */
  readonly finish?: (run: Running, crawl: (around: CancelScope.ScopeView) => Promise<Run>) => Promise<Run>
}

const asIfByFetch: Required<Crawling>['get'] = async (run, path, signal) => {
  await run.sleep(lasting(path), signal)()
  return htmlOf(path)
}

const inTheSameWorld: Required<Crawling>['finish'] = async ({ world }, crawl) => {
  const running = crawl(CancelScope.open(Token.never, world)())
  await world.settle('1 minute')()
  return running
}

const sorted = (texts: ReadonlyArray<string>): ReadonlyArray<string> => [...texts].sort()

const stored = (state: State): State => JSON.parse(JSON.stringify(state))

const crawling =
  ({
    limits = plenty,
    hanging,
    crawler = example,
    get = asIfByFetch,
    finish = inTheSameWorld,
  }: Crawling = {}): Program<Result> =>
  async (scope, run) => {
    const { monotonic } = run.world.clock
    let isFirstRun = true
    let hangs = hanging !== undefined
    const site = siteOf(async (path, signal) => {
      if (isFirstRun) run.work(`asks for ${path}`)()
      if (path === hanging && hangs) {
        hangs = false
        await run.sleep('1 day', signal)()
      }
      return get(run, path, signal, isFirstRun)
    }, monotonic)

    const first = await crawler.crawl(site.download, { frontier: ['/0'], known: ['/0'], limits }, scope)
    isFirstRun = false
    const lasted = monotonic()
    const asked = site.asked.length
    const taken = [...site.taken]
    const onTheirWay = site.onTheirWay()
    const { state, ranOut } = first
    const ran = O.toNullable(ranOut)
    const used = usedOf(state.limits)
    const others = (amounts: typeof used) => Object.entries(amounts).filter(([limit]) => limit !== ran?._tag)
    let next = crawler.forNext(first)

    run.ensure('no page is on its way any more', () => onTheirWay === 0)()

    run.ensure('what is known is in the frontier or here', () => {
      const here = taken.map(({ path }) => path)
      expect(sorted([...state.frontier, ...here])).toEqual(sorted(state.known))
      expect(new Set(state.known).size).toBe(state.known.length)
      return true
    })()

    run.ensure('what is left of the limits is exact', () => {
      // once one has run out the others stand still
      const end = ran?.at ?? lasted
      const here = taken.filter(({ at }) => at <= end)
      const exact: Readonly<Record<string, number>> = {
        TimedOut: end,
        BudgetSpent: here.reduce((sum, { path }) => sum + htmlOf(path).length, 0),
        // the poll that finds a cancellation has counted, though no page is asked for after it
        CounterExhausted: used['CounterExhausted'] === asked + 1 ? asked + 1 : asked,
      }
      for (const [limit, amount] of others(used)) expect([limit, amount]).toEqual([limit, exact[limit]])
      return true
    })()

    run.ensure('no limit starts anew but one that has run out', () => {
      expect(others(usedOf(next.limits))).toEqual(others(used))
      if (ran !== null) expect(usedOf(next.limits)[ran._tag]).toBe(0)
      return true
    })()

    run.ensure('the runs after it get the rest, and every page once', async () => {
      for (let runs = 0; runs < 10 && next.frontier.length > 0; runs++)
        next = crawler.forNext(await finish(run, (around) => crawler.crawl(site.download, stored(next), around)))
      expect(next.frontier).toEqual([])
      expect(sorted(site.taken.map(({ path }) => path))).toEqual(sorted(paths))
      // but for the one that hung, which was asked for until it came
      const isOther = (path: string): boolean => path !== hanging
      expect(sorted(site.asked.filter(isOther))).toEqual(sorted(paths.filter(isOther)))
      return true
    })()
    return first.result
  }

const every: SweepOptions<Result> = {
  reasons: 'all',
  // a page that is on its way is waited for, and no longer than ten seconds
  within: '10 seconds',
}

/** Limits that run out on the way, each in the middle of a run. */
const runOut: Readonly<Record<string, Limits>> = {
  time: any(timeout(250), budget('bytes', 1_000_000), counter(700)),
  'time, before any page has come': any(timeout(190), budget('bytes', 1_000_000), counter(700)),
  bytes: any(timeout('1 hour'), budget('bytes', 150), counter(700)),
  pages: any(timeout('1 hour'), budget('bytes', 1_000_000), counter(6)),
  'the only one': counter(5),
}

describe('the crawl, cancelled everywhere', () => {
  it('gets every page once over all its runs', sweepOrThrow(crawling(), every))

  for (const [what, limits] of Object.entries(runOut))
    it(`does so within limits that run out: ${what}`, sweepOrThrow(crawling({ limits }), every))

  it('does so though a page hangs', sweepOrThrow(crawling({ hanging: '/5' }), every))

  it(
    'does so if it is told twice',
    sweepOrThrow(crawling({ hanging: '/5' }), { ...every, reasons: ['Requested'], points: { every: 4 }, again: true }),
  )
})

describe('the crawl over a real network, cancelled here and there', () => {
  const server = createServer(({ url = '/' }, response) => response.end(htmlOf(url)))
  let url = ''
  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const address = server.address()
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`
  })
  afterAll(() => {
    server.close()
    server.closeAllConnections()
  })

  it('gets every page once over all its runs', async () => {
    const get: Crawling['get'] = (run, path, signal, isFirstRun) => {
      const fetching = async (): Promise<string> => (await fetch(`${url}${path}`, { signal })).text()
      return isFirstRun ? run.outside(fetching)() : fetching()
    }
    const finish: Crawling['finish'] = (_, crawl) => crawl(CancelScope.background)
    await sweepOrThrow(crawling({ get, finish }), { within: '10 seconds', points: { every: 5 } })()
  })
})

describe('what a sweep finds', () => {
  interface Broken {
    readonly replacements: Readonly<Record<string, string>>
    readonly breaks: string
    readonly crawling?: Crawling
  }

  const file = 'docs/examples/crawler/crawl.ts'

  const broken: Readonly<Record<string, Broken>> = {
    'a page on its way that is not shielded': {
      replacements: { '    Cancellable.shield,\n': '' },
      breaks: 'the runs after it get the rest, and every page once',
    },
    'a page that is given up and goes on all the same': {
      replacements: { 'download(path, signal)': 'download(path, new AbortController().signal)' },
      breaks: 'no page is on its way any more',
      crawling: { hanging: '/5' },
    },
    'limits that end with the scope around': {
      replacements: {
        'const limits = opened.right': 'const limits = CancelScope.narrow(from.limits, { conditions: {} })(around)()',
      },
      breaks: 'what is left of the limits is exact',
    },
    'limits that are not remembered when a page is asked for': {
      replacements: { '      RTE.tapIO(() => remember),\n': '' },
      breaks: 'what is left of the limits is exact',
      crawling: { limits: runOut['time, before any page has come']! },
    },
    'limits that start anew whosever time was out': {
      replacements: {
        'ranOut: CancelScope.peek(limits)()':
          "ranOut: E.isLeft(result) && result.left._tag !== 'PageFailed' ? O.some(result.left) : O.none",
      },
      breaks: 'no limit starts anew but one that has run out',
    },
    'a limit that is the only one, and does not start anew': {
      replacements: { 'if (O.isNone(ranOut)) return': "if (O.isNone(ranOut) || limits._tag !== 'Any') return" },
      breaks: 'no limit starts anew but one that has run out',
      crawling: { limits: runOut['the only one']! },
    },
  }

  for (const [title, { replacements, breaks, crawling: how = {} }] of Object.entries(broken))
    it(title, async () => {
      const crawler = (await altered(file, replacements)) as unknown as Crawler // sound: only texts within its functions differ
      const report = await sweep(crawling({ ...how, crawler }))()
      const found = report.failed.flatMap(({ failures }) => failures.map(({ invariant }) => invariant))
      if (!found.includes(breaks)) throw new Error(ShowReport.show(report))
    })
})
