import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Layer } from "effect"
import { WorkspaceFailed } from "../domain/Failure.ts"
import { Workspace, type Discarded } from "../domain/Workspace.ts"
import { oneLine } from "../domain/Text.ts"
import { Workspaces } from "./Workspaces.ts"
import type { Repository } from "../domain/Repository.ts"

/**
 * `Workspaces` without worktrees: every agent works in the repository itself, so only one agent may run at a time. Makes
 * and removes nothing.
 */
export const layer: Layer.Layer<Workspaces, never, FileSystem.FileSystem> = Layer.effect(
  Workspaces,
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem

    const check = Effect.fn("Workspaces.check")(function* ({ path }: Repository) {
      const refuse = (detail: string) => new WorkspaceFailed({ detail, blame: "config" })
      if (!path.startsWith("/")) return yield* refuse(`${path} is not an absolute path`)
      const info = yield* Effect.mapError(files.stat(path), () => refuse(`${path} does not exist`))
      if (info.type !== "Directory") return yield* refuse(`${path} is not a directory`)
    })

    const acquire = Effect.fn("Workspaces.acquire")(function* (_id: unknown, repository: Repository) {
      yield* check(repository)
      return Workspace.make({ path: repository.path, reused: true })
    })

    const discard = Effect.fn("Workspaces.discard")(function* (
      _id: unknown,
      repository: Repository,
      { path }: Workspace
    ): Effect.fn.Return<Discarded, WorkspaceFailed> {
      if (path === repository.path) return { _tag: "Work", holds: "the repository itself", commits: 0 }
      return yield* new WorkspaceFailed({ detail: `${oneLine(path)} is not the repository itself`, blame: "issue" })
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
      acquireBase: () =>
        new WorkspaceFailed({ detail: "the repository itself is used, which makes no worktrees", blame: "config" }),
      dropBase: () => Effect.void,
      existing: () => Effect.succeed([])
    }
  })
)
