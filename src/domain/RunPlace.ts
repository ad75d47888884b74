import { Context, Effect } from "effect"
import { newRunId } from "./newRunId.ts"
import type { RunOptions } from "./RunOptions.ts"
import { WorkspaceFailed } from "./WorkspaceFailure.ts"

/**
 * The host and the repository of a run that is not told its own. `layer` provides this host and the repository of the settings. By
 * default there is none, and asking fails.
 *
 * @example
 * const here = Layer.succeed(RunPlace, Effect.succeed({ host: "vm-1", repository }))
 * nightlyRun().pipe(Effect.provide(here))
 */
export class RunPlace extends Context.Reference<RunPlace>()("nightly-dispatch/RunPlace", {
  defaultValue: (): Effect.Effect<Pick<RunOptions, "host" | "repository">, WorkspaceFailed> =>
    new WorkspaceFailed({
      detail: "the run was not told its host and its repository, and no layer knows them",
      next: "Give both, or provide layer(settings, surroundings)",
      kind: "no_repository",
      blame: "config"
    })
}) {}

/** These options, with a new id, this host and the repository of the settings for those that are not given. */
export const completed = Effect.fn("completed")(function* (
  given: Partial<RunOptions>
): Effect.fn.Return<RunOptions, WorkspaceFailed> {
  const run = given.run ?? (yield* newRunId)
  const { host, repository } = given
  if (host !== undefined && repository !== undefined) return { run, host, repository }
  const place = yield* Effect.flatten(RunPlace)
  return { run, host: host ?? place.host, repository: repository ?? place.repository }
})
