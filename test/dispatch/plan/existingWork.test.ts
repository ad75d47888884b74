import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import type { FoundWork } from "../../../src/domain/FoundWork.ts"
import { REVIEW_LABEL } from "../../../src/domain/Outcome.ts"
import { NEVER_TRIED } from "../../../src/domain/History.ts"
import { ProviderName } from "../../../src/domain/Provider.ts"
import { Journal } from "../../../src/journal/Journal.ts"
import { FakeExistingWork, FakeExistingWorkState, fakeAttempt } from "../../../src/testing/index.ts"
import { Ack } from "../../../src/domain/Ack.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { inWorld, opencode, outcomesByBug, runOnce, threeBugs } from "../support.ts"
import { ids, NOW, planned } from "./support.ts"

const commit: FoundWork = { kind: "commit", place: 'commit 1a2b3c4 "Fix parser (bd-1)" on main', at: 5_000 }
const bd1 = BeadsId.make("bd-1")

describe("plan: work that exists", () => {
  it("skips the bug with the place of the work, and says what to do", () => {
    const { chosen, skipped } = planned([{ id: "bd-1" }, { id: "bd-2", title: "other" }], {
      foundWork: new Map([["bd-1", commit]])
    })
    assert.deepStrictEqual(ids(chosen), ["bd-2"])
    assert.deepInclude(skipped[0], {
      beads: "bd-1",
      reason: "work_exists",
      detail:
        'commit 1a2b3c4 "Fix parser (bd-1)" on main names it. Close the bug, or have it tried all the same: nightly-dispatch retry bd-1'
    })
  })

  it("a bug on hold for which work exists is not tried to see whether its provider has recovered", () => {
    const history = () => ({ ...NEVER_TRIED, failures: 3, suspects: new Set([ProviderName.make("opencode")]) })
    const input = { history, doubtful: new Set([opencode]), now: NOW * 1_000 }
    assert.deepStrictEqual(ids(planned([{ id: "bd-1" }], input).chosen), ["bd-1"])
    const { chosen, skipped } = planned([{ id: "bd-1" }], { ...input, foundWork: new Map([["bd-1", commit]]) })
    assert.deepStrictEqual([ids(chosen), outcomesByBug(skipped)], [[], { "bd-1": "Skipped undecided" }])
  })
})

describe("a run that finds work", () => {
  const withWork = { ...threeBugs, work: { work: { "bd-1": [commit] } } }

  it.effect("skips the bug before its claim, and dispatches the others", () =>
    inWorld(
      withWork,
      Effect.gen(function* () {
        const { report } = yield* runOnce
        assert.deepStrictEqual(outcomesByBug(report.outcomes), {
          "bd-1": "Skipped work_exists",
          "bd-2": "Dispatched",
          "bd-3": "Dispatched"
        })
      })
    )
  )

  it.effect("asks once, for all bugs that may be chosen, and says which had a job", () =>
    inWorld(
      {
        beads: {
          issues: [
            { id: "bd-1", title: "a" },
            { id: "bd-2", title: "b", createdAt: 7_000 },
            { id: "bd-3", title: "c", labels: [REVIEW_LABEL] }
          ]
        },
        journal: {
          attempts: [
            fakeAttempt("settled", {
              beads: bd1,
              ack: Ack.make({ beads: bd1, provider: opencode, how: "started" })
            })
          ]
        }
      },
      Effect.gen(function* () {
        yield* TestClock.adjust("3 days")
        yield* runOnce
        const calls = yield* Effect.flatMap(FakeExistingWorkState, (state) => state.calls)
        assert.deepStrictEqual(
          calls.map(({ args: [bugs] }) => bugs.map(({ createdAt, hadJob, id }) => [id, createdAt, hadJob])),
          [
            [
              ["bd-1", 0, true],
              ["bd-2", 7_000, false]
            ]
          ]
        )
      })
    )
  )

  const calls = Effect.flatMap(FakeExistingWorkState, (state) => Effect.map(state.calls, (all) => all.length))

  it.effect("does not look if no bug may be chosen, or if intake.skipExistingWork is off", () =>
    Effect.gen(function* () {
      const labelled = { beads: { issues: [{ id: "bd-1", labels: [REVIEW_LABEL] }] } }
      assert.strictEqual(yield* inWorld(labelled, Effect.zipRight(runOnce, calls)), 0)
      const off = { ...withWork, settings: { intake: { skipExistingWork: false } } }
      const [{ report }, asked] = yield* inWorld(off, Effect.zip(runOnce, calls))
      assert.deepStrictEqual([report.dispatched, asked], [3, 0])
    })
  )

  it.effect("goes on if the answer takes too long", () =>
    inWorld(
      { ...threeBugs, work: { faults: [FakeExistingWork.on("find").hangs().withoutLimit()] } },
      Effect.gen(function* () {
        const fiber = yield* Effect.fork(runOnce)
        yield* TestClock.adjust("20 minutes")
        const { lines, report } = yield* fiber
        assert.strictEqual(report.dispatched, 3)
        assert.isTrue(lines.some((line) => line.startsWith("WARN no answer within")))
      })
    )
  )

  it.effect("after `retry ID` only work counts that was made later", () =>
    Effect.gen(function* () {
      const reasonWith = (at: number) =>
        inWorld(
          { beads: { issues: [{ id: "bd-1" }] }, work: { work: { "bd-1": [{ ...commit, at }] } } },
          Effect.gen(function* () {
            const journal = yield* Journal
            yield* TestClock.setTime(10_000)
            yield* journal.clear(bd1)
            yield* TestClock.setTime(30_000)
            return outcomesByBug((yield* runOnce).report.outcomes)["bd-1"]
          })
        )
      assert.strictEqual(yield* reasonWith(10_000), "Dispatched")
      assert.strictEqual(yield* reasonWith(10_001), "Skipped work_exists")
      assert.strictEqual(yield* reasonWith(30_001), "Dispatched", "nothing tells that it was made after the retry")
    })
  )
})
