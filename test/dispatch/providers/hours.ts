import { Effect, TestClock } from "effect"
import { nightlyRun } from "../../../src/dispatch/nightlyRun.ts"
import { RunId } from "../../../src/domain/Ids.ts"
import { isLive } from "../../../src/domain/Job.ts"
import { FakeRunnerState, FakeWorkspacesState } from "../../../src/testing/index.ts"
import { options, withLog } from "../support.ts"

let runs = 0

/** The run of the next hour, the first one at 1:00, with its log. */
export const nextHour = Effect.gen(function* () {
  yield* TestClock.adjust("1 hour")
  runs++
  const run = RunId.make(`20261122T030000Z-${String(runs).padStart(6, "0")}`)
  const { lines, result } = yield* withLog(nightlyRun({ ...options, run }))
  return {
    lines,
    result,
    started: result.outcomes.flatMap((outcome) => (outcome._tag === "Dispatched" ? [String(outcome.provider)] : [])),
    asked: result.providers.map(({ provider }) => String(provider))
  }
})

/** The rest of how a job ends, as the runner knows it. */
type Known = Parameters<FakeRunnerState["Type"]["finish"]>[2]

/** Ends every running job with this exit code; a job that ends with 0 leaves work. */
export const endJobs = Effect.fn("endJobs")(function* (exitCode: number, known?: Known) {
  const [runner, workspaces] = yield* Effect.all([FakeRunnerState, FakeWorkspacesState])
  for (const { beads, worktree } of (yield* runner.jobs).filter(isLive)) {
    if (exitCode === 0) yield* workspaces.leaveWork(worktree ?? "")
    yield* runner.finish(beads, exitCode, known)
  }
})
