import { defineConfig } from 'vitest/config'

const src = new URL('./src/', import.meta.url).pathname

// One seed for the whole run: fixed in CI, fresh elsewhere. The reporter prints it, test/setup.ts hands it to fast-check.
const fresh = (): string => String(Math.floor(Math.random() * 0x7fffffff))
process.env['FC_SEED'] ??= process.env['CI'] === undefined ? fresh() : '20260101'

export default defineConfig({
  resolve: {
    alias: [
      { find: /^cantok-ts$/, replacement: `${src}index.ts` },
      { find: /^cantok-ts\/testing$/, replacement: `${src}testing/index.ts` },
      { find: /^cantok-ts\/codec$/, replacement: `${src}codec/index.ts` },
      { find: /^cantok-ts\/threads$/, replacement: `${src}threads/index.ts` },
      { find: /^cantok-ts\/effect$/, replacement: `${src}effect/index.ts` },
      { find: /^cantok-ts\/effect4$/, replacement: `${src}effect4/index.ts` },
      { find: /^cantok-ts\/effect-testing$/, replacement: `${src}effect-testing/index.ts` },
      { find: /^cantok-ts\/(.*)$/, replacement: `${src}$1.ts` },
    ],
  },
  test: {
    // Generous, because a loaded machine is slow and no test asserts on wall-clock time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default', './.ci/count-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/package/**'],
          setupFiles: ['./test/setup.ts'],
        },
      },
      {
        extends: true,
        // What is for both versions of Effect, with the other one.
        resolve: { alias: [{ find: /^effect(\/.*)?$/, replacement: 'effect3$1' }] },
        test: {
          name: 'effect3',
          include: ['test/effect/**/*.test.ts'],
          setupFiles: ['./test/setup.ts'],
        },
      },
      {
        extends: true,
        // Many tiny files over a library without state: a worker of its own for each would cost most of the time.
        test: { name: 'examples', include: ['.examples/*.test.ts'], isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'types',
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            checker: 'tsc',
            tsconfig: './tsconfig.test.json',
            ignoreSourceErrors: true, // they fail the stage that checks all types
            include: ['test/types/**/*.test-d.ts'],
            spawnTimeout: 120_000,
          },
        },
      },
      {
        extends: true,
        // Alone in their process and one after the other: what one test retains must not blur what the next one measures.
        test: {
          name: 'memory',
          include: ['test/**/*.memory.ts'],
          setupFiles: ['./test/setup.ts'],
          pool: 'forks',
          execArgv: ['--expose-gc'],
          fileParallelism: false,
        },
      },
    ],
  },
})
