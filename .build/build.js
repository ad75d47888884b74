// Builds dist from src: `node .build/build.js`. The executable alone, which most tests need: `node .build/build.js executable`.
// The bundles of the library without its types: `node .build/build.js library`.
import { build } from "esbuild"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { effectModules } from "./effectModules.js"
import { licensesOf } from "./licenses.js"
import { removePrivateTypes } from "./publicTypes.js"
import { withoutPrompts } from "./withoutPrompts.js"

/** The file that esbuild reads for a package, where its own choice would be larger or could not be bundled. */
const alias = {
  // Without its clients for the network.
  "@libsql/client": "@libsql/client/sqlite3",
  canvas: "./node_modules/linkedom/commonjs/canvas-shim.cjs",
  "jsonc-parser": "jsonc-parser/lib/esm/main.js",
  yaml: "./node_modules/yaml/browser/index.js"
}

/** Not bundled: libsql looks for its native part beside its own file. */
const NATIVE = "libsql"

/** Nodes before 14.18 know the modules of Node by these names only. */
const oldNames = Object.fromEntries(
  ["buffer", "crypto", "fs", "module", "path", "v8", "vm"].map((name) => [`node:${name}`, name])
)

/** Bundles to dist. Returns the source files that the bundles contain. */
const bundle = async (options) => {
  const common = {
    alias,
    bundle: true,
    logLevel: "warning",
    metafile: true,
    outdir: "dist",
    platform: "node",
    plugins: [effectModules],
    target: "node20"
  }
  const { metafile } = await build({ ...common, ...options, external: [NATIVE, ...(options.external ?? [])] })
  const inputs = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs))
  return inputs.flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? file : []))
}

/** Runs a script. Returns what it prints, unless that goes to the terminal. */
const node = (args, stdout = "pipe") => execFileSync(process.execPath, args, { stdio: ["ignore", stdout, "inherit"] })

/** Tells Node and bundlers what the files of a directory are: they read the nearest file of this name. */
const describeFiles = (directory, fields) => {
  fs.mkdirSync(directory, { recursive: true })
  fs.writeFileSync(`${directory}/package.json`, `${JSON.stringify(fields)}\n`)
}

/**
 * Makes a CommonJS file the text of a function, which the executable compiles as it is, and its text ASCII: V8 keeps one byte for each
 * character then, not two. esbuild leaves other characters in regular expressions only, where an escape means the same.
 */
const makeFunction = (file) => {
  const text = fs.readFileSync(file, "utf8")
  const ascii = text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
  fs.writeFileSync(file, `(function (exports, require, module, __filename, __dirname) { ${ascii.trim()}\n})\n`)
}

const executable = async () => {
  // As CommonJS, because V8 keeps no compiled code of ES modules. The page and the exporter are read by few commands.
  const commonJs = { format: "cjs", outExtension: { ".js": ".cjs" } }
  const program = await bundle({
    ...commonJs,
    entryPoints: { program: "src/cli/program.ts" },
    // Half the text is read and hashed in half the time. A build without this and with `sourcemap` tells the names of a stack.
    minify: true,
    plugins: [effectModules, withoutPrompts]
  })
  const besides = await bundle({
    ...commonJs,
    entryPoints: { report: "src/report/html/reportHtml.ts", otlp: "src/cli/telemetry/otlp/exporter.ts" },
    minifyWhitespace: true
  })
  // As CommonJS too, which Node reads sooner than an ES module. An older Node must be able to read it, to say that it is too old.
  const start = await bundle({
    alias: oldNames,
    define: { "import.meta.dirname": "__dirname" },
    entryPoints: { "nightly-dispatch": "src/bin.ts", compile: "src/start/compile.ts" },
    format: "cjs",
    target: "node12.20"
  })
  makeFunction("dist/program.cjs")
  fs.writeFileSync("dist/nightly-dispatch.1", node(["dist/nightly-dispatch.js", "man"]))
  for (const command of ["settle", "status"]) node(["dist/compile.js", command])
  fs.rmSync("dist/compile", { recursive: true })
  return [...program, ...besides, ...start]
}

/** Exports what the library exports. As a second way to each module, it keeps `index.js` a list of exports. */
const WHOLE = "whole"
/** Files that get a chunk of their own: a program that uses only these carries nothing else. */
const SMALL = ["domain/Ids"]

/**
 * Lets each module that is imported late reach what `index.js` imports at once. esbuild makes a chunk for each set of entry points that
 * reach the same modules, and Node needs a millisecond for each chunk: this makes one of about sixty.
 */
const fewChunks = {
  name: "few-chunks",
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: /^\./ }, ({ kind, path: name, resolveDir }) =>
      kind === "dynamic-import" ? { path: path.join(resolveDir, name), namespace: "late" } : undefined
    )
    onLoad({ filter: /^/, namespace: "late" }, ({ path: file }) => ({
      contents: `import {} from "./index.ts"; export * from ${JSON.stringify(file)}`,
      resolveDir: "src"
    }))
  }
}

/**
 * The library's bundles. `index.js` holds no code, so that a bundler that knows of `sideEffects` leaves out each chunk that a program
 * does not use.
 */
const libraryBundles = async (outdir) => {
  const entryPoints = ["index", "testing/index", ...SMALL].map((name) => ({ in: `src/${name}.ts`, out: name }))
  const whole = {
    name: WHOLE,
    setup: ({ onLoad, onResolve }) => {
      onResolve({ filter: /^whole$/ }, () => ({ path: WHOLE, namespace: WHOLE }))
      onLoad({ filter: /^/, namespace: WHOLE }, () => ({
        contents: `export * from "./index.ts"; export * from "./testing/index.ts"`,
        loader: "ts",
        resolveDir: "src"
      }))
    }
  }
  fs.rmSync(`${outdir}/chunks`, { recursive: true, force: true })
  const inputs = await bundle({
    chunkNames: "chunks/[name]-[hash]",
    entryPoints: [...entryPoints, { in: WHOLE, out: WHOLE }],
    external: ["effect", "@effect/platform"],
    format: "esm",
    outdir,
    plugins: [effectModules, fewChunks, whole],
    splitting: true
  })
  describeFiles(outdir, { type: "module", sideEffects: false })
  for (const name of [...SMALL, WHOLE]) fs.rmSync(`${outdir}/${name}.js`)
  return inputs
}

const library = async () => {
  fs.rmSync("dist/lib", { recursive: true, force: true })
  node(["node_modules/typescript/bin/tsc", "-p", "src/tsconfig.json"], "inherit")
  removePrivateTypes("dist/lib", ["index", "testing/index"])
  return libraryBundles("dist/lib")
}

describeFiles("dist", { type: "commonjs" })
if (process.argv[2] === "executable") await executable()
else if (process.argv[2] === "library") await libraryBundles("dist/lib")
else fs.writeFileSync("dist/THIRD_PARTY_LICENSES", licensesOf([...(await library()), ...(await executable())]))
