import { Context, type Effect } from "effect"
import type { WorkspaceFailed } from "../domain/Failure.ts"
import type { Pushed } from "../domain/PushedWork.ts"

/** A branch on which an attempt left work, and where. */
export interface KeptBranch {
  /** The clone. Absolute. */
  readonly clone: string
  /** Without `refs/heads/`. */
  readonly branch: string
  /** The attempt's worktree; `undefined` if it is not known. */
  readonly worktree?: string | undefined
}

/** What became of a branch. `unknown`: git cannot tell. */
export interface BranchFacts {
  readonly branch: "exists" | "deleted" | "unknown"
  /**
   * Whether the base has the branch's work: all its commits, or a commit with the same change for each of them, as after a rebase or
   * a squash merge of one commit. The base is the remote's branch as last fetched, and the clone's branch of that name. A deleted
   * branch is `yes` only if a merge commit of the base names it.
   */
  readonly merged: "yes" | "no" | "unknown"
  /** The branch's last commit; `undefined` if it does not exist. */
  readonly tip: string | undefined
}

/** A commit of the branch that no base has. */
export interface KeptCommit {
  readonly hash: string
  readonly subject: string
  /** When it was made. Milliseconds since the epoch. */
  readonly at: number
}

/** Everything that git knows of kept work. */
export interface KeptFacts extends BranchFacts {
  /** The base for a person: `origin/main`; `undefined` if there is none. */
  readonly base: string | undefined
  /** Oldest first; `undefined` if git cannot tell. */
  readonly commits: ReadonlyArray<KeptCommit> | undefined
  /** The difference between the base and the branch; each `undefined` if git cannot tell. */
  readonly files: number | undefined
  readonly insertions: number | undefined
  readonly deletions: number | undefined
  /** How many files in the worktree are changed and not committed, or untracked; `undefined` if git cannot tell. */
  readonly uncommitted: number | undefined
  /** `not ours`: something is there that is no worktree of this clone. */
  readonly worktree: "there" | "gone" | "not ours" | "unknown"
  /** Why something of this is not known. */
  readonly why: string | undefined
}

/** The facts if git can tell nothing. */
export const NOTHING_KNOWN: KeptFacts = {
  branch: "unknown",
  merged: "unknown",
  tip: undefined,
  base: undefined,
  commits: undefined,
  files: undefined,
  insertions: undefined,
  deletions: undefined,
  uncommitted: undefined,
  worktree: "unknown",
  why: undefined
}

/** What the branch changes, as `git diff` prints it, without colours. */
export interface KeptDiff {
  /** From the base to the branch; `undefined` if the branch is gone. */
  readonly committed: string | undefined
  /** From the last commit to the files in the worktree; empty if there is nothing. */
  readonly uncommitted: string
  /** A part was too long: only its files are listed. */
  readonly isCut: boolean
}

/** The variables of the operator's own environment that name a pager. `undefined` if not set. */
export interface OwnPager {
  readonly GIT_PAGER: string | undefined
  readonly PAGER: string | undefined
}

/**
 * What became of a merge. `Already`: the base has the work. `Conflict`: the merge was undone, so nothing was changed; `files` are
 * those in conflict. `Refused`: nothing was begun; `why` ends with what to do.
 */
export type Merge =
  | { readonly _tag: "Merged" | "Already"; readonly into: string }
  | { readonly _tag: "Conflict"; readonly into: string; readonly files: ReadonlyArray<string> }
  | { readonly _tag: "Refused"; readonly why: string }

/** A branch on a remote, at the commit that we pushed there. */
export type PushedBranch = Pick<Pushed, "remote" | "branch" | "commit">

/** What became of a pushed branch that was to be removed. `changed`: it is at another commit by now, and stays. */
export type Unpublished = "removed" | "gone" | "changed"

/**
 * The work that attempts left on branches of the clone, for a person who decides about it. What shows something reads only what the
 * disk has. Only the last five methods change something. Unknown is never taken for absent. Layers: `GitKeptWork.layer`, and `FakeKeptWork.layer` of the test kit.
 *
 * @example
 * const { merged } = yield* Effect.flatMap(KeptWork, (work) => work.facts({ clone: "/home/me/shop", branch }))
 */
export class KeptWork extends Context.Tag("nightly-dispatch/KeptWork")<
  KeptWork,
  {
    /** Never fails: what git cannot tell is `unknown` or `undefined`, and `why` says why. */
    readonly facts: (kept: KeptBranch) => Effect.Effect<KeptFacts>
    /** What became of these branches of one clone, by name, in few calls of git. A branch without an entry: git cannot tell. */
    readonly many: (clone: string, branches: ReadonlyArray<string>) => Effect.Effect<ReadonlyMap<string, BranchFacts>>
    readonly diff: (kept: KeptBranch) => Effect.Effect<KeptDiff, WorkspaceFailed>
    /** The command with which the operator's git shows a diff on a terminal; `undefined` if it uses none, as `cat` is none. */
    readonly pager: (clone: string, own: OwnPager) => Effect.Effect<string | undefined, WorkspaceFailed>
    /**
     * Merges the branch with a merge commit of this message into the base's branch, which the clone must have checked out without
     * changes. Runs no hook.
     */
    readonly merge: (kept: KeptBranch, message: string) => Effect.Effect<Merge, WorkspaceFailed>
    /** Pushes the base's branch to this remote of the clone. Gives the branch. */
    readonly push: (clone: string, remote: string) => Effect.Effect<string, WorkspaceFailed>
    /**
     * Pushes the branch to this remote of the clone, under its own name. Replaces no commit there but those that the branch contains
     * and `ours`: the commit that we pushed before. Gives the branch's commit; `undefined`, without a push, if there is no such
     * branch.
     */
    readonly publish: (
      kept: KeptBranch,
      remote: string,
      ours: string | undefined
    ) => Effect.Effect<string | undefined, WorkspaceFailed>
    /** Makes the branch in the clone from the remote's. Fails, and makes none, if the remote's is at another commit. */
    readonly fetch: (clone: string, pushed: PushedBranch) => Effect.Effect<void, WorkspaceFailed>
    /** Removes the branch from the remote if it is still at this commit. */
    readonly unpublish: (clone: string, pushed: PushedBranch) => Effect.Effect<Unpublished, WorkspaceFailed>
  }
>() {}
