import { Context, Effect, Layer, Ref, type Scope } from "effect"
import { WorkspaceFailed } from "../domain/Failure.ts"
import type { BeadsId } from "../domain/Ids.ts"
import { Workspace } from "../domain/Job.ts"
import { Workspaces, type Repository } from "../workspace/Workspaces.ts"
import { faultsOf, makeControls, type FakeControls, type Fault, type FaultsOn } from "./faults.ts"

type Service = Workspaces["Type"]

/** A workspace that stands in the fake. */
export interface FakeWorkspace {
  readonly path: string
  readonly kept: boolean
  /** It holds work of an agent, so it is never removed. */
  readonly work: boolean
}

export interface FakeWorkspacesScript {
  /** Names of repositories that no workspace can be made from. */
  readonly unusable?: ReadonlyArray<string>
  readonly faults?: ReadonlyArray<Fault<Service>>
}

/** What `FakeWorkspacesState` offers. */
export interface FakeWorkspacesShape extends FakeControls<Service> {
  readonly workspaces: Effect.Effect<ReadonlyArray<FakeWorkspace>>
  readonly leaveWork: (path: string) => Effect.Effect<void>
}

/**
 * The fake workspaces seen from outside: those that stand now, what was asked, and agents leaving work in them.
 *
 * @example
 * const state = yield* FakeWorkspacesState
 * yield* state.leaveWork(workspace.path) // now closing the scope must not remove it
 */
export class FakeWorkspacesState extends Context.Tag("nightly-dispatch/testing/FakeWorkspacesState")<
  FakeWorkspacesState,
  FakeWorkspacesShape
>() {}

const faults = faultsOf<Service>()
/** A fault that acts before anything is done: see `faultsOf`. */
export const on: FaultsOn<Service> = faults.on
/** A fault that acts when everything is done, before the answer: see `faultsOf`. */
export const after: FaultsOn<Service> = faults.after

type Standing = ReadonlyMap<string, FakeWorkspace>

/**
 * Workspaces in memory: one for each issue and repository, gone with their scope unless kept or worked in.
 *
 * @example
 * const workspaces = FakeWorkspaces.layer({ faults: [FakeWorkspaces.on("acquire").delays("90 seconds")] })
 */
export const layer = (script: FakeWorkspacesScript = {}): Layer.Layer<Workspaces | FakeWorkspacesState> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const store = yield* Ref.make<Standing>(new Map())
      const { call, controls } = yield* makeControls<Service>("Workspaces", script.faults)

      const edit = (path: string, change: Partial<FakeWorkspace>) =>
        Ref.update(store, (all): Standing => {
          const found = all.get(path)
          return found === undefined ? all : new Map(all).set(path, { ...found, ...change })
        })

      const check = ({ name }: Repository) =>
        script.unusable?.includes(name) === true
          ? Effect.fail(new WorkspaceFailed({ detail: `no workspace can be made from ${name}`, blame: "config" }))
          : Effect.void

      const make = (id: BeadsId, { name }: Repository) => {
        const path = `/fake/agents/${id}/${name}`
        return Ref.modify(store, (all): [Workspace, Standing] => [
          new Workspace({ path, branch: `feature-${id}`, reused: all.has(path) }),
          all.has(path) ? all : new Map(all).set(path, { path, kept: false, work: false })
        ])
      }
      const giveBack = ({ path, reused }: Workspace) =>
        Ref.update(store, (all): Standing => {
          const found = all.get(path)
          const stays = reused || found?.kept === true || found?.work === true
          return stays ? all : new Map([...all].filter(([key]) => key !== path))
        })
      const acquire = (id: BeadsId, from: Repository): Effect.Effect<Workspace, WorkspaceFailed, Scope.Scope> =>
        Effect.zipRight(check(from), Effect.acquireRelease(make(id, from), giveBack))

      const service: Service = {
        version: Effect.succeed("fake workspaces").pipe(call("version", undefined, [])),
        check: (repository) => check(repository).pipe(call("check", repository.name, [repository])),
        acquire: (id, repository) => acquire(id, repository).pipe(call("acquire", id, [id, repository])),
        keep: (workspace) => edit(workspace.path, { kept: true }).pipe(call("keep", workspace.path, [workspace]))
      }
      return Context.make(Workspaces, service).pipe(
        Context.add(FakeWorkspacesState, {
          ...controls,
          workspaces: Effect.map(Ref.get(store), (all) => [...all.values()]),
          leaveWork: (path) => edit(path, { work: true })
        })
      )
    })
  )
