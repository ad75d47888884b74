import { Schema } from "effect"

/** The directory where an agent works, and the branch it commits to. */
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
  submodules: Schema.optional(Schema.NonEmptyArray(Schema.String))
}) {}

/** The workspace's path and branch, for a person. */
export const placeInWords = ({ branch, path }: Workspace): string =>
  branch === undefined ? path : `${path} (branch ${branch})`

/**
 * The result of discarding a workspace of an earlier run. `Gone`: the workspace no longer existed. `Kept`: it stays, because
 * it holds `holds`, e.g. "commits"; `commits` is the number of commits that its base does not contain.
 */
export type Discarded =
  | { readonly _tag: "Removed" }
  | { readonly _tag: "Gone" }
  | { readonly _tag: "Kept"; readonly holds: string; readonly commits: number }
