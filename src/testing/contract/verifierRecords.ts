import { Effect, Either } from "effect"
import { JournalFailed } from "../../domain/Failure.ts"
import { assert } from "./assert.ts"
import { beadsId, newAttempt } from "./support.ts"
import { begin, ended, type VerifierCheck } from "./verifierWorld.ts"

/** To which attempt and worktree a check belongs, and what is left of it. */
export const records = (check: VerifierCheck): void => {
  check("a check that the journal could not note never runs", (verifier, world) =>
    Effect.gen(function* () {
      const request = { ...world.request("hangs"), attempt: newAttempt(), repo: "app" }
      const error = new JournalFailed({ file: "j", reason: "unusable", detail: "full" })
      const started = yield* Effect.either(verifier.start({ ...request, onLaunch: () => Effect.fail(error) }))
      assert.deepStrictEqual(Either.getLeft(started)._tag, "Some")
      assert.strictEqual(yield* world.running ?? Effect.succeed(0), 0)
      const { attempt, beads, worktree } = request
      assert.strictEqual((yield* verifier.check(beads, { attempt, worktree })).phase, "gone")
    })
  )

  check("a check of another attempt is not this one's", (verifier, world) =>
    Effect.gen(function* () {
      const { request, state } = yield* begin(verifier, world, "passes")
      yield* ended(state, world)
      const other = { attempt: newAttempt(), worktree: request.worktree }
      assert.strictEqual((yield* verifier.check(request.beads, other)).phase, "gone")
      assert.strictEqual((yield* verifier.check(beadsId("bd-none"), other)).phase, "gone")
    })
  )

  check("an attempt's check in one worktree is not its check in another", (verifier, world) =>
    Effect.gen(function* () {
      const { launched, request, state, trace } = yield* begin(verifier, world, "passes")
      yield* ended(state, world)
      yield* verifier.endLeftovers(request.beads, trace)
      const { command } = world.request("hangs")
      const other = { attempt: request.attempt, worktree: world.other }
      assert.strictEqual((yield* verifier.check(request.beads, other)).phase, "gone", "not begun")
      yield* verifier.start({ ...request, command, worktree: world.other })
      assert.lengthOf(launched, 2)
      const otherTrace = { ...other, starter: launched[1] }
      assert.strictEqual((yield* verifier.check(request.beads, otherTrace)).phase, "running")
      assert.isTrue(yield* verifier.stop(request.beads, otherTrace))
      assert.strictEqual((yield* verifier.check(request.beads, otherTrace)).phase, "stopped")
    })
  )

  check("the log of an ended check is old at its time, and can be removed", (verifier, world) =>
    Effect.gen(function* () {
      const { request, state } = yield* begin(verifier, world, "passes")
      assert.isEmpty(yield* verifier.oldLogs(1000))
      yield* ended(state, world)
      const [log] = yield* verifier.oldLogs(Number.MAX_SAFE_INTEGER)
      assert.strictEqual(log?.beads, request.beads)
      if (log !== undefined) yield* verifier.removeLog(log)
      assert.isEmpty(yield* verifier.oldLogs(Number.MAX_SAFE_INTEGER))
    })
  )
}
