/** What the generators of this folder share: shrinking by the value alone, and values that print as code. */
import * as fc from 'fast-check'

/** What becomes of the values of an arbitrary. */
export interface Shrinking<A> {
  readonly isOne: (value: unknown) => value is A
  /** Simpler values, the simplest first; each strictly simpler by one measure, so that shrinking ends. */
  readonly smaller: (value: A) => Iterable<A>
  /** The value as it is handed out: a copy that prints as code. */
  readonly finished: (value: A) => A
}

/** Values as an arbitrary makes them, that shrink by what they are: also those that were given as examples. */
export const shrinkable = <A>(arbitrary: fc.Arbitrary<A>, shrinking: Shrinking<A>): fc.Arbitrary<A> =>
  new Shrinkable(arbitrary, shrinking)

class Shrinkable<A> extends fc.Arbitrary<A> {
  readonly #arbitrary: fc.Arbitrary<A>
  readonly #shrinking: Shrinking<A>

  constructor(arbitrary: fc.Arbitrary<A>, shrinking: Shrinking<A>) {
    super()
    this.#arbitrary = arbitrary
    this.#shrinking = shrinking
  }

  generate(random: fc.Random, biasFactor: number | undefined): fc.Value<A> {
    return new fc.Value(this.#shrinking.finished(this.#arbitrary.generate(random, biasFactor).value), undefined)
  }

  canShrinkWithoutContext(value: unknown): value is A {
    return this.#shrinking.isOne(value)
  }

  shrink(value: A): fc.Stream<fc.Value<A>> {
    const { smaller, finished } = this.#shrinking
    const candidates = function* (): Generator<fc.Value<A>> {
      for (const each of smaller(value)) yield new fc.Value(finished(each), undefined)
    }
    return fc.stream(candidates())
  }
}

/** Makes a value print as code in the reports of fast-check; whatever else looks at it does not see that. The value must be the caller's own. */
export const printsAs = <A extends object>(value: A, code: (value: A) => string): A =>
  Object.defineProperty(value, fc.toStringMethod, { value: () => code(value), configurable: true })

/** Numbers between 0 and this one, 0 first and then closer and closer to it. */
export function* smallerNumbers(value: number): Generator<number> {
  if (value === 0) return
  yield 0
  const whole = Math.trunc(value)
  if (whole !== value && whole !== 0) yield whole
  for (let gap = Math.trunc(whole / 2); gap !== 0; gap = Math.trunc(gap / 2)) yield whole - gap
}

/** The list without a half of it, then without one of its items. */
export function* shorter<A>(list: ReadonlyArray<A>, minLength: number): Generator<ReadonlyArray<A>> {
  const half = Math.ceil(list.length / 2)
  if (half > 1 && list.length - half >= minLength) {
    yield list.slice(half)
    yield list.slice(0, list.length - half)
  }
  if (list.length > minLength) for (const index of list.keys()) yield list.filter((_, other) => other !== index)
}

/** The list with one of its items made smaller. */
export function* withOneSmaller<A>(
  list: ReadonlyArray<A>,
  smaller: (item: A) => Iterable<A>,
): Generator<ReadonlyArray<A>> {
  for (const [index, item] of list.entries())
    for (const each of smaller(item)) yield list.map((other, at) => (at === index ? each : other))
}
