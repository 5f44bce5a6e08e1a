/** Runs a command, shows what it prints, and reads its outcome off the line `N passed, N failed[, N skipped]` if it ends with one. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const countLine = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/

export const showCounts = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`

export const addCounts = (a, b) => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
})

export const noCounts = { passed: 0, failed: 0, skipped: 0 }

/**
 * A command that prints no counts passes or fails as one. `counts: true` says that it must print them: without, it has crashed.
 * Never rejects: what cannot be started has failed.
 */
export const run = (command, args, { counts = false, env = {}, rewrite = (line) => line } = {}) =>
  new Promise((resolve) => {
    let found
    const show = (line) => {
      const match = countLine.exec(line)
      if (match) found = { passed: Number(match[1]), failed: Number(match[2]), skipped: Number(match[3] ?? 0) }
      else console.log(rewrite(line))
    }
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', ...env },
    })
    createInterface({ input: child.stdout }).on('line', show)
    createInterface({ input: child.stderr }).on('line', show)
    child.on('error', (error) => {
      console.log(`${command}: ${error.message}`)
      resolve({ ...noCounts, failed: 1 })
    })
    child.on('close', (code, signal) => {
      const ok = code === 0
      if (!ok)
        console.log(`${[command, ...args].join(' ')}: ${signal === null ? `exit code ${code}` : `killed by ${signal}`}`)
      if (found === undefined && counts && ok) console.log(`${[command, ...args].join(' ')}: counted nothing`)
      const outcome = found ?? (ok && !counts ? { ...noCounts, passed: 1 } : { ...noCounts, failed: 1 })
      resolve(!ok && outcome.failed === 0 ? { ...outcome, failed: 1 } : outcome)
    })
  })

/** The script of a tool in node_modules, to be run by this Node without a shell or npx. */
export const tool = {
  tsc: 'node_modules/@typescript/native/bin/tsc',
  olderTsc: 'node_modules/typescript/bin/tsc',
  vitest: 'node_modules/vitest/vitest.mjs',
  oxlint: 'node_modules/oxlint/bin/oxlint',
  oxfmt: 'node_modules/oxfmt/bin/oxfmt',
  publint: 'node_modules/publint/src/cli.js',
  attw: 'node_modules/@arethetypeswrong/cli/dist/index.js',
}
