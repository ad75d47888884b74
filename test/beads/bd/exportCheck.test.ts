import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { BeadsCli, type Beads } from "../../../src/beads/BeadsCli.ts"
import { stopsRun } from "../../../src/domain/Blame.ts"
import type { TrackerFailed } from "../../../src/domain/Failure.ts"
import { Priority } from "../../../src/domain/Issue.ts"
import type { SeedIssue } from "../../contract/beadsContract.ts"
import { beadsId } from "../../contract/support.ts"
import { bdWorld } from "./bdWorld.ts"

const ASKED = "list --all --limit 1 --json"
const closed: SeedIssue = { id: "bd-done", title: "done", priority: 1, status: "closed" }
const issues = ['{"id":"bd-a","title":"a"}', '{"_type":"issue","id":"bd-b","title":"b"}']
const others = ['{"_type":"memory","key":"k"}', '{"id":"bd-c","status":"tombstone"}', ""]

const reads: Record<"openBugs" | "show", (beads: Beads) => Effect.Effect<unknown, TrackerFailed>> = {
  openBugs: (beads) => beads.openBugs({ types: ["bug"], maxPriority: Priority.make(1) }),
  show: (beads) => beads.show(beadsId("bd-zzzz"))
}

/** What a read answers on a store with this export, and how often it asked for any issue. */
const answer = (read: keyof typeof reads, seed: ReadonlyArray<SeedIssue>, lines: ReadonlyArray<string> | undefined) =>
  Effect.gen(function* () {
    const world = yield* bdWorld("1.0.3", seed)
    if (lines !== undefined) fs.writeFileSync(path.join(world.dir, "issues.jsonl"), lines.join("\n"))
    const beads = yield* Effect.provide(BeadsCli, world.layer)
    const results = [yield* Effect.either(reads[read](beads)), yield* Effect.either(reads[read](beads))]
    return { results, asked: world.calls().filter((call) => call === ASKED).length }
  })

for (const read of ["openBugs", "show"] as const) {
  describe(`${read} with an empty answer`, () => {
    it.scopedLive("fails if bd knows no issue and its export has some", () =>
      Effect.map(answer(read, [], [...issues, ...others]), ({ results }) => {
        for (const result of results) {
          assert(Either.isLeft(result))
          assert.deepInclude({ ...result.left }, { reason: "no_database", blame: "config" })
          assert.include(result.left.detail, "bd knows 0 issues, issues.jsonl beside it has 2.")
          assert.include(result.left.next, "bd import")
          assert.isTrue(stopsRun(result.left))
        }
      })
    )

    const unreadable: ReadonlyArray<readonly [string, ReadonlyArray<string>, RegExp]> = [
      ["a line that is no JSON", ["not JSON"], /issues\.jsonl beside it has 1\./],
      ["conflict markers", ["<<<<<<< HEAD", ...issues], /issues\.jsonl: line 1 is a git conflict marker/]
    ]
    for (const [what, lines, message] of unreadable) {
      it.scopedLive(`fails if bd knows no issue and its export has ${what}`, () =>
        Effect.map(answer(read, [], lines), ({ results: [result] }) => {
          assert(result !== undefined && Either.isLeft(result))
          assert.match(result.left.detail, message)
        })
      )
    }

    const silent: ReadonlyArray<
      readonly [string, ReadonlyArray<SeedIssue>, ReadonlyArray<string> | undefined, number]
    > = [
      ["bd knows an issue: asks once", [closed], issues, 1],
      ["the export has no issue", [], others, 2],
      ["the export is empty", [], [], 2],
      ["there is no export: asks nothing", [], undefined, 0]
    ]
    for (const [what, seed, lines, asked] of silent) {
      it.scopedLive(`succeeds if ${what}`, () =>
        Effect.map(answer(read, seed, lines), (found) => {
          assert.isTrue(found.results.every(Either.isRight), JSON.stringify(found.results))
          assert.strictEqual(found.asked, asked)
        })
      )
    }
  })
}

describe("an answer that is not empty", () => {
  it.scopedLive("is not compared with the export", () =>
    Effect.map(answer("openBugs", [{ id: "bd-a", title: "a", priority: 1 }], issues), ({ asked }) =>
      assert.strictEqual(asked, 0)
    )
  )
})
