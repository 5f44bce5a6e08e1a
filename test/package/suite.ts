/**
 * What every runner runs against the package as a user gets it: .ci/package-check.mjs installs the tarball beside this folder, as ES modules and as CommonJS.
 *
 * It knows no runner: a case is a title and what to call.
 */
import * as assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { Cancellable, CancelScope, Token } from 'cantok-ts'
import { TokenFromJson, TokenFromString, report } from 'cantok-ts/codec'
import { sweepOrThrow, token, trace, virtualWorld } from 'cantok-ts/testing'
import type { Program } from 'cantok-ts/testing'
import { openShared, share } from 'cantok-ts/threads'

const { setTimeout: timers } = globalThis

/** Asserts that the runner has faked the timers of the platform, so that a case that passes says something. */
export const assertFaked = (): void => {
  assert.notEqual(globalThis.setTimeout, timers)
}

const tenHours = async (): Promise<void> => {
  const world = virtualWorld()
  const scope = CancelScope.open(Token.timeout('10 hours'), world)()
  const beats: Array<number> = []
  const beat = Cancellable.guard(TE.fromIO(() => beats.push(world.clock.monotonic())))
  const ended = pipe(beat, Cancellable.every('6 minutes'), Cancellable.run(scope))()
  await world.settle('10 hours')()
  const result = await ended
  assert.equal(result._tag === 'Left' && result.left._tag, 'TimedOut')
  assert.equal(beats.length, 100)
  assert.equal(world.clock.timers(), 0)
}

const everyOrder = async (): Promise<void> => {
  const orders = new Set<string>()
  const property = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
    const world = virtualWorld({ scheduler })
    const scope = CancelScope.open(Token.timeout('1 hour'), world)()
    let order = ''
    CancelScope.onCancelled(scope, () => void (order += 'fired '))()
    world.clock.schedule('1 hour', () => void (order += 'done '))()
    await world.settle('1 hour')()
    orders.add(order)
  })
  await fc.assert(property, { seed: 1 })
  assert.deepEqual([...orders].sort(), ['done fired ', 'fired done '])
}

const played = (): void => {
  const conditions = { p: false, q: false, r: false }
  const staysFired = fc.property(token({ momentary: false }), trace({ minLength: 2 }), (each, events) => {
    const world = virtualWorld<string>({ conditions })
    const scope = CancelScope.open(each, world)()
    let hasFired = false
    for (const event of events) {
      const verdict = world.play(scope)(event)()
      if (event._tag === 'Polled' && hasFired) assert.equal(verdict._tag, 'Some')
      hasFired ||= verdict._tag === 'Some'
    }
  })
  fc.assert(staysFired)
}

const shared = (): void => {
  const scope = CancelScope.open(Token.any(Token.manual('stop'), Token.counter(2)))()
  const view = openShared(structuredClone(share(scope)()))()
  const polls = [view, scope, view].map((each) => CancelScope.keepGoing(each)())
  assert.deepEqual(polls, [true, true, false])
}

const encoded = (): void => {
  const roundTrip = fc.property(token({ used: true, reasons: true }), (each) => {
    const result = TokenFromString.decode(TokenFromString.encode(each))
    assert.deepEqual(result, { _tag: 'Right', right: { ...each } })
  })
  fc.assert(roundTrip)
  const result = TokenFromJson.decode({ version: 1, token: { _tag: 'Manual' } })
  assert.match(result._tag === 'Left' ? report(result.left).join() : '', /^token\.name must be a text/)
}

const careful: Program<unknown> = (scope, { ensure, sleep }) => {
  let free = 1
  ensure('the permit is back', () => free === 1)()
  const work = Cancellable.guard(TE.fromTask(sleep('1 second')))
  const take = Cancellable.fromTaskEither(TE.fromIO(() => void free--))
  const giveBack = Cancellable.fromTaskEither(TE.fromIO(() => void free++))
  return pipe(
    Cancellable.bracket(
      take,
      () => work,
      () => giveBack,
    ),
    Cancellable.run(scope),
  )
}

const careless: Program<void> = async (scope) => {
  CancelScope.onCancelled(scope, () => {})()
}

const unhandled: Program<void> = async () => {
  void Promise.reject(new Error('nobody handles this'))
}

/** By title. */
export const cases: ReadonlyArray<readonly [title: string, body: () => void | Promise<void>]> = [
  ['runs a schedule of 10 hours', tenHours],
  ['reaches every order of what happens at once', everyOrder],
  ['plays what the generators give', played],
  ['shares a scope', shared],
  ['reads what it has written, and refuses what is none', encoded],
  ['sweeps a program that holds', sweepOrThrow(careful)],
  ['finds what a program leaves behind', () => assert.rejects(sweepOrThrow(careless), /it leaves nothing behind/)],
]

/** Those that want the process itself. Jest gives its tests a copy, to which nobody tells of such errors, and fails the test for them by itself. */
export const processCases: typeof cases = [
  ['finds errors that nobody handles', () => assert.rejects(sweepOrThrow(unhandled), /nobody handles this/)],
]
