/** Schemas made of the format that the codecs follow. */
import * as Effect from 'effect/Effect'
import * as Schema from 'effect/Schema'
import * as SchemaGetter from 'effect/SchemaGetter'
import * as SchemaIssue from 'effect/SchemaIssue'
import { documentOf } from '../codec/format.js'
import type { Nodes } from '../codec/format.js'
import { jsonSchema } from '../codec/jsonSchema.js'
import { limitsFrom } from '../codec/limits.js'
import type { Limits } from '../codec/limits.js'
import { read } from '../codec/read.js'
import { oneLine, pathText } from '../codec/shown.js'
import { writeDocument } from '../codec/write.js'

type Name = 'token' | 'reason'

interface About<A> {
  readonly identifier: string
  readonly equivalence: (first: A, second: A) => boolean
  readonly show: (value: A) => string
}

/** The reader wants a codec to name in the errors of io-ts, of which nothing is used here. */
const anyCodec: Parameters<typeof read>[2]['codec'] = {
  name: 'any',
  validate: (value) => ({ _tag: 'Right', right: value }),
  decode: (value) => ({ _tag: 'Right', right: value }),
}

/** The Schema of a document. Throws for limits that are none. */
export const fromJson = <N extends Name, Encoded>(
  name: N,
  { identifier, equivalence, show }: About<Nodes[N]>,
  given: Partial<Limits> | undefined,
): Schema.Codec<Nodes[N], Encoded> => {
  const limits = limitsFrom(given)
  const document = documentOf(name)
  const how = { limits, codec: anyCodec, context: [] }
  // `Any`: what comes is whatever it is, and is looked at once, when it is read
  const wire = Schema.Any.check(
    Schema.makeFilter(() => true, {
      identifier: `${identifier}FromJson`,
      toJsonSchema: () => [{ ...jsonSchema(name, limits), $id: idOf(name, limits) }, true],
    }),
  )
  const codec = {
    decode: SchemaGetter.transformEffect<Nodes[N], unknown>((value, options) => {
      const { errors, value: found } = read(document, value, { ...how, form: 'wire' })
      const issues = errors.map(({ context, message = '', value: actual }) =>
        issueOf(
          context.map(({ key }) => key),
          message,
          actual,
        ),
      )
      const [first, ...more] = issues
      if (first === undefined) return Effect.succeed((found as { readonly [K in N]: Nodes[K] })[name]) // sound: read without errors
      return Effect.fail(options.errors === 'all' ? new SchemaIssue.Composite(wire.ast, [first, ...more]) : first)
    }),
    encode: SchemaGetter.transform<unknown, Nodes[N]>((value) => writeDocument(name, value)),
  }
  const isNode = (value: unknown): value is Nodes[N] =>
    read(document, { version: 1, [name]: value }, { ...how, form: 'model' }).errors.length === 0
  const node = Schema.declare(isNode, {
    identifier,
    toEquivalence: () => equivalence,
    toFormatter: () => show,
    toCodecJson: () => Schema.link<Nodes[N]>()(wire, codec),
  })
  return wire.pipe(Schema.decodeTo(node, codec)) as Schema.Codec<Nodes[N], Encoded> // sound: the encoded types say what the format says
}

/** What is wrong at a place; the words of the codec without the place, which the path of the issue tells. */
const issueOf = (keys: ReadonlyArray<string>, message: string, actual: unknown): SchemaIssue.Issue => {
  const place = `${pathText(keys)} `
  const said = oneLine(message.startsWith(place) ? message.slice(place.length) : message)
  const issue = new SchemaIssue.InvalidValue({ message: said }, actual)
  const path = keys.map((key) => (/^\d+$/.test(key) ? Number(key) : key)) // no field has a number for its name
  return path.length === 0 ? issue : new SchemaIssue.Pointer(path, issue)
}

/** The published schema has its name, and any other schema another one; a name there must be, for its definitions are looked up under it. */
const idOf = (name: Name, limits: Limits): unknown =>
  jsonSchema(name, limits)['$id'] ?? `urn:cantok-ts:${name}:1:${limits.text}:${limits.path}:${limits.nodes}`
