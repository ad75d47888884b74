import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Effect, Layer, type Duration } from "effect"
import { WorkspaceFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { Exec } from "../../exec/Exec.ts"
import { localBase } from "../git/base.ts"
import type { Git } from "../git/command.ts"
import { makeWorktrees } from "../git/worktreeLifecycle.ts"
import { unusable } from "../git/worktreeRoot.ts"
import { Workspaces } from "../Workspaces.ts"
import { createWorktree } from "./createWorktree.ts"
import { dxBranchOf } from "./output.ts"
import type { Repository } from "../../domain/Repository.ts"

/** The commit that `dx-worktree create` starts from. It knows no branch but `origin/HEAD` and `origin/master`. */
const requireRemoteBranch = Effect.fnUntraced(function* (git: Git, repository: Repository) {
  const { path } = repository
  const names = ["origin/HEAD", "origin/master"].map((name) => `refs/remotes/${name}`)
  const known = yield* git.read(path, ["for-each-ref", "--format=%(refname)", ...names])
  if (known !== "") return yield* localBase(git, repository)
  const detail = `${path} has neither origin/HEAD nor origin/master, from which dx-worktree starts`
  const next = `Run: git -C ${path} remote set-head origin --auto`
  return yield* new WorkspaceFailed({ detail, next, kind: "no_base", blame: "config" })
})

export const layer = (options: {
  readonly command: string
  readonly root: string
  readonly timeout: Duration.Duration
  /** For our own calls of git; see `GitWorktrees`. */
  readonly allowFilters: ReadonlyArray<string>
  readonly uid?: number
}): Layer.Layer<Workspaces, never, Exec | FileSystem.FileSystem | Path.Path> =>
  Layer.effect(
    Workspaces,
    Effect.gen(function* () {
      const { command, timeout } = options
      const exec = yield* Exec
      const { acquire, check, exclusive, tools, ...lifecycle } = yield* makeWorktrees(options, dxBranchOf)

      const commandPath = Effect.flatMap(exec.which(command), (path) =>
        path === undefined
          ? unusable(`there is no command ${command}`, "Install it on cron's PATH, or set workspace.backend: git")
          : Effect.succeed(path)
      )

      return {
        ...lifecycle,
        version: Effect.map(commandPath, (path) => `dx-worktree (${path})`),
        check: Effect.fn("Workspaces.check")(function* (repository: Repository) {
          yield* commandPath
          yield* check(repository, requireRemoteBranch(tools.git, repository))
        }),
        acquire: Effect.fn("Workspaces.acquire")((id: BeadsId, repository: Repository) =>
          acquire(id, repository, (made) =>
            // The tool fetches, and does not wait for git's locks as we do.
            exclusive(repository.path)(createWorktree({ ...tools, exec, command, timeout }, id, repository, made))
          )
        )
      }
    })
  )
