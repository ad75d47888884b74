import { DateTime, Duration, Effect } from "effect"
import { createdOf, type Attempt } from "../../domain/Attempt.ts"
import { ageOf, moment } from "../../domain/BootClock.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { Notice, Journal } from "../../journal/Journal.ts"
import { abandon } from "./abandon.ts"
import { jobCertainlyOver } from "../../domain/longestTimes.ts"
import { stillOpen, type Claims, type Settlement, type SettleServices } from "./settlement.ts"

/**
 * Leaves an attempt alone whose state directory this one is a copy of: the original may be at work on it. Once its job is
 * certainly over, releases its claim. `state adopt` says that the directory was moved; then the attempt is settled as usual.
 */
export const settleCopied = Effect.fn("settle.copied")(function* (
  attempt: Attempt,
  claims: Claims
): Effect.fn.Return<Settlement, JournalFailed, SettleServices> {
  const [journal, settings] = yield* Effect.all([Journal, CurrentSettings])
  const { actor, beads } = attempt
  const now = yield* moment
  const left = Duration.toMillis(jobCertainlyOver(settings)) - ageOf(createdOf(attempt), now)
  const why = "it was made before this state directory was copied or moved, and the original may be at work on it"
  if (left < 0) {
    return yield* abandon(attempt, { end: "lost", blame: "host", detail: `${why}; its time is over` }, claims)
  }
  const until = DateTime.formatIso(DateTime.unsafeMake(now.at + left))
  const next = `left alone until ${until}; if the directory was moved: nightly-dispatch state adopt`
  const text = `${beads}: ${why}; ${next}`
  yield* journal.notice(Notice.make({ key: `copied ${actor}`, kind: "claim_stuck", beads, text }))
  return stillOpen(attempt, `${why}; ${next}`)
})
