import { Duration, Effect, Either, Ref, type Scope } from "effect"
import type { BeadsCli } from "../beads/BeadsCli.ts"
import { Heartbeat } from "../alerts/Heartbeat.ts"
import { moment, type Moment } from "../domain/BootClock.ts"
import { emit } from "../domain/Events.ts"
import { EXIT } from "../domain/exitCode.ts"
import type { JournalFailed, WorkspaceFailed } from "../domain/Failure.ts"
import { newRunId } from "../domain/newRunId.ts"
import type { RunOptions } from "../domain/RunOptions.ts"
import { noneTaken } from "../domain/noneTaken.ts"
import { RunLocked, runFailureOf, type RunEnd, type RunFailure } from "../domain/RunEnd.ts"
import { completed } from "../domain/RunPlace.ts"
import type { RunReport } from "../domain/RunReport.ts"
import { CurrentSettings } from "../domain/Settings.ts"
import { ofRun } from "../domain/ofRun.ts"
import { oneLine } from "../domain/Text.ts"
import { exclusively } from "../journal/exclusively.ts"
import { Journal } from "../journal/Journal.ts"
import type { PromptStore } from "../prompt/PromptStore.ts"
import type { DxRunner } from "../runner/DxRunner.ts"
import type { Verifier } from "../runner/Verifier.ts"
import type { Workspaces } from "../workspace/Workspaces.ts"
import { Dispatcher } from "./attempt/Dispatcher.ts"
import { logRemains } from "./attempt/remains.ts"
import { dispatchPlan } from "./dispatchPlan.ts"
import { RunDeadline } from "./limits/limits.ts"
import { withLimits } from "./limits/limitedServices.ts"
import { lookEarly } from "./plan/lookEarly.ts"
import { hasUnread } from "./plan/unread.ts"
import { pausedResult } from "./plan/paused.ts"
import { beginWarmUp } from "./plan/warmUp.ts"
import { pruneDaily } from "./prune/pruneDaily.ts"
import { howItWent } from "./howItWent.ts"
import { planned } from "./planned.ts"
import { NOTHING_DONE, reported, toReport, withJobs, withJournalFailed, type RunResult } from "./runResult.ts"
import { nameMistakenTimes } from "./settle/mistakenTimes.ts"
import { watchOpen } from "./settle/openHere.ts"
import { NOTHING_SETTLED, settleEarlier } from "./settle/settleEarlier.ts"
import { tellInterruption } from "./tellInterruption.ts"
import { beginTurn } from "./turn.ts"

/** The services that a run uses. */
export type RunServices = BeadsCli | DxRunner | Journal | PromptStore | Verifier | Workspaces | Dispatcher

/** When the run began, and when it should be done by the boot clock, in milliseconds. */
interface RunTime {
  readonly begin: Moment
  readonly deadline: number
}

/** Settles, looks, plans, dispatches. */
const work = Effect.fn("run.work")(function* (
  options: RunOptions,
  { deadline }: RunTime
): Effect.fn.Return<RunResult, JournalFailed, RunServices | Scope.Scope> {
  const dispatcher = yield* Dispatcher
  yield* emit({ _tag: "RunBegun", run: options.run, host: options.host, dryRun: dispatcher.dry })
  yield* beginWarmUp(dispatcher.dry)
  if (!dispatcher.dry) yield* nameMistakenTimes
  const begun = yield* beginTurn(dispatcher.dry)
  const seenAfter = yield* lookEarly(options.repository)
  const earlier = dispatcher.dry ? NOTHING_SETTLED : yield* settleEarlier(options)
  // Also for jobs of earlier runs: this run may take long, or be killed.
  if (!dispatcher.dry) yield* watchOpen(options)
  const settled = earlier.settled.filter(({ _tag }) => _tag === "Ended").length
  const paused = yield* pausedResult
  const problem = earlier.exit === EXIT.ok ? undefined : "failed"
  if (paused !== undefined) return { ...NOTHING_DONE, ...paused, settled, problem }
  const turn = yield* begun.turn
  const seen = yield* seenAfter(earlier, turn.readsBugs)
  const result = Effect.map(seen.backends, (backends) => ({ ...NOTHING_DONE, backends, settled }))
  const stop = Effect.fnUntraced(function* (end: Extract<RunEnd, { readonly error: unknown }>) {
    yield* Effect.logError(end.error.message)
    return { ...(yield* result), providers: yield* seen.pool.checks, end }
  })
  if (Either.isLeft(seen.intake)) return yield* stop({ _tag: "tracker", error: seen.intake.left })
  const intake = seen.intake.right
  const basis = yield* Effect.either(planned({ seen, intake, options, open: earlier.open }, turn))
  if (Either.isLeft(basis)) {
    const error = basis.left
    if (error._tag === "JournalFailed") return yield* error
    if (error._tag !== "RoomLacking") return yield* stop({ _tag: "config", error })
    if (!dispatcher.dry) yield* pruneDaily(options, deadline)
    return yield* stop({ _tag: "state", error })
  }
  const { plan, share } = basis.right
  const { noProvider, why } = share
  if (noProvider !== undefined) yield* Effect.logError(`❌ ${oneLine(noProvider.message)}`)
  const outcomes = [...plan.skipped, ...(yield* dispatchPlan(basis.right, options, deadline))]
  yield* share.done(outcomes)
  if (!dispatcher.dry) yield* pruneDaily(options, deadline)
  return {
    ...(yield* result),
    fetched: basis.right.issues.length + intake.malformed.length,
    chosen: plan.chosen.length,
    outcomes,
    end: noProvider === undefined ? { _tag: "done" } : { _tag: "no_provider", error: noProvider },
    noneTaken:
      (plan.chosen.length === 0 ? why : undefined) ??
      noneTaken(intake.others, outcomes, (yield* CurrentSettings).intake),
    providers: yield* seen.pool.checks,
    problem: (yield* hasUnread(intake)) ? "unread" : problem
  }
})

/** Writes the run into the journal, from its first step to its report. */
const recorded = Effect.fn("run.recorded")(function* (
  options: RunOptions,
  time: RunTime
): Effect.fn.Return<RunReport, JournalFailed, RunServices | Scope.Scope> {
  const journal = yield* Journal
  yield* journal.begin({ run: options.run, host: options.host, at: time.begin.at })
  yield* Effect.flatMap(Heartbeat, ({ begun }) => begun(options.run))
  const report = yield* reported(options, time.begin, Effect.flatMap(work(options, time), withJobs))
  return yield* journal.end(report).pipe(
    Effect.as(report),
    Effect.catchAll((error) => Effect.as(Effect.logError(error.message), withJournalFailed(report, error)))
  )
})

/** A run whose id, host and repository are known. */
const runAt = Effect.fn("nightlyRun")(function* (options: RunOptions): Effect.fn.Return<RunReport, never, RunServices> {
  const [dispatcher, settings] = yield* Effect.all([Dispatcher, CurrentSettings])
  const begin = yield* moment
  const time = { begin, deadline: begin.boot.millis + Duration.toMillis(settings.timeouts.run) }
  const heartbeat = yield* Heartbeat
  // A dry run, and a run that was skipped, count neither way.
  const isSilent = yield* Ref.make(dispatcher.dry)
  const skipped = (holder: string) =>
    Effect.zipRight(
      Ref.set(isSilent, true),
      toReport(options, begin, { ...NOTHING_DONE, end: { _tag: "locked", error: new RunLocked({ holder }) } })
    )
  const run = dispatcher.dry
    ? reported(options, begin, Effect.flatMap(work(options, time), withJobs))
    : exclusively(options.run, recorded(options, time), skipped).pipe(
        Effect.catchAll((error) => reported(options, begin, Effect.fail(error))),
        Effect.onInterrupt(() =>
          Effect.zipRight(
            logRemains(options.run),
            heartbeat.ended(options.run, "interrupted", "the run was interrupted")
          )
        )
      )
  const report = yield* withLimits(Effect.scoped(run)).pipe(
    Effect.provideService(RunDeadline, time.deadline),
    tellInterruption(options, begin)
  )
  yield* emit({ _tag: "RunEnded", report })
  if (!(yield* Ref.get(isSilent))) yield* heartbeat.ended(options.run, report.exit, howItWent(report))
  return report
}, ofRun)

/** The report of a run that does not know its repository. */
const nowhere = Effect.fn("run.nowhere")(function* (given: Partial<RunOptions>, error: WorkspaceFailed) {
  const repository = given.repository ?? { name: "", path: "" }
  const options = { run: given.run ?? (yield* newRunId), host: given.host ?? "", repository }
  const end: RunEnd = { _tag: "config", error }
  const failed = Effect.as(Effect.logError(error.message), { ...NOTHING_DONE, end })
  return yield* ofRun(reported(options, yield* moment, failed), options)
})

/**
 * One run: lock, settle the attempts of earlier runs, look, plan, dispatch, summarise. While dispatching is paused, it only settles.
 * Never fails: the report says how the run ended, with the error. An interruption ends the effect after the rollback; then only
 * the event `RunEnded` has the report. Does nothing while another run of the same state directory is active. What is not given is
 * a new run id, this host, and the repository of the settings, as `layer` knows them.
 *
 * @example
 * nightlyRun().pipe(Effect.provide(layer(settings, surroundings)), Effect.provide(NodeContext.layer))
 */
export const nightlyRun = (given: Partial<RunOptions> = {}): Effect.Effect<RunReport, never, RunServices> =>
  Effect.matchEffect(completed(given), { onSuccess: runAt, onFailure: (error) => nowhere(given, error) })

/**
 * A run like `nightlyRun`, for a program that composes: succeeds only with the report of a run that was done, and fails with the
 * error that kept the run from its work. A run of which a bug's dispatch or a job failed was done: see `problem` of its report.
 *
 * @example
 * nightlyRunOrFail().pipe(
 *   Effect.catchTag("RunLocked", "RunPaused", () => Effect.void),
 *   Effect.catchTag("TrackerFailed", ({ detail }) => Effect.logError(detail))
 * )
 */
export const nightlyRunOrFail = (given: Partial<RunOptions> = {}): Effect.Effect<RunReport, RunFailure, RunServices> =>
  Effect.flatMap(nightlyRun(given), (report) => {
    const failure = runFailureOf(report.end)
    return failure === undefined ? Effect.succeed(report) : Effect.fail(failure)
  })
