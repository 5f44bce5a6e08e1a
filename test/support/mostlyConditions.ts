import type { TokenConstraints } from 'cantok-ts/testing'

/** Mostly conditions, and little else that fires. */
export const mostlyConditions: TokenConstraints = {
  leaves: { Condition: 24, Manual: 4, Counter: 4, Never: 1, Cancelled: 1, Timeout: 2 },
  maxCount: 2,
  maxDuration: 2,
}
