/** How an effect has ended, as the detail of a request. */
import * as Cause from 'effect/Cause'
import * as Exit from 'effect/Exit'
import { received } from '../internal/received.js'
import { isInterruptedOnly } from './versions.js'

/** A text that it succeeded with, or what it failed of. */
export const detailOf = (exit: Exit.Exit<unknown, unknown>): string | undefined => {
  if (Exit.isFailure(exit)) return isInterruptedOnly(exit.cause) ? 'interrupted' : textOf(Cause.squash(exit.cause))
  return typeof exit.value === 'string' ? exit.value : undefined
}

const textOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
    ? error.message
    : received(error)
