import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import { RunnerFailed, TrackerFailed } from "../../../src/domain/Failure.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { FakeBeads, FakeJournalState, FakeRunner, FakeRunnerState } from "../../../src/testing/index.ts"
import { inWorld, type World } from "../support.ts"
import { actorOf, attemptLeftIn, EARLIER, firstBug, heldIssue, job, settle } from "./support.ts"

/** A world with this many bugs, each claimed by an attempt that an earlier run left open. */
const claimedBugs = (count: number): World => {
  const ids = Array.from({ length: count }, (_, index) => BeadsId.make(`bd-${index + 1}`))
  const attempts = ids.map((beads, index) => attemptLeftIn("claimed", { beads, actor: actorOf(EARLIER, index + 1) }))
  return {
    beads: { issues: attempts.map(({ actor, beads }) => ({ ...heldIssue, id: beads, assignee: actor })) },
    journal: { attempts }
  }
}

describe("settling when a tool fails", () => {
  it.effect("claim and attempt stay when the runner cannot be asked for the job", () =>
    inWorld(
      {
        beads: { issues: [heldIssue] },
        journal: { attempts: [attemptLeftIn("acknowledged")] },
        runner: {
          faults: [
            FakeRunner.on("job").fails(new RunnerFailed({ operation: "report", detail: "no answer", blame: "runner" }))
          ]
        }
      },
      Effect.gen(function* () {
        const { lines } = yield* settle
        const { attempt, issue } = yield* firstBug
        assert.strictEqual(attempt?.phase, "acknowledged")
        assert.strictEqual(issue?.assignee, actorOf(EARLIER))
        assert.isTrue(
          lines.some((line) =>
            /bd-1: not settled yet, the next run tries again: the runner cannot tell: no answer/.test(line)
          )
        )
      })
    )
  )

  it.effect("a slow runner holds settling up for timeouts.run at most, and the other attempts stay open", () =>
    inWorld(
      {
        ...claimedBugs(20),
        settings: { timeouts: { run: "6 min" } },
        runner: {
          faults: [
            FakeRunner.on("job").delays("1 minute").withoutLimit(),
            FakeRunner.on("running").delays("1 minute").withoutLimit()
          ]
        }
      },
      Effect.gen(function* () {
        const fiber = yield* Effect.fork(settle)
        yield* TestClock.adjust("8 minutes")
        const { lines } = yield* Fiber.join(fiber)
        const open = (yield* (yield* FakeJournalState).attempts).filter(({ phase }) => phase !== "settled")
        assert.strictEqual(open.length, 17)
        assert.isTrue(
          lines.some((line) =>
            line.includes("bd-20: not settled yet, the next run tries again: timeouts.run is used up")
          )
        )
      })
    )
  )

  it.effect("when the release fails, the journal keeps how the job ended, and the next run releases the claim", () =>
    inWorld(
      {
        beads: {
          issues: [heldIssue],
          faults: [
            FakeBeads.on("release")
              .fails(new TrackerFailed({ operation: "release", reason: "timeout", detail: "locked", blame: "tracker" }))
              .times(1)
          ]
        },
        journal: { attempts: [attemptLeftIn("acknowledged")] },
        runner: { jobs: [job({ phase: "failed", exitCode: 3 })] }
      },
      Effect.gen(function* () {
        yield* settle
        assert.deepInclude({ ...(yield* firstBug).attempt }, { phase: "ending", end: "failed" })
        yield* (yield* FakeRunnerState).forget("bd-1")
        yield* settle
        const { attempt, issue } = yield* firstBug
        assert.deepInclude({ ...attempt }, { phase: "settled", end: "failed", blame: "issue" })
        assert.isUndefined(issue?.assignee)
      })
    )
  )
})
