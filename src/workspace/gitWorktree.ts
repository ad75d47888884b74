import { Cache, Duration, Effect } from "effect"
import { WorkspaceFailed } from "../domain/Failure.ts"
import type { Git } from "./git.ts"
import { complaint, worktreeList, worktreeStatus, type WorktreeEntry } from "./gitOutput.ts"
import type { Place, Places } from "./gitPlace.ts"

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

/** One at a time for each repository of this process. Other processes are waited for at git's own locks. */
export const makeExclusive = Effect.map(
  Cache.make({ capacity: 64, timeToLive: Duration.infinity, lookup: (_clone: string) => Effect.makeSemaphore(1) }),
  (locks) =>
    (clone: string) =>
    <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.flatMap(locks.get(clone), (lock) => lock.withPermits(1)(effect))
)

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

/** What in a worktree would be lost with it, in words; nothing when it is as it was made. Ignored files do not count. */
const workIn = Effect.fnUntraced(function* (git: Git, making: Making, litter: ReadonlyArray<string>) {
  const args = ["status", "--porcelain=v2", "--branch", "-z", "--untracked-files=normal", "--ignore-submodules=none"]
  const status = worktreeStatus(yield* git.read(making.place.real, args))
  if (status.changed.some((entry) => !litter.includes(entry))) return "changes that are not committed"
  return status.commit === making.base && status.branch === making.branch ? undefined : "commits or another branch"
})

/**
 * Removes a worktree that this attempt made, and its branch if that is new, unless there is work in it: then it stays
 * and a log line names it. One that never became whole holds nobody's work. `litter` is what the tool that made it
 * leaves in it, as paths.
 */
export const putBack = Effect.fnUntraced(
  function* (git: Git, places: Places, making: Making, litter: ReadonlyArray<string> = []) {
    const { clone, place, branch, base } = making
    if (making.complete && (yield* places.occupant(place)) !== "nothing") {
      const work = yield* Effect.orElseSucceed(workIn(git, making, litter), () => "something that git cannot read")
      if (work !== undefined) return yield* Effect.logInfo(`worktree ${place.path} stays: it holds ${work}`)
      yield* places.removeFiles(place, litter)
    }
    const force = making.complete ? [] : ["--force", "--force"]
    const removed = yield* git.run(clone, ["worktree", "remove", ...force, place.real])
    yield* places.removeEmpty([place.real])
    if ((yield* places.occupant(place)) !== "nothing") {
      return yield* new WorkspaceFailed({ detail: complaint(removed), blame: "host" })
    }
    if (making.newBranch && (yield* tipOf(git, clone, branch)) === base) {
      yield* git.read(clone, ["branch", "-D", "--", branch])
    }
    yield* places.removeEmpty([places.above(place)])
  },
  (effect, _git, _places, { place }) =>
    Effect.catchAll(effect, ({ detail }) => Effect.logWarning(`worktree ${place.path} is not put back: ${detail}`))
)
