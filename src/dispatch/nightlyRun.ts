import { Clock, DateTime, Duration, Effect, Either, Option, Ref, type Scope } from "effect"
import type { BeadsCli } from "../beads/BeadsCli.ts"
import { outcomeEvent, summaryEvent, type LogEvent } from "../domain/Event.ts"
import { stopsRun, type DispatchError } from "../domain/Failure.ts"
import type { RunId } from "../domain/Ids.ts"
import type { Issue } from "../domain/Issue.ts"
import { RunReport, Skipped, type Outcome, type ProviderCheck } from "../domain/Outcome.ts"
import { CurrentSettings, type Settings } from "../domain/Settings.ts"
import { oneLine } from "../domain/Text.ts"
import { fixPrompt } from "../prompt/fixPrompt.ts"
import { DxRunner } from "../runner/DxRunner.ts"
import type { Repository, Workspaces } from "../workspace/Workspaces.ts"
import { Dispatcher, type RunContext } from "./Dispatcher.ts"
import { EXIT, exitOf } from "./exitCode.ts"
import { noProvider } from "./chain.ts"
import { makeLeaseKeeper } from "./leases.ts"
import { look } from "./look.ts"
import { plan } from "./plan.ts"

/** Which run this is, where it runs, and what it works on. */
export interface RunOptions {
  readonly run: RunId
  readonly host: string
  readonly repository: Repository
}

const announce = Effect.fn("announce")(function* (outcome: Outcome) {
  const event: LogEvent = outcomeEvent(outcome)
  yield* outcome._tag === "Failed" ? Effect.logError(event) : Effect.logInfo(event)
  return outcome
})

/** The longest that one dispatch may take; what is left of the run's window must hold it. */
const longestDispatch = ({ timeouts }: Settings): Duration.Duration =>
  Duration.sum(
    Duration.sum(timeouts.preflight, timeouts.ack),
    Duration.sum(timeouts.workspace, Duration.times(timeouts.beads, 3))
  )

/** Dispatches the chosen bugs, a few at a time, until one of them shows that the next would fail the same way. */
const dispatchAll = Effect.fn("dispatchAll")(function* (
  chosen: ReadonlyArray<Issue>,
  context: RunContext,
  parallel: number,
  deadline: number
) {
  const [dispatcher, settings] = yield* Effect.all([Dispatcher, CurrentSettings])
  const stopped = yield* Ref.make(Option.none<string>())
  const leave = (issue: Issue, detail: string) => new Skipped({ beads: issue.id, reason: "run_stopped", detail })
  const one = Effect.fn("dispatchOne")(function* (issue: Issue): Effect.fn.Return<Outcome> {
    const stop = yield* Ref.get(stopped)
    if (Option.isSome(stop)) return leave(issue, stop.value)
    if ((yield* Clock.currentTimeMillis) + Duration.toMillis(longestDispatch(settings)) > deadline) {
      return leave(issue, "what is left of timeouts.run cannot hold another dispatch")
    }
    const outcome = yield* dispatcher.dispatch(issue, context)
    if (outcome._tag === "Failed" && stopsRun(outcome)) yield* Ref.set(stopped, Option.some(outcome.error))
    return outcome
  })
  return yield* Effect.forEach(chosen, (issue) => Effect.flatMap(one(issue), announce), { concurrency: parallel })
})

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

const night = Effect.fn("night")(function* (
  options: RunOptions,
  deadline: number
): Effect.fn.Return<Night, never, Services | Scope.Scope> {
  const [dispatcher, runner, settings] = yield* Effect.all([Dispatcher, DxRunner, CurrentSettings])
  const settled = yield* dispatcher.settle
  const seen = yield* look(options.repository)
  const nothing = { backends: seen.backends, fetched: 0, chosen: 0, settled, outcomes: [] }
  const ended = (exit: number, error: DispatchError) =>
    Effect.gen(function* () {
      yield* Effect.logError(error.message)
      return { ...nothing, providers: yield* seen.pool.checks, exit, error: oneLine(error.message) }
    })
  if (Either.isLeft(seen.intake)) return yield* ended(EXIT.tracker, seen.intake.left)
  if (Either.isLeft(seen.workspace)) return yield* ended(EXIT.config, seen.workspace.left)
  const intake = seen.intake.right
  const { chosen, skipped } = plan({
    intake,
    settings,
    running: seen.running,
    refusal: (issue) =>
      runner.refusal(fixPrompt({ issue, repo: options.repository.name, worktree: "/", marker: "plan" })),
    now: yield* Clock.currentTimeMillis
  })
  yield* Effect.forEach(skipped, announce, { discard: true })
  const leases = yield* makeLeaseKeeper
  if (!dispatcher.dry) yield* leases.adopt(seen.running)
  const parallel = Math.max(1, settings.limits.maxParallel - seen.running.size)
  const error = Option.getOrUndefined(Either.getLeft(seen.provider))
  if (error !== undefined) yield* Effect.logError(`❌ ${oneLine(error.message)}`)
  const outcomes =
    error !== undefined
      ? yield* Effect.forEach(chosen, (issue) => announce(noProvider(issue, error)))
      : yield* dispatchAll(chosen, { ...options, pool: seen.pool, leases }, parallel, deadline)
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

type Services = BeadsCli | DxRunner | Workspaces | Dispatcher

/**
 * One night's run: look, plan, dispatch, summarise. Never fails: what went wrong is in the report, with the exit code
 * that says so. An interruption gets through after everything was put back.
 *
 * @example
 * nightlyRun({ run, host: "vm-1", repository }).pipe(Effect.provide(layer))
 */
export const nightlyRun = Effect.fn("nightlyRun")(function* (
  options: RunOptions
): Effect.fn.Return<RunReport, never, Services> {
  const [dispatcher, settings] = yield* Effect.all([Dispatcher, CurrentSettings])
  const begin = yield* Clock.currentTimeMillis
  const told = yield* Effect.scoped(night(options, begin + Duration.toMillis(settings.timeouts.run)))
  const count = (tag: Outcome["_tag"]) => told.outcomes.filter((outcome) => outcome._tag === tag).length
  const report = RunReport.make({
    ...told,
    run: options.run,
    startedAt: DateTime.formatIso(DateTime.unsafeMake(begin)),
    dryRun: dispatcher.dry,
    dispatched: count("Dispatched"),
    failed: count("Failed"),
    skipped: count("Skipped"),
    durationMs: (yield* Clock.currentTimeMillis) - begin
  })
  yield* Effect.logInfo(summaryEvent(report))
  return report
})
