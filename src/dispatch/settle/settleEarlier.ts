import { Clock, Duration, Effect, Option } from "effect"
import type { BeadsCli } from "../../beads/BeadsCli.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import { isOwn } from "../../domain/Identity.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { isLive } from "../../domain/Job.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { Journal } from "../../journal/Journal.ts"
import { PromptStore, type ReleasedClaims } from "../../prompt/PromptStore.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import type { Workspaces } from "../../workspace/Workspaces.ts"
import { findOrphans } from "./orphans.ts"
import { settleAttempt, type Settlement } from "./settleAttempt.ts"

/** The result of settling the attempts of earlier runs. */
export interface SettleReport {
  readonly settled: ReadonlyArray<Settlement>
  /** Bugs whose attempts are not over: their job runs, or their state cannot be known yet. */
  readonly open: ReadonlySet<BeadsId>
}

/** The report of a dry run, which settles nothing. */
export const NOTHING_SETTLED: SettleReport = { settled: [], open: new Set() }

/** Removes the prompt files of ended jobs. A file stays if its attempt is open, or if its job is unknown. */
const sweepPrompts = Effect.fn("settle.prompts")(
  function* (open: ReadonlySet<BeadsId>, released: ReleasedClaims, listed: ReadonlySet<string>) {
    const [journal, prompts, runner] = yield* Effect.all([Journal, PromptStore, DxRunner])
    const isFinished = (id: BeadsId) =>
      open.has(id) ? Effect.succeed(false) : Effect.map(runner.job(id), (job) => job === undefined || !isLive(job))
    const removed = yield* prompts.sweep(isFinished, {
      isOwn: (mark) => isOwn(journal.identity, mark),
      listed,
      released
    })
    if (removed.length > 0) yield* Effect.logInfo(`removed ${removed.length} prompt file(s) of ended jobs`)
  },
  Effect.catchAll((error) => Effect.logWarning(`prompt files of ended jobs stay until the next run: ${error.message}`))
)

/** The prompts of the attempts that have ended. */
const promptsOf = (settled: ReadonlyArray<Settlement>): ReadonlySet<string> =>
  new Set(
    settled.flatMap(({ _tag, attempt }) =>
      _tag === "Ended" && "prompt" in attempt && attempt.prompt !== undefined ? [attempt.prompt.path] : []
    )
  )

/**
 * Settles the open attempts of earlier runs and the orphans, as far as the runner and the tracker can tell, and removes the
 * prompt files of ended jobs. Doing it twice changes nothing. Attempts for which `timeouts.run` leaves no time stay open.
 */
export const settleEarlier = Effect.fn("settle")(function* (
  options: RunOptions
): Effect.fn.Return<SettleReport, JournalFailed, BeadsCli | DxRunner | Journal | PromptStore | Workspaces> {
  const [journal, { timeouts }] = yield* Effect.all([Journal, CurrentSettings])
  const begin = yield* Clock.currentTimeMillis
  const deadline = begin + Duration.toMillis(timeouts.run)
  const recorded = yield* journal.open
  const found = yield* findOrphans(options).pipe(
    Effect.tapErrorTag("TrackerFailed", ({ message }) =>
      Effect.logWarning(`cannot look for claims of lost runs, so they stay for the next run: ${message}`)
    ),
    Effect.map(Option.some),
    Effect.catchTag("TrackerFailed", () => Effect.succeedNone)
  )
  const attempts = [
    ...recorded.map((attempt) => ({ attempt, lastSign: attempt.updatedAt })),
    ...Option.getOrElse(found, () => [])
  ]
  const settled = yield* Effect.forEach(attempts, ({ attempt, lastSign }) =>
    Effect.gen(function* () {
      const isInTime = (yield* Clock.currentTimeMillis) < deadline
      const settlement: Settlement = isInTime
        ? yield* settleAttempt(attempt, lastSign)
        : { _tag: "Open", attempt, why: "timeouts.run is used up" }
      if (settlement._tag === "Open") {
        yield* Effect.logWarning(`${attempt.beads}: not settled yet, the next run tries again: ${settlement.why}`)
      }
      return settlement
    })
  )
  const open = new Set(settled.flatMap(({ _tag, attempt }) => (_tag === "Ended" ? [] : [attempt.beads])))
  const released = settled.flatMap((result) =>
    result._tag === "Ended" && result.released ? [result.attempt.beads] : []
  )
  // Without the claims it is unknown which bugs of a lost journal are at work.
  if (Option.isSome(found)) yield* sweepPrompts(open, { beads: new Set(released), before: begin }, promptsOf(settled))
  return { settled, open }
})
