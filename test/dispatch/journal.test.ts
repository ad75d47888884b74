import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, TestClock } from "effect"
import { JournalFailed } from "../../src/domain/Failure.ts"
import { OVERDUE_GRACE } from "../../src/journal/locking.ts"
import { FakeBeadsState, FakeJournal, FakeJournalState } from "../../src/testing/index.ts"
import { assertNothingLeft, inWorld, outcomesByBug } from "./support.ts"
import { firstBug, nextRun, settle } from "./settle/support.ts"

describe("a run and its journal", () => {
  const diskFull = new JournalFailed({ file: "journal.db", reason: "unusable", detail: "disk full" })

  it.effect("does nothing while another run holds the lock", () =>
    inWorld(
      { beads: { issues: [{ id: "bd-1" }] }, journal: { lockedBy: "process 42" } },
      Effect.gen(function* () {
        const { lines, report } = yield* nextRun
        assert.strictEqual(report.exit, 0)
        assert.isEmpty(yield* (yield* FakeBeadsState).calls)
        assert.isTrue(lines.some((line) => /RUN_SKIPPED run=\S+ reason=locked holder="process 42"/.test(line)))
      })
    )
  )

  it.effect("exits 6, with what to do, while another run holds the lock long beyond its timeouts.run", () =>
    inWorld(
      { beads: { issues: [{ id: "bd-1" }] }, journal: { lockedBy: "process 42", lockedUntil: 60_000 } },
      Effect.gen(function* () {
        yield* TestClock.adjust(Duration.sum(OVERDUE_GRACE, Duration.minutes(1)))
        assert.strictEqual((yield* nextRun).report.exit, 0, "within the grace")
        yield* TestClock.adjust(1)
        const { lines, report } = yield* nextRun
        assert.strictEqual(report.exit, 6)
        assert.isEmpty(yield* (yield* FakeBeadsState).calls)
        assert.lengthOf(
          lines.filter((line) => line.includes("process 42")),
          1
        )
        const settled = yield* Effect.flip(settle)
        assert.strictEqual(settled._tag, "JournalFailed")
      })
    )
  )

  it.effect("exits 6 before any claim when the journal cannot be written", () =>
    inWorld(
      { beads: { issues: [{ id: "bd-1" }] }, journal: { faults: [FakeJournal.on("begin").fails(diskFull)] } },
      Effect.gen(function* () {
        assert.strictEqual((yield* nextRun).report.exit, 6)
        assert.isEmpty(yield* (yield* FakeBeadsState).calls)
      })
    )
  )

  for (const step of ["Claimed", "WorkspaceMade", "Prompted", "Starting"]) {
    it.effect(`rolls everything back and stops the run when the step ${step} cannot be written`, () =>
      inWorld(
        {
          beads: {
            issues: [
              { id: "bd-1", title: "a" },
              { id: "bd-2", title: "b" }
            ]
          },
          settings: { limits: { maxParallel: 1 } },
          journal: { faults: [FakeJournal.on("advance", step).fails(diskFull).times(1)] }
        },
        Effect.gen(function* () {
          const { report } = yield* nextRun
          assert.deepStrictEqual(outcomesByBug(report.outcomes), {
            "bd-1": "Failed runner_error",
            "bd-2": "Skipped run_stopped"
          })
          assert.strictEqual(report.exit, 3)
          yield* assertNothingLeft
        })
      )
    )
  }

  it.effect("keeps a job whose acknowledgement cannot be written, and the next run acknowledges it", () =>
    inWorld(
      {
        beads: { issues: [{ id: "bd-1" }] },
        journal: { faults: [FakeJournal.on("advance", "Acknowledged").fails(diskFull).times(1)] }
      },
      Effect.gen(function* () {
        assert.deepStrictEqual(outcomesByBug((yield* nextRun).report.outcomes), { "bd-1": "Dispatched" })
        assert.strictEqual((yield* firstBug).attempt?.phase, "starting")
        yield* settle
        assert.strictEqual((yield* firstBug).attempt?.phase, "acknowledged")
        yield* assertNothingLeft
      })
    )
  )

  it.effect("writes the report of every run into the journal", () =>
    inWorld(
      { beads: { issues: [{ id: "bd-1" }] } },
      Effect.gen(function* () {
        const { report } = yield* nextRun
        // As JSON, where an absent and an undefined field are the same.
        const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
        assert.deepStrictEqual(asJson(yield* (yield* FakeJournalState).reports), asJson([report]))
      })
    )
  )
})
