import { CancellationError, CancelScope, Reason, Token } from 'cantok-ts'
import { describe, expect, it } from 'vitest'

const cases: ReadonlyArray<
  readonly [Reason.Reason, name: string, type: typeof CancellationError.CancellationError, message: string]
> = [
  [{ _tag: 'Requested', path: [] }, 'AbortError', CancellationError.CancellationError, 'cancelled'],
  [
    { _tag: 'TimedOut', duration: 1_000, path: [] },
    'TimeoutError',
    CancellationError.TimeoutCancellationError,
    'timed out after 1 second',
  ],
  [
    { _tag: 'DeadlinePassed', instant: 0, path: [] },
    'TimeoutError',
    CancellationError.DeadlineCancellationError,
    'deadline 1970-01-01T00:00:00.000Z passed',
  ],
  [
    { _tag: 'CounterExhausted', limit: 3, path: [] },
    'AbortError',
    CancellationError.CounterCancellationError,
    'counter exhausted after 3 polls',
  ],
  [
    { _tag: 'ConditionMet', name: 'drained', path: [] },
    'AbortError',
    CancellationError.ConditionCancellationError,
    "condition 'drained' met",
  ],
  [
    { _tag: 'BudgetSpent', name: 'bytes', limit: 10, spent: 12, path: [] },
    'AbortError',
    CancellationError.BudgetCancellationError,
    "budget 'bytes' spent: 12 of 10",
  ],
  [
    { _tag: 'Stalled', name: 'worker', duration: 50, path: [] },
    'TimeoutError',
    CancellationError.IdleCancellationError,
    "no beat of 'worker' for 50 milliseconds",
  ],
  [
    {
      _tag: 'AllOf',
      reasons: [
        { _tag: 'Requested', path: ['all', 0] },
        { _tag: 'Requested', path: ['all', 1] },
      ],
      path: [],
    },
    'AbortError',
    CancellationError.CancellationError,
    'all of: cancelled (at all.0); cancelled (at all.1)',
  ],
]

describe('CancellationError', () => {
  describe.each(cases)('of %j', (reason, name, type, message) => {
    const error = Reason.toError(reason)

    it('is an error with the name the platform uses, and the reason in words', () => {
      expect(error).toBeInstanceOf(Error)
      expect(error.name).toBe(name)
      expect(error.message).toBe(message)
      expect(String(error)).toBe(`${name}: ${message}`)
      expect(error.stack).toContain(message)
    })

    it('is of the class of its kind, and of no other kind', () => {
      expect(error.constructor).toBe(type)
      expect(error).toBeInstanceOf(CancellationError.CancellationError)
    })

    it('carries the reason itself', () => {
      expect(error.reason).toBe(reason)
    })

    it('is recognised', () => {
      expect(CancellationError.isCancellationError(error)).toBe(true)
    })
  })

  describe('isCancellationError', () => {
    it('knows errors of another copy of the package, by what they bear', () => {
      class Foreign extends Error {
        get 'cantok-ts/CancellationError'(): true {
          return true
        }
      }
      expect(CancellationError.isCancellationError(new Foreign())).toBe(true)
    })

    it('knows an ImpossibleCancelError', () => {
      const reason: Reason.Reason = { _tag: 'Requested', path: [] }
      expect(CancellationError.isCancellationError(new CancellationError.ImpossibleCancelError(reason, 'no'))).toBe(
        true,
      )
    })

    it.each([
      undefined,
      null,
      0,
      '',
      'AbortError',
      Symbol('s'),
      {},
      [],
      () => 0,
      new Error('other'),
      Object.create(null),
    ])('refuses other values and never throws, case %#', (value: unknown) => {
      expect(CancellationError.isCancellationError(value)).toBe(false)
    })

    it("refuses the platform's own", () => {
      expect(CancellationError.isCancellationError(AbortSignal.abort().reason)).toBe(false)
    })
  })

  describe('ImpossibleCancelError', () => {
    const background = CancelScope.background as CancelScope.CancelScope<Token.Input> // sound: it is refused

    it('is what every operation of an owner on the background throws, with the request as its reason', () => {
      const refused: ReadonlyArray<readonly [() => unknown, Reason.Reason]> = [
        [
          CancelScope.cancel(background, 'why'),
          { _tag: 'Requested', detail: 'why', path: [], at: expect.any(Number) as number },
        ],
        [
          CancelScope.cancelInput(background, 'stop', 'why'),
          { _tag: 'Requested', name: 'stop', detail: 'why', path: [] },
        ],
        [CancelScope.spend(background, 'bytes', 1), { _tag: 'Requested', name: 'bytes', path: [] }],
        [CancelScope.beat(background, 'worker'), { _tag: 'Requested', name: 'worker', path: [] }],
        [CancelScope.close(background), { _tag: 'Requested', path: [] }],
      ]
      for (const [run, reason] of refused) {
        let caught: unknown
        try {
          run()
        } catch (error) {
          caught = error
        }
        expect(caught).toBeInstanceOf(CancellationError.ImpossibleCancelError)
        expect(caught).toMatchObject({
          name: 'AbortError',
          message: 'the background scope has no owner and cannot be cancelled',
          reason,
        })
      }
      expect(CancelScope.isCancelled(CancelScope.background)()).toBe(false)
    })

    it('is not needed for the end of a block: the background goes on for everybody else', () => {
      const end = (): unknown => {
        try {
          return background[Symbol.dispose]()
        } catch (error) {
          return error
        }
      }
      end()
      const child = CancelScope.child(Token.counter(1))(CancelScope.background)()
      expect(CancelScope.keepGoing(child)()).toBe(true)
      expect(CancelScope.keepGoing(child)()).toBe(false)
      expect(CancelScope.keepGoing(CancelScope.background)()).toBe(true)
    })
  })
})
