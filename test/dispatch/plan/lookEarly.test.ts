import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import { actorOf } from "../../../src/domain/Actor.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { CallLog, FakeBeads, FakeJournal, FakeRunner, FakeWorkspaces } from "../../../src/testing/index.ts"
import { RUN, fakes, inWorld, oneBug, outcomesByBug, runOnce, type World } from "../support.ts"

const allCalls = Effect.flatMap(CallLog, ({ calls }) => calls)
const callsOf = (method: string) => Effect.map(allCalls, (all) => all.filter((call) => call.method === method).length)
/** How often the open bugs were read for the plan. The daily removal of old things reads them once more. */
const reads = Effect.map(allCalls, (all) => {
  const planned = all.slice(
    0,
    all.findIndex(({ method }) => method === "preflight")
  )
  return planned.filter(({ method }) => method === "openBugs").length
})

const bug = oneBug.beads?.issues ?? []

describe("a run looks while it settles", () => {
  it.effect("the open bugs and the worktrees are asked for before the claims of lost runs are known", () => {
    const world: World = { beads: { issues: bug, faults: [FakeBeads.on("claimsOf").delays("10 seconds")] } }
    return Effect.gen(function* () {
      const run = yield* Effect.fork(runOnce)
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual([yield* callsOf("openBugs"), yield* callsOf("check")], [1, 1])
      assert.strictEqual(yield* callsOf("preflight"), 0, "no provider is asked yet")
      yield* TestClock.adjust("1 minute")
      const { report } = yield* Fiber.join(run)
      assert.deepStrictEqual(outcomesByBug(report.outcomes), { "bd-1": "Dispatched" })
      assert.strictEqual(yield* reads, 1)
    }).pipe(Effect.provide(fakes(world)))
  })

  it.effect("what was seen before a claim of a lost run was released does not count", () => {
    const actor = actorOf({ mark: FakeJournal.FAKE_MARK, host: "vm-1", run: RUN, attempt: 7 })
    const issues = [{ id: BeadsId.make("bd-1"), status: "in_progress", assignee: actor }]
    return inWorld(
      { beads: { issues } },
      Effect.gen(function* () {
        const { report } = yield* runOnce
        assert.deepStrictEqual(outcomesByBug(report.outcomes), { "bd-1": "Dispatched" })
        assert.strictEqual(yield* reads, 2)
      })
    )
  })

  it.effect("providers are asked while the trial worktree is made, and nothing is claimed before it is done", () => {
    const workspaces = { faults: [FakeWorkspaces.on("check").delays("20 seconds")] }
    return Effect.gen(function* () {
      const run = yield* Effect.fork(runOnce)
      yield* TestClock.adjust("19 seconds")
      assert.deepStrictEqual([yield* callsOf("preflight"), yield* callsOf("claim")], [1, 0])
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(outcomesByBug((yield* Fiber.join(run)).report.outcomes), { "bd-1": "Dispatched" })
    }).pipe(Effect.provide(fakes({ ...oneBug, workspaces })))
  })

  it.effect("a run without a worktree ends at once, and waits for no preflight", () => {
    const workspaces = { unusable: ["app"], faults: [FakeWorkspaces.on("check").delays("20 seconds")] }
    const runner = { faults: [FakeRunner.on("preflight").delays("40 seconds")] }
    return Effect.gen(function* () {
      const run = yield* Effect.fork(runOnce)
      yield* TestClock.adjust("21 seconds")
      const { report } = yield* Fiber.join(run)
      assert.deepStrictEqual([report.exit, report.end._tag], [5, "config"])
      assert.deepStrictEqual([yield* callsOf("preflight"), yield* callsOf("claim")], [1, 0])
    }).pipe(Effect.provide(fakes({ ...oneBug, workspaces, runner })))
  })

  it.effect("no provider is asked where no bug can be chosen", () => {
    const workspaces = { unusable: ["app"], faults: [FakeWorkspaces.on("check").delays("20 seconds")] }
    return Effect.gen(function* () {
      const run = yield* Effect.fork(runOnce)
      yield* TestClock.adjust("21 seconds")
      assert.strictEqual((yield* Fiber.join(run)).report.exit, 5)
      assert.strictEqual(yield* callsOf("preflight"), 0)
    }).pipe(Effect.provide(fakes({ workspaces })))
  })
})
