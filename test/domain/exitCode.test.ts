import { assert, describe, it } from "@effect/vitest"
import { exitOf } from "../../src/domain/exitCode.ts"
import type { DispatchFailureCode } from "../../src/domain/Blame.ts"
import { BeadsId } from "../../src/domain/Ids.ts"
import { Dispatched, Failed, Skipped } from "../../src/domain/Outcome.ts"
import { ProviderName } from "../../src/domain/Provider.ts"

const beads = BeadsId.make("bd-1")
const failed = (code: DispatchFailureCode) =>
  new Failed({ beads, code, blame: "provider", error: "no", durationMs: 1, passedOver: [] })
const dispatched = new Dispatched({
  beads,
  provider: ProviderName.make("opencode"),
  durationMs: 1,
  how: "started",
  passedOver: []
})
const skipped = new Skipped({ beads, reason: "blocked", detail: "" })

describe("the exit code", () => {
  it("is 0 if nothing failed, 1 if every failure is `provider_unavailable` and nothing was dispatched, else 3", () => {
    assert.strictEqual(exitOf([]), 0)
    assert.strictEqual(exitOf([dispatched, skipped]), 0)
    assert.strictEqual(exitOf([failed("provider_unavailable"), skipped]), 1)
    assert.strictEqual(exitOf([failed("provider_unavailable"), dispatched]), 3)
    assert.strictEqual(exitOf([failed("provider_unavailable"), failed("timeout")]), 3)
    assert.strictEqual(exitOf([failed("claim_failed"), dispatched]), 3)
  })
})
