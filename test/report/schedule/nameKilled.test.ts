import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { nightlyRun } from "../../../src/dispatch/nightlyRun.ts"
import type { JournalFailed } from "../../../src/domain/Failure.ts"
import { RunId } from "../../../src/domain/Ids.ts"
import { Journal } from "../../../src/journal/Journal.ts"
import { nameKilled } from "../../../src/report/schedule/nameKilled.ts"
import { inWorld, options, withLog } from "../../dispatch/support.ts"

const EARLIER = RunId.make("20261122T020000Z-4f2a91")

/** What a run says of the one before it. */
const said = (before: Effect.Effect<void, JournalFailed, Journal>) =>
  inWorld(
    {},
    Effect.gen(function* () {
      yield* Effect.orDie(before)
      yield* nightlyRun(options)
      return (yield* withLog(nameKilled(options.run))).lines.join("\n")
    })
  )

const begun = (host: string) =>
  Effect.flatMap(Journal, (journal) => journal.begin({ run: EARLIER, host, at: Date.parse("2026-11-22T02:00:00Z") }))

describe("a run after one that was killed", () => {
  it.effect("names it, and the exit codes of the script that ends runs", () =>
    Effect.map(said(begun(options.host)), (lines) => {
      assert.include(
        lines,
        `the run before this one, ${EARLIER} of 2026-11-22T02:00Z, has no end: it was interrupted or killed.`
      )
      assert.include(lines, "exit code 124 or 137")
    })
  )

  it.effect("says nothing of a run that ended, of another host's, or without one", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* said(Effect.void), "")
      assert.strictEqual(yield* said(begun("another-host")), "")
    })
  )
})
