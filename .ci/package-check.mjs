/**
 * Checks the package as its users get it: packs dist, installs the tarball in a scratch project, then imports, requires,
 * bundles and type-checks every subpath there, and runs test/package under each test runner. Build first.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import vm from 'node:vm'
import { build } from 'esbuild'
import { tool } from './counting.mjs'

const root = join(import.meta.dirname, '..')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const scratch = mkdtempSync(join(tmpdir(), 'cantok-ts-'))
const subpaths = Object.entries(manifest.exports)
  .filter(([path, target]) => target !== null && path !== './package.json')
  .map(([path]) => path.replace(/^\./, manifest.name))

/** The subpaths that need an optional peer, by peer. */
const needing = {
  effect: ['effect', 'effect4', 'effect-testing'],
  'fast-check': ['testing'],
  'io-ts': ['codec'],
}
const needs = (path, peer) => needing[peer].includes(path.slice(manifest.name.length + 1))
/** Effect 4 has ES modules only. */
const isEsmOnly = (path) => needs(path, 'effect')
/** What the types of a subpath need beside what it loads. */
const typesNeed = (path, peer) => needs(path, peer) || (peer === 'fast-check' && path.endsWith('/effect-testing'))

let passed = 0
let failed = 0
const check = async (title, body) => {
  try {
    await body()
    passed++
  } catch (error) {
    failed++
    console.log(`✗ ${title}\n${[error.stdout, error.stderr, error.stack].filter(Boolean).join('\n')}`)
  }
}
const expect = (ok, message) => {
  if (!ok) throw new Error(message)
}

const execute = promisify(execFile)
const npm = (args, cwd) =>
  execute('npm', [...args, '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'], { cwd })
const node = (args, cwd = scratch) => execute(process.execPath, args, { cwd, env: { ...process.env, NO_COLOR: '1' } })
const write = (file, text) => writeFileSync(join(scratch, file), text)
const json = (value) => JSON.stringify(value, null, 2)

// -------------------------------------------------------------------------------------
// the tarball
// -------------------------------------------------------------------------------------

let tarball = ''
await check('npm pack', async () => {
  const { stdout } = await npm(['pack', '--json', '--pack-destination', scratch], root)
  const [packed] = Object.values(JSON.parse(stdout))
  tarball = join(scratch, packed.filename)
  const files = packed.files.map(({ path }) => path)
  const targets = Object.values(manifest.exports)
    .filter((target) => typeof target === 'object')
    .flatMap((target) => Object.values(target ?? {}).flatMap(Object.values))
  const wanted = ['LICENSE', 'package.json', 'src/index.ts', 'dist/cjs/package.json', ...targets]
  for (const file of wanted.map((path) => path.replace('./', '')))
    expect(files.includes(file), `the package lacks ${file}`)
  const strange = files.filter((file) => !/^((dist|src)\/|(README|LICENSE|CHANGELOG|package)\b)/.test(file))
  expect(strange.length === 0, `the package holds ${strange.join(', ')}`)
  console.log(`${packed.filename}: ${files.length} files, ${packed.size} bytes packed, ${packed.unpackedSize} unpacked`)
})

await check('installs', async () => {
  write('package.json', json({ name: 'consumer', private: true, type: 'module' }))
  // the peers come from here, as copies, so that the check needs no network
  const peers = Object.keys(manifest.peerDependencies ?? {}).map((name) => join(root, 'node_modules', name))
  await npm(['install', '--install-links', tarball, ...peers], scratch)
})

// -------------------------------------------------------------------------------------
// Node
// -------------------------------------------------------------------------------------

/** The names a subpath exports at run time, as `code`, run by Node with the flags, sees them. */
const namesBy = async (flags, code) =>
  (await node([...flags, '-e', `${code}; console.log(Object.keys(m).toSorted().join())`])).stdout
const esm = ['--input-type=module']
const cjs = ['--input-type=commonjs']

for (const path of subpaths) {
  let names = ''
  const sameNames = (others) => expect(others === names, `exports ${others} instead of ${names}`)
  await check(`import ${path}`, async () => {
    names = await namesBy(esm, `import * as m from '${path}'`)
  })
  await check(`require ${path}`, async () => sameNames(await namesBy(cjs, `const m = require('${path}')`)))
  // without require(esm), as in older runtimes and in Jest, `require` gets the CommonJS build
  if (isEsmOnly(path)) continue
  await check(`require ${path} as CommonJS`, async () => {
    const guard = `if (!require.resolve('${path}').includes('cjs')) throw new Error('this is not the CommonJS build')`
    sameNames(await namesBy(['--no-experimental-require-module', ...cjs], `${guard}; const m = require('${path}')`))
  })
}

await check('import and require give one instance', () =>
  node([
    ...esm,
    '-e',
    `import { createRequire } from 'node:module'
     import * as imported from '${manifest.name}'
     const required = createRequire(process.cwd() + '/x.js')('${manifest.name}')
     if (required.Token !== imported.Token) throw new Error('two instances')`,
  ]),
)

const refused = async (flags, code) => {
  const error = await node([...flags, '-e', code]).catch((reason) => reason)
  expect(/ERR_PACKAGE_PATH_NOT_EXPORTED/.test(error.stderr), `it is not refused: ${code}`)
}
const inner = [
  'interpreter/Machine',
  'internal/recursion',
  'interpreter/Machine.js',
  'internal/recursion.js',
  'dist/esm/index.js',
]
for (const path of inner.map((rest) => `${manifest.name}/${rest}`)) {
  await check(`import ${path} is refused`, () => refused(esm, `import '${path}'`))
  await check(`require ${path} is refused`, () => refused(cjs, `require('${path}')`))
}

// -------------------------------------------------------------------------------------
// browsers
// -------------------------------------------------------------------------------------

/** What browsers and workers have; neither `process` nor `require`. */
const browser = () =>
  vm.createContext({
    AbortController,
    AbortSignal,
    MessageChannel,
    TextDecoder,
    TextEncoder,
    clearTimeout,
    performance,
    queueMicrotask,
    setTimeout,
  })

const bundle = async (contents) => {
  const { metafile, outputFiles } = await build({
    stdin: { contents, resolveDir: scratch },
    bundle: true,
    minify: true,
    format: 'iife',
    globalName: 'bundled',
    platform: 'browser',
    target: 'es2022',
    metafile: true,
    write: false,
    logLevel: 'silent',
  })
  return { inputs: Object.entries(metafile.inputs), text: outputFiles[0].text }
}

for (const path of subpaths)
  await check(`${path} in a browser`, async () => {
    const { inputs, text } = await bundle(`export * from '${path}'`)
    vm.runInContext(text, browser())
    // io-ts brings some of fp-ts along, files of ours none
    const foreign = inputs.filter(
      ([file, { imports }]) =>
        file.includes(`node_modules/${manifest.name}/`) &&
        imports.some((each) => each.path.includes('node_modules/fp-ts/')),
    )
    expect(foreign.length === 0, `${foreign.length} files import fp-ts, as ${foreign[0]?.[0]}`)
    if (path === manifest.name) console.log(`the whole library for a browser: ${text.length} bytes minified`)
    if (path === `${manifest.name}/codec`)
      console.log(`the codecs with io-ts for a browser: ${text.length} bytes minified`)
  })

await check('a token in a browser', async () => {
  const { text } = await bundle(
    `import { Token } from '${manifest.name}'
     export const shown = Token.Show.show(Token.any(Token.timeout('5 seconds'), Token.manual('stop')))`,
  )
  const shown = vm.runInContext(`${text}; bundled.shown`, browser())
  expect(/timeout/.test(shown), `it shows as ${shown}`)
})

await check('what is not used is not bundled', async () => {
  const { text } = await bundle(`import '${manifest.name}'`)
  expect(text.length < 200, `${text.length} bytes are left of an import that uses nothing`)
})

// -------------------------------------------------------------------------------------
// test runners
// -------------------------------------------------------------------------------------

/** The suite of test/package for a runner, in a folder of its own beside the installed package. */
const suiteFor = async (runner, format) => {
  const folder = join(scratch, `${runner}-${format}`)
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), json({ private: true, type: format === 'esm' ? 'module' : 'commonjs' }))
  const entryPoints = [`${runner}.test.ts`, 'suite.ts'].map((file) => join(root, 'test/package', file))
  await build({ entryPoints, outdir: folder, format, target: 'es2022', logLevel: 'silent' })
  return folder
}

const runners = [
  { runner: 'node', format: 'esm', args: ['--test', '--test-reporter=tap', 'node.test.js'] },
  { runner: 'node', format: 'cjs', args: ['--test', '--test-reporter=tap', 'node.test.js'] },
  { runner: 'jest', format: 'cjs', args: [join(root, tool.jest), '--rootDir=.', '--cacheDirectory=cache', '--json'] },
  { runner: 'vitest', format: 'esm', args: [join(root, tool.vitest), 'run', '--reporter=default', '--reporter=json'] },
]
for (const { runner, format, args } of runners)
  await check(`test/package under ${runner}, ${format}`, async () => {
    const folder = await suiteFor(runner, format)
    const { stdout } = await node(
      runner === 'node' ? args : [...args, '--outputFile=counts.json', '--testTimeout=120000'],
      folder,
    )
    const passing =
      runner === 'node'
        ? Number(/^# pass (\d+)$/m.exec(stdout)?.[1])
        : JSON.parse(readFileSync(join(folder, 'counts.json'), 'utf8')).numPassedTests
    expect(passing > 0, 'no test has run')
    console.log(`test/package under ${runner}, ${format}: ${passing} tests passed`)
  })

// -------------------------------------------------------------------------------------
// types
// -------------------------------------------------------------------------------------

const consumer = `
${subpaths.map((path, index) => `import * as m${index} from '${path}'`).join('\n')}
import { Token } from '${manifest.name}'
export const token: Token.Token<'manual:stop'> = Token.any(Token.timeout('5 seconds'), Token.manual('stop'))
// @ts-expect-error: the token names 'stop'
export const wrong: Token.Token<'manual:other'> = token
export const all = [${subpaths.map((_, index) => `m${index}`).join(', ')}]
`
write('esm.mts', consumer)
write('commonjs.cts', consumer)
const compilerOptions = {
  module: 'nodenext',
  target: 'es2022',
  lib: ['es2022', 'dom', 'esnext.disposable'],
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
}
write('tsconfig.json', json({ compilerOptions, files: ['esm.mts', 'commonjs.cts'] }))
for (const tsc of [tool.tsc, tool.olderTsc])
  await check(`types of an ES module and a CommonJS one, by ${tsc}`, () => node([join(root, tsc), '-p', scratch]))

// -------------------------------------------------------------------------------------
// without an optional peer, on which one subpath alone may lean
// -------------------------------------------------------------------------------------

const ways = {
  import: (path) => [...esm, '-e', `await import('${path}')`],
  require: (path) => [...cjs, '-e', `require('${path}')`],
  'require as CommonJS': (path) => ['--no-experimental-require-module', ...cjs, '-e', `require('${path}')`],
}
for (const peer of Object.keys(manifest.peerDependenciesMeta ?? {})) {
  const place = join(scratch, 'node_modules', peer)
  const away = join(scratch, 'away')
  renameSync(place, away)
  for (const path of subpaths)
    for (const [way, args] of Object.entries(ways)) {
      if (way === 'require as CommonJS' && isEsmOnly(path)) continue
      await check(`${way} ${path} without ${peer}`, async () => {
        const error = await node(args(path)).then(
          () => null,
          (reason) => reason,
        )
        if (!needs(path, peer)) expect(error === null, `it needs ${peer}: ${error?.stderr}`)
        else expect(error?.stderr?.includes(`'${peer}'`), `it does not say that it lacks ${peer}: ${error?.stderr}`)
      })
    }
  await check(`types without ${peer}`, async () => {
    const others = subpaths.filter((path) => !typesNeed(path, peer))
    write('others.mts', others.map((path, index) => `export * as m${index} from '${path}'`).join('\n'))
    write('tsconfig.others.json', json({ compilerOptions, files: ['others.mts'] }))
    await node([join(root, tool.tsc), '-p', 'tsconfig.others.json'])
  })
  renameSync(away, place)
}

await check('publint', () => node([join(root, tool.publint), 'run', tarball, '--strict'], root))
await check('are the types wrong', () => node([join(root, tool.attw), tarball, '--profile', 'node16'], root))

rmSync(scratch, { recursive: true, force: true })
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
