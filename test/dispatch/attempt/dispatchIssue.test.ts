import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import { PromptFailed } from "../../../src/domain/Failure.ts"
import { REVIEW_LABEL } from "../../../src/domain/Outcome.ts"
import {
  CallLog,
  FakeBeads,
  FakeBeadsState,
  FakePrompts,
  FakePromptsState,
  FakeRunner,
  FakeRunnerState,
  FakeWorkspaces
} from "../../../src/testing/index.ts"
import { assertNothingLeft, inWorld, oneBug, outcomesByBug, runOnce, startFails, type World } from "../support.ts"

describe("one dispatch", () => {
  it.effect(
    "bd-XXXX.1.1 writes the prompt before the start, and gives the runner the prompt file and the worktree",
    () =>
      inWorld(
        oneBug,
        Effect.gen(function* () {
          yield* runOnce
          const steps = (yield* (yield* CallLog).calls)
            .filter(({ method }) => ["show", "claim", "acquire", "write", "start"].includes(method))
            .map(({ method }) => method)
          assert.deepStrictEqual(steps, ["show", "claim", "acquire", "write", "show", "start", "show"])
          const claim = (yield* (yield* FakeBeadsState).calls).find((call) => call.method === "claim")
          assert.strictEqual(claim?.args[2]?.status, "open", "the claim uses the issue that was just read")
          const start = (yield* (yield* FakeRunnerState).calls).find((call) => call.method === "start")
          const request = start?.method === "start" ? start.args[0] : undefined
          assert.include(request?.prompt.path, "bd-1")
          assert.include(request?.workspace.path, "bd-1")
          assert.strictEqual(request?.repo, "app")
        })
      )
  )

  it.effect("skips a bug that was assigned or labelled for review after the plan was made", () =>
    Effect.gen(function* () {
      const world: World = { beads: { issues: [{ id: "bd-1" }], faults: [FakeBeads.on("show").delays("1 second")] } }
      const changes = [
        ["assigned", { assignee: "a person" }],
        ["awaiting_review", { labels: [REVIEW_LABEL] }]
      ] as const
      for (const [reason, change] of changes) {
        const run = Effect.gen(function* () {
          const state = yield* FakeBeadsState
          const fiber = yield* Effect.fork(runOnce)
          yield* TestClock.adjust("500 millis")
          yield* state.edit("bd-1", change)
          yield* TestClock.adjust("1 second")
          return yield* Fiber.join(fiber)
        })
        const { report } = yield* inWorld(world, run)
        assert.deepStrictEqual(outcomesByBug(report.outcomes), { "bd-1": `Skipped ${reason}` })
      }
    })
  )

  it.effect("bd-XXXX.3.3 logs how long each dispatch took", () =>
    Effect.gen(function* () {
      const world: World = { ...oneBug, runner: { faults: [FakeRunner.on("start").delays("70 seconds")] } }
      const { lines } = yield* inWorld(
        world,
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(runOnce)
          yield* TestClock.adjust("2 minutes")
          return yield* Fiber.join(fiber)
        })
      )
      assert.isTrue(lines.includes("✅ DISPATCH_SUCCESS beads=bd-1 provider=opencode duration_ms=70000"))
    })
  )

  it.effect("bd-XXXX.1.2 no prompt file is left on any error path", () =>
    Effect.forEach(
      [
        { runner: { faults: [FakeRunner.on("start").fails(startFails("runner", "exit 2"))] } },
        { runner: { faults: [FakeRunner.on("start").fails(startFails("issue", "raw op"))] } },
        { runner: { faults: [FakeRunner.on("start").dies("boom")] } },
        {
          prompts: {
            faults: [FakePrompts.on("write").fails(new PromptFailed({ detail: "no space left", blame: "host" }))]
          }
        },
        { workspaces: { faults: [FakeWorkspaces.on("acquire").dies("boom")] } }
      ] satisfies ReadonlyArray<World>,
      (world) =>
        inWorld(
          { ...oneBug, ...world },
          Effect.gen(function* () {
            const { report } = yield* runOnce
            assert.strictEqual(report.failed, 1)
            assert.isEmpty(yield* (yield* FakePromptsState).files)
            assert.strictEqual((yield* (yield* FakeBeadsState).issues)[0]?.status, "open")
            yield* assertNothingLeft
          })
        )
    )
  )
})
