import { Clock, DateTime, Effect } from "effect"
import type { RunId } from "../../domain/Ids.ts"
import { Notice, Journal } from "../../journal/Journal.ts"
import { JournalQueries } from "../../journal/JournalQueries.ts"
import { findSchedule } from "./findSchedule.ts"
import { judgeTicks } from "./judge.ts"

/** How many runs are looked at: the one before this one is among them. */
const RUNS = 10
/** So many missed runs are written down at most: the host may have been off for a year. */
const MOST = 500

/**
 * Writes down each run that was due between the run before this one and this one, and did not come; names them in the log. Does
 * nothing where the schedule is not known, or for the first run. Returns when they were due, in milliseconds since the epoch.
 *
 * @example
 * const missed = yield* nameMissed(report.run)
 */
export const nameMissed = Effect.fn("nameMissed")(function* (run: RunId) {
  const [journal, queries, now] = yield* Effect.all([Journal, JournalQueries, Clock.currentTimeMillis])
  const { schedule } = yield* findSchedule
  const runs = yield* queries.runs({ last: RUNS })
  const own = runs.findIndex((each) => each.run === run)
  const [here, before] = [runs[own], runs[own + 1]]
  if (schedule === undefined || here === undefined || before === undefined) return []
  const { missed } = judgeTicks({ schedule, runs, since: before.began, until: here.began, now })
  const latest = missed.slice(-MOST)
  for (const at of latest) {
    const text = `no run came at ${DateTime.formatIso(DateTime.unsafeMake(at))}, when one was due`
    yield* journal.notice(Notice.make({ key: `missed ${at}`, kind: "run_missed", text }))
  }
  if (missed.length > 0) {
    const times = missed.slice(-5).map((at) => DateTime.formatIso(DateTime.unsafeMake(at)).slice(0, 16))
    const more = missed.length > times.length ? `, and ${missed.length - times.length} before` : ""
    yield* Effect.logWarning(
      `${missed.length === 1 ? "one run that was due" : `${missed.length} runs that were due`} since the last one did not come: ${times.join(", ")}${more}`
    )
  }
  return latest
})
