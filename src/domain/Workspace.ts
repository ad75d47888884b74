import { Schema } from "effect"

/**
 * What a worktree was like when its job got it. A later look at the worktree is compared with this.
 *
 * @example
 * Snapshot.make({ at: now, head: "0123456789abcdef0123456789abcdef01234567", branch })
 */
export const Snapshot = Schema.Struct({
  /** When the snapshot was taken. Milliseconds since the epoch. */
  at: Schema.JsonNumber,
  /** The commit of HEAD. */
  head: Schema.String,
  /** The branch of HEAD; `undefined` if HEAD was detached. */
  branch: Schema.optional(Schema.String),
  /** The commit of the bug's branch, if HEAD was not on it. */
  tip: Schema.optional(Schema.String),
  /**
   * A digest of the files that differed from HEAD, in the index or on the disk; `undefined` if none did. `unknown` if they were too
   * many to read.
   */
  changes: Schema.optional(Schema.String)
})
export type Snapshot = typeof Snapshot.Type

/**
 * The directory where an agent works, and the branch it commits to.
 *
 * @example
 * new Workspace({ path: "/tmp/agents/bd-1/shop", branch: "nightly-dispatch/bd-1", reused: false })
 */
export class Workspace extends Schema.Class<Workspace>("Workspace")({
  /** Absolute path of an existing directory. */
  path: Schema.String,
  /** The branch checked out there; `undefined` if the workspace is not a git worktree of its own. */
  branch: Schema.optional(Schema.String),
  /** The commit the work starts from. */
  base: Schema.optional(Schema.String),
  /** The workspace existed before this attempt, so this attempt never removes it. */
  reused: Schema.Boolean,
  /** The paths of submodules that are not initialised there; `undefined` if there is none. */
  submodules: Schema.optional(Schema.NonEmptyArray(Schema.String)),
  /** The runner has its own copy of the repository, and the job works there: `path` is the clone on this host. */
  shipped: Schema.optional(Schema.Literal(true)),
  /** `undefined` in the records of earlier versions, and if the workspace is not a git worktree of its own. */
  snapshot: Schema.optional(Snapshot)
}) {}

/**
 * The workspace's path and branch, for a person.
 *
 * @example
 * placeInWords(workspace) // "/tmp/agents/bd-1/shop (branch nightly-dispatch/bd-1)"
 */
export const placeInWords = ({ branch, path, shipped }: Workspace): string =>
  shipped ? "the runner's own workspace" : branch === undefined ? path : `${path} (branch ${branch})`

/** Commits that appeared in the clone itself, and not in the worktree, while a job ran. They may be its work. */
export interface CloneCommits {
  readonly count: number
  /** The branches that have them, as one line: `main`. */
  readonly branches: string
  /** The oldest: short hash and subject, as one line. */
  readonly first: string
}

/**
 * What a workspace of an earlier run holds, and what became of it.
 *
 * `Removed`: it held no work. `Gone`: it no longer existed. `Work`: it stays, because the attempt left `holds` there, e.g.
 * "commits"; `commits` is the number of commits that its base does not contain. `Left`: it stays although the attempt left no work:
 * `why`, e.g. "it is locked". `Unknown`: it stays, because `why` keeps git from telling whether it holds work. `Elsewhere`: the
 * runner has it, so only the runner can tell.
 */
export type Discarded = (
  | { readonly _tag: "Removed" }
  | { readonly _tag: "Gone" }
  | { readonly _tag: "Work"; readonly holds: string; readonly commits: number }
  | { readonly _tag: "Left"; readonly why: string }
  | { readonly _tag: "Unknown"; readonly why: string }
  | { readonly _tag: "Elsewhere" }
) & {
  /** `undefined` if there is none. */
  readonly elsewhere?: CloneCommits
}
