import { Effect } from "effect"
import { assert } from "./assert.ts"
import { eventually } from "./support.ts"
import { begin, ended, LAST_LINE, type VerifierCheck } from "./verifierWorld.ts"

/** How a check starts and ends. */
export const states = (check: VerifierCheck): void => {
  check("a check that passes runs, and then has ended with exit code 0", (verifier, world) =>
    Effect.gen(function* () {
      const { launched, state } = yield* begin(verifier, world, "passes")
      assert.lengthOf(launched, 1)
      assert.deepInclude(yield* ended(state, world), { phase: "ended", exitCode: 0 })
    })
  )

  check("a check that fails has its exit code and its last lines", (verifier, world) =>
    Effect.gen(function* () {
      const { request, state, trace } = yield* begin(verifier, world, "fails")
      assert.deepStrictEqual(yield* ended(state, world), { phase: "ended", exitCode: 3, lines: [LAST_LINE] })
      assert.isEmpty(yield* verifier.endLeftovers(request.beads, trace))
    })
  )

  check("a second start of a running check starts nothing", (verifier, world) =>
    Effect.gen(function* () {
      const { launched, request, state, trace } = yield* begin(verifier, world, "hangs")
      yield* verifier.start(request)
      assert.lengthOf(launched, 1)
      assert.strictEqual((yield* state).phase, "running")
      assert.isTrue(yield* verifier.stop(request.beads, trace))
    })
  )

  check("a stop ends it with all its processes, and its state says so", (verifier, world) =>
    Effect.gen(function* () {
      const { request, state, trace } = yield* begin(verifier, world, "hangs")
      assert.isTrue(yield* verifier.stop(request.beads, trace))
      assert.strictEqual((yield* state).phase, "stopped")
      assert.strictEqual(yield* world.running ?? Effect.succeed(0), 0)
      assert.isTrue(yield* verifier.stop(request.beads, trace), "a second stop changes nothing")
    })
  )

  check("a check that crashed is gone, and can be started again", (verifier, world) =>
    Effect.gen(function* () {
      const { launched, request, state } = yield* begin(verifier, world, "hangs")
      yield* world.crash
      assert.strictEqual((yield* eventually(state, ({ phase }) => phase !== "running")).phase, "gone")
      yield* verifier.start(request)
      assert.lengthOf(launched, 2)
      const trace = { attempt: request.attempt, worktree: request.worktree, starter: launched[1] }
      assert.strictEqual((yield* verifier.check(request.beads, trace)).phase, "running")
      assert.isTrue(yield* verifier.stop(request.beads, trace))
    })
  )
}
