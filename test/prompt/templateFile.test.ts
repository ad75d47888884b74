import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Layer } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { ownTemplate, PromptTemplate } from "../../src/prompt/template.ts"
import * as templateFile from "../../src/prompt/templateFile.ts"
import { scratch } from "../beads/bd/bdWorld.ts"

const read = (file: string | undefined) =>
  Effect.flatMap(PromptTemplate, Effect.either).pipe(
    Effect.provide(Layer.provide(templateFile.layer(file), NodeContext.layer))
  )

describe("the file of a template", () => {
  it.scopedLive("is read as UTF-8", () =>
    Effect.gen(function* () {
      const file = path.join(yield* scratch, "prompt.md")
      fs.writeFileSync(file, "Für {{id}} 🐛\n\n{{report}}\n\n{{earlier}}\n")
      const template = Either.getOrThrow(yield* read(file))
      assert(typeof template === "object")
      assert.deepStrictEqual(template.parts.slice(0, 3), ["Für ", { placeholder: "id" }, " 🐛\n\n"])
    })
  )

  it.effect("that is not set gives our template", () =>
    Effect.map(read(undefined), (template) => assert.deepStrictEqual(template, Either.right(ownTemplate)))
  )

  const wrong: ReadonlyArray<readonly [what: string, content: string | Uint8Array | undefined, problem: string]> = [
    ["missing", undefined, "there is no such file"],
    ["empty", " \n\n", "the file is empty"],
    ["too large", `{{report}}\n${"x".repeat(64 * 1024)}`, "the file has more than 64 KiB"],
    ["not UTF-8", Uint8Array.of(0x7b, 0xff, 0x7b), "the file is not UTF-8 text"],
    ["binary", "a\nb\n{{report}}\n\u0000", "there is a control character, so the file is no text"],
    ["mistaken", "Hi.\n{{reprot}}\n", "{{reprot}} is no placeholder; did you mean {{report}}?"]
  ]
  for (const [what, content, problem] of wrong) {
    it.scopedLive(`that is ${what} cannot be used: ${problem}`, () =>
      Effect.gen(function* () {
        const file = path.join(yield* scratch, "prompt.md")
        if (content !== undefined) fs.writeFileSync(file, content)
        const template = yield* read(file)
        assert(Either.isLeft(template))
        assert.include(template.left.message, `prompt.template: ${problem}`)
        assert.include(template.left.message, file)
        if (what === "binary") assert.include(template.left.message, `${file}:4`)
      })
    )
  }

  it.scopedLive("that is a directory cannot be used", () =>
    Effect.gen(function* () {
      const template = yield* read(yield* scratch)
      assert(Either.isLeft(template))
      assert.include(template.left.message, "this is no regular file")
    })
  )
})
