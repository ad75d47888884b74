import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileTail } from "../../src/exec/fileTail.ts"

describe("the tail of a file", () => {
  const temporary = Effect.acquireRelease(
    Effect.sync(() => fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "nd-tail-"))),
    (directory) => Effect.sync(() => fs.rmSync(directory, { recursive: true }))
  )
  const file = (name: string, content?: string) =>
    Effect.map(temporary, (directory) => {
      const at = path.join(directory, name)
      if (content !== undefined) fs.writeFileSync(at, content)
      return at
    })

  it.scopedLive("has its last bytes, or all of them", () =>
    Effect.gen(function* () {
      const at = yield* file("log", "one\ntwo\nthree\n")
      assert.strictEqual(yield* fileTail(at, 6), "three\n")
      assert.strictEqual(yield* fileTail(at, 1000), "one\ntwo\nthree\n")
      assert.strictEqual(yield* fileTail(yield* file("empty", ""), 1000), "")
    })
  )

  it.scopedLive("of a large file reads no more than that", () =>
    Effect.gen(function* () {
      const at = yield* file("large")
      fs.writeFileSync(at, "end")
      // They take no room.
      fs.truncateSync(at, 8 * 1024 ** 3)
      assert.strictEqual((yield* fileTail(at, 1000))?.length, 1000)
    })
  )

  it.scopedLive("of a missing file is undefined", () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* fileTail(yield* file("missing"), 10))
    })
  )

  it.scopedLive("of a link, a pipe or a directory is not read", () =>
    Effect.gen(function* () {
      const target = yield* file("secret", "secret")
      const directory = path.dirname(target)
      const link = path.join(directory, "link")
      fs.symlinkSync(target, link)
      const pipe = path.join(directory, "pipe")
      execFileSync("mkfifo", [pipe])
      for (const at of [link, pipe, directory]) {
        const failure = yield* Effect.flip(fileTail(at, 10))
        assert.strictEqual(failure._tag, "NotOurs", at)
        assert.include(failure.message, at)
      }
    })
  )
})
