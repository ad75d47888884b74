import { Effect } from "effect"
import type { FoundWork } from "../../domain/FoundWork.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { SoughtBug } from "../ExistingWork.ts"
import type { Git } from "../git/command.ts"
import { BRANCHES } from "../git/output.ts"
import { NOT_THE_TRACKER, type NamedOnDemand } from "./commits.ts"
import { branchesOf } from "./names.ts"

/** A branch of a dispatcher for a bug, in the clone or as last fetched from a remote. */
interface Branch {
  readonly id: BeadsId
  readonly ref: string
  readonly tip: string
  /** Seconds since the epoch of its last commit. */
  readonly at: number
  /** Whether its commits are newer than the bug. */
  readonly isNewer: boolean
}

/** Where branches of dispatchers are: those of git, and those of `dx-worktree`. */
const REFS = ["refs/heads", "refs/remotes/**"].flatMap((at) => [`${at}/${BRANCHES}/*`, `${at}/feature-*`])

const refsOf = (git: Git, clone: string, ...filter: ReadonlyArray<string>) =>
  Effect.map(
    git.read(clone, ["for-each-ref", "--format=%(objectname) %(committerdate:unix) %(refname)", ...filter, ...REFS]),
    (output) => output.split("\n").filter((line) => line !== "")
  )

/** The branch's name without where it is: the last part of the ref, or two parts for git's own layer. */
const nameOf = (ref: string): string => {
  const parts = ref.split("/")
  return parts.slice(parts.at(-2) === BRANCHES ? -2 : -1).join("/")
}

/** The branches for bugs of which the journal knows no job. */
const unexplained = (refs: ReadonlyArray<string>, bugs: ReadonlyArray<SoughtBug>): ReadonlyArray<Branch> => {
  // Most often there is none, and there may be 100,000 bugs.
  if (refs.length === 0) return []
  const sought = bugs.filter(({ hadJob }) => !hadJob)
  const byName = new Map(sought.flatMap((bug) => branchesOf(bug.id).map((name) => [name, bug] as const)))
  return refs.flatMap((line) => {
    const [tip = "", seconds = "0", ref = ""] = line.split(" ")
    const bug = byName.get(nameOf(ref))
    if (bug === undefined) return []
    const at = Number(seconds)
    return [{ id: bug.id, ref, tip, at, isNewer: at >= Math.floor(bug.createdAt / 1000) }]
  })
}

/** Those of these branches that have commits which the base lacks and which change something besides the tracker's files. */
const withWork = Effect.fnUntraced(function* (git: Git, clone: string, base: string, branches: ReadonlyArray<Branch>) {
  if (branches.length === 0) return []
  const refs = branches.map(({ ref }) => ref)
  const how = ["--no-show-signature", "--source", "--full-history", "--no-merges", "--max-count=10000", "--format=%S"]
  const output = yield* git.read(clone, ["log", ...how, ...refs, "--not", base, "--", ...NOT_THE_TRACKER])
  const sources = new Set(output.split("\n"))
  // Git names one ref for each commit, also if several refs have it.
  const tips = new Set(branches.filter(({ ref }) => sources.has(ref)).map(({ tip }) => tip))
  return branches.filter(({ tip }) => tips.has(tip))
})

/**
 * Those of these branches, which the base contains, that were merged into it. A branch without commits is at an old commit of
 * the base itself: at one of its first parents.
 */
const mergedFrom = Effect.fnUntraced(function* (
  git: Git,
  clone: string,
  base: string,
  branches: ReadonlyArray<Branch>
) {
  const newer = branches.filter(({ isNewer }) => isNewer)
  if (newer.length === 0) return []
  const oldest = Math.min(...newer.map(({ at }) => at))
  const past = yield* git.read(clone, ["rev-list", "--first-parent", `--max-age=${oldest}`, base, "--"])
  const own = new Set(past.split("\n"))
  return newer.filter(({ tip }) => !own.has(tip))
})

/** For each bug a branch with work that the journal does not explain: work that waits, or that was merged into the base. */
export const branchesWithWork = Effect.fn("existing.branches")(function* (
  git: Git,
  clone: string,
  { commit: base, on }: NamedOnDemand,
  bugs: ReadonlyArray<SoughtBug>
) {
  const found = new Map<BeadsId, FoundWork>()
  const branches = unexplained(yield* refsOf(git, clone), bugs)
  if (branches.length === 0) return found
  const open = new Set(unexplained(yield* refsOf(git, clone, `--no-merged=${base}`), bugs).map(({ ref }) => ref))
  const waiting = yield* withWork(
    git,
    clone,
    base,
    branches.filter(({ ref }) => open.has(ref))
  )
  const merged = yield* mergedFrom(
    git,
    clone,
    base,
    branches.filter(({ ref }) => !open.has(ref))
  )
  const add = ({ at, id, ref }: Branch, state: string) => {
    const place = `branch ${ref.replace(/^refs\/(?:heads|remotes)\//, "")}${state}`
    if (!found.has(id)) found.set(id, { kind: "branch", place, at: at * 1000 })
  }
  for (const branch of waiting) add(branch, "")
  if (merged.length === 0) return found
  const shown = yield* on
  for (const branch of merged) add(branch, `, which was merged into ${shown},`)
  return found
})
