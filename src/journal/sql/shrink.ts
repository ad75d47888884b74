import { SqlClient } from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { sql } from "./transactions.ts"

/** Less free room than this is used again soon. */
const MUCH = 8 * 1024 * 1024

/** Gives room back to the disk if more than a quarter of the file is free. `VACUUM` copies the rest, so not for less. */
const shrinkFile = Effect.gen(function* () {
  const [size] = yield* sql<{ free: number; pages: number; bytes: number }>`SELECT
    (SELECT freelist_count FROM pragma_freelist_count) AS free,
    (SELECT page_count FROM pragma_page_count) AS pages,
    (SELECT page_size FROM pragma_page_size) AS bytes`
  const { bytes = 0, free = 0, pages = 0 } = size ?? {}
  if (free * bytes > MUCH && free * 4 > pages) yield* sql`VACUUM`
  yield* sql`PRAGMA wal_checkpoint(TRUNCATE)`
})

/** Gives room back to the disk. Postgres does that by itself: its autovacuum. */
export const shrink = Effect.flatMap(SqlClient, (client) =>
  client.onDialectOrElse({ pg: () => Effect.void, orElse: () => shrinkFile })
)
