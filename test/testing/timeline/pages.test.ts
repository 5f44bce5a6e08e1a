/** README and guide show what their examples print, and the picture that is checked in is the one they draw. */
import { readFile } from 'node:fs/promises'
import * as assert from 'node:assert/strict'
import { compileFunction } from 'node:vm'
import { transform } from 'esbuild'
import { describe, expect, it } from 'vitest'
import * as cantok from 'cantok-ts'
import * as testing from 'cantok-ts/testing'

const modules: Readonly<Record<string, unknown>> = {
  'node:assert/strict': assert,
  'cantok-ts': cantok,
  'cantok-ts/testing': testing,
}

interface Example {
  /** What the page says that it prints. */
  readonly shown: string
  readonly printed: string
  readonly svg: unknown
}

/** Runs the example of a page that prints a timeline, and reads the block that follows it. */
const exampleOf = async (page: string): Promise<Example> => {
  const text = await readFile(page, 'utf8')
  const blocks =
    /```ts\n(?<code>(?:(?!```)[^])*?\btimeline\((?:(?!```)[^])*?)```\n\n```text\n(?<shown>[^]*?)\n?```/.exec(text)
  const { code = '', shown = '' } = blocks?.groups ?? {}
  const compiled = await transform(`${code}\nexport const drawn = typeof svg === 'string' ? svg : undefined`, {
    loader: 'ts',
    format: 'cjs',
    target: 'node20',
  })
  const lines: Array<string> = []
  const module: { exports: Record<string, unknown> } = { exports: {} }
  const run = compileFunction(compiled.code, ['module', 'require', 'console'])
  run(module, (name: string): unknown => modules[name], { log: (line: string) => void lines.push(line) })
  return { shown, printed: lines.join('\n'), svg: module.exports['drawn'] }
}

describe('timelines in pages', () => {
  for (const page of ['README.md', 'docs/guide/timelines.md'])
    it(page, async () => {
      const { shown, printed } = await exampleOf(page)
      expect(printed).not.toBe('')
      expect(shown).toBe(printed)
    })

  it('the picture of the guide', async () => {
    const { svg } = await exampleOf('docs/guide/timelines.md')
    await expect(svg).toMatchFileSnapshot('../../../docs/guide/images/timeline.svg')
  })
})
