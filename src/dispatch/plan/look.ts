import { Array as Arr, Effect, Either } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import type { DispatchError } from "../../domain/Failure.ts"
import { isLive } from "../../domain/Job.ts"
import type { Repository } from "../../domain/Repository.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { Workspaces } from "../../workspace/Workspaces.ts"
import { healthyFirst, recentResults, waitsNow } from "../providers/probation.ts"
import { heldByBudget } from "../providers/unreported.ts"
import { makeProviderPool } from "../providers/ProviderPool.ts"

const orMessage = <E extends DispatchError>(version: Effect.Effect<string, E>): Effect.Effect<string> =>
  Effect.catchAll(version, (error) => Effect.succeed(error.message))

/**
 * Asks at the same time for everything that a run needs before it plans: the open bugs, the running jobs, whether worktrees can
 * be made, the providers' free places, and the backends' versions. One failed answer does not hide the others. No provider is asked yet: a preflight may be
 * a paid call, and is wasted if no bug can be chosen.
 */
export const look = Effect.fn("look")(function* (repository: Repository) {
  const [beads, runner, workspaces, settings] = yield* Effect.all([BeadsCli, DxRunner, Workspaces, CurrentSettings])
  const running = yield* Effect.cached(Effect.map(runner.running, Arr.filter(isLive)))
  const ends = yield* recentResults
  const waits = yield* waitsNow(ends)
  const { chain, probation } = yield* healthyFirst(ends, waits)
  const pool = yield* makeProviderPool(chain, running, probation, waits, yield* heldByBudget)
  const seen = yield* Effect.all(
    {
      intake: Effect.either(beads.openBugs(settings.intake)),
      running: Effect.either(running),
      workspace: Effect.either(workspaces.check(repository)),
      runner: Effect.either(runner.version),
      beads: orMessage(beads.version),
      worktrees: orMessage(workspaces.version),
      places: pool.places
    },
    { concurrency: "unbounded" }
  )
  if (Either.isLeft(seen.running)) {
    yield* Effect.logWarning(
      `cannot list running jobs, so none take a place of maxParallel: ${seen.running.left.message}`
    )
  }
  const { beads: tracker, runner: found, worktrees } = seen
  return {
    ...seen,
    ends,
    pool,
    backends: { beads: tracker, runner: Either.getOrElse(found, ({ message }) => message), workspace: worktrees },
    running: new Set(Either.getOrElse(seen.running, () => []).map((job) => job.beads))
  }
})
