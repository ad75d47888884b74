import * as NodeContext from "@effect/platform-node/NodeContext"
import { createClient } from "@libsql/client"
import { Effect, Layer } from "effect"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import * as NodeExec from "../../src/exec/NodeExec.ts"
import * as SqliteJournal from "../../src/journal/sqlite/SqliteJournal.ts"
import { largeJournal } from "../../src/testing/index.ts"

export const needs = Layer.merge(NodeExec.layer, NodeContext.layer)

/** Opens the journal as a run does: makes it, or checks each of its pages. */
export const openedForRun = (directory: string) =>
  Effect.scoped(Effect.asVoid(Layer.build(SqliteJournal.layer({ directory }).pipe(Layer.provide(needs)))))

/** So many nights of 200 attempts, the last of which began at `last` (milliseconds since the epoch), in a state directory. */
export const makeJournal = Effect.fn("makeJournal")(function* (directory: string, attempts: number, last: number) {
  yield* openedForRun(directory)
  const nights = Math.max(1, Math.round(attempts / 200))
  yield* Effect.acquireUseRelease(
    Effect.sync(() => createClient({ url: pathToFileURL(path.join(directory, "journal.db")).href })),
    (client) =>
      Effect.promise(async () => {
        await client.execute("PRAGMA synchronous = OFF")
        for (const statement of largeJournal({ attempts, nights, seed: 1, last })) await client.execute(statement)
        await client.execute("PRAGMA wal_checkpoint(TRUNCATE)")
      }),
    (client) => Effect.sync(() => client.close())
  )
  return nights
})
