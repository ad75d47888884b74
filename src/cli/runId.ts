import { Clock, Effect, Random } from "effect"
import { digest } from "../domain/digest.ts"
import { hostOf } from "../domain/Actor.ts"
import { runIdOf, type RunId } from "../domain/Ids.ts"

/** A new run's id, for a dispatcher that keeps its state in this directory of this machine. */
export const newRunId = (host: string, stateDirectory: string): Effect.Effect<RunId> =>
  Effect.gen(function* () {
    const random = yield* Random.nextIntBetween(0, 0x1_00_00_00)
    return runIdOf(yield* Clock.currentTimeMillis, random, digest(`${hostOf(host)} ${stateDirectory}`).slice(0, 4))
  })
