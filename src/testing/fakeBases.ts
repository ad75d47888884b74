import { Effect, Ref } from "effect"

/**
 * The worktrees of bases in memory. The fake knows no commits, so each workspace has a base.
 *
 * @example
 * const bases = yield* makeBases
 * const { path } = yield* bases.acquire("/fake/agents/bd-1/app")
 */
export const makeBases = Effect.map(Ref.make<ReadonlySet<string>>(new Set()), (store) => {
  const pathOf = (workspace: string) => workspace.replace(/[^/]*$/, (name) => `+base-${name}`)
  return {
    /** The paths of those that exist. */
    all: Ref.get(store),
    /** Makes that of the workspace at this path. */
    acquire: (workspace: string) => {
      const path = pathOf(workspace)
      return Effect.as(
        Ref.update(store, (all) => new Set([...all, path])),
        { path }
      )
    },
    drop: (workspace: string) =>
      Ref.update(store, (all) => new Set([...all].filter((path) => path !== pathOf(workspace))))
  }
})
