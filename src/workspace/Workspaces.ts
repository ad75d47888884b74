import { Context, type Effect, type Scope } from "effect"
import type { WorkspaceFailed } from "../domain/Failure.ts"
import type { BeadsId } from "../domain/Ids.ts"
import type { Repository } from "../domain/Repository.ts"
import type { Discarded, Workspace } from "../domain/Workspace.ts"

/**
 * Prepares the directory in which an agent works on one bug. Layers: `DxWorktrees.layer` (`dx-worktree create`),
 * `GitWorktrees.layer` (`git worktree add`), `NoWorktrees.layer` (the repository itself) and `FakeWorkspaces.layer`.
 * `dx/` uses the code in `git/` too, because `dx-worktree` makes git worktrees.
 *
 * @example
 * Effect.scoped(Effect.flatMap(Workspaces, (w) => w.acquire(id, repository)))
 */
export class Workspaces extends Context.Tag("nightly-dispatch/Workspaces")<
  Workspaces,
  {
    /** The tool and where it puts workspaces, for the log: `git worktree (/tmp/agents)`. */
    readonly version: Effect.Effect<string, WorkspaceFailed>
    /**
     * Fails with the blame `host` or `config` when no workspace can be made from this repository. A run checks once, before its
     * first claim. Makes and removes a trial worktree where the layer makes worktrees; leaves nothing.
     */
    readonly check: (repository: Repository) => Effect.Effect<void, WorkspaceFailed>
    /**
     * Where `acquire` will put the bug's workspace, and on which branch. Does not look at the disk. `branch` is
     * `undefined` if the layer makes no branch. A reused workspace may have another branch checked out.
     */
    readonly place: (
      id: BeadsId,
      repository: Repository
    ) => { readonly path: string; readonly branch: string | undefined }
    /**
     * Makes the bug's workspace, or reuses the one that exists, and takes a snapshot of it. Closing the scope removes it, unless
     * it was kept, was reused, is locked, or holds work: commits, changes or untracked files. A failure with the blame `issue` is a suspicion: another bug
     * may get its workspace. `host` and `config`: no bug will.
     */
    readonly acquire: (id: BeadsId, repository: Repository) => Effect.Effect<Workspace, WorkspaceFailed, Scope.Scope>
    /** Hands the workspace over to a running job: closing the scope no longer removes it. */
    readonly keep: (workspace: Workspace) => Effect.Effect<void>
    /**
     * Compares a workspace of an earlier run with its snapshot, and removes it, unless it holds work, or may hold some, or that
     * run had `reused` it. Without a snapshot it is compared with its base. Fails with the blame `issue`, and changes nothing,
     * when `workspace` is none of the bug, or when an open scope uses it. `jobEndedAt`: milliseconds since the
     * epoch; later commits in the clone are not counted.
     */
    readonly discard: (
      id: BeadsId,
      repository: Repository,
      workspace: Workspace,
      jobEndedAt?: number
    ) => Effect.Effect<Discarded, WorkspaceFailed>
    /** What `discard` would answer. Changes nothing. */
    readonly inspect: (
      id: BeadsId,
      repository: Repository,
      workspace: Workspace
    ) => Effect.Effect<Discarded, WorkspaceFailed>
    /**
     * The workspace as if it had been made from its branch's last commit, if the commit that work starts from now contains that
     * one: a person has accepted the work. Else the workspace as it is.
     */
    readonly merged: (
      id: BeadsId,
      repository: Repository,
      workspace: Workspace
    ) => Effect.Effect<Workspace, WorkspaceFailed>
    /**
     * Removes a workspace of an earlier run with everything in it, and the bug's branch if it is still at the commit `tip`: a person
     * has decided about the work. Changes nothing if both are gone. Fails with the blame `issue`, and changes nothing, when
     * `workspace` is none of the bug, when an open scope uses it, or when the branch has other commits by now.
     */
    readonly remove: (
      id: BeadsId,
      repository: Repository,
      workspace: Workspace,
      tip: string | undefined
    ) => Effect.Effect<void, WorkspaceFailed>
    /**
     * Makes a worktree of the workspace's base commit, on no branch, beside the workspace. What an earlier call left is removed
     * first. Nothing in it is ever taken for work. Fails when the layer makes no worktrees, or when `workspace` has no base.
     */
    readonly acquireBase: (
      id: BeadsId,
      repository: Repository,
      workspace: Workspace
    ) => Effect.Effect<{ readonly path: string }, WorkspaceFailed>
    /** Removes what `acquireBase` made, if anything. `acquire` and `discard` of the bug do so, too, after a crash. */
    readonly dropBase: (id: BeadsId, repository: Repository) => Effect.Effect<void, WorkspaceFailed>
    /** The bugs that have a workspace of this repository, as far as this layer makes any. */
    readonly existing: (repository: Repository) => Effect.Effect<ReadonlyArray<BeadsId>, WorkspaceFailed>
  }
>() {}
