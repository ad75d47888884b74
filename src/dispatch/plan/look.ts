import { Array as Arr, Effect, Either, Fiber } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import type { DispatchError } from "../../domain/Failure.ts"
import { isLive } from "../../domain/Job.ts"
import { Intake } from "../../domain/Issue.ts"
import type { Repository } from "../../domain/Repository.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { Workspaces } from "../../workspace/Workspaces.ts"
import { healthyFirst, recentResults, waitsNow } from "../providers/probation.ts"
import { heldByBudget } from "../providers/unreported.ts"
import { makeProviderPool } from "../providers/ProviderPool.ts"

const orMessage = <E extends DispatchError>(version: Effect.Effect<string, E>): Effect.Effect<string> =>
  Effect.catchAll(version, (error) => Effect.succeed(error.message))

/** Begins in the background; the result waits for its end, which is interrupted with the scope. */
const begun = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.forkScoped(Effect.either(effect)), (fiber) => Effect.flatten(Fiber.join(fiber)))

/** What a host reads of the tracker's list while another host plans. */
const NO_BUGS = new Intake({ issues: [], malformed: [] })

/**
 * Asks at the same time for everything that a run needs before it plans: the open bugs, the running jobs, and the providers' free
 * places. One failed answer does not hide the others. No provider is asked yet: a preflight may be a paid call, and is wasted if no
 * bug can be chosen. Only begins with what a plan does not need: `workspace` fails if no worktree can be made, `backends` gives the
 * backends' versions. `readsBugs`: not where another host of the fleet reads them.
 */
export const look = Effect.fn("look")(function* (repository: Repository, readsBugs = true) {
  const [beads, runner, workspaces, settings] = yield* Effect.all([BeadsCli, DxRunner, Workspaces, CurrentSettings])
  // First, because the plan waits longest for it.
  const intake = yield* begun(readsBugs ? beads.openBugs(settings.intake) : Effect.succeed(NO_BUGS))
  const running = yield* Effect.cached(Effect.map(runner.running, Arr.filter(isLive)))
  const ends = yield* recentResults
  const waits = yield* waitsNow(ends)
  const { chain, probation } = yield* healthyFirst(ends, waits)
  const pool = yield* makeProviderPool(chain, running, probation, waits, yield* heldByBudget)
  const workspace = yield* begun(workspaces.check(repository))
  const version = yield* begun(runner.version)
  const versions = {
    beads: orMessage(beads.version),
    runner: orMessage(version),
    workspace: orMessage(workspaces.version)
  }
  const backends = yield* begun(Effect.all(versions, { concurrency: "unbounded" }))
  const seen = yield* Effect.all(
    {
      intake: Effect.either(intake),
      running: Effect.either(running),
      runner: Effect.either(version),
      places: pool.places
    },
    { concurrency: "unbounded" }
  )
  if (Either.isLeft(seen.running)) {
    yield* Effect.logWarning(
      `cannot list running jobs, so none take a place of maxParallel: ${seen.running.left.message}`
    )
  }
  return {
    ...seen,
    ends,
    pool,
    workspace,
    backends,
    running: new Set(Either.getOrElse(seen.running, () => []).map((job) => job.beads))
  }
})

/** What a run has seen before it plans. */
export type Seen = Effect.Effect.Success<ReturnType<typeof look>>
