import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, TestClock, type Duration } from "effect"
import { FakeBeadsState, FakeJournalState, FakeRunnerState, FakeWorkspaces } from "../../src/testing/index.ts"
import { runOnce, type World } from "../dispatch/support.ts"
import { firstEnd, watching, worldOf } from "./support.ts"

const pass = (seconds: number) => TestClock.adjust(seconds * 1000)
const claim = Effect.map(
  Effect.flatMap(FakeBeadsState, ({ issues }) => issues),
  ([issue]) => issue
)
const phase = Effect.map(
  Effect.flatMap(FakeJournalState, ({ attempts }) => attempts),
  ([attempt]) => attempt?.phase
)

const checked = (runs: Duration.DurationInput, timeout = "10 min"): World => ({
  beads: { issues: [{ id: "bd-1" }], lease: "5 minutes" },
  workspaces: {
    faults: [FakeWorkspaces.on("discard").answers(() => ({ _tag: "Work", holds: "commits", commits: 1 }))]
  },
  settings: { verify: { command: ["npm", "test"], timeout } },
  verifier: { checks: { "bd-1": { runs, exitCode: 1, lines: ["1 test failed"] } } }
})

describe("the watcher and a check of a job's work", () => {
  it.effect("starts it when the job ends, keeps its lease, settles it soon after its end, and ends itself", () =>
    Effect.gen(function* () {
      yield* runOnce
      const watcher = yield* watching()
      yield* pass(60)
      yield* Effect.flatMap(FakeRunnerState, ({ finish }) => finish("bd-1", 0))
      while ((yield* phase) !== "verifying") yield* pass(5)
      const begin = yield* Clock.currentTimeMillis
      while (!(yield* watcher.ended)) {
        yield* pass(5)
        const { assignee, leaseExpiresAt = Infinity } = (yield* claim) ?? {}
        if (assignee !== undefined) assert.isAbove(leaseExpiresAt, yield* Clock.currentTimeMillis)
        assert.isBelow(yield* Clock.currentTimeMillis, begin + 11 * 60_000)
      }
      assert.isBelow(yield* Clock.currentTimeMillis, begin + 8 * 60_000 + 60_000, "a check of 8 minutes")
      assert.strictEqual(yield* firstEnd, "unverified")
      assert.strictEqual((yield* claim)?.assignee, undefined)
      assert.strictEqual((yield* watcher.join).result.end, "nothing_left")
    }).pipe(Effect.provide(worldOf(checked("8 minutes"))))
  )

  it.effect("ends one that runs longer than verify.timeout", () =>
    Effect.gen(function* () {
      yield* runOnce
      const watcher = yield* watching()
      yield* Effect.flatMap(FakeRunnerState, ({ finish }) => finish("bd-1", 0))
      while ((yield* phase) !== "verifying") yield* pass(5)
      const begin = yield* Clock.currentTimeMillis
      while ((yield* firstEnd) === undefined) {
        yield* pass(5)
        assert.isBelow(yield* Clock.currentTimeMillis, begin + 4 * 60_000)
      }
      assert.strictEqual(yield* firstEnd, "unverified")
      yield* watcher.join
    }).pipe(Effect.provide(worldOf(checked("8 hours", "2 min"))))
  )
})
