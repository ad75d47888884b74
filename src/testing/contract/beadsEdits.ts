import { Effect, Either } from "effect"
import { TrackerFailed } from "../../domain/Failure.ts"
import { assert } from "./assert.ts"
import { open, ours, related, type BeadsCheck } from "./beadsWorld.ts"
import { beadsId, NASTY_TEXT } from "./support.ts"

/** What `label` must do. */
export const label = (check: BeadsCheck): void => {
  check("adds a label to the others; a second time changes nothing", [{ ...open, labels: ["backend"] }], (beads) =>
    Effect.gen(function* () {
      yield* beads.claim(beadsId("bd-a"), ours)
      yield* beads.label(beadsId("bd-a"), ours, "nightly-dispatch-review")
      yield* beads.label(beadsId("bd-a"), ours, "nightly-dispatch-review")
      const issue = yield* beads.show(beadsId("bd-a"))
      assert.sameMembers(issue?.labels ?? [], ["backend", "nightly-dispatch-review"])
      assert.strictEqual(issue?.status, "in_progress")
      assert.strictEqual(issue?.assignee, ours)
    })
  )

  check("fails on a missing bug and labels no bug whose id contains its id", related, (beads) =>
    Effect.gen(function* () {
      const result = yield* Effect.either(beads.label(beadsId("bd-a1b2"), ours, "x"))
      assert(Either.isLeft(result) && result.left instanceof TrackerFailed)
      for (const { id } of related) assert.deepStrictEqual([...((yield* beads.show(beadsId(id)))?.labels ?? [])], [])
    })
  )
}

/** What `unlabel` must do. */
export const unlabel = (check: BeadsCheck): void => {
  check(
    "removes the label and no other; a second time changes nothing",
    [{ ...open, labels: ["one", "two"] }],
    (beads) =>
      Effect.gen(function* () {
        yield* beads.unlabel(beadsId("bd-a"), ours, "one")
        yield* beads.unlabel(beadsId("bd-a"), ours, "one")
        assert.deepStrictEqual([...((yield* beads.show(beadsId("bd-a")))?.labels ?? [])], ["two"])
      })
  )

  check("fails on a missing bug", related, (beads) =>
    Effect.map(Effect.either(beads.unlabel(beadsId("bd-a1b2"), ours, "x")), (result) =>
      assert(Either.isLeft(result) && result.left instanceof TrackerFailed)
    )
  )
}

/** What `close` must do. */
export const close = (check: BeadsCheck): void => {
  check("closes the bug; a second time changes nothing", [open], (beads, elsewhere) =>
    Effect.gen(function* () {
      yield* beads.close(beadsId("bd-a"), ours, "-- accepted: its work is merged")
      yield* beads.close(beadsId("bd-a"), ours, "again")
      assert.strictEqual((yield* elsewhere.read("bd-a")).status, "closed")
      assert.isDefined((yield* beads.show(beadsId("bd-a")))?.closedAt)
    })
  )

  check("closes a bug that is assigned to a person, who stays its assignee", [open], (beads, elsewhere) =>
    Effect.gen(function* () {
      yield* elsewhere.claim("bd-a", "alice")
      yield* beads.close(beadsId("bd-a"), ours, "accepted")
      const { assignee, status } = yield* elsewhere.read("bd-a")
      assert.deepStrictEqual([status, assignee], ["closed", "alice"])
    })
  )

  check("fails on a missing bug and closes no bug whose id contains its id", related, (beads, elsewhere) =>
    Effect.gen(function* () {
      const result = yield* Effect.either(beads.close(beadsId("bd-a1b2"), ours, "x"))
      assert(Either.isLeft(result) && result.left instanceof TrackerFailed)
      for (const { id } of related) assert.strictEqual((yield* elsewhere.read(id)).status, "open")
    })
  )
}

/** What `comment` must do. */
export const comment = (check: BeadsCheck): void => {
  check("fails on a missing bug", [open], (beads) =>
    Effect.map(Effect.either(beads.comment(beadsId("bd-zzzz"), ours, "hello")), (result) =>
      assert(Either.isLeft(result) && result.left instanceof TrackerFailed)
    )
  )

  for (const text of ["-rf is not a flag here", NASTY_TEXT]) {
    check(`stores ${JSON.stringify(text.slice(0, 24))}… unchanged`, [open], (beads, elsewhere) =>
      Effect.gen(function* () {
        yield* beads.comment(beadsId("bd-a"), ours, text)
        if (elsewhere.comments !== undefined) {
          const texts = yield* elsewhere.comments("bd-a")
          assert.deepStrictEqual(
            texts.map((stored) => stored.trimEnd()),
            [text]
          )
        }
        assert.strictEqual((yield* elsewhere.read("bd-a")).status, "open")
      })
    )
  }
}
