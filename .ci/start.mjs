/**
 * Runs an example, docs/examples/quick-start.ts unless another is named, against the library as it is built.
 *
 * With EFFECT=effect3 both run with that version of Effect, in one file with it.
 */
import { execFileSync } from 'node:child_process'
import { basename, join } from 'node:path'
import { build } from 'esbuild'

process.chdir(join(import.meta.dirname, '..'))
const example = process.argv[2] ?? 'docs/examples/quick-start.ts'
// within the repository, so that Node resolves 'cantok-ts' to this very package
const outfile = join('.examples', 'run', basename(example).replace(/\.ts$/, '.mjs'))

execFileSync(process.execPath, ['.ci/build.mjs', '--quiet', '--no-types'], { stdio: 'inherit' })
await build({
  entryPoints: [example],
  outfile,
  bundle: true,
  ...(process.env.EFFECT === undefined
    ? { packages: 'external' }
    : { alias: { effect: process.env.EFFECT }, external: ['node:*'] }),
  tsconfigRaw: '{}', // not the paths of tsconfig.json, which lead to src
  format: 'esm',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
})
await import(join(process.cwd(), outfile))
