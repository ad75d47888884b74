import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Duration, Effect, Layer, Ref } from "effect"
import { WorkspaceFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Exec } from "../../exec/Exec.ts"
import { freshBase, localBase, makeFetching, type Fetching } from "./base.ts"
import { makeWorktrees } from "./worktreeLifecycle.ts"
import { branchOf } from "./output.ts"
import { prepareWorktree } from "./prepareWorktree.ts"
import { Workspaces } from "../Workspaces.ts"
import type { Repository } from "../../domain/Repository.ts"

export const layer = (options: {
  readonly root: string
  readonly base?: string
  readonly timeout: Duration.Duration
  /** The filters of a repository's configuration that may run, besides git-lfs's own. */
  readonly allowFilters: ReadonlyArray<string>
  readonly uid?: number
  /** Shared with a layer that fetches the same base, so that a remote that does not answer is waited for once. */
  readonly fetching?: Fetching
}): Layer.Layer<Workspaces, never, Exec | FileSystem.FileSystem | Path.Path> =>
  Layer.effect(
    Workspaces,
    Effect.gen(function* () {
      const { base, timeout } = options
      const { acquire, check, exclusive: _, tools, ...lifecycle } = yield* makeWorktrees(options, branchOf)
      const { git, root } = tools
      const fetching = options.fetching ?? (yield* makeFetching(timeout))
      const context = { ...tools, fetching, configuredBase: base }
      const tooLate = () =>
        new WorkspaceFailed({ detail: `not ready within ${Duration.format(timeout)}`, kind: "timeout", blame: "issue" })

      return {
        ...lifecycle,
        version: Effect.map(git.read("/", ["--version"]), (version) => `git worktree (${root.path}), ${version}`),
        check: Effect.fn("Workspaces.check")(function* (repository: Repository) {
          // A run begins. A remote that did not answer in the one before may answer again.
          yield* Ref.update(
            fetching.failed,
            (clones) => new Set([...clones].filter((clone) => clone !== repository.path))
          )
          const local = localBase(git, repository, base)
          yield* check(
            repository,
            Effect.catchAll(local, () => freshBase(git, repository, fetching, base))
          )
        }),
        acquire: Effect.fn("Workspaces.acquire")((id: BeadsId, repository: Repository) =>
          acquire(id, repository, (made) =>
            Effect.timeoutFail(prepareWorktree(context, id, repository, made), {
              duration: timeout,
              onTimeout: tooLate
            })
          )
        )
      }
    })
  )
