import { Effect, Schema } from "effect"
import { ShadowRun } from "../../domain/ShadowRun.ts"
import type { JournalQueries } from "../JournalQueries.ts"
import type { Calls, Methods, Records } from "./calls.ts"
import { bound } from "./dialect.ts"
import { isIn, type Rows } from "./rows.ts"
import { sql } from "./transactions.ts"

/** The method that keeps shadow runs. */
export const shadowMethods = ({ failures, transaction }: Calls, { shadows }: Records): Methods<"shadow"> => ({
  shadow: Effect.fn("Journal.shadow")(function* (shadow: ShadowRun, keptSince: number) {
    const { run } = shadow.report
    const earlier = yield* sql`SELECT 1 FROM shadow_runs WHERE run = ${run}`
    if (earlier.length > 0) return yield* failures.illegal(`the shadow run ${run} is kept already`)
    const { text } = yield* shadows.encode(shadow)
    yield* sql`DELETE FROM shadow_runs WHERE at < ${bound(keptSince)}`
    yield* sql`INSERT INTO shadow_runs (run, at, shadow) VALUES (${run}, ${shadow.at}, ${text})`
  }, transaction)
})

const ShadowRow = Schema.Struct({ shadow: ShadowRun })

/** The query about shadow runs. */
export const shadowQueries = (rows: Rows): Pick<JournalQueries["Type"], "shadows"> => ({
  shadows: (which) =>
    rows("shadows", { schema: ShadowRow, json: ["shadow"], make: ({ shadow }) => shadow })((sql) =>
      "last" in which
        ? sql`SELECT shadow FROM (SELECT at, run, shadow FROM shadow_runs ORDER BY at DESC, run DESC LIMIT ${which.last}) AS newest
            ORDER BY at, run`
        : sql`SELECT shadow FROM shadow_runs WHERE ${isIn(sql, "at", which)} ORDER BY at, run`
    )
})
