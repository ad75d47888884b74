import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Effect, Either, Exit, Fiber, Layer, TestClock } from "effect"
import { BeadsCli } from "../../src/beads/BeadsCli.ts"
import { ClaimFailed, TrackerFailed } from "../../src/domain/Failure.ts"
import { Actor } from "../../src/domain/Actor.ts"
import { Claim } from "../../src/domain/Claim.ts"
import { Intake, Priority } from "../../src/domain/Issue.ts"
import { DxRunner } from "../../src/runner/DxRunner.ts"
import { CallLog, FakeBeads, FakeBeadsState, FakeRunner } from "../../src/testing/index.ts"
import { beadsId } from "../contract/support.ts"

const one = beadsId("bd-1")
const two = beadsId("bd-2")
const ours = Actor.make("nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1")
const down = new TrackerFailed({ operation: "show", reason: "timeout", detail: "no answer", blame: "tracker" })
const held = new ClaimFailed({ beads: one, reason: "held", holder: "Recovery Agent", detail: "already claimed" })

/** Runs on a tracker with two open bugs and these faults. */
const withFaults = <A, E>(
  faults: FakeBeads.FakeBeadsScript["faults"] & {},
  body: (beads: BeadsCli["Type"], state: FakeBeadsState["Type"]) => Effect.Effect<A, E>
) =>
  Effect.flatMap(Effect.all([BeadsCli, FakeBeadsState]), ([beads, state]) => body(beads, state)).pipe(
    Effect.provide(FakeBeads.layer({ issues: [{ id: "bd-1" }, { id: "bd-2" }], faults }))
  )

const holderOf = (state: FakeBeadsState["Type"], id: string) =>
  Effect.map(state.issues, (all) => all.find((issue) => issue.id === id)?.assignee)

describe("a fake told to misbehave", () => {
  it.effect("fails with the given error, does nothing, and only for the given id", () =>
    withFaults([FakeBeads.on("claim", "bd-1").fails(held)], (beads, state) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* Effect.flip(beads.claim(one, ours)), held)
        assert.isUndefined(yield* holderOf(state, "bd-1"))
        yield* beads.claim(two, ours)
        assert.strictEqual(yield* holderOf(state, "bd-2"), ours)
      })
    )
  )

  it.effect("without an id the fault holds for every call of the method, and of no other", () =>
    withFaults([FakeBeads.on("show").fails(down)], (beads) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* Effect.flip(beads.show(one)), down)
        assert.strictEqual(yield* Effect.flip(beads.show(two)), down)
        assert.lengthOf((yield* beads.openBugs({ types: ["bug"], maxPriority: Priority.make(1) })).issues, 2)
      })
    )
  )

  it.effect("a member that is an Effect can have faults too, each time it runs", () =>
    withFaults([FakeBeads.on("version").fails(down).times(1)], (beads) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* Effect.flip(beads.version), down)
        assert.strictEqual(yield* beads.version, "a fake tracker")
      })
    )
  )

  it.effect("lies: answers yes to a claim that it did not make", () =>
    withFaults([FakeBeads.on("claim").answers((id, actor) => new Claim({ id, actor }))], (beads, state) =>
      Effect.gen(function* () {
        assert.deepInclude(yield* beads.claim(one, ours), { id: one, actor: ours })
        assert.isUndefined(yield* holderOf(state, "bd-1"))
      })
    )
  )

  it.effect("lies: answers that a claim it made is lost", () =>
    withFaults([FakeBeads.after("claim").fails(held)], (beads, state) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* Effect.flip(beads.claim(one, ours)), held)
        assert.strictEqual(yield* holderOf(state, "bd-1"), ours)
      })
    )
  )

  it.effect("lies: answers that a release is done, and does not release", () =>
    withFaults([FakeBeads.on("release").answers(() => ({ _tag: "Released" }))], (beads, state) =>
      Effect.gen(function* () {
        yield* beads.claim(one, ours)
        assert.strictEqual((yield* beads.release(one, ours))._tag, "Released")
        assert.strictEqual(yield* holderOf(state, "bd-1"), ours)
      })
    )
  )

  it.effect("lies: answers that there are no bugs", () =>
    withFaults([FakeBeads.on("openBugs").answers(() => new Intake({ issues: [], malformed: [] }))], (beads) =>
      Effect.gen(function* () {
        assert.isEmpty((yield* beads.openBugs({ types: ["bug"], maxPriority: Priority.make(1) })).issues)
      })
    )
  )

  it.effect("an answer of `after` replaces the result of a call, not its effect", () =>
    withFaults(
      [FakeBeads.after("release").answers(() => ({ _tag: "NotOurs", holder: "alice", status: "in_progress" }))],
      (beads, state) =>
        Effect.gen(function* () {
          yield* beads.claim(one, ours)
          assert.strictEqual((yield* beads.release(one, ours))._tag, "NotOurs")
          assert.isUndefined(yield* holderOf(state, "bd-1"))
        })
    )
  )

  it.effect("dies with the given defect", () =>
    withFaults([FakeBeads.on("show").dies("segfault")], (beads) =>
      Effect.gen(function* () {
        const exit = yield* Effect.exit(beads.show(one))
        assert(Exit.isFailure(exit) && Cause.isDie(exit.cause))
        assert.deepStrictEqual([...Cause.defects(exit.cause)], ["segfault"])
      })
    )
  )

  it.effect("without a limit hangs until it is interrupted; with `after` the call has done its work", () =>
    withFaults(
      [FakeBeads.on("claim", "bd-1").hangs().withoutLimit(), FakeBeads.after("claim", "bd-2").hangs().withoutLimit()],
      (beads, state) =>
        Effect.gen(function* () {
          for (const id of [one, two]) {
            const fiber = yield* Effect.fork(Effect.timeoutOption(beads.claim(id, ours), "1 hour"))
            yield* TestClock.adjust("1 hour")
            assert.strictEqual((yield* Fiber.join(fiber))._tag, "None")
          }
          assert.isUndefined(yield* holderOf(state, "bd-1"))
          assert.strictEqual(yield* holderOf(state, "bd-2"), ours)
        })
    )
  )

  it.effect("delays on the Clock: nothing is done before, and no real time passes", () =>
    withFaults([FakeBeads.on("claim").delays("20 seconds")], (beads, state) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.fork(beads.claim(one, ours))
        yield* TestClock.adjust("19 seconds")
        assert.isUndefined(yield* holderOf(state, "bd-1"))
        assert.strictEqual((yield* Fiber.poll(fiber))._tag, "None")
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Fiber.join(fiber)).actor, ours)
        assert.strictEqual(yield* Clock.currentTimeMillis, 20_000)
      })
    )
  )

  it.effect("faults that match one call act in the order they are written", () =>
    withFaults(
      [
        FakeBeads.on("show").delays("5 seconds"),
        FakeBeads.on("show", "bd-1").fails(down),
        FakeBeads.on("show").hangs()
      ],
      (beads) =>
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(Effect.either(beads.show(one)))
          yield* TestClock.adjust("5 seconds")
          assert(Either.isLeft(yield* Fiber.join(fiber)))
        })
    )
  )

  it.effect("of several answers the first counts, and later faults do not act", () =>
    withFaults(
      [FakeBeads.on("version").answers(() => "first"), FakeBeads.on("version").dies("never reached")],
      (beads) => Effect.map(beads.version, (version) => assert.strictEqual(version, "first"))
    )
  )

  it.effect("from and times pick the calls: here only the second of bd-1", () =>
    withFaults([FakeBeads.on("show", "bd-1").fails(down).from(2).times(1)], (beads) =>
      Effect.gen(function* () {
        const results = yield* Effect.forEach([one, two, one, one], (id) => Effect.either(beads.show(id)))
        assert.deepStrictEqual(
          results.map((result) => result._tag),
          ["Right", "Right", "Left", "Right"]
        )
      })
    )
  )

  it.effect("a fault can be added while the test runs", () =>
    withFaults([], (beads, state) =>
      Effect.gen(function* () {
        yield* beads.show(one)
        yield* state.inject(FakeBeads.on("show").fails(down))
        assert.strictEqual(yield* Effect.flip(beads.show(one)), down)
      })
    )
  )

  it.effect("one script serves many layers: each counts its own calls", () => {
    const script = { issues: [{ id: "bd-1" }], faults: [FakeBeads.on("show").fails(down).times(1)] }
    const first = Effect.flatMap(BeadsCli, (beads) => Effect.either(beads.show(one)))
    return Effect.gen(function* () {
      assert.strictEqual((yield* Effect.provide(first, FakeBeads.layer(script)))._tag, "Left")
      assert.strictEqual((yield* Effect.provide(first, FakeBeads.layer(script)))._tag, "Left")
    })
  })
})

describe("a fake's memory", () => {
  it.effect("holds every call in order with its arguments, also those that failed or hang", () =>
    withFaults([FakeBeads.on("claim", "bd-1").fails(held), FakeBeads.on("show").hangs()], (beads, state) =>
      Effect.gen(function* () {
        const filter = { types: ["bug"], maxPriority: Priority.make(1) }
        yield* beads.openBugs(filter)
        yield* Effect.either(beads.claim(one, ours))
        yield* beads.comment(two, ours, "hello")
        yield* Effect.fork(beads.show(two))
        yield* Effect.yieldNow()
        assert.deepStrictEqual(
          [...(yield* state.calls)],
          [
            { method: "openBugs", args: [filter] },
            { method: "claim", args: [one, ours] },
            { method: "comment", args: [two, ours, "hello"] },
            { method: "show", args: [two] }
          ]
        )
      })
    )
  )

  it.effect("a call is recorded each time it runs, and not when it is only described", () =>
    withFaults([], (beads, state) =>
      Effect.gen(function* () {
        const look = beads.show(one)
        assert.isEmpty(yield* state.calls)
        yield* look
        yield* look
        assert.lengthOf(yield* state.calls, 2)
      })
    )
  )

  it.effect("the call log tells the order between services", () =>
    Effect.gen(function* () {
      const beads = yield* BeadsCli
      const runner = yield* DxRunner
      yield* beads.claim(one, ours)
      yield* runner.job(one)
      yield* beads.release(one, ours)
      const calls = yield* Effect.flatMap(CallLog, (log) => log.calls)
      assert.deepStrictEqual(
        calls.map(({ service, method }) => `${service}.${method}`),
        ["BeadsCli.claim", "DxRunner.job", "BeadsCli.release"]
      )
    }).pipe(
      Effect.provide(
        Layer.mergeAll(FakeBeads.layer({ issues: [{ id: "bd-1" }] }), FakeRunner.layer()).pipe(
          Layer.provideMerge(CallLog.layer)
        )
      )
    )
  )
})
