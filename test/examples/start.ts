/** Runs an example as a process of its own, in one file with the library of src. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll } from 'vitest'

export interface Running {
  readonly child: ChildProcess
  /** What it has printed by now, on both channels. */
  readonly output: () => string
  /** Waits until what it has printed matches. */
  readonly says: (pattern: RegExp) => Promise<RegExpExecArray>
  /** Waits until it has ended and answers with its exit code, or the signal that killed it. */
  readonly ended: Promise<number | string>
}

/** Builds an example for the tests of a file; the answer starts it. What they leave running is killed in the end. */
export const example = (name: string): ((...args: ReadonlyArray<string>) => Running) => {
  let folder = ''
  const started: Array<Running> = []
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'example-'))
    await build({
      entryPoints: [`docs/examples/${name}.ts`],
      outfile: join(folder, `${name}.mjs`),
      bundle: true,
      alias: {
        'cantok-ts': './src/index.ts',
        'cantok-ts/codec': './src/codec/index.ts',
        'cantok-ts/threads': './src/threads/index.ts',
        'cantok-ts/effect': './src/effect/index.ts',
        'cantok-ts/effect4': './src/effect4/index.ts',
        'cantok-ts/effect-testing': './src/effect-testing/index.ts',
      },
      format: 'esm',
      platform: 'node',
      target: 'node20',
      logLevel: 'warning',
    })
  })
  afterAll(async () => {
    for (const { child } of started) child.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  })
  return (...args) => {
    const running = run(join(folder, `${name}.mjs`), args)
    started.push(running)
    return running
  }
}

const run = (file: string, args: ReadonlyArray<string>): Running => {
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const channel of [child.stdout, child.stderr])
    channel.setEncoding('utf8').on('data', (more: string) => {
      text += more
    })
  // after 'close' all that it printed has arrived
  const ended = once(child, 'close').then(() => child.exitCode ?? child.signalCode ?? 'unknown')
  return {
    child,
    output: () => text,
    says: async (pattern) => {
      const hears = async (): Promise<'more' | 'end'> => {
        const hearing = new AbortController()
        const { signal } = hearing
        const more = [child.stdout, child.stderr].map((channel) =>
          once(channel, 'data', { signal }).then(() => 'more' as const),
        )
        try {
          return await Promise.race([...more, ended.then(() => 'end' as const)])
        } finally {
          hearing.abort()
          await Promise.allSettled(more)
        }
      }
      for (let heard: 'more' | 'end' = 'more'; ; heard = await hears()) {
        const found = pattern.exec(text)
        if (found !== null) return found
        if (heard === 'end') throw new Error(`it ended without saying ${String(pattern)}:\n${text}`)
      }
    },
    ended,
  }
}

/** Everything a process has printed that matches, as its first group. */
export const all = (output: string, pattern: RegExp): ReadonlyArray<string> =>
  Array.from(output.matchAll(pattern), ([, group]) => group ?? '')
