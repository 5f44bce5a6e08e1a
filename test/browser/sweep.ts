/** Sweeps in a browser, whose errors that nobody handles are events. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { Cancellable, CancelScope } from 'cantok-ts'
import { sweep } from 'cantok-ts/testing'
import { equal } from './check.js'
import type { Tests } from './check.js'

export const tests: Tests = {
  'a sweep finds a permit that is not given back, and no fault where it is': async () => {
    const program = (isMended: boolean) =>
      sweep((scope, { ensure, sleep }) => {
        let free = 1
        ensure('the permit is back', () => free === 1)()
        const take = Cancellable.fromTaskEither(TE.fromIO(() => void free--))
        const giveBack = isMended ? Cancellable.fromTaskEither(TE.fromIO(() => void free++)) : Cancellable.checkpoint
        const work = Cancellable.tryCatch((signal) => sleep('1 hour', signal)(), String)
        return pipe(
          Cancellable.bracket(
            take,
            () => work,
            () => giveBack,
          ),
          Cancellable.run(scope),
          TE.tapIO(() => () => void (free = 1)),
        )
      })()
    const [broken, mended] = [await program(false), await program(true)]
    equal([broken.failed.length > 0, mended.failed.length, mended.points > 10], [true, 0, true])
  },

  'a sweep finds a rejection and an error that nobody handles': async () => {
    const { failed } = await sweep(
      async (scope) => {
        if (!CancelScope.isCancelled(scope)()) return
        void Promise.reject(new Error('lost'))
        queueMicrotask(() => {
          throw new Error('thrown')
        })
      },
      { reasons: ['Requested'] },
    )()
    const messages = failed.flatMap(({ failures }) => failures.map(({ message }) => message))
    equal(messages.sort(), ['Error: lost', 'Error: thrown'])
  },
}
