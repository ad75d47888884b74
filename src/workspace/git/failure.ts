import { Clock, Duration, Effect } from "effect"
import type { Explanation } from "../../domain/Explanation.ts"
import { WorkspaceFailed, type WorkspaceFailureKind } from "../../domain/WorkspaceFailure.ts"
import { saysNoRoom } from "../../domain/noRoom.ts"
import { excerpt, oneLine } from "../../domain/Text.ts"
import type { ExecResult } from "../../exec/Exec.ts"
import { entryAt } from "../../exec/ownFiles.ts"
import { BRANCHES, failureReason } from "./output.ts"

/** What a message of git or of the system is about, and whose fault that is. `next`: what a person can do. */
interface Meaning {
  readonly kind: WorkspaceFailureKind
  readonly blame: WorkspaceFailed["blame"]
  readonly next?: string
}

/** The first pattern that a message matches gives its meaning. */
const MEANINGS: ReadonlyArray<readonly [says: RegExp, meaning: Meaning]> = [
  [
    new RegExp(`'refs/heads/${BRANCHES}' exists; cannot create`, "i"),
    {
      kind: "branch_name",
      blame: "config",
      next: `A branch named ${BRANCHES} excludes the branches of all bugs. Rename it: git branch -m ${BRANCHES} OTHER`
    }
  ],
  [/exists; cannot create/i, { kind: "branch_name", blame: "issue" }],
  [
    /already (?:checked out|used by worktree)|cannot force update the branch/i,
    { kind: "branch_in_use", blame: "issue", next: "Once it is no longer needed there, check out another branch there" }
  ],
  [/a locked working tree|missing but locked worktree/i, { kind: "worktree_locked", blame: "issue" }],
  [/unable to create '[^'\n]*\/refs\/heads\/[^'\n]*\.lock'/i, { kind: "ref_locked", blame: "issue" }],
  [/unable to create '[^'\n]*\.lock'|could not lock config file/i, { kind: "locked", blame: "issue" }],
  [
    /git-lfs:? .{0,40}not found|git-lfs: no such file|'lfs' is not a git command/i,
    { kind: "filter_missing", blame: "config", next: "Install git-lfs, and make sure that cron's PATH has it" }
  ],
  [/(?:smudge|clean|external) filter/i, { kind: "filter_failed", blame: "issue" }],
  [/couldn't find remote ref|invalid reference: origin\//i, { kind: "no_base", blame: "config" }],
  [
    /could not resolve host|could not read from remote repository|unable to access '|unable to connect to/i,
    { kind: "fetch_failed", blame: "host" }
  ],
  [/already exists|already registered/i, { kind: "not_ours", blame: "issue" }]
]

const OTHER: Meaning = { kind: "other", blame: "issue" }

/** What a message means. A message that is not known is a suspicion against the bug. */
export const meaningOf = (text: string): Meaning => {
  if (saysNoRoom(text)) return { kind: "no_room", blame: "host" }
  const searched = excerpt(text)
  return MEANINGS.find(([says]) => says.test(searched))?.[1] ?? OTHER
}

/** The failure that a message stands for. `detail` is its telling line. */
export const failureSaid = (detail: string, text = detail): WorkspaceFailed => {
  const meaning = meaningOf(text)
  return new WorkspaceFailed({ detail, ...meaning })
}

/** The lock file that git could not create; `undefined` if the message names none. */
const lockFile = (text: string): string | undefined => /unable to create '([^'\n]+\.lock)'/i.exec(excerpt(text))?.[1]

/** A lock file in words, with its age: git's locks last for milliseconds, so an old one was left by a git that was killed. */
const describeLock = Effect.fnUntraced(function* (file: string): Effect.fn.Return<Explanation> {
  const [entry, now] = yield* Effect.all([
    Effect.orElseSucceed(entryAt(file), () => undefined),
    Clock.currentTimeMillis
  ])
  const name = oneLine(file)
  if (entry === undefined) return { what: `git could not make the lock file ${name}, which is gone by now` }
  const age = Duration.format(Duration.seconds(Math.max(0, Math.round((now - entry.mtimeMs) / 1000))))
  return {
    what: `git waits for the lock file ${name}, made ${age} ago`,
    next: `If no git process works on it, run: rm ${name}`
  }
})

/** The failure of a git command with an exit code other than 0. */
export const gitFailure = Effect.fnUntraced(function* (result: ExecResult) {
  const lock = lockFile(result.stderr)
  const meaning = meaningOf(`${result.stdout}\n${result.stderr}`)
  if (lock === undefined) return new WorkspaceFailed({ detail: failureReason(result), ...meaning })
  const { next, what } = yield* describeLock(lock)
  return new WorkspaceFailed({ detail: what, ...meaning, next: next ?? meaning.next })
})

/** Fails with `gitFailure`. */
export const gitFailed = (result: ExecResult): Effect.Effect<never, WorkspaceFailed> =>
  Effect.flatMap(gitFailure(result), (error) => Effect.fail(error))

/**
 * What git refuses in a worktree of an earlier run is no suspicion against the bug: the next run tries again. Only something
 * that is not ours stays as it is.
 */
export const tryAgain = ({ blame, detail, kind, next }: WorkspaceFailed): WorkspaceFailed =>
  new WorkspaceFailed({ detail, next, kind, blame: blame === "issue" && kind !== "not_ours" ? "host" : blame })
