import type { Reason } from '../../Reason.js'

/** A reason of each kind, to cancel with. */
export const samples: { readonly [Tag in Reason['_tag']]: Extract<Reason, { readonly _tag: Tag }> } = {
  Requested: { _tag: 'Requested', detail: 'injected by a sweep', path: [] },
  TimedOut: { _tag: 'TimedOut', duration: 1000, path: [] },
  DeadlinePassed: { _tag: 'DeadlinePassed', instant: 0, path: [] },
  CounterExhausted: { _tag: 'CounterExhausted', limit: 1, path: [] },
  ConditionMet: { _tag: 'ConditionMet', name: 'injected', path: [] },
  BudgetSpent: { _tag: 'BudgetSpent', name: 'injected', limit: 1, spent: 1, path: [] },
  Stalled: { _tag: 'Stalled', name: 'injected', duration: 1000, path: [] },
  AllOf: {
    _tag: 'AllOf',
    reasons: [
      { _tag: 'TimedOut', duration: 1000, path: ['all', 0] },
      { _tag: 'Requested', name: 'injected', path: ['all', 1] },
    ],
    path: [],
  },
}
