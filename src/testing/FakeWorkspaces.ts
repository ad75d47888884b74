import { Clock, Context, Effect, Layer, Ref, type Scope } from "effect"
import { WorkspaceFailed } from "../domain/Failure.ts"
import type { BeadsId } from "../domain/Ids.ts"
import { Workspace, type Discarded } from "../domain/Workspace.ts"
import { Workspaces } from "../workspace/Workspaces.ts"
import type { Repository } from "../domain/Repository.ts"
import { makeBases } from "./fakeBases.ts"
import { bugsAt, place } from "./fakePlace.ts"
import { faultsOf, makeControls, type FakeControls, type Fault } from "./faults.ts"

type Service = Workspaces["Type"]

/** A workspace that exists in the fake. */
export interface FakeWorkspace {
  readonly path: string
  readonly kept: boolean
  /** An agent left work in it, so it is never removed. */
  readonly work: boolean
  /** How often an agent left work in it. */
  readonly edits: number
  /** The number of commits that the agent made. */
  readonly commits: number
}

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

/** Faults before a call does anything, and after it has done everything: see `faultsOf`. */
export const { after, on } = faultsOf<Service>()

type ByPath = ReadonlyMap<string, FakeWorkspace>

const without = (all: ByPath, path: string): ByPath => new Map([...all].filter(([key]) => key !== path))

/** The workspaces in memory, and the scopes that are open. */
const makeStore = Effect.fnUntraced(function* (unusable: ReadonlyArray<string>) {
  const store = yield* Ref.make<ByPath>(new Map())
  /** The path of each workspace whose scope is open. */
  const open = yield* Ref.make<ReadonlyArray<string>>([])
  const edit = (path: string, change: (found: FakeWorkspace) => Partial<FakeWorkspace>) =>
    Ref.update(store, (all): ByPath => {
      const found = all.get(path)
      return found === undefined ? all : new Map(all).set(path, { ...found, ...change(found) })
    })

  const check = ({ name }: Repository) =>
    unusable.includes(name)
      ? Effect.fail(new WorkspaceFailed({ detail: `no workspace can be made from ${name}`, blame: "config" }))
      : Effect.void

  const make = Effect.fnUntraced(function* (id: BeadsId, from: Repository) {
    const { path, branch } = place(id, from)
    const at = yield* Clock.currentTimeMillis
    const workspace = yield* Ref.modify(store, (all): [Workspace, ByPath] => {
      const found = all.get(path) ?? { path, kept: false, work: false, edits: 0, commits: 0 }
      const { commits, edits } = found
      const snapshot = { at, head: `fake-${commits}`, branch, ...(edits === 0 ? {} : { changes: `${edits}` }) }
      return [new Workspace({ path, branch, reused: all.has(path), snapshot }), new Map(all).set(path, found)]
    })
    yield* Ref.update(open, (paths) => [...paths, path])
    return workspace
  })
  const close = ({ path, reused }: Workspace) =>
    Effect.zipRight(
      Ref.update(open, (paths) => paths.toSpliced(paths.indexOf(path), 1)),
      Ref.update(store, (all) => {
        const found = all.get(path)
        const stays = reused || found?.kept === true || found?.work === true
        return stays ? all : without(all, path)
      })
    )
  const acquire = (id: BeadsId, from: Repository): Effect.Effect<Workspace, WorkspaceFailed, Scope.Scope> =>
    Effect.zipRight(check(from), Effect.acquireRelease(make(id, from), close))
  return { store, open, edit, check, acquire }
})
type Store = Effect.Effect.Success<ReturnType<typeof makeStore>>

/** What discarding a workspace answers. Changes nothing. */
const inspect = Effect.fnUntraced(function* (
  { check, open, store }: Store,
  id: BeadsId,
  from: Repository,
  recorded: Workspace
): Effect.fn.Return<Discarded, WorkspaceFailed> {
  yield* check(from)
  const { path, branch } = place(id, from)
  const refuse = (detail: string) => new WorkspaceFailed({ detail, blame: "issue" })
  if (recorded.path !== path) return yield* refuse(`${recorded.path} is not the workspace of ${id}`)
  if (!recorded.reused && recorded.branch !== branch)
    return yield* refuse(`${recorded.branch} is not the branch of ${id}`)
  if ((yield* Ref.get(open)).includes(path)) return yield* refuse(`${path} is in use by this process`)
  const found = (yield* Ref.get(store)).get(path)
  if (found === undefined) return { _tag: "Gone" }
  const { commits, edits } = found
  if (`${edits}` !== (recorded.snapshot?.changes ?? "0")) {
    return { _tag: "Work", holds: commits > 0 ? "commits" : "changes that are not committed", commits }
  }
  if (edits > 0) return { _tag: "Left", why: "it holds changes from before the attempt" }
  return recorded.reused ? { _tag: "Left", why: "it was there before the attempt" } : { _tag: "Removed" }
})

/** Removes a workspace, unless it holds work. */
const discard = (inMemory: Store, ...[id, from, recorded]: Parameters<Service["discard"]>) =>
  Effect.tap(inspect(inMemory, id, from, recorded), ({ _tag }) =>
    _tag === "Removed" ? Ref.update(inMemory.store, (all) => without(all, recorded.path)) : Effect.void
  )

/** Removes a workspace with everything in it. */
const removeDecided = (inMemory: Store, id: BeadsId, from: Repository, { path }: Workspace) =>
  Effect.when(
    Ref.update(inMemory.store, (all) => without(all, path)),
    () => path === place(id, from).path
  ).pipe(Effect.asVoid)

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
      const { call, controls } = yield* makeControls<Service>("Workspaces", script.faults)

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
