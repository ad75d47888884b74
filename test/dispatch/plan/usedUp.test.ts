import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { nightlyRun } from "../../../src/dispatch/nightlyRun.ts"
import { RunnerFailed } from "../../../src/domain/Failure.ts"
import { RunId } from "../../../src/domain/Ids.ts"
import { FakeBeadsState, FakeJournalState, FakeRunner, FakeRunnerState } from "../../../src/testing/index.ts"
import { inWorld, opencode, options, outcomesByBug } from "../support.ts"
import { firstBug, nextRun, settle } from "../settle/support.ts"

describe("the attempts of a bug", () => {
  for (const change of [{ description: "now with steps to reproduce" }, { acceptanceCriteria: "it works" }])
    it.effect(
      `a bug is skipped after maxAttempts, with one comment and one alert, and tried again when it has another ${Object.keys(change).join()}`,
      () =>
        inWorld(
          { beads: { issues: [{ id: "bd-1" }] }, settings: { limits: { maxAttempts: 2 } } },
          Effect.gen(function* () {
            const runs = ["20261122T010000Z-000001", "20261122T020000Z-000002"].map((id) => RunId.make(id))
            for (const run of runs) {
              assert.deepStrictEqual(outcomesByBug((yield* nightlyRun({ ...options, run })).outcomes), {
                "bd-1": "Dispatched"
              })
              yield* (yield* FakeRunnerState).finish("bd-1", 1)
              yield* settle
              yield* TestClock.adjust("30 hours")
            }
            for (let again = 0; again < 2; again++) {
              assert.deepStrictEqual(outcomesByBug((yield* nextRun).report.outcomes), {
                "bd-1": "Skipped attempts_used_up"
              })
            }
            assert.lengthOf((yield* firstBug).comments, 1)
            assert.deepStrictEqual(
              (yield* (yield* FakeJournalState).notices).map(({ kind }) => kind),
              ["attempts_used_up"]
            )
            yield* (yield* FakeBeadsState).edit("bd-1", change)
            assert.deepStrictEqual(outcomesByBug((yield* nextRun).report.outcomes), { "bd-1": "Dispatched" })
          })
        )
    )

  it.effect("a bug whose only provider may be at fault is undecided, with one comment that names the provider", () =>
    inWorld(
      {
        beads: { issues: [{ id: "bd-1" }] },
        settings: { limits: { maxAttempts: 1 }, providers: [{ name: "opencode" }] }
      },
      Effect.gen(function* () {
        yield* nextRun
        yield* (yield* FakeRunnerState).finish("bd-1", 1)
        yield* settle
        for (let again = 0; again < 2; again++) {
          assert.deepStrictEqual(outcomesByBug((yield* nextRun).report.outcomes), { "bd-1": "Skipped undecided" })
        }
        const { comments } = yield* firstBug
        assert.lengthOf(comments, 1)
        assert.include(comments[0]?.text, "opencode may be at fault")
      })
    )
  )

  it.effect("failures of a provider or of the runner use up no attempt of the bug", () =>
    inWorld(
      {
        beads: { issues: [{ id: "bd-1" }] },
        settings: { limits: { maxAttempts: 1 }, providers: [{ name: "opencode" }] },
        runner: {
          faults: [
            FakeRunner.on("start")
              .fails(new RunnerFailed({ operation: "start", provider: opencode, detail: "down", blame: "provider" }))
              .times(1),
            FakeRunner.on("start")
              .fails(new RunnerFailed({ operation: "start", provider: opencode, detail: "odd", blame: "runner" }))
              .from(2)
              .times(1)
          ]
        }
      },
      Effect.gen(function* () {
        const outcomes: Array<string | undefined> = []
        for (const n of [1, 2, 3]) {
          const run = RunId.make(`20261122T03000${n}Z-00000${n}`)
          outcomes.push(outcomesByBug((yield* nightlyRun({ ...options, run })).outcomes)["bd-1"])
        }
        assert.deepStrictEqual(outcomes, ["Failed provider_unavailable", "Failed runner_error", "Dispatched"])
      })
    )
  )
})
