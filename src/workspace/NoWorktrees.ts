import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Layer, Option } from "effect"
import { WorkspaceFailed } from "../domain/Failure.ts"
import { Workspace, type Discarded } from "../domain/Workspace.ts"
import { oneLine } from "../domain/Text.ts"
import { Exec } from "../exec/Exec.ts"
import { makeGit, type GitOptions } from "./git/command.ts"
import { handedOut } from "./git/snapshot.ts"
import { workInDirectory } from "./git/work.ts"
import { noRepository } from "./noRepository.ts"
import { Workspaces } from "./Workspaces.ts"
import type { Repository } from "../domain/Repository.ts"

/** The bug's branch: there is none. */
const NO_BRANCH = ""

export const layer = (options: GitOptions): Layer.Layer<Workspaces, never, Exec | FileSystem.FileSystem> =>
  Layer.effect(
    Workspaces,
    Effect.gen(function* () {
      const [exec, files] = yield* Effect.all([Exec, FileSystem.FileSystem])
      const git = makeGit(exec, options)

      const check = Effect.fn("Workspaces.check")(function* ({ path }: Repository) {
        if (!path.startsWith("/")) return yield* noRepository(`${path} is not an absolute path`)
        const info = yield* Effect.mapError(files.stat(path), () => noRepository(`there is no directory ${path}`))
        if (info.type !== "Directory") return yield* noRepository(`${path} is not a directory`)
      })

      const acquire = Effect.fn("Workspaces.acquire")(function* (_id: unknown, repository: Repository) {
        yield* check(repository)
        const workspace = Workspace.make({ path: repository.path, reused: true })
        // Without git there is no snapshot.
        return yield* Effect.orElseSucceed(handedOut(git, workspace, NO_BRANCH), () => workspace)
      })

      const discard = Effect.fn("Workspaces.discard")(function* (
        _id: unknown,
        { path: clone }: Repository,
        { path, snapshot }: Workspace
      ): Effect.fn.Return<Discarded, WorkspaceFailed> {
        if (path !== clone) {
          return yield* new WorkspaceFailed({ detail: `${oneLine(path)} is not the repository itself`, blame: "issue" })
        }
        const real = yield* Effect.option(files.realPath(clone))
        if (snapshot === undefined || Option.isNone(real)) {
          return { _tag: "Work", holds: "files that cannot be compared with what they were", commits: 0 }
        }
        const location = { path, real: real.value, parent: real.value }
        const { branch = NO_BRANCH, head: base } = snapshot
        const worktree = { clone, location, branch, newBranch: false, base, complete: true, snapshot }
        return (yield* workInDirectory(git, worktree)) ?? { _tag: "Left", why: "it is the repository itself" }
      })

      return {
        version: Effect.succeed("the repository itself"),
        check,
        place: (_id, { path }) => ({ path, branch: undefined }),
        acquire,
        keep: () => Effect.void,
        discard,
        inspect: discard,
        merged: (_id, _repository, workspace) => Effect.succeed(workspace),
        remove: () => new WorkspaceFailed({ detail: "it is the repository itself, which stays", blame: "issue" }),
        acquireBase: () =>
          new WorkspaceFailed({ detail: "the repository itself is used, which makes no worktrees", blame: "config" }),
        dropBase: () => Effect.void,
        existing: () => Effect.succeed([])
      }
    })
  )
