/** How an effect has ended, as the detail of a request. */
import * as Cause from 'effect/Cause'
import * as Exit from 'effect/Exit'
import { received } from '../internal/received.js'
import { isReason, Show } from '../Reason.js'
import { isInterruptedOnly } from './versions.js'

/** A text that it succeeded with, what a reason says, or what it failed of. */
export const detailOf = (exit: Exit.Exit<unknown, unknown>): string | undefined => {
  if (Exit.isFailure(exit)) return isInterruptedOnly(exit.cause) ? 'interrupted' : textOf(Cause.squash(exit.cause))
  const { value } = exit
  if (isReason(value)) return value._tag === 'Requested' ? value.detail : Show.show(value)
  return typeof value === 'string' ? value : undefined
}

/** What an error says; one that only tells that there is no more, as that of a queue which was ended, says nothing. */
const textOf = (error: unknown): string | undefined => {
  if (typeof error !== 'object' || error === null) return received(error)
  if ('message' in error && typeof error.message === 'string' && error.message !== '') return error.message
  if (!('_tag' in error) || typeof error._tag !== 'string') return received(error)
  return error._tag === 'Done' ? undefined : error._tag
}
