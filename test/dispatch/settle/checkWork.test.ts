import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { earlierJobs } from "../../../src/domain/History.ts"
import { chargesOf } from "../../../src/domain/Charge.ts"
import { Redact, redactor } from "../../../src/domain/Redaction.ts"
import { RunnerFailed } from "../../../src/domain/Failure.ts"
import {
  FakeBeadsState,
  FakeJournalState,
  FakeRunnerState,
  FakeVerifier,
  FakeVerifierState,
  FakeWorkspaces
} from "../../../src/testing/index.ts"
import { inWorld } from "../support.ts"
import { attempts, calls, checking, COMMAND, crash, finish, workLeft, workspace } from "./checkWorld.ts"
import { attemptLeftIn, EARLIER, actorOf, firstBug, HOUR, job, nextRun, settle } from "./support.ts"

const LABEL = "nightly-dispatch-review"
describe("our check of a job's work", () => {
  it.effect(
    "starts when the job has ended well, and nothing waits for it: the attempt is open and keeps its claim",
    () =>
      inWorld(
        workLeft(),
        Effect.gen(function* () {
          const { lines, report } = yield* settle
          assert.deepStrictEqual(report._tag === "Some" && report.value.settled.map(({ _tag }) => _tag), ["Running"])
          const { attempt, comments, issue } = yield* firstBug
          assert.strictEqual(attempt?.phase, "verifying")
          assert.strictEqual(issue?.assignee, actorOf(EARLIER))
          assert.isEmpty(comments)
          assert.include(lines.join("\n"), "bd-1: its job ended well and left work, which `npm test` checks now")
          yield* settle
          assert.deepStrictEqual((yield* calls).filter((method) => method === "start").length, 1, "one check")
        })
      )
  )

  it.effect("that passes makes the end succeeded and verified, with the label", () =>
    checking(
      workLeft(),
      Effect.gen(function* () {
        yield* finish(0)
        yield* settle
        const { attempt, comments, issue } = yield* firstBug
        assert.deepInclude({ ...attempt }, { phase: "settled", end: "succeeded", verified: "yes", review: "label" })
        assert.notProperty(attempt, "found")
        assert.strictEqual(issue?.assignee, undefined)
        assert.include(issue?.labels ?? [], LABEL)
        assert.match(comments.map(({ text }) => text).join(), /our check passed: `npm test`/)
        assert.include(yield* calls, "endLeftovers")
      })
    )
  )

  it.effect(
    "that fails makes it unverified: charged, commented, without the label, and the next prompt has its last lines",
    () =>
      checking(
        workLeft(),
        Effect.gen(function* () {
          yield* finish(3, ["1 of 9 tests failed", "expected 4, got 5"])
          yield* settle
          const { attempt, comments, issue } = yield* firstBug
          assert.deepInclude({ ...attempt }, { phase: "settled", end: "unverified", verified: "no", blame: "issue" })
          assert.notInclude(issue?.labels ?? [], LABEL)
          assert.strictEqual(issue?.assignee, undefined)
          const said = "failed: `npm test` (exit 3): 1 of 9 tests failed | expected 4, got 5"
          assert.include(comments.map(({ text }) => text).join(), said)
          const [earlier] = earlierJobs(yield* attempts)
          assert.include(earlier, said)
          assert.include(earlier, "attempt 1 by opencode: unverified")
          assert.notMatch(earlier ?? "", /\n/)
          const found = yield* attempts
          assert.strictEqual(chargesOf(found, found[0]?.digest ?? "", new Map()).length, 1)
        })
      )
  )

  it.effect("that fails on the last attempt puts the bug on hold", () =>
    checking(
      workLeft({ settings: { verify: { command: COMMAND }, limits: { maxAttempts: 1 } } }),
      Effect.gen(function* () {
        yield* finish(1)
        const { report } = yield* nextRun
        const outcome = report.outcomes.find(({ beads }) => beads === "bd-1")
        assert.strictEqual(outcome?._tag === "Skipped" && outcome.reason, "undecided")
      })
    )
  )

  it.effect("that runs longer than verify.timeout is ended wholly, and is the bug's failure", () =>
    checking(
      workLeft({ settings: { verify: { command: COMMAND, timeout: "10 min" } } }),
      Effect.gen(function* () {
        yield* TestClock.adjust("9 minutes")
        yield* settle
        assert.strictEqual((yield* firstBug).attempt?.phase, "verifying")
        yield* TestClock.adjust("2 minutes")
        yield* settle
        const { attempt } = yield* firstBug
        assert.deepInclude({ ...attempt }, { end: "unverified", verified: "no", blame: "issue" })
        assert.include(attempt?.phase === "settled" ? attempt.detail : "", "ran for more than 10m and was ended")
        assert.include(yield* calls, "stop")
      })
    )
  )

  it.effect("that cannot be ended keeps the attempt open, with an alert", () =>
    checking(
      workLeft({ verifier: { checks: { "bd-1": { unstoppable: true } } } }),
      Effect.gen(function* () {
        yield* TestClock.adjust("11 minutes")
        yield* settle
        assert.strictEqual((yield* firstBug).attempt?.phase, "verifying")
        const alerts = yield* Effect.flatMap(FakeJournalState, (state) => state.notices)
        assert.match(alerts.map(({ text }) => text).join(), /The check for bd-1 could not be ended/)
      })
    )
  )

  it.effect("is repeated once after a crash, and then tells nothing: a person has to look", () =>
    checking(
      workLeft(),
      Effect.gen(function* () {
        yield* crash
        yield* settle
        const { attempt } = yield* firstBug
        assert.deepInclude({ ...attempt }, { phase: "verifying", launches: 2 })
        yield* crash
        yield* settle
        const end = yield* firstBug
        assert.deepInclude({ ...end.attempt }, { end: "unverified", blame: "host", review: "label" })
        assert.include(end.issue?.labels ?? [], LABEL)
        assert.strictEqual((yield* calls).filter((method) => method === "start").length, 2)
      })
    )
  )

  it.effect("that passes after a crash counts", () =>
    checking(
      workLeft(),
      Effect.gen(function* () {
        yield* crash
        yield* settle
        yield* finish(0)
        yield* settle
        assert.deepInclude({ ...(yield* firstBug).attempt }, { end: "succeeded", verified: "yes" })
      })
    )
  )

  for (const [what, world, exitCode] of [
    [
      "that does not exist",
      {
        verifier: {
          faults: [
            FakeVerifier.on("start").fails(
              new RunnerFailed({ operation: "start", detail: "npm is not found", blame: "config" })
            )
          ]
        }
      },
      undefined
    ],
    ["whose program calls one that does not exist", {}, 127]
  ] as const) {
    it.effect(`${what} is a fault of the settings: no charge, and a person has to look`, () =>
      checking(
        workLeft(world),
        Effect.gen(function* () {
          if (exitCode !== undefined) yield* finish(exitCode, ["sh: 1: vitest: not found"])
          yield* settle
          const { attempt, issue } = yield* firstBug
          assert.deepInclude({ ...attempt }, { end: "unverified", blame: "config", verified: "no", review: "label" })
          assert.include(issue?.labels ?? [], LABEL)
          assert.isEmpty(chargesOf(yield* attempts, attempt?.digest ?? "", new Map()))
        })
      )
    )
  }

  it.effect("that the host cannot start now is tried again", () =>
    checking(
      workLeft({
        verifier: {
          faults: [
            FakeVerifier.on("start")
              .fails(new RunnerFailed({ operation: "start", detail: "no processes left", blame: "host" }))
              .times(1)
          ]
        }
      }),
      Effect.gen(function* () {
        assert.deepInclude({ ...(yield* firstBug).attempt }, { phase: "verifying", launches: 0 })
        yield* settle
        assert.deepInclude({ ...(yield* firstBug).attempt }, { phase: "verifying", launches: 1 })
      })
    )
  )

  it.effect("of which nothing can be told is left alone until its time is over, and then a person has to look", () =>
    checking(
      workLeft(),
      Effect.gen(function* () {
        yield* Effect.flatMap(FakeVerifierState, (state) =>
          state.turn("bd-1", { phase: "unknown", why: "another host" })
        )
        yield* TestClock.adjust("15 minutes")
        yield* settle
        assert.strictEqual((yield* firstBug).attempt?.phase, "verifying")
        yield* TestClock.adjust("6 minutes")
        yield* settle
        assert.deepInclude({ ...(yield* firstBug).attempt }, { end: "unverified", blame: "host" })
        assert.include(yield* calls, "abandon")
      })
    )
  )

  for (const [what, world, end] of [
    ["without verify.command", workLeft({ settings: {} }), "succeeded"],
    [
      "of a job that failed",
      workLeft({ runner: { jobs: [job({ phase: "failed", exitCode: 1, startedAt: -HOUR, endedAt: -1000 })] } }),
      "failed"
    ],
    [
      "of a job that left no work",
      workLeft({ workspaces: { faults: [FakeWorkspaces.on("discard").answers(() => ({ _tag: "Removed" }))] } }),
      "no_op"
    ]
  ] as const) {
    it.effect(`there is none ${what}`, () =>
      checking(
        world,
        Effect.gen(function* () {
          const { attempt } = yield* firstBug
          assert.deepInclude({ ...attempt }, { phase: "settled", end })
          assert.isUndefined(attempt?.phase === "settled" ? attempt.verified : "none")
          assert.isEmpty(yield* calls)
        })
      )
    )
  }

  it.effect("whose setting was removed is still collected; one that crashed is not repeated then", () =>
    inWorld(
      workLeft({
        settings: {},
        journal: { attempts: [attemptLeftIn("verifying", { workspace, updatedAt: -1000, launches: 1 })] }
      }),
      Effect.gen(function* () {
        yield* settle
        assert.deepInclude({ ...(yield* firstBug).attempt }, { phase: "settled", end: "succeeded" })
      })
    )
  )

  it.effect("whose claim was freed takes it again, and asks the runner nothing", () =>
    checking(
      workLeft(),
      Effect.gen(function* () {
        const [beads, runner] = yield* Effect.all([FakeBeadsState, FakeRunnerState])
        yield* beads.edit("bd-1", { status: "open", assignee: undefined })
        const before = (yield* runner.calls).filter(({ method }) => method === "job").length
        yield* settle
        assert.strictEqual((yield* firstBug).issue?.assignee, actorOf(EARLIER))
        const after = (yield* runner.calls).filter(({ method }) => method === "job").length
        assert.strictEqual(after, before)
      })
    )
  )

  it.effect("writes no secret of its output into the tracker", () =>
    checking(
      workLeft(),
      Effect.gen(function* () {
        yield* finish(1, ["token hunter2-hunter2-hunter2 refused"])
        yield* Effect.provideService(settle, Redact, redactor(["hunter2-hunter2-hunter2"]))
        assert.notInclude((yield* firstBug).comments.map(({ text }) => text).join(), "hunter2")
      })
    )
  )
})
