import { Context, Effect, Layer, Ref } from "effect"
import type { BeadsId } from "../domain/Ids.ts"
import { Workspaces } from "../workspace/Workspaces.ts"
import type { Repository } from "../domain/Repository.ts"
import { makeBases } from "./fakeBases.ts"
import { bugsAt, place } from "./fakePlace.ts"
import { discard, inspect, removeDecided } from "./fakeRemoval.ts"
import { makeStore, type FakeWorkspace } from "./fakeWorkspaceStore.ts"
import { workspaceLimits } from "./fakeWorkspaceLimits.ts"
import { faultsOf, makeControls, type FakeControls, type Fault } from "./faults.ts"

export type { FakeWorkspace } from "./fakeWorkspaceStore.ts"

type Service = Workspaces["Type"]

/** What the fake holds and does at its beginning, and its faults. */
export interface FakeWorkspacesScript {
  /** Names of repositories for which `check` and `acquire` fail. */
  readonly unusable?: ReadonlyArray<string>
  readonly faults?: ReadonlyArray<Fault<Service>>
}

/**
 * The fake workspaces seen from outside: those that exist now, the calls so far, and work that agents leave in them.
 *
 * @example
 * const state = yield* FakeWorkspacesState
 * yield* state.leaveWork(workspace.path) // now closing the scope must not remove it
 */
export class FakeWorkspacesState extends Context.Tag("nightly-dispatch/testing/FakeWorkspacesState")<
  FakeWorkspacesState,
  FakeControls<Service> & {
    readonly workspaces: Effect.Effect<ReadonlyArray<FakeWorkspace>>
    /** The paths of the worktrees of bases. */
    readonly bases: Effect.Effect<ReadonlySet<string>>
    /** Acts as an agent that leaves uncommitted changes, or this many commits. */
    readonly leaveWork: (path: string, commits?: number) => Effect.Effect<void>
  }
>() {}

/**
 * Faults before a call does anything, and after it has done everything: see `faultsOf`.
 *
 * @example
 * FakeWorkspaces.on("acquire", "bd-1").delays("90 seconds")
 */
export const { after, on } = faultsOf<Service>()

/**
 * Workspaces in memory: one for each bug and repository. Closing the scope or `discard` removes it, unless it was kept or
 * holds work.
 *
 * @example
 * const workspaces = FakeWorkspaces.layer({ faults: [FakeWorkspaces.on("acquire").delays("90 seconds")] })
 */
export const layer = (script: FakeWorkspacesScript = {}): Layer.Layer<Workspaces | FakeWorkspacesState> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const inMemory = yield* makeStore(script.unusable ?? [])
      const { acquire, check, edit, store } = inMemory
      const bases = yield* makeBases
      const dropBase = (id: BeadsId, from: Repository) => bases.drop(place(id, from).path)
      const { call, controls } = yield* makeControls<Service>("Workspaces", script.faults, workspaceLimits)

      const service: Service = {
        version: Effect.succeed("fake workspaces").pipe(call("version", undefined, [])),
        check: (repository) => check(repository).pipe(call("check", repository.name, [repository])),
        place,
        acquire: (id, repository) =>
          Effect.zipLeft(acquire(id, repository), dropBase(id, repository)).pipe(call("acquire", id, [id, repository])),
        keep: (workspace) =>
          edit(workspace.path, () => ({ kept: true })).pipe(call("keep", workspace.path, [workspace])),
        discard: (id, from, recorded) =>
          Effect.zipRight(dropBase(id, from), discard(inMemory, id, from, recorded)).pipe(
            call("discard", id, [id, from, recorded])
          ),
        inspect: (id, from, recorded) =>
          inspect(inMemory, id, from, recorded).pipe(call("inspect", id, [id, from, recorded])),
        merged: (id, from, recorded) => Effect.succeed(recorded).pipe(call("merged", id, [id, from, recorded])),
        remove: (id, from, recorded, tip) =>
          removeDecided(inMemory, id, from, recorded).pipe(call("remove", id, [id, from, recorded, tip])),
        acquireBase: (id, from, recorded) =>
          bases.acquire(place(id, from).path).pipe(call("acquireBase", id, [id, from, recorded])),
        dropBase: (id, from) => dropBase(id, from).pipe(call("dropBase", id, [id, from])),
        existing: (from) =>
          Effect.map(Ref.get(store), (all) => bugsAt([...all.keys()], from)).pipe(call("existing", from.name, [from]))
      }
      return Context.make(Workspaces, service).pipe(
        Context.add(FakeWorkspacesState, {
          ...controls,
          workspaces: Effect.map(Ref.get(store), (all) => [...all.values()]),
          bases: bases.all,
          leaveWork: (path, commits = 0) => edit(path, (found) => ({ work: true, edits: found.edits + 1, commits }))
        })
      )
    })
  )
