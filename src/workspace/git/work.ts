import { Effect } from "effect"
import type { Git } from "./command.ts"
import { worktreeStatus, type WorktreeEntry } from "./output.ts"
import { branchTip, isWorktreeTop, type Worktree } from "./worktree.ts"
import type { WorktreeTools } from "./worktreeDirectory.ts"

/** The work that would be lost if a worktree were removed. */
export interface Work {
  /** In words that follow "it holds"; absent if the worktree is as it was made. */
  readonly holds?: string
  /** Commits that the base does not have. */
  readonly commits: number
}

export const UNREADABLE = { holds: "something that git cannot read", commits: 0 } as const satisfies Work

/** The number of commits reachable from `tips` but not from `without`; `undefined` if git cannot tell. */
export const countCommits = (
  git: Git,
  clone: string,
  tips: ReadonlyArray<string | undefined>,
  without: ReadonlyArray<string>
) => {
  const from = tips.filter((tip) => tip !== undefined)
  if (from.length === 0) return Effect.succeed(0)
  return Effect.map(
    git.run(clone, ["rev-list", "--count", "--single-worktree", ...from, "--not", ...without, "--"]),
    ({ exitCode, stdout }) => (exitCode === 0 && /^\d+\s*$/.test(stdout) ? Number.parseInt(stdout, 10) : undefined)
  )
}

/** The work in a worktree whose directory exists. Ignored files and `toolFiles` do not count. */
export const workInDirectory = Effect.fnUntraced(function* (
  { git, toolFiles }: WorktreeTools,
  { base, branch, clone, location: { real } }: Worktree
) {
  const args = ["status", "--porcelain=v2", "--branch", "-z", "--untracked-files=normal", "--ignore-submodules=none"]
  const isTop = yield* isWorktreeTop(git, real)
  const { exitCode, stdout } = yield* git.run(real, args)
  if (!isTop || exitCode !== 0) return UNREADABLE
  const status = worktreeStatus(stdout)
  const commits = yield* countCommits(git, clone, [status.commit, yield* branchTip(git, clone, branch)], [base])
  if (commits === undefined) return UNREADABLE
  const work = (holds: string): Work => ({ holds, commits })
  if (status.changed.some((entry) => !toolFiles.includes(entry))) return work("changes that are not committed")
  if (commits > 0) return work("commits")
  if (status.branch !== branch) return work(`a branch other than ${branch}`)
  return status.commit === base ? { commits } : work("a commit other than the one it was made from")
})

/** The work that git still has of a worktree whose directory is missing. */
export const workInClone = Effect.fnUntraced(function* (
  git: Git,
  { base, branch, clone }: Worktree,
  entry: WorktreeEntry | undefined
) {
  const commits = yield* countCommits(git, clone, [yield* branchTip(git, clone, branch), entry?.head], [base])
  return commits === undefined ? UNREADABLE : { commits, ...(commits > 0 ? { holds: "commits" } : {}) }
})
