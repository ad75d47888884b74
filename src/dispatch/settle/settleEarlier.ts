import { Clock, Duration, Effect } from "effect"
import type { BeadsCli } from "../../beads/BeadsCli.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { isLive } from "../../domain/Job.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { Journal } from "../../journal/Journal.ts"
import { PromptStore, type GivenBack } from "../../prompt/PromptStore.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import type { Workspaces } from "../../workspace/Workspaces.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { findOrphans } from "./orphans.ts"
import { settleAttempt, type Settled } from "./settleAttempt.ts"

/** What became of what earlier runs had left. */
export interface SettleReport {
  readonly settled: ReadonlyArray<Settled>
  /** Issues whose attempts are not over: they have a job, or nobody can tell. */
  readonly open: ReadonlySet<BeadsId>
}

/** For a dry run, which settles nothing. */
export const NOTHING_SETTLED: SettleReport = { settled: [], open: new Set() }

/** Removes the prompt files of jobs that have ended. What cannot be told or removed stays, and so does an open attempt's. */
const sweepPrompts = Effect.fn("settle.prompts")(
  function* (open: ReadonlySet<BeadsId>, givenBack: GivenBack) {
    const [prompts, runner] = yield* Effect.all([PromptStore, DxRunner])
    const isFinished = (id: BeadsId) =>
      open.has(id) ? Effect.succeed(false) : Effect.map(runner.job(id), (job) => job === undefined || !isLive(job))
    const removed = yield* prompts.sweep(isFinished, givenBack)
    if (removed.length > 0) yield* Effect.logInfo(`removed ${removed.length} prompt file(s) of ended jobs`)
  },
  Effect.catchAll((error) => Effect.logWarning(`prompt files not swept: ${error.message}`))
)

/**
 * Brings everything that earlier runs left unfinished to an end, as far as the runner and the tracker can tell: open
 * attempts, claims that only the tracker knows of, prompt files. Doing it twice changes nothing. What `timeouts.run` does
 * not hold stays as it is for the next time.
 */
export const settleEarlier = Effect.fn("settle")(function* (
  options: RunOptions
): Effect.fn.Return<SettleReport, JournalFailed, BeadsCli | DxRunner | Journal | PromptStore | Workspaces> {
  const [journal, { timeouts }] = yield* Effect.all([Journal, CurrentSettings])
  const begun = yield* Clock.currentTimeMillis
  const deadline = begun + Duration.toMillis(timeouts.run)
  const known = yield* journal.open
  const orphans = yield* findOrphans(known, options).pipe(
    Effect.catchTag("TrackerFailed", (error) =>
      Effect.as(Effect.logWarning(`claims of lost runs are not looked for: ${error.message}`), [])
    )
  )
  const attempts = [...known.map((attempt) => ({ attempt, lastSign: attempt.updatedAt })), ...orphans]
  const settled = yield* Effect.forEach(attempts, ({ attempt, lastSign }) =>
    Effect.gen(function* () {
      const inTime = (yield* Clock.currentTimeMillis) < deadline
      const one: Settled = inTime
        ? yield* settleAttempt(attempt, lastSign)
        : { _tag: "Open", attempt, why: "timeouts.run is used up" }
      if (one._tag === "Open") yield* Effect.logWarning(`${attempt.beads}: not settled yet: ${one.why}`)
      return one
    })
  )
  const open = new Set(settled.flatMap(({ _tag, attempt }) => (_tag === "Ended" ? [] : [attempt.beads])))
  const givenBack = settled.flatMap((one) => (one._tag === "Ended" && one.givenBack ? [one.attempt.beads] : []))
  yield* sweepPrompts(open, { beads: new Set(givenBack), before: begun })
  return { settled, open }
})
