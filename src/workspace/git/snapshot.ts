import { Clock, Effect, Either } from "effect"
import { WorkspaceFailed } from "../../domain/Failure.ts"
import { Workspace, type Snapshot } from "../../domain/Workspace.ts"
import type { Git } from "./command.ts"
import { digestOfChanges, readStatus } from "./status.ts"
import { missingSubmodules } from "./submodules.ts"
import { branchTip } from "./worktree.ts"

/**
 * What the worktree `top` is like now; `ownBranch` is its bug's branch. Fails with the blame `issue` if git cannot read the worktree.
 *
 * @example
 * const snapshot = yield* takeSnapshot(git, "/tmp/agents/bd-1/app", "nightly-dispatch/bd-1")
 */
export const takeSnapshot = Effect.fn("Workspaces.snapshot")(function* (
  git: Git,
  top: string,
  ownBranch: string
): Effect.fn.Return<Snapshot, WorkspaceFailed> {
  const at = yield* Clock.currentTimeMillis
  const found = yield* readStatus(git, top)
  if (Either.isLeft(found)) {
    return yield* new WorkspaceFailed({ detail: `git cannot read ${top}: ${found.left}`, blame: "issue" })
  }
  const { branch, entries, head, unread } = found.right
  const isClean = entries.length === 0 && unread === undefined
  const changes = isClean ? undefined : yield* digestOfChanges(git, top)
  const tip = branch === ownBranch ? undefined : yield* branchTip(git, top, ownBranch)
  return {
    at,
    head,
    ...(branch === undefined ? {} : { branch }),
    ...(tip === undefined ? {} : { tip }),
    ...(changes === undefined ? {} : { changes })
  }
})

/** The workspace with what its worktree is like at the hand-out. `ownBranch` is its bug's branch. */
export const handedOut = Effect.fnUntraced(function* (git: Git, workspace: Workspace, ownBranch: string) {
  const [first, ...others] = yield* missingSubmodules(git, workspace.path)
  const snapshot = yield* takeSnapshot(git, workspace.path, ownBranch)
  return Workspace.make({
    ...workspace,
    snapshot,
    ...(first === undefined ? {} : { submodules: [first, ...others] as const })
  })
})
