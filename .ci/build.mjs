/**
 * Builds dist: esbuild turns every file of src into one ES module and one CommonJS module, tsc writes the declarations.
 *
 * File by file rather than bundled, so that all entries of a format share one copy of each module.
 *
 * --quiet     prints nothing
 * --no-types  leaves the declarations as they are
 */
import { execFileSync } from 'node:child_process'
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'

const quiet = process.argv.includes('--quiet')
const types = !process.argv.includes('--no-types')

process.chdir(join(import.meta.dirname, '..'))
if (types) await rm('dist', { recursive: true, force: true })

const entryPoints = (await readdir('src', { recursive: true }))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => join('src', file))
const common = {
  entryPoints,
  outbase: 'src',
  bundle: false,
  target: 'es2022',
  sourcemap: true,
  sourcesContent: false, // the package holds src
  charset: 'utf8',
  logLevel: 'warning',
}
await build({ ...common, outdir: 'dist/esm', format: 'esm', platform: 'neutral' })
await build({ ...common, outdir: 'dist/cjs', format: 'cjs', platform: 'node' })
await writeFile('dist/cjs/package.json', '{ "type": "commonjs" }\n')

if (types) {
  const tsc = 'node_modules/@typescript/native/bin/tsc'
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', 'dist/esm'], { stdio: 'inherit' })
  for (const file of await readdir('dist/esm', { recursive: true })) {
    if (!/\.d\.ts(\.map)?$/.test(file)) continue
    await mkdir(dirname(join('dist/cjs', file)), { recursive: true })
    await cp(join('dist/esm', file), join('dist/cjs', file))
  }
}
if (!quiet) console.log(`dist: ${entryPoints.length} modules, ESM and CommonJS${types ? ', with declarations' : ''}`)
