import { SqlClient } from "@effect/sql/SqlClient"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import { connect } from "../../../src/journal/sqlite/database.ts"
import { migrations } from "../../../src/journal/sqlite/migrations.ts"
import { fakeAttempt } from "../../../src/testing/fakeAttempts.ts"
import { Ack } from "../../../src/domain/Ack.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { opencode, STEPS } from "../../contract/attempts.ts"
import { database, opened, query, stateDirectory } from "./journalWorld.ts"

const actorOf = (n: number) => Actor.make(`nightly-dispatch/vm-1/20261122T020000Z-000001/${n}`)

it.scopedLive("what an earlier version settled counts as reported; what it left open does not", () =>
  Effect.gen(function* () {
    const directory = yield* stateDirectory
    fs.mkdirSync(directory, { mode: 0o700 })
    yield* connect(database(directory)).pipe(
      Effect.flatMap((sql) =>
        sql`CREATE TABLE effect_sql_migrations
          (migration_id INTEGER PRIMARY KEY, created_at TEXT DEFAULT current_timestamp, name TEXT NOT NULL)`.pipe(
          Effect.zipRight(
            Effect.forEach(migrations.slice(0, 3), ([name, migration], index) =>
              Effect.zipRight(
                migration,
                sql`INSERT INTO effect_sql_migrations (migration_id, name) VALUES (${index + 1}, ${name})`
              )
            )
          ),
          Effect.provideService(SqlClient, sql)
        )
      ),
      Effect.scoped
    )
    for (const [n, phase] of (["settled", "acknowledged"] as const).entries()) {
      const beads = BeadsId.make(`bd-${n}`)
      const ack = Ack.make({ beads, provider: opencode, pid: 7, how: "started" })
      const attempt = JSON.stringify(fakeAttempt(phase, { actor: actorOf(n), beads, ack }))
      yield* query(
        directory,
        `INSERT INTO attempts (actor, run, beads, phase, began, changed, attempt)
          VALUES ('${actorOf(n)}', 'r', '${beads}', '${phase}', 0, 0, '${attempt}')`
      )
    }
    const journal = yield* opened(directory)
    assert.deepStrictEqual(yield* journal.unreported, [])
    yield* journal.advance(actorOf(1), STEPS.Settled)
    assert.deepStrictEqual(
      (yield* journal.unreported).map(({ beads }) => beads),
      [BeadsId.make("bd-1")]
    )
  })
)
