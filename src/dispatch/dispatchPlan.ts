import { Duration, Effect, Either, Number, Option, Ref, type Scope } from "effect"
import { actorOf } from "../domain/Actor.ts"
import { bootMillis } from "../domain/BootClock.ts"
import { emit } from "../domain/Events.ts"
import { stopsRun } from "../domain/Blame.ts"
import type { JournalFailed } from "../domain/Failure.ts"
import type { BeadsId } from "../domain/Ids.ts"
import type { Issue } from "../domain/Issue.ts"
import { Skipped, type Outcome, type SkipReason } from "../domain/Outcome.ts"
import type { RunOptions } from "../domain/RunOptions.ts"
import { CurrentSettings } from "../domain/Settings.ts"
import { longestDispatch } from "../domain/longestTimes.ts"
import { oneLine } from "../domain/Text.ts"
import { ensureWatcher } from "../domain/Watching.ts"
import { Journal } from "../journal/Journal.ts"
import { Dispatcher, type DispatchServices, type RunContext } from "./attempt/Dispatcher.ts"
import { overTime } from "./attempt/overTime.ts"
import { commentOnMendable } from "./attempt/mendable.ts"
import { makeSuspicions } from "./attempt/suspicion.ts"
import { makeLeaseKeeper } from "./claims/leases.ts"
import { hostBusy } from "./plan/hostBusy.ts"
import { makeReserve } from "./plan/nightBudget.ts"
import type { Plan } from "./plan/plan.ts"
import { whyPaused } from "./plan/paused.ts"
import { reportUsedUp } from "./plan/usedUp.ts"
import { watchOpen } from "./settle/openHere.ts"
import type { Assignment } from "./providers/assign.ts"
import type { ProviderPool } from "./providers/ProviderPool.ts"

/**
 * Dispatches the chosen bugs, at most `parallel` at a time, until an outcome shows that the next bug would fail the same
 * way, until dispatching is paused, or until the time left cannot hold another dispatch. A bug whose turn comes while the host is
 * busy, or when the night's budget is spent, is left alone.
 */
const dispatchAll = Effect.fn("dispatchAll")(function* (
  assignments: ReadonlyArray<Assignment>,
  context: Omit<RunContext, "passedOver">,
  { deadline, parallel, running }: { readonly deadline: number; readonly parallel: number; readonly running: number }
) {
  const [dispatcher, settings] = yield* Effect.all([Dispatcher, CurrentSettings])
  const stopped = yield* Ref.make(Option.none<string>())
  const jobs = yield* Ref.make(running)
  const reserve = yield* makeReserve
  const leaveAlone = (issue: Issue, detail: string, reason: SkipReason = "run_stopped") =>
    new Skipped({ beads: issue.id, reason, detail })
  const dispatch = Effect.fnUntraced(function* (
    assignment: Assignment
  ): Effect.fn.Return<Outcome, never, DispatchServices | Scope.Scope> {
    if (assignment._tag === "Left") return assignment.outcome
    const { chain, issue, passedOver } = assignment
    const stop = yield* Ref.get(stopped)
    if (Option.isSome(stop)) return leaveAlone(issue, stop.value)
    const paused = yield* whyPaused
    if (paused !== undefined) return leaveAlone(issue, paused)
    const left = deadline - (yield* bootMillis)
    if (Duration.toMillis(longestDispatch(settings.timeouts)) > left) {
      return leaveAlone(issue, "the time left of timeouts.run cannot hold another dispatch")
    }
    const spent = yield* Effect.either(reserve(issue.id))
    if (Either.isLeft(spent)) return leaveAlone(issue, `how much budget is left cannot be told: ${spent.left.message}`)
    if (spent.right !== undefined) return leaveAlone(issue, spent.right, "budget")
    const busy = yield* hostBusy(yield* Ref.get(jobs))
    if (busy !== undefined) return leaveAlone(issue, busy, "host_busy")
    const outcome = yield* Effect.timeoutTo(
      dispatcher.dispatch(issue, { ...context, passedOver, pool: { ...context.pool, chain } }),
      {
        duration: Duration.millis(left),
        onSuccess: (outcome) => Effect.succeed(outcome),
        onTimeout: () => overTime(issue, context.run)
      }
    ).pipe(Effect.flatten)
    // A run that is killed after this leaves a watcher.
    if (outcome._tag === "Dispatched") yield* Effect.zipRight(Ref.update(jobs, Number.increment), ensureWatcher)
    if (outcome._tag === "Failed" && stopsRun(outcome)) yield* Ref.set(stopped, Option.some(outcome.error))
    return outcome
  }, Effect.scoped)
  return yield* Effect.forEach(assignments, (assignment) => Effect.tap(dispatch(assignment), emit), {
    concurrency: parallel
  })
})

/** What dispatching needs of the steps before. */
export interface DispatchBasis {
  readonly plan: Plan
  readonly assignments: ReadonlyArray<Assignment>
  /** The bugs that were read. */
  readonly issues: ReadonlyArray<Issue>
  readonly pool: ProviderPool
  readonly running: ReadonlySet<BeadsId>
}

/** Carries out the plan: logs the skipped bugs, dispatches the chosen ones, and renews claims until the last is done. */
export const dispatchPlan = Effect.fn("dispatchPlan")(function* (
  { assignments, issues, plan: { chosen, maxParallel, policyFailure, probe, skipped }, pool, running }: DispatchBasis,
  options: RunOptions,
  deadline: number
): Effect.fn.Return<ReadonlyArray<Outcome>, JournalFailed, DispatchServices | Dispatcher | Scope.Scope> {
  const dispatcher = yield* Dispatcher
  const ownActor = Effect.map(Journal, ({ identity: { mark } }) => actorOf({ ...options, mark, attempt: 1 }))
  yield* emit({ _tag: "PlanMade", chosen: chosen.map(({ id }) => id), skipped: skipped.length })
  if (policyFailure !== undefined)
    yield* Effect.logError(`${policyFailure}; the bugs are dispatched in the usual order`)
  yield* Effect.forEach(skipped, emit, { discard: true })
  const [leases, suspicions] = yield* Effect.all([makeLeaseKeeper(), makeSuspicions])
  if (!dispatcher.dry) {
    yield* reportUsedUp(skipped, issues, yield* ownActor)
    yield* leases.keepOfJobs(running)
  }
  const counter = yield* Ref.make(0)
  const nextAttempt = Ref.updateAndGet(counter, (count) => count + 1)
  const parallel = Math.max(1, maxParallel - running.size)
  const [none] = assignments.flatMap((each) =>
    each._tag === "Left" && each.outcome._tag === "Failed" ? [each.outcome] : []
  )
  if (none !== undefined) yield* Effect.logError(`❌ ${oneLine(none.error)}`)
  const context = { ...options, pool, leases, suspicions, nextAttempt, probe }
  const outcomes = yield* dispatchAll(assignments, context, { deadline, parallel, running: running.size })
  if (!dispatcher.dry) {
    // Also for a job that may run although its start failed.
    yield* watchOpen(options)
    for (const outcome of outcomes) {
      if (outcome._tag !== "Failed") continue
      const { beads, blame, error: detail } = outcome
      yield* commentOnMendable({ beads, blame, detail }, yield* ownActor)
    }
  }
  yield* leases.renewAtEnd
  return outcomes
})
