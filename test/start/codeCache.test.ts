import { assert, beforeEach, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { load } from "../../src/start/codeCache.ts"

const BUILT = new URL("../../dist/", import.meta.url).pathname

let directory = ""
const at = (name: string): string => path.join(directory, name)

/** Runs a script of the build on the program of the directory. */
const run = (script: "nightly-dispatch.js" | "compile.js"): string => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [at(script)], { encoding: "utf8" })
  assert.deepStrictEqual({ status, stderr }, { status: 0, stderr: "" })
  return stdout
}

/** A program that prints this digit, behind a sign that is no ASCII. */
const write = (digit: number) => fs.writeFileSync(at("program.cjs"), `process.stdout.write("→ ${digit}")`)

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "nd start "))
  fs.writeFileSync(at("package.json"), '{ "type": "commonjs" }')
  for (const script of ["nightly-dispatch.js", "compile.js"]) fs.copyFileSync(path.join(BUILT, script), at(script))
  write(1)
  assert.strictEqual(run("compile.js"), "→ 1")
  return () => fs.rmSync(directory, { recursive: true })
})

describe("the code cache", () => {
  it("the build leaves one that V8 accepts", () => {
    assert.isFalse(load(BUILT).cachedDataRejected)
  })

  it("is not used for another program of the same length", () => {
    write(2)
    assert.strictEqual(run("nightly-dispatch.js"), "→ 2")
  })

  it.each<readonly [string, (cache: Buffer) => Buffer | undefined]>([
    ["is missing", () => undefined],
    ["is empty", () => Buffer.alloc(0)],
    ["is cut off", (cache) => cache.subarray(0, cache.length / 2)],
    ["holds text", (cache) => Buffer.concat([cache.subarray(0, 32), Buffer.from("x".repeat(5_000))])],
    ["belongs to another version of V8", (cache) => cache.fill(7, 32, 64)]
  ])("the program starts if the cache %s", (_, change) => {
    const changed = change(fs.readFileSync(at("program.cache")))
    fs.rmSync(at("program.cache"))
    if (changed !== undefined) fs.writeFileSync(at("program.cache"), changed)
    assert.strictEqual(run("nightly-dispatch.js"), "→ 1")
  })
})
