/**
 * The bridge to the platform's cancellation, both ways: a scope as an AbortSignal, and an AbortSignal as a scope.
 *
 * Neither way loses why: the reason of a signal made from a scope is the `CancellationError` of the scope's reason, and a scope made from
 * such a signal fires for that very reason. Neither way leaks: a scope has one signal however often it is asked for it, a signal
 * has one listener however many scopes derive from it, and what they hold of each other goes when nobody needs it any more.
 *
 * @since 0.1.0
 */
import type { IO } from 'fp-ts/lib/IO.js'
import type { Option } from 'fp-ts/lib/Option.js'
import { isCancellationError } from './CancellationError.js'
import { fromSource, onCancelled } from './CancelScope.js'
import type { ScopeView } from './CancelScope.js'
import { received } from './internal/received.js'
import { isReason, toError } from './Reason.js'
import type { Reason } from './Reason.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * What is used of an AbortSignal: those of other realms and of polyfills are told by this shape.
 *
 * @category model
 * @since 0.1.0
 */
export interface AbortSignalLike {
  readonly aborted: boolean
  readonly reason?: unknown
  readonly addEventListener: (type: 'abort', listener: () => void) => void
  readonly removeEventListener: (type: 'abort', listener: () => void) => void
}

// -------------------------------------------------------------------------------------
// conversions
// -------------------------------------------------------------------------------------

/**
 * The AbortSignal of a scope: aborted once the scope has fired, with the `CancellationError` of its reason as `reason`.
 *
 * One signal per scope, made when first asked for. It listens to the scope: time, inputs and parents abort it at once, conditions are looked at
 * every millisecond, and nothing of this keeps the process alive. It lets go of timers and parents when the scope is closed (from then on nothing
 * aborts it), and, where the platform lets that be seen, when the signal is collected, which it is not while it has listeners.
 *
 * @example
 * ```ts
 * import { AbortSignal, CancelScope, Token } from 'cantok-ts'
 *
 * const scope = CancelScope.open(Token.manual('stop'))()
 * const signal = AbortSignal.toAbortSignal(scope)()
 * console.log(signal === AbortSignal.toAbortSignal(scope)()) // => true
 * CancelScope.cancelInput(scope, 'stop', 'enough')()
 * console.log(signal.aborted, signal.reason.reason.detail) // => true 'enough'
 * ```
 * @category conversions
 * @since 0.1.0
 */
export const toAbortSignal = (scope: ScopeView): IO<AbortSignal> => {
  const place = signalPlace(scope)
  return () => {
    const known = place['cantok-ts/signal']?.deref()
    if (known !== undefined) return known
    const controller = new AbortController()
    // What is handed out is derived, so that the platform says when nobody can hear of it: it holds one that has listeners, and drops others.
    const signal = AbortSignal.any([controller.signal])
    const reference = new WeakRef(signal)
    let isOver = false
    const end = (): void => {
      isOver = true
      dropped.unregister(controller)
      forgetListeners(reference.deref())
    }
    const abort = (reason: Reason): void => {
      controller.abort(toError(reason))
      end()
    }
    const unsubscribe = onCancelled(scope, abort, { onClosed: end })()
    // one that will never change needs nothing of the platform
    if (isOver) return kept(place, signal.aborted ? AbortSignal.abort(signal.reason) : controller.signal)
    if (dependentsOf(controller.signal) !== null)
      dropped.register(signal, { source: controller.signal, unsubscribe }, controller)
    return kept(place, signal)
  }
}

/**
 * An AbortSignal as a scope: fires when the signal aborts. It has no owner here; derive from it to add limits.
 *
 * One scope per signal. A read asks the signal; only while somebody waits for the scope, or for one derived from it, there is one listener. The
 * reason of a signal that was made from a scope is that scope's; any other is `Requested`, its message as `detail`. What is no signal is a `TypeError`,
 * at once.
 *
 * @example
 * ```ts
 * import { pipe } from 'fp-ts/lib/function.js'
 * import { AbortSignal, CancelScope, Token } from 'cantok-ts'
 *
 * const controller = new AbortController()
 * const request = pipe(AbortSignal.fromAbortSignal(controller.signal)(), CancelScope.child(Token.timeout('5 seconds')))()
 * console.log(CancelScope.isCancelled(request)()) // => false
 * controller.abort('gone')
 * console.log(CancelScope.poll(request)()) // => { _tag: 'Some', value: { _tag: 'Requested', detail: 'gone', path: [] } }
 * ```
 * @category conversions
 * @since 0.1.0
 */
export const fromAbortSignal = (signal: AbortSignalLike): IO<ScopeView> => {
  if (!isSignal(signal)) throw new TypeError(`signal must be an AbortSignal, but was ${received(signal)}`)
  return () => {
    const known = Reflect.get(signal, scopeOfSignal)
    if (known !== undefined) return known as ScopeView // sound: only this function sets it
    const scope = fromSource({
      read: () => (signal.aborted ? { _tag: 'Some', value: reasonOf(signal.reason) } : none),
      subscribe: (wake) => () => {
        signal.addEventListener('abort', wake)
        return () => signal.removeEventListener('abort', wake)
      },
    })()
    // on the signal itself, where every copy of the package finds it; a frozen one gets a scope each time
    Reflect.defineProperty(signal, scopeOfSignal, { value: scope })
    return scope
  }
}

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

const scopeOfSignal = 'cantok-ts/scope'

const none: Option<never> = { _tag: 'None' }

interface SignalPlace {
  'cantok-ts/signal': { readonly deref: () => AbortSignal | undefined } | null
}

const signalPlace = (scope: ScopeView): SignalPlace => {
  if (typeof scope === 'object' && scope !== null && 'cantok-ts/signal' in scope) return scope as SignalPlace // sound: every scope has it
  throw new TypeError(`scope must be a scope, as open, child and link give it, but was ${received(scope)}`)
}

const kept = (place: SignalPlace, signal: AbortSignal): AbortSignal => {
  place['cantok-ts/signal'] = new WeakRef(signal)
  return signal
}

interface Registration {
  readonly source: AbortSignal
  readonly unsubscribe: IO<boolean>
}

/** Signals that nobody can hear of any more: unless others were derived from them, what they listen with goes. */
const dropped: FinalizationRegistry<Registration> = /*#__PURE__*/ new FinalizationRegistry<Registration>(
  (registration) => {
    const heirs = dependentsOf(registration.source) ?? []
    if (heirs.length === 0) registration.unsubscribe()
    else for (const heir of heirs) dropped.register(heir, registration)
  },
)

/** The signals derived from one that are still there, where the platform shows them (Node 20 and 22 do); `null` where it does not. */
const dependentsOf = (source: AbortSignal): ReadonlyArray<AbortSignal> | null => {
  const key = Object.getOwnPropertySymbols(source).find(({ description }) => description === 'kDependantSignals')
  const references: unknown = key === undefined ? undefined : Reflect.get(source, key)
  if (typeof references !== 'object' || references === null || !(Symbol.iterator in references)) return null
  // sound: what stands there are weak references to signals, in a set that is no `Set` of this realm
  return [...(references as Iterable<WeakRef<AbortSignal>>)].flatMap((reference) => reference.deref() ?? [])
}

/** Node keeps a derived signal for good while it has listeners, though it will never call them any more. */
const forgetListeners = (signal: AbortSignal | undefined): void => {
  if (signal === undefined) return
  // sound: Node has it, and others have nothing of that name
  const { process } = globalThis as { readonly process?: { readonly getBuiltinModule?: (name: string) => NodeEvents } }
  const listeners = process?.getBuiltinModule?.('node:events').getEventListeners(signal, 'abort') ?? []
  for (const listener of listeners) {
    signal.removeEventListener('abort', listener)
    signal.removeEventListener('abort', listener, true)
  }
}

interface NodeEvents {
  readonly getEventListeners: (target: EventTarget, type: string) => ReadonlyArray<() => void>
}

const isSignal = (value: unknown): value is AbortSignalLike =>
  typeof value === 'object' &&
  value !== null &&
  'aborted' in value &&
  typeof value.aborted === 'boolean' &&
  'addEventListener' in value &&
  typeof value.addEventListener === 'function' &&
  'removeEventListener' in value &&
  typeof value.removeEventListener === 'function'

const reasonOf = (given: unknown): Reason => {
  if (isCancellationError(given) && isReason(given.reason)) return given.reason
  const detail = textOf(given)
  return { _tag: 'Requested', ...(detail === undefined ? {} : { detail }), path: [] }
}

const textOf = (value: unknown): string | undefined => {
  if (typeof value === 'object' && value !== null)
    return 'message' in value && typeof value.message === 'string' ? value.message : undefined
  return value === undefined || typeof value === 'string' ? value : received(value)
}
