/**
 * The formats as JSON Schema.
 *
 * @since 0.1.0
 */
import { documentOf, shapes } from './format.js'
import type { DocumentName, Field, Fields, Kind, Shape } from './format.js'
import { defaultLimits, limitsFrom } from './limits.js'
import type { Limits } from './limits.js'
import { durationPattern, instantPattern } from './time.js'

// -------------------------------------------------------------------------------------
// model
// -------------------------------------------------------------------------------------

/**
 * A JSON Schema as data, of draft 2020-12.
 *
 * @category model
 * @since 0.1.0
 */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

/**
 * The documents that have a schema, by the name of what they hold.
 *
 * @category model
 * @since 0.1.0
 */
export type SchemaName = DocumentName

// -------------------------------------------------------------------------------------
// conversions
// -------------------------------------------------------------------------------------

/**
 * The JSON Schema (draft 2020-12) of what a codec reads: that of `TokenFromJson` is `jsonSchema('token')`.
 *
 * It is made of the description that the codecs themselves follow, limits included. What it cannot say, the codec checks all the same: that no more is left
 * than there was, how many nodes there are and how deep they are nested, and that a day is one of the calendar. With the default limits it has the `$id`
 * of the published schema; with others it is another schema, and has none.
 *
 * @example
 * ```ts
 * import { jsonSchema } from 'cantok-ts/codec'
 *
 * const { $schema, $id, required } = jsonSchema('token')
 * console.log($schema, $id, required)
 * // => 'https://json-schema.org/draft/2020-12/schema' 'urn:cantok-ts:token:1' [ 'version', 'token' ]
 * ```
 * @category conversions
 * @since 0.1.0
 */
export const jsonSchema = (name: SchemaName, limits?: Partial<Limits>): JsonSchema => {
  const all = limitsFrom(limits)
  const root = documentOf(name)
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    ...(hasDefaults(all) ? { $id: `urn:cantok-ts:${name}:1` } : {}),
    title: `${name} of cantok-ts`,
    ...shapeSchema(root, all),
    $defs: Object.fromEntries(
      kindsIn(root).map((kind) => [
        definitionOf(kind),
        hasShape(kind) ? shapeSchema(shapes[kind.shape], all) : kindSchema(kind, all),
      ]),
    ),
  }
}

// -------------------------------------------------------------------------------------
// private
// -------------------------------------------------------------------------------------

/** The kinds of field that have a definition, of all that a shape leads to, in order of appearance. */
const kindsIn = (root: Shape): ReadonlyArray<Kind> => {
  const found = new Map<string, Kind>()
  const visit = (shape: Shape): void => {
    for (const fields of shape._tag === 'Plain' ? [shape.fields] : Object.values(shape.variants))
      for (const { kind } of Object.values(fields)) {
        const definition = definitionOf(kind)
        if (definition === undefined || found.has(definition)) continue
        found.set(definition, kind)
        if (hasShape(kind)) visit(shapes[kind.shape])
      }
  }
  visit(root)
  return [...found.values()]
}

/** Whether a schema is the published one, to which its name belongs. */
const hasDefaults = (limits: Limits): boolean =>
  limits.text === defaultLimits.text && limits.path === defaultLimits.path && limits.nodes === defaultLimits.nodes

const hasShape = (kind: Kind): kind is Extract<Kind, { readonly _tag: 'Node' | 'Nodes' }> =>
  kind._tag === 'Node' || kind._tag === 'Nodes'

/** The name of the definition to which a field of that kind refers, where there is one. */
const definitionOf = (kind: Kind): string | undefined => {
  if (hasShape(kind)) return kind.shape
  return kind._tag === 'Duration' || kind._tag === 'Instant' || kind._tag === 'Path'
    ? kind._tag.toLowerCase()
    : undefined
}

const shapeSchema = (shape: Shape, limits: Limits): JsonSchema =>
  shape._tag === 'Plain'
    ? recordSchema(shape.fields, limits)
    : {
        type: 'object',
        properties: { _tag: { enum: Object.keys(shape.variants) } },
        required: ['_tag'],
        // not `oneOf`: of a node with one wrong field that one is told, and not what each other tag would want
        allOf: Object.entries(shape.variants).flatMap(([tag, fields]) =>
          Object.keys(fields).length === 0
            ? []
            : [
                {
                  if: { properties: { _tag: { const: tag } }, required: ['_tag'] },
                  // oxlint-disable-next-line unicorn/no-thenable -- the keyword of JSON Schema; its value is no function, so nothing awaits it
                  then: recordSchema(fields, limits),
                },
              ],
        ),
      }

const recordSchema = (fields: Fields, limits: Limits): JsonSchema => ({
  type: 'object',
  properties: Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, fieldSchema(field, limits)])),
  required: Object.keys(fields).filter((name) => fields[name]?.absence._tag === 'Refused'),
})

const fieldSchema = ({ kind, absence }: Field<unknown>, limits: Limits): JsonSchema => {
  const definition = definitionOf(kind)
  const schema =
    definition === undefined || kind._tag === 'Nodes' ? kindSchema(kind, limits) : { $ref: `#/$defs/${definition}` }
  switch (absence._tag) {
    case 'Default':
      return { ...schema, default: absence.value }
    case 'Empty':
      return { ...schema, default: [] }
    case 'Whole':
      return { ...schema, description: `at most the ${absence.of}, which is also what it is by default` }
    case 'Refused':
    case 'Kept':
      return schema
  }
}

const kindSchema = (kind: Kind, limits: Limits): JsonSchema => {
  const text = { type: 'string', maxLength: limits.text }
  const count = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }
  const amount = { type: 'number', minimum: 0 }
  switch (kind._tag) {
    case 'Text':
      return text
    case 'Name':
      return { ...text, minLength: 1 }
    case 'Count':
      return count
    case 'Amount':
      return amount
    case 'Total':
      return { anyOf: [amount, { const: 'Infinity' }] }
    case 'Duration':
      return { anyOf: [amount, { type: 'string', pattern: durationPattern.source }] }
    case 'Instant':
      return { anyOf: [{ type: 'number' }, { type: 'string', pattern: instantPattern.source }] }
    case 'Flag':
      return { type: 'boolean' }
    case 'Choice':
      return { enum: kind.values }
    case 'Version':
      return { enum: kind.versions }
    case 'Path':
      return { type: 'array', items: { anyOf: [text, count] }, maxItems: limits.path }
    case 'Answers':
      return { type: 'object', additionalProperties: { type: 'boolean' }, propertyNames: { maxLength: limits.text } }
    case 'Node':
      return { $ref: `#/$defs/${kind.shape}` }
    case 'Nodes':
      return {
        type: 'array',
        items: { $ref: `#/$defs/${kind.shape}` },
        ...(kind.least === 0 ? {} : { minItems: kind.least }),
        maxItems: limits.nodes,
      }
  }
}
