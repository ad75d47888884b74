import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { Job } from "../../../src/domain/Job.ts"
import { FirstRun } from "../../../src/journal/FirstRun.ts"
import { FakeBeads } from "../../../src/testing/index.ts"
import { inWorld, opencode, outcomesByBug, runOnce, threeBugs, trackerDown, type World } from "../support.ts"

describe("planning around running jobs", () => {
  it.effect("running jobs of earlier runs count against maxParallel", () =>
    Effect.gen(function* () {
      const job = (id: string) =>
        new Job({ beads: BeadsId.make(id), provider: opencode, phase: "running", pid: 4242, runInstance: `old-${id}` })
      const world: World = { ...threeBugs, runner: { jobs: [job("bd-8"), job("bd-9")] } }
      const { report } = yield* inWorld(world, runOnce)
      assert.strictEqual(report.chosen, 0)
      assert.isTrue(report.outcomes.every((bug) => bug._tag === "Skipped" && bug.reason === "no_capacity"))
    })
  )

  it.effect("in the warm-up a running job takes the only place; limits.maxParallel gives the others", () =>
    Effect.gen(function* () {
      const job = new Job({ beads: BeadsId.make("bd-9"), provider: opencode, phase: "running", pid: 4242 })
      const recorded: Array<number> = []
      const night = (limits: Record<string, unknown>) =>
        inWorld({ ...threeBugs, settings: { limits }, runner: { jobs: [job] } }, runOnce).pipe(
          Effect.provideService(FirstRun, {
            recorded: Effect.sync(() => undefined),
            record: (at) => Effect.sync(() => void recorded.push(at))
          })
        )
      const { lines, report } = yield* night({})
      assert.include(lines.join("\n"), "INFO warm-up: one dispatch at a time until 1970-01-03T00:00:00.000Z")
      for (const outcome of report.outcomes) {
        assert.include(outcome, { reason: "no_capacity", detail: "jobs that run, or may: 1; limits.maxParallel is 1" })
      }
      assert.strictEqual(report.chosen, 0)
      assert.strictEqual((yield* night({ maxParallel: 2 })).report.chosen, 3)
      assert.deepStrictEqual(recorded, [0, 0])
    })
  )

  const duplicates = (faults: NonNullable<FakeBeads.FakeBeadsScript["faults"]> = []): World => ({
    beads: {
      issues: [
        { id: "bd-1", title: "crash on load", status: "in_progress", assignee: "a person" },
        { id: "bd-2", title: "crash on load" },
        { id: "bd-3", title: "another" }
      ],
      faults
    },
    runner: { jobs: [new Job({ beads: BeadsId.make("bd-1"), provider: opencode, phase: "running", pid: 4242 })] }
  })

  it.effect("a duplicate of a bug whose job runs is skipped", () =>
    Effect.gen(function* () {
      const { report } = yield* inWorld(duplicates(), runOnce)
      assert.deepStrictEqual(outcomesByBug(report.outcomes), { "bd-2": "Skipped duplicate", "bd-3": "Dispatched" })
    })
  )

  it.effect("when bd cannot show the bug whose job runs, its duplicate is dispatched with a warning", () =>
    Effect.gen(function* () {
      const world = duplicates([FakeBeads.on("show", "bd-1").fails(trackerDown)])
      const { lines, report } = yield* inWorld(world, runOnce)
      assert.deepStrictEqual(outcomesByBug(report.outcomes), { "bd-2": "Dispatched", "bd-3": "Dispatched" })
      assert.isTrue(
        lines.some((line) => line.startsWith("WARN cannot read bd-1, so its duplicates will not be detected"))
      )
    })
  )
})
