import { Clock, Effect, Ref } from "effect"
import type { JournalFailed } from "../domain/Failure.ts"
import { ownMarks, type Identity } from "../domain/Identity.ts"
import { coversHost, coversSame, inForce, type Pause } from "../domain/Pause.ts"

/** The part of a journal in memory that remembers the pauses. `identity`: whose journal it is. */
export const makePauses = Effect.fnUntraced(function* (
  earlier: ReadonlyArray<Pause>,
  identity: Identity,
  asRecord: (pause: Pause) => Effect.Effect<Pause, JournalFailed>
) {
  const pauses = yield* Ref.make(earlier)
  /** The newest of these that is in force. */
  const newest = (isMeant: (pause: Pause) => boolean) =>
    Effect.zipWith(Ref.get(pauses), Clock.currentTimeMillis, (all, now) => inForce(all.toReversed(), now).find(isMeant))
  /** Ends the pause that is in force and covers this, and gives it. */
  const resume = Effect.fnUntraced(function* (by: string, covers?: Pause["covers"]) {
    const found = yield* newest((pause) => coversSame(pause, { covers }))
    if (found === undefined) return undefined
    const ended = yield* asRecord({ ...found, ended: { at: yield* Clock.currentTimeMillis, by } })
    yield* Ref.update(pauses, (all) => all.map((pause) => (pause === found ? ended : pause)))
    return found
  })
  return {
    paused: newest((pause) => coversHost(pause, ownMarks(identity))),
    resume,
    pause: Effect.fnUntraced(function* (pause: Pause) {
      const record = yield* asRecord(pause)
      const replaced = yield* resume(pause.by, pause.covers)
      yield* Ref.update(pauses, (all) => [...all, record])
      return replaced
    }),
    remove: (isOld: (pause: Pause) => boolean) => Ref.update(pauses, (all) => all.filter((pause) => !isOld(pause)))
  }
})
