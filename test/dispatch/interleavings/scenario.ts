import { Context, Duration, Effect, Exit, Fiber, Layer, Ref, TestClock } from "effect"
import type { RunReport } from "../../../src/domain/RunReport.ts"
import {
  FakeBeads,
  FakeBeadsState,
  FakeJournal,
  FakeJournalState,
  FakePrompts,
  FakeRunner,
  FakeVerifier,
  FakeWorkspaces
} from "../../../src/testing/index.ts"
import { claimsLeftBy, contradictionsIn, leftoversAfter, mustReport } from "./invariants.ts"
import type { Plan } from "./plans.ts"
import { applyEvent, asleepIfKilled, logLine, OURS, run, START, type Stage } from "./stage.ts"

/** The result of a scenario. */
export interface ScenarioResult {
  /** Broken promises; empty if all is well. */
  readonly violations: ReadonlyArray<string>
  /** Everything that happened, for a person who has to understand a violation. */
  readonly log: ReadonlyArray<string>
}

const minutes = (count: number) => TestClock.adjust(Duration.minutes(count))

/** The fakes of this plan's bugs. */
const fakesOf = (plan: Plan) =>
  Layer.mergeAll(
    FakeBeads.layer({
      issues: Array.from({ length: plan.bugs }, (_, n) => ({ id: `bd-${n + 1}`, title: `${"abcde"[n]} fails` })),
      ...(plan.leases ? { lease: "5 minutes" } : {})
    }),
    FakeRunner.layer(),
    FakePrompts.layer(),
    FakeVerifier.layer(),
    FakeWorkspaces.layer(),
    FakeJournal.layer()
  )

type Fakes = Context.Context<Layer.Layer.Success<ReturnType<typeof fakesOf>>>
type RunFiber = Fiber.RuntimeFiber<RunReport>

/** Interrupts or kills the run at its time, if the plan says so. */
const endRun = Effect.fnUntraced(function* (stage: Stage, fakes: Fakes, fiber: RunFiber) {
  const { end } = stage.plan
  if (end === "by itself") return
  if ("interrupted" in end) {
    yield* TestClock.adjust(Duration.seconds(end.interrupted))
    yield* logLine(stage, "the run is interrupted")
    yield* Effect.forkDaemon(Fiber.interrupt(fiber))
  } else {
    yield* TestClock.adjust(Duration.seconds(end.killed))
    yield* logLine(stage, "the run is killed")
    yield* Ref.set(stage.isKilled, true)
    yield* Context.get(fakes, FakeJournalState).crash
  }
})

/** Checks the end of a run that was not killed. */
const checkEnd = Effect.fnUntraced(function* (stage: Stage, fakes: Fakes, fiber: RunFiber) {
  if ((yield* Fiber.poll(fiber))._tag === "None") {
    // A call hangs whose caller sets no time limit.
    yield* logLine(stage, "the run is interrupted because it still hangs")
    yield* Effect.forkDaemon(Fiber.interrupt(fiber))
    yield* minutes(10)
  }
  const exit = yield* Fiber.poll(fiber)
  if (exit._tag === "None") {
    stage.violations.push("the run does not end")
    return
  }
  if (Exit.isSuccess(exit.value)) stage.violations.push(...contradictionsIn(exit.value.value))
  else if (mustReport(stage)) stage.violations.push("the run has no report")
  stage.violations.push(...(yield* Effect.provide(claimsLeftBy(stage), fakes)))
})

/** An undisturbed run of ten minutes, which must find nothing wrong and leave nothing behind. */
const cleanRun = Effect.fnUntraced(function* (stage: Stage, fakes: Fakes, number: number) {
  const { violations } = stage
  yield* logLine(stage, "a clean run")
  const fiber = yield* Effect.forkDaemon(run(stage, fakes, number))
  yield* minutes(10)
  const exit = yield* Fiber.poll(fiber)
  if (exit._tag === "None" || !Exit.isSuccess(exit.value)) {
    violations.push(`clean run ${number} did not end well`)
    return
  }
  const report = exit.value.value
  violations.push(...contradictionsIn(report))
  // Another host's claim ends a job of the disturbed run: the clean run says so.
  const saysFailed = report.exit === 3 && report.ended.some(({ end }) => end !== "succeeded")
  if (report.exit !== 0 && !saysFailed)
    violations.push(`clean run ${number} ended with ${report.exit} (${report.error ?? "no error"})`)
  violations.push(...(yield* Effect.provide(leftoversAfter(stage, `after clean run ${number}`), fakes)))
  for (const outcome of report.outcomes)
    if (outcome._tag === "Skipped" && outcome.reason === "unsettled")
      violations.push(`clean run ${number} finds ${outcome.beads} unsettled`)
})

/**
 * A disturbed run, which ends by itself or is ended, while other actors work on the same bugs. Two clean runs follow, ten
 * minutes apart.
 */
export const scenario = (plan: Plan) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(START)
    const fakes = yield* Layer.build(fakesOf(plan))
    const stage: Stage = {
      plan,
      begin: START,
      isKilled: yield* Ref.make(false),
      isDisturbing: yield* Ref.make(true),
      callCounts: new Map(),
      startsWithError: new Map(),
      happened: [],
      log: [],
      violations: []
    }
    const beads = Context.get(fakes, FakeBeadsState)
    for (const event of plan.events) yield* Effect.forkDaemon(Effect.provide(applyEvent(stage, event), fakes))

    const fiber = yield* Effect.forkDaemon(asleepIfKilled(stage, run(stage, fakes, 1)))
    yield* endRun(stage, fakes, fiber)
    yield* minutes(70)
    const claimsOfOthers = (yield* beads.issues).filter(
      ({ assignee }) => assignee !== undefined && !assignee.startsWith(OURS)
    )
    if (plan.end === "by itself" || "interrupted" in plan.end) yield* checkEnd(stage, fakes, fiber)
    yield* Ref.set(stage.isDisturbing, false)

    for (const number of [2, 3]) yield* cleanRun(stage, fakes, number)
    const issues = yield* beads.issues
    for (const { assignee, id } of claimsOfOthers) {
      const after = issues.find((issue) => issue.id === id)
      if (after?.assignee !== assignee)
        stage.violations.push(`${id} was claimed by ${assignee} and is now claimed by ${after?.assignee ?? "no actor"}`)
    }
    return { violations: stage.violations, log: stage.log } satisfies ScenarioResult
  }).pipe(Effect.scoped)
