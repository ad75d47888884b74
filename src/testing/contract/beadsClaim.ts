import { Effect, Either } from "effect"
import { Actor } from "../../domain/Actor.ts"
import { ClaimFailed } from "../../domain/Failure.ts"
import { assert } from "./assert.ts"
import { closed, open, ours, refused, related, theirs, type BeadsCheck } from "./beadsWorld.ts"
import { beadsId } from "./support.ts"

/** What `claim` must do. */
export const claim = (check: BeadsCheck, claims: "atomic" | "last-writer"): void => {
  check("an open bug becomes in progress and assigned to the actor", [open], (beads, elsewhere) =>
    Effect.gen(function* () {
      const claim = yield* beads.claim(beadsId("bd-a"), ours)
      assert.strictEqual(claim.id, "bd-a")
      assert.strictEqual(claim.actor, ours)
      assert.deepInclude(yield* elsewhere.read("bd-a"), { status: "in_progress", assignee: ours })
      const seen = yield* beads.show(beadsId("bd-a"))
      assert.strictEqual(seen?.assignee, ours)
      assert.strictEqual(seen?.status, "in_progress")
    })
  )

  check("changes no other issue", [open, ...related], (beads, elsewhere) =>
    Effect.gen(function* () {
      yield* beads.claim(beadsId("bd-a"), ours)
      for (const { id } of related) assert.strictEqual((yield* elsewhere.read(id)).status, "open", id)
    })
  )

  check("fails with the whole name of another holder, whose claim stays", [open], (beads, elsewhere) =>
    Effect.gen(function* () {
      yield* elsewhere.claim("bd-a", "Recovery Agent")
      const failure = yield* refused(beads.claim(beadsId("bd-a"), ours))
      assert.strictEqual(failure.reason, "held")
      assert.strictEqual(failure.holder, "Recovery Agent")
      assert.strictEqual(failure.beads, "bd-a")
      assert.deepInclude(yield* elsewhere.read("bd-a"), { status: "in_progress", assignee: "Recovery Agent" })
    })
  )

  check("fails if an actor of another host holds the claim", [open], (beads, elsewhere) =>
    Effect.gen(function* () {
      yield* beads.claim(beadsId("bd-a"), theirs)
      const failure = yield* refused(beads.claim(beadsId("bd-a"), ours))
      assert.strictEqual(failure.reason, "held")
      assert.strictEqual(failure.holder, theirs)
      assert.strictEqual((yield* elsewhere.read("bd-a")).assignee, theirs)
    })
  )

  check(
    "fails on a bug that is open and assigned to another user",
    [{ ...open, assignee: "alice" }],
    (beads, elsewhere) =>
      Effect.gen(function* () {
        const failure = yield* refused(beads.claim(beadsId("bd-a"), ours))
        assert.strictEqual(failure.reason, "held")
        assert.strictEqual(failure.holder, "alice")
        assert.deepInclude(yield* elsewhere.read("bd-a"), { status: "open", assignee: "alice" })
      })
  )

  check("succeeds again for the actor that holds the claim", [open], (beads, elsewhere) =>
    Effect.gen(function* () {
      yield* beads.claim(beadsId("bd-a"), ours)
      assert.strictEqual((yield* beads.claim(beadsId("bd-a"), ours)).actor, ours)
      assert.deepInclude(yield* elsewhere.read("bd-a"), { status: "in_progress", assignee: ours })
    })
  )

  check("fails on a closed bug that is still assigned", [{ ...closed, assignee: "alice" }], (beads) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* refused(beads.claim(beadsId("bd-done"), ours))).reason, "not_open")
    })
  )

  check("fails on a closed bug, which stays closed", [closed], (beads, elsewhere) =>
    Effect.gen(function* () {
      const failure = yield* refused(beads.claim(beadsId("bd-done"), ours))
      assert.strictEqual(failure.reason, "not_open")
      assert.strictEqual((yield* elsewhere.read("bd-done")).status, "closed")
    })
  )

  check("fails on a blocked bug", [{ ...open, status: "blocked" }], (beads, elsewhere) =>
    Effect.gen(function* () {
      const failure = yield* refused(beads.claim(beadsId("bd-a"), ours))
      assert.strictEqual(failure.reason, "not_open")
      assert.strictEqual((yield* elsewhere.read("bd-a")).status, "blocked")
    })
  )

  check("fails on a missing bug and leaves bugs whose ids contain its id alone", related, (beads, elsewhere) =>
    Effect.gen(function* () {
      assert.isTrue(Either.isLeft(yield* Effect.either(beads.claim(beadsId("bd-a1b2"), ours))))
      for (const { id } of related) assert.strictEqual((yield* elsewhere.read(id)).status, "open", id)
    })
  )

  const racing = Array.from({ length: 5 }, (_, i) =>
    Actor.make(`nightly-dispatch/vm-${i}/20261122T030000Z-00000${i}/1`)
  )
  check(
    claims === "last-writer"
      ? "of five simultaneous claims only that of the assignee may succeed"
      : "of five simultaneous claims exactly one succeeds, that of the assignee",
    [open],
    (beads, elsewhere) =>
      Effect.gen(function* () {
        const results = yield* Effect.forEach(racing, (actor) => Effect.either(beads.claim(beadsId("bd-a"), actor)), {
          concurrency: "unbounded"
        })
        const winners = results.filter(Either.isRight).map((won) => won.right.actor)
        const shown = yield* elsewhere.read("bd-a")
        if (claims === "last-writer") assert.isAtMost(winners.length, 1)
        else assert.lengthOf(winners, 1)
        for (const winner of winners) assert.deepInclude(shown, { status: "in_progress", assignee: winner })
        for (const lost of results.filter(Either.isLeft)) {
          if (lost.left instanceof ClaimFailed && lost.left.reason === "held" && claims !== "last-writer")
            assert.strictEqual(lost.left.holder, shown.assignee)
        }
      })
  )
}
