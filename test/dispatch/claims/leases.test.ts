import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import { RunnerFailed } from "../../../src/domain/Failure.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import type { NotOurs } from "../../../src/domain/Claim.ts"
import { Job } from "../../../src/domain/Job.ts"
import { ProviderName } from "../../../src/domain/Provider.ts"
import { FakeBeads, FakeBeadsState, FakeRunner, FakeRunnerState } from "../../../src/testing/index.ts"
import { fakes, runOnce, assertNothingLeft, outcomesByBug, type World } from "../support.ts"
import { fakeAttempt } from "../../../src/testing/fakeAttempts.ts"
import { OTHER_MARK } from "../../contract/support.ts"
import { actorOf, EARLIER } from "../settle/support.ts"

const opencode = ProviderName.make("opencode")
const heldByAnother: NotOurs = { _tag: "NotOurs", holder: "Recovery Agent", status: "in_progress" }

const takenByAnother = FakeBeads.issue({ id: "bd-1", status: "in_progress", assignee: "Recovery Agent" })

const heartbeats = Effect.flatMap(FakeBeadsState, (state) =>
  Effect.map(state.calls, (calls) =>
    calls.flatMap((call) => (call.method === "heartbeat" ? [String(call.args[0])] : []))
  )
)

/** A run of up to an hour in this world, and what `after` finds at its end. */
const runIn = <A, E, R>(world: World, after: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(runOnce)
    for (let minute = 0; minute < 60; minute++) yield* TestClock.adjust("1 minute")
    const result = yield* Fiber.join(fiber)
    return { ...result, after: yield* after }
  }).pipe(Effect.provide(fakes(world)))

const slow = (by: string, provider?: string) =>
  FakeRunner.on("start", provider)
    .delays(by as "1 minute")
    .withoutLimit()

describe("claims that are leases", () => {
  it.effect("claims that do not expire are not renewed", () =>
    Effect.gen(function* () {
      const { after, lines } = yield* runIn(
        { beads: { issues: [{ id: "bd-1" }] }, runner: { faults: [slow("20 minutes")] } },
        heartbeats
      )
      assert.deepStrictEqual(after, [])
      assert.isFalse(lines.some((line) => line.includes("lease")))
    })
  )

  it.effect("a claim is renewed while its dispatch takes longer than the lease, and once more at the end", () =>
    Effect.gen(function* () {
      const { after, lines, report } = yield* runIn(
        {
          settings: { timeouts: { ack: "10 min" } },
          beads: { issues: [{ id: "bd-1" }], lease: "6 minutes" },
          runner: { faults: [slow("9 minutes")] }
        },
        heartbeats
      )
      assert.deepStrictEqual(outcomesByBug(report.outcomes), { "bd-1": "Dispatched" })
      assert.deepStrictEqual(
        after,
        ["bd-1", "bd-1", "bd-1", "bd-1", "bd-1"],
        "at 2, 4, 6 and 8 minutes, and at the end"
      )
      assert.isTrue(
        lines.some((line) =>
          /WARN the claims of 1 running job\(s\) are leases until 1970-01-01T00:15:00.000Z/.test(line)
        ),
        lines.join("\n")
      )
    })
  )

  it.effect("a released claim is not renewed", () =>
    Effect.gen(function* () {
      const { after, report } = yield* runIn(
        {
          beads: {
            issues: [
              { id: "bd-1", title: "alpha" },
              { id: "bd-2", title: "beta" }
            ],
            lease: "6 minutes"
          },
          settings: { limits: { maxParallel: 1 }, providers: [{ name: "opencode" }] },
          runner: {
            faults: [
              FakeRunner.on("start")
                .fails(new RunnerFailed({ operation: "start", provider: opencode, detail: "no", blame: "runner" }))
                .times(1),
              slow("3 minutes")
            ]
          }
        },
        Effect.zipLeft(heartbeats, assertNothingLeft)
      )
      assert.deepStrictEqual(outcomesByBug(report.outcomes), { "bd-1": "Failed runner_error", "bd-2": "Dispatched" })
      assert.notInclude(after, "bd-1")
    })
  )

  it.effect("a claim that another actor has taken starts no job with the next provider", () =>
    Effect.gen(function* () {
      const { after, outcome } = yield* runIn(
        {
          beads: {
            issues: [{ id: "bd-1" }],
            lease: "3 minutes",
            faults: [
              FakeBeads.on("heartbeat").answers(() => heldByAnother),
              FakeBeads.on("show", "bd-1")
                .answers(() => takenByAnother)
                .from(3)
            ]
          },
          runner: {
            faults: [
              slow("2 minutes", undefined).times(1),
              FakeRunner.on("start").fails(
                new RunnerFailed({ operation: "start", provider: opencode, detail: "full", blame: "provider" })
              )
            ]
          }
        },
        Effect.map(
          Effect.flatMap(FakeRunnerState, ({ calls }) => calls),
          (calls) => calls.filter((call) => call.method === "start").length
        )
      )
      const failed = outcome("bd-1")
      assert(failed?._tag === "Failed")
      assert.strictEqual(failed.code, "claim_failed")
      assert.match(failed.error, /lost before the start: Recovery Agent has its claim/)
      assert.strictEqual(after, 1, "the provider after the lost claim must not be asked")
    })
  )

  it.effect("claims of running jobs of earlier runs are renewed, and no claim of another dispatcher", () =>
    Effect.gen(function* () {
      const actorOn = (bug: string, attempt: number) =>
        fakeAttempt("acknowledged", { beads: BeadsId.make(bug), actor: actorOf(EARLIER, attempt), run: EARLIER })
      const attempts = [actorOn("bd-run", 1), actorOn("bd-idle", 2)]
      const held = (attempt: number) => ({ status: "in_progress", assignee: actorOf(EARLIER, attempt) })
      const theirs = { status: "in_progress", assignee: actorOf(EARLIER, 3, "vm-1", OTHER_MARK) }
      const { after } = yield* runIn(
        {
          beads: {
            issues: [
              { id: "bd-run", ...held(1) },
              { id: "bd-idle", ...held(2) },
              { id: "bd-theirs", ...theirs },
              { id: "bd-alice", status: "in_progress", assignee: "alice" }
            ],
            lease: "5 minutes"
          },
          journal: { attempts },
          runner: {
            jobs: [
              new Job({ beads: BeadsId.make("bd-run"), provider: opencode, phase: "running" }),
              new Job({ beads: BeadsId.make("bd-theirs"), provider: opencode, phase: "running" }),
              new Job({ beads: BeadsId.make("bd-alice"), provider: opencode, phase: "running" })
            ]
          }
        },
        heartbeats
      )
      assert.deepStrictEqual([...new Set(after)], ["bd-run"])
    })
  )

  it.effect("a lease that the tracker cannot renew is logged as a warning", () =>
    Effect.gen(function* () {
      const { after, lines } = yield* runIn(
        {
          beads: {
            issues: [{ id: "bd-1" }],
            lease: "5 minutes",
            faults: [FakeBeads.on("leases").answers(() => "fixed")]
          }
        },
        heartbeats
      )
      assert.deepStrictEqual(after, [])
      assert.isTrue(
        lines.some((line) => /^WARN the claim of bd-1 is a lease until .*this tracker cannot renew it/.test(line)),
        lines.join("\n")
      )
    })
  )
})
