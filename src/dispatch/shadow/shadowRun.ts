import { Clock, Effect } from "effect"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { RunReport } from "../../domain/RunReport.ts"
import { ShadowRun } from "../../domain/ShadowRun.ts"
import { Journal } from "../../journal/Journal.ts"
import { JournalQueries } from "../../journal/JournalQueries.ts"
import { withLimits } from "../limits/limitedServices.ts"
import { nightlyRun } from "../nightlyRun.ts"
import { ages } from "../prune/ages.ts"
import { withJournalFailed } from "../runResult.ts"
import { seenBugs } from "./seenBugs.ts"

/** Looks at the tracker, and keeps the decision with what it shows. */
const record = Effect.fn("shadow.record")(function* (report: RunReport) {
  const [journal, queries] = yield* Effect.all([Journal, JournalQueries])
  const [last] = yield* queries.shadows({ last: 1 })
  const { notes, seen } = yield* seenBugs(last?.seen ?? [])
  yield* Effect.forEach(notes, (note) =>
    Effect.logWarning(`the comparison will lack what the tracker did not say: ${note}`)
  )
  const kept = RunReport.make({ ...report, providers: report.providers.map((check) => ({ ...check, lines: [] })) })
  const at = yield* Clock.currentTimeMillis
  yield* journal.shadow(new ShadowRun({ at, report: kept, seen }), (yield* ages).records)
  return report
})

/**
 * Decides what a run would do, and keeps the decision with what the tracker shows of the bugs: `report --shadow` compares them. The
 * layers must be those of a dry run, on a journal that keeps shadow runs. Needs no run lock: it may be beside a run or another
 * shadow run. Never fails: the report holds the failures and the exit code.
 *
 * @example
 * shadowRun().pipe(Effect.provide(shadowLayer(settings, surroundings)))
 */
export const shadowRun = Effect.fn("shadowRun")(function* (options: Partial<RunOptions> = {}) {
  const report = RunReport.make({ ...(yield* nightlyRun(options)), shadow: true })
  // We look at the tracker after we have decided. If somebody takes a bug in between, the comparison shows that as later than us.
  return yield* withLimits(record(report)).pipe(
    Effect.catchAll((error) =>
      Effect.as(Effect.logError(`the shadow run is not recorded: ${error.message}`), withJournalFailed(report, error))
    )
  )
})
