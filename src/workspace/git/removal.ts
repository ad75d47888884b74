import { Effect, Either } from "effect"
import type { WorkspaceFailed } from "../../domain/Failure.ts"
import type { Discarded } from "../../domain/Workspace.ts"
import { delayInterruption } from "../../domain/interruption.ts"
import { oneLine } from "../../domain/Text.ts"
import { gitFailed } from "./failure.ts"
import type { WorktreeEntry } from "./output.ts"
import { countCommits, left, unknown, workInClone, workInDirectory, type Held } from "./work.ts"
import { branchTip, isWorktreeOf, listWorktrees, type Worktree } from "./worktree.ts"
import { removeEmpty, type Location, type WorktreeTools } from "./worktreeDirectory.ts"
import { obstructed } from "./worktreeRoot.ts"

/**
 * Renames the directory of a worktree, so that it is no worktree any more, and removes git's entry of it, with the clones of its
 * submodules. Returns git's list after that. Left: why the directory cannot be renamed; then nothing was changed.
 */
export const takeAway = Effect.fnUntraced(function* ({ directories, git }: WorktreeTools, clone: string, at: Location) {
  yield* removeEmpty(at.real)
  if ((yield* directories.stateOf(at)) !== "missing") {
    const moved = yield* Effect.either(directories.moveAside(at))
    if (Either.isLeft(moved)) return Either.left(moved.left)
  }
  // Twice: git locks the entry of a worktree that it has not completed.
  const removed = yield* git.run(clone, ["worktree", "remove", "--force", "--force", at.real])
  const entries = yield* listWorktrees(git, clone)
  return entries.some(({ path }) => path === at.real) ? yield* gitFailed(removed) : Either.right(entries)
})

/**
 * Removes a worktree without work, so that a crash at any point leaves nothing that looks like work: renames its directory,
 * removes git's entry, with the clones of its submodules, and its branch, if that is new, still at the base and checked out
 * nowhere; then deletes the directory. Returns why something of it stays.
 */
const remove = Effect.fnUntraced(function* (tools: WorktreeTools, worktree: Worktree) {
  const { directories, git } = tools
  const { base, branch, clone, location } = worktree
  const entries = yield* takeAway(tools, clone, location)
  if (Either.isLeft(entries)) return entries.left.advice
  const isUsed = entries.right.some((entry) => entry.branch === branch)
  if (worktree.newBranch && !isUsed && (yield* branchTip(git, clone, branch)) === base) {
    yield* git.read(clone, ["branch", "-D", "--", branch])
  }
  const [rest] = yield* directories.removeRests(location)
  yield* removeEmpty(location.parent)
  return rest === undefined ? undefined : `its rest ${rest} cannot be removed`
})

/** Warns that a worktree stays because its removal failed, although it may hold no work. */
export const notRemoved = ({ clone, location: { path } }: Worktree, detail: string) =>
  Effect.logWarning(
    `worktree ${path} stays: ${detail}. If it holds no work, run: git -C ${clone} worktree remove ${path}`
  )

/**
 * Removes a worktree with everything in it, and its branch, which must be at `tip`: a person has decided about the work. Fails, and
 * changes nothing, if the branch has other commits by now, or if something is there that is no worktree of the clone.
 */
export const removeDecided = Effect.fnUntraced(function* (
  tools: WorktreeTools,
  worktree: Worktree,
  tip: string | undefined
): Effect.fn.Return<void, WorkspaceFailed> {
  const { directories, git } = tools
  const { branch, clone, location } = worktree
  const now = yield* branchTip(git, clone, branch)
  if (now !== undefined && now !== tip) {
    return yield* obstructed(`the branch ${branch} is at ${now.slice(0, 7)} by now, so it stays`, "Look at it again")
  }
  if ((yield* directories.stateOf(location)) === "filled" && !(yield* isWorktreeOf(git, location.real, clone))) {
    return yield* obstructed(`${location.path} exists and is not a worktree of ${clone}, so it stays`)
  }
  const entries = yield* takeAway(tools, clone, location)
  if (Either.isLeft(entries)) return yield* entries.left
  const other = entries.right.find((entry) => entry.branch === branch)
  if (other !== undefined) {
    return yield* obstructed(
      `the branch ${branch} is checked out in ${oneLine(other.path)}, so it stays`,
      "Check out another branch there"
    )
  }
  if (now !== undefined) yield* git.read(clone, ["branch", "-D", "--", branch])
  const [rest] = yield* directories.removeRests(location)
  yield* removeEmpty(location.parent)
  if (rest !== undefined) return yield* obstructed(`its rest ${rest} cannot be removed`)
})

const inWords = (held: Exclude<Held, undefined>): string => {
  switch (held._tag) {
    case "Work":
      return `it holds ${held.holds}`
    case "Left":
      return held.why
    case "Unknown":
      return `whether it holds work cannot be told: ${held.why}`
  }
}

const lockReason = ({ locked }: WorktreeEntry) => oneLine(locked === "" ? "it is locked" : `it is locked: ${locked}`)

/** What a worktree holds, or who locked it. */
const heldIn = Effect.fnUntraced(function* ({ git }: WorktreeTools, worktree: Worktree, exists: boolean) {
  const { clone, location } = worktree
  const entry = (yield* listWorktrees(git, clone)).find(({ path }) => path === location.real)
  if (exists && entry === undefined) {
    return yield* obstructed(`${location.path} exists and is not a worktree of ${clone}`)
  }
  const held = yield* exists ? workInDirectory(git, worktree) : workInClone(git, worktree, entry)
  return held ?? (entry?.locked === undefined ? undefined : left(lockReason(entry)))
})

/**
 * Removes a worktree that this process made. If it holds work or is locked, it stays and a log line names it. A worktree that git
 * did not complete holds no work, because no agent has worked in it.
 */
export const rollBack = (tools: WorktreeTools, worktree: Worktree) =>
  Effect.gen(function* () {
    const { complete, location } = worktree
    const mayHold = complete && (yield* tools.directories.stateOf(location)) !== "missing"
    const held = mayHold ? yield* heldIn(tools, worktree, true) : undefined
    const why = held === undefined ? yield* remove(tools, worktree) : inWords(held)
    if (why !== undefined) yield* Effect.logInfo(`worktree ${location.path} stays: ${why}`)
  }).pipe(Effect.catchAll(({ advice }) => notRemoved(worktree, advice)))

/** What `discardWorktree` would answer, if the worktree can be removed. Changes nothing. */
export const inspectWorktree = Effect.fnUntraced(function* (
  tools: WorktreeTools,
  worktree: Worktree,
  reused: boolean
): Effect.fn.Return<Discarded, WorkspaceFailed> {
  const { directories, git } = tools
  const { base, branch, clone, location } = worktree
  const exists = (yield* directories.stateOf(location)) === "filled"
  const held = yield* heldIn(tools, worktree, exists)
  if (held !== undefined) return held
  if (reused) return exists ? left("it was there before the attempt") : { _tag: "Gone" }
  if ((yield* branchTip(git, clone, branch)) === base) {
    const others = [`--exclude=refs/heads/${branch}`, "--all"]
    const onlyHere = yield* countCommits(git, clone, [base], [], others)
    if (onlyHere === undefined) return unknown("git cannot count its commits")
    if (onlyHere > 0) return left("it has commits from before the attempt that no other branch has")
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
  if ((found._tag !== "Removed" && found._tag !== "Gone") || reused) return found
  const why = yield* delayInterruption(remove(tools, worktree))
  return why === undefined ? found : left(why)
})
