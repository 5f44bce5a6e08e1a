import { assertFaked, cases } from './suite.js'

declare const test: (title: string, body: () => void | Promise<void>) => void
declare const jest: Record<'useFakeTimers' | 'useRealTimers', () => void>

for (const [title, body] of cases) {
  test(title, body)
  test(`${title}, under faked timers`, async () => {
    jest.useFakeTimers()
    try {
      assertFaked()
      await body()
    } finally {
      jest.useRealTimers()
    }
  })
}
