import { Effect, Either } from "effect"
import { JournalFailed, RunnerFailed } from "../../domain/Failure.ts"
import type { ProcessIdentity } from "../../domain/ProcessIdentity.ts"
import { assert } from "./assert.ts"
import { ended, id, phaseOf, startJob, traceOf, type RunnerCheck } from "./runnerWorld.ts"
import { absent } from "./suite.ts"
import { eventually, NASTY_TEXT } from "./support.ts"

/** What `start` must do. */
export const start = (check: RunnerCheck): void => {
  check("acknowledges with the process of the agent", (runner, world) =>
    Effect.gen(function* () {
      const ack = yield* startJob(runner, world, "slow")
      assert.strictEqual(ack.beads, id)
      assert.strictEqual(ack.provider, world.provider("slow").name)
      assert.strictEqual(ack.how, "started")
      assert.isAbove(ack.pid ?? 0, 1)
      assert.isTrue(yield* eventually(world.agentAlive(id), (alive) => alive))
      yield* runner.stop(id)
    })
  )

  check("calls onLaunch once, before the agent can act", (runner, world) =>
    Effect.gen(function* () {
      const request = yield* world.request(id, world.provider("slow"))
      const starters: Array<ProcessIdentity> = []
      const onLaunch = (starter: ProcessIdentity) =>
        Effect.gen(function* () {
          starters.push(starter)
          yield* Effect.sleep("200 millis")
          assert.isFalse(yield* world.agentAlive(id))
        })
      yield* runner.start({ ...request, onLaunch })
      assert.lengthOf(starters, 1)
      assert.isTrue(yield* eventually(world.agentAlive(id), (alive) => alive))
      yield* runner.stop(id)
    })
  )

  check("starts nothing if onLaunch fails, and fails with its error", (runner, world) =>
    Effect.gen(function* () {
      const request = yield* world.request(id, world.provider("slow"))
      const full = new JournalFailed({ file: "journal.db", reason: "unusable", detail: "the disk is full" })
      const failed = yield* Effect.flip(runner.start({ ...request, onLaunch: () => full }))
      assert.strictEqual(failed._tag, "JournalFailed")
      yield* Effect.sleep("300 millis")
      assert.isFalse(yield* world.agentAlive(id))
      assert.isUndefined(yield* runner.job(id, traceOf(request)))
      assert.isEmpty(yield* runner.running)
    })
  )

  check("on a broken provider fails and leaves neither job nor agent", (runner, world) =>
    Effect.gen(function* () {
      const result = yield* Effect.either(startJob(runner, world, "broken"))
      assert(Either.isLeft(result), "the start must not succeed")
      assert.isUndefined(yield* runner.job(id))
      assert.isFalse(yield* world.agentAlive(id))
    })
  )

  check("of a bug with a running job adopts the job or fails, and starts no second agent", (runner, world) =>
    Effect.gen(function* () {
      const first = yield* startJob(runner, world, "slow")
      const second = yield* Effect.either(startJob(runner, world, "slow"))
      if (Either.isRight(second)) {
        assert.strictEqual(second.right.how, "adopted")
        assert.strictEqual(second.right.pid, first.pid)
        assert.strictEqual(second.right.runInstance, first.runInstance)
      } else {
        assert(second.left instanceof RunnerFailed, `expected RunnerFailed, got ${String(second.left)}`)
      }
      assert.strictEqual(yield* phaseOf(runner), "running")
      assert.isTrue(yield* runner.stop(id))
      assert.isFalse(yield* eventually(world.agentAlive(id), (alive) => !alive))
    })
  )

  check("of one bug twice at the same time starts at most one agent", (runner, world) =>
    Effect.gen(function* () {
      const start = Effect.either(startJob(runner, world, "slow"))
      const results = yield* Effect.all([start, start, start], { concurrency: "unbounded" })
      const fresh = results.filter((result) => Either.isRight(result) && result.right.how === "started")
      assert.lengthOf(fresh, 1)
      assert.isTrue(yield* runner.stop(id))
      assert.isFalse(yield* eventually(world.agentAlive(id), (alive) => !alive))
    })
  )

  check("gives each job of a bug a run instance of its own", (runner, world) =>
    Effect.gen(function* () {
      const first = yield* startJob(runner, world, "works")
      const before = yield* ended(runner, world)
      assert.strictEqual(before?.runInstance, first.runInstance)
      const request = yield* world.request(id, world.provider("works"))
      const second = yield* runner.start({ ...request, previousRun: first.runInstance })
      if (first.runInstance !== undefined) assert.notStrictEqual(second.runInstance, first.runInstance)
      assert.strictEqual(second.how, "started")
      assert.strictEqual((yield* ended(runner, world))?.runInstance, second.runInstance)
    })
  )

  check("on a provider without a free slot fails for its capacity", (runner, world) =>
    Effect.gen(function* () {
      if (world.full === undefined) return yield* absent
      const request = yield* world.request(id, yield* world.full)
      const result = yield* Effect.either(runner.start(request))
      assert(Either.isLeft(result), "the start must not succeed")
      assert(result.left instanceof RunnerFailed, `expected RunnerFailed, got ${String(result.left)}`)
      assert.isTrue(result.left.capacity)
      assert.strictEqual(result.left.blame, "provider")
      assert.isUndefined(yield* runner.job(id))
      assert.isFalse(yield* world.agentAlive(id))
    })
  )

  check("gives the agent the whole prompt", (runner, world) =>
    Effect.gen(function* () {
      if (world.promptSeen === undefined) return yield* absent
      yield* Effect.flatMap(world.request(id, world.provider("works"), NASTY_TEXT), runner.start)
      const seen = yield* eventually(world.promptSeen(id), (text) => text !== undefined)
      assert.strictEqual(seen?.trimEnd(), NASTY_TEXT)
      yield* ended(runner, world)
    })
  )
}
