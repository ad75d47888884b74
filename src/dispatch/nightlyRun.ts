import { Clock, DateTime, Duration, Effect, Either, Option, Ref, type Scope } from "effect"
import type { BeadsCli } from "../beads/BeadsCli.ts"
import { summaryEvent } from "../domain/Event.ts"
import type { DispatchError, JournalFailed } from "../domain/Failure.ts"
import { standing } from "../domain/History.ts"
import { actorOf } from "../domain/Actor.ts"
import { RunReport, type ProviderCheck } from "../domain/RunReport.ts"
import type { Outcome } from "../domain/Outcome.ts"
import { CurrentSettings } from "../domain/Settings.ts"
import { oneLine } from "../domain/Text.ts"
import { Journal } from "../journal/Journal.ts"
import { fixPrompt } from "../prompt/fixPrompt.ts"
import type { PromptStore } from "../prompt/PromptStore.ts"
import { DxRunner } from "../runner/DxRunner.ts"
import type { Workspaces } from "../workspace/Workspaces.ts"
import { alone } from "../journal/exclusively.ts"
import { announce, dispatchAll } from "./dispatchAll.ts"
import { Dispatcher } from "./attempt/Dispatcher.ts"
import type { RunOptions } from "../domain/RunOptions.ts"
import { giveUp, shown, standings } from "./plan/earlier.ts"
import { EXIT, exitOf } from "../domain/exitCode.ts"
import { noProvider } from "./providers/chain.ts"
import { makeLeaseKeeper } from "./claims/leases.ts"
import { NOTHING_SETTLED, settleEarlier } from "./settle/settleEarlier.ts"
import { look } from "./plan/look.ts"
import { busy, plan } from "./plan/plan.ts"
import { Room } from "../host/Room.ts"

interface Night {
  readonly backends: RunReport["backends"]
  readonly fetched: number
  readonly chosen: number
  readonly settled: number
  readonly outcomes: ReadonlyArray<Outcome>
  readonly providers: ReadonlyArray<ProviderCheck>
  readonly exit: number
  readonly error?: string
}

const NOTHING: Night = {
  backends: { beads: "", runner: "", workspace: "" },
  fetched: 0,
  chosen: 0,
  settled: 0,
  outcomes: [],
  providers: [],
  exit: EXIT.ok
}

const night = Effect.fn("night")(function* (
  options: RunOptions,
  deadline: number
): Effect.fn.Return<Night, JournalFailed, Services | Scope.Scope> {
  const [dispatcher, runner, settings] = yield* Effect.all([Dispatcher, DxRunner, CurrentSettings])
  const { host, repository, run } = options
  const earlier = dispatcher.dry ? NOTHING_SETTLED : yield* settleEarlier(options)
  const settled = earlier.settled.filter(({ _tag }) => _tag === "Ended").length
  const seen = yield* look(repository)
  const nothing: Night = { ...NOTHING, backends: seen.backends, settled }
  const ended = (exit: number, error: Pick<DispatchError, "message">) =>
    Effect.gen(function* () {
      yield* Effect.logError(error.message)
      return { ...nothing, providers: yield* seen.pool.checks, exit, error: oneLine(error.message) }
    })
  if (Either.isLeft(seen.intake)) return yield* ended(EXIT.tracker, seen.intake.left)
  if (Either.isLeft(seen.workspace)) return yield* ended(EXIT.config, seen.workspace.left)
  const lack = yield* Effect.flatMap(Room, (room) => room.lacking)
  if (lack !== undefined) return yield* ended(EXIT.state, { message: lack })
  const intake = seen.intake.right
  const known = yield* standings(intake.issues)
  const jobs = busy(seen.running, earlier.open)
  const full = jobs.size >= settings.limits.maxParallel
  const underWay = full ? [] : yield* shown([...jobs].filter((id) => !known.has(id)))
  const { chosen, skipped } = plan({
    intake,
    settings,
    running: seen.running,
    unsettled: earlier.open,
    underWay,
    standing: (issue) => known.get(issue.id) ?? standing([], ""),
    promptRefusal: (issue) =>
      runner.promptRefusal(fixPrompt({ issue, repo: repository.name, worktree: "/", marker: "plan" })),
    now: yield* Clock.currentTimeMillis
  })
  yield* Effect.forEach(skipped, announce, { discard: true })
  const leases = yield* makeLeaseKeeper
  if (!dispatcher.dry) {
    yield* giveUp(skipped, intake.issues, actorOf({ host, run, attempt: 1 }))
    yield* leases.adopt(seen.running)
  }
  const counter = yield* Ref.make(0)
  const nextAttempt = Ref.updateAndGet(counter, (count) => count + 1)
  const parallel = Math.max(1, settings.limits.maxParallel - seen.running.size)
  const error = Option.getOrUndefined(Either.getLeft(seen.provider))
  if (error !== undefined) yield* Effect.logError(`❌ ${oneLine(error.message)}`)
  const outcomes =
    error !== undefined
      ? yield* Effect.forEach(chosen, (issue) => announce(noProvider(issue, error)))
      : yield* dispatchAll(chosen, { ...options, pool: seen.pool, leases, nextAttempt }, parallel, deadline)
  yield* leases.farewell
  return {
    ...nothing,
    fetched: intake.issues.length + intake.malformed.length,
    chosen: chosen.length,
    outcomes: [...skipped, ...outcomes],
    providers: yield* seen.pool.checks,
    exit: exitOf(outcomes)
  }
})

type Services = BeadsCli | DxRunner | Journal | PromptStore | Workspaces | Dispatcher

const reportOf = Effect.fn("reportOf")(function* (options: RunOptions, begin: number, told: Night) {
  const dispatcher = yield* Dispatcher
  const count = (tag: Outcome["_tag"]) => told.outcomes.filter((outcome) => outcome._tag === tag).length
  return RunReport.make({
    ...told,
    run: options.run,
    startedAt: DateTime.formatIso(DateTime.unsafeMake(begin)),
    dryRun: dispatcher.dry,
    dispatched: count("Dispatched"),
    failed: count("Failed"),
    skipped: count("Skipped"),
    durationMs: (yield* Clock.currentTimeMillis) - begin
  })
})

const noJournal = (error: JournalFailed): Effect.Effect<Night> =>
  Effect.as(Effect.logError(error.message), { ...NOTHING, exit: EXIT.state, error: oneLine(error.message) })

/** A night that its journal failed has a report all the same. */
const reported = <R>(options: RunOptions, begin: number, night: Effect.Effect<Night, JournalFailed, R>) =>
  Effect.flatMap(Effect.catchAll(night, noJournal), (told) => reportOf(options, begin, told))

/** A run that is in the journal, from its first step to its report. */
const recorded = Effect.fn("recorded")(function* (
  options: RunOptions,
  begin: number,
  deadline: number
): Effect.fn.Return<RunReport, JournalFailed, Services | Scope.Scope> {
  const journal = yield* Journal
  yield* journal.begin({ run: options.run, host: options.host, at: begin })
  const report = yield* reported(options, begin, night(options, deadline))
  return yield* journal.end(report).pipe(
    Effect.as(report),
    Effect.catchAll((error) =>
      Effect.as(Effect.logError(error.message), RunReport.make({ ...report, exit: EXIT.state, error: error.message }))
    )
  )
})

/**
 * One night's run: settle what earlier runs left, look, plan, dispatch, summarise. Never fails: what went wrong is in the
 * report, with the exit code that says so. An interruption gets through after everything was put back. While another run
 * of the same state directory is active nothing is done.
 *
 * @example
 * nightlyRun({ run, host: "vm-1", repository }).pipe(Effect.provide(layer))
 */
export const nightlyRun = Effect.fn("nightlyRun")(function* (
  options: RunOptions
): Effect.fn.Return<RunReport, never, Services> {
  const [dispatcher, settings] = yield* Effect.all([Dispatcher, CurrentSettings])
  const begin = yield* Clock.currentTimeMillis
  const deadline = begin + Duration.toMillis(settings.timeouts.run)
  const report = yield* Effect.scoped(
    dispatcher.dry
      ? reported(options, begin, night(options, deadline))
      : alone(options.run, recorded(options, begin, deadline), (holder) =>
          reportOf(options, begin, { ...NOTHING, error: `another run is active (${holder})` })
        ).pipe(Effect.catchAll((error) => reported(options, begin, Effect.fail(error))))
  )
  yield* Effect.logInfo(summaryEvent(report))
  return report
})
