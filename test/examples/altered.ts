/** A module of an example with some of its text replaced: to see a test find what is wrong then. */
import { readFile } from 'node:fs/promises'
import { compileFunction } from 'node:vm'
import { transform } from 'esbuild'
import * as Either from 'fp-ts/lib/Either.js'
import * as functions from 'fp-ts/lib/function.js'
import * as Option from 'fp-ts/lib/Option.js'
import * as ReaderTaskEither from 'fp-ts/lib/ReaderTaskEither.js'
import * as cantok from 'cantok-ts'

/** All that the modules of examples import; from here, so that there is one library only. */
const modules: Readonly<Record<string, unknown>> = {
  'cantok-ts': cantok,
  'fp-ts/lib/Either.js': Either,
  'fp-ts/lib/function.js': functions,
  'fp-ts/lib/Option.js': Option,
  'fp-ts/lib/ReaderTaskEither.js': ReaderTaskEither,
}

/** Each text is replaced wherever it stands; one that does not is an error, for then the example has changed. */
export const altered = async (
  file: string,
  replacements: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, unknown>>> => {
  let source = await readFile(file, 'utf8')
  for (const [text, replacement] of Object.entries(replacements)) {
    if (!source.includes(text)) throw new Error(`${file} does not say: ${text}`)
    source = source.replaceAll(text, replacement)
  }
  const { code } = await transform(source, { loader: 'ts', format: 'cjs', target: 'node20' })
  const module: { exports: Record<string, unknown> } = { exports: {} }
  compileFunction(code, ['module', 'require'])(module, (name: string): unknown => modules[name])
  return module.exports
}
