import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as nodeFs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { messageOf } from "../../src/exec/causes.ts"
import { replaceFile } from "../../src/exec/replaceFile.ts"

const caught = (call: () => unknown): unknown => {
  try {
    return call()
  } catch (cause) {
    return cause
  }
}

describe("the message of a system call that failed", () => {
  it("names the file, the reason in words and the code", () => {
    assert.strictEqual(
      messageOf(caught(() => nodeFs.readFileSync("/there/is/none"))),
      "/there/is/none: no such file or directory (ENOENT)"
    )
    assert.match(messageOf(caught(() => nodeFs.readdirSync("/dev/null"))), /^\/dev\/null: not a directory \(ENOTDIR\)$/)
    assert.strictEqual(messageOf(new Error("any other text")), "any other text")
    assert.strictEqual(messageOf("a thrown text"), "a thrown text")
  })

  it.effect("is the same if the platform wraps it, also for a file that is a directory", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      assert.strictEqual(
        messageOf(yield* Effect.flip(fs.readFile("/there/is/none"))),
        "/there/is/none: no such file or directory (ENOENT)"
      )
      assert.strictEqual(
        messageOf(yield* Effect.flip(fs.readFile(os.tmpdir()))),
        `${os.tmpdir()}: illegal operation on a directory (EISDIR)`
      )
    }).pipe(Effect.provide(NodeFileSystem.layer))
  )

  it.effect("names the file that was to be replaced, not the temporary one", () =>
    Effect.gen(function* () {
      const file = path.join(os.tmpdir(), "there-is-no-such-directory", "report.html")
      const failure = yield* Effect.flip(replaceFile(file, "text"))
      assert.strictEqual(messageOf(failure), `${file}: no such file or directory (ENOENT)`)
    }).pipe(Effect.provide(NodeFileSystem.layer))
  )
})
