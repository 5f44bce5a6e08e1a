/** Small houses, and the rules each breaks, in alphabetical order; boundaries.mjs must say the same. */

const house = {
  'Duration.ts': 'export const zero = 0',
  'Reason.ts': '',
  'Token.ts': "import { zero } from './Duration.js'; export const token = zero",
  'Clock.ts': '',
  'World.ts': '',
  'Semantics.ts':
    "import { token } from './Token.js'; import { a } from './internal/a.js'; export const step = [token, a]",
  'Analysis.ts': '',
  'CancelScope.ts': "import { Machine } from './interpreter/Machine.js'; export const open = Machine",
  'internal/a.ts': "export { c } from './c.js'; export const a = 1; export type A = 1",
  'internal/b.ts': 'export const b = 1',
  'internal/c.ts': 'export const c = 1',
  'interpreter/Machine.ts': "import { b } from '../internal/b.js'; export class Machine { b = b; held = new Map() }",
}
const fixture = (title, expected, changes) => ({ title, expected, files: { ...house, ...changes } })

export const fixtures = [
  fixture('a house in order', [], {}),

  fixture('Token imports Semantics', ['rooms'], { 'Token.ts': "import type { step } from './Semantics.js'" }),
  fixture('Semantics imports the interpreter', ['rooms'], {
    'Semantics.ts': "import type { Machine } from './interpreter/Machine.js'",
  }),
  fixture('the interpreter imports Semantics', ['rooms'], {
    'interpreter/Machine.ts': "import { step } from '../Semantics.js'",
  }),
  fixture('Analysis imports the interpreter', ['rooms'], { 'Analysis.ts': "export * from './interpreter/Machine.js'" }),
  fixture('the interpreter imports a value of Clock', ['rooms'], {
    'interpreter/Machine.ts': "import { x } from '../Clock.js'",
  }),
  fixture('the interpreter imports a type of Clock', [], {
    'interpreter/Machine.ts': "import type { X } from '../Clock.js'",
  }),
  fixture('an inline type is a value import', ['rooms'], {
    'interpreter/Machine.ts': "import { type X } from '../Clock.js'",
  }),
  fixture('CancelScope runs Semantics', ['rooms'], { 'CancelScope.ts': "import { step } from './Semantics.js'" }),
  fixture('index shows the interpreter', ['rooms'], { 'index.ts': "export * from './interpreter/Machine.js'" }),
  fixture('index shows the public rooms', [], { 'index.ts': "export * as Token from './Token.js'" }),
  fixture('a room that is in no plan', ['rooms'], { 'Shed.ts': '' }),
  fixture('an import of nothing', ['rooms'], { 'Reason.ts': "import './Nothing.js'" }),
  fixture('a dynamic import', ['rooms'], { 'Reason.ts': "export const f = () => import('./Clock.js')" }),
  fixture('an import within a type', ['rooms'], { 'Reason.ts': "export type C = import('./Clock.js').Clock" }),

  fixture('the interpreter runs what Semantics runs', ['shared'], {
    'interpreter/Machine.ts': "import { a } from '../internal/a.js'",
  }),
  fixture('the same by a detour', ['shared'], {
    'internal/b.ts': "export { c } from './c.js'",
  }),
  fixture('a type may be shared', [], { 'interpreter/Machine.ts': "import type { A } from '../internal/a.js'" }),

  fixture('a cycle of values', ['cycles'], {
    'Duration.ts': "import { token } from './Token.js'; export const zero = token",
  }),
  fixture('a cycle that a type closes', [], {
    'Duration.ts': "import type { token } from './Token.js'; export const zero = 0",
  }),

  fixture('fp-ts at run time', ['packages'], { 'Token.ts': "import { some } from 'fp-ts/lib/Option.js'" }),
  fixture('an inline type of fp-ts', ['packages'], { 'Token.ts': "import { type Option } from 'fp-ts/lib/Option.js'" }),
  fixture('a directory of fp-ts', ['packages'], { 'Token.ts': "import type { Option } from 'fp-ts/Option'" }),
  fixture('types of fp-ts', [], {
    'Token.ts': "import type { Option } from 'fp-ts/lib/Option.js'; import type { URIS } from 'fp-ts/HKT'",
  }),
  fixture('io-ts out of its room', ['packages'], { 'Token.ts': "import * as t from 'io-ts'" }),
  fixture('io-ts by name', ['packages'], { 'codec/token.ts': "import { type } from 'io-ts'" }),
  fixture('io-ts in its room', [], { 'codec/token.ts': "import * as t from 'io-ts'" }),
  fixture('a module of Node', ['packages'], { 'Clock.ts': "import { setTimeout } from 'node:timers'" }),

  ...[
    'performance.now()',
    'Date.now()',
    'new Date()',
    'Date()',
    'setTimeout(f, 1)',
    'setInterval(f, 1)',
    'Math.random()',
    'new AbortController()',
    'new Promise(f)',
    'async () => {}',
    'globalThis.anything',
  ].flatMap((code) => [
    fixture(`${code} in Reason`, ['pure'], { 'Reason.ts': `export const x = ${code}` }),
    fixture(`${code} in internal`, ['pure'], { 'internal/b.ts': `export const x = () => ${code}` }),
    fixture(`${code} in Clock`, [], { 'Clock.ts': `export const x = ${code}` }),
  ]),
  fixture('an async method', ['pure'], { 'Semantics.ts': 'export const x = { async f() {} }' }),
  fixture('words and members that look impure', [], {
    'Reason.ts':
      "// setTimeout\nexport const x = { setTimeout: 'async', y: new Date(0) }; export const z = x.setTimeout",
  }),

  fixture('instanceof on a class of our own', ['instanceof'], {
    'CancellationError.ts': 'export class Cancelled extends Error {}',
    'Reason.ts':
      "import { Cancelled } from './CancellationError.js'; export const f = (x: unknown) => x instanceof Cancelled",
  }),
  fixture('the same through a namespace', ['instanceof'], {
    'CancellationError.ts': 'export class Cancelled extends Error {}',
    'Reason.ts':
      "import * as C from './CancellationError.js'; export const f = (x: unknown) => x instanceof C.Cancelled",
  }),
  fixture('instanceof on a class of the platform', [], {
    'Reason.ts': 'export const f = (x: unknown) => x instanceof Date',
  }),

  fixture('a variable at module level', ['state'], { 'Clock.ts': 'let x = 0; export const f = () => x++' }),
  ...['Map', 'WeakMap', 'Set', 'WeakSet'].map((made) =>
    fixture(`a ${made} at module level`, ['state'], { 'Clock.ts': `const x = { y: new ${made}() }` }),
  ),
  fixture('a static Map', ['state'], { 'Clock.ts': 'class X { static y = new Map() }' }),
  fixture('a Map in a function and in an object', [], {
    'Clock.ts': 'const f = () => { let n = 0; return new Map() }; class X { y = new Map(); z() { return new Set() } }',
  }),
]
