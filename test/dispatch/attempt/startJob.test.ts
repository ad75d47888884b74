import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { JournalFailed } from "../../../src/domain/Failure.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { Job } from "../../../src/domain/Job.ts"
import { ProcessIdentity } from "../../../src/domain/ProcessIdentity.ts"
import {
  fakeAttempt,
  FakeBeadsState,
  FakeJournal,
  FakeJournalState,
  FakePromptsState,
  FakeRunner,
  FakeRunnerState
} from "../../../src/testing/index.ts"
import {
  ackTimedOut,
  assertNothingLeft,
  inWorld,
  oneBug,
  opencode,
  outcomesByBug,
  runOnce,
  startFails,
  type World
} from "../support.ts"

const diskFull = new JournalFailed({ file: "memory", reason: "unusable", detail: "no space left" })
const starter = ProcessIdentity.make({ pid: 4711, startedAt: "77", boot: "b" })

/** What the runner answers about the bug's job after the start. */
const jobIs = (phase: Job["phase"]) =>
  FakeRunner.on("job")
    .answers(() => Job.make({ beads: BeadsId.make("bd-1"), provider: opencode, phase }))
    .from(2)

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

  it.effect("a start whose process the journal does not take is rolled back, because it has started nothing", () =>
    inWorld(
      { ...oneBug, runner: { faults: [FakeRunner.on("start").fails(diskFull)] } },
      Effect.gen(function* () {
        const { outcome, report } = yield* runOnce
        const bug = outcome("bd-1")
        assert(bug?._tag === "Failed")
        assert.deepInclude({ ...bug }, { code: "runner_error", blame: "host" })
        assert.strictEqual(report.exit, 3)
        yield* assertNothingLeft
      })
    )
  )

  const launched = FakeJournal.after("advance", "Starting").answers(() => fakeAttempt("starting", { starter }))
  for (const [what, world] of [
    ["the runner cannot tell, and the starting process is on record", { journal: { faults: [launched] } }],
    ["the starting process still runs", { runner: { faults: [jobIs("starting")] } }],
    ["it cannot be told from here whether the job runs", { runner: { faults: [jobIs("unknown")] } }]
  ] as ReadonlyArray<readonly [string, World]>) {
    it.effect(
      `a start that fails by the provider's fault, when ${what}: all is kept, and no second provider is tried`,
      () =>
        inWorld(
          {
            ...oneBug,
            ...world,
            runner: {
              faults: [
                FakeRunner.on("start").fails(startFails("provider", "exit 1")),
                ...(world.runner?.faults ?? [FakeRunner.on("job").fails(startFails("runner", "no answer")).from(2)])
              ]
            }
          },
          Effect.gen(function* () {
            const { outcome } = yield* runOnce
            const bug = outcome("bd-1")
            assert(bug?._tag === "Failed")
            assert.match(bug.error, /the job may be running \(start failed: exit 1; .*, claim and prompt are kept/)
            const starts = (yield* (yield* FakeRunnerState).calls).filter(({ method }) => method === "start")
            assert.lengthOf(starts, 1)
            assert.strictEqual((yield* (yield* FakeBeadsState).issues)[0]?.status, "in_progress")
            assert.strictEqual((yield* (yield* FakeJournalState).attempts)[0]?.phase, "starting")
            assert.lengthOf(yield* (yield* FakePromptsState).files, 1)
          })
        )
    )
  }

  it.effect("a start that fails, when the runner cannot tell and no process is on record, is rolled back", () =>
    inWorld(
      {
        ...oneBug,
        runner: {
          faults: [
            FakeRunner.on("start").fails(startFails("runner", "exit 1")),
            FakeRunner.on("job").fails(startFails("runner", "no answer")).from(2)
          ]
        }
      },
      Effect.gen(function* () {
        yield* runOnce
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
