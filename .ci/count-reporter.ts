/** Begins a run of vitest with the seed of the properties, and ends it with `N passed, N failed`, which `.ci/test.mjs` adds up. */
import type { Reporter, TestModule, TestRunEndReason } from 'vitest/node'

export default class CountReporter implements Reporter {
  onInit(): void {
    const seed = process.env['FC_SEED']
    console.log(`fast-check seed ${seed}; repeat this run with FC_SEED=${seed}`)
  }

  onTestRunEnd(modules: ReadonlyArray<TestModule>, errors: ReadonlyArray<unknown>, reason: TestRunEndReason): void {
    let passed = 0
    let failed = 0
    let skipped = 0
    for (const module of modules) {
      const before = failed
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed++
        else if (state === 'failed') failed++
        else skipped++
      }
      // a file that did not load, or a hook that threw, fails without a failed test
      if (module.state() === 'failed' && failed === before) failed++
    }
    failed += errors.length
    if (reason !== 'passed' && failed === 0) failed = 1
    console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  }
}
