import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { replaceFile } from "../../src/exec/replaceFile.ts"

const directory: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "replace-test-"))),
  (made) => Effect.sync(() => fs.rmSync(made, { recursive: true }))
)
const replaces = (what: string, body: (file: string) => Effect.Effect<void>): void =>
  it.scopedLive(what, () => Effect.flatMap(directory, (made) => body(path.join(made, "file"))))
const replace = (...args: Parameters<typeof replaceFile>) => Effect.provide(replaceFile(...args), NodeFileSystem.layer)

describe("replaceFile", () => {
  replaces("creates and replaces a file, mode 0600, and leaves nothing beside it", (file) =>
    Effect.gen(function* () {
      for (const text of ["one", "two"]) {
        yield* Effect.orDie(replace(file, text))
        assert.strictEqual(fs.readFileSync(file, "utf8"), text)
        assert.strictEqual(fs.statSync(file).mode & 0o777, 0o600)
      }
      assert.deepStrictEqual(fs.readdirSync(path.dirname(file)), ["file"])
    })
  )

  replaces("gives the mode that is asked for, whatever the umask", (file) =>
    Effect.gen(function* () {
      yield* Effect.orDie(replace(file, "", { mode: 0o666 }))
      assert.strictEqual(fs.statSync(file).mode & 0o777, 0o666)
    })
  )

  replaces("replaces a link, and does not write to what the link leads to", (file) =>
    Effect.gen(function* () {
      const victim = `${file}.victim`
      fs.writeFileSync(victim, "untouched")
      fs.symlinkSync(victim, file)
      yield* Effect.orDie(replace(file, "new"))
      assert.isFalse(fs.lstatSync(file).isSymbolicLink())
      assert.strictEqual(fs.readFileSync(victim, "utf8"), "untouched")
      assert.deepStrictEqual(fs.readdirSync(path.dirname(file)).sort(), ["file", "file.victim"])
    })
  )

  replaces("removes its temporary file when it fails", (file) =>
    Effect.gen(function* () {
      fs.mkdirSync(file)
      yield* Effect.flip(replace(file, "text"))
      assert.deepStrictEqual(fs.readdirSync(path.dirname(file)), ["file"])
    }).pipe(Effect.orDieWith(String))
  )

  replaces("loses to no other writer: the file is one of the texts, complete", (file) =>
    Effect.gen(function* () {
      const texts = Array.from({ length: 8 }, (_, n) => `${n}`.repeat(10_000))
      yield* Effect.forEach(texts, (text) => Effect.orDie(replace(file, text)), { concurrency: "unbounded" })
      assert.include(texts, fs.readFileSync(file, "utf8"))
    })
  )
})
