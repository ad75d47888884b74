import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { EXIT } from "../../src/domain/exitCode.ts"
import { Room } from "../../src/host/Room.ts"
import { FakeBeadsState, FakeRunnerState } from "../../src/testing/index.ts"
import { assertNothingLeft, fakes, runOnce } from "../dispatch/support.ts"

const bugs = {
  beads: {
    issues: [
      { id: "bd-1", title: "the cart loses items" },
      { id: "bd-2", title: "login fails" }
    ]
  }
}
const MESSAGE = "not enough disk space for /var/state: 3 MiB are free, limits.minFreeDisk wants 256"

it.effect("a run on a host without room claims and starts nothing, says why in one line and exits 6", () =>
  Effect.gen(function* () {
    const { lines, report } = yield* runOnce
    assert.deepStrictEqual([report.exit, report.error, report.dispatched], [EXIT.state, MESSAGE, 0])
    assert.deepStrictEqual(
      lines.filter((line) => line.includes("room") || line.includes("disk")),
      [`ERROR ${MESSAGE}`]
    )
    assert.isTrue((yield* (yield* FakeBeadsState).issues).every(({ status }) => status === "open"))
    assert.isEmpty(yield* (yield* FakeRunnerState).jobs)
    yield* assertNothingLeft
  }).pipe(Effect.provide(Layer.merge(fakes(bugs), Layer.succeed(Room, { lacking: Effect.succeed(MESSAGE) }))))
)

it.effect("a run on a host with room goes on", () =>
  Effect.gen(function* () {
    assert.strictEqual((yield* runOnce).report.dispatched, 2)
  }).pipe(Effect.provide(fakes(bugs)))
)
