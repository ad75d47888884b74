import { Effect } from "effect"
import type { Outcome } from "../../domain/Outcome.ts"
import { JournalQueries, type OutcomeFacts } from "../../journal/JournalQueries.ts"
import { assert } from "./assert.ts"
import { bug, opencode } from "./attempts.ts"
import { runAt } from "./journalWorld.ts"
import {
  ALWAYS,
  claude,
  dispatched,
  failed,
  night,
  passedOver,
  providerCheck,
  skipped,
  type QueriesCheck
} from "./queriesWorld.ts"
import { beadsId } from "./support.ts"

/** What the queries say of outcomes and providers. */
export const outcomesIn = (check: QueriesCheck): void => {
  check(
    "outcomesOf: the newest first; a bug that is skipped for one reason is one result until a run does not skip it so",
    Effect.gen(function* () {
      const queries = yield* JournalQueries
      const blocked = skipped(bug, "blocked")
      const nights: ReadonlyArray<ReadonlyArray<Outcome>> = [
        [blocked, skipped("bd-2", "blocked")],
        [blocked, skipped("bd-2", "blocked")],
        [],
        [blocked, skipped("bd-2", "blocked")],
        [dispatched(bug), skipped("bd-2", "blocked")],
        [failed(bug)],
        [blocked, skipped("bd-2", "deferred")],
        []
      ]
      for (const [n, outcomes] of nights.entries()) yield* night(n + 1, { outcomes })
      const facts = (n: number, outcome: Outcome, last = n): OutcomeFacts => ({
        run: runAt(n),
        at: n * 1_000,
        lastAt: last * 1_000,
        outcome
      })
      const all = [facts(7, blocked), facts(6, failed(bug)), facts(5, dispatched(bug)), facts(1, blocked, 4)]
      assert.deepStrictEqual(yield* queries.outcomesOf(bug, 9), all)
      assert.deepStrictEqual(yield* queries.outcomesOf(bug, 2), all.slice(0, 2))
      assert.deepStrictEqual(yield* queries.outcomesOf("bd-2", 9), [
        facts(7, skipped("bd-2", "deferred")),
        facts(1, skipped("bd-2", "blocked"), 5)
      ])
      assert.deepStrictEqual(yield* queries.outcomesOf("bd-none", 9), [])
    })
  )

  check(
    "unchanged: how long each bug has been left alone for one reason, whatever its words; bugs that wait for their turn wait for one",
    Effect.gen(function* () {
      const queries = yield* JournalQueries
      const nights: ReadonlyArray<ReadonlyArray<Outcome>> = [
        [skipped(bug, "host_busy"), skipped("bd-2", "blocked"), skipped("bd-3", "blocked"), skipped("bd-4", "limit")],
        [skipped(bug, "host_busy", "load 9"), skipped("bd-2", "deferred"), dispatched(beadsId("bd-3"))],
        [],
        [skipped(bug, "host_busy", "load 7"), skipped("bd-2", "blocked"), skipped("bd-3", "blocked")],
        [
          skipped(bug, "limit"),
          skipped("bd-2", "blocked", "by bd-9"),
          skipped("bd-3", "blocked"),
          failed(beadsId("bd-4"))
        ]
      ]
      for (const [n, outcomes] of nights.entries()) yield* night(n + 1, { outcomes })
      assert.deepStrictEqual(
        (yield* queries.unchanged).map(({ beads, reason, runs, since }) => [beads, reason, since, runs]),
        [
          ["bd-1", "limit", 1_000, 4],
          ["bd-2", "blocked", 4_000, 2],
          ["bd-3", "blocked", 4_000, 2]
        ]
      )
      assert.deepStrictEqual((yield* queries.unchanged)[1]?.detail, "by bd-9")
    })
  )

  check(
    "checks: the newest answer of each provider; refusals: how often each refused for which reason",
    Effect.gen(function* () {
      const queries = yield* JournalQueries
      yield* night(1, { providers: [providerCheck(opencode, "401"), providerCheck(claude)] })
      yield* night(2, { providers: [providerCheck(opencode, "no quota"), providerCheck(claude, "not found")] })
      yield* night(3, { providers: [providerCheck(opencode, "no quota")] })
      yield* night(4, { providers: [providerCheck(opencode)] })
      assert.deepStrictEqual(yield* queries.checks, [
        { run: runAt(2), at: 2_000, check: providerCheck(claude, "not found") },
        { run: runAt(4), at: 4_000, check: providerCheck(opencode) }
      ])
      const refusals = [
        { provider: claude, detail: "not found", runs: 1 },
        { provider: opencode, detail: "no quota", runs: 2 },
        { provider: opencode, detail: "401", runs: 1 }
      ]
      assert.deepStrictEqual(yield* queries.refusals(ALWAYS), refusals)
      assert.deepStrictEqual(yield* queries.refusals({ since: 2_000, until: 3_000 }), [
        { provider: claude, detail: "not found", runs: 1 },
        { provider: opencode, detail: "no quota", runs: 1 }
      ])
    })
  )

  check(
    "fallbacks: the bugs that went to a provider because an earlier one did not take them",
    Effect.gen(function* () {
      const queries = yield* JournalQueries
      const other = beadsId("bd-2")
      yield* night(1, { outcomes: [dispatched(bug, claude, passedOver), dispatched(other), failed(bug)] })
      yield* night(2, { outcomes: [dispatched(bug, claude, passedOver), dispatched(other, claude, passedOver)] })
      assert.deepStrictEqual(yield* queries.fallbacks(ALWAYS), new Map([[claude, 3]]))
      assert.deepStrictEqual(yield* queries.fallbacks({ since: 0, until: 2_000 }), new Map([[claude, 1]]))
    })
  )
}
