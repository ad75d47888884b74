import * as path from "node:path"
import ts from "typescript"

const ROOT = path.join(import.meta.dirname, "../..")

/** The files whose exports are public, by the name they are imported with. */
export const ENTRY_POINTS = {
  "nightly-dispatch": path.join(ROOT, "src/index.ts"),
  "nightly-dispatch/testing": path.join(ROOT, "src/testing/index.ts")
} as const

export type EntryPoint = keyof typeof ENTRY_POINTS

export type Kind = "class" | "constant" | "effect" | "function" | "layer" | "schema" | "service" | "type"

/** An export as a user names it: `BdBeads.layer` of `nightly-dispatch`. */
export interface PublicExport {
  readonly name: string
  readonly from: EntryPoint
  readonly kind: Kind
  /** The file of its declaration, from the root of the project, with the line. */
  readonly place: string
  readonly text: string
  readonly examples: ReadonlyArray<string>
}

/** Kinds that are understood without an example: their fields or values say what they are. */
export const WITHOUT_EXAMPLE: ReadonlyArray<Kind> = ["constant", "type"]

const has = (type: ts.Type, ...names: ReadonlyArray<string>) =>
  names.every((name) => type.getProperty(name) !== undefined)

/** Whether a property of this type has a key that begins so, as the type ids of Effect do. */
const isMarked = (type: ts.Type, word: string) => type.getProperties().some(({ name }) => name.startsWith(`__@${word}`))

const kindOf = (checker: ts.TypeChecker, symbol: ts.Symbol, at: ts.Node): Kind => {
  if ((symbol.flags & ts.SymbolFlags.Value) === 0) return "type"
  const type = checker.getTypeOfSymbolAtLocation(symbol, at)
  if (isMarked(type, "TagTypeId") || isMarked(type, "ReferenceTypeId")) return "service"
  if (ts.isClassDeclaration(at)) return "class"
  if (has(type, "ast", "annotations")) return "schema"
  if (isMarked(type, "LayerTypeId")) return "layer"
  if (type.getCallSignatures().length > 0) return "function"
  if (isMarked(type, "EffectTypeId")) return "effect"
  return "constant"
}

/** The docs that are written before a statement. */
const docsBefore = (statement: ts.Statement) => {
  const docs = ts.getJSDocCommentsAndTags(statement).filter(ts.isJSDoc)
  const examples = docs.flatMap(({ tags = [] }) => tags.filter(({ tagName }) => tagName.text === "example"))
  const words = (comment: ts.JSDoc["comment"]) => ts.getTextOfJSDocComment(comment) ?? ""
  return {
    text: docs.map(({ comment }) => words(comment)).join("\n"),
    examples: examples.map(({ comment }) => words(comment))
  }
}

const docsOf = (checker: ts.TypeChecker, symbol: ts.Symbol, declaration: ts.Declaration) => {
  // Those of `export const { after, on } = …` belong to the statement.
  const whole = ts.isBindingElement(declaration) ? ts.findAncestor(declaration, ts.isVariableStatement) : undefined
  if (whole !== undefined) return docsBefore(whole)
  const examples = symbol.getJsDocTags(checker).filter(({ name }) => name === "example")
  return {
    text: ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim(),
    examples: examples.map(({ text }) => ts.displayPartsToString(text))
  }
}

const described = (checker: ts.TypeChecker, from: EntryPoint, name: string, symbol: ts.Symbol): PublicExport => {
  const [declaration] = symbol.declarations ?? []
  if (declaration === undefined) throw new Error(`${name} has no declaration`)
  const file = declaration.getSourceFile()
  const { line } = file.getLineAndCharacterOfPosition(declaration.getStart())
  return {
    name,
    from,
    // Asked for once, because it needs the export's type.
    get kind() {
      return kindOf(checker, symbol, declaration)
    },
    place: `${path.relative(ROOT, file.fileName)}:${line + 1}`,
    ...docsOf(checker, symbol, declaration)
  }
}

/** All exports of a module, with those of the modules that it exports as namespaces. */
const exportsOf = (
  checker: ts.TypeChecker,
  from: EntryPoint,
  module: ts.Symbol,
  prefix = ""
): ReadonlyArray<PublicExport> =>
  checker.getExportsOfModule(module).flatMap((exported) => {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
    const name = `${prefix}${exported.name}`
    return symbol.flags & ts.SymbolFlags.ValueModule
      ? exportsOf(checker, from, symbol, `${name}.`)
      : described(checker, from, name, symbol)
  })

/** An entry point with its exports. Its own docs are those before its first statement. */
const entryPoint = (program: ts.Program, from: EntryPoint): ReadonlyArray<PublicExport> => {
  const checker = program.getTypeChecker()
  const file = program.getSourceFile(ENTRY_POINTS[from])
  const module = file && checker.getSymbolAtLocation(file)
  const first = file?.statements[0]
  if (module === undefined || first === undefined) throw new Error(`${from} is no module`)
  const place = path.relative(ROOT, ENTRY_POINTS[from])
  return [{ name: from, from, kind: "constant", place, ...docsBefore(first) }, ...exportsOf(checker, from, module)]
}

/** Every public export of the library and of its test kit, and these two themselves. */
export const publicExports = (program: ts.Program): ReadonlyArray<PublicExport> => [
  ...entryPoint(program, "nightly-dispatch"),
  ...entryPoint(program, "nightly-dispatch/testing")
]
