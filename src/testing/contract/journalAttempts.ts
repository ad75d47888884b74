import { Effect, TestClock } from "effect"
import { BeadsId } from "../../domain/Ids.ts"
import { Journal } from "../../journal/Journal.ts"
import { assert } from "./assert.ts"
import { bug, intentOf, plain, STEPS } from "./attempts.ts"
import { refused, walked, type JournalCheck } from "./journalWorld.ts"
import { beadsId } from "./support.ts"

/** How a journal keeps its attempts. */
export const attempts = (check: JournalCheck): void => {
  check(
    "an intent is an open attempt as soon as intend returns",
    Effect.gen(function* () {
      const journal = yield* Journal
      yield* TestClock.setTime(5_000)
      const intended = yield* journal.intend(intentOf(1))
      assert.deepStrictEqual(plain(intended), {
        ...intentOf(1),
        phase: "intended",
        createdAt: 5_000,
        createdBoot: { boot: "wall clock", millis: 5_000 },
        updatedAt: 5_000,
        updatedBoot: { boot: "wall clock", millis: 5_000 }
      })
      for (const found of [yield* journal.open, yield* journal.of(bug), yield* journal.since(5_000)])
        assert.deepStrictEqual(found.map(plain), [plain(intended)])
    })
  )

  check(
    "knows the bugs that have an attempt, each once",
    Effect.gen(function* () {
      const journal = yield* Journal
      yield* walked(intentOf(1), ["Settled"])
      yield* journal.intend(intentOf(2))
      const others = Array.from({ length: 150_000 }, (_, n) => BeadsId.make(`bd-x${n}`))
      assert.deepStrictEqual(yield* journal.known([...others, bug]), [bug])
      assert.deepStrictEqual(yield* journal.known([]), [])
    })
  )

  check(
    "an actor has one attempt, and an unknown actor has none",
    Effect.gen(function* () {
      const journal = yield* Journal
      yield* walked(intentOf(1), ["Claimed"])
      const before = (yield* journal.of(bug)).map(plain)
      yield* refused(journal.intend(intentOf(1)), intentOf(1).actor)
      yield* refused(journal.intend({ ...intentOf(1), beads: beadsId("bd-2") }), intentOf(1).actor)
      assert.deepStrictEqual((yield* journal.open).map(plain), before)
      yield* refused(journal.advance(intentOf(2).actor, STEPS.Claimed), intentOf(2).actor)
      yield* refused(journal.reopen(intentOf(2).actor), intentOf(2).actor)
      yield* journal.intend(intentOf(2, beadsId("bd-2")))
      assert.lengthOf(yield* journal.open, 2, "a call that failed blocks no later one")
    })
  )

  check(
    "attempts are returned oldest first, also within one millisecond",
    Effect.gen(function* () {
      const journal = yield* Journal
      const bugOf = (n: number) => beadsId(`bd-${n}`)
      for (const n of [9, 10, 2]) yield* journal.intend(intentOf(n, bugOf(n)))
      yield* TestClock.adjust(1)
      yield* journal.intend(intentOf(1, bugOf(1)))
      yield* journal.advance(intentOf(9).actor, STEPS.Claimed)
      for (const all of [yield* journal.open, yield* journal.of(...[1, 2, 9, 10].map(bugOf)), yield* journal.since(0)])
        assert.deepStrictEqual(
          all.map(({ number }) => number),
          [9, 10, 2, 1]
        )
    })
  )

  check(
    "since: the attempts that began or took a step at that time or later",
    Effect.gen(function* () {
      const journal = yield* Journal
      const since = (millis: number) => Effect.map(journal.since(millis), (all) => all.map((attempt) => attempt.number))
      yield* journal.intend(intentOf(1))
      yield* TestClock.setTime(1_000)
      yield* journal.intend(intentOf(2, beadsId("bd-2")))
      yield* TestClock.setTime(2_000)
      assert.deepStrictEqual(yield* since(0), [1, 2])
      assert.deepStrictEqual(yield* since(1_000), [2])
      assert.deepStrictEqual(yield* since(1_001), [])
      yield* journal.advance(intentOf(1).actor, STEPS.Settled)
      assert.deepStrictEqual(yield* since(1_001), [1])
    })
  )

  check(
    "of: the attempts at exactly these bugs; find: the attempt of exactly this actor",
    Effect.gen(function* () {
      const journal = yield* Journal
      const bugs = ["bd-a_1", "bd-ab1", "bd-a_1.1", "bd-A_1"].map(beadsId)
      for (const [n, beads] of bugs.entries()) yield* journal.intend(intentOf(n + 1, beads))
      for (const [n, beads] of bugs.entries())
        assert.deepStrictEqual(
          (yield* journal.of(beads)).map((attempt) => attempt.number),
          [n + 1]
        )
      assert.isEmpty(yield* journal.of(beadsId("bd-none")))
      assert.isEmpty(yield* journal.of())
      const some = yield* journal.of(beadsId("bd-A_1"), beadsId("bd-none"), beadsId("bd-a_1"))
      assert.deepStrictEqual(
        some.map((attempt) => attempt.number),
        [1, 4]
      )
      assert.strictEqual((yield* journal.find(intentOf(2).actor))?.number, 2)
      assert.isUndefined(yield* journal.find(intentOf(9).actor))
    })
  )
}
