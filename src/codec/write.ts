/** Writes values of the model as the format says: fields in their order, without those that have their default. */
import { received } from '../internal/received.js'
import { stackSafe } from '../internal/recursion.js'
import type { Reason } from '../Reason.js'
import type { Input, Token } from '../Token.js'
import type { ReasonNode, TokenNode } from './encoded.js'
import { documentOf, shapes } from './format.js'
import type { Absence, DocumentName, Fields, Nodes, Shape } from './format.js'
import { writeLeaf } from './leaf.js'

/** A token without the document around it. Stack-safe, linear. */
export const writeToken = (token: Token<Input>): TokenNode => write({ shape: shapes.token, value: token }) as TokenNode // sound: the types of nodes say what the format says

/** A reason without the document around it. Stack-safe, linear. */
export const writeReason = (reason: Reason): ReasonNode => write({ shape: shapes.reason, value: reason }) as ReasonNode // sound: as above

/** A node in a document of its own. Stack-safe, linear. */
export const writeDocument = <Name extends DocumentName>(name: Name, value: Nodes[Name]): unknown =>
  write({ shape: documentOf(name), value: { version: 1, [name]: value } })

interface Writing {
  readonly shape: Shape
  readonly value: object
}

const write: (writing: Writing) => unknown = stackSafe<Writing, unknown>(function* ({ shape, value }) {
  const { fields, written } = kindOf(shape, value)
  for (const [name, { kind, absence }] of Object.entries(fields)) {
    const field: unknown = Reflect.get(value, name)
    if (field === undefined || isDefault(absence, field, value)) continue
    switch (kind._tag) {
      case 'Node':
        written[name] = yield { shape: shapes[kind.shape], value: Object(field) }
        break
      case 'Nodes': {
        const parts: Array<unknown> = []
        for (const part of listOf(field)) parts.push(yield { shape: shapes[kind.shape], value: Object(part) })
        written[name] = parts
        break
      }
      case 'Path':
        written[name] = [...listOf(field)]
        break
      case 'Answers':
        written[name] = Object.fromEntries(Object.entries(Object(field)))
        break
      default:
        written[name] = writeLeaf(kind, field)
    }
  }
  return written
})

const kindOf = (
  shape: Shape,
  value: object,
): { readonly fields: Fields; readonly written: Record<string, unknown> } => {
  if (shape._tag === 'Plain') return { fields: shape.fields, written: {} }
  const _tag: unknown = Reflect.get(value, '_tag')
  const fields = typeof _tag === 'string' && Object.hasOwn(shape.variants, _tag) ? shape.variants[_tag] : undefined
  if (fields !== undefined) return { fields, written: { _tag } }
  throw new TypeError(
    `the tag of ${shape.what} must be one of ${Object.keys(shape.variants).join(', ')}, but was ${received(_tag)}`,
  )
}

const isDefault = (absence: Absence, field: unknown, value: object): boolean => {
  switch (absence._tag) {
    case 'Default':
      return field === absence.value
    case 'Whole':
      return field === Reflect.get(value, absence.of)
    case 'Empty':
      return listOf(field).length === 0
    case 'Refused':
    case 'Kept':
      return false
  }
}

const listOf = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])
