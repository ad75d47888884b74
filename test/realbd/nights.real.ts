import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { RunReport } from "../../src/domain/RunReport.ts"
import type { SeedIssue } from "../contract/beadsContract.ts"
import { sameMembers } from "../contract/support.ts"
import { VERSION } from "./realBd.ts"
import { realMachine } from "./realMachine.ts"

const decodeReport = Schema.decodeUnknownSync(Schema.parseJson(RunReport))
const bugs = (count: number): ReadonlyArray<SeedIssue> =>
  Array.from({ length: count }, (_, i) => ({ id: `bd-n${i}`, title: `${"abcdefgh"[i]} breaks`, priority: i % 2 }))
const others: ReadonlyArray<SeedIssue> = [
  { id: "bd-feat", title: "a feature", priority: 0, type: "feature" },
  { id: "bd-late", title: "not urgent", priority: 2 },
  { id: "bd-have", title: "assigned", priority: 0, assignee: "Recovery Agent" },
  { id: "bd-wait", title: "waiting", priority: 0, blockedBy: ["bd-late"] }
]

describe(`a run on bd ${VERSION}`, () => {
  it.scopedLive(
    "bd-XXXX.1.1 claims and dispatches the open bugs and changes no other issue",
    () =>
      Effect.gen(function* () {
        const { hosts, tracker } = yield* realMachine([...bugs(2), ...others])
        const [host] = hosts
        assert(host !== undefined)
        const run = yield* host.nd(["run", "--json"])
        assert.strictEqual(run.code, 0, run.stderr)
        const report = decodeReport(run.stdout)
        assert.deepInclude({ ...report }, { dispatched: 2, failed: 0, exit: 0 })
        sameMembers(host.started(), ["bd-n0", "bd-n1"])
        const all = yield* tracker.all
        for (const id of ["bd-n0", "bd-n1"]) {
          assert.strictEqual(all.get(id)?.status, "in_progress")
          assert.match(all.get(id)?.assignee ?? "", /^nightly-dispatch\//)
        }
        for (const { id, assignee } of others) assert.deepInclude({ ...all.get(id) }, { id, status: "open" }, assignee)
        assert.strictEqual(all.get("bd-have")?.assignee, "Recovery Agent")
      }),
    240_000
  )

  it.scopedLive(
    "bd-XXXX.4.2 a failed start releases its claim and deletes its prompt",
    () =>
      Effect.gen(function* () {
        const { hosts, tracker } = yield* realMachine(bugs(2))
        const [host] = hosts
        assert(host !== undefined)
        const run = yield* host.nd(["run", "--json"], { FAKE_DX_FAULT: "start=no-hostname" })
        assert.strictEqual(run.code, 3, run.stderr)
        const all = yield* tracker.all
        for (const { id } of bugs(2)) assert.deepInclude({ ...all.get(id) }, { status: "open" }, run.stderr)
        for (const { id } of bugs(2)) assert.isUndefined(all.get(id)?.assignee)
        assert.isEmpty(host.started())
        assert.isEmpty(host.prompts())
      }),
    240_000
  )

  it.scopedLive(
    "bd-XXXX.3.1 two simultaneous runs start each bug at most once and leave no claim without a job",
    () =>
      Effect.gen(function* () {
        const seed = bugs(6)
        const { hosts, tracker } = yield* realMachine(seed, ["a", "b"])
        const runs = yield* Effect.forEach(
          hosts,
          (host) => host.nd(["run", "--json"], { NIGHTLY_DISPATCH_LIMITS_MAX_DISPATCHES: "6" }),
          { concurrency: "unbounded" }
        )
        const runLogs = runs.map(({ code, stderr }) => `exit ${code}\n${stderr}`).join("\n")
        const started = hosts.flatMap((host) => host.started())
        assert.strictEqual(new Set(started).size, started.length, `started twice: ${started.join(" ")}\n${runLogs}`)
        const all = yield* tracker.all
        const claimed = seed.map(({ id }) => id).filter((id) => all.get(id)?.status !== "open")
        sameMembers(claimed, started)
        for (const { id } of seed) {
          const holder = all.get(id)?.assignee
          if (started.includes(id)) assert.match(holder ?? "", /^nightly-dispatch\//, runLogs)
          else assert.isUndefined(holder, runLogs)
        }
        // A run that loses a claim continues with the next bug, so together the runs start all bugs. On a busy host a call of bd
        // may run out of time: then the run says so, and the bug is free again.
        const missing = seed.map(({ id }) => id).filter((id) => !started.includes(id))
        assert.isAtMost(missing.length, 2, runLogs)
        for (const id of missing) assert.include(runLogs, `DISPATCH_FAILURE beads=${id} `)
        console.log(
          `bd ${VERSION}, two simultaneous runs over ${seed.length} bugs: ${hosts.map((host) => host.started().length).join(" + ")} started`
        )
      }),
    240_000
  )
})
