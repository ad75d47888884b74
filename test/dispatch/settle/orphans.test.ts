import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { settleNow } from "../../../src/dispatch/settle/settleNow.ts"
import { FakeJournal, FakeRunnerState } from "../../../src/testing/index.ts"
import { OTHER_MARK } from "../../contract/support.ts"
import { assertNothingLeft, inWorld, options, type World } from "../support.ts"
import { actorOf, attemptLeftIn, endOf, firstBug, heldIssue, HOUR, job } from "./support.ts"

const OURS = actorOf("20261122T020000Z-000001", 1, "vm-1", FakeJournal.FAKE_MARK)

describe("orphans", () => {
  const claimedBy = (assignee: string): World => ({ beads: { issues: [{ ...heldIssue, assignee }] } })
  const assigneeAfterSettling = (assignee: string) =>
    inWorld(
      claimedBy(assignee),
      Effect.gen(function* () {
        yield* settleNow(options)
        return (yield* firstBug).issue?.assignee
      })
    )

  it.effect("of this state directory are released at once", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 10, 22, 2, 5))
      assert.isUndefined(yield* assigneeAfterSettling(OURS))
    })
  )

  it.effect("of another dispatcher on this host, of another host, or of a person are not released", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 10, 22, 2, 30))
      for (const actor of [
        actorOf("20261122T020000Z-000001", 1, "vm-1", OTHER_MARK),
        actorOf("20261122T020000Z-000001"),
        actorOf("20261122T020000Z-000001", 1, "vm-2", OTHER_MARK),
        "nightly-dispatch/vm-1/20261122T020000Z-000001abcd/0",
        "nightly-dispatch/vm-1",
        "alice"
      ]) {
        assert.strictEqual(yield* assigneeAfterSettling(actor), actor)
      }
    })
  )

  it.effect("of another dispatcher on this host are released once its run and its job must be over", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 10, 22, 5, 1))
      assert.isUndefined(yield* assigneeAfterSettling(actorOf("20261122T020000Z-000001", 1, "vm-1", OTHER_MARK)))
    })
  )

  it.effect(
    "of another dispatcher are kept, and their job is neither adopted nor ended, while a job of the bug runs",
    () =>
      inWorld(
        {
          ...claimedBy(actorOf("20261122T020000Z-000001", 1, "vm-1", OTHER_MARK)),
          runner: { jobs: [job({ startedAt: 0 })] }
        },
        Effect.gen(function* () {
          yield* TestClock.setTime(Date.UTC(2026, 10, 22, 9))
          yield* settleNow(options)
          const { attempt, issue } = yield* firstBug
          assert.isUndefined(attempt)
          assert.include(issue?.assignee ?? "", OTHER_MARK)
          assert.strictEqual((yield* (yield* FakeRunnerState).jobs)[0]?.phase, "running")
        })
      )
  )

  it.effect("with a running job are kept, and released when the job has ended", () =>
    inWorld(
      {
        ...claimedBy(OURS),
        runner: { jobs: [job({ startedAt: 0 })] }
      },
      Effect.gen(function* () {
        const settleTagged = settleNow(options)
        yield* settleTagged
        assert.isDefined((yield* firstBug).issue?.assignee)
        yield* (yield* FakeRunnerState).finish("bd-1", 3)
        yield* settleTagged
        const { attempt, issue } = yield* firstBug
        assert.strictEqual(endOf(attempt), "failed")
        assert.isUndefined(issue?.assignee)
      })
    )
  )

  it.effect("that bd claimed late, after their attempt was settled, are found and released", () =>
    inWorld(
      {
        beads: { issues: [{ ...heldIssue, assignee: OURS }] },
        journal: {
          attempts: [
            attemptLeftIn("settled", {
              actor: OURS,
              end: "lost",
              updatedAt: -2 * HOUR
            })
          ]
        }
      },
      Effect.gen(function* () {
        yield* TestClock.setTime(Date.UTC(2026, 10, 22, 3))
        yield* settleNow(options)
        assert.isUndefined((yield* firstBug).issue?.assignee)
        yield* assertNothingLeft
      })
    )
  )
})
