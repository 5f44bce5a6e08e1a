/** The gate: runs every stage, goes on when one fails, and ends with the sum as `N passed, N failed`. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { addCounts, noCounts, run, showCounts, tool } from './counting.mjs'

process.chdir(join(import.meta.dirname, '..'))

const node = (script, ...args) => run(process.execPath, [script, ...args])
const counted = (script, ...args) => run(process.execPath, [script, ...args], { counts: true, minutes: 30 })
const project = (name) => () => counted(tool.vitest, 'run', '--project', name)

/** Every example that is a file of its own runs against the built library. */
const exampleFiles = async () => {
  const folder = 'docs/examples'
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.ts')) : []
  let counts = noCounts
  for (const file of files.toSorted()) counts = addCounts(counts, await node('.ci/start.mjs', join(folder, file)))
  return counts
}

const stages = {
  format: () => node(tool.oxfmt, '--check', '.'),
  lint: () => node(tool.oxlint, '--type-aware', '--deny-warnings', '.'),
  'types of src': () => node(tool.tsc, '-p', 'tsconfig.build.json', '--noEmit', '--emitDeclarationOnly', 'false'),
  'types with Effect 3': () => node(tool.tsc, '-p', 'tsconfig.effect3.json'),
  'types of everything': () => node(tool.tsc, '-p', 'tsconfig.json'),
  boundaries: () => counted('.ci/boundaries.mjs'),
  'unit, laws and conformance': project('unit'),
  'Effect 3': project('effect3'),
  'type tests': project('types'),
  memory: project('memory'),
  browser: () => counted('.ci/browser.mjs'),
  examples: () => counted('.ci/examples.mjs'),
  build: () => node('.ci/build.mjs'),
  'example files': exampleFiles,
  package: () => counted('.ci/package-check.mjs'),
}

let total = noCounts
const summary = []
for (const [name, stage] of Object.entries(stages)) {
  console.log(`\n── ${name}`)
  const started = performance.now()
  const counts = await stage()
  total = addCounts(total, counts)
  const line = `${counts.failed > 0 ? '✗' : '✓'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s): ${showCounts(counts)}`
  summary.push(line)
  console.log(line)
}

console.log(`\n── summary\n${summary.join('\n')}\n`)
console.log(showCounts(total))
process.exitCode = total.failed > 0 ? 1 : 0
