/** The example of three services as a process: what it prints does not depend on how fast it runs. */
import { describe, expect, it } from 'vitest'
import { example } from './start.js'

const start = example('services')

describe('the services', () => {
  it('stop in time by themselves, and say whose limit it was', async () => {
    const { ended, output } = start()
    expect([await ended, output().trim().split('\n')]).toEqual([
      0,
      [
        'in time: 200 pages: 3',
        'the tenth call: 504 the catalogue stopped for the gateway: BudgetSpent, pages: 8',
        'the gateway has two seconds: 504 the storage stopped for the gateway: TimedOut, pages: 0',
        'the catalogue has three seconds: 504 the storage stopped for the catalogue: TimedOut, pages: 0',
        'the gateway is asked to stop: 502 no answer',
        'the storage has been hung up on',
        expect.stringMatching(/^a header that is none: 400 .*duration must be milliseconds.*, but was -5$/),
        expect.stringMatching(/^a header that is doubled: 400 the header must be one version and one array of JSON/),
        'an input of somebody else: 200 records: 1',
      ],
    ])
  })
})
