import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { TrackerFailed, WorkspaceFailed } from "../../../src/domain/Failure.ts"
import { FakeBeads, FakeBeadsState, FakeRunnerState, FakeWorkspaces } from "../../../src/testing/index.ts"
import { inWorld, oneBug } from "../support.ts"
import { nextRun, settle } from "../settle/support.ts"

const texts = Effect.flatMap(FakeBeadsState, ({ comments }) =>
  Effect.map(comments, (all) => all.map(({ text }) => text))
)
const noSpace = (detail: string) => new WorkspaceFailed({ detail, blame: "host" })
const frozen = new TrackerFailed({ operation: "claim", reason: "frozen", detail: "frozen by alice", blame: "config" })
const race = new TrackerFailed({ operation: "claim", reason: "refused", detail: "locked", blame: "tracker" })

describe("a failure that a person can mend", () => {
  it.effect("is on the bug once, with the next step, however often it comes back", () =>
    inWorld(
      {
        ...oneBug,
        workspaces: {
          faults: [
            FakeWorkspaces.on("acquire").fails(noSpace("no space left, 12 MiB")).times(1),
            FakeWorkspaces.on("acquire").fails(noSpace("no space left, 7 MiB")).from(2).times(1),
            FakeWorkspaces.on("acquire").fails(noSpace("the repository is locked")).from(3)
          ]
        }
      },
      Effect.gen(function* () {
        const seen: Array<number> = []
        for (const _ of [1, 2, 3]) {
          yield* nextRun
          seen.push((yield* texts).length)
          yield* TestClock.adjust("25 hours")
        }
        assert.deepStrictEqual(seen, [1, 1, 2])
        assert.match(
          (yield* texts)[0] ?? "",
          /not worked on: .*no space left, 12 MiB.* Next step: mend it on this host/
        )
      })
    )
  )

  it.effect("names the setting or the provider as what to mend; what passes by itself is not on the bug", () =>
    Effect.gen(function* () {
      for (const [error, expected] of [
        [frozen, /frozen by alice.*nightly-dispatch config show/],
        [race, undefined]
      ] as const)
        yield* inWorld(
          { beads: { ...oneBug.beads, faults: [FakeBeads.on("claim").fails(error)] } },
          Effect.gen(function* () {
            yield* nextRun
            const all = yield* texts
            if (expected === undefined) assert.isEmpty(all)
            else assert.match(all.join(), expected)
          })
        )
    })
  )

  it.effect("is on the bug too when a job ends by it", () =>
    inWorld(
      oneBug,
      Effect.gen(function* () {
        yield* nextRun
        const runner = yield* FakeRunnerState
        yield* runner.finish("bd-1", 1, { reason: "unauthorised", words: "Incorrect API key", fault: "provider" })
        yield* TestClock.adjust("30 minutes")
        yield* settle
        assert.match((yield* texts).join(), /Incorrect API key.*Next step: nightly-dispatch preflight/)
      })
    )
  )
})
