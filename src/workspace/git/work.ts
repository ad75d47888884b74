import { Effect, Either } from "effect"
import type { WorkspaceFailed } from "../../domain/Failure.ts"
import type { Discarded, Snapshot } from "../../domain/Workspace.ts"
import type { Git } from "./command.ts"
import { isTrackers } from "./notWork.ts"
import type { WorktreeEntry } from "./output.ts"
import { digestOfChanges, readStatus, UNKNOWN, type Status } from "./status.ts"
import { branchTip, isWorktreeOf, type Worktree } from "./worktree.ts"

/** Why a worktree stays; `undefined` if it holds nothing that its base does not have. */
export type Held = Extract<Discarded, { readonly _tag: "Work" | "Left" | "Unknown" }> | undefined

export const unknown = (why: string) => ({ _tag: "Unknown", why }) as const satisfies Held
export const left = (why: string) => ({ _tag: "Left", why }) as const satisfies Held

const isCommit = (text: string | undefined): text is string => text !== undefined && /^[0-9a-f]{40,64}$/.test(text)

/** The number of commits reachable from `tips` but not from `without`; `undefined` if git cannot tell. */
export const countCommits = (
  git: Git,
  clone: string,
  tips: ReadonlyArray<string | undefined>,
  without: ReadonlyArray<string | undefined>,
  refs: ReadonlyArray<string> = []
) => {
  const from = tips.filter(isCommit)
  if (from.length === 0) return Effect.succeed(0)
  const args = ["--count", "--single-worktree", ...from, "--not", ...without.filter(isCommit), ...refs, "--"]
  return Effect.map(git.run(clone, ["rev-list", ...args]), ({ exitCode, stdout }) =>
    exitCode === 0 && /^\d+\s*$/.test(stdout) ? Number.parseInt(stdout, 10) : undefined
  )
}

/** What the worktree is compared with. Without a snapshot: as if it had been made from its base. */
const sinceOf = ({ base, branch, snapshot }: Worktree): Omit<Snapshot, "at"> => snapshot ?? { head: base, branch }

/** Whether all that differs between these commits is the tracker's own. */
const onlyTrackers = Effect.fnUntraced(function* (
  git: Git,
  clone: string,
  from: string,
  tips: ReadonlyArray<string | undefined>
) {
  const args = ["diff-tree", "--name-only", "--no-renames", "--ignore-submodules=none", "-z", from]
  const found = yield* Effect.forEach([...new Set(tips)].filter(isCommit), (tip) =>
    git.run(clone, [...args, tip, "--"])
  )
  const names = found.flatMap(({ stdout }) => stdout.split("\0").filter((name) => name !== ""))
  return found.every(({ exitCode }) => exitCode === 0) && names.length > 0 && names.every(isTrackers)
})

/** The commits of these tips: those that the base does not have, and those since the hand-out. `undefined` if git cannot tell. */
const commitsOf = Effect.fnUntraced(function* (git: Git, worktree: Worktree, tips: ReadonlyArray<string | undefined>) {
  const { base, clone } = worktree
  const { head, tip } = sinceOf(worktree)
  const all = yield* countCommits(git, clone, tips, [base])
  const recent = yield* countCommits(git, clone, tips, [base, head, tip])
  if (all === undefined || recent === undefined) return undefined
  return { all, recent, areWork: recent > 0 && !(yield* onlyTrackers(git, clone, head, tips)) }
})

/** Whether the files differ from what they were at the hand-out; `undefined` if that cannot be told. */
const haveChanged = Effect.fnUntraced(function* (
  git: Git,
  top: string,
  { changes }: Omit<Snapshot, "at">,
  { entries, unread }: Status
) {
  if (changes === UNKNOWN) return undefined
  if (changes === undefined && entries.length > 0) return true
  if (unread !== undefined) return undefined
  if (changes === undefined || entries.length === 0) return changes !== undefined
  const digest = yield* digestOfChanges(git, top)
  return digest === UNKNOWN ? undefined : digest !== changes
})

const leftBefore = ({ all, recent }: { readonly all: number; readonly recent: number }): Held => {
  if (recent > 0) return left("its commits hold only files of the tracker")
  return all > 0 ? left("it holds commits from before the attempt") : undefined
}

/** What a worktree holds whose directory exists, compared with its snapshot. Ignored files do not count. */
export const workInDirectory = Effect.fnUntraced(function* (
  git: Git,
  worktree: Worktree
): Effect.fn.Return<Held, WorkspaceFailed> {
  const { branch, clone, location } = worktree
  if (!(yield* isWorktreeOf(git, location.real, clone))) return unknown(`its .git file does not lead to ${clone}`)
  const found = yield* readStatus(git, location.real)
  if (Either.isLeft(found)) return unknown(`git cannot read it: ${found.left}`)
  const status = found.right
  const commits = yield* commitsOf(git, worktree, [status.head, yield* branchTip(git, clone, branch)])
  if (commits === undefined) return unknown("git cannot count its commits")
  const since = sinceOf(worktree)
  const changed = yield* haveChanged(git, location.real, since, status)
  const work = (holds: string) => ({ _tag: "Work", holds, commits: commits.all }) as const
  if (changed === true) return work("changes that are not committed")
  if (commits.areWork) return work("commits")
  if (status.branch !== since.branch) return work(`a branch other than ${since.branch ?? "a detached HEAD"}`)
  if (status.head !== since.head && commits.recent === 0) return work("a commit other than the one it was made from")
  if (changed === undefined) return unknown(status.unread ?? "what it held before the attempt is not known")
  if (status.entries.length > 0) return left("it holds changes from before the attempt")
  return leftBefore(commits)
})

/** What git still has of a worktree whose directory is missing. */
export const workInClone = Effect.fnUntraced(function* (
  git: Git,
  worktree: Worktree,
  entry: WorktreeEntry | undefined
): Effect.fn.Return<Held, WorkspaceFailed> {
  const { branch, clone } = worktree
  const commits = yield* commitsOf(git, worktree, [yield* branchTip(git, clone, branch), entry?.head])
  if (commits === undefined) return unknown("git cannot count its commits")
  return commits.areWork ? { _tag: "Work", holds: "commits", commits: commits.all } : leftBefore(commits)
})
