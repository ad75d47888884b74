import { Effect } from "effect"
import * as fs from "node:fs/promises"
import type { WorkspaceFailed } from "../../domain/Failure.ts"
import type { Discarded } from "../../domain/Workspace.ts"
import { delayInterruption } from "../../domain/interruption.ts"
import { gitFailure } from "./failure.ts"
import { failureReason, isHeldByGit, type WorktreeEntry } from "./output.ts"
import { countCommits, UNREADABLE, workInClone, workInDirectory } from "./work.ts"
import { branchTip, listWorktrees, type Worktree } from "./worktree.ts"
import { removeEmpty, type WorktreeTools } from "./worktreeDirectory.ts"
import { obstructed } from "./worktreeRoot.ts"

/**
 * Removes a worktree without work. Removes its branch too, if that is new, still at the base and checked out nowhere.
 * Returns why git keeps the worktree, in words that follow "it holds", or `undefined` after the removal.
 */
const remove = Effect.fnUntraced(function* ({ directories, git, toolFiles }: WorktreeTools, worktree: Worktree) {
  const { base, branch, clone, complete, location } = worktree
  const { parent, real } = location
  if (complete && (yield* directories.stateOf(location)) !== "missing") {
    yield* Effect.forEach(toolFiles, (name) => Effect.ignore(Effect.tryPromise(() => fs.rm(`${real}/${name}`))))
  }
  yield* removeEmpty(real)
  const isThere = complete && (yield* directories.stateOf(location)) !== "missing"
  const force = complete ? [] : ["--force", "--force"]
  const removed = yield* git.run(clone, ["worktree", "remove", ...force, real], isThere ? real : undefined)
  yield* removeEmpty(real)
  if ((yield* directories.stateOf(location)) !== "missing") {
    if (isHeldByGit(removed.stderr)) return `files that git does not remove: ${failureReason(removed)}`
    return yield* yield* gitFailure(removed)
  }
  if (worktree.newBranch && (yield* branchTip(git, clone, branch)) === base) {
    const isUsed = (yield* listWorktrees(git, clone)).some((entry) => entry.branch === branch)
    if (!isUsed) yield* git.read(clone, ["branch", "-D", "--", branch])
  }
  yield* removeEmpty(parent)
  return undefined
})

/** Warns that a worktree stays because its removal failed, although it may hold no work. */
export const notRemoved = ({ clone, location: { path } }: Worktree, detail: string) =>
  Effect.logWarning(
    `worktree ${path} stays: ${detail}. If it holds no work, run: git -C ${clone} worktree remove ${path}`
  )

/**
 * Removes a worktree that this process made. If it holds work, it stays and a log line names it. A worktree that git did
 * not complete holds no work, because no agent has worked in it.
 */
export const rollBack = (tools: WorktreeTools, worktree: Worktree) =>
  Effect.gen(function* () {
    const { complete, location } = worktree
    const mayHold = complete && (yield* tools.directories.stateOf(location)) !== "missing"
    const work = mayHold ? yield* workInDirectory(tools, worktree) : undefined
    const holds = work?.holds ?? (yield* remove(tools, worktree))
    if (holds !== undefined) yield* Effect.logInfo(`worktree ${location.path} stays: it holds ${holds}`)
  }).pipe(Effect.catchAll(({ detail }) => notRemoved(worktree, detail)))

/** The reason of `git worktree lock`, in words that follow "it holds". */
const lockReason = ({ locked }: WorktreeEntry) => (locked === "" ? "a git lock" : `a git lock: ${locked}`)

/** What `discardWorktree` would answer, if git can remove the worktree. Changes nothing. */
export const inspectWorktree = Effect.fnUntraced(function* (
  tools: WorktreeTools,
  worktree: Worktree,
  reused: boolean
): Effect.fn.Return<Discarded, WorkspaceFailed> {
  const { directories, git } = tools
  const { base, branch, clone, location } = worktree
  const exists = (yield* directories.stateOf(location)) === "filled"
  const entry = (yield* listWorktrees(git, clone)).find(({ path }) => path === location.real)
  if (exists && entry === undefined) {
    return yield* obstructed(`${location.path} exists and is not a worktree of ${clone}`)
  }
  const work = yield* exists ? workInDirectory(tools, worktree) : workInClone(git, worktree, entry)
  const kept = (holds: string, commits = work.commits): Discarded => ({ _tag: "Kept", holds, commits })
  if (work.holds !== undefined) return kept(work.holds)
  if (reused) return exists ? kept("files from before the attempt") : { _tag: "Gone" }
  if (entry?.locked !== undefined) return kept(lockReason(entry))
  if ((yield* branchTip(git, clone, branch)) === base) {
    const others = [`--exclude=refs/heads/${branch}`, "--all"]
    const onlyHere = yield* countCommits(git, clone, [base], others)
    if (onlyHere === undefined) return kept(UNREADABLE.holds)
    if (onlyHere > 0) return kept("commits that no other branch has", onlyHere)
  }
  return { _tag: exists ? "Removed" : "Gone" }
})

/**
 * Like `rollBack`, for a worktree of an earlier run. Only its recorded base commit is known, so the branch is deleted only
 * if another branch contains its commits. A worktree that the earlier run had `reused` is never removed.
 */
export const discardWorktree = Effect.fnUntraced(function* (
  tools: WorktreeTools,
  worktree: Worktree,
  reused: boolean
): Effect.fn.Return<Discarded, WorkspaceFailed> {
  const found = yield* inspectWorktree(tools, worktree, reused)
  if (found._tag === "Kept" || reused) return found
  // An interrupted `git worktree remove` leaves half a worktree. The next run would take the missing files for an agent's work.
  const holds = yield* delayInterruption(remove(tools, worktree))
  return holds === undefined ? found : { _tag: "Kept", holds, commits: 0 }
})
