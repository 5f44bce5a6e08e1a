/**
 * Runs test/browser in a real Chromium, where one is installed: the one named by CHROMIUM, or found in the usual places.
 *
 * Each file there exports `tests`, run one after the other in a page that is cross-origin isolated. A module that is loaded as a worker runs its export
 * named like the worker, and posts what that gives.
 */
import { existsSync, readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'

process.chdir(join(import.meta.dirname, '..'))
const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executablePath = [process.env.CHROMIUM, ...places].find((place) => place !== undefined && existsSync(place))
if (executablePath === undefined) {
  console.log(
    `no Chromium: name one by CHROMIUM, or install one of ${places.join(', ')}; the browser tests are left out`,
  )
  console.log('0 passed, 0 failed')
  process.exit()
}

const suites = readdirSync('test/browser')
  .filter((file) => file.endsWith('.ts') && file !== 'check.ts')
  .map((file) => file.replace(/\.ts$/, ''))
const scripts = new Map()
for (const suite of suites) {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import * as suite from './test/browser/${suite}.ts'
        export * from './test/browser/${suite}.ts'
        if (typeof window === 'undefined') Promise.resolve(suite[self.name]()).then((answer) => self.postMessage(answer))
      `,
      resolveDir: process.cwd(),
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    alias: {
      'cantok-ts': './src/index.ts',
      'cantok-ts/testing': './src/testing/index.ts',
      'cantok-ts/codec': './src/codec/index.ts',
      'cantok-ts/threads': './src/threads/index.ts',
      'cantok-ts/effect': './src/effect/index.ts',
      'cantok-ts/effect4': './src/effect4/index.ts',
      'cantok-ts/effect-testing': './src/effect-testing/index.ts',
    },
    logLevel: 'warning',
  })
  scripts.set(`/${suite}.js`, outputFiles[0].text)
}

const headers = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
}
const server = createServer(({ url }, response) => {
  if (url === '/never') return // until the client has had enough
  const script = scripts.get(url)
  response.writeHead(200, { ...headers, 'content-type': script === undefined ? 'text/html' : 'text/javascript' })
  response.end(script ?? '<!doctype html><link rel="icon" href="data:," />')
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const origin = `http://127.0.0.1:${server.address().port}`

const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync']
const browser = await chromium.launch({
  executablePath,
  args: [...args, '--disable-background-networking', '--disable-component-update'],
})
let passed = 0
let failed = 0
for (const suite of suites) {
  const page = await browser.newPage()
  await page.goto(origin)
  const results = await page.evaluate(async (script) => {
    const { tests } = await import(script)
    const found = []
    for (const [title, test] of Object.entries(tests)) {
      const late = new Promise((_, reject) => setTimeout(() => reject(new Error('takes more than a minute')), 60_000))
      try {
        await Promise.race([test(), late])
        found.push({ title })
      } catch (error) {
        found.push({ title, error: error?.stack ?? String(error) })
      }
    }
    return found
  }, `/${suite}.js`)
  for (const { title, error } of results) {
    if (error === undefined) passed++
    else failed++
    console.log(error === undefined ? `✓ ${suite}: ${title}` : `✗ ${suite}: ${title}\n${error}`)
  }
  await page.close()
}
console.log(`in Chromium ${browser.version()}`)
await browser.close()
server.closeAllConnections()
server.close()
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
