import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { RunReport } from "../../src/domain/RunReport.ts"
import { ReportView } from "../../src/report/report/reportSchema.ts"
import { StatusView } from "../../src/report/status/statusView.ts"
import { OPENCODE_EVENTS } from "../runner/jobEnd/realUsage.ts"
import { settleAll } from "./settleAll.ts"
import { machine } from "./world.ts"

const decodeRun = Schema.decodeUnknownSync(Schema.parseJson(RunReport))
const decodeReport = Schema.decodeUnknownSync(Schema.parseJson(ReportView))
const decodeStatus = Schema.decodeUnknownSync(Schema.parseJson(StatusView))

const reasons = ({ outcomes }: RunReport) =>
  outcomes.map((each) => (each._tag === "Skipped" ? `${each.beads} ${each.reason}` : `${each.beads} ${each._tag}`))

const flat = (text: string) => text.replace(/\s+/g, " ")

/** A busy machine needs this long. */
const TIMEOUT = 120_000

describe("a night's budget, from the command line", () => {
  it.scopedLive(
    "of one job: the second run skips the other bug with the figures; explain and report show what the job used",
    () =>
      Effect.gen(function* () {
        const world = yield* machine([
          { id: "bd-1", title: "the cart loses items", priority: 0 },
          { id: "bd-2", title: "login fails" }
        ])
        // Stands for opencode: prints its JSON only if it is asked to.
        const events = path.join(world.root, "events")
        fs.writeFileSync(events, OPENCODE_EVENTS.replaceAll("1795799503", "9995799503"))
        const agent = path.join(world.root, "bin", "opencode")
        const script = `#!/bin/sh
case "$*" in *--version*) echo 1.18.33; exit;; esac
case "$*" in *--format=json*) cat "${events}";; *) echo "All is done.";; esac
echo x > fixed && git add fixed && git -c user.name=a -c user.email=a@localhost commit -qm "Fix it"
`
        fs.writeFileSync(agent, script, { mode: 0o755 })
        const config = path.join(world.root, "settings.yaml")
        const settings = { providers: ["opencode"], limits: { jobsPerNight: 1, costPerNight: 5 } }
        fs.writeFileSync(config, JSON.stringify(settings))
        const options = {
          env: { NIGHTLY_DISPATCH_CONFIG: config, NIGHTLY_DISPATCH_RUNNER_BACKEND: "local", TZ: "UTC" }
        }

        const first = decodeRun((yield* world.nd(["run", "--json"], options)).stdout)
        assert.sameMembers([...reasons(first)], ["bd-1 Dispatched", "bd-2 budget"])
        yield* settleAll(world, options)

        const second = yield* world.nd(["run", "--json"], options)
        const held = decodeRun(second.stdout)
        assert.include(reasons(held), "bd-2 budget")
        assert.deepStrictEqual([held.exit, held.dispatched, held.providers], [0, 0, []], second.stderr)
        assert.match(second.stderr, /reason=budget detail="1 of 1 job of this night is begun; more from /)

        const explained = yield* world.nd(["explain", "bd-1"], options)
        assert.match(flat(explained.stdout), /succeeded after .*, 400 tokens in, 200 out, 600 by a cache, \$0\.0009/)
        const waits = yield* world.nd(["explain", "bd-2"], options)
        assert.match(flat(waits.stdout), /NOW: left alone, 1st of 1: P1, then age: 1 of 1 job of this night is begun/)
        assert.include(waits.stdout, "skipped, budget: ")

        const report = yield* world.nd(["report"], options)
        assert.match(flat(report.stdout), /used in the night of \S+: 400 tokens in, .*\$0\.0009 \(as 1 of 1 job told\)/)
        const nights = decodeReport((yield* world.nd(["report", "--format", "json"], options)).stdout).nights
        assert.deepInclude(nights.at(-1), {
          usage: { inputTokens: 400, outputTokens: 200, cacheTokens: 600, costUsd: 0.00086 },
          usageOf: 1
        })

        const status = yield* world.nd(["status"], options)
        assert.include(flat(status.stdout), "a bug waits: 1 of 1 job of this night is begun")
        const shown = decodeStatus((yield* world.nd(["status", "--json"], options)).stdout)
        assert.deepStrictEqual(shown.budget, [
          "1 of 1 job of this night is begun",
          "$0.0009 of $5.00 of this night are spent"
        ])
        const log = yield* world.nd(["explain", "bd-1", "--json"], options)
        assert.deepInclude(JSON.parse(log.stdout).attempts[0].usage, { costUsd: 0.00086 })
      }),
    TIMEOUT
  )
})
