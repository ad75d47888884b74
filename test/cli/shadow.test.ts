import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { execFile } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { RunReport } from "../../src/domain/RunReport.ts"
import { ShadowView } from "../../src/report/shadow/shadowSchema.ts"
import { query } from "../journal/sqlite/journalWorld.ts"
import { FIXTURES, machine, type Machine } from "./world.ts"

/** A busy machine needs this long. */
const TIMEOUT = 120_000
const decodeView = Schema.decodeUnknownSync(Schema.parseJson(ShadowView))
const decodeRun = Schema.decodeUnknownSync(Schema.parseJson(RunReport))

/** One tick of the old job, in a process of its own. Gives the bug that it took. */
const oldJob = ({ env }: Machine, what: "close" | "leave") =>
  Effect.async<string>((resume) => {
    execFile(path.join(FIXTURES, "old-dispatcher"), [what], { env }, (error, stdout, stderr) =>
      resume(error === null ? Effect.succeed(stdout.trim()) : Effect.die(new Error(stderr)))
    )
  })

const bugs = Array.from({ length: 7 }, (_, index) => ({
  id: `bd-${index + 1}`,
  title: `fault ${"abcdefg"[index]}`,
  priority: index === 0 ? 0 : 1
}))

/** The files below a directory. */
const filesIn = (directory: string): ReadonlyArray<string> =>
  fs.readdirSync(directory, { recursive: true, encoding: "utf8" }).toSorted()

describe("run --shadow and report --shadow", () => {
  it.scopedLive(
    "beside a dispatcher that claims by itself: each case is named, and nothing is claimed, written or started",
    () =>
      Effect.gen(function* () {
        const host = yield* machine(bugs)
        const env = {
          NIGHTLY_DISPATCH_LIMITS_MAX_RUNTIME: "1 s",
          NIGHTLY_DISPATCH_LIMITS_MAX_DISPATCHES: "2",
          NIGHTLY_DISPATCH_ALERTS_COMMAND: `touch ${path.join(host.root, "alerted")}`,
          TZ: "UTC"
        }
        const shadow = Effect.map(host.program(["run", "--shadow", "--json"], { env }), ({ code, stderr, stdout }) => {
          assert.strictEqual(code, 0, stderr)
          return decodeRun(stdout)
        })
        const plannedIn = ({ outcomes }: RunReport) =>
          outcomes.flatMap((each) => (each._tag === "Planned" ? [each.beads] : []))

        const first = yield* shadow
        assert.deepInclude(first, { shadow: true, dryRun: true, dispatched: 0 })
        assert.deepStrictEqual(plannedIn(first), ["bd-1", "bd-2"])
        assert.strictEqual(yield* host.file("beads/fake-bd.log"), "", "it changes nothing in the tracker")
        assert.deepStrictEqual(
          filesIn(path.join(host.root, "repo")).filter((name) => !name.startsWith(".git")),
          []
        )
        assert.isEmpty(yield* host.prompts)
        assert.isFalse(fs.existsSync(path.join(host.root, "tmp/agents")))
        assert.isFalse(
          fs.existsSync(path.join(host.root, "dx/events.log")) && /start/.test(yield* host.file("dx/events.log"))
        )
        assert.isFalse(fs.existsSync(path.join(host.root, "alerted")))

        const taken = [yield* oldJob(host, "close")]
        for (let tick = 0; tick < 3; tick++) taken.push(yield* oldJob(host, "leave"))
        assert.deepStrictEqual(taken, ["bd-1", "bd-2", "bd-3", "bd-4"])

        const second = yield* shadow
        assert.deepStrictEqual(plannedIn(second), ["bd-5", "bd-6"])
        yield* host.bd("update", "bd-4", "--status", "open", "--assignee", "", "--actor", "old-job")
        yield* host.bd("close", "bd-3", "--reason", "done", "--actor", "old-job")
        yield* host.bd("close", "bd-7", "--reason", "no bug", "--actor", "op")
        yield* Effect.sleep("1100 millis")

        const json = yield* host.program(["report", "--shadow", "--format", "json"], { env })
        assert.strictEqual(json.code, 0, json.stderr)
        const view = decodeView(json.stdout)
        assert.deepInclude(view.runs, { count: 2, failed: 0 })
        assert.deepStrictEqual(
          view.bugs.map(({ beads, cameTo, compared }) => [beads, compared, cameTo]),
          [
            ["bd-3", "only_they", "closed"],
            ["bd-4", "only_they", "given_back"],
            ["bd-5", "only_we", "open"],
            ["bd-6", "only_we", "open"],
            ["bd-1", "both", "closed"],
            ["bd-2", "both", "left_behind"],
            ["bd-7", "nobody", "closed"]
          ]
        )
        assert.deepStrictEqual(view.figures, {
          both: 2,
          onlyWe: 2,
          onlyThey: 2,
          takenBefore: 0,
          closed: 3,
          givenBack: 1,
          leftBehind: 1
        })
        const bug = (id: string) => view.bugs.find(({ beads }) => beads === id)
        assert.strictEqual(bug("bd-3")?.reason, "limit: 2 a run")
        assert.strictEqual(bug("bd-1")?.we?.provider, "opencode")
        const { first: began, last: ended } = view.runs
        assert.deepStrictEqual(bug("bd-2")?.takings, [{ who: "old-job", after: began, by: ended ?? 0 }])

        const text = yield* host.program(["report", "--shadow"], { env })
        const flat = text.stdout.replaceAll(/\n +/g, " ")
        assert.match(text.stdout, /^2 shadow runs, \d\d:\d\d – \d\d:\d\d · repo on /)
        assert.include(text.stdout, "2 taken by both · 2 only by the shadow run · 2 only by others\n")
        assert.include(text.stdout, "3 closed · 1 taken and given back · 1 with an old claim\n")
        assert.match(flat, /bd-1 +both +shadow run: opencode, .* · old-job took it by \d\d:\d\d, closed by \d\d:\d\d/)
        assert.match(flat, /bd-2 +both .*OLD CLAIM: held for .*still in_progress/)
        assert.match(flat, /bd-3 +others only +shadow run left it: limit: 2 a run · old-job took it by/)
        assert.match(flat, /bd-4 +others only .*given back by \d\d:\d\d · open again/)
        assert.match(flat, /bd-5 +shadow only +shadow run: opencode, .*not taken/)
        assert.match(flat, /bd-7 +no claim +closed by/)
        assert.match(text.stdout, /cron install --replace [\s\S]*cron remove --restore\n$/)
        for (const line of text.stdout.split("\n")) assert.isAtMost(line.length, 80, line)

        const state = path.join(host.root, "state")
        for (const table of ["runs", "attempts", "steps", "outcomes", "skips", "provider_checks", "alerts", "messages"])
          assert.deepInclude((yield* query(state, `SELECT count(*) AS n FROM ${table}`))[0], { n: 0 }, table)
        const status = yield* host.nd(["status"], { env })
        assert.match(status.stdout, /^No run yet\./)
      }),
    TIMEOUT
  )

  it.scopedLive(
    "may run beside another shadow run and beside a run, and says so where it cannot be recorded",
    () =>
      Effect.gen(function* () {
        const host = yield* machine([{ id: "bd-1", title: "the parser loses a row" }])
        const ends = yield* Effect.all(
          [host.program(["run", "--shadow"]), host.program(["run", "--shadow"]), host.program(["run"])],
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(
          ends.map(({ code }) => code),
          [0, 0, 0],
          ends.map(({ stderr }) => stderr).join("\n")
        )
        const json = yield* host.nd(["report", "--shadow", "--format", "json"])
        assert.strictEqual(decodeView(json.stdout).runs.count, 2)
        const report = yield* host.nd(["report", "--format", "json"])
        assert.strictEqual(JSON.parse(report.stdout).runs.began, 1, "only the run is a run")

        fs.writeFileSync(path.join(host.root, "beads/fake-bd.json"), "no JSON")
        const down = yield* host.nd(["run", "--shadow", "--json"])
        assert.strictEqual(down.code, 4, down.stderr)
        const after = decodeView((yield* host.nd(["report", "--shadow", "--format", "json"])).stdout)
        assert.deepInclude(after.runs, { count: 3, failed: 1 })
        assert.match(after.notes.join("\n"), /could not decide: [\s\S]*not all is known/)

        for (const name of filesIn(path.join(host.root, "state")).filter((each) => each.startsWith("journal.db")))
          fs.rmSync(path.join(host.root, "state", name))
        fs.writeFileSync(path.join(host.root, "state/journal.db"), "no database")
        assert.strictEqual((yield* host.nd(["run", "--shadow"])).code, 6)
        const damaged = yield* host.nd(["report", "--shadow"])
        assert.deepStrictEqual([damaged.code, damaged.stdout], [6, ""])
        assert.include(damaged.stderr, "journal.db")
      }),
    TIMEOUT
  )

  it.scopedLive(
    "refuses what makes no sense, and says how to begin",
    () =>
      Effect.gen(function* () {
        const host = yield* machine([])
        const none = yield* host.nd(["report", "--shadow"])
        assert.strictEqual(none.code, 0)
        assert.match(
          none.stdout,
          /^No shadow run since [\s\S]*nightly-dispatch run --shadow\n[\s\S]*cron install --shadow\n$/
        )
        for (const args of [
          ["run", "--shadow", "--dry-run"],
          ["report", "--shadow", "--format", "html"],
          ["report", "--shadow", "--format", "markdown"]
        ]) {
          const { code, stderr, stdout } = yield* host.nd(args)
          assert.deepStrictEqual([code, stdout], [2, ""], stderr)
          assert.match(stderr, /--shadow/)
        }
        assert.isFalse(fs.existsSync(path.join(host.root, "state/journal.db")))
      }),
    TIMEOUT
  )
})
