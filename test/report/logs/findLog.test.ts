import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { RunnerFailed } from "../../../src/domain/Failure.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { Job } from "../../../src/domain/Job.ts"
import { JournalQueries } from "../../../src/journal/JournalQueries.ts"
import { Ack } from "../../../src/domain/Ack.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { findLog } from "../../../src/report/logs/findLog.ts"
import { fakeAttempt, FakeRunner } from "../../../src/testing/index.ts"
import { inWorld, opencode, type World } from "../../dispatch/support.ts"

const BUG = BeadsId.make("bd-1")

const attempt = (number: number, log: string | undefined, phase: "settled" | "acknowledged" = "settled") =>
  fakeAttempt(phase, {
    actor: Actor.make(`nightly-dispatch/vm-1/20261122T020000Z-00000${number}/1`),
    number,
    ...(log === undefined ? {} : { ack: Ack.make({ beads: BUG, provider: opencode, how: "started", log }) })
  })

const found = (world: World, number?: number) =>
  inWorld(
    world,
    Effect.gen(function* () {
      const queries = yield* JournalQueries
      return yield* findLog(BUG, yield* queries.attemptsOf(BUG), number)
    })
  )
const message = (world: World, number?: number) =>
  Effect.map(Effect.flip(found(world, number)), (error) => error.message)

describe("the log of a bug", () => {
  it.effect("is that of its newest job; a later attempt may have none", () =>
    Effect.gen(function* () {
      const attempts = [attempt(1, "/logs/1"), attempt(2, "/logs/2"), attempt(3, undefined)]
      const { attempt: number, open, path } = yield* found({ journal: { attempts } })
      assert.deepStrictEqual([number, path, open], [2, "/logs/2", undefined])
    })
  )

  it.effect("of a job that runs is asked for with the attempt", () =>
    Effect.gen(function* () {
      const { open } = yield* found({ journal: { attempts: [attempt(1, "/logs/1", "acknowledged")] } })
      assert.strictEqual(open?.trace?.attempt, attempt(1, "/logs/1").actor)
    })
  )

  it.effect("of an earlier attempt is named by its number, unless a later job has overwritten it", () =>
    Effect.gen(function* () {
      const world = { journal: { attempts: [attempt(1, "/logs/1"), attempt(2, "/logs/2"), attempt(3, undefined)] } }
      assert.strictEqual((yield* found(world, 1)).path, "/logs/1")
      assert.strictEqual(yield* message(world, 3), "bd-1: its attempt 3 has no log: it got no job")
      assert.strictEqual(yield* message(world, 9), "bd-1: the journal has no attempt 9 at it: it has 1, 2, 3")
      const shared = { journal: { attempts: [attempt(1, "/logs/bd-1"), attempt(2, "/logs/bd-1")] } }
      assert.strictEqual(
        yield* message(shared, 1),
        "bd-1: the log of attempt 1 was overwritten by attempt 2: /logs/bd-1"
      )
    })
  )

  it.effect("of a job that the journal does not know is the runner's", () =>
    Effect.gen(function* () {
      const jobs = [Job.make({ beads: BUG, provider: opencode, phase: "running", log: "/tmp/dx-runner/bd-1.log" })]
      const { attempt: number, path } = yield* found({ runner: { jobs } })
      assert.deepStrictEqual([number, path], [undefined, "/tmp/dx-runner/bd-1.log"])
    })
  )

  it.effect("is none, and says why", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* message({}), "bd-1: there is no log of it: it was never tried")
      const failed = { journal: { attempts: [attempt(1, undefined)] } }
      assert.strictEqual(
        yield* message(failed),
        "bd-1: there is no log of it: its attempt 1 got no job: the job failed"
      )
      const broken = new RunnerFailed({ operation: "job", detail: "it is broken", blame: "runner" })
      assert.include(
        yield* message({ runner: { faults: [FakeRunner.on("job").fails(broken)] } }),
        "the runner cannot tell: it is broken"
      )
    })
  )
})
