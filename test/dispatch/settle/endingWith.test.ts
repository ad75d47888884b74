import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import type { Ending } from "../../../src/domain/Attempt.ts"
import { WorkspaceFailed } from "../../../src/domain/Failure.ts"
import { REVIEW_LABEL } from "../../../src/domain/Outcome.ts"
import { Workspace, type CloneCommits, type Discarded } from "../../../src/domain/Workspace.ts"
import { endingWith } from "../../../src/dispatch/settle/endingWith.ts"
import { FakeRunnerState, FakeWorkspaces } from "../../../src/testing/index.ts"
import { inWorld, oneBug } from "../support.ts"
import { endOf, firstBug, nextRun, settle } from "./support.ts"

const elsewhere: CloneCommits = { count: 2, branches: "main", first: "1a2b3c4 Fix parser" }
const workspace = new Workspace({ path: "/w/bd-1/app", branch: "b", reused: false })

const GOOD: Ending = { end: "succeeded", detail: "the job ended well", durationMs: 5 }
const UNCHANGED: Ending = { end: "no_op", blame: "issue", detail: "it changed nothing", durationMs: 5 }
const FAILED: Ending = { end: "failed", blame: "issue", detail: "the job failed", durationMs: 5 }
const QUOTA: Ending = { end: "failed", blame: "provider", detail: "no quota", durationMs: 5 }

const NAMED =
  "2 commits appeared on main in the clone /c while it ran: 1a2b3c4 Fix parser, …; look whether they are its work"

const WORK: Discarded = { _tag: "Work", holds: "commits", commits: 1 }
const LEFT: Discarded = { _tag: "Left", why: "it is locked" }
const UNKNOWN: Discarded = { _tag: "Unknown", why: "git broke" }
const REMOVED: Discarded = { _tag: "Removed" }

describe("how an attempt ended, by what its job left", () => {
  const well = { ending: GOOD, withoutWork: UNCHANGED }
  const badly = { ending: FAILED, withoutWork: QUOTA }
  for (const [what, found, job, expected] of [
    [
      "ended well, work",
      WORK,
      well,
      { ...GOOD, commits: 1, detail: "the job ended well; commits in /w/bd-1/app (branch b)" }
    ],
    [
      "ended well, work, and commits in the clone",
      { ...WORK, elsewhere },
      well,
      { ...GOOD, commits: 1, detail: `the job ended well; commits in /w/bd-1/app (branch b); ${NAMED}` }
    ],
    ["ended well, no work", REMOVED, well, UNCHANGED],
    [
      "ended well, no work, a locked worktree",
      LEFT,
      well,
      { ...UNCHANGED, detail: "it changed nothing; its worktree /w/bd-1/app (branch b) stays: it is locked" }
    ],
    [
      "ended well, no work, one commit in the clone",
      { ...REMOVED, elsewhere: { ...elsewhere, count: 1 } },
      well,
      {
        ...GOOD,
        commits: 1,
        verified: "none",
        detail:
          "the job ended well; its worktree is unchanged, but 1 commit appeared on main in the clone /c while it ran: " +
          "1a2b3c4 Fix parser; look whether it is its work"
      }
    ],
    [
      "ended well, nobody can tell",
      UNKNOWN,
      well,
      {
        ...GOOD,
        end: "lost",
        blame: "host",
        detail: "the job ended well; whether it left work in /w/bd-1/app (branch b) cannot be told: git broke"
      }
    ],
    ["failed, no work", REMOVED, badly, QUOTA],
    ["failed, commits in the clone", { ...REMOVED, elsewhere }, badly, { ...QUOTA, detail: `no quota; ${NAMED}` }],
    [
      "failed, nobody can tell",
      UNKNOWN,
      badly,
      {
        ...FAILED,
        detail: "the job failed; whether it left work in /w/bd-1/app (branch b) cannot be told: git broke"
      }
    ]
  ] as const) {
    it(what, () => assert.deepStrictEqual(endingWith({ found, workspace, clone: "/c" }, job), expected))
  }
})

describe("settling a job that ended well", () => {
  const settled = (workspaces: FakeWorkspaces.FakeWorkspacesScript) =>
    inWorld(
      { ...oneBug, workspaces },
      Effect.gen(function* () {
        yield* nextRun
        yield* (yield* FakeRunnerState).finish("bd-1", 0)
        yield* TestClock.adjust("30 minutes")
        yield* settle
        const { attempt, issue } = yield* firstBug
        return { attempt, end: endOf(attempt), labels: [...(issue?.labels ?? [])], assignee: issue?.assignee }
      })
    )
  const finding = (found: Discarded) => settled({ faults: [FakeWorkspaces.on("discard").answers(() => found)] })

  it.effect("a worktree that stays without work is no success, and gets no label", () =>
    Effect.gen(function* () {
      const { attempt, end, labels } = yield* finding({ _tag: "Left", why: "it is locked: mine" })
      assert.deepStrictEqual([end, labels], ["no_op", []])
      assert.include(JSON.stringify(attempt), "stays: it is locked: mine")
    })
  )

  it.effect(
    "a worktree of which git can tell nothing: the attempt is lost, by the host's fault, and its claim released",
    () =>
      Effect.gen(function* () {
        const { assignee, attempt, end, labels } = yield* finding({ _tag: "Unknown", why: "git cannot read it" })
        assert.deepStrictEqual([end, labels, assignee], ["lost", [], undefined])
        assert.deepInclude({ ...attempt }, { blame: "host" })
      })
  )

  it.effect("a worktree that the layer refuses to look at: the same", () =>
    Effect.gen(function* () {
      const refused = new WorkspaceFailed({ detail: "it belongs to another user", blame: "issue" })
      const { attempt, end } = yield* settled({ faults: [FakeWorkspaces.on("discard").fails(refused)] })
      assert.strictEqual(end, "lost")
      assert.include(JSON.stringify(attempt), "it belongs to another user")
    })
  )

  it.effect("commits in the clone are marked for review", () =>
    Effect.gen(function* () {
      const { attempt, end, labels } = yield* finding({ ...REMOVED, elsewhere })
      assert.deepStrictEqual([end, labels], ["succeeded", [REVIEW_LABEL]])
      assert.deepInclude({ ...attempt }, { commits: 2 })
      assert.include(JSON.stringify(attempt), "2 commits appeared on main in the clone")
    })
  )
})
