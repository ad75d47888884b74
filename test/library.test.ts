import { assert, describe, it } from "@effect/vitest"
import { build } from "esbuild"
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import packageJson from "../package.json" with { type: "json" }

const ROOT = path.join(import.meta.dirname, "..")
const LIBRARY = path.join(ROOT, "dist/lib")

/** The packages that the files of the library with this ending name. */
const packagesIn = (ending: string): ReadonlyArray<string> => {
  const files = fs.readdirSync(LIBRARY, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(ending))
  const named = files.flatMap((name) => {
    const text = fs.readFileSync(path.join(LIBRARY, name), "utf8")
    return [...text.matchAll(/^(?:import|export) [^;]*?from "([^".][^"]*)"|^import "([^".][^"]*)"/gm)].flatMap(
      ([, from, only]) => from ?? only ?? []
    )
  })
  const packages = named
    .filter((name) => !name.startsWith("node:"))
    .map((name) =>
      name
        .split("/")
        .slice(0, name.startsWith("@") ? 2 : 1)
        .join("/")
    )
  return [...new Set(packages)].toSorted()
}

/** The files of the library that Node loads for an import of this one, by default of its index. */
const loadedAtOnce = (first = "index.js"): ReadonlyArray<string> => {
  const found = new Set([first])
  for (const name of found) {
    const text = fs.readFileSync(path.join(LIBRARY, name), "utf8")
    for (const [, to = ""] of text.matchAll(/^(?:import|export|\}) ?[^;(]*?"(\.[^"]+)";$/gm)) {
      found.add(path.join(path.dirname(name), to))
    }
  }
  return [...found]
}

/** The bytes of a program with this source, bundled with all that it needs but the native part of SQLite, and minified. */
const bundledSize = async (source: string): Promise<number> => {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: ROOT },
    bundle: true,
    external: ["libsql"],
    format: "esm",
    logLevel: "error",
    minify: true,
    platform: "node",
    write: false
  })
  return outputFiles.reduce((bytes, { contents }) => bytes + contents.length, 0)
}

// `npm ci` builds it.
describe.skipIf(!fs.existsSync(path.join(LIBRARY, "index.js")) && process.env["CI_RUN"] === undefined)(
  "the library",
  () => {
    it("needs its dependencies and the two peers only; its types need no more than the peers", () => {
      const peers = Object.keys(packageJson.peerDependencies)
      assert.deepStrictEqual(packagesIn(".js"), [...Object.keys(packageJson.dependencies), ...peers].toSorted())
      const inTypes = packagesIn("index.d.ts").filter((name) => name !== packageJson.name)
      assert.includeMembers(peers, [...inTypes])
    })

    it("of which a program uses only the ids is under 200 kB with effect's part, minified", async () => {
      const size = await bundledSize(`import { BeadsId } from "nightly-dispatch"; console.log(BeadsId.make("bd-1"))`)
      assert.isAbove(size, 100_000, "effect's Schema alone is larger")
      assert.isBelow(size, 200_000)
    })

    it("loads at once neither a database, the parser of settings files nor what works with a tool, and less than 700 kB of its own", () => {
      const files = loadedAtOnce().map((name) => fs.readFileSync(path.join(LIBRARY, name), "utf8"))
      assert.isTrue(files.some((text) => text.includes(" src/domain/Settings.ts")))
      assert.isAtMost(files.length, 6, "each file takes a millisecond")
      for (const late of [
        /"libsql"/,
        /node_modules\/@effect\/sql/,
        /node_modules\/pg\//,
        /node_modules\/yaml/,
        / src\/beads\/(bd|jsonl)\/\w+Beads\.ts/,
        / src\/runner\/(dx|local)\/(DxRunnerCli|LocalRunner|LocalVerifier)\.ts/,
        / src\/workspace\/(git|dx|kept|existing)\/[A-Z]\w+\.ts/,
        /from "effect\/Stream"/,
        /from "@effect\/platform\/(FileSystem|HttpClient|FetchHttpClient)"/
      ]) {
        assert.isFalse(
          files.some((text) => late.test(text)),
          String(late)
        )
      }
      assert.isBelow(
        files.reduce((bytes, { length }) => bytes + length, 0),
        700_000
      )
    })

    it("loads no client of Postgres for a journal in SQLite, and no SQLite for one in Postgres", () => {
      const closureOf = (holds: RegExp) => {
        const chunks = fs.readdirSync(path.join(LIBRARY, "chunks")).map((name) => `chunks/${name}`)
        const first = chunks.find((name) => holds.test(fs.readFileSync(path.join(LIBRARY, name), "utf8"))) ?? ""
        return loadedAtOnce(first).map((name) => fs.readFileSync(path.join(LIBRARY, name), "utf8"))
      }
      const [sqlite, postgres] = [/ src\/journal\/sqlite\/SqliteJournal\.ts/, / src\/journal\/postgres\/database\.ts/]
      const [ofSqlite, ofPostgres] = [/node_modules\/@effect\/sql-libsql/, /node_modules\/(@effect\/sql-pg|pg)\//]
      const ofFleet = / src\/journal\/postgres\/(hosts|fence|eviction)\.ts/
      const holds = (texts: ReadonlyArray<string>, what: RegExp) => texts.some((text) => what.test(text))
      assert.deepStrictEqual(
        [closureOf(sqlite), closureOf(postgres)].map((texts) =>
          [ofSqlite, ofPostgres, ofFleet].map((part) => holds(texts, part))
        ),
        [
          [true, false, false],
          [false, true, true]
        ]
      )
    })

    it("imports no more modules of effect than it uses, and no database client for the network", () => {
      const texts = fs
        .readdirSync(LIBRARY, { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".js"))
        .map((name) => fs.readFileSync(path.join(LIBRARY, name), "utf8"))
      for (const unwanted of [/from "effect"/, /from "@effect\/platform"/, /hrana/i, /node_modules\/ws\//]) {
        assert.isFalse(
          texts.some((text) => unwanted.test(text)),
          String(unwanted)
        )
      }
    })

    it("can be loaded, with its test kit", () => {
      const script = `
      const [library, testing] = [await import("nightly-dispatch"), await import("nightly-dispatch/testing")]
      console.log(typeof library.nightlyRun, typeof library.SqliteJournal.layer, Object.keys(testing).length > 3)`
      const { stderr, stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
        cwd: ROOT,
        encoding: "utf8"
      })
      assert.deepStrictEqual([stdout, stderr], ["function function true\n", ""])
    })
  }
)
