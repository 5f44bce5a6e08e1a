/** Whatever comes from outside is read or refused: nothing throws, nothing hangs, nothing leaks into other objects. */
import * as assert from 'node:assert/strict'
import * as t from 'io-ts'
import { PathReporter } from 'io-ts/lib/PathReporter.js'
import {
  EventFromJson,
  EvidenceFromJson,
  ReasonFromJson,
  TokenFromJson,
  TokenFromString,
  defaultLimits,
  getTokenFromJson,
  getTokenFromString,
  report,
} from 'cantok-ts/codec'
import type { Limits } from 'cantok-ts/codec'
import { describe, expect, it } from 'vitest'

const lines = (token: unknown, limits?: Partial<Limits>): ReadonlyArray<string> => {
  const result = getTokenFromJson(limits).decode({ version: 1, token })
  return result._tag === 'Left' ? report(result.left) : []
}

const never = { _tag: 'Never' }
const any = (...tokens: ReadonlyArray<unknown>): object => ({ _tag: 'Any', tokens })
const labelled = (depth: number): unknown => {
  let token: unknown = never
  for (let level = 1; level < depth; level++) token = { _tag: 'Labelled', label: 'x', token }
  return token
}

describe('limits', () => {
  it('of depth', () => {
    expect(lines(labelled(1_000))).toEqual([])
    expect(lines(labelled(1_001))).toEqual([expect.stringContaining('is nested too deep: more than 1000 levels')])
    expect(lines(labelled(100_000))).toHaveLength(1)
    expect(lines(labelled(3), { depth: 3 })).toEqual([])
    expect(lines(labelled(3), { depth: 2 })).toHaveLength(1)
  })

  it('are the same for the guard', () => {
    for (const [depth, nodes] of [
      [3, 3],
      [2, 3],
      [3, 2],
    ] as const) {
      const codec = getTokenFromJson({ depth, nodes })
      expect(codec.is(labelled(3))).toBe(depth === nodes)
      expect(codec.decode({ version: 1, token: labelled(3) })._tag).toBe(depth === nodes ? 'Right' : 'Left')
    }
  })

  it('of depth, for reasons within tokens', () => {
    const requested = { _tag: 'Requested', path: [] }
    let reason: unknown = requested
    for (let level = 0; level < 2_000; level++) reason = { _tag: 'AllOf', reasons: [requested, reason], path: [] }
    expect(lines({ _tag: 'Cancelled', reason })[0]).toContain('is nested too deep')
  })

  it('of nodes, counted before they are visited', () => {
    expect(lines(any(never, never), { nodes: 3 })).toEqual([])
    expect(lines(any(never, never), { nodes: 2 })).toEqual([
      'token.tokens is too large: reading stopped here, for more than 2 nodes are not read',
    ])
    let visited = 0
    const tokens = new Proxy(new Array<unknown>(1_000_000).fill(never), {
      get: (target, key) => {
        if (key !== 'length') visited++
        return Reflect.get(target, key) as unknown // sound: handed on
      },
    })
    expect(lines({ _tag: 'Any', tokens })).toHaveLength(1)
    expect(visited).toBe(0)
  })

  it('of nodes, whatever they are', () => {
    const reason = { _tag: 'Requested', path: ['any', 0] }
    expect(lines({ _tag: 'All', tokens: [never], reasons: [reason] }, { nodes: 5 })).toEqual([])
    expect(lines({ _tag: 'All', tokens: [never], reasons: [reason] }, { nodes: 4 })[0]).toContain(
      'reasons[0].path is too large',
    )
    expect(lines({ _tag: 'All', tokens: [never], reasons: [reason, reason] }, { nodes: 8 })).toEqual([])
    expect(lines({ _tag: 'All', tokens: [never], reasons: [reason, reason] }, { nodes: 7 })[0]).toContain(
      'reasons[1].path is too large',
    )
    expect(lines({ _tag: 'AndThen', first: never, second: never }, { nodes: 2 })[0]).toContain(
      'token.second is too large',
    )
    const conditions = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`p${index}`, true]))
    const polled = EventFromJson.decode({ version: 1, event: { _tag: 'Polled', conditions } })
    expect(polled._tag === 'Left' && report(polled.left)[0]).toContain('event.conditions is too large')
  })

  it('of texts and paths', () => {
    const name = 'x'.repeat(10_000)
    expect(lines({ _tag: 'Manual', name })).toEqual([])
    expect(lines({ _tag: 'Manual', name: `${name}x` })).toEqual([
      `token.name must be a text that is not empty, of at most 10000 characters, but was '${'x'.repeat(40)}…'`,
    ])
    // characters, not halves of them
    expect(lines({ _tag: 'Manual', name: '🦊🦊🦊' }, { text: 3 })).toEqual([])
    expect(lines({ _tag: 'Manual', name: '🦊🦊🦊' }, { text: 2 })).toHaveLength(1)
    const path = new Array<number>(2_000).fill(0)
    expect(lines({ _tag: 'Cancelled', reason: { _tag: 'Requested', path } })).toEqual([])
    expect(lines({ _tag: 'Cancelled', reason: { _tag: 'Requested', path: [...path, 0] } })).toEqual([
      'token.reason.path must be an array of at most 2000, but was one of 2001',
    ])
  })

  it('of the length of text, before it is parsed', () => {
    const decode = (text: string, limits?: Partial<Limits>): string => {
      const result = getTokenFromString(limits).decode(text)
      return result._tag === 'Left' ? report(result.left).join() : result.right._tag
    }
    const text = '{"version":1,"token":{"_tag":"Never"}}'
    expect(decode(text + ' '.repeat(defaultLimits.length - text.length))).toBe('Never')
    expect(decode(text + ' '.repeat(defaultLimits.length - text.length + 1))).toContain(
      'must be at most 1048576 characters long',
    )
    const junk = ['x'.repeat(10_000_000), '['.repeat(10_000_000), '{"a":'.repeat(2_000_000)]
    for (const each of junk) expect(decode(each)).toContain('must be at most')
    // where more is allowed, the parser of the platform has its say
    const allowed = ['x'.repeat(10_000_000), '['.repeat(100_000), '['.repeat(100_000) + ']'.repeat(100_000)]
    for (const each of allowed)
      expect(decode(each, { length: 10_000_000 })).toMatch(/^the value must be (JSON|an object)/)
  })

  it('of errors', () => {
    const wrong = any(...new Array<unknown>(1_000).fill(7))
    expect(lines(wrong)).toHaveLength(21)
    expect(lines(wrong).at(-2)).toBe('token.tokens[19] must be a token, but was 7')
    expect(lines(wrong).at(-1)).toBe('reading stopped at token.tokens[20], after 20 errors')
    expect(lines(wrong, { errors: 1 })).toHaveLength(2)
    expect(lines(any(...new Array<unknown>(20).fill(7)))).toHaveLength(20)
  })

  it('must be positive integers themselves', () => {
    for (const value of [-1, 0, 1.5, Number.NaN, Infinity, '7'])
      for (const name of Object.keys(defaultLimits))
        // sound: what an untyped caller may give
        expect(() => getTokenFromJson({ [name]: value } as Partial<Limits>)).toThrow(
          new RangeError(
            `${name} must be an integer from 1 to 2^53 - 1, but was ${value === '7' ? "'7'" : String(value)}`,
          ),
        )
    // sound: as above
    expect(() => getTokenFromString(null as unknown as Partial<Limits>)).toThrow(TypeError)
  })
})

describe('numbers', () => {
  it('must be in their range', () => {
    for (const limit of [Number.NaN, Infinity, -Infinity, JSON.parse('1e400'), -1, 0.5, 2 ** 53, '1', null, true])
      expect(lines({ _tag: 'Counter', limit })[0]).toContain(
        'token.limit must be an integer from 0 to 2^53 - 1, but was',
      )
    for (const limit of [Number.NaN, Infinity, -1, -1e-300, '1', null])
      expect(lines({ _tag: 'Budget', name: 'x', limit })[0]).toContain('token.limit must be a finite number, 0 or more')
    for (const spent of [Number.NaN, -1, Infinity, 'infinity', null])
      expect(
        lines({ _tag: 'Cancelled', reason: { _tag: 'BudgetSpent', name: 'x', limit: 1, spent, path: [] } }),
      ).toHaveLength(1)
  })

  it('are at most what they are a rest of', () => {
    expect(lines({ _tag: 'Timeout', duration: 5, left: 6 })).toEqual([
      'token.left must be at most the duration of 5, but was 6',
    ])
    expect(lines({ _tag: 'Timeout', duration: 5, left: 'PT1S' })).toEqual([
      "token.left must be at most the duration of 5, but was 'PT1S'",
    ])
    expect(lines({ _tag: 'Counter', limit: 5, left: 6 })).toEqual([
      'token.left must be at most the limit of 5, but was 6',
    ])
    expect(lines({ _tag: 'Timeout', duration: 'x', left: 6 })).toHaveLength(1)
  })

  it('are never -0', () => {
    const decode = (token: unknown): unknown => Object(TokenFromJson.decode({ version: 1, token })).right
    assert.deepStrictEqual(decode({ _tag: 'Counter', limit: -0, left: -0 }), {
      _tag: 'Counter',
      limit: 0,
      left: 0,
      direct: true,
    })
    assert.deepStrictEqual(decode({ _tag: 'Timeout', duration: -0 }), { _tag: 'Timeout', duration: 0, left: 0 })
    assert.deepStrictEqual(decode({ _tag: 'Deadline', instant: '1970-01-01T00:00:00.000Z' }), {
      _tag: 'Deadline',
      instant: 0,
    })
    assert.deepStrictEqual(decode({ _tag: 'Cancelled', reason: { _tag: 'Requested', path: [-0] } }), {
      _tag: 'Cancelled',
      reason: { _tag: 'Requested', path: [0] },
    })
  })
})

describe('objects', () => {
  it('count with their own members only', () => {
    expect(lines(Object.create(never))[0]).toContain('token._tag must be the tag of a token')
    expect(lines(Object.create(null, { _tag: { value: 'Never' } }))).toEqual([])
    expect(lines(Object.assign(Object.create({ name: 'stop' }), { _tag: 'Manual' }))[0]).toContain('token.name must be')
    expect(TokenFromJson.decode(Object.create({ version: 1, token: never }))._tag).toBe('Left')
    expect(lines(Object.assign(Object.create({ left: 1 }), { _tag: 'Timeout', duration: 5 }))).toEqual([])
  })

  it('have no tags that are members of all objects', () => {
    for (const _tag of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'never', '', 0, null, ['Never']])
      expect(lines({ _tag })).toHaveLength(1)
  })

  it('bring along nothing that is not in the format, and pollute nothing', () => {
    const text =
      '{"version":1,"more":1,"token":{"_tag":"Manual","name":"a","more":{"a":1},"__proto__":{"polluted":1}},"__proto__":{"polluted":1}}'
    const result = TokenFromString.decode(text)
    assert.deepStrictEqual(result, { _tag: 'Right', right: { _tag: 'Manual', name: 'a' } })
    expect(Object.getPrototypeOf(Object(result).right)).toBe(Object.prototype)
    expect('polluted' in {}).toBe(false)
  })

  it('may answer for a condition named __proto__', () => {
    const encoded: unknown = JSON.parse(
      '{"version":1,"event":{"_tag":"Polled","conditions":{"__proto__":true,"constructor":false}}}',
    )
    const result = EventFromJson.decode(encoded)
    assert.ok(result._tag === 'Right' && result.right._tag === 'Polled')
    const { conditions } = result.right
    expect(Object.hasOwn(conditions, '__proto__') && conditions['__proto__']).toBe(true)
    expect(Object.getPrototypeOf(conditions)).toBe(Object.prototype)
    expect(JSON.stringify(EventFromJson.encode(result.right))).toBe(JSON.stringify(encoded))
    const wrong = EventFromJson.decode(
      JSON.parse('{"version":1,"event":{"_tag":"Polled","conditions":{"__proto__":7}}}'),
    )
    expect(wrong._tag === 'Left' && report(wrong.left)).toEqual([
      'event.conditions.__proto__ must be true or false, but was 7',
    ])
  })

  it('may go round in circles', () => {
    const circle: { _tag: string; tokens: Array<unknown> } = { _tag: 'Any', tokens: [] }
    circle.tokens.push(circle)
    expect(lines(circle)[0]).toContain('is nested too deep')
    circle.tokens.push(circle)
    expect(lines(circle).at(-1)).toMatch(/too large|reading stopped/)
    const reasons: Array<unknown> = []
    const reason = { _tag: 'AllOf', reasons, path: [] }
    reasons.push(reason, reason)
    expect(ReasonFromJson.decode({ version: 1, reason })._tag).toBe('Left')
    const parts: Array<unknown> = []
    const evidence = { what: 'any', status: 'pending', parts }
    parts.push(evidence, evidence)
    expect(EvidenceFromJson.decode({ version: 1, evidence })._tag).toBe('Left')
    expect(TokenFromJson.is(circle)).toBe(false)
  })

  it('may throw when they are looked at', () => {
    const throws = (): never => {
      throw new Error('no')
    }
    const traps: ReadonlyArray<keyof ProxyHandler<object>> = [
      'get',
      'has',
      'ownKeys',
      'getOwnPropertyDescriptor',
      'getPrototypeOf',
    ]
    const revoked = Proxy.revocable({}, {})
    revoked.revoke()
    const hostile = [
      revoked.proxy,
      ...traps.map((trap) => new Proxy(never, { [trap]: throws })),
      ...traps.map((trap) => new Proxy([never], { [trap]: throws })),
      Object.defineProperty({}, '_tag', { get: throws }),
      Object.defineProperty({ _tag: 'Manual' }, 'name', { get: throws, enumerable: true }),
      Object.defineProperty([never], 0, { get: throws }),
    ]
    for (const value of hostile)
      for (const decoded of [
        TokenFromJson.decode(value),
        TokenFromJson.decode({ version: 1, token: value }),
        TokenFromJson.decode({ version: value, token: value }),
        TokenFromJson.decode({ version: 1, token: { _tag: value } }),
        TokenFromJson.decode({ version: 1, token: { _tag: 'Any', tokens: value } }),
        TokenFromJson.decode({ version: 1, token: { _tag: 'Manual', name: value } }),
        ReasonFromJson.decode({ version: 1, reason: { _tag: 'Requested', path: value } }),
        EventFromJson.decode({ version: 1, event: { _tag: 'Polled', conditions: value } }),
        EvidenceFromJson.decode({ version: 1, evidence: { what: 'any', status: 'pending', progress: value } }),
        TokenFromString.decode(value),
      ]) {
        const told = decoded._tag === 'Left' ? report(decoded.left) : []
        expect(told.join('')).not.toContain('\n')
        TokenFromJson.is(value)
      }
    expect(lines(Object.defineProperty({ _tag: 'Manual' }, 'name', { get: throws }))).toEqual([
      'token cannot be read: it throws',
    ])
  })

  it('may lie about their length', () => {
    for (const length of [
      -1,
      1.5,
      Number.NaN,
      2 ** 53,
      '2',
      null,
      undefined,
      { valueOf: 7 },
      Symbol('2'),
      4_000_000_000,
    ]) {
      const tokens = new Proxy([never], {
        get: (target, key) => (key === 'length' ? length : (Reflect.get(target, key) as unknown)), // sound: handed on
      })
      expect(lines({ _tag: 'Any', tokens })).toHaveLength(1)
    }
    expect(lines({ _tag: 'Any', tokens: new Array(4_000_000_000) })[0]).toContain('token.tokens is too large')
    expect(lines({ _tag: 'Any', tokens: new Array(2) })).toEqual([
      'token.tokens[0] must be a token, but was missing',
      'token.tokens[1] must be a token, but was missing',
    ])
    expect(lines({ _tag: 'Any', tokens: { length: 1, 0: never } })).toEqual([
      'token.tokens must be an array, but was an object',
    ])
  })
})

describe('tags', () => {
  it('that are none are refused with those that are', () => {
    expect(lines({ _tag: 'Nevr' })).toEqual([
      "token._tag must be the tag of a token (Never, Cancelled, Manual, Timeout, Deadline, Counter, Condition, Budget, Idle, Any, All, AndThen, Labelled), but was 'Nevr'",
    ])
  })
})

describe('documents', () => {
  const of = (value: unknown): ReadonlyArray<string> => {
    const result = TokenFromJson.decode(value)
    return result._tag === 'Left' ? report(result.left) : []
  }

  it('have a version that is read', () => {
    for (const version of [0, 2, '1', null, 1.5, [1], true])
      expect(of({ version, token: never })[0]).toContain(
        'version must be one of the versions that are read: 1, but was',
      )
    for (const token of [never, 7])
      expect(of({ token })).toEqual(['version must be one of the versions that are read: 1, but was missing'])
    expect(of({ version: 2, token: 7 })).toEqual(['version must be one of the versions that are read: 1, but was 2'])
  })

  it('have a node', () => {
    expect(of({ version: 1 })).toEqual(['token is missing'])
    expect(of({ version: 1, reason: { _tag: 'Requested', path: [] } })).toEqual(['token is missing'])
    for (const value of [null, undefined, 7, 'x', [], true, Symbol('x'), 7n, () => 7])
      expect(of(value)[0]).toContain('the value must be an object with a version and its token, but was')
    expect(of({ version: 1, token: null })).toEqual(['token must be a token, but was null'])
    expect(of({ version: 1, token: [never] })).toEqual(['token must be a token, but was an array'])
  })

  it('that are no JSON are refused as text', () => {
    for (const text of ['', '{', 'undefined', '{"version":1,}', '\u0000', '{"version":1,"token":{"_tag":"Never"}}x']) {
      const result = TokenFromString.decode(text)
      expect(result._tag === 'Left' && report(result.left)[0]).toMatch(/^the value must be JSON, but was '/)
    }
    for (const value of [null, undefined, 7, {}, [], Symbol('x')]) {
      const result = TokenFromString.decode(value)
      expect(result._tag === 'Left' && report(result.left)[0]).toMatch(/^the value must be a text that holds JSON/)
    }
  })
})

describe('text that is no JSON', () => {
  const of = (text: string): string => {
    const result = TokenFromString.decode(text)
    return result._tag === 'Left' ? report(result.left).join('\n') : ''
  }

  it('is told by line and column, on one readable line', () => {
    for (const end of ['\n', '\r\n', '\r'])
      expect(of(`{${end}\t"version": 1,${end}  "token" 7${end}}`)).toMatch(
        /^the value must be JSON, but was '\{ "version": 1, "token" 7 \}': [^\\]+, at line 3, column 11$/,
      )
    expect(of('{"version":1,}')).toMatch(
      /^the value must be JSON, but was '\{"version":1,\}': .*, at line 1, column 14$/,
    )
  })

  it('is shown once', () => {
    for (const text of ['undefined', '[tru]', '{"a":x}']) expect(of(text).split(text).length).toBe(2)
    expect(of('')).toMatch(/^the value must be JSON, but was '': .+$/)
    expect(of('{"a":\u0001}')).toMatch(/^the value must be JSON, but was '\{"a":\\u0001\}'/)
  })

  it('may begin with a byte order mark, which is named', () => {
    expect(of('\ufeff{"version":1,"token":{"_tag":"Never"}}')).toBe(
      'the value must be JSON without a byte order mark, but began with one',
    )
  })
})

describe('an empty list of reasons', () => {
  it('is none', () => {
    const result = TokenFromJson.decode({ version: 1, token: { _tag: 'All', tokens: [never], reasons: [] } })
    assert.deepStrictEqual(result, { _tag: 'Right', right: { _tag: 'All', tokens: [never] } })
  })
})

describe('an AllOf', () => {
  it('has two reasons or more', () => {
    const requested = { _tag: 'Requested', path: [] }
    expect(lines({ _tag: 'Cancelled', reason: { _tag: 'AllOf', reasons: [requested], path: [] } })).toEqual([
      'token.reason.reasons must be an array of 2 or more, but was one of 1',
    ])
    expect(lines({ _tag: 'Cancelled', reason: { _tag: 'AllOf', reasons: [requested, requested], path: [] } })).toEqual(
      [],
    )
    expect(lines({ _tag: 'Cancelled', reason: { _tag: 'AllOf', reasons: 7, path: [] } })).toEqual([
      'token.reason.reasons must be an array, but was 7',
    ])
  })
})

describe('errors', () => {
  it('are those of io-ts, which its own reporter puts into the same lines', () => {
    const token = any({ _tag: 'Counter', limit: -1 }, { _tag: 'Manual' }, { _tag: 'Idle', name: 7, duration: 'P1Y' })
    const result = TokenFromJson.decode({ version: 1, token })
    assert.ok(result._tag === 'Left')
    expect(PathReporter.report(result)).toEqual(report(result.left))
    expect(report(result.left)).toEqual([
      'token.tokens[0].limit must be an integer from 0 to 2^53 - 1, but was -1',
      'token.tokens[1].name must be a text that is not empty, of at most 10000 characters, but was missing',
      'token.tokens[2].name must be a text that is not empty, of at most 10000 characters, but was 7',
      "token.tokens[2].duration must have no years and no months, for they have no fixed length, but was 'P1Y'",
    ])
    const [first] = result.left
    expect(first?.value).toBe(-1)
    expect(first?.context.map(({ key }) => key)).toEqual(['', 'token', 'tokens', '0', 'limit'])
    expect(first?.context.at(-1)?.actual).toBe(-1)
    expect(first?.context.at(0)?.type).toBe(TokenFromJson)
  })

  it('of other codecs are told in the same way', () => {
    const Job = t.type({ id: t.number, 'a b': t.array(t.string), stop: TokenFromJson })
    const stop = { version: 1, token: any(never, { _tag: 'Counter', limit: -1 }) }
    const result = Job.decode({ id: `${'x'.repeat(50)}`, 'a b': ['x', null], stop })
    assert.ok(result._tag === 'Left')
    expect(report(result.left)).toEqual([
      `id must be number, but was '${'x'.repeat(40)}…'`,
      "['a b'][1] must be string, but was null",
      'stop.token.tokens[1].limit must be an integer from 0 to 2^53 - 1, but was -1',
    ])
    expect(
      report([
        { value: 7, context: [], message: 'two\nlines' },
        { value: 7, context: [] },
      ]),
    ).toEqual(['two\\u000alines', 'the value must be something else, but was 7'])
  })

  it('stay on one line, and short', () => {
    const dirty = `a\nb\r\u0000\u001b[31m\u2028\u2029\u202e\u200b\ufeff\ud800${'x'.repeat(1_000_000)}`
    for (const token of [
      { _tag: dirty },
      { _tag: 'Condition', name: 'p', onError: dirty },
      { _tag: 'Deadline', instant: dirty },
    ])
      for (const line of lines(token)) {
        expect(line).toMatch(/^[\x20-\x7e…]+$/)
        expect(line.length).toBeLessThan(400)
      }
    const conditions = { [dirty]: 1, 'a b': 1, ['x'.repeat(50)]: 1, 7: 1 }
    const polled = EventFromJson.decode({ version: 1, event: { _tag: 'Polled', conditions } })
    assert.ok(polled._tag === 'Left')
    for (const line of report(polled.left)) {
      expect(line).toMatch(/^[\x20-\x7e…]+$/)
      expect(line.length).toBeLessThan(400)
    }
    expect(report(polled.left)[0]).toBe('event.conditions[7] must be true or false, but was 1')
    expect(report(polled.left)[2]).toBe("event.conditions['a b'] must be true or false, but was 1")
  })

  it('far down show both ends of the way', () => {
    const [line = ''] = lines(labelled(100_000))
    expect(line.length).toBeLessThan(300)
    expect(line.startsWith('token.token.token')).toBe(true)
  })
})
