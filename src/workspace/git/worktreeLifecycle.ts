import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Effect, Option, Ref, type Exit, type Scope } from "effect"
import type { WorkspaceFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { Workspace } from "../../domain/Workspace.ts"
import { delayInterruption, withinGraceIfInterrupted } from "../../domain/interruption.ts"
import { keyedMutex } from "../../domain/keyedMutex.ts"
import { Exec } from "../../exec/Exec.ts"
import { localBase } from "./base.ts"
import { makeBaseWorktrees, sweepBaseWorktree } from "./baseWorktree.ts"
import { commitsInClone } from "./cloneCommits.ts"
import { makeGit, type GitOptions } from "./command.ts"
import { hideRoot } from "./hideRoot.ts"
import { makeRecorded } from "./recordedWorktree.ts"
import { discardWorktree, inspectWorktree, notRemoved, removeDecided, rollBack } from "./removal.ts"
import { handedOut } from "./snapshot.ts"
import { tryWorktree } from "./trial.ts"
import { countCommits } from "./work.ts"
import { branchTip, requireRepository, type Worktree } from "./worktree.ts"
import { makeWorktreeDirectories, requireName, type WorktreeTools } from "./worktreeDirectory.ts"
import { makeWorktreeRoot } from "./worktreeRoot.ts"
import type { Repository } from "../../domain/Repository.ts"

/** One `acquire` whose scope is open. */
interface Acquired {
  readonly path: string
  /** Whether the worktree was handed over to a job. */
  readonly kept: Ref.Ref<boolean>
  /** The worktree that closing the scope removes. */
  readonly made: Ref.Ref<Worktree | undefined>
}

/**
 * The worktrees of `GitWorktrees` and `DxWorktrees`, from `acquire` until they are kept, rolled back when their scope
 * closes, or discarded by a later run.
 */
const makeLifecycle = Effect.fnUntraced(function* (
  tools: WorktreeTools,
  toolsAt: (root: string) => Effect.Effect<WorktreeTools>,
  configuredBase?: string
) {
  const { branchOf, directories, git, root } = tools
  // Excludes only fibers of this process. Git's own locks exclude other processes.
  const exclusive = keyedMutex<string>()
  /** For the worktree at this path. Entered before `exclusive`. */
  const alone = keyedMutex<string>()
  const open = yield* Ref.make<ReadonlyArray<Acquired>>([])
  const openAt = (path: string) => Effect.map(Ref.get(open), (all) => all.filter((each) => each.path === path))

  const place = (id: BeadsId, repository: Repository) => ({
    path: directories.pathOf(id, repository),
    branch: branchOf(id)
  })

  const close = (acquired: Acquired, exit: Exit.Exit<unknown, unknown>) =>
    Effect.gen(function* () {
      const made = yield* Ref.get(acquired.made)
      if (made === undefined || (yield* Ref.get(acquired.kept))) return
      const rolledBack = exclusive(made.clone)(rollBack(tools, made))
      const done = yield* withinGraceIfInterrupted(exit)(alone(acquired.path)(rolledBack))
      if (Option.isNone(done)) yield* notRemoved(made, "there was no time to remove it after the interruption")
    }).pipe(Effect.ensuring(Ref.update(open, (all) => all.filter((each) => each !== acquired))))

  /**
   * `prepare` must set `made` before it creates anything, and again when the worktree is complete. Those of different bugs go on at
   * the same time: each waits for what it needs alone.
   */
  const acquire = Effect.fnUntraced(function* (
    id: BeadsId,
    repository: Repository,
    prepare: (made: Ref.Ref<Worktree | undefined>) => Effect.Effect<Workspace, WorkspaceFailed>
  ): Effect.fn.Return<Workspace, WorkspaceFailed, Scope.Scope> {
    const made = yield* Ref.make<Worktree | undefined>(undefined)
    const acquired: Acquired = { path: place(id, repository).path, kept: yield* Ref.make(false), made }
    // The finalizer is added before anything is made, so an interrupted `prepare` is rolled back too.
    yield* Effect.acquireRelease(
      Ref.update(open, (all) => [...all, acquired]),
      (_, exit) => close(acquired, exit)
    )
    return yield* alone(acquired.path)(
      prepare(made).pipe(
        Effect.tap(() =>
          Effect.flatMap(directories.locate(id, repository), (location) =>
            Effect.zipRight(directories.removeRests(location), sweepBaseWorktree(tools, repository.path, location))
          )
        ),
        Effect.tap(() => Effect.flatMap(root.created, (real) => hideRoot(real, repository.path))),
        Effect.flatMap((workspace) => handedOut(git, workspace, branchOf(id)))
      )
    )
  })

  const keep = ({ path }: Workspace) =>
    Effect.flatMap(openAt(path), (all) => Effect.forEach(all, ({ kept }) => Ref.set(kept, true), { discard: true }))

  const withRecorded = makeRecorded(tools, { alone, exclusive, place, openAt, toolsAt })
  const onRecorded = (
    use: typeof discardWorktree,
    id: BeadsId,
    repository: Repository,
    recorded: Workspace,
    until?: number
  ) =>
    withRecorded(
      id,
      repository,
      recorded,
      Effect.fnUntraced(function* (tools, worktree) {
        const { base, clone, snapshot } = worktree
        const elsewhere =
          snapshot === undefined ? undefined : yield* commitsInClone(git, clone, snapshot, base, branchOf("*"), until)
        const found = yield* use(tools, worktree, recorded.reused)
        return elsewhere === undefined ? found : { ...found, elsewhere }
      })
    )
  const sweepAndDiscard: typeof discardWorktree = (tools, worktree, reused) =>
    Effect.zipRight(
      sweepBaseWorktree(tools, worktree.clone, worktree.location),
      discardWorktree(tools, worktree, reused)
    )
  const discard = (id: BeadsId, repository: Repository, recorded: Workspace, jobEndedAt?: number) =>
    Effect.withSpan(onRecorded(sweepAndDiscard, id, repository, recorded, jobEndedAt), "Workspaces.discard")
  const inspect = (id: BeadsId, repository: Repository, recorded: Workspace) =>
    Effect.withSpan(onRecorded(inspectWorktree, id, repository, recorded), "Workspaces.inspect")
  const remove = (id: BeadsId, repository: Repository, recorded: Workspace, tip: string | undefined) =>
    withRecorded(id, repository, recorded, (tools, worktree) =>
      Effect.zipRight(
        sweepBaseWorktree(tools, worktree.clone, worktree.location),
        delayInterruption(removeDecided(tools, worktree, tip))
      )
    ).pipe(Effect.withSpan("Workspaces.remove"))

  const merged = Effect.fn("Workspaces.merged")(function* (
    id: BeadsId,
    repository: Repository,
    recorded: Workspace
  ): Effect.fn.Return<Workspace, WorkspaceFailed> {
    const clone = repository.path
    const tip = yield* branchTip(git, clone, branchOf(id))
    if (tip === undefined || tip === recorded.base) return recorded
    const missing = yield* countCommits(git, clone, [tip], [yield* localBase(git, repository, configuredBase)])
    if (missing !== 0) return recorded
    const { snapshot } = recorded
    return Workspace.make({
      ...recorded,
      base: tip,
      ...(snapshot === undefined ? {} : { snapshot: { ...snapshot, head: tip } })
    })
  })

  return {
    exclusive,
    place,
    acquire,
    keep,
    discard,
    inspect,
    remove,
    merged,
    existing: directories.existing,
    ...makeBaseWorktrees(tools, exclusive)
  }
})

/** What `GitWorktrees` and `DxWorktrees` share: everything but making the worktree. */
export const makeWorktrees = Effect.fnUntraced(function* (
  options: GitOptions & { readonly root: string; readonly uid?: number; readonly base?: string },
  branchOf: (id: string) => string
) {
  const exec = yield* Exec
  const git = makeGit(exec, options)
  const context = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
  const toolsAt = (place: string) =>
    Effect.gen(function* () {
      const root = yield* makeWorktreeRoot(place, options.uid ?? process.getuid?.())
      return { git, root, directories: yield* makeWorktreeDirectories(root), branchOf }
    }).pipe(Effect.provide(context))
  const tools = yield* toolsAt(options.root)
  /** `base` reads the commit that work starts from. */
  const check = (repository: Repository, base: Effect.Effect<string, WorkspaceFailed>) =>
    Effect.all([requireRepository(git, repository), requireName(repository), tools.root.check]).pipe(
      Effect.zipRight(base),
      Effect.flatMap((commit) => tryWorktree(tools, exec, repository, commit))
    )
  return { tools, check, ...(yield* makeLifecycle(tools, toolsAt, options.base)) }
})
