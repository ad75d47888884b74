import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock, type Duration } from "effect"
import { nightlyRun } from "../../../src/dispatch/nightlyRun.ts"
import { Claim } from "../../../src/domain/Claim.ts"
import { RunId } from "../../../src/domain/Ids.ts"
import { isLive } from "../../../src/domain/Job.ts"
import { FakeBeads, FakeBeadsState, FakeRunner, FakeRunnerState, FakeWorkspaces } from "../../../src/testing/index.ts"
import { assertNothingLeft, options, inWorld, outcomesByBug, runOnce, startFails, type World } from "../support.ts"

const COLLEAGUE = { status: "in_progress", assignee: "Recovery Agent" }

/** The tracker says that the claim is made, whatever it is. */
const yes = FakeBeads.on("claim").answers((id, actor) => new Claim({ id, actor }))

const liveJobs = Effect.map(
  Effect.flatMap(FakeRunnerState, ({ jobs }) => jobs),
  (jobs) => jobs.filter(isLive).length
)
const starts = Effect.map(
  Effect.flatMap(FakeRunnerState, ({ calls }) => calls),
  (calls) => calls.filter(({ method }) => method === "start").length
)

/** A run with one bug, in which a colleague takes the bug after this time, if any. */
const run = (world: World, taken?: Duration.DurationInput) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(runOnce)
    if (taken !== undefined) {
      yield* TestClock.adjust(taken)
      yield* (yield* FakeBeadsState).edit("bd-1", COLLEAGUE)
    }
    yield* TestClock.adjust("30 minutes")
    const { report } = yield* Fiber.join(fiber)
    const [issue] = yield* (yield* FakeBeadsState).issues
    return {
      outcomes: outcomesByBug(report.outcomes),
      assignee: issue?.assignee,
      starts: yield* starts
    }
  }).pipe((effect) => inWorld({ ...world, beads: { issues: [{ id: "bd-1" }], ...world.beads } }, effect))

describe("a tracker that lies about a claim", () => {
  it.effect("says yes, and the bug stays free: nothing is started", () =>
    Effect.gen(function* () {
      const { assignee, outcomes, starts } = yield* run({ beads: { faults: [yes] } })
      assert.deepStrictEqual([outcomes, starts, assignee], [{ "bd-1": "Failed claim_failed" }, 0, undefined])
    })
  )

  it.effect("says yes, while a colleague holds it: nothing is started, and the colleague keeps the bug", () =>
    Effect.gen(function* () {
      const slow = FakeBeads.on("claim").delays("2 seconds")
      const { assignee, outcomes, starts } = yield* run({ beads: { faults: [slow, yes] } }, "1 second")
      assert.deepStrictEqual([outcomes, starts, assignee], [{ "bd-1": "Failed claim_failed" }, 0, "Recovery Agent"])
    })
  )

  it.effect("says in each heartbeat that it is ours, while a colleague has taken it: nothing is started", () =>
    Effect.gen(function* () {
      const lie = FakeBeads.on("heartbeat").answers(() => ({ _tag: "Alive", leaseExpiresAt: 1e12 }))
      const slow = FakeWorkspaces.on("acquire").delays("7 minutes").withoutLimit()
      const world: World = { beads: { lease: "5 minutes", faults: [lie] }, workspaces: { faults: [slow] } }
      const { assignee, outcomes, starts } = yield* run(world, "6 minutes")
      assert.deepStrictEqual([outcomes, starts, assignee], [{ "bd-1": "Failed claim_failed" }, 0, "Recovery Agent"])
    })
  )

  /** The read right after the acknowledgement is slow, and finds the claim free. `by` takes it while we take it again. */
  const freed = (by: typeof COLLEAGUE | undefined, ...faults: FakeBeads.FakeBeadsScript["faults"] & {}) =>
    inWorld(
      {
        beads: {
          issues: [{ id: "bd-1" }],
          faults: [FakeBeads.on("show").delays("1 second").from(3).times(1), ...faults]
        }
      },
      Effect.gen(function* () {
        const state = yield* FakeBeadsState
        const fiber = yield* Effect.fork(runOnce)
        yield* TestClock.adjust("500 millis")
        yield* state.edit("bd-1", { status: "open", assignee: undefined })
        yield* TestClock.adjust("1 second")
        if (by !== undefined) yield* state.edit("bd-1", by)
        yield* TestClock.adjust("10 minutes")
        const { lines, outcome } = yield* Fiber.join(fiber)
        return { bug: outcome("bd-1"), lines, live: yield* liveJobs }
      })
    )

  it.effect("says yes to a claim that is taken again, while a colleague holds it: the job is stopped", () =>
    Effect.gen(function* () {
      const { bug, live } = yield* freed(COLLEAGUE, FakeBeads.on("claim").delays("2 seconds").from(2), yes.from(2))
      assert.deepInclude({ ...bug }, { _tag: "Failed", code: "claim_failed" })
      assert.strictEqual(live, 0)
    })
  )

  it.effect("says yes to a claim that is taken again, and the bug stays free: the job goes on, with a warning", () =>
    Effect.gen(function* () {
      const { bug, lines, live } = yield* freed(undefined, yes.from(2))
      assert.strictEqual(bug?._tag, "Dispatched")
      assert.strictEqual(live, 1)
      assert.isTrue(
        lines.some((line) => /WARN.*cannot tell whether its claim is still ours.*the bug is free/.test(line))
      )
    })
  )

  it.effect("says that a claim is released, and keeps it: the next run releases it, and dispatches the bug", () =>
    inWorld(
      {
        beads: {
          issues: [{ id: "bd-1" }],
          faults: [
            FakeBeads.on("release")
              .answers(() => ({ _tag: "Released" }))
              .times(1)
          ]
        },
        runner: { faults: [FakeRunner.on("start").fails(startFails("issue", "it cannot be")).times(1)] }
      },
      Effect.gen(function* () {
        const first = yield* runOnce
        assert.strictEqual(first.outcome("bd-1")?._tag, "Failed")
        assert.isDefined((yield* (yield* FakeBeadsState).issues)[0]?.assignee)
        yield* TestClock.adjust("2 hours")
        const second = yield* nightlyRun({ ...options, run: RunId.make("20261122T050000Z-4f2a91") })
        assert.deepStrictEqual(outcomesByBug(second.outcomes), { "bd-1": "Dispatched" })
        yield* assertNothingLeft
      })
    )
  )
})
