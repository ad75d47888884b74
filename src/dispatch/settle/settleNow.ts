import { Effect, Option } from "effect"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { ofRun } from "../../domain/ofRun.ts"
import { completed } from "../../domain/RunPlace.ts"
import { forOneJob } from "../../journal/exclusively.ts"
import { makeLeaseKeeper } from "../claims/leases.ts"
import { withLimits } from "../limits/limitedServices.ts"
import { watchOpen } from "./openHere.ts"
import { logEnds } from "./reportEnds.ts"
import { settleInParts, type Part } from "./settleEarlier.ts"

const settleAt = Effect.fn("settleNow")(
  function* (options: RunOptions) {
    const part: Part = (work) => forOneJob(options.run, work)
    const report = yield* settleInParts(options, part)
    if (Option.isNone(report)) return report
    yield* logEnds(report.value.settled.map(({ attempt }) => attempt))
    yield* watchOpen(options)
    const leases = yield* makeLeaseKeeper()
    yield* leases.keepOfJobs(report.value.open)
    yield* leases.renewAtEnd
    return report
  },
  Effect.scoped,
  withLimits,
  ofRun
)

/**
 * Settles the attempts of earlier runs and, where claims are leases, renews the claims of running jobs. Dispatches nothing.
 * Holds the run lock for one job at a time, so that a run does not wait for all of them. `None` if a run is active: then
 * nothing was done. What is not given is a new run id, this host, and the repository of the settings, as `layer` knows them; fails
 * with `WorkspaceFailed` if there is no such repository.
 *
 * @example
 * Effect.provide(settleNow(), layer(settings, surroundings))
 */
export const settleNow = (given: Partial<RunOptions> = {}) => Effect.flatMap(completed(given), settleAt)
