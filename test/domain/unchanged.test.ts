import { assert, describe, it } from "@effect/vitest"
import { isStuck, unchangedInWords, type Unchanged } from "../../src/domain/Unchanged.ts"

const HOUR = 3_600_000
const now = 100 * HOUR
const left = (changes: Partial<Unchanged> = {}): Unchanged => ({
  reason: "limit",
  detail: "1 a run",
  since: now - 55 * HOUR,
  runs: 24,
  ...changes
})

describe("a bug that runs leave alone for the same reason", () => {
  it("is named after three nights, by however many runs there were, but not by few", () => {
    assert.isTrue(isStuck(left(), now))
    assert.isFalse(isStuck(left({ since: now - 31 * HOUR }), now), "two nights")
    assert.isTrue(isStuck(left({ runs: 6, since: now - 125 * HOUR }), now), "one run a night, six nights")
    assert.isFalse(isStuck(left({ runs: 5 }), now))
  })

  it("is not named for what a person wants, or is told of already", () => {
    for (const reason of [
      "label",
      "priority",
      "type",
      "assigned",
      "deferred",
      "awaiting_review",
      "needs_human"
    ] as const)
      assert.isFalse(isStuck(left({ reason }), now), reason)
    for (const reason of ["no_capacity", "blocked", "unsettled", "running", "host_busy", "duplicate"] as const)
      assert.isTrue(isStuck(left({ reason }), now), reason)
  })

  it("in words", () => {
    assert.strictEqual(
      unchangedInWords(left(), now),
      "left alone by each of 24 runs in 2 d 7 h for the same reason: limit (1 a run)"
    )
  })
})
