import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, TestClock } from "effect"
import { nightlyRun } from "../../../src/dispatch/nightlyRun.ts"
import { Ack } from "../../../src/domain/Ack.ts"
import { endingOf } from "../../../src/domain/Attempt.ts"
import { ClaimFailed } from "../../../src/domain/Failure.ts"
import { BeadsId, RunId } from "../../../src/domain/Ids.ts"
import { isLive, Job } from "../../../src/domain/Job.ts"
import {
  FakeJournal,
  FakeBeads,
  FakeBeadsState,
  FakeJournalState,
  FakePromptsState,
  FakeRunner,
  FakeRunnerState,
  FakeWorkspacesState
} from "../../../src/testing/index.ts"
import {
  assertNothingLeft,
  inWorld,
  opencode,
  options,
  runOnce,
  startFails,
  trackerDown,
  type World
} from "../support.ts"

const BUG = BeadsId.make("bd-1")
const ACTOR = `nightly-dispatch/${FakeJournal.FAKE_MARK}/vm-1/${options.run}/1`
const ANOTHER = { status: "in_progress", assignee: "Recovery Agent" }
const FREE = { status: "open", assignee: undefined }
const CLOSED = { status: "closed", assignee: ACTOR, closedAt: 5 }

/** The reads of one dispatch: when it begins, right before the start, right after the acknowledgement. */
const BEFORE = 2
const AFTER = 3

/** A run whose n-th read of the bug is slow. Another user changes the bug just before that read. */
const changeBeforeRead = (nth: number, change: Parameters<FakeBeadsState["Type"]["edit"]>[1], more: World = {}) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(runOnce)
    yield* TestClock.adjust("500 millis")
    yield* (yield* FakeBeadsState).edit("bd-1", change)
    yield* TestClock.adjust("10 minutes")
    return { ...(yield* Fiber.join(fiber)), ...(yield* found) }
  }).pipe((run) =>
    inWorld(
      {
        ...more,
        beads: {
          issues: [{ id: "bd-1" }],
          ...more.beads,
          faults: [FakeBeads.on("show").delays("1 second").from(nth).times(1), ...(more.beads?.faults ?? [])]
        }
      },
      run
    )
  )

/** What a run has left of its one bug. */
const found = Effect.gen(function* () {
  const [beads, journal, runner, prompts, workspaces] = yield* Effect.all([
    FakeBeadsState,
    FakeJournalState,
    FakeRunnerState,
    FakePromptsState,
    FakeWorkspacesState
  ])
  const [issue] = yield* beads.issues
  const [attempt] = yield* journal.attempts
  return {
    issue,
    attempt,
    alerts: (yield* journal.notices).map(({ kind }) => kind),
    calls: (yield* runner.calls).map(({ method }) => method),
    jobs: yield* runner.jobs,
    prompts: (yield* prompts.files).length,
    worktrees: (yield* workspaces.workspaces).length
  }
})

describe("the claim, read again right before the start", () => {
  for (const [what, change, error] of [
    ["is free", FREE, /lost before the start: no actor has its claim \(open\); nothing was started/],
    ["is another actor's", ANOTHER, /lost before the start: Recovery Agent has its claim/],
    ["is gone, because the bug was closed", CLOSED, /lost before the start: .*\(closed\)/]
  ] as const) {
    it.effect(`that ${what}: nothing is started, and everything is rolled back`, () =>
      Effect.gen(function* () {
        const { attempt, calls, issue, outcome, prompts, report, worktrees } = yield* changeBeforeRead(BEFORE, change)
        const bug = outcome("bd-1")
        assert(bug?._tag === "Failed")
        assert.deepInclude({ ...bug }, { code: "claim_failed", blame: "tracker" })
        assert.match(bug.error, error)
        assert.notInclude(calls, "start")
        assert.deepStrictEqual([prompts, worktrees, attempt?.phase, report.exit], [0, 0, "settled", 3])
        assert.strictEqual(issue?.assignee, change.assignee)
      })
    )
  }

  for (const [what, fault] of [
    ["cannot be read", FakeBeads.on("show").fails(trackerDown).from(BEFORE).times(1)],
    ["is never answered", FakeBeads.on("show").hangs().from(BEFORE).times(1)]
  ] as const) {
    it.effect(`that ${what}: nothing is started, and the claim is released`, () =>
      inWorld(
        { beads: { issues: [{ id: "bd-1" }], faults: [fault] } },
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(runOnce)
          yield* TestClock.adjust("10 minutes")
          const bug = (yield* Fiber.join(fiber)).outcome("bd-1")
          const { calls, issue } = yield* found
          assert(bug?._tag === "Failed")
          assert.match(bug.error, /^tracker: show/)
          assert.isUndefined(issue?.assignee)
          assert.notInclude(calls, "start")
          yield* assertNothingLeft
        })
      )
    )
  }
})

describe("the claim, read again right after the acknowledgement", () => {
  it.effect("that is free is taken again under the same actor, and the job goes on", () =>
    Effect.gen(function* () {
      const { calls, issue, lines, outcome } = yield* changeBeforeRead(AFTER, FREE)
      assert.strictEqual(outcome("bd-1")?._tag, "Dispatched")
      assert.deepInclude({ ...issue }, { status: "in_progress", assignee: ACTOR })
      assert.notInclude(calls, "stop")
      assert.isTrue(lines.some((line) => line.includes("found free while its job ran; claimed it again")))
    })
  )

  it.effect("of a bug that was closed: the job goes on, because no other actor works on the bug", () =>
    Effect.gen(function* () {
      const { calls, outcome } = yield* changeBeforeRead(AFTER, CLOSED)
      assert.strictEqual(outcome("bd-1")?._tag, "Dispatched")
      assert.notInclude(calls, "stop")
    })
  )

  const held = new ClaimFailed({ beads: BUG, reason: "held", holder: "Recovery Agent", detail: "" })
  for (const [what, change, more] of [
    ["is another actor's", ANOTHER, {}],
    [
      "is free, and that another actor takes first",
      FREE,
      { beads: { faults: [FakeBeads.on("claim").fails(held).from(2)] } }
    ],
    [
      "is another actor's, when the job was found late",
      ANOTHER,
      { runner: { faults: [FakeRunner.after("start").fails(startFails("runner", "exit 1")).times(1)] } }
    ]
  ] as ReadonlyArray<readonly [string, typeof ANOTHER | typeof FREE, World]>) {
    it.effect(`that ${what}: the job is stopped, its work is kept, and the attempt ends as claim_lost`, () =>
      Effect.gen(function* () {
        const { attempt, issue, jobs, outcome, prompts, report, worktrees } = yield* changeBeforeRead(
          AFTER,
          change,
          more
        )
        const bug = outcome("bd-1")
        assert(bug?._tag === "Failed")
        assert.deepInclude({ ...bug }, { code: "claim_failed", blame: "tracker", provider: opencode })
        assert.match(bug.error, /Recovery Agent.*was stopped, and its work is kept in \/fake\/agents\/bd-1\/app/)
        assert.deepInclude({ ...attempt }, { phase: "settled", end: "claim_lost", blame: "tracker" })
        assert.deepStrictEqual(
          jobs.map(({ phase }) => phase),
          ["stopped"]
        )
        assert.deepStrictEqual([prompts, worktrees, report.exit], [0, 1, 3])
        assert.strictEqual(issue?.assignee, change.assignee)
      })
    )
  }

  it.effect(
    "that is another actor's, when the job cannot be stopped: all is kept, with an alert, and the next run stops it",
    () => {
      const world: World = {
        beads: {
          issues: [{ id: "bd-1" }],
          faults: [FakeBeads.on("show").delays("1 second").from(AFTER).times(1)]
        },
        runner: {
          faults: [
            FakeRunner.on("stop")
              .answers(() => false)
              .times(1)
          ]
        }
      }
      return inWorld(
        world,
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(runOnce)
          yield* TestClock.adjust("500 millis")
          yield* (yield* FakeBeadsState).edit("bd-1", ANOTHER)
          yield* TestClock.adjust("10 minutes")
          const bug = (yield* Fiber.join(fiber)).outcome("bd-1")
          assert(bug?._tag === "Failed")
          assert.match(
            bug.error,
            /may still run \(a process of it still works in the worktree\).*the next run stops it/
          )
          const first = yield* found
          assert.deepStrictEqual(
            [first.attempt?.phase, first.alerts, first.prompts],
            ["acknowledged", ["claim_stuck"], 1]
          )
          yield* nightlyRun({ ...options, run: RunId.make("20261122T040000Z-4f2a91") })
          const second = yield* found
          assert.strictEqual(second.attempt && endingOf(second.attempt)?.end, "claim_lost")
          assert.deepStrictEqual([second.jobs.some(isLive), second.prompts, second.worktrees], [false, 0, 1])
          assert.strictEqual(second.issue?.assignee, "Recovery Agent")
        })
      )
    }
  )

  for (const [what, fault] of [
    ["cannot be read", FakeBeads.on("show").fails(trackerDown).from(AFTER).times(1)],
    ["is never answered", FakeBeads.on("show").hangs().from(AFTER).times(1)],
    ["cannot be read because of a defect", FakeBeads.on("show").dies("boom").from(AFTER).times(1)]
  ] as const) {
    it.effect(`that ${what}: everything is handed over, with a warning`, () =>
      inWorld(
        { beads: { issues: [{ id: "bd-1" }], faults: [fault] } },
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(runOnce)
          yield* TestClock.adjust("10 minutes")
          const { lines, outcome } = yield* Fiber.join(fiber)
          assert.strictEqual(outcome("bd-1")?._tag, "Dispatched")
          assert.isTrue(lines.some((line) => /WARN.*cannot tell whether its claim is still ours.*settling/.test(line)))
          assert.strictEqual((yield* found).attempt?.phase, "acknowledged")
          yield* assertNothingLeft
        })
      )
    )
  }

  it.effect("an interruption during the read hands everything over", () =>
    inWorld(
      { beads: { issues: [{ id: "bd-1" }], faults: [FakeBeads.on("show").hangs().from(AFTER).times(1)] } },
      Effect.gen(function* () {
        const fiber = yield* Effect.fork(nightlyRun(options))
        yield* TestClock.adjust("1 second")
        yield* Fiber.interruptFork(fiber)
        yield* TestClock.adjust("1 second")
        assert.isTrue(Option.isSome(yield* Fiber.poll(fiber)))
        const { attempt, jobs, prompts } = yield* found
        assert.deepStrictEqual([attempt?.phase, jobs.filter(isLive).length, prompts], ["acknowledged", 1, 1])
        yield* assertNothingLeft
      })
    )
  )

  it.effect("that is another actor's: a job that was adopted and may be that actor's is left alone", () =>
    Effect.gen(function* () {
      const adopted = Ack.make({ beads: BUG, provider: opencode, runInstance: "theirs", how: "adopted" })
      const job = Job.make({ beads: BUG, provider: opencode, phase: "running", runInstance: "theirs" })
      const { attempt, calls, outcome, prompts, worktrees } = yield* changeBeforeRead(AFTER, ANOTHER, {
        runner: {
          faults: [
            FakeRunner.on("start").answers(() => adopted),
            FakeRunner.on("job")
              .answers(() => job)
              .from(2)
          ]
        }
      })
      const bug = outcome("bd-1")
      assert(bug?._tag === "Failed")
      assert.match(bug.error, /may not have started, and was left alone/)
      assert.notInclude(calls, "stop")
      assert.deepStrictEqual([attempt?.phase, prompts, worktrees], ["settled", 0, 0])
    })
  )
})
