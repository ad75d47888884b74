import { Effect, Ref } from "effect"
import { WorkspaceFailed } from "../domain/Failure.ts"
import type { BeadsId } from "../domain/Ids.ts"
import type { Repository } from "../domain/Repository.ts"
import type { Discarded, Workspace } from "../domain/Workspace.ts"
import type { Workspaces } from "../workspace/Workspaces.ts"
import { place } from "./fakePlace.ts"
import { without, type Store } from "./fakeWorkspaceStore.ts"

/** What discarding a workspace answers. Changes nothing. */
export const inspect = Effect.fnUntraced(function* (
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
export const discard = (inMemory: Store, ...[id, from, recorded]: Parameters<Workspaces["Type"]["discard"]>) =>
  Effect.tap(inspect(inMemory, id, from, recorded), ({ _tag }) =>
    _tag === "Removed" ? Ref.update(inMemory.store, (all) => without(all, recorded.path)) : Effect.void
  )

/** Removes a workspace with everything in it. */
export const removeDecided = (inMemory: Store, id: BeadsId, from: Repository, { path }: Workspace) =>
  Effect.when(
    Ref.update(inMemory.store, (all) => without(all, path)),
    () => path === place(id, from).path
  ).pipe(Effect.asVoid)
