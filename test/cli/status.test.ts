import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { StatusView } from "../../src/report/status/statusView.ts"
import { FIXTURES, machine } from "./world.ts"

const TIMEOUT = 60_000
const decode = Schema.decodeUnknownSync(Schema.parseJson(StatusView))

describe.concurrent("nightly-dispatch status", () => {
  it.scopedLive(
    "before the first run names the first steps, after it what runs and what needs a person",
    () =>
      Effect.gen(function* () {
        const host = yield* machine([{ id: "bd-1", title: "the parser loses a row" }])
        const first = yield* host.nd(["status"])
        assert.match(first.stdout, /^No run yet\. Next, .*\n {2}nightly-dispatch doctor\n/)
        assert.strictEqual(first.code, 0, first.stdout)

        fs.writeFileSync(path.join(host.root, "home/crontab"), "CRON_TZ=UTC\n0 0 1 1 * nightly-dispatch run\n")
        const ran = yield* host.nd(["run"])
        assert.strictEqual(ran.code, 0, ran.stderr)
        const { code, stdout } = yield* host.nd(["status", "--json"])
        const view = decode(stdout)
        assert.deepStrictEqual([code, view.exit], [0, 0])
        assert.deepInclude(view.schedule, { text: "0 0 1 1 *", from: "crontab" })
        assert.strictEqual(view.lastRun?.state, "ok")
        assert.deepStrictEqual(
          view.running.map(({ beads, state }) => [beads, state]),
          [["bd-1", "running"]]
        )
        assert.strictEqual(view.providers[0]?.now, "ok")
        const text = yield* host.nd(["status"])
        assert.match(text.stdout, /nothing\s+needs\s+you\n[\s\S]*\nRUNNING \(1\)\n {2}bd-1 {2}running/)
      }),
    TIMEOUT
  )

  it.scopedLive(
    "asks git for the repository once, and crontab for its lines once",
    () =>
      Effect.gen(function* () {
        const host = yield* machine([])
        const calls = path.join(host.root, "calls")
        for (const [name, real] of [
          ["git", "/usr/bin/env -i PATH=/usr/local/bin:/usr/bin:/bin git"],
          ["crontab", `'${path.join(FIXTURES, "crontab")}'`]
        ] as const) {
          const script = `#!/bin/sh\necho "${name} $*" >>'${calls}'\nexec ${real} "$@"\n`
          fs.writeFileSync(path.join(host.root, "bin", name), script, { mode: 0o755 })
        }
        const ended = yield* host.nd(["status"], { env: { NIGHTLY_DISPATCH_REPO_PATH: "" } })
        assert.strictEqual(ended.code, 0, ended.stdout + ended.stderr)
        const lines = fs.readFileSync(calls, "utf8").split("\n")
        const looks = lines.filter((line) => /^git rev-parse --show-toplevel$|^crontab /.test(line))
        assert.deepStrictEqual(looks.toSorted(), ["crontab -l", "git rev-parse --show-toplevel"])
      }),
    TIMEOUT
  )

  it.scopedLive(
    "with a damaged journal and a tracker that fails says both, and exits 3",
    () =>
      Effect.gen(function* () {
        const host = yield* machine([])
        fs.writeFileSync(path.join(host.root, "state/journal.db"), "no database")
        fs.writeFileSync(path.join(host.root, "beads/fake-bd.json"), "no JSON")
        const { code, stdout } = yield* host.nd(["status", "--json"])
        const view = decode(stdout)
        assert.strictEqual(code, 3)
        assert.deepStrictEqual(
          view.needs.map(({ kind }) => kind),
          ["journal", "tracker"]
        )
        const text = yield* host.nd(["status"])
        assert.deepStrictEqual([text.code, text.stderr], [3, ""])
        assert.include(text.stdout, "NEEDS YOU (2)")
      }),
    TIMEOUT
  )

  it.scopedLive(
    "--watch in a pipe, and a schedule that is none, are refused in words",
    () =>
      Effect.gen(function* () {
        const host = yield* machine([])
        const watch = yield* host.nd(["status", "--watch"])
        assert.deepStrictEqual([watch.code, watch.stdout], [2, ""])
        assert.include(watch.stderr, "status --watch needs a terminal")
        const wrong = yield* host.nd(["status"], { env: { NIGHTLY_DISPATCH_SCHEDULE: "0 25 * * *" } })
        assert.strictEqual(wrong.code, 5)
        assert.include(wrong.stderr, "schedule")
        const document = yield* host.nd(["status", "--json"], { env: { NIGHTLY_DISPATCH_SCHEDULE: "never" } })
        assert.deepInclude(JSON.parse(document.stdout).error, { exit: 5 })
        assert.include(wrong.stderr, "NIGHTLY_DISPATCH_SCHEDULE")
      }),
    TIMEOUT
  )
})
