import { Clock, Effect } from "effect"
import { isOver, overAt, type Pause } from "../../domain/Pause.ts"
import type { Calls, Methods, Records } from "./calls.ts"
import { sql } from "./transactions.ts"

/** The methods that pause dispatching. At most one pause is in force: the newest. */
export const pauseMethods = (
  { decode, read, transaction }: Calls,
  { pauses }: Records
): Methods<"pause" | "resume" | "paused"> => {
  const newest = (now: number) =>
    Effect.gen(function* () {
      const [row] = yield* sql<{ id: number; pause: string }>`SELECT id, pause FROM pauses ORDER BY id DESC LIMIT 1`
      if (row === undefined) return undefined
      const pause = yield* decode(pauses, row.pause)
      return isOver(pause, now) ? undefined : { id: row.id, pause }
    })

  /** Ends the pause that is in force, and gives it. */
  const end = Effect.fnUntraced(function* (at: number, by: string) {
    const found = yield* newest(at)
    if (found === undefined) return undefined
    const { text } = yield* pauses.encode({ ...found.pause, ended: { at, by } })
    yield* sql`UPDATE pauses SET over = ${at}, pause = ${text} WHERE id = ${found.id}`
    return found.pause
  })

  return {
    pause: Effect.fn("Journal.pause")(function* (pause: Pause) {
      const replaced = yield* end(yield* Clock.currentTimeMillis, pause.by)
      const { text } = yield* pauses.encode(pause)
      yield* sql`INSERT INTO pauses (at, over, pause) VALUES (${pause.at}, ${overAt(pause) ?? null}, ${text})`
      return replaced
    }, transaction),

    resume: Effect.fn("Journal.resume")(function* (by: string) {
      return yield* end(yield* Clock.currentTimeMillis, by)
    }, transaction),

    paused: Clock.currentTimeMillis.pipe(
      Effect.flatMap((now) => read(newest(now))),
      Effect.map((found) => found?.pause),
      Effect.withSpan("Journal.paused")
    )
  }
}
