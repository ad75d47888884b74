import { Effect, Exit, Fiber, Option, Scope, TestServices } from "effect"
import { Journal } from "../../journal/Journal.ts"
import { assert } from "./assert.ts"
import { LOCKING, RUN } from "./attempts.ts"
import type { JournalCheck } from "./journalWorld.ts"

/** Who gets the place of the watcher. */
export const watcher = (check: JournalCheck): void => {
  check(
    "belongs to one watcher, which has a name, and the next one gets it when that watcher ends",
    Effect.gen(function* () {
      const journal = yield* Journal
      assert.isTrue(Option.isNone(yield* journal.watcher))
      const first = yield* Scope.make()
      assert.isTrue(Option.isNone(yield* Scope.extend(journal.watch(RUN), first)))
      assert.match(Option.getOrThrow(yield* journal.watcher).name, /\S/)
      const next = yield* Effect.fork(Effect.scoped(Effect.zip(journal.watch(RUN), journal.watcher)))
      yield* Effect.sleep("200 millis")
      assert.isTrue(Option.isNone(yield* Fiber.poll(next)), "it waits for a watcher that may be about to end")
      yield* Scope.close(first, Exit.void)
      const [taken, watcher] = yield* Fiber.join(next)
      assert.isTrue(Option.isNone(taken))
      assert.isTrue(Option.isSome(watcher))
      assert.isTrue(Option.isNone(yield* journal.watcher))
    }).pipe(TestServices.provideLive)
  )

  check(
    "is no run lock: a run takes that meanwhile",
    Effect.gen(function* () {
      const journal = yield* Journal
      assert.isTrue(Option.isNone(yield* journal.watch(RUN)))
      assert.isTrue(Option.isNone(yield* journal.lock(LOCKING)))
    })
  )
}
