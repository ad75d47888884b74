import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { Ack } from "../../src/domain/Ack.ts"
import { Actor } from "../../src/domain/Actor.ts"
import type { Attempt, AttemptEnd } from "../../src/domain/Attempt.ts"
import type { Blame } from "../../src/domain/Blame.ts"
import { chargesOf } from "../../src/domain/Charge.ts"
import { BeadsId, RunId } from "../../src/domain/Ids.ts"
import { providerResults } from "../../src/domain/ProviderResult.ts"
import { ProviderName } from "../../src/domain/Provider.ts"
import { fakeAttempt, type FakeAttempt } from "../../src/testing/fakeAttempts.ts"

const NOW = 1_000_000
const run = RunId.make("20261122T030000Z-4f2a91")

/** The job of a bug with a provider that ended at this time: `good`, `bad` (the bug may be at fault) or `evidence`. */
type Row = readonly [bug: string, provider: string, how: "good" | "bad" | "evidence", at: number, changes?: FakeAttempt]

const ENDS: Readonly<Record<Row[2], { readonly end: AttemptEnd; readonly blame?: Blame }>> = {
  good: { end: "succeeded" },
  bad: { end: "failed", blame: "issue" },
  evidence: { end: "failed", blame: "provider" }
}

const attemptOf = ([bug, name, how, at, changes]: Row): Attempt => {
  const [beads, provider] = [BeadsId.make(`bd-${bug}`), ProviderName.make(name)]
  const { blame: _, ...settled } = fakeAttempt("settled", {
    actor: Actor.make(`nightly-dispatch/vm-1/${run}/${at}`),
    beads,
    digest: "d",
    ack: Ack.make({ beads, provider, how: "started" }),
    createdAt: at - 1,
    updatedAt: at
  }) as Attempt & { readonly phase: "settled" }
  return { ...settled, ...ENDS[how], ...changes } as Attempt
}

/** The states of bug a's charges. */
const charged = (...rows: ReadonlyArray<Row>) => {
  const attempts = rows.map(attemptOf)
  const ofBug = attempts.filter(({ beads }) => beads === "bd-a")
  return chargesOf(ofBug, "d", providerResults(attempts, NOW)).map(({ state }) => state)
}

describe("the charges of a bug", () => {
  const failed: Row = ["a", "p", "bad", 100]

  const cases: ReadonlyArray<readonly [name: string, rows: ReadonlyArray<Row>, expected: ReadonlyArray<string>]> = [
    ["a failed job alone", [failed], ["provisional"]],
    ["a second failed job with the same provider", [failed, ["a", "p", "bad", 200]], ["provisional", "provisional"]],
    ["a second provider fails too", [failed, ["a", "q", "bad", 200]], ["final", "final"]],
    [
      "the second provider was at fault",
      [failed, ["a", "q", "bad", 200], ["b", "q", "evidence", 300]],
      ["provisional", "taken_back"]
    ],
    ["the provider does a good job for another bug", [failed, ["b", "p", "good", 200]], ["final"]],
    ["the good job was before", [["b", "p", "good", 50], failed], ["provisional"]],
    ["the good job was another provider's", [failed, ["b", "q", "good", 200]], ["provisional"]],
    ["the good job was for the bug itself", [failed, ["a", "p", "good", 200]], ["provisional"]],
    ["evidence against the provider afterwards", [failed, ["b", "p", "evidence", 200]], ["taken_back"]],
    ["evidence before, and no good job since", [["b", "p", "evidence", 50], failed], ["taken_back"]],
    [
      "evidence, then a good job, then the failure",
      [["b", "p", "evidence", 40], ["c", "p", "good", 50], failed],
      ["provisional"]
    ],
    ["evidence after a good job", [failed, ["b", "p", "good", 200], ["c", "p", "evidence", 300]], ["final"]],
    ["evidence, then a good job", [failed, ["b", "p", "evidence", 200], ["c", "p", "good", 300]], ["taken_back"]],
    ["evidence against another provider", [failed, ["b", "q", "evidence", 200]], ["provisional"]],
    [
      "two bugs in a row failed, then one did not",
      [failed, ["b", "p", "bad", 110], ["d", "p", "good", 200]],
      ["final"]
    ],
    [
      "three bugs in a row failed, then one did not: the provider has recovered",
      [failed, ["b", "p", "bad", 110], ["c", "p", "bad", 120], ["d", "p", "good", 200]],
      ["taken_back"]
    ],
    [
      "three bugs in a row failed, and nobody knows yet",
      [failed, ["b", "p", "bad", 110], ["c", "p", "bad", 120]],
      ["provisional"]
    ],
    ["a bug on hold was tried, and it worked", [failed, ["b", "p", "good", 200, { probe: true }]], ["taken_back"]],
    ["the bug was on hold", [["a", "p", "bad", 100, { probe: true }]], []],
    ["a person cleared it", [["a", "p", "bad", 100, { cleared: true }]], []],
    ["an older description", [["a", "p", "bad", 100, { digest: "before" }]], []],
    ["the provider's own fault", [["a", "p", "evidence", 100]], []],
    ["a lost job", [["a", "p", "bad", 100, { end: "lost" }]], []]
  ]

  for (const [name, rows, expected] of cases) {
    it(name, () => assert.deepStrictEqual(charged(...rows), expected))
  }

  it("an attempt without a job is never charged", () => {
    const { ack: _, ...without } = attemptOf(failed) as Attempt & { readonly phase: "settled" }
    assert.deepStrictEqual(chargesOf([without], "d", providerResults([without], NOW)), [])
  })

  it("for any history: evidence against a provider never adds to what counts against a bug", () => {
    const row = FastCheck.tuple(
      FastCheck.constantFrom("a", "b", "c", "d"),
      FastCheck.constantFrom("p", "q"),
      FastCheck.constantFrom("good" as const, "bad" as const, "evidence" as const),
      FastCheck.integer({ min: 1, max: 1000 })
    )
    const counted = (rows: ReadonlyArray<Row>) => charged(...rows).filter((state) => state !== "taken_back").length
    FastCheck.assert(
      FastCheck.property(
        FastCheck.uniqueArray(row, { maxLength: 15, selector: ([, , , at]) => at }),
        FastCheck.integer({ min: 1001, max: 2000 }),
        (rows, at) => {
          const jobs = rows.toSorted((a, b) => a[3] - b[3])
          assert.isAtMost(counted([...jobs, ["e", "p", "evidence", at]]), counted(jobs))
          assert.isAtMost(counted(jobs), jobs.filter(([bug, , how]) => bug === "a" && how === "bad").length)
        }
      ),
      { seed: 11, numRuns: 300 }
    )
  })
})
