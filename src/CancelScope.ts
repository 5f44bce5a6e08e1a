/**
 * The live side: a token opened in a world, to ask in a loop, to cancel, to derive from, and to take along as what is left of it.
 *
 * A scope has fired when it was cancelled as a whole, or its token has fired, or a parent has, asked in that order; the first one found is
 * its reason for good. One read visits each scope once, however many ways lead to it, and asks parents indirectly, unless it is a stretch of
 * one (`narrow`): that does not tick their `direct` counters. Cancelling a child never touches a parent or a sibling, and a child that is forgotten leaves nothing behind in
 * its parents. The meaning is that of `Semantics`: every read brings time up to date and polls.
 *
 * A scope changes only in the calling thread's turn. From within a predicate of a read, the scopes being read answer with what is known by
 * then and are not asked again; cancelling one of them there takes effect at once. A clock that goes back delays, and un-fires nothing.
 *
 * Who does not want to ask waits, or listens: only then does a scope register with its parents and take a timer, and both go when the wait ends.
 *
 * @since 0.1.0
 */
import type { Either } from 'fp-ts/lib/Either.js'
import type { IO } from 'fp-ts/lib/IO.js'
import type { IOEither } from 'fp-ts/lib/IOEither.js'
import type { Option } from 'fp-ts/lib/Option.js'
import type { Task } from 'fp-ts/lib/Task.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import * as Analysis from './Analysis.js'
import { ImpossibleCancelError } from './CancellationError.js'
import { system } from './Clock.js'
import type { Clock } from './Clock.js'
import * as Duration from './Duration.js'
import { received } from './internal/received.js'
import { Handle, handleOf, scopeOf, wantsOf } from './interpreter/Handle.js'
import type { Opening } from './interpreter/Handle.js'
import { ownLabel } from './interpreter/Scope.js'
import type { Scope } from './interpreter/Scope.js'
import { toError } from './Reason.js'
import type { Reason, Requested, TimedOut } from './Reason.js'
import { andThen, cancelled, fold, isToken, labelled, never } from './Token.js'
import type { Input, NameOf, Token } from './Token.js'
import type { Conditions, World, WorldArgument } from './World.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * What an observer may do: look, and derive; never cancel.
 *
 * @category model
 * @since 0.1.0
 */
export interface ScopeView {
  readonly 'cantok-ts/Scope': true
}

declare const owned: unique symbol

/**
 * What its owner may do too: cancel it, feed the inputs `I` that its token names, and close it.
 *
 * It closes at the end of a block that declares it with `using`.
 *
 * @category model
 * @since 0.1.0
 */
export interface CancelScope<I extends Input = never> extends ScopeView {
  readonly [owned]: (input: I) => void
  readonly [Symbol.dispose]: IO<void>
}

/**
 * The conditions a token names for which the world has no predicate.
 *
 * @category model
 * @since 0.1.0
 */
export interface MissingInputs {
  readonly _tag: 'MissingInputs'
  readonly conditions: ReadonlyArray<string>
}

/**
 * A cancellation that comes from elsewhere: an AbortSignal, another thread, another library.
 *
 * `read` says why it has come, if it has; it is asked in every look and must not throw. `subscribe` is told what to call when it
 * comes, and answers with the way to take that back; it is used only while somebody waits, once at a time.
 *
 * @category model
 * @since 0.1.0
 */
export interface Source {
  readonly read: IO<Option<Reason>>
  readonly subscribe: (wake: IO<void>) => IO<IO<void>>
}

/**
 * How to wait. `every` is the pace, in milliseconds of the scope's clock (1 unless given, and never less), at which it looks where it must:
 * at conditions, and at counters that count looks. Whatever else ends a wait ends it at once.
 *
 * @category model
 * @since 0.1.0
 */
export interface WaitOptions {
  readonly every?: Duration.DurationInput
}

/**
 * How to listen. `keepAlive` (default `false`): whether the timers this takes keep the process alive. `onClosed` is called when the scope is closed,
 * which then ends the listening; without it parents are still listened to. `onError` takes what a predicate throws when it is asked on behalf of this
 * listener, which then hears no more; without it such errors are thrown where the timer runs, and listening goes on.
 *
 * @category model
 * @since 0.1.0
 */
export interface ListenOptions extends WaitOptions {
  readonly keepAlive?: boolean
  readonly onClosed?: IO<void>
  readonly onError?: (error: unknown) => void
}

/**
 * Takes a listener back. Whether that was in time: `false` if it has been called, or taken back, already.
 *
 * @category model
 * @since 0.1.0
 */
export type Unsubscribe = IO<boolean>

// -------------------------------------------------------------------------------------
// constructors
// -------------------------------------------------------------------------------------

/**
 * Starts a token in a world: its timeouts begin now. Does not compile without the predicates the token names.
 *
 * Run twice it opens two scopes. The clock is the system's unless the world has one. An untyped caller who leaves out a predicate gets a
 * `TypeError` that names it, when the IO runs. Linear in the size of the token; reads the clock only if the token needs time.
 *
 * @example
 * ```ts
 * import { CancelScope, Token } from 'cantok-ts'
 *
 * const scope = CancelScope.open(Token.any(Token.condition('drained'), Token.counter(3)), {
 *   conditions: { drained: () => false },
 * })()
 * const more = CancelScope.keepGoing(scope)
 * let rounds = 0
 * while (more()) rounds++
 * console.log(rounds) // => 3
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const open = <I extends Input = never>(token: Token<I>, ...world: WorldArgument<I>): IO<CancelScope<I>> =>
  opening(token, [], world[0])

/**
 * Starts a token that came from outside: answers with a `Left` that lists the conditions the world does not know.
 *
 * It checks inputs, not shapes: data that is no well-formed token may throw, or make a scope that never fires. What comes as JSON goes through `TokenFromJson`
 * of `cantok-ts/codec` first, which refuses such data.
 *
 * @example
 * ```ts
 * import { CancelScope } from 'cantok-ts'
 * import { TokenFromJson } from 'cantok-ts/codec'
 *
 * const decoded = TokenFromJson.decode({ version: 1, token: { _tag: 'Condition', name: 'drained' } })
 * if (decoded._tag === 'Right') console.log(CancelScope.openUnknown(decoded.right, { conditions: {} })())
 * // => { _tag: 'Left', left: { _tag: 'MissingInputs', conditions: [ 'drained' ] } }
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const openUnknown =
  (token: Token<Input>, world: World<Input> = { conditions: {} }): IOEither<MissingInputs, CancelScope<Input>> =>
  () => {
    const conditions = lackedBy(world.conditions, wantsOf(token).conditions)
    if (conditions.length > 0) return { _tag: 'Left', left: { _tag: 'MissingInputs', conditions } }
    return { _tag: 'Right', right: opening(token, [], world)() }
  }

/**
 * Derives a scope: it fires when its own token does or its parent has, whichever a read finds first, own token first.
 *
 * The parent's clock is used unless the world has one; conditions are looked up in the given world only. The parent does not know its
 * children: nothing needs to be closed for memory's sake.
 *
 * @example
 * ```ts
 * import { pipe } from 'fp-ts/lib/function.js'
 * import { CancelScope, Token } from 'cantok-ts'
 *
 * const parent = CancelScope.open(Token.manual('stop'))()
 * const child = pipe(parent, CancelScope.child(Token.counter(10)))()
 * CancelScope.cancelInput(parent, 'stop')()
 * console.log(CancelScope.keepGoing(child)()) // => false
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const child =
  <I extends Input = never>(token: Token<I>, ...world: WorldArgument<I>): ((parent: ScopeView) => IO<CancelScope<I>>) =>
  (parent) =>
    opening(token, [handleOf(parent)], world[0])

/**
 * Derives a scope from any number of parents: it fires when its own token does or any parent has, asked from left to right.
 *
 * The first parent's clock is used unless the world has one; of no parents it is `open`.
 *
 * @example
 * ```ts
 * import { CancelScope, Token } from 'cantok-ts'
 *
 * const first = CancelScope.open(Token.manual('a'))()
 * const second = CancelScope.open(Token.manual('b'))()
 * const both = CancelScope.link([first, second], Token.never)()
 * CancelScope.cancel(second)()
 * console.log(CancelScope.isCancelled(both)(), CancelScope.isCancelled(first)()) // => true false
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const link = <I extends Input = never>(
  parents: ReadonlyArray<ScopeView>,
  token: Token<I>,
  ...world: WorldArgument<I>
): IO<CancelScope<I>> => {
  if (!Array.isArray(parents)) throw new TypeError(`parents must be an array of scopes, but was ${received(parents)}`)
  return opening(token, parents.map(handleOf), world[0])
}

/**
 * Derives a scope for a stretch of what its parent is for: as `child`, but a direct poll of it is one of the parent too.
 *
 * So counters of the parent go on counting the polls of the whole. It fires also when one of the `others` does, which are asked after the parent, and
 * indirectly.
 *
 * @example
 * ```ts
 * import { CancelScope, Token } from 'cantok-ts'
 *
 * const whole = CancelScope.open(Token.counter(3))()
 * const stretch = CancelScope.narrow(Token.timeout('1 second'))(whole)()
 * const more = CancelScope.keepGoing(stretch)
 * let rounds = 0
 * while (more()) rounds++
 * console.log(rounds) // => 3
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const narrow =
  <I extends Input = never>(
    token: Token<I>,
    ...world: WorldArgument<I>
  ): ((parent: ScopeView, ...others: ReadonlyArray<ScopeView>) => IO<CancelScope<I>>) =>
  (parent, ...others) =>
    opening(token, [parent, ...others].map(handleOf), world[0], true)

/**
 * A scope that fires when a cancellation comes from elsewhere; it has no owner here. Derive from it to add limits.
 *
 * Its residual is `never`: what happens elsewhere does not travel. The clock, for scopes derived from it, is the system's unless the world
 * has one.
 *
 * @example
 * ```ts
 * import { CancelScope } from 'cantok-ts'
 * import type { Reason } from 'cantok-ts'
 * import * as O from 'fp-ts/lib/Option.js'
 *
 * let reason: O.Option<Reason.Reason> = O.none
 * const scope = CancelScope.fromSource({ read: () => reason, subscribe: () => () => () => {} })()
 * console.log(CancelScope.isCancelled(scope)()) // => false
 * reason = O.some({ _tag: 'Requested', detail: 'from elsewhere', path: [] })
 * console.log(CancelScope.isCancelled(scope)()) // => true
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const fromSource =
  ({ read, subscribe }: Source, { clock = system }: { readonly clock?: Clock } = {}): IO<ScopeView> =>
  () =>
    new Handle(
      {
        token: never,
        parents: [],
        clock,
        conditions: {},
        source: {
          read: () => {
            const reason = read()
            return reason._tag === 'None' ? null : reason.value
          },
          subscribe: (wake) => subscribe(wake)(),
        },
      },
      NaN,
    )

/**
 * The scope that never fires: to stand where a scope is wanted and nothing limits. It has no owner.
 *
 * @example
 * ```ts
 * import { CancelScope } from 'cantok-ts'
 *
 * console.log(CancelScope.isCancelled(CancelScope.background)()) // => false
 * ```
 * @category constructors
 * @since 0.1.0
 */
export const background: ScopeView = /*#__PURE__*/ new Handle(
  { token: never, parents: [], clock: system, conditions: {}, owned: false },
  NaN,
)

// -------------------------------------------------------------------------------------
// looking
// -------------------------------------------------------------------------------------

/**
 * Asks a scope, as its own user: why it has fired, if it has.
 *
 * Ticks its counters, calls its predicates; parents are asked indirectly. Once fired it asks nothing more. Throws only what a predicate
 * under `onError: 'throw'` does; the scopes are then as if unread, save counters already ticked. Make the IO once and run it often:
 * while nothing has fired a run allocates nothing.
 *
 * @example
 * ```ts
 * import { CancelScope, Token } from 'cantok-ts'
 *
 * const scope = CancelScope.open(Token.counter(1))()
 * const poll = CancelScope.poll(scope)
 * console.log(poll()._tag, poll()._tag) // => None Some
 * ```
 * @category looking
 * @since 0.1.0
 */
export const poll = (scope: ScopeView): IO<Option<Reason>> => {
  const live = scopeOf(scope)
  return () => option(live.read(true))
}

/**
 * Asks a scope from outside, as a child's poll does: its `direct` counters do not tick. Otherwise as `poll`.
 *
 * @example
 * ```ts
 * import { CancelScope, Token } from 'cantok-ts'
 *
 * const scope = CancelScope.open(Token.counter(1))()
 * const peek = CancelScope.peek(scope)
 * console.log(peek()._tag, peek()._tag) // => None None
 * ```
 * @category looking
 * @since 0.1.0
 */
export const peek = (scope: ScopeView): IO<Option<Reason>> => {
  const live = scopeOf(scope)
  return () => option(live.read(false))
}

/**
 * A poll for loops: whether to go on.
 *
 * @example
 * ```ts
 * import { CancelScope, Token } from 'cantok-ts'
 *
 * const more = CancelScope.keepGoing(CancelScope.open(Token.counter(2))())
 * console.log(more(), more(), more()) // => true true false
 * ```
 * @category looking
 * @since 0.1.0
 */
export const keepGoing = (scope: ScopeView): IO<boolean> => {
  const live = scopeOf(scope)
  return () => live.goesOn()
}

/**
 * A peek for conditions: whether it has fired.
 *
 * @example
 * ```ts
 * import { CancelScope, Token } from 'cantok-ts'
 *
 * const scope = CancelScope.open(Token.manual('stop'))()
 * console.log(CancelScope.isCancelled(scope)()) // => false
 * CancelScope.cancelInput(scope, 'stop')()
 * console.log(CancelScope.isCancelled(scope)()) // => true
 * ```
 * @category looking
 * @since 0.1.0
 */
export const isCancelled = (scope: ScopeView): IO<boolean> => {
  const live = scopeOf(scope)
  return () => live.read(false) !== null
}

/**
 * A poll for pipelines: a `Left` with the reason once it has fired.
 *
 * @example
 * ```ts
 * import { CancelScope, Token } from 'cantok-ts'
 *
 * console.log(CancelScope.check(CancelScope.background)()) // => { _tag: 'Right', right: undefined }
 * console.log(CancelScope.check(CancelScope.open(Token.cancelled())())()._tag) // => 'Left'
 * ```
 * @category looking
 * @since 0.1.0
 */
export const check = (scope: ScopeView): IOEither<Reason, void> => {
  const live = scopeOf(scope)
  return (): Either<Reason, void> => {
    const reason = live.read(true)
    return reason === null ? right : { _tag: 'Left', left: reason }
  }
}

/**
 * A poll for code that speaks exceptions: throws `Reason.toError` of the reason once it has fired.
 *
 * @example
 * ```ts
 * import * as assert from 'node:assert/strict'
 * import { CancelScope, Token } from 'cantok-ts'
 *
 * const scope = CancelScope.open(Token.timeout(0))()
 * assert.throws(CancelScope.checkOrThrow(scope), { name: 'TimeoutError' })
 * ```
 * @category looking
 * @since 0.1.0
 */
export const checkOrThrow = (scope: ScopeView): IO<void> => {
  const live = scopeOf(scope)
  return () => {
    const reason = live.read(true)
    if (reason !== null) throw toError(reason)
  }
}

// -------------------------------------------------------------------------------------
// owning
// -------------------------------------------------------------------------------------

/**
 * Cancels a scope as a whole; whether that changed anything. The first reason stays, so later calls do nothing.
 *
 * The reason is a `Requested` without a name, with the label of the scope's own token. A scope that time has overtaken unseen counts as not
 * yet fired. `detail` must be a text, else `TypeError`; on `background` it throws `ImpossibleCancelError`.
 *
 * @example
 * ```ts
 * import { CancelScope, Token } from 'cantok-ts'
 *
 * const scope = CancelScope.open(Token.never)()
 * console.log(CancelScope.cancel(scope, 'shutting down')(), CancelScope.cancel(scope)()) // => true false
 * ```
 * @category owning
 * @since 0.1.0
 */
export const cancel = <I extends Input>(scope: CancelScope<I>, detail?: string): IO<boolean> => {
  const live = scopeOf(scope)
  const given = detailOf(detail)
  return () => {
    const { machine } = live
    if (machine.decided !== null || machine.closed) return false
    const label = ownLabel(live.token)
    const reason: Requested = {
      _tag: 'Requested',
      ...given,
      ...(label === undefined ? {} : { label }),
      path: [],
      at: machine.clock.wall(),
    }
    refuseUnowned(live, reason)
    return live.cancel(reason)
  }
}

/**
 * Asks one manual input of the scope's own token to fire; whether that changed anything.
 *
 * Only parts that were started by now hear it. Time is brought up to date first, so a timeout that has passed comes before.
 *
 * @example
 * ```ts
 * import { CancelScope, Token } from 'cantok-ts'
 *
 * const scope = CancelScope.open(Token.any(Token.manual('stop'), Token.manual('abort')))()
 * console.log(CancelScope.cancelInput(scope, 'stop', 'enough')()) // => true
 * console.log(CancelScope.cancelInput(scope, 'abort')()) // => false
 * ```
 * @category owning
 * @since 0.1.0
 */
export const cancelInput = <I extends Input>(
  scope: CancelScope<I>,
  name: NameOf<'manual', I>,
  detail?: string,
): IO<boolean> => {
  const live = scopeOf(scope)
  const given = detailOf(detail)
  return () => {
    refuseUnowned(live, { _tag: 'Requested', name, ...given, path: [] })
    return live.request(name, detail)
  }
}

/**
 * Spends an amount on a budget of the scope's own token; whether that changed anything.
 *
 * `amount` is finite and 0 or more, else a `RangeError`; 0 changes nothing. Parents' budgets are theirs to spend.
 *
 * @example
 * ```ts
 * import { CancelScope, Token } from 'cantok-ts'
 *
 * const scope = CancelScope.open(Token.budget('bytes', 1000))()
 * CancelScope.spend(scope, 'bytes', 600)()
 * console.log(CancelScope.isCancelled(scope)()) // => false
 * CancelScope.spend(scope, 'bytes', 600)()
 * console.log(CancelScope.isCancelled(scope)()) // => true
 * ```
 * @category owning
 * @since 0.1.0
 */
export const spend = <I extends Input>(
  scope: CancelScope<I>,
  name: NameOf<'budget', I>,
  amount: number,
): IO<boolean> => {
  const live = scopeOf(scope)
  if (!(Number.isFinite(amount) && amount >= 0)) {
    throw new RangeError(`amount must be a finite number, 0 or more, but was ${received(amount)}`)
  }
  return () => {
    refuseUnowned(live, { _tag: 'Requested', name, path: [] })
    return live.spend(name, amount)
  }
}

/**
 * Gives a sign of life to an `idle` of the scope's own token; whether that changed anything.
 *
 * @example
 * ```ts
 * import { CancelScope, Clock, Token } from 'cantok-ts'
 *
 * const clock = Clock.virtual()
 * const scope = CancelScope.open(Token.idle('worker', '5s'), { clock })()
 * clock.advance('4s')()
 * console.log(CancelScope.beat(scope, 'worker')()) // => true
 * clock.advance('4s')()
 * console.log(CancelScope.isCancelled(scope)()) // => false
 * ```
 * @category owning
 * @since 0.1.0
 */
export const beat = <I extends Input>(scope: CancelScope<I>, name: NameOf<'idle', I>): IO<boolean> => {
  const live = scopeOf(scope)
  return () => {
    refuseUnowned(live, { _tag: 'Requested', name, path: [] })
    return live.beat(name)
  }
}

/**
 * Ends the owner's part: the scope's own token stands still as it is, and takes no more input.
 *
 * What has fired stays fired. What has not never will by itself: no predicate is called, no time passes, no counter ticks; its
 * parents are asked as before, also for scopes derived from it, and who waits or listens is still told of them; its AbortSignal is let go. Closing
 * again does nothing.
 *
 * @example
 * ```ts
 * import { CancelScope, Token } from 'cantok-ts'
 *
 * const scope = CancelScope.open(Token.manual('stop'))()
 * CancelScope.close(scope)()
 * console.log(CancelScope.cancelInput(scope, 'stop')()) // => false
 * ```
 * @category owning
 * @since 0.1.0
 */
export const close = <I extends Input>(scope: CancelScope<I>): IO<void> => {
  const live = scopeOf(scope)
  return () => {
    refuseUnowned(live, { _tag: 'Requested', path: [] })
    live.close()
  }
}

// -------------------------------------------------------------------------------------
// waiting
// -------------------------------------------------------------------------------------

/**
 * Waits until a scope has fired, without a loop: for its reason.
 *
 * Inputs, a cancel, a spend or a parent wake it at once, time by one timer set to the next instant that can matter, of any length and
 * never early. Conditions, and counters with `direct: false`, are looked at `every` so many milliseconds while they can still decide: by
 * peeks, of which those who wait for one scope share one series. While it waits its timers keep the process alive; a scope that only inputs can
 * fire has none. It cannot be called off: to give up, wait for a scope derived from both (`link`), or use `waitFor`.
 *
 * `every` below 0 or NaN is a `RangeError`, at once. The task rejects only with what a predicate under `onError: 'throw'` throws.
 *
 * @example
 * ```ts
 * import { CancelScope, Clock, Token } from 'cantok-ts'
 *
 * const clock = Clock.virtual()
 * const scope = CancelScope.open(Token.any(Token.timeout('1 hour'), Token.manual('stop')), { clock })()
 * const waiting = CancelScope.wait(scope)()
 * console.log(clock.timers()) // => 1
 * clock.advance('1 hour')()
 * console.log((await waiting)._tag) // => 'TimedOut'
 * ```
 * @category waiting
 * @since 0.1.0
 */
export const wait = (scope: ScopeView, { every = 1 }: WaitOptions = {}): Task<Reason> => {
  const live = scopeOf(scope)
  const pace = Duration.from(every, 'every')
  return () =>
    new Promise((resolve, reject) => {
      live.listen({ run: resolve, fail: reject, every: pace, keepAlive: true, closed: null })
    })
}

/**
 * Waits until a scope has fired, but not for longer than `timeout` on the scope's clock: then a `Left` of that `TimedOut`.
 *
 * A scope that fires at that very instant comes first. Once it has given up nothing of it is left: no timer, no listener. A `timeout` or
 * `every` below 0 or NaN, and an `every` longer than the timeout, are a `RangeError`, at once; otherwise as `wait`.
 *
 * @example
 * ```ts
 * import { CancelScope, Clock, Token } from 'cantok-ts'
 *
 * const clock = Clock.virtual()
 * const scope = CancelScope.open(Token.manual('stop'), { clock })()
 * const waiting = CancelScope.waitFor(scope, '5 seconds')()
 * clock.advance('5 seconds')()
 * console.log((await waiting)._tag, clock.timers()) // => Left 0
 * ```
 * @category waiting
 * @since 0.1.0
 */
export const waitFor = (
  scope: ScopeView,
  timeout: Duration.DurationInput,
  options: WaitOptions = {},
): TaskEither<TimedOut, Reason> => {
  const live = scopeOf(scope)
  const { clock } = live.machine
  const duration = Duration.from(timeout, 'timeout')
  const every = paceWithin(options.every, duration)
  return () =>
    new Promise((resolve, reject) => {
      let callOff: IO<void> | null = null
      let isOver = false
      const end =
        <A>(settle: (value: A) => void) =>
        (value: A): void => {
          isOver = true
          callOff?.()
          settle(value)
        }
      const unsubscribe = live.listen({
        run: end((reason) => resolve({ _tag: 'Right', right: reason })),
        fail: end(reject),
        every,
        keepAlive: true,
        closed: null,
      })
      if (isOver) return
      callOff = clock.schedule(duration, () => {
        try {
          live.read(false) // which tells the listener
        } catch (error) {
          if (unsubscribe()) reject(error)
        }
        if (unsubscribe()) resolve({ _tag: 'Left', left: { _tag: 'TimedOut', duration, path: [], at: clock.wall() } })
      })()
    })
}

/**
 * Waits in the calling thread, which does nothing else meanwhile: for the reason, or `None` once `timeout` is out.
 *
 * It sleeps, and does not spin, until the next instant that can matter; on a virtual clock it moves the time. Since no input can come from
 * this thread while it sleeps, a wait that nothing but an input could end is an `Error`, as is blocking where the platform
 * forbids it: on the main thread of a browser. A `timeout` or `every` below 0 or NaN, and an `every` longer than the timeout, are a
 * `RangeError`, at once. Throws also what a predicate under `onError: 'throw'` does.
 *
 * @example
 * ```ts
 * import { CancelScope, Token } from 'cantok-ts'
 *
 * const scope = CancelScope.open(Token.timeout('5ms'))()
 * console.log(CancelScope.waitSync(scope, { timeout: '1ms' })()) // => { _tag: 'None' }
 * console.log(CancelScope.waitSync(scope)()._tag) // => 'Some'
 * ```
 * @category waiting
 * @since 0.1.0
 */
export const waitSync = (
  scope: ScopeView,
  options: WaitOptions & { readonly timeout?: Duration.DurationInput } = {},
): IO<Option<Reason>> => {
  const live = scopeOf(scope)
  const { clock } = live.machine
  const timeout = Duration.from(options.timeout ?? Infinity, 'timeout')
  const every = paceWithin(options.every, timeout)
  const block = clock.block ?? system.block
  return () => {
    const end = clock.monotonic() + timeout
    for (;;) {
      const sleep = live.sleeper() // before the look, so that it misses nothing after it
      const reason = live.read(false)
      if (reason !== null) return option(reason)
      const now = clock.monotonic()
      if (now >= end) return none
      const nap = Math.min(live.nap(every), end - now)
      // other threads live in real time
      if (sleep !== null && (nap === Infinity || clock.renew !== undefined)) {
        sleep(nap)
        clock.renew?.()
      } else if (nap === Infinity)
        throw new Error(
          'waitSync would never return: only an input can end this wait, and none can come while the thread is blocked',
        )
      else block(nap)()
    }
  }
}

/**
 * Calls a function with the reason once a scope has fired; at once if it has.
 *
 * Listeners are called first in, first out, those of a scope before those of scopes derived from it, in the turn in which it fires; by then
 * every scope that depends on it reads as cancelled. One that throws stops no other: what they threw is reported together, as an
 * `AggregateError`, the way the platform reports what nobody catches. It looks as `wait` does, and its timers do not keep the process alive
 * unless asked to. Options out of range are a `RangeError`, at once.
 *
 * @example
 * ```ts
 * import { CancelScope, Token } from 'cantok-ts'
 *
 * const scope = CancelScope.open(Token.manual('stop'))()
 * const unsubscribe = CancelScope.onCancelled(scope, ({ _tag }) => console.log(_tag))()
 * CancelScope.onCancelled(scope, (reason) => console.log('path' in reason))()
 * console.log(unsubscribe(), unsubscribe()) // => true false
 * CancelScope.cancelInput(scope, 'stop')()
 * ```
 * @category waiting
 * @since 0.1.0
 */
export const onCancelled = (
  scope: ScopeView,
  f: (reason: Reason) => void,
  { every = 1, keepAlive = false, onClosed, onError }: ListenOptions = {},
): IO<Unsubscribe> => {
  const live = scopeOf(scope)
  if (typeof f !== 'function') throw new TypeError(`f must be a function, but was ${received(f)}`)
  const pace = Duration.from(every, 'every')
  return () => live.listen({ run: f, fail: onError ?? null, every: pace, keepAlive, closed: onClosed ?? null })
}

// -------------------------------------------------------------------------------------
// questions
// -------------------------------------------------------------------------------------

/**
 * A token for exactly what is left, its parents' restrictions included, in normal form: to log, store, send, and open elsewhere.
 *
 * Brings time up to date and asks nothing else. Of a parent it holds what a child can feel: counters that a child's polls do not tick
 * are left out. What can only be done to this scope object, cancelling it as a whole, is not in it; names that the scope and
 * its parents share become one. Linear in the size of all tokens involved.
 *
 * @example
 * ```ts
 * import { CancelScope, Clock, Token } from 'cantok-ts'
 *
 * const clock = Clock.virtual()
 * const scope = CancelScope.open(Token.any(Token.timeout('5s'), Token.counter(3)), { clock })()
 * CancelScope.poll(scope)()
 * clock.advance('2s')()
 * console.log(Token.Show.show(CancelScope.residual(scope)()))
 * // => 'any(timeout("5 seconds", { left: 3000 }), counter(3, { left: 2 }))'
 * ```
 * @category questions
 * @since 0.1.0
 */
export const residual = (scope: ScopeView): IO<Token<Input>> => {
  const live = scopeOf(scope)
  return () => Analysis.normalise(rest(live))
}

/**
 * How many milliseconds it can go on at most, by time alone: `Some(0)` once it has fired, `None` if time sets no bound.
 *
 * Deadlines are counted on the scope's own wall clock. Looks at time only.
 *
 * @example
 * ```ts
 * import { CancelScope, Clock, Token } from 'cantok-ts'
 *
 * const clock = Clock.virtual()
 * const scope = CancelScope.open(Token.any(Token.timeout('5s'), Token.manual('stop')), { clock })()
 * clock.advance('2s')()
 * console.log(CancelScope.remaining(scope)()) // => { _tag: 'Some', value: 3000 }
 * console.log(CancelScope.remaining(CancelScope.background)()) // => { _tag: 'None' }
 * ```
 * @category questions
 * @since 0.1.0
 */
export const remaining = (scope: ScopeView): IO<Option<number>> => {
  const live = scopeOf(scope)
  return () => {
    const { latest } = Analysis.bounds(rest(live), live.machine.clock.wall())
    return latest === Infinity ? none : { _tag: 'Some', value: latest }
  }
}

/**
 * What has fired, what is pending and how far, and what would decide next; `Analysis.ShowEvidence` prints it.
 *
 * Of a scope without parents it is the evidence of its token; else that of an `any` called "scope" of its own token and, in the order of asking,
 * those of all above it. Brings time up to date and asks nothing else; parts of a scope that has fired show how far they were.
 *
 * @example
 * ```ts
 * import { Analysis, CancelScope, Token } from 'cantok-ts'
 *
 * const scope = CancelScope.open(Token.any(Token.manual('stop'), Token.counter(3)))()
 * CancelScope.poll(scope)()
 * console.log(Analysis.ShowEvidence.show(CancelScope.explain(scope)()))
 * // => 'any: pending\n├─ ! manual "stop": pending\n└─ ! counter of 3 polls: pending, 1 poll used'
 * ```
 * @category questions
 * @since 0.1.0
 */
export const explain = (scope: ScopeView): IO<Analysis.Evidence> => {
  const live = scopeOf(scope)
  return () => {
    const family = live.family().scopes
    for (const each of family) each.catchUp()
    const { decided } = live.machine
    // a reason from outside the tokens, such as a cancel of the whole, stands before them
    const outside =
      decided !== null && !family.some(({ machine }) => machine.hasFired && machine.decided === decided)
        ? [cancelled(decided)]
        : []
    const parts = [...outside, ...family.map(({ machine }) => machine.snapshot(false))]
    const [only, ...more] = parts
    return only !== undefined && more.length === 0
      ? Analysis.explain(only)
      : { ...Analysis.explain({ _tag: 'Any', tokens: parts }), what: 'scope' }
  }
}

/**
 * The clock a scope runs on: that of its world, or of its first parent.
 *
 * @example
 * ```ts
 * import { CancelScope, Clock } from 'cantok-ts'
 *
 * console.log(CancelScope.clock(CancelScope.background) === Clock.system) // => true
 * ```
 * @category questions
 * @since 0.1.0
 */
export const clock = (scope: ScopeView): Clock => handleOf(scope).opening.clock

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

const none: Option<never> = { _tag: 'None' }

const right: Either<never, void> = { _tag: 'Right', right: undefined }

const option = (reason: Reason | null): Option<Reason> => (reason === null ? none : { _tag: 'Some', value: reason })

const opening = <I extends Input>(
  token: Token<I>,
  parents: ReadonlyArray<Handle>,
  world: Partial<World<Input>> = {},
  narrows: boolean = false,
): IO<CancelScope<I>> => {
  let known: Opening | null = null // found in the first run
  let timed = false
  return () => {
    if (known === null) {
      if (!isToken(token)) throw new TypeError(`token must be a token, but was ${received(token)}`)
      if (typeof world !== 'object' || world === null)
        throw new TypeError(`world must be an object, but was ${received(world)}`)
      const conditions = world.conditions ?? noConditions
      const wants = wantsOf(token)
      const lacking = lackedBy(conditions, wants.conditions)
      if (lacking.length > 0)
        throw new TypeError(`conditions must have a predicate for ${lacking.map((name) => `'${name}'`).join(', ')}`)
      timed = wants.time
      known = { token, parents, clock: world.clock ?? parents[0]?.opening.clock ?? system, conditions, narrows }
    }
    const { clock } = known
    clock.renew?.()
    return new Handle(known, timed ? clock.monotonic() : NaN) as ScopeView as CancelScope<I> // sound: `owned` is a phantom, and a scope made for this token takes just its inputs
  }
}

const noConditions: Conditions = {}

/** Of names of conditions those for which there is nothing that can be called. */
const lackedBy = (conditions: Conditions, names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.length === 0
    ? names
    : names.filter((name) => {
        const predicate = Object.hasOwn(conditions, name) ? conditions[name] : undefined
        return typeof (typeof predicate === 'object' ? predicate?.test : predicate) !== 'function'
      })

/** Pace and timeout of a bounded wait; a pace that is not given is never too long. */
const paceWithin = (every: Duration.DurationInput | undefined, timeout: Duration.Duration): number => {
  if (every === undefined) return 1
  const pace = Duration.from(every, 'every')
  if (pace <= timeout) return pace
  throw new RangeError(`every must not be longer than the timeout of ${timeout} ms, but was ${pace} ms`)
}

const detailOf = (detail: string | undefined): { readonly detail?: string } => {
  if (detail === undefined) return {}
  if (typeof detail === 'string') return { detail }
  throw new TypeError(`detail must be a text, but was ${received(detail)}`)
}

const refuseUnowned = (scope: Scope, request: Requested): void => {
  if (!scope['cantok-ts/owned'])
    throw new ImpossibleCancelError(
      request,
      scope.source === null && scope.machine.bell === null
        ? 'the background scope has no owner and cannot be cancelled'
        : 'a scope made from elsewhere has no owner here and cannot be cancelled',
    )
}

/** What is left of a scope's token and of those above it, once time is up to date. */
const rest = (scope: Scope): Token<Input> => {
  const parts: Array<Token<Input>> = []
  const { scopes, direct } = scope.family()
  for (const [index, each] of scopes.entries()) {
    each.catchUp()
    const { decided } = each.machine
    if (decided !== null) return cancelled(decided)
    if (each.machine.closed) continue // it will never fire
    const token = each.machine.snapshot(true)
    parts.push(each === scope ? token : throughChild(direct[index]! ? token : indirect(token)))
  }
  return { _tag: 'Any', tokens: parts }
}

/** A parent's token as a child feels it: what is true for a look is fixed by seeing it. */
const throughChild = (token: Token<Input>): Token<Input> => andThen(token, cancelled())

/** A parent's token without the direct counters that a child's polls do not tick. */
const indirect = fold<Token<Input>>({
  Never: (token) => token,
  Cancelled: (token) => token,
  Manual: (token) => token,
  Timeout: (token) => token,
  Deadline: (token) => token,
  Counter: (token) => (token.direct && token.left > 0 ? never : token),
  Condition: (token) => token,
  Budget: (token) => token,
  Idle: (token) => token,
  Any: (token, tokens) => ({ ...token, tokens }),
  All: (token, tokens) => ({ ...token, tokens }),
  AndThen: (_, first, second) => andThen(first, second),
  Labelled: ({ label }, part) => labelled(label)(part),
})
