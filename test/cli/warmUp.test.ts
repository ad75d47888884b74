import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { machine } from "./world.ts"

const WARM_UP =
  /^ts=\S+ level=INFO message="warm-up: one dispatch at a time until \S+Z \(limits\.warmUp; set limits\.maxParallel to decide yourself\)" run=\S+$/m

describe("the warm-up of a command line", () => {
  const env = { NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL: "" }

  it.scopedLive("is named by runs and dry runs, and begins with the first run that is no dry run", () =>
    Effect.gen(function* () {
      const world = yield* machine([])
      const dry = yield* world.nd(["run", "--dry-run"], { env })
      assert.strictEqual(dry.code, 0, dry.stderr)
      assert.match(dry.stderr, WARM_UP)
      assert.deepStrictEqual(fs.readdirSync(path.join(world.root, "state")), [])
      assert.match((yield* world.nd(["run"], { env })).stderr, WARM_UP)
      assert.match(yield* world.file("state/first-run"), /^20\S+Z\n$/)
      assert.notInclude((yield* world.nd(["run"])).stderr, "warm-up", "limits.maxParallel is set")
    })
  )

  it.scopedLive("does not begin in a state directory that serves another tracker", () =>
    Effect.gen(function* () {
      const world = yield* machine([])
      assert.strictEqual((yield* world.nd(["run"], { env })).code, 0)
      fs.rmSync(path.join(world.root, "state/first-run"))
      const other = path.join(world.root, "other")
      fs.cpSync(path.join(world.root, "beads"), other, { recursive: true })
      const run = yield* world.nd(["run"], { env: { ...env, BEADS_DIR: other } })
      assert.strictEqual(run.code, 5, run.stderr)
      assert.include(run.stderr, "serves the tracker")
      assert.strictEqual(yield* world.file("state/first-run"), "")
    })
  )
})
