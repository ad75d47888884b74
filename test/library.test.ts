import { assert, describe, it } from "@effect/vitest"
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
