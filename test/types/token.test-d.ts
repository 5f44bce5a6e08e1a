/** What the compiler knows of a token: the inputs it names, through every combinator, and nothing more. */
import { pipe } from 'fp-ts/lib/function.js'
import { Analysis, Token } from 'cantok-ts'
import { describe, expectTypeOf, it } from 'vitest'

type Of<I extends Token.Input = never> = Token.Token<I>

const { all, and, andThen, any, budget, cancelled, condition, counter, deadline, followedBy, idle, labelled, manual } =
  Token
const { never, or, timeout } = Token

describe('leaves', () => {
  it('name their input, as a string a hover can show', () => {
    expectTypeOf(manual('stop')).toEqualTypeOf<Of<'manual:stop'>>()
    expectTypeOf(condition('drained')).toEqualTypeOf<Of<'condition:drained'>>()
    expectTypeOf(budget('bytes', 10)).toEqualTypeOf<Of<'budget:bytes'>>()
    expectTypeOf(idle('worker', '1 second')).toEqualTypeOf<Of<'idle:worker'>>()
  })

  it('name their input whatever their options are', () => {
    const options = { latch: false, onError: 'throw', fallback: true } as const
    expectTypeOf(condition('drained', options)).toEqualTypeOf<Of<'condition:drained'>>()
    expectTypeOf(budget('bytes', 10, { left: 3 })).toEqualTypeOf<Of<'budget:bytes'>>()
    expectTypeOf(idle('worker', 100, { left: '50 ms' })).toEqualTypeOf<Of<'idle:worker'>>()
  })

  it('name nothing where there is nothing to ask for', () => {
    expectTypeOf(never).toEqualTypeOf<Of>()
    expectTypeOf(cancelled('maintenance')).toEqualTypeOf<Of>()
    expectTypeOf(timeout('1 second')).toEqualTypeOf<Of>()
    expectTypeOf(deadline(new Date(0))).toEqualTypeOf<Of>()
    expectTypeOf(counter(3, { direct: false })).toEqualTypeOf<Of>()
  })

  it('with a name known only at run time name any input of their kind', () => {
    const name: string = ['stop'].join('')
    expectTypeOf(manual(name)).toEqualTypeOf<Of<`manual:${string}`>>()
    expectTypeOf(any(manual(name), condition('drained'))).toEqualTypeOf<Of<`manual:${string}` | 'condition:drained'>>()
  })

  it('with one of several names name them all', () => {
    const name = 'a' as 'a' | 'b'
    expectTypeOf(manual(name)).toEqualTypeOf<Of<'manual:a' | 'manual:b'>>()
  })

  it('refuse what is no name, no duration, no limit and no option', () => {
    // @ts-expect-error - a name is a text
    manual(1)
    // @ts-expect-error - a timeout wants a duration
    timeout(new Date(0))
    // @ts-expect-error - a limit is a number
    counter('3')
    // @ts-expect-error - a misspelled option
    counter(3, { directly: true })
    // @ts-expect-error - onError is 'ignore' or 'throw'
    condition('drained', { onError: 'retry' })
  })
})

describe('combinators', () => {
  it('name what their parts name', () => {
    expectTypeOf(any(manual('stop'), condition('drained'), timeout('1 second'))).toEqualTypeOf<
      Of<'manual:stop' | 'condition:drained'>
    >()
    expectTypeOf(all(manual('stop'), budget('bytes', 1), idle('io', 1))).toEqualTypeOf<
      Of<'manual:stop' | 'budget:bytes' | 'idle:io'>
    >()
    expectTypeOf(andThen(manual('sigterm'), condition('drained'))).toEqualTypeOf<
      Of<'manual:sigterm' | 'condition:drained'>
    >()
    expectTypeOf(labelled('page')(manual('stop'))).toEqualTypeOf<Of<'manual:stop'>>()
  })

  it('name nothing where no part does', () => {
    expectTypeOf(any(timeout(1), counter(1))).toEqualTypeOf<Of>()
    expectTypeOf(all(timeout(1), counter(1))).toEqualTypeOf<Of>()
    expectTypeOf(andThen(timeout(1), counter(1))).toEqualTypeOf<Of>()
    expectTypeOf(labelled('page')(timeout(1))).toEqualTypeOf<Of>()
  })

  it('of no parts are the identities, which name nothing', () => {
    expectTypeOf(any()).toEqualTypeOf<Of>()
    expectTypeOf(all()).toEqualTypeOf<Of>()
  })

  it('keep each of more than ten names', () => {
    const letters = any(
      manual('a'),
      manual('b'),
      manual('c'),
      manual('d'),
      manual('e'),
      manual('f'),
      condition('g'),
      condition('h'),
      budget('i', 1),
      budget('j', 1),
      idle('k', 1),
      timeout(1),
    )
    expectTypeOf(letters).toEqualTypeOf<
      Of<`manual:${'a' | 'b' | 'c' | 'd' | 'e' | 'f'}` | `condition:${'g' | 'h'}` | `budget:${'i' | 'j'}` | 'idle:k'>
    >()
  })

  it('nest, and a name that comes twice is one', () => {
    const token = any(all(manual('a'), andThen(manual('b'), condition('c'))), labelled('x')(any(manual('a'))))
    expectTypeOf(token).toEqualTypeOf<Of<'manual:a' | 'manual:b' | 'condition:c'>>()
  })

  it('take a list of tokens of one type', () => {
    const tokens: ReadonlyArray<Of<'manual:a' | 'manual:b'>> = [manual('a'), manual('b')]
    expectTypeOf(any(...tokens)).toEqualTypeOf<Of<'manual:a' | 'manual:b'>>()
    expectTypeOf(all(...tokens.map(labelled('each')))).toEqualTypeOf<Of<'manual:a' | 'manual:b'>>()
  })

  it('are inferred in a pipe', () => {
    const token = pipe(
      manual('stop'),
      or(condition('drained')),
      and(budget('bytes', 1)),
      followedBy(idle('io', 1)),
      labelled('all of it'),
      or(timeout('1 second')),
    )
    expectTypeOf(token).toEqualTypeOf<Of<'manual:stop' | 'condition:drained' | 'budget:bytes' | 'idle:io'>>()
  })

  it('in a pipe name nothing where no part does', () => {
    expectTypeOf(pipe(timeout(1), or(counter(1)), and(never), followedBy(cancelled()))).toEqualTypeOf<Of>()
  })

  it('refuse what is no token', () => {
    // @ts-expect-error - a text is no token
    any('stop')
    // @ts-expect-error - a function is no token
    andThen(manual('a'), () => manual('b'))
    // @ts-expect-error - a label is a text
    labelled(1)
  })
})

describe('assignment', () => {
  it('lets a token that names less stand where more may be named', () => {
    expectTypeOf<Of>().toExtend<Of<'manual:a'>>()
    expectTypeOf<Of<'manual:a'>>().toExtend<Of<'manual:a' | 'condition:b'>>()
    expectTypeOf<Of<'manual:a'>>().toExtend<Of<Token.Input>>()
    expectTypeOf<Of<'manual:a'>>().toExtend<Of<`manual:${string}`>>()
  })

  it('never loses a name', () => {
    expectTypeOf<Of<'manual:a'>>().not.toExtend<Of>()
    expectTypeOf<Of<'manual:a'>>().not.toExtend<Of<'manual:b'>>()
    expectTypeOf<Of<'manual:a' | 'condition:b'>>().not.toExtend<Of<'manual:a'>>()
    expectTypeOf<Of<Token.Input>>().not.toExtend<Of<`manual:${string}`>>()
    // @ts-expect-error - a token that names 'a' would be taken for one that names nothing
    const nameless: Of = manual('a')
    expectTypeOf(nameless).toEqualTypeOf<Of>()
  })

  it('refuses an input of no known kind', () => {
    // @ts-expect-error - there is no input of the kind 'event'
    expectTypeOf<Of<'event:a'>>().toBeObject()
  })
})

describe('destructors', () => {
  const yes = (): boolean => true

  it('match answers for every kind, with the data of that kind', () => {
    const shown = Token.match({
      Never: () => '',
      Cancelled: () => '',
      Manual: ({ name }) => name,
      Timeout: ({ duration }) => String(duration),
      Deadline: ({ instant }) => String(instant),
      Counter: ({ limit }) => String(limit),
      Condition: ({ onError }) => {
        expectTypeOf(onError).toEqualTypeOf<'ignore' | 'throw'>()
        return onError
      },
      Budget: ({ name }) => name,
      Idle: ({ name }) => name,
      Any: ({ tokens }) => {
        expectTypeOf(tokens).toEqualTypeOf<ReadonlyArray<Of<Token.Input>>>()
        return String(tokens.length)
      },
      All: ({ tokens }) => String(tokens.length),
      AndThen: ({ first }) => first._tag,
      Labelled: ({ label }) => label,
    })
    expectTypeOf(shown).toEqualTypeOf<(token: Of<Token.Input>) => string>()
  })

  it('match refuses a missing handler', () => {
    // @ts-expect-error - nobody answers for 'Idle'
    Token.match<boolean>({
      Never: yes,
      Cancelled: yes,
      Manual: yes,
      Timeout: yes,
      Deadline: yes,
      Counter: yes,
      Condition: yes,
      Budget: yes,
      Any: yes,
      All: yes,
      AndThen: yes,
      Labelled: yes,
    })
  })

  it('fold refuses a missing answer for a leaf, and for a combinator', () => {
    const leaves = {
      Never: yes,
      Cancelled: yes,
      Manual: yes,
      Timeout: yes,
      Deadline: yes,
      Counter: yes,
      Condition: yes,
      Budget: yes,
    }
    const combinators = { Any: yes, All: yes, Labelled: yes }
    expectTypeOf(Token.fold<boolean>({ ...leaves, Idle: yes, ...combinators, AndThen: yes })).toEqualTypeOf<
      (token: Of<Token.Input>) => boolean
    >()
    // @ts-expect-error - nobody answers for 'Idle'
    Token.fold<boolean>({ ...leaves, ...combinators, AndThen: yes })
    // @ts-expect-error - nobody answers for 'AndThen'
    Token.fold<boolean>({ ...leaves, Idle: yes, ...combinators })
  })

  it('fold gives each combinator the answers for its parts', () => {
    type Algebra = Token.Algebra<number>
    expectTypeOf<Parameters<Algebra['Any']>[1]>().toEqualTypeOf<ReadonlyArray<number>>()
    expectTypeOf<Parameters<Algebra['AndThen']>>().toEqualTypeOf<
      [token: Token.AndThen, first: number, second: number]
    >()
  })
})

describe('questions', () => {
  it('normalise keeps the names', () => {
    expectTypeOf(Analysis.normalise(any(manual('a'), never))).toEqualTypeOf<Of<'manual:a'>>()
  })

  it('NameOf picks the names of one kind', () => {
    type Mixed = 'manual:stop' | 'idle:io' | 'manual:a:b'
    expectTypeOf<Token.NameOf<'manual', Mixed>>().toEqualTypeOf<'stop' | 'a:b'>()
    expectTypeOf<Token.NameOf<'idle', Mixed>>().toEqualTypeOf<'io'>()
    expectTypeOf<Token.NameOf<'budget', Mixed>>().toEqualTypeOf<never>()
    expectTypeOf<Token.NameOf<'manual', Token.Input>>().toEqualTypeOf<string>()
  })
})

describe('a token', () => {
  it('cannot be changed', () => {
    const counted: Token.Counter = { _tag: 'Counter', limit: 3, left: 3, direct: true }
    // @ts-expect-error - tokens are values
    counted.left = 2
    const either = any(manual('a'), manual('b')) as Token.Any
    // @ts-expect-error - a list of parts neither grows nor shrinks
    either.tokens.push(manual('c'))
  })
})

describe('a generic token', () => {
  it('combines with others by any and all, in any place', () => {
    const withStop = <I extends Token.Input>(token: Token.Token<I>): Token.Token<I | 'manual:stop'> =>
      Token.any(token, Token.all(Token.manual('stop'), token))
    expectTypeOf(withStop(Token.manual('a'))).toEqualTypeOf<Token.Token<'manual:a' | 'manual:stop'>>()
  })
})
