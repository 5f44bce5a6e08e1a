/** The example search as a process: found, given up, and interrupted, in threads that hear no events. */
import { expect, it } from 'vitest'
import { example } from './start.js'

const start = example('threads')

it('stops all threads when one has found it', async () => {
  const { ended, output } = start('--zeros', '3')
  expect(await ended).toBe(0)
  expect(output()).toMatch(/^4 threads search\nall stopped: 'found' requested: [0-3]-\d+ \(at any\.0\)\n$/)
})

it('stops all threads when their tries are spent', async () => {
  const { ended, output } = start('--zeros', '64', '--tries', '20000')
  expect(await ended).toBe(0)
  expect(output()).toMatch(/all stopped: budget 'tries' spent: 2[0-3]000 of 20000 \(at any\.2\)\n$/)
})

it('is stopped by Ctrl-C', async () => {
  const { child, ended, output, says } = start('--zeros', '64')
  await says(/search/)
  child.kill('SIGINT')
  expect(await ended).toBe(0)
  expect(output()).toContain("all stopped: 'ctrl-c' requested (at any.1)\n")
})
