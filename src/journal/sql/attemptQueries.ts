import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import { identity, Schema } from "effect"
import { AttemptEnd } from "../../domain/Attempt.ts"
import { RecordedStep } from "../../domain/attemptSteps.ts"
import { Blame } from "../../domain/Blame.ts"
import { BeadsId } from "../../domain/Ids.ts"
import { Needed } from "../../domain/Needed.ts"
import { ProviderName } from "../../domain/Provider.ts"
import { ReviewDecision } from "../../domain/ReviewDecision.ts"
import { factsOf, ShownAttempt } from "../facts.ts"
import {
  RECENT_ATTEMPTS,
  type AttemptFacts,
  type EndedJob,
  type JournalQueries,
  type StepFacts,
  type Window
} from "../JournalQueries.ts"
import { isIn, type Rows } from "./rows.ts"

const AttemptRow = Schema.Struct({ attempt: ShownAttempt, decision: Schema.UndefinedOr(ReviewDecision) })
/** SQLite has no booleans. */
const Flag = Schema.transform(Schema.Literal(0, 1), Schema.Boolean, {
  strict: true,
  decode: (value) => value === 1,
  encode: (value) => (value ? 1 : 0)
})
const JobRow = Schema.Struct({
  beads: BeadsId,
  provider: ProviderName,
  changed: Schema.Number,
  end: AttemptEnd,
  blame: Schema.UndefinedOr(Blame),
  detail: Schema.String,
  probe: Flag,
  freeAt: Schema.UndefinedOr(Schema.Number),
  needs: Schema.UndefinedOr(Needed)
})
const StepRow = Schema.Struct({ at: Schema.Number, step: RecordedStep })
const BugRow = Schema.Struct({ beads: BeadsId })
const DecisionRow = Schema.Struct({ decision: ReviewDecision })

/** The attempts with a job that were settled in the window, the first that was settled first. */
const endedIn = (sql: SqlClient, window: Window) =>
  sql`${isIn(sql, "a.changed", window)} AND a.phase = 'settled' AND a.had_job = 1 ORDER BY a.changed, a.rowid`

/** The queries about attempts. */
export const attemptQueries = (
  rows: Rows
): Pick<
  JournalQueries["Type"],
  "ended" | "endedJobs" | "open" | "attemptsOf" | "waiting" | "steps" | "bugs" | "decisions"
> => {
  const facts = (name: string, condition: (sql: SqlClient) => Fragment) =>
    rows(name, {
      schema: AttemptRow,
      json: ["attempt", "decision"],
      make: ({ attempt, decision }): AttemptFacts => factsOf(attempt, decision)
    })(
      (sql) => sql`SELECT a.attempt, d.decision
        FROM attempts a LEFT JOIN decisions d ON d.actor = a.actor WHERE ${condition(sql)}`
    )
  const jobs = rows("endedJobs", { schema: JobRow, json: ["needs"], make: identity<EndedJob> })
  const steps = rows("steps", { schema: StepRow, json: ["step"], make: identity<StepFacts> })
  const bugs = rows("bugs", { schema: BugRow, make: ({ beads }) => beads })
  const decisions = rows("decisions", { schema: DecisionRow, json: ["decision"], make: ({ decision }) => decision })
  return {
    ended: (window) => facts("ended", (sql) => endedIn(sql, window)),

    // The index has all but `freeAt` and `needs`: for these, only the records of jobs that have them are read.
    endedJobs: (window) =>
      jobs(
        (sql) => sql`SELECT a.beads, a.attempt -> 'ack' ->> 'provider' AS provider, a.changed,
          a.attempt ->> 'end' AS "end", a.attempt ->> 'blame' AS blame, a.attempt ->> 'detail' AS detail,
          CASE WHEN a.attempt ->> 'probe' IS NULL THEN 0 ELSE 1 END AS probe,
          CASE WHEN a.attempt ->> 'blame' = 'provider' THEN CAST(a.attempt ->> 'freeAt' AS DOUBLE PRECISION) END AS "freeAt",
          CASE WHEN a.attempt ->> 'end' = 'needs_human' THEN a.attempt -> 'needs' END AS needs
          FROM attempts a WHERE ${endedIn(sql, window)}`
      ),

    open: facts("open", (sql) => sql`a.phase <> 'settled' ORDER BY a.began, a.rowid`),

    attemptsOf: (beads) => facts("attemptsOf", (sql) => sql`a.beads = ${beads} ORDER BY a.began, a.rowid`),

    waiting: (window) =>
      facts(
        "waiting",
        (sql) => sql`a.leaves_work = 1 AND ${isIn(sql, "a.changed", window)} AND d.actor IS NULL
          AND NOT EXISTS (SELECT 1 FROM attempts l
            WHERE l.beads = a.beads AND (l.began, l.rowid) > (a.began, a.rowid))
          ORDER BY a.changed, a.rowid`
      ),

    steps: (actor) => steps((sql) => sql`SELECT at, step FROM steps WHERE actor = ${actor} ORDER BY id`),

    bugs: bugs(
      (sql) => sql`SELECT DISTINCT beads FROM
        (SELECT beads FROM attempts ORDER BY changed DESC LIMIT ${RECENT_ATTEMPTS}) AS newest ORDER BY beads`
    ),

    decisions: (window) =>
      decisions((sql) => sql`SELECT decision FROM decisions WHERE ${isIn(sql, "at", window)} ORDER BY at, actor`)
  }
}
