import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck } from "effect"
import { NEVER_TRIED } from "../../../src/domain/History.ts"
import { noPolicy, PlanPolicy, type Policy } from "../../../src/domain/PlanPolicy.ts"
import { FakeBeadsState } from "../../../src/testing/index.ts"
import { fakes, opencode, outcomesByBug, runOnce, threeBugs } from "../support.ts"
import { ids, planned } from "./support.ts"

const many = { limits: { maxDispatches: 9 } }
const three = [
  { id: "bd-1", title: "a", priority: 0 },
  { id: "bd-2", title: "b", labels: ["legacy"] },
  { id: "bd-3", title: "c", labels: ["customer"] }
]
const policyOf = (changes: Partial<Policy>): Policy => ({ ...noPolicy, ...changes })
const noLegacy: Policy["eligible"] = ({ labels }) => (labels.includes("legacy") ? "legacy is done\nby hand" : true)
const customersFirst: Policy["order"] = (a, b) =>
  Number(b.labels.includes("customer")) - Number(a.labels.includes("customer"))

describe("the plan policy", () => {
  it("refuses a bug with its words on one line; others take its place", () => {
    const { chosen, skipped } = planned(three, {
      policy: policyOf({ eligible: noLegacy }),
      set: { limits: { maxDispatches: 2 } }
    })
    assert.deepStrictEqual(ids(chosen), ["bd-1", "bd-3"])
    assert.deepInclude(skipped[0], { beads: "bd-2", reason: "policy", detail: "legacy is done by hand" })
  })

  it("orders bugs before our own order does, and ties by ours", () => {
    const { chosen } = planned(three, { policy: policyOf({ order: customersFirst }), set: many })
    assert.deepStrictEqual(ids(chosen), ["bd-3", "bd-1", "bd-2"])
    const noNumber = planned(three, { policy: policyOf({ order: () => Number.NaN }), set: many })
    assert.deepStrictEqual(ids(noNumber.chosen), ["bd-1", "bd-2", "bd-3"])
  })

  it("is not asked of bugs that our own rules refuse", () => {
    const asked: Array<string> = []
    const policy: Policy = {
      eligible: ({ id }) => {
        asked.push(id)
        return true
      },
      order: (a, b) => {
        asked.push(a.id, b.id)
        return 0
      }
    }
    planned([...three, { id: "bd-4", assignee: "alice" }], { policy })
    assert.notInclude(asked, "bd-4")
    assert.include(asked, "bd-3")
  })

  it("refuses the bug on hold that would be tried again, too", () => {
    const onHold = { ...NEVER_TRIED, failures: 3, suspects: new Set([opencode]), latest: -1e9 }
    const input = { history: () => onHold, doubtful: new Set([opencode]) }
    assert.deepStrictEqual(ids(planned([{ id: "bd-1" }], input).chosen), ["bd-1"])
    assert.isEmpty(planned([{ id: "bd-1" }], { ...input, policy: policyOf({ eligible: () => "no" }) }).chosen)
  })

  it("that throws refuses that bug, or leaves our order, and says so", () => {
    const broken = (): never => {
      throw new TypeError("labels of undefined")
    }
    const refused = planned(three, {
      policy: policyOf({ eligible: ({ id }) => (id === "bd-2" ? broken() : true) }),
      set: many
    })
    assert.deepStrictEqual(ids(refused.chosen), ["bd-1", "bd-3"])
    assert.deepInclude(refused.skipped[0], {
      reason: "policy",
      detail: "the plan policy failed: labels of undefined"
    })
    const unordered = planned(three, { policy: policyOf({ order: broken }), set: many })
    assert.deepStrictEqual(ids(unordered.chosen), ["bd-1", "bd-2", "bd-3"])
    assert.strictEqual(unordered.policyFailure, "the plan policy failed: labels of undefined")
  })

  it("whatever it is, only bugs are chosen that our own rules allow, and none is lost", () => {
    const bug = FastCheck.record({
      priority: FastCheck.integer({ min: 0, max: 3 }),
      status: FastCheck.constantFrom("open", "in_progress", "closed"),
      labels: FastCheck.subarray(["no-agent", "legacy", "customer"]),
      assignee: FastCheck.option(FastCheck.constant("alice"), { nil: undefined }),
      blockedBy: FastCheck.subarray(["bd-x"])
    })
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(bug, { maxLength: 12 }),
        FastCheck.func(FastCheck.oneof(FastCheck.constant(true as const), FastCheck.string())),
        FastCheck.func(FastCheck.oneof(FastCheck.integer(), FastCheck.double())),
        (bugs, verdict, compared) => {
          const issues = bugs.map((each, n) => ({
            ...each,
            id: `bd-${n}`,
            title: `t${"x".repeat(n)}`,
            ...(each.assignee === undefined ? {} : { assignee: each.assignee })
          }))
          const policy: Policy = {
            eligible: ({ id }, now) => verdict(id, now),
            order: (a, b) => compared(a.id, b.id)
          }
          const set = { limits: { maxDispatches: 100, overloadThreshold: 100, maxParallel: 100 } }
          const ours = new Set(ids(planned(issues, { set }).chosen))
          const theirs = planned(issues, { set, policy })
          assert.isTrue(theirs.chosen.every(({ id }) => ours.has(id)))
          assert.strictEqual(theirs.chosen.length + theirs.skipped.length, issues.length)
          assert.deepStrictEqual(planned(issues, { set, policy }), theirs)
        }
      )
    )
  })

  it.effect("holds in a run, which names each bug that it refuses and goes on", () =>
    Effect.gen(function* () {
      const { lines, report } = yield* runOnce
      assert.deepStrictEqual(outcomesByBug(report.outcomes), {
        "bd-1": "Dispatched",
        "bd-2": "Skipped policy",
        "bd-3": "Dispatched"
      })
      assert.isTrue(lines.some((line) => line.includes("DISPATCH_SKIPPED beads=bd-2 reason=policy detail=frozen")))
      assert.isTrue(lines.some((line) => line.includes("the plan policy failed: no order")))
    }).pipe(
      Effect.provideService(PlanPolicy, {
        eligible: ({ id }) => (id === "bd-2" ? "frozen" : true),
        order: () => {
          throw new Error("no order")
        }
      }),
      Effect.provide(fakes({ ...threeBugs, settings: many }))
    )
  )

  it.effect("is asked again for the bug as re-read, right before its claim", () =>
    Effect.gen(function* () {
      let asked = 0
      const policy = policyOf({ eligible: ({ id }) => (id === "bd-1" && ++asked > 1 ? "frozen since" : true) })
      const { report } = yield* Effect.provideService(runOnce, PlanPolicy, policy)
      assert.strictEqual(outcomesByBug(report.outcomes)["bd-1"], "Skipped policy")
      const calls = yield* (yield* FakeBeadsState).calls
      assert.isFalse(calls.some(({ args, method }) => method === "claim" && String(args[0]) === "bd-1"))
    }).pipe(Effect.provide(fakes({ ...threeBugs, settings: { ...many, intake: { skipExistingWork: false } } })))
  )
})
