import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { machine } from "./world.ts"

/** A busy machine needs this long. */
const TIMEOUT = 120_000

describe("nightly-dispatch pause and resume", () => {
  it.scopedLive(
    "while it is paused, a run of its own process settles a job and dispatches nothing; after resume the next one does",
    () =>
      Effect.gen(function* () {
        const host = yield* machine([
          { id: "bd-1", title: "the parser loses a row", priority: 0 },
          { id: "bd-2", title: "the printer is on fire" }
        ])
        const config = path.join(host.root, "settings.yaml")
        const settings = {
          providers: [{ name: "my-agent", command: ["sh", "-c", "sleep 1; exit 1"] }],
          limits: { maxDispatches: 1 },
          watch: "never"
        }
        fs.writeFileSync(config, JSON.stringify(settings))
        const env = {
          NIGHTLY_DISPATCH_CONFIG: config,
          NIGHTLY_DISPATCH_RUNNER_BACKEND: "local",
          LOGNAME: "op",
          TZ: "UTC"
        }
        const run = Effect.map(host.program(["run", "--json"], { env }), ({ code, stderr, stdout }) => {
          assert.strictEqual(code === 0 || code === 3, true, stderr)
          return { report: JSON.parse(stdout), stderr }
        })
        assert.deepInclude((yield* run).report, { dispatched: 1 })

        const paused = yield* host.program(["pause", "--reason", "the tracker moves", "--until", "3 d"], { env })
        const words = /paused since \d\d:\d\d by op@\S+: the tracker moves · until \w{3} \d\d:\d\d/
        assert.match(paused.stdout, words)
        assert.include(paused.stdout, "Runs dispatch nothing until then.")
        const settled = yield* Effect.repeat(run, { until: ({ report }) => report.settled === 1, times: 50 })
        assert.deepInclude(settled.report, { dispatched: 0, fetched: 0, outcomes: [], providers: [] })
        assert.match(settled.report.noneTaken, words)
        assert.match(settled.stderr, /nothing is dispatched: paused since/)
        assert.strictEqual(settled.report.ended[0].beads, "bd-1")
        assert.strictEqual((yield* host.issues)["bd-2"]?.assignee ?? "", "")

        const dry = yield* host.nd(["run", "--dry-run"], { env })
        assert.match(dry.stdout, new RegExp(`^run \\S+ of \\S+ \\(dry run: .*\\)\n${words.source}\n$`))
        const status = yield* host.nd(["status"], { env })
        assert.match(status.stdout, /^● PAUSED · nightly-dispatch on /)
        assert.match(status.stdout.replaceAll(/\n +/g, " "), words)
        assert.include(status.stdout, "would dispatch nothing: paused")
        const json = yield* host.nd(["status", "--json"], { env })
        assert.deepInclude(JSON.parse(json.stdout).paused, { reason: "the tracker moves" })
        const explained = yield* host.nd(["explain", "bd-2"], { env })
        const flat = explained.stdout.replaceAll(/\n +/g, " ")
        assert.match(flat, /NOW: left alone, .*: paused since/)
        assert.match(flat, /let runs dispatch again: +nightly-dispatch resume/)

        const again = yield* host.nd(["pause", "--reason", "for long"], { env })
        assert.include(again.stdout, ": for long · until nightly-dispatch resume\n")
        assert.match(again.stdout, new RegExp(`This replaces: ${words.source}`))
        const resumed = yield* host.program(["resume"], { env })
        assert.match(resumed.stdout, /^resumed: runs dispatch again\. It was paused since .*: for long · until/)
        assert.deepInclude((yield* run).report, { dispatched: 1 })
      }),
    TIMEOUT
  )

  it.scopedLive(
    "refuses a time that is past and a reason that is none; resume says that nothing is paused",
    () =>
      Effect.gen(function* () {
        const host = yield* machine([])
        const pause = (...args: ReadonlyArray<string>) => host.nd(["pause", ...args])
        const past = yield* pause("--reason", "x", "--until", "2026-01-01")
        assert.deepStrictEqual([past.code, past.stdout], [2, ""])
        assert.include(past.stderr, '--until "2026-01-01" is past; expected a time to come')
        for (const wrong of [
          ["--reason", " "],
          ["--reason", "x".repeat(201)],
          ["--reason", "x", "--until", "soon"],
          ["--until", "2h"]
        ])
          assert.strictEqual((yield* pause(...wrong)).code, 2, wrong.join(" "))
        const none = yield* host.nd(["resume"])
        assert.deepStrictEqual([none.code, none.stdout], [1, ""])
        assert.include(none.stderr, "nightly-dispatch: nothing is paused")
        const json = yield* pause("--reason", "a\nb", "--json")
        const { paused, replaced } = JSON.parse(json.stdout)
        assert.deepStrictEqual([json.code, paused.reason, replaced], [0, "a b", null])
        const resumed = yield* host.nd(["resume", "--json"])
        assert.deepStrictEqual(JSON.parse(resumed.stdout), { resumed: paused, still: [] })
      }),
    TIMEOUT
  )
})
