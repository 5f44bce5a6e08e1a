/** A chart as a picture: a standalone SVG document. */
import type { Chart } from './chart.js'
import { layoutOf } from './layout.js'
import { lane, margin, middle, rowHeight, whole } from './svgLanes.js'
import type { Frame } from './svgLanes.js'
import { eventSign, pieces, style } from './svgPieces.js'
import { cut, eventWords, folded, leafName, namesOf, outcome, plain, statusOf, ticks, time, widthOf } from './words.js'

// -------------------------------------------------------------------------------------
// sizes, in the units of the picture
// -------------------------------------------------------------------------------------

const character = 7.25
const gap = 16
const room = 26

/** A chart as an SVG document so many units wide. */
export const svgOf = (chart: Chart, width: number, title: string | undefined): string => {
  const names = namesOf(chart, Math.floor((width * 0.4) / character), joints, plain)
  const statuses = chart.rows.map((row) => statusOf(row, '', Math.floor((width * 0.22) / character), '…'))
  const longest = (texts: ReadonlyArray<string>): number => Math.max(...texts.map(widthOf)) * character
  const left = Math.round(margin + longest(['events', ...names]) + gap)
  const right = Math.round(width - margin - gap - longest(['0 polls', ...statuses]))
  const layout = layoutOf(chart.columns, right - left, room)
  const end = left + (layout.edges.at(-1) ?? 0)
  const { decision } = chart
  const decided = decision === undefined ? end : left + layout.at(decision.column, decision.at)
  const frame: Frame = { chart, layout, left, right, end, decided, top: margin + 52 }

  const lanesEnd = frame.top + chart.rows.length * rowHeight
  const moreEnd = lanesEnd + (chart.hidden === 0 ? 0 : rowHeight)
  const wholeTop = moreEnd + 6
  const [when, why] = outcome(chart, plain)
  const sentences = [when, ...folded(why, Math.floor((width - 2 * margin) / character), 3, '…')].filter(
    (each) => each !== '',
  )
  const below = wholeTop + rowHeight + 28
  const key = legend(frame, below + sentences.length * 20 + 10, width)
  const height = Math.round(key.bottom + margin - 6)

  const heading = plain(title ?? `Timeline: ${when}`)
  const { element, text } = pieces
  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: 'cantok-timeline',
      role: 'img',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
    },
    [
      element('title', {}, [pieces.escape(heading)]),
      element('desc', {}, [pieces.escape(description(chart, names, when, why))]),
      element('style', {}, [style]),
      element('rect', { class: 'paper', width, height, rx: 8 }),
      ...axis(frame, wholeTop + rowHeight),
      ...header(frame, wholeTop + rowHeight),
      ...chart.rows.flatMap((row, index) => [
        ...label(names[index] ?? '', frame.top + index * rowHeight, decision?.rows.includes(index) === true),
        ...lane(frame, row, frame.top + index * rowHeight),
        text(
          right + gap,
          middle(frame.top + index * rowHeight),
          statuses[index] ?? '',
          decision?.rows.includes(index) === true ? 'strong' : 'quiet',
        ),
      ]),
      ...(chart.hidden === 0 ? [] : [text(margin, middle(lanesEnd), `… and ${chart.hidden} more`, 'quiet')]),
      ...whole(frame, wholeTop),
      ...sentences.map((sentence, index) => text(margin, below + index * 20, sentence, index === 0 ? 'strong' : '')),
      ...key.drawn,
    ],
  )}\n`
}

const description = (
  { rows, decision, hidden }: Chart,
  names: ReadonlyArray<string>,
  when: string,
  why: string,
): string => {
  const lines = rows.map((row, index) => {
    const gave = decision?.rows.includes(index) === true ? ', gave the reason' : ''
    return `${plain(leafName(row.token)).slice(0, 200)}: ${statusOf(row, '', Infinity, '…')}${gave}`
  })
  return [
    ...lines,
    ...(hidden === 0 || names.length === 0 ? [] : [`and ${hidden} more`]),
    when,
    cut(why, 400, '…'),
  ].join('. ')
}

// -------------------------------------------------------------------------------------
// the left: leaves and structure
// -------------------------------------------------------------------------------------

/** Lines as characters that no name contains once it is plain. */
const joints = {
  first: ' \ue001 ',
  between: ' \ue002 ',
  last: ' \ue003 ',
  beside: ' \ue004 ',
  deeper: '… ',
  ellipsis: '…',
}

const label = (name: string, top: number, isReason: boolean): ReadonlyArray<string> => {
  const drawn: Array<string> = []
  const { element, text } = pieces
  let at = margin
  const runs = name.split(/([\ue001-\ue004])/)
  for (const [index, run] of runs.entries()) {
    const wide = widthOf(run) * character
    if (/^[\ue001-\ue004]$/.test(run)) {
      const [x, y] = [at + character / 2, middle(top)]
      const [up, down] = [run === '\ue001' ? y : top, run === '\ue003' ? y : top + rowHeight]
      const across = run === '\ue004' ? '' : `M${run === '\ue001' ? x - character : x} ${y}H${x + character}`
      drawn.push(element('path', { class: 'joint', d: `M${x} ${up}V${down}${across}` }))
    } else if (run.trim() !== '') {
      const indent = run.length - run.trimStart().length
      const isLeaf = index === runs.length - 1
      drawn.push(text(at + indent * character, middle(top), run.trim(), isLeaf ? (isReason ? 'strong' : '') : 'quiet'))
    }
    at += wide
  }
  return drawn
}

// -------------------------------------------------------------------------------------
// the top: time and events
// -------------------------------------------------------------------------------------

const axis = ({ chart, layout, left, right, top }: Frame, bottom: number): ReadonlyArray<string> => {
  const drawn: Array<string> = []
  let free = 0
  for (const tick of ticks(chart.columns.at(-1)?.to ?? 0, Math.max(2, Math.floor((right - left) / 80)))) {
    const text = time(tick)
    const x = left + layout.ofTime(tick)
    if (x < free) continue
    drawn.push(pieces.element('path', { class: 'grid', d: `M${pieces.round(x)} ${top - 44}V${bottom}` }))
    drawn.push(pieces.text(x + 4, top - 40, text, 'quiet'))
    free = x + widthOf(text) * character + 12
  }
  return drawn
}

const header = ({ chart, layout, left, right, top }: Frame, bottom: number): ReadonlyArray<string> => {
  const y = top - 16
  const polls = chart.columns.filter(({ event }) => event._tag === 'Polled').length
  const drawn = [pieces.text(margin, y, 'events', 'quiet')]
  const dense = chart.columns.length > (right - left) / 16 ? ' faint' : ''
  for (const [index, column] of chart.columns.entries()) {
    const { event, jump } = column
    if (event._tag === 'Elapsed' && jump === 0) continue
    const x = left + (layout.edges[index] ?? 0)
    const children = [pieces.element('title', {}, [pieces.escape(cut(plain(eventWords(column)), 300, '…'))])]
    if (event._tag === 'Polled')
      children.push(
        pieces.element('path', {
          class: `look${event.direct ? '' : ' indirect'}${dense}`,
          d: `M${pieces.round(x)} ${y + 6}V${bottom}`,
        }),
      )
    drawn.push(pieces.element('g', {}, [...children, eventSign(column, x, y)]))
  }
  return [...drawn, pieces.text(right + gap, y, `${polls} poll${polls === 1 ? '' : 's'}`, 'quiet')]
}

// -------------------------------------------------------------------------------------
// the bottom: what the signs mean
// -------------------------------------------------------------------------------------

const legend = (
  { chart }: Frame,
  top: number,
  width: number,
): { readonly drawn: ReadonlyArray<string>; readonly bottom: number } => {
  const drawn: Array<string> = []
  let [x, y] = [margin, top]
  for (const [isThere, sign, words] of pieces.key(chart)) {
    if (!isThere) continue
    const wide = 22 + widthOf(words) * character + 18
    if (x > margin && x + wide > width - margin) [x, y] = [margin, y + 20]
    drawn.push(sign(x + 6, y), pieces.text(x + 20, y, words, 'quiet'))
    x += wide
  }
  return { drawn, bottom: drawn.length === 0 ? top - 16 : y + 12 }
}
