/** What the compiler knows of a shared scope: who may do what with its handle, in whichever thread. */
import type { IO } from 'fp-ts/lib/IO.js'
import { CancelScope, Token } from 'cantok-ts'
import { openShared, ownShared, share } from 'cantok-ts/threads'
import type { ScopeHandle, ViewHandle } from 'cantok-ts/threads'
import { describe, expectTypeOf, it } from 'vitest'

const token = Token.any(Token.manual('stop'), Token.budget('pages', 3), Token.condition('done'))
const scope = CancelScope.open(token, { conditions: { done: () => false } })()

describe('share', () => {
  it('of a scope keeps its inputs', () => {
    expectTypeOf(share(scope)).toEqualTypeOf<IO<ScopeHandle<'manual:stop' | 'budget:pages' | 'condition:done'>>>()
    expectTypeOf(share(CancelScope.open(Token.never)())).toEqualTypeOf<IO<ScopeHandle>>()
  })

  it('of a view is that of a view', () => {
    const view: CancelScope.ScopeView = scope
    expectTypeOf(share(view)).toEqualTypeOf<IO<ViewHandle>>()
  })
})

describe('ownShared', () => {
  it('takes just the inputs of the scope', () => {
    const owned = ownShared(share(scope)())()
    CancelScope.cancelInput(owned, 'stop')
    CancelScope.spend(owned, 'pages', 1)
    // @ts-expect-error - an input that the token does not name
    CancelScope.cancelInput(owned, 'stpo')
    // @ts-expect-error - that is a budget
    CancelScope.cancelInput(owned, 'pages')
  })

  it('refuses the handle of a view', () => {
    const view: CancelScope.ScopeView = scope
    // @ts-expect-error - who has a view only may not cancel
    ownShared(share(view)())
  })

  it('takes predicates by the names of conditions', () => {
    ownShared(share(scope)(), { conditions: { done: () => true } })
    ownShared(share(scope)(), {})
    // @ts-expect-error - a condition that the token does not name
    ownShared(share(scope)(), { conditions: { dnoe: () => true } })
    // @ts-expect-error - a promise is no answer
    ownShared(share(scope)(), { conditions: { done: () => Promise.resolve(true) } })
  })
})

describe('openShared', () => {
  it('gives a view, of either handle', () => {
    const view: CancelScope.ScopeView = scope
    expectTypeOf(openShared(share(scope)())).toEqualTypeOf<IO<CancelScope.ScopeView>>()
    expectTypeOf(openShared(share(view)())).toEqualTypeOf<IO<CancelScope.ScopeView>>()
    // @ts-expect-error - a view cannot be cancelled
    CancelScope.cancel(openShared(share(scope)())())
  })

  it('takes predicates by the names of conditions, where the handle knows them', () => {
    const view: CancelScope.ScopeView = scope
    openShared(share(scope)(), { conditions: { done: () => true } })
    openShared(share(view)(), { conditions: { anything: () => true } })
    // @ts-expect-error - a condition that the token does not name
    openShared(share(scope)(), { conditions: { dnoe: () => true } })
  })

  it('refuses what is no handle', () => {
    // @ts-expect-error - as an AbortSignal arrives
    openShared({})
    // @ts-expect-error - a scope itself does not travel
    openShared(scope)
  })
})
