import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { machine, PROGRAM } from "./world.ts"

const DIST = path.dirname(PROGRAM)

/** The program in a directory of its own, beside this file for the page. */
const installed = (root: string, page: string | undefined): string => {
  const directory = fs.mkdtempSync(path.join(root, "dist "))
  fs.writeFileSync(path.join(directory, "package.json"), '{ "type": "commonjs" }')
  for (const name of ["nightly-dispatch.js", "program.cjs"])
    fs.copyFileSync(path.join(DIST, name), path.join(directory, name))
  fs.symlinkSync(path.join(DIST, "../node_modules"), path.join(directory, "node_modules"))
  if (page !== undefined) fs.writeFileSync(path.join(directory, "report.cjs"), page)
  return path.join(directory, "nightly-dispatch.js")
}

describe.concurrent("nightly-dispatch report --format html", { timeout: 60_000 }, () => {
  it.scopedLive("prints one page, or writes it to a file, without the secrets of the environment", () =>
    Effect.gen(function* () {
      const { program, root } = yield* machine([])
      const env = { SHOP_TOKEN: "correct-'horse&battery" }
      const page = yield* program(["report", "--format", "html"], { env })
      assert.deepStrictEqual([page.code, page.stderr], [0, ""])
      assert.match(page.stdout, /^<!doctype html>[\s\S]*nightly-dispatch run --dry-run[\s\S]*<\/html>\n$/)
      const file = yield* program(["report", "--format", "html", "--out", "night.html"], { env })
      assert.strictEqual(file.code, 0, file.stderr)
      assert.match(fs.readFileSync(path.join(root, "repo/night.html"), "utf8"), /^<!doctype html>[\s\S]*<\/html>\n$/)
    })
  )

  it.scopedLive("fails in plain words if its file is missing or broken; no other command reads it", () =>
    Effect.gen(function* () {
      const { program, root } = yield* machine([])
      const broken: ReadonlyArray<readonly [page: string | undefined, words: string]> = [
        [undefined, "Cannot find module"],
        ["throw new Error('boom')", "boom"],
        ["module.exports = {}", "it exports no reportHtml"],
        ["exports.reportHtml = () => { throw new Error('bang') }", "bang"],
        ["exports.reportHtml = () => 7", "its page is no text"]
      ]
      for (const [page, words] of broken) {
        const where = { program: installed(root, page) }
        const failed = yield* program(["report", "--format", "html"], where)
        assert.deepStrictEqual([failed.code, failed.stdout], [70, ""], words)
        assert.include(failed.stderr, "report.cjs is missing or broken: ")
        assert.include(failed.stderr, words)
        assert.include(failed.stderr, "Install nightly-dispatch again")
      }
      const where = { program: installed(root, "throw new Error('boom')") }
      for (const args of [["--version"], ["status"], ["report"], ["report", "--format", "markdown"]]) {
        const { stderr } = yield* program(args, where)
        assert.notInclude(stderr, "boom")
      }
    })
  )
})

describe("the libraries of the page", () => {
  const sources = fs
    .readdirSync(new URL("../../src", import.meta.url), { encoding: "utf8", recursive: true })
    .filter((name) => name.endsWith(".ts"))

  it("are in a file of their own, and neither the program nor the library imports them", () => {
    for (const name of sources) {
      const source = fs.readFileSync(new URL(`../../src/${name}`, import.meta.url), "utf8")
      if (!name.startsWith("report/html/"))
        assert.notMatch(source, /^import .*(report\/html\/|"linkedom"|"@observablehq)/m, name)
    }
    const has = (name: string) => fs.readFileSync(path.join(DIST, name), "utf8").includes("node_modules/linkedom/")
    assert.deepStrictEqual([has("report.cjs"), has("program.cjs")], [true, false])
  })
})
