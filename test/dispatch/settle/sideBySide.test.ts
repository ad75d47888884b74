import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, TestClock } from "effect"
import { settleEarlier } from "../../../src/dispatch/settle/settleEarlier.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { FakeBeads, FakeBeadsState } from "../../../src/testing/index.ts"
import { fakes, options } from "../support.ts"
import { actorOf, attemptLeftIn, EARLIER } from "./support.ts"

const BUGS = [1, 2, 3, 4, 5, 6].map((number) => ({ number, id: BeadsId.make(`bd-${number}`) }))

/** Six claims of a killed run. The first bug's is released last. */
const world = {
  beads: {
    issues: BUGS.map(({ id, number }) => ({ id, status: "in_progress", assignee: actorOf(EARLIER, number) })),
    faults: BUGS.map(({ id, number }) => FakeBeads.on("release", id).delays(Duration.seconds(12 - number)))
  },
  journal: {
    attempts: BUGS.map(({ id, number }) => attemptLeftIn("claimed", { beads: id, actor: actorOf(EARLIER, number) }))
  }
}

describe("a run settles attempts of different bugs side by side", () => {
  it.effect("the report keeps their order, whichever ends first", () =>
    Effect.gen(function* () {
      const settling = yield* Effect.fork(Effect.timed(settleEarlier(options)))
      yield* TestClock.adjust("2 minutes")
      const [duration, { settled }] = yield* Fiber.join(settling)
      assert.deepStrictEqual(
        settled.map(({ _tag, attempt }) => `${_tag} ${attempt.beads}`),
        BUGS.map(({ id }) => `Ended ${id}`)
      )
      assert.isBelow(Duration.toSeconds(duration), 20, "one after the other takes 51 seconds")
      const issues = yield* (yield* FakeBeadsState).issues
      assert.isTrue(issues.every(({ assignee }) => assignee === undefined))
    }).pipe(Effect.provide(fakes(world)))
  )
})
