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
 * Never rejects, and ends: what cannot be started, or runs for longer than `minutes`, has failed.
 */
export const run = (command, args, { counts = false, minutes = 15, rewrite = (line) => line } = {}) =>
  new Promise((resolve) => {
    const title = [command, ...args].join(' ')
    let found
    const show = (line) => {
      const match = countLine.exec(line)
      if (match) found = { passed: Number(match[1]), failed: Number(match[2]), skipped: Number(match[3] ?? 0) }
      else console.log(rewrite(line))
    }
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
      detached: true, // a process group of its own, so that its workers end with it
    })
    const kill = (signal) => {
      try {
        process.kill(-child.pid, signal)
      } catch {
        // it has ended by itself
      }
    }
    const terminate = () => kill('SIGTERM') // it may have groups of its own to end
    const interrupted = () => process.exit(130)
    process.on('exit', terminate)
    for (const signal of signals) process.once(signal, interrupted)
    const timer = setTimeout(() => {
      console.log(`${title}: still running after ${minutes} minutes`)
      kill('SIGKILL')
    }, minutes * 60_000)
    const end = (outcome) => {
      clearTimeout(timer)
      process.off('exit', terminate)
      for (const signal of signals) process.off(signal, interrupted)
      resolve(outcome)
    }

    createInterface({ input: child.stdout }).on('line', show)
    createInterface({ input: child.stderr }).on('line', show)
    child.on('error', (error) => {
      console.log(`${title}: ${error.message}`)
      end({ ...noCounts, failed: 1 })
    })
    child.on('close', (code, signal) => {
      const ok = code === 0
      if (signal !== null) console.log(`${title}: killed by ${signal}`)
      else if (!ok) console.log(`${title}: exit code ${code}`)
      else if (counts && found === undefined) console.log(`${title}: counted nothing`)
      const outcome = found ?? (ok && !counts ? { ...noCounts, passed: 1 } : { ...noCounts, failed: 1 })
      end(!ok && outcome.failed === 0 ? { ...outcome, failed: 1 } : outcome)
    })
  })

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** The script of a tool in node_modules, to be run by this Node without a shell or npx. */
export const tool = {
  tsc: 'node_modules/@typescript/native/bin/tsc',
  olderTsc: 'node_modules/typescript/bin/tsc',
  vitest: 'node_modules/vitest/vitest.mjs',
  jest: 'node_modules/jest/bin/jest.js',
  oxlint: 'node_modules/oxlint/bin/oxlint',
  oxfmt: 'node_modules/oxfmt/bin/oxfmt',
  publint: 'node_modules/publint/src/cli.js',
  attw: 'node_modules/@arethetypeswrong/cli/dist/index.js',
}
