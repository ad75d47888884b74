import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { RunReport } from "../../src/domain/RunReport.ts"
import { settleAll } from "./settleAll.ts"
import { machine } from "./world.ts"

const decodeReport = Schema.decodeUnknownSync(Schema.parseJson(RunReport))

it.scopedLive("a night in which every job failed: `settle` logs it, the next run is not green, the one after is", () =>
  Effect.gen(function* () {
    const world = yield* machine([
      { id: "bd-1", title: "login fails" },
      { id: "bd-2", title: "logout fails" }
    ])
    const config = path.join(world.root, "settings.yaml")
    yield* Effect.promise(() => fs.writeFile(config, "providers: [{ name: my-agent, command: [sh, -c, 'exit 7'] }]\n"))
    const options = {
      env: {
        NIGHTLY_DISPATCH_CONFIG: config,
        NIGHTLY_DISPATCH_RUNNER_BACKEND: "local",
        NIGHTLY_DISPATCH_WATCH: "never"
      }
    }
    assert.strictEqual((yield* world.nd(["run"], options)).code, 0)

    const log = yield* settleAll(world, options)
    assert.lengthOf(
      log.match(/^ts=\S+ run=\S+ ❌ JOB_FAILED beads=bd-[12] provider=my-agent end=failed blame=/gm) ?? [],
      2
    )

    // So that the runs start no new jobs.
    for (const id of ["bd-1", "bd-2"]) yield* world.bd("update", id, "--assignee", "somebody")
    const night = yield* world.nd(["run", "--json"], options)
    assert.strictEqual(night.code, 3)
    const { ended, settled } = decodeReport(night.stdout)
    assert.deepStrictEqual([ended.length, settled], [2, 0])
    for (const { durationMs, log } of ended) {
      assert.include(yield* Effect.promise(() => fs.readFile(log ?? "", "utf8")), "")
      assert.isBelow(durationMs, 60_000)
    }
    assert.lengthOf(night.stderr.match(/ JOB_FAILED /g) ?? [], 2)
    assert.match(night.stderr, /^ts=\S+ run=\S+ RUN_SUMMARY .* jobs_failed=2 running=0 settled=0 exit=3 /m)

    const after = yield* world.nd(["run"], options)
    assert.strictEqual(after.code, 0)
    assert.notInclude(after.stdout, "ended since the last run")
  })
)
