import { Clock, Effect, Ref } from "effect"
import type { JournalFailed } from "../domain/Failure.ts"
import { isOver, type Pause } from "../domain/Pause.ts"

/** The part of a journal in memory that remembers the pauses. */
export const makePauses = Effect.fnUntraced(function* (
  earlier: ReadonlyArray<Pause>,
  asRecord: (pause: Pause) => Effect.Effect<Pause, JournalFailed>
) {
  const pauses = yield* Ref.make(earlier)
  const paused = Effect.zipWith(Ref.get(pauses), Clock.currentTimeMillis, (all, now) => {
    const last = all.at(-1)
    return last === undefined || isOver(last, now) ? undefined : last
  })
  /** Ends the pause that is in force, and gives it. */
  const resume = Effect.fnUntraced(function* (by: string) {
    const found = yield* paused
    if (found === undefined) return undefined
    const ended = yield* asRecord({ ...found, ended: { at: yield* Clock.currentTimeMillis, by } })
    yield* Ref.update(pauses, (all) => [...all.slice(0, -1), ended])
    return found
  })
  return {
    paused,
    resume,
    pause: Effect.fnUntraced(function* (pause: Pause) {
      const record = yield* asRecord(pause)
      const replaced = yield* resume(pause.by)
      yield* Ref.update(pauses, (all) => [...all, record])
      return replaced
    }),
    remove: (isOld: (pause: Pause) => boolean) => Ref.update(pauses, (all) => all.filter((pause) => !isOld(pause)))
  }
})
