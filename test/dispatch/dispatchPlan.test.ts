import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import { RunnerFailed, TrackerFailed, WorkspaceFailed } from "../../src/domain/Failure.ts"
import { FakeBeads, FakeBeadsState, FakeRunner, FakeRunnerState, FakeWorkspaces } from "../../src/testing/index.ts"
import { assertNothingLeft, inWorld, oneBug, outcomesByBug, runOnce, threeBugs, type World } from "./support.ts"

const frozen = new TrackerFailed({ operation: "claim", reason: "frozen", detail: "frozen by alice", blame: "config" })

describe("dispatching the chosen bugs", () => {
  it.effect("runs no more than maxParallel dispatches at once", () =>
    Effect.gen(function* () {
      const world: World = { ...threeBugs, runner: { faults: [FakeRunner.on("start").delays("1 minute")] } }
      yield* inWorld(
        world,
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(runOnce)
          yield* TestClock.adjust("30 seconds")
          const started = (yield* (yield* FakeRunnerState).calls).filter(({ method }) => method === "start").length
          assert.strictEqual(started, 2)
          yield* TestClock.adjust("2 minutes")
          const { report } = yield* Fiber.join(fiber)
          assert.strictEqual(report.dispatched, 3)
          assert.strictEqual(report.durationMs, 120_000)
        })
      )
    })
  )

  it.effect("after a failure that every bug would share, the run claims nothing more and skips the other bugs", () =>
    inWorld(
      {
        ...threeBugs,
        settings: { limits: { maxParallel: 1 } },
        workspaces: {
          faults: [FakeWorkspaces.on("acquire").fails(new WorkspaceFailed({ detail: "no space left", blame: "host" }))]
        }
      },
      Effect.gen(function* () {
        const { report } = yield* runOnce
        assert.deepStrictEqual(outcomesByBug(report.outcomes), {
          "bd-1": "Failed runner_error",
          "bd-2": "Skipped run_stopped",
          "bd-3": "Skipped run_stopped"
        })
        assert.strictEqual(report.exit, 3)
        yield* assertNothingLeft
      })
    )
  )

  it.effect("a frozen tracker stops the run at its first claim", () =>
    inWorld(
      {
        ...threeBugs,
        settings: { limits: { maxParallel: 1 } },
        beads: { ...threeBugs.beads, faults: [FakeBeads.on("claim").fails(frozen)] }
      },
      Effect.gen(function* () {
        const { report } = yield* runOnce
        assert.deepStrictEqual(outcomesByBug(report.outcomes), {
          "bd-1": "Failed claim_failed",
          "bd-2": "Skipped run_stopped",
          "bd-3": "Skipped run_stopped"
        })
        yield* assertNothingLeft
      })
    )
  )

  it.effect("a runner that cannot work on this host stops the run before any claim", () =>
    inWorld(
      {
        ...threeBugs,
        runner: {
          faults: [
            FakeRunner.on("job").fails(
              new RunnerFailed({ operation: "report", detail: "no metadata.json in BEADS_DIR", blame: "host" })
            )
          ]
        },
        settings: { limits: { maxParallel: 1 } }
      },
      Effect.gen(function* () {
        const { report } = yield* runOnce
        assert.deepStrictEqual(outcomesByBug(report.outcomes), {
          "bd-1": "Failed runner_error",
          "bd-2": "Skipped run_stopped",
          "bd-3": "Skipped run_stopped"
        })
        const calls = yield* (yield* FakeBeadsState).calls
        assert.isFalse(calls.some((call) => call.method === "claim"))
      })
    )
  )

  it.effect("a defect in one bug's dispatch fails that bug with `unknown`, and the other bugs are dispatched", () =>
    inWorld(
      { ...threeBugs, runner: { faults: [FakeRunner.on("start", "bd-2").dies(new Error("boom"))] } },
      Effect.gen(function* () {
        const { report } = yield* runOnce
        assert.deepStrictEqual(outcomesByBug(report.outcomes), {
          "bd-1": "Dispatched",
          "bd-2": "Failed unknown",
          "bd-3": "Dispatched"
        })
        assert.strictEqual(report.exit, 3)
        yield* assertNothingLeft
      })
    )
  )

  it.effect("skips a bug whose dispatch may take longer than timeouts.run leaves", () =>
    inWorld(
      { ...oneBug, settings: { timeouts: { run: "1 min" } } },
      Effect.gen(function* () {
        const { report } = yield* runOnce
        assert.deepStrictEqual(outcomesByBug(report.outcomes), { "bd-1": "Skipped run_stopped" })
      })
    )
  )

  it.effect("rolls back an unfinished dispatch when timeouts.run is over, and logs `timeout`", () =>
    inWorld(
      {
        ...threeBugs,
        settings: { timeouts: { run: "5 min" }, limits: { maxParallel: 2 } },
        workspaces: { faults: [FakeWorkspaces.on("acquire", "bd-1").delays("1 hour").withoutLimit()] }
      },
      Effect.gen(function* () {
        const fiber = yield* Effect.fork(runOnce)
        yield* TestClock.adjust("5 minutes")
        const { lines, report } = yield* Fiber.join(fiber)
        assert.deepStrictEqual(outcomesByBug(report.outcomes), {
          "bd-1": "Failed timeout",
          "bd-2": "Dispatched",
          "bd-3": "Dispatched"
        })
        assert.strictEqual(report.durationMs, 300_000)
        assert.strictEqual(report.exit, 3)
        assert.isTrue(lines.some((line) => line.includes("code=timeout") && line.includes("timeouts.run was over")))
        const bug = report.outcomes.find(({ beads }) => beads === "bd-1")
        assert.include(bug?._tag === "Failed" ? bug.error : "", "this attempt holds no claim")
        yield* assertNothingLeft
      })
    )
  )

  for (const [what, faults, error] of [
    [
      "runs",
      [FakeRunner.after("start").hangs().withoutLimit()],
      /was over; its job runs and keeps claim and prompt, with its worktree \S+/
    ],
    [
      "may run",
      [FakeRunner.after("start").hangs().withoutLimit(), FakeRunner.on("job").hangs().withoutLimit().from(2)],
      /was over; its job may run, so claim and prompt are kept, .*the next run settles it/
    ]
  ] as const) {
    it.effect(`says what was kept when timeouts.run is over and the job ${what}`, () =>
      inWorld(
        { ...oneBug, settings: { timeouts: { run: "5 min" } }, runner: { faults } },
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(runOnce)
          yield* TestClock.adjust("7 minutes")
          const bug = (yield* Fiber.join(fiber)).outcome("bd-1")
          assert.match(bug?._tag === "Failed" ? bug.error : "", error)
          yield* assertNothingLeft
        })
      )
    )
  }
})
