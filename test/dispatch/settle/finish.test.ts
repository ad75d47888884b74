import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { nightlyRun } from "../../../src/dispatch/nightlyRun.ts"
import { TrackerFailed } from "../../../src/domain/Failure.ts"
import { REVIEW_LABEL } from "../../../src/domain/Outcome.ts"
import {
  FakeBeads,
  FakeBeadsState,
  FakeJournalState,
  FakePromptsState,
  type FakeRunner,
  FakeRunnerState,
  FakeWorkspacesState
} from "../../../src/testing/index.ts"
import { assertNothingLeft, inWorld, oneBug, options, outcomesByBug } from "../support.ts"
import { EARLIER, endOf, firstBug, nextRun, settle } from "./support.ts"

/** A run whose job ends with this code half an hour ago, and leaves two commits or nothing. */
const runAndEndJob = (exitCode: number, leavesWork: boolean, says: FakeRunner.FakeWords = {}) =>
  Effect.gen(function* () {
    yield* nextRun
    const [runner, workspaces] = yield* Effect.all([FakeRunnerState, FakeWorkspacesState])
    if (leavesWork) {
      for (const { path } of yield* workspaces.workspaces) yield* workspaces.leaveWork(path, 2)
    }
    yield* runner.finish("bd-1", exitCode, says)
    yield* TestClock.adjust("30 minutes")
  })

/** What the log of a job says whose model refused every request. */
const REFUSED = {
  reason: "unauthorised",
  words: "Incorrect API key provided: ghp_0123456789abcdefghijABCDEFGHIJ012345",
  fault: "provider"
} as const

describe("settling a job that has ended", () => {
  it.effect(
    "a job that succeeded and left work: the claim is released, and the bug is skipped until its review is over",
    () =>
      inWorld(
        oneBug,
        Effect.gen(function* () {
          yield* runAndEndJob(0, true)
          yield* settle
          const { attempt, comments, issue } = yield* firstBug
          assert.strictEqual(endOf(attempt), "succeeded")
          assert.deepInclude({ ...issue }, { status: "open", assignee: undefined })
          assert.deepStrictEqual([...(issue?.labels ?? [])], [REVIEW_LABEL])
          assert.lengthOf(comments, 1)
          assert.match(comments[0]?.text ?? "", /\/fake\/agents\/bd-1\/app .*remove the label nightly-dispatch-review/)
          assert.lengthOf(yield* (yield* FakeWorkspacesState).workspaces, 1)
          assert.isEmpty(yield* (yield* FakePromptsState).files)
          assert.deepStrictEqual(outcomesByBug((yield* nextRun).report.outcomes), { "bd-1": "Skipped awaiting_review" })
        })
      )
  )

  it.effect("when the tracker refuses the review label, the journal keeps the bug from being dispatched", () =>
    inWorld(
      {
        beads: {
          issues: [{ id: "bd-1" }],
          faults: [
            FakeBeads.on("label").fails(
              new TrackerFailed({ operation: "label", reason: "refused", detail: "unknown flag", blame: "tracker" })
            )
          ]
        }
      },
      Effect.gen(function* () {
        yield* runAndEndJob(0, true)
        yield* settle
        assert.isUndefined((yield* firstBug).issue?.assignee)
        assert.deepStrictEqual(outcomesByBug((yield* nextRun).report.outcomes), { "bd-1": "Skipped awaiting_review" })
      })
    )
  )

  it.effect(
    "a job that succeeded and changed nothing is a `no_op`: it counts against the bug, and the bug backs off",
    () =>
      inWorld(
        oneBug,
        Effect.gen(function* () {
          yield* runAndEndJob(0, false)
          yield* settle
          const { attempt, issue } = yield* firstBug
          assert.deepInclude({ ...attempt }, { end: "no_op", blame: "issue", phase: "settled" })
          assert.isUndefined(issue?.assignee)
          assert.isEmpty(issue?.labels ?? ["?"])
          yield* assertNothingLeft
          assert.deepStrictEqual(outcomesByBug((yield* nextRun).report.outcomes), { "bd-1": "Skipped backing_off" })
        })
      )
  )

  it.effect(
    "a job that failed: the claim is released, the bug is tried again after an hour, and the next prompt quotes the failure",
    () =>
      inWorld(
        oneBug,
        Effect.gen(function* () {
          yield* runAndEndJob(7, false)
          const first = yield* nextRun
          assert.strictEqual(first.report.settled, 1)
          assert.deepStrictEqual(outcomesByBug(first.report.outcomes), { "bd-1": "Skipped backing_off" })
          yield* TestClock.adjust("61 minutes")
          assert.deepStrictEqual(outcomesByBug((yield* nightlyRun({ ...options, run: EARLIER })).outcomes), {
            "bd-1": "Dispatched"
          })
          const [prompt] = yield* (yield* FakePromptsState).files
          assert.match(prompt?.text ?? "", /attempt 1 by opencode: failed; the job failed \(opencode, exit 7/)
        })
      )
  )

  it.effect("a job that ended well without work, because its model refused it, failed by its provider's fault", () =>
    inWorld(
      oneBug,
      Effect.gen(function* () {
        yield* runAndEndJob(0, false, REFUSED)
        const { lines, report } = yield* nextRun
        const [settled] = yield* (yield* FakeJournalState).attempts
        assert.deepInclude({ ...settled }, { phase: "settled", end: "failed", blame: "provider" })
        assert.deepStrictEqual(outcomesByBug(report.outcomes), { "bd-1": "Dispatched" }, "the bug need not wait")
        const [prompt] = yield* (yield* FakePromptsState).files
        assert.match(prompt?.text ?? "", /attempt 1 by opencode: failed; .*exit 0, unauthorised\): Incorrect API key/)
        assert.notInclude(`${prompt?.text} ${lines.join("\n")}`, "ghp_0123", "a tool may print a secret")
      })
    )
  )

  it.effect("a job that failed by its provider's fault does not count against the bug", () =>
    inWorld(
      oneBug,
      Effect.gen(function* () {
        yield* runAndEndJob(1, false, REFUSED)
        yield* settle
        assert.deepInclude({ ...(yield* firstBug).attempt }, { end: "failed", blame: "provider" })
        assert.deepStrictEqual(outcomesByBug((yield* nextRun).report.outcomes), { "bd-1": "Dispatched" })
      })
    )
  )

  it.effect("work that a job left counts, whatever its log says", () =>
    inWorld(
      oneBug,
      Effect.gen(function* () {
        yield* runAndEndJob(0, true, REFUSED)
        yield* settle
        const { attempt, comments, issue } = yield* firstBug
        assert.strictEqual(endOf(attempt), "succeeded")
        assert.deepStrictEqual([...(issue?.labels ?? [])], [REVIEW_LABEL])
        assert.notInclude(comments[0]?.text ?? "", "Incorrect API key")
      })
    )
  )

  for (const [exitCode, end] of [
    [0, "no_op"],
    [3, "failed"]
  ] as const) {
    it.effect(`a job that ended with ${exitCode} after seconds, without work, is its provider's fault`, () =>
      inWorld(
        { ...oneBug, runner: { providers: { opencode: { runs: "19 seconds", exitCode } } } },
        Effect.gen(function* () {
          yield* nextRun
          yield* TestClock.adjust("30 minutes")
          yield* settle
          assert.deepInclude({ ...(yield* firstBug).attempt }, { end, blame: "provider" })
        })
      )
    )
  }

  for (const [whose, change] of [
    ["free", { status: "open", assignee: undefined }],
    ["another dispatcher's", { assignee: "nightly-dispatch/vm-2/20261122T030000Z-000000/1" }],
    ["a person's", { assignee: "alice" }]
  ] as const) {
    it.effect(`a success whose claim is ${whose} by now is marked for review, and that claim is left alone`, () =>
      inWorld(
        oneBug,
        Effect.gen(function* () {
          yield* runAndEndJob(0, true)
          yield* (yield* FakeBeadsState).edit("bd-1", change)
          yield* settle
          const { attempt, comments, issue } = yield* firstBug
          assert.deepInclude({ ...attempt }, { phase: "settled", end: "succeeded", review: "label" })
          assert.deepStrictEqual([[...(issue?.labels ?? [])], comments.length], [[REVIEW_LABEL], 1])
          assert.strictEqual(issue?.assignee, change.assignee)
        })
      )
    )
  }

  it.effect("a claim that its agent made on another bug is named while the job runs, and released with its own", () =>
    inWorld(
      oneBug,
      Effect.gen(function* () {
        yield* nextRun
        const [beads, runner] = yield* Effect.all([FakeBeadsState, FakeRunnerState])
        const [{ assignee } = {}] = yield* beads.issues
        yield* beads.edit("bd-2", { status: "in_progress", assignee })
        yield* beads.edit("bd-3", { status: "in_progress", assignee: "alice" })
        const { lines } = yield* settle
        assert.isTrue(lines.some((line) => line.startsWith(`WARN bd-2 is claimed by ${assignee}, the agent of bd-1`)))
        assert.strictEqual((yield* beads.issues)[1]?.assignee, assignee)
        yield* runner.finish("bd-1", 1)
        yield* settle
        assert.deepStrictEqual(
          (yield* beads.issues).map((issue) => issue.assignee),
          [undefined, undefined, "alice"]
        )
      })
    )
  )

  for (const [exitCode, end] of [
    [0, "succeeded"],
    [1, "failed"]
  ] as const) {
    it.effect(`a bug that its agent has closed stays closed, and its work is shown: ${end}`, () =>
      inWorld(
        oneBug,
        Effect.gen(function* () {
          yield* runAndEndJob(exitCode, true)
          yield* (yield* FakeBeadsState).edit("bd-1", { status: "closed", closedAt: 5 })
          yield* settle
          const { attempt, comments, issue } = yield* firstBug
          assert.strictEqual(endOf(attempt), end)
          assert.deepInclude({ ...issue }, { status: "closed", labels: [REVIEW_LABEL] })
          assert.lengthOf(comments, 1)
          assert.match(
            comments[0]?.text ?? "",
            /commits in \/fake\/agents\/bd-1\/app \(branch \S+\)\. The bug was closed before anyone looked .* merge it/
          )
        })
      )
    )
  }

  it.effect("a closed bug without work gets no label and no comment", () =>
    inWorld(
      oneBug,
      Effect.gen(function* () {
        yield* runAndEndJob(1, false)
        yield* (yield* FakeBeadsState).edit("bd-1", { status: "closed", closedAt: 5 })
        yield* settle
        const { comments, issue } = yield* firstBug
        assert.deepStrictEqual([issue?.labels, comments], [[], []])
      })
    )
  )

  it.effect("work whose claim was released by hand is marked for review before the bug is chosen again", () =>
    inWorld(
      oneBug,
      Effect.gen(function* () {
        yield* runAndEndJob(0, true)
        yield* (yield* FakeBeadsState).edit("bd-1", { status: "open", assignee: undefined })
        assert.deepStrictEqual(outcomesByBug((yield* nextRun).report.outcomes), { "bd-1": "Skipped awaiting_review" })
        const { attempt, comments, issue } = yield* firstBug
        assert.deepStrictEqual([endOf(attempt), issue?.labels, comments.length], ["succeeded", [REVIEW_LABEL], 1])
      })
    )
  )
})
