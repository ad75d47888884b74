import { Effect } from "effect"
import type { Git } from "./command.ts"
import { worktreeList, type WorktreeEntry } from "./output.ts"
import type { Place, Places } from "./place.ts"

/** A worktree that is being made, or was made, for one issue: everything that is needed to put it back. */
export interface Making {
  /** A directory of the repository that it belongs to. */
  readonly clone: string
  readonly place: Place
  readonly branch: string
  /** The branch did not exist before. */
  readonly newBranch: boolean
  /** The commit its work starts from. */
  readonly base: string
  /** It is whole, so somebody may have been told of it and may have worked there. */
  readonly complete: boolean
}

/** The worktrees that git knows of this repository, the ones that are gone included. */
export const registered = (git: Git, clone: string) =>
  Effect.map(git.read(clone, ["worktree", "list", "--porcelain"]), worktreeList)

/**
 * What git still lists although its directory is gone, and what is in the way of this worktree. A locked one may
 * only be on a disk that is not there just now.
 */
export const staleFor = Effect.fnUntraced(function* (
  places: Places,
  list: ReadonlyArray<WorktreeEntry>,
  place: Place,
  branch: string
) {
  const inTheWay = list.filter(
    (entry) => entry.locked === undefined && (entry.path === place.real || entry.branch === branch)
  )
  return yield* Effect.filter(inTheWay, ({ path }) => places.isGone(path))
})

/** The commit a branch is at; nothing when there is none. */
export const tipOf = (git: Git, cwd: string, branch: string) =>
  Effect.map(git.read(cwd, ["for-each-ref", "--format=%(refname) %(objectname)", `refs/heads/${branch}`]), (text) =>
    text
      .split("\n")
      .find((line) => line.startsWith(`refs/heads/${branch} `))
      ?.split(" ")
      .at(-1)
  )

/** The last commit that two have in common; the second when they have none. */
export const forkPoint = (git: Git, cwd: string, tip: string, base: string) =>
  Effect.map(git.run(cwd, ["merge-base", tip, base]), (found) => (found.exitCode === 0 ? found.stdout.trim() : base))

/**
 * Adds the worktree, on a new branch or on the one that an earlier attempt left. A branch without commits of its own
 * starts from the new base; one with commits is continued, and the result is where it had left the base. `tip` is where
 * the branch is now, if there is one.
 */
export const addWorktree = Effect.fnUntraced(function* (git: Git, making: Making, tip: string | undefined) {
  const { clone, place, branch, base } = making
  const add = (...args: ReadonlyArray<string>) => git.read(clone, ["worktree", "add", ...args])
  // -B and not -b: it may be repeated when another git process was in the way after the branch was made.
  const fresh = add("--no-track", "-B", branch, place.real, base)
  if (tip === undefined) return yield* Effect.as(fresh, base)
  const start = yield* forkPoint(git, clone, tip, base)
  if (start === tip) return yield* Effect.as(fresh, base)
  return yield* Effect.as(add(place.real, branch), start)
})
