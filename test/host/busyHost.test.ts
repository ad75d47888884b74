import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, TestClock } from "effect"
import * as dryRun from "../../src/dispatch/attempt/dryRun.ts"
import { nightlyRun } from "../../src/dispatch/nightlyRun.ts"
import { RunId } from "../../src/domain/Ids.ts"
import { HostGate } from "../../src/host/HostGate.ts"
import { CallLog, FakeBeadsState } from "../../src/testing/index.ts"
import {
  assertNothingLeft,
  fakes,
  options,
  outcomesByBug,
  runOnce,
  threeBugs,
  type World
} from "../dispatch/support.ts"

const WHY = "load 9.1 on 2 cores (4.6 per core), hostGate.maxLoadPerCore allows 4; no job of ours runs"

/** A host that answers each question with the next of these; the last answer stays. Notes how many jobs it was told of. */
const host = (...answers: ReadonlyArray<string | undefined>) => {
  const jobs: Array<number> = []
  const busy = (count: number) => Effect.sync(() => answers[Math.min(jobs.push(count), answers.length) - 1])
  return { jobs, layer: Layer.succeed(HostGate, { busy }) }
}
const on = (layer: Layer.Layer<never>, world: World = threeBugs) => Effect.provide(Layer.merge(fakes(world), layer))

const calls = Effect.map(
  Effect.flatMap(CallLog, (log) => log.calls),
  (all) => all.map(({ method, service }) => `${service}.${method}`)
)
const BUSY = { "bd-1": "Skipped host_busy", "bd-2": "Skipped host_busy", "bd-3": "Skipped host_busy" }

describe("a run on a busy host", () => {
  it.effect("leaves every bug alone with the figures, asks no provider, claims nothing and exits 0", () =>
    Effect.gen(function* () {
      const { lines, report } = yield* runOnce
      assert.deepStrictEqual([report.exit, report.failed, report.chosen, report.error], [0, 0, 0, undefined])
      assert.deepStrictEqual(outcomesByBug(report.outcomes), BUSY)
      assert.include(lines, `⏭️ DISPATCH_SKIPPED beads=bd-1 reason=host_busy detail="${WHY}"`)
      assert.strictEqual(report.noneTaken, "3 open issues, none taken: 3 held back by a busy host")
      assert.isEmpty(report.providers)
      const made = yield* calls
      assert.notIncludeMembers(made, ["DxRunner.preflight"])
      assert.notIncludeMembers(made, ["BeadsCli.claim"])
      assert.isTrue((yield* (yield* FakeBeadsState).issues).every(({ status }) => status === "open"))
      yield* assertNothingLeft
    }).pipe(on(host(WHY).layer))
  )

  it.effect("dispatches as soon as a later run finds the host free", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(outcomesByBug((yield* runOnce).report.outcomes), BUSY)
      const later = yield* nightlyRun({ ...options, run: RunId.make("20261122T040000Z-4f2a92") })
      assert.strictEqual(later.dispatched, 3)
    }).pipe(on(host(WHY, undefined).layer))
  )

  it.effect("that becomes busy after the first dispatch leaves the rest alone; its own jobs are told", () => {
    const { jobs, layer } = host(undefined, undefined, WHY)
    return Effect.gen(function* () {
      const { report } = yield* runOnce
      assert.deepStrictEqual(outcomesByBug(report.outcomes), { ...BUSY, "bd-1": "Dispatched" })
      assert.strictEqual(report.exit, 0)
      // At the plan, then before each dispatch.
      assert.deepStrictEqual(jobs, [0, 0, 1, 1])
      yield* assertNothingLeft
    }).pipe(on(layer, { ...threeBugs, settings: { limits: { maxParallel: 1 } } }))
  })

  it.effect("is shown by a dry run", () =>
    Effect.gen(function* () {
      const { report } = yield* runOnce
      assert.deepStrictEqual([outcomesByBug(report.outcomes), report.exit], [BUSY, 0])
      assert.isEmpty(report.providers)
    }).pipe(Effect.provide(Layer.mergeAll(fakes(threeBugs), host(WHY).layer, dryRun.layer)))
  )

  it.effect("names the full places first, and with maxDispatches 0 that it only settles", () =>
    Effect.gen(function* () {
      const { report } = yield* runOnce
      assert.deepStrictEqual([...new Set(Object.values(outcomesByBug(report.outcomes)))], ["Skipped limit"])
    }).pipe(on(host(WHY).layer, { ...threeBugs, settings: { limits: { maxDispatches: 0 } } }))
  )

  it.effect("goes on if the gate does not answer", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(runOnce)
      yield* TestClock.adjust("10 minutes")
      const { lines, report } = yield* fiber
      assert.strictEqual(report.dispatched, 3)
      assert.include(
        lines.join("\n"),
        "cannot tell whether this host is busy, so it holds nothing back: no answer within 1m"
      )
    }).pipe(on(Layer.succeed(HostGate, { busy: () => Effect.never })))
  )
})
