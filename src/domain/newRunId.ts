import { Clock, Effect, Random } from "effect"
import { runIdOf, type RunId } from "./Ids.ts"

/** The id of a new run. */
export const newRunId: Effect.Effect<RunId> = Effect.flatMap(Random.nextIntBetween(0, 2 ** 40), (random) =>
  Effect.map(Clock.currentTimeMillis, (now) => runIdOf(now, random))
)
