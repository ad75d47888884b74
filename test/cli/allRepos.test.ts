import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { HostStatusView } from "../../src/report/status/hostStatus.ts"
import { RunReport } from "../../src/domain/RunReport.ts"
import { settleAll } from "./settleAll.ts"
import { machine } from "./world.ts"

const decodeReport = Schema.decodeUnknownSync(Schema.parseJson(RunReport))
const decodeHost = Schema.decodeUnknownSync(Schema.parseJson(HostStatusView))

/** A second repository on the same machine, with a tracker, a state directory and settings of its own. */
const secondOf = Effect.fnUntraced(function* (root: string) {
  const at = (name: string) => path.join(root, "web.app", name)
  const bug = {
    id: "web-1",
    title: "the page is empty",
    status: "open",
    priority: 0,
    issue_type: "bug",
    created_at: "2026-11-01T00:00:00Z",
    updated_at: "2026-11-01T00:00:00Z"
  }
  yield* Effect.promise(async () => {
    await fs.cp(path.join(root, "repo"), at("."), { recursive: true })
    await fs.mkdir(at(".beads"))
    const taken = { ...bug, id: "web-2", title: "the menu is slow", assignee: "me" }
    await fs.writeFile(at(".beads/issues.jsonl"), `${JSON.stringify(bug)}\n${JSON.stringify(taken)}\n`)
    await fs.writeFile(path.join(root, "web.json"), JSON.stringify({ ...SETTINGS, beads: { backend: "jsonl" } }))
  })
  return {
    NIGHTLY_DISPATCH_CONFIG: path.join(root, "web.json"),
    NIGHTLY_DISPATCH_REPO_PATH: at("."),
    NIGHTLY_DISPATCH_STATE_DIR: path.join(root, "state of web"),
    BEADS_DIR: at(".beads")
  }
})

const SETTINGS = {
  providers: [
    {
      name: "mine",
      command: ["sh", "-c", 'while [ -d "$HOME" ] && ! [ -e "$HOME/done" ]; do sleep 0.1; done'],
      maxParallel: 1
    }
  ],
  runner: { backend: "local" }
}

const words = (text: string) => text.replace(/\s+/g, " ")

describe("two repositories on one host", { timeout: 120_000 }, () => {
  it.scopedLive("share the places of a provider, and are told apart in what runs and status say", () =>
    Effect.gen(function* () {
      const world = yield* machine([{ id: "bd-1", title: "login fails" }])
      const at = (name: string) => path.join(world.root, name)
      yield* Effect.promise(() => fs.writeFile(at("settings.json"), JSON.stringify(SETTINGS)))
      yield* Effect.addFinalizer(() => Effect.promise(() => fs.writeFile(at("home/done"), "")))
      const first = { env: { NIGHTLY_DISPATCH_CONFIG: at("settings.json") } }
      const second = { env: yield* secondOf(world.root) }

      const one = yield* world.nd(["run", "--json"], first)
      assert.strictEqual(decodeReport(one.stdout).dispatched, 1, one.stderr)
      assert.match(one.stderr, / RUN_SUMMARY .* repo=repo$/m)
      const other = yield* world.nd(["run"], second)
      assert.strictEqual(other.code, 0, other.stderr)
      assert.match(other.stderr, / RUN_SUMMARY .* repo=web.app$/m)
      assert.match(other.stdout, /^run \S+ of web.app\n/)
      assert.match(
        other.stderr,
        /web-1 reason=no_capacity .*jobs that run, here or elsewhere on this host, take them all/
      )

      // It needs neither a repository nor settings where it is called, and the variables of one repository do not count.
      const all = yield* world.nd(["status", "--all-repos"], { env: { NIGHTLY_DISPATCH_STATE_DIR: at("nowhere") } })
      assert.strictEqual(all.code, 0, all.stdout + all.stderr)
      assert.match(all.stdout, /^2 repositories on \S+\n {2}repository +last run +jobs +needs you +next run\n/)
      assert.match(all.stdout, /\n {2}repo +\d\d:\d\d ok +1 +0 /)
      assert.match(all.stdout, /\n {2}web.app +\d\d:\d\d ok +0 +0 /)
      assert.include(
        words(all.stdout),
        `cd '${at("web.app")}' && NIGHTLY_DISPATCH_STATE_DIR='${at("state of web")}' nightly-dispatch --config '${at("web.json")}'`
      )

      const json = yield* world.nd(["status", "--all-repos", "--json"])
      const { exit, repositories } = decodeHost(json.stdout)
      assert.strictEqual(exit, json.code)
      assert.deepStrictEqual(
        repositories.map(({ name, status }) => [name, status?.running.map(({ beads }) => String(beads))]),
        [
          ["repo", ["bd-1"]],
          ["web.app", []]
        ]
      )

      yield* Effect.promise(() => fs.writeFile(at("home/done"), ""))
      yield* settleAll(world, first)
      const next = yield* world.nd(["run", "--json"], second)
      assert.strictEqual(decodeReport(next.stdout).dispatched, 1, next.stderr)
      yield* settleAll(world, second)
    })
  )

  it.scopedLive("one with broken settings does not hide the other", () =>
    Effect.gen(function* () {
      const world = yield* machine([])
      const second = { env: yield* secondOf(world.root) }
      yield* world.nd(["run"])
      yield* world.nd(["run", "--max", "0"], second)
      yield* Effect.promise(() => fs.writeFile(path.join(world.root, "web.json"), '{"limit": {}}'))
      const all = yield* world.nd(["status", "--all-repos"])
      assert.strictEqual(all.code, 5, all.stderr)
      assert.match(all.stdout, /\n {2}repo +\d\d:\d\d ok +0 +0 /)
      assert.match(all.stdout, /\n {2}web.app +unknown +- +- +see below\n/)
      assert.match(words(all.stdout), /● web.app \(\S.*web.app\) .*web\.json.* limit/)
      const { repositories } = decodeHost((yield* world.nd(["status", "--all-repos", "--json"])).stdout)
      assert.deepStrictEqual(
        repositories.map(({ error, status }) => [status?.exit, error?.exit]),
        [
          [0, undefined],
          [undefined, 5]
        ]
      )
      const both = yield* world.nd(["status", "--all-repos", "--repo", "x"])
      assert.strictEqual(both.code, 2)
      assert.include(both.stderr, "takes neither --repo nor --metrics-file")
    })
  )

  it.scopedLive("none was registered: it says how one comes there", () =>
    Effect.gen(function* () {
      const world = yield* machine([])
      const all = yield* world.nd(["status", "--all-repos"])
      assert.strictEqual(all.code, 0)
      assert.match(all.stdout, /^0 repositories on \S+\n {2}The first run of each registers it\./)
    })
  )
})
