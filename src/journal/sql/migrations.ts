import { Effect } from "effect"
import { byRowid, counter, integer, ofEarlierRows, record, rowid, strict, text } from "./columns.ts"
import { hasKey, inWords } from "./dialect.ts"
import { fleetTables, hostProjects } from "./fleetTables.ts"
import { offerTables } from "./offerTables.ts"
import { outboxTables } from "./outboxTables.ts"
import { sql } from "./transactions.ts"

// Every record is one JSON document, decoded by its Schema; other columns exist only to search by. Never change a migration
// that was released: add another one.
const tables = Effect.gen(function* () {
  yield* sql`CREATE TABLE runs (
    run ${text} PRIMARY KEY,
    host ${text} NOT NULL,
    began ${integer} NOT NULL,
    ended ${integer},
    exit ${integer},
    report ${record}${rowid}
  ) ${strict}`
  yield* sql`CREATE TABLE attempts (
    actor ${text} PRIMARY KEY,
    run ${text} NOT NULL,
    beads ${text} NOT NULL,
    phase ${text} NOT NULL,
    began ${integer} NOT NULL,
    changed ${integer} NOT NULL,
    attempt ${record} NOT NULL${rowid}
  ) ${strict}`
  yield* sql`CREATE INDEX attempts_of_a_bug ON attempts (beads, began)`
  yield* sql`CREATE INDEX open_attempts ON attempts (began) WHERE phase <> 'settled'`
  yield* sql`CREATE TABLE steps (
    id ${counter},
    actor ${text} NOT NULL REFERENCES attempts (actor),
    at ${integer} NOT NULL,
    step ${record} NOT NULL
  ) ${strict}`
  yield* sql`CREATE TABLE outcomes (
    run ${text} NOT NULL REFERENCES runs (run),
    beads ${text} NOT NULL,
    tag ${text} NOT NULL,
    outcome ${record} NOT NULL${rowid}
  ) ${strict}`
  yield* sql`CREATE INDEX outcomes_of_a_bug ON outcomes (beads)`
  yield* sql`CREATE TABLE provider_checks (
    run ${text} NOT NULL REFERENCES runs (run),
    provider ${text} NOT NULL,
    available ${integer} NOT NULL,
    "check" ${record} NOT NULL${rowid}
  ) ${strict}`
  yield* sql`CREATE TABLE alerts (
    key ${text} PRIMARY KEY,
    raised ${integer} NOT NULL,
    sent ${integer},
    alert ${record} NOT NULL${rowid}
  ) ${strict}`
})

/**
 * A skipped bug becomes one row for as long as it is skipped for the same reason, instead of one row for each run. `since` and
 * `until` are numbers of runs: the first that skipped it so, and the first that did not any more. The outcomes and checks of a
 * run are no longer in its report as well.
 */
const skips = Effect.gen(function* () {
  yield* sql`ALTER TABLE runs ADD COLUMN number ${integer}`
  yield* ofEarlierRows(sql`UPDATE runs SET number = rowid,
    report = json_set(report, '$.outcomes', json('[]'), '$.providers', json('[]'))`)
  yield* sql`CREATE UNIQUE INDEX runs_by_number ON runs (number)`
  yield* sql`CREATE TABLE skips (
    id ${counter},
    beads ${text} NOT NULL,
    since ${integer} NOT NULL,
    until ${integer},
    outcome ${record} NOT NULL
  ) ${strict}`
  yield* ofEarlierRows(sql`INSERT INTO skips (beads, since, until, outcome)
    SELECT beads, min(number), nullif(max(number) + 1, (SELECT max(number) + 1 FROM runs)), outcome
    FROM (
      SELECT beads, outcome, number, number - row_number() OVER (PARTITION BY outcome ORDER BY number) AS island
      FROM (SELECT DISTINCT beads, outcome, number FROM outcomes JOIN runs USING (run) WHERE tag = 'Skipped')
    )
    GROUP BY outcome, island ORDER BY min(number)`)
  yield* sql`DELETE FROM outcomes WHERE tag = 'Skipped'`
  yield* sql`CREATE INDEX skips_of_a_bug ON skips (beads)`
  yield* sql`CREATE INDEX open_skips ON skips (id) WHERE until IS NULL`
  yield* sql`CREATE INDEX outcomes_of_a_run ON outcomes (run)`
  yield* sql`CREATE INDEX checks_of_a_run ON provider_checks (run)`
  yield* sql`CREATE INDEX steps_of_an_attempt ON steps (actor)`
})

const marks = Effect.asVoid(sql`CREATE TABLE marks (name ${text} PRIMARY KEY, at ${integer} NOT NULL) ${strict}`)

/** Whether a run has reported that the attempt's job ended. What was settled before counts as reported. */
const reportedEnds = Effect.gen(function* () {
  yield* sql`ALTER TABLE attempts ADD COLUMN reported ${integer} NOT NULL DEFAULT 0`
  yield* sql`UPDATE attempts SET reported = 1 WHERE phase = 'settled'`
  yield* sql`CREATE INDEX unreported_ends ON attempts (changed)
    WHERE phase = 'settled' AND reported = 0 AND ${hasKey("attempt", "ack")}`
})

/** The last `retry` of each bug. */
const retries = Effect.asVoid(
  sql`CREATE TABLE retries (beads ${text} PRIMARY KEY, at ${integer} NOT NULL, retry ${record} NOT NULL${rowid}) ${strict}`
)

/** What a person decided about the work of an attempt, and what the queries of the operator's commands search by. */
const views = Effect.gen(function* () {
  yield* sql`CREATE TABLE decisions (
    actor ${text} PRIMARY KEY,
    beads ${text} NOT NULL,
    at ${integer} NOT NULL,
    decision ${record} NOT NULL
  ) ${strict}`
  yield* sql`CREATE INDEX decisions_by_time ON decisions (at)`

  yield* sql`ALTER TABLE attempts ADD COLUMN had_job ${integer} NOT NULL DEFAULT 0`
  yield* sql`ALTER TABLE attempts ADD COLUMN leaves_work ${integer} NOT NULL DEFAULT 0`
  yield* ofEarlierRows(sql`UPDATE attempts SET had_job = attempt ->> '$.ack' IS NOT NULL,
    leaves_work = phase = 'settled' AND attempt ->> '$.cleared' IS NULL AND (attempt ->> '$.end' = 'succeeded'
      OR (attempt ->> '$.end' = 'unverified' AND coalesce(attempt ->> '$.blame', '') <> 'issue'))`)
  yield* sql`CREATE INDEX attempts_by_change ON attempts (changed, phase, had_job, beads)`
  yield* sql`CREATE INDEX work_left ON attempts (changed) WHERE leaves_work = 1`

  yield* sql`ALTER TABLE runs ADD COLUMN fetched ${integer} NOT NULL DEFAULT 0`
  yield* sql`ALTER TABLE runs ADD COLUMN dispatched ${integer} NOT NULL DEFAULT 0`
  yield* sql`ALTER TABLE runs ADD COLUMN failed ${integer} NOT NULL DEFAULT 0`
  yield* sql`ALTER TABLE runs ADD COLUMN skipped ${integer} NOT NULL DEFAULT 0`
  yield* sql`ALTER TABLE runs ADD COLUMN error ${text}`
  yield* ofEarlierRows(sql`UPDATE runs SET fetched = report ->> '$.fetched', dispatched = report ->> '$.dispatched',
    failed = report ->> '$.failed', skipped = report ->> '$.skipped', error = report ->> '$.error'
    WHERE report IS NOT NULL`)
  yield* sql`CREATE INDEX runs_by_time ON runs (began)`

  yield* sql`ALTER TABLE outcomes ADD COLUMN fallback_to ${text}`
  yield* ofEarlierRows(sql`UPDATE outcomes SET fallback_to = outcome ->> '$.provider'
    WHERE tag = 'Dispatched' AND json_array_length(outcome, '$.passedOver') > 0`)
  yield* sql`CREATE INDEX fallbacks_of_a_run ON outcomes (run, fallback_to) WHERE fallback_to IS NOT NULL`

  yield* sql`ALTER TABLE provider_checks ADD COLUMN detail ${text} NOT NULL DEFAULT ''`
  yield* ofEarlierRows(sql`UPDATE provider_checks SET detail = "check" ->> '$.detail'`)
  yield* sql`CREATE INDEX checks_of_a_provider ON provider_checks (provider${byRowid})`
})

/** An index of Postgres holds no long text, such as a detail. */
const ofEndedJobs = inWords({
  sqlite: `changed, beads, attempt -> 'ack' ->> 'provider', attempt ->> 'end',
    attempt ->> 'blame', attempt ->> 'detail', attempt ->> 'probe'`,
  pg: "changed"
})

/** All that `endedJobs` asks for, in one index: else thousands of whole records are read for it. */
const endedJobs = Effect.asVoid(
  sql`CREATE INDEX ended_jobs ON attempts (${ofEndedJobs}) WHERE phase = 'settled' AND had_job = 1`
)

/** The pauses. `over`: when one is over; `NULL`: when somebody resumes. */
const pauses = Effect.asVoid(
  sql`CREATE TABLE pauses (id ${counter}, at ${integer} NOT NULL, over ${integer}, pause ${record} NOT NULL) ${strict}`
)

/** The shadow runs. They are no rows of `runs`: nothing that asks how runs went may see them. */
const shadowRuns = Effect.gen(function* () {
  yield* sql`CREATE TABLE shadow_runs (run ${text} PRIMARY KEY, at ${integer} NOT NULL, shadow ${record} NOT NULL) ${strict}`
  yield* sql`CREATE INDEX shadow_runs_by_time ON shadow_runs (at)`
})

/** Numbered from 1, without gaps. */
export const migrations = [
  ["tables", tables],
  ["skips", skips],
  ["marks", marks],
  ["reportedEnds", reportedEnds],
  ["retries", retries],
  ["views", views],
  ["endedJobs", endedJobs],
  ["outbox", outboxTables],
  ["pauses", pauses],
  ["shadowRuns", shadowRuns],
  ["fleet", fleetTables],
  ["offers", offerTables],
  ["hostProjects", hostProjects]
] as const
