import { Effect, Either, Fiber } from "effect"
import { endingOf } from "../../domain/Attempt.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import { Journal } from "../../journal/Journal.ts"
import { assert } from "./assert.ts"
import { bug, intentOf, plain, STEPS } from "./attempts.ts"
import { alert, WAYS, type JournalCheck } from "./journalWorld.ts"
import { beadsId } from "./support.ts"

/** What a journal does with several calls at once, and with an interrupted one. */
export const atOnce = (check: JournalCheck): void => {
  check(
    "many attempts at once: none is lost, and none blocks another",
    Effect.gen(function* () {
      const journal = yield* Journal
      const numbers = Array.from({ length: 40 }, (_, index) => index + 1)
      yield* Effect.forEach(
        numbers,
        (n) =>
          Effect.gen(function* () {
            yield* journal.intend(intentOf(n, beadsId(`bd-${n}`)))
            for (const tag of WAYS.acknowledged[0].slice(0, n % 7)) {
              yield* Effect.yieldNow()
              yield* journal.advance(intentOf(n).actor, STEPS[tag])
              yield* journal.open
            }
            if (n % 4 === 0) yield* journal.advance(intentOf(n).actor, STEPS.Settled)
            yield* journal.notice(alert(`about ${n % 5}`))
          }),
        { concurrency: "unbounded" }
      )
      const phases = ["intended", "claimed", "workspace", "prompt", "starting", "starting", "acknowledged"]
      const all = yield* journal.since(0)
      assert.deepStrictEqual(
        Object.fromEntries(all.map((attempt) => [attempt.number, attempt.phase as string])),
        Object.fromEntries(numbers.map((n) => [n, n % 4 === 0 ? "settled" : phases[n % 7]]))
      )
      assert.lengthOf(yield* journal.open, 30)
      assert.lengthOf(yield* journal.notices, 5)
    })
  )

  check(
    "many fibers on one attempt: each step is taken once",
    Effect.gen(function* () {
      const journal = yield* Journal
      const atOnce = <A>(call: Effect.Effect<A, JournalFailed>) =>
        Effect.map(
          Effect.all(
            Array.from({ length: 8 }, () => Effect.either(call)),
            { concurrency: "unbounded" }
          ),
          (all) => all.filter(Either.isRight).length
        )
      assert.strictEqual(yield* atOnce(journal.intend(intentOf(1))), 1)
      assert.strictEqual(yield* atOnce(journal.advance(intentOf(1).actor, STEPS.Claimed)), 1)
      assert.strictEqual(yield* atOnce(journal.advance(intentOf(1).actor, STEPS.Settled)), 1)
      assert.strictEqual(yield* atOnce(journal.reopen(intentOf(1).actor)), 1)
      assert.strictEqual(
        (yield* Effect.all(
          Array.from({ length: 8 }, () => journal.notice(alert("x"))),
          { concurrency: "unbounded" }
        )).filter(Boolean).length,
        1
      )
    })
  )

  check(
    "an interrupted call is done fully or not at all, and blocks no other",
    Effect.gen(function* () {
      const journal = yield* Journal
      yield* journal.intend(intentOf(1))
      const before = (yield* journal.of(bug)).map(plain)
      for (let turn = 0; turn < 24; turn++) {
        const fiber = yield* Effect.fork(journal.advance(intentOf(1).actor, STEPS.Settled))
        for (let step = 0; step < turn; step++) yield* Effect.promise(() => Promise.resolve())
        yield* Fiber.interrupt(fiber)
        const after = (yield* journal.of(bug)).map((attempt) => [attempt.phase, endingOf(attempt)?.end])
        assert.include([`intended,`, `settled,failed`], String(after[0]))
        if (after[0]?.[0] === "settled") yield* journal.reopen(intentOf(1).actor)
      }
      assert.deepStrictEqual((yield* journal.of(bug)).map(plain), before)
    })
  )
}
