/**
 * What a token is opened in within Effect: predicates that may be effects, and effects that feed its inputs.
 *
 * @since 0.1.0
 */
import * as Cause from 'effect/Cause'
import * as Effect from 'effect/Effect'
import * as Exit from 'effect/Exit'
import * as Fiber from 'effect/Fiber'
import type { IO } from 'fp-ts/lib/IO.js'
import { inputs as inputsOf } from '../Analysis.js'
import { beat, cancelInput, close, link, narrow, spend } from '../CancelScope.js'
import type { CancelScope, ScopeView } from '../CancelScope.js'
import { system } from '../Clock.js'
import type { Clock } from '../Clock.js'
import type { DurationInput } from '../Duration.js'
import { received } from '../internal/received.js'
import { isToken } from '../Token.js'
import type { Input, NameOf, Token } from '../Token.js'
import type { Conditions, Predicate } from '../World.js'
import { clockOf } from './clock.js'
import { detailOf } from './detail.js'
import { exitOf, isInterruptedOnly, runAs, withClock } from './versions.js'
import type { Here, Run } from './versions.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * What a condition asks: a predicate, or an effect that cannot fail and answers with a boolean.
 *
 * An effect runs with the services and settings of the fiber that opened the token. One that answers at once is asked anew in every look. One that takes
 * time is started by a look and answers a later one; until then the answer before it stands, which is `false` at first; no two runs of it overlap, and the
 * last is interrupted when the scope is closed. What it dies of is what a predicate throws.
 *
 * @category model
 * @since 0.1.0
 */
export type Condition = Predicate | Effect.Effect<boolean, never, unknown>

/**
 * The conditions that a token with the inputs `I` names.
 *
 * @category model
 * @since 0.1.0
 */
export type ConditionsOf<I extends Input> = { readonly [N in NameOf<'condition', I>]: Condition }

/**
 * Effects that feed inputs of a token, by the name that its type has for each.
 *
 * - `'manual:stop'` is requested when its effect ends, be it by success or by failure: `Deferred.await(stop)`, `Queue.take(orders)`, `Stream.runDrain(events)`,
 *   `Fiber.await(fiber)`. A text that it succeeds with is the detail.
 * - `'budget:bytes'` is spent what its effect succeeds with, again and again: `Queue.take(sizes)`.
 * - `'idle:upstream'` beats whenever its effect succeeds, again and again: `Queue.take(heartbeats)`.
 *
 * One that fails feeds no more, and so does one that is interrupted, as the taker of a queue that is shut down. What one dies of, and an amount that is none, is logged
 * as an error. An input that the token does not name, and a feed that is no effect, is a `TypeError`, at once. They run with the services and settings of the fiber that opened the token, and are interrupted when the scope is closed.
 *
 * @category model
 * @since 0.1.0
 */
export type FeedsOf<I extends Input> = {
  readonly [K in Exclude<I, `condition:${string}`>]?: K extends `budget:${string}`
    ? Effect.Effect<number, unknown, unknown>
    : Effect.Effect<unknown, unknown, unknown>
}

/**
 * What a token with the inputs `I` is opened in: `conditions` for each that it names, `inputs` for those that effects feed, a `clock` where it is not to be the fiber's, and
 * `every`, the pace at which those who interrupt by it look where they must, at conditions (a millisecond unless given).
 *
 * @category model
 * @since 0.1.0
 */
export type EffectWorld<I extends Input, C = ConditionsOf<I>, F = FeedsOf<I>> = {
  readonly clock?: Clock
  readonly every?: DurationInput
  readonly inputs?: F &
    FeedsOf<I> & { readonly [K in Exclude<keyof F, keyof FeedsOf<I>>]: 'the token names no such input' }
} & ([NameOf<'condition', I>] extends [never]
  ? { readonly conditions?: C }
  : { readonly conditions: C & ConditionsOf<I> })

/**
 * The world as a last argument, which may be left out where the token names no condition.
 *
 * @category model
 * @since 0.1.0
 */
export type EffectWorldArgument<I extends Input, C = ConditionsOf<I>, F = FeedsOf<I>> = [
  NameOf<'condition', I>,
] extends [never]
  ? readonly [world?: EffectWorld<I, C, F>]
  : readonly [world: EffectWorld<I, C, F>]

/**
 * Any conditions, by name.
 *
 * @category model
 * @since 0.1.0
 */
export type SomeConditions = { readonly [name: string]: Condition }

/**
 * Any effects that feed inputs.
 *
 * @category model
 * @since 0.1.0
 */
export type SomeFeeds = { readonly [input: string]: Effect.Effect<unknown, unknown, unknown> }

/**
 * The services that the effects of a record need.
 *
 * @category model
 * @since 0.1.0
 */
export type ServicesOf<T> = {
  readonly [K in keyof T]: T[K] extends Effect.Effect<unknown, unknown, infer R> ? R : never
}[keyof T]

// -------------------------------------------------------------------------------------
// opening
// -------------------------------------------------------------------------------------

/** A scope, and what ends the effects that run for it, if any do; it closes the scope too. */
export interface Opened<I extends Input> {
  readonly scope: CancelScope<I>
  readonly end: Effect.Effect<void> | null
}

/** A world without what its type tells. */
export interface AnyWorld {
  readonly clock?: Clock
  readonly every?: DurationInput
  readonly conditions?: Readonly<Record<string, Condition>>
  readonly inputs?: Readonly<Record<string, Effect.Effect<unknown, unknown, unknown> | undefined>>
}

/** Whether fibers may run for a scope in this world, which must be ended with it. */
export const hasEffects = ({ conditions = {}, inputs = {} }: AnyWorld): boolean =>
  Object.keys(inputs).length > 0 || Object.values(conditions).some(Effect.isEffect)

/** Opens a token for a fiber, on a clock of ours. Throws where conditions are missing, and what is no token. */
export type Opening<I extends Input> = (clock: Clock, here: Here) => Opened<I>

/** Makes the scope in a world without effects. */
export type Derive<I extends Input> = (world: {
  readonly clock: Clock
  readonly conditions: Conditions
}) => IO<CancelScope<I>>

/** Refuses what is no world, before anything is read of it. */
export const refuseNoWorld = (world: unknown): void => {
  if (typeof world !== 'object' || world === null)
    throw new TypeError(`world must be an object, but was ${received(world)}`)
}

/** Prepares to open a token, again and again. Throws for inputs that it does not name, and for feeds that are no effects. */
export const openingOf = <I extends Input>(token: Token<I>, world: AnyWorld, derive: Derive<Input>): Opening<I> => {
  refuseNoWorld(world)
  if (isToken(token)) refuseNoFeeds(token, world.inputs ?? {})
  const opening = hasEffects(world) ? withFibers(derive, world) : alone(derive, world)
  return opening as Opening<Input> as object as Opening<I> // sound: `derive` is of a token with these inputs
}

/** Opens a token for the fiber it runs in, on its clock: under parents, or for a stretch of a scope. Dies where conditions are missing. */
export const openedHere = <I extends Input>(
  token: Token<I>,
  world: AnyWorld = {},
  parents: ReadonlyArray<ScopeView> = [],
  whole: ScopeView | null = null,
): Effect.Effect<Opened<I>> => {
  const open = openingOf<I>(token, world, (plain) =>
    whole === null ? link<Input>(parents, token, plain) : narrow<Input>(token, plain)(whole, ...parents),
  )
  return withClock((effectClock, here) => Effect.succeed(open(world.clock ?? clockOf(effectClock, here), here)))
}

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

/** Nothing runs for it, so nothing must be ended. */
const alone = (derive: Derive<Input>, { conditions = {} }: AnyWorld): Opening<Input> => {
  const predicates = conditions as Conditions // sound: none of them is an effect
  const onSystem = derive({ clock: system, conditions: predicates })
  return (clock) => ({
    scope: clock === system ? onSystem() : derive({ clock, conditions: predicates })(),
    end: null,
  })
}

const withFibers =
  (derive: Derive<Input>, { conditions = {}, inputs = {} }: AnyWorld): Opening<Input> =>
  (clock, here) => {
    const run = runAs(here)
    const under = new Set<Running>()
    const predicates: Record<string, Predicate> = {}
    for (const [name, condition] of Object.entries(conditions))
      predicates[name] = Effect.isEffect(condition) ? asking(condition, run, under) : condition
    const scope = derive({ clock, conditions: predicates })()
    for (const [input, feed] of Object.entries(inputs))
      if (feed !== undefined) under.add(run(feeding(scope, input, feed)))
    const end = Effect.suspend(() => {
      close(scope)()
      return Fiber.interruptAll(under)
    })
    return { scope, end: Effect.asVoid(end) }
  }

const refuseNoFeeds = (token: Token<Input>, feeds: Readonly<Record<string, unknown>>): void => {
  const { manual, budget, idle } = inputsOf(token)
  const named = Object.entries({ manual, budget, idle }).flatMap(([kind, names]) =>
    names.map((name) => `${kind}:${name}`),
  )
  for (const [input, feed] of Object.entries(feeds)) {
    if (!named.includes(input))
      throw new TypeError(
        `inputs must be of the token, which names ${named.map((name) => `'${name}'`).join(', ') || 'none'}, but one was '${input}'`,
      )
    if (feed !== undefined && !Effect.isEffect(feed))
      throw new TypeError(`inputs must be fed by effects, but '${input}' was ${received(feed)}`)
  }
}

type Running = Fiber.Fiber<unknown, unknown>

/** A predicate that starts an effect, unless it is still under way, and answers with what is known. */
const asking = (condition: Effect.Effect<boolean, never, unknown>, run: Run, under: Set<Running>): Predicate => {
  let known = false
  let running: Fiber.Fiber<boolean> | null = null
  return () => {
    running ??= run(condition)
    const exit = exitOf(running)
    if (exit === null) {
      under.add(running)
      return known
    }
    under.delete(running)
    running = null
    if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
    return (known = exit.value)
  }
}

/** Feeds an input by an effect until that ends. */
const feeding = (
  scope: CancelScope<Input>,
  input: string,
  feed: Effect.Effect<unknown, unknown, unknown>,
): Effect.Effect<unknown, unknown, unknown> => {
  const [kind, name] = [input.slice(0, input.indexOf(':')), input.slice(input.indexOf(':') + 1)]
  const whole =
    kind === 'manual'
      ? Effect.onExit(feed, (exit) =>
          Effect.sync(() => {
            if (Exit.isFailure(exit) && isInterruptedOnly(exit.cause)) return
            cancelInput(scope, name, detailOf(exit))()
          }),
        )
      : Effect.forever(
          Effect.flatMap(feed, (value) =>
            Effect.sync(() => (kind === 'budget' ? spend(scope, name, amountOf(value)) : beat(scope, name))()),
          ),
        )
  return Effect.tapDefect(whole, (defect) => Effect.logError(`The input ${input} is fed no more`, defect))
}

const amountOf = (value: unknown): number => value as number // sound: `spend` refuses what is none
