/** Reads data from outside as the format says: never throws, visits no more than the limits allow, and says of each place what is wrong with it. */
import type * as t from 'io-ts'
import { stackSafe } from '../internal/recursion.js'
import { shapes } from './format.js'
import type { Field, Fields, Shape } from './format.js'
import { isCount, isText, readLeaf, textRule } from './leaf.js'
import type { Form } from './leaf.js'
import type { Limits } from './limits.js'
import { pathText, shown } from './shown.js'

/** What is wrong, and whatever was read if nothing is. */
export interface Outcome {
  readonly errors: t.Errors
  readonly value: unknown
}

/** Where a value stands, up to the root. */
interface Place {
  readonly above: Place | undefined
  readonly key: string
  readonly value: unknown
}

interface Visit {
  readonly shape: Shape
  readonly place: Place
  readonly depth: number
}

/** Reads a value as the shape says. A context entry for each step on the way to an error is made with the codec of the whole. */
export const read = (
  shape: Shape,
  value: unknown,
  how: {
    readonly form: Form
    readonly limits: Limits
    readonly codec: t.Decoder<unknown, unknown>
    readonly context: t.Context
  },
): Outcome => {
  const { form, limits, codec, context } = how
  const errors: Array<t.ValidationError> = []
  let nodesLeft = limits.nodes
  let stopped = false

  const stop = (place: Place, problem: string): void => {
    refuse(place, problem)
    stopped = true
  }

  const refuse = (place: Place, problem: string): void => {
    if (stopped) return
    const isLast = errors.length >= limits.errors
    const whole = contextOf(place, codec, context)
    const path = pathText(whole.map(({ key }) => key))
    const message = isLast ? `reading stopped at ${path}, after ${limits.errors} errors` : `${path} ${problem}`
    errors.push({ value: place.value, context: whole, message })
    stopped = isLast
  }

  /** Runs what may throw where the data is a proxy or has getters. */
  const attempt = <A>(place: Place, f: () => A): A | undefined => {
    try {
      return f()
    } catch {
      stop(place, 'cannot be read: it throws')
      return undefined
    }
  }

  const objectAt = (place: Place, what: string): object | undefined => {
    const { value: found } = place
    if (typeof found === 'object' && found !== null && attempt(place, () => Array.isArray(found)) === false)
      return found
    refuse(place, `must be ${what}, but was ${shown(found)}`)
    return undefined
  }

  /** An own member; what is inherited does not count. */
  const member = (holder: object, key: string, above: Place): Place => ({
    above,
    key,
    value: attempt(above, () => (Object.hasOwn(holder, key) ? (Reflect.get(holder, key) as unknown) : undefined)), // sound: it may be anything
  })

  /** The places of an array, if there are not too many of them. */
  const placesIn = (place: Place, most: number = Infinity): ReadonlyArray<Place> | undefined => {
    const { value: found } = place
    const isArray = attempt(place, () => Array.isArray(found))
    const length: unknown = isArray === true ? attempt(place, () => Reflect.get(Object(found), 'length')) : undefined
    if (!isCount(length)) {
      refuse(place, `must be an array, but was ${shown(found)}`)
      return undefined
    }
    if (length > most) {
      refuse(place, `must be an array of at most ${most}, but was one of ${length}`)
      return undefined
    }
    return reserve(place, length)
      ? Array.from({ length }, (_, index) => member(Object(found), String(index), place))
      : undefined
  }

  /** Counts nodes before they are visited. */
  const reserve = (place: Place, count: number): boolean => {
    nodesLeft -= count
    if (nodesLeft >= 0) return true
    stop(place, `is too large: reading stopped here, for more than ${limits.nodes} nodes are not read`)
    return false
  }

  /** Which fields a node is to have, and what is known of it once its kind is. */
  const kindAt = (
    current: Shape,
    place: Place,
    holder: object,
  ): { readonly fields: Fields; readonly found: Record<string, unknown> } | undefined => {
    if (current._tag === 'Plain') return { fields: current.fields, found: {} }
    const tag = member(holder, '_tag', place)
    const { value: _tag } = tag
    const fields =
      typeof _tag === 'string' && Object.hasOwn(current.variants, _tag) ? current.variants[_tag] : undefined
    if (fields !== undefined) return { fields, found: { _tag } }
    const tags = Object.keys(current.variants).join(', ')
    refuse(tag, `must be the tag of ${current.what} (${tags}), but was ${shown(_tag)}`)
    return undefined
  }

  const pathAt = (place: Place): unknown => {
    const steps = placesIn(place, limits.path)
    if (steps === undefined) return undefined
    for (const step of steps) {
      if (!isText(step.value, limits) && !isCount(step.value))
        refuse(step, `${textRule('an integer from 0 to 2^53 - 1, or a text', limits)}, but was ${shown(step.value)}`)
      if (stopped) return undefined
    }
    return steps.map((step) => (typeof step.value === 'number' ? step.value + 0 : step.value))
  }

  const answersAt = (place: Place): unknown => {
    const holder = objectAt(place, 'an object of true and false by name')
    const names = holder && attempt(place, () => Object.keys(holder))
    if (holder === undefined || names === undefined || !reserve(place, names.length)) return undefined
    const answers: Array<readonly [string, unknown]> = []
    for (const name of names) {
      const answer = member(holder, name, place)
      if (!isText(name, limits)) refuse(answer, `has a name of more than ${limits.text} characters`)
      else if (typeof answer.value !== 'boolean')
        refuse(answer, `must be true or false, but was ${shown(answer.value)}`)
      if (stopped) return undefined
      answers.push([name, answer.value])
    }
    return Object.fromEntries(answers) // which makes an own member of '__proto__' too
  }

  const descend = stackSafe<Visit, unknown>(function* ({ shape: current, place, depth }) {
    if (stopped) return undefined
    if (depth > limits.depth) {
      refuse(place, `is nested too deep: more than ${limits.depth} levels are not read`)
      return undefined
    }
    const holder = objectAt(place, current.what)
    const known = holder && kindAt(current, place, holder)
    if (holder === undefined || known === undefined) return undefined
    const { fields, found } = known
    for (const [name, field] of Object.entries(fields)) {
      if (stopped) return undefined
      const at = member(holder, name, place)
      const { kind } = field
      if (at.value === undefined) absent(found, name, field, at)
      else
        switch (kind._tag) {
          case 'Node':
            if (reserve(at, 1)) found[name] = yield { shape: shapes[kind.shape], place: at, depth: depth + 1 }
            break
          case 'Nodes': {
            const parts: Array<unknown> = []
            const places = placesIn(at)
            if (places === undefined) break
            if (places.length < kind.least)
              refuse(at, `must be an array of ${kind.least} or more, but was one of ${places.length}`)
            for (const part of places) {
              if (stopped) return undefined
              parts.push(yield { shape: shapes[kind.shape], place: part, depth: depth + 1 })
            }
            if (parts.length > 0 || field.absence._tag !== 'Empty' || field.absence.inModel === 'list')
              found[name] = parts
            break
          }
          case 'Path':
            found[name] = pathAt(at)
            break
          case 'Answers':
            found[name] = answersAt(at)
            break
          default: {
            const result = readLeaf(kind, at.value, form, limits)
            if (result._tag === 'Left') refuse(at, `${result.left}, but was ${shown(at.value)}`)
            else found[name] = result.right
          }
        }
      if (kind._tag === 'Version' && errors.length > 0) return undefined // the format is another one
      if (field.absence._tag === 'Whole') atMost(found, name, field.absence.of, at)
    }
    return found
  })

  const absent = (found: Record<string, unknown>, name: string, { kind, absence }: Field<unknown>, at: Place): void => {
    if (absence._tag === 'Kept' || (absence._tag === 'Empty' && absence.inModel === 'absent')) return
    if (absence._tag === 'Refused' || form === 'model') {
      if (kind._tag === 'Node' || kind._tag === 'Nodes' || kind._tag === 'Path' || kind._tag === 'Answers')
        refuse(at, 'is missing')
      else {
        const result = readLeaf(kind, undefined, form, limits)
        refuse(at, result._tag === 'Left' ? `${result.left}, but was missing` : 'is missing')
      }
    } else if (absence._tag === 'Default') found[name] = absence.value
    else if (absence._tag === 'Whole') found[name] = found[absence.of]
    else found[name] = []
  }

  const atMost = (found: Readonly<Record<string, unknown>>, name: string, of: string, at: Place): void => {
    const [whole, left] = [found[of], found[name]]
    if (typeof whole === 'number' && typeof left === 'number' && left > whole)
      refuse(at, `must be at most the ${of} of ${whole}, but was ${shown(at.value)}`)
  }

  const root: Place = { above: undefined, key: '', value }
  const result = descend({ shape, place: root, depth: 0 })
  return { errors, value: result }
}

/** What io-ts wants to know of the way to an error: that to the document, which it gives, and that within. */
const contextOf = (place: Place, codec: t.Decoder<unknown, unknown>, context: t.Context): t.Context => {
  const upwards: Array<t.ContextEntry> = []
  for (let at: Place = place; at.above !== undefined; at = at.above)
    upwards.push({ key: at.key, type: codec, actual: at.value })
  return [...context, ...upwards.reverse()]
}
