import { Clock, Effect } from "effect"
import { ownMarks, type Identity } from "../../domain/Identity.ts"
import { coversHost, coversSame, inForce, overAt, type Pause } from "../../domain/Pause.ts"
import { bound } from "./dialect.ts"
import type { Calls, Methods, Records } from "./calls.ts"
import { sql } from "./transactions.ts"

/** The pauses that are in force at this time (milliseconds since the epoch), the newest first. */
export const pausesInForce = ({ decode }: Pick<Calls, "decode">, { pauses }: Pick<Records, "pauses">, now: number) =>
  Effect.gen(function* () {
    const rows = yield* sql<{ id: number; pause: string }>`SELECT id, pause FROM pauses
      WHERE over IS NULL OR over > ${bound(now)} ORDER BY id DESC`
    const found = yield* Effect.forEach(rows, ({ id, pause }) =>
      Effect.map(decode(pauses, pause), (pause) => ({ id, pause }))
    )
    const counts = new Set(
      inForce(
        found.map(({ pause }) => pause),
        now
      )
    )
    return found.filter(({ pause }) => counts.has(pause))
  })

/** The methods that pause dispatching, for the dispatcher with this identity. */
export const pauseMethods = (
  calls: Calls,
  records: Records,
  identity: Identity
): Methods<"pause" | "resume" | "paused"> => {
  const { read, transaction } = calls
  const { pauses } = records

  /** Ends the pause that is in force and covers the same, and gives it. */
  const end = Effect.fnUntraced(function* (at: number, by: string, covers: Pause["covers"]) {
    const found = (yield* pausesInForce(calls, records, at)).find(({ pause }) => coversSame(pause, { covers }))
    if (found === undefined) return undefined
    const { text } = yield* pauses.encode({ ...found.pause, ended: { at, by } })
    yield* sql`UPDATE pauses SET over = ${at}, pause = ${text} WHERE id = ${found.id}`
    return found.pause
  })

  return {
    pause: Effect.fn("Journal.pause")(function* (pause: Pause) {
      const replaced = yield* end(yield* Clock.currentTimeMillis, pause.by, pause.covers)
      const { text } = yield* pauses.encode(pause)
      yield* sql`INSERT INTO pauses (at, over, pause) VALUES (${pause.at}, ${overAt(pause) ?? null}, ${text})`
      return replaced
    }, transaction),

    resume: Effect.fn("Journal.resume")(function* (by: string, covers?: Pause["covers"]) {
      return yield* end(yield* Clock.currentTimeMillis, by, covers)
    }, transaction),

    paused: Clock.currentTimeMillis.pipe(
      Effect.flatMap((now) => read(pausesInForce(calls, records, now))),
      Effect.map((found) => found.find(({ pause }) => coversHost(pause, ownMarks(identity)))?.pause),
      Effect.withSpan("Journal.paused")
    )
  }
}
