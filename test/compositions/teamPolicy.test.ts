import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, FastCheck as fc, Layer, Schema, TestClock } from "effect"
import {
  CurrentSettings,
  DispatchIssue,
  newRunId,
  nightlyRun,
  noPolicy,
  PlanPolicy,
  Settings,
  type Outcome,
  type Policy
} from "../../src/index.ts"
import { arbitrary, during, FakeBeads, world, World, type WorldScript } from "../../src/testing/index.ts"
import { teamPolicy } from "./teamPolicy.ts"

const THURSDAY = 4
const policy = teamPolicy({
  zone: DateTime.zoneUnsafeMakeNamed("Europe/Berlin"),
  releaseDay: THURSDAY,
  customers: "customer",
  byDay: "payments",
  day: { from: 9, until: 17 }
})
const at = (time: string): number => DateTime.toEpochMillis(DateTime.unsafeMake(time))
const asked = (time: string, ...labels: ReadonlyArray<string>) =>
  policy.eligible(FakeBeads.issue({ id: "bd-1", labels }), at(time))

type Bugs = NonNullable<WorldScript["bugs"]>

/** What a run at this time says of each bug, and the bugs it dispatches, in the order of their claims. */
const planned = (bugs: Bugs, now: number, { places = 20, rules = policy }: { places?: number; rules?: Policy } = {}) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(now)
    const place = { host: "vm-1", repository: { name: "app", path: "/src/app" } }
    const { outcomes } = yield* during("1 hour", nightlyRun({ ...place, run: yield* newRunId }))
    const claims = (yield* (yield* World).beads.calls).filter(({ method }) => method === "claim")
    return { outcomes, dispatched: claims.map(({ args: [id] }) => String(id)) }
  }).pipe(
    Effect.provide(DispatchIssue.layer.pipe(Layer.provideMerge(world({ bugs })))),
    Effect.provideService(PlanPolicy, rules),
    Effect.provideService(
      CurrentSettings,
      Schema.decodeUnknownSync(Settings)({ limits: { maxDispatches: places, maxParallel: places } })
    )
  )

const reasonOf = (outcome: Outcome | undefined) => (outcome?._tag === "Skipped" ? outcome.reason : outcome?._tag)

describe("a team's policy by name", () => {
  it("dispatches nothing on release day, from midnight to midnight in the team's zone", () => {
    const refusal = "nothing is dispatched on release day"
    assert.strictEqual(asked("2026-07-01T21:59:59Z"), true)
    assert.strictEqual(asked("2026-07-01T22:00:00Z"), refusal)
    assert.strictEqual(asked("2026-07-02T21:59:59Z"), refusal)
    assert.strictEqual(asked("2026-07-02T22:00:00Z"), true)
  })

  it("dispatches the bugs of one team only by day, also when the clocks change", () => {
    const refusal = "payments is dispatched from 9 to 17 o'clock only"
    assert.strictEqual(asked("2026-03-27T08:00:00Z", "payments"), true)
    assert.strictEqual(asked("2026-03-30T07:00:00Z", "payments"), true)
    assert.strictEqual(asked("2026-03-30T06:59:59Z", "payments"), refusal)
    assert.strictEqual(asked("2026-03-30T15:00:00Z", "payments"), refusal)
    assert.strictEqual(asked("2026-03-30T15:00:00Z", "ui"), true)
  })

  it.effect("gives the only place to a customer's bug, although another one is more urgent", () =>
    Effect.gen(function* () {
      const bugs = [
        { id: "bd-1", priority: 0 },
        { id: "bd-2", priority: 1, labels: ["customer"] }
      ]
      const night = at("2026-07-01T01:00:00Z")
      assert.deepStrictEqual((yield* planned(bugs, night, { places: 1 })).dispatched, ["bd-2"])
    })
  )

  it.effect("says of a bug it refuses why, in the run's report", () =>
    Effect.gen(function* () {
      const { dispatched, outcomes } = yield* planned([{ id: "bd-1" }], at("2026-07-02T01:00:00Z"))
      assert.deepStrictEqual([dispatched, outcomes.map(reasonOf)], [[], ["policy"]])
      assert.include(JSON.stringify(outcomes), "nothing is dispatched on release day")
    })
  )
})

const someTime = fc.integer({ min: at("2026-01-01T00:00:00Z"), max: at("2027-01-01T00:00:00Z") })
/** Open bugs, some with the labels that the policy knows. */
const someLabels = fc.array(fc.subarray(["customer", "payments", "ui"]), { minLength: 5, maxLength: 5 })
const labelled = fc
  .tuple(arbitrary.openBugs({ max: 5 }), someLabels)
  .map(([bugs, labels]) => bugs.map((bug, n) => Object.assign({}, bug, { labels: labels[n] ?? [] })))
const OBSTACLES = [{ assignee: "alice" }, { blockedBy: ["bd-other"] }, { status: "closed" }, { priority: 3 }]
const few = { fastCheck: { numRuns: 12 } }

describe("a team's policy, whatever the bugs and the time", () => {
  it.effect.prop(
    "never adds a bug: with a place for each, exactly those that it allows are dispatched",
    [labelled, someTime],
    ([bugs, now]) =>
      Effect.gen(function* () {
        const { dispatched, outcomes } = yield* planned(bugs, now)
        const allowed = bugs.filter((bug) => policy.eligible(FakeBeads.issue(bug), now) === true)
        assert.sameMembers(
          dispatched,
          allowed.map(({ id }) => id)
        )
        for (const outcome of outcomes)
          assert.strictEqual(reasonOf(outcome), dispatched.includes(outcome.beads) ? "Dispatched" : "policy")
      }),
    few
  )

  it.effect.prop(
    "our own rules stay in force: a bug that they skip stays skipped, for their reason, also if it is a customer's",
    [labelled, someTime, fc.constantFrom(...OBSTACLES)],
    ([bugs, now, obstacle]) =>
      Effect.gen(function* () {
        const held = bugs.map((bug) => ({ ...bug, ...obstacle }))
        const [ours, theirs] = [yield* planned(held, now, { rules: noPolicy }), yield* planned(held, now)]
        assert.deepStrictEqual(theirs.dispatched, [])
        assert.deepStrictEqual(theirs.outcomes.map(reasonOf), ours.outcomes.map(reasonOf))
      }),
    few
  )

  it.prop("orders customers' bugs before all others, and no two of the same kind", [labelled], ([bugs]) => {
    const issues = bugs.map(FakeBeads.issue)
    for (const a of issues)
      for (const b of issues) {
        const [first, second] = [a, b].map(({ labels }) => labels.includes("customer"))
        assert.strictEqual(policy.order(a, b), first === second ? 0 : first === true ? -1 : 1)
      }
  })
})
