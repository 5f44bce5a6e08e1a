/**
 * Checks that every public name is documented, and that every example of the documentation compiles and holds.
 *
 * Every ```ts block of README.md, docs (but docs/decisions) and the comments of src becomes `.examples/<id>.ts`, which tsc
 * checks as it is written, and `<id>.test.ts`, which vitest runs; both keep the block's line numbers. In a block,
 * `console.log(value) // => text` asserts that the value prints as the text; the comment may stand on the next line, and go on in
 * lines that begin with `//` and four spaces. A block marked ```ts no-run is compiled only.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { addCounts, noCounts, run, showCounts, tool } from './counting.mjs'

process.chdir(join(import.meta.dirname, '..'))

const filesOf = (folder, end) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true })
        .filter((file) => file.endsWith(end))
        .map((file) => join(folder, file).replaceAll('\\', '/'))
        .toSorted()
    : []
const parse = (file, text) => ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
const lineAt = (text, position) => text.slice(0, position).split('\n').length

// -------------------------------------------------------------------------------------
// every public name has a doc comment, and an example where there is something to run
// -------------------------------------------------------------------------------------

const namesOf = (statement) =>
  ts.isVariableStatement(statement)
    ? statement.declarationList.declarations.map(({ name }) => name.getText())
    : statement.name
      ? [statement.name.getText()]
      : []
const isExported = (statement) =>
  ts.canHaveModifiers(statement) &&
  (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
const isType = (statement) => ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)

/** What a module exports, as `{ name, type, statements }`; an overloaded function has several statements. */
const exportsOf = (source) => {
  const found = new Map()
  const add = (name, type, statements) => {
    const key = `${type ? 'type' : 'value'} ${name}`
    found.set(key, { name, type, statements: [...(found.get(key)?.statements ?? []), ...statements] })
  }
  for (const statement of source.statements) {
    if (isExported(statement)) for (const name of namesOf(statement)) add(name, isType(statement), [statement])
    if (!ts.isExportDeclaration(statement) || !statement.exportClause || ts.isNamespaceExport(statement.exportClause))
      continue
    for (const element of statement.exportClause.elements) {
      // `export { a as b }` is documented where a is declared; what comes from another module, where it is exported
      const local = (element.propertyName ?? element.name).text
      const declared = statement.moduleSpecifier
        ? []
        : source.statements.filter((other) => namesOf(other).includes(local))
      if (declared.length === 0) add(element.name.text, statement.isTypeOnly || element.isTypeOnly, [statement])
      for (const declaration of declared) add(element.name.text, isType(declaration), [declaration])
    }
  }
  return [...found.values()]
}

/** The names by which an entry exports those of other modules, by the file that declares them; `export * as` and lists of lists are followed. */
const namesBehind = (entry) => {
  const found = new Map()
  const source = parse(entry, readFileSync(entry, 'utf8'))
  for (const statement of source.statements) {
    if (!ts.isExportDeclaration(statement) || !statement.moduleSpecifier || !statement.exportClause) continue
    const file = join(dirname(entry), statement.moduleSpecifier.text).replaceAll('\\', '/').replace(/\.js$/, '.ts')
    const add = (behind, names) => found.set(behind, new Set([...(found.get(behind) ?? []), ...names]))
    const behind = namesBehind(file)
    const own = exportsOf(parse(file, readFileSync(file, 'utf8'))).map(({ name }) => name)
    const wanted = ts.isNamespaceExport(statement.exportClause)
      ? own
      : statement.exportClause.elements.map(({ name, propertyName }) => (propertyName ?? name).text)
    for (const [other, names] of behind)
      add(
        other,
        [...names].filter((name) => wanted.includes(name)),
      )
    const passedOn = new Set([...behind.values()].flatMap((names) => [...names]))
    add(
      file,
      wanted.filter((name) => !passedOn.has(name)),
    )
  }
  return found
}

/** The files with public names: all of a module of src, and of a subpath what its index exports. */
const publicFiles = () => [
  ...readdirSync('src')
    .filter((name) => name.endsWith('.ts') && name !== 'index.ts')
    .map((name) => [join('src', name), undefined]),
  ...namesBehind('src/testing/index.ts'),
  ...namesBehind('src/codec/index.ts'),
  ...namesBehind('src/threads/index.ts'),
  ...namesBehind('src/effect/index.ts'),
  ...namesBehind('src/effect4/index.ts'),
  ...namesBehind('src/effect-testing/index.ts'),
]

const undocumented = () => {
  const missing = []
  for (const [file, publicNames] of publicFiles()) {
    const source = parse(file, readFileSync(file, 'utf8'))
    // the first comment of a file is about the module, also where no import stands between it and the first name
    const commentsOf = (statement) =>
      (statement.jsDoc ?? []).filter((comment) => comment.pos > source.statements[0].pos)
    const hasExample = ({ tags }) =>
      tags?.some((tag) => tag.tagName.text === 'example' && /```ts\b/.test(tag.getText())) ?? false
    for (const { name, type, statements } of exportsOf(source)) {
      if (publicNames !== undefined && !publicNames.has(name)) continue
      const where = `${file}:${lineAt(source.text, statements[0].getStart(source))} ${name}`
      const comments = statements.flatMap(commentsOf)
      if (comments.length === 0) missing.push(`${where}: no doc comment`)
      else if (!type && !comments.some(hasExample)) missing.push(`${where}: no @example`)
    }
  }
  return missing
}

// -------------------------------------------------------------------------------------
// extraction
// -------------------------------------------------------------------------------------

/** The ```ts blocks of a file; `line` is the one of the fence. */
const blocksOf = (file) => {
  const text = readFileSync(file, 'utf8')
  const blocks = []
  const fence = /^(?<margin>[ \t]*(?:\* ?)?)```ts(?<flags>(?: [^\n]*)?)\n(?<body>[\s\S]*?)^[ \t]*(?:\* ?)?```[ \t]*$/gm
  for (const { index, groups } of text.matchAll(fence)) {
    const line = lineAt(text, index)
    const indent = groups.margin.includes('*')
      ? /^[ \t]*\* ?/gm
      : new RegExp(`^[ \\t]{0,${groups.margin.length}}`, 'gm')
    blocks.push({
      file,
      line,
      id: `${file.replaceAll(/\W+/g, '_')}_${line}`,
      runs: !/\bno-run\b/.test(groups.flags),
      code: groups.body.replaceAll(indent, ''),
    })
  }
  return blocks
}

const isConsoleLog = (statement) =>
  ts.isExpressionStatement(statement) &&
  ts.isCallExpression(statement.expression) &&
  statement.expression.expression.getText() === 'console.log'

/** A block as a test: its imports go to the top, and a `console.log` with a `// => value` beside it goes to the recorder. */
const testOf = ({ file, line, code }) => {
  const source = parse('example.ts', code)
  const edits = []
  const imports = []
  const wanted = []
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) {
      imports.push(node.getText(source).replaceAll(/\s+/g, ' ').replace(/;?$/, ';'))
      edits.push([node.getStart(source), node.end, node.getText(source).replaceAll(/[^\n]/g, '')])
    } else if (isConsoleLog(node)) {
      const comment = /^[ \t]*\n?[ \t]*\/\/ => (.*(?:\n[ \t]*\/\/ {4}.*)*)/.exec(code.slice(node.end))
      if (comment) {
        const call = node.expression.expression
        edits.push([call.getStart(source), call.end, '__record'], [call.end, call.end + 1, `(${wanted.length}, `])
        wanted.push([line + lineAt(code, node.end), comment[1].replaceAll(/\n[ \t]*\/\//g, ' ')])
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(source)

  const problems = []
  const comments = code.match(/\/\/ ?=>/g)?.length ?? 0
  if (comments !== wanted.length) problems.push(`${file}:${line} has a '// =>' that belongs to no console.log(…)`)
  if (wanted.length === 0 && !/\bassert\b|\bexpect\(|@ts-expect-error/.test(code))
    problems.push(`${file}:${line} asserts nothing`)

  let body = code
  for (const [start, end, text] of edits.toSorted(([a], [b]) => b - a))
    body = body.slice(0, start) + text + body.slice(end)
  const head =
    `import { expect as __expect, test as __test } from 'vitest'; import { recorder as __recorder } from '../.ci/example-recorder.mjs'; ` +
    `${imports.join(' ')} __test(${JSON.stringify(`${file}:${line}`)}, async () => { ` +
    `const { record: __record, outcomes: __outcomes, expected: __expected } = __recorder(${JSON.stringify(wanted)});`
  return {
    problems,
    text: `${head}${'\n'.repeat(line)}${body}\n__expect(__outcomes).toEqual(__expected)\n})\n`,
  }
}

const extract = () => {
  rmSync('.examples', { recursive: true, force: true })
  mkdirSync('.examples')
  const guides = filesOf('docs', '.md').filter((file) => !file.startsWith('docs/decisions/'))
  const blocks = [...(existsSync('README.md') ? ['README.md'] : []), ...guides, ...filesOf('src', '.ts')].flatMap(
    blocksOf,
  )
  const problems = blocks.length === 0 ? ['there are no examples'] : []
  for (const block of blocks) {
    writeFileSync(`.examples/${block.id}.ts`, `${'\n'.repeat(block.line)}${block.code}`)
    if (!block.runs) continue
    const test = testOf(block)
    problems.push(...test.problems)
    writeFileSync(`.examples/${block.id}.test.ts`, test.text)
  }
  return { blocks, problems }
}

// -------------------------------------------------------------------------------------
// running
// -------------------------------------------------------------------------------------

let counts = noCounts
const add = (more) => (counts = addCounts(counts, more))
const addProblems = (problems) => {
  for (const problem of problems) console.log(problem)
  add({ ...noCounts, ...(problems.length > 0 ? { failed: problems.length } : { passed: 1 }) })
}

addProblems(undocumented())
const { blocks, problems } = extract()
addProblems(problems)
console.log(`${blocks.length} examples, ${blocks.filter(({ runs }) => runs).length} to run`)

const origins = new Map(blocks.map(({ id, file }) => [id, file]))
const rewrite = (line) => line.replace(/^\.examples\/(\w+)\.ts\b/, (path, id) => origins.get(id) ?? path)
add(await run(process.execPath, [tool.tsc, '-p', 'tsconfig.examples.json', '--pretty', 'false'], { rewrite }))
const vitest = [tool.vitest, 'run', '--project', 'examples', '--silent=passed-only']
add(await run(process.execPath, vitest, { counts: true, minutes: 5 }))

console.log(showCounts(counts))
process.exitCode = counts.failed > 0 ? 1 : 0
