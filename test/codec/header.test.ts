/** Tokens in headers: what is written is read back, in bytes that a header can carry, and nothing else is read. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { Token } from 'cantok-ts'
import { token } from 'cantok-ts/testing'
import { fromHeader, headerName, report, toHeader, TokenFromJson } from 'cantok-ts/codec'
import { property } from '../support/property.js'

type AnyToken = Token.Token<Token.Input>

const { all, andThen, any, budget, cancelled, condition, counter, deadline, idle, labelled, manual, never, timeout } =
  Token

const wild = ['Grüße', '日本', '\r\nset-cookie: a=b', '\u007f\u0000', '😀', '\ud800', '"\\', 'a, b', '__proto__']
const tokens = token({
  used: true,
  reasons: true,
  throwing: true,
  labels: ['one', ...wild],
  names: { manual: wild, condition: wild, budget: wild, idle: wild },
})

const lines = (read: E.Either<Parameters<typeof report>[0], unknown>): ReadonlyArray<string> =>
  E.isLeft(read) ? report(read.left) : []

// -------------------------------------------------------------------------------------
// laws
// -------------------------------------------------------------------------------------

describe('laws: headers', () => {
  property(
    'what is written is read back as the same token, and fits',
    [tokens],
    (each) => {
      const header = toHeader(each)
      if (E.isLeft(header)) {
        expect(header.left).toEqual({ _tag: 'HeaderTooLong', bytes: expect.any(Number), allowed: 4096 })
        expect(header.left.bytes).toBeGreaterThan(4096)
        return
      }
      expect(header.right).toMatch(/^[\x21-\x7e][\x20-\x7e]*[\x21-\x7e]$/)
      expect(header.right.length).toBeLessThanOrEqual(4096)
      expect(fromHeader(header.right)).toEqual(E.right(each))
    },
    3000,
  )

  property('it is read as its JSON is', [tokens], (each) => {
    const header = toHeader(each)
    fc.pre(E.isRight(header))
    expect(fromHeader(header.right)).toEqual(TokenFromJson.decode(TokenFromJson.encode(each)))
  })

  property('cut short it is refused', [tokens, fc.nat()], (each, at) => {
    const header = toHeader(each)
    fc.pre(E.isRight(header))
    expect(E.isLeft(fromHeader(header.right.slice(0, at % header.right.length)))).toBe(true)
  })

  property('doubled and joined, as proxies do, it is refused', [tokens, tokens], (one, other) => {
    const [first, second] = [toHeader(one), toHeader(other)]
    fc.pre(E.isRight(first) && E.isRight(second))
    expect(E.isLeft(fromHeader(`${first.right}, ${second.right}`))).toBe(true)
    expect(E.isLeft(fromHeader([first.right, second.right]))).toBe(true)
  })

  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.json().map((json) => `1${json}`),
    fc.json().map((json) => `1["any",${json}]`),
    fc.anything(),
  )
  property(
    'of anything it makes a token or lines that say why not, and never throws',
    [anything],
    (value) => {
      const read = fromHeader(value)
      if (E.isLeft(read)) expect(report(read.left).join('')).not.toBe('')
      else expect(Token.isToken(read.right)).toBe(true)
    },
    5000,
  )

  property(
    'one character changed, it is another header, or none',
    [tokens, fc.nat(), fc.integer({ min: 32, max: 126 })],
    (each, at, unit) => {
      const header = toHeader(each)
      fc.pre(E.isRight(header))
      const index = at % header.right.length
      const changed = `${header.right.slice(0, index)}${String.fromCharCode(unit)}${header.right.slice(index + 1)}`
      const read = fromHeader(changed)
      if (E.isRight(read)) expect(E.isRight(TokenFromJson.decode(TokenFromJson.encode(read.right)))).toBe(true)
    },
    3000,
  )

  it('what is generated reaches what matters', () => {
    const headers = fc.sample(tokens, { numRuns: 1000, seed: 1 }).map(toHeader)
    const share = (holds: (header: (typeof headers)[number]) => boolean): number =>
      headers.filter(holds).length / headers.length
    expect(share(E.isLeft)).toBeLessThan(0.2)
    expect(share((header) => E.isRight(header) && header.right.includes('\\u'))).toBeGreaterThan(0.3)
    expect(share((header) => E.isRight(header) && header.right.includes('"reason":{'))).toBeGreaterThan(0.05)
    expect(share((header) => E.isRight(header) && header.right.length > 100)).toBeGreaterThan(0.3)
  })
})

// -------------------------------------------------------------------------------------
// examples
// -------------------------------------------------------------------------------------

describe('toHeader', () => {
  it.each<[AnyToken, string]>([
    [never, '1["never"]'],
    [cancelled(), '1["cancelled"]'],
    [cancelled('late'), '1["cancelled",{"reason":{"_tag":"Requested","detail":"late","path":[]}}]'],
    [manual('stop'), '1["manual","stop"]'],
    [timeout('5s', { left: '3s' }), '1["timeout",5000,{"left":3000}]'],
    [deadline(1_893_456_000_000), '1["deadline","2030-01-01T00:00:00.000Z"]'],
    [counter(3, { direct: false }), '1["counter",3,{"direct":false}]'],
    [condition('drained', { latch: false }), '1["condition","drained",{"latch":false}]'],
    [budget('calls', 10, { left: 7 }), '1["budget","calls",10,{"left":7}]'],
    [idle('worker', 30), '1["idle","worker",30]'],
    [any(manual('a'), never), '1["any",["manual","a"],["never"]]'],
    [all(manual('a'), counter(1)), '1["all",["manual","a"],["counter",1]]'],
    [andThen(manual('a'), timeout(5)), '1["andThen",["manual","a"],["timeout",5]]'],
    [labelled('ü')(never), '1["labelled","\\u00fc",["never"]]'],
  ])('writes %o as the call that makes it', (each, header) => {
    expect(toHeader(each)).toEqual(E.right(header))
    expect(fromHeader(header)).toEqual(E.right(each))
  })

  it('takes half of what the JSON takes', () => {
    const gateway = any(timeout('2s', { left: 1500 }), budget('calls', 10, { left: 7 }))
    const both = any(labelled('catalogue')(timeout('3s', { left: 2900 })), labelled('gateway')(gateway))
    const sizes = [timeout('5s', { left: 3210 }), gateway, both].map((each: AnyToken) => {
      const header = toHeader(each)
      return [E.isRight(header) && header.right.length, JSON.stringify(TokenFromJson.encode(each)).length]
    })
    expect(sizes).toEqual([
      [31, 68],
      [72, 147],
      [159, 314],
    ])
  })

  it('keeps the reasons that an all holds', () => {
    const half: AnyToken = {
      _tag: 'All',
      tokens: [cancelled(), timeout(5)],
      reasons: [{ _tag: 'Requested', name: 'stop', path: ['all', 0] }],
    }
    const header = toHeader(half)
    expect(header).toEqual(
      E.right('1["all",["cancelled"],["timeout",5],{"reasons":[{"_tag":"Requested","name":"stop","path":["all",0]}]}]'),
    )
    expect(E.isRight(header) && fromHeader(header.right)).toEqual(E.right(half))
  })

  it('fits up to the last byte, and says how long it would be', () => {
    const spare = 4096 - '1["manual",""]'.length
    const header = toHeader(manual('x'.repeat(spare)))
    expect(E.isRight(header) && header.right.length).toBe(4096)
    expect(E.isRight(header) && E.isRight(fromHeader(header.right))).toBe(true)
    expect(toHeader(manual('x'.repeat(spare + 1)))).toEqual(
      E.left({ _tag: 'HeaderTooLong', bytes: 4097, allowed: 4096 }),
    )
  })

  it('reads whatever nests as deep as fits', () => {
    let nested: AnyToken = manual('a')
    for (let i = 0; i < 450; i++) nested = any(nested)
    const header = toHeader(nested)
    expect(E.isRight(header) && fromHeader(header.right)).toEqual(E.right(nested))
  })

  it('is stack-safe', () => {
    let deep: AnyToken = timeout(1)
    for (let i = 0; i < 100_000; i++) deep = any(deep, manual('stop'))
    expect(toHeader(deep)).toEqual(E.left({ _tag: 'HeaderTooLong', bytes: 2_600_014, allowed: 4096 }))
  })
})

describe('fromHeader', () => {
  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /must be a text, but was undefined/],
    ['several', ['1["never"]', '1["never"]'], /must be a text, but was an array/],
    ['an empty text', '', /must begin with its version and an array/],
    ['a byte too many', `1["manual","${'x'.repeat(4083)}"]`, /must be at most 4096 bytes, but was 4097/],
    ['another version', '2["never"]', /version.*1.*2/],
    ['no version', '["never"]', /must begin with its version/],
    ['JSON that is none', '1["never"', /one array of JSON/],
    ['two', '1["never"], 1["never"]', /one array of JSON/],
    ['a line break', '1["never"]\r\nx: y', /printable ASCII/],
    ['other letters', '1["manual","ü"]', /printable ASCII/],
    [
      'a name that is none',
      '1["tiemout",5]',
      /^token must begin with the name of a token, one of never, .*labelled, but began with 'tiemout'$/,
    ],
    ['a name that every object has', '1["constructor"]', /but began with 'constructor'/],
    ['a tag for a name', '1["Timeout",5]', /but began with 'Timeout'/],
    ['an empty array', '1[]', /^token must begin with the name of a token, one of never, .*labelled, but was empty$/],
    ['a part that is no array', '1["any",5]', /^token\.tokens\[0\] must be an array such as \["never"\], but was 5$/],
    [
      'a part of a part',
      '1["andThen",["never"],["labelled","x",[]]]',
      /^token\.second\.token must begin with .* but was empty$/,
    ],
    ['too few arguments', '1["timeout"]', /^token must have the arguments of timeout \(duration\), but had 0 of them$/],
    ['too many arguments', '1["timeout",5,6]', /must have the arguments of timeout \(duration\), but had 2/],
    ['an argument twice', '1["timeout",5,{"duration":6}]', /must have the duration of timeout in its place/],
    ['another kind by name', '1["timeout",5,{"_tag":"Never"}]', /must have the _tag of timeout in its place/],
    ['parts by name', '1["any",{"tokens":[]}]', /must have the tokens of any in its place/],
    ['a number that is out of range', '1["timeout",-5]', /-5/],
    ['what is left beyond the whole', '1["timeout",5,{"left":6}]', /6/],
  ])('refuses %s', (_, header, line) => {
    expect(lines(fromHeader(header)).join('\n')).toMatch(line)
  })

  it('names each place that is wrong, up to so many', () => {
    expect(lines(fromHeader('1["any",["manual"],["never"],["all",5,["counter"]]]'))).toEqual([
      'token.tokens[0] must have the arguments of manual (name), but had 0 of them',
      'token.tokens[2].tokens[0] must be an array such as ["never"], but was 5',
      'token.tokens[2].tokens[1] must have the arguments of counter (limit), but had 0 of them',
    ])
    const many = lines(fromHeader(`1["any"${',5'.repeat(100)}]`))
    expect(many.length).toBe(21)
    expect(many[20]).toBe('reading stopped at token.tokens[20], after 20 errors')
    const read = fromHeader('1["any",["never"],["manual"]]')
    const keys = E.isLeft(read) ? read.left[0]?.context.map(({ key }) => key) : []
    expect(keys).toEqual(['', 'token', 'tokens', '1'])
  })

  it.each<[string, string]>([
    ['ten megabytes', '1["any",'.padEnd(10_000_000, '[')],
    ['100,000 brackets', `1${'['.repeat(100_000)}`],
    ['as many brackets as fit', `1${'['.repeat(4095)}`],
    ['as many pairs of brackets as fit', `1${'['.repeat(2047)}${']'.repeat(2047)}`],
    ['digits', '1'.repeat(4096)],
    ['a long number', `1["timeout",${'9'.repeat(4000)}]`],
  ])('refuses %s at once', (_, header) => {
    const before = performance.now()
    expect(E.isLeft(fromHeader(header))).toBe(true)
    expect(performance.now() - before).toBeLessThan(1000)
  })

  it('reads what a request to a server carries', async () => {
    const sent = any(labelled('Grüße')(timeout(5)), manual('\r\nx: y'))
    const arrived: Array<unknown> = []
    const server = createServer(({ headers }, response) => {
      arrived.push(fromHeader(headers[headerName]))
      response.end()
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const address = server.address()
    const header = toHeader(sent)
    const headers = { [headerName]: E.isRight(header) ? header.right : '' }
    await fetch(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, { headers })
    server.close()
    server.closeAllConnections()
    expect(arrived).toEqual([E.right(sent)])
  })
})
