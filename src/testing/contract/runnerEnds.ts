import { Effect } from "effect"
import { isLive } from "../../domain/Job.ts"
import { assert } from "./assert.ts"
import { ended, id, phaseOf, startJob, traceOf, type RunnerCheck } from "./runnerWorld.ts"
import { absent } from "./suite.ts"
import { beadsId, eventually } from "./support.ts"

/** What a traced job must do. */
export const traced = (check: RunnerCheck): void => {
  check("whose record is lost is running while its agent works, and can be stopped", (runner, world) =>
    Effect.gen(function* () {
      if (world.loseRecord === undefined) return yield* absent
      const request = yield* world.request(id, world.provider("slow"))
      yield* runner.start(request)
      assert.isTrue(yield* eventually(world.agentAlive(id), (alive) => alive))
      yield* world.loseRecord(id)
      const trace = traceOf(request)
      assert.strictEqual((yield* runner.job(id, trace))?.phase, "running")
      assert.isTrue(yield* runner.stop(id, trace))
      assert.isFalse(yield* world.agentAlive(id))
      assert.isUndefined(yield* runner.job(id, trace))
    })
  )

  check("is stopped with the commands that its agent started in sessions of their own", (runner, world) =>
    Effect.gen(function* () {
      if (world.background === undefined) return yield* absent
      const request = yield* world.request(id, world.provider("restless"))
      yield* runner.start(request)
      const { own } = yield* world.background.pids(id)
      assert.isTrue(yield* runner.stop(id, traceOf(request)))
      assert.isFalse(yield* world.background.isAlive(own))
      assert.isFalse(yield* world.agentAlive(id))
    })
  )

  check("that has ended leaves nothing at work in its worktree; a daemon is named and left", (runner, world) =>
    Effect.gen(function* () {
      if (world.background === undefined) return yield* absent
      const request = yield* world.request(id, world.provider("leaving"))
      yield* runner.start(request)
      const { daemon, own } = yield* world.background.pids(id)
      const trace = traceOf(request)
      yield* world.finish?.(id) ?? Effect.void
      const job = yield* eventually(runner.job(id, trace), (job) => job !== undefined && !isLive(job))
      assert.strictEqual(job?.phase, "succeeded")
      assert.deepStrictEqual(yield* runner.endLeftovers(id, trace), [`pid ${daemon} (sleep 91)`])
      assert.isFalse(yield* world.background.isAlive(own))
      assert.isTrue(yield* world.background.isAlive(daemon))
      assert.isTrue(yield* runner.stop(id, trace), "a stop ends whatever carries the attempt")
      assert.isFalse(yield* world.background.isAlive(daemon))
      assert.strictEqual(yield* phaseOf(runner), "succeeded")
    })
  )
}

/** What `oldLogs` and `removeLog` must do. */
export const logs = (check: RunnerCheck): void => {
  /** Later than every log of this test. */
  const LATER = Number.MAX_SAFE_INTEGER

  check("of an ended job is listed once old, and removing it removes the job's records", (runner, world) =>
    Effect.gen(function* () {
      if (world.ownsLogs === false) {
        yield* startJob(runner, world, "works")
        yield* ended(runner, world)
        assert.isEmpty(yield* runner.oldLogs(LATER))
        yield* runner.removeLog({ beads: id, runInstance: "run-1", bytes: 0 })
        assert.isDefined(yield* runner.job(id))
        return yield* absent
      }
      yield* startJob(runner, world, "works")
      yield* ended(runner, world)
      assert.isEmpty(yield* runner.oldLogs(0))
      const [log] = yield* runner.oldLogs(LATER)
      assert(log !== undefined)
      assert.strictEqual(log.beads, id)
      assert.isAbove(log.bytes ?? 0, 0)
      yield* runner.removeLog(log)
      assert.isEmpty(yield* runner.oldLogs(LATER))
      assert.isUndefined(yield* runner.job(id))
      yield* runner.removeLog(log)
      assert.strictEqual((yield* startJob(runner, world, "slow")).how, "started", "the bug can be started again")
      yield* runner.stop(id)
    })
  )

  check("of a job that works is neither listed nor removed", (runner, world) =>
    Effect.gen(function* () {
      const { runInstance = "" } = yield* startJob(runner, world, "slow")
      assert.isEmpty(yield* runner.oldLogs(LATER))
      yield* runner.removeLog({ beads: id, runInstance, bytes: 0 })
      assert.strictEqual(yield* phaseOf(runner), "running")
      yield* runner.stop(id)
    })
  )
}

/** What `stop` must do. */
export const stop = (check: RunnerCheck): void => {
  check("ends the agent itself", (runner, world) =>
    Effect.gen(function* () {
      yield* startJob(runner, world, "slow")
      assert.isTrue(yield* eventually(world.agentAlive(id), (alive) => alive))
      assert.isTrue(yield* runner.stop(id))
      assert.isFalse(yield* world.agentAlive(id), "stop answered that it is gone")
      const job = yield* eventually(runner.job(id), (job) => job !== undefined && !isLive(job))
      assert.include(["stopped", "failed"], job?.phase)
    })
  )

  check("of an unknown job is true: there is none", (runner) =>
    Effect.map(runner.stop(beadsId("bd-zzzz")), (gone) => assert.isTrue(gone))
  )

  check("of a job that has ended is true, and does not change how it ended", (runner, world) =>
    Effect.gen(function* () {
      yield* startJob(runner, world, "works")
      yield* ended(runner, world)
      assert.isTrue(yield* runner.stop(id))
      assert.strictEqual(yield* phaseOf(runner), "succeeded")
    })
  )

  check("lets the bug be started again", (runner, world) =>
    Effect.gen(function* () {
      const first = yield* startJob(runner, world, "slow")
      yield* runner.stop(id)
      const request = yield* world.request(id, world.provider("slow"))
      const again = yield* runner.start({ ...request, previousRun: first.runInstance })
      assert.strictEqual(again.how, "started")
      assert.strictEqual(yield* phaseOf(runner), "running")
      yield* runner.stop(id)
    })
  )
}
