import { Array as Arr, Clock, Effect } from "effect"
import type { RunId } from "../../domain/Ids.ts"
import type { Outcome } from "../../domain/Outcome.ts"
import { RunReport } from "../../domain/RunReport.ts"
import type { RunBegun } from "../Journal.ts"
import { shownText } from "../storedText.ts"
import type { Calls, Methods, Records } from "./calls.ts"
import { asRecord, integers, listed, texts } from "./dialect.ts"
import type { Fence } from "./Fence.ts"
import { sql } from "./transactions.ts"

/** Rows that one statement inserts. */
const AT_ONCE = 5000

/**
 * Stores the skipped bugs of a run: a row for each that the last such run did not skip for the same reason, and the end of
 * each row that no longer holds. A run that skipped no bug may have seen none, so it ends no row. `skips`: the texts of the
 * outcomes. They may be as many as the tracker has bugs, so one statement writes many rows.
 */
const storeSkips = Effect.fn("Journal.skips")(function* (number: number, skips: ReadonlySet<string>) {
  if (skips.size === 0) return
  const open = yield* sql<{ id: number; outcome: string }>`SELECT id, outcome FROM skips WHERE until IS NULL`
  const ended = open.flatMap(({ id, outcome }) => (skips.has(outcome) ? [] : [id]))
  yield* sql`UPDATE skips SET until = ${number} WHERE id IN (${integers(ended)})`
  const known = new Set(open.map(({ outcome }) => outcome))
  const added = [...skips].filter((outcome) => !known.has(outcome))
  for (const rows of Arr.chunksOf(added, AT_ONCE)) {
    yield* sql`INSERT INTO skips (beads, since, outcome)
      SELECT ${asRecord("value")} ->> 'beads', ${number}, ${asRecord("value")} FROM ${listed(rows)} ORDER BY key`
  }
})

/** The provider that took a bug after others had not; `undefined` if none did, or the first one did. */
const fallbackOf = (outcome: Outcome) =>
  outcome._tag === "Dispatched" && outcome.passedOver.length > 0 ? outcome.provider : undefined

/** The methods for whole runs. */
export const runMethods = (
  { decode, failures, read, select, transaction }: Calls,
  { checks, outcomes, reports }: Records,
  fence: Fence
): Methods<"begin" | "end" | "report"> => ({
  begin: Effect.fn("Journal.begin")(function* ({ at, host, run }: RunBegun) {
    yield* fence.begins
    const earlier = yield* sql`SELECT 1 FROM runs WHERE run = ${run}`
    if (earlier.length > 0) return yield* failures.illegal(`run ${run} has already begun`)
    yield* sql`INSERT INTO runs (run, host, began, number)
      VALUES (${run}, ${host}, ${at}, (SELECT coalesce(max(number), 0) + 1 FROM runs))`
  }, transaction),

  end: Effect.fn("Journal.end")(function* (report: RunReport) {
    const { exit, run } = report
    const now = yield* Clock.currentTimeMillis
    const [running] = yield* sql<{ number: number }>`SELECT number FROM runs WHERE run = ${run} AND ended IS NULL`
    if (running === undefined) return yield* failures.illegal(`run ${run} has not begun, or has ended`)
    const { record, text } = yield* reports.encode(RunReport.make({ ...report, outcomes: [], providers: [] }))
    const { dispatched, error, failed, fetched, skipped } = record
    yield* sql`UPDATE runs SET ended = ${now}, exit = ${exit}, report = ${text}, fetched = ${fetched},
      dispatched = ${dispatched}, failed = ${failed}, skipped = ${skipped}, error = ${error === undefined ? null : shownText(error)} WHERE run = ${run}`
    const skips = new Set<string>()
    for (const outcome of report.outcomes) {
      if (outcome._tag === "Skipped") {
        skips.add(yield* outcomes.textOf(outcome))
        continue
      }
      const { record, text } = yield* outcomes.encode(outcome)
      yield* sql`INSERT INTO outcomes (run, beads, tag, outcome, fallback_to)
        VALUES (${run}, ${record.beads}, ${record._tag}, ${text}, ${fallbackOf(record) ?? null})`
    }
    yield* storeSkips(running.number, skips)
    const reported = record.ended.map(({ actor }) => actor)
    yield* sql`UPDATE attempts SET reported = 1 WHERE actor IN (${texts(reported)})`
    for (const each of report.providers) {
      const { record: check, text } = yield* checks.encode(each)
      yield* sql`INSERT INTO provider_checks (run, provider, available, detail, "check")
        VALUES (${run}, ${check.provider}, ${check.available ? 1 : 0}, ${shownText(check.detail)}, ${text})`
    }
  }, transaction),

  report: Effect.fn("Journal.report")(function* (run: RunId) {
    const [row] = yield* read(
      sql<{ number: number; report: string | null }>`SELECT number, report FROM runs WHERE run = ${run}`
    )
    if (row === undefined || row.report === null) return undefined
    const { number } = row
    const report = yield* decode(reports, row.report)
    const skipped = yield* select("skips", outcomes)`SELECT outcome AS record FROM skips
      WHERE ${report.skipped} > 0 AND since <= ${number} AND (until IS NULL OR until > ${number}) ORDER BY id`
    const others = yield* select("outcomes", outcomes)`SELECT outcome AS record FROM outcomes
      WHERE run = ${run} ORDER BY rowid`
    const providers = yield* select("checks", checks)`SELECT "check" AS record FROM provider_checks
      WHERE run = ${run} ORDER BY rowid`
    return RunReport.make({ ...report, outcomes: [...skipped, ...others], providers })
  })
})
