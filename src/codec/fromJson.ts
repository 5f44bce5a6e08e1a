/** Codecs made of the format. */
import * as t from 'io-ts'
import { documentOf } from './format.js'
import type { DocumentName, Nodes } from './format.js'
import { limitsFrom } from './limits.js'
import type { Limits } from './limits.js'
import { read } from './read.js'
import { writeDocument } from './write.js'

/** The codec of a document. Throws for limits that are none. */
export const fromJson = <Name extends DocumentName, Encoded>(
  title: string,
  name: Name,
  given: Partial<Limits> | undefined,
): t.Type<Nodes[Name], Encoded, unknown> => {
  const limits = limitsFrom(given)
  const document = documentOf(name)
  const codec: t.Type<Nodes[Name], Encoded, unknown> = new t.Type(
    title,
    (value): value is Nodes[Name] =>
      read(document, { version: 1, [name]: value }, { form: 'model', limits, codec, context: [] }).errors.length === 0,
    (value, context) => {
      const { errors, value: found } = read(document, value, { form: 'wire', limits, codec, context })
      if (errors.length > 0) return { _tag: 'Left', left: [...errors] }
      return { _tag: 'Right', right: (found as { readonly [N in Name]: Nodes[N] })[name] } // sound: read without errors
    },
    (value) => writeDocument(name, value) as Encoded, // sound: the encoded types say what the format says
  )
  return codec
}
