import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, FastCheck as fc, Layer, Option } from "effect"
import * as dispatchIssue from "../../src/dispatch/attempt/dispatchIssue.ts"
import { nightlyRun } from "../../src/dispatch/nightlyRun.ts"
import { settleNow } from "../../src/dispatch/settle/settleNow.ts"
import { ineligible } from "../../src/domain/eligibility.ts"
import { defaultSettings } from "../../src/domain/defaultSettings.ts"
import {
  arbitrary,
  during,
  FakeBeads,
  FakeRunner,
  FakeWorkspaces,
  noAttemptWithoutJob,
  noClaimWithoutJob,
  noPromptWithoutJob,
  nothingLeft,
  noWorktreeWithoutJob,
  World,
  world,
  type WorldFaults,
  type WorldScript
} from "../../src/testing/index.ts"
import { ids, planned } from "../dispatch/plan/support.ts"
import { outcomesByBug, startFails } from "../dispatch/support.ts"

const night = (script: WorldScript) => dispatchIssue.layer.pipe(Layer.provideMerge(world(script)))

describe("the arbitraries", () => {
  it("make bugs that the default settings take, no two of which are duplicates", () =>
    fc.assert(
      fc.property(arbitrary.openBugs(), (bugs) => {
        for (const bug of bugs) {
          assert.isUndefined(
            ineligible(FakeBeads.issue(bug), defaultSettings.intake, Number.MAX_SAFE_INTEGER, new Set())
          )
        }
        const { chosen } = planned(bugs, { set: { limits: { maxDispatches: 10, maxParallel: 10 } } })
        assert.sameMembers(
          ids(chosen),
          bugs.map(({ id }) => id)
        )
      })
    ))
})

const FAULTS: ReadonlyArray<WorldFaults> = [
  {},
  { runner: [FakeRunner.on("start").fails(startFails("issue", "it cannot be"))] },
  { runner: [FakeRunner.on("start").delays("70 minutes")] },
  { runner: [FakeRunner.after("start").hangs()] },
  { runner: [FakeRunner.on("preflight").hangs().times(1)] },
  { beads: [FakeBeads.after("claim").hangs()] },
  { workspaces: [FakeWorkspaces.on("acquire").hangs()] }
]

describe("a world", () => {
  it.effect.prop(
    "whatever its bugs and its faults are: what a run leaves belongs to a job",
    [arbitrary.openBugs({ max: 3 }), fc.constantFrom(...FAULTS)],
    ([bugs, faults]) =>
      Effect.gen(function* () {
        const { end } = yield* during("2 hours", nightlyRun())
        assert.strictEqual(end?._tag, "done")
        yield* nothingLeft
      }).pipe(Effect.provide(night({ bugs, faults }))),
    { fastCheck: { numRuns: 20 } }
  )

  it.effect("has its fakes under one name, and their calls in one order", () =>
    Effect.gen(function* () {
      const { beads, log, runner } = yield* World
      const report = yield* nightlyRun()
      assert.deepStrictEqual(outcomesByBug(report.outcomes), { "bd-1": "Dispatched" })
      yield* runner.finish("bd-1")
      yield* nightlyRun()
      assert.strictEqual((yield* beads.issues)[0]?.status, "open")
      const calls = (yield* log.calls).map(({ method }) => method)
      assert.isBelow(calls.indexOf("claim"), calls.indexOf("start"))
    }).pipe(Effect.provide(night({ bugs: [{ id: "bd-1" }], providers: { opencode: { broken: "no quota" } } })))
  )

  it.effect("knows where its runs are, so that they need no options; each has an id of its own", () =>
    Effect.gen(function* () {
      const { journal, runner } = yield* World
      yield* during("30 minutes", nightlyRun())
      yield* runner.finish("bd-1")
      const settled = yield* during("30 minutes", settleNow())
      assert.deepStrictEqual(
        Option.map(settled, ({ settled }) => settled.map(({ _tag }) => _tag)),
        Option.some(["Ended" as const])
      )
      yield* during("30 minutes", nightlyRun())
      const reports = yield* journal.reports
      assert.strictEqual(new Set(reports.map(({ run }) => run)).size, 2)
      assert.deepStrictEqual(
        reports.map(({ end }) => end?._tag),
        ["done", "done"]
      )
    }).pipe(Effect.provide(night({ bugs: [{ id: "bd-1" }] })))
  )

  const isBroken = <R>(expectation: Effect.Effect<void, never, R>) =>
    Effect.map(Effect.exit(expectation), (exit) => {
      assert(Exit.isFailure(exit) && Cause.isDie(exit.cause))
      assert.match(Cause.pretty(exit.cause), /without a job/)
    })

  it.effect("is told of a claim, a prompt, an attempt and a worktree without a job", () =>
    Effect.gen(function* () {
      const { runner } = yield* World
      yield* nightlyRun()
      yield* nothingLeft
      yield* runner.forget("bd-1")
      yield* isBroken(noClaimWithoutJob)
      yield* isBroken(noPromptWithoutJob)
      yield* isBroken(noAttemptWithoutJob)
      yield* isBroken(noWorktreeWithoutJob)
    }).pipe(Effect.provide(night({ bugs: [{ id: "bd-1" }] })))
  )
})
