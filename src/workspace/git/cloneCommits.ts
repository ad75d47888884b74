import { Effect } from "effect"
import type { CloneCommits, Snapshot } from "../../domain/Workspace.ts"
import { oneLine } from "../../domain/Text.ts"
import type { Git } from "./command.ts"
import { failureReason, type WorktreeEntry } from "./output.ts"
import { listWorktrees } from "./worktree.ts"

/** More are not counted. */
const LISTED_AT_MOST = 1000

/** Branches that are named; the others are counted. */
const NAMED_AT_MOST = 3

const HASH = /^[0-9a-f]{40,64}$/

const inWords = (branches: ReadonlyArray<string>): string => {
  const named = branches.slice(0, NAMED_AT_MOST).map((branch) => oneLine(branch, 100))
  const others = branches.length - named.length
  return others === 0 ? named.join(", ") : `${named.join(", ")} and ${others} more branches`
}

/** Reads hash, ref and subject of each commit, the newest first. */
const commitsIn = (text: string): CloneCommits | undefined => {
  const fields = text.split("\0")
  const commits = Array.from({ length: Math.floor(fields.length / 3) }, (_, index) =>
    fields.slice(index * 3, index * 3 + 3)
  )
  const oldest = commits.at(-1)
  if (oldest === undefined) return undefined
  const [hash = "", , subject = ""] = oldest
  const branches = [...new Set(commits.map(([, ref = ""]) => ref.replace(/^refs\/heads\//, "")))]
  return { count: commits.length, branches: inWords(branches), first: oneLine(`${hash} ${subject}`, 120) }
}

/** The branches of other worktrees, and the clone's HEAD if that is on no branch. */
const worktreeRefs = ([main, ...linked]: ReadonlyArray<WorktreeEntry>) => ({
  others: linked.flatMap(({ branch }) => branch ?? []),
  detached: main?.branch === undefined && main?.head !== undefined ? ["HEAD"] : []
})

/**
 * The commits that appeared on the clone's own branches since the snapshot, and until `until` (milliseconds since the epoch): on no remote-tracking branch, no merges, and neither
 * on a bug's branch (`ownBranches`, a pattern) nor on the branch of a linked worktree. `undefined` if there is none; a warning tells if git fails.
 *
 * @example
 * yield* commitsInClone(git, "/home/me/app", snapshot, base, "nightly-dispatch/*") // { count: 1, branches: "main", first: "1a2b3c4 Fix it" }
 */
export const commitsInClone = Effect.fn("Workspaces.cloneCommits")(function* (
  git: Git,
  clone: string,
  { at, head, tip }: Snapshot,
  base: string,
  ownBranches: string,
  until?: number
) {
  const { detached, others } = worktreeRefs(yield* listWorktrees(git, clone))
  const known = [base, head, tip].filter((each) => each !== undefined && HASH.test(each))
  const result = yield* git.run(clone, [
    "log",
    "-z",
    "--format=%h%x00%S%x00%s",
    "--no-show-signature",
    "--no-merges",
    `--max-count=${LISTED_AT_MOST}`,
    // Git knows whole seconds.
    `--since=@${Math.floor(at / 1000)} +0000`,
    ...(until === undefined ? [] : [`--until=@${Math.ceil(until / 1000)} +0000`]),
    ...[ownBranches, ...others].map((branch) => `--exclude=${branch}`),
    "--branches",
    ...detached,
    "--not",
    "--remotes",
    ...known.flatMap((each) => each ?? []),
    "--"
  ])
  if (result.exitCode === 0) return commitsIn(result.stdout)
  yield* Effect.logWarning(
    `whether commits appeared in the clone ${clone} while the job ran cannot be told: ${failureReason(result)}`
  )
  return undefined
})
