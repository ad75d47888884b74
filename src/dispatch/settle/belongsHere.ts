import { DateTime, Duration, Effect } from "effect"
import { createdOf, endingOf, type Attempt, type Ending } from "../../domain/Attempt.ts"
import { ageOf, moment } from "../../domain/BootClock.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { Journal } from "../../journal/Journal.ts"
import { jobCertainlyOver } from "../../domain/longestTimes.ts"
import { stillOpen, type Settlement } from "./settlement.ts"

/**
 * Whether the attempt's claim is in this run's tracker. An attempt of an earlier version recorded only its repository.
 *
 * @example
 * belongsHere(attempt, { trackers: ["/src/app/.beads"], repository: { name: "app", path: "/src/app" } })
 */
export const belongsHere = (
  { repository, tracker }: Attempt,
  here: Pick<RunOptions, "repository"> & { readonly trackers: ReadonlyArray<string> }
): boolean =>
  tracker === undefined || here.trackers.length === 0
    ? repository.path === here.repository.path
    : here.trackers.includes(tracker)

/**
 * Leaves an attempt of another tracker or repository alone. Once its job is certainly over, settles it in the journal only:
 * this run cannot see its claim.
 */
export const settleElsewhere = Effect.fn("settle.elsewhere")(function* (
  attempt: Attempt
): Effect.fn.Return<Settlement, JournalFailed, Journal> {
  const [journal, settings] = yield* Effect.all([Journal, CurrentSettings])
  const now = yield* moment
  const left = Duration.toMillis(jobCertainlyOver(settings)) - ageOf(createdOf(attempt), now)
  const where = attempt.tracker === undefined ? `repository ${attempt.repository.path}` : `tracker ${attempt.tracker}`
  if (left >= 0) {
    const until = DateTime.formatIso(DateTime.unsafeMake(now.at + left))
    return stillOpen(attempt, `it belongs to the ${where}. Run settle there; here it is left alone until ${until}`)
  }
  const detail = `it belongs to the ${where}, which did not settle it; its claim and worktree were left alone`
  const lost: Ending = { end: "lost", blame: "host", detail }
  const found = attempt.phase === "verifying" ? attempt.found : endingOf(attempt)
  const settled = yield* journal.advance(attempt.actor, { _tag: "Settled", ...(found ?? lost) })
  yield* Effect.logWarning(`settled ${attempt.beads} (${attempt.actor}) in the journal only: ${detail}`)
  return { _tag: "Ended", attempt: settled, promptIsOver: false }
})
