import * as path from "node:path"
import ts from "typescript"
import { ENTRY_POINTS, publicExports, type PublicExport } from "./publicApi.ts"

const HERE = import.meta.dirname

const VALUES = path.join(HERE, "values.ts")

/** Where the module of an example would be. */
const EXAMPLE = path.join(HERE, "example-")

const PACKAGES = ["effect", "@effect/platform", "@effect/platform-node"] as const

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts"],
  module: ts.ModuleKind.NodeNext,
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  noEmit: true,
  paths: Object.fromEntries(Object.entries(ENTRY_POINTS).map(([name, file]) => [name, [file]]))
}

/** An example as a module, and the export it belongs to. */
interface Example {
  readonly of: PublicExport
  readonly file: string
  readonly source: string
}

/** The names that a module exports at its top. */
const namesOf = (program: ts.Program, file: string): ReadonlyArray<string> => {
  const source = program.getSourceFile(file)
  const module = source && program.getTypeChecker().getSymbolAtLocation(source)
  if (module === undefined) throw new Error(`${file} is no module`)
  return program
    .getTypeChecker()
    .getExportsOfModule(module)
    .map(({ name }) => name)
}

const packageFile = (name: string) => {
  const found = ts.resolveModuleName(name, VALUES, OPTIONS, ts.sys, undefined, undefined, ts.ModuleKind.ESNext)
  if (found.resolvedModule === undefined) throw new Error(`${name} is not installed`)
  return found.resolvedModule.resolvedFileName
}

/** For each name that an example may use without an import: the module that has it. The first module wins. */
const usualNames = (program: ts.Program): ReadonlyMap<string, string> => {
  const modules = [
    ...Object.entries(ENTRY_POINTS),
    ["./values.ts", VALUES] as const,
    ...PACKAGES.map((name) => [name, packageFile(name)] as const)
  ]
  const names = modules
    .toReversed()
    .flatMap(([from, file]) => namesOf(program, file).map((name) => [name, from] as const))
  // `Number` is that of JavaScript, not that of Effect.
  return new Map(names.filter(([name]) => !(name in globalThis)))
}

const IMPORT = /^import [^;]*?from "[^"]+"$/gm

/** The module of an example: what it names is imported, and its statements are those of a function. */
const moduleOf = (code: string, usual: ReadonlyMap<string, string>, from: string): string => {
  const imports = code.match(IMPORT) ?? []
  const body = code.replace(IMPORT, "").trim()
  const imported = new Set(imports.flatMap((line) => line.match(/\w+/g) ?? []))
  const words = [...new Set(body.match(/(?<!\w)(?<!(?<!\.\.)\.)[A-Za-z]\w*/g) ?? [])]
  const named = words.flatMap((name) => {
    const module = usual.get(name)
    return module === undefined || imported.has(name) ? [] : `import { ${name} } from "${module}"`
  })
  const scope = /\byield\*/.test(body) ? "Effect.gen(function* () {" : "(() => {"
  const effect = scope.startsWith("Effect") && !named.some((line) => line.includes("{ Effect }"))
  const usedHere = effect && !imported.has("Effect") ? ['import { Effect } from "effect"'] : []
  return [...imports, ...named, ...usedHere, `export const example = ${scope}`, body, "})", `// ${from}`].join("\n")
}

const programOf = (examples: ReadonlyArray<Example>, old?: ts.Program) => {
  const host = ts.createCompilerHost(OPTIONS)
  const sources = new Map(examples.map(({ file, source }) => [file, source]))
  const { fileExists, getSourceFile, readFile } = host
  host.fileExists = (file) => sources.has(file) || fileExists(file)
  host.readFile = (file) => sources.get(file) ?? readFile(file)
  host.getSourceFile = (file, ...rest) => {
    const source = sources.get(file)
    if (source !== undefined) return ts.createSourceFile(file, source, ts.ScriptTarget.ES2022, true)
    return old?.getSourceFile(file) ?? getSourceFile(file, ...rest)
  }
  const rootNames = [...Object.values(ENTRY_POINTS), VALUES, ...PACKAGES.map(packageFile), ...sources.keys()]
  return ts.createProgram({ rootNames, options: OPTIONS, host, ...(old && { oldProgram: old }) })
}

/** What the compiler says of an example, with its code. */
const complaints = (program: ts.Program, { file, of, source }: Example): ReadonlyArray<string> => {
  const sourceFile = program.getSourceFile(file)
  const found = [...program.getSyntacticDiagnostics(sourceFile), ...program.getSemanticDiagnostics(sourceFile)]
  return found.map(({ messageText, start = 0 }) => {
    const line = source.slice(0, start).split("\n").length - 1
    return `${of.place} ${of.name}: ${ts.flattenDiagnosticMessageText(messageText, "\n  ")}\n  ${source.split("\n")[line]}`
  })
}

/** The public exports, and what is wrong with their examples. */
export const checkedExports = () => {
  const bare = programOf([])
  const found = publicExports(bare)
  const usual = usualNames(bare)
  // A namespace and a name of its own may export the same.
  const examples = [...new Map(found.map((of) => [of.place, of])).values()].flatMap((of) =>
    of.examples.map((code, index) => {
      const file = `${EXAMPLE}${of.name.replaceAll(/\W/g, "-")}-${of.from.replace("/", "-")}-${index}.ts`
      return { of, file, source: moduleOf(code, usual, of.place) }
    })
  )
  const program = programOf(examples, bare)
  return { exported: publicExports(program), wrong: examples.flatMap((example) => complaints(program, example)) }
}
