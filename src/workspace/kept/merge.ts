import { Effect, Either } from "effect"
import { WorkspaceFailed } from "../../domain/Failure.ts"
import { shellWord } from "../../domain/shellWord.ts"
import { oneLine } from "../../domain/Text.ts"
import { delayInterruption } from "../../domain/interruption.ts"
import type { Git } from "../git/command.ts"
import { gitFailed } from "../git/failure.ts"
import { readStatus } from "../git/status.ts"
import { pushTo } from "../git/push.ts"
import { branchTip } from "../git/worktree.ts"
import type { KeptBranch, Merge } from "../KeptWork.ts"
import { basesOf, type Bases } from "./bases.ts"
import { sameChanges } from "./merged.ts"

const refused = (why: string): Merge => ({ _tag: "Refused", why })

const isMerging = (git: Git, clone: string) =>
  Effect.map(git.run(clone, ["rev-parse", "--verify", "--quiet", "MERGE_HEAD"]), ({ exitCode }) => exitCode === 0)

/** Why nothing can be merged into this branch of the clone now; `undefined` if it can. */
const obstacle = Effect.fnUntraced(function* (git: Git, clone: string, into: string) {
  const at = shellWord(clone)
  const status = yield* readStatus(git, clone)
  if (Either.isLeft(status)) return `git cannot tell what ${clone} holds: ${status.left}`
  const { branch, entries } = status.right
  if (branch !== into) {
    return `${clone} has ${branch ?? "no branch"} checked out, and not ${into}. Run: git -C ${at} switch ${shellWord(into)}`
  }
  const changed = entries.filter(({ isTracked }) => isTracked).map(({ path }) => path)
  if (changed.length > 0) {
    const files = oneLine(changed.join(", "), 200)
    return `${clone} has changes that are not committed: ${files}. Commit them, or run: git -C ${at} stash`
  }
  return (yield* isMerging(git, clone))
    ? `a merge in ${clone} is not finished. Run: git -C ${at} merge --abort`
    : undefined
})

/** Whether one of the bases has the work. */
const isMerged = Effect.fnUntraced(function* (git: Git, clone: string, tip: string, bases: Bases) {
  const missing = yield* git.read(clone, ["rev-list", "--count", tip, "--not", ...bases.commits, "--"])
  return missing === "0" || (yield* sameChanges(git, clone, tip, bases)) === "yes"
})

/** Undoes a merge that stopped. Fails if that cannot be done. */
const undo = Effect.fnUntraced(function* (git: Git, clone: string) {
  if (!(yield* isMerging(git, clone))) return
  const aborted = yield* git.run(clone, ["merge", "--abort"])
  if (aborted.exitCode === 0 && !(yield* isMerging(git, clone))) return
  const next = `Run: git -C ${shellWord(clone)} merge --abort`
  return yield* new WorkspaceFailed({
    detail: `the merge in ${clone} stopped and cannot be undone: ${oneLine(aborted.stderr)}`,
    next,
    blame: "host"
  })
})

const merge = Effect.fnUntraced(function* (git: Git, clone: string, tip: string, into: string, message: string) {
  const how = ["--no-ff", "--no-edit", "--no-stat", "--no-autostash", "-m", message]
  const result = yield* git
    .run(clone, ["merge", ...how, tip])
    .pipe(Effect.onError(() => Effect.ignoreLogged(undo(git, clone))))
  if (result.exitCode === 0) return { _tag: "Merged", into } satisfies Merge
  const unmerged = yield* git.run(clone, ["diff", "--name-only", "--no-ext-diff", "--diff-filter=U", "-z"])
  yield* undo(git, clone)
  const files = unmerged.stdout.split("\0").filter((name) => name !== "")
  return files.length > 0 ? ({ _tag: "Conflict", into, files } satisfies Merge) : yield* gitFailed(result)
})

/** `KeptWork.merge`. */
export const mergeKept = Effect.fn("KeptWork.merge")(function* (
  git: Git,
  { branch, clone }: KeptBranch,
  message: string,
  configured: string | undefined
): Effect.fn.Return<Merge, WorkspaceFailed> {
  const tip = yield* branchTip(git, clone, branch)
  if (tip === undefined) return refused(`the branch ${branch} is gone`)
  const bases = yield* basesOf(git, clone, configured)
  const by = `git -C ${shellWord(clone)} merge --no-ff ${shellWord(branch)}`
  if (yield* isMerged(git, clone, tip, bases)) return { _tag: "Already", into: bases.shown }
  if (bases.branch === undefined)
    return refused(`${bases.shown} is no branch to merge into. Check one out and run: ${by}`)
  const why = yield* obstacle(git, clone, bases.branch)
  return why === undefined ? yield* delayInterruption(merge(git, clone, tip, bases.branch, message)) : refused(why)
})

/** `KeptWork.push`. */
export const pushBase = Effect.fn("KeptWork.push")(function* (
  git: Git,
  clone: string,
  remote: string,
  configured: string | undefined
) {
  const { branch, shown } = yield* basesOf(git, clone, configured)
  if (branch === undefined) return yield* new WorkspaceFailed({ detail: `${shown} is no branch`, blame: "config" })
  const refs = `refs/heads/${branch}:refs/heads/${branch}`
  const pushed = yield* pushTo(git, clone, remote, [refs])
  if (pushed._tag === "Rejected") {
    return yield* new WorkspaceFailed({ detail: `${remote} does not take ${branch}: ${pushed.why}`, blame: "host" })
  }
  return branch
})
