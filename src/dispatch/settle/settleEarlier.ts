import { Clock, Duration, Effect, Option } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { ACTOR_PREFIX, isCopiedAttempt } from "../../domain/Actor.ts"
import { EXIT } from "../../domain/exitCode.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import type { Attempt } from "../../domain/Attempt.ts"
import { isOwn, type Identity } from "../../domain/Identity.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { isLive } from "../../domain/Job.ts"
import type { Repository } from "../../domain/Repository.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { Journal } from "../../journal/Journal.ts"
import { PromptStore, type ReleasedClaims } from "../../prompt/PromptStore.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import type { Workspaces } from "../../workspace/Workspaces.ts"
import { belongsHere, settleElsewhere } from "./belongsHere.ts"
import { findOrphans } from "./orphans.ts"
import { settleAttempt } from "./settleAttempt.ts"
import { settleCopied } from "./settleCopied.ts"
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

/** Dispatchers' claims in the tracker; `None` if they cannot be read. */
const readClaims = Effect.flatMap(BeadsCli, (beads) => beads.claimsOf(ACTOR_PREFIX)).pipe(
  Effect.tapError(({ message }) =>
    Effect.logWarning(`cannot look for claims of lost runs, so they stay for the next run: ${message}`)
  ),
  Effect.option
)

/** Names the claims that the attempt's agent holds on other bugs. */
const nameOthers = ({ actor, beads }: Attempt, claims: Claims) =>
  Effect.forEach(
    claims.filter(({ assignee, id }) => assignee === actor && id !== beads),
    ({ id }) =>
      Effect.logWarning(`${id} is claimed by ${actor}, the agent of ${beads}; released when that attempt settles`),
    { discard: true }
  )

/** How an attempt is settled: by whose it is. */
const settlerFor =
  (repository: Repository, identity: Identity, claims: Claims) => (attempt: Attempt, lastSign: number) => {
    if (isCopiedAttempt(identity, attempt.actor)) return settleCopied(attempt, claims)
    return belongsHere(attempt, { repository, trackers: identity.trackers })
      ? settleAttempt(attempt, lastSign, claims)
      : settleElsewhere(attempt)
  }

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
  const found = yield* readClaims
  const claims = Option.getOrElse(found, (): Claims => [])
  const orphans = yield* findOrphans(claims, options)
  const attempts = [...recorded.map((attempt) => ({ attempt, lastSign: attempt.updatedAt })), ...orphans]
  const settleOne = settlerFor(options.repository, journal.identity, claims)
  const settled = yield* Effect.forEach(attempts, ({ attempt, lastSign }) =>
    Effect.gen(function* () {
      const isInTime = (yield* Clock.currentTimeMillis) < deadline
      const settlement: Settlement = isInTime
        ? yield* settleOne(attempt, lastSign)
        : stillOpen(attempt, "timeouts.run is used up")
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
  // Without the claims it is unknown which bugs of a lost journal are at work.
  if (Option.isSome(found)) yield* sweepPrompts(open, { beads: new Set(released), before: begin }, promptsOf(settled))
  const mayRun = settled.some((result) => result._tag === "Ended" && result.mayRun === true)
  return { settled, open, exit: mayRun ? EXIT.failed : EXIT.ok }
})
