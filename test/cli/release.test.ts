import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { REVIEW_LABEL } from "../../src/domain/Outcome.ts"
import { machine } from "./world.ts"

/** A machine whose agent leaves a file, and ends at once. `release` waits for that: while the job runs, it is refused. */
const ended = Effect.gen(function* () {
  const world = yield* machine([{ id: "bd-1", title: "hello.txt is missing" }])
  const config = path.join(world.root, "settings.yaml")
  const settings = {
    providers: [{ name: "my-agent", command: ["sh", "-c", "echo hello > hello.txt"] }],
    watch: "never"
  }
  fs.writeFileSync(config, JSON.stringify(settings))
  const env = { NIGHTLY_DISPATCH_CONFIG: config, NIGHTLY_DISPATCH_RUNNER_BACKEND: "local" }
  const nd = (...args: ReadonlyArray<string>) => world.nd(args, { env })
  assert.strictEqual((yield* nd("run")).code, 0)
  const release = Effect.gen(function* () {
    for (let tries = 0; tries < 50; tries++) {
      const released = yield* nd("release", "bd-1")
      if (!released.stderr.includes("a job for it runs")) return released
      yield* Effect.sleep("200 millis")
    }
    return yield* Effect.dieMessage("the job never ended")
  })
  return { ...world, nd, release }
})

describe("nightly-dispatch release", () => {
  it.scopedLive("of a bug whose job has ended settles it first: its work is marked, and no run does it again", () =>
    Effect.gen(function* () {
      const { file, issues, nd, release } = yield* ended
      const released = yield* release
      assert.strictEqual(released.code, 0, released.stderr)
      assert.match(
        released.stdout,
        /^released bd-1, held by nightly-dispatch\/\S+\. Its job had ended: succeeded: the job ended well .* in \/.*\n$/
      )
      assert.match(released.stderr, / JOB_SUCCEEDED beads=bd-1 /)
      assert.strictEqual((yield* issues)["bd-1"]?.status, "open")
      assert.include(yield* file("beads/fake-bd.json"), REVIEW_LABEL)
      const next = JSON.parse((yield* nd("run", "--json")).stdout)
      assert.deepStrictEqual([next.outcomes[0].reason, next.ended.length], ["awaiting_review", 1])
    })
  )

  it.scopedLive("frees the claim also without a journal that can be used, and says so", () =>
    Effect.gen(function* () {
      const { issues, release, root } = yield* ended
      for (const name of fs.readdirSync(path.join(root, "state"))) {
        if (name.startsWith("journal.db")) fs.writeFileSync(path.join(root, "state", name), "no database")
      }
      const released = yield* release
      assert.strictEqual(released.code, 0, released.stderr)
      assert.include(released.stderr, "the work of an ended job is not looked at")
      assert.strictEqual((yield* issues)["bd-1"]?.status, "open")
    })
  )
})
