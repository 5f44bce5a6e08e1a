/**
 * Checks who imports whom in src, and what the rooms may mention; see `rooms` for the plan of the house.
 *
 * Before it looks at src it looks at the fixtures of boundaries-fixtures.mjs: a rule that finds nothing there is broken.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { fixtures } from './boundaries-fixtures.mjs'

// -------------------------------------------------------------------------------------
// the plan: a room is a file of src, or a folder of it
// -------------------------------------------------------------------------------------

const base = ['Duration', 'Reason', 'Token', 'CancellationError', 'internal']
const pureRoom = { pure: true, may: base }
const live = [...base, 'Analysis', 'Clock', 'World', 'CancelScope']

/** `may`: rooms it imports; `mayType`: rooms it imports types of; `pure`: no time, no chance, no promise; `packages`: beside fp-ts. */
const rooms = {
  Duration: pureRoom,
  Reason: pureRoom,
  Token: pureRoom,
  CancellationError: pureRoom,
  internal: pureRoom,
  Semantics: pureRoom,
  Analysis: pureRoom,
  Clock: { may: [...base, 'Clock'] },
  World: { may: [...base, 'Clock'] },
  interpreter: {
    may: ['Token', 'Reason', 'Duration', 'internal', 'interpreter'],
    mayType: ['Analysis', 'Clock', 'World'],
  },
  CancelScope: { may: [...base, 'Analysis', 'Clock', 'World', 'interpreter'], mayType: ['Semantics'] },
  AbortSignal: { may: live },
  Cancellable: { may: [...live, 'AbortSignal'] },
  codec: { may: [...base, 'Semantics', 'Analysis', 'codec'], packages: ['io-ts'] },
  // it puts an engine of its own in the place of the interpreter's, whose meaning is that of the semantics
  threads: { may: [...live, 'Semantics', 'interpreter', 'threads'] },
  testing: { may: [...live, 'Semantics', 'testing'], packages: ['fast-check'] },
  effect: { may: [...live, 'AbortSignal', 'effect'], packages: ['effect'] },
  // what only version 4 has: services, layers, its Schema over what the codecs read and write
  effect4: { may: [...live, 'AbortSignal', 'codec', 'effect', 'effect4'], packages: ['effect'] },
  'effect-testing': { may: [...live, 'effect', 'effect-testing'], mayType: ['testing'], packages: ['effect'] },
}
const isPublic = (room) => room in rooms && room !== 'interpreter' && room !== 'internal'
const roomOf = (file) => file.split('/')[0].replace(/\.ts$/, '')

const impure = {
  names: [
    'setTimeout',
    'setInterval',
    'setImmediate',
    'queueMicrotask',
    'performance',
    'AbortController',
    'globalThis',
  ],
  members: ['Date.now', 'Math.random'],
}
const containers = ['Map', 'Set', 'WeakMap', 'WeakSet']

/** The rules by the name that an error carries. */
const rules = {
  rooms: 'rooms import only the rooms they may',
  shared: 'the interpreter and Semantics share no internal module',
  cycles: 'no cycle of value imports',
  packages: 'packages are imported as they may be',
  pure: 'pure rooms mention no time, chance or promise',
  instanceof: 'no instanceof on a class of our own',
  state: 'no state at module level',
}

// -------------------------------------------------------------------------------------
// reading
// -------------------------------------------------------------------------------------

const walk = (node, visit) => {
  if (visit(node) === false) return
  ts.forEachChild(node, (child) => walk(child, visit))
}

/** What a file imports: `{ specifier, typeOnly, clause, line }`. `import { type A }` counts as a value: it still loads the module. */
const importsOf = (source) => {
  const found = []
  const add = (node, literal, typeOnly, clause) =>
    found.push({ specifier: literal.text, typeOnly, clause, line: lineOf(source, node) })
  walk(source, (node) => {
    if (ts.isImportDeclaration(node))
      add(node, node.moduleSpecifier, node.importClause?.isTypeOnly ?? false, node.importClause)
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier) add(node, node.moduleSpecifier, node.isTypeOnly)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node, node.argument.literal, true)
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments
      add(node, argument && ts.isStringLiteralLike(argument) ? argument : { text: '(computed)' }, false)
    } else if (ts.isExternalModuleReference(node)) add(node, node.expression, false)
  })
  return found
}

const lineOf = (source, node) => source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1

/** Whether an identifier is used as a name of its own, rather than as that of a member. */
const standsAlone = (node) => {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.name !== node
  if (ts.isQualifiedName(parent)) return parent.right !== node
  return (
    !(ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isMethodSignature(parent)) ||
    parent.name !== node
  )
}

/** Groups of files that reach each other, by depth-first search from each. */
const cyclesOf = (edges) => {
  const reach = new Map()
  for (const start of edges.keys())
    reach.set(
      start,
      closure(edges.get(start), (file) => edges.get(file) ?? []),
    )
  const groups = new Map()
  for (const [file, reached] of reach) {
    if (!reached.has(file)) continue
    const group = [...reached].filter((other) => reach.get(other)?.has(file)).toSorted()
    groups.set(group.join(' '), group)
  }
  return [...groups.values()]
}

const closure = (roots, next) => {
  const seen = new Set()
  const pending = [...roots]
  while (pending.length > 0) {
    const file = pending.pop()
    if (seen.has(file)) continue
    seen.add(file)
    pending.push(...next(file))
  }
  return seen
}

// -------------------------------------------------------------------------------------
// checking
// -------------------------------------------------------------------------------------

/** Checks files given as `{ 'Token.ts': text }`; answers with the errors and with the cycles that types alone close. */
const check = (files) => {
  const errors = []
  const report = (rule, file, line, message) => errors.push({ rule, text: `src/${file}:${line} ${message}` })
  const sources = new Map(
    Object.entries(files).map(([file, text]) => [file, ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)]),
  )
  const values = new Map([...sources.keys()].map((file) => [file, []]))
  const everything = new Map([...sources.keys()].map((file) => [file, []]))
  const lines = new Map() // 'a b' -> the line of a that imports b by value
  const classes = new Set()
  for (const source of sources.values())
    walk(source, (node) => {
      if (ts.isClassLike(node) && node.name) classes.add(node.name.text)
    })

  for (const [file, source] of sources) {
    const name = roomOf(file)
    const room = file === 'index.ts' ? { may: Object.keys(rooms).filter(isPublic) } : rooms[name]
    if (room === undefined) {
      report('rooms', file, 1, `is in no room of the house: add '${name}' to the plan in .ci/boundaries.mjs`)
      continue
    }

    for (const { specifier, typeOnly, clause, line } of importsOf(source)) {
      const how = typeOnly ? 'imports a type of' : 'imports'
      if (!specifier.startsWith('.')) {
        const message = packageError(specifier, typeOnly, clause, room)
        if (message !== undefined) report('packages', file, line, `${how} ${specifier}: ${message}`)
        continue
      }
      const target = posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts')
      if (!sources.has(target)) {
        report('rooms', file, line, `${how} ${specifier}, which is no file of src`)
        continue
      }
      everything.get(file).push(target)
      if (!typeOnly) {
        values.get(file).push(target)
        lines.set(`${file} ${target}`, line)
      }
      const other = roomOf(target)
      if (room.may.includes(other) || (typeOnly && room.mayType?.includes(other))) continue
      const but = room.mayType?.includes(other) ? ', of which it may import types only' : ''
      report('rooms', file, line, `${how} ${target}: ${name} may not import ${other}${but}`)
    }

    checkMentions(source, room, classes, (rule, node, message) => report(rule, file, lineOf(source, node), message))
  }

  const internal = (file) => values.get(file).filter((target) => roomOf(target) === 'internal')
  const ofRoom = (name) => [...sources.keys()].filter((file) => roomOf(file) === name)
  const meant = closure(ofRoom('Semantics').flatMap(internal), internal)
  for (const file of ofRoom('interpreter'))
    for (const first of internal(file))
      for (const target of closure([first], internal))
        if (meant.has(target))
          report(
            'shared',
            file,
            lines.get(`${file} ${first}`),
            `runs ${target}, which Semantics runs: they share no code`,
          )

  for (const cycle of cyclesOf(values)) report('cycles', cycle[0], 1, `is in a cycle: ${cycle.join(', ')}`)
  const typeCycles = cyclesOf(everything).filter((cycle) => cyclesOf(restrict(values, cycle)).length === 0)
  return { errors, typeCycles }
}

const restrict = (edges, files) =>
  new Map(files.map((file) => [file, edges.get(file).filter((target) => files.includes(target))]))

const packageError = (specifier, typeOnly, clause, room) => {
  const name = specifier.split('/')[0]
  if (name === 'fp-ts') {
    if (!typeOnly) return 'fp-ts is imported by `import type` only'
    if (!/^fp-ts\/(lib\/\w+\.js|HKT)$/.test(specifier)) return 'write fp-ts/lib/X.js'
    return undefined
  }
  if (!room.packages?.includes(name)) return 'this room does not use that package'
  if (name === 'io-ts') {
    const bindings = clause?.namedBindings
    if (specifier !== 'io-ts' || !bindings || !ts.isNamespaceImport(bindings)) return "write import * as t from 'io-ts'"
  }
  return undefined
}

const checkMentions = (source, room, classes, report) => {
  const impureMention = (node) => {
    if (ts.isIdentifier(node)) return impure.names.includes(node.text) && standsAlone(node) ? node.text : undefined
    if (ts.isPropertyAccessExpression(node)) return impure.members.find((member) => member === node.getText(source))
    if (ts.isNewExpression(node)) {
      const made = node.expression.getText(source)
      // a date made of a number is a value; one made of nothing is the time
      if (made === 'Promise' || (made === 'Date' && !node.arguments?.length)) return `new ${made}`
    }
    if (ts.isCallExpression(node) && node.expression.getText(source) === 'Date') return 'Date()'
    if (node.kind === ts.SyntaxKind.AsyncKeyword) return 'async'
    if (ts.isAwaitExpression(node)) return 'await'
    return undefined
  }

  walk(source, (node) => {
    if (room.pure) {
      const mention = impureMention(node)
      if (mention !== undefined) report('pure', node, `mentions ${mention} in a pure room`)
    }
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword) {
      const name = node.right.getText(source).split('.').at(-1)
      if (classes.has(name))
        report('instanceof', node, `instanceof ${name}: another copy of the package has another ${name}`)
    }
  })

  // what runs once, when the module is loaded
  for (const statement of source.statements)
    if (ts.isVariableStatement(statement) && !(statement.declarationList.flags & ts.NodeFlags.Const))
      report('state', statement, 'declares a variable at module level')
  walk(source, (node) => {
    if (ts.isFunctionLike(node)) return false
    if (ts.isPropertyDeclaration(node))
      return ts.getModifiers(node)?.some((m) => m.kind === ts.SyntaxKind.StaticKeyword) ?? false
    if (ts.isNewExpression(node) && containers.includes(node.expression.getText(source)))
      report('state', node, `makes a ${node.expression.getText(source)} at module level`)
    return undefined
  })
}

// -------------------------------------------------------------------------------------
// running
// -------------------------------------------------------------------------------------

let passed = 0
let failed = 0
const count = (ok, message) => {
  if (ok) passed++
  else {
    failed++
    console.log(message)
  }
}

for (const { title, files, expected } of fixtures) {
  const found = check(files).errors
  const names = [...new Set(found.map(({ rule }) => rule))].toSorted().join(', ')
  const shown = found.map(({ text }) => `  ${text}`).join('\n')
  count(
    names === expected.join(', '),
    `fixture '${title}': expected [${expected.join(', ')}], found [${names}]\n${shown}`,
  )
}
for (const rule of Object.keys(rules))
  count(
    fixtures.some(({ expected }) => expected.includes(rule)),
    `no fixture breaks the rule '${rule}'`,
  )

const src = fileURLToPath(new URL('../src/', import.meta.url))
const files = readdirSync(src, { recursive: true }).filter((file) => file.endsWith('.ts'))
const { errors, typeCycles } = check(
  Object.fromEntries(files.map((file) => [file.replaceAll('\\', '/'), readFileSync(join(src, file), 'utf8')])),
)
for (const [rule, title] of Object.entries(rules)) {
  const found = errors.filter((error) => error.rule === rule)
  count(found.length === 0, `${title}:\n${found.map(({ text }) => `  ${text}`).join('\n')}`)
}
for (const cycle of typeCycles) console.log(`allowed, since types alone close it: ${cycle.join(', ')}`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
