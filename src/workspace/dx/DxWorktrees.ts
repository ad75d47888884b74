import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Effect, Layer, Ref, type Duration } from "effect"
import { WorkspaceFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { Workspace } from "../../domain/Workspace.ts"
import { Exec } from "../../exec/Exec.ts"
import { createBlame, createdPath, dxBranchOf, mayBeStale, SESSION_LOCK } from "./output.ts"
import { fromExec, gitEnvironment, makeGit } from "../git/command.ts"
import { knownSource, requireRepository, resolveBase } from "../git/base.ts"
import { complaint } from "../git/output.ts"
import { makePlaces, type Place } from "../git/place.ts"
import { forkPoint, registered, staleFor, tipOf, type Making } from "../git/worktree.ts"
import { makeHandouts } from "../git/worktreeLifecycle.ts"
import { Workspaces } from "../Workspaces.ts"
import type { Repository } from "../../domain/Repository.ts"

/**
 * `Workspaces` on `dx-worktree create <id> <repo>`, which makes `<root>/<id>/<repo>` on the branch `feature-<id>` and
 * fetches by itself. What it hands out is looked at: it must be a git worktree below `root`.
 *
 * An unused worktree is removed with git and not with `dx-worktree cleanup`, which asks nobody about work in it and
 * refuses for four hours after `create`. `timeout` is for one call of the tool; `uid` is who we are, the process's user
 * when not given.
 */
export const layer = (options: {
  readonly command: string
  readonly root: string
  readonly timeout: Duration.Duration
  readonly uid?: number
}): Layer.Layer<Workspaces, never, Exec | FileSystem.FileSystem | Path.Path> =>
  Layer.effect(
    Workspaces,
    Effect.gen(function* () {
      const exec = yield* Exec
      const git = makeGit(exec, options.timeout)
      const places = yield* makePlaces(options.root, options.uid ?? process.getuid?.())
      const handouts = yield* makeHandouts(git, places, dxBranchOf, [SESSION_LOCK])

      const tool = (...args: ReadonlyArray<string>) =>
        exec
          .run({ command: options.command, args, cwd: "/", env: gitEnvironment, timeout: options.timeout })
          .pipe(Effect.mapError(fromExec))

      const knownBase = (repository: Repository) =>
        Effect.flatMap(knownSource(git, repository, undefined), (source) => resolveBase(git, repository, source))

      /** Makes the worktree; when git still lists one that is gone, makes it forget that, once. */
      const create = Effect.fnUntraced(function* (id: BeadsId, { name, path: clone }: Repository, place: Place) {
        const first = yield* tool("create", id, name)
        const stale =
          first.exitCode !== 0 &&
          mayBeStale(first.stdout + first.stderr) &&
          (yield* staleFor(places, yield* registered(git, clone), place, dxBranchOf(id))).length > 0
        if (stale) yield* tool("prune", name)
        const result = stale ? yield* tool("create", id, name) : first
        if (result.exitCode !== 0) {
          const blame = createBlame(result.exitCode, result.stdout + result.stderr)
          return yield* new WorkspaceFailed({ detail: `${options.command}: ${complaint(result)}`, blame })
        }
        const path = createdPath(result.stdout)
        if (path !== undefined) return path
        return yield* new WorkspaceFailed({ detail: `${options.command} printed no path`, blame: "config" })
      })

      /** A worktree as it was handed out, without links. What stood there before may be anything. */
      const inspect = Effect.fnUntraced(function* (path: string, blame: "issue" | "config") {
        const real = yield* places.below(path)
        const top = yield* git.run(real, ["rev-parse", "--show-toplevel"])
        if (top.stdout.trim() !== real) {
          return yield* new WorkspaceFailed({ detail: `${path} is not a git worktree`, blame })
        }
        const branch = (yield* git.run(real, ["symbolic-ref", "--quiet", "--short", "HEAD"])).stdout.trim()
        return { real, branch, head: yield* git.read(real, ["rev-parse", "HEAD"]) }
      })

      const prepare = Effect.fnUntraced(function* (
        id: BeadsId,
        repository: Repository,
        made: Ref.Ref<Making | undefined>
      ) {
        yield* requireRepository(git, repository)
        const place: Place = yield* places.placeOf(id, repository)
        yield* places.removeEmpty([place.real])
        const isNew = (yield* places.occupant(place)) === "nothing"
        const branch = dxBranchOf(id)
        const newBranch = (yield* tipOf(git, repository.path, branch)) === undefined
        const making = { clone: repository.path, place, branch, newBranch, base: "", complete: false }
        if (isNew) yield* Ref.set(made, making)
        const path = yield* Effect.onError(create(id, repository, place), () =>
          places.removeEmpty([places.above(place)])
        )
        const found = yield* inspect(path, isNew ? "config" : "issue")
        const fork = Effect.flatMap(knownBase(repository), (base) => forkPoint(git, found.real, found.head, base))
        const base = isNew && newBranch ? found.head : yield* fork
        const isOurs = isNew && found.real === place.real
        yield* Ref.set(made, isOurs ? { ...making, base, complete: true } : undefined)
        return Workspace.make({
          path: found.real === place.real ? place.path : path,
          base,
          reused: !isOurs,
          ...(found.branch === "" ? {} : { branch: found.branch })
        })
      })

      const acquire = Effect.fn("Workspaces.acquire")((id: BeadsId, repository: Repository) =>
        handouts.acquire(id, repository, (made) => prepare(id, repository, made))
      )

      const requireTool = Effect.flatMap(exec.which(options.command), (path) =>
        path === undefined
          ? new WorkspaceFailed({ detail: `there is no command ${options.command}`, blame: "config" })
          : Effect.succeed(path)
      )

      const check = Effect.fn("Workspaces.check")(function* (repository: Repository) {
        yield* requireTool
        yield* requireRepository(git, repository)
        yield* places.requireName(repository)
        yield* places.checkRoot
        yield* knownBase(repository)
      })

      return {
        version: Effect.map(requireTool, (path) => `dx-worktree (${path})`),
        check,
        place: handouts.place,
        acquire,
        keep: handouts.keep,
        discard: handouts.discard
      }
    })
  )
