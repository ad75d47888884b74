import { Clock, Duration, Effect } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { ACTOR_PREFIX } from "../../domain/Actor.ts"
import { EXIT } from "../../domain/exitCode.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import type { Attempt } from "../../domain/Attempt.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { isLive } from "../../domain/Job.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { Journal } from "../../journal/Journal.ts"
import { PromptStore, type ReleasedClaims } from "../../prompt/PromptStore.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import type { Workspaces } from "../../workspace/Workspaces.ts"
import { belongsHere, settleElsewhere } from "./belongsHere.ts"
import { findOrphans } from "./orphans.ts"
import { settleAttempt } from "./settleAttempt.ts"
import { stillOpen, type Claims, type Settlement } from "./settlement.ts"

/** The result of settling the attempts of earlier runs. */
export interface SettleReport {
  readonly settled: ReadonlyArray<Settlement>
  /** Bugs whose attempts are not over: their job runs, or their state cannot be known yet. */
  readonly open: ReadonlySet<BeadsId>
  /** `EXIT.failed` if an attempt was settled although its job may still work. */
  readonly exit: typeof EXIT.ok | typeof EXIT.failed
}

/** The report of a dry run, which settles nothing. */
export const NOTHING_SETTLED: SettleReport = { settled: [], open: new Set(), exit: EXIT.ok }

/** Removes the prompt files of ended jobs. A file stays if its attempt is open, or if its job is unknown. */
const sweepPrompts = Effect.fn("settle.prompts")(
  function* (open: ReadonlySet<BeadsId>, released: ReleasedClaims) {
    const [prompts, runner] = yield* Effect.all([PromptStore, DxRunner])
    const isFinished = (id: BeadsId) =>
      open.has(id) ? Effect.succeed(false) : Effect.map(runner.job(id), (job) => job === undefined || !isLive(job))
    const removed = yield* prompts.sweep(isFinished, released)
    if (removed.length > 0) yield* Effect.logInfo(`removed ${removed.length} prompt file(s) of ended jobs`)
  },
  Effect.catchAll((error) => Effect.logWarning(`prompt files of ended jobs stay until the next run: ${error.message}`))
)

/** Dispatchers' claims in the tracker; none if they cannot be read. */
const readClaims = Effect.flatMap(BeadsCli, (beads) => beads.claimsOf(ACTOR_PREFIX)).pipe(
  Effect.catchAll(({ message }) =>
    Effect.as(Effect.logWarning(`cannot look for claims of lost runs, so they stay for the next run: ${message}`), [])
  )
)

/** Names the claims that the attempt's agent holds on other bugs. */
const nameOthers = ({ actor, beads }: Attempt, claims: Claims) =>
  Effect.forEach(
    claims.filter(({ assignee, id }) => assignee === actor && id !== beads),
    ({ id }) =>
      Effect.logWarning(`${id} is claimed by ${actor}, the agent of ${beads}; released when that attempt settles`),
    { discard: true }
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
  const claims = yield* readClaims
  const orphans = yield* findOrphans(recorded, claims, options)
  const attempts = [
    ...recorded.map((attempt) => ({ attempt, lastSign: attempt.updatedAt, isHere: belongsHere(attempt, options) })),
    // Their claim was found in this tracker.
    ...orphans.map(({ attempt, lastSign }) => ({ attempt, lastSign, isHere: true }))
  ]
  const settled = yield* Effect.forEach(attempts, ({ attempt, isHere, lastSign }) =>
    Effect.gen(function* () {
      const isInTime = (yield* Clock.currentTimeMillis) < deadline
      const settlement: Settlement = !isInTime
        ? stillOpen(attempt, "timeouts.run is used up")
        : isHere
          ? yield* settleAttempt(attempt, lastSign, claims)
          : yield* settleElsewhere(attempt)
      if (settlement._tag !== "Ended") yield* nameOthers(attempt, claims)
      if (settlement._tag === "Open") {
        yield* Effect.logWarning(`${attempt.beads}: not settled yet, the next run tries again: ${settlement.why}`)
      }
      return settlement
    })
  )
  const open = new Set(settled.flatMap(({ _tag, attempt }) => (_tag === "Ended" ? [] : [attempt.beads])))
  const released = settled.flatMap((result) =>
    result._tag === "Ended" && result.promptIsOver ? [result.attempt.beads] : []
  )
  yield* sweepPrompts(open, { beads: new Set(released), before: begin })
  const mayRun = settled.some((result) => result._tag === "Ended" && result.mayRun === true)
  return { settled, open, exit: mayRun ? EXIT.failed : EXIT.ok }
})
