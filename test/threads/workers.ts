/** What threads of the tests do: each is run by name in a worker of its own, and its answer is posted back. */
import { parentPort } from 'node:worker_threads'
import { AbortSignal, CancelScope, Token } from 'cantok-ts'
import type { Reason } from 'cantok-ts'
import { openShared, ownShared } from 'cantok-ts/threads'
import type { ScopeHandle, ViewHandle } from 'cantok-ts/threads'

type Seen = Reason.Reason | null

const reasonOf = (scope: CancelScope.ScopeView): Seen => {
  const reason = CancelScope.peek(scope)()
  return reason._tag === 'Some' ? reason.value : null
}

const ready = (): void => parentPort?.postMessage('ready')

/** Polls in a loop that never yields: how often it was told to go on, and why it ended. */
export const loop = (handle: ViewHandle): readonly [rounds: number, Seen] => {
  const scope = openShared(handle)()
  const more = CancelScope.keepGoing(scope)
  let rounds = 0
  while (more()) if (rounds++ === 0) ready()
  return [rounds, reasonOf(scope)]
}

/** The same, in a scope of its own that is derived from it. */
export const loopInChild = (handle: ViewHandle): Seen => {
  const scope = CancelScope.child(Token.timeout('1 hour'))(openShared(handle)())()
  const more = CancelScope.keepGoing(scope)
  if (more()) ready()
  while (more());
  return reasonOf(scope)
}

/** Spends one at a time until it is refused: how much. */
export const spendAll = (handle: ScopeHandle<'budget:calls'>): readonly [spent: number, Seen] => {
  const scope = ownShared(handle)()
  const spendOne = CancelScope.spend(scope, 'calls', 1)
  ready()
  let spent = 0
  while (spendOne()) spent++
  return [spent, reasonOf(scope)]
}

/** Once the gate is open, cancels one scope after the other, polling as it goes: which it was the first to cancel, and why each has fired. */
export const cancelEach = ({
  handles,
  name,
  gate,
}: {
  readonly handles: ReadonlyArray<ScopeHandle>
  readonly name: string
  readonly gate: SharedArrayBuffer
}): ReadonlyArray<readonly [first: boolean, Seen]> => {
  ready()
  Atomics.wait(new Int32Array(gate), 0, 0)
  return handles.map((handle, index) => {
    const scope = ownShared(handle)()
    const more = CancelScope.keepGoing(scope)
    for (let turn = index % 7; turn > 0 && more(); turn--);
    const first = CancelScope.cancel(scope, `${name} ${index}`)()
    return [first, reasonOf(scope)]
  })
}

/** Polls, spends, beats and asks without an end. */
export const churn = (handle: ScopeHandle<'budget:calls' | 'idle:worker' | 'manual:stop'>): never => {
  const scope = ownShared(handle)()
  const poll = CancelScope.poll(scope)
  const spend = CancelScope.spend(scope, 'calls', 1)
  const beat = CancelScope.beat(scope, 'worker')
  ready()
  for (;;) {
    poll()
    spend()
    beat()
  }
}

export const cancel = ({ handle, detail }: { readonly handle: ScopeHandle; readonly detail: string }): boolean =>
  CancelScope.cancel(ownShared(handle)(), detail)()

export const request = ({
  handle,
  detail,
}: {
  readonly handle: ScopeHandle<'manual:stop'>
  readonly detail: string
}): boolean => CancelScope.cancelInput(ownShared(handle)(), 'stop', detail)()

/** Blocks until it fires. */
export const sleep = (handle: ViewHandle): Seen => {
  const scope = openShared(handle)()
  ready()
  const reason = CancelScope.waitSync(scope)()
  return reason._tag === 'Some' ? reason.value : null
}

/** Waits without blocking: by a task, a listener and an AbortSignal. */
export const wait = async (handle: ViewHandle): Promise<readonly [Reason.Reason, Reason.Reason, boolean]> => {
  const scope = openShared(handle)()
  const signal = AbortSignal.toAbortSignal(scope)()
  const heard = new Promise<Reason.Reason>((resolve) => CancelScope.onCancelled(scope, resolve)())
  ready()
  // nothing but the wait keeps this thread
  const waited = await CancelScope.wait(scope)()
  return [waited, await heard, signal.aborted]
}

/** Opens it twice: both views agree. */
export const openTwice = (handle: ViewHandle): readonly [polls: ReadonlyArray<boolean>, Seen, Seen] => {
  const first = openShared(handle)()
  const second = openShared(handle)()
  const polls = [first, second, first, second].map((scope) => CancelScope.keepGoing(scope)())
  return [polls, reasonOf(first), reasonOf(second)]
}

export const look = (handle: ViewHandle): Seen => reasonOf(openShared(handle)())

/** Finds a condition of its own true. */
export const meet = (handle: ScopeHandle<'condition:done' | 'condition:never'>): Seen => {
  const scope = openShared(handle, { conditions: { done: () => true } })()
  CancelScope.poll(scope)()
  return reasonOf(scope)
}

export const beatFor = ({
  handle,
  beats,
}: {
  readonly handle: ScopeHandle<'idle:worker'>
  readonly beats: number
}): boolean => {
  const beat = CancelScope.beat(ownShared(handle)(), 'worker')
  for (let count = 1; count < beats; count++) beat()
  return beat()
}
