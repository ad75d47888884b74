import { Clock, Effect, Random } from "effect"
import { runIdOf, type RunId } from "./Ids.ts"

/**
 * The id of a new run: the time of Effect's Clock, and random digits.
 *
 * @example
 * const run = yield* newRunId // 20261122T030000Z-4f2a91c7d0
 */
export const newRunId: Effect.Effect<RunId> = Effect.flatMap(Random.nextIntBetween(0, 2 ** 40), (random) =>
  Effect.map(Clock.currentTimeMillis, (now) => runIdOf(now, random))
)
