import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Duration, Effect, Layer, Ref } from "effect"
import { WorkspaceFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { Workspace } from "../../domain/Workspace.ts"
import { Exec } from "../../exec/Exec.ts"
import { makeGit } from "./command.ts"
import { knownSource, refresh, requireRepository, resolveBase } from "./base.ts"
import { branchOf, isUnfinished, type WorktreeEntry } from "./output.ts"
import { makePlaces, type Place } from "./place.ts"
import { addWorktree, forkPoint, registered, staleFor, tipOf, type Making } from "./worktree.ts"
import { makeHandouts } from "./worktreeLifecycle.ts"
import { Workspaces } from "../Workspaces.ts"
import type { Repository } from "../../domain/Repository.ts"

/**
 * `Workspaces` on `git worktree`: `<root>/<id>/<repo>`, on the branch `nightly-dispatch/<id>`, from `base` or the
 * remote's default branch as it is right now; without a remote, or when it cannot be reached, from what the clone knows.
 *
 * A worktree that stands there already is handed out as it is. `timeout` is for one `acquire`, half of it for the
 * network. Nothing is followed through a link below the root, and nothing of another user is used; `uid` is who we are,
 * the process's user when not given. No hook of the repository runs for what this layer does.
 */
export const layer = (options: {
  readonly root: string
  readonly base?: string
  readonly timeout: Duration.Duration
  readonly uid?: number
}): Layer.Layer<Workspaces, never, Exec | FileSystem.FileSystem | Path.Path> =>
  Layer.effect(
    Workspaces,
    Effect.gen(function* () {
      const git = makeGit(yield* Exec, options.timeout)
      const places = yield* makePlaces(options.root, options.uid ?? process.getuid?.())
      const handouts = yield* makeHandouts(git, places, branchOf)

      const known = (repository: Repository) => knownSource(git, repository, options.base)
      const freshBase = (repository: Repository) =>
        known(repository).pipe(
          Effect.flatMap((source) => refresh(git, repository, source, Duration.times(options.timeout, 0.5))),
          Effect.flatMap((source) => resolveBase(git, repository, source))
        )
      const knownBase = (repository: Repository) =>
        Effect.flatMap(known(repository), (source) => resolveBase(git, repository, source))

      const reuse = Effect.fnUntraced(function* (repository: Repository, place: Place, { branch }: WorktreeEntry) {
        const top = yield* git.run(place.real, ["rev-parse", "--show-toplevel"])
        if (top.stdout.trim() !== place.real) {
          const detail = `${place.path} is damaged: move it away, then run git worktree prune in ${repository.path}`
          return yield* new WorkspaceFailed({ detail, blame: "issue" })
        }
        const base = yield* forkPoint(git, place.real, "HEAD", yield* knownBase(repository))
        return Workspace.make({ path: place.path, base, reused: true, ...(branch === undefined ? {} : { branch }) })
      })

      /** Git still lists a worktree that is gone or was never finished. */
      const forget = Effect.fnUntraced(function* (repository: Repository, place: Place, entry: WorktreeEntry) {
        yield* places.removeEmpty([place.real])
        const force = isUnfinished(entry) ? ["--force", "--force"] : ["--force"]
        yield* git.read(repository.path, ["worktree", "remove", ...force, place.real])
      })

      const make = Effect.fnUntraced(function* (
        id: BeadsId,
        repository: Repository,
        place: Place,
        made: Ref.Ref<Making | undefined>
      ) {
        const base = yield* freshBase(repository)
        const branch = branchOf(id)
        const tip = yield* tipOf(git, repository.path, branch)
        const making = { clone: repository.path, place, branch, newBranch: tip === undefined, base, complete: false }
        yield* places.removeEmpty([place.real])
        yield* Effect.uninterruptible(Effect.zipRight(places.occupy(place), Ref.set(made, making)))
        const start = yield* addWorktree(git, making, tip)
        yield* Ref.set(made, { ...making, base: start, complete: true })
        return Workspace.make({ path: place.path, branch, base: start, reused: false })
      })

      const prepare = Effect.fnUntraced(function* (
        id: BeadsId,
        repository: Repository,
        made: Ref.Ref<Making | undefined>
      ) {
        yield* requireRepository(git, repository)
        const place = yield* places.placeOf(id, repository)
        const there = yield* places.occupant(place)
        const list = yield* registered(git, repository.path)
        const entry = list.find((entry) => entry.path === place.real)
        if (there === "directory" && entry === undefined) {
          const detail = `${place.path} exists and is not a worktree of ${repository.path}`
          return yield* new WorkspaceFailed({ detail, blame: "issue" })
        }
        if (there === "directory" && entry !== undefined && !isUnfinished(entry)) {
          return yield* reuse(repository, place, entry)
        }
        if (entry !== undefined) yield* forget(repository, place, entry)
        // Under another root, before: without `--force` nothing is removed that came back meanwhile.
        const others = (yield* staleFor(places, list, place, branchOf(id))).filter((stale) => stale !== entry)
        yield* Effect.forEach(others, ({ path }) => git.read(repository.path, ["worktree", "remove", path]))
        return yield* Effect.onError(make(id, repository, place, made), () => places.removeEmpty([places.above(place)]))
      })

      const acquire = Effect.fn("Workspaces.acquire")((id: BeadsId, repository: Repository) =>
        handouts.acquire(id, repository, (made) =>
          Effect.timeoutFail(prepare(id, repository, made), {
            duration: options.timeout,
            onTimeout: () =>
              new WorkspaceFailed({ detail: `not ready within ${Duration.format(options.timeout)}`, blame: "host" })
          })
        )
      )

      const check = Effect.fn("Workspaces.check")(function* (repository: Repository) {
        yield* requireRepository(git, repository)
        yield* places.requireName(repository)
        yield* places.checkRoot
        yield* Effect.catchAll(knownBase(repository), () => freshBase(repository))
      })

      return {
        version: Effect.map(git.read("/", ["--version"]), (version) => `git worktree (${places.root}), ${version}`),
        check,
        place: handouts.place,
        acquire,
        keep: handouts.keep,
        discard: handouts.discard
      }
    })
  )
