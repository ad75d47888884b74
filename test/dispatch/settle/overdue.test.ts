import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { endingOf } from "../../../src/domain/Attempt.ts"
import { Workspace } from "../../../src/domain/Workspace.ts"
import { FakeJournalState, FakeRunner, FakeRunnerState } from "../../../src/testing/index.ts"
import { inWorld, type World } from "../support.ts"
import { actorOf, attemptLeftIn, EARLIER, firstBug, heldIssue, HOUR, job, settle } from "./support.ts"

describe("a job that runs longer than limits.maxRuntime", () => {
  const overdue: World = {
    beads: { issues: [heldIssue] },
    journal: { attempts: [attemptLeftIn("acknowledged", { workspace: Workspace.make({ path: "/x", reused: true }) })] },
    runner: { jobs: [job()] }
  }

  it.effect("is stopped and recorded as stalled, and its claim is released", () =>
    inWorld(
      overdue,
      Effect.gen(function* () {
        yield* settle
        const { attempt, issue } = yield* firstBug
        assert.deepInclude({ ...attempt }, { end: "stalled", blame: "issue", phase: "settled" })
        assert.isUndefined(issue?.assignee)
        const [ended] = yield* (yield* FakeRunnerState).jobs
        assert.strictEqual(ended?.phase, "stopped")
      })
    )
  )

  it.effect("and waited for a person all the time is not its bug's fault", () =>
    inWorld(
      { ...overdue, runner: { jobs: [job({ words: "Proceed? [y/N]", fault: "provider" })] } },
      Effect.gen(function* () {
        yield* settle
        const { attempt } = yield* firstBug
        assert.deepInclude({ ...attempt }, { end: "stalled", blame: "provider", phase: "settled" })
        assert.match((attempt && endingOf(attempt)?.detail) ?? "", /: Proceed\? \[y\/N\]/)
      })
    )
  )

  it.effect("and cannot be stopped keeps claim and attempt, and raises one alert", () =>
    inWorld(
      { ...overdue, runner: { jobs: [job()], faults: [FakeRunner.on("stop").answers(() => false)] } },
      Effect.gen(function* () {
        yield* settle
        yield* settle
        const { attempt, issue } = yield* firstBug
        assert.strictEqual(attempt?.phase, "acknowledged")
        assert.strictEqual(issue?.assignee, actorOf(EARLIER))
        assert.deepStrictEqual(
          (yield* (yield* FakeJournalState).notices).map(({ kind }) => kind),
          ["claim_stuck"]
        )
      })
    )
  )

  it.effect("is not stopped before limits.maxRuntime is over", () =>
    inWorld(
      { ...overdue, runner: { jobs: [job({ startedAt: -HOUR })] } },
      Effect.gen(function* () {
        yield* settle
        assert.strictEqual((yield* firstBug).attempt?.phase, "acknowledged")
        const calls = yield* (yield* FakeRunnerState).calls
        assert.isFalse(calls.some(({ method }) => method === "stop"))
      })
    )
  )
})
