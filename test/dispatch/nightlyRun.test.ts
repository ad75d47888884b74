import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { BeadsId } from "../../src/domain/Ids.ts"
import { FakeJournal, CallLog, FakeBeads, FakeBeadsState, FakePromptsState } from "../../src/testing/index.ts"
import { fakes, inWorld, oneBug, outcomesByBug, runOnce, threeBugs, trackerDown } from "./support.ts"
import * as dryRun from "../../src/dispatch/attempt/dryRun.ts"

describe("nightlyRun", () => {
  it.effect(
    "bd-XXXX.1.1 claims every chosen bug under an actor of its own, and hands prompt and worktree over to the job",
    () =>
      inWorld(
        threeBugs,
        Effect.gen(function* () {
          const { report, lines } = yield* runOnce
          assert.deepStrictEqual(outcomesByBug(report.outcomes), {
            "bd-1": "Dispatched",
            "bd-2": "Dispatched",
            "bd-3": "Dispatched"
          })
          assert.strictEqual(report.exit, 0)
          const issues = yield* (yield* FakeBeadsState).issues
          assert.deepStrictEqual(
            issues.map(({ assignee, status }) => `${status} ${assignee}`).toSorted(),
            [1, 2, 3].map(
              (attempt) =>
                `in_progress nightly-dispatch/${FakeJournal.FAKE_MARK}/vm-1/20261122T030000Z-4f2a91/${attempt}`
            )
          )
          const prompts = yield* (yield* FakePromptsState).files
          assert.strictEqual(prompts.length, 3)
          assert.isTrue(prompts.every(({ kept }) => kept))
          assert.isTrue(
            lines.some((line) => /^✅ DISPATCH_SUCCESS beads=bd-1 provider=opencode duration_ms=\d+$/.test(line))
          )
          assert.match(
            lines.at(-1) ?? "",
            /^RUN_SUMMARY run=20261122T030000Z-4f2a91 fetched=3 chosen=3 dispatched=3 failed=0 skipped=0 malformed=0 jobs_succeeded=0 jobs_failed=0 running=3 settled=0 exit=0 duration_ms=\d+ repo=\S+$/
          )
        })
      )
  )

  it.effect("exits 0 with nothing to do, and 4 when the tracker cannot be read", () =>
    Effect.gen(function* () {
      const empty = yield* inWorld({}, runOnce)
      assert.strictEqual(empty.report.exit, 0)
      const broken = yield* inWorld({ beads: { faults: [FakeBeads.on("openBugs").fails(trackerDown)] } }, runOnce)
      assert.strictEqual(broken.report.exit, 4)
      assert.match(broken.report.error ?? "", /database is locked/)
    })
  )

  it.effect("exits 5 before any claim when no worktree can be made from the repository", () =>
    inWorld(
      { ...oneBug, workspaces: { unusable: ["app"] } },
      Effect.gen(function* () {
        const { report } = yield* runOnce
        assert.strictEqual(report.exit, 5)
        assert.isFalse((yield* (yield* FakeBeadsState).calls).some(({ method }) => method === "claim"))
      })
    )
  )

  it.effect("a dry run plans and names the provider, but claims, writes and starts nothing", () =>
    runOnce.pipe(
      Effect.tap(({ report, lines }) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(outcomesByBug(report.outcomes), {
            "bd-1": "Planned",
            "bd-2": "Planned",
            "bd-3": "Planned"
          })
          assert.isTrue(lines.includes("📝 DISPATCH_PLANNED beads=bd-1 provider=opencode"))
          const calls = (yield* (yield* CallLog).calls).map(({ method }) => method)
          assert.isEmpty(
            calls.filter((method) =>
              ["claim", "release", "comment", "acquire", "write", "keep", "sweep", "start", "stop"].includes(method)
            )
          )
        })
      ),
      Effect.provide(Layer.provideMerge(dryRun.layer, fakes(threeBugs)))
    )
  )

  it.effect("bd-XXXX.1.2 removes prompt files of jobs that have ended", () =>
    inWorld(
      { prompts: { kept: [{ id: BeadsId.make("bd-7"), text: "old" }] } },
      Effect.gen(function* () {
        const { report } = yield* runOnce
        assert.strictEqual(report.exit, 0)
        assert.isEmpty(yield* (yield* FakePromptsState).files)
      })
    )
  )
})
