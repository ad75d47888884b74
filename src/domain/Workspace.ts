import { Schema } from "effect"

/** Where an agent works: a directory of its own, and the branch it commits to. */
export class Workspace extends Schema.Class<Workspace>("Workspace")({
  /** Absolute path of an existing directory. */
  path: Schema.String,
  /** The branch checked out there; absent when the workspace is not a git worktree of its own. */
  branch: Schema.optional(Schema.String),
  /** The commit the work starts from. */
  base: Schema.optional(Schema.String),
  /** It stood there before this attempt, so this attempt never removes it. */
  reused: Schema.Boolean
}) {}

/**
 * What became of a workspace that an earlier run made. `Gone`: nothing stood there any more. `Kept`: it was left as it
 * was; `holds` says why, in words that follow "it holds", and `commits` counts those that its base does not have.
 */
export type Discarded =
  | { readonly _tag: "Removed" }
  | { readonly _tag: "Gone" }
  | { readonly _tag: "Kept"; readonly holds: string; readonly commits: number }
