import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Metric, MetricState, Number } from "effect"
import * as fs from "node:fs/promises"
import { spawnSync } from "node:child_process"
import * as os from "node:os"
import * as path from "node:path"
import { Actor } from "../../src/domain/Actor.ts"
import { emit } from "../../src/domain/Events.ts"
import type { Event } from "../../src/domain/Event.ts"
import { BeadsId, RunId } from "../../src/domain/Ids.ts"
import type { JobEnd } from "../../src/domain/JobEnd.ts"
import { Dispatched, Failed } from "../../src/domain/Outcome.ts"
import { ProviderName } from "../../src/domain/Provider.ts"
import { RunReport } from "../../src/domain/RunReport.ts"
import * as NodeExec from "../../src/exec/NodeExec.ts"
import { counting, eventMetrics } from "../../src/telemetry/counting.ts"
import { exposition } from "../../src/telemetry/exposition.ts"
import { sample } from "../../src/telemetry/families.ts"
import { addCounts, readTotals } from "../../src/telemetry/totalsFile.ts"
import { NO_TOTALS } from "../../src/telemetry/Totals.ts"
import { machine } from "../cli/world.ts"

const RUN = RunId.make("20261122T030000Z-4f2a91c7d0")
const OTHER_RUN = RunId.make("20261122T040000Z-4f2a91c7d0")
const opencode = ProviderName.make("opencode")
const glm = ProviderName.make("cc-glm")
const gone = ProviderName.make("gone")
const beads = BeadsId.make("bd-1")

const job = (number: number): JobEnd => ({
  actor: Actor.make(`nightly-dispatch/vm-1/20261122T030000Z-4f2a91c7d0/${number}`),
  beads,
  provider: opencode,
  end: "succeeded",
  detail: "the job ended well",
  durationMs: 90_000
})

const report = (run: RunId, exit: number, dryRun = false) =>
  RunReport.make({
    run,
    startedAt: "2026-11-22T03:00:00.000Z",
    dryRun,
    backends: { beads: "bd", runner: "local", workspace: "git" },
    fetched: 1,
    chosen: 1,
    dispatched: 1,
    failed: 0,
    skipped: 0,
    settled: 0,
    exit,
    durationMs: 12_000,
    providers: [],
    outcomes: []
  })

const directory = Effect.acquireRelease(
  Effect.promise(() => fs.mkdtemp(path.join(os.tmpdir(), "nd metrics "))),
  (made) => Effect.promise(() => fs.rm(made, { recursive: true, force: true }))
)
const layer = Layer.provideMerge(NodeExec.layer, NodeContext.layer)

/** One process that tells of these events. */
const processOf = (state: string, events: ReadonlyArray<Event>) =>
  Effect.forEach(events, emit).pipe(
    Effect.provide(Layer.merge(counting(state, ["opencode", "cc-glm"]), Logger.remove(Logger.defaultLogger)))
  )

const night: ReadonlyArray<Event> = [
  { _tag: "RunBegun", run: RUN, host: "vm-1", dryRun: false },
  { _tag: "ProviderFallback", from: opencode, to: glm, reason: 'quota "used"\n up' },
  new Dispatched({ beads, provider: glm, durationMs: 900, how: "started", passedOver: [] }),
  new Failed({ beads, provider: gone, code: "timeout", blame: "runner", error: "x", durationMs: 3000, passedOver: [] }),
  { _tag: "JobEnded", job: job(1) },
  { _tag: "RunEnded", report: report(RUN, 3) }
]

const counters = {
  'nightly_dispatch_dispatch_failures_total{code="timeout"}': 1,
  'nightly_dispatch_dispatches_total{provider="cc-glm",result="success"}': 1,
  'nightly_dispatch_dispatches_total{provider="other",result="failure"}': 1,
  'nightly_dispatch_fallbacks_total{from="opencode",to="cc-glm"}': 1,
  'nightly_dispatch_jobs_ended_total{provider="opencode",end="succeeded"}': 1,
  'nightly_dispatch_runs_total{exit="3"}': 1
}

/** What promtool says about metrics; `undefined` if it is not installed, which `.ci/run` does. */
const promtool = (text: string) => {
  const { error, status, stderr, stdout } = spawnSync("promtool", ["check", "metrics"], {
    input: text,
    encoding: "utf8"
  })
  if (error !== undefined && process.env["CI_RUN"] === undefined) return undefined
  return { status, said: `${stdout}${stderr}${error?.message ?? ""}` }
}

describe("counts", () => {
  it.scopedLive("are made of the events; a name that is no provider of the settings is `other`", () =>
    Effect.gen(function* () {
      const state = yield* directory
      yield* processOf(state, night)
      const totals = yield* readTotals(state)
      assert.deepStrictEqual(totals.counters, counters)
      assert.deepStrictEqual(totals.histograms['nightly_dispatch_dispatch_duration_seconds{result="failure"}'], {
        buckets: [0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
        sum: 3
      })
      assert.strictEqual(totals.histograms["nightly_dispatch_run_duration_seconds"]?.sum, 12)
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("grow over processes, and the end of a job counts once although two processes tell of it", () =>
    Effect.gen(function* () {
      const state = yield* directory
      yield* processOf(state, [{ _tag: "JobEnded", job: job(1) }])
      yield* processOf(state, night)
      yield* processOf(state, [...night, { _tag: "JobEnded", job: job(2) }])
      const { counters } = yield* readTotals(state)
      assert.strictEqual(counters['nightly_dispatch_jobs_ended_total{provider="opencode",end="succeeded"}'], 2)
      assert.strictEqual(counters['nightly_dispatch_runs_total{exit="3"}'], 2)
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("leave out dry runs; a skipped run and one that was cut short have counts of their own", () =>
    Effect.gen(function* () {
      const state = yield* directory
      yield* processOf(state, [
        { _tag: "RunBegun", run: RUN, host: "vm-1", dryRun: true },
        { _tag: "RunEnded", report: report(RUN, 0, true) }
      ])
      assert.deepStrictEqual(yield* readTotals(state), NO_TOTALS)
      yield* processOf(state, [
        { _tag: "RunSkipped", run: RUN, holder: "process 1" },
        { _tag: "RunEnded", report: report(RUN, 0) },
        { _tag: "RunBegun", run: OTHER_RUN, host: "vm-1", dryRun: false }
      ])
      yield* processOf(state, [{ _tag: "RunEnded", report: report(RUN, 99) }])
      assert.deepStrictEqual((yield* readTotals(state)).counters, {
        nightly_dispatch_runs_skipped_total: 1,
        'nightly_dispatch_runs_total{exit="interrupted"}': 1,
        'nightly_dispatch_runs_total{exit="other"}': 1
      })
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("have an interrupted run once, and at once, although its process goes on", () =>
    Effect.gen(function* () {
      const state = yield* directory
      const end = { _tag: "interrupted" } as const
      yield* processOf(state, [
        { _tag: "RunBegun", run: RUN, host: "vm-1", dryRun: false },
        { _tag: "RunEnded", report: RunReport.make({ ...report(RUN, 130), end }) },
        { _tag: "RunEnded", report: RunReport.make({ ...report(OTHER_RUN, 130), end }) }
      ])
      assert.deepStrictEqual(yield* readTotals(state), {
        ...NO_TOTALS,
        counters: { 'nightly_dispatch_runs_total{exit="interrupted"}': 1 }
      })
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("are not lost when many write at once", () =>
    Effect.gen(function* () {
      const state = yield* directory
      const count = { samples: [sample("nightly_dispatch_runs_skipped_total", {})] }
      yield* Effect.replicateEffect(addCounts(state, [count]), 12, { concurrency: "unbounded" })
      assert.strictEqual((yield* readTotals(state)).counters["nightly_dispatch_runs_skipped_total"], 12)
    }).pipe(Effect.provide(layer))
  )

  for (const [what, text] of [
    ["damaged", '{"version":1,"counters":{"a":'],
    ["of a later version", '{"version":2}']
  ] as const) {
    it.scopedLive(`start at 0 again, with a warning, if their file is ${what}`, () =>
      Effect.gen(function* () {
        const state = yield* directory
        yield* Effect.promise(() => fs.writeFile(path.join(state, "metrics.json"), text))
        const said: Array<string> = []
        const logger = Logger.make(({ message }) => void said.push(String(message)))
        yield* addCounts(state, [{ samples: [sample("nightly_dispatch_runs_total", { exit: "0" })] }]).pipe(
          Effect.provide(Logger.replace(Logger.defaultLogger, logger))
        )
        assert.strictEqual(said.length, 1)
        assert.include(said[0], `${state}/metrics.json`)
        assert.deepStrictEqual((yield* readTotals(state)).counters, { 'nightly_dispatch_runs_total{exit="0"}': 1 })
      }).pipe(Effect.provide(layer))
    )
  }

  it.effect("are Effect's own metrics in a program that exports them itself, each end once", () =>
    Effect.gen(function* () {
      const valueOf = Effect.map(Metric.snapshot, (found) =>
        found.flatMap(({ metricKey, metricState }) =>
          metricKey.name === "nightly_dispatch_jobs_ended_total" && MetricState.isCounterState(metricState)
            ? [globalThis.Number(metricState.count)]
            : []
        )
      )
      const before = yield* valueOf
      yield* Effect.forEach([...night, ...night], emit).pipe(Effect.provide(eventMetrics(["opencode"])))
      assert.strictEqual(Number.sumAll(yield* valueOf) - Number.sumAll(before), 1)
    })
  )

  it.scopedLive("a state directory that is not there is not made", () =>
    Effect.gen(function* () {
      const state = path.join(yield* directory, "none")
      yield* processOf(state, night)
      assert.isFalse(
        yield* Effect.promise(() =>
          fs.access(state).then(
            () => true,
            () => false
          )
        )
      )
    }).pipe(Effect.provide(layer))
  )
})

describe("the metrics file", () => {
  it.scopedLive(
    "is what promtool accepts, readable by others, with the counts of every run and the present",
    (context) =>
      Effect.gen(function* () {
        const world = yield* machine([
          { id: "bd-1", title: 'a "hostile"\ntitle' },
          { id: "bd-2", title: "b" },
          { id: "bd-3", title: "c", priority: 0 }
        ])
        const file = path.join(world.root, "nightly.prom")
        const env = { NIGHTLY_DISPATCH_LIMITS_MAX_DISPATCHES: "1" }
        const run = yield* world.nd(["run", "--metrics-file", file], { env })
        assert.strictEqual(run.code, 0, run.stderr)
        yield* world.nd(["run", "--metrics-file", file], { env })
        const text = yield* world.file("nightly.prom")
        for (const line of [
          "# TYPE nightly_dispatch_runs_total counter",
          'nightly_dispatch_runs_total{repository="repo",exit="0"} 2',
          'nightly_dispatch_dispatches_total{repository="repo",provider="opencode",result="success"} 2',
          'nightly_dispatch_run_duration_seconds_bucket{repository="repo",le="+Inf"} 2',
          'nightly_dispatch_source_up{repository="repo",source="tracker"} 1',
          // Two jobs run, so the third bug waits for a place.
          'nightly_dispatch_bugs{repository="repo",plan="chosen"} 0',
          'nightly_dispatch_running_jobs{repository="repo"} 2',
          'nightly_dispatch_last_run_exit_code{repository="repo"} 0'
        ]) {
          assert.include(text, `${line}\n`)
        }
        assert.match(text, /^nightly_dispatch_oldest_waiting_bug_age_seconds{repository="repo"} [1-9]/m)
        assert.match(text, /^nightly_dispatch_oldest_waiting_bug_age_seconds{repository="repo"} [1-9]/m)
        assert.notMatch(text, /bd-|hostile/)
        const { mode } = yield* Effect.promise(() => fs.stat(file))
        assert.strictEqual(mode & 0o777, 0o644)
        const before = /last_run_timestamp_seconds (\S+)/.exec(text)?.[1]
        // A view counts nothing, and the variable works as the option does.
        yield* world.nd(["status"], { env: { ...env, NIGHTLY_DISPATCH_METRICS_FILE: file } })
        const again = yield* world.file("nightly.prom")
        assert.include(again, 'nightly_dispatch_runs_total{repository="repo",exit="0"} 2\n')
        assert.strictEqual(/last_run_timestamp_seconds (\S+)/.exec(again)?.[1], before)
        const checked = promtool(text)
        if (checked === undefined) return context.skip()
        assert.deepStrictEqual(checked, { status: 0, said: "" })
      }),
    60_000
  )

  it.scopedLive("a file that cannot be written is a warning, and changes no exit code", () =>
    Effect.gen(function* () {
      const world = yield* machine([])
      const run = yield* world.nd(["run", "--metrics-file", path.join(world.root, "none/nightly.prom")])
      assert.strictEqual(run.code, 0, run.stderr)
      assert.match(run.stderr, /level=WARN message="cannot write the metrics file \S.*none\/nightly\.prom/)
    })
  )

  it("escapes what a label may hold", () => {
    const one = [sample("nightly_dispatch_source_up", { source: 'a"\\\nb' }, 1)]
    assert.include(exposition(NO_TOTALS, one, undefined), 'source_up{source="a\\"\\\\\\nb"} 1\n')
    const named = exposition(NO_TOTALS, one, 'my "app"')
    assert.include(named, 'source_up{repository="my \\"app\\"",source="a\\"\\\\\\nb"} 1\n')
  })
})
