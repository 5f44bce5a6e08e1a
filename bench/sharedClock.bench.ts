/**
 * One axis: where the time of a poll comes from, in a loop that polls a timeout and does nothing else.
 *
 * The loops are interleaved in one process and compared by the median of their rounds, as ratios to the loop by hand that reads the platform's clock each
 * turn: absolute times depend on the machine and on what else it does. Prints three runs, and how far behind the readings were.
 */
import { CancelScope, Clock, Token } from 'cantok-ts'
import { namesOf, nanosecondsPerPoll, ratio } from './interleaved.js'

const limit = 400_000
const rounds = 21
const hour = 3_600_000

const shared = Clock.shared()

/** Each runs its loop once and answers with the number of its polls; none calls another's functions, which would spoil inlining. */
const cases = {
  'by hand, the platform’s clock': (): number => {
    const end = performance.now() + hour
    let polls = 0
    while (polls < limit && performance.now() < end) polls++
    return polls
  },
  'by hand, the platform’s clock every 64th turn': (): number => {
    const end = performance.now() + hour
    let polls = 0
    while (polls < limit && ((polls & 63) !== 0 || performance.now() < end)) polls++
    return polls
  },
  'by hand, a shared clock': (): number => {
    const { monotonic } = shared
    const end = monotonic() + hour
    let polls = 0
    while (polls < limit && monotonic() < end) polls++
    return polls
  },
  'by hand, a counter alone': (): number => {
    let state = 1
    let polls = 0
    while (polls < limit && state !== 0) {
      state = (state * 1_103_515_245 + 12_345) & 0x7fff_ffff
      polls++
    }
    return polls
  },
  'a scope, Clock.system': (): number => {
    const more = CancelScope.keepGoing(CancelScope.open(Token.timeout(hour))())
    let polls = 0
    while (polls < limit && more()) polls++
    return polls
  },
  'a scope, Clock.shared()': (): number => {
    const more = CancelScope.keepGoing(CancelScope.open(Token.timeout(hour), { clock: shared })())
    let polls = 0
    while (polls < limit && more()) polls++
    return polls
  },
  'by hand, Clock.sampled': (): number => {
    const { monotonic } = Clock.sampled(Clock.system)
    const end = monotonic() + hour
    let polls = 0
    while (polls < limit && monotonic() < end) polls++
    return polls
  },
  'a scope, Clock.sampled': (): number => {
    const clock = Clock.sampled(Clock.system)
    const more = CancelScope.keepGoing(CancelScope.open(Token.timeout(hour), { clock })())
    let polls = 0
    while (polls < limit && more()) polls++
    return polls
  },
  'a scope without time': (): number => {
    const more = CancelScope.keepGoing(CancelScope.open(Token.counter(2 * limit))())
    let polls = 0
    while (polls < limit && more()) polls++
    return polls
  },
}

const names = namesOf(cases)

/** How far behind the readings of a loop are, in microseconds: the median, and the most of 99 and of 100 in a hundred. */
const lags = (): string => {
  const found = Array.from({ length: 200_000 }, () => {
    const reading = shared.monotonic()
    return 1000 * (performance.now() - reading)
  }).sort((x, y) => x - y)
  return [0.5, 0.99, 1].map((part) => (found[Math.ceil(part * found.length) - 1] ?? NaN).toFixed(1)).join(', ')
}

while (shared.state() !== 'ticking') shared.monotonic()
console.log(`node ${process.version}, ${rounds} interleaved rounds of ${limit} polls a run; medians\n`)
console.log(`| | ${[1, 2, 3].map((run) => `run ${run}`).join(' | ')} |`)
console.log('| --- | --- | --- | --- |')
const runs = [1, 2, 3].map(() => nanosecondsPerPoll(cases, rounds))
for (const name of names) {
  const cells = runs.map((measured) => ratio(measured.get(name), measured.get('by hand, the platform’s clock')))
  console.log(`| ${name} | ${cells.join(' | ')} |`)
}
console.log(`\nbehind the platform's clock, in µs (median, 99 %, most): ${lags()}; ${shared.state()}`)
