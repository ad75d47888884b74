import { Effect, identity, Schema } from "effect"
import { RunId } from "../../domain/Ids.ts"
import { Outcome, SkipReason, WAITS_FOR_A_RUN } from "../../domain/Outcome.ts"
import { ProviderName } from "../../domain/Provider.ts"
import { RunEndTag } from "../../domain/RunEnd.ts"
import { ProviderCheck } from "../../domain/RunReport.ts"
import type {
  CheckFacts,
  JournalQueries,
  OutcomeFacts,
  RefusalFacts,
  RunFacts,
  UnchangedFacts
} from "../JournalQueries.ts"
import { isIn, type Rows } from "./rows.ts"

const RunRow = Schema.Struct({
  run: RunId,
  host: Schema.String,
  began: Schema.Number,
  ended: Schema.UndefinedOr(Schema.Number),
  end: Schema.UndefinedOr(RunEndTag),
  exit: Schema.UndefinedOr(Schema.Int),
  fetched: Schema.Int,
  dispatched: Schema.Int,
  failed: Schema.Int,
  error: Schema.UndefinedOr(Schema.String)
})

const OutcomeRow = Schema.Struct({
  run: RunId,
  at: Schema.Number,
  lastAt: Schema.Number,
  outcome: Outcome
})

const UnchangedRow = Schema.Struct({
  beads: Schema.String,
  reason: SkipReason,
  detail: Schema.String,
  since: Schema.Number,
  runs: Schema.Int
})

const CheckRow = Schema.Struct({ run: RunId, at: Schema.Number, check: ProviderCheck })

const RefusalRow = Schema.Struct({ provider: ProviderName, detail: Schema.String, runs: Schema.Int })

const FallbackRow = Schema.Struct({ provider: ProviderName, bugs: Schema.Int })

/** The queries about runs. */
export const runQueries = (
  rows: Rows
): Pick<JournalQueries["Type"], "runs" | "outcomesOf" | "unchanged" | "checks" | "refusals" | "fallbacks"> => ({
  runs: (which) =>
    rows("runs", { schema: RunRow, make: identity<RunFacts> })(
      (
        sql
      ) => sql`SELECT run, host, began, ended, report -> 'end' ->> '_tag' AS "end", exit, fetched, dispatched, failed, error FROM runs
        ${"last" in which ? sql`ORDER BY number DESC LIMIT ${which.last}` : sql`WHERE ${isIn(sql, "began", which)} ORDER BY number DESC`}`
    ),

  // A row of `skips` stands for each run from `since` to `until` that skipped bugs. Some of these may have been pruned.
  outcomesOf: (beads, last) =>
    rows("outcomesOf", { schema: OutcomeRow, json: ["outcome"], make: identity<OutcomeFacts> })(
      (sql) => sql`WITH found (outcome, first, last) AS (
        SELECT o.outcome, r.number, r.number FROM outcomes o JOIN runs r ON r.run = o.run WHERE o.beads = ${beads}
        UNION ALL
        SELECT s.outcome,
          (SELECT r.number FROM runs r
            WHERE r.number >= s.since AND r.number < coalesce(s.until, r.number + 1) AND r.skipped > 0
            ORDER BY r.number LIMIT 1),
          (SELECT r.number FROM runs r
            WHERE r.number >= s.since AND r.number < coalesce(s.until, r.number + 1) AND r.skipped > 0
            ORDER BY r.number DESC LIMIT 1)
        FROM skips s WHERE s.beads = ${beads}
      )
      SELECT a.run, a.began AS at, b.began AS "lastAt", f.outcome
      FROM found f JOIN runs a ON a.number = f.first JOIN runs b ON b.number = f.last
      ORDER BY f.last DESC, f.first DESC LIMIT ${last}`
    ),

  // A row of `skips` ends where its words change, so the rows of one reason that follow each other are one span. Of the runs that
  // skipped bugs, `back` is 1 for the last.
  unchanged: rows("unchanged", { schema: UnchangedRow, make: identity<UnchangedFacts> })(
    (sql) => sql`WITH RECURSIVE span (beads, reason, detail, since) AS (
        SELECT beads, outcome ->> 'reason', outcome ->> 'detail', since FROM skips WHERE until IS NULL
        UNION ALL
        SELECT span.beads, span.reason, span.detail, skips.since
          FROM span JOIN skips ON skips.beads = span.beads AND skips.until = span.since
          WHERE skips.outcome ->> 'reason' = span.reason
            OR (span.reason IN ${sql.in([...WAITS_FOR_A_RUN])}
              AND skips.outcome ->> 'reason' IN ${sql.in([...WAITS_FOR_A_RUN])})
      ),
      spans AS (SELECT beads, reason, min(detail) AS detail, min(since) AS first FROM span GROUP BY beads, reason),
      looked AS (SELECT number, began, row_number() OVER (ORDER BY number DESC) AS back FROM runs
        WHERE number >= (SELECT min(first) FROM spans) AND skipped > 0)
      SELECT spans.beads, spans.reason, spans.detail, looked.began AS since, looked.back AS runs
      FROM spans JOIN looked
        ON looked.number = (SELECT min(number) FROM runs WHERE number >= spans.first AND skipped > 0)
      ORDER BY spans.beads, spans.reason`
  ),

  checks: rows("checks", { schema: CheckRow, json: ["check"], make: identity<CheckFacts> })(
    (sql) => sql`WITH RECURSIVE providers (provider) AS (
      SELECT min(provider) FROM provider_checks
      UNION ALL
      SELECT (SELECT min(c.provider) FROM provider_checks c WHERE c.provider > providers.provider)
        FROM providers WHERE providers.provider IS NOT NULL
    )
    SELECT r.run, r.began AS at, c."check"
    FROM providers p
    JOIN provider_checks c ON c.rowid = (SELECT max(l.rowid) FROM provider_checks l WHERE l.provider = p.provider)
    JOIN runs r ON r.run = c.run
    ORDER BY p.provider`
  ),

  refusals: (window) =>
    rows("refusals", { schema: RefusalRow, make: identity<RefusalFacts> })(
      (sql) => sql`SELECT c.provider, c.detail, count(*) AS runs
        FROM runs r JOIN provider_checks c ON c.run = r.run
        WHERE ${isIn(sql, "r.began", window)} AND c.available = 0
        GROUP BY c.provider, c.detail ORDER BY c.provider, runs DESC, c.detail`
    ),

  fallbacks: (window) =>
    Effect.map(
      rows("fallbacks", { schema: FallbackRow, make: ({ bugs, provider }) => [provider, bugs] as const })(
        (sql) => sql`SELECT o.fallback_to AS provider, count(*) AS bugs
          FROM runs r JOIN outcomes o ON o.run = r.run
          WHERE ${isIn(sql, "r.began", window)} AND o.fallback_to IS NOT NULL
          GROUP BY o.fallback_to`
      ),
      (found) => new Map(found)
    )
})
