/**
 * Configures fast-check in every worker: `FC_SEED` (vitest.config.ts sets it and prints it) and `FC_RUNS`, the number of
 * runs of every property that does not name its own.
 */
import * as fc from 'fast-check'

const number = (name: string): number | undefined => {
  const text = process.env[name]
  if (text === undefined || text === '') return undefined
  const value = Number(text)
  if (Number.isInteger(value)) return value
  throw new RangeError(`${name} must be an integer, but was ${text}`)
}

const seed = number('FC_SEED')
const numRuns = number('FC_RUNS')

fc.configureGlobal({
  ...fc.readConfigureGlobal(),
  ...(seed === undefined ? {} : { seed }),
  ...(numRuns === undefined ? {} : { numRuns }),
})
