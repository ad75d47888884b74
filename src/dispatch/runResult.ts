import { DateTime, Effect } from "effect"
import { isOfMarks } from "../domain/Actor.ts"
import { isAtWork } from "../domain/Attempt.ts"
import { ageOf, moment, type Moment } from "../domain/BootClock.ts"
import { exitOf, noProviderIn, problemIn } from "../domain/exitCode.ts"
import type { JournalFailed } from "../domain/Failure.ts"
import type { Outcome } from "../domain/Outcome.ts"
import type { RunOptions } from "../domain/RunOptions.ts"
import { endInWords, type RunEnd } from "../domain/RunEnd.ts"
import { RunReport } from "../domain/RunReport.ts"
import { Fleet } from "../journal/Fleet.ts"
import { Journal } from "../journal/Journal.ts"
import { Dispatcher } from "./attempt/Dispatcher.ts"
import { reportEnds } from "./settle/reportEnds.ts"

/** The result of a run. The report adds times and counts. */
export type RunResult = Pick<
  RunReport,
  | "backends"
  | "chosen"
  | "end"
  | "ended"
  | "fetched"
  | "noneTaken"
  | "outcomes"
  | "paused"
  | "problem"
  | "providers"
  | "running"
  | "settled"
>

/** The result of a run that did nothing. */
export const NOTHING_DONE: RunResult = {
  backends: { beads: "", runner: "", workspace: "" },
  fetched: 0,
  chosen: 0,
  settled: 0,
  ended: [],
  running: 0,
  outcomes: [],
  providers: [],
  end: { _tag: "done" }
}

/** What follows from the end of a run. */
const following = (end: RunEnd, { problem }: Pick<RunReport, "problem">) => ({
  end,
  exit: exitOf({ end, problem }),
  error: endInWords(end)
})

/** The report of a run whose journal failed after all was done. */
export const withJournalFailed = (report: RunReport, error: JournalFailed): RunReport =>
  RunReport.make({ ...report, ...following({ _tag: "state", error }, report) })

/** The result of a run whose journal failed after it had done this. */
const journalFailed = (error: JournalFailed, done: RunResult): Effect.Effect<RunResult> =>
  Effect.as(Effect.logError(error.message), { ...done, end: { _tag: "state", error } })

/** A run that had providers, but none for any bug, is not done. */
const endOf = ({ end, outcomes }: RunResult): RunEnd => {
  const error = end._tag === "done" ? noProviderIn(outcomes) : undefined
  return error === undefined ? end : { _tag: "no_provider", error }
}

/** Adds what the journal says of jobs, which is logged, and what follows from all. A dry run reports no job's end. */
export const withJobs = (result: RunResult): Effect.Effect<RunResult, never, Dispatcher | Journal> =>
  Effect.gen(function* () {
    const [dispatcher, journal] = yield* Effect.all([Dispatcher, Journal])
    const { before, ended } = dispatcher.dry ? { before: [], ended: [] } : yield* reportEnds
    const others = yield* Effect.flatMap(Fleet, (fleet) => fleet.others)
    const open = (yield* journal.open).filter(({ actor }) => !isOfMarks(others, actor))
    const running = open.filter(isAtWork).length
    const problem = result.problem ?? problemIn(result.outcomes, ended, before)
    return { ...result, ended, running, end: endOf(result), problem }
  }).pipe(
    Effect.catchAll((error) => journalFailed(error, result)),
    Effect.withSpan("run.jobs")
  )

/** The report of a run with this result: with its times and counts. */
export const toReport = Effect.fn("run.report")(function* (options: RunOptions, begin: Moment, result: RunResult) {
  const dispatcher = yield* Dispatcher
  const count = (tag: Outcome["_tag"]) => result.outcomes.filter((outcome) => outcome._tag === tag).length
  const fields = {
    ...result,
    ...following(result.end, result),
    run: options.run,
    repository: options.repository.name,
    startedAt: DateTime.formatIso(DateTime.unsafeMake(begin.at)),
    dryRun: dispatcher.dry,
    dispatched: count("Dispatched"),
    failed: count("Failed"),
    skipped: count("Skipped"),
    malformed: result.outcomes.filter((outcome) => outcome._tag === "Skipped" && outcome.reason === "malformed").length,
    durationMs: ageOf(begin, yield* moment)
  }
  // Each outcome was made by us: to check 100,000 of them again takes half a second.
  return new RunReport(fields, { disableValidation: true })
})

/** The report of this result, or of a run whose journal failed. */
export const reported = <R>(options: RunOptions, begin: Moment, result: Effect.Effect<RunResult, JournalFailed, R>) =>
  result.pipe(
    Effect.catchAll((error) => journalFailed(error, NOTHING_DONE)),
    Effect.flatMap((final) => toReport(options, begin, final))
  )
