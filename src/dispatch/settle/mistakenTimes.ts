import { Clock, DateTime, Effect } from "effect"
import { isMistaken } from "../../domain/BootClock.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import { Notice, Journal } from "../../journal/Journal.ts"

const isoOf = (millis: number): string => DateTime.formatIso(DateTime.unsafeMake(millis))

/** Says that steps in the journal are dated in the future, once for each latest date, and what follows. */
export const nameMistakenTimes: Effect.Effect<void, JournalFailed, Journal> = Effect.gen(function* () {
  const [journal, now] = yield* Effect.all([Journal, Clock.currentTimeMillis])
  const mistaken = (yield* journal.since(now)).filter(({ updatedAt }) => isMistaken(updatedAt, now))
  const latest = Math.max(...mistaken.map(({ updatedAt }) => updatedAt))
  if (mistaken.length === 0) return
  const text =
    `the journal dates ${mistaken.length} attempt(s) in the future, up to ${isoOf(latest)}; now it is ${isoOf(now)}. ` +
    "The clock was wrong then, or is wrong now: check it. They put no provider on probation, and no bug waits longer than a day for them"
  if (yield* journal.notice(Notice.make({ key: `clock ${latest}`, kind: "clock_wrong", text }))) {
    yield* Effect.logWarning(text)
  }
}).pipe(Effect.withSpan("settle.nameMistakenTimes"))
