import { Effect, Option, type Scope } from "effect"
import type { BeadsCli } from "../beads/BeadsCli.ts"
import { skippedRunEvent } from "../domain/Event.ts"
import type { JournalFailed } from "../domain/Failure.ts"
import type { RunId } from "../domain/Ids.ts"
import { Journal } from "../journal/Journal.ts"
import type { PromptStore } from "../prompt/PromptStore.ts"
import type { DxRunner } from "../runner/DxRunner.ts"
import type { Workspaces } from "../workspace/Workspaces.ts"
import { makeLeaseKeeper } from "./leases.ts"
import type { SettleOptions } from "./orphans.ts"
import { settleEarlier, type SettleReport } from "./settleEarlier.ts"

/**
 * The second step of a run alone: what earlier runs left is brought to an end, and the claims of jobs that still run are
 * renewed where they are leases. Nothing while a run is active.
 */
export const settleNow = Effect.fn("settleNow")(function* (
  run: RunId,
  options: SettleOptions
): Effect.fn.Return<
  Option.Option<SettleReport>,
  JournalFailed,
  BeadsCli | DxRunner | Journal | PromptStore | Workspaces | Scope.Scope
> {
  const journal = yield* Journal
  const holder = yield* journal.lock
  if (Option.isSome(holder)) {
    yield* Effect.logWarning(skippedRunEvent(run, holder.value))
    return Option.none()
  }
  const report = yield* settleEarlier(options)
  const leases = yield* makeLeaseKeeper
  yield* leases.adopt(report.open)
  yield* leases.farewell
  return Option.some(report)
}, Effect.scoped)
