import { Effect, Option } from "effect"
import { alone } from "../../journal/exclusively.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { makeLeaseKeeper } from "../claims/leases.ts"
import { settleEarlier } from "./settleEarlier.ts"

const settle = Effect.fn("settleNow")(function* (options: RunOptions) {
  const report = yield* settleEarlier(options)
  const leases = yield* makeLeaseKeeper
  yield* leases.adopt(report.open)
  yield* leases.farewell
  return Option.some(report)
})

/**
 * The second step of a run alone: what earlier runs left is brought to an end, and the claims of jobs that still run are
 * renewed where they are leases. Nothing while a run is active.
 */
export const settleNow = (options: RunOptions) =>
  Effect.scoped(alone(options.run, settle(options), () => Effect.succeedNone))
