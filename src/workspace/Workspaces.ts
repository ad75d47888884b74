import { Context, type Effect, type Scope } from "effect"
import type { WorkspaceFailed } from "../domain/Failure.ts"
import type { BeadsId } from "../domain/Ids.ts"
import type { Repository } from "../domain/Repository.ts"
import type { Discarded, Workspace } from "../domain/Workspace.ts"

/**
 * Prepares the place where an agent works. Its layers: `DxWorktrees.layer` on `dx-worktree`, `GitWorktrees.layer` on
 * `git worktree add`, `NoWorktrees.layer` which hands out the repository itself, and `FakeWorkspaces.layer`.
 *
 * @example
 * Effect.scoped(Effect.flatMap(Workspaces, (w) => w.acquire(id, repository)))
 */
export class Workspaces extends Context.Tag("nightly-dispatch/Workspaces")<
  Workspaces,
  {
    /** What stands behind this, in words: `git worktree (/tmp/agents)`. */
    readonly version: Effect.Effect<string, WorkspaceFailed>
    /** Whether workspaces can be made from this repository at all. Asked before the first claim. */
    readonly check: (repository: Repository) => Effect.Effect<void, WorkspaceFailed>
    /**
     * Where `acquire` will put the workspace, and on which branch, told without a look at the disk. `branch` is
     * `undefined` when the layer makes no branch. An `acquire` that reuses a workspace may find another branch there.
     */
    readonly place: (
      id: BeadsId,
      repository: Repository
    ) => { readonly path: string; readonly branch: string | undefined }
    /**
     * A workspace that exists and is below an allowed root. Closing the scope removes it again, unless it was kept,
     * stood there before, or holds work: commits, changes or untracked files.
     */
    readonly acquire: (id: BeadsId, repository: Repository) => Effect.Effect<Workspace, WorkspaceFailed, Scope.Scope>
    /** Hands the workspace over to a running job: closing the scope no longer removes it. */
    readonly keep: (workspace: Workspace) => Effect.Effect<void>
    /**
     * Removes a workspace that an earlier run made, unless it holds work: commits, changes or untracked files. One that
     * stood there before that run (`reused`) is never removed. What is not the workspace that this layer makes for the
     * issue, or is in use by an open scope, is refused with the blame `issue` and not touched.
     */
    readonly discard: (
      id: BeadsId,
      repository: Repository,
      workspace: Workspace
    ) => Effect.Effect<Discarded, WorkspaceFailed>
  }
>() {}
