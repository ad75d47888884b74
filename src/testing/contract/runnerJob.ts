import { Effect } from "effect"
import { isLive } from "../../domain/Job.ts"
import { assert } from "./assert.ts"
import { traceOf, ended, id, phaseOf, startJob, type RunnerCheck } from "./runnerWorld.ts"
import { beadsId, eventually } from "./support.ts"

/** What `job` and `running` must do. */
export const job = (check: RunnerCheck): void => {
  check("of a bug that was never started is undefined", (runner) =>
    Effect.map(runner.job(beadsId("bd-zzzz")), (job) => assert.isUndefined(job))
  )

  check("is running, and in the list, while its agent works, and not after", (runner, world) =>
    Effect.gen(function* () {
      assert.isEmpty(yield* runner.running)
      const ack = yield* startJob(runner, world, "slow")
      const job = yield* runner.job(id)
      assert.strictEqual(job?.phase, "running")
      assert.strictEqual(job?.provider, ack.provider)
      assert.strictEqual(job?.runInstance, ack.runInstance)
      assert.deepStrictEqual(
        (yield* runner.running).map((running) => `${running.beads} ${running.provider} ${running.phase}`),
        [`${id} ${ack.provider} running`]
      )
      yield* runner.stop(id)
      assert.isEmpty(yield* eventually(runner.running, (jobs) => jobs.length === 0))
    })
  )

  check("has succeeded when its agent ended with exit code 0", (runner, world) =>
    Effect.gen(function* () {
      const ack = yield* startJob(runner, world, "works")
      const job = yield* ended(runner, world)
      assert.strictEqual(job?.phase, "succeeded")
      assert.strictEqual(job?.exitCode, 0)
      assert.strictEqual(job?.provider, ack.provider)
      assert.isEmpty(yield* runner.running)
    })
  )

  check("has failed when its agent ended with another exit code, and tells it", (runner, world) =>
    Effect.gen(function* () {
      yield* startJob(runner, world, "fails")
      const job = yield* ended(runner, world)
      assert.strictEqual(job?.phase, "failed")
      assert.isNumber(job?.exitCode)
      assert.notStrictEqual(job?.exitCode, 0)
      assert.isEmpty(yield* runner.running)
    })
  )

  check("that has ended tells the words of its log, and what they prove that a person must give", (runner, world) =>
    Effect.gen(function* () {
      const request = yield* world.request(id, world.provider("refused"))
      const { log } = yield* runner.start(request)
      yield* world.finish?.(id) ?? Effect.void
      const trace = { ...traceOf(request), log }
      const job = yield* eventually(runner.job(id, trace), (job) => job !== undefined && !isLive(job))
      assert.deepInclude({ ...job }, { phase: "failed", reason: "unauthorised" })
      assert.deepStrictEqual([job?.needs?.kind, job?.fault], ["login", undefined])
      assert.match(job?.words ?? "", /^No credit\./)
    })
  )

  check("that has ended in another way has nobody's fault", (runner, world) =>
    Effect.gen(function* () {
      yield* startJob(runner, world, "fails")
      assert.isUndefined((yield* ended(runner, world))?.fault)
    })
  )

  check("of one bug is not confused with another bug's", (runner, world) =>
    Effect.gen(function* () {
      const other = beadsId("bd-a1b2.1")
      yield* startJob(runner, world, "slow", other)
      assert.isUndefined(yield* runner.job(id))
      yield* startJob(runner, world, "slow")
      assert.lengthOf(yield* runner.running, 2)
      assert.isTrue(yield* runner.stop(id))
      assert.strictEqual(yield* phaseOf(runner, other), "running")
      assert.isTrue(yield* world.agentAlive(other))
      assert.isTrue(yield* runner.stop(other))
    })
  )
}
