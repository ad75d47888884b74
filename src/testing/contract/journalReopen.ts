import { Effect, TestClock } from "effect"
import type { Attempt } from "../../domain/Attempt.ts"
import { Journal } from "../../journal/Journal.ts"
import { assert } from "./assert.ts"
import { bug, intentOf, plain, STEPS } from "./attempts.ts"
import { refused, walked, WAYS, type JournalCheck } from "./journalWorld.ts"
import { beadsId } from "./support.ts"

/** How settled attempts are reopened and cleared, and what is kept of retries and decisions. */
export const reopened = (check: JournalCheck): void => {
  check(
    "reopen opens a settled attempt and clears its result",
    Effect.gen(function* () {
      const journal = yield* Journal
      yield* walked(intentOf(1), ["Claimed", "WorkspaceMade", "Settled"])
      yield* walked(intentOf(2, beadsId("bd-2")), [...WAYS.acknowledged[0], "Ending", "Settled"])
      for (const n of [1, 2]) {
        yield* TestClock.adjust(1_000)
        const again = plain(yield* journal.reopen(intentOf(n).actor))
        assert.deepInclude(again, { phase: n === 1 ? "intended" : "acknowledged", updatedAt: n * 1_000 })
        assert.sameMembers(Object.keys(again), [
          "actor",
          "run",
          "beads",
          "number",
          "digest",
          "repository",
          "phase",
          "workspace",
          "createdAt",
          "createdBoot",
          "updatedAt",
          "updatedBoot",
          ...(n === 1 ? [] : ["prompt", "provider", "previousRun", "starter", "ack"])
        ])
      }
      assert.lengthOf(yield* journal.open, 2)
      yield* journal.advance(intentOf(2).actor, { _tag: "Settled", end: "succeeded", detail: "it went well" })
      const second = yield* journal.find(intentOf(2).actor)
      assert(second !== undefined)
      assert.deepStrictEqual(
        [second.phase, ...["end", "blame", "code"].map((key) => plain(second)[key])],
        ["settled", "succeeded", undefined, undefined]
      )
    })
  )

  check(
    "clear marks the settled attempts of one bug, and tells how many were not yet",
    Effect.gen(function* () {
      const journal = yield* Journal
      const other = beadsId("bd-other")
      yield* walked(intentOf(1), ["Claimed", "WorkspaceMade", "Settled"])
      yield* walked(intentOf(2), ["Claimed", "Settled"])
      yield* walked(intentOf(3, other), ["Claimed", "Settled"])
      yield* walked(intentOf(4), ["Claimed"])
      assert.strictEqual(yield* journal.clear(bug), 2)
      const cleared = (attempts: ReadonlyArray<Attempt>) =>
        attempts.map((attempt) => attempt.phase === "settled" && attempt.cleared)
      assert.deepStrictEqual(cleared(yield* journal.of(bug)), [true, true, false])
      assert.deepStrictEqual(cleared(yield* journal.of(other)), [undefined])
      assert.strictEqual(yield* journal.clear(bug), 0)
      assert.strictEqual(yield* journal.clear(beadsId("bd-none")), 0)
      yield* journal.advance(intentOf(4).actor, STEPS.Settled)
      const again = plain(yield* journal.reopen(intentOf(1).actor))
      assert.isUndefined(again["cleared"])
    })
  )

  check(
    "reopen fails for an open attempt",
    Effect.gen(function* () {
      const journal = yield* Journal
      for (const [n, [phase, [way]]] of Object.entries(WAYS).entries()) {
        if (phase === "settled") continue
        const intent = intentOf(n + 1, beadsId(`bd-${phase}`))
        yield* walked(intent, way)
        yield* refused(journal.reopen(intent.actor), intent.actor)
        assert.strictEqual((yield* journal.of(intent.beads))[0]?.phase, phase)
      }
    })
  )

  check(
    "clear keeps the time of each bug's last retry, also of a bug without attempts",
    Effect.gen(function* () {
      const journal = yield* Journal
      assert.isEmpty(yield* journal.retries)
      yield* TestClock.setTime(1_000)
      yield* journal.clear(bug)
      yield* TestClock.setTime(2_000)
      yield* journal.clear(beadsId("bd-none"))
      yield* TestClock.setTime(3_000)
      yield* journal.clear(bug)
      assert.deepStrictEqual(yield* journal.retries, [
        { beads: beadsId("bd-none"), at: 2_000 },
        { beads: bug, at: 3_000 }
      ])
    })
  )

  check(
    "a note is over when the work is accepted, and only then",
    Effect.gen(function* () {
      const journal = yield* Journal
      const notes = Effect.map(journal.retries, (all) => all.map(({ note }) => note))
      yield* walked(intentOf(1), ["Claimed", "Settled"])
      const decision = { actor: intentOf(1).actor, beads: bug, at: 1 }
      yield* journal.clear(bug, "Use the parser in src/csv")
      yield* journal.decide({ ...decision, decision: "rejected" })
      assert.deepStrictEqual(yield* notes, ["Use the parser in src/csv"])
      yield* journal.decide({ ...decision, decision: "accepted" })
      assert.deepStrictEqual(yield* notes, [undefined])
    })
  )

  check(
    "clear keeps the note of each bug's last retry",
    Effect.gen(function* () {
      const journal = yield* Journal
      yield* journal.clear(bug, "use the new endpoint")
      assert.deepStrictEqual(yield* journal.retries, [{ beads: bug, at: 0, note: "use the new endpoint" }])
      yield* journal.clear(bug)
      assert.deepStrictEqual(yield* journal.retries, [{ beads: bug, at: 0 }])
    })
  )

  check(
    "decide fails for an attempt that is unknown or open",
    Effect.gen(function* () {
      const journal = yield* Journal
      const decision = { actor: intentOf(1).actor, beads: bug, decision: "accepted", at: 0 } as const
      yield* refused(journal.decide(decision), decision.actor)
      yield* walked(intentOf(1), ["Claimed"])
      yield* refused(journal.decide(decision), decision.actor)
      yield* journal.advance(decision.actor, STEPS.Settled)
      yield* journal.decide(decision)
    })
  )
}
