import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import type { SeedIssue } from "../contract/beadsContract.ts"
import { LEASES, VERSION } from "./realBd.ts"
import { realMachine } from "./realMachine.ts"

const bugs: ReadonlyArray<SeedIssue> = ["boom", "crash", "hang"].map((title, i) => ({
  id: `bd-${i}`,
  title,
  priority: 1
}))

describe.runIf(LEASES)(`a store of bd ${VERSION} that an operator has frozen`, () => {
  it.scopedLive(
    "a run reads it, claims no bug, says so once, and works again when the marker is gone",
    () =>
      Effect.gen(function* () {
        const { hosts, tracker } = yield* realMachine(bugs)
        const [host] = hosts
        assert(host !== undefined)
        const marker = path.join(tracker.root, "MIGRATION-FREEZE")
        fs.writeFileSync(marker, "")
        const run = yield* host.nd(["run", "--json"], { NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL: "1" })
        assert.strictEqual(run.code, 3, run.stderr)
        assert.lengthOf(run.stderr.match(/DISPATCH_FAILURE/g) ?? [], 1, run.stderr)
        assert.lengthOf(run.stderr.match(/DISPATCH_SKIPPED \S+ reason=run_stopped/g) ?? [], 2, run.stderr)
        assert.include(run.stderr, `remove ${marker}`)
        for (const [, { status }] of yield* tracker.all) assert.strictEqual(status, "open")
        assert.isEmpty(host.started())
        fs.rmSync(marker)
        const next = yield* host.nd(["run", "--json"])
        assert.strictEqual(next.code, 0, next.stderr)
        assert.lengthOf(host.started(), 3)
      }),
    240_000
  )

  it.scopedLive(
    "a claim cannot be released while it is frozen, and can be afterwards",
    () =>
      Effect.gen(function* () {
        const { hosts, tracker } = yield* realMachine(bugs)
        const [host] = hosts
        assert(host !== undefined)
        assert.strictEqual((yield* host.nd(["claim", "bd-0"])).code, 0)
        const marker = path.join(tracker.root, "MIGRATION-FREEZE")
        fs.writeFileSync(marker, "")
        const refused = yield* host.nd(["release", "bd-0"])
        assert.strictEqual(refused.code, 1)
        assert.include(refused.stdout + refused.stderr, "workspace is frozen for migration")
        assert.deepInclude(yield* tracker.read("bd-0"), { status: "in_progress" })
        fs.rmSync(marker)
        assert.strictEqual((yield* host.nd(["release", "bd-0"])).code, 0)
        assert.deepInclude(yield* tracker.read("bd-0"), { status: "open", assignee: undefined })
      }),
    240_000
  )
})
