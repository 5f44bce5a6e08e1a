/**
 * Stop when a one-in-100,000 draw succeeds, or after 400,000 rounds, or after one second; then say why.
 */
import { Analysis, CancelScope, Reason, Token } from 'cantok-ts'

const token = Token.any(Token.condition('lucky'), Token.counter(400_000), Token.timeout('1 second'))

const scope = CancelScope.open(token, { conditions: { lucky: () => Math.random() < 1 / 100_000 } })()

const more = CancelScope.keepGoing(scope)
let rounds = 0
while (more()) rounds++

const verdict = CancelScope.poll(scope)()
const why = verdict._tag === 'Some' ? Reason.Show.show(verdict.value) : 'nothing'

console.log(`${Token.Show.show(token)}\n`)
console.log(`stopped after ${rounds} rounds: ${why}\n`)
console.log(Analysis.ShowEvidence.show(CancelScope.explain(scope)()))
