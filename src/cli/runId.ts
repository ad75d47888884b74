import { Clock, DateTime, Effect, Random } from "effect"
import { RunId } from "../domain/Ids.ts"

/** A new run's id: its start in UTC and six random hex digits. */
export const newRunId: Effect.Effect<RunId> = Effect.gen(function* () {
  const now = DateTime.formatIso(DateTime.unsafeMake(yield* Clock.currentTimeMillis))
  const random = yield* Random.nextIntBetween(0, 0x1_00_00_00)
  return RunId.make(`${now.slice(0, 19).replace(/[-:]/g, "")}Z-${random.toString(16).padStart(6, "0")}`)
})
