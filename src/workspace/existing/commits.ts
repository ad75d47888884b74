import { Effect } from "effect"
import type { FoundWork } from "../../domain/FoundWork.ts"
import type { WorkspaceFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { oneLine } from "../../domain/Text.ts"
import type { SoughtBug } from "../ExistingWork.ts"
import type { Git } from "../git/command.ts"
import { gitFailed } from "../git/failure.ts"
import { idsIn } from "./names.ts"

/** Everything but the tracker's own files: bd commits them by itself, with ids in its messages. */
export const NOT_THE_TRACKER = [":(top)", ":(top,exclude,glob)**/.beads/**"]

/** Commits that one call of git may give. A run that reaches it says so. */
const MOST_COMMITS = 5000
/** A longer list of ids would take git longer than the commits that their common beginnings find besides. */
const MOST_PATTERNS = 50

/** The base, and its name for a person, which git is asked for only where there is something to say. */
export interface NamedOnDemand {
  readonly commit: string
  readonly on: Effect.Effect<string, WorkspaceFailed>
}

/** A commit whose message may name bugs. */
interface Commit {
  readonly sha: string
  /** Seconds since the epoch. */
  readonly at: number
  readonly message: string
}

/** The output of `rev-list --format=%x00%H%x00%ct%x00%B`, newest commit first. */
const commitsIn = (output: string): ReadonlyArray<Commit> => {
  const fields = output.split("\0")
  const commits: Array<Commit> = []
  for (let i = 1; i + 2 < fields.length; i += 3) {
    // Behind each message stands the line in which rev-list announces the next commit.
    const message = (fields[i + 2] ?? "").replace(/\ncommit [0-9a-f]+\n$/, "")
    commits.push({ sha: fields[i] ?? "", at: Number(fields[i + 1]), message })
  }
  return commits
}

/** What git looks for: the ids, or if there are many, what they begin with. */
const patterns = (bugs: ReadonlyArray<SoughtBug>): ReadonlyArray<string> => {
  const ids = bugs.map(({ id }) => id)
  return ids.length <= MOST_PATTERNS ? ids : [...new Set(ids.map((id) => id.slice(0, id.lastIndexOf("-") + 1)))]
}

const inSeconds = (millis: number): number => Math.floor(millis / 1000)

const namingCommits = Effect.fnUntraced(function* (
  git: Git,
  clone: string,
  base: string,
  bugs: ReadonlyArray<SoughtBug>
) {
  const oldest = inSeconds(Math.min(...bugs.map(({ createdAt }) => createdAt)))
  const result = yield* git.run(clone, [
    "rev-list",
    `--max-count=${MOST_COMMITS}`,
    ...(oldest > 0 ? [`--max-age=${oldest}`] : []),
    "--fixed-strings",
    ...patterns(bugs).map((text) => `--grep=${text}`),
    "--encoding=UTF-8",
    "--format=%x00%H%x00%ct%x00%B",
    base,
    "--"
  ])
  if (result.exitCode !== 0) return yield* gitFailed(result)
  const commits = commitsIn(result.stdout)
  if (commits.length >= MOST_COMMITS) {
    yield* Effect.logWarning(
      `more than ${MOST_COMMITS} commits in ${clone} may name open bugs, so work in older ones is not found`
    )
  }
  return commits
})

const REVERT = /^(?:Revert|Reapply) "[^]*\nThis reverts commit ([0-9a-f]{7,64})/

/** The commits whose changes are on the base: a revert takes back another commit, and is no work itself. Newest first. */
export const standing = (commits: ReadonlyArray<Commit>): ReadonlyArray<Commit> => {
  const reverted = new Set<string>()
  return commits.filter(({ message, sha }) => {
    const target = REVERT.exec(message)?.[1]
    if (reverted.has(sha)) return false
    if (target !== undefined) reverted.add(target)
    return target === undefined
  })
}

/** Which of these commits change something besides the tracker's files. A merge is compared with what it was merged into. */
const changing = Effect.fnUntraced(function* (git: Git, clone: string, shas: ReadonlyArray<string>) {
  if (shas.length === 0) return new Set<string>()
  const how = ["--no-walk=unsorted", "--full-history", "--first-parent"]
  const output = yield* git.read(clone, ["rev-list", ...how, ...shas, "--", ...NOT_THE_TRACKER])
  return new Set(output.split("\n"))
})

/**
 * For each bug the newest commit of the base that names it, is not older than it, was not reverted, and changes something besides
 * the tracker's files.
 */
export const commitsNaming = Effect.fn("existing.commits")(function* (
  git: Git,
  clone: string,
  { commit: base, on }: NamedOnDemand,
  bugs: ReadonlyArray<SoughtBug>
) {
  const idsOf = idsIn(bugs.map(({ id }) => id))
  const created = new Map(bugs.map(({ createdAt, id }) => [id, inSeconds(createdAt)]))
  const named = standing(yield* namingCommits(git, clone, base, bugs)).flatMap((commit) => {
    const ids = [...idsOf(commit.message)].filter((id) => commit.at >= (created.get(id) ?? 0))
    return ids.length === 0 ? [] : [{ commit, ids }]
  })
  const kept = yield* changing(
    git,
    clone,
    named.map(({ commit }) => commit.sha)
  )
  const found = new Map<BeadsId, FoundWork>()
  if (kept.size === 0) return found
  const shown = yield* on
  for (const { commit, ids } of named) {
    if (!kept.has(commit.sha)) continue
    const subject = oneLine(commit.message.split("\n", 1)[0] ?? "", 60)
    const place = `commit ${commit.sha.slice(0, 7)} "${subject}" on ${shown}`
    for (const id of ids) if (!found.has(id)) found.set(id, { kind: "commit", place, at: commit.at * 1000 })
  }
  return found
})
