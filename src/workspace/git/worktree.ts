import { Effect } from "effect"
import type { WorkspaceFailed } from "../../domain/Failure.ts"
import type { Repository } from "../../domain/Repository.ts"
import type { Snapshot } from "../../domain/Workspace.ts"
import type { Git } from "./command.ts"
import { gitFailed } from "./failure.ts"
import { worktreeList, type WorktreeEntry } from "./output.ts"
import type { Location } from "./worktreeDirectory.ts"
import { isMissing } from "./worktreeRoot.ts"
import { noRepository } from "../noRepository.ts"

/** The worktree of one bug, complete or being made: all that is needed to remove it. */
export interface Worktree {
  /** The path of its repository. */
  readonly clone: string
  readonly location: Location
  readonly branch: string
  /** Whether the attempt created the branch. Then the branch is removed with the worktree. */
  readonly newBranch: boolean
  /** The commit that the work starts from. */
  readonly base: string
  /** Git has completed the worktree, so an agent may have worked in it. */
  readonly complete: boolean
  /** `undefined`: it was as its base is. */
  readonly snapshot?: Snapshot | undefined
}

/** A commit's name in full: what comes from the journal's file must be one before git gets it. */
export const COMMIT = /^([0-9a-f]{40}|[0-9a-f]{64})$/

/** Fails unless the path is the top of a git repository that we may use. */
export const requireRepository = Effect.fnUntraced(function* (git: Git, { path }: Repository) {
  if (yield* isMissing(path)) return yield* noRepository(`there is no directory ${path}`)
  const top = yield* git.settled(path, ["rev-parse", "--is-bare-repository", "--show-cdup"])
  const [bare, up] = top.stdout.split("\n")
  if (/dubious ownership/.test(top.stderr)) {
    const allow = `git config --global --add safe.directory ${path}`
    return yield* noRepository(`${path} belongs to another user`, `If you trust it, run: ${allow}`)
  }
  if (bare === undefined || bare === "") return yield* noRepository(`${path} is not a git repository`)
  if (bare === "false" && up !== "")
    return yield* noRepository(`${path} is not a git repository, it is a directory in one`)
})

/** What git answers to an option that it does not know. */
const USAGE = 129

/** All worktrees that git lists for a repository, also those whose directories are missing. */
export const listWorktrees = Effect.fnUntraced(function* (
  git: Git,
  clone: string
): Effect.fn.Return<ReadonlyArray<WorktreeEntry>, WorkspaceFailed> {
  const list = ["worktree", "list", "--porcelain"]
  // Git knows `-z` from 2.36 on. Without it a path with a line break could look like two worktrees.
  const found = yield* git.run(clone, [...list, "-z"])
  if (found.exitCode === USAGE) return worktreeList(yield* git.read(clone, list))
  return found.exitCode === 0 ? worktreeList(found.stdout) : yield* gitFailed(found)
})

/** Whether a directory is the top of a git worktree. If its `.git` is missing, git answers for a repository around it. */
export const isWorktreeTop = (git: Git, real: string) =>
  Effect.map(git.run(real, ["rev-parse", "--show-toplevel"]), ({ stdout }) => stdout.trim() === real)

const ABSOLUTE = ["rev-parse", "--path-format=absolute"]

/** Whether a directory is the top of a worktree of this repository. */
export const isWorktreeOf = Effect.fnUntraced(function* (git: Git, real: string, clone: string) {
  const found = yield* git.run(real, [...ABSOLUTE, "--show-toplevel", "--git-common-dir"])
  const common = yield* git.read(clone, [...ABSOLUTE, "--git-common-dir"])
  return found.exitCode === 0 && found.stdout.trim() === `${real}\n${common}`
})

/**
 * The listed worktrees whose directories are missing, but whose path or branch the bug's new worktree needs. Leaves out
 * locked worktrees, because they may be on a disk that is not mounted.
 */
export const staleEntries = (list: ReadonlyArray<WorktreeEntry>, { real }: Location, branch: string) =>
  Effect.filter(
    list.filter((entry) => entry.locked === undefined && (entry.path === real || entry.branch === branch)),
    ({ path }) => isMissing(path)
  )

/** The commit of a branch; `undefined` if there is no such branch. */
export const branchTip = (git: Git, cwd: string, branch: string) =>
  Effect.map(git.read(cwd, ["for-each-ref", "--format=%(refname) %(objectname)", `refs/heads/${branch}`]), (text) =>
    text
      .split("\n")
      .find((line) => line.startsWith(`refs/heads/${branch} `))
      ?.split(" ")
      .at(-1)
  )

/** The last commit that `tip` and `base` have in common; `base` if they have none. */
export const forkPoint = (git: Git, cwd: string, tip: string, base: string) =>
  Effect.map(git.run(cwd, ["merge-base", tip, base]), (found) => (found.exitCode === 0 ? found.stdout.trim() : base))

/**
 * Adds the worktree with git and returns the commit that its work starts from. `tip` is the branch's commit if an earlier
 * attempt left the branch: with commits of its own the branch is continued, otherwise it is moved to the new base.
 */
export const addWorktree = Effect.fnUntraced(function* (git: Git, worktree: Worktree, tip: string | undefined) {
  const { base, branch, clone, location } = worktree
  const add = (...args: ReadonlyArray<string>) => git.read(clone, ["worktree", "add", ...args])
  const start = tip === undefined ? undefined : yield* forkPoint(git, clone, tip, base)
  if (start !== tip && start !== undefined) return yield* Effect.as(add(location.real, branch), start)
  // -B and not -b: git may create the branch, fail on another process's lock, and then be called again.
  return yield* Effect.as(add("--no-track", "-B", branch, location.real, base), base)
})
