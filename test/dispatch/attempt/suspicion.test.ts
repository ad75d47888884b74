import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { PromptFailed, WorkspaceFailed, type WorkspaceFailureKind } from "../../../src/domain/Failure.ts"
import { FakeBeadsState, FakeJournalState, FakePrompts, FakeWorkspaces } from "../../../src/testing/index.ts"
import { assertNothingLeft, inWorld, outcomesByBug, runOnce, type World } from "../support.ts"

const bugs = ["bd-1", "bd-2", "bd-3", "bd-4"]
const oneAfterTheOther: World = {
  settings: { limits: { maxParallel: 1, maxDispatches: 4 } },
  beads: { issues: bugs.map((id, index) => ({ id, title: ["a", "b", "c", "d"][index] ?? "" })) }
}

const failed = (id: string, detail: string, kind: WorkspaceFailureKind = "other") =>
  FakeWorkspaces.on("acquire", id).fails(new WorkspaceFailed({ detail, kind, blame: "issue" }))

const worldWith = (...faults: ReadonlyArray<ReturnType<typeof failed>>): World => ({
  ...oneAfterTheOther,
  workspaces: { faults }
})

const outcomes = Effect.map(runOnce, ({ report }) => outcomesByBug(report.outcomes))

describe("a workspace failure is a suspicion", () => {
  it.effect("of one bug: the others are dispatched", () =>
    inWorld(
      worldWith(failed("bd-1", "/agents/bd-1/app is damaged")),
      Effect.gen(function* () {
        const { outcome, report } = yield* runOnce
        assert.deepStrictEqual(outcomesByBug(report.outcomes), {
          "bd-1": "Failed runner_error",
          "bd-2": "Dispatched",
          "bd-3": "Dispatched",
          "bd-4": "Dispatched"
        })
        assert.deepInclude(outcome("bd-1"), { blame: "issue", error: "worktree: /agents/bd-1/app is damaged" })
        assert.strictEqual(report.exit, 3)
        yield* assertNothingLeft
      })
    )
  )

  it.effect("of two bugs, but not the same: the others are dispatched", () =>
    inWorld(
      worldWith(failed("bd-1", "bd-1 is damaged"), failed("bd-2", "bd-2 is foreign"), failed("bd-3", "x", "timeout")),
      Effect.gen(function* () {
        assert.strictEqual((yield* outcomes)["bd-4"], "Dispatched")
      })
    )
  )

  for (const [what, first, second] of [
    ["the same text, but for path, branch and number", "git: /fake/agents/bd-1/app", "git: /fake/agents/bd-2/app7"],
    ["the same branch's text", "cannot write feature-bd-1 (12 bytes)", "cannot write feature-bd-2 (9 bytes)"],
    ["the same kind", "git lock, made 2m ago", "git lock, made 1h 3m ago", "locked"]
  ] as const) {
    const kind = what === "the same kind" ? "locked" : "other"
    it.effect(`of two bugs with ${what}: the host's, so the run stops before a third`, () =>
      inWorld(
        worldWith(failed("bd-1", first, kind), failed("bd-2", second, kind)),
        Effect.gen(function* () {
          const { outcome, report } = yield* runOnce
          assert.deepStrictEqual(outcomesByBug(report.outcomes), {
            "bd-1": "Failed runner_error",
            "bd-2": "Failed runner_error",
            "bd-3": "Skipped run_stopped",
            "bd-4": "Skipped run_stopped"
          })
          assert.deepInclude(outcome("bd-1"), { blame: "issue" })
          const stopped = outcome("bd-2")
          assert(stopped?._tag === "Failed")
          assert.strictEqual(stopped.blame, "host")
          assert.include(stopped.error, `${second}; bd-1 failed the same way, so this host or its repository`)
          assert.strictEqual(report.exit, 3)
          const claims = (yield* (yield* FakeBeadsState).calls).filter(({ method }) => method === "claim")
          assert.lengthOf(claims, 2)
          const ends = (yield* (yield* FakeJournalState).attempts).map(
            (attempt) => attempt.phase === "settled" && `${attempt.beads}: ${attempt.blame}`
          )
          assert.deepStrictEqual(ends, ["bd-1: issue", "bd-2: host"])
          yield* assertNothingLeft
        })
      )
    )
  }

  for (const kind of ["branch_in_use", "ref_locked", "worktree_locked", "branch_name", "not_ours"] as const) {
    it.effect(`of three bugs, each with a cause of its own (${kind}): the fourth is dispatched`, () =>
      inWorld(
        worldWith(...bugs.slice(0, 3).map((id) => failed(id, `${id} is in use`, kind))),
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* outcomes, {
            "bd-1": "Failed runner_error",
            "bd-2": "Failed runner_error",
            "bd-3": "Failed runner_error",
            "bd-4": "Dispatched"
          })
        })
      )
    )
  }

  it.effect("and so is the failure of a prompt file", () => {
    const broken = (id: string) =>
      FakePrompts.on("write", id).fails(new PromptFailed({ detail: `cannot write ${id}.prompt`, blame: "issue" }))
    return inWorld(
      { ...oneAfterTheOther, prompts: { faults: [broken("bd-1"), broken("bd-3")] } },
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* outcomes, {
          "bd-1": "Failed runner_error",
          "bd-2": "Dispatched",
          "bd-3": "Failed runner_error",
          "bd-4": "Skipped run_stopped"
        })
        yield* assertNothingLeft
      })
    )
  })
})
