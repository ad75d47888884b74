import { Clock, Duration, Effect, Option } from "effect"
import { bootMillis } from "../../domain/BootClock.ts"
import { emit } from "../../domain/Events.ts"
import type { PruneReport } from "../../domain/PruneReport.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { Journal } from "../../journal/Journal.ts"
import { prune, type PruneServices } from "./prune.ts"

const DAY = Duration.toMillis(Duration.days(1))

/** Bugs that one run looks at. The next days look at the others. */
const LIMIT = 50

const isDue = Effect.gen(function* () {
  const last = yield* Effect.flatMap(Journal, (journal) => journal.pruned)
  const now = yield* Clock.currentTimeMillis
  // A time that is to come was written by a wrong clock.
  return last === undefined || last > now || now - last >= DAY
})

const hasRemoved = ({ alerts, attempts, logs, runs, worktrees }: PruneReport): boolean =>
  runs + attempts + alerts + logs.jobs + worktrees > 0

/**
 * Prunes once a day. The caller holds the run lock and has read the tracker. `deadline`: milliseconds by the boot clock. Never fails:
 * it logs what it could not remove, and the next run tries again.
 */
export const pruneDaily = Effect.fn("pruneDaily")(
  function* (options: RunOptions, deadline: number) {
    if (!(yield* isDue)) return
    const left = Duration.millis(deadline - (yield* bootMillis))
    const bounds = { dryRun: false, limit: LIMIT, deadline, listRead: true }
    const report = yield* Effect.timeoutOption(prune(options, bounds, Effect.asSome), left)
    if (Option.isNone(report))
      return yield* Effect.logWarning("what is old was not all removed: timeouts.run is used up")
    if (Option.isSome(report.value) && hasRemoved(report.value.value))
      yield* emit({ _tag: "Pruned", report: report.value.value })
  },
  (effect): Effect.Effect<void, never, PruneServices> =>
    Effect.catchAll(effect, ({ message }) =>
      Effect.logWarning(`what is old was not removed, the next run tries again: ${message}`)
    )
)
