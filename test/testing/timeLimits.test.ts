import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock, type Duration } from "effect"
import { BeadsCli } from "../../src/beads/BeadsCli.ts"
import { Actor } from "../../src/domain/Actor.ts"
import { CurrentSettings } from "../../src/domain/Settings.ts"
import { Journal } from "../../src/journal/Journal.ts"
import { Outbox } from "../../src/journal/Outbox.ts"
import { DxRunner } from "../../src/runner/DxRunner.ts"
import {
  FakeBeads,
  FakeBeadsState,
  FakeExistingWork,
  FakeJournal,
  FakeKeptWork,
  FakeOutbox,
  FakePromptsState,
  FakeRunner,
  FakeRunnerState,
  FakeWorkspaces
} from "../../src/testing/index.ts"
import { ExistingWork } from "../../src/workspace/ExistingWork.ts"
import { KeptWork, NOTHING_KNOWN } from "../../src/workspace/KeptWork.ts"
import { Workspaces } from "../../src/workspace/Workspaces.ts"
import { beadsId } from "../contract/support.ts"
import { assertNothingLeft, inWorld, oneBug, opencode, outcomesByBug, runOnce, settings } from "../dispatch/support.ts"

const id = beadsId("bd-1")
const actor = Actor.make("nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1")

/** Twenty seconds for a start, ten for a call of the tracker, thirty for a worktree. */
const SHORT = {
  timeouts: { preflight: "15 seconds", ack: "5 seconds", beads: "10 seconds", workspace: "30 seconds" }
}

/** The result of an effect that waits until this moment, and not longer. */
const after = <A, E, R>(seconds: number, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(Effect.provideService(effect, CurrentSettings, settings(SHORT)))
    yield* TestClock.adjust((seconds - 1) * 1000)
    assert.strictEqual((yield* Fiber.poll(fiber))._tag, "None", "it ends too early")
    yield* TestClock.adjust("1 second")
    assert.strictEqual((yield* Fiber.poll(fiber))._tag, "Some", "it still waits")
    return yield* Fiber.join(fiber)
  })

/** A run with one bug whose start takes 70 seconds, or for ever; it may wait for this long. */
const run = (within: Duration.DurationInput, fault: NonNullable<FakeRunner.FakeRunnerScript["faults"]>[number]) =>
  inWorld(
    { ...oneBug, settings: SHORT, runner: { faults: [fault] } },
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(runOnce)
      yield* TestClock.adjust(within)
      assert.strictEqual((yield* Fiber.poll(fiber))._tag, "Some", "it still waits")
      const { outcome, report } = yield* Fiber.join(fiber)
      yield* assertNothingLeft
      return {
        bug: outcome("bd-1"),
        outcomes: outcomesByBug(report.outcomes),
        prompts: (yield* (yield* FakePromptsState).files).length,
        starts: (yield* (yield* FakeRunnerState).calls).filter(({ method }) => method === "start").length
      }
    })
  )

describe("the time limits of the fakes", () => {
  it.effect("a start of 70 seconds with a limit of 20 is timed out, and nothing is left of it", () =>
    Effect.gen(function* () {
      const { bug, outcomes, prompts, starts } = yield* run("20 seconds", FakeRunner.on("start").delays("70 seconds"))
      assert.deepStrictEqual(outcomes, { "bd-1": "Failed timeout" })
      assert.deepInclude(bug, { error: "no acknowledgement within 20 s; the runner knows no such job" })
      assert.deepStrictEqual([prompts, starts], [0, 1])
    })
  )

  it.effect("a start that launches its job and answers after 70 seconds is late: the job has its claim", () =>
    Effect.gen(function* () {
      const { bug, prompts } = yield* run("20 seconds", FakeRunner.after("start").delays("70 seconds"))
      assert.deepInclude(bug, { _tag: "Dispatched", how: "late" })
      assert.strictEqual(prompts, 1)
    })
  )

  it.effect("a start that needs less than its limit is in time", () =>
    Effect.gen(function* () {
      const { bug } = yield* run("20 seconds", FakeRunner.on("start").delays("19 seconds"))
      assert.deepInclude(bug, { _tag: "Dispatched", how: "started" })
    })
  )

  it.effect(
    "a preflight that hangs fails after `timeouts.preflight`, and every other question after `timeouts.beads`",
    () =>
      Effect.gen(function* () {
        const runner = yield* DxRunner
        const preflight = yield* after(15, Effect.flip(runner.preflight({ name: opencode })))
        assert.include(preflight, {
          _tag: "PreflightFailed",
          detail: "Preflight check timed out: no answer within 15s"
        })
        for (const ask of [
          Effect.asVoid(runner.job(id)),
          Effect.asVoid(runner.running),
          Effect.asVoid(runner.stop(id))
        ]) {
          const error = yield* after(10, Effect.flip(ask))
          assert.include(error, { _tag: "RunnerFailed", detail: "no answer within 10s" })
        }
      }).pipe(
        Effect.provide(
          FakeRunner.layer({
            faults: [
              FakeRunner.on("preflight").hangs(),
              FakeRunner.on("job").hangs(),
              FakeRunner.on("running").hangs(),
              FakeRunner.on("stop").delays("11 seconds")
            ]
          })
        )
      )
  )

  it.effect("a worktree that hangs fails after `timeouts.workspace`, and none is made", () =>
    Effect.gen(function* () {
      const workspaces = yield* Workspaces
      const acquire = Effect.scoped(workspaces.acquire(id, { name: "app", path: "/src/app" }))
      assert.include(yield* after(30, Effect.flip(acquire)), { _tag: "WorkspaceFailed", kind: "timeout" })
    }).pipe(Effect.provide(FakeWorkspaces.layer({ faults: [FakeWorkspaces.on("acquire").hangs()] })))
  )

  it.effect(
    "git that hangs knows nothing of kept work after `timeouts.workspace`, and shows, merges and pushes none",
    () =>
      Effect.gen(function* () {
        const work = yield* KeptWork
        const kept = { clone: "/src/app", branch: "fix/bd-1" }
        const pushed = { remote: "origin", branch: "fix/bd-1", commit: "1a2b3c4" }
        assert.deepStrictEqual(yield* after(30, work.facts(kept)), { ...NOTHING_KNOWN, why: "no answer within 30s" })
        assert.strictEqual((yield* after(30, work.many(kept.clone, [kept.branch]))).size, 0)
        for (const ask of [
          Effect.asVoid(work.diff(kept)),
          Effect.asVoid(work.pager(kept.clone, { GIT_PAGER: undefined, PAGER: undefined })),
          Effect.asVoid(work.merge(kept, "merge it")),
          Effect.asVoid(work.push(kept.clone, "origin")),
          Effect.asVoid(work.publish(kept, "origin", undefined)),
          Effect.asVoid(work.fetch(kept.clone, pushed)),
          Effect.asVoid(work.unpublish(kept.clone, pushed))
        ]) {
          assert.include(yield* after(30, Effect.flip(ask)), { kind: "timeout" })
        }
      }).pipe(
        Effect.provide(
          FakeKeptWork.layer({
            branches: { "fix/bd-1": {} },
            faults: [
              FakeKeptWork.on("facts").hangs(),
              FakeKeptWork.on("many").hangs(),
              FakeKeptWork.on("diff").hangs(),
              FakeKeptWork.on("pager").hangs(),
              FakeKeptWork.on("merge").hangs(),
              FakeKeptWork.on("push").hangs(),
              FakeKeptWork.on("publish").hangs(),
              FakeKeptWork.on("fetch").hangs(),
              FakeKeptWork.on("unpublish").hangs()
            ]
          })
        )
      )
  )

  it.effect("a search for existing work that hangs has found none after `timeouts.workspace`", () =>
    Effect.gen(function* () {
      const existing = yield* ExistingWork
      const sought = [{ id, createdAt: 0, hadJob: false }]
      const repository = { name: "app", path: "/src/app" }
      assert.strictEqual((yield* after(30, existing.find(sought, repository))).size, 0)
      assert.strictEqual((yield* existing.find(sought, repository)).size, 1)
    }).pipe(
      Effect.provide(
        FakeExistingWork.layer({
          work: { "bd-1": [{ kind: "commit", place: "commit 1a2b3c4", at: 0 }] },
          faults: [FakeExistingWork.on("find").hangs().times(1)]
        })
      )
    )
  )

  it.effect("journal and outbox have no limit of their own", () =>
    Effect.gen(function* () {
      const [journal, outbox] = yield* Effect.all([Journal, Outbox])
      yield* after(3600, journal.open)
      yield* after(3600, outbox.open)
    }).pipe(
      Effect.provide([
        FakeJournal.layer({ faults: [FakeJournal.on("open").delays("1 hour")] }),
        FakeOutbox.layer({ faults: [FakeOutbox.on("open").delays("1 hour")] })
      ])
    )
  )

  describe("a tracker that hangs is asked again what it did", () => {
    const tracker = (fault: NonNullable<FakeBeads.FakeBeadsScript["faults"]>[number]) =>
      Effect.provide(FakeBeads.layer({ issues: [{ id: "bd-1" }], faults: [fault] }))

    it.effect("a read has failed", () =>
      Effect.flatMap(BeadsCli, (beads) => after(10, Effect.flip(beads.show(id)))).pipe(
        Effect.map((error) => assert.include(error, { operation: "show bd-1", reason: "timeout" })),
        tracker(FakeBeads.on("show").hangs())
      )
    )

    it.effect("a claim that was made succeeds", () =>
      Effect.flatMap(BeadsCli, (beads) => after(10, beads.claim(id, actor))).pipe(
        Effect.map((claim) => assert.include({ ...claim }, { id, actor })),
        tracker(FakeBeads.after("claim").hangs())
      )
    )

    it.effect("a claim that was not made is unknown", () =>
      Effect.flatMap(BeadsCli, (beads) => after(10, Effect.flip(beads.claim(id, actor)))).pipe(
        Effect.map((error) => assert.include(error, { _tag: "ClaimFailed", reason: "unknown" })),
        tracker(FakeBeads.on("claim").hangs())
      )
    )

    it.effect("a claim that a colleague has made meanwhile is held", () =>
      Effect.gen(function* () {
        const beads = yield* BeadsCli
        const fiber = yield* Effect.fork(after(10, Effect.flip(beads.claim(id, actor))))
        yield* Effect.yieldNow()
        yield* (yield* FakeBeadsState).edit("bd-1", { status: "in_progress", assignee: "alice" })
        assert.include(yield* Fiber.join(fiber), { _tag: "ClaimFailed", reason: "held", holder: "alice" })
      }).pipe(tracker(FakeBeads.on("claim").hangs()))
    )

    it.effect("a release that was not made has failed", () =>
      Effect.gen(function* () {
        const beads = yield* BeadsCli
        yield* beads.claim(id, actor)
        assert.include(yield* after(10, Effect.flip(beads.release(id, actor))), { operation: "release bd-1" })
      }).pipe(tracker(FakeBeads.on("release").hangs()))
    )

    it.effect("a release that was made succeeds", () =>
      Effect.gen(function* () {
        const beads = yield* BeadsCli
        yield* beads.claim(id, actor)
        assert.deepStrictEqual(yield* after(10, beads.release(id, actor)), { _tag: "Released" })
      }).pipe(tracker(FakeBeads.after("release").hangs()))
    )
  })

  it.effect("without a limit only the caller's own ends the call", () =>
    Effect.gen(function* () {
      const runner = yield* DxRunner
      assert.isDefined(yield* after(3600, Effect.as(runner.job(id), "answered")))
    }).pipe(Effect.provide(FakeRunner.layer({ faults: [FakeRunner.on("job").delays("1 hour").withoutLimit()] })))
  )
})
