/** Scopes that the workers of a page share with it, in a page that is cross-origin isolated, and what a page that is not is told. */
import { AbortSignal, CancelScope, Clock, Token } from 'cantok-ts'
import type { Reason } from 'cantok-ts'
import { openShared, ownShared, share } from 'cantok-ts/threads'
import type { ScopeHandle, ViewHandle } from 'cantok-ts/threads'
import { equal, thrown } from './check.js'
import type { Tests } from './check.js'

type Seen = Reason.Reason | null

const seen = (scope: CancelScope.ScopeView): Seen => {
  const reason = CancelScope.peek(scope)()
  return reason._tag === 'Some' ? reason.value : null
}

const detailOf = (reason: Seen): string | undefined => (reason?._tag === 'Requested' ? reason.detail : undefined)

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

// -------------------------------------------------------------------------------------
// in workers: each function is run by name, and gets its handle by a message
// -------------------------------------------------------------------------------------

const sent = <A>(): Promise<A> =>
  new Promise((resolve) => {
    globalThis.addEventListener('message', ({ data }: MessageEvent<A>) => resolve(data), { once: true })
  })

const ready = (): void => globalThis.postMessage('ready')

/** Polls in a loop that never yields: how often it was told to go on, and why it ended. */
export const looped = async (): Promise<readonly [rounds: number, Seen]> => {
  const scope = openShared(await sent<ViewHandle>())()
  const more = CancelScope.keepGoing(scope)
  let rounds = 0
  while (more()) if (rounds++ === 0) ready()
  return [rounds, seen(scope)]
}

/** Blocks until it fires. */
export const slept = async (): Promise<Seen> => {
  const scope = openShared(await sent<ViewHandle>())()
  ready()
  const reason = CancelScope.waitSync(scope)()
  return reason._tag === 'Some' ? reason.value : null
}

/** Waits without blocking. */
export const waited = async (): Promise<Reason.Reason> => {
  const scope = openShared(await sent<ViewHandle>())()
  ready()
  return CancelScope.wait(scope)()
}

export const cancelled = async (): Promise<boolean> => {
  const scope = ownShared(await sent<ScopeHandle>())()
  return CancelScope.cancel(scope, 'from a worker 𝒳')()
}

interface Race {
  readonly handles: ReadonlyArray<ScopeHandle>
  readonly name: string
  readonly gate: SharedArrayBuffer
}

/** Once the gate is open, cancels one scope after the other, polling as it goes: which it was the first to cancel, and why each has fired. */
export const raced = async (): Promise<ReadonlyArray<readonly [first: boolean, Seen]>> => {
  const { handles, name, gate } = await sent<Race>()
  ready()
  Atomics.wait(new Int32Array(gate), 0, 0)
  return handles.map((handle, index) => {
    const scope = ownShared(handle)()
    const more = CancelScope.keepGoing(scope)
    for (let turn = index % 7; turn > 0 && more(); turn--);
    return [CancelScope.cancel(scope, `${name} ${index}`)(), seen(scope)]
  })
}

/** Opens it twice: both views agree. */
export const opened = async (): Promise<unknown> => {
  const handle = await sent<ViewHandle>()
  const first = openShared(handle)()
  const second = openShared(handle)()
  const polls = [first, second, first, second].map((scope) => CancelScope.keepGoing(scope)())
  return [polls, seen(first), seen(second)]
}

type Busy = 'manual:stop' | 'budget:calls' | 'idle:worker'

/** Polls, spends and beats without an end. */
export const churned = async (): Promise<never> => {
  const scope = ownShared(await sent<ScopeHandle<Busy>>())()
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

// -------------------------------------------------------------------------------------
// in the page
// -------------------------------------------------------------------------------------

interface Thread<A> {
  /** When the function says so. */
  readonly ready: Promise<void>
  readonly answer: Promise<A>
  readonly terminate: () => void
}

const workers = { looped, slept, waited, cancelled, raced, opened, churned }

type Workers = typeof workers

const start = <N extends keyof Workers>(
  name: N,
  handle: ViewHandle | Race,
): Thread<Awaited<ReturnType<Workers[N]>>> => {
  type A = Awaited<ReturnType<Workers[N]>>
  const worker = new Worker(import.meta.url, { type: 'module', name })
  let isReady = (): void => {}
  const ready = new Promise<void>((resolve) => (isReady = resolve))
  const answer = new Promise<A>((resolve, reject) => {
    worker.addEventListener('message', ({ data }: MessageEvent<A | 'ready'>) => {
      if (data === 'ready') return isReady()
      worker.terminate()
      resolve(data)
    })
    worker.addEventListener('error', reject)
  })
  worker.postMessage(handle)
  return { ready, answer, terminate: () => worker.terminate() }
}

/** Run in a page that is not isolated: what it is told. */
export const refused = (): readonly [isIsolated: boolean, hasMemory: boolean, isError: boolean, message: string] => {
  const hasMemory = typeof globalThis.SharedArrayBuffer === 'function'
  const error = hasMemory ? null : thrown(share(CancelScope.open(Token.timeout('1 hour'))()))
  return [globalThis.crossOriginIsolated, hasMemory, error instanceof Error, messageOf(error)]
}

export const tests: Tests = {
  'a busy loop in a worker sees a cancel, whose reason arrives whole': async () => {
    const token = Token.labelled('job')(Token.any(Token.manual('stop'), Token.timeout('1 hour')))
    const scope = CancelScope.open(token)()
    const thread = start('looped', share(scope)())
    await thread.ready
    const detail = `enough ${'𝒳é"\\\n\ud800'.repeat(500)}`
    equal(CancelScope.cancel(scope, detail)(), true)
    const [rounds, reason] = await thread.answer
    equal([rounds > 0, reason], [true, seen(scope)])
    equal(reason?._tag === 'Requested' && [reason.detail, reason.label, reason.path], [detail, 'job', []])
  },

  'a busy loop in a worker sees a manual input': async () => {
    const scope = CancelScope.open(Token.any(Token.never, Token.manual('stop')))()
    const thread = start('looped', share(scope)())
    await thread.ready
    CancelScope.cancelInput(scope, 'stop', 'enough')()
    const [, reason] = await thread.answer
    equal(reason, seen(scope))
    equal(reason?._tag === 'Requested' && [reason.name, reason.detail, reason.path], ['stop', 'enough', ['any', 1]])
  },

  'a busy loop in a worker sees time pass, and a deadline': async () => {
    const scope = CancelScope.open(Token.timeout('50ms'))()
    const [, late] = await start('looped', share(scope)()).answer
    equal([late?._tag, late], ['TimedOut', seen(scope)])
    const instant = Date.now() + 50
    const dated = CancelScope.open(Token.deadline(instant))()
    const [, passed] = await start('looped', share(dated)()).answer
    equal([passed?._tag, passed, (passed?.at ?? 0) >= instant], ['DeadlinePassed', seen(dated), true])
  },

  'the time of a scope is the same in the page and in a worker': async () => {
    const opened = performance.now()
    const scope = CancelScope.open(Token.timeout('200ms'))()
    const [, reason] = await start('looped', share(scope)()).answer
    equal([reason?._tag, performance.now() - opened >= 200], ['TimedOut', true])
    equal(CancelScope.isCancelled(scope)(), true)
  },

  '8 workers on a counter lose and double no poll': async () => {
    const scope = CancelScope.open(Token.counter(1_000_000))()
    const handle = share(scope)()
    const found = await Promise.all(Array.from({ length: 8 }, () => start('looped', handle).answer))
    equal(
      found.reduce((sum, [rounds]) => sum + rounds, 0),
      1_000_000,
    )
    for (const [, reason] of found) equal([reason?._tag, reason], ['CounterExhausted', seen(scope)])
  },

  '10,000 cancels by 8 workers that poll: one is first, and all know whose': async () => {
    const scopes = Array.from({ length: 1250 }, () => CancelScope.open(Token.manual('stop'))())
    const handles = scopes.map((scope) => share(scope, { room: 64 })())
    const gate = new SharedArrayBuffer(4)
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    const running = names.map((name) => start('raced', { handles, name, gate }))
    await Promise.all(running.map((thread) => thread.ready))
    Atomics.store(new Int32Array(gate), 0, 1)
    Atomics.notify(new Int32Array(gate), 0)
    const found = await Promise.all(running.map(({ answer }) => answer))
    scopes.forEach((scope, index) => {
      const firsts = names.filter((_, thread) => found[thread]?.[index]?.[0])
      equal([firsts.length, `${firsts[0]} ${index}`], [1, detailOf(seen(scope))])
      for (const each of found) equal(each[index]?.[1], seen(scope))
    })
  },

  'a worker polls on the ticks of the page’s shared clock': async () => {
    const clock = Clock.shared()
    clock.monotonic()
    const scope = CancelScope.open(Token.timeout('50ms'), { clock })()
    const [, reason] = await start('looped', share(scope)()).answer
    equal([reason?._tag, reason], ['TimedOut', seen(scope)])
    clock.close()
  },

  'a worker is woken where it sleeps, and where it waits': async () => {
    for (const name of ['slept', 'waited'] as const) {
      const scope = CancelScope.open(Token.manual('stop'))()
      const thread = start(name, share(scope)())
      await thread.ready
      CancelScope.cancel(scope, 'wake up')()
      const reason = await thread.answer
      equal(reason, seen(scope))
      equal(reason?._tag === 'Requested' && reason.detail, 'wake up')
    }
  },

  'waiting, listening and an AbortSignal of the page are woken by a worker': async () => {
    const scope = CancelScope.open(Token.manual('stop'))()
    const child = CancelScope.child(Token.never)(scope)()
    const signal = AbortSignal.toAbortSignal(child)()
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    const heard = new Promise<Reason.Reason>((resolve) => CancelScope.onCancelled(child, resolve)())
    const waiting = CancelScope.wait(child)()
    const thread = start('cancelled', share(scope)())
    const reason = await waiting
    await aborted
    equal([await heard, seen(scope), await thread.answer], [reason, reason, true])
    equal(reason._tag === 'Requested' && reason.detail, 'from a worker 𝒳')
  },

  'what a worker did is seen by the page without waiting': async () => {
    const scope = CancelScope.open(Token.manual('stop'))()
    const thread = start('cancelled', share(scope)())
    equal(await thread.answer, true)
    equal(CancelScope.keepGoing(scope)(), false)
  },

  'a handle is good after the cancel, and when it was made after it': async () => {
    const early = CancelScope.open(Token.manual('stop'))()
    const handle = share(early)()
    CancelScope.cancel(early, 'before')()
    equal(await start('looped', handle).answer, [0, seen(early)])
    const late = CancelScope.open(Token.manual('stop'))()
    CancelScope.cancel(late, 'before')()
    equal(await start('looped', share(late)()).answer, [0, seen(late)])
  },

  'a handle opened twice gives two views of one scope': async () => {
    const scope = CancelScope.open(Token.counter(3))()
    const answer = await start('opened', share(scope)()).answer
    equal(answer, [[true, true, true, false], seen(scope), seen(scope)])
  },

  'a worker that is ended anywhere holds up nobody': async () => {
    const token = Token.any(
      Token.manual('stop'),
      Token.budget('calls', 1e15),
      Token.idle('worker', '1 hour'),
      Token.counter(2 ** 50),
    )
    const scope = CancelScope.open(token)()
    const handle = share(scope)()
    for (let round = 0; round < 8; round++) {
      const thread = start('churned', handle)
      await thread.ready
      for (let polls = 0; polls < 1000 * round; polls++) CancelScope.poll(scope)()
      thread.terminate()
      equal([CancelScope.keepGoing(scope)(), CancelScope.spend(scope, 'calls', 1)()], [true, true])
    }
    const last = start('looped', handle)
    await last.ready
    equal(CancelScope.cancelInput(scope, 'stop')(), true)
    equal((await last.answer)[1], seen(scope))
  },

  'waitSync of a shared scope refuses to block the page, and says why; of one that has fired it answers': () => {
    const scope = CancelScope.open(Token.manual('stop'))()
    share(scope)()
    const error = thrown(CancelScope.waitSync(scope))
    equal(
      [error instanceof Error, /block/.test(messageOf(error)), /browser/.test(messageOf(error))],
      [true, true, true],
    )
    CancelScope.cancel(scope)()
    equal(CancelScope.waitSync(scope)()._tag, 'Some')
  },

  'a page that is not isolated is told what is missing': async () => {
    const frame = document.createElement('iframe')
    frame.allow = "cross-origin-isolated 'none'"
    frame.src = '/'
    const loaded = new Promise((resolve) => frame.addEventListener('load', resolve))
    document.body.append(frame)
    await loaded
    const inner = frame.contentWindow as (Window & { answer?: (found: unknown) => void }) | null // sound: what is set below
    if (inner === null) throw new Error('the frame has no window')
    const found = new Promise<unknown>((resolve) => (inner.answer = resolve))
    const script = inner.document.createElement('script')
    script.type = 'module'
    script.textContent = `import { refused } from '${new URL(import.meta.url).pathname}'; window.answer(refused())`
    inner.document.body.append(script)
    const message =
      'sharing needs SharedArrayBuffer, which a browser has in pages that are cross-origin isolated only: send the headers COOP and COEP'
    equal(await found, [false, false, true, message])
    frame.remove()
  },
}
