import { Effect, Option } from "effect"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { exclusively } from "../../journal/exclusively.ts"
import { makeLeaseKeeper } from "../claims/leases.ts"
import { settleEarlier } from "./settleEarlier.ts"

const settle = Effect.fn("settleNow")(function* (options: RunOptions) {
  const report = yield* settleEarlier(options)
  const leases = yield* makeLeaseKeeper
  yield* leases.keepOfJobs(report.open)
  yield* leases.renewAtEnd
  return Option.some(report)
})

/**
 * Settles the attempts of earlier runs and, where claims are leases, renews the claims of running jobs. Dispatches nothing.
 * `None` if a run is active: then nothing was done.
 */
export const settleNow = (options: RunOptions) =>
  Effect.scoped(exclusively(options.run, settle(options), () => Effect.succeedNone))
