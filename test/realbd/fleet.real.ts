import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { sameMembers } from "../contract/support.ts"
import { kill } from "../faults/machine/WorldMachine.ts"
import { onPostgres } from "../postgres/shared.ts"
import { VERSION } from "./realBd.ts"
import { HOUR, NEXT_TICK, RealFleet } from "./realFleet.ts"

onPostgres(`a fleet on bd ${VERSION}`, (server) => {
  it.scopedLive(
    "the hosts start each bug of a tick once, and each claim has its open attempt",
    () =>
      Effect.gen(function* () {
        const real = yield* RealFleet.make(yield* server, 2)
        const runs = yield* real.tick(real.fleet.hosts)
        assert.deepStrictEqual(
          runs.map(({ code }) => code),
          [0, 0, 0],
          real.logs
        )
        sameMembers(real.fleet.running(), real.ids)
        sameMembers(
          (yield* real.open).map(({ beads }) => beads),
          real.ids
        )
        yield* real.holds
      }),
    600_000
  )

  it.scopedLive(
    "the bug that a killed host has claimed is left alone until that host's next run settles it, and all bugs are done",
    () =>
      Effect.gen(function* () {
        const real = yield* RealFleet.make(yield* server, 1)
        const [first, ...others] = real.fleet.hosts
        assert(first !== undefined)
        let pid = 0
        // bd has made the claim, and the journal does not know it.
        first.wire.at({ step: "Claimed", when: "before" }, () => {
          kill(pid)
          return Promise.resolve("is lost")
        })
        const { signal } = yield* real.run(first, 0, (started) => (pid = started))
        assert.strictEqual(signal, "SIGKILL", real.logs)
        const claimed = [...(yield* real.tracker.all).values()].flatMap(({ assignee, id }) => (assignee ? [id] : []))
        assert.lengthOf(claimed, 1)

        yield* Effect.promise(() => real.fleet.timePasses(NEXT_TICK))
        yield* real.tick(others)
        yield* real.holds
        const rest = real.ids.filter((id) => !claimed.includes(id))
        sameMembers(real.fleet.running(), rest)
        yield* Effect.promise(() => real.fleet.timePasses(NEXT_TICK))
        yield* real.run(first, HOUR)
        yield* real.holds
        sameMembers(real.fleet.running(), real.ids)
        yield* real.finishes
      }),
    600_000
  )
})
