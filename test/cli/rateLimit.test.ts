import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { RunReport } from "../../src/domain/RunReport.ts"
import { StatusView } from "../../src/report/status/statusView.ts"
import { settleAll } from "./settleAll.ts"
import { machine } from "./world.ts"

const decodeReport = Schema.decodeUnknownSync(Schema.parseJson(RunReport))
const decodeStatus = Schema.decodeUnknownSync(Schema.parseJson(StatusView))

const takenBy = ({ outcomes }: RunReport) =>
  outcomes.map((outcome) => (outcome._tag === "Dispatched" ? String(outcome.provider) : outcome._tag))

const SETTINGS = `
providers:
  - { name: limited, command: [sh, -c, "echo 'usage limit reached, resets in 2h'; exit 1"] }
  - { name: other, command: [sh, -c, "exit 0"] }
limits: { maxDispatches: 1 }
`
const WAITS = /rate limited until (?:[A-Z][a-z]{2} )?\d\d:\d\d \(in 1 h 5\d min\), as it said itself/

it.scopedLive("an agent that says when its limit ends is left alone until then, and its bug goes to the next one", () =>
  Effect.gen(function* () {
    const world = yield* machine([{ id: "bd-1", title: "login fails" }])
    const config = path.join(world.root, "settings.yaml")
    yield* Effect.promise(() => fs.writeFile(config, SETTINGS))
    const options = {
      env: {
        NIGHTLY_DISPATCH_CONFIG: config,
        NIGHTLY_DISPATCH_RUNNER_BACKEND: "local",
        NIGHTLY_DISPATCH_WATCH: "never"
      }
    }
    const begin = decodeReport((yield* world.nd(["run", "--json"], options)).stdout)
    assert.deepStrictEqual(takenBy(begin), ["limited"])

    const log = yield* settleAll(world, options)
    assert.match(log, / JOB_FAILED beads=bd-1 provider=limited end=failed blame=provider /)

    const status = yield* world.nd(["status", "--json"], options)
    const shown = decodeStatus(status.stdout)
    assert.deepStrictEqual(
      shown.providers.map(({ now, provider }) => `${provider} ${now}`),
      ["limited limited", "other unchecked"]
    )
    assert.match((yield* world.nd(["status"], options)).stdout.replace(/\s+/g, " "), WAITS)

    const asked = yield* world.nd(["preflight"], options)
    assert.strictEqual(asked.code, 0)
    assert.match(
      asked.stdout.replace(/\s+/g, " "),
      new RegExp(`limited yes .*; ${WAITS.source}: no run asks it before`)
    )

    const alone = yield* world.nd(["run", "--dry-run", "--provider", "limited"], options)
    assert.strictEqual(alone.code, 1)
    assert.match(alone.stderr, /❌ no provider available: limited: rate limited until /)

    const waits = yield* world.nd(["explain", "bd-1"], {
      env: { ...options.env, NIGHTLY_DISPATCH_PROVIDERS: "limited" }
    })
    assert.match(
      waits.stdout.replace(/\s+/g, " "),
      new RegExp(`the next run would take it, 1st of 1: P1, then age: limited: ${WAITS.source}`)
    )

    const next = yield* world.nd(["run", "--json"], options)
    const report = decodeReport(next.stdout)
    assert.deepStrictEqual(takenBy(report), ["other"])
    assert.deepStrictEqual(
      report.providers.map(({ provider }) => String(provider)),
      ["other"],
      "the limited one was not asked"
    )
    assert.match(next.stderr, /PROVIDER_FALLBACK from=limited to=other reason="rate limited until /)

    const explained = yield* world.nd(["explain", "bd-1"], options)
    assert.match(explained.stdout.replace(/\s+/g, " "), /usage limit reached, resets in 2h/)
  })
)
