import { Effect, Ref, type Duration } from "effect"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Repository } from "../../domain/Repository.ts"
import { Workspace } from "../../domain/Workspace.ts"
import type { Exec } from "../../exec/Exec.ts"
import { localBase } from "../git/base.ts"
import { fromExec, gitEnvironment } from "../git/command.ts"
import { clearObstacles } from "../git/obstacles.ts"
import {
  branchTip,
  forkPoint,
  isWorktreeTop,
  listWorktrees,
  requireRepository,
  staleEntries,
  type Worktree
} from "../git/worktree.ts"
import { removeEmpty, type Location, type WorktreeTools } from "../git/worktreeDirectory.ts"
import { obstructed, unusable } from "../git/worktreeRoot.ts"
import { callFailure, createdPath, dxBranchOf, mayBeStale } from "./output.ts"

/** Tools and settings of the layer, the same for every worktree. */
interface CreateContext extends WorktreeTools {
  readonly exec: Exec["Type"]
  /** `dx-worktree`, or its path. */
  readonly command: string
  readonly timeout: Duration.Duration
}

/** Runs `create` and returns the path that it printed. If git lists a stale worktree, runs `prune` and `create` again. */
const create = Effect.fnUntraced(function* (
  { command, exec, git, timeout }: CreateContext,
  id: BeadsId,
  { name, path: clone }: Repository,
  location: Location
) {
  const run = (...args: ReadonlyArray<string>) =>
    exec
      .run({ tool: "worktree", command, args, cwd: "/", env: gitEnvironment, timeout })
      .pipe(Effect.mapError(fromExec))
  const first = yield* run("create", id, name)
  const isStale =
    first.exitCode !== 0 &&
    mayBeStale(first.stdout + first.stderr) &&
    (yield* staleEntries(yield* listWorktrees(git, clone), location, dxBranchOf(id))).length > 0
  const pruned = isStale ? yield* run("prune", name) : undefined
  if (pruned !== undefined && pruned.exitCode !== 0) return yield* callFailure(`${command} prune`, pruned)
  const result = isStale ? yield* run("create", id, name) : first
  if (result.exitCode !== 0) return yield* callFailure(command, result)
  const path = createdPath(result.stdout)
  return path ?? (yield* unusable(`${command} create printed no path`))
})

/** Fails unless the path that `dx-worktree` printed is a git worktree below the root. */
const inspect = Effect.fnUntraced(function* ({ git, root }: CreateContext, path: string, isNew: boolean) {
  const real = yield* root.resolveInside(path)
  if (!(yield* isWorktreeTop(git, real))) {
    return yield* isNew ? unusable(`${path} is not a git worktree`) : obstructed(`${path} is not a git worktree`)
  }
  const branch = (yield* git.run(real, ["symbolic-ref", "--quiet", "--short", "HEAD"])).stdout.trim()
  return { real, branch, head: yield* git.read(real, ["rev-parse", "HEAD"]) }
})

/** Lets `dx-worktree` make or reuse the bug's worktree. Sets `made` to a new worktree before `create` runs. */
export const createWorktree = Effect.fnUntraced(function* (
  context: CreateContext,
  id: BeadsId,
  repository: Repository,
  made: Ref.Ref<Worktree | undefined>
) {
  const { directories, git } = context
  const clone = repository.path
  yield* requireRepository(git, repository)
  const location = yield* directories.prepare(id, repository)
  yield* removeEmpty(location.real)
  const isNew = (yield* directories.stateOf(location)) === "missing"
  const branch = dxBranchOf(id)
  const newBranch = (yield* branchTip(git, clone, branch)) === undefined
  const worktree = { clone, location, branch, newBranch, base: "", complete: false }
  if (isNew) yield* Ref.set(made, worktree)
  const obstacles = Effect.flatMap(listWorktrees(git, clone), (list) =>
    clearObstacles(git, { clone, location, branch }, list)
  )
  const path = yield* Effect.when(obstacles, () => isNew).pipe(
    Effect.zipRight(create(context, id, repository, location)),
    Effect.onError(() => removeEmpty(location.parent))
  )
  const found = yield* inspect(context, path, isNew)
  const base =
    isNew && newBranch ? found.head : yield* forkPoint(git, found.real, found.head, yield* localBase(git, repository))
  const isExpected = found.real === location.real
  yield* Ref.set(made, isNew && isExpected ? { ...worktree, base, complete: true } : undefined)
  return Workspace.make({
    path: isExpected ? location.path : path,
    base,
    reused: !(isNew && isExpected),
    ...(found.branch === "" ? {} : { branch: found.branch })
  })
})
