import { assert, it } from "@effect/vitest"
import { Array as Arr, Effect, Fiber } from "effect"
import { connect } from "../../../src/journal/postgres/connection.ts"
import { postgresFailures } from "../../../src/journal/postgres/failures.ts"
import { makeTransactions } from "../../../src/journal/postgres/transactions.ts"
import { sql } from "../../../src/journal/sql/transactions.ts"
import { onPostgres } from "../../postgres/shared.ts"
import { changed, opened, placeOn } from "./postgresWorld.ts"

onPostgres("transactions of several processes on one database", (server) => {
  /** Of so many processes, on a new journal with a counter. */
  const processes = Effect.fnUntraced(function* (count: number, options: string) {
    const place = yield* placeOn(server)
    yield* Effect.scoped(opened(place))
    const { address } = changed(place, (url) => url.searchParams.set("options", options))
    const connected = Effect.flatMap(connect(address, postgresFailures("here")), makeTransactions)
    const { write } = yield* connected
    yield* write(sql`CREATE TABLE counter AS SELECT 0 AS n`)
    return yield* Effect.replicateEffect(connected, count)
  })

  /** Adds one. The time passes between what it reads and what it writes. */
  const add = (millis: number) =>
    Effect.gen(function* () {
      const [row] = yield* sql<{ n: number }>`SELECT n FROM counter`
      yield* sql`SELECT pg_sleep(${millis / 1000})`
      yield* sql`UPDATE counter SET n = ${(row?.n ?? 0) + 1}`
    })
  const counted = Effect.map(sql<{ n: number }>`SELECT n FROM counter`, ([row]) => row?.n)

  it.scopedLive("a long one goes through among short ones that always come first", () =>
    Effect.gen(function* () {
      const [first, ...others] = yield* processes(4, "")
      assert(first !== undefined)
      const fibers = yield* Effect.forEach(others, ({ write }) => Effect.forkScoped(Effect.forever(write(add(0)))))
      yield* first.write(add(150))
      for (const fiber of fibers) assert.isTrue((yield* Fiber.poll(fiber))._tag === "None", "a short one failed")
      yield* Effect.forEach(fibers, Fiber.interrupt)
    })
  )

  it.scopedLive("each of many at once goes through once", () =>
    Effect.gen(function* () {
      const all = yield* processes(12, "")
      const writes = all.flatMap(({ write }) => Arr.replicate(write(add(1)), 10))
      yield* Effect.all(writes, { concurrency: "unbounded" })
      for (const { read } of all) assert.strictEqual(yield* read(counted), 120)
    })
  )

  it.scopedLive("one that is frozen delays the others only until the server ends it", () =>
    Effect.gen(function* () {
      const [frozen, ...others] = yield* processes(4, "-c idle_in_transaction_session_timeout=700 -c lock_timeout=3s")
      assert(frozen !== undefined)
      const held = yield* Effect.forkScoped(
        Effect.exit(frozen.write(Effect.zipRight(sql`UPDATE counter SET n = 100`, Effect.sleep(4000))))
      )
      yield* Effect.sleep(100)
      yield* Effect.forEach(others, ({ write }) => write(add(0)), { concurrency: "unbounded" })
      for (const { read } of others) assert.strictEqual(yield* read(counted), 3)
      assert.strictEqual((yield* Fiber.join(held))._tag, "Failure")
    })
  )

  it.scopedLive("one that waits too long for another fails, and says what to look at", () =>
    Effect.gen(function* () {
      const [slow, other] = yield* processes(2, "-c lock_timeout=300ms")
      assert(slow !== undefined && other !== undefined)
      yield* Effect.forkScoped(slow.write(Effect.zipRight(sql`UPDATE counter SET n = 100`, Effect.sleep(1500))))
      yield* Effect.sleep(100)
      const error = yield* Effect.flip(other.write(sql`UPDATE counter SET n = 1`))
      const { message } = postgresFailures("here").of(error)
      assert.match(
        message,
        /another process, here or on another host, holds what this one needs .*lock timeout.*pg_stat_activity/
      )
    })
  )
})
