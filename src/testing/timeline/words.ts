/** Names, times and sentences, as text and picture show them. */
import type { Progress } from '../../Analysis.js'
import { Show } from '../../Reason.js'
import { showInstant } from '../../internal/instant.js'
import type { Input, Token } from '../../Token.js'
import type { Chart, Column, Decision, Row } from './chart.js'
import type { Outline } from './outline.js'

// -------------------------------------------------------------------------------------
// widths
// -------------------------------------------------------------------------------------

/** A name without what moves a cursor or cannot be seen: escapes in place of control, format and unpaired surrogate characters. */
export const plain = (name: string): string =>
  name.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`
  })

/** The same, in ASCII alone: a question mark for every other character. */
export const asciiOnly = (name: string): string => plain(name).replaceAll(/[^\x20-\x7e]/gu, '?')

/** How many columns of a terminal a text takes: two for ideographs and pictures. */
export const widthOf = (text: string): number => {
  let width = 0
  for (const { segment } of graphemes(text)) width += widthOfOne(segment)
  return width
}

/** A text that is too long ends in an ellipsis. Looks at no more of it than may fit. */
export const cut = (text: string, width: number, ellipsis: string): string => {
  const start = text.slice(0, longest * (width + 1))
  let end = 0
  let used = 0
  for (const { segment, index } of graphemes(start)) {
    used += widthOfOne(segment)
    if (used > width) break
    if (used <= width - ellipsis.length) end = index + segment.length
  }
  return used <= width && start.length === text.length ? text : `${text.slice(0, end)}${ellipsis}`.slice(0, end + width)
}

/** How many units of a text a column takes at the most, all marks on a letter included. */
const longest = 20

/** A sentence on a few lines; what is longer is cut. */
export const folded = (sentence: string, width: number, most: number, ellipsis: string): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = ''
  for (const word of cut(sentence, width * most, ellipsis).split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (widthOf(longer) <= width) line = longer
    else {
      if (line !== '') lines.push(line)
      line = `${lines.length > 0 ? '  ' : ''}${cut(word, width - 2, ellipsis)}`
    }
  }
  lines.push(line)
  if (lines.length <= most) return lines
  const last = `${cut(lines[most - 1] ?? '', width - ellipsis.length - 1, ellipsis)} ${ellipsis}`
  return [...lines.slice(0, most - 1), last]
}

/** A text with spaces after it. */
export const padded = (text: string, width: number): string =>
  `${text}${' '.repeat(Math.max(0, width - widthOf(text)))}`

const graphemes = (text: string): Iterable<Intl.SegmentData> => new Intl.Segmenter('en').segment(text)

const widthOfOne = (grapheme: string): number =>
  /^[\x20-\x7e]$/.test(grapheme) ||
  !/\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}]/u.test(
    grapheme,
  )
    ? 1
    : 2

// -------------------------------------------------------------------------------------
// times
// -------------------------------------------------------------------------------------

/** A time in a few characters, rounded: `250 ms`, `1.5 s`, `2 min 5 s`, `3 h`. */
export const time = (ms: number): string => {
  if (!Number.isFinite(ms)) return String(ms)
  if (ms < 0) return `-${time(-ms)}`
  if (ms < 999.5) return `${rounded(ms, 10)} ms`
  if (ms < 59_995) return `${rounded(ms / 1000, 100)} s`
  const [size, unit, small, smaller] = ms < 3_599_500 ? minute : ms < 86_340_000 ? hour : day
  const whole = Math.round(ms / small)
  const rest = whole % (size / small)
  const count = `${Math.round((whole - rest) / (size / small))} ${unit}`
  return rest === 0 ? count : `${count} ${rest} ${smaller}`
}

const minute = [60_000, 'min', 1000, 's'] as const
const hour = [3_600_000, 'h', 60_000, 'min'] as const
const day = [86_400_000, 'd', 3_600_000, 'h'] as const

const rounded = (value: number, parts: number): number => Math.round(value * parts) / parts

/** Round times from 0 to the end, about `most` of them, for the axis. */
export const ticks = (end: number, most: number): ReadonlyArray<number> => {
  if (!(end > 0) || end === Infinity) return [0]
  const apart = end / most
  const tens = (unit: number): ReadonlyArray<number> => {
    const ten = unit * 10 ** Math.floor(Math.log10(apart / unit))
    return [ten, 2 * ten, 5 * ten, 10 * ten]
  }
  const sixties = [1, 2, 5, 10, 15, 30]
  const steps =
    apart < 500
      ? tens(1)
      : [
          ...sixties.map((each) => each * 1000),
          ...sixties.map((each) => each * 60_000),
          ...[1, 2, 3, 6, 12].map((each) => each * 3_600_000),
          ...(apart < 86_400_000 ? [86_400_000] : tens(86_400_000)),
        ]
  const step = steps.find((each) => each >= apart * 0.999) ?? end
  return Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, index) => index * step)
}

// -------------------------------------------------------------------------------------
// sentences
// -------------------------------------------------------------------------------------

/** A leaf in a few words. */
export const leafName = (token: Token<Input>): string => {
  switch (token._tag) {
    case 'Cancelled':
      return token.reason?._tag === 'Requested' && token.reason.detail !== undefined
        ? `cancelled "${token.reason.detail}"`
        : 'cancelled'
    case 'Manual':
      return `manual "${token.name}"`
    case 'Timeout':
      return `timeout ${time(token.duration)}`
    case 'Deadline':
      return `deadline ${showInstant(token.instant).replace(/(?:T00:00)?(?::00)?\.000Z$/, 'Z')}`
    case 'Counter':
      return `counter ${token.limit}${token.direct ? '' : ' (of all polls)'}`
    case 'Condition':
      return `condition "${token.name}"${token.latch ? '' : ' (no latch)'}`
    case 'Budget':
      return `budget "${token.name}" ${rounded(token.limit, 1000)}`
    case 'Idle':
      return `idle "${token.name}" ${time(token.duration)}`
    case 'Never':
    case 'Any':
    case 'All':
    case 'AndThen':
    case 'Labelled':
      return nameOf(token._tag)
  }
}

/** How far a leaf had come at the end, in so many columns: where these are few, in fewer words; the mark of what gave the reason is never cut. */
export const statusOf = (row: Row, mark: string, width: number, ellipsis: string): string => {
  const gave = mark === '' ? '' : ` ${mark}`
  const room = width - widthOf(gave)
  const words = statusWords(row)
  return `${words.find((each) => widthOf(each) <= room) ?? cut(words.at(-1) ?? '', room, ellipsis)}${gave}`
}

/** The same in more words, and in fewer. */
const statusWords = ({ status, isDue, progress, firedAt, cells }: Row): ReadonlyArray<string> => {
  const at = time(firedAt ?? 0)
  if (status === 'fired') return [`fired at ${at}`, `at ${at}`, 'fired']
  if (isDue) return ['fires at once', 'due']
  if (status === 'unstarted') return ['not started', 'waits']
  const looks = cells.filter((cell) => cell.status === 'momentary').length
  if (looks === 1) return ['true for one look', 'one look']
  if (looks > 1) return [`true for ${looks} looks`, `${looks} looks`]
  if (progress === undefined) return ['pending']
  return [used(progress), `${Math.floor((100 * progress.used) / progress.limit)} %`]
}

const used = ({ used: part, limit, unit }: Progress): string => {
  if (unit === 'milliseconds') return `${time(part)} of ${time(limit)}`
  return `${rounded(part, 1000)} of ${rounded(limit, 1000)}${unit === 'polls' ? ' polls' : ''}`
}

/** When the token fired and when that was seen, and the reason; or that it has not fired. */
export const outcome = (
  { columns, decision, verdicts, rows, isDue }: Chart,
  name: (text: string) => string,
): readonly [when: string, why: string] => {
  if (decision === undefined) {
    const looks = verdicts.filter((verdict) => verdict === 'momentary').length
    const last = columns[verdicts.lastIndexOf('momentary')]
    if (isDue) return ['fires at once, but no event has looked yet', '']
    if (last === undefined) return ['not fired', '']
    return [
      `not fired for good; true for ${looks === 1 ? 'one look' : `${looks} looks`}, the last at ${time(last.to)}`,
      '',
    ]
  }
  const poll = decision.poll === undefined ? undefined : columns[decision.poll]
  const seen = poll === undefined ? 'seen by no poll' : `seen by the poll at ${time(poll.from)}`
  return [`fired at ${time(decision.at)}, ${seen}`, name(reasonOf(decision, rows))]
}

/** A reason that came out of an `all` has a path that starts there: the way from the root is told too. */
const reasonOf = ({ reason, rows: [first, ...others] }: Decision, rows: ReadonlyArray<Row>): string => {
  const text = Show.show(reason)
  const way = first === undefined || others.length > 0 ? undefined : rows[first]?.path
  if (way === undefined || reason._tag === 'AllOf' || way.length === reason.path.length) return text
  return `${text}; from the root at ${way.join('.')}`
}

/** Whether time went by between the firing and the first poll that saw it. */
export const isUnseen = ({ columns, decision }: Chart): boolean =>
  decision !== undefined && !((columns[decision.poll ?? -1]?.from ?? Infinity) <= decision.at)

/** Whether a leaf was not started for some of the time. */
export const waited = ({ columns, rows }: Chart): boolean =>
  rows.some(({ cells }) =>
    cells.some(
      ({ status, startedAt }, index) => status === 'unstarted' || (startedAt ?? 0) > (columns[index]?.from ?? Infinity),
    ),
  )

/** An event in words. */
export const eventWords = ({ event, from, jump }: Column): string => {
  switch (event._tag) {
    case 'Elapsed':
      return `${time(event.ms)} from ${time(from)} on${jump === 0 ? '' : `, in which the wall clock jumps by ${time(jump)}`}`
    case 'Requested':
      return `request of ${event.name} at ${time(from)}${event.detail === undefined ? '' : `: ${event.detail}`}`
    case 'Spent':
      return `spend of ${rounded(event.amount, 1000)} on ${event.name} at ${time(from)}`
    case 'Beat':
      return `beat of ${event.name} at ${time(from)}`
    case 'Polled': {
      const answers = Object.entries(event.conditions).map(([name, answer]) => `${name} ${String(answer)}`)
      return [`${event.direct ? '' : 'indirect '}poll at ${time(from)}`, ...answers].join(', ')
    }
  }
}

// -------------------------------------------------------------------------------------
// structure
// -------------------------------------------------------------------------------------

/** How a structure is drawn: before the only part, the first of several, one between, the last, and beside the parts of one. */
export interface Lines {
  readonly first: string
  readonly between: string
  readonly last: string
  readonly beside: string
  readonly deeper: string
  readonly ellipsis: string
}

/** The leaves, each behind the combinators above it, of which so many are drawn as there is room for; what is too long itself is cut where it stands. */
export const namesOf = (
  { outline, rows }: Chart,
  most: number,
  lines: Lines,
  name: (text: string) => string,
): ReadonlyArray<string> => {
  if (outline === undefined) return []
  const leaves = rows.map(({ token }) => cut(name(leafName(token)), most, lines.ellipsis))
  for (let depth = 8; depth >= 0; depth--)
    for (const longest of longestLabels) {
      const leads = structure(outline, depth, longest, lines, name)
      const fits = (lead: string, index: number): boolean =>
        widthOf(lead) + Math.min(widthOf(leaves[index] ?? ''), leastOfLeaf(most)) <= most
      if (leads.every(fits))
        return leads.map((lead, index) => `${lead}${cut(leaves[index] ?? '', most - widthOf(lead), lines.ellipsis)}`)
    }
  return leaves
}

/** The columns that a label may take, and those that a leaf has at the least before a combinator less is drawn. */
const longestLabels = [24, 16, 8]
const leastOfLeaf = (most: number): number => Math.min(20, Math.floor(most * 0.6))

/** What stands before each leaf, so that the combinators above it can be seen; those below `depth` are left out. */
const structure = (
  outline: Outline,
  depth: number,
  longest: number,
  lines: Lines,
  name: (text: string) => string,
): ReadonlyArray<string> => {
  const rows: Array<string> = []
  const draw = (each: Outline, lead: string, hang: string, left: number): void => {
    if (each._tag === 'Leaf') rows.push(lead)
    else if (left === 0)
      for (let index = 0; index < each.rows; index++) rows.push(`${index === 0 ? lead : hang}${lines.deeper}`)
    else {
      const { label } = each
      const head = label === undefined ? nameOf(each.tag) : `${cut(name(label.slice(0, 99)), longest, lines.ellipsis)}:`
      const beside = ' '.repeat(widthOf(head))
      for (const [index, [, part]] of each.parts.entries()) {
        if (each.parts.length === 1) {
          draw(part, `${lead}${head} `, `${hang}${beside} `, left - 1)
        } else {
          const isLast = index === each.parts.length - 1
          const line = index === 0 ? lines.first : isLast ? lines.last : lines.between
          draw(
            part,
            index === 0 ? `${lead}${head}${line}` : `${hang}${beside}${line}`,
            `${hang}${beside}${isLast ? ' '.repeat(lines.beside.length) : lines.beside}`,
            left - 1,
          )
        }
      }
    }
  }
  draw(outline, '', '', depth)
  return rows
}

const nameOf = (tag: string): string => `${tag.slice(0, 1).toLowerCase()}${tag.slice(1)}`
