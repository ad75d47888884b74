import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { Heartbeat } from "../../src/alerts/Heartbeat.ts"
import * as dryRun from "../../src/dispatch/attempt/dryRun.ts"
import { nightlyRun } from "../../src/dispatch/nightlyRun.ts"
import { FakeBeads } from "../../src/testing/index.ts"
import { fakes, oneBug, options, RUN, trackerDown, type World } from "./support.ts"

/** What a run tells its heartbeat. */
const told = <A, E, R>(use: (told: ReadonlyArray<string>) => Effect.Effect<A, E, R>) => {
  const told: Array<string> = []
  const tell = (words: string) => Effect.sync(() => void told.push(words))
  const heartbeat = Layer.succeed(Heartbeat, {
    begun: (run) => tell(`begun ${run}`),
    ended: (run, exit, text) => tell(`ended ${run} ${exit} ${text}`)
  })
  return Effect.provide(use(told), heartbeat)
}

const run = (world: World) => told((told) => Effect.as(Effect.provide(nightlyRun(options), fakes(world)), told))

describe("the heartbeat of a run", () => {
  it.effect("tells that it began, and how it ended with its lines", () =>
    Effect.map(run(oneBug), ([begun, ended]) => {
      assert.strictEqual(begun, `begun ${RUN}`)
      assert.match(
        ended ?? "",
        /^ended \S+ 0 RUN_SUMMARY run=\S+ fetched=1 .*\n✅ DISPATCH_SUCCESS beads=bd-1 provider=opencode duration_ms=\d+$/
      )
    })
  )

  it.effect("tells the exit code of a run that failed, with the reason", () =>
    Effect.map(run({ beads: { faults: [FakeBeads.on("openBugs").fails(trackerDown)] } }), (told) => {
      assert.strictEqual(told.length, 2)
      assert.match(told[1] ?? "", /^ended \S+ 4 RUN_SUMMARY .*\n.*database is locked/)
    })
  )

  it.effect("tells nothing of a run that is skipped because another is active", () =>
    Effect.map(run({ ...oneBug, journal: { lockedBy: "process 4711" } }), (told) => assert.deepStrictEqual(told, []))
  )

  it.effect("tells nothing of a dry run", () =>
    told((told) =>
      Effect.map(Effect.provide(nightlyRun(options), Layer.provideMerge(dryRun.layer, fakes(oneBug))), () =>
        assert.deepStrictEqual(told, [])
      )
    )
  )

  it.effect("tells that a run was interrupted, after its rollback", () =>
    told((told) =>
      Effect.gen(function* () {
        const world: World = { beads: { issues: [{ id: "bd-1" }], faults: [FakeBeads.on("show").hangs()] } }
        const fiber = yield* Effect.fork(Effect.provide(nightlyRun(options), fakes(world)))
        yield* Effect.yieldNow().pipe(Effect.repeatN(200))
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(told, [`begun ${RUN}`, `ended ${RUN} interrupted the run was interrupted`])
      })
    )
  )
})
