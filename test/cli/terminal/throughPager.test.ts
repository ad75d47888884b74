import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { throughPager } from "../../../src/cli/terminal/throughPager.ts"
import { shellWord } from "../../../src/domain/shellWord.ts"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import { TEMPORARY } from "../../temporary.ts"
import { inMemory } from "../memory.ts"

/** What a pager that writes to a file, and not to the terminal, was given: its text and its variables. */
const given = (environment: Readonly<Record<string, string>>, text: string) =>
  Effect.gen(function* () {
    const directory = yield* Effect.acquireRelease(
      Effect.sync(() => fs.mkdtempSync(path.join(TEMPORARY, "nd-pager-"))),
      (at) => Effect.sync(() => fs.rmSync(at, { recursive: true }))
    )
    const file = path.join(directory, "shown")
    const pager = `{ cat; echo "$LESS|$LV|$GIT_PAGER|$SECRET"; } > ${shellWord(file)} 2>&1`
    const exec = NodeExec.layerWith({ environment: { PATH: process.env["PATH"], ...environment } })
    const isShown = yield* throughPager(pager, text).pipe(
      Effect.provide(Layer.merge(inMemory({ cwd: directory }).layer, exec))
    )
    return { isShown, shown: fs.readFileSync(file, "utf8") }
  })

describe("a text in a pager", () => {
  it.scopedLive("comes from stdin, without secrets, with the options that git gives a pager", () =>
    Effect.gen(function* () {
      const text = `a\nghp_0123456789abcdefghijklmnopqrstuvwxyz`
      const { isShown, shown } = yield* given({ GIT_PAGER: "x", SECRET: "y" }, text)
      assert.isTrue(isShown)
      assert.strictEqual(shown, "a\n[redacted]\nFRX|-c||\n")
    })
  )

  it.scopedLive("the operator's own options of a pager are kept, empty ones too", () =>
    Effect.gen(function* () {
      assert.include((yield* given({ LESS: "-S" }, "a")).shown, "-S|-c|")
      assert.include((yield* given({ LESS: "" }, "a")).shown, "\n|-c|")
    })
  )
})
