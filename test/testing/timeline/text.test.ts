/** Timelines as text: how they look, that they keep to their width, and that nothing is missing. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Reason, Semantics, Token } from 'cantok-ts'
import { timeline, timelineSvg, token, trace } from 'cantok-ts/testing'
import { property } from '../../support/property.js'
import { elapsed, events, poll, requests } from './events.js'
import { scenes } from './scenes.js'

/** Characters that take no column, one, and two; and some that would break lines or move the cursor. */
const strange = fc.string({
  unit: fc.constantFrom(
    ...Array.from('a|"<&>│…é日'),
    '😀',
    'e\u0301',
    '\n',
    '\t',
    '\u0000',
    '\u200b',
    '\u202e',
    '\ud800',
    '\u001b',
  ),
  minLength: 1,
  maxLength: 60,
})

/** How many columns a text takes in a terminal; none of what it counts here is joined to what stands beside it. */
const columnsOf = (text: string): number => {
  let columns = 0
  for (const character of text) columns += /\p{M}/u.test(character) ? 0 : /[日本語😀]/u.test(character) ? 2 : 1
  return columns
}

const strangeTokens = fc
  .array(fc.tuple(strange, fc.nat({ max: 2 })), { minLength: 1, maxLength: 6 })
  .map((names) =>
    names
      .map(
        ([name, kind]) =>
          [Token.manual(name), Token.idle(name, 5), Token.labelled(name)(Token.timeout(3))][kind] ?? Token.never,
      )
      .reduce<Token.Token<Token.Input>>((left, right) => Token.any(left, Token.labelled('in')(right)), Token.never),
  )

const count = (text: string, mark: RegExp): number => text.match(mark)?.length ?? 0
const lineOf = (text: string, index: number): string => text.split('\n')[index] ?? ''
const polls = (steps: ReadonlyArray<Semantics.Event>, direct: boolean): number =>
  steps.filter((event) => event._tag === 'Polled' && event.direct === direct).length

describe('timeline', () => {
  describe('looks like this', () => {
    for (const [title, scene] of Object.entries(scenes))
      it(title, () => {
        expect(`\n${timeline(scene.token, scene.trace)}\n`).toMatchSnapshot()
      })

    it('in ASCII', () => {
      for (const title of ['a shutdown, and limits beside it', 'names of all kinds', 'a wall clock that jumps']) {
        const scene = scenes[title] ?? { token: Token.never, trace: [] }
        expect(`\n${timeline(scene.token, scene.trace, { ascii: true, width: 80 })}\n`).toMatchSnapshot()
      }
    })
  })

  describe('refuses', () => {
    const given = (value: unknown): never => value as never // sound: nothing that should be refused is used as what it is not
    const poll = { _tag: 'Polled', conditions: {}, direct: true }
    for (const [what, show] of Object.entries({ timeline, timelineSvg })) {
      it(`${what}: what is no token`, () => {
        expect(() => show(given(undefined), [])).toThrow(new TypeError('token must be a token, but was undefined'))
        expect(() => show(given({ _tag: 'Any time' }), [])).toThrow(
          new TypeError('token must be a token, but was an object'),
        )
      })

      for (const [trace, message] of [
        [undefined, 'trace must be an array of events, but was undefined'],
        [poll, 'trace must be an array of events, but was an object'],
        [[poll, null], 'trace[1] must be an event, but was null'],
        [Array(1), 'trace[0] must be an event, but was undefined'],
        [[{ _tag: 'Poll' }], "trace[0] must be an event, but was an object whose _tag is 'Poll'"],
        [[{ ms: 4 }], 'trace[0] must be an event, but was an object'],
        [
          [{ _tag: 'Elapsed', ms: Infinity, wall: 0 }],
          'trace[0].ms must be a finite number of milliseconds, 0 or more, but was Infinity',
        ],
        [
          [{ _tag: 'Elapsed', ms: 3 }],
          'trace[0].wall must be a finite number of epoch milliseconds, but was undefined',
        ],
        [[{ _tag: 'Spent', name: 'a', amount: NaN }], 'trace[0].amount must be a number, 0 or more, but was NaN'],
        [[{ _tag: 'Beat' }], 'trace[0].name must be a string, but was undefined'],
        [[{ _tag: 'Requested', name: 'a', detail: 3 }], 'trace[0].detail must be a string, if it is there, but was 3'],
        [[{ _tag: 'Polled', direct: true }], 'trace[0].conditions must be an object of answers, but was undefined'],
      ] as const)
        it(`${what}: ${message}`, () => {
          expect(() => show(Token.timeout(3), given(trace))).toThrow(new TypeError(message))
        })
    }
  })

  describe('options', () => {
    it('out of range are refused', () => {
      expect(() => timeline(Token.never, [], { width: 39 })).toThrow('width must be an integer from 40, but was 39')
      expect(() => timeline(Token.never, [], { width: 80.5 })).toThrow(RangeError)
      expect(() => timeline(Token.never, [], { rows: 0 })).toThrow('rows must be an integer from 1, but was 0')
    })

    it('rows: leaves beyond are counted, and the reason is told all the same', () => {
      const text = timeline(Token.any(Token.never, Token.never, Token.timeout(3)), events(elapsed(5), poll()), {
        rows: 2,
      })
      expect(text).toContain('\n… and 1 more\n')
      expect(text).toContain('timed out after 3 milliseconds (at any.2)')
    })
  })

  it('shows a timeout that is found late at its own instant, and from when on that was seen', () => {
    const text = timeline(Token.timeout('1s'), events(elapsed(3000), poll()), { width: 60 })
    const [leaf, whole] = [lineOf(text, 2), lineOf(text, 3)]
    expect(leaf.indexOf('◆') - leaf.indexOf('▁')).toBeLessThan(15)
    expect(whole).toMatch(/^whole +▁+◆▒+████$/)
    expect(text).toContain('\nfired at 1 s, seen by the poll at 3 s\n')
  })

  it('tells the way from the root, where the path of a reason starts at an all', () => {
    const token = Token.any(Token.never, Token.all(Token.cancelled(), Token.manual('a')))
    expect(timeline(token, events(requests('a')))).toContain("'a' requested (at all.1); from the root at any.1.all.1")
  })

  it('explains the mark of what is not started, where that starts in the last event', () => {
    const token = Token.andThen(Token.timeout(3), Token.timeout(3))
    expect(timeline(token, events(elapsed(3), poll()))).toContain('· not started')
    expect(timeline(token, events(elapsed(6)))).toContain('· not started')
  })

  it('shortens what stands at the end of a line, and never drops what gave the reason', () => {
    const token = Token.any(Token.andThen(Token.timeout('52 min'), Token.timeout('10 s')), Token.counter(9))
    const steps = events(poll(), elapsed(3_600_000), poll())
    for (const width of [40, 50, 60, 70, 100]) {
      const text = timeline(token, steps, { ascii: true, width })
      expect(lineOf(text, 3)).toMatch(/(?:(?:fired )?at 52 min 10 s|fired) <-$/)
      expect(lineOf(text, 4)).toMatch(/ (?:1 of 9 polls|11 %)$/)
    }
    expect(timeline(token, steps, { ascii: true, width: 60 })).toContain('0-9 used up')
  })

  it('cuts a name that is too long, and draws the combinators all the same', () => {
    const long = 'a very long name '.repeat(9)
    const text = timeline(
      Token.any(Token.labelled(long)(Token.all(Token.timeout(5), Token.manual(long))), Token.counter(2)),
      [],
      { width: 100 },
    )
    expect(text).toMatch(/\nany ┬ a very.*…: all ┬ timeout 5 ms/)
    expect(text).toMatch(/\n {4}│ +└ manual "a.*…/)
    expect(text).toMatch(/\n {4}└ counter 2/)
  })

  it('says what is due where nothing has looked', () => {
    const firesAtOnce = /fires at once\nwhole\n\nfires at once, but no event has looked yet/
    expect(timeline(Token.cancelled(), [])).toMatch(firesAtOnce)
    expect(timeline(Token.timeout(0), [])).toMatch(firesAtOnce)
    const text = timeline(Token.all(Token.timeout(0), Token.manual('a')), [])
    expect(text).toContain('fires at once')
    expect(text).toContain('pending')
    expect(text).toContain('\nnot fired')
  })

  describe('of a deep token', () => {
    const steps = events(poll(), elapsed(4), poll())
    const lasting = Token.timeout(9)
    const grown = (depth: number, grow: (inner: Token.Token<Token.Input>) => Token.Token<Token.Input>) => {
      let inner: Token.Token<Token.Input> = Token.timeout(3)
      for (let level = 0; level < depth; level++) inner = grow(inner)
      return inner
    }
    for (const [title, depth, grow] of [
      ['any, to the left', 100_000, (inner) => Token.any(inner, lasting)],
      ['any, to the right', 20_000, (inner) => Token.any(lasting, inner)],
      ['all, to the left', 20_000, (inner) => Token.all(inner, Token.timeout(2))],
      ['andThen, to the left', 20_000, (inner) => Token.andThen(inner, Token.cancelled())],
      ['andThen, to the right', 30_000, (inner) => Token.andThen(Token.cancelled(), inner)],
    ] as ReadonlyArray<readonly [string, number, (inner: Token.Token<Token.Input>) => Token.Token<Token.Input>]>)
      it(title, () => {
        const text = timeline(grown(depth, grow), steps)
        expect(text).toContain(`\n… and ${depth - 39} more\n`)
        expect(text).toContain('\nfired at 3 ms, seen by the poll at 4 ms\n')
        for (const line of text.split('\n')) expect(columnsOf(line)).toBeLessThanOrEqual(100)
      })

    it('labelled', () => {
      expect(timeline(grown(20_000, Token.labelled('x')), steps)).toContain('… timeout 3 ms')
    })
  })

  describe('properties', () => {
    const widths = fc.integer({ min: 40, max: 200 })

    property(
      'no line is wider than asked for',
      [strangeTokens, trace(), widths, fc.boolean()],
      (given, steps, width, ascii) => {
        for (const line of timeline(given, steps, { width, ascii }).split('\n'))
          expect(columnsOf(line)).toBeLessThanOrEqual(width)
      },
      500,
    )

    property(
      'ASCII is ASCII, and control characters are never printed',
      [strangeTokens, trace()],
      (given, steps) => {
        expect(timeline(given, steps, { ascii: true })).toMatch(/^[\n\x20-\x7e]*$/)
        expect(timeline(given, steps).replaceAll('\n', '')).not.toMatch(/\p{C}/u)
      },
      500,
    )

    property('every poll has its mark, and they are counted', [token({ maxDepth: 2 }), trace()], (given, steps) => {
      const marks = lineOf(timeline(given, steps, { width: 200 }), 1)
      expect([count(marks, /▼/g), count(marks, /▽/g)]).toEqual([polls(steps, true), polls(steps, false)])
      const all = polls(steps, true) + polls(steps, false)
      expect(marks.endsWith(`${all} poll${all === 1 ? '' : 's'}`)).toBe(true)
    })

    property('so has every request, spend and beat', [token({ maxDepth: 2 }), trace()], (given, steps) => {
      const marks = lineOf(timeline(given, steps, { width: 200 }), 1)
      const has = (tag: Semantics.Event['_tag']): number => steps.filter(({ _tag }) => _tag === tag).length
      expect([count(marks, /!/g), count(marks, /\+/g), count(marks, /\*/g)]).toEqual([
        has('Requested'),
        has('Spent'),
        has('Beat'),
      ])
    })

    property('every leaf has a line, whose name is whole where there is room', [token(), trace()], (given, steps) => {
      const lines = timeline(given, steps, { width: 400, rows: 1000 }).split('\n')
      const rows = lines.findIndex((line) => line.startsWith('whole')) - 2
      expect(rows).toBe(leaves(given).length)
      for (const [index, name] of leaves(given).entries()) expect(lines[index + 2]).toContain(name)
    })

    property('the decision is that of Semantics.run', [token({ maxDepth: 3 }), trace()], (given, steps) => {
      const text = timeline(given, steps, { width: 1000 })
      const decided = Semantics.run(given, steps).find(
        ({ verdict, residual }) => verdict._tag === 'Some' && residual._tag === 'Cancelled',
      )
      if (decided?.verdict._tag === 'Some') {
        expect(text).toMatch(/\n\nfired at /)
        expect(text).toContain(`\n${Reason.Show.show(decided.verdict.value)}`)
      } else {
        const [due] = Semantics.step({ _tag: 'Beat', name: 'nothing' })(given)
        expect(text).toContain(due._tag === 'Some' && steps.length === 0 ? '\n\nfires at once' : '\n\nnot fired')
      }
    })
  })
})

const leaf = (name: string) => (): ReadonlyArray<string> => [name]

/** The leaves by their kind, from left to right. */
const leaves = Token.fold<ReadonlyArray<string>>({
  Never: leaf('never'),
  Cancelled: leaf('cancelled'),
  Manual: ({ name }) => [`manual "${name}"`],
  Timeout: ({ duration }) => [`timeout ${duration} ms`],
  Deadline: leaf('deadline'),
  Counter: ({ limit }) => [`counter ${limit}`],
  Condition: ({ name }) => [`condition "${name}"`],
  Budget: ({ name }) => [`budget "${name}"`],
  Idle: ({ name }) => [`idle "${name}"`],
  Any: (_, parts) => parts.flat(),
  All: (_, parts) => parts.flat(),
  AndThen: (_, first, second) => [...first, ...second],
  Labelled: (_, part) => part,
})
