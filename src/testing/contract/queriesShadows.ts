import { Effect } from "effect"
import { REDACTED } from "../../domain/environmentSecrets.ts"
import { Skipped } from "../../domain/Outcome.ts"
import type { ShadowRun } from "../../domain/ShadowRun.ts"
import { Journal } from "../../journal/Journal.ts"
import { JournalQueries } from "../../journal/JournalQueries.ts"
import { assert } from "./assert.ts"
import type { QueriesCheck } from "./queriesWorld.ts"
import { shadowOf } from "./shadows.ts"

const times = (shadows: ReadonlyArray<ShadowRun>) => shadows.map(({ at }) => at)

/** How shadow runs are kept. */
export const shadows = (check: QueriesCheck): void => {
  check(
    "shadow runs are kept as they were, the oldest first, and are no runs",
    Effect.gen(function* () {
      const [journal, queries] = yield* Effect.all([Journal, JournalQueries])
      const [first, second, third] = [shadowOf(1_000), shadowOf(2_000, { seen: [{ id: "bd-1" }] }), shadowOf(3_000)]
      for (const shadow of [second, first, third]) yield* journal.shadow(shadow, 0)
      assert.deepStrictEqual(yield* queries.shadows({ since: 0 }), [first, second, third])
      assert.deepStrictEqual(times(yield* queries.shadows({ since: 2_000, until: 3_000 })), [2_000])
      assert.deepStrictEqual(times(yield* queries.shadows({ last: 2 })), [2_000, 3_000])
      assert.isEmpty(yield* queries.runs({ last: 9 }))
      assert.isUndefined(yield* journal.report(first.report.run))
      const twice = yield* Effect.flip(journal.shadow(first, 0))
      assert.strictEqual(twice.reason, "illegal")
    })
  )

  check(
    "each shadow run removes those that are too old, and so does prune; neither touches a run",
    Effect.gen(function* () {
      const [journal, queries] = yield* Effect.all([Journal, JournalQueries])
      yield* journal.begin({ run: shadowOf(0).report.run, host: "vm-1", at: 1 })
      for (const at of [1_000, 2_000, 3_000]) yield* journal.shadow(shadowOf(at), 0)
      yield* journal.shadow(shadowOf(4_000), 2_000)
      assert.deepStrictEqual(times(yield* queries.shadows({ since: 0 })), [2_000, 3_000, 4_000])
      yield* journal.prune({ before: 3_000, over: [], dryRun: true })
      assert.deepStrictEqual(times(yield* queries.shadows({ since: 0 })), [2_000, 3_000, 4_000])
      yield* journal.prune({ before: 3_000, over: [], dryRun: false })
      assert.deepStrictEqual(times(yield* queries.shadows({ since: 0 })), [3_000, 4_000])
      assert.lengthOf(yield* queries.runs({ last: 9 }), 1)
    })
  )

  check(
    "a shadow run is kept without secrets",
    Effect.gen(function* () {
      const [journal, queries] = yield* Effect.all([Journal, JournalQueries])
      const detail = `token ghp_${"a1B2".repeat(9)}`
      const skipped = new Skipped({ beads: "bd-1", reason: "label", detail })
      yield* journal.shadow(shadowOf(1_000, { outcomes: [skipped], seen: [{ id: "bd-1", title: detail }] }), 0)
      const [kept] = yield* queries.shadows({ last: 1 })
      assert.strictEqual(kept?.seen[0]?.title, `token ${REDACTED}`)
      assert.deepInclude(kept?.report.outcomes[0], { detail: `token ${REDACTED}` })
    })
  )
}
