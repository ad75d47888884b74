import { Effect } from "effect"
import { ACTOR_PREFIX } from "../domain/Actor.ts"
import { isLive } from "../domain/Job.ts"
import { assert } from "./contract/assert.ts"
import { FakeBeadsState } from "./FakeBeads.ts"
import { FakeJournalState } from "./FakeJournal.ts"
import { FakePromptsState } from "./FakePrompts.ts"
import { FakeRunnerState } from "./FakeRunner.ts"
import { FakeWorkspacesState } from "./FakeWorkspaces.ts"

/** The bugs whose jobs run. */
const atWork = Effect.gen(function* () {
  const { jobs } = yield* FakeRunnerState
  return (yield* jobs).filter(isLive).map(({ beads }) => String(beads))
})

/** The issues that a dispatcher's claim holds, closed ones too: a job may close its bug. */
const claimed = Effect.gen(function* () {
  const { issues } = yield* FakeBeadsState
  return (yield* issues).filter(({ assignee }) => assignee?.startsWith(ACTOR_PREFIX) === true)
})

/**
 * Dies with an `AssertionError` unless each claim of a dispatcher on a bug that is not closed belongs to a job that runs.
 *
 * @example
 * yield* during("30 minutes", nightlyRun(options))
 * yield* noClaimWithoutJob
 */
export const noClaimWithoutJob = Effect.gen(function* () {
  const [claims, live] = yield* Effect.all([claimed, atWork])
  assert.deepStrictEqual(
    claims.filter(({ id, status }) => status !== "closed" && !live.includes(id)).map(({ id }) => id),
    [],
    "claims without a job"
  )
})

/**
 * Dies with an `AssertionError` unless each job that runs has the claim of its bug.
 *
 * @example
 * yield* noJobWithoutClaim
 */
export const noJobWithoutClaim = Effect.gen(function* () {
  const [claims, live] = yield* Effect.all([claimed, atWork])
  const ids = new Set(claims.map(({ id }) => String(id)))
  assert.deepStrictEqual(
    live.filter((id) => !ids.has(id)),
    [],
    "jobs without a claim"
  )
})

/**
 * Dies with an `AssertionError` unless each prompt file belongs to a job that runs.
 *
 * @example
 * yield* noPromptWithoutJob
 */
export const noPromptWithoutJob = Effect.gen(function* () {
  const live = yield* atWork
  const files = yield* (yield* FakePromptsState).files
  assert.deepStrictEqual(
    files.filter(({ file }) => !live.includes(file.beads)).map(({ file }) => file.path),
    [],
    "prompt files without a job"
  )
})

/**
 * Dies with an `AssertionError` unless each open attempt of the journal belongs to a job that runs.
 *
 * @example
 * yield* noAttemptWithoutJob
 */
export const noAttemptWithoutJob = Effect.gen(function* () {
  const live = yield* atWork
  const attempts = yield* (yield* FakeJournalState).attempts
  assert.deepStrictEqual(
    attempts
      .filter(({ beads, phase }) => phase !== "settled" && !live.includes(beads))
      .map(({ beads, phase }) => `${beads} ${phase}`),
    [],
    "open attempts without a job"
  )
})

/**
 * Dies with an `AssertionError` unless each worktree belongs to a job that runs, or holds work.
 *
 * @example
 * yield* noWorktreeWithoutJob
 */
export const noWorktreeWithoutJob = Effect.gen(function* () {
  const live = yield* atWork
  const workspaces = yield* (yield* FakeWorkspacesState).workspaces
  assert.deepStrictEqual(
    workspaces
      .filter(({ path, work }) => !work && !live.some((id) => path.split("/").includes(id)))
      .map(({ path }) => path),
    [],
    "worktrees without a job or work"
  )
})

/**
 * All of them: whatever a run has left belongs to a job that runs.
 *
 * @example
 * yield* during("30 minutes", nightlyRun(options))
 * yield* nothingLeft
 */
export const nothingLeft = Effect.all(
  [noClaimWithoutJob, noJobWithoutClaim, noPromptWithoutJob, noAttemptWithoutJob, noWorktreeWithoutJob],
  { discard: true }
)
