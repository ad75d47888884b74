import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { PreflightFailed, RunnerFailed } from "../../../src/domain/Failure.ts"
import { CallLog, FakeRunner } from "../../../src/testing/index.ts"
import { inWorld, opencode, runOnce, threeBugs, type World } from "../support.ts"

const missing = new RunnerFailed({ operation: "version", detail: "/opt/dx-runner: command not found", blame: "config" })

const noAdapter = new PreflightFailed({
  provider: opencode,
  detail: "Adapter not found: opncode",
  lines: [],
  blame: "config"
})

const claims = Effect.flatMap(CallLog, ({ calls }) =>
  Effect.map(calls, (all) => all.filter(({ method }) => method === "claim").length)
)

describe("a run whose configuration lets no job start", () => {
  const noRunner: World["runner"] = { faults: [FakeRunner.on("version").fails(missing)] }
  const worlds: ReadonlyArray<[what: string, world: World]> = [
    ["bugs wait", { ...threeBugs, runner: noRunner }],
    ["all bugs are skipped", { beads: { issues: [{ id: "bd-1", priority: 4 }] }, runner: noRunner }],
    ["no bug is open", { runner: noRunner }]
  ]
  for (const [what, world] of worlds) {
    it.effect(`exits 5 if the runner is missing and ${what}`, () =>
      inWorld(
        world,
        Effect.gen(function* () {
          const { report } = yield* runOnce
          assert.deepStrictEqual([report.exit, report.outcomes, yield* claims], [5, [], 0])
          assert.match(report.error ?? "", /dx-runner: command not found; .* set runner\.path$/)
        })
      )
    )
  }

  it.effect("exits 5, once and before any claim, if a provider of the chain does not exist", () =>
    inWorld(
      { ...threeBugs, runner: { faults: [FakeRunner.on("preflight", "opencode").fails(noAdapter)] } },
      Effect.gen(function* () {
        const { lines, report } = yield* runOnce
        assert.deepStrictEqual([report.exit, report.outcomes, yield* claims], [5, [], 0])
        assert.lengthOf(
          lines.filter((line) => line.includes("Adapter not found")),
          1
        )
      })
    )
  )

  it.effect("goes on if the runner only cannot tell its version now", () =>
    inWorld(
      {
        ...threeBugs,
        runner: {
          faults: [
            FakeRunner.on("version").fails(new RunnerFailed({ operation: "version", detail: "busy", blame: "runner" }))
          ]
        }
      },
      Effect.gen(function* () {
        assert.strictEqual((yield* runOnce).report.dispatched, 3)
      })
    )
  )
})
