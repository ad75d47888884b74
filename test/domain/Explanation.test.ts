import { assert, describe, it } from "@effect/vitest"
import { errorDocument, explained } from "../../src/domain/Explanation.ts"

describe("an explanation", () => {
  it("says where, what and what to do, with one full stop between them", () => {
    assert.strictEqual(explained({ what: "it is damaged" }), "it is damaged")
    assert.strictEqual(
      explained({ where: "journal /s/journal.db", what: "it is damaged", next: "Move it away" }),
      "journal /s/journal.db: it is damaged. Move it away"
    )
    for (const what of ["frozen.", "did you mean run?"])
      assert.strictEqual(explained({ what, next: "See --help" }), `${what} See --help`)
  })

  it("has each field in its document, null where there is none", () => {
    assert.deepStrictEqual(errorDocument({ what: "it failed" }, 4), {
      error: { what: "it failed", where: null, next: null, exit: 4 }
    })
  })
})
