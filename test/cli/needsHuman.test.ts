import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { RunReport } from "../../src/domain/RunReport.ts"
import { StatusView } from "../../src/report/status/statusView.ts"
import { settleAll } from "./settleAll.ts"
import { machine, type Machine } from "./world.ts"

const decodeReport = Schema.decodeUnknownSync(Schema.parseJson(RunReport))
const decodeStatus = Schema.decodeUnknownSync(Schema.parseJson(StatusView))

/** The last words of the tools, as a script that hides them passes them on. */
const AGENTS = {
  login: "echo 'Not logged in · Please run /login'; exit 1",
  asks: "echo 'Apply this change? [y/N] '; exit 0",
  keyless: "echo 'ANTHROPIC_API_KEY environment variable is not set'; exit 1",
  other: "exit 0"
}

const using = Effect.fn("using")(function* (...agents: ReadonlyArray<keyof typeof AGENTS>) {
  const world = yield* machine([{ id: "bd-1", title: "login fails" }])
  const config = path.join(world.root, "settings.yaml")
  const providers = agents.map((name) => `  - { name: ${name}, command: [sh, -c, "${AGENTS[name]}"] }\n`)
  yield* Effect.promise(() => fs.writeFile(config, `providers:\n${providers.join("")}limits: { maxDispatches: 1 }\n`))
  const options = {
    env: {
      NIGHTLY_DISPATCH_CONFIG: config,
      NIGHTLY_DISPATCH_RUNNER_BACKEND: "local",
      NIGHTLY_DISPATCH_WATCH: "never"
    }
  }
  const nd = (...args: ReadonlyArray<string>) => world.nd(args, options)
  return { nd, settled: settleAll(world, options) }
})

type Nd = (...args: ReadonlyArray<string>) => ReturnType<Machine["nd"]>

const needs = (nd: Nd) => Effect.map(nd("status", "--json"), ({ stdout }) => decodeStatus(stdout).needs)
const flat = (text: string) => text.replace(/\s+/g, " ")

it.scopedLive(
  "an expired login stops its provider until a retry says that it is there; the next one takes the bug",
  () =>
    Effect.gen(function* () {
      const { nd, settled } = yield* using("login", "other")
      yield* nd("run")
      assert.match(
        yield* settled,
        / JOB_FAILED beads=bd-1 provider=login end=needs_human needs=login blame=none error="the job failed \(login, exit 1, unauthorised\): Not logged in · Please run \/login \(needs a login from you: run `claude` and type \/login, or renew its token\)"/
      )
      const status = yield* nd("status", "--json")
      assert.deepStrictEqual(
        decodeStatus(status.stdout).providers.map(({ now, provider }) => `${provider} ${now}`),
        ["login needs_human", "other unchecked"]
      )
      const need = (yield* needs(nd)).find(({ kind }) => kind === "needs_human")
      assert.strictEqual(need?.what, "login needs a login from you: run `claude` and type /login, or renew its token")
      assert.match(need?.commands.join("\n") ?? "", / retry bd-1\n.* preflight$/)
      assert.match(
        flat((yield* nd("preflight")).stdout),
        /login yes .*; needs a login from you: .*; then: nightly-dispatch retry bd-1/
      )

      const next = yield* nd("run", "--json")
      assert.match(next.stderr, /PROVIDER_FALLBACK from=login to=other reason="needs a login from you: run `claude`/)
      assert.deepStrictEqual([next.code, decodeReport(next.stdout).dispatched], [3, 1])
      assert.deepStrictEqual(
        decodeReport(next.stdout).providers.map(({ provider }) => String(provider)),
        ["other"],
        "the one without a login was not asked"
      )
      yield* settled

      assert.match((yield* nd("run", "--dry-run", "--provider", "login")).stderr, /needs a login from you/)
      yield* nd("retry", "bd-1")
      assert.match(
        (yield* nd("run", "--dry-run", "--provider", "login")).stderr,
        /DISPATCH_PLANNED beads=bd-1 provider=login/
      )
      assert.isEmpty((yield* needs(nd)).filter(({ kind }) => kind === "needs_human"))
    })
)

for (const [agent, what] of [
  ["asks", /^asks needs a permission from you: start it so that it does not ask/],
  ["keyless", /^keyless needs a secret from you: set ANTHROPIC_API_KEY where nightly-dispatch starts/]
] as const)
  it.scopedLive(
    `a job that lacks something for one bug holds that bug (${agent}) until a retry, and says what to do`,
    () =>
      Effect.gen(function* () {
        const { nd, settled } = yield* using(agent)
        yield* nd("run")
        assert.match(yield* settled, / JOB_FAILED beads=bd-1 provider=\w+ end=needs_human needs=\w+ blame=none /)
        const held = yield* nd("run", "--json")
        assert.match(held.stderr, /DISPATCH_SKIPPED beads=bd-1 reason=needs_human detail="/)
        assert.deepStrictEqual([held.code, decodeReport(held.stdout).dispatched], [3, 0])
        assert.strictEqual((yield* nd("run")).code, 0, "a job is reported once")

        const all = yield* needs(nd)
        assert.deepStrictEqual(
          all.map(({ beads, kind }) => [kind, beads]),
          [["needs_human", "bd-1"]]
        )
        assert.match(all[0]?.what ?? "", what)
        assert.match(all[0]?.commands.join("\n") ?? "", / retry bd-1\n.* logs bd-1$/)
        assert.match(
          flat((yield* nd("explain", "bd-1")).stdout),
          /NOW: left alone: \w+ needs a \w+ from you: .*retry bd-1/
        )
        assert.match(flat((yield* nd("report")).stdout), /1 needed a person/)

        yield* nd("retry", "bd-1")
        assert.strictEqual(decodeReport((yield* nd("run", "--json")).stdout).dispatched, 1)
        yield* settled
      })
  )
