import { DateTime, Effect } from "effect"
import type { RunId } from "../../domain/Ids.ts"
import { JournalQueries } from "../../journal/JournalQueries.ts"

/**
 * Says in the log that the run before this one was interrupted or killed: it has no end. Runs of one state directory exclude each other, so it
 * is not active. Cron's script ends a run that hangs with `timeout`, and then exits 124, or 137 if the run had to be killed.
 *
 * @example
 * yield* nameKilled(report.run)
 */
export const nameKilled = Effect.fn("nameKilled")(function* (run: RunId) {
  const queries = yield* JournalQueries
  const runs = yield* queries.runs({ last: 2 })
  const own = runs.findIndex((each) => each.run === run)
  const [here, before] = [runs[own], runs[own + 1]]
  if (here === undefined || before?.host !== here.host || before.ended !== undefined) return
  const began = DateTime.formatIso(DateTime.unsafeMake(before.began)).slice(0, 16)
  yield* Effect.logWarning(
    `the run before this one, ${before.run} of ${began}Z, has no end: it was interrupted or killed. If it hung, the script of cron ended it ` +
      "with exit code 124 or 137. This run settles what it left"
  )
})
