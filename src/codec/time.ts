/** Instants and spans of time as ISO 8601 text, exact to the last digit that a number holds. */
import type { Either } from 'fp-ts/lib/Either.js'
import { shown } from './shown.js'

/**
 * An instant in UTC, with the digits that the shortest decimal of the number has, so that it reads back as the same number. The number itself outside the
 * calendar, and where its decimal wants an exponent.
 */
export const writeInstant = (epoch: number): string | number => {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(epoch)) ?? []
  if (whole === '' || Math.abs(epoch) > lastInstant) return epoch
  const scale = 10n ** BigInt(fraction.length)
  const scaled = BigInt(`${sign}${whole}${fraction}`)
  const rest = ((scaled % scale) + scale) % scale
  const millisecond = Number((scaled - rest) / scale)
  if (millisecond < -lastInstant) return epoch
  const digits = fraction === '' ? '' : rest.toString().padStart(fraction.length, '0')
  return new Date(millisecond).toISOString().replace('Z', `${digits}Z`)
}

/** Reads an instant; a `Left` says what it must be. */
export const readInstant = (text: string): Either<string, number> => {
  const found = text.length > longest ? null : instantPattern.exec(text)
  if (found === null) {
    return left(
      text.length <= longest && localPattern.test(text)
        ? 'must have a time zone, Z or an offset such as +02:00, for a local time is no instant'
        : "must be an ISO 8601 instant such as '2030-01-01T00:00:00Z'",
    )
  }
  const [, year = '', month, day, hours, minutes, seconds = '0', fraction = '', zone = 'Z'] = found
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  if (date.getUTCDate() !== Number(day) && !Number.isNaN(date.getTime())) return left('must be a day that there is')
  date.setUTCHours(Number(hours), Number(minutes), Number(seconds))
  const millisecond = date.getTime() - offsetOf(zone)
  const digits = fraction.padEnd(3, '0')
  const places = digits.length - 3
  const exact = BigInt(Number.isNaN(millisecond) ? 0 : millisecond) * 10n ** BigInt(places) + BigInt(digits)
  const epoch = Number(`${exact}e-${places}`) + 0 // never -0
  if (Number.isNaN(millisecond) || Math.abs(epoch) > lastInstant) return left('must lie within the calendar')
  return { _tag: 'Right', right: epoch }
}

/** Reads a span of time as milliseconds; a `Left` says what it must be. */
export const readDuration = (text: string): Either<string, number> => {
  const found = text.length > longest ? null : durationPattern.exec(text)
  if (found === null) return left(text.length > longest ? durationRule : brokenRule(text))
  const terms = found.slice(1).map((term) => (term ?? '0').replace(',', '.').split('.'))
  const places = Math.max(...terms.map(([, fraction = '']) => fraction.length))
  const exact = terms.reduce(
    (sum, [whole = '0', fraction = ''], index) =>
      sum + BigInt(`${whole}${fraction.padEnd(places, '0')}`) * (millisecondsIn[index] ?? 0n),
    0n,
  )
  return { _tag: 'Right', right: Number(`${exact}e-${places}`) }
}

/** What texts of instants look like, for a schema: it cannot say which days there are. */
export const instantPattern: RegExp =
  /^(\d{4}|[+-](?!000000)\d{6})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:[.,](\d{1,30}))?)?(Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)$/

/** What texts of spans look like: at least one term, and a fraction only in the last. */
export const durationPattern: RegExp =
  /^P(?=\d|T\d)(?!.*[.,]\d+[A-Z].*\d)(?:(\d{1,20}(?:[.,]\d{1,30})?)W)?(?:(\d{1,20}(?:[.,]\d{1,30})?)D)?(?:T(?=\d)(?:(\d{1,20}(?:[.,]\d{1,30})?)H)?(?:(\d{1,20}(?:[.,]\d{1,30})?)M)?(?:(\d{1,20}(?:[.,]\d{1,30})?)S)?)?$/

const localPattern = /^(?:\d{4}|[+-]\d{6})-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?$/

const durationRule = "must be an ISO 8601 duration such as 'PT1M30S'"

/** Which rule a text breaks that would be a duration without it. */
const brokenRule = (text: string): string => {
  const unsigned = text.replace(/[+-]/g, '')
  const capital = unsigned.replace(/[a-z]/g, (letter) => letter.toUpperCase())
  if (calendarPattern.test(capital)) return 'must have no years and no months, for they have no fixed length'
  if (!durationPattern.test(capital.replace(/[.,]\d{1,30}(?=[A-Z].*\d)/g, ''))) return durationRule
  if (unsigned !== text) return 'must have no sign, for no span of time is negative'
  if (!durationPattern.test(capital)) return 'must have a fraction in its last part alone'
  return `must be in capital letters, ${shown(capital)}`
}

const calendarPattern = /^P(?:\d+(?:[.,]\d+)?[YMWD])*\d+(?:[.,]\d+)?[YM]/

/** The most characters such a text may have: more than its longest. */
const longest = 300

/** The last millisecond of the calendar of dates, either way from 1970. */
const lastInstant = 8.64e15

/** Weeks, days, hours, minutes, seconds. */
const millisecondsIn = [604_800_000n, 86_400_000n, 3_600_000n, 60_000n, 1_000n]

const offsetOf = (zone: string): number => {
  const [, sign, hours, minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes)) * 60_000
}

const left = (problem: string): Either<string, never> => ({ _tag: 'Left', left: problem })
