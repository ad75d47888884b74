import { Effect } from "effect"
import { Workspace } from "../../../src/domain/Workspace.ts"
import { FakeJournalState, FakeVerifierState, FakeWorkspaces } from "../../../src/testing/index.ts"
import { inWorld, type World } from "../support.ts"
import { attemptLeftIn, heldIssue, HOUR, job, settle } from "./support.ts"

export const COMMAND = ["npm", "test"]
const worktree = "/tmp/agents/bd-1/app"
export const workspace = Workspace.make({ path: worktree, branch: "nightly-dispatch/bd-1", base: "abc", reused: false })

/** A world in which the job of an earlier run ended well and left work, and the settings name a check. */
export const workLeft = (more: World = {}): World => ({
  beads: { issues: [heldIssue] },
  journal: { attempts: [attemptLeftIn("acknowledged", { workspace, createdAt: -HOUR, updatedAt: -HOUR })] },
  runner: { jobs: [job({ phase: "succeeded", exitCode: 0, startedAt: -HOUR, endedAt: -1000 })] },
  workspaces: {
    faults: [FakeWorkspaces.on("discard").answers(() => ({ _tag: "Work", holds: "commits", commits: 1 }))]
  },
  settings: { verify: { command: COMMAND } },
  ...more
})

export const calls = Effect.map(
  Effect.flatMap(FakeVerifierState, (state) => state.calls),
  (all) => all.map(({ method }) => String(method))
)
export const finish = (exitCode?: number, lines?: ReadonlyArray<string>) =>
  Effect.flatMap(FakeVerifierState, (state) => state.finish("bd-1", exitCode, lines))
export const crash = Effect.flatMap(FakeVerifierState, (state) =>
  state.turn("bd-1", { phase: "gone", why: "its supervisor ended without an exit code" })
)
export const attempts = Effect.flatMap(FakeJournalState, (state) => state.attempts)

/** Settles once, so that the check runs. */
export const checking = <A, E, R>(world: World, then: Effect.Effect<A, E, R>) =>
  inWorld(world, Effect.zipRight(settle, then))
