import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { BeadsId } from "../../src/domain/Ids.ts"

const isId = Schema.is(BeadsId)

describe("BeadsId", () => {
  it("accepts every form of id that bd makes", () => {
    for (const id of ["bd-a1b2", "bd-5dlz.1.2", "prime-radiant-ai-7f3", "bd-mol-xxx", "Foo_Bar-9", "a.b-c"]) {
      assert.isTrue(isId(id), id)
    }
  })

  it("rejects what could be a flag, a path, a second line or a second word", () => {
    for (const id of [
      "",
      "bd",
      "-rf-x",
      "--help-me",
      "../bd-1",
      "bd-1/../..",
      "bd-1\n",
      "bd-1\nbd-2",
      "bd 1-2",
      ".bd-1",
      "bd-",
      "-",
      "bd-1;ls",
      "bd-$x",
      "bd-ü",
      "bd-1\u0000",
      `bd-${"a".repeat(200)}`
    ]) {
      assert.isFalse(isId(id), JSON.stringify(id))
    }
  })
})
