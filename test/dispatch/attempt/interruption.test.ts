import { assert, describe, it } from "@effect/vitest"
import { type Duration, Effect, Exit, Fiber, Option, TestClock } from "effect"
import { nightlyRun } from "../../../src/dispatch/nightlyRun.ts"
import { BeadsId, RunId } from "../../../src/domain/Ids.ts"
import { Job } from "../../../src/domain/Job.ts"
import {
  FakeBeads,
  FakeBeadsState,
  FakePrompts,
  FakePromptsState,
  FakeRunner,
  FakeRunnerState,
  FakeWorkspaces
} from "../../../src/testing/index.ts"
import { assertNothingLeft, inWorld, oneBug, opencode, options, startFails, type World } from "../support.ts"

/** Starts a run, interrupts it after a second, and checks that it has ended within this time. */
const interruptRun = (within: Duration.DurationInput) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(nightlyRun(options))
    yield* TestClock.adjust("1 second")
    yield* Fiber.interruptFork(fiber)
    yield* TestClock.adjust(within)
    assert.isTrue(Exit.isInterrupted(Option.getOrThrow(yield* Fiber.poll(fiber))))
  })

describe("an interruption leaves no claim, prompt or worktree without a job", () => {
  const steps: Readonly<Record<string, World>> = {
    "while bd shows the bug": { beads: { issues: [{ id: "bd-1" }], faults: [FakeBeads.on("show").hangs()] } },
    "before bd claims the bug": { beads: { issues: [{ id: "bd-1" }], faults: [FakeBeads.on("claim").hangs()] } },
    "after bd claimed the bug": { beads: { issues: [{ id: "bd-1" }], faults: [FakeBeads.after("claim").hangs()] } },
    "after the worktree was made": {
      ...oneBug,
      workspaces: { faults: [FakeWorkspaces.after("acquire").delays("1 hour")] }
    },
    "after the prompt was written": { ...oneBug, prompts: { faults: [FakePrompts.after("write").delays("1 hour")] } },
    "before the runner starts the job": { ...oneBug, runner: { faults: [FakeRunner.on("start").hangs()] } },
    "after the runner started the job": { ...oneBug, runner: { faults: [FakeRunner.after("start").hangs()] } }
  }
  for (const [when, world] of Object.entries(steps)) {
    it.effect(when, () => inWorld(world, Effect.zipRight(interruptRun("2 hours"), assertNothingLeft)))
  }
})

describe("an interruption ends within nine seconds, and the next run finishes the work", () => {
  const hangs: Readonly<Record<string, World>> = {
    "when the job was started and the runner hangs: the job keeps claim and prompt": {
      ...oneBug,
      runner: { faults: [FakeRunner.after("start").hangs(), FakeRunner.on("job").hangs().from(2).times(1)] }
    },
    "when the job was not started and the runner hangs": {
      ...oneBug,
      runner: { faults: [FakeRunner.on("start").hangs().times(1), FakeRunner.on("job").hangs().from(2).times(1)] }
    },
    "when `start` failed and the runner hangs when asked for the job": {
      ...oneBug,
      runner: {
        faults: [
          FakeRunner.after("start").fails(startFails("runner", "exit 2")).times(1),
          FakeRunner.on("job").hangs().from(2).times(2)
        ]
      }
    },
    "when bd hangs while it releases the claim": {
      beads: { issues: [{ id: "bd-1" }], faults: [FakeBeads.on("release").hangs().times(1)] },
      prompts: { faults: [FakePrompts.after("write").hangs().times(1)] }
    }
  }
  for (const [when, world] of Object.entries(hangs)) {
    it.effect(when, () =>
      inWorld(
        world,
        Effect.gen(function* () {
          yield* interruptRun("9 seconds")
          yield* TestClock.adjust("5 minutes")
          const report = yield* nightlyRun({ ...options, run: RunId.make("20261122T040000Z-4f2a91") })
          assert.deepStrictEqual([report.exit, report.settled], [0, report.dispatched])
          const starts = (yield* (yield* FakeRunnerState).jobs).map(({ runInstance }) => runInstance)
          assert.deepStrictEqual(starts, ["run-1"])
          yield* assertNothingLeft
        })
      )
    )
  }
})

describe("an interrupted start, when the runner no longer reports the job as running", () => {
  const PREVIOUS = "run-of-last-night"
  const jobIn = (phase: Job["phase"], runInstance: string | undefined) =>
    Job.make({ beads: BeadsId.make("bd-1"), provider: opencode, phase, runInstance })

  for (const { phase, runInstance, status } of [
    { phase: "gone", runInstance: "run-1", status: "in_progress" },
    { phase: "succeeded", runInstance: "run-1", status: "in_progress" },
    { phase: "failed", runInstance: "run-1", status: "open" },
    { phase: "stopped", runInstance: "run-1", status: "open" },
    { phase: "gone", runInstance: PREVIOUS, status: "open" },
    { phase: "gone", runInstance: undefined, status: "open" }
  ] as const) {
    const result = status === "open" ? "releases claim and prompt" : "keeps claim and prompt"
    it.effect(`${result}: ${phase}, run instance ${runInstance ?? "unknown"}`, () =>
      inWorld(
        {
          ...oneBug,
          runner: {
            faults: [
              FakeRunner.after("start").hangs(),
              FakeRunner.on("job")
                .answers(() => jobIn(phase, PREVIOUS))
                .times(1),
              FakeRunner.on("job")
                .answers(() => jobIn(phase, runInstance))
                .from(2)
            ]
          }
        },
        Effect.gen(function* () {
          yield* interruptRun("9 seconds")
          const [issue] = yield* (yield* FakeBeadsState).issues
          assert.deepStrictEqual([issue?.status, phase, runInstance], [status, phase, runInstance])
          const prompts = yield* (yield* FakePromptsState).files
          assert.strictEqual(prompts.length, status === "open" ? 0 : 1)
        })
      )
    )
  }
})
