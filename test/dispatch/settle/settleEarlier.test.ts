import { assert, describe, it } from "@effect/vitest"
import { Effect, Scope, TestClock } from "effect"
import { ackOf } from "../../../src/domain/Attempt.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { PromptStore } from "../../../src/prompt/PromptStore.ts"
import { FakeBeadsState, FakeJournalState, FakePromptsState } from "../../../src/testing/index.ts"
import { MARK } from "../../contract/support.ts"
import { assertNothingLeft, inWorld, outcomesByBug } from "../support.ts"
import { actorOf, attemptLeftIn, EARLIER, endOf, firstBug, heldIssue, HOUR, job, nextRun, settle } from "./support.ts"

describe("settling an attempt of a killed run", () => {
  for (const phase of ["intended", "claimed", "workspace", "prompt", "starting"] as const) {
    it.effect(`in phase ${phase}: the claim is released, and the same run dispatches the bug`, () =>
      inWorld(
        { beads: { issues: [heldIssue] }, journal: { attempts: [attemptLeftIn(phase)] } },
        Effect.gen(function* () {
          const { report } = yield* nextRun
          assert.strictEqual(report.settled, 1)
          assert.deepStrictEqual(outcomesByBug(report.outcomes), { "bd-1": "Dispatched" })
          yield* assertNothingLeft
          const [first] = yield* (yield* FakeJournalState).attempts
          assert.deepInclude({ ...first }, { phase: "settled", end: "lost", blame: "host" })
        })
      )
    )
  }

  it.effect("its prompt is removed with its claim, and stays while another host's dispatcher holds the claim", () =>
    Effect.forEach(
      [
        { issue: heldIssue, prompts: 0 },
        { issue: { ...heldIssue, assignee: "nightly-dispatch/another-host/20261122T030000Z-000000/1" }, prompts: 1 }
      ],
      ({ issue, prompts }) =>
        inWorld(
          { beads: { issues: [issue] }, journal: { attempts: [attemptLeftIn("starting")] } },
          Effect.gen(function* () {
            const store = yield* PromptStore
            yield* Scope.extend(store.write(BeadsId.make("bd-1"), MARK, "x"), yield* Scope.make())
            yield* TestClock.adjust("1 hour")
            yield* settle
            assert.strictEqual((yield* (yield* FakePromptsState).files).length, prompts)
          })
        )
    )
  )

  it.effect("a running job without an acknowledgement in the journal is adopted, and its claim is kept", () =>
    inWorld(
      {
        beads: { issues: [heldIssue] },
        journal: { attempts: [attemptLeftIn("starting", { previousRun: "run-0" })] },
        runner: { jobs: [job()] }
      },
      Effect.gen(function* () {
        yield* settle
        const { attempt, issue } = yield* firstBug
        assert.strictEqual(attempt?.phase, "acknowledged")
        assert.strictEqual(attempt && ackOf(attempt)?.runInstance, "run-1")
        assert.strictEqual(issue?.assignee, actorOf(EARLIER))
        yield* assertNothingLeft
      })
    )
  )

  it.effect("a job of the same bug from before the attempt is not taken for the attempt's job", () =>
    inWorld(
      {
        beads: { issues: [heldIssue] },
        journal: { attempts: [attemptLeftIn("starting", { previousRun: "run-1" })] },
        runner: { jobs: [job({ phase: "succeeded", startedAt: -30 * HOUR })] }
      },
      Effect.gen(function* () {
        yield* settle
        const { attempt, issue } = yield* firstBug
        assert.strictEqual(endOf(attempt), "lost")
        assert.isUndefined(issue?.assignee)
        assert.isEmpty(issue?.labels ?? ["?"])
      })
    )
  )

  it.effect("an attempt whose claim bd may still apply is left to the next run", () =>
    inWorld(
      { beads: { issues: [{ id: "bd-1" }] }, journal: { attempts: [attemptLeftIn("intended", { updatedAt: -1000 })] } },
      Effect.gen(function* () {
        const { report } = yield* nextRun
        assert.deepStrictEqual(outcomesByBug(report.outcomes), { "bd-1": "Skipped unsettled" })
        // Only now does bd apply the claim of the killed run.
        yield* (yield* FakeBeadsState).edit("bd-1", { status: "in_progress", assignee: actorOf(EARLIER) })
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(outcomesByBug((yield* nextRun).report.outcomes), { "bd-1": "Dispatched" })
        yield* assertNothingLeft
      })
    )
  )

  it.effect("a claim that another actor holds by now is not released", () =>
    inWorld(
      {
        beads: { issues: [{ ...heldIssue, assignee: "Recovery Agent" }] },
        journal: { attempts: [attemptLeftIn("claimed")] }
      },
      Effect.gen(function* () {
        yield* settle
        const { attempt, issue } = yield* firstBug
        assert.strictEqual(attempt?.phase, "settled")
        assert.strictEqual(issue?.assignee, "Recovery Agent")
      })
    )
  )

  it.effect("settling twice changes nothing", () =>
    inWorld(
      {
        beads: { issues: [heldIssue] },
        journal: { attempts: [attemptLeftIn("acknowledged")] },
        runner: { jobs: [job({ phase: "failed" })] }
      },
      Effect.gen(function* () {
        yield* settle
        const first = yield* firstBug
        yield* settle
        assert.deepStrictEqual(yield* firstBug, first)
      })
    )
  )
})
