import { Effect, Either } from "effect"
import type { WorkspaceFailed } from "../../domain/Failure.ts"
import { excerpt, oneLine } from "../../domain/Text.ts"
import type { Git } from "./command.ts"
import { gitFailure } from "./failure.ts"
import { fingerprint } from "./fingerprint.ts"
import { mayBeWork } from "./notWork.ts"
import { worktreeStatus, type StatusEntry } from "./output.ts"

/** What git says about a worktree. */
export interface Status {
  /** The commit of HEAD; `(initial)` if its branch has none. */
  readonly head: string
  /** `undefined` if HEAD is detached. */
  readonly branch: string | undefined
  /** What differs from HEAD and may be work. An untracked directory is one entry, unless all files were asked for. */
  readonly entries: ReadonlyArray<StatusEntry>
  /** What git could not read, so that entries may be missing; `undefined` if it read everything. */
  readonly unread: string | undefined
}

const argsFor = (untracked: "normal" | "all") => [
  "status",
  "--porcelain=v2",
  "--branch",
  "--no-renames",
  "-z",
  `--untracked-files=${untracked}`,
  "--ignore-submodules=none"
]

/** After this warning git goes on as if the directory were empty. */
const UNREAD = /^warning: (could not open directory .*)$/m

/** What `git status` says of the worktree `top`. Left: why git cannot tell. Ignored files are not named. */
export const readStatus = Effect.fnUntraced(function* (
  git: Git,
  top: string,
  untracked: "normal" | "all" = "normal"
): Effect.fn.Return<Either.Either<Status, string>, WorkspaceFailed> {
  const result = yield* git.run(top, argsFor(untracked))
  if (result.exitCode !== 0) return Either.left((yield* gitFailure(result)).advice)
  const { branch, commit, entries } = worktreeStatus(result.stdout)
  if (commit === undefined) return Either.left("git status names no commit")
  const unread = UNREAD.exec(excerpt(result.stderr))?.[1]
  return Either.right({
    head: commit,
    branch: branch === "(detached)" ? undefined : branch,
    entries: entries.filter(mayBeWork),
    unread: unread === undefined ? undefined : oneLine(unread)
  })
})

/** Stands for a digest that could not be made. */
export const UNKNOWN = "unknown"

/** A digest of everything that differs from HEAD; `unknown` if not everything can be read. */
export const digestOfChanges = Effect.fnUntraced(
  function* (git: Git, top: string) {
    const found = yield* readStatus(git, top, "all")
    if (Either.isLeft(found) || found.right.unread !== undefined) return UNKNOWN
    return (yield* fingerprint(top, found.right.entries)) ?? UNKNOWN
  },
  // More files than one call may print.
  Effect.orElseSucceed(() => UNKNOWN)
)
