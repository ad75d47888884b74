import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { JournalFailed } from "../../../src/domain/Failure.ts"
import { FakeBeadsState, FakeJournal, FakeJournalState, FakeRunnerState } from "../../../src/testing/index.ts"
import { inWorld, outcomesByBug, runOnce, threeBugs } from "../support.ts"

const refused = (reason: "fenced" | "taken") => new JournalFailed({ file: "memory", reason, detail: "another host" })
const releases = Effect.gen(function* () {
  return (yield* (yield* FakeBeadsState).calls).filter(({ method }) => method === "release")
})

describe("a dispatch that the fence between hosts refuses", () => {
  it.effect("leaves claim and attempt as they are, starts nothing, and ends the run", () =>
    inWorld(
      // The third step is that of the prompt, after the worktree was made.
      {
        ...threeBugs,
        settings: { limits: { maxParallel: 1 } },
        journal: { faults: [FakeJournal.on("advance").fails(refused("fenced")).from(3)] }
      },
      Effect.gen(function* () {
        const { lines, report } = yield* runOnce
        assert.isEmpty(yield* (yield* FakeRunnerState).jobs)
        assert.isEmpty(yield* releases)
        const [attempt] = yield* (yield* FakeJournalState).attempts
        assert.strictEqual(attempt?.phase, "workspace", "its host settles it later, or another one does")
        assert.isTrue(lines.some((line) => /the claim of bd-1 is left as it is/.test(line)))
        assert.deepStrictEqual(outcomesByBug(report.outcomes)["bd-3"], "Skipped run_stopped")
      })
    )
  )

  it.effect("because another host has the bug, fails without a claim, and the run goes on", () =>
    inWorld(
      { ...threeBugs, journal: { faults: [FakeJournal.on("intend").fails(refused("taken")).times(1)] } },
      Effect.gen(function* () {
        const { report } = yield* runOnce
        assert.isEmpty(yield* releases)
        const outcomes = outcomesByBug(report.outcomes)
        assert.strictEqual(outcomes["bd-1"], "Failed claim_failed")
        assert.strictEqual(outcomes["bd-2"], "Dispatched")
      })
    )
  )
})
