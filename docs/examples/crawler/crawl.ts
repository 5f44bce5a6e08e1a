/**
 * The crawl: fetches the pages of a site that are not known yet, eight at a time, until all are here, its limits have run out, or it is told
 * to stop. It knows neither of files nor of the network; `../crawler.ts` does.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { IO } from 'fp-ts/lib/IO.js'
import * as O from 'fp-ts/lib/Option.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import { Cancellable, CancelScope, Reason, Token } from 'cantok-ts'

export type Limits = Token.Token<Token.Input>

/** All there is to know to go on; what is known and not in the frontier has been fetched. */
export interface State {
  readonly frontier: ReadonlyArray<string>
  readonly known: ReadonlyArray<string>
  readonly limits: Limits
}

/** How a run has ended: where it has come to, why it stopped, and which of its limits had run out by then, if one had. */
export interface Run {
  readonly state: State
  readonly result: E.Either<PageFailed | Reason.Reason, unknown>
  readonly ranOut: O.Option<Reason.Reason>
}

// -------------------------------------------------------------------------------------
// a page
// -------------------------------------------------------------------------------------

/** Gets a page of the site by its path. */
export type Download = (path: string, signal: AbortSignal) => Promise<string>

export interface PageFailed {
  readonly _tag: 'PageFailed'
  readonly path: string
  readonly error: string
}

const failed = (path: string, error: string): PageFailed => ({ _tag: 'PageFailed', path, error })

/** A page that was asked for is waited for, whatever stops the crawl, so that none is asked for twice. Only its own limit holds. */
const fetchPage = (download: Download, path: string): Cancellable.Cancellable<PageFailed, string> =>
  pipe(
    Cancellable.tryCatch(
      (signal) => download(path, signal),
      (error) => failed(path, String(error)),
    ),
    Cancellable.within(Token.timeout('10 seconds')),
    Cancellable.orElseTimedOut((reason) => RTE.left(failed(path, Reason.Show.show(reason)))),
    Cancellable.shield,
  )

const linksIn = (html: string): ReadonlyArray<string> =>
  Array.from(html.matchAll(/href="([^"]+)"/g), ([, link]) => link!)

// -------------------------------------------------------------------------------------
// a run
// -------------------------------------------------------------------------------------

/**
 * One run, from where the one before has come to.
 *
 * The limits have a scope of their own, apart from the one around by which somebody may want it stopped: so the pages that are on their way then still
 * count, and what is left of the limits is exact.
 */
export const crawl = async (
  download: Download,
  from: State,
  around: CancelScope.ScopeView,
  onPage: (pages: number) => void = () => {},
): Promise<Run> => {
  const opened = CancelScope.openUnknown(from.limits, { conditions: {}, clock: CancelScope.clock(around) })()
  if (E.isLeft(opened)) throw new Error(`the stored limits ask for ${opened.left.conditions.join(', ')}`)
  const limits = opened.right
  const scope = CancelScope.narrow(Token.never)(limits, around)()
  const frontier = new Set(from.frontier)
  const known = new Set(from.known)

  // Nothing is left of a scope that has fired, so what is left is asked for as long as it has not: before and after whatever may make it fire.
  let left = from.limits
  const remember: IO<void> = () => {
    const residual = CancelScope.residual(limits)()
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
      remember()
      // once a limit has run out, pages that are still on their way cost nothing
      CancelScope.spend(limits, 'bytes', Buffer.byteLength(html))()
      remember()
      onPage(known.size - frontier.size)
    }

  const visit = (path: string): Cancellable.Cancellable<PageFailed, void> =>
    pipe(
      Cancellable.checkpoint, // which the counter counts
      RTE.tapIO(() => remember),
      RTE.flatMap(() => fetchPage(download, path)),
      RTE.flatMapIO((html) => take(path, html)),
    )

  let result: Run['result'] = E.right(null)
  while (E.isRight(result) && frontier.size > 0)
    result = await pipe([...frontier], Cancellable.traverse({ concurrency: 8 })(visit), Cancellable.run(scope))()

  remember()
  return {
    state: { frontier: [...frontier], known: [...known], limits: left },
    result,
    ranOut: CancelScope.peek(limits)(),
  }
}

/** What the next run is given: what this one has left. Only a limit that has run out starts anew, or the next run would end at once. */
export const forNext = ({ state, ranOut }: Run): State => {
  const { limits } = state
  if (O.isNone(ranOut)) return state
  const { _tag } = ranOut.value
  const parts = limits._tag === 'Any' ? limits.tokens : [limits]
  const next = parts.map((part): Limits => {
    if (part._tag === 'Timeout' && _tag === 'TimedOut') return Token.timeout(part.duration)
    if (part._tag === 'Budget' && _tag === 'BudgetSpent') return Token.budget(part.name, part.limit)
    if (part._tag === 'Counter' && _tag === 'CounterExhausted') return Token.counter(part.limit)
    return part
  })
  return { ...state, limits: Token.any(...next) }
}
