/** Values and places from outside in messages: short, on one line, whatever they are. */

/** A refused value: a text in part, a number, or what kind of thing it is. Looks at nothing that could throw. */
export const shown = (value: unknown): string => {
  switch (typeof value) {
    case 'string':
      return value.length > longest ? `'${oneLine(value.slice(0, longest))}…'` : `'${oneLine(value)}'`
    case 'undefined':
      return 'missing'
    case 'object':
      return value === null ? 'null' : isArray(value) ? 'an array' : 'an object'
    case 'number':
    case 'boolean':
      return String(value)
    default:
      return `a ${typeof value}`
  }
}

/** A text without what would break a line or turn its direction: such characters are escaped. What has been escaped stays as it is. */
export const oneLine = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16)
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`
  })

/** A way through data as code would write it; of a long one the middle is left out. */
export const pathText = (keys: ReadonlyArray<string>): string => {
  const parts = keys.filter((key) => key !== '')
  const [first = 'the value', ...rest] =
    parts.length > most ? [...parts.slice(0, most / 2), '…', ...parts.slice(-most / 2)] : parts
  return rest.reduce((text, key) => text + step(key, '.'), first === 'the value' ? first : step(first, ''))
}

const step = (key: string, dot: string): string => {
  if (key === '…') return key
  if (/^\d{1,15}$/.test(key)) return `[${key}]`
  return /^[a-z_$][\w$]{0,39}$/i.test(key) ? dot + key : `[${shown(key)}]`
}

const isArray = (value: object): boolean => {
  try {
    return Array.isArray(value)
  } catch {
    return false // a proxy that was revoked
  }
}

/** How many characters of a text are shown. */
const longest = 40

/** How many steps of a way are shown. */
const most = 20
