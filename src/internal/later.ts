/** The instant so much later; never so near that rounding makes it early. */
export const later = (instant: number, span: number): number => {
  const due = instant + span
  return due - instant < span ? due + Math.abs(due) * Number.EPSILON : due
}
