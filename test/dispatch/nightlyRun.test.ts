import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Option, TestClock, type Duration } from "effect"
import * as dryRun from "../../src/dispatch/attempt/dryRun.ts"
import { nightlyRun } from "../../src/dispatch/nightlyRun.ts"
import {
  AckTimedOut,
  ClaimFailed,
  PromptFailed,
  RunnerFailed,
  TrackerFailed,
  WorkspaceFailed
} from "../../src/domain/Failure.ts"
import { BeadsId, RunId } from "../../src/domain/Ids.ts"
import { Claim } from "../../src/domain/Claim.ts"
import { Job } from "../../src/domain/Job.ts"
import { REVIEW_LABEL } from "../../src/domain/Outcome.ts"
import { ProviderName } from "../../src/domain/Provider.ts"
import {
  CallLog,
  FakeBeads,
  FakeBeadsState,
  FakePrompts,
  FakePromptsState,
  FakeRunner,
  FakeRunnerState,
  FakeWorkspaces
} from "../../src/testing/index.ts"
import { fakes, night, nothingLeft, options, tags, type World } from "./support.ts"

const opencode = ProviderName.make("opencode")
const one: World = { beads: { issues: [{ id: "bd-1" }] } }
const three: World = {
  beads: {
    issues: [
      { id: "bd-1", title: "a" },
      { id: "bd-2", title: "b" },
      { id: "bd-3", title: "c" }
    ]
  }
}

const inWorld = <A, E, R>(world: World, effect: Effect.Effect<A, E, R>) => Effect.provide(effect, fakes(world))

const trackerDown = new TrackerFailed({
  operation: "show",
  reason: "refused",
  detail: "database is locked",
  blame: "tracker"
})
const ackTimedOut = (job: AckTimedOut["job"]) => new AckTimedOut({ provider: opencode, waitedMs: 90_000, job })
const runnerSays = (blame: RunnerFailed["blame"], detail: string) =>
  new RunnerFailed({ operation: "start", provider: opencode, detail, blame })

/** A run that is interrupted after a second, and has left within this time. */
const interruptedWithin = (time: Duration.DurationInput) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(nightlyRun(options))
    yield* TestClock.adjust("1 second")
    yield* Fiber.interruptFork(fiber)
    yield* TestClock.adjust(time)
    assert.isTrue(Exit.isInterrupted(Option.getOrThrow(yield* Fiber.poll(fiber))))
  })

describe("nightlyRun", () => {
  it.effect("a runner that cannot work on this host stops the run before a claim is spent", () =>
    inWorld(
      {
        ...three,
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
        const { report } = yield* night
        assert.deepStrictEqual(tags(report.outcomes), {
          "bd-1": "Failed runner_error",
          "bd-2": "Skipped run_stopped",
          "bd-3": "Skipped run_stopped"
        })
        const calls = yield* (yield* FakeBeadsState).calls
        assert.isFalse(calls.some((call) => call.method === "claim"))
      })
    )
  )

  it.effect(
    "bd-XXXX.1.1 dispatches every chosen bug: claimed by its own actor, prompt and worktree handed to the job",
    () =>
      inWorld(
        three,
        Effect.gen(function* () {
          const { report, lines } = yield* night
          assert.deepStrictEqual(tags(report.outcomes), {
            "bd-1": "Dispatched",
            "bd-2": "Dispatched",
            "bd-3": "Dispatched"
          })
          assert.strictEqual(report.exit, 0)
          const issues = yield* (yield* FakeBeadsState).issues
          assert.deepStrictEqual(
            issues.map(({ assignee, status }) => `${status} ${assignee}`).toSorted(),
            [1, 2, 3].map((attempt) => `in_progress nightly-dispatch/vm-1/20261122T030000Z-4f2a91/${attempt}`)
          )
          const prompts = yield* (yield* FakePromptsState).files
          assert.strictEqual(prompts.length, 3)
          assert.isTrue(prompts.every(({ kept }) => kept))
          assert.isTrue(
            lines.some((line) => /^✅ DISPATCH_SUCCESS beads=bd-1 provider=opencode duration_ms=\d+$/.test(line))
          )
          assert.match(
            lines.at(-1) ?? "",
            /^RUN_SUMMARY run=20261122T030000Z-4f2a91 fetched=3 chosen=3 dispatched=3 failed=0 skipped=0 settled=0 exit=0 duration_ms=\d+$/
          )
        })
      )
  )

  it.effect("bd-XXXX.1.1 writes the prompt before the start, and starts with the prompt file and the worktree", () =>
    inWorld(
      one,
      Effect.gen(function* () {
        yield* night
        const steps = (yield* (yield* CallLog).calls)
          .filter(({ method }) => ["show", "claim", "acquire", "write", "start"].includes(method))
          .map(({ method }) => method)
        assert.deepStrictEqual(steps, ["show", "claim", "acquire", "write", "start"])
        const claim = (yield* (yield* FakeBeadsState).calls).find((call) => call.method === "claim")
        assert.strictEqual(claim?.args[2]?.status, "open", "what was just read is not read again")
        const start = (yield* (yield* FakeRunnerState).calls).find((call) => call.method === "start")
        const request = start?.method === "start" ? start.args[0] : undefined
        assert.include(request?.prompt.path, "bd-1")
        assert.include(request?.workspace.path, "bd-1")
        assert.strictEqual(request?.repo, "app")
      })
    )
  )

  it.effect("bd-XXXX.2.1 preflights before any dispatch, each provider once a run", () =>
    inWorld(
      { ...three, runner: { providers: { opencode: { broken: "Canonical model unavailable: zhipuai/glm-5.1" } } } },
      Effect.gen(function* () {
        yield* night
        const calls = yield* (yield* CallLog).calls
        const preflights = calls.filter(({ method }) => method === "preflight")
        assert.strictEqual(preflights.length, 2)
        assert.isBelow(
          calls.findIndex(({ method }) => method === "preflight"),
          calls.findIndex(({ method }) => method === "claim")
        )
      })
    )
  )

  it.effect("bd-XXXX.2.2 tries opencode, then cc-glm, then gemini, and logs why", () =>
    inWorld(
      {
        ...one,
        runner: { providers: { opencode: { broken: "Canonical model unavailable" }, "cc-glm": { broken: "no auth" } } }
      },
      Effect.gen(function* () {
        const { report, lines, outcome } = yield* night
        const bug = outcome("bd-1")
        assert.strictEqual(bug?._tag === "Dispatched" ? bug.provider : undefined, "gemini")
        assert.deepStrictEqual(
          lines.filter((line) => line.includes("PROVIDER_FALLBACK")),
          [
            '⚠️ PROVIDER_FALLBACK from=opencode to=cc-glm reason="Canonical model unavailable"',
            '⚠️ PROVIDER_FALLBACK from=cc-glm to=gemini reason="no auth"'
          ]
        )
        assert.deepStrictEqual(
          report.providers.map(({ available, provider }) => [provider, available]),
          [
            ["opencode", false],
            ["cc-glm", false],
            ["gemini", true]
          ]
        )
      })
    )
  )

  it.effect("bd-XXXX.2.2 exits 1 when no provider works, and claims nothing", () =>
    inWorld(
      {
        ...one,
        settings: { providers: [{ name: "opencode" }] },
        runner: { providers: { opencode: { broken: "down" } } }
      },
      Effect.gen(function* () {
        const { report, lines } = yield* night
        assert.strictEqual(report.exit, 1)
        assert.deepStrictEqual(tags(report.outcomes), { "bd-1": "Failed provider_unavailable" })
        assert.isTrue(lines.some((line) => line.startsWith("ERROR ❌ no provider available: opencode: down")))
        const calls = yield* (yield* FakeBeadsState).calls
        assert.isFalse(calls.some(({ method }) => method === "claim"))
      })
    )
  )

  it.effect("exits 0 with nothing to do, and 4 when the tracker cannot be read", () =>
    Effect.gen(function* () {
      const empty = yield* inWorld({}, night)
      assert.strictEqual(empty.report.exit, 0)
      const broken = yield* inWorld({ beads: { faults: [FakeBeads.on("openBugs").fails(trackerDown)] } }, night)
      assert.strictEqual(broken.report.exit, 4)
      assert.match(broken.report.error ?? "", /database is locked/)
    })
  )

  it.effect("exits 5 before any claim when no worktree can be made from the repository", () =>
    inWorld(
      { ...one, workspaces: { unusable: ["app"] } },
      Effect.gen(function* () {
        const { report } = yield* night
        assert.strictEqual(report.exit, 5)
        assert.isFalse((yield* (yield* FakeBeadsState).calls).some(({ method }) => method === "claim"))
      })
    )
  )

  it.effect("bd-XXXX.3.1 a claim that somebody else won fails with the holder's name, and nothing is started", () =>
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
        const { report, lines } = yield* night
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

  it.effect("leaves a bug alone that changed between the list and its turn", () =>
    Effect.gen(function* () {
      const world: World = { beads: { issues: [{ id: "bd-1" }], faults: [FakeBeads.on("show").delays("1 second")] } }
      const changes = [
        ["assigned", { assignee: "a person" }],
        ["awaiting_review", { labels: [REVIEW_LABEL] }]
      ] as const
      for (const [reason, change] of changes) {
        const run = Effect.gen(function* () {
          const state = yield* FakeBeadsState
          const fiber = yield* Effect.fork(night)
          yield* TestClock.adjust("500 millis")
          yield* state.edit("bd-1", change)
          yield* TestClock.adjust("1 second")
          return yield* Fiber.join(fiber)
        })
        const { report } = yield* inWorld(world, run)
        assert.deepStrictEqual(tags(report.outcomes), { "bd-1": `Skipped ${reason}` })
      }
    })
  )

  it.effect(
    "bd-XXXX.1.3 a start without an acknowledgement and without a job is a timeout, and the claim goes back",
    () =>
      inWorld(
        { ...one, runner: { faults: [FakeRunner.on("start").fails(ackTimedOut("absent"))] } },
        Effect.gen(function* () {
          const { report } = yield* night
          assert.deepStrictEqual(tags(report.outcomes), { "bd-1": "Failed timeout" })
          const starts = (yield* (yield* FakeRunnerState).calls).filter(({ method }) => method === "start")
          assert.strictEqual(starts.length, 1, "a timeout must never reach a second provider")
          assert.strictEqual((yield* (yield* FakeBeadsState).issues)[0]?.status, "open")
          yield* nothingLeft
        })
      )
  )

  it.effect("keeps claim and prompt when nobody can tell whether the job runs", () =>
    inWorld(
      { ...one, runner: { faults: [FakeRunner.after("start").fails(ackTimedOut("uncertain"))] } },
      Effect.gen(function* () {
        const { report } = yield* night
        assert.deepStrictEqual(tags(report.outcomes), { "bd-1": "Failed timeout" })
        assert.strictEqual((yield* (yield* FakeBeadsState).issues)[0]?.status, "in_progress")
        assert.strictEqual((yield* (yield* FakePromptsState).files).length, 1)
        yield* nothingLeft
      })
    )
  )

  it.effect("adopts a job that runs although start said no", () =>
    inWorld(
      { ...one, runner: { faults: [FakeRunner.after("start").fails(runnerSays("runner", "exit 1"))] } },
      Effect.gen(function* () {
        const { outcome } = yield* night
        const bug = outcome("bd-1")
        assert.strictEqual(bug?._tag === "Dispatched" ? bug.how : undefined, "late")
        yield* nothingLeft
      })
    )
  )

  it.effect("moves on after a start that is the provider's fault, and keeps the reason", () =>
    inWorld(
      {
        ...one,
        runner: { faults: [FakeRunner.on("start", "bd-1").fails(runnerSays("provider", "model vanished")).times(1)] }
      },
      Effect.gen(function* () {
        const { outcome, lines } = yield* night
        const bug = outcome("bd-1")
        assert.strictEqual(bug?._tag === "Dispatched" ? bug.provider : undefined, "cc-glm")
        assert.isTrue(lines.includes('⚠️ PROVIDER_FALLBACK from=opencode to=cc-glm reason="model vanished"'))
        yield* nothingLeft
      })
    )
  )

  it.effect("passes a full provider over, and calls it no failure when all are full", () =>
    Effect.gen(function* () {
      const some = yield* inWorld(
        { ...three, runner: { providers: { opencode: { slots: 1 }, "cc-glm": { slots: 1 } } } },
        night
      )
      assert.deepStrictEqual(
        some.report.outcomes.map((bug) => (bug._tag === "Dispatched" ? bug.provider : bug._tag)).toSorted(),
        ["cc-glm", "gemini", "opencode"]
      )
      for (const maxParallel of [1, 3]) {
        const asked = yield* inWorld(
          {
            ...three,
            settings: { limits: { maxParallel } },
            runner: { providers: { opencode: { slots: 1 } }, faults: [FakeRunner.on("start").delays("1 minute")] }
          },
          Effect.gen(function* () {
            const fiber = yield* Effect.fork(night)
            yield* TestClock.adjust("5 minutes")
            yield* Fiber.join(fiber)
            const starts = (yield* (yield* FakeRunnerState).calls).filter((call) => call.method === "start")
            return starts.map((call) => String(call.args[0].provider.name)).toSorted()
          })
        )
        assert.deepStrictEqual(asked, ["cc-glm", "cc-glm", "opencode"], "a full provider is not even asked")
      }
      const slots = { slots: 0 }
      const none = yield* inWorld(
        { ...one, runner: { providers: { opencode: slots, "cc-glm": slots, gemini: slots } } },
        Effect.tap(night, nothingLeft)
      )
      assert.deepStrictEqual(tags(none.report.outcomes), { "bd-1": "Skipped no_capacity" })
      assert.strictEqual(none.report.exit, 0)
    })
  )

  it.effect("stops claiming after a failure that the next bug would share, and says so of each", () =>
    inWorld(
      {
        ...three,
        settings: { limits: { maxParallel: 1 } },
        workspaces: {
          faults: [FakeWorkspaces.on("acquire").fails(new WorkspaceFailed({ detail: "no space left", blame: "host" }))]
        }
      },
      Effect.gen(function* () {
        const { report } = yield* night
        assert.deepStrictEqual(tags(report.outcomes), {
          "bd-1": "Failed runner_error",
          "bd-2": "Skipped run_stopped",
          "bd-3": "Skipped run_stopped"
        })
        assert.strictEqual(report.exit, 3)
        yield* nothingLeft
      })
    )
  )

  it.effect("a defect in one bug's dispatch is that bug's `unknown`, and the others go on", () =>
    inWorld(
      { ...three, runner: { faults: [FakeRunner.on("start", "bd-2").dies(new Error("boom"))] } },
      Effect.gen(function* () {
        const { report } = yield* night
        assert.deepStrictEqual(tags(report.outcomes), {
          "bd-1": "Dispatched",
          "bd-2": "Failed unknown",
          "bd-3": "Dispatched"
        })
        assert.strictEqual(report.exit, 3)
        yield* nothingLeft
      })
    )
  )

  it.effect("bd-XXXX.1.2 no prompt file is left on any error path", () =>
    Effect.forEach(
      [
        { runner: { faults: [FakeRunner.on("start").fails(runnerSays("runner", "exit 2"))] } },
        { runner: { faults: [FakeRunner.on("start").fails(runnerSays("issue", "raw op"))] } },
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
          { ...one, ...world },
          Effect.gen(function* () {
            const { report } = yield* night
            assert.strictEqual(report.failed, 1)
            assert.isEmpty(yield* (yield* FakePromptsState).files)
            assert.strictEqual((yield* (yield* FakeBeadsState).issues)[0]?.status, "open")
            yield* nothingLeft
          })
        )
    )
  )

  it.effect("gives back a claim nobody can tell about, if it turns out to be ours", () =>
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
        const { report } = yield* night
        assert.deepStrictEqual(tags(report.outcomes), { "bd-1": "Failed claim_failed" })
        yield* nothingLeft
      })
    )
  )

  it.effect("tries again when the claim cannot be given back at once", () =>
    Effect.gen(function* () {
      const world: World = {
        beads: { issues: [{ id: "bd-1" }], faults: [FakeBeads.on("release").fails(trackerDown).times(2)] },
        runner: { faults: [FakeRunner.on("start").fails(runnerSays("runner", "exit 2"))] }
      }
      yield* inWorld(
        world,
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(night)
          yield* TestClock.adjust("10 seconds")
          yield* Fiber.join(fiber)
          yield* nothingLeft
        })
      )
    })
  )

  it.effect("an interruption at any step puts everything back", () =>
    Effect.forEach(
      [
        { beads: { issues: [{ id: "bd-1" }], faults: [FakeBeads.on("show").hangs()] } },
        { beads: { issues: [{ id: "bd-1" }], faults: [FakeBeads.on("claim").hangs()] } },
        { beads: { issues: [{ id: "bd-1" }], faults: [FakeBeads.after("claim").hangs()] } },
        { ...one, workspaces: { faults: [FakeWorkspaces.after("acquire").delays("1 hour")] } },
        { ...one, prompts: { faults: [FakePrompts.after("write").delays("1 hour")] } },
        { ...one, runner: { faults: [FakeRunner.on("start").hangs()] } },
        { ...one, runner: { faults: [FakeRunner.after("start").hangs()] } }
      ] satisfies ReadonlyArray<World>,
      (world) =>
        inWorld(
          world,
          Effect.gen(function* () {
            yield* interruptedWithin("2 hours")
            yield* nothingLeft
          })
        )
    )
  )

  it.effect("an interruption leaves within ten seconds although the tool that is asked then hangs", () =>
    Effect.forEach(
      [
        // Started, and nobody can be asked whether: what the job needs stays, and the next run finds it.
        {
          ...one,
          runner: { faults: [FakeRunner.after("start").hangs(), FakeRunner.on("job").hangs().from(2).times(1)] }
        },
        // Never started, and nobody can be asked.
        {
          ...one,
          runner: { faults: [FakeRunner.on("start").hangs().times(1), FakeRunner.on("job").hangs().from(2).times(1)] }
        },
        // Refused, and the look whether it runs all the same hangs.
        {
          ...one,
          runner: {
            faults: [
              FakeRunner.after("start").fails(runnerSays("runner", "exit 2")).times(1),
              FakeRunner.on("job").hangs().from(2).times(2)
            ]
          }
        },
        // A claim that cannot be given back now.
        {
          beads: { issues: [{ id: "bd-1" }], faults: [FakeBeads.on("release").hangs().times(1)] },
          prompts: { faults: [FakePrompts.after("write").hangs().times(1)] }
        }
      ] satisfies ReadonlyArray<World>,
      (world) =>
        inWorld(
          world,
          Effect.gen(function* () {
            yield* interruptedWithin("9 seconds")
            yield* TestClock.adjust("5 minutes")
            const report = yield* nightlyRun({ ...options, run: RunId.make("20261122T040000Z-4f2a91") })
            assert.deepStrictEqual([report.exit, report.settled], [0, report.dispatched])
            const starts = (yield* (yield* FakeRunnerState).jobs).map(({ runInstance }) => runInstance)
            assert.deepStrictEqual(starts, ["run-1"])
            yield* nothingLeft
          })
        )
    )
  )

  it.effect("an interrupted start keeps what it needs when the runner has lost sight of its agent", () =>
    Effect.forEach(
      [
        { phase: "gone", runInstance: "run-1", status: "in_progress" },
        { phase: "succeeded", runInstance: "run-1", status: "in_progress" },
        { phase: "failed", runInstance: "run-1", status: "open" },
        { phase: "stopped", runInstance: "run-1", status: "open" },
        { phase: "gone", runInstance: "run-of-last-night", status: "open" },
        { phase: "gone", runInstance: undefined, status: "open" }
      ] as const,
      ({ phase, runInstance, status }) => {
        const told = (run: string | undefined) =>
          Job.make({ beads: BeadsId.make("bd-1"), provider: opencode, phase, runInstance: run })
        return inWorld(
          {
            ...one,
            runner: {
              faults: [
                FakeRunner.after("start").hangs(),
                FakeRunner.on("job")
                  .answers(() => told("run-of-last-night"))
                  .times(1),
                FakeRunner.on("job")
                  .answers(() => told(runInstance))
                  .from(2)
              ]
            }
          },
          Effect.gen(function* () {
            yield* interruptedWithin("9 seconds")
            const [issue] = yield* (yield* FakeBeadsState).issues
            assert.deepStrictEqual([issue?.status, phase, runInstance], [status, phase, runInstance])
            const prompts = yield* (yield* FakePromptsState).files
            assert.strictEqual(prompts.length, status === "open" ? 0 : 1)
          })
        )
      }
    )
  )

  it.effect("bd-XXXX.3.3 tells how long each dispatch took", () =>
    Effect.gen(function* () {
      const world: World = { ...one, runner: { faults: [FakeRunner.on("start").delays("70 seconds")] } }
      const { lines } = yield* inWorld(
        world,
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(night)
          yield* TestClock.adjust("2 minutes")
          return yield* Fiber.join(fiber)
        })
      )
      assert.isTrue(lines.includes("✅ DISPATCH_SUCCESS beads=bd-1 provider=opencode duration_ms=70000"))
    })
  )

  it.effect("runs no more than maxParallel dispatches at once", () =>
    Effect.gen(function* () {
      const world: World = { ...three, runner: { faults: [FakeRunner.on("start").delays("1 minute")] } }
      yield* inWorld(
        world,
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(night)
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

  it.effect("starts nothing that the rest of the run's window cannot hold", () =>
    inWorld(
      { ...one, settings: { timeouts: { run: "1 min" } } },
      Effect.gen(function* () {
        const { report } = yield* night
        assert.deepStrictEqual(tags(report.outcomes), { "bd-1": "Skipped run_stopped" })
      })
    )
  )

  it.effect("puts everything back that is open when the run's window closes, and tells of it", () =>
    inWorld(
      {
        ...three,
        settings: { timeouts: { run: "6 min" }, limits: { maxParallel: 2 } },
        prompts: { faults: [FakePrompts.on("write", "bd-1").delays("1 hour")] }
      },
      Effect.gen(function* () {
        const fiber = yield* Effect.fork(night)
        yield* TestClock.adjust("6 minutes")
        const { lines, report } = yield* Fiber.join(fiber)
        assert.deepStrictEqual(tags(report.outcomes), {
          "bd-1": "Failed timeout",
          "bd-2": "Dispatched",
          "bd-3": "Dispatched"
        })
        assert.strictEqual(report.durationMs, 360_000)
        assert.strictEqual(report.exit, 3)
        assert.isTrue(lines.some((line) => line.includes("code=timeout") && line.includes("timeouts.run was over")))
        yield* nothingLeft
      })
    )
  )

  it.effect("a dry run plans, names the provider, and claims, writes and starts nothing", () =>
    night.pipe(
      Effect.tap(({ report, lines }) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(tags(report.outcomes), { "bd-1": "Planned", "bd-2": "Planned", "bd-3": "Planned" })
          assert.isTrue(lines.includes("📝 DISPATCH_PLANNED beads=bd-1 provider=opencode"))
          const calls = (yield* (yield* CallLog).calls).map(({ method }) => method)
          assert.isEmpty(
            calls.filter((method) =>
              ["claim", "release", "comment", "acquire", "write", "keep", "sweep", "start", "stop"].includes(method)
            )
          )
        })
      ),
      Effect.provide(Layer.provideMerge(dryRun.layer, fakes(three)))
    )
  )

  it.effect("counts jobs of earlier runs against the parallel limit", () =>
    Effect.gen(function* () {
      const job = (id: string) =>
        new Job({ beads: BeadsId.make(id), provider: opencode, phase: "running", pid: 4242, runInstance: `old-${id}` })
      const world: World = { ...three, runner: { jobs: [job("bd-8"), job("bd-9")] } }
      const { report } = yield* inWorld(world, night)
      assert.strictEqual(report.chosen, 0)
      assert.isTrue(report.outcomes.every((bug) => bug._tag === "Skipped" && bug.reason === "no_capacity"))
    })
  )

  it.effect(
    "a copy of a bug whose job runs is not started beside it; an issue that cannot be shown hides no other",
    () =>
      Effect.gen(function* () {
        const crash = { title: "crash on load" }
        const issues = [
          { id: "bd-1", ...crash, status: "in_progress", assignee: "a person" },
          { id: "bd-2", ...crash },
          { id: "bd-3", title: "another" }
        ]
        const job = new Job({ beads: BeadsId.make("bd-1"), provider: opencode, phase: "running", pid: 4242 })
        const world = (faults: NonNullable<FakeBeads.FakeBeadsScript["faults"]>): World => ({
          beads: { issues, faults },
          runner: { jobs: [job] }
        })
        const { report } = yield* inWorld(world([]), night)
        assert.deepStrictEqual(tags(report.outcomes), { "bd-2": "Skipped duplicate", "bd-3": "Dispatched" })
        const blind = yield* inWorld(world([FakeBeads.on("show", "bd-1").fails(trackerDown)]), night)
        assert.deepStrictEqual(tags(blind.report.outcomes), { "bd-2": "Dispatched", "bd-3": "Dispatched" })
        assert.isTrue(
          blind.lines.some((line) => line.startsWith("WARN cannot read bd-1, so its duplicates will not be detected"))
        )
      })
  )

  it.effect("bd-XXXX.1.2 removes prompt files of jobs that have ended", () =>
    inWorld(
      { prompts: { kept: [{ id: BeadsId.make("bd-7"), text: "old" }] } },
      Effect.gen(function* () {
        const { report } = yield* night
        assert.strictEqual(report.exit, 0)
        assert.isEmpty(yield* (yield* FakePromptsState).files)
      })
    )
  )

  it.effect("a claim that the tracker only pretends to give is the tracker layer's to see; a job is started once", () =>
    inWorld(
      {
        beads: {
          issues: [{ id: "bd-1" }],
          faults: [FakeBeads.on("claim").answers((id, actor) => new Claim({ id, actor }))]
        }
      },
      Effect.gen(function* () {
        yield* night
        const again = yield* nightlyRun({ ...options, run: RunId.make("20261122T040000Z-4f2a91") })
        assert.deepStrictEqual(tags(again.outcomes), { "bd-1": "Skipped running" })
        const starts = (yield* (yield* FakeRunnerState).calls).filter(({ method }) => method === "start")
        assert.strictEqual(starts.length, 1)
      })
    )
  )
})
