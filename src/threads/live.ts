import { later } from '../internal/later.js'
import type { Tagged } from '../Token.js'
import { counterDue } from './epoch.js'
import type { Epoch } from './epoch.js'
import { eachLive } from './walk.js'

/** What the live leaves of an epoch wait for. */
export interface Live {
  readonly manual: ReadonlySet<string>
  /** Those of them that decide the whole. */
  readonly deciding: ReadonlySet<string>
  readonly conditions: ReadonlySet<string>
  readonly budgets: ReadonlyArray<Tagged<'Budget'>>
  readonly idles: ReadonlyArray<Tagged<'Idle'>>
  /** The first instant at which a timeout ends, on the clock that threads share. */
  readonly instant: number
  /** The first deadline, in epoch milliseconds. */
  readonly date: number
  /** The least numbers of polls at which counters are exhausted. */
  readonly polls: number
  readonly directPolls: number
}

/** Of an epoch that has fired or stands still, nothing. */
export const liveIn = ({ token, since, decided, closed }: Epoch): Live => {
  const manual = new Set<string>()
  const deciding = new Set<string>()
  const conditions = new Set<string>()
  const budgets: Array<Tagged<'Budget'>> = []
  const idles: Array<Tagged<'Idle'>> = []
  let instant = Infinity
  let date = Infinity
  let polls = Infinity
  let directPolls = Infinity
  if (decided === null && !closed)
    eachLive(token, (leaf, decides) => {
      switch (leaf._tag) {
        case 'Manual':
          manual.add(leaf.name)
          if (decides) deciding.add(leaf.name)
          break
        case 'Condition':
          conditions.add(leaf.name)
          break
        case 'Budget':
          budgets.push(leaf)
          break
        case 'Idle':
          idles.push(leaf)
          break
        case 'Timeout':
          instant = Math.min(instant, later(since.instant, leaf.left))
          break
        case 'Deadline':
          date = Math.min(date, leaf.instant)
          break
        case 'Counter':
          if (leaf.direct) directPolls = Math.min(directPolls, counterDue(leaf, since))
          else polls = Math.min(polls, counterDue(leaf, since))
          break
        default:
          break
      }
    })
  return { manual, deciding, conditions, budgets, idles, instant, date, polls, directPolls }
}
