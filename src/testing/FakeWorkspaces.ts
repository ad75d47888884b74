import { Context, Effect, Layer, Ref, type Scope } from "effect"
import { WorkspaceFailed } from "../domain/Failure.ts"
import type { BeadsId } from "../domain/Ids.ts"
import { Workspace, type Discarded } from "../domain/Workspace.ts"
import { Workspaces } from "../workspace/Workspaces.ts"
import type { Repository } from "../domain/Repository.ts"
import { faultsOf, makeControls, type FakeControls, type Fault, type FaultsOn } from "./faults.ts"

type Service = Workspaces["Type"]

/** A workspace that stands in the fake. */
export interface FakeWorkspace {
  readonly path: string
  readonly kept: boolean
  /** It holds work of an agent, so it is never removed. */
  readonly work: boolean
  /** How many commits of the work are on its branch. */
  readonly commits: number
}

export interface FakeWorkspacesScript {
  /** Names of repositories that no workspace can be made from. */
  readonly unusable?: ReadonlyArray<string>
  readonly faults?: ReadonlyArray<Fault<Service>>
}

/** What `FakeWorkspacesState` offers. */
export interface FakeWorkspacesShape extends FakeControls<Service> {
  readonly workspaces: Effect.Effect<ReadonlyArray<FakeWorkspace>>
  /** An agent leaves changes, or this many commits. */
  readonly leaveWork: (path: string, commits?: number) => Effect.Effect<void>
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
 * Workspaces in memory: one for each issue and repository, gone with their scope or by `discard` unless kept or worked
 * in.
 *
 * @example
 * const workspaces = FakeWorkspaces.layer({ faults: [FakeWorkspaces.on("acquire").delays("90 seconds")] })
 */
export const layer = (script: FakeWorkspacesScript = {}): Layer.Layer<Workspaces | FakeWorkspacesState> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const store = yield* Ref.make<Standing>(new Map())
      /** The paths of open scopes, one for each. */
      const open = yield* Ref.make<ReadonlyArray<string>>([])
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

      const placeOf = (id: BeadsId, { name }: Repository) => ({
        path: `/fake/agents/${id}/${name}`,
        branch: `feature-${id}`
      })
      const without = (all: Standing, path: string): Standing => new Map([...all].filter(([key]) => key !== path))

      const make = (id: BeadsId, from: Repository) => {
        const { path, branch } = placeOf(id, from)
        const made = Ref.modify(store, (all): [Workspace, Standing] => [
          new Workspace({ path, branch, reused: all.has(path) }),
          all.has(path) ? all : new Map(all).set(path, { path, kept: false, work: false, commits: 0 })
        ])
        return Effect.zipLeft(
          made,
          Ref.update(open, (paths) => [...paths, path])
        )
      }
      const giveBack = ({ path, reused }: Workspace) =>
        Effect.zipRight(
          Ref.update(open, (paths) => paths.toSpliced(paths.indexOf(path), 1)),
          Ref.update(store, (all) => {
            const found = all.get(path)
            const stays = reused || found?.kept === true || found?.work === true
            return stays ? all : without(all, path)
          })
        )
      const acquire = (id: BeadsId, from: Repository): Effect.Effect<Workspace, WorkspaceFailed, Scope.Scope> =>
        Effect.zipRight(check(from), Effect.acquireRelease(make(id, from), giveBack))

      const discard = Effect.fnUntraced(function* (id: BeadsId, from: Repository, told: Workspace) {
        yield* check(from)
        const { path, branch } = placeOf(id, from)
        const refused = (detail: string) => new WorkspaceFailed({ detail, blame: "issue" })
        if (told.path !== path) return yield* refused(`${told.path} is not the workspace of ${id}`)
        if (!told.reused && told.branch !== branch) return yield* refused(`${told.branch} is not the branch of ${id}`)
        if ((yield* Ref.get(open)).includes(path)) return yield* refused(`${path} is being worked on`)
        return yield* Ref.modify(store, (all): [Discarded, Standing] => {
          const found = all.get(path)
          if (found === undefined) return [{ _tag: "Gone" }, all]
          const { commits, work } = found
          if (!work && !told.reused) return [{ _tag: "Removed" }, without(all, path)]
          const holds = commits > 0 ? "commits" : work ? "changes that are not committed" : "what stood there before"
          return [{ _tag: "Kept", holds, commits }, all]
        })
      })

      const service: Service = {
        version: Effect.succeed("fake workspaces").pipe(call("version", undefined, [])),
        check: (repository) => check(repository).pipe(call("check", repository.name, [repository])),
        place: placeOf,
        acquire: (id, repository) => acquire(id, repository).pipe(call("acquire", id, [id, repository])),
        keep: (workspace) => edit(workspace.path, { kept: true }).pipe(call("keep", workspace.path, [workspace])),
        discard: (id, from, told) => discard(id, from, told).pipe(call("discard", id, [id, from, told]))
      }
      return Context.make(Workspaces, service).pipe(
        Context.add(FakeWorkspacesState, {
          ...controls,
          workspaces: Effect.map(Ref.get(store), (all) => [...all.values()]),
          leaveWork: (path, commits = 0) => edit(path, { work: true, commits })
        })
      )
    })
  )
