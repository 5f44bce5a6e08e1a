import * as fc from 'fast-check'
import { Token } from 'cantok-ts'
import { ReasonFromJson, TokenFromJson, report } from 'cantok-ts/codec'
import { describe, expect, it } from 'vitest'
import { property } from '../support/property.js'

const readField = (token: object): unknown => {
  const result = TokenFromJson.decode({ version: 1, token })
  if (result._tag === 'Left') return report(result.left).join('\n')
  return result.right
}

const instantOf = (instant: unknown): unknown => {
  const read = readField({ _tag: 'Deadline', instant })
  return Object(read).instant ?? read
}

const durationOf = (duration: unknown): unknown => {
  const read = readField({ _tag: 'Timeout', duration })
  return Object(read).duration ?? read
}

const written = (instant: number): unknown => {
  const { token } = TokenFromJson.encode(Token.deadline(instant))
  return Object(token).instant
}

describe('instants', () => {
  it('are written with as many digits as they need', () => {
    expect(written(0)).toBe('1970-01-01T00:00:00.000Z')
    expect(written(1893456000000)).toBe('2030-01-01T00:00:00.000Z')
    expect(written(1893456000000.25)).toBe('2030-01-01T00:00:00.00025Z')
    expect(written(1700000000123.4568)).toBe('2023-11-14T22:13:20.1234568Z')
    expect(written(-0.5)).toBe('1969-12-31T23:59:59.9995Z')
    expect(written(-62198755200000)).toBe('-000001-01-01T00:00:00.000Z')
    expect(written(8.64e15)).toBe('+275760-09-13T00:00:00.000Z')
    expect(written(-8.64e15)).toBe('-271821-04-20T00:00:00.000Z')
  })

  it('are numbers where no text reads back as the same number', () => {
    for (const instant of [8.64e15 + 2, -8.64e15 - 2, 1e300, 1e-7, 5e-324]) expect(written(instant)).toBe(instant)
  })

  for (const most of [1e14, 1e7, 1, 1e-4])
    property(
      `read back as the same number, of at most ${most}`,
      [fc.double({ noNaN: true, noDefaultInfinity: true, min: -most, max: most })],
      (drawn) => {
        const instant = drawn + 0 // a deadline at -0 is one at 0
        return Object.is(instantOf(written(instant)), instant)
      },
    )

  property('read as Date.parse reads them', [fc.date({ noInvalidDate: true })], (date) => {
    expect(instantOf(date.toISOString())).toBe(date.getTime() + 0)
  })

  it('may have a zone, and more digits or fewer', () => {
    expect(instantOf('2030-01-01T00:00:00Z')).toBe(1893456000000)
    expect(instantOf('2030-01-01T00:00Z')).toBe(1893456000000)
    expect(instantOf('2030-01-01T02:00:00+02:00')).toBe(1893456000000)
    expect(instantOf('2029-12-31T19:30:00-0430')).toBe(1893456000000)
    expect(instantOf('2029-12-31T20:00:00-04')).toBe(1893456000000)
    expect(instantOf('2030-01-01T00:00:00.5Z')).toBe(1893456000500)
    expect(instantOf('2030-01-01T00:00:00,123456789012345678901234567890Z')).toBe(1893456000123.4568)
    expect(instantOf('0000-01-01T00:00:00Z')).toBe(
      Date.UTC(0, 0) - Date.UTC(1900, 0) + Date.parse('0000-01-01T00:00:00Z'),
    )
    expect(instantOf('0099-03-01T00:00:00Z')).toBe(Date.parse('0099-03-01T00:00:00Z'))
    expect(instantOf('2028-02-29T00:00:00Z')).toBe(Date.parse('2028-02-29'))
    expect(instantOf(5.5)).toBe(5.5)
    expect(Object.is(instantOf(-0), 0)).toBe(true)
  })

  it('are no local times', () => {
    for (const text of [
      '2030-01-01T00:00:00',
      '2030-01-01T00:00',
      '2030-01-01',
      '2030-01-01 10:00',
      '2030-01-01T00:00:00.5',
    ])
      expect(instantOf(text)).toBe(
        `token.instant must have a time zone, Z or an offset such as +02:00, for a local time is no instant, but was '${text}'`,
      )
  })

  it('are nothing else', () => {
    const form = "must be an ISO 8601 instant such as '2030-01-01T00:00:00Z'"
    for (const text of [
      '',
      'soon',
      '2030-13-01T00:00:00Z',
      '2030-01-01T24:00:00Z',
      '2030-01-01T00:00:60Z',
      '2030-1-1T00:00:00Z',
      '-000000-01-01T00:00:00Z',
      ' 2030-01-01T00:00:00Z',
      '2030-01-01T00:00:00Z\n',
      '2030-01-01T00:00:00.Z',
      '2030-01-01T00:00:00z',
      `2030-01-01T00:00:00.${'1'.repeat(31)}Z`,
    ])
      expect(instantOf(text)).toContain(form)
    for (const text of ['2030-02-29T00:00:00Z', '2030-04-31T00:00:00Z', '2030-02-30T00:00:00Z'])
      expect(instantOf(text)).toContain('must be a day that there is')
    expect(instantOf('+275760-09-13T00:00:00.001Z')).toContain('must lie within the calendar')
    expect(instantOf('+999999-01-01T00:00:00Z')).toContain('must lie within the calendar')
    for (const value of [Number.NaN, Infinity, -Infinity, null, true, {}, []])
      expect(instantOf(value)).toContain('or finite epoch milliseconds, but was')
    expect(instantOf('1'.repeat(5_000_000))).toContain(form)
  })

  it('of reasons are those of live scopes, to fractions of a millisecond', () => {
    const at = 1785000000000.0361
    const encoded = ReasonFromJson.encode({ _tag: 'Requested', path: [], at })
    expect(encoded).toEqual({ version: 1, reason: { _tag: 'Requested', path: [], at: '2026-07-25T17:20:00.0000361Z' } })
    expect(ReasonFromJson.decode(encoded)).toMatchObject({ right: { at } })
  })
})

describe('spans of time', () => {
  it('may be ISO 8601', () => {
    const hour = 3_600_000
    const read: ReadonlyArray<readonly [text: string, milliseconds: number]> = [
      ['PT0S', 0],
      ['PT1M30S', 90_000],
      ['P1DT2H', 26 * hour],
      ['P2W', 14 * 24 * hour],
      ['P1W1D', 8 * 24 * hour],
      ['PT1.5H', 1.5 * hour],
      ['PT0,5S', 500],
      ['P0.5D', 12 * hour],
      ['PT0.0001S', 0.1],
      ['PT0.000000000000000000000000000001S', 1e-27],
      ['PT36H', 36 * hour],
      ['PT1H0.25S', hour + 250],
    ]
    for (const [text, milliseconds] of read) expect([text, durationOf(text)]).toEqual([text, milliseconds])
    expect(readField({ _tag: 'Idle', name: 'i', duration: 'PT2S', left: 'PT0.5S' })).toEqual(
      Token.idle('i', 2000, { left: 500 }),
    )
  })

  it('have no years and no months', () => {
    for (const text of ['P1Y', 'P1M', 'P1Y2M3DT4H', 'P1Y1D', 'P0.5Y', 'P1W1M'])
      expect(durationOf(text)).toBe(
        `token.duration must have no years and no months, for they have no fixed length, but was '${text}'`,
      )
  })

  it.each([
    ['PT1.5H30M', 'must have a fraction in its last part alone'],
    ['pt1.5h30m', 'must have a fraction in its last part alone'],
    ['P0.5DT1H', 'must have a fraction in its last part alone'],
    ['PT1,5H0,5M1S', 'must have a fraction in its last part alone'],
    ['-PT1S', 'must have no sign, for no span of time is negative'],
    ['+PT1S', 'must have no sign, for no span of time is negative'],
    ['PT-5S', 'must have no sign, for no span of time is negative'],
    ['-pt1.5h30m', 'must have no sign, for no span of time is negative'],
    ['pt5s', "must be in capital letters, 'PT5S'"],
    ['P1dT2h', "must be in capital letters, 'P1DT2H'"],
    ['p1y', 'must have no years and no months, for they have no fixed length'],
    ['-P1M', 'must have no years and no months, for they have no fixed length'],
  ])('of %s it is said which rule it breaks', (text, rule) => {
    expect(durationOf(text)).toBe(`token.duration ${rule}, but was '${text}'`)
  })

  it('are nothing else', () => {
    for (const text of [
      '',
      '-',
      '-5 seconds',
      'PT1.5H30M5',
      'P',
      'PT',
      'P1',
      'P1DT',
      '1s',
      '5 seconds',
      'PT1S1M',
      'P1S',
      'PT.5S',
      'PT5S ',
    ])
      expect(durationOf(text)).toContain("must be an ISO 8601 duration such as 'PT1M30S'")
    for (const value of [Number.NaN, Infinity, -1, null, true, {}, []])
      expect(durationOf(value)).toContain('must be milliseconds, finite and 0 or more')
    expect(durationOf(`PT${'.1S'.repeat(1_000_000)}`)).toContain('must be an ISO 8601 duration')
    expect(Object.is(durationOf(-0), 0)).toBe(true)
  })
})
