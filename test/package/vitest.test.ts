import { test, vi } from 'vitest'
import { assertFaked, cases, processCases } from './suite.js'

for (const [title, body] of [...cases, ...processCases]) {
  test(title, body)
  test(`${title}, under faked timers`, async () => {
    vi.useFakeTimers()
    try {
      assertFaked()
      await body()
    } finally {
      vi.useRealTimers()
    }
  })
}
