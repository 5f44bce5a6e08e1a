import type { IO } from 'fp-ts/lib/IO.js'
import * as Analysis from '../Analysis.js'
import type { CancelScope, ScopeView } from '../CancelScope.js'
import { shared as sharedClock, system } from '../Clock.js'
import type { Clock } from '../Clock.js'
import { jsonText } from '../internal/jsonText.js'
import type { Json } from '../internal/jsonText.js'
import { received } from '../internal/received.js'
import { reasonText } from '../internal/reasonText.js'
import { scopeOf, viewOf } from '../interpreter/Handle.js'
import { ownLabel, Scope } from '../interpreter/Scope.js'
import { fold, never } from '../Token.js'
import type { Input, NameOf, Token } from '../Token.js'
import type { Conditions } from '../World.js'
import type { Epoch, Measures } from './epoch.js'
import { SharedMachine } from './SharedMachine.js'
import { newState, State } from './State.js'
import type { StateHandle } from './State.js'
import { ahead } from './timeline.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

declare const owned: unique symbol

/**
 * What is sent to another thread, for it to look at a scope of this one: plain data over SharedArrayBuffers, to be sent as it is.
 *
 * @category model
 * @since 0.1.0
 */
export interface ViewHandle {
  readonly 'cantok-ts/shared': 1
  readonly owned: boolean
  /** The scope, last, and those above it: parents before their children, and `null` for one that never fires. */
  readonly scopes: ReadonlyArray<SharedScope | null>
}

/**
 * One scope of a handle: `token` is in JSON, `clock` the ticks of the clock it runs on (`null` for the system's), `parents` are places in the handle.
 *
 * @category model
 * @since 0.1.0
 */
export interface SharedScope {
  readonly state: StateHandle
  readonly token: string
  readonly since: Measures
  readonly clock: Ticks | null
  readonly narrows: boolean
  readonly parents: ReadonlyArray<number>
}

/**
 * What a thread reads the `Clock.shared()` of another by.
 *
 * @category model
 * @since 0.1.0
 */
export interface Ticks {
  readonly buffer: SharedArrayBuffer
  readonly tolerance: number
}

/**
 * What is sent to another thread, for it to do with a scope of this one what its owner may do.
 *
 * @category model
 * @since 0.1.0
 */
export interface ScopeHandle<I extends Input = never> extends ViewHandle {
  readonly [owned]: (input: I) => void
}

/**
 * `room`: how many letters the details of cancels, and reasons that come from parents, may take together (16,384 unless given).
 *
 * @category model
 * @since 0.1.0
 */
export interface ShareOptions {
  readonly room?: number
}

/**
 * The predicates that this thread has for conditions of the shared scope itself; its polls ask those, and hear of what other threads find true.
 *
 * @category model
 * @since 0.1.0
 */
export interface SharedWorld<Name extends string = string> {
  readonly conditions?: Partial<Conditions<Name>>
}

// -------------------------------------------------------------------------------------
// constructors
// -------------------------------------------------------------------------------------

/**
 * Shares a scope with other threads: gives a handle to send them, which they open by `openShared` or `ownShared`.
 *
 * The scope, and those above it, go on in memory that threads have in common: its own thread uses it as before, and sees what others do. A handle is plain data
 * over SharedArrayBuffers, for `postMessage` and `workerData`, sent as it is to any number of threads, which may share it further; it is good
 * at any time, also after the scope has fired. Sharing twice gives handles of one state. Of a view it gives the handle of a view.
 *
 * Conditions are asked by threads that have their predicates, AbortSignals and other sources heard by this one, and what each finds is every thread's. In
 * threads nothing that has fired can be undone: where a predicate's error ends a read, what shared scopes came to in it stays.
 *
 * A `room` that is no number of letters is a `RangeError` at once. The IO throws a `TypeError` if the scope needs time and runs on a clock that other threads cannot
 * read (a virtual one), and an `Error` in the middle of a read of it or where there is no SharedArrayBuffer; then nothing is shared. It takes some 100 kilobytes of memory, most of it never touched, and one for
 * each leaf; more where a token has hundreds of names, for each entry has room for all. What fires later costs time linear in the size of the token, in each thread.
 *
 * @example
 * ```ts
 * import { CancelScope, Token } from 'cantok-ts'
 * import { openShared, share } from 'cantok-ts/threads'
 *
 * const scope = CancelScope.open(Token.any(Token.manual('stop'), Token.timeout('1 minute')))()
 * const sent = structuredClone(share(scope)()) // as a message is
 *
 * const view = openShared(sent)() // in the other thread
 * console.log(CancelScope.keepGoing(view)()) // => true
 * CancelScope.cancelInput(scope, 'stop')()
 * console.log(CancelScope.keepGoing(view)()) // => false
 * ```
 * @category constructors
 * @since 0.1.0
 */
export function share<I extends Input>(scope: CancelScope<I>, options?: ShareOptions): IO<ScopeHandle<I>>
export function share(scope: ScopeView, options?: ShareOptions): IO<ViewHandle>
export function share(scope: ScopeView, { room = 16_384 }: ShareOptions = {}): IO<ViewHandle> {
  const live = scopeOf(scope)
  if (!(Number.isSafeInteger(room) && room >= 0 && room <= mostLetters))
    throw new RangeError(`room must be an integer from 0 to ${mostLetters}, but was ${received(room)}`)
  return () => {
    const { scopes } = live.family()
    if (typeof SharedArrayBuffer !== 'function')
      throw new Error(
        'sharing needs SharedArrayBuffer, which a browser has in pages that are cross-origin isolated only: send the headers COOP and COEP',
      )
    for (const each of scopes) refuseUnshareable(each)
    let bell: SharedArrayBuffer | undefined
    for (const { machine } of scopes) bell ??= machine.bell?.buffer
    for (const each of scopes) if (each.machine.bell === null && !isInert(each)) bell = move(each, room, bell)
    return handleOf(live)
  }
}

/**
 * Opens, in this thread, a view of a scope that another has shared: to look at, wait for and derive from, never to cancel.
 *
 * Its polls count, as those of the scope itself, whichever thread makes them. A poll in which nothing has happened is one atomic load; beside that it reads the clock
 * if the scope needs time, adds to a counter if it has one, and loads one word more for its budgets. A loop that never yields sees what others do, `waitSync` sleeps until they do it, and waiting and
 * listening are told soon after. All threads give the first reason, whole, with its instant.
 *
 * Opened twice it gives two views of one scope. Throws a `TypeError` for what is no handle, such as the `{}` that arrives where an AbortSignal was sent.
 *
 * @example
 * ```ts
 * import { CancelScope, Token } from 'cantok-ts'
 * import { openShared, share } from 'cantok-ts/threads'
 *
 * const scope = CancelScope.open(Token.counter(3))()
 * const handle = share(scope)()
 * const polls = [scope, openShared(handle)(), openShared(handle)(), scope].map((each) => CancelScope.keepGoing(each)())
 * console.log(polls) // => [ true, true, true, false ]
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const openShared = <I extends Input = Input>(
  handle: ViewHandle & Partial<Pick<ScopeHandle<I>, typeof owned>>,
  { conditions = {} }: SharedWorld<NameOf<'condition', I>> = {},
): IO<ScopeView> => opening(handle, conditions, false)

/**
 * Opens, in this thread, a scope that another has shared, as its owner: to cancel it, spend, beat and feed its inputs too.
 *
 * What is done to it is done for all threads at once, and of what several do at the same time one is first. Amounts that are spent at the same time all count. `close` ends
 * the scope's own part in all threads. A detail for which there is no room is cut and ends in `…`. Otherwise as `openShared`;
 * throws a `TypeError` also for the handle of a view.
 *
 * @example
 * ```ts
 * import { CancelScope, Token } from 'cantok-ts'
 * import { ownShared, share } from 'cantok-ts/threads'
 *
 * const scope = CancelScope.open(Token.budget('pages', 10))()
 * const worker = ownShared(share(scope)())() // in the other thread
 * CancelScope.spend(worker, 'pages', 12)()
 * const reason = CancelScope.poll(scope)()
 * console.log(reason._tag === 'Some' && reason.value._tag === 'BudgetSpent' && reason.value.spent) // => 12
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const ownShared = <I extends Input>(
  handle: ScopeHandle<I>,
  { conditions = {} }: SharedWorld<NameOf<'condition', I>> = {},
): IO<CancelScope<I>> => {
  refuseNoHandle(handle)
  if (!handle.owned) throw new TypeError('handle must be that of a scope that has an owner, but was that of a view')
  return opening(handle, conditions, true) as IO<CancelScope<I>> // sound: a handle for these inputs is made of a scope that takes them
}

// -------------------------------------------------------------------------------------
// private: sharing
// -------------------------------------------------------------------------------------

const mostLetters = 2 ** 24

const refuseUnshareable = ({ machine, token }: Scope): void => {
  if (machine.looking || machine.visit.lasts)
    throw new Error('a scope cannot be shared by a predicate that it is asking')
  if (sizeOf(token).isTimed && !('cantok-ts/system' in machine.clock) && ticksOf(machine.clock) === null)
    throw new TypeError(
      'the clock of a shared scope must be Clock.system or Clock.shared(), which other threads can read, but was another',
    )
}

/** What other threads read a shared clock by. */
const ticksOf = (clock: Clock): Ticks | null =>
  'buffer' in clock && isShared(clock.buffer) && 'behind' in clock && typeof clock.behind === 'number'
    ? { buffer: clock.buffer, tolerance: clock.behind }
    : null

/** Such as the background: there is nothing to share of a scope that never fires. */
const isInert = ({ token, parents, source, machine, 'cantok-ts/owned': owned }: Scope): boolean =>
  token._tag === 'Never' && parents.length === 0 && source === null && !owned && machine.bell === null

/** Moves what a scope has come to into shared memory; the answer is the bell. */
const move = (scope: Scope, room: number, bell: SharedArrayBuffer | undefined): SharedArrayBuffer => {
  const { machine } = scope
  machine.catchUp()
  const { clock, conditions, decided, closed } = machine
  const token = machine.snapshot(true)
  const names = Analysis.inputs(token)
  const { leaves, polls } = sizeOf(token)
  const letters = room + (decided === null ? 0 : reasonText(decided).length)
  const label = ownLabel(scope.token)?.length ?? 0
  const state = new State(newState(names, { entries: leaves + 2, letters, label, wide: polls >= 2 ** 30 }, bell))
  const lead = ahead(clock)
  clock.renew?.()
  const since = state.measures(clock.monotonic() + lead)
  const shared = new SharedMachine(state, firstEpoch(token, since), clock, conditions, lead, scope.source?.read)
  if (decided !== null) shared.decide(decided)
  else if (closed) shared.close()
  scope.replaceBy(shared)
  scope.watch?.arm()
  // what comes from elsewhere comes here, and other threads hear of it when this one does
  if (scope.source !== null && decided === null)
    scope.listen({ run: () => {}, fail: null, every: 1, keepAlive: false, closed: () => {} })
  return state.handle.bell
}

const handleOf = (scope: Scope): ViewHandle => {
  const family = parentsFirst(scope)
  const places = new Map(family.map((each, place) => [each, place]))
  return {
    'cantok-ts/shared': 1,
    owned: scope['cantok-ts/owned'],
    scopes: family.map((each) => {
      if (isInert(each)) return null
      const { machine, narrows, parents } = each
      const { state, epoch } = (machine as SharedMachine).origin // sound: all the others have been moved
      const clock = ticksOf(machine.clock)
      const token = jsonText(epoch.token as unknown as Json) // sound: a token is plain data
      return { state, token, since: epoch.since, clock, narrows, parents: parents.map((parent) => places.get(parent)!) }
    }),
  }
}

/** A scope and all above it, each once and behind its parents. */
const parentsFirst = (first: Scope): ReadonlyArray<Scope> => {
  const found = new Set<Scope>()
  const seen = new Set<Scope>()
  const waiting = [first]
  for (let scope = waiting.at(-1); scope !== undefined; scope = waiting.at(-1)) {
    if (!seen.has(scope)) for (const parent of scope.parents) if (!found.has(parent)) waiting.push(parent)
    if (seen.has(scope)) found.add(waiting.pop()!)
    seen.add(scope)
  }
  return [...found]
}

const firstEpoch = (token: Token<Input>, since: Measures): Epoch => ({
  token,
  since,
  decided: null,
  hasFired: false,
  closed: false,
})

// -------------------------------------------------------------------------------------
// private: opening
// -------------------------------------------------------------------------------------

const opening = (handle: ViewHandle, given: Partial<Conditions>, owned: boolean): IO<ScopeView> => {
  refuseNoHandle(handle)
  const conditions = predicatesOf(given)
  return () => {
    const scopes: Array<Scope> = []
    for (const [place, shared] of handle.scopes.entries()) {
      const isOwn = place === handle.scopes.length - 1
      if (shared === null) {
        scopes.push(new Scope(never, [], system, {}, { owned: false }))
        continue
      }
      const parents = shared.parents.map((parent) => scopes[parent]!)
      scopes.push(openOne(shared, parents, isOwn ? conditions : {}, owned && isOwn))
    }
    return viewOf(scopes.at(-1)!)
  }
}

const predicatesOf = (conditions: Partial<Conditions>): Conditions => {
  const given = Object.entries(conditions).flatMap(([name, predicate]) =>
    predicate === undefined ? [] : ([[name, predicate]] as const),
  )
  for (const [name, predicate] of given)
    if (typeof (typeof predicate === 'object' ? predicate.test : predicate) !== 'function')
      throw new TypeError(`conditions must be predicates, but '${name}' was ${received(predicate)}`)
  return Object.fromEntries(given)
}

const openOne = (
  { state, token: text, since, clock: ticks, narrows }: SharedScope,
  parents: ReadonlyArray<Scope>,
  conditions: Conditions,
  owned: boolean,
): Scope => {
  const token = JSON.parse(text) as Token<Input> // sound: share wrote it
  const clock: Clock = ticks === null ? system : sharedClock(ticks)
  const scope = new Scope(token, parents, clock, conditions, { owned, narrows })
  scope.machine = new SharedMachine(new State(state), firstEpoch(token, since), clock, conditions, ahead(clock))
  return scope
}

/** Refuses what is no handle, and one that has lost its memory on the way. */
const refuseNoHandle = (handle: ViewHandle): void => {
  if (
    typeof handle !== 'object' ||
    handle === null ||
    handle['cantok-ts/shared'] !== 1 ||
    !Array.isArray(handle.scopes)
  )
    throw new TypeError(
      `handle must be what share gives, sent as it is, but was ${received(handle)}${
        typeof handle === 'object'
          ? '; an AbortSignal that is posted arrives as one, a scope is to be shared first'
          : ''
      }`,
    )
  const isWhole = handle.scopes.every(
    (scope, place) =>
      scope === null ||
      (isShared(scope.state?.memory) &&
        isShared(scope.state.bell) &&
        Array.isArray(scope.parents) &&
        scope.parents.every(
          (parent: unknown) => typeof parent === 'number' && handle.scopes[parent] !== undefined && parent < place,
        )),
  )
  if (!isWhole || handle.scopes.length === 0)
    throw new TypeError(
      'handle must hold shared memory, which goes through postMessage and workerData only, not through JSON or to another process: send the residual there',
    )
}

const isShared = (memory: unknown): memory is SharedArrayBuffer =>
  Object.prototype.toString.call(memory) === '[object SharedArrayBuffer]'

interface Size {
  readonly leaves: number
  /** How many polls its counters may count. */
  readonly polls: number
  readonly isTimed: boolean
}

const sizeOf: (token: Token<Input>) => Size = (() => {
  const leaf = (polls: number, isTimed: boolean): Size => ({ leaves: 1, polls, isTimed })
  const sum = (parts: ReadonlyArray<Size>): Size => ({
    leaves: parts.reduce((leaves, part) => leaves + part.leaves, 0),
    polls: parts.reduce((polls, part) => polls + part.polls, 0),
    isTimed: parts.some((part) => part.isTimed),
  })
  const still = (): Size => leaf(0, false)
  const timed = (): Size => leaf(0, true)
  return fold<Size>({
    Never: still,
    Cancelled: still,
    Manual: still,
    Timeout: timed,
    Deadline: timed,
    Counter: ({ limit }) => leaf(limit, false),
    Condition: still,
    Budget: still,
    Idle: timed,
    Any: (_, parts) => sum(parts),
    All: (_, parts) => sum(parts),
    AndThen: (_, first, second) => sum([first, second]),
    Labelled: (_, part) => part,
  })
})()
