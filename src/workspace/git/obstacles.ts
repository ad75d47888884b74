import { Effect } from "effect"
import { WorkspaceFailed } from "../../domain/Failure.ts"
import { oneLine } from "../../domain/Text.ts"
import type { Git } from "./command.ts"
import { isUnfinished, type WorktreeEntry } from "./output.ts"
import type { Location } from "./worktreeDirectory.ts"
import { isMissing } from "./worktreeRoot.ts"

/** The bug's worktree that is to be made. */
interface Wanted {
  readonly clone: string
  readonly location: Location
  readonly branch: string
}

const isLocked = (entry: WorktreeEntry): boolean => entry.locked !== undefined && !isUnfinished(entry)

const reasonOf = (locked = ""): string => oneLine(locked) || "no reason given"

const inUse = ({ branch }: Wanted, { path }: WorktreeEntry) =>
  new WorkspaceFailed({
    detail: `the branch ${branch} is checked out at ${oneLine(path)}, where somebody may work on it, so this bug is left alone`,
    next: `To let it be dispatched, run: git -C ${oneLine(path)} switch --detach`,
    kind: "branch_in_use",
    blame: "issue"
  })

const lockedAway = ({ branch, clone }: Wanted, { locked, path }: WorktreeEntry) =>
  new WorkspaceFailed({
    detail:
      `the worktree ${oneLine(path)} is gone but locked (${reasonOf(locked)}): it may be on a disk that is not mounted, so ` +
      `${branch} is left alone`,
    next: `If it is gone for good, run: git -C ${clone} worktree remove -f -f ${oneLine(path)}`,
    kind: "worktree_locked",
    blame: "issue"
  })

/**
 * Fails when the bug's branch is checked out elsewhere, or belongs to a locked worktree whose directory is missing. Removes
 * git's entry of such a worktree at the bug's own path, if a branch has its commits. An empty directory there may be a disk
 * that is not mounted, so its entry stays. Returns the entries that are left.
 */
export const clearObstacles = Effect.fnUntraced(function* (
  git: Git,
  wanted: Wanted,
  entries: ReadonlyArray<WorktreeEntry>
) {
  const { branch, clone, location } = wanted
  const left: Array<WorktreeEntry> = []
  for (const entry of entries) {
    const isOwn = entry.path === location.real
    if (!isOwn && entry.branch !== branch) {
      left.push(entry)
      continue
    }
    const isGone = yield* isMissing(entry.path)
    if (!isOwn && !isGone) return yield* inUse(wanted, entry)
    if (!isLocked(entry)) {
      left.push(entry)
      continue
    }
    if (!isOwn || !isGone || entry.branch === undefined) return yield* lockedAway(wanted, entry)
    yield* git.read(clone, ["worktree", "remove", "--force", "--force", entry.path])
    const what = `worktree ${location.path} was locked (${reasonOf(entry.locked)}), but its directory is gone`
    yield* Effect.logWarning(`${what}: removed git's entry of it; its branch ${entry.branch} stays`)
  }
  return left
})
