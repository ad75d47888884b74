import { Effect, Exit, Fiber, Option, TestServices } from "effect"
import { Journal } from "../../journal/Journal.ts"
import { assert } from "./assert.ts"
import { intentOf, LOCKING } from "./attempts.ts"
import type { JournalCheck } from "./journalWorld.ts"

const isFree = Effect.scoped(Effect.flatMap(Journal, (journal) => Effect.map(journal.lock(LOCKING), Option.isNone)))

/** Lets Node do once what it has to do. A timer is too slow: it takes a millisecond. */
const turnOfNode = Effect.promise(
  () =>
    new Promise<void>((done) => {
      const { port1, port2 } = new MessageChannel()
      port1.once("message", () => {
        port1.close()
        done()
      })
      port2.postMessage(0)
    })
)

/** How the lock of runs is taken and released. */
export const lock = (check: JournalCheck): void => {
  check(
    "belongs to one run until its scope closes, and names the holder to others",
    Effect.gen(function* () {
      const journal = yield* Journal
      yield* Effect.scoped(
        Effect.gen(function* () {
          assert.isTrue(Option.isNone(yield* journal.lock(LOCKING)), "free at first")
          const holder = yield* Effect.scoped(journal.lock(LOCKING))
          assert.match(
            Option.getOrElse(holder, () => ""),
            /\S/,
            "the holder has a name"
          )
          assert.isFalse(yield* isFree, "a caller that did not get it did not release it")
          yield* journal.intend(intentOf(1))
        })
      )
      assert.isTrue(yield* isFree, "free again")
      assert.isTrue(yield* isFree)
    })
  )

  check(
    "is taken by one of many callers at once",
    Effect.gen(function* () {
      const journal = yield* Journal
      const all = yield* TestServices.provideLive(
        Effect.all(
          Array.from({ length: 10 }, () => journal.lock(LOCKING)),
          { concurrency: "unbounded" }
        )
      )
      assert.strictEqual(all.filter(Option.isNone).length, 1)
    })
  )

  check(
    "that settles one job at a time lets a waiting run go first",
    Effect.gen(function* () {
      const journal = yield* Journal
      const order: Array<string> = []
      const hold = (work: "run" | "job", name: string) =>
        Effect.scoped(
          Effect.tap(journal.lock({ ...LOCKING, work }), (holder) =>
            Effect.andThen(
              Effect.sync(() => order.push(Option.isNone(holder) ? name : "refused")),
              Effect.sleep("300 millis")
            )
          )
        )
      const jobs = Effect.forEach(["job 1", "job 2"], (name) => hold("job", name))
      const run = Effect.delay(hold("run", "run"), "100 millis")
      yield* TestServices.provideLive(Effect.all([jobs, run], { concurrency: 2 }))
      // The second job is refused at once, and the run looks for the free lock now and then: either may be first.
      assert.strictEqual(order[0], "job 1")
      assert.deepStrictEqual(
        order.slice(1).toSorted(),
        ["refused", "run"],
        "the run waits, and a job does not wait for a run"
      )
    })
  )

  for (const [how, work] of [
    ["an error", Effect.fail("no")],
    ["a defect", Effect.die("defect")]
  ] as const) {
    check(
      `is released after ${how}`,
      Effect.gen(function* () {
        const journal = yield* Journal
        assert.isTrue(Exit.isFailure(yield* Effect.exit(Effect.scoped(Effect.zipRight(journal.lock(LOCKING), work)))))
        assert.isTrue(yield* isFree)
      })
    )
  }

  check(
    "is released after an interruption at any moment",
    Effect.gen(function* () {
      const journal = yield* Journal
      for (let turn = 0; turn < 25; turn++) {
        const fiber = yield* Effect.fork(Effect.scoped(Effect.zipRight(journal.lock(LOCKING), Effect.never)))
        for (let step = 0; step < turn; step++) yield* turnOfNode
        yield* Fiber.interrupt(fiber)
        assert.isTrue(yield* isFree, `after ${turn} turns`)
      }
    })
  )
}
