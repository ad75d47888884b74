import { assert, beforeAll, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { load } from "../../src/start/codeCache.ts"

const BUILT = new URL("../../dist/", import.meta.url).pathname
const VERSION = /^\d+\.\d+\.\d+$/

const directory = fs.mkdtempSync(path.join(os.tmpdir(), "nd start "))
const at = (name: string): string => path.join(directory, name)

beforeAll(() => {
  fs.writeFileSync(at("package.json"), '{ "type": "module" }')
  fs.copyFileSync(path.join(BUILT, "nightly-dispatch.js"), at("nightly-dispatch.js"))
  return () => fs.rmSync(directory, { recursive: true })
})

/** What the program prints as its version with this text and this cache; `undefined`: without a cache. */
const version = (cache: Buffer | undefined, program = fs.readFileSync(path.join(BUILT, "program.cjs"))): string => {
  fs.writeFileSync(at("program.cjs"), program)
  fs.rmSync(at("program.cache"), { force: true })
  if (cache !== undefined) fs.writeFileSync(at("program.cache"), cache)
  const { stderr, stdout } = spawnSync(process.execPath, [at("nightly-dispatch.js"), "--version"], { encoding: "utf8" })
  assert.strictEqual(stderr, "")
  return stdout.trim()
}

describe("the code cache", () => {
  const built = () => fs.readFileSync(path.join(BUILT, "program.cache"))

  it.each([
    ["the cache of the build", built],
    ["no cache", () => undefined],
    ["an empty cache", () => Buffer.alloc(0)],
    ["half of the cache", () => built().subarray(0, built().length / 2)],
    ["text behind the right digest", () => Buffer.concat([built().subarray(0, 32), Buffer.from("x".repeat(5_000))])],
    ["another file", () => fs.readFileSync(path.join(BUILT, "program.cjs"))]
  ])("the program starts with %s", (_, cache) => {
    assert.match(version(cache()), VERSION)
  })

  it("a cache of another program of the same length is not used", () => {
    const text = fs.readFileSync(path.join(BUILT, "program.cjs"), "utf8")
    const now = version(built())
    const other = `9${now.slice(1)}`
    assert.strictEqual(version(built(), Buffer.from(text.replaceAll(`"${now}"`, `"${other}"`), "utf8")), other)
  })

  it("V8 accepts the cache of the build", () => {
    assert.isFalse(load(BUILT).cachedDataRejected)
  })
})
