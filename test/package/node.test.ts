import { mock, test } from 'node:test'
import { assertFaked, cases, processCases } from './suite.js'

for (const [title, body] of [...cases, ...processCases]) {
  void test(title, () => body())
  void test(`${title}, under faked timers`, async () => {
    mock.timers.enable()
    try {
      assertFaked()
      await body()
    } finally {
      mock.timers.reset()
    }
  })
}
