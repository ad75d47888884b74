import { SqlClient } from "@effect/sql/SqlClient"
import { Clock, Effect, Schema } from "effect"
import { BeadsId } from "../../domain/Ids.ts"
import { oldestSent } from "../deliveries.ts"
import type { PruneCut } from "../Journal.ts"
import type { Calls, Methods } from "./calls.ts"
import { bound, texts } from "./dialect.ts"
import { shrink } from "./shrink.ts"
import { sql } from "./transactions.ts"

/** The keys of the rows that go, each as a SELECT. They are the same before and after the rows of the others have gone. */
const old = ({ over, ...cut }: Omit<PruneCut, "dryRun">) =>
  Effect.zipWith(SqlClient, Clock.currentTimeMillis, (sql, now) => {
    const before = bound(cut.before)
    const bugs = sql`${texts(over)(sql)}
      EXCEPT SELECT beads FROM attempts WHERE phase <> 'settled'`
    const attempts = sql`SELECT actor FROM attempts
      WHERE phase = 'settled' AND changed < ${before} AND beads IN (${bugs})`
    const runs = sql`SELECT run FROM runs WHERE began < ${before} AND number < (SELECT max(number) FROM runs)
      AND run NOT IN (SELECT run FROM attempts WHERE actor NOT IN (${attempts}))`
    const alerts = sql`SELECT key FROM alerts
      WHERE raised < ${before} AND (alert ->> 'beads' IS NULL OR alert ->> 'beads' IN (${bugs}))`
    const retries = sql`SELECT beads FROM retries WHERE at < ${before} AND beads IN (${bugs})`
    const messages = sql`SELECT id FROM messages WHERE at < ${before}
      AND id NOT IN (SELECT message FROM deliveries WHERE state IN ('waiting', 'sending') AND at >= ${bound(oldestSent(now))})`
    return { attempts, runs, alerts, retries, messages }
  })

const count = Effect.fnUntraced(function* (cut: PruneCut) {
  const sql = yield* SqlClient
  const { alerts, attempts, messages, runs } = yield* old(cut)
  const [found] = yield* sql<{ runs: number; attempts: number; alerts: number }>`SELECT
    (SELECT count(*) FROM (${runs}) AS r) AS runs,
    (SELECT count(*) FROM (${attempts}) AS a) AS attempts,
    (SELECT count(*) FROM (${alerts}) AS n) + (SELECT count(*) FROM (${messages}) AS m) AS alerts`
  return { runs: found?.runs ?? 0, attempts: found?.attempts ?? 0, alerts: found?.alerts ?? 0 }
})

const remove = Effect.fnUntraced(function* (cut: PruneCut) {
  const sql = yield* SqlClient
  const { alerts, attempts, messages, retries, runs } = yield* old(cut)
  yield* sql`DELETE FROM retries WHERE beads IN (${retries})`
  yield* sql`DELETE FROM pauses WHERE over < ${bound(cut.before)}`
  yield* sql`DELETE FROM shadow_runs WHERE at < ${bound(cut.before)}`
  yield* sql`DELETE FROM alerts WHERE key IN (${alerts})`
  yield* sql`DELETE FROM deliveries WHERE message IN (${messages})`
  yield* sql`DELETE FROM messages WHERE id IN (${messages})`
  yield* sql`DELETE FROM steps WHERE actor IN (${attempts})`
  yield* sql`DELETE FROM decisions WHERE actor IN (${attempts})`
  yield* sql`DELETE FROM attempts WHERE actor IN (${attempts})`
  yield* sql`DELETE FROM outcomes WHERE run IN (${runs})`
  yield* sql`DELETE FROM provider_checks WHERE run IN (${runs})`
  yield* sql`DELETE FROM runs WHERE run IN (${runs})`
  yield* sql`DELETE FROM skips WHERE until IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM runs WHERE number >= skips.since AND number < skips.until)`
  yield* sql`INSERT INTO marks (name, at) VALUES ('pruned', ${yield* Clock.currentTimeMillis})
    ON CONFLICT (name) DO UPDATE SET at = excluded.at`
})

const decodeIds = Schema.decodeUnknown(Schema.Array(BeadsId))

/** The methods that keep the journal from growing for ever. */
export const pruneMethods = ({ failures, read, transaction }: Calls): Methods<"prunable" | "prune" | "pruned"> => ({
  prunable: Effect.fn("Journal.prunable")(function* (millis: number) {
    const before = bound(millis)
    const rows = yield* read(sql<{
      beads: string
    }>`SELECT beads FROM attempts WHERE phase = 'settled' AND changed < ${before}
      UNION SELECT beads FROM retries WHERE at < ${before}
      UNION SELECT alert ->> 'beads' FROM alerts WHERE raised < ${before} AND alert ->> 'beads' IS NOT NULL
      EXCEPT SELECT beads FROM attempts WHERE phase <> 'settled'`)
    return yield* Effect.mapError(decodeIds(rows.map(({ beads }) => beads)), ({ message }) => failures.corrupt(message))
  }),

  prune: Effect.fn("Journal.prune")(function* (cut: PruneCut) {
    if (cut.dryRun) return yield* read(count(cut))
    const removed = yield* transaction(Effect.zipLeft(count(cut), remove(cut)))
    // The rows are gone, whether or not the file can become smaller.
    yield* Effect.catchAll(read(shrink), ({ message }) =>
      Effect.logWarning(`the journal's file keeps its size until the next prune: ${message}`)
    )
    return removed
  }),

  pruned: read(sql<{ at: number }>`SELECT at FROM marks WHERE name = 'pruned'`).pipe(
    Effect.map(([row]) => row?.at),
    Effect.withSpan("Journal.pruned")
  )
})
