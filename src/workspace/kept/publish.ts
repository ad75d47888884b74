import { Effect } from "effect"
import { WorkspaceFailed } from "../../domain/Failure.ts"
import { UPLOAD_PACK } from "../git/base.ts"
import type { Git } from "../git/command.ts"
import { pushTo } from "../git/push.ts"
import { branchTip } from "../git/worktree.ts"
import type { KeptBranch, PushedBranch, Unpublished } from "../KeptWork.ts"

const refOf = (branch: string): string => `refs/heads/${branch}`

/** Lets a push replace the branch only if it is at this commit. */
const replacing = (branch: string, commit: string): string => `--force-with-lease=${refOf(branch)}:${commit}`

/** The commit of the remote's branch; `undefined` if it has no such branch. */
const remoteTip = Effect.fnUntraced(function* (git: Git, clone: string, remote: string, branch: string) {
  const listed = yield* git.read(clone, ["ls-remote", UPLOAD_PACK, "--", remote, refOf(branch)])
  const line = listed.split("\n").find((each) => each.endsWith(`\t${refOf(branch)}`))
  return line?.split("\t")[0]
})

/** `KeptWork.publish`. */
export const publishKept = Effect.fn("KeptWork.publish")(function* (
  git: Git,
  { branch, clone }: KeptBranch,
  remote: string,
  ours: string | undefined
): Effect.fn.Return<string | undefined, WorkspaceFailed> {
  const tip = yield* branchTip(git, clone, branch)
  if (tip === undefined) return undefined
  // The commit and not the branch: this is what the journal will say.
  const refs = `${tip}:${refOf(branch)}`
  const plain = yield* pushTo(git, clone, remote, [refs])
  if (plain._tag === "Done") return tip
  const again = ours === undefined ? plain : yield* pushTo(git, clone, remote, [replacing(branch, ours), refs])
  if (again._tag === "Done") return tip
  return yield* new WorkspaceFailed({
    detail: `${remote} does not take ${branch}: ${plain.why}`,
    next: `If ${remote} has commits on it that are not ours, look at them: git fetch ${remote} ${branch}`,
    blame: "host"
  })
})

/** `KeptWork.fetch`. */
export const fetchPushed = Effect.fn("KeptWork.fetch")(function* (
  git: Git,
  clone: string,
  { branch, commit, remote }: PushedBranch
): Effect.fn.Return<void, WorkspaceFailed> {
  const tip = yield* remoteTip(git, clone, remote, branch)
  if (tip !== commit) {
    const found = tip === undefined ? "is gone" : `is at ${tip.slice(0, 8)}, and we pushed ${commit.slice(0, 8)}`
    return yield* new WorkspaceFailed({
      detail: `the branch ${branch} of ${remote} ${found}`,
      next: "Look at it there",
      blame: "issue"
    })
  }
  yield* git.read(clone, ["fetch", UPLOAD_PACK, "--quiet", "--no-tags", "--", remote, refOf(branch)])
  yield* git.read(clone, ["branch", "--no-track", "--", branch, commit])
})

/** `KeptWork.unpublish`. */
export const unpublish = Effect.fn("KeptWork.unpublish")(function* (
  git: Git,
  clone: string,
  { branch, commit, remote }: PushedBranch
): Effect.fn.Return<Unpublished, WorkspaceFailed> {
  const removed = yield* pushTo(git, clone, remote, [replacing(branch, commit), `:${refOf(branch)}`])
  if (removed._tag === "Done") return "removed"
  const tip = yield* remoteTip(git, clone, remote, branch)
  if (tip === undefined) return "gone"
  if (tip !== commit) return "changed"
  return yield* new WorkspaceFailed({ detail: `${remote} keeps ${branch}: ${removed.why}`, blame: "host" })
})
