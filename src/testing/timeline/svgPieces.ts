/** What a picture of a timeline is made of: elements, signs and colours. */
import type { Chart, Column } from './chart.js'
import { isUnseen, waited } from './words.js'

/** Colours that are told apart without red and green, on light and on dark paper. */
export const style = `
.cantok-timeline text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1f2328;white-space:pre}
.cantok-timeline .quiet{fill:#656d76}
.cantok-timeline .strong{font-weight:bold}
.cantok-timeline .paper{fill:#ffffff}
.cantok-timeline .track{fill:#eef1f5}
.cantok-timeline .level{fill:#a9c7f2}
.cantok-timeline .edge{fill:none;stroke:#2f6fc4;stroke-width:1.5;stroke-linejoin:round}
.cantok-timeline .fired{fill:#e08a2c}
.cantok-timeline .after{fill:#e08a2c;fill-opacity:.3}
.cantok-timeline .unseen{fill:#e08a2c;fill-opacity:.45}
.cantok-timeline .mark{fill:#9a4f06;stroke:#ffffff}
.cantok-timeline .momentary{fill:#ffffff;stroke:#9a4f06;stroke-width:1.5}
.cantok-timeline .no{fill:#ffffff;stroke:#656d76;stroke-width:1.25}
.cantok-timeline .decided{fill:none;stroke:#9a4f06;stroke-width:1.5}
.cantok-timeline .joint{fill:none;stroke:#b4bcc6}
.cantok-timeline .grid{fill:none;stroke:#e4e8ed}
.cantok-timeline .look{fill:none;stroke:#8b949e;stroke-opacity:.6}
.cantok-timeline .faint{stroke-opacity:.2}
.cantok-timeline .indirect{stroke-dasharray:3 3}
.cantok-timeline .unstarted{fill:none;stroke:#b4bcc6;stroke-width:1.5;stroke-dasharray:1.5 4.5}
.cantok-timeline .sign{fill:#1f2328}
.cantok-timeline .hollow{fill:#ffffff;stroke:#1f2328;stroke-width:1.25}
.cantok-timeline .drawn{fill:none;stroke:#1f2328;stroke-width:1.75;stroke-linejoin:round;stroke-linecap:round}
@media (prefers-color-scheme:dark){
.cantok-timeline text{fill:#e6edf3}
.cantok-timeline .quiet{fill:#9198a1}
.cantok-timeline .paper{fill:#0d1117}
.cantok-timeline .track{fill:#1c222b}
.cantok-timeline .level{fill:#1d4378}
.cantok-timeline .edge{stroke:#6ea8f7}
.cantok-timeline .fired,.cantok-timeline .after,.cantok-timeline .unseen{fill:#d4832b}
.cantok-timeline .mark{fill:#ffc98a;stroke:#0d1117}
.cantok-timeline .momentary{fill:#0d1117;stroke:#ffc98a}
.cantok-timeline .no{fill:#0d1117;stroke:#9198a1}
.cantok-timeline .decided{stroke:#ffc98a}
.cantok-timeline .joint,.cantok-timeline .unstarted{stroke:#4b535d}
.cantok-timeline .grid{stroke:#222931}
.cantok-timeline .look{stroke:#6e7681}
.cantok-timeline .sign{fill:#e6edf3}
.cantok-timeline .hollow{fill:#0d1117;stroke:#e6edf3}
.cantok-timeline .drawn{stroke:#e6edf3}
}
`

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

const round = (value: number): number => Math.round(value * 100) / 100

/** An element; the values of attributes are escaped, its content is not. */
const element = (
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  content: ReadonlyArray<string> = [],
): string => {
  const given = Object.entries(attributes).map(([key, value]) => ` ${key}="${escape(String(value))}"`)
  if (content.length === 0) return `<${name}${given.join('')}/>`
  const isLong = content.length > 1
  return `<${name}${given.join('')}>${isLong ? '\n' : ''}${content.join('\n')}${isLong ? '\n' : ''}</${name}>`
}

const text = (x: number, y: number, words: string, kind: string): string =>
  element('text', { x: round(x), y: round(y + 4), ...(kind === '' ? {} : { class: kind }) }, [escape(words)])

const diamond = (kind: string, x: number, y: number): string =>
  element('path', { class: kind, d: `M${round(x)} ${round(y - 7)}l7 7l-7 7l-7 -7Z` })

const bar = (kind: string, from: number, to: number, top: number, height: number): string =>
  to - from < 0.01
    ? ''
    : element('rect', { class: kind, x: round(from), y: round(top), width: round(to - from), height })

/** The sign of an event: a triangle for a poll, hollow if it is indirect. */
export const eventSign = ({ event, jump }: Column, x: number, y: number): string => {
  const at = `M${round(x)} ${round(y)}`
  switch (event._tag) {
    case 'Polled':
      return element('path', { class: event.direct ? 'sign' : 'hollow', d: `${at}m-5 -5h10l-5 9Z` })
    case 'Requested':
      return element('path', { class: 'drawn', d: `${at}m0 -6v7m0 4v0.01` })
    case 'Spent':
      return element('path', { class: 'drawn', d: `${at}m-4.5 0h9m-4.5 -4.5v9` })
    case 'Beat':
      return element('path', { class: 'drawn', d: `${at}m-6 1h3l2 -6l3 10l2 -4h2` })
    case 'Elapsed':
      return element('path', {
        class: 'drawn',
        d: jump > 0 ? `${at}m-4 -4l4 4l-4 4m5 -8l4 4l-4 4` : `${at}m4 -4l-4 4l4 4m-5 -8l-4 4l4 4`,
      })
  }
}

type Sign = (x: number, y: number) => string

/** Which signs there are in a picture, and what they mean. */
const key = (chart: Chart): ReadonlyArray<readonly [isThere: boolean, sign: Sign, words: string]> => {
  const cells = chart.rows.flatMap((row) => row.cells)
  const events = new Map<string, Sign>()
  for (const column of chart.columns) {
    const name = eventName(column)
    if (name !== undefined && !events.has(name)) events.set(name, (x, y) => eventSign(column, x, y))
  }
  const square =
    (kind: string): Sign =>
    (x, y) =>
      bar(kind, x - 7, x + 7, y - 6, 12)
  return [
    ...[...events].map(([name, sign]) => [true, sign, name] as const),
    [
      cells.some(({ answer, status }) => answer === false && status !== 'momentary'),
      (x, y) => element('circle', { class: 'no', cx: x, cy: y, r: 3 }),
      'asked, false',
    ],
    [cells.some(({ status }) => status === 'momentary'), (x, y) => diamond('momentary', x, y), 'true for this look'],
    [
      chart.rows.some(({ limit }) => limit !== undefined),
      (x, y) =>
        `${element('path', { class: 'level', d: `M${x - 8} ${y + 6}L${x + 8} ${y - 6}V${y + 6}Z` })}${element('path', { class: 'edge', d: `M${x - 8} ${y + 6}L${x + 8} ${y - 6}` })}`,
      'used up',
    ],
    [cells.some(({ firedAt }) => firedAt !== undefined), (x, y) => diamond('mark', x, y), 'fires'],
    [waited(chart), (x, y) => element('path', { class: 'unstarted', d: `M${x - 8} ${y}h17` }), 'not started'],
    [isUnseen(chart), square('unseen'), 'fired, not yet seen'],
    [chart.decision !== undefined, square('fired'), 'fired'],
    [(chart.decision?.rows.length ?? 0) > 0, (x, y) => text(x - 7, y, 'ab', 'strong'), 'gave the reason'],
  ]
}

const eventName = ({ event, jump }: Column): string | undefined => {
  switch (event._tag) {
    case 'Polled':
      return event.direct ? 'poll' : 'indirect poll'
    case 'Requested':
      return 'request'
    case 'Spent':
      return 'spend'
    case 'Beat':
      return 'beat'
    case 'Elapsed':
      return jump === 0 ? undefined : jump > 0 ? 'wall clock jumps ahead' : 'wall clock jumps back'
  }
}

export const pieces: {
  readonly escape: typeof escape
  readonly round: typeof round
  readonly element: typeof element
  readonly text: typeof text
  readonly diamond: typeof diamond
  readonly bar: typeof bar
  readonly key: typeof key
} = { escape, round, element, text, diamond, bar, key }
