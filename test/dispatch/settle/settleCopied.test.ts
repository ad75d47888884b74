import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { nightlyRun } from "../../../src/dispatch/nightlyRun.ts"
import { FakeJournalState, FakeRunnerState } from "../../../src/testing/index.ts"
import { OTHER_MARK } from "../../contract/support.ts"
import { inWorld, options, withLog, type World } from "../support.ts"
import { actorOf, attemptLeftIn, EARLIER, endOf, firstBug, heldIssue, job } from "./support.ts"

const MINUTE = 60_000
const actor = actorOf(EARLIER, 1, "vm-1", OTHER_MARK)
const COPY = { copied: [OTHER_MARK] }
const MOVED = { adopted: [OTHER_MARK] }

/** A bug that an attempt of the original directory holds, `age` milliseconds ago, and one that is free. */
const world = (identity: NonNullable<World["journal"]>["identity"], age: number): World => ({
  beads: {
    issues: [
      { ...heldIssue, assignee: actor },
      { id: "bd-2", title: "another one" }
    ]
  },
  journal: {
    ...(identity === undefined ? {} : { identity }),
    attempts: [attemptLeftIn("acknowledged", { actor, createdAt: -age, updatedAt: -age })]
  }
})

describe("an attempt in a copied state directory", () => {
  it.effect("is left alone and named by every run, with one alert; the night goes on with the other bugs", () =>
    inWorld(
      world(COPY, 10 * MINUTE),
      Effect.gen(function* () {
        const { lines, result } = yield* withLog(nightlyRun(options))
        assert.strictEqual((yield* firstBug).issue?.assignee, actor)
        assert.strictEqual(result.dispatched, 1)
        assert.strictEqual(result.exit, 0)
        assert.isTrue(lines.some((line) => /WARN bd-1: .*copied or moved.*state adopt/.test(line)))
        const { notices: alerts } = yield* FakeJournalState
        assert.lengthOf(yield* alerts, 1)
        const calls = (yield* (yield* FakeRunnerState).calls).filter(({ method }) => method === "stop")
        assert.isEmpty(calls)
      })
    )
  )

  it.effect("is settled as lost once its job is certainly over; its claim is released and the run exits with 3", () =>
    inWorld(
      world(COPY, 130 * MINUTE + 1),
      Effect.gen(function* () {
        yield* TestClock.setTime(0)
        const { exit } = yield* nightlyRun(options)
        const { attempt } = yield* firstBug
        assert.strictEqual(endOf(attempt), "lost")
        assert.strictEqual(exit, 3)
      })
    )
  )

  it.effect("is settled at once when the directory was moved", () =>
    inWorld(
      {
        ...world(MOVED, 10 * MINUTE),
        runner: { jobs: [job({ phase: "failed", exitCode: 3, startedAt: -9 * MINUTE })] }
      },
      Effect.gen(function* () {
        yield* nightlyRun(options)
        assert.strictEqual(endOf((yield* firstBug).attempt), "failed")
      })
    )
  )
})
