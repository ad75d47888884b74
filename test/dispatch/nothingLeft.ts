import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { ACTOR_PREFIX } from "../../src/domain/Actor.ts"
import { isLive } from "../../src/domain/Job.ts"
import {
  FakeBeadsState,
  FakeJournalState,
  FakePromptsState,
  FakeRunnerState,
  FakeWorkspacesState
} from "../../src/testing/index.ts"

/**
 * After a run: each claim of ours, each prompt file, each open attempt and each worktree without work belongs to a job
 * that runs, and each such job has its claim.
 */
export const assertNothingLeft = Effect.gen(function* () {
  const [beads, runner, prompts, workspaces] = yield* Effect.all([
    FakeBeadsState,
    FakeRunnerState,
    FakePromptsState,
    FakeWorkspacesState
  ])
  const live = (yield* runner.jobs).filter(isLive).map((job) => String(job.beads))
  const ours = (yield* beads.issues).filter((issue) => issue.assignee?.startsWith(ACTOR_PREFIX) === true)
  assert.deepStrictEqual(
    ours.filter((issue) => !live.includes(issue.id)).map((issue) => issue.id),
    [],
    "claims without a job"
  )
  assert.deepStrictEqual(
    (yield* prompts.files).filter(({ file }) => !live.includes(file.beads)).map(({ file }) => file.path),
    [],
    "prompt files without a job"
  )
  const open = (yield* (yield* FakeJournalState).attempts).filter(({ phase }) => phase !== "settled")
  assert.deepStrictEqual(
    open.filter(({ beads }) => !live.includes(beads)).map(({ beads, phase }) => `${beads} ${phase}`),
    [],
    "open attempts without a job"
  )
  const claimed = new Set(ours.map((issue) => String(issue.id)))
  assert.deepStrictEqual(
    live.filter((id) => !claimed.has(id)),
    [],
    "jobs without a claim"
  )
  const idleWorktrees = (yield* workspaces.workspaces).filter(
    ({ path, work }) => !work && !live.some((id) => path.includes(id))
  )
  assert.deepStrictEqual(idleWorktrees, [], "worktrees without a job or work")
})
