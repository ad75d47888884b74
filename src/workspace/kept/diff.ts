import { Effect, Either } from "effect"
import type { WorkspaceFailed } from "../../domain/Failure.ts"
import type { Git } from "../git/command.ts"
import { gitFailed } from "../git/failure.ts"
import { readStatus } from "../git/status.ts"
import { branchTip, isWorktreeOf } from "../git/worktree.ts"
import { isMissing } from "../git/worktreeRoot.ts"
import type { KeptBranch, KeptDiff } from "../KeptWork.ts"
import { basesOf } from "./bases.ts"

const PLAIN = ["--no-ext-diff", "--no-textconv", "--no-color"]

/** Untracked files whose text is shown. */
const MOST_UNTRACKED = 100

interface Part {
  readonly text: string
  readonly isCut: boolean
}

/** A diff with its statistics; only these if the diff is too long for one call of git. */
const part = (git: Git, cwd: string, range: ReadonlyArray<string>): Effect.Effect<Part, WorkspaceFailed> => {
  const read = (...how: ReadonlyArray<string>) =>
    Effect.flatMap(git.run(cwd, ["diff", ...how, ...PLAIN, ...range, "--"]), (result) =>
      result.exitCode === 0 ? Effect.succeed(result.stdout) : gitFailed(result)
    )
  return read("--stat=80", "--patch").pipe(
    Effect.map((text) => ({ text, isCut: false })),
    Effect.catchIf(
      ({ kind }) => kind === "timeout",
      () => Effect.map(read("--stat=80"), (text) => ({ text, isCut: true }))
    )
  )
}

/** An untracked file as a new one. Git exits with 1, as for every difference. */
const newFile = (git: Git, worktree: string, path: string) =>
  Effect.map(git.run(worktree, ["diff", "--no-index", ...PLAIN, "--", "/dev/null", path]), ({ stdout }) => stdout)

const notCommitted = Effect.fnUntraced(function* (git: Git, { clone, worktree }: KeptBranch) {
  if (worktree === undefined || (yield* isMissing(worktree))) return { text: "", isCut: false }
  if (!(yield* isWorktreeOf(git, worktree, clone))) return { text: "", isCut: false }
  const changed = yield* part(git, worktree, ["HEAD"])
  const status = yield* readStatus(git, worktree, "all")
  const untracked = Either.isRight(status)
    ? status.right.entries.filter(({ isTracked }) => !isTracked).map(({ path }) => path)
    : []
  const shown = untracked.slice(0, MOST_UNTRACKED)
  const texts = yield* Effect.forEach(shown, (path) =>
    // A file that is too long.
    Effect.orElseSucceed(newFile(git, worktree, path), () => `new file ${path}, which is too long to show\n`)
  )
  const more = untracked.length > shown.length ? `${untracked.length - shown.length} more new files\n` : ""
  return { text: [changed.text, ...texts, more].join(""), isCut: changed.isCut || more !== "" }
})

/** `KeptWork.diff`. */
export const diffOf = Effect.fn("KeptWork.diff")(function* (
  git: Git,
  kept: KeptBranch,
  configured: string | undefined
): Effect.fn.Return<KeptDiff, WorkspaceFailed> {
  const { branch, clone } = kept
  const tip = yield* branchTip(git, clone, branch)
  const committed =
    tip === undefined
      ? undefined
      : yield* part(git, clone, [`${(yield* basesOf(git, clone, configured)).commit}...${tip}`])
  const rest = yield* notCommitted(git, kept)
  return { committed: committed?.text, uncommitted: rest.text, isCut: rest.isCut || committed?.isCut === true }
})
