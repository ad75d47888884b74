import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, LogLevel } from "effect"
import { BeadsCli } from "../../src/beads/BeadsCli.ts"
import { Priority } from "../../src/domain/Issue.ts"
import type { SeedIssue } from "../contract/beadsContract.ts"
import { sameMembers } from "../contract/support.ts"
import { VERSION } from "./realBd.ts"
import { realBdWorld } from "./realBdWorld.ts"

const sized = (id: string, kib: number): SeedIssue => ({
  id,
  title: `${id} "breaks" \\ 日本 [label="x"]`,
  description: `${id} ${"x".repeat(kib * 1024)}`,
  priority: 1
})

describe(`an answer of bd ${VERSION} that is larger than beads.maxOutput`, () => {
  it.scopedLive(
    "hides no bug: each is read by itself, and one that is too large alone is malformed",
    () =>
      Effect.gen(function* () {
        const issues = [
          sized("bd-a", 40),
          sized("bd-b", 40),
          sized("bd-huge", 60),
          { ...sized("bd-c", 1), priority: 3 }
        ]
        // A real bd has its own limits for one issue, so the limit here is small.
        const { layer } = yield* realBdWorld(issues, { maxOutput: 1 / 20 })
        const beads = yield* Effect.provide(BeadsCli, layer)
        const found = yield* beads.openBugs({ types: ["bug"], maxPriority: Priority.make(1) })
        sameMembers(
          found.issues.map(({ id }) => id),
          ["bd-a", "bd-b"]
        )
        assert.deepStrictEqual(
          found.malformed.map(({ label }) => label),
          ["bd-huge"]
        )
      }).pipe(Logger.withMinimumLogLevel(LogLevel.None)),
    240_000
  )
})
