import { Effect, Either } from "effect"
import type { BeadsId } from "../../domain/Ids.ts"
import { delayInterruption } from "../../domain/interruption.ts"
import type { keyedMutex } from "../../domain/keyedMutex.ts"
import type { Repository } from "../../domain/Repository.ts"
import { oneLine } from "../../domain/Text.ts"
import type { Workspace } from "../../domain/Workspace.ts"
import { tryAgain } from "./failure.ts"
import { takeAway } from "./removal.ts"
import { COMMIT, requireRepository } from "./worktree.ts"
import { baseLocation, removeEmpty, type Location, type WorktreeTools } from "./worktreeDirectory.ts"
import { obstructed } from "./worktreeRoot.ts"

/**
 * Removes the worktree of a bug's base, however far its making or its removal came. It holds no work, because no agent has worked
 * in it. `location`: that of the bug's worktree.
 */
const removeBaseWorktree = Effect.fnUntraced(
  function* (tools: WorktreeTools, clone: string, location: Location) {
    const base = baseLocation(location)
    const taken = yield* takeAway(tools, clone, base)
    if (Either.isLeft(taken)) return yield* taken.left
    yield* tools.directories.removeRests(base)
    yield* removeEmpty(location.parent)
  },
  (removal) => delayInterruption(removal)
)

/** Removes the worktree of a bug's base that a killed process left. If that fails, warns: the bug's own worktree does not need it. */
export const sweepBaseWorktree = Effect.fnUntraced(function* (tools: WorktreeTools, clone: string, location: Location) {
  const base = baseLocation(location)
  if (!(yield* tools.directories.isThere(base))) return
  yield* Effect.catchAll(removeBaseWorktree(tools, clone, location), ({ advice }) =>
    Effect.logWarning(`worktree ${base.path} of a base stays: ${advice}. The bug's next attempt tries again`)
  )
})

/** Makes a worktree of this commit beside the bug's worktree, on no branch. Returns its path. The bug's directory must exist. */
const addBaseWorktree = Effect.fnUntraced(function* (
  tools: WorktreeTools,
  clone: string,
  location: Location,
  commit: string
) {
  const base = baseLocation(location)
  yield* removeBaseWorktree(tools, clone, location)
  yield* tools.directories.create(base)
  yield* tools.git.read(clone, ["worktree", "add", "--detach", base.real, commit])
  return { path: base.path }
})

/** `acquireBase` and `dropBase` of `Workspaces`. `exclusive` excludes other work on the same clone. */
export const makeBaseWorktrees = (tools: WorktreeTools, exclusive: ReturnType<typeof keyedMutex<string>>) => {
  const acquireBase = Effect.fn("Workspaces.acquireBase")(function* (
    id: BeadsId,
    repository: Repository,
    { base = "" }: Workspace
  ) {
    const clone = repository.path
    if (!COMMIT.test(base))
      return yield* obstructed(oneLine(`the recorded base of ${id} is ${base || "nothing"}: not a commit`))
    return yield* exclusive(clone)(
      Effect.gen(function* () {
        yield* requireRepository(tools.git, repository)
        return yield* addBaseWorktree(tools, clone, yield* tools.directories.prepare(id, repository), base)
      })
    )
  }, Effect.mapError(tryAgain))

  const dropBase = Effect.fn("Workspaces.dropBase")(function* (id: BeadsId, repository: Repository) {
    const location = yield* tools.directories.locate(id, repository)
    yield* exclusive(repository.path)(removeBaseWorktree(tools, repository.path, location))
  }, Effect.mapError(tryAgain))

  return { acquireBase, dropBase }
}
