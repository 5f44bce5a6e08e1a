/**
 * One axis: a poll of the quick start's token, against the same checks by hand and against the platform's AbortSignal.
 *
 * The loops are interleaved in one process and compared by the median of their rounds, as ratios to the code by hand: absolute times depend
 * on the machine and on what else it does. Prints three runs.
 */
import { CancelScope, Token } from 'cantok-ts'
import { namesOf, nanosecondsPerPoll, ratio } from './interleaved.js'

const limit = 400_000
const rounds = 21

/** A predicate that costs little and never comes true within the limit; each case has its own, so that none spoils another's inlining. */
const draw = (): (() => boolean) => {
  let state = 1
  return () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fff_ffff
    return state === 0
  }
}

const token = Token.any(Token.condition('lucky'), Token.counter(limit), Token.timeout('1 hour'))

const cases = {
  'by hand': (): number => {
    const lucky = draw()
    const end = performance.now() + 3_600_000
    let left = limit
    let polls = 0
    for (;;) {
      polls++
      if (performance.now() >= end || left === 0) return polls
      left--
      if (lucky()) return polls
    }
  },
  'AbortSignal.any': (): number => {
    const lucky = draw()
    const signal = AbortSignal.any([new AbortController().signal, AbortSignal.timeout(3_600_000)])
    let left = limit
    let polls = 0
    for (;;) {
      polls++
      if (signal.aborted || left === 0) return polls
      left--
      if (lucky()) return polls
    }
  },
  'a scope': (): number => {
    const more = CancelScope.keepGoing(CancelScope.open(token, { conditions: { lucky: draw() } })())
    let polls = 1
    while (more()) polls++
    return polls
  },
  'a child of a child': (): number => {
    const job = CancelScope.open(Token.manual('stop'))()
    const task = CancelScope.child(Token.never)(job)()
    const more = CancelScope.keepGoing(CancelScope.child(token, { conditions: { lucky: draw() } })(task)())
    let polls = 1
    while (more()) polls++
    return polls
  },
  'a child of a child, each with a timeout': (): number => {
    const job = CancelScope.open(Token.timeout('3 hours'))()
    const task = CancelScope.child(Token.timeout('2 hours'))(job)()
    const more = CancelScope.keepGoing(CancelScope.child(token, { conditions: { lucky: draw() } })(task)())
    let polls = 1
    while (more()) polls++
    return polls
  },
}

const names = namesOf(cases)

console.log(`node ${process.version}, ${rounds} interleaved rounds of ${limit} polls a run; medians\n`)
console.log(`| run | ${names.join(' | ')} |`)
console.log(`| --- |${names.map(() => ' --- |').join('')}`)
for (let run = 1; run <= 3; run++) {
  const measured = nanosecondsPerPoll(cases, rounds)
  const cells = names.map((name) => ratio(measured.get(name), measured.get('by hand')))
  console.log(`| ${run} | ${cells.join(' | ')} |`)
}
console.log('\nAbortSignal reads no clock: in a synchronous loop its timeout never comes.')
