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
  const env = { HOME: at("home") }
  const { status, stderr, stdout } = spawnSync(process.execPath, [at(script)], { encoding: "utf8", env })
  assert.deepStrictEqual({ status, stderr }, { status: 0, stderr: "" })
  return stdout
}

/** What V8 says of the cache that a start of the program takes here: `false` if it takes it, `undefined` if there is none. */
const isRejected = (place: string): boolean | undefined => {
  const { env, execArgv } = process
  process.env = { HOME: at("home") }
  // The options of the test's own process are none of the program's.
  process.execArgv = []
  try {
    return load(place).script.cachedDataRejected
  } finally {
    Object.assign(process, { env, execArgv })
  }
}

/** A program that prints this digit, behind a sign that is no ASCII. */
const write = (digit: number) =>
  fs.writeFileSync(at("program.cjs"), `(function () { process.stdout.write("→ ${digit}") })`)

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
    assert.isFalse(isRejected(BUILT))
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

describe("a user's own code cache", () => {
  const CACHES = "home/.cache/nightly-dispatch"
  const caches = () => fs.readdirSync(at(CACHES))
  beforeEach(() => {
    fs.rmSync(at("program.cache"))
    fs.mkdirSync(at("home"))
    assert.strictEqual(isRejected(directory), undefined)
    assert.strictEqual(run("nightly-dispatch.js"), "→ 1")
  })

  it("is kept where the build's is of no use, for its user alone, and used by the next start", () => {
    assert.lengthOf(caches(), 1)
    assert.strictEqual(fs.statSync(at(CACHES)).mode & 0o777, 0o700)
    assert.strictEqual(fs.statSync(at(`${CACHES}/${caches()[0]}`)).mode & 0o777, 0o600)
    assert.isFalse(isRejected(directory))
    const before = fs.statSync(at(`${CACHES}/${caches()[0]}`)).ino
    assert.strictEqual(run("nightly-dispatch.js"), "→ 1")
    assert.strictEqual(fs.statSync(at(`${CACHES}/${caches()[0]}`)).ino, before)
  })

  it("is code, so it is used only if nobody else can have written it", () => {
    const file = at(`${CACHES}/${caches()[0]}`)
    fs.chmodSync(file, 0o620)
    assert.isUndefined(isRejected(directory))
    fs.chmodSync(file, 0o600)
    fs.chmodSync(at(CACHES), 0o777)
    assert.isUndefined(isRejected(directory))
    fs.chmodSync(at(CACHES), 0o700)
    assert.isFalse(isRejected(directory))
    fs.renameSync(file, at("elsewhere"))
    fs.symlinkSync(at("elsewhere"), file)
    assert.isUndefined(isRejected(directory))
  })

  it("is one of four at most, and none for another program", () => {
    for (const digit of [2, 3, 4, 5, 6]) {
      write(digit)
      assert.isUndefined(isRejected(directory))
      assert.strictEqual(run("nightly-dispatch.js"), `→ ${digit}`)
    }
    assert.lengthOf(caches(), 4)
  })

  it("makes no home directory: a missing one may be on a disk that is not mounted yet", () => {
    fs.rmSync(at("home"), { recursive: true })
    assert.strictEqual(run("nightly-dispatch.js"), "→ 1")
    assert.isFalse(fs.existsSync(at("home")))
  })

  it("is missing without a word where it cannot be written", () => {
    fs.rmSync(at("home"), { recursive: true })
    fs.writeFileSync(at("home"), "a file")
    assert.strictEqual(run("nightly-dispatch.js"), "→ 1")
  })
})
