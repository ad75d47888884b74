import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { FakeBeadsState, FakePromptsState, FakeRunner, FakeRunnerState } from "../../../src/testing/index.ts"
import { ackTimedOut, assertNothingLeft, inWorld, oneBug, outcomesByBug, runOnce, startFails } from "../support.ts"

describe("starting a job", () => {
  it.effect(
    "bd-XXXX.1.3 a start without an acknowledgement and without a job fails with `timeout`, and the claim is released",
    () =>
      inWorld(
        { ...oneBug, runner: { faults: [FakeRunner.on("start").fails(ackTimedOut("absent"))] } },
        Effect.gen(function* () {
          const { report } = yield* runOnce
          assert.deepStrictEqual(outcomesByBug(report.outcomes), { "bd-1": "Failed timeout" })
          const starts = (yield* (yield* FakeRunnerState).calls).filter(({ method }) => method === "start")
          assert.strictEqual(starts.length, 1, "a timeout must never reach a second provider")
          assert.strictEqual((yield* (yield* FakeBeadsState).issues)[0]?.status, "open")
          yield* assertNothingLeft
        })
      )
  )

  it.effect("claim and prompt are kept when the runner cannot tell whether the job runs", () =>
    inWorld(
      { ...oneBug, runner: { faults: [FakeRunner.after("start").fails(ackTimedOut("uncertain"))] } },
      Effect.gen(function* () {
        const { report } = yield* runOnce
        assert.deepStrictEqual(outcomesByBug(report.outcomes), { "bd-1": "Failed timeout" })
        assert.strictEqual((yield* (yield* FakeBeadsState).issues)[0]?.status, "in_progress")
        assert.strictEqual((yield* (yield* FakePromptsState).files).length, 1)
        yield* assertNothingLeft
      })
    )
  )

  it.effect("a job that runs although `start` failed counts as dispatched", () =>
    inWorld(
      { ...oneBug, runner: { faults: [FakeRunner.after("start").fails(startFails("runner", "exit 1"))] } },
      Effect.gen(function* () {
        const { outcome } = yield* runOnce
        const bug = outcome("bd-1")
        assert.strictEqual(bug?._tag === "Dispatched" ? bug.how : undefined, "late")
        yield* assertNothingLeft
      })
    )
  )

  it.effect("a start that fails by the provider's fault is tried with the next provider, and the log says why", () =>
    inWorld(
      {
        ...oneBug,
        runner: { faults: [FakeRunner.on("start", "bd-1").fails(startFails("provider", "model vanished")).times(1)] }
      },
      Effect.gen(function* () {
        const { outcome, lines } = yield* runOnce
        const bug = outcome("bd-1")
        assert.strictEqual(bug?._tag === "Dispatched" ? bug.provider : undefined, "cc-glm")
        assert.isTrue(lines.includes('⚠️ PROVIDER_FALLBACK from=opencode to=cc-glm reason="model vanished"'))
        yield* assertNothingLeft
      })
    )
  )
})
