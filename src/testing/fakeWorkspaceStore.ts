import { Clock, Effect, Ref, type Scope } from "effect"
import { WorkspaceFailed } from "../domain/Failure.ts"
import type { BeadsId } from "../domain/Ids.ts"
import type { Repository } from "../domain/Repository.ts"
import { Workspace } from "../domain/Workspace.ts"
import { place } from "./fakePlace.ts"

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

type ByPath = ReadonlyMap<string, FakeWorkspace>

/** All but the workspace at this path. */
export const without = (all: ByPath, path: string): ByPath => new Map([...all].filter(([key]) => key !== path))

/** The workspaces in memory, and the scopes that are open. */
export const makeStore = Effect.fnUntraced(function* (unusable: ReadonlyArray<string>) {
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
export type Store = Effect.Effect.Success<ReturnType<typeof makeStore>>
