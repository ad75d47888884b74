import { Schema } from "effect"
import { constant } from "./constantField.ts"
import { explained } from "./Explanation.ts"

/**
 * What the failure of a workspace is about.
 *
 * Of the bug's own branch or path: `ref_locked`: a lock file of git on the branch. `worktree_locked`: `git worktree lock`.
 * `branch_in_use`: the branch is checked out elsewhere. `branch_name`: another branch's name excludes the branch. `not_ours`:
 * something stands at the path that this program did not make.
 *
 * Of anything: `locked`: another lock file of git. `filter_missing`, `filter_failed`: a filter, such as git-lfs. `no_base`: there
 * is no commit to start from. `fetch_failed`: the remote does not answer. `no_room`: the disk is full or read-only, or the host
 * lacks memory or file handles. `timeout`: a limit of ours. `no_repository`: there is no repository. `unusable`: the root or
 * the tool. `other`.
 *
 * @example
 * Schema.is(WorkspaceFailureKind)("no_repository") // true
 */
export const WorkspaceFailureKind = Schema.Literal(
  "ref_locked",
  "worktree_locked",
  "branch_in_use",
  "branch_name",
  "not_ours",
  "locked",
  "filter_missing",
  "filter_failed",
  "no_base",
  "fetch_failed",
  "no_room",
  "timeout",
  "no_repository",
  "unusable",
  "other"
)
export type WorkspaceFailureKind = typeof WorkspaceFailureKind.Type

const OF_ONE_BUG: ReadonlySet<WorkspaceFailureKind> = new Set([
  "ref_locked",
  "worktree_locked",
  "branch_in_use",
  "branch_name",
  "not_ours"
])

/**
 * Whether the cause is the bug's own branch or path. Then the same failure of another bug has a cause of its own, and the host
 * is not to blame.
 *
 * @example
 * isOfOneBug("branch_in_use") // true
 */
export const isOfOneBug = (kind: WorkspaceFailureKind): boolean => OF_ONE_BUG.has(kind)

/**
 * The worktree could not be prepared. The blame `issue` is a suspicion: the same failure of a second bug in one run is the
 * host's. `host` and `config`: every bug would meet it.
 *
 * @example
 * new WorkspaceFailed({ detail: "/src/shop is not there", next: "Set repoPath", kind: "no_repository", blame: "config" })
 */
export class WorkspaceFailed extends Schema.TaggedError<WorkspaceFailed>()("WorkspaceFailed", {
  detail: Schema.String,
  /** What to do about it; `undefined` if that is not known. */
  next: Schema.optional(Schema.String),
  kind: WorkspaceFailureKind.pipe(
    Schema.propertySignature,
    Schema.withConstructorDefault((): WorkspaceFailureKind => "other")
  ),
  code: constant("runner_error"),
  blame: Schema.Literal("issue", "host", "config")
}) {
  get what(): string {
    return this.detail
  }
  /** What failed, and what to do, for a sentence that says where by itself. */
  get advice(): string {
    return explained({ what: this.detail, next: this.next })
  }
  get where(): string | undefined {
    return this.kind === "no_repository" ? undefined : "worktree"
  }
  override get message(): string {
    return explained(this)
  }
}
