/** Timelines as pictures: how they are made, that they are well-formed, and that nothing is missing. */
import * as fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { describe, expect, it } from 'vitest'
import { Semantics, Token } from 'cantok-ts'
import { timelineSvg, token, trace } from 'cantok-ts/testing'
import { property } from '../../support/property.js'
import { elapsed, events, poll } from './events.js'
import { scenes } from './scenes.js'

interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  text: string
}

/** The elements of a document, in order; throws where it is not well-formed. */
const parsed = (svg: string): ReadonlyArray<Element> => {
  const elements: Array<Element> = []
  const open: Array<Element> = []
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => {
    const element = { name, attributes, text: '' }
    elements.push(element)
    open.push(element)
  })
  parser.on('text', (text) => {
    const element = open.at(-1)
    if (element !== undefined) element.text += text
  })
  parser.on('closetag', () => void open.pop())
  parser.write(svg).close()
  return elements
}

const ofClass = (elements: ReadonlyArray<Element>, name: string): ReadonlyArray<Element> =>
  elements.filter(({ attributes }) => attributes['class']?.split(' ').includes(name))

/** Whatever can stand in a text, and often what means something in XML. */
const names = fc.string({
  unit: fc.oneof(
    fc.constantFrom('<', '&', '>', '"', "'", ']]>', '&amp;'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  minLength: 1,
})

describe('timelineSvg', () => {
  describe('is drawn like this', () => {
    for (const title of [
      'a shutdown, and limits beside it',
      'a tie',
      'a condition without a latch',
      'names of all kinds',
    ])
      it(title, () => {
        const scene = scenes[title] ?? { token: Token.never, trace: [] }
        expect(timelineSvg(scene.token, scene.trace)).toMatchSnapshot()
      })
  })

  it('is as wide as asked for, and refuses what is too narrow', () => {
    const [svg] = parsed(timelineSvg(Token.never, [], { width: 700 }))
    expect(svg?.attributes['viewBox']).toMatch(/^0 0 700 \d+$/)
    expect(() => timelineSvg(Token.never, [], { width: 319 })).toThrow('width must be an integer from 320, but was 319')
  })

  it('has a title and a description, which tell what can be seen', () => {
    const { token: shown, trace: steps } = scenes['a tie'] ?? { token: Token.never, trace: [] }
    const [svg, title, description] = parsed(timelineSvg(shown, steps, { title: 'Tea & <cake>' }))
    expect(svg?.attributes['role']).toBe('img')
    expect([title?.name, title?.text]).toEqual(['title', 'Tea & <cake>'])
    expect(description?.text).toBe(
      'manual "stop": pending. timeout 5 ms: fired at 5 ms, gave the reason. timeout 5 ms: fired at 5 ms. ' +
        'fired at 5 ms, seen by the poll at 7 ms. timed out after 5 milliseconds (at any.1)',
    )
  })

  it('stands alone: no script, no font, nothing from elsewhere', () => {
    for (const scene of Object.values(scenes)) {
      const svg = timelineSvg(scene.token, scene.trace)
      expect(svg).not.toMatch(/<script|@font-face|@import|href|url\(/)
      expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', '')).not.toContain('://')
    }
  })

  it('explains what is not started, cuts what is too long, and says what is due', () => {
    const textsOf = (...given: Parameters<typeof timelineSvg>): ReadonlyArray<string> =>
      parsed(timelineSvg(...given)).map(({ text }) => text)
    const { andThen, any, cancelled, labelled, manual, timeout } = Token
    expect(textsOf(andThen(timeout(3), timeout(3)), events(elapsed(3), poll()))).toContain('not started')
    expect(textsOf(cancelled(), [])).toContain('fires at once, but no event has looked yet')
    const texts = textsOf(any(labelled('x'.repeat(200))(any(timeout(5), manual('y'.repeat(200)))), timeout(6)), [])
    expect(texts).toContain('any')
    expect(texts.filter((text) => /^(?:x+…: any|manual "y+…)$/.test(text)).length).toBe(2)
  })

  it('counts the leaves that have no lane', () => {
    const elements = parsed(timelineSvg(Token.any(Token.never, Token.never, Token.timeout(3)), [], { rows: 1 }))
    expect(elements.some(({ text }) => text === '… and 2 more')).toBe(true)
  })

  it('shows a token 20,000 deep', () => {
    let deep: Token.Token = Token.timeout(3)
    for (let depth = 0; depth < 20_000; depth++) deep = Token.any(deep, Token.timeout(9))
    expect(parsed(timelineSvg(deep, events(elapsed(4), poll()))).length).toBeGreaterThan(40)
  })

  describe('properties', () => {
    property(
      'it is well-formed, whatever names there are',
      [names, fc.boolean()],
      (name, labels) => {
        const shown = labels
          ? Token.labelled(name)(Token.counter(1))
          : Token.any(Token.manual(name), Token.idle(name, 5))
        const steps = events(poll({ [name]: true }), { _tag: 'Requested', name, detail: name }, elapsed(9))
        expect(parsed(timelineSvg(shown, steps, { title: name }))[0]?.name).toBe('svg')
      },
      500,
    )

    property(
      'every poll has a sign and a line down through the lanes',
      [token(), trace()],
      (given, steps) => {
        const looks = ofClass(parsed(timelineSvg(given, steps)), 'look')
        const polls = steps.filter((event) => event._tag === 'Polled')
        expect(looks.map(({ attributes }) => !(attributes['class'] ?? '').includes('indirect'))).toEqual(
          polls.map(({ direct }) => direct),
        )
      },
      300,
    )

    property(
      'every event that takes no time can be pointed at',
      [token({ maxDepth: 2 }), trace()],
      (given, steps) => {
        const titles = parsed(timelineSvg(given, steps)).filter(({ name }) => name === 'title')
        const jumps = titles.filter(({ text }) => text.includes('wall clock')).length
        expect(titles.length - 1 - jumps).toBe(steps.filter(({ _tag }) => _tag !== 'Elapsed').length)
      },
      300,
    )

    property(
      'a decision has a line, and bold names for what gave the reason',
      [token(), trace()],
      (given, steps) => {
        const elements = parsed(timelineSvg(given, steps, { rows: 1000 }))
        const decided = Semantics.run(given, steps).some(
          ({ verdict, residual }) => verdict._tag === 'Some' && residual._tag === 'Cancelled',
        )
        expect(ofClass(elements, 'decided').length).toBe(decided ? 1 : 0)
        const strong = ofClass(elements, 'strong').map(({ text }) => text)
        const told = strong.filter((text) => /^(fired at|true for)/.test(text) && !text.includes('seen by'))
        expect(told.length > 0).toBe(decided)
      },
      300,
    )

    property(
      'every leaf has its status, and nothing is drawn beside the paper',
      [token(), trace()],
      (given, steps) => {
        const elements = parsed(timelineSvg(given, steps, { rows: 1000 }))
        const [svg] = elements
        const [, , width, height] = (svg?.attributes['viewBox'] ?? '').split(' ').map(Number)
        for (const { attributes } of elements) {
          expect(Number(attributes['x'] ?? 0)).toBeLessThan(width ?? 0)
          expect(Number(attributes['y'] ?? 0)).toBeLessThan(height ?? 0)
          for (const value of Object.values(attributes)) expect(value).not.toMatch(/NaN|undefined|Infinity/)
        }
      },
      300,
    )
  })
})
