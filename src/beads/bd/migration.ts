import { Effect, Schedule } from "effect"
import { TrackerFailed } from "../../domain/Failure.ts"
import { Exec } from "../../exec/Exec.ts"
import type { BdProcess } from "./call.ts"

/** How long a run waits for a migration. A killed one may leave half a schema, so no time limit ends it. */
const PATIENCE = "5 minutes"

/**
 * Runs `bd migrate schema` as a process that outlives this program, and waits for its end; `log` gets its output. Several at
 * once do no harm: bd's own lock makes them take turns, and the later ones find nothing to do. Fails while it still runs.
 */
export const migrate = Effect.fn("bd.migrate")(function* (bd: BdProcess, operation: string, log: string) {
  const exec = yield* Exec
  yield* Effect.logWarning(`bd migrates the store, as beads.allowMigration says; its output is in ${log}`)
  const process = yield* bd.launch(operation, ["migrate", "schema"], log)
  const ended = yield* exec
    .liveness(process)
    .pipe(
      Effect.repeat({ until: (liveness) => liveness === "dead", schedule: Schedule.spaced("500 millis") }),
      Effect.timeoutOption(PATIENCE)
    )
  if (ended._tag === "Some") return
  const detail = `bd still migrates the store (pid ${process.pid}, log ${log})`
  const next = "Do not stop it; a later run goes on"
  return yield* new TrackerFailed({ operation, reason: "migration", detail, next, blame: "config" })
})
