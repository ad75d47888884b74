import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import type { Pause } from "../../../src/domain/Pause.ts"
import { ofVersion, opened, query, read, stateDirectory } from "./journalWorld.ts"

const pause = (at: number, reason: string, until?: number): Pause => ({
  at,
  reason,
  by: "op@vm-1",
  ...(until === undefined ? {} : { until })
})

/** What is kept of the pauses, the first that began first. */
const kept = (directory: string) =>
  Effect.map(query(directory, "SELECT pause FROM pauses ORDER BY id"), (rows) =>
    rows.map((row): Pause => JSON.parse(String(row["pause"])))
  )

describe("pauses in the journal on disk", () => {
  it.scoped("are kept with who ended them, until prune removes those that are over for long", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      const journal = yield* opened(directory)
      yield* TestClock.setTime(1_000)
      yield* journal.pause(pause(1_000, "first", 9_000))
      yield* TestClock.setTime(2_000)
      yield* journal.pause(pause(2_000, "second"))
      yield* TestClock.setTime(3_000)
      yield* journal.resume("other@vm-1")
      yield* journal.pause(pause(3_000, "third", 5_000))
      const first = { ...pause(1_000, "first", 9_000), ended: { at: 2_000, by: "op@vm-1" } }
      const second = { ...pause(2_000, "second"), ended: { at: 3_000, by: "other@vm-1" } }
      const third = pause(3_000, "third", 5_000)
      assert.deepStrictEqual(yield* kept(directory), [first, second, third])
      yield* TestClock.setTime(9_000)
      yield* journal.pause(pause(9_000, "fourth"))
      yield* journal.prune({ before: 5_000, over: [], dryRun: false })
      assert.deepStrictEqual(yield* kept(directory), [third, pause(9_000, "fourth")])
      yield* journal.prune({ before: 9_000, over: [], dryRun: false })
      assert.deepStrictEqual(yield* kept(directory), [pause(9_000, "fourth")])
    })
  )

  it.scoped("can be read, and not begun or ended, where the journal is only read", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      yield* (yield* opened(directory)).pause(pause(0, "the tracker moves"))
      const reader = yield* read(directory)
      assert.strictEqual((yield* reader.paused)?.reason, "the tracker moves")
      for (const write of [reader.pause(pause(0, "again")), reader.resume("op@vm-1")])
        assert.include((yield* Effect.flip(write)).message, "only read")
    })
  )

  it.scoped("a journal of the version before pauses is brought up to date", () =>
    Effect.gen(function* () {
      const directory = yield* ofVersion(8)
      assert.include((yield* Effect.flip(read(directory))).message, "an earlier version made it (schema 8)")
      const journal = yield* opened(directory)
      assert.isUndefined(yield* journal.paused)
      yield* journal.pause(pause(0, "the tracker moves"))
      assert.strictEqual((yield* journal.paused)?.reason, "the tracker moves")
    })
  )
})
