import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import * as fs from "node:fs"
import { RunId } from "../../../src/domain/Ids.ts"
import { bug, intentOf, STEPS } from "../../contract/attempts.ts"
import { beadsId } from "../../contract/support.ts"
import { database, opened, query, read, stateDirectory } from "./journalWorld.ts"

const runOf = (n: number) => RunId.make(`20261122T030000Z-${String(n).padStart(10, "0")}`)

describe("pruning the journal on disk", () => {
  it.scoped("leaves no row of what it removes, and gives the room back to the disk", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      const journal = yield* opened(directory)
      const detail = "x".repeat(1_000_000)
      for (let n = 1; n <= 20; n++) {
        const intent = { ...intentOf(n), run: runOf(n) }
        yield* journal.begin({ run: runOf(n), host: "vm-1", at: n })
        yield* journal.intend(intent)
        yield* journal.advance(intent.actor, { _tag: "Settled", end: "failed", blame: "issue", detail })
      }
      yield* TestClock.setTime(50)
      yield* journal.intend({ ...intentOf(21, beadsId("bd-2")), run: runOf(20) })
      yield* journal.prune({ before: 50, over: [bug], dryRun: false })
      for (const table of ["attempts", "steps", "runs"]) {
        assert.lengthOf(yield* query(directory, `SELECT 1 FROM ${table}`), 1, table)
      }
      assert.isBelow(fs.statSync(database(directory)).size, 1_000_000)
      assert.strictEqual(fs.statSync(`${database(directory)}-wal`).size, 0)
      yield* journal.advance(intentOf(21).actor, STEPS.Claimed)
      assert.lengthOf(yield* journal.open, 1, "the connection works on")
      assert.strictEqual((yield* query(directory, "PRAGMA quick_check"))[0]?.["quick_check"], "ok")
    })
  )

  it.scoped("the journal that is only read counts, and removes nothing", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      const journal = yield* opened(directory)
      yield* journal.intend(intentOf(1))
      yield* journal.advance(intentOf(1).actor, STEPS.Settled)
      const reader = yield* read(directory)
      const cut = { before: 50, over: [bug] }
      assert.strictEqual((yield* reader.prune({ ...cut, dryRun: true })).attempts, 1)
      assert.include((yield* Effect.flip(reader.prune({ ...cut, dryRun: false }))).message, "only read")
      assert.lengthOf(yield* journal.of(bug), 1)
    })
  )
})
