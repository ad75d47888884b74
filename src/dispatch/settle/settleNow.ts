import { Effect, Option } from "effect"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { exclusively } from "../../journal/exclusively.ts"
import { makeLeaseKeeper } from "../claims/leases.ts"
import { settleEarlier } from "./settleEarlier.ts"

const settle = Effect.fn("settleNow")(function* (options: RunOptions) {
  const report = yield* settleEarlier(options)
  const leases = yield* makeLeaseKeeper
  yield* leases.keepOfJobs(report.open)
  yield* leases.farewell
  return Option.some(report)
})

/**
 * The second step of a run alone: settles what earlier runs left, and renews the claims of running jobs where claims are
 * leases. `None` if a run is active: then nothing was done.
 */
export const settleNow = (options: RunOptions) =>
  Effect.scoped(exclusively(options.run, settle(options), () => Effect.succeedNone))
