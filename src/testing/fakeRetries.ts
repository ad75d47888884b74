import { Clock, Effect, Ref } from "effect"
import type { BeadsId } from "../domain/Ids.ts"
import type { Retry } from "../domain/Retry.ts"

/** The part of a journal in memory that remembers the last retry of each bug. */
export const makeRetries = Effect.gen(function* () {
  const retries = yield* Ref.make<ReadonlyArray<Retry>>([])
  const without = (beads: BeadsId, all: ReadonlyArray<Retry>) => all.filter((retry) => retry.beads !== beads)
  return {
    all: Ref.get(retries),
    add: (beads: BeadsId, note?: string) =>
      Effect.flatMap(Clock.currentTimeMillis, (at) =>
        Ref.update(retries, (all) => [...without(beads, all), note === undefined ? { beads, at } : { beads, at, note }])
      ),
    /** The work was accepted: what the agent should know is no longer needed. */
    dropNote: (beads: BeadsId) =>
      Ref.update(retries, (all) => all.map((retry) => (retry.beads === beads ? { beads, at: retry.at } : retry))),
    remove: (isOld: (retry: Retry) => boolean) => Ref.update(retries, (all) => all.filter((retry) => !isOld(retry)))
  }
})
