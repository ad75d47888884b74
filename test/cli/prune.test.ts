import { assert, describe, it } from "@effect/vitest"
import { createClient } from "@libsql/client"
import { Effect, type Scope } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import { eventually } from "../contract/support.ts"
import { machine, type Machine } from "./world.ts"

/** A busy machine needs this long. */
const TIMEOUT = 90_000

const DAYS_AGO = Date.now() - 401 * 86_400_000

const query = (root: string, ...statements: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const client = createClient({ url: pathToFileURL(path.join(root, "state/journal.db")).href })
    let rows = 0
    for (const statement of statements) rows = (await client.execute(statement)).rows.length
    client.close()
    return rows
  })

/** Lets 401 days pass: the records of the journal and the files of the jobs are that old. */
const age = ({ root }: Machine) =>
  Effect.zipRight(
    query(
      root,
      `UPDATE runs SET began = ${DAYS_AGO}`,
      "INSERT INTO runs (run, host, began, number) VALUES ('20261122T030000Z-4f2a91c7d0', 'h', 0, 99)",
      `UPDATE attempts SET changed = ${DAYS_AGO}, began = ${DAYS_AGO},
        attempt = json_set(attempt, '$.updatedAt', ${DAYS_AGO}, '$.createdAt', ${DAYS_AGO})`
    ),
    Effect.sync(() => {
      const jobs = path.join(root, "state/jobs")
      for (const name of fs.readdirSync(jobs, { encoding: "utf8", recursive: true })) {
        fs.utimesSync(path.join(jobs, name), DAYS_AGO / 1000, DAYS_AGO / 1000)
      }
    })
  )

/** Two bugs whose jobs have ended without work; only bd-1 is closed. */
const prepared: Effect.Effect<{ readonly host: Machine; readonly env: Record<string, string> }, never, Scope.Scope> =
  Effect.gen(function* () {
    const host = yield* machine([
      { id: "bd-1", title: "the parser loses a row" },
      { id: "bd-2", title: "totals are rounded twice" }
    ])
    const config = path.join(host.root, "settings.yaml")
    fs.writeFileSync(config, 'providers: [{ name: my-agent, command: [sh, -c, "exit 0"], maxParallel: 2 }]\n')
    const env = { NIGHTLY_DISPATCH_CONFIG: config, NIGHTLY_DISPATCH_RUNNER_BACKEND: "local" }
    assert.strictEqual((yield* host.nd(["run"], { env })).code, 0)
    yield* eventually(
      Effect.zipRight(
        host.nd(["settle"], { env }),
        query(host.root, "SELECT 1 FROM attempts WHERE phase <> 'settled'")
      ),
      (open) => open === 0
    )
    yield* host.bd("close", "bd-1")
    yield* age(host)
    return { host, env }
  })

const jobs = ({ root }: Machine) =>
  fs.readdirSync(path.join(root, "state/jobs")).filter((name) => name.startsWith("bd-"))

describe("nightly-dispatch prune", () => {
  it.scopedLive(
    "removes what is old of closed bugs; --dry-run only says so",
    () =>
      Effect.gen(function* () {
        const { env, host } = yield* prepared
        const dry = yield* host.program(["prune", "--dry-run", "--json"], { env })
        assert.strictEqual(dry.code, 0, dry.stderr)
        const { pruned, report } = JSON.parse(dry.stdout)
        assert.isFalse(pruned)
        assert.deepInclude(report, { dryRun: true, attempts: 1, worktrees: 0, left: 0 })
        assert.strictEqual(report.logs.jobs, 1)
        assert.deepStrictEqual(report.kept, [{ why: "not closed in the tracker", bugs: ["bd-2"] }])
        assert.deepStrictEqual(jobs(host), ["bd-1", "bd-2"])
        const done = yield* host.program(["prune"], { env })
        assert.strictEqual(done.code, 0, done.stderr)
        assert.match(done.stdout, /^removed from the journal, older than 400d: \d+ runs, 1 attempts, 0 sent alerts$/m)
        assert.match(done.stdout, /^removed job logs, older than 60d: 1 \([\d.]+ KiB\)$/m)
        assert.match(done.stdout, /^kept what is old of bd-2: not closed in the tracker$/m)
        assert.deepStrictEqual(jobs(host), ["bd-2"])
        assert.strictEqual(yield* query(host.root, "SELECT 1 FROM attempts"), 1)
        assert.match((yield* host.nd(["prune"], { env })).stdout, / 0 attempts/)
      }),
    TIMEOUT
  )

  it.scopedLive(
    "removes nothing and exits 4 if the tracker cannot be read, and makes nothing in a dry run",
    () =>
      Effect.gen(function* () {
        const host = yield* machine([])
        fs.writeFileSync(path.join(host.root, "beads/fake-bd.json"), "{")
        const state = path.join(host.root, "elsewhere")
        const env = { NIGHTLY_DISPATCH_STATE_DIR: state }
        const failed = yield* host.nd(["prune", "--dry-run"], { env })
        assert.strictEqual(failed.code, 4, failed.stderr)
        assert.strictEqual(failed.stdout, "")
        assert.isFalse(fs.existsSync(state))
      }),
    TIMEOUT
  )
})
