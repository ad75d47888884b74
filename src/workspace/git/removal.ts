import { Effect } from "effect"
import { WorkspaceFailed } from "../../domain/Failure.ts"
import type { Discarded } from "../../domain/Workspace.ts"
import { delayInterruption } from "../../domain/interruption.ts"
import type { Git } from "./command.ts"
import { complaint, isHeldByGit, worktreeStatus, type WorktreeEntry } from "./output.ts"
import type { Places } from "./place.ts"
import { registered, tipOf, type Making } from "./worktree.ts"

/** What would be lost with a worktree. */
interface Work {
  /** In words; absent when the worktree is as it was made. */
  readonly holds?: string
  /** Commits that the base does not have. */
  readonly commits: number
}

const UNREADABLE = { holds: "something that git cannot read", commits: 0 } as const satisfies Work

/** How many commits can be reached from one and not from the other; nothing when git cannot tell. */
const countCommits = (
  git: Git,
  clone: string,
  from: ReadonlyArray<string | undefined>,
  without: ReadonlyArray<string>
) => {
  const tips = from.filter((tip) => tip !== undefined)
  if (tips.length === 0) return Effect.succeed(0)
  return Effect.map(
    git.run(clone, ["rev-list", "--count", "--single-worktree", ...tips, "--not", ...without, "--"]),
    ({ exitCode, stdout }) => (exitCode === 0 && /^\d+\s*$/.test(stdout) ? Number.parseInt(stdout, 10) : undefined)
  )
}

/** What a worktree holds that stands there. Ignored files do not count. */
const workIn = Effect.fnUntraced(function* (git: Git, making: Making, litter: ReadonlyArray<string>) {
  const { clone, place, branch, base } = making
  // One that lost its link to git would be answered for by a repository around it.
  const top = yield* git.run(place.real, ["rev-parse", "--show-toplevel"])
  const args = ["status", "--porcelain=v2", "--branch", "-z", "--untracked-files=normal", "--ignore-submodules=none"]
  const said = yield* git.run(place.real, args)
  if (top.stdout.trim() !== place.real || said.exitCode !== 0) return UNREADABLE
  const status = worktreeStatus(said.stdout)
  const commits = yield* countCommits(git, clone, [status.commit, yield* tipOf(git, clone, branch)], [base])
  if (commits === undefined) return UNREADABLE
  const holds = (words: string): Work => ({ holds: words, commits })
  if (status.changed.some((entry) => !litter.includes(entry))) return holds("changes that are not committed")
  if (commits > 0) return holds("commits")
  if (status.branch !== branch) return holds(`another branch than ${branch}`)
  return status.commit === base ? { commits } : holds("another commit than it was made from")
})

/** What is left of the work in a worktree whose directory is gone. */
const workBehind = Effect.fnUntraced(function* (git: Git, making: Making, entry: WorktreeEntry | undefined) {
  const tip = yield* tipOf(git, making.clone, making.branch)
  const commits = yield* countCommits(git, making.clone, [tip, entry?.head], [making.base])
  return commits === undefined ? UNREADABLE : { commits, ...(commits > 0 ? { holds: "commits" } : {}) }
})

/**
 * Removes a worktree without work, and its branch if that is new, still where it was made, and checked out nowhere. When
 * git has reasons not to, the result says what is left standing, in words.
 */
const remove = Effect.fnUntraced(function* (git: Git, places: Places, making: Making, litter: ReadonlyArray<string>) {
  const { clone, place, branch, base } = making
  if (making.complete && (yield* places.occupant(place)) !== "nothing") yield* places.removeFiles(place, litter)
  yield* places.removeEmpty([place.real])
  const force = making.complete ? [] : ["--force", "--force"]
  const removed = yield* git.run(clone, ["worktree", "remove", ...force, place.real])
  yield* places.removeEmpty([place.real])
  if ((yield* places.occupant(place)) !== "nothing") {
    if (isHeldByGit(removed.stderr)) return `what git does not remove: ${complaint(removed)}`
    return yield* new WorkspaceFailed({ detail: complaint(removed), blame: "host" })
  }
  if (making.newBranch && (yield* tipOf(git, clone, branch)) === base) {
    const isUsed = (yield* registered(git, clone)).some((entry) => entry.branch === branch)
    if (!isUsed) yield* git.read(clone, ["branch", "-D", "--", branch])
  }
  yield* places.removeEmpty([places.above(place)])
  return undefined
})

/**
 * Removes a worktree that this attempt made, and its branch if that is new, unless there is work in it: then it stays
 * and a log line names it. One that never became whole holds nobody's work. `litter` is what the tool that made it
 * leaves in it, as paths.
 */
export const putBack = (git: Git, places: Places, making: Making, litter: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { place } = making
    const isThere = making.complete && (yield* places.occupant(place)) !== "nothing"
    const work = isThere ? yield* workIn(git, making, litter) : undefined
    const holds = work?.holds ?? (yield* remove(git, places, making, litter))
    if (holds !== undefined) yield* Effect.logInfo(`worktree ${place.path} stays: it holds ${holds}`)
  }).pipe(
    Effect.catchAll(({ detail }) => Effect.logWarning(`worktree ${making.place.path} is not put back: ${detail}`))
  )

/** Why a worktree stays although it is as it was made: git was told to leave it alone. */
const lockOf = ({ locked }: WorktreeEntry) => (locked === "" ? "a lock of git's" : `a lock of git's: ${locked}`)

/**
 * `putBack` for what an earlier run made. Its base is hearsay: a branch goes only if something else has its commits.
 * `reused`: it stood there before that run, and is only looked at.
 */
export const discardWorktree = Effect.fnUntraced(function* (
  git: Git,
  places: Places,
  making: Making,
  reused: boolean,
  litter: ReadonlyArray<string>
): Effect.fn.Return<Discarded, WorkspaceFailed> {
  const { clone, place, branch, base } = making
  const stands = (yield* places.occupant(place)) === "directory"
  const entry = (yield* registered(git, clone)).find(({ path }) => path === place.real)
  if (stands && entry === undefined) {
    const detail = `${place.path} exists and is not a worktree of ${clone}`
    return yield* new WorkspaceFailed({ detail, blame: "issue" })
  }
  const work = yield* stands ? workIn(git, making, litter) : workBehind(git, making, entry)
  const kept = (holds: string, commits = work.commits): Discarded => ({ _tag: "Kept", holds, commits })
  if (work.holds !== undefined) return kept(work.holds)
  if (reused) return stands ? kept("what stood there before") : { _tag: "Gone" }
  if (entry?.locked !== undefined) return kept(lockOf(entry))
  if ((yield* tipOf(git, clone, branch)) === base) {
    const others = [`--exclude=refs/heads/${branch}`, "--all"]
    const alone = yield* countCommits(git, clone, [base], others)
    if (alone === undefined) return kept(UNREADABLE.holds)
    if (alone > 0) return kept("commits that no other branch has", alone)
  }
  // Cut short it would leave half a worktree, which nobody can tell from one where an agent removed files.
  const held = yield* delayInterruption(remove(git, places, making, litter))
  return held === undefined ? { _tag: stands ? "Removed" : "Gone" } : kept(held)
})
