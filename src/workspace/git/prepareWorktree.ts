import { Effect, Ref } from "effect"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Repository } from "../../domain/Repository.ts"
import { Workspace } from "../../domain/Workspace.ts"
import { freshBase, localBase, type Fetching } from "./base.ts"
import type { Git } from "./command.ts"
import { clearObstacles } from "./obstacles.ts"
import { branchOf, isUnfinished, type WorktreeEntry } from "./output.ts"
import {
  addWorktree,
  branchTip,
  forkPoint,
  isWorktreeTop,
  listWorktrees,
  requireRepository,
  staleEntries,
  type Worktree
} from "./worktree.ts"
import { removeEmpty, type Location, type WorktreeTools } from "./worktreeDirectory.ts"
import { obstructed } from "./worktreeRoot.ts"

/** Tools and settings of the layer, the same for every worktree. */
interface PrepareContext extends WorktreeTools {
  readonly fetching: Fetching
  /** The branch or commit in the settings. */
  readonly configuredBase: string | undefined
}

const reuse = Effect.fnUntraced(function* (
  { configuredBase, git }: PrepareContext,
  repository: Repository,
  { path, real }: Location,
  { branch }: WorktreeEntry
) {
  if (!(yield* isWorktreeTop(git, real))) {
    return yield* obstructed(`${path} is damaged`, `Move it away, then run: git -C ${repository.path} worktree prune`)
  }
  const base = yield* forkPoint(git, real, "HEAD", yield* localBase(git, repository, configuredBase))
  return Workspace.make({ path, base, reused: true, ...(branch === undefined ? {} : { branch }) })
})

/** Removes git's entry of a worktree that is missing, or that git did not complete because it was killed. */
const forget = Effect.fnUntraced(function* (git: Git, clone: string, { real }: Location, entry: WorktreeEntry) {
  yield* removeEmpty(real)
  const force = isUnfinished(entry) ? ["--force", "--force"] : ["--force"]
  yield* git.read(clone, ["worktree", "remove", ...force, real])
})

const make = Effect.fnUntraced(function* (
  { configuredBase, directories, fetching, git }: PrepareContext,
  id: BeadsId,
  repository: Repository,
  location: Location,
  made: Ref.Ref<Worktree | undefined>
) {
  const clone = repository.path
  const branch = branchOf(id)
  const fresh = freshBase(git, repository, fetching, configuredBase)
  // A fetch changes no branch of the clone.
  const [base, tip] = yield* Effect.all([fresh, branchTip(git, clone, branch)], { concurrency: 2 })
  const worktree = { clone, location, branch, newBranch: tip === undefined, base, complete: false }
  yield* removeEmpty(location.real)
  yield* Effect.uninterruptible(Effect.zipRight(directories.create(location), Ref.set(made, worktree)))
  const start = yield* addWorktree(git, worktree, tip)
  yield* Ref.set(made, { ...worktree, base: start, complete: true })
  return Workspace.make({ path: location.path, branch, base: start, reused: false })
})

const reuseOrMake = Effect.fnUntraced(function* (
  context: PrepareContext,
  id: BeadsId,
  repository: Repository,
  location: Location,
  made: Ref.Ref<Worktree | undefined>
) {
  const { directories, git } = context
  const clone = repository.path
  const isFilled = (yield* directories.stateOf(location)) === "filled"
  const list = yield* listWorktrees(git, clone)
  const entry = list.find(({ path }) => path === location.real)
  if (isFilled && entry === undefined) {
    return yield* obstructed(`${location.path} exists and is not a worktree of ${clone}`)
  }
  if (isFilled && entry !== undefined && !isUnfinished(entry)) return yield* reuse(context, repository, location, entry)
  const left = yield* clearObstacles(git, { clone, location, branch: branchOf(id) }, list)
  const own = left.find((each) => each === entry)
  if (own !== undefined) yield* forget(git, clone, location, own)
  // Stale worktrees below another root. Without `--force`, git keeps a worktree whose directory exists again.
  const others = (yield* staleEntries(left, location, branchOf(id))).filter((stale) => stale !== own)
  yield* Effect.forEach(others, ({ path }) => git.read(clone, ["worktree", "remove", path]))
  return yield* make(context, id, repository, location, made)
})

/** Reuses the bug's worktree, or makes one. Sets `made` to the worktree as soon as there is something to roll back. */
export const prepareWorktree = Effect.fnUntraced(function* (
  context: PrepareContext,
  id: BeadsId,
  repository: Repository,
  made: Ref.Ref<Worktree | undefined>
) {
  yield* requireRepository(context.git, repository)
  const location = yield* context.directories.prepare(id, repository)
  return yield* Effect.onError(reuseOrMake(context, id, repository, location, made), () => removeEmpty(location.parent))
})
