import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import { ClaimFailed } from "../../../src/domain/Failure.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { Claim } from "../../../src/domain/Claim.ts"
import { FakeBeads, FakeBeadsState, FakeRunner, FakeRunnerState } from "../../../src/testing/index.ts"
import { assertNothingLeft, inWorld, outcomesByBug, runOnce, startFails, trackerDown, type World } from "../support.ts"

describe("the claim of a dispatch", () => {
  it.effect("bd-XXXX.3.1 a claim that another actor holds fails with the holder's name, and no job is started", () =>
    inWorld(
      {
        beads: {
          issues: [{ id: "bd-1" }],
          faults: [
            FakeBeads.on("claim").fails(
              new ClaimFailed({ beads: BeadsId.make("bd-1"), reason: "held", holder: "Recovery Agent", detail: "" })
            )
          ]
        }
      },
      Effect.gen(function* () {
        const { report, lines } = yield* runOnce
        assert.strictEqual(report.exit, 3)
        assert.isTrue(
          lines.some((line) =>
            /^❌ DISPATCH_FAILURE beads=bd-1 provider=none code=claim_failed error="already claimed by Recovery Agent" duration_ms=\d+$/.test(
              line
            )
          )
        )
        assert.strictEqual((yield* (yield* FakeRunnerState).jobs).length, 0)
        assert.isFalse((yield* (yield* FakeBeadsState).calls).some(({ method }) => method === "release"))
      })
    )
  )

  it.effect("a claim of unknown result is released if the issue shows our actor", () =>
    inWorld(
      {
        beads: {
          issues: [{ id: "bd-1" }],
          faults: [
            FakeBeads.after("claim").fails(
              new ClaimFailed({ beads: BeadsId.make("bd-1"), reason: "unknown", detail: "bd was killed" })
            )
          ]
        }
      },
      Effect.gen(function* () {
        const { report } = yield* runOnce
        assert.deepStrictEqual(outcomesByBug(report.outcomes), { "bd-1": "Failed claim_failed" })
        yield* assertNothingLeft
      })
    )
  )

  it.effect("a release that fails is tried again", () =>
    Effect.gen(function* () {
      const world: World = {
        beads: { issues: [{ id: "bd-1" }], faults: [FakeBeads.on("release").fails(trackerDown).times(2)] },
        runner: { faults: [FakeRunner.on("start").fails(startFails("runner", "exit 2"))] }
      }
      yield* inWorld(
        world,
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(runOnce)
          yield* TestClock.adjust("10 seconds")
          yield* Fiber.join(fiber)
          yield* assertNothingLeft
        })
      )
    })
  )

  it.effect("a claim that the tracker reports but does not store starts no job", () =>
    inWorld(
      {
        beads: {
          issues: [{ id: "bd-1" }],
          faults: [FakeBeads.on("claim").answers((id, actor) => new Claim({ id, actor }))]
        }
      },
      Effect.gen(function* () {
        const { report } = yield* runOnce
        assert.deepStrictEqual(outcomesByBug(report.outcomes), { "bd-1": "Failed claim_failed" })
        const calls = yield* (yield* FakeRunnerState).calls
        assert.isFalse(calls.some(({ method }) => method === "start"))
        yield* assertNothingLeft
      })
    )
  )
})
