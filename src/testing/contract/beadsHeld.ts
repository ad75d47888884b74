import { Effect, Either } from "effect"
import { assert } from "./assert.ts"
import { closed, open, ours, related, theirs, type BeadsCheck } from "./beadsWorld.ts"
import { beadsId } from "./support.ts"

/** What `release` must do. */
export const release = (check: BeadsCheck): void => {
  check("a released bug is open and can be claimed again", [open], (beads, elsewhere) =>
    Effect.gen(function* () {
      yield* beads.claim(beadsId("bd-a"), ours)
      assert.strictEqual((yield* beads.release(beadsId("bd-a"), ours))._tag, "Released")
      const given = yield* elsewhere.read("bd-a")
      assert.strictEqual(given.status, "open")
      assert.isUndefined(given.assignee)
      yield* beads.claim(beadsId("bd-a"), theirs)
      assert.strictEqual((yield* elsewhere.read("bd-a")).assignee, theirs)
    })
  )

  check("leaves the claim of another user alone", [open], (beads, elsewhere) =>
    Effect.gen(function* () {
      yield* beads.claim(beadsId("bd-a"), ours)
      yield* elsewhere.claim("bd-a", "Recovery Agent")
      const released = yield* beads.release(beadsId("bd-a"), ours)
      assert.deepStrictEqual(released, { _tag: "NotOurs", holder: "Recovery Agent", status: "in_progress" })
      assert.deepInclude(yield* elsewhere.read("bd-a"), { status: "in_progress", assignee: "Recovery Agent" })
    })
  )

  check("a bug that was closed meanwhile stays closed", [open], (beads, elsewhere) =>
    Effect.gen(function* () {
      yield* beads.claim(beadsId("bd-a"), ours)
      yield* elsewhere.close("bd-a")
      const released = yield* beads.release(beadsId("bd-a"), ours)
      assert(released._tag === "NotOurs")
      assert.strictEqual(released.status, "closed")
      assert.strictEqual((yield* elsewhere.read("bd-a")).status, "closed")
    })
  )

  check("does nothing for a missing bug and leaves bugs whose ids contain its id alone", related, (beads, elsewhere) =>
    Effect.gen(function* () {
      for (const { id } of related) yield* elsewhere.claim(id, ours)
      const released = yield* Effect.either(beads.release(beadsId("bd-a1b2"), ours))
      assert.isFalse(Either.isRight(released) && released.right._tag === "Released")
      for (const { id } of related) assert.strictEqual((yield* elsewhere.read(id)).assignee, ours, id)
    })
  )

  check("does nothing the second time", [open], (beads, elsewhere) =>
    Effect.gen(function* () {
      yield* beads.claim(beadsId("bd-a"), ours)
      yield* beads.release(beadsId("bd-a"), ours)
      const again = yield* beads.release(beadsId("bd-a"), ours)
      assert.deepStrictEqual(again, { _tag: "NotOurs", holder: undefined, status: "open" })
      assert.strictEqual((yield* elsewhere.read("bd-a")).status, "open")
    })
  )
}

/** What `heartbeat` must do. */
export const heartbeat = (check: BeadsCheck): void => {
  check("finds a claim of ours alive and does not change the issue", [open], (beads, elsewhere) =>
    Effect.gen(function* () {
      const claim = yield* beads.claim(beadsId("bd-a"), ours)
      const alive = yield* beads.heartbeat(beadsId("bd-a"), ours)
      assert(alive._tag === "Alive")
      assert.strictEqual(alive.leaseExpiresAt === undefined, claim.leaseExpiresAt === undefined)
      assert.isAtLeast(alive.leaseExpiresAt ?? 0, claim.leaseExpiresAt ?? 0)
      assert.deepInclude(yield* elsewhere.read("bd-a"), { status: "in_progress", assignee: ours })
    })
  )

  check("a claim has a lease exactly if `leases` says so", [open], (beads) =>
    Effect.gen(function* () {
      const leases = yield* beads.leases
      const claim = yield* beads.claim(beadsId("bd-a"), ours)
      assert.strictEqual(claim.leaseExpiresAt === undefined, leases === "none")
      assert.strictEqual((yield* beads.show(beadsId("bd-a")))?.leaseExpiresAt, claim.leaseExpiresAt)
    })
  )

  check("finds a claim that another user took, and leaves it alone", [open], (beads, elsewhere) =>
    Effect.gen(function* () {
      yield* beads.claim(beadsId("bd-a"), ours)
      yield* elsewhere.claim("bd-a", "Recovery Agent")
      const beat = yield* beads.heartbeat(beadsId("bd-a"), ours)
      assert.deepStrictEqual(beat, { _tag: "NotOurs", holder: "Recovery Agent", status: "in_progress" })
      assert.deepInclude(yield* elsewhere.read("bd-a"), { status: "in_progress", assignee: "Recovery Agent" })
    })
  )

  check("finds an unassigned, a closed and a missing bug, and claims none", [open, closed], (beads, elsewhere) =>
    Effect.gen(function* () {
      for (const [id, status] of [
        ["bd-a", "open"],
        ["bd-done", "closed"],
        ["bd-zzzz", "missing"]
      ] as const) {
        const beat = yield* beads.heartbeat(beadsId(id), ours)
        assert.deepStrictEqual(beat, { _tag: "NotOurs", holder: undefined, status })
      }
      assert.deepInclude(yield* elsewhere.read("bd-a"), { status: "open", assignee: undefined })
    })
  )
}

/** What `claimsOf` must do. */
export const claimsOf = (check: BeadsCheck): void => {
  check(
    "lists exactly the issues in progress whose assignee starts with the prefix",
    [
      { ...open, id: "bd-1", status: "in_progress", assignee: ours },
      { ...open, id: "bd-2", status: "in_progress", assignee: theirs, priority: 3, type: "task" },
      { ...open, id: "bd-3", status: "in_progress", assignee: "Recovery Agent" },
      { ...open, id: "bd-4", status: "in_progress", assignee: "not/nightly-dispatch/vm-1" },
      { ...open, id: "bd-5", status: "in_progress" },
      { ...open, id: "bd-6", assignee: ours },
      { ...closed, id: "bd-7", assignee: ours }
    ],
    (beads) =>
      Effect.gen(function* () {
        const all = yield* beads.claimsOf("nightly-dispatch/")
        assert.sameMembers(
          all.map((issue) => issue.id),
          ["bd-1", "bd-2"]
        )
        const oneHost = yield* beads.claimsOf("nightly-dispatch/vm-1/")
        assert.sameMembers(
          oneHost.map((issue) => `${issue.id} ${issue.assignee}`),
          [`bd-1 ${ours}`]
        )
      })
  )
}
